"""A second session edits, inserts, deletes, or alters the table, between any two statements of a seeder.

Whatever the moment, after the next run each row and its entry in the ledger are as if the second session had come
before the run, or after it. What it wrote stands, and the run after that writes nothing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from seeder.merge import merger, retirement
from seeder.run import one_seeder
from tests.faults.figures import LONG, Figure, new_seed
from tests.faults.interleaving import SecondSession, between_statements, outcome, versions
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.faults.interleaving import Rows
    from tests.integration.commandline import Result, SeedFolder
    from tests.integration.postgres import Database

    Seeds = Mapping[str, str]
    """The title by the key."""

pytestmark = [pytest.mark.newest_server, pytest.mark.timeout(3600)]

TABLE = """\
DROP TABLE IF EXISTS tools; DROP SCHEMA IF EXISTS seeder CASCADE;
CREATE TABLE tools (name text PRIMARY KEY, title text, note text, remark text DEFAULT 'r')
"""

# What was seeded, what somebody did then, and what is to be seeded in the run that is looked at.
BEFORE: Seeds = dict.fromkeys(
    ("same", "changed", "edited", "conflict", "deleted", "moved", "retired", "retired_edited"), "1"
)
BY_HAND = """\
UPDATE tools SET title = 'hand' WHERE name IN ('edited', 'conflict', 'retired_edited');
DELETE FROM tools WHERE name = 'deleted';
INSERT INTO tools VALUES ('existing', 'hand', 'hand'), ('existing_same', '2', NULL);
"""
AFTER: Seeds = {
    **dict.fromkeys(("same", "edited", "deleted"), "1"),
    **dict.fromkeys(("changed", "conflict", "new", "existing", "existing_same"), "2"),
}
MOVED: Seeds = {"moved": "2"}


@dataclass(frozen=True)
class Case:
    """A run, and what was there before it."""

    name: str
    before: Seeds = field(default_factory=dict)
    by_hand: str = ""
    after: Seeds = field(default_factory=dict)
    moved: Seeds = field(default_factory=dict)
    policies: Mapping[str, Any] = field(default_factory=dict)
    suffix: str = "yaml"
    few: int = 2000
    """How many rows are staged rather than sent as one parameter."""
    overwrites: bool = False
    """Whether a policy lets the seeder write over what people wrote."""

    def __str__(self) -> str:
        return self.name

    def write(self, seeding: Seeding, *, before: bool) -> None:
        seeds = self.before if before else self.after
        policies = {"table": "tools", "key": ["name"], **self.policies}
        # A column that comes to the seed file later, unless a policy names it.
        note = {} if before and "insert_only" not in policies else {"note": "n"}
        if self.suffix == "csv":
            lines = "".join(f"{name},{title}\n" for name, title in seeds.items())
            seeding.folder.write("tools.csv", f"name,title\n{lines}")
        else:
            seeding.write("tools", [{"name": n, "title": t, **note} for n, t in seeds.items()], **policies)
        if self.moved and not before:
            rows = [{"name": name, "title": title, **note} for name, title in self.moved.items()]
            seeding.write("gadgets", rows, **policies)


MIXED: dict[str, Any] = {"before": BEFORE, "by_hand": BY_HAND, "after": AFTER, "moved": MOVED}
LINES: Seeds = {f"row{number:02}": str(number) for number in range(40)}
CASES = [
    Case("first load of an empty table", after=AFTER),
    Case("first load of an empty table by COPY", after=AFTER, suffix="csv"),
    Case("all that can become of a row", **MIXED, policies={"retired_rows": "delete"}),
    Case("the same, staged", **MIXED, policies={"retired_rows": "delete"}, few=0),
    Case(
        "the same, under the other policies",
        **MIXED,
        policies={
            "existing_rows": "overwrite", "edited_rows": "overwrite", "deleted_rows": "keep",
            "retired_rows": {"set": {"title": "gone"}}, "insert_only": ["note"],
        },
        overwrites=True,
    ),
    Case("insert", **MIXED, policies={"mode": "insert"}),
    Case("nothing to do", before=AFTER, after=AFTER),
    Case("edits, and nothing else to do", before=BEFORE, by_hand=BY_HAND, after=BEFORE),
    Case("pieces of a large file", before=LINES, after={**LINES, "row20": "x"}, suffix="csv", few=20),
]  # fmt: skip

EDITS = {
    "edit": "UPDATE tools SET title = 'second' WHERE {rows} RETURNING name",
    "edit of another column": "UPDATE tools SET remark = 'second' WHERE {rows} RETURNING name",
    "insert": (
        "INSERT INTO tools SELECT name, 'second', 'second' FROM unnest(ARRAY[{names}, 'foreign']) AS name "
        "ON CONFLICT DO NOTHING RETURNING name"
    ),
    "delete": "DELETE FROM tools WHERE {rows}",
    "truncate": "TRUNCATE tools",
}
MIGRATIONS = {
    "add a column": "ALTER TABLE tools ADD extra text DEFAULT 'x'",
    "drop a column": "ALTER TABLE tools DROP remark",
    "drop a listed column": "ALTER TABLE tools DROP title",
    "rename a column": "ALTER TABLE tools RENAME remark TO remarks",
    "rename a listed column": "ALTER TABLE tools RENAME title TO titles",
    "alter a type": "ALTER TABLE tools ALTER title TYPE varchar(20)",
    "drop the table": "DROP TABLE tools",
    "rename the table": "ALTER TABLE tools RENAME TO old_tools",
    "create a unique index": "CREATE UNIQUE INDEX ON tools (name, title)",
    "create a trigger": "CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON tools FOR EACH ROW EXECUTE FUNCTION shout()",
}
SHOUT = """\
CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.title := upper(NEW.title) || '!'; RETURN NEW; END $$
"""


class Stage:
    """One case, played again and again."""

    def __init__(self, case: Case, database: Database, folder: SeedFolder, patch: pytest.MonkeyPatch) -> None:
        self.case = case
        self.database = database
        self.seeding = Seeding(database, folder)
        self.patch = patch
        self.connection = database.connect(autocommit=True)
        self.connection.prepare_threshold = None
        self.connection.execute(SHOUT)
        for name in ("FEW", "MANY"):
            if case.few < 2000:
                patch.setattr(merger, name, case.few)

    def play(self, statement: str, at: int | None) -> tuple[Result, SecondSession, int]:
        """Run the seeder with the second session's act before the round trip `at`: 0 is before all, None after all."""
        self.prepare()
        second = SecondSession(self.database)

        def act(trip: int) -> None:
            if trip == at:
                second.act(statement)

        try:
            with between_statements(self.patch, act) as trips:
                result = self.seeding()
            if at is None or at >= len(trips):
                second.act(statement)
        finally:
            second.finish()
        return result, second, len(trips)

    def prepare(self) -> None:
        """Begin again: seed what was seeded before, do what people did then, and write the seed files of the run."""
        case = self.case
        self.connection.execute("DROP TABLE IF EXISTS old_tools")
        self.connection.execute(TABLE.encode())
        if case.before:
            for file in self.seeding.folder.path.iterdir():
                file.unlink()
            case.write(self.seeding, before=True)
            assert self.seeding().exit_code == 0
        if case.by_hand:
            self.connection.execute(case.by_hand.encode())
        case.write(self.seeding, before=False)

    def settle(self, *, again: bool = True) -> Rows:
        """What a run after it all makes of it, and the one after that, if any, leaves as it is."""
        first = self.seeding()
        assert first.exit_code in {0, 1}, first
        if not again:
            return {**outcome(self.connection), "exit code": [first.exit_code]}
        if self.case.few < 2000:
            # Of a large file that was written, only the next run notes the proof: docs/decisions/proof.md.
            self.seeding()
        before = versions(self.connection)
        second = self.seeding()
        assert second.exit_code == first.exit_code, second
        assert second.exit_code or second.event("run.finished")["changed"] == 0, second
        assert versions(self.connection) == before, f"{first}\n{second}"
        return {**outcome(self.connection), "exit code": [first.exit_code]}


@pytest.fixture
def stage(
    request: pytest.FixtureRequest, database: Database, seeds: SeedFolder, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    stage = Stage(request.param, database, seeds, monkeypatch)
    yield stage
    stage.connection.close()


@pytest.mark.parametrize("stage", CASES, ids=str, indirect=True)
def test_it_is_as_if_it_had_come_before_or_after(stage: Stage) -> None:
    seed = new_seed()
    drawn = random.Random(seed)
    acts = {**EDITS, **MIGRATIONS}
    if not LONG:
        acts = {name: acts[name] for name in drawn.sample(sorted(acts), 1)}
    played = waited = 0
    names = sorted({*stage.case.before, *stage.case.after, *stage.case.moved})
    for act, template in acts.items():
        everybody = _statement(template, names)
        stage.play(everybody, 0)
        before = stage.settle()
        stage.play(everybody, None)
        after = stage.settle()
        _, _, trips = stage.play("SELECT WHERE false", None)
        without = stage.settle()
        moments = list(range(trips + 1))
        if not LONG:
            moments = sorted(drawn.sample(moments, min(trips, 3)))
        elif act in MIGRATIONS:  # which take longer: all of them would be 20 minutes more
            moments = moments[drawn.randrange(10) :: 10]
        for at in moments:
            # All rows at once, or one: a statement for all waits as soon as one of them is locked.
            all_rows = "{" not in template or drawn.random() < 0.3
            chosen = names if all_rows else drawn.sample(names, 1)
            result, second, _ = stage.play(_statement(template, chosen), at)
            told = f"{stage.case}, {act} before trip {at} of {trips}, seed {seed}\n{result}"
            assert result.exit_code in ({0} if act in EDITS else {0, 1}), told
            assert "Traceback" not in result.stdout, told
            settled = stage.settle(again=drawn.random() < 0.3)
            for key in {*before, *after, *without, *settled}:
                possible = [before.get(key), after.get(key)]
                if not all_rows:
                    possible = possible if key in {*chosen, "foreign"} else [without.get(key)]
                if act in MIGRATIONS:
                    possible += [_let_go(each) for each in possible]
                assert settled.get(key) in possible, f"{told}\n{key}: {settled.get(key)}\n{possible}"
            if not stage.case.overwrites:
                _stands(act, second.keys, settled, told)
            played += 1
            waited += second.waited
    Figure(
        group="Interleavings",
        fault=f"an edit or a migration by a second session between two statements: {stage.case}",
        times=played,
        held=(
            "nothing that it wrote is lost; after the next run each row and its entry are as if it had come before "
            f"or after; {waited} of them waited for a lock of ours"
        ),
        test="tests/faults/test_interleavings.py",
        seed=seed,
    ).note()


@pytest.mark.parametrize(
    ("stage", "key", "module", "step"),
    [(CASES[4], "moved", merger, "update"), (CASES[5], "retired", one_seeder, "retire")],
    indirect=["stage"],
    ids=["before the row is written", "after rows that are no longer listed were seen to"],
)
def test_a_row_is_deleted(
    stage: Stage, key: str, module: Any, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moments that random histories found: the entry stayed behind, or was dropped and the row inserted again."""
    statement = _statement(EDITS["delete"], [key])
    stage.play(statement, 0)
    before = stage.settle()
    second = SecondSession(stage.database)
    real = getattr(module, step)

    calls = 0

    def deleting(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        # The seeder whose row moves is the first to run, and writes the row when the other has given it up.
        if step == "update" and calls == 2:
            second.act(statement)
        result = real(*arguments, **named)
        if step == "retire":
            second.act(statement)
        return result

    with monkeypatch.context() as patch:
        stage.prepare()
        patch.setattr(module, step, deleting)
        assert stage.seeding().exit_code == 0
    second.finish()
    assert stage.settle().get(key) == before.get(key)


@pytest.mark.parametrize("stage", CASES[2:3], ids=str, indirect=True)
def test_a_column_with_an_edit_is_dropped_before_rows_are_retired(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the column, nobody can see that somebody has edited the row: it would be deleted."""
    real = retirement.retire

    def altering(*arguments: Any, **named: Any) -> Any:
        with stage.database.connect(autocommit=True) as connection:
            connection.execute("ALTER TABLE tools DROP COLUMN IF EXISTS title")
        return real(*arguments, **named)

    stage.prepare()
    with monkeypatch.context() as patch:
        patch.setattr(one_seeder, "retire", altering)
        done = stage.seeding()
    assert done.exit_code == 1, f"{done}"
    assert 'no column "title"' in done.event("run.finished")["reason"]
    rows = outcome(stage.connection)
    assert rows["retired_edited"][0] == {"name": "retired_edited", "note": None, "remark": "r"}
    # Nothing was deleted: the row that nobody edited can't be told from it.
    assert "retired" in rows


def _let_go(found: list[Any] | None) -> list[Any] | None:
    """The same, but for the mark that its seeder no longer lists it.

    The mark is one transaction, and what is made of it is another, by this seeder or by the one that lists the row now.
    A migration between them may keep the second from its table.
    """
    if not found or not isinstance(found[-1], tuple):
        return found
    *rows, (entry, *rest) = found
    return [*rows, (["tools", *entry[1:-1], "unlisted"], *rest)]


def _statement(template: str, names: list[str]) -> str:
    listed = ", ".join(f"'{name}'" for name in names)
    return template.format(rows=f"name IN ({listed})", names=listed)


def _stands(act: str, keys: list[str], settled: Rows, told: str) -> None:
    """What the second session wrote is there."""
    column = {"edit": "title", "edit of another column": "remark", "insert": "title"}.get(act)
    if column is not None:
        for key in keys:
            assert settled[key][0][column] == "second", f"{told}\n{key}: {settled[key]}"


def test_a_row_leaves_its_part_of_the_table(
    database: Database, seeds: SeedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody marks a row as deleted. It stays as it was then, and so do those that were deleted before."""
    seed = new_seed()
    drawn, seeding = random.Random(seed), Seeding(database, seeds)
    table = (
        "DROP TABLE IF EXISTS tools; DROP SCHEMA IF EXISTS seeder CASCADE;"
        "CREATE TABLE tools (name text, title text, deleted boolean NOT NULL DEFAULT false);"
        "CREATE UNIQUE INDEX ON tools (name) WHERE NOT deleted;"
        "INSERT INTO tools VALUES ('a', 'old', true), ('a', '1', true)"
    )
    deleted = "SELECT title, ctid::text, xmin::text FROM tools WHERE deleted ORDER BY ctid"

    def play(at: int | None) -> int:
        database.execute(table)
        before = database.rows(deleted)
        for title in "12":
            rows = [{"name": name, "title": title} for name in ("a", "b")]
            seeding.write("tools", rows, key=["name"], where={"deleted": False})
            if title == "1":
                assert seeding().exit_code == 0
        second = SecondSession(database)

        def act(trip: int) -> None:
            if trip == at:
                second.act("UPDATE tools SET deleted = true WHERE name = 'a' AND NOT deleted RETURNING title")

        with between_statements(monkeypatch, act) as trips:
            assert seeding().exit_code == 0
        second.finish()
        assert seeding().exit_code == 0
        told = f"before trip {at} of {len(trips)}, seed {seed}"
        after = database.rows(deleted)
        assert after[:2] == before, told
        assert [title for title, *_ in after[2:]] == second.keys, told
        assert database.rows("SELECT name, title FROM tools WHERE NOT deleted ORDER BY name") == [
            ("a", "2"),
            ("b", "2"),
        ], told
        assert seeding().event("run.finished")["changed"] == 0, told
        return len(trips)

    trips = play(None)
    moments = list(range(trips))
    for at in moments if LONG else drawn.sample(moments, 5):
        play(at)

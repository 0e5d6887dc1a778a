"""What happens to a row: every line of the promised table, by the table and the ledger that a run leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.footprint import footprint
from tests.integration.seeding import Entry, Seeding, read_ledger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.integration.commandline import Result, SeedFolder
    from tests.integration.postgres import Database

Table = dict[str, tuple[str | None, str | None]]
"""`title` and `note` by `name`."""

TABLE = "CREATE TABLE tools (name text PRIMARY KEY, title text, note text DEFAULT 'by default')"
TEXTS = ("Old", "New", "Newer", "Mine", "n", "m", "by default", "retired")
OLD: Table = {"a": ("Old", "n")}
NEW: Table = {"a": ("New", "n")}
MINE: Table = {"a": ("Mine", "n")}
NONE: Table = {}
SEEDED = Entry({"title": "Old", "note": "n"})
RESEEDED = Entry({"title": "New", "note": "n"})
SET = {"set": {"note": "retired"}}


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the table under one set of policies: what there is, what is desired, what is left of it.

    The run in question comes after a run that seeded `seeded` (or none did) and after `by_hand`. `writes` are the
    rows it inserts, updates and deletes. `again` is what the run after it counts as kept.
    """

    line: str
    seeded: Table | None = None
    by_hand: str = ""
    desired: Table
    policies: Mapping[str, Any] = field(default_factory=dict)
    left: Table
    ledger: Mapping[str, Entry]
    writes: tuple[int, int, int] = (0, 0, 0)
    kept: int = 0
    conflict: list[str] | None = None
    error: str | None = None

    def __str__(self) -> str:
        said = [
            f"{name}={'set' if isinstance(value, dict) else value}" for name, value in self.policies.items()
        ]
        return " ".join([self.line, *said])


def under(name: str, *choices: Any, **line: Any) -> list[Line]:
    """The same line under each choice of a policy, for it makes no difference here."""
    return [Line(policies={name: choice}, **line) for choice in choices]


EDITED = ("keep", "overwrite", "fail")
RETIRED = ("keep", "delete", SET)
INSERTED = "INSERT INTO tools VALUES ('a', 'Mine', 'n')"
EDIT = "UPDATE tools SET title = 'Mine'"
DELETION = "DELETE FROM tools"

LINES = [
    # not in the table, not in the ledger, in the seed file
    *(
        Line(
            line="new",
            desired=OLD,
            policies=policies,
            left=OLD,
            ledger={"a": SEEDED},
            writes=(1, 0, 0),
        )
        for policies in ({}, {"mode": "insert"}, {"existing_rows": "fail"}, {"deleted_rows": "keep"})
    ),
    # in the table, not in the ledger, in the seed file
    Line(
        line="there before us",
        by_hand=INSERTED,
        desired=OLD,
        policies={"existing_rows": "overwrite"},
        left=OLD,
        ledger={"a": Entry(SEEDED.desired, adopted=True)},
        writes=(0, 1, 0),
    ),
    *(
        Line(
            line="there before us",
            by_hand=INSERTED,
            desired=OLD,
            policies=policies,
            left=MINE,
            ledger={"a": Entry({"note": "n"}, adopted=True)},
            kept=1,
        )
        for policies in ({}, {"existing_rows": "keep"})
    ),
    Line(
        line="there before us",
        by_hand=INSERTED,
        desired=OLD,
        policies={"existing_rows": "fail"},
        left=MINE,
        ledger={},
        error="existing_rows",
    ),
    *under(
        "existing_rows",
        "overwrite",
        "keep",
        line="there before us, and as desired",
        by_hand=INSERTED,
        desired=MINE,
        left=MINE,
        ledger={"a": Entry({"title": "Mine", "note": "n"}, adopted=True)},
    ),
    Line(
        line="there before us, and as desired",
        by_hand=INSERTED,
        desired=MINE,
        policies={"existing_rows": "fail"},
        left=MINE,
        ledger={},
        error="existing_rows",
    ),
    *(
        Line(
            line="there before us",
            by_hand=INSERTED,
            desired=OLD,
            policies={"mode": "insert", "existing_rows": policy},
            left=MINE,
            ledger={},
        )
        for policy in ("overwrite", "keep", "fail")
    ),
    # in the table as seeded, and the seed file changes the cell
    *under(
        "edited_rows",
        *EDITED,
        line="changed in the seed file",
        seeded=OLD,
        desired=NEW,
        left=NEW,
        ledger={"a": RESEEDED},
        writes=(0, 1, 0),
    ),
    Line(
        line="changed in the seed file to NULL",
        seeded=OLD,
        desired={"a": (None, "n")},
        left={"a": (None, "n")},
        ledger={"a": Entry({"title": None, "note": "n"})},
        writes=(0, 1, 0),
    ),
    Line(
        line="changed in the seed file",
        seeded=OLD,
        desired=NEW,
        policies={"mode": "insert"},
        left=OLD,
        ledger={"a": SEEDED},
    ),
    # edited, and the seed file is as before
    *under(
        "edited_rows",
        *EDITED,
        line="edited",
        seeded=OLD,
        by_hand=EDIT,
        desired=OLD,
        left=MINE,
        ledger={"a": SEEDED},
        kept=1,
    ),
    *under(
        "edited_rows",
        *EDITED,
        line="edited to NULL",
        seeded=OLD,
        by_hand="UPDATE tools SET title = NULL",
        desired=OLD,
        left={"a": (None, "n")},
        ledger={"a": SEEDED},
        kept=1,
    ),
    *under(
        "edited_rows",
        *EDITED,
        line="one cell edited, another one changed in the seed file",
        seeded=OLD,
        by_hand=EDIT,
        desired={"a": ("Old", "m")},
        left={"a": ("Mine", "m")},
        ledger={"a": Entry({"title": "Old", "note": "m"})},
        writes=(0, 1, 0),
        kept=1,
    ),
    # edited, and the seed file changes the cell too
    Line(
        line="edited and changed",
        seeded=OLD,
        by_hand=EDIT,
        desired=NEW,
        policies={"edited_rows": "keep"},
        left=MINE,
        ledger={"a": Entry(RESEEDED.desired, stored={"title": "Old, before the conflict"})},
        kept=1,
        conflict=["title"],
    ),
    Line(
        line="edited and changed, another cell changed alone",
        seeded=OLD,
        by_hand=EDIT,
        desired={"a": ("New", "m")},
        policies={"edited_rows": "keep"},
        left={"a": ("Mine", "m")},
        ledger={"a": Entry({"title": "New", "note": "m"}, stored={"title": "Old, before the conflict"})},
        writes=(0, 1, 0),
        kept=1,
        conflict=["title"],
    ),
    Line(
        line="edited and changed",
        seeded=OLD,
        by_hand=EDIT,
        desired=NEW,
        policies={"edited_rows": "overwrite"},
        left=NEW,
        ledger={"a": RESEEDED},
        writes=(0, 1, 0),
    ),
    Line(
        line="edited and changed",
        seeded=OLD,
        by_hand=EDIT,
        desired=NEW,
        policies={"edited_rows": "fail"},
        left=MINE,
        ledger={"a": SEEDED},
        error="edited_rows",
    ),
    *under(
        "edited_rows",
        *EDITED,
        line="edited to what is desired now",
        seeded=OLD,
        by_hand="UPDATE tools SET title = 'New'",
        desired=NEW,
        left=NEW,
        ledger={"a": RESEEDED},
    ),
    # deleted, and still in the seed file
    *(
        Line(
            line="deleted",
            seeded=OLD,
            by_hand=DELETION,
            desired=desired,
            policies={"deleted_rows": "restore"} | mode,
            left=desired,
            ledger={"a": entry},
            writes=(1, 0, 0),
        )
        for desired, entry in ((OLD, SEEDED), (NEW, RESEEDED))
        for mode in ({}, {"mode": "insert"})
    ),
    *(
        Line(
            line="deleted" if desired is OLD else "deleted, and changed in the seed file",
            seeded=OLD,
            by_hand=DELETION,
            desired=desired,
            policies={"deleted_rows": "keep"},
            left=NONE,
            ledger={"a": SEEDED},
            kept=1,
        )
        for desired in (OLD, NEW)
    ),
    # deleted, and no longer in the seed file
    *under(
        "retired_rows",
        *RETIRED,
        line="deleted, and gone from the seed file",
        seeded=OLD,
        by_hand=DELETION,
        desired=NONE,
        left=NONE,
        ledger={},
    ),
    # as seeded, and no longer in the seed file
    Line(
        line="gone from the seed file",
        seeded=OLD,
        desired=NONE,
        policies={"retired_rows": "keep"},
        left=OLD,
        ledger={"a": Entry(SEEDED.desired, retired="unlisted")},
        kept=1,
    ),
    Line(
        line="gone from the seed file",
        seeded=OLD,
        desired=NONE,
        policies={"retired_rows": "delete"},
        left=NONE,
        ledger={},
        writes=(0, 0, 1),
    ),
    Line(
        line="gone from the seed file",
        seeded=OLD,
        desired=NONE,
        policies={"retired_rows": SET},
        left={"a": ("Old", "retired")},
        ledger={"a": Entry({"title": "Old", "note": "retired"}, retired="set")},
        writes=(0, 1, 0),
    ),
    # edited, and no longer in the seed file
    *under(
        "retired_rows",
        "keep",
        "delete",
        line="edited, and gone from the seed file",
        seeded=OLD,
        by_hand=EDIT,
        desired=NONE,
        left=MINE,
        ledger={"a": Entry(SEEDED.desired, retired="unlisted")},
        kept=1,
    ),
    Line(
        line="edited, and gone from the seed file",
        seeded=OLD,
        by_hand=EDIT,
        desired=NONE,
        policies={"retired_rows": SET},
        left={"a": ("Mine", "retired")},
        ledger={"a": Entry({"title": "Old", "note": "retired"}, retired="set")},
        writes=(0, 1, 0),
    ),
    Line(
        line="the cell to be set is edited, and the row gone from the seed file",
        seeded=OLD,
        by_hand="UPDATE tools SET note = 'm'",
        desired=NONE,
        policies={"retired_rows": SET},
        left={"a": ("Old", "m")},
        ledger={"a": Entry(SEEDED.desired, retired="unlisted")},
        kept=1,
    ),
]


@pytest.fixture
def seeding(database: Database, seeds: SeedFolder) -> Seeding:
    database.execute(TABLE)
    return Seeding(database, seeds)


def write(seeding: Seeding, rows: Table, policies: Mapping[str, Any]) -> None:
    seeding.write(
        "tools",
        [{"name": name, "title": title, "note": note} for name, (title, note) in rows.items()],
        **policies,
    )


def table(database: Database) -> Table:
    return {name: (title, note) for name, title, note in database.rows("SELECT name, title, note FROM tools")}


def counts(result: Result) -> tuple[int, int, int]:
    finished = result.finished("tools")
    return finished["inserted"], finished["updated"], finished["deleted"]


@pytest.mark.parametrize("line", LINES, ids=str)
def test_line(line: Line, seeding: Seeding, database: Database) -> None:
    if line.seeded is not None:
        write(seeding, line.seeded, {})
        assert seeding().exit_code == 0
    if line.by_hand:
        database.execute(line.by_hand)

    write(seeding, line.desired, line.policies)
    result = seeding()

    assert table(database) == line.left, str(result)
    assert read_ledger(database, *TEXTS) == {(key,): entry for key, entry in line.ledger.items()}
    conflicts = [event["columns"] for event in result.all("seeder.conflict")]
    assert conflicts == ([] if line.conflict is None else [line.conflict])
    if line.error is None:
        assert result.exit_code == 0, str(result)
        assert counts(result) == line.writes
        assert result.finished("tools")["kept"] == line.kept
        assert result.event("run.finished")["changed"] == sum(line.writes)
    else:
        assert result.exit_code == 1
        assert line.error in result.finished("tools")["error"]["message"]
        assert result.finished("tools")["key"] == {"name": "a"}

    before = footprint(database)
    again = seeding()
    after = footprint(database)
    assert after.versions == before.versions
    if line.error is None:
        assert after == before
    assert again.exit_code == result.exit_code
    assert again.all("seeder.conflict") == []
    assert again.all("seeder.adopted") == []
    if line.error is None:
        assert counts(again) == (0, 0, 0)
        assert again.finished("tools")["kept"] == line.kept


class TestWhatFollows:
    """Lines whose meaning shows only in the run after the next."""

    def test_what_was_adopted_and_kept_stays_under_the_policy(
        self, seeding: Seeding, database: Database
    ) -> None:
        database.execute(INSERTED)
        write(seeding, OLD, {"existing_rows": "keep"})
        seeding()
        write(seeding, NEW, {"existing_rows": "keep"})
        result = seeding()
        assert (counts(result), result.finished("tools")["kept"]) == ((0, 0, 0), 1)
        assert table(database) == MINE
        write(seeding, NEW, {"existing_rows": "overwrite"})
        assert counts(seeding()) == (0, 1, 0)
        assert table(database) == NEW

    def test_what_was_adopted_and_overwritten_follows_the_seed_file(
        self, seeding: Seeding, database: Database
    ) -> None:
        database.execute(INSERTED)
        write(seeding, OLD, {"existing_rows": "overwrite"})
        seeding()
        write(seeding, NEW, {})
        assert counts(seeding()) == (0, 1, 0)
        assert table(database) == NEW
        assert read_ledger(database, *TEXTS) == {("a",): Entry(RESEEDED.desired, adopted=True)}

    def test_a_conflict_is_one_again_when_the_seed_file_changes_again(
        self, seeding: Seeding, database: Database
    ) -> None:
        write(seeding, OLD, {})
        seeding()
        database.execute(EDIT)
        for title in ("New", "Newer"):
            write(seeding, {"a": (title, "n")}, {})
            assert seeding().event("seeder.conflict")["key"] == {"name": "a"}
            assert seeding().all("seeder.conflict") == []
        assert table(database) == MINE

    def test_an_edit_taken_back_after_a_conflict_follows_the_seed_file(
        self, seeding: Seeding, database: Database
    ) -> None:
        write(seeding, OLD, {})
        seeding()
        database.execute(EDIT)
        write(seeding, NEW, {})
        seeding()
        database.execute("UPDATE tools SET title = 'Old'")
        assert counts(seeding()) == (0, 1, 0)
        assert table(database) == NEW
        assert read_ledger(database, *TEXTS) == {("a",): RESEEDED}

    def test_a_conflict_settled_by_hand_follows_the_seed_file_from_then_on(
        self, seeding: Seeding, database: Database
    ) -> None:
        write(seeding, OLD, {})
        seeding()
        database.execute(EDIT)
        write(seeding, NEW, {})
        seeding()
        database.execute("UPDATE tools SET title = 'New'")
        assert seeding().event("run.finished")["changed"] == 0
        assert read_ledger(database, *TEXTS) == {("a",): RESEEDED}
        write(seeding, {"a": ("Newer", "n")}, {})
        assert counts(seeding()) == (0, 1, 0)

    def test_a_deleted_row_that_was_kept_so_is_restored_once_the_policy_says_so(
        self, seeding: Seeding, database: Database
    ) -> None:
        write(seeding, OLD, {})
        seeding()
        database.execute(DELETION)
        write(seeding, NEW, {"deleted_rows": "keep"})
        seeding()
        write(seeding, NEW, {})
        assert counts(seeding()) == (1, 0, 0)
        assert read_ledger(database, *TEXTS) == {("a",): RESEEDED}

    def test_a_deleted_row_that_somebody_brings_back_is_compared_again(
        self, seeding: Seeding, database: Database
    ) -> None:
        write(seeding, OLD, {})
        seeding()
        database.execute(DELETION)
        write(seeding, NEW, {"deleted_rows": "keep"})
        seeding()
        database.execute("INSERT INTO tools VALUES ('a', 'Old', 'n')")
        assert counts(seeding()) == (0, 1, 0)
        assert table(database) == NEW

    @pytest.mark.parametrize("policy", RETIRED, ids=["keep", "delete", "set"])
    def test_a_row_that_comes_back_into_the_file_is_seeded_again(
        self, seeding: Seeding, database: Database, policy: Any
    ) -> None:
        write(seeding, OLD, {"retired_rows": policy})
        seeding()
        write(seeding, NONE, {"retired_rows": policy})
        seeding()
        write(seeding, NEW, {"retired_rows": policy})
        assert seeding().event("run.finished")["changed"] == 1
        assert table(database) == NEW
        assert read_ledger(database, *TEXTS) == {("a",): RESEEDED}

    def test_an_edited_row_that_comes_back_into_the_file_stays_edited(
        self, seeding: Seeding, database: Database
    ) -> None:
        write(seeding, OLD, {})
        seeding()
        database.execute(EDIT)
        write(seeding, NONE, {})
        seeding()
        write(seeding, OLD, {})
        result = seeding()
        assert (counts(result), result.finished("tools")["kept"]) == ((0, 0, 0), 1)
        assert table(database) == MINE
        assert read_ledger(database, *TEXTS) == {("a",): SEEDED}


class TestCells:
    def test_a_cell_that_the_row_does_not_name(self, seeding: Seeding, database: Database) -> None:
        seeding.write("tools", [{"name": "a", "title": "Old"}])
        seeding()
        assert table(database) == {"a": ("Old", "by default")}
        assert read_ledger(database, *TEXTS) == {("a",): Entry({"title": "Old"})}
        database.execute("UPDATE tools SET note = 'm'")
        seeding.write("tools", [{"name": "a", "title": "New"}])
        result = seeding()
        assert (counts(result), result.finished("tools")["kept"]) == ((0, 1, 0), 0)
        assert table(database) == {"a": ("New", "m")}

    def test_a_cell_that_the_row_names_no_longer_is_left_and_forgotten_by_nobody(
        self, seeding: Seeding, database: Database
    ) -> None:
        write(seeding, OLD, {})
        seeding()
        seeding.write("tools", [{"name": "a", "title": "Old"}])
        database.execute("UPDATE tools SET note = 'm'")
        assert counts(seeding()) == (0, 0, 0)
        write(seeding, OLD, {})
        result = seeding()
        assert (counts(result), result.finished("tools")["kept"]) == ((0, 0, 0), 1)
        assert table(database) == {"a": ("Old", "m")}

    @pytest.mark.parametrize(
        ("policy", "left", "writes"),
        [("overwrite", ("Old", "n"), (0, 1, 0)), ("keep", ("Old", "m"), (0, 0, 0))],
    )
    def test_a_column_that_came_to_the_seed_later_was_there_before_us(
        self,
        seeding: Seeding,
        database: Database,
        policy: str,
        left: tuple[str, str],
        writes: tuple[int, int, int],
    ) -> None:
        seeding.write("tools", [{"name": "a", "title": "Old"}])
        seeding()
        database.execute("UPDATE tools SET note = 'm'")
        write(seeding, OLD, {"existing_rows": policy})
        assert counts(seeding()) == writes
        assert table(database) == {"a": left}
        known: dict[str, str | None] = {"title": "Old"} if policy == "keep" else SEEDED.desired
        assert read_ledger(database, *TEXTS) == {("a",): Entry(known)}
        assert seeding().event("run.finished")["changed"] == 0

    def test_rows_that_name_different_columns(self, seeding: Seeding, database: Database) -> None:
        seeding.write("tools", [{"name": "a", "title": "Old"}, {"name": "b", "note": "n"}, {"name": "c"}])
        assert counts(seeding()) == (3, 0, 0)
        assert table(database) == {"a": ("Old", "by default"), "b": (None, "n"), "c": (None, "by default")}
        assert read_ledger(database, *TEXTS) == {
            ("a",): Entry({"title": "Old"}),
            ("b",): Entry({"note": "n"}),
            ("c",): Entry({}),
        }
        seeding.write(
            "tools", [{"name": "a", "note": "m"}, {"name": "b", "note": "m"}, {"name": "c", "title": "New"}]
        )
        assert counts(seeding()) == (0, 3, 0)
        assert table(database) == {"a": ("Old", "m"), "b": (None, "m"), "c": ("New", "by default")}
        assert seeding().event("run.finished")["changed"] == 0

    def test_insert_only_columns_are_written_once(self, seeding: Seeding, database: Database) -> None:
        write(seeding, OLD, {"insert_only": ["note"]})
        seeding()
        assert read_ledger(database, *TEXTS) == {("a",): SEEDED}
        database.execute("UPDATE tools SET note = 'm'")
        write(seeding, {"a": ("Old", "n again")}, {"insert_only": ["note"]})
        result = seeding()
        assert (counts(result), result.finished("tools")["kept"]) == ((0, 0, 0), 0)
        database.execute(DELETION)
        assert counts(seeding()) == (1, 0, 0)
        assert table(database) == {"a": ("Old", "n again")}

    def test_timestamps_say_when_and_are_not_in_the_ledger(
        self, seeding: Seeding, database: Database
    ) -> None:
        database.execute("ALTER TABLE tools ADD created_at timestamptz, ADD updated_at timestamptz")
        write(seeding, OLD, {})
        seeding()
        [(created, updated)] = database.rows("SELECT created_at, updated_at FROM tools")
        assert created is not None
        assert updated is not None
        assert read_ledger(database, *TEXTS) == {("a",): SEEDED}
        write(seeding, NEW, {})
        seeding()
        [(still, later)] = database.rows("SELECT created_at, updated_at FROM tools")
        assert still == created
        assert later > updated


def test_two_live_rows_with_one_key(database: Database, seeds: SeedFolder) -> None:
    database.execute(
        "CREATE TABLE tools (name text, title text); INSERT INTO tools VALUES ('a', 'Old'), ('a', 'Old')"
    )
    seeding = Seeding(database, seeds)
    for title in ("Old", "New"):
        seeding.write("tools", [{"name": "a", "title": title}], key=["name"])
        result = seeding()
        assert result.exit_code == 1
        assert result.finished("tools")["key"] == {"name": "a"}
        assert "several rows" in result.finished("tools")["error"]["message"]
        assert database.rows("SELECT DISTINCT title FROM tools") == [("Old",)]
        assert read_ledger(database) == {}


def test_a_second_row_with_the_key_of_a_seeded_one(database: Database, seeds: SeedFolder) -> None:
    database.execute("CREATE TABLE tools (name text, title text)")
    seeding = Seeding(database, seeds)
    seeding.write("tools", [{"name": "a", "title": "Old"}], key=["name"])
    assert seeding().exit_code == 0
    database.execute("INSERT INTO tools VALUES ('a', 'Old')")
    result = seeding()
    assert result.exit_code == 1
    assert result.finished("tools")["key"] == {"name": "a"}

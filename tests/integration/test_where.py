"""`where`: a seeder that fills a part of a table. Rows outside of it are left alone, whatever happens inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from seeder.merge import merger, writing
from seeder.merge.resolution import Resolution, Take
from tests.integration.footprint import footprint
from tests.integration.seeding import Seeding, read_ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.integration.commandline import CommandLine, Result, SeedFolder
    from tests.integration.postgres import Database

LIVE: Any = {"deleted_at": None}
TABLE = """\
CREATE TABLE tools (id serial PRIMARY KEY, name text NOT NULL, title text, deleted_at timestamptz);
CREATE UNIQUE INDEX ON tools (name) WHERE deleted_at IS NULL;
"""
TWINS = """\
INSERT INTO tools (name, title, deleted_at) VALUES
    ('a', 'A', '2020-01-01Z'), ('a', 'A', '2021-01-01Z'), ('b', 'old', '2022-01-01Z'), ('z', 'Z', '2023-01-01Z')
"""


@pytest.fixture
def seeding(database: Database, seeds: SeedFolder) -> Seeding:
    database.execute(TABLE + TWINS)
    return Seeding(database, seeds)


def write(seeding: Seeding, *names: str, title: str = "{}", **fields: Any) -> None:
    rows = [{"name": name, "title": title.format(name.upper())} for name in names]
    seeding.write("tools", rows, **{"key": ["name"], "where": LIVE, **fields})


def outside(database: Database, part: str = "deleted_at IS NULL") -> list[tuple[Any, ...]]:
    """Every row version outside of the part, where it is and who wrote it included."""
    return database.rows(f"SELECT ctid::text, xmin::text, * FROM tools WHERE NOT ({part}) ORDER BY id")


def live(database: Database) -> dict[str, str]:
    return dict(database.rows("SELECT name, title FROM tools WHERE deleted_at IS NULL ORDER BY name"))


def counts(result: Result, seeder: str = "tools") -> tuple[int, int, int, int]:
    """Rows inserted, updated, deleted and kept."""
    finished = result.finished(seeder)
    assert finished["outcome"] == "succeeded", str(result)
    return finished["inserted"], finished["updated"], finished["deleted"], finished["kept"]


def fails(result: Result) -> str:
    assert result.exit_code == 1, str(result)
    reason: str = result.event("run.finished")["reason"]
    return reason


def assert_nothing_to_do(seeding: Seeding, **options: Any) -> None:
    before = footprint(seeding.database)
    assert seeding(**options).event("run.finished")["changed"] == 0
    assert footprint(seeding.database) == before


class TestSoftDeletes:
    """Rows with `deleted_at` are gone for everybody but the table. They have the keys of rows that are there."""

    def test_twins_outside_are_untouched_whatever_happens_inside(
        self, seeding: Seeding, database: Database
    ) -> None:
        before = outside(database)
        write(seeding, "a", "b", "c")
        assert counts(seeding()) == (3, 0, 0, 0)
        assert live(database) == {"a": "A", "b": "B", "c": "C"}
        assert_nothing_to_do(seeding)
        write(seeding, "a", "b", "c", title="{}2")
        assert counts(seeding()) == (0, 3, 0, 0)
        assert_nothing_to_do(seeding)
        write(seeding, "b", "c", title="{}2", retired_rows="delete")
        assert counts(seeding()) == (0, 0, 1, 0)
        assert_nothing_to_do(seeding)
        assert outside(database) == before
        write(seeding, "c", title="{}2", retired_rows={"set": {"deleted_at": "2026-01-01Z"}})
        assert counts(seeding()) == (0, 1, 0, 0)
        assert_nothing_to_do(seeding)
        assert live(database) == {"c": "C2"}
        *others, retired = outside(database)
        assert others == before
        assert retired[3:5] == ("b", "B2")
        assert set(read_ledger(database)) == {("c", None)}

    def test_a_row_that_comes_back_is_inserted(self, seeding: Seeding, database: Database) -> None:
        policy = {"set": {"deleted_at": "2026-01-01Z"}}
        write(seeding, "c", retired_rows=policy)
        seeding()
        write(seeding, retired_rows=policy)
        assert counts(seeding()) == (0, 1, 0, 0)
        write(seeding, "c", retired_rows=policy)
        assert counts(seeding()) == (1, 0, 0, 0)
        assert database.scalar("SELECT count(*) FROM tools WHERE name = 'c'") == 2
        assert_nothing_to_do(seeding)

    def test_a_row_that_somebody_touched_is_marked_and_never_deleted(
        self, seeding: Seeding, database: Database
    ) -> None:
        write(seeding, "a", "c")
        seeding()
        database.execute("UPDATE tools SET title = 'mine' WHERE deleted_at IS NULL")
        write(seeding, retired_rows="delete")
        assert counts(seeding()) == (0, 0, 0, 2)
        write(seeding, retired_rows={"set": {"deleted_at": "2026-01-01Z", "title": "gone"}})
        result = seeding()
        assert counts(result) == (0, 2, 0, 0)
        assert {event["reason"] for event in result.all("seeder.kept")} == {"somebody changed title"}
        assert database.rows("SELECT title FROM tools WHERE deleted_at = '2026-01-01Z'") == [("mine",)] * 2
        assert_nothing_to_do(seeding)

    @pytest.mark.parametrize(("policy", "expected"), [("restore", (1, 0, 0, 0)), ("keep", (0, 0, 0, 1))])
    def test_somebody_marks_a_row_as_deleted(
        self, seeding: Seeding, database: Database, policy: str, expected: tuple[int, ...]
    ) -> None:
        write(seeding, "a", "c", deleted_rows=policy)
        seeding()
        database.execute("UPDATE tools SET deleted_at = now() WHERE name = 'a' AND deleted_at IS NULL")
        before = outside(database)
        assert counts(seeding()) == expected
        assert outside(database) == before
        assert live(database) == {"c": "C", **({"a": "A"} if policy == "restore" else {})}
        assert_nothing_to_do(seeding)

    def test_somebody_takes_back_that_a_twin_was_deleted(self, seeding: Seeding, database: Database) -> None:
        database.execute("DROP INDEX tools_name_idx")
        write(seeding, "a", "c", retired_rows="delete")
        seeding()
        database.execute("UPDATE tools SET deleted_at = NULL WHERE deleted_at = '2021-01-01Z'")
        before = database.rows("SELECT ctid::text, xmin::text, * FROM tools")
        result = seeding()
        assert "several rows of public.tools that are in the part that `where` names" in fails(result)
        assert result.finished("tools")["key"] == {"name": "a"}
        # Neither would one of them be deleted.
        write(seeding, "c", retired_rows="delete")
        assert "several rows of public.tools" in fails(seeding())
        assert database.rows("SELECT ctid::text, xmin::text, * FROM tools") == before

    def test_rows_that_were_there_before(self, seeding: Seeding, database: Database) -> None:
        database.execute("INSERT INTO tools (name, title) VALUES ('a', 'mine'), ('c', 'C')")
        before = outside(database)
        write(seeding, "a", "c", "d")
        result = seeding()
        assert counts(result) == (1, 0, 0, 1)
        assert result.event("seeder.adopted")["rows"] == 2
        resolution = Resolution(Take.SEED, rows=({"name": "a"},))
        assert seeding(resolution=resolution).finished("tools")["updated"] == 1
        assert live(database) == {"a": "A", "c": "C", "d": "D"}
        assert outside(database) == before
        assert_nothing_to_do(seeding)

    def test_a_history_is_of_the_part(self, seeding: Seeding, seeds: SeedFolder, database: Database) -> None:
        """Also what was shipped before the seed file had `where`."""
        database.execute(
            "INSERT INTO tools (name, title) VALUES ('a', 'first'), ('b', 'second'), ('c', 'mine')"
        )
        lines = [
            '{"release": "1", "row": {"name": "a", "title": "first"}}',
            '{"release": "2", "row": {"name": "b", "title": "second", "deleted_at": null}}',
        ]
        seeds.write("tools.history.ndjson", "\n".join(lines))
        before = outside(database)
        write(seeding, "a", "b", "c")
        assert counts(seeding()) == (0, 2, 0, 1)
        assert live(database) == {"a": "A", "b": "B", "c": "mine"}
        assert outside(database) == before

    def test_people_are_shown_the_key_of_the_seed_file(
        self, seeding: Seeding, seeder: CommandLine, seeds: SeedFolder, database: Database
    ) -> None:
        database.execute("INSERT INTO tools (name, title) VALUES ('a', 'mine')")
        write(seeding, "a", "c")
        shown = seeder("--all", "--path", seeds, "--dry-run", "--diff")
        assert '"key": {"name": "c"}' in shown.stdout
        assert "deleted_at" not in shown.stdout
        assert seeder("--all", "--path", seeds).exit_code == 0
        listed = seeder("conflicts", "--path", seeds)
        assert "name=a" in listed.stdout
        assert "deleted_at" not in listed.stdout
        status = seeder("status", "--path", seeds, "--format", "json")
        assert '"rows": 2' in status.stdout
        taken = seeder("resolve", "tools", "--row", "name=a", "--take", "live", "--path", seeds)
        assert taken.exit_code == 0
        validated = seeder("validate", "--path", seeds)
        assert validated.exit_code == 0
        assert "unique" not in validated.stdout

    def test_a_large_file(self, seeding: Seeding, seeds: SeedFolder, database: Database) -> None:
        """It is staged as it is: COPY reads it."""
        numbers = range(2500)
        database.execute(
            "INSERT INTO tools (name, title, deleted_at) SELECT 'n' || n, 'x', now() FROM generate_series(0, 99) n"
        )
        before = outside(database)
        seeds.write("tools.yaml", "key: [name]\nwhere: {deleted_at: null}\nretired_rows: delete\n")
        seeds.write("tools.csv", "name,title\n" + "".join(f"n{n},T{n}\n" for n in numbers))
        assert counts(seeding()) == (2500, 0, 0, 0)
        seeding()
        assert_nothing_to_do(seeding)
        changed = "".join(f"n{n},T{n}{'!' if n == 7 else ''}\n" for n in numbers if n != 8)
        seeds.write("tools.csv", "name,title\n" + changed)
        assert counts(seeding()) == (0, 1, 1, 0)
        assert database.scalar("SELECT count(*) FROM tools WHERE deleted_at IS NULL") == 2499
        assert outside(database) == before
        # The file may say the column too; then its rows are checked one by one.
        said = changed.replace("\n", ",\n")
        seeds.write("tools.csv", "name,title,deleted_at\n" + said)
        assert counts(seeding()) == (0, 0, 0, 0)
        seeds.write("tools.csv", "name,title,deleted_at\n" + said + "last,L,2026-01-01Z\n")
        assert "tools.csv:2501:8: where has another value" in fails(seeding())
        assert outside(database) == before

    def test_a_large_file_fills_an_empty_table(
        self, seeding: Seeding, seeds: SeedFolder, database: Database
    ) -> None:
        database.execute("DELETE FROM tools")
        seeds.write("tools.yaml", "key: [name]\nwhere: {deleted_at: null}\n")
        seeds.write("tools.csv", "name,title\n" + "".join(f"n{n},T{n}\n" for n in range(2500)))
        assert counts(seeding()) == (2500, 0, 0, 0)
        seeding()
        assert_nothing_to_do(seeding)

    def test_a_row_leaves_the_part_before_it_is_written(
        self, seeding: Seeding, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It stays as somebody left it, and the next run puts another in its place."""
        write(seeding, "a", "c")
        seeding()
        write(seeding, "a", "c", title="{}2")
        real = writing.update

        def leaving(difference: Any) -> int:
            database.execute(
                "UPDATE tools SET deleted_at = '2026-01-01Z' WHERE name = 'a' AND deleted_at IS NULL"
            )
            return real(difference)

        with monkeypatch.context() as patch:
            patch.setattr(merger, "update", leaving)
            assert counts(seeding()) == (0, 1, 0, 1)
        before = outside(database)
        assert before[-1][3:5] == ("a", "A")
        assert live(database) == {"c": "C2"}
        assert counts(seeding()) == (1, 0, 0, 0)
        assert live(database) == {"a": "A2", "c": "C2"}
        assert outside(database) == before
        assert_nothing_to_do(seeding)

    def test_the_ledger_is_off(self, seeding: Seeding, database: Database) -> None:
        before = outside(database)
        write(seeding, "a", "b")
        assert counts(seeding(ledger="off")) == (2, 0, 0, 0)
        write(seeding, "a", "b", title="{}2")
        assert counts(seeding(ledger="off")) == (0, 2, 0, 0)
        assert live(database) == {"a": "A2", "b": "B2"}
        assert outside(database) == before


class TestSeveralParts:
    @pytest.fixture(autouse=True)
    def tenants(self, seeding: Seeding, database: Database) -> None:
        database.execute(
            "DROP TABLE tools; CREATE TABLE tools (id serial PRIMARY KEY, tenant int NOT NULL DEFAULT 1, name text, "
            "title text, UNIQUE (tenant, name)); INSERT INTO tools (tenant, name, title) VALUES (7, 'a', 'other')"
        )

    def write(self, seeding: Seeding, tenant: int, *names: str, **fields: Any) -> None:
        rows = [{"name": name, "title": f"{name}{tenant}"} for name in names]
        seeding.write(
            f"tenant-{tenant}", rows, table="tools", key=["name"], where={"tenant": tenant}, **fields
        )

    def rows(self, database: Database) -> list[tuple[Any, ...]]:
        return database.rows("SELECT tenant, name, title FROM tools ORDER BY 1, 2")

    def test_seeders_of_disjoint_parts_have_rows_of_their_own(
        self, seeding: Seeding, database: Database
    ) -> None:
        self.write(seeding, 5, "a", "b")
        self.write(seeding, 6, "a", "b")
        result = seeding()
        assert counts(result, "tenant-5") == counts(result, "tenant-6") == (2, 0, 0, 0)
        assert_nothing_to_do(seeding)
        self.write(seeding, 5, "b", retired_rows="delete")
        result = seeding()
        assert counts(result, "tenant-5") == (0, 0, 1, 0)
        assert counts(result, "tenant-6") == (0, 0, 0, 0)
        assert self.rows(database) == [
            (5, "b", "b5"),
            (6, "a", "a6"),
            (6, "b", "b6"),
            (7, "a", "other"),
        ]
        assert_nothing_to_do(seeding)

    def test_another_seeder_of_the_same_part_is_an_error(self, seeding: Seeding) -> None:
        self.write(seeding, 5, "a")
        seeding()
        seeding.write("mine", [{"name": "a"}], table="tools", key=["tenant", "name"], where={"tenant": 5})
        assert "lists a row that belongs to" in fails(seeding())

    def test_rows_of_the_former_part_are_left_alone(
        self, seeding: Seeding, seeds: SeedFolder, database: Database
    ) -> None:
        """They were ours, and are nobody's business now: `retired_rows` is about the part of today."""
        self.write(seeding, 5, "a", "b", retired_rows="delete")
        seeding()
        before = database.rows("SELECT xmin::text, ctid::text, * FROM tools ORDER BY id")
        text = (seeds.path / "tenant-5.yaml").read_text().replace('{"tenant": 5}', '{"tenant": 6}')
        seeds.write("tenant-5.yaml", text)
        assert counts(seeding(), "tenant-5") == (2, 0, 0, 0)
        assert (
            database.rows("SELECT xmin::text, ctid::text, * FROM tools WHERE tenant <> 6 ORDER BY id")
            == before
        )
        assert set(read_ledger(database)) == {("a", "6"), ("b", "6")}
        assert_nothing_to_do(seeding)

    @pytest.mark.parametrize("key", [["name"], ["tenant", "name"], ["name", "tenant"]])
    def test_the_column_may_be_in_the_key_too(
        self, seeding: Seeding, database: Database, key: Sequence[str]
    ) -> None:
        rows: list[dict[str, Any]] = [{"name": "a", "title": "A"}, {"name": "b", "tenant": 5, "title": "B"}]
        seeding.write("tools", rows, key=key, where={"tenant": 5}, retired_rows="delete")
        assert counts(seeding()) == (2, 0, 0, 0)
        assert_nothing_to_do(seeding)
        seeding.write("tools", rows[:1], key=["name"], where={"tenant": 5}, retired_rows="delete")
        assert counts(seeding()) == (0, 0, 1, 0)
        assert self.rows(database) == [(5, "a", "A"), (7, "a", "other")]

    def test_a_large_file_of_which_a_few_lines_change(
        self, seeding: Seeding, seeds: SeedFolder, database: Database
    ) -> None:
        """Only the changed pieces of it are compared."""
        seeds.write("tools.yaml", "key: [name]\nwhere: {tenant: 5}\nretired_rows: delete\n")
        lines = [f"n{n},T{n}\n" for n in range(10_500)]
        seeds.write("tools.csv", "name,title\n" + "".join(lines))
        assert counts(seeding()) == (10_500, 0, 0, 0)
        database.execute("INSERT INTO tools (tenant, name, title) SELECT 6, name, 'six' FROM tools")
        six = database.rows("SELECT ctid::text, xmin::text, * FROM tools WHERE tenant <> 5 ORDER BY id")
        seeding()
        seeding()
        assert_nothing_to_do(seeding)
        for done, changed in {
            (0, 1, 0, 0): [*lines[:700], "n700,x\n", *lines[701:]],
            (0, 1, 1, 0): lines[:-1],
            (1, 0, 0, 0): lines,
        }.items():
            seeds.write("tools.csv", "name,title\n" + "".join(changed))
            assert counts(seeding()) == done
        assert (
            database.scalar("SELECT count(*) FROM tools WHERE tenant = 5 AND title = 'T' || substr(name, 2)")
            == 10_500
        )
        assert (
            database.rows("SELECT ctid::text, xmin::text, * FROM tools WHERE tenant <> 5 ORDER BY id") == six
        )

    def test_an_overlay_is_in_the_same_part(
        self, seeding: Seeding, seeds: SeedFolder, database: Database
    ) -> None:
        rows = [{"name": "a", "title": "A"}, {"name": "b", "title": "B"}]
        seeding.write("tools", rows, key=["tenant", "name"], where={"tenant": 5})
        seeds.write(
            "tools.staging.yaml",
            "rows:\n- {name: a, title: A2}\n- {name: c, title: C}\nabsent:\n- {name: b}\n",
        )
        assert counts(seeding(environment="staging")) == (2, 0, 0, 0)
        assert self.rows(database) == [(5, "a", "A2"), (5, "c", "C"), (7, "a", "other")]
        assert_nothing_to_do(seeding, environment="staging")
        seeds.write("tools.staging.yaml", "rows:\n- {name: a, title: A2}\n- {name: c, tenant: 6}\n")
        assert "tools.staging.yaml:3:21: where has another value" in fails(seeding(environment="staging"))

    def test_a_migration_renames_the_column(self, seeding: Seeding, database: Database) -> None:
        self.write(seeding, 5, "a", "b")
        seeding()
        database.execute(
            "ALTER TABLE tools RENAME tenant TO tenant_id; UPDATE tools SET title = 'mine' WHERE name = 'b'"
        )
        rows = [{"name": name, "title": name} for name in "ab"]
        seeding.write("tenant-5", rows, table="tools", key=["name"], where={"tenant_id": 5})
        result = seeding()
        assert counts(result, "tenant-5") == (0, 1, 0, 1)
        assert result.finished("tenant-5")["conflicts"] == 1
        assert_nothing_to_do(seeding)

    def test_a_partitioned_table(self, seeding: Seeding, database: Database) -> None:
        database.execute(
            "DROP TABLE tools; CREATE TABLE tools (tenant int, name text, title text, deleted boolean NOT NULL "
            "DEFAULT true) PARTITION BY LIST (tenant); CREATE TABLE five PARTITION OF tools FOR VALUES IN (5);"
            "CREATE TABLE others PARTITION OF tools DEFAULT;"
            "INSERT INTO tools VALUES (7, 'a', 'other', false), (5, 'a', 'gone', true), (5, 'a', 'gone', true)"
        )
        rows = [{"name": "a", "title": "A"}, {"name": "b", "title": "B"}]
        fields: Any = {"key": ["name"], "where": {"tenant": 5, "deleted": False}}
        before = (
            "SELECT tableoid::regclass, ctid::text, xmin::text, * FROM tools WHERE title IN ('other', 'gone')"
        )
        others = database.rows(before)
        seeding.write("tools", rows, **fields)
        assert counts(seeding()) == (2, 0, 0, 0)
        assert_nothing_to_do(seeding)
        # Set in a row of another partition: there it is out of the part.
        seeding.write("tools", rows[:1], retired_rows={"set": {"tenant": 8}}, **fields)
        assert counts(seeding()) == (0, 1, 0, 0)
        assert database.rows("SELECT name FROM tools WHERE tenant = 8") == [("b",)]
        assert database.rows(before) == others
        assert_nothing_to_do(seeding)


class TestASeedFileThatGetsIt:
    def test_rows_that_were_marked_count_as_deleted(self, seeding: Seeding, database: Database) -> None:
        """Entries of rows that are there pass over, edits and all."""
        database.execute("DELETE FROM tools")
        rows = [{"name": name, "title": name.upper()} for name in ("kept", "edited", "marked")]
        seeding.write("tools", rows, key=["name"])
        seeding()
        database.execute(
            "UPDATE tools SET title = 'mine' WHERE name = 'edited';"
            "UPDATE tools SET deleted_at = '2026-01-01Z' WHERE name = 'marked'"
        )
        before = database.rows("SELECT ctid::text, xmin::text, * FROM tools ORDER BY id")
        seeding.write("tools", rows, key=["name"], where=LIVE, deleted_rows="keep")
        assert counts(seeding()) == (0, 0, 0, 2)
        assert database.rows("SELECT ctid::text, xmin::text, * FROM tools ORDER BY id") == before
        assert_nothing_to_do(seeding)
        seeding.write("tools", rows, key=["name"], where=LIVE)
        assert counts(seeding()) == (1, 0, 0, 1)
        seeding.write("tools", [], key=["name"], where=LIVE, retired_rows="delete")
        assert counts(seeding()) == (0, 0, 2, 1)
        assert database.rows("SELECT name, title FROM tools ORDER BY name") == [
            ("edited", "mine"),
            ("marked", "MARKED"),
        ]

    def test_cells_that_were_kept_stay_told(self, seeding: Seeding, database: Database) -> None:
        """Else `seeder conflicts` would not show them any more, and `existing_rows: overwrite` come too late."""
        database.execute(
            "DELETE FROM tools; INSERT INTO tools (name, title) VALUES ('b', 'before'), ('d', 'D')"
        )
        rows = [{"name": name, "title": name.upper(), "id": 70 + place} for place, name in enumerate("ac")]
        seeding.write("tools", [*rows, {"name": "b", "title": "B"}], key=["name"])
        seeding()
        database.execute("UPDATE tools SET title = 'mine' WHERE name = 'a'")
        seeding.write(
            "tools", [{**rows[0], "title": "A2"}, rows[1], {"name": "b", "title": "B"}], key=["name"]
        )
        assert seeding().finished("tools")["conflicts"] == 1
        view = "SELECT (key::text[])[1], column_name, since FROM seeder.seeder_conflicts ORDER BY 1"
        before = database.rows(view)
        assert [row[:2] for row in before] == [("a", "title"), ("b", "title")]
        seeding.write(
            "tools",
            [{"name": "b", "title": "B"}, {**rows[0], "title": "A2"}, rows[1]],
            key=["name"],
            where=LIVE,
        )
        done = seeding().finished("tools")
        assert (done["kept_existing"], done["conflicts"]) == (1, 1)
        assert database.rows(view) == before
        assert_nothing_to_do(seeding)
        assert seeding(resolution=Resolution(Take.SEED)).exit_code == 0
        assert live(database) == {"a": "A2", "b": "B", "c": "C", "d": "D"}

    def test_and_loses_it_again(self, seeding: Seeding, database: Database) -> None:
        write(seeding, "c", "d")
        seeding()
        seeding.write("tools", [{"name": "c", "title": "C"}], key=["name"], retired_rows="delete")
        assert counts(seeding()) == (0, 0, 1, 0)
        seeding.write("tools", [{"name": "a", "title": "C"}], key=["name"], retired_rows="delete")
        assert "several rows of public.tools have the key of this one" in fails(seeding())


class TestTriggers:
    """What moves a row out of the part would have it inserted at each run."""

    @pytest.mark.parametrize("write_again", [False, True])
    @pytest.mark.parametrize("when", ["BEFORE", "AFTER"])
    def test_a_row_is_moved_out(
        self, seeding: Seeding, database: Database, when: str, write_again: bool
    ) -> None:
        write(seeding, "a")
        if write_again:
            seeding()
            write(seeding, "a", title="{}2")
        body = (
            "NEW.deleted_at := now(); RETURN NEW;"
            if when == "BEFORE"
            else "UPDATE tools SET deleted_at = now() WHERE id = NEW.id AND deleted_at IS NULL; RETURN NULL;"
        )
        database.execute(
            f"CREATE FUNCTION hide() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$;"
            f"CREATE TRIGGER hide {when} INSERT OR UPDATE ON tools FOR EACH ROW EXECUTE FUNCTION hide()"
        )
        before = database.rows("SELECT ctid::text, xmin::text, * FROM tools")
        reason = fails(seeding())
        assert "trigger on public.tools" in reason
        assert "`where`" in reason
        if when == "AFTER":
            assert "tools.yaml:4:3" in reason
        assert database.rows("SELECT ctid::text, xmin::text, * FROM tools") == before

    def test_a_copy_of_the_old_row_may_go_outside(self, seeding: Seeding, database: Database) -> None:
        database.execute(
            "CREATE FUNCTION archive() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "INSERT INTO tools (name, title, deleted_at) VALUES (OLD.name, OLD.title, now()); RETURN NULL; END $$;"
            "CREATE TRIGGER archive AFTER UPDATE ON tools FOR EACH ROW EXECUTE FUNCTION archive()"
        )
        write(seeding, "c")
        seeding()
        write(seeding, "c", title="{}2")
        assert counts(seeding()) == (0, 1, 0, 0)
        assert database.scalar("SELECT count(*) FROM tools WHERE name = 'c'") == 2
        assert_nothing_to_do(seeding)


MISTAKES = {
    "no column": (
        "where: {deletd_at: null}",
        '1:20: no column "deletd_at" in public.tools; did you mean "deleted_at"?',
    ),
    "generated": (
        "where: {upper: A}",
        '1:16: column "upper" of public.tools is generated, so no row can be inserted',
    ),
    "json": (
        "where: {settings: 1}",
        '1:19: column "settings" of public.tools is of type jsonb, which `where` can\'t',
    ),
    "no equality": (
        "where: {place: '(1,1)'}",
        '1:16: column "place" of public.tools is of type point, which `where`',
    ),
    "never NULL": (
        "where: {name: null}",
        '1:15: column "name" of public.tools is never NULL, so no row is in this',
    ),
    "not its type": ("where: {number: x}", '1:17: column "number" of public.tools is of type integer: '),
    "the clock": ("where: {deleted_at: now}", '1:21: column "deleted_at" '),
    "too long": (
        "where: {code: xyz}",
        '1:15: column "code" of public.tools is of type character varying(2): ',
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_where_it_stands(
    seeding: Seeding, seeder: CommandLine, seeds: SeedFolder, database: Database, mistake: str
) -> None:
    database.execute(
        "ALTER TABLE tools ADD upper text GENERATED ALWAYS AS (upper(name)) STORED, ADD settings jsonb, "
        "ADD place point, ADD number int, ADD code varchar(2)"
    )
    said, expected = MISTAKES[mistake]
    seeds.write("tools.yaml", f"{said}\nkey: [title]\nrows:\n- {{title: A}}\n")
    before = footprint(database)
    assert f"tools.yaml:{expected}" in fails(seeding())
    assert footprint(database).versions["public.tools"] == before.versions["public.tools"]
    told = seeder("validate", "--path", seeds)
    assert told.exit_code == 2
    assert f"tools.yaml:{expected}" in told.stdout

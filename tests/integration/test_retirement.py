"""Rows that their seed file no longer lists: what goes, what is set, and what stays whatever the policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.footprint import footprint
from tests.integration.seeding import Entry, Seeding, read_ledger

if TYPE_CHECKING:
    from tests.integration.commandline import Result, SeedFolder
    from tests.integration.postgres import Database

SET: Any = {"set": {"enabled": False}}
ROWS = [{"name": name, "title": name.upper(), "enabled": True} for name in "abc"]
ON_DELETE = ("NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT")


@pytest.fixture
def seeding(database: Database, seeds: SeedFolder) -> Seeding:
    database.execute("CREATE TABLE tools (name text PRIMARY KEY, title text, enabled boolean DEFAULT true)")
    return Seeding(database, seeds)


def counts(result: Result, seeder: str = "tools") -> tuple[int, int, int, int]:
    """Rows inserted, updated, deleted and kept."""
    finished = result.finished(seeder)
    assert finished["outcome"] == "succeeded", str(result)
    return finished["inserted"], finished["updated"], finished["deleted"], finished["kept"]


def reasons(result: Result) -> dict[str, str]:
    """Why each row was kept, by its key."""
    return {event["key"]["name"]: event["reason"] for event in result.all("seeder.kept")}


def names(database: Database, table: str = "tools") -> str:
    joined: str = database.scalar(f"SELECT coalesce(string_agg(name, '' ORDER BY name), '') FROM {table}")
    return joined


def assert_nothing_to_do(seeding: Seeding, **options: Any) -> None:
    before = footprint(seeding.database)
    number = seeding.database.scalar("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
    assert seeding(**options).event("run.finished")["changed"] == 0
    assert footprint(seeding.database) == before
    assert seeding.database.scalar("SELECT pg_snapshot_xmax(pg_current_snapshot())::text") == number


class TestWhatStays:
    """One row may go, one was there before us, one is edited, and one is referred to."""

    @pytest.fixture(autouse=True)
    def seeded(self, seeding: Seeding, database: Database) -> None:
        database.execute("INSERT INTO tools VALUES ('adopted', 'X', true)")
        rows = [
            {"name": name, "title": "X", "enabled": True}
            for name in ("adopted", "edited", "referred", "free")
        ]
        seeding.write("tools", rows)
        assert counts(seeding()) == (3, 0, 0, 0)
        database.execute(
            "UPDATE tools SET title = 'Mine' WHERE name = 'edited';"
            "CREATE TABLE uses (tool text REFERENCES tools ON DELETE CASCADE); INSERT INTO uses VALUES ('referred')"
        )

    def test_delete(self, seeding: Seeding, database: Database) -> None:
        seeding.write("tools", [], retired_rows="delete")
        result = seeding()
        assert counts(result) == (0, 0, 1, 3)
        assert reasons(result) == {
            "adopted": "it was there before us",
            "edited": "somebody changed it",
            "referred": "another row refers to it",
        }
        assert database.rows("SELECT name FROM tools ORDER BY name") == [
            ("adopted",),
            ("edited",),
            ("referred",),
        ]
        entries = read_ledger(database)
        assert {key[0]: entry.retired for key, entry in entries.items()} == {
            "adopted": "unlisted",
            "edited": "unlisted",
            "referred": "unlisted",
        }
        assert_nothing_to_do(seeding)

    def test_set(self, seeding: Seeding, database: Database) -> None:
        """A row that is referred to is kept, and that is what `set` is for. A cell that is as we left it is written."""
        seeding.write("tools", [], retired_rows=SET)
        result = seeding()
        assert counts(result) == (0, 3, 0, 1)
        assert set(reasons(result)) == {"adopted"}
        assert database.rows("SELECT name FROM tools WHERE NOT enabled ORDER BY name") == [
            ("edited",),
            ("free",),
            ("referred",),
        ]
        assert database.scalar("SELECT title FROM tools WHERE name = 'edited'") != "X"
        entries = read_ledger(database, "X", "true", "false")
        assert entries["free",] == Entry({"title": "X", "enabled": "false"}, retired="set")
        assert entries["edited",] == Entry({"title": "X", "enabled": "false"}, retired="set")
        assert_nothing_to_do(seeding)

    def test_keep(self, seeding: Seeding, database: Database) -> None:
        seeding.write("tools", [], retired_rows="keep")
        before = database.rows("SELECT xmin::text, * FROM tools ORDER BY name")
        assert counts(seeding()) == (0, 0, 0, 4)
        assert database.rows("SELECT xmin::text, * FROM tools ORDER BY name") == before
        assert_nothing_to_do(seeding)

    def test_they_go_once_nothing_holds_them_any_more(self, seeding: Seeding, database: Database) -> None:
        seeding.write("tools", [], retired_rows="delete")
        seeding()
        database.execute("DELETE FROM uses; UPDATE tools SET title = 'X'")
        assert counts(seeding()) == (0, 0, 2, 1)
        assert database.rows("SELECT name FROM tools") == [("adopted",)]
        assert set(read_ledger(database)) == {("adopted",)}

    def test_what_somebody_deletes_leaves_the_ledger(self, seeding: Seeding, database: Database) -> None:
        seeding.write("tools", [], retired_rows="keep")
        seeding()
        database.execute("DELETE FROM tools WHERE name <> 'adopted'")
        assert counts(seeding()) == (0, 0, 0, 1)
        assert set(read_ledger(database)) == {("adopted",)}

    def test_a_dry_run_only_says_so(self, seeding: Seeding, database: Database) -> None:
        seeding.write("tools", [], retired_rows="delete")
        before = footprint(database)
        assert counts(seeding(dry_run=True)) == (0, 0, 1, 3)
        assert seeding(check=True).exit_code == 6
        assert footprint(database).versions == before.versions


class TestReferences:
    @pytest.mark.parametrize("action", ON_DELETE)
    def test_any_foreign_key_keeps_a_row(self, seeding: Seeding, database: Database, action: str) -> None:
        database.execute(f"CREATE TABLE uses (tool text DEFAULT NULL REFERENCES tools ON DELETE {action})")
        seeding.write("tools", ROWS)
        seeding()
        database.execute("INSERT INTO uses VALUES ('b')")
        seeding.write("tools", [], retired_rows="delete")
        assert counts(seeding()) == (0, 0, 2, 1)
        assert names(database) == "b"
        assert database.rows("SELECT tool FROM uses") == [("b",)]
        assert_nothing_to_do(seeding)

    def test_one_of_several_columns_to_a_unique_constraint(
        self, seeding: Seeding, database: Database
    ) -> None:
        database.execute(
            "ALTER TABLE tools ADD UNIQUE (title, name);"
            "CREATE SCHEMA other;"
            "CREATE TABLE other.uses (n text, t text, FOREIGN KEY (t, n) REFERENCES tools (title, name))"
        )
        seeding.write("tools", ROWS)
        seeding()
        database.execute("INSERT INTO other.uses VALUES ('a', 'A'), ('b', NULL)")
        seeding.write("tools", [], retired_rows="delete")
        assert counts(seeding()) == (0, 0, 2, 1)
        assert names(database) == "a"

    def test_from_a_partitioned_table(self, seeding: Seeding, database: Database) -> None:
        database.execute(
            "CREATE TABLE uses (id int, tool text REFERENCES tools) PARTITION BY LIST (id);"
            "CREATE TABLE uses_1 PARTITION OF uses FOR VALUES IN (1)"
        )
        seeding.write("tools", ROWS)
        seeding()
        database.execute("INSERT INTO uses VALUES (1, 'c')")
        seeding.write("tools", [], retired_rows="delete")
        assert counts(seeding()) == (0, 0, 2, 1)
        assert names(database) == "c"

    @pytest.mark.parametrize(
        ("seeded", "referred"),
        [("tools", "tools_1"), ("tools_1", "tools")],
        ids=["to a partition", "to the whole"],
    )
    def test_to_a_partition_or_to_the_whole(
        self, database: Database, seeds: SeedFolder, seeded: str, referred: str
    ) -> None:
        database.execute(
            "CREATE TABLE tools (name text, part int, PRIMARY KEY (name, part)) PARTITION BY LIST (part);"
            "CREATE TABLE tools_1 PARTITION OF tools FOR VALUES IN (1);"
            f"CREATE TABLE uses (n text, p int, FOREIGN KEY (n, p) REFERENCES {referred} ON DELETE CASCADE)"
        )
        seeding = Seeding(database, seeds)
        seeding.write("tools", [{"name": name, "part": 1} for name in "ab"], table=seeded)
        seeding()
        database.execute("INSERT INTO uses VALUES ('b', 1)")
        seeding.write("tools", [], table=seeded, retired_rows="delete")
        assert counts(seeding()) == (0, 0, 1, 1)
        assert database.rows("SELECT n FROM uses") == [("b",)]


class TestOrder:
    @pytest.fixture
    def shop(self, database: Database, seeds: SeedFolder) -> Seeding:
        """Three tables in a chain, whose names sort against it."""
        database.execute(
            "CREATE TABLE z_makers (name text PRIMARY KEY);"
            "CREATE TABLE m_goods (name text PRIMARY KEY, maker text REFERENCES z_makers);"
            "CREATE TABLE a_parts (name text PRIMARY KEY, good text REFERENCES m_goods)"
        )
        seeding = Seeding(database, seeds)
        seeding.write("z_makers", [{"name": "x"}, {"name": "y"}], retired_rows="delete")
        seeding.write(
            "m_goods",
            [{"name": "x", "maker": "x"}, {"name": "y", "maker": "y"}],
            retired_rows="delete",
            depends_on=["z_makers"],
        )
        seeding.write(
            "a_parts",
            [{"name": "x", "good": "x"}, {"name": "y", "good": "y"}],
            retired_rows="delete",
            depends_on=["m_goods"],
        )
        assert seeding().event("run.finished")["changed"] == 6
        return seeding

    def test_children_go_before_their_parents(self, shop: Seeding, database: Database) -> None:
        shop.write("z_makers", [{"name": "x"}], retired_rows="delete")
        shop.write("m_goods", [{"name": "x", "maker": "x"}], retired_rows="delete", depends_on=["z_makers"])
        shop.write("a_parts", [{"name": "x", "good": "x"}], retired_rows="delete", depends_on=["m_goods"])
        result = shop()
        for table in ("z_makers", "m_goods", "a_parts"):
            assert counts(result, table) == (0, 0, 1, 0)
            assert names(database, table) == "x"
        assert_nothing_to_do(shop)

    def test_a_child_of_somebody_else_keeps_the_whole_chain(self, shop: Seeding, database: Database) -> None:
        database.execute("INSERT INTO a_parts VALUES ('mine', 'y')")
        shop.write("z_makers", [], retired_rows="delete")
        shop.write("m_goods", [], retired_rows="delete", depends_on=["z_makers"])
        shop.write("a_parts", [], retired_rows="delete", depends_on=["m_goods"])
        result = shop()
        assert counts(result, "a_parts") == (0, 0, 2, 0)
        assert counts(result, "m_goods") == (0, 0, 1, 1)
        assert counts(result, "z_makers") == (0, 0, 1, 1)

    def test_a_row_moves_to_another_parent_as_the_former_one_goes(
        self, shop: Seeding, database: Database
    ) -> None:
        shop.write("z_makers", [{"name": "y"}], retired_rows="delete")
        shop.write(
            "m_goods",
            [{"name": "x", "maker": "y"}, {"name": "y", "maker": "y"}],
            retired_rows="delete",
            depends_on=["z_makers"],
        )
        result = shop()
        assert counts(result, "z_makers") == (0, 0, 1, 0)
        assert counts(result, "m_goods") == (0, 1, 0, 0)

    def test_rows_of_one_table_that_refer_to_each_other(self, database: Database, seeds: SeedFolder) -> None:
        database.execute("CREATE TABLE tools (name text PRIMARY KEY, parent text REFERENCES tools)")
        seeding = Seeding(database, seeds)
        chain: list[dict[str, Any]] = [
            {"name": "a", "parent": None},
            {"name": "b", "parent": "a"},
            {"name": "c", "parent": "b"},
            {"name": "d", "parent": "d"},
        ]
        seeding.write("tools", chain, retired_rows="delete")
        assert counts(seeding()) == (4, 0, 0, 0)
        seeding.write("tools", [], retired_rows="delete")
        assert counts(seeding()) == (0, 0, 4, 0)
        assert names(database) == ""
        assert read_ledger(database) == {}

    def test_rows_of_one_table_that_a_row_in_the_file_refers_to(
        self, database: Database, seeds: SeedFolder
    ) -> None:
        database.execute("CREATE TABLE tools (name text PRIMARY KEY, parent text REFERENCES tools)")
        seeding = Seeding(database, seeds)
        seeding.write(
            "tools",
            [{"name": "a", "parent": None}, {"name": "b", "parent": "a"}, {"name": "c", "parent": "b"}],
        )
        seeding()
        seeding.write("tools", [{"name": "c", "parent": "b"}], retired_rows="delete")
        assert counts(seeding()) == (0, 0, 0, 2)
        seeding.write("tools", [{"name": "c", "parent": "a"}], retired_rows="delete")
        assert counts(seeding()) == (0, 1, 1, 1)
        assert names(database) == "ac"

    def test_two_that_refer_to_each_other_stay(self, database: Database, seeds: SeedFolder) -> None:
        database.execute(
            "CREATE TABLE tools (name text PRIMARY KEY, peer text REFERENCES tools DEFERRABLE INITIALLY DEFERRED)"
        )
        seeding = Seeding(database, seeds)
        seeding.write("tools", [{"name": "a", "peer": "b"}, {"name": "b", "peer": "a"}])
        seeding()
        seeding.write("tools", [], retired_rows="delete")
        assert counts(seeding()) == (0, 0, 0, 2)
        assert_nothing_to_do(seeding)


class TestSet:
    def test_it_is_applied_once(self, seeding: Seeding, database: Database) -> None:
        seeding.write("tools", ROWS, retired_rows=SET)
        seeding()
        seeding.write("tools", ROWS[1:], retired_rows=SET)
        assert counts(seeding()) == (0, 1, 0, 0)
        database.execute("UPDATE tools SET enabled = true WHERE name = 'a'")
        assert counts(seeding())[:3] == (0, 0, 0)
        assert database.scalar("SELECT enabled FROM tools WHERE name = 'a'") is True

    @pytest.mark.parametrize("insert_only", [[], ["enabled"]], ids=["compared", "insert_only"])
    def test_a_row_that_comes_back_is_as_it_was(
        self, seeding: Seeding, database: Database, insert_only: list[str]
    ) -> None:
        fields = {"retired_rows": SET, "insert_only": insert_only}
        seeding.write("tools", ROWS, **fields)
        seeding()
        seeding.write("tools", ROWS[1:], **fields)
        assert counts(seeding()) == (0, 1, 0, 0)
        assert database.scalar("SELECT enabled FROM tools WHERE name = 'a'") is False
        assert_nothing_to_do(seeding)
        seeding.write("tools", ROWS, **fields)
        assert counts(seeding()) == (0, 1, 0, 0)
        assert database.scalar("SELECT enabled FROM tools WHERE name = 'a'") is True
        entry = read_ledger(database, "A", "true")["a",]
        assert entry.desired == {"title": "A", "enabled": "true"}
        assert entry.retired is None
        assert_nothing_to_do(seeding)
        # And round again, so that nothing of the first time is left over. Not by the same file: one that comes back
        # retires nothing.
        seeding.write("tools", ROWS[:0:-1], **fields)
        assert counts(seeding()) == (0, 1, 0, 0)
        seeding.write("tools", ROWS, **fields)
        assert counts(seeding()) == (0, 1, 0, 0)

    def test_a_person_who_switched_it_off_before_finds_it_off(
        self, seeding: Seeding, database: Database
    ) -> None:
        fields = {"retired_rows": SET, "insert_only": ["enabled"]}
        seeding.write("tools", ROWS, **fields)
        seeding()
        database.execute("UPDATE tools SET enabled = false WHERE name = 'a'")
        seeding.write("tools", ROWS, **fields)
        assert counts(seeding()) == (0, 0, 0, 0)
        assert database.scalar("SELECT enabled FROM tools WHERE name = 'a'") is False

    def test_a_column_that_no_seed_row_names(self, seeding: Seeding, database: Database) -> None:
        database.execute("ALTER TABLE tools ADD gone text")
        fields = {"retired_rows": {"set": {"gone": "yes"}}}
        seeding.write("tools", ROWS, **fields)
        seeding()
        seeding.write("tools", ROWS[1:], **fields)
        assert counts(seeding()) == (0, 1, 0, 0)
        assert database.rows("SELECT name FROM tools WHERE gone = 'yes'") == [("a",)]
        assert_nothing_to_do(seeding)

    def test_the_time_of_the_update_is_told(self, seeding: Seeding, database: Database) -> None:
        database.execute("ALTER TABLE tools ADD updated_at timestamptz")
        seeding.write("tools", ROWS, retired_rows=SET)
        seeding()
        before = database.scalar("SELECT updated_at FROM tools WHERE name = 'a'")
        seeding.write("tools", ROWS[1:], retired_rows=SET)
        seeding()
        assert database.scalar("SELECT updated_at FROM tools WHERE name = 'a'") > before

    def test_and_then_delete(self, seeding: Seeding, database: Database) -> None:
        seeding.write("tools", ROWS)
        seeding()
        for policy, left in ((SET, "abc"), ("keep", "abc"), ("delete", "bc")):
            seeding.write("tools", ROWS[1:], retired_rows=policy)
            seeding()
            assert names(database) == left

    def test_a_column_that_is_not_there(self, seeding: Seeding, database: Database) -> None:
        seeding.write("tools", ROWS)
        seeding()
        seeding.write("tools", ROWS[1:], retired_rows={"set": {"enabld": False}})
        finished = seeding().finished("tools")
        assert finished["outcome"] == "failed"
        assert finished["error"]["message"] == 'no column "enabld" in public.tools; did you mean "enabled"?'
        assert finished["line"] == 1

    def test_a_column_of_the_primary_key(self, seeding: Seeding, database: Database) -> None:
        """The seed file does not name it as `key`; it is the key all the same."""
        seeding.write("tools", ROWS)
        seeding()
        seeding.write("tools", ROWS[1:], retired_rows={"set": {"name": "z"}})
        finished = seeding().finished("tools")
        assert finished["error"]["message"] == 'the key column "name" can\'t be set'
        assert names(database) == "abc"

    def test_the_diff_shows_what_is_set(self, seeding: Seeding) -> None:
        seeding.write("tools", ROWS, retired_rows=SET)
        seeding()
        seeding.write("tools", ROWS[1:], retired_rows=SET)
        for dry_run in (True, False):
            shown = seeding(diff=True, dry_run=dry_run).event("row.differs")
            assert (shown["change"], shown["key"]) == ("retired", {"name": "a"})
            assert shown["cells"] == {"enabled": {"live": "true", "desired": "false"}}

    def test_the_diff_shows_no_secret_that_is_set_aside(self, seeding: Seeding, database: Database) -> None:
        policy = 'retired_rows: {set: {title: "none"}}\n'
        seeding.folder.write(
            "tools.yaml", policy + "rows:\n- {name: a, title: !env SECRET}\n- {name: b, title: !env SECRET}\n"
        )
        seeding(environ={"SECRET": "once-upon"})
        seeding.folder.write("tools.yaml", policy + "rows:\n- {name: b, title: !env SECRET}\n")
        shown = seeding(diff=True, environ={"SECRET": "a-time"})
        retired = next(each for each in shown.all("row.differs") if each["change"] == "retired")
        assert retired["cells"] == {"title": {"live": "***", "desired": "***"}}
        assert database.scalar("SELECT title FROM tools WHERE name = 'a'") == "none"


class TestWhatRetiresNothing:
    @pytest.fixture(autouse=True)
    def seeded(self, seeding: Seeding) -> None:
        seeding.write("tools", ROWS, retired_rows="delete", environments=["development"])
        seeding.write("others", [], table="tools", retired_rows="delete")
        assert seeding(environment="development").event("run.finished")["changed"] == 3

    def test_a_seed_file_that_is_gone(self, seeding: Seeding, database: Database) -> None:
        (seeding.folder.path / "tools.yaml").unlink()
        assert seeding(environment="development").event("run.finished")["changed"] == 0
        assert names(database) == "abc"
        assert {entry.retired for entry in read_ledger(database).values()} == {None}

    def test_another_environment(self, seeding: Seeding, database: Database) -> None:
        before = footprint(database)
        assert seeding(environment="production").event("run.finished")["changed"] == 0
        assert footprint(database) == before

    def test_a_seeder_that_is_not_selected(self, seeding: Seeding, database: Database) -> None:
        seeding.write("tools", [], retired_rows="delete")
        seeding("others")
        assert names(database) == "abc"

    def test_a_seed_file_that_is_broken(self, seeding: Seeding, database: Database) -> None:
        seeding.folder.write("tools.yaml", "retired_rows: delete\nrows:\n- {name: a\n")
        assert seeding(environment="development").exit_code == 1
        assert names(database) == "abc"

    def test_a_seeder_that_fails(self, seeding: Seeding, database: Database) -> None:
        seeding.write("tools", [{"name": "a", "title": "A", "enabled": "perhaps"}], retired_rows="delete")
        assert seeding(environment="development").exit_code == 1
        assert names(database) == "abc"
        assert {entry.retired for entry in read_ledger(database).values()} == {None}

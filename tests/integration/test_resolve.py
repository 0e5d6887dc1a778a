"""Cells that were kept are listed with both values, and resolved one way or the other; nothing else is touched."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.footprint import footprint, transactions_begun
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, Result, SeedFolder
    from tests.integration.postgres import Database

CREATE = "CREATE TABLE tools (name text PRIMARY KEY, title text, note text, updated_at timestamptz)"
VIEW = "SELECT key, column_name, why FROM seeder.seeder_conflicts ORDER BY key, column_name"
EDITED = {"key": {"name": "a"}, "column": "title", "live": "Mine", "desired": "Second"}
OLD_NOTE = {"key": {"name": "old"}, "column": "note", "live": "theirs", "desired": "ours"}
OLD_TITLE = {"key": {"name": "old"}, "column": "title", "live": "Theirs", "desired": "Ours"}


def write(seeding: Seeding, *, a: str = "Second", b: str = "B", old: str = "Ours") -> None:
    rows = [
        {"name": "a", "title": a, "note": "n"},
        {"name": "b", "title": b, "note": "n"},
        {"name": "old", "title": old, "note": "ours"},
        {"name": "same", "title": "S", "note": "s"},
    ]
    seeding.write("tools", rows, key=["name"], existing_rows="keep")


@pytest.fixture
def seeding(database: Database, seeds: SeedFolder, seeder: CommandLine) -> Seeding:
    """Has seeded `tools`: the title of row `a` was edited and changed, and the row `old` was there before."""
    seeder.environment["SEED_PATH"] = str(seeds.path)
    seeding = Seeding(database, seeds)
    database.execute(CREATE + "; INSERT INTO tools VALUES ('old', 'Theirs', 'theirs'), ('same', 'S', 's')")
    write(seeding, a="First")
    assert seeding().exit_code == 0
    database.execute("UPDATE tools SET title = 'Mine' WHERE name = 'a'")
    write(seeding)
    assert seeding().exit_code == 0
    return seeding


def listed(seeder: CommandLine, *arguments: str) -> list[dict[str, Any]]:
    """What `seeder conflicts` lists."""
    result = seeder("conflicts", "--json", *arguments)
    assert result.exit_code == 0, str(result)
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def shown(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: each[name] for name in EDITED} for each in found]


def resolved(result: Result) -> int:
    """How many cells a run of `seeder resolve` says it has resolved."""
    assert result.exit_code == 0, str(result)
    return int(result.event("seeder.resolved")["cells"])


def table(database: Database) -> dict[str, tuple[str | None, str | None]]:
    return {name: (title, note) for name, title, note in database.rows("SELECT name, title, note FROM tools")}


def table_of(database: Database, columns: str) -> dict[str, Any]:
    return dict(database.rows(f"SELECT {columns} FROM tools"))


def assert_nothing_is_written(database: Database, seeding: Seeding) -> None:
    before = footprint(database)
    result = seeding()
    assert result.exit_code == 0, str(result)
    assert footprint(database) == before


class TestConflicts:
    def test_each_kept_cell_is_listed_with_both_values_and_why(
        self, database: Database, seeding: Seeding, seeder: CommandLine
    ) -> None:
        before, transactions = footprint(database), transactions_begun(database)
        found = listed(seeder)
        assert shown(found) == [EDITED, OLD_TITLE, OLD_NOTE]
        assert [each["why"] for each in found] == ["edited and changed", *["there before us"] * 2]
        assert {(each["seeder"], each["table"], each["applied"]) for each in found} == {
            ("tools", "public.tools", True)
        }
        since = database.scalar("SELECT min(since) FROM seeder.seeder_conflicts WHERE key = '{old}'")
        assert found[1]["since"] == since.isoformat().replace("+00:00", "Z")
        assert footprint(database) == before
        assert transactions_begun(database) == transactions

    def test_for_people_it_is_a_table(self, seeding: Seeding, seeder: CommandLine) -> None:
        result = seeder("conflicts", "tools")
        assert result.exit_code == 0, str(result)
        lines = result.stdout.splitlines()
        assert lines[0] == "tools (public.tools)"
        assert lines[1].split("  ")[1] == "row"
        assert [line.split()[:4] for line in lines[2:]] == [
            ["name=a", "title", "Mine", "Second"],
            ["name=old", "title", "Theirs", "Ours"],
            ["name=old", "note", "theirs", "ours"],
        ]

    def test_none_is_said_to_be_none(
        self, seeder: CommandLine, database: Database, seeds: SeedFolder
    ) -> None:
        seeds.write("tools.yaml", "rows: [{name: a}]")
        database.execute(CREATE)
        before = footprint(database)
        result = seeder("conflicts", "--path", seeds)
        assert (result.exit_code, result.stdout) == (0, "no conflicts\n")
        assert listed(seeder, "--path", str(seeds.path)) == []
        assert footprint(database) == before

    def test_files_that_are_not_those_last_applied_are_said_to_be_so(
        self, seeding: Seeding, seeder: CommandLine
    ) -> None:
        write(seeding, a="Third")
        found = listed(seeder)
        assert {each["applied"] for each in found} == {False}
        assert found[0]["desired"] == "Third"
        assert "not those that were last applied here" in seeder("conflicts").stdout

    def test_cells_that_agree_by_now_are_not_listed(
        self, database: Database, seeding: Seeding, seeder: CommandLine
    ) -> None:
        database.execute(
            # An edit that is taken back is no edit; the next run writes what the seed file says.
            "UPDATE tools SET title = 'First' WHERE name = 'a';"
            "UPDATE tools SET title = 'Ours', note = 'else' WHERE name = 'old'"
        )
        assert shown(listed(seeder)) == [{**OLD_NOTE, "live": "else"}]

    def test_values_of_env_are_never_shown(
        self, database: Database, seeds: SeedFolder, seeder: CommandLine
    ) -> None:
        seeder.environment |= {"SEED_PATH": str(seeds.path), "KEY": "s3cret-of-ours"}
        seeds.write(
            "tools.yaml",
            "key: [name]\nexisting_rows: keep\nrows:\n- {name: a, title: s3cret-of-ours, note: plain}\n"
            "- {name: b, title: x, note: !env KEY}\n",
        )
        database.execute(
            CREATE + "; INSERT INTO tools VALUES ('a', 'A', 'theirs'), ('b', 'B', 's3cret-of-theirs')"
        )
        assert seeder("--all").exit_code == 0
        found = shown(listed(seeder))
        assert found == [
            {"key": {"name": "a"}, "column": "title", "live": "A", "desired": "***"},
            {"key": {"name": "a"}, "column": "note", "live": "***", "desired": "***"},
            {"key": {"name": "b"}, "column": "title", "live": "B", "desired": "x"},
            {"key": {"name": "b"}, "column": "note", "live": "***", "desired": "***"},
        ]
        result = seeder("conflicts")
        assert "s3cret" not in result.stdout + result.stderr
        # A live value that is NULL is no secret.
        database.execute("UPDATE tools SET note = NULL WHERE name = 'b'")
        assert {"live": None, "desired": "***"}.items() <= shown(listed(seeder))[3].items()

    def test_a_seeder_whose_table_is_gone_does_not_hide_the_others(
        self, database: Database, seeding: Seeding, seeder: CommandLine
    ) -> None:
        database.execute(
            "CREATE TABLE others (name text PRIMARY KEY, note text); INSERT INTO others VALUES ('x', 'y')"
        )
        seeding.write("others", [{"name": "x", "note": "z"}], existing_rows="keep")
        assert seeding().exit_code == 0
        database.execute("DROP TABLE tools")
        result = seeder("conflicts", "--json")
        assert result.exit_code == 1
        assert [each["table"] for each in json.loads(result.stdout)] == ["public.others"]
        assert "seeder: tools: " in result.stderr
        assert "does not exist" in result.stderr

    def test_it_holds_no_lock_while_its_reader_reads(
        self, database: Database, seeding: Seeding, seeder: CommandLine
    ) -> None:
        # Each piece of the file is read in a transaction of its own, and shown after that.
        from seeder.merge.ledger import Ledger
        from seeder.postgres.connection import connect
        from seeder.run import conflict_list
        from seeder.seed_files import discover

        seeders = discover([str(seeding.folder.path)], allow_code=False, environ={})
        with connect(database.url) as connection:
            for page in conflict_list.pages(connection, seeders, Ledger("seeder")):
                assert page.conflicts
                database.execute("SET lock_timeout = '1s'; ALTER TABLE tools ADD COLUMN another text")


class TestCounts:
    def test_each_run_counts_what_is_in_conflict_and_logs_it_once(
        self, database: Database, seeding: Seeding
    ) -> None:
        proved = footprint(database)
        for run in (seeding(), seeding(), seeding(diff=True, dry_run=True)):
            for event in (run.finished("tools"), run.event("run.finished")):
                assert (event["kept_existing"], event["conflicts"]) == (1, 1)
            assert run.finished("tools")["kept"] == 2
            assert run.all("seeder.conflict") == run.all("seeder.kept_existing") == []
        assert footprint(database).versions == proved.versions
        shown = {
            event["change"]: event["cells"] for event in seeding(diff=True, dry_run=True).all("row.differs")
        }
        assert shown["conflict"] == {"title": {"live": "Mine", "desired": "Second"}}
        # A seeder that is compared, because something was written, counts the same.
        database.execute("UPDATE tools SET title = 'Else' WHERE name = 'b'")
        assert seeding().finished("tools")["conflicts"] == 1
        write(seeding, b="New")
        again = seeding()
        assert again.finished("tools")["conflicts"] == 2
        assert [event["key"]["name"] for event in again.all("seeder.conflict")] == ["b"]
        assert seeding().event("run.finished")["conflicts"] == 2

    def test_status_counts_them(self, database: Database, seeding: Seeding, seeder: CommandLine) -> None:
        def status() -> tuple[int, int, int]:
            (found,) = json.loads(seeder("status", "--json").stdout)
            return found["edited"], found["kept_existing"], found["conflicts"]

        assert status() == (2, 1, 1)
        assert " as before  conflicts " in seeder("status").stdout
        database.execute("UPDATE tools SET title = 'First' WHERE name = 'a'")
        assert status()[2] == 0, "the edit was taken back"
        database.execute("UPDATE tools SET title = 'Mine' WHERE name = 'a'")
        assert resolved(seeder("resolve", "tools", "--row", "name=a", "--take", "live")) == 1
        assert status() == (2, 1, 0)
        assert resolved(seeder("resolve", "tools", "--take", "seed")) == 2
        assert status() == (1, 0, 0)

    def test_many_rows(self, database: Database, seeds: SeedFolder) -> None:
        database.execute("CREATE TABLE prices (id int PRIMARY KEY, amount int)")
        seeding = Seeding(database, seeds)

        def write(factor: int) -> None:
            lines = [f"{n},{n * factor}" for n in range(1, 3001)]
            seeds.write("prices.csv", "\n".join(["id,amount", *lines]) + "\n")

        write(1)
        assert seeding().finished("prices")["inserted"] == 3000
        database.execute("UPDATE prices SET amount = -1 WHERE id = 5")
        write(2)
        for _ in range(3):
            finished = seeding().finished("prices")
            assert (finished["kept"], finished["conflicts"]) == (1, 1)


@pytest.mark.parametrize("row", ["a", "old"])
class TestOneRow:
    """Both kinds of conflict: edited and changed, and there before."""

    def test_seed_is_written_and_the_cell_counts_as_seeded(
        self, database: Database, seeding: Seeding, seeder: CommandLine, row: str
    ) -> None:
        before = database.rows("SELECT * FROM tools WHERE name <> %s ORDER BY name", [row])
        result = seeder("resolve", "tools", "--row", f"name={row}", "--column", "title", "--take", "seed")
        assert resolved(result) == 1
        assert result.finished("tools")["updated"] == result.event("run.finished")["changed"] == 1
        title = {"a": "Second", "old": "Ours"}[row]
        assert table(database)[row][0] == title
        assert table(database)["old"][1] == "theirs"
        assert database.rows("SELECT * FROM tools WHERE name <> %s ORDER BY name", [row]) == before
        assert database.scalar(
            "SELECT updated_at > now() - interval '1 min' FROM tools WHERE name = %s", [row]
        )
        assert (f"{{{row}}}", "title") not in {each[:2] for each in database.rows(VIEW)}
        assert_nothing_is_written(database, seeding)
        # A change of the seed file is an update now.
        write(seeding, a="Third", old="Third")
        assert seeding().all("seeder.conflict", key={"name": row}) == []
        assert table(database)[row][0] == "Third"

    def test_live_is_accepted_and_the_edit_is_kept(
        self, database: Database, seeding: Seeding, seeder: CommandLine, row: str
    ) -> None:
        before = database.rows("SELECT ctid::text, xmin::text, * FROM tools ORDER BY name")
        result = seeder("resolve", "tools", "--row", f"name={row}", "--column", "title", "--take", "live")
        assert resolved(result) == 1
        assert result.event("run.finished")["changed"] == 0
        assert result.event("run.finished")["reason"] == "1 seeder done, 1 cell resolved, 0 rows changed"
        assert database.rows("SELECT ctid::text, xmin::text, * FROM tools ORDER BY name") == before
        assert (f"{{{row}}}", "title") not in {each[:2] for each in database.rows(VIEW)}
        assert_nothing_is_written(database, seeding)
        # `existing_rows` does not reach it any more: it is an edit.
        seeding.folder.write(
            "tools.yaml",
            (seeding.folder.path / "tools.yaml")
            .read_text()
            .replace('existing_rows: "keep"', 'existing_rows: "overwrite"'),
        )
        assert seeding().exit_code == 0
        mine = {"a": "Mine", "old": "Theirs"}[row]
        assert table(database)[row] == (mine, {"a": "n", "old": "ours"}[row])
        # A change of the seed file is a new conflict, and the edit stays.
        write(seeding, a="Third", old="Third")
        assert seeding().event("seeder.conflict", key={"name": row})["columns"] == ["title"]
        assert table(database)[row][0] == mine
        assert (f"{{{row}}}", "title", "edited and changed") in database.rows(VIEW)

    @pytest.mark.parametrize("take", ["seed", "live"])
    def test_a_dry_run_says_what_it_would_do_and_does_nothing(
        self, database: Database, seeding: Seeding, seeder: CommandLine, row: str, take: str
    ) -> None:
        before = footprint(database)
        result = seeder("resolve", "--all", "--row", f"name={row}", "--take", take, "--dry-run")
        assert resolved(result) == {"a": 1, "old": 2}[row]
        after = footprint(database)
        assert (after.versions, after.sequences, after.objects) == (
            before.versions,
            before.sequences,
            before.objects,
        )
        assert len(database.rows(VIEW)) == 3


class TestNothingElse:
    def test_rows_that_the_next_run_would_insert_restore_or_note_are_left_alone(
        self, database: Database, seeding: Seeding, seeder: CommandLine
    ) -> None:
        database.execute(
            "DELETE FROM tools WHERE name = 'b';"
            # Settled by hand: the next run would note it.
            "UPDATE tools SET note = 'ours' WHERE name = 'old'"
        )
        rows = "SELECT r.*, xmin::text FROM seeder.seeder_rows r WHERE key <> '{a}' ORDER BY key"
        before, entries = footprint(database), database.rows(rows)
        assert (
            resolved(seeder("resolve", "tools", "--column", "title", "--row", "name=a", "--take", "seed"))
            == 1
        )
        assert database.rows(rows) == entries
        written = footprint(database).written
        changed = {
            name: tuple(a - b for a, b in zip(written[name], before.written[name], strict=True))
            for name in written
            if written[name] != before.written[name]
        }
        assert changed == {
            "public.tools": (0, 1, 0),
            "seeder.seeder_rows": (0, 1, 0),
            # When it last changed a row.
            "seeder.seeder_seeders": (0, 1, 0),
        }

    def test_nothing_chosen_is_nothing_written(
        self, database: Database, seeding: Seeding, seeder: CommandLine
    ) -> None:
        before = footprint(database)
        for arguments in (["--row", "name=b"], ["--row", "name=nobody"], ["--column", "updated_at"]):
            assert resolved(seeder("resolve", "tools", *arguments, "--take", "seed")) == 0
        assert footprint(database) == before

    def test_a_row_that_the_file_no_longer_lists_and_a_column_that_is_gone_are_in_no_conflict(
        self, database: Database, seeding: Seeding, seeder: CommandLine
    ) -> None:
        rows = [{"name": "old", "title": "Ours", "note": "ours"}]
        seeding.write("tools", rows, key=["name"], existing_rows="keep")
        assert seeding().event("run.finished")["conflicts"] == 0
        assert database.rows(VIEW) == [("{old}", each, "there before us") for each in ("note", "title")]
        database.execute("ALTER TABLE tools DROP COLUMN note")
        seeding.write("tools", [{"name": "old", "title": "Ours"}], key=["name"], existing_rows="keep")
        assert seeding().exit_code == 0
        assert database.rows(VIEW) == [("{old}", "title", "there before us")]
        assert shown(listed(seeder)) == [OLD_TITLE]
        before = table_of(database, "name, title")
        assert resolved(seeder("resolve", "--all", "--take", "seed")) == 1
        assert table_of(database, "name, title") == {**before, "old": "Ours"}
        assert_nothing_is_written(database, seeding)

    def test_one_column_of_a_table_that_was_filled_by_hand(
        self, database: Database, seeds: SeedFolder, seeder: CommandLine
    ) -> None:
        database.execute(
            CREATE
            + "; INSERT INTO tools SELECT 'n' || n, 'title ' || n, 'note ' || n FROM generate_series(1, 500) n"
        )
        seeding = Seeding(database, seeds)
        rows = [
            {"name": f"n{n}", "title": f"title {n}" if n % 5 else f"Title {n}", "note": f"Note {n}"}
            for n in range(1, 511)
        ]
        seeding.write("tools", rows, key=["name"], existing_rows="keep")
        assert seeding().exit_code == 0
        before = {row[0]: row for row in database.rows("SELECT *, ctid::text, xmin::text FROM tools")}
        entries = "SELECT key, xmin::text FROM seeder.seeder_rows"
        entered = dict(database.rows(entries))
        arguments = ("resolve", "tools", "--path", str(seeds.path), "--column", "title", "--take", "seed")
        assert resolved(seeder(*arguments)) == 100
        assert resolved(seeder(*arguments)) == 0
        for name, title, note, *rest in database.rows("SELECT *, ctid::text, xmin::text FROM tools"):
            number = int(name[1:])
            if number % 5 or number > 500:
                assert (name, title, note, *rest) == before[name]
            else:
                assert (title, note) == (f"Title {number}", f"note {number}")
        touched = {key for key, xmin in database.rows(entries) if entered[key] != xmin}
        assert touched == {f"{{n{n}}}" for n in range(5, 501, 5)}
        assert database.rows("SELECT column_name, count(*) FROM seeder.seeder_conflicts GROUP BY 1") == [
            ("note", 500)
        ]
        assert_nothing_is_written(database, seeding)
        seeding.write("tools", rows, key=["name"], existing_rows="overwrite")
        assert seeding().finished("tools")["updated"] == 500
        assert database.rows(VIEW) == []

    @pytest.mark.parametrize("take", ["seed", "live"])
    def test_many_rows_of_a_csv_file_and_those_that_it_no_longer_lists(
        self, database: Database, seeds: SeedFolder, seeder: CommandLine, take: str
    ) -> None:
        database.execute(
            "CREATE TABLE prices (id int PRIMARY KEY, amount int); INSERT INTO prices VALUES (7, 1), (2500, 1)"
        )
        seeds.write("prices.yaml", "existing_rows: keep\nretired_rows: {set: {amount: 0}}\n")
        lines = [f"{n},{n * 10}" for n in range(1, 3001)]
        seeds.write("prices.csv", "\n".join(["id,amount", *lines, "9999,1"]) + "\n")
        seeding = Seeding(database, seeds)
        assert seeding().exit_code == 0
        assert [each["key"] for each in listed(seeder, "--path", str(seeds.path))] == [
            {"id": "7"},
            {"id": "2500"},
        ]
        # Row 9999 is no longer listed, and somebody has edited it.
        database.execute("UPDATE prices SET amount = 5 WHERE id = 9999")
        seeds.write("prices.csv", "\n".join(["id,amount", *lines]) + "\n")
        assert seeding().finished("prices")["kept"] == 3
        arguments = ("resolve", "prices", "--path", str(seeds.path), "--row", "id=2500", "--take", take)
        assert resolved(seeder(*arguments)) == 1
        amounts = dict(database.rows("SELECT id, amount FROM prices WHERE id IN (7, 2500, 9999)"))
        assert amounts == {7: 1, 2500: 25000 if take == "seed" else 1, 9999: 5}
        result = seeding()
        assert result.finished("prices")["kept"] == (2 if take == "seed" else 3)
        assert len(result.all("seeder.kept")) == 1
        assert_nothing_is_written(database, seeding)


class TestKeys:
    def test_a_key_of_several_columns_null_among_them_by_the_equality_of_its_types(
        self, database: Database, seeds: SeedFolder, seeder: CommandLine
    ) -> None:
        seeder.environment["SEED_PATH"] = str(seeds.path)
        database.execute(
            "CREATE TABLE sizes (sku text, size numeric, note text);"
            "INSERT INTO sizes VALUES ('pen', 1, 'x'), ('pen', NULL, 'x'), ('a,b \"c\"', 1.50, 'x'), ('', 2, 'x')"
        )
        seeding = Seeding(database, seeds)
        rows: list[dict[str, Any]] = [
            {"sku": "pen", "size": 1, "note": "y"},
            {"sku": "pen", "size": None, "note": "y"},
            {"sku": 'a,b "c"', "size": "1.50", "note": "y"},
            {"sku": "", "size": 2, "note": "y"},
        ]
        seeding.write("sizes", rows, key=["sku", "size"], existing_rows="keep")
        assert seeding().exit_code == 0
        found = seeder("conflicts").stdout
        assert [line.split("  ")[1] for line in found.splitlines()[2:]] == [
            "sku=pen,size=1",
            "sku=pen,size=",
            'sku="a,b ""c""",size=1.50',
            'sku="",size=2',
        ]
        for row in ("size=1.0,sku=pen", "sku=pen,size=", 'sku="a,b ""c""", size=1.5', 'sku="",size=2.00'):
            assert resolved(seeder("resolve", "sizes", "--row", row, "--take", "seed")) == 1, row
        assert database.rows("SELECT DISTINCT note FROM sizes") == [("y",)]
        assert_nothing_is_written(database, seeding)

    @pytest.mark.parametrize(
        "key_of_a_type",
        [
            ("text", "a'b\\c %s %", "k=a'b\\c %s %"),
            ("mood", "fine", "k=fine"),
            ("percent", "50.0", "k=50"),
            ("char(5)", "ab", "k=ab"),
            ("interval", "30 days", "k=1 mon"),
            ("jsonb", '{"a": 1}', 'k="{""a"":1}"'),
            ("int[]", "{1,2}", 'k="{1, 2}"'),
            ("boolean", "true", "k=yes"),
        ],
        ids=lambda key: key[0],
    )
    def test_a_key_of_any_type(
        self,
        database: Database,
        seeds: SeedFolder,
        seeder: CommandLine,
        key_of_a_type: tuple[str, str, str],
    ) -> None:
        kind, value, written = key_of_a_type
        database.execute(
            "CREATE TYPE mood AS ENUM ('fine', 'bad'); CREATE DOMAIN percent AS numeric CHECK (VALUE <= 100);"
            f"CREATE TABLE things (k {kind} PRIMARY KEY, note text)"
        )
        with database.connect(autocommit=True) as connection:
            connection.execute(f"INSERT INTO things VALUES (CAST(%s AS {kind}), 'theirs')".encode(), [value])
        key = json.loads(value) if kind == "jsonb" else value
        seeding = Seeding(database, seeds)
        seeding.write("things", [{"k": key, "note": "ours"}], existing_rows="keep")
        assert seeding().finished("things")["kept"] == 1
        arguments = ("resolve", "things", "--path", str(seeds.path), "--take", "seed", "--row")
        assert resolved(seeder(*arguments, written)) == 1
        assert database.rows("SELECT note FROM things") == [("ours",)]

    def test_a_text_that_is_too_long_for_the_column_is_no_shorter_one(
        self, database: Database, seeds: SeedFolder, seeder: CommandLine
    ) -> None:
        database.execute("CREATE TABLE things (k varchar(3) PRIMARY KEY, note text)")
        seeds.write("things.yaml", "rows: [{k: abc, note: x}]")
        result = seeder("resolve", "things", "--path", seeds, "--take", "seed", "--row", "k=abcd")
        assert result.exit_code == 2
        assert 'is not a value of column "k" of public.things' in result.refusal

    def test_several_rows(self, database: Database, seeding: Seeding, seeder: CommandLine) -> None:
        result = seeder("resolve", "tools", "--row", "name=a", "--row", "name=old", "--take", "live")
        assert resolved(result) == 3
        assert database.rows(VIEW) == []
        assert_nothing_is_written(database, seeding)


class TestSeveralSeeders:
    @pytest.fixture
    def shop(self, database: Database, seeds: SeedFolder, seeder: CommandLine) -> Seeding:
        """Kinds and goods that refer to them, all there before; some rows do not name the column `note`."""
        seeder.environment["SEED_PATH"] = str(seeds.path)
        database.execute(
            "CREATE TABLE kinds (id int PRIMARY KEY, name text UNIQUE, note text);"
            "CREATE TABLE goods (sku text PRIMARY KEY, kind int REFERENCES kinds, note text);"
            "INSERT INTO kinds VALUES (1, 'tea', 'x'), (2, 'cake', 'x');"
            "INSERT INTO goods VALUES ('a', 2, 'x'), ('b', 2, 'x'), ('c', 1, 'x')"
        )
        seeds.write(
            "kinds.yaml",
            "key: [name]\nexisting_rows: keep\nrows: [{name: tea, note: y}, {name: cake}, {id: 3, name: pie}]",
        )
        seeds.write(
            "goods.yaml",
            "existing_rows: keep\nrows:\n"
            "- {sku: a, kind: !ref {table: kinds, where: {name: tea}, column: id}, note: y}\n"
            "- {sku: b, kind: !ref {table: kinds, where: {name: pie}, column: id}}\n"
            "- {sku: c, note: y}\n",
        )
        seeding = Seeding(database, seeds)
        assert seeding().exit_code == 0
        return seeding

    def test_what_a_ref_finds_and_cells_that_a_row_does_not_name(
        self, database: Database, shop: Seeding, seeder: CommandLine
    ) -> None:
        found = [(each["key"], each["column"], each["live"], each["desired"]) for each in listed(seeder)]
        assert found == [
            ({"sku": "a"}, "kind", "2", "1"),
            ({"sku": "a"}, "note", "x", "y"),
            ({"sku": "b"}, "kind", "2", "3"),
            ({"sku": "c"}, "note", "x", "y"),
            ({"name": "tea"}, "note", "x", "y"),
        ]
        # A column of one of the tables, and a key of the other.
        result = seeder("resolve", "--all", "--column", "kind", "--take", "seed", "--report", "report.json")
        assert {each["seeder"]: each["cells"] for each in result.all("seeder.resolved")} == {
            "goods": 2,
            "kinds": 0,
        }
        assert result.event("run.finished")["reason"] == "2 seeders done, 2 cells resolved, 2 rows changed"
        assert dict(database.rows("SELECT sku, kind FROM goods")) == {"a": 1, "b": 3, "c": 1}
        result = seeder("resolve", "--all", "--row", "name=tea", "--take", "live")
        assert {each["seeder"]: each["cells"] for each in result.all("seeder.resolved")} == {
            "goods": 0,
            "kinds": 1,
        }
        assert [(each["key"], each["column"]) for each in listed(seeder)] == [
            ({"sku": "a"}, "note"),
            ({"sku": "c"}, "note"),
        ]
        assert_nothing_is_written(database, shop)

    def test_a_ref_that_finds_nothing_any_more(
        self, database: Database, shop: Seeding, seeder: CommandLine
    ) -> None:
        database.execute("UPDATE goods SET kind = 2; DELETE FROM kinds WHERE name = 'pie'")
        result = seeder("conflicts", "--json")
        assert result.exit_code == 1
        assert [each["seeder"] for each in json.loads(result.stdout)] == ["kinds"]
        assert "goods.yaml:4:3: a `!ref` of this row does not find its one row" in result.stderr

    def test_one_that_fails_does_not_keep_the_others_from_it(
        self, database: Database, shop: Seeding, seeder: CommandLine
    ) -> None:
        shop.folder.write("goods.yaml", "existing_rows: keep\nrows: []\n")
        result = seeder("resolve", "--all", "--take", "seed", "--strictness", "lenient")
        assert result.exit_code == 0
        assert result.finished("goods")["outcome"] == "failed"
        assert result.event("seeder.resolved")["seeder"] == "kinds"
        assert database.scalar("SELECT note FROM kinds WHERE name = 'tea'") == "y"


class TestWhatOthersDo:
    def test_what_a_trigger_makes_of_the_cell_is_no_edit(
        self, database: Database, seeding: Seeding, seeder: CommandLine
    ) -> None:
        database.execute(
            "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN NEW.title := upper(NEW.title); RETURN NEW; END $$;"
            "CREATE TRIGGER shout BEFORE UPDATE ON tools FOR EACH ROW EXECUTE FUNCTION shout()"
        )
        assert resolved(seeder("resolve", "tools", "--row", "name=a", "--take", "seed")) == 1
        assert table(database)["a"][0] == "SECOND"
        assert_nothing_is_written(database, seeding)
        write(seeding, a="Third")
        assert seeding().all("seeder.conflict") == []
        assert table(database)["a"][0] == "THIRD"

    def test_a_row_that_somebody_changes_in_the_meantime_stays_in_conflict(
        self, database: Database, seeding: Seeding, seeder: CommandLine
    ) -> None:
        with database.connect() as other:
            other.execute("UPDATE tools SET title = 'Mine again' WHERE name = 'a'")
            running = seeder.start("resolve", "--all", "--take", "seed")
            deadline = time.monotonic() + 30
            while not database.scalar("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            other.commit()
        result = running.wait()
        assert resolved(result) == 2
        assert (result.finished("tools")["updated"], result.finished("tools")["kept"]) == (1, 1)
        assert table(database) == {
            "a": ("Mine again", "n"),
            "b": ("B", "n"),
            "old": ("Ours", "ours"),
            "same": ("S", "s"),
        }
        assert shown(listed(seeder)) == [{**EDITED, "live": "Mine again"}]

    def test_what_the_database_refuses_fails_the_seeder_and_changes_nothing(
        self, database: Database, seeding: Seeding, seeder: CommandLine
    ) -> None:
        database.execute("ALTER TABLE tools ADD CONSTRAINT short CHECK (title <> 'Second')")
        before = table(database)
        result = seeder("resolve", "--all", "--take", "seed")
        assert result.exit_code == 1
        assert result.finished("tools")["sqlstate"] == "23514"
        assert table(database) == before
        assert len(database.rows(VIEW)) == 3

    def test_a_column_that_a_migration_renamed_and_a_restore(
        self, database: Database, seeding: Seeding, seeder: CommandLine
    ) -> None:
        database.execute("ALTER TABLE tools RENAME title TO heading")
        text = (seeding.folder.path / "tools.yaml").read_text()
        seeding.folder.write("tools.yaml", text.replace('"title"', '"heading"'))
        assert seeding().exit_code == 0
        kept = [
            ("{a}", "heading", "edited and changed"),
            *(("{old}", each, "there before us") for each in ("heading", "note")),
        ]
        assert database.rows(VIEW) == kept
        if database.server.can_dump:
            database.dump_and_restore()
            assert database.rows(VIEW) == kept
        assert shown(listed(seeder))[0] == {**EDITED, "column": "heading"}
        assert resolved(seeder("resolve", "--all", "--column", "heading", "--take", "live")) == 2
        assert database.rows(VIEW) == kept[2:]
        assert_nothing_is_written(database, seeding)


class TestMistakes:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--take", "seed"], "name the seeders whose conflicts to resolve, or pass --all"),
            (
                ["tools", "--all", "--take", "seed"],
                "name the seeders whose conflicts to resolve, or pass --all",
            ),
            (["tools"], "--take seed, that of the seed file, or --take live"),
            (["tools", "--take", "mine"], "--take seed, that of the seed file, or --take live"),
            (["tolls", "--take", "seed"], 'there is no seeder "tolls"; did you mean tools?'),
            (
                ["tools", "--take", "seed", "--column", "titel"],
                'no column "titel" in public.tools; did you mean "title"?',
            ),
            (
                ["tools", "--take", "seed", "--row", "a"],
                '--row: "a" is not the key of a row; write COLUMN=VALUE',
            ),
            (
                ["tools", "--take", "seed", "--row", "title=x"],
                '--row: "title=x" does not name the columns of a key; write public.tools: name=…',
            ),
            (["tools", "--take", "seed", "--row", "name="], 'column "name" of public.tools is never NULL'),
            (
                ["numbers", "--take", "seed", "--row", "id=1.0"],
                '--row: "1.0" is not a value of column "id" of public.numbers: it is of type integer',
            ),
            (["script", "--take", "seed"], 'seeder "script" is code'),
            (["tools", "--take", "seed", "--ledger", "off"], "--ledger is off"),
        ],
        ids=lambda value: "-".join(value) if isinstance(value, list) else "",
    )
    def test_exit_2_says_what_would_be_right(
        self, database: Database, seeding: Seeding, seeder: CommandLine, arguments: list[str], said: str
    ) -> None:
        database.execute("CREATE TABLE numbers (id int PRIMARY KEY, note text)")
        seeding.write("numbers", [{"id": 1, "note": "x"}])
        seeding.folder.write("script.sql", "SELECT 1;")
        before = footprint(database)
        result = seeder("resolve", "--allow-code", *arguments)
        assert result.exit_code == 2, str(result)
        assert said in result.refusal
        assert footprint(database) == before

    def test_conflicts_of_nobody_and_without_a_ledger(self, seeding: Seeding, seeder: CommandLine) -> None:
        for arguments, said in ((["tolls"], "did you mean tools?"), (["--ledger", "off"], "--ledger is off")):
            result = seeder("conflicts", *arguments)
            assert (result.exit_code, result.stdout) == (2, "")
            assert said in result.stderr

    @pytest.mark.parametrize("take", ["seed", "live"])
    def test_files_that_are_not_those_last_applied(
        self, database: Database, seeding: Seeding, seeder: CommandLine, take: str
    ) -> None:
        write(seeding, a="Third")
        before = footprint(database)
        result = seeder("resolve", "--all", "--take", take)
        assert result.exit_code == 1
        message = result.finished("tools")["error"]["message"]
        assert "not those that were last applied here" in message
        assert "(seeder --tools)" in message
        assert footprint(database) == before

    def test_a_database_without_a_ledger_gets_none(
        self, database: Database, seeds: SeedFolder, seeder: CommandLine
    ) -> None:
        database.execute(CREATE)
        seeds.write("tools.yaml", "rows: [{name: a}]")
        before = footprint(database)
        result = seeder("resolve", "--all", "--path", seeds, "--take", "seed")
        assert result.exit_code == 1
        assert "there is no ledger" in result.finished("tools")["error"]["message"]
        assert footprint(database) == before

    def test_seeding_that_is_switched_off(
        self, database: Database, seeding: Seeding, seeder: CommandLine
    ) -> None:
        before = footprint(database)
        result = seeder("resolve", "--all", "--take", "seed", env={"AUTO_SEED_DATABASE": "false"})
        assert result.exit_code == 0
        assert footprint(database) == before


def test_an_older_release_resolves_nothing(
    database: Database, seeds: SeedFolder, seeder: CommandLine
) -> None:
    database.execute(CREATE + "; INSERT INTO tools VALUES ('old', 'Theirs', 'theirs')")
    seeds.write("tools.yaml", "key: [name]\nexisting_rows: keep\nrows: [{name: old, title: Ours}]\n")
    seeder.environment |= {"SEED_PATH": str(seeds.path), "SEED_APPLICATION": "shop"}
    assert seeder("--all", "--release", "2").exit_code == 0
    before = footprint(database)
    result = seeder("resolve", "--all", "--take", "seed", "--release", "1")
    assert result.exit_code == 0, str(result)
    assert result.finished("tools")["outcome"] == "superseded"
    assert result.all("seeder.resolved") == []
    assert footprint(database) == before
    assert resolved(seeder("resolve", "--all", "--take", "seed", "--release", "2")) == 1
    assert table(database)["old"][0] == "Ours"

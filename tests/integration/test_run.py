"""A first run fills the tables, a second one writes nothing, and what changes in a seed file is all that changes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.integration.commandline import ROOT, CommandLine
from tests.integration.footprint import Footprint, footprint, transactions_begun, watch_writes
from tests.integration.postgres import HOST, StatementLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.commandline import Result, SeedFolder
    from tests.integration.postgres import Database, Server, Statements

BUILTIN = {"model_configs": 30, "prompt_templates": 12, "schemas": 15, "tools": 20}
"""The built-in seeds, and how many rows each has at least."""


@dataclass(frozen=True)
class Twice:
    """The built-in seeds, run twice on an empty database."""

    database: Database
    first: Result
    second: Result
    before: Footprint
    after: Footprint
    transactions: int
    sent: Statements


@pytest.fixture(scope="module")
def twice(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twice]:
    database = server.create_database()
    seeder = CommandLine(tmp_path_factory.mktemp("runs"), DATABASE_URL=database.url)
    first = seeder("--all")
    watch_writes(database)
    before, begun = footprint(database), transactions_begun(database)
    with StatementLog(database).recorded() as sent:
        second = seeder("--all")
    after = footprint(database)
    yield Twice(database, first, second, before, after, transactions_begun(database) - begun, sent)
    database.drop()


class TestFirstRun:
    def test_it_fills_four_tables(self, twice: Twice) -> None:
        assert twice.first.exit_code == 0, str(twice.first)
        for table, least in BUILTIN.items():
            count = twice.database.scalar(f"SELECT count(*) FROM {table}")
            assert count >= least
            finished = twice.first.finished(table)
            assert (finished["outcome"], finished["inserted"]) == ("succeeded", count)

    def test_it_says_what_it_did(self, twice: Twice) -> None:
        rows = sum(twice.database.scalar(f"SELECT count(*) FROM {table}") for table in BUILTIN)
        finished = twice.first.event("run.finished")
        assert {
            name: finished[name] for name in ("exit_code", "succeeded", "failed", "skipped", "changed")
        } == {
            "exit_code": 0,
            "succeeded": 4,
            "failed": 0,
            "skipped": 0,
            "changed": rows,
        }
        assert twice.first.events[0]["event"] == "run.started"
        assert twice.first.events[-1]["event"] == "run.finished"
        started, ready = twice.first.event("run.started"), twice.first.event("database.ready")
        assert started["path"] == ["builtin"]
        # Where it connects, and where it has connected: never with a password.
        assert re.fullmatch(r"host=\S+ port=\d+ dbname=\S+ user=\S+", ready["address"])
        assert started["address"] == ready["address"]
        assert {event["run_id"] for event in twice.first.events} == {finished["run_id"]}
        assert twice.first.stderr == ""


class TestSecondRun:
    def test_it_changes_nothing(self, twice: Twice) -> None:
        assert twice.second.exit_code == 0, str(twice.second)
        assert twice.second.event("run.finished")["changed"] == 0
        for table in BUILTIN:
            assert twice.second.finished(table)["unchanged"] == twice.first.finished(table)["inserted"]

    def test_no_row_is_written_and_no_sequence_moves(self, twice: Twice) -> None:
        assert twice.after == twice.before

    def test_no_trigger_fires(self, twice: Twice) -> None:
        assert twice.database.rows("SELECT * FROM writes") == []

    def test_no_transaction_even_gets_a_number(self, twice: Twice) -> None:
        assert twice.transactions == 0

    def test_it_sends_at_most_thirty_statements(
        self, twice: Twice, record_property: Callable[[str, object], None]
    ) -> None:
        record_property("statements", len(twice.sent))
        assert 0 < len(twice.sent) <= 30, str(twice.sent)
        assert len(twice.sent.pids) == 1


class TestStatements:
    def test_they_grow_with_the_seeders_and_not_with_the_rows(
        self, seeder: CommandLine, database: Database, seeds: SeedFolder
    ) -> None:
        database.execute(
            "CREATE TABLE few (id int PRIMARY KEY, name text); CREATE TABLE many (LIKE few INCLUDING ALL)"
        )
        seeds.write("few.csv", "id,name\n1,one\n")
        seeds.write("many.csv", "id,name\n" + "".join(f"{n},row {n}\n" for n in range(1500)))
        sent = {}
        assert seeder("--all", "--path", seeds).exit_code == 0
        for selection in ("--few", "--many", "--all"):
            with StatementLog(database).recorded() as sent[selection]:
                assert seeder(selection, "--path", seeds).event("run.finished")["changed"] == 0
        few, many, both = (len(each) for each in sent.values())
        assert few == many, f"{sent['--few']}\n\n{sent['--many']}"
        assert both < few + many


SEEDS = """\
key: [code]
rows:
  - {code: a, name: Ash, height: 30}
  - {code: b, name: Birch, height: 25}
  - {code: c, name: Cedar, height: 40}
"""


@pytest.mark.newest_server
class TestChangedSeed:
    @pytest.fixture(autouse=True)
    def trees(self, database: Database, seeder: CommandLine, seeds: SeedFolder) -> None:
        database.execute("CREATE TABLE trees (code text PRIMARY KEY, name text, height int)")
        seeds.write("trees.yaml", SEEDS)
        assert seeder("--all", "--path", seeds).exit_code == 0

    def test_one_cell_is_one_row_version(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        before = footprint(database)
        seeds.write("trees.yaml", SEEDS.replace("25", "26"))
        finished = seeder("--all", "--path", seeds).finished("trees")
        after = footprint(database)
        assert (finished["inserted"], finished["updated"], finished["unchanged"]) == (0, 1, 2)
        assert after.written["public.trees"] == (3, 1, 0)
        assert len(after.versions["public.trees"] - before.versions["public.trees"]) == 1
        assert database.scalar("SELECT height FROM trees WHERE code = 'b'") == 26
        assert after.sequences == before.sequences

    def test_one_more_row_is_one_insert(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        before = footprint(database)
        seeds.write("trees.yaml", SEEDS + "  - {code: d, name: Dogwood}\n")
        finished = seeder("--all", "--path", seeds).finished("trees")
        after = footprint(database)
        assert (finished["inserted"], finished["updated"], finished["unchanged"]) == (1, 0, 3)
        assert after.written["public.trees"] == (4, 0, 0)
        assert after.versions["public.trees"] > before.versions["public.trees"]
        assert database.scalar("SELECT name FROM trees WHERE height IS NULL") == "Dogwood"

    def test_another_order_and_another_spelling_are_no_change(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        before = footprint(database).versions["public.trees"]
        head, rows = SEEDS.split("rows:\n")
        spelt = [
            row.replace("name: ", 'name: "').replace(", height", '", height') for row in rows.splitlines()
        ]
        seeds.write("trees.yaml", head + "# reordered\nrows:\n" + "\n".join(reversed(spelt)))
        assert seeder("--all", "--path", seeds).event("run.finished")["changed"] == 0
        assert footprint(database).versions["public.trees"] == before


@pytest.mark.newest_server
class TestDoors:
    """The ways to say what to run, and where."""

    def test_flags_select_seeders(self, database: Database, seeder: CommandLine) -> None:
        done = seeder("--tools", "--prompt-templates")
        assert done.exit_code == 0, str(done)
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        assert database.rows(tables) == [("prompt_templates",), ("tools",)]

    def test_the_environment_says_all(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        database.execute("CREATE TABLE trees (code text PRIMARY KEY, name text, height int)")
        seeds.write("trees.yaml", SEEDS)
        url = seeds.write("secret/url", database.url + "\n")
        done = seeder(
            "--all",
            env={
                "DATABASE_URL": None,
                "DATABASE_URL_FILE": str(url),
                "SEED_PATH": str(seeds.path),
                "SEED_DEBUG": "yes",
            },
        )
        assert done.exit_code == 0, str(done)
        assert done.event("seeder.loaded")["seeder"] == "trees"
        assert database.scalar("SELECT count(*) FROM trees") == 3

    def test_libpq_variables_will_do(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        database.execute("CREATE TABLE trees (code text PRIMARY KEY, name text, height int)")
        seeds.write("trees.yaml", SEEDS)
        with database.server.role("app", "s3cret"):
            database.execute("GRANT INSERT, SELECT, UPDATE, DELETE ON trees TO app")
            database.execute(f"GRANT CREATE ON DATABASE {database.name} TO app")
            password = seeds.write("secret/password", "s3cret\n")
            done = seeder(
                "--all",
                "--path",
                seeds,
                env={
                    "DATABASE_URL": None,
                    "PGHOST": HOST,
                    "PGPORT": str(database.server.port),
                    "PGUSER": "app",
                    "PGDATABASE": database.name,
                    "PGPASSWORD_FILE": str(password),
                },
            )
            database.execute("DROP OWNED BY app CASCADE")
        assert done.exit_code == 0, str(done)
        assert database.scalar("SELECT count(*) FROM trees") == 3

    def test_every_kind_of_file_makes_the_same_table(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        rows = [("1", "one", None), ("2", "", "007"), ("3", 'a "b", c', "x\ny")]
        files = {
            "as_yaml.yaml": 'rows:\n- {id: 1, name: one, note: null}\n- {id: 2, name: "", note: 007}\n'
            '- {id: 3, name: \'a "b", c\', note: "x\\ny"}\n',
            "as_json.json": '{"rows": [{"id": 1, "name": "one", "note": null}, {"id": 2, "name": "", "note": "007"}, '
            '{"id": 3, "name": "a \\"b\\", c", "note": "x\\ny"}]}',
            "as_csv.csv": '\ufeffid,name,note\r\n1,one,\r\n2,"",007\r\n3,"a ""b"", c","x\ny"\r\n',
            "as_ndjson.ndjson": '{"id": 1, "name": "one", "note": null}\n{"id": 2, "name": "", "note": "007"}\n'
            '{"id": 3, "name": "a \\"b\\", c", "note": "x\\ny"}\n',
            "sidecar.yaml": "table: as_sidecar\nkey: [id]\n",
            "sidecar.csv": '"id","name","note"\n1,one,\n2,"",007\n3,"a ""b"", c","x\ny"\n',
        }
        tables = ("as_yaml", "as_json", "as_csv", "as_ndjson", "as_sidecar")
        for table in tables:
            database.execute(f"CREATE TABLE {table} (id text PRIMARY KEY, name text, note text)")
        for name, content in files.items():
            seeds.write(name, content)
        done = seeder("--all", "--path", seeds)
        assert done.exit_code == 0, str(done)
        for table in tables:
            assert database.rows(f"SELECT id, name, note FROM {table} ORDER BY id") == rows, table
        assert seeder("--all", "--path", seeds).event("run.finished")["changed"] == 0


def test_sqlalchemy_is_imported_for_python_seeders_alone(database: Database, seeds: SeedFolder) -> None:
    database.execute("CREATE TABLE trees (id int PRIMARY KEY)")
    seeds.write("trees.yaml", "table: trees\nrows: [{id: 1}]\n")
    seeds.write("more.sql", "INSERT INTO trees VALUES (2); COPY trees FROM stdin;\n3\n\\.\n")
    code = (
        "import os, sys; from seeder.cli import command\n"
        "code = command.main(sys.argv[1:], os.environ)\n"
        "print(code, *({'sqlalchemy'} & sys.modules.keys()))"
    )

    def last_line() -> str:
        done = subprocess.run(
            [sys.executable, "-c", code, "--all", "--allow-code", "--path", seeds],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": database.url},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()[-1]

    assert last_line() == "0"
    assert database.scalar("SELECT count(*) FROM trees") == 3
    (seeds.path / "more.sql").unlink()
    seeds.write("module.py", "def seed_sync(session): ...\n")
    assert "sqlalchemy" in last_line()

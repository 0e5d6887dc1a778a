"""Many runs at once on one database, as many replicas that start together: they do the work once, and all end well."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from seeder import seed, seed_sync
from seeder.postgres.locks import Lock
from tests.faults.agreement import agrees, nothing_is_held, nothing_is_left_to_do
from tests.faults.figures import Figure, times
from tests.faults.twenty import Twenty, prepare
from tests.integration.commandline import CommandLine
from tests.integration.footprint import footprint
from tests.integration.gates import Gate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seeder import Report
    from tests.integration.commandline import Result, Running, SeedFolder
    from tests.integration.postgres import Database, Server

pytestmark = [pytest.mark.newest_server, pytest.mark.timeout(600)]

FILE = "tests/faults/test_many_at_once.py"
TABLES = {"kinds": 40, "places": 41, "things": 40}
"""Each table, and its rows."""


@pytest.fixture
def made(seeds: SeedFolder) -> SeedFolder:
    """Three seeders that make their tables."""
    for name, columns in {
        "kinds": "id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE",
        "places": "country text, city text",
        "things": "name text PRIMARY KEY, kind_id int REFERENCES kinds",
    }.items():
        seeds.write(f"{name}.sql", f"CREATE TABLE {name} ({columns});\n")
        seeds.write(f"{name}.yaml", f"key: [{'country, city' if name == 'places' else 'name'}]\n")
    numbers = range(40)
    rows = {
        "kinds": [f"{{name: k{n}}}" for n in numbers],
        # Nothing in the database prevents a second one.
        "places": ["{country: none, city: null}", *(f"{{country: c{n % 3}, city: p{n}}}" for n in numbers)],
        "things": [f"{{name: t{n}, kind_id: !ref {{table: kinds, where: {{name: k{n}}}}}}}" for n in numbers],
    }
    for name, lines in rows.items():
        file = seeds.path / f"{name}.yaml"
        more = "depends_on: [kinds]\n" if name == "things" else ""
        text = f"{file.read_text()}{more}ddl: !file {name}.sql\nrows:\n" + "".join(
            f"- {line}\n" for line in lines
        )
        seeds.write(f"{name}.yaml", text)
    return seeds


@pytest.fixture
def twenty(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twenty]:
    folder = tmp_path_factory.mktemp("twenty")
    seeder = CommandLine(folder / "runs")
    yield prepare(server, seeder, folder, rows=1_000)
    seeder.kill()


def ended(runs: list[Running]) -> list[Result]:
    """All have ended well."""
    results = [run.wait(300) for run in runs]
    bad = [str(result) for result in results if result.exit_code]
    assert not bad, bad[0]
    return results


def check(database: Database, seeder: CommandLine, seeds: SeedFolder) -> None:
    """Each row is there once, the ledger agrees, nothing is held and nothing is left to do."""
    nothing_is_held(database)
    for table, rows in TABLES.items():
        assert database.scalar(f"SELECT count(*) FROM {table}") == rows
        counted = "SELECT n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables WHERE relname = %s"
        assert database.rows(counted, [table]) == [(rows, 0, 0)]
    agrees(database, seeds)
    nothing_is_left_to_do(database, seeder, seeds, "--allow-code")


def test_on_an_empty_database(database: Database, seeder: CommandLine, made: SeedFolder) -> None:
    """The ledger and the tables are made at once too."""
    many = times(6, 32)
    # None begins before all have come: a first run takes the ledger's lock first.
    with Gate(database, Lock("ledger", "seeder").key) as gate:
        runs = [seeder.start("--all", "--path", made, "--allow-code") for _ in range(many)]
        for run in runs:
            run.wait_for("lock.waiting", 120)
        gate.open()
        results = ended(runs)
    for table, rows in TABLES.items():
        assert sorted(result.finished(table)["inserted"] for result in results) == [*[0] * (many - 1), rows]
    check(database, seeder, made)
    held = "all exit 0, each row is written once, ledger and rows agree, no lock stays, the next run writes nothing"
    Figure("Many at once", "runs at once on an empty database", many, held, FILE).note()


def test_on_a_seeded_database(database: Database, seeder: CommandLine, made: SeedFolder) -> None:
    assert seeder("--all", "--path", made, "--allow-code").exit_code == 0
    before = footprint(database)
    many = times(6, 32)
    ended([seeder.start("--all", "--path", made, "--allow-code") for _ in range(many)])
    assert footprint(database) == before
    nothing_is_held(database)
    Figure(
        "Many at once", "runs at once on a seeded database", many, "all exit 0, nothing is written", FILE
    ).note()


def test_two_releases(twenty: Twenty) -> None:
    """Half of them are older: whatever the order, the end is that of the newer one, and rows stay retired."""
    many = times(6, 32)
    database = twenty.database()
    runs = [twenty.start(database, twenty.old if n % 2 else twenty.new) for n in range(many)]
    results = ended(runs)
    for number, result in enumerate(results):
        outcomes = {event["outcome"] for event in result.all("seeder.finished")}
        assert outcomes <= ({"succeeded", "superseded"} if number % 2 else {"succeeded"}), str(result)
    twenty.check_complete(database)
    twenty.check_next(database)
    # Nor does an older one that comes later undo anything.
    late = twenty.start(database, twenty.old).wait()
    assert {event["outcome"] for event in late.all("seeder.finished")} == {"superseded"}
    twenty.check_complete(database)
    held = "all exit 0, the end is that of the newer release, older runs are superseded, rows stay retired"
    Figure("Many at once", "runs of two releases at once", many, held, FILE).note()


def test_threads_of_one_process(database: Database, seeder: CommandLine, made: SeedFolder) -> None:
    """`seed_sync` in several threads, with one engine."""
    engine = create_engine(database.url.replace("postgresql:", "postgresql+psycopg:"), pool_size=8)
    reports: list[Report] = []
    many, begin = times(4, 8), threading.Barrier(times(4, 8))

    def work() -> None:
        begin.wait()
        reports.append(seed_sync(engine, path=made, allow_code=True))

    threads = [threading.Thread(target=work) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    assert len(reports) == many
    assert sum(report.changed for report in reports) == sum(TABLES.values())
    check(database, seeder, made)
    Figure("Many at once", "threads with one engine", many, "each row is written once", FILE).note()


def test_tasks_of_one_event_loop(database: Database, seeder: CommandLine, made: SeedFolder) -> None:
    """Several `await seed(…)`, with one engine."""
    many = times(4, 8)

    async def main() -> list[Report]:
        engine = create_async_engine(database.url.replace("postgresql:", "postgresql+psycopg:"), pool_size=8)
        try:
            return await asyncio.gather(*(seed(engine, path=made, allow_code=True) for _ in range(many)))
        finally:
            await engine.dispose()

    reports = asyncio.run(main())
    assert sum(report.changed for report in reports) == sum(TABLES.values())
    check(database, seeder, made)
    Figure("Many at once", "tasks with one engine", many, "each row is written once", FILE).note()

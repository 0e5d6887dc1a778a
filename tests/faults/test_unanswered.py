"""A server that acknowledges and never answers holds a run no longer than --statement-timeout allows."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from seeder import StrictnessExceeded, seed, seed_sync
from tests.faults.figures import Figure
from tests.faults.silence import SilentWay

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, Result, SeedFolder
    from tests.integration.postgres import Database

pytestmark = [pytest.mark.newest_server, pytest.mark.timeout(120)]

INSERT = b'INSERT INTO "public"."t"'
LIMIT = "500ms"
SECONDS = 60.0
"""5.5 seconds are promised. The machine that runs the tests may be busy with others."""

TABLE = "CREATE TABLE t (id int PRIMARY KEY, title text)"
ROWS = "id,title\n" + "".join(f"{number},{'x' * 900}\n" for number in range(20_000))


def seeded(seeder: CommandLine, way: SilentWay, seeds: SeedFolder, *more: str) -> Result:
    """The result of a run by that way, which ended in time."""
    began = time.monotonic()
    options = ("--statement-timeout", LIMIT, *more)
    done = seeder("--all", "--path", seeds, *options, env={"DATABASE_URL": way.url})
    assert way.silences
    assert time.monotonic() - began < SECONDS
    assert "Traceback" not in str(done)
    assert done.stderr == ""
    return done


def gave_up(done: Result) -> None:
    """See that the run failed because of the limit, and says so."""
    assert done.exit_code == 1, str(done)
    (failed,) = done.all("seeder.finished", outcome="failed")
    assert "has not answered" in failed["error"]["message"]
    assert "--statement-timeout" in failed["error"]["message"]
    assert not done.all("seeder.retrying")


class TestRows:
    def test_in_a_statement(self, seeder: CommandLine, database: Database, seeds: SeedFolder) -> None:
        """The seeders that follow are seeded, on a new connection."""
        database.execute(f"{TABLE}; CREATE TABLE u (id int PRIMARY KEY)")
        for rows in ("[]", "[{id: 1}]"):
            seeds.write("t.yaml", f"rows: {rows}\n")
            seeds.write("u.yaml", f"rows: {rows}\n")
            if rows == "[]":
                assert seeder("--all", "--path", seeds).exit_code == 0
        with SilentWay(database, INSERT) as way:
            done = seeded(seeder, way, seeds)
        gave_up(done)
        assert done.finished("t")["outcome"] == "failed"
        assert (database.scalar("SELECT count(*) FROM t"), database.scalar("SELECT count(*) FROM u")) == (
            0,
            1,
        )
        Figure(
            group="The network",
            fault="the server acknowledges a statement and never answers",
            times=1,
            held="the seeder fails because of --statement-timeout, and the others are seeded",
            test="tests/faults/test_unanswered.py",
        ).note()

    @pytest.mark.parametrize("reads", [True, False])
    def test_in_a_copy(
        self, seeder: CommandLine, database: Database, seeds: SeedFolder, *, reads: bool
    ) -> None:
        """What is sent is taken and goes nowhere, or is not taken at all."""
        database.execute(f"{TABLE}; INSERT INTO t VALUES (0)")
        seeds.write("t.csv", ROWS)
        with SilentWay(database, b"x" * 900, reads=reads) as way:
            gave_up(seeded(seeder, way, seeds))
        assert database.scalar("SELECT count(*) FROM t") == 1

    def test_as_it_asks_for_a_lock(self, seeder: CommandLine, database: Database, seeds: SeedFolder) -> None:
        database.execute(TABLE)
        seeds.write("t.yaml", "rows: [{id: 1}]\n")
        assert seeder("--all", "--path", seeds).exit_code == 0
        seeds.write("t.yaml", "rows: [{id: 2}]\n")
        with SilentWay(database, b"pg_try_advisory_xact_lock") as way:
            gave_up(seeded(seeder, way, seeds))

    def test_as_it_asks_whether_there_is_anything_to_do(
        self, seeder: CommandLine, database: Database, seeds: SeedFolder
    ) -> None:
        """That is found out on another connection then."""
        database.execute(TABLE)
        seeds.write("t.yaml", "rows: [{id: 1}]\n")
        assert seeder("--all", "--path", seeds).exit_code == 0
        with SilentWay(database, b"seeder_proof.schemas") as way:
            done = seeded(seeder, way, seeds)
        assert (done.exit_code, done.finished("t")["unchanged"]) == (0, 1)

    def test_before_any_seeder(self, seeder: CommandLine, database: Database, seeds: SeedFolder) -> None:
        database.execute(TABLE)
        seeds.write("t.yaml", "rows: [{id: 1}]\n")
        with SilentWay(database, b"current_schemas(false)", times=2) as way:
            gave_up(seeded(seeder, way, seeds))


class TestCommit:
    def test_its_answer_is_lost(self, seeder: CommandLine, database: Database, seeds: SeedFolder) -> None:
        """It is looked up on another connection whether it was heard."""
        database.execute(TABLE)
        seeds.write("t.yaml", "rows: [{id: 1}]\n")
        assert seeder("--all", "--path", seeds).exit_code == 0
        seeds.write("t.yaml", "rows: [{id: 1}, {id: 2}]\n")
        with SilentWay(database, INSERT, then=b"COMMIT", answered=True) as way:
            done = seeded(seeder, way, seeds)
        assert (done.exit_code, done.finished("t")["inserted"]) == (0, 1), str(done)
        assert database.scalar("SELECT count(*) FROM t") == 2

    def test_it_is_lost(self, seeder: CommandLine, database: Database, seeds: SeedFolder) -> None:
        database.execute(TABLE)
        seeds.write("t.yaml", "rows: [{id: 1}]\n")
        assert seeder("--all", "--path", seeds).exit_code == 0
        seeds.write("t.yaml", "rows: [{id: 1}, {id: 2}]\n")
        with SilentWay(database, INSERT, then=b"COMMIT") as way:
            gave_up(seeded(seeder, way, seeds))
        assert database.scalar("SELECT count(*) FROM t") == 1

    @pytest.mark.parametrize("ends", ["SIGTERM", "--timeout"])
    def test_that_of_a_single_transaction(
        self, seeder: CommandLine, database: Database, seeds: SeedFolder, ends: str
    ) -> None:
        """The run ends before anybody knows what came of it, and says so."""
        database.execute(f"{TABLE}; CREATE TABLE u (id int PRIMARY KEY)")
        for name in "tu":
            seeds.write(f"{name}.yaml", "rows: [{id: 1}]\n")
        options = ("--all", "--path", seeds, "--single-transaction", "--timeout", "4s")
        with SilentWay(database, INSERT, then=b"COMMIT\0", answered=True) as way:
            run = seeder.start(*options, env={"DATABASE_URL": way.url})
            way.wait_until_silent()
            if ends == "SIGTERM":
                run.signal()
            done = run.wait()
        assert done.exit_code == (143 if ends == "SIGTERM" else 4), str(done)
        assert "not known whether it was kept" in done.event("run.finished")["reason"]
        assert database.scalar("SELECT count(*) FROM t NATURAL JOIN u") == 1


CODE = {
    "sql": ("t.sql", "SELECT 'be silent';"),
    "python": (
        "t.py",
        "def seed_sync(session): session.connection().exec_driver_sql(\"SELECT 'be silent'\")\n",
    ),
    "async python": (
        "t.py",
        "async def seed_async(session): await (await session.connection()).exec_driver_sql(\"SELECT 'be silent'\")\n",
    ),
}


@pytest.mark.parametrize("kind", CODE)
def test_in_code(seeder: CommandLine, database: Database, seeds: SeedFolder, kind: str) -> None:
    """The limit holds for its statements too."""
    seeds.write(*CODE[kind])
    with SilentWay(database, b"be silent") as way:
        gave_up(seeded(seeder, way, seeds, "--allow-code"))


@pytest.mark.parametrize("kind", ["engine", "async engine", "url"])
def test_in_an_application(database: Database, seeds: SeedFolder, kind: str) -> None:
    """The connection of an engine is lost to it, and its pool makes another."""
    database.execute(TABLE)
    seeds.write("t.yaml", "rows: [{id: 1}]\n")
    began = time.monotonic()

    async def main(url: str) -> None:
        engine = create_async_engine(url)
        options: Any = {"path": seeds, "statement_timeout": LIMIT}
        with pytest.raises(StrictnessExceeded) as caught:
            await seed(engine, **options)
        assert caught.value.report.exit_code == 1
        report = await seed(engine, **options)
        assert report.changed == 1
        await engine.dispose()

    with SilentWay(database, INSERT) as way:
        url = way.url.replace("postgresql://", "postgresql+psycopg://")
        if kind == "async engine":
            asyncio.run(main(url))
        else:
            engine: Any = create_engine(url) if kind == "engine" else way.url
            with pytest.raises(StrictnessExceeded) as caught:
                seed_sync(engine, path=seeds, statement_timeout=LIMIT)
            assert caught.value.report.exit_code == 1
            assert seed_sync(engine, path=seeds, statement_timeout=LIMIT).changed == 1
            if kind == "engine":
                engine.dispose()
        assert way.silences
    assert time.monotonic() - began < 2 * SECONDS
    assert database.scalar("SELECT count(*) FROM t") == 1

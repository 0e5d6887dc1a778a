"""--timeout ends a run whatever it waits for: rolled back and reported as on SIGTERM, and the exit code is 4."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from seeder import StrictnessExceeded, seed, seed_sync
from seeder.postgres.locks import Lock
from tests.faults.silence import SilentWay
from tests.integration.commandline import ROOT
from tests.integration.gates import Gate
from tests.integration.postgres import HOST, free_port

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, Result, SeedFolder
    from tests.integration.postgres import Database

pytestmark = [pytest.mark.newest_server, pytest.mark.timeout(180)]

INSERT = b'INSERT INTO "public"."t"'
SECONDS = 5.0
LONGEST = 20.0
"""A second more than the limit is promised. The machine that runs the tests may be busy with others."""


def stopped(seeder: CommandLine, url: str, *arguments: Any, seconds: float = SECONDS) -> Result:
    """The result of a run that its time limit has ended, with its report."""
    began = time.monotonic()
    seeder("list")
    # A busy machine needs more time to come to what it is to be stopped in.
    seconds = round(max(seconds, 8 * (time.monotonic() - began)), 1)
    began = time.monotonic()
    done = seeder(*arguments, "--timeout", f"{seconds:g}s", env={"DATABASE_URL": url})
    assert seconds <= time.monotonic() - began < seconds + LONGEST, str(done)
    assert (done.exit_code, done.stderr) == (4, ""), str(done)
    finished = done.all("run.finished")[-1]
    assert finished["exit_code"] == 4
    assert finished["reason"].startswith(f"stopped by --timeout ({seconds:g} s)")
    assert not done.all("seeder.retrying")
    return done


@pytest.fixture
def table(database: Database, seeds: SeedFolder) -> Database:
    database.execute("CREATE TABLE t (id int PRIMARY KEY, title text); INSERT INTO t VALUES (0)")
    seeds.write("t.yaml", "rows: [{id: 1}]\n")
    return database


class TestCommandLine:
    def test_while_it_waits_for_the_database(self, seeder_command: CommandLine) -> None:
        """It stands whatever the strictness is, as a signal does."""
        never = f"postgresql://{HOST}:{free_port()}/none"
        stopped(seeder_command, never, "--all", "--strictness", "lenient")

    def test_while_it_waits_for_a_lock(self, seeder: CommandLine, table: Database, seeds: SeedFolder) -> None:
        with Gate(table, Lock("table", "public.t").key):
            stopped(seeder, table.url, "--all", "--path", seeds)

    def test_while_it_waits_for_a_table(
        self, seeder: CommandLine, table: Database, seeds: SeedFolder
    ) -> None:
        """What was finished stays, and is reported."""
        table.execute("CREATE TABLE a (id int PRIMARY KEY)")
        seeds.write("a.yaml", "rows: [{id: 1}]\n")
        with table.connect() as somebody:
            somebody.execute("LOCK TABLE t")
            done = stopped(seeder, table.url, "--all", "--path", seeds, seconds=SECONDS)
        assert done.event("run.finished")["succeeded"] == 1
        assert table.scalar("SELECT count(*) FROM a") == 1

    def test_in_a_statement_that_is_not_answered(
        self, seeder: CommandLine, table: Database, seeds: SeedFolder
    ) -> None:
        with SilentWay(table, INSERT) as way:
            stopped(seeder, way.url, "--all", "--path", seeds)
        assert table.scalar("SELECT count(*) FROM t") == 1

    def test_in_a_copy_that_stalls(self, seeder: CommandLine, table: Database, seeds: SeedFolder) -> None:
        seeds.write(
            "big.csv", "id,title\n" + "".join(f"{number},{'x' * 900}\n" for number in range(1, 20_000))
        )
        seeds.write("big.yaml", "table: t\n")
        with SilentWay(table, b"x" * 900, reads=False) as way:
            stopped(seeder, way.url, "--big", "--path", seeds)
        assert table.scalar("SELECT count(*) FROM t") == 1

    @pytest.mark.parametrize(
        "code",
        [
            "def seed_sync(session):\n    while True: pass\n",
            "import asyncio\nasync def seed_async(session): await asyncio.sleep(600)\n",
            "import ctypes\ndef seed_sync(session): ctypes.CDLL(None).sleep(600)\n",
        ],
        ids=["busy", "async", "stuck"],
    )
    def test_in_code(self, seeder: CommandLine, table: Database, seeds: SeedFolder, code: str) -> None:
        seeds.write("t.yaml", "rows: []\n")
        seeds.write("z.py", code)
        stopped(seeder, table.url, "--z", "--path", seeds, "--allow-code")

    def test_while_nobody_reads_the_log(self, table: Database, seeds: SeedFolder) -> None:
        for number in range(300):
            seeds.write(f"t{number}.yaml", f"table: t\nkey: [id]\nrows: [{{id: {number}}}]\n")
        reading, writing = os.pipe()
        command = [sys.executable, "-m", "seeder", "--all", "--path", str(seeds.path), "--debug"]
        began = time.monotonic()
        process = subprocess.Popen(
            [*command, "--timeout", f"{SECONDS}s"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": table.url},
            stdout=writing,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert process.wait(60) == 4
            assert SECONDS <= time.monotonic() - began < LONGEST
        finally:
            process.kill()
            process.wait()
            os.close(reading)
            os.close(writing)

    def test_a_subcommand(self, seeder: CommandLine, table: Database, seeds: SeedFolder) -> None:
        with SilentWay(table, b"current_schemas(false)") as way:
            done = seeder(
                "status", "--path", seeds, "--timeout", f"{SECONDS}s", env={"DATABASE_URL": way.url}
            )
        assert (done.exit_code, done.stdout) == (4, "")
        assert "seeder: stopped by --timeout (5 s)\n" in done.stderr

    def test_a_run_that_is_faster(self, seeder: CommandLine, table: Database, seeds: SeedFolder) -> None:
        done = seeder("--all", "--path", seeds, env={"SEED_TIMEOUT": "10m"})
        assert done.exit_code == 0
        assert done.event("run.finished")["changed"] == 1
        assert seeder("--all", "--path", seeds, "--timeout", "0").exit_code == 0


def _engine(kind: str, url: str) -> Any:
    if kind == "url":
        return url
    url = url.replace("postgresql://", "postgresql+psycopg://")
    return create_async_engine(url) if kind == "async engine" else create_engine(url)


def _stopped(kind: str, url: str, seeds: SeedFolder, *, awaited: bool, **options: Any) -> None:
    """Run in this process, and see that the run ends in time and raises what exit code 4 raises."""
    options = {"path": seeds, "timeout": SECONDS, **options}
    engine = _engine(kind, url)

    async def main() -> None:
        try:
            await seed(engine, **options)
        finally:
            if kind == "async engine":
                await engine.dispose()

    began = time.monotonic()
    with pytest.raises(StrictnessExceeded) as caught:
        asyncio.run(main()) if awaited else seed_sync(engine, **options)
    assert SECONDS <= time.monotonic() - began < LONGEST
    report = caught.value.report
    assert report.exit_code == 4
    assert report.reason.startswith(f"stopped by --timeout ({SECONDS:g} s)")
    if kind == "engine":
        engine.dispose()


WAYS = pytest.mark.parametrize(
    ("kind", "awaited"),
    [("url", False), ("url", True), ("engine", False), ("engine", True), ("async engine", True)],
)


class TestApplication:
    @WAYS
    def test_in_a_statement_that_is_not_answered(
        self, table: Database, seeds: SeedFolder, kind: str, *, awaited: bool
    ) -> None:
        with SilentWay(table, INSERT) as way:
            _stopped(kind, way.url, seeds, awaited=awaited)
        assert table.scalar("SELECT count(*) FROM t") == 1

    @pytest.mark.parametrize(("kind", "awaited"), [("url", False), ("async engine", True)])
    def test_while_it_waits_for_the_database(self, seeds: SeedFolder, kind: str, *, awaited: bool) -> None:
        seeds.write("t.yaml", "rows: [{id: 1}]\n")
        _stopped(kind, f"postgresql://postgres@{HOST}:{free_port()}/none", seeds, awaited=awaited)

    def test_while_it_waits_for_a_lock(self, table: Database, seeds: SeedFolder) -> None:
        with Gate(table, Lock("table", "public.t").key):
            _stopped("engine", table.url, seeds, awaited=False)

    def test_in_a_coroutine(self, table: Database, seeds: SeedFolder) -> None:
        seeds.write("z.py", "import asyncio\nasync def seed_async(session): await asyncio.sleep(600)\n")
        _stopped("async engine", table.url, seeds, awaited=True, only=["z"], allow_code=True)

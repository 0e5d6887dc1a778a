"""One event loop a run: modules of an application that share its asynchronous engine seed one after another.

A connection of asyncio belongs to the event loop in which it was made. Each module of the usual pattern enters asyncio
by itself; were that a new event loop each time, the second one would be given the first one's connection, and fail.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from textwrap import dedent
from typing import TYPE_CHECKING, Final

import pytest

from tests.integration.commandline import ROOT
from tests.integration.footprint import wait_until_alone
from tests.integration.gates import Gate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database

pytestmark = pytest.mark.newest_server

TABLES: Final = ("currencies", "flags", "prompts", "roles")
AT_ONCE: Final = 5.0
"""Seconds: a second is promised, and a busy machine gets the rest."""

_DATABASE: Final = """\
import os

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine(os.environ["SHOP_DATABASE_URL"], pool_size=2)
AsyncSessionLocal = async_sessionmaker(engine, expire_on_commit=False)
"""
_SEED: Final = """\
import asyncio
import logging

from sqlalchemy import text

from shop.database import AsyncSessionLocal

logger = logging.getLogger(__name__)

INSERT = text("INSERT INTO {table} (name) VALUES (:name) ON CONFLICT DO NOTHING")


async def seed_async():
    async with AsyncSessionLocal() as session:
        for name in ("a", "b"):
            await session.execute(INSERT, {{"name": name}})
        await session.commit()


"""
_ENTRANCES: Final = {
    "currencies": """\
def seed_sync():
    asyncio.run(seed_async())


def seed():
    seed_sync()
    logger.info("seeded")


if __name__ == "__main__":
    seed()
""",
    "flags": """\
def seed_sync():
    asyncio.run(seed_async())


async def seed():
    await seed_async()


if __name__ == "__main__":
    asyncio.run(seed())
""",
    "prompts": """\
def seed_sync():
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(seed_async())
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def seed():
    seed_sync()


if __name__ == "__main__":
    seed()
""",
    "roles": """\
def seed_sync():
    try:
        asyncio.run(seed_async())
    except Exception:
        logger.exception("roles are not seeded")


def seed():
    seed_sync()


if __name__ == "__main__":
    seed()
""",
}
"""How each module enters asyncio. The last one swallows what goes wrong, as many do."""


class Shop:
    """An application in a folder of its own: its engine, and four seed modules that use it."""

    def __init__(self, folder: Path, database: Database, driver: str) -> None:
        self._folder = folder
        self._database = database
        self.environment = {
            "PYTHONPATH": f"{ROOT}:{folder}",
            "SHOP_DATABASE_URL": database.url.replace("postgresql:", f"postgresql+{driver}:"),
        }
        self.write("__init__", "")
        self.write("database", _DATABASE)
        self.write("seeds/__init__", "")
        for table, entrance in _ENTRANCES.items():
            self.write(f"seeds/{table}", _SEED.format(table=table) + entrance)
            database.execute(f"CREATE TABLE {table} (id serial PRIMARY KEY, name text UNIQUE)")

    def write(self, module: str, source: str) -> None:
        """Write a module of the package."""
        file = self._folder / "shop" / f"{module}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)

    @property
    def rows(self) -> dict[str, list[str]]:
        """The names in each table."""
        return {
            table: [name for (name,) in self._database.rows(f"SELECT name FROM {table} ORDER BY id")]
            for table in TABLES
        }

    def run(self, program: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the application's, every warning an error."""
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", dedent(program)],
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "DATABASE_URL": self._database.url,
                **self.environment,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


ALL: Final = {table: ["a", "b"] for table in TABLES}


@pytest.fixture(params=["asyncpg", "psycopg"])
def shop(request: pytest.FixtureRequest, tmp_path: Path, database: Database) -> Shop:
    return Shop(tmp_path / "application", database, request.param)


class TestModulesThatShareAnEngine:
    def test_by_the_command_line(self, shop: Shop, seeder: CommandLine) -> None:
        result = seeder("--all", "--path", "shop.seeds", env=shop.environment)
        assert shop.rows == ALL, str(result)
        assert (result.exit_code, result.stderr) == (0, ""), str(result)

    def test_from_a_folder(self, shop: Shop, seeder: CommandLine, tmp_path: Path) -> None:
        folder = tmp_path / "application" / "shop" / "seeds"
        (folder / "__init__.py").unlink()
        result = seeder("--all", "--path", folder, "--allow-code", env=shop.environment)
        assert shop.rows == ALL, str(result)
        assert (result.exit_code, result.stderr) == (0, ""), str(result)

    @pytest.mark.parametrize(
        "call",
        [
            "seed_sync(url, path='shop.seeds')",
            "asyncio.run(in_a_running_loop())",
            "asyncio.run(awaited(engine))",
            "asyncio.run(awaited(url))",
            "asyncio.run(awaited(unpooled()))",
        ],
    )
    def test_by_the_library(self, shop: Shop, call: str) -> None:
        done = shop.run(f"""
            import asyncio, os
            from seeder import seed, seed_sync
            from shop.database import engine
            from sqlalchemy import NullPool, create_engine, text

            url = os.environ["DATABASE_URL"]

            async def ask():
                async with engine.connect() as connection:
                    await connection.execute(text("SELECT 1"))

            def unpooled():
                return create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)

            async def awaited(database):
                # The application has used its engine before, and goes on to use it.
                await ask()
                await seed(database, path="shop.seeds")
                await ask()
                await engine.dispose()

            async def in_a_running_loop():
                seed_sync(url, path="shop.seeds")
                await ask()
                await engine.dispose()

            {call}
            """)
        assert shop.rows == ALL, done.stdout + done.stderr
        assert (done.returncode, done.stderr) == (0, "")

    def test_the_application_uses_its_engine_in_its_own_loop_afterwards(self, shop: Shop) -> None:
        done = shop.run("""
            import asyncio, os
            from seeder import seed_sync
            from shop.database import engine
            from sqlalchemy import text

            async def serve():
                async with engine.connect() as connection:
                    print((await connection.scalars(text("SELECT count(*) FROM roles"))).one())
                await engine.dispose()

            seed_sync(os.environ["DATABASE_URL"], path="shop.seeds")
            asyncio.run(serve())
            """)
        assert shop.rows == ALL, done.stdout + done.stderr
        assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")


NOTED: Final = """
    import asyncio, atexit, threading
    from sqlalchemy import text

    LOOPS = []

    async def note(session):
        LOOPS.append(asyncio.get_running_loop())
        await session.execute(text("INSERT INTO notes (body) VALUES (:body)"), {"body": f"loop {len(set(LOOPS))}"})
    """


class TestOneLoop:
    """Whatever way a function goes into asyncio, and whether it has a session or brings its own."""

    def test_of_functions_with_a_session_and_without(
        self, seeder: CommandLine, seeds: SeedFolder, database: Database
    ) -> None:
        database.execute("CREATE TABLE notes (body text)")
        seeds.write("_noted.py", dedent(NOTED))
        seeds.write(
            "a.py", "from _noted import note\nasync def seed_async(session):\n    await note(session)\n"
        )
        seeds.write(
            "b.py",
            "import asyncio\nfrom _noted import LOOPS\nDEPENDS_ON = ['a']\n"
            "async def main():\n    LOOPS.append(asyncio.get_running_loop())\n"
            "def seed_sync(session):\n    asyncio.run(main())\n",
        )
        seeds.write(
            "c.py",
            "import asyncio\nfrom _noted import LOOPS\nDEPENDS_ON = ['b']\n"
            "async def main():\n    LOOPS.append(asyncio.get_running_loop())\n"
            "def seed():\n    with asyncio.Runner() as runner:\n"
            "        runner.run(main())\n        runner.run(main())\n",
        )
        seeds.write(
            "d.py",
            "from _noted import note\nDEPENDS_ON = ['c']\nasync def seed_async(session):\n    await note(session)\n",
        )
        result = seeder("--all", "--path", seeds, "--allow-code")
        assert (result.exit_code, result.stderr) == (0, ""), str(result)
        assert database.rows("TABLE notes") == [("loop 1",), ("loop 1",)]

    def test_code_that_enters_it_where_it_runs_is_told_as_ever(
        self, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        seeds.write(
            "a.py",
            "import asyncio\nasync def seed():\n    work = asyncio.sleep(0)\n    try:\n        asyncio.run(work)\n"
            "    finally:\n        work.close()\n",
        )
        result = seeder("--all", "--path", seeds, "--allow-code")
        assert result.exit_code == 1, str(result)
        assert "RuntimeError" in result.finished("a")["error"]["message"]

    def test_a_thread_of_the_codes_own_has_its_own_loop(self, seeder: CommandLine, seeds: SeedFolder) -> None:
        seeds.write(
            "a.py",
            "import asyncio, threading\n"
            "async def main():\n    assert asyncio.get_running_loop() is not found\n    done.append(1)\n"
            "done = []\n"
            "async def seed():\n    global found\n    found = asyncio.get_running_loop()\n"
            "    thread = threading.Thread(target=lambda: asyncio.run(main()))\n"
            "    thread.start()\n    thread.join()\n    assert done\n",
        )
        result = seeder("--all", "--path", seeds, "--allow-code")
        assert (result.exit_code, result.stderr) == (0, ""), str(result)

    def test_a_cancellation_of_the_codes_own_is_its_failure(
        self, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        seeds.write("a.py", "import asyncio\nasync def seed():\n    raise asyncio.CancelledError\n")
        seeds.write(
            "b.py",
            "import asyncio\nasync def seed():\n    asyncio.current_task().cancel()\n    await asyncio.sleep(1)\n",
        )
        seeds.write("c.py", "async def seed(): ...\n")
        result = seeder("--all", "--path", seeds, "--allow-code")
        assert result.exit_code == 1, str(result)
        assert [result.finished(name)["outcome"] for name in "abc"] == ["failed", "failed", "succeeded"]


LEFT: Final = """
    import asyncio
    import atexit
    import os
    import time

    def say(text):
        with open(os.environ["SAID"], "a") as file:
            file.write(text + "\\n")

    async def numbers():
        try:
            yield 1
            yield 2
        finally:
            say("generator closed")

    async def forever():
        try:
            await asyncio.Event().wait()
        finally:
            say("task cancelled")

    def slowly():
        time.sleep(0.2)
        say("thread done")

    kept = []

    async def leave_all():
        kept.append(numbers())
        await anext(kept[0])
        kept.append(asyncio.create_task(forever()))
        kept.append(asyncio.get_running_loop().run_in_executor(None, slowly))
        await asyncio.sleep(0.05)
    """


class TestTheEnd:
    """The loop is closed as asyncio.run() closes it, however the run ends."""

    @pytest.fixture
    def said(self, tmp_path: Path, seeder: CommandLine, seeds: SeedFolder) -> Callable[[], list[str]]:
        file = tmp_path / "said"
        seeder.environment["SAID"] = str(file)
        seeds.write("_left.py", dedent(LEFT))
        return lambda: sorted(file.read_text().splitlines()) if file.exists() else []

    @pytest.mark.parametrize("failing", [False, True], ids=["success", "failure"])
    def test_what_a_seeder_left_is_ended(
        self, seeder: CommandLine, seeds: SeedFolder, said: Callable[[], list[str]], failing: bool
    ) -> None:
        seeds.write(
            "a.py",
            "from _left import leave_all\nasync def seed():\n    await leave_all()\n"
            + "    1 / 0\n" * failing,
        )
        result = seeder("--all", "--path", seeds, "--allow-code")
        assert (result.exit_code, result.stderr) == (int(failing), ""), str(result)
        assert said() == ["generator closed", "task cancelled", "thread done"]

    def test_it_goes_on_until_the_last_seeder_is_done(
        self, seeder: CommandLine, seeds: SeedFolder, said: Callable[[], list[str]]
    ) -> None:
        seeds.write("a.py", "from _left import leave_all\nasync def seed():\n    await leave_all()\n")
        seeds.write(
            "b.py",
            "import asyncio\nfrom _left import kept, say\nDEPENDS_ON = ['a']\n"
            "async def seed():\n    assert not kept[1].done()\n    await kept[2]\n    say('b done')\n",
        )
        result = seeder("--all", "--path", seeds, "--allow-code")
        assert (result.exit_code, result.stderr) == (0, ""), str(result)
        assert said() == ["b done", "generator closed", "task cancelled", "thread done"]

    @pytest.mark.parametrize(
        "entrance", ["async def seed():\n    await main()\n", "def seed():\n    asyncio.run(main())\n"]
    )
    @pytest.mark.parametrize(
        "stuck", ["await asyncio.Event().wait()", "await asyncio.to_thread(time.sleep, 60)", "time.sleep(60)"]
    )
    def test_a_signal(
        self, seeder: CommandLine, seeds: SeedFolder, said: Callable[[], list[str]], entrance: str, stuck: str
    ) -> None:
        seeds.write(
            "a.py",
            "import asyncio, time\nfrom _left import leave_all, say\n"
            f"async def main():\n    await leave_all()\n    say('begun')\n    {stuck}\n{entrance}",
        )
        run = seeder.start("--all", "--path", seeds, "--allow-code")
        while "begun" not in said():
            time.sleep(0.01)
        began = time.monotonic()
        run.signal(signal.SIGTERM)
        result = run.wait()
        assert time.monotonic() - began < AT_ONCE, str(result)
        assert (result.exit_code, result.stderr) == (143, ""), str(result)
        assert result.event("run.finished")["exit_code"] == 143
        assert said() == ["begun", "generator closed", "task cancelled", "thread done"]

    def test_a_signal_while_a_module_waits_for_the_database(
        self, shop: Shop, seeder: CommandLine, database: Database
    ) -> None:
        with Gate(database, 7) as gate:
            shop.write(
                "seeds/roles",
                _SEED.format(table="roles").replace(
                    "        await session.commit()",
                    '        await session.execute(text("SELECT pg_advisory_xact_lock(7)"))\n'
                    "        await session.commit()",
                )
                + _ENTRANCES["roles"],
            )
            run = seeder.start("--all", "--path", "shop.seeds", env=shop.environment)
            gate.wait_for_somebody()
            began = time.monotonic()
            run.signal(signal.SIGTERM)
            result = run.wait()
            assert time.monotonic() - began < AT_ONCE, str(result)
        assert (result.exit_code, result.stderr) == (143, ""), str(result)
        wait_until_alone(database)
        assert shop.rows == {**ALL, "roles": []}

    def test_what_does_not_end_does_not_keep_a_signal_waiting(
        self, seeder: CommandLine, seeds: SeedFolder, said: Callable[[], list[str]]
    ) -> None:
        seeds.write(
            "a.py",
            "import asyncio\nfrom _left import say\n"
            "async def main():\n    say('begun')\n    while True:\n        try:\n            await asyncio.sleep(60)\n"
            "        except asyncio.CancelledError:\n            say('no')\n"
            "async def seed():\n    await main()\n",
        )
        run = seeder.start("--all", "--path", seeds, "--allow-code")
        while "begun" not in said():
            time.sleep(0.01)
        began = time.monotonic()
        run.signal(signal.SIGTERM)
        result = run.wait()
        assert time.monotonic() - began < AT_ONCE, str(result)
        assert result.exit_code == 143, str(result)

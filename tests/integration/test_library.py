"""`seed` and `seed_sync`: the same run inside an application, whatever its engine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import TYPE_CHECKING, Any, Self

import psycopg
import pytest
import structlog
from sqlalchemy import URL, Engine, create_engine, event, make_url, pool, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

import seeder
from seeder import ExitCode, StrictnessExceeded, UsageError, seed, seed_sync
from seeder.postgres.locks import Lock
from tests.integration.footprint import footprint
from tests.integration.gates import Gate
from tests.integration.postgres import HOST, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from seeder import Report
    from tests.integration.commandline import SeedFolder
    from tests.integration.postgres import Database, Server

pytestmark = pytest.mark.newest_server

ROWS = "table: notes\nkey: [body]\nrows: [{body: a}, {body: b}]\n"


def by(driver: str, address: str) -> str:
    """The address with a driver."""
    return address.replace("postgresql:", f"postgresql+{driver}:")


@contextlib.asynccontextmanager
async def async_engine(address: str, **options: Any) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(address, **options)
    try:
        yield engine
    finally:
        await engine.dispose()


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    made = create_engine(by("psycopg", database.url))
    yield made
    made.dispose()


@pytest.fixture
def notes(database: Database, seeds: SeedFolder) -> Callable[[], list[str]]:
    """The seeds of a table `notes`, and what is in it now."""
    database.execute("CREATE TABLE notes (body text PRIMARY KEY)")
    seeds.write("notes.yaml", ROWS)
    return lambda: [body for (body,) in database.rows("SELECT body FROM notes ORDER BY body")]


async def seeded(address: str, kind: str, **options: Any) -> Report:
    """Seed by an engine of that kind."""
    if kind.startswith("async"):
        async with async_engine(by(kind.partition(" ")[2], address)) as engine:
            return await seed(engine, **options)
    engines: dict[str, Callable[[], Engine | str | URL]] = {
        "sync psycopg": lambda: create_engine(by("psycopg", address), poolclass=pool.NullPool),
        "text": lambda: address,
        "url": lambda: make_url(address),
    }
    return await seed(engines[kind](), **options)


KINDS = ["async psycopg", "async psycopg_async", "async asyncpg", "sync psycopg", "text", "url"]


@pytest.mark.parametrize("kind", KINDS)
def test_any_engine_will_do(
    database: Database, seeds: SeedFolder, notes: Callable[[], list[str]], kind: str
) -> None:
    seeds.write("more.py", ASYNC_NOTE)
    seeds.write("most.sql", "-- seeder: depends_on=more\nCOPY notes (body) FROM stdin;\nd\n\\.\n")
    report = asyncio.run(seeded(database.url, kind, path=str(seeds.path), allow_code=True))
    assert (report.exit_code, report.succeeded, report.changed) == (ExitCode.OK, 3, 4)
    assert notes() == ["a", "b", "c", "d"]


ASYNC_NOTE = """\
from psycopg import sql
from sqlalchemy import text

async def seed_async(session):
    await session.execute(text("INSERT INTO notes (body) VALUES ('c')"))
"""


def test_in_a_thread_of_its_own(
    database: Database, engine: Engine, seeds: SeedFolder, notes: Callable[[], list[str]]
) -> None:
    assert seed_sync(engine, path=seeds).changed == 2
    engine.dispose()
    before = footprint(database)
    assert seed_sync(database.url, path=[seeds.path]).changed == 0
    assert seed_sync(make_url(database.url), path=seeds.path).changed == 0
    assert footprint(database) == before
    assert notes() == ["a", "b"]


def test_a_sync_run_inside_a_running_event_loop(
    engine: Engine, seeds: SeedFolder, notes: Callable[[], list[str]]
) -> None:
    seeds.write("more.py", ASYNC_NOTE)

    async def main() -> Report:
        return seed_sync(engine, path=seeds, allow_code=True)

    assert asyncio.run(main()).succeeded == 2
    assert notes() == ["a", "b", "c"]


class TestOptions:
    def test_the_defaults_are_the_command_lines_and_not_the_environments(
        self, engine: Engine, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SEED_PATH", "/nowhere")
        monkeypatch.setenv("SEED_STRICTNESS", "nonsense")
        monkeypatch.setenv("AUTO_SEED_DATABASE", "false")
        report = seed_sync(engine, only=["tools"])
        assert [result.name for result in report.seeders] == ["tools"]
        assert database.scalar("SELECT count(*) FROM tools") == report.changed

    def test_strictness_and_the_report(
        self, engine: Engine, seeds: SeedFolder, notes: Callable[[], list[str]]
    ) -> None:
        seeds.write("broken.yaml", "table: no_such\nrows: [{a: 1}]\n")
        with pytest.raises(StrictnessExceeded) as caught:
            seed_sync(engine, path=seeds)
        report = caught.value.report
        assert (report.exit_code, report.succeeded, report.failed) == (ExitCode.FAILED, 1, 1)
        assert "1 of 2" in str(caught.value)
        assert seed_sync(engine, path=seeds, strictness="lenient").failed == 1
        assert seed_sync(engine, path=seeds, strictness=1).failed == 1
        assert seed_sync(engine, path=seeds, strictness="50%").failed == 1
        assert notes() == ["a", "b"]

    def test_check_and_dry_run(
        self, engine: Engine, seeds: SeedFolder, notes: Callable[[], list[str]]
    ) -> None:
        with pytest.raises(StrictnessExceeded) as caught:
            seed_sync(engine, path=seeds, check=True)
        assert caught.value.report.exit_code is ExitCode.WOULD_CHANGE
        assert seed_sync(engine, path=seeds, dry_run=True).changed == 2
        assert notes() == []

    def test_report_files(
        self, engine: Engine, seeds: SeedFolder, notes: Callable[[], list[str]], tmp_path: Path
    ) -> None:
        report = seed_sync(engine, path=seeds, report=[tmp_path / "a.json", str(tmp_path / "b.xml")])
        assert json.loads((tmp_path / "a.json").read_text())["run_id"] == report.run_id
        assert (tmp_path / "b.xml").exists()

    def test_ledger(
        self, engine: Engine, database: Database, seeds: SeedFolder, notes: Callable[[], list[str]]
    ) -> None:
        seed_sync(engine, path=seeds, ledger=None)
        assert database.scalar("SELECT to_regnamespace('seeder')") is None
        seeds.write("notes.yaml", ROWS.replace("{body: b}", "{body: c}"))
        seed_sync(engine, path=seeds, ledger="own")
        assert database.scalar("SELECT count(*) FROM own.seeder_rows WHERE NOT adopted") == 1

    def test_waiting_for_a_migration(
        self, engine: Engine, seeds: SeedFolder, notes: Callable[[], list[str]]
    ) -> None:
        assert seed_sync(engine, path=seeds, wait_for=["table:notes", "table:public.notes"]).changed == 2
        with pytest.raises(StrictnessExceeded) as caught:
            seed_sync(engine, path=seeds, wait_for="alembic:aa", wait_timeout=0)
        assert caught.value.report.exit_code is ExitCode.NOT_READY

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"only": ["nots"]}, 'only: there is no seeder "nots"; did you mean "notes"'),
            ({"only": "notes"}, 'only: write ["notes"]'),
            ({"strictness": "strickt"}, "strictness:"),
            ({"wait_timeout": "soon"}, "wait_timeout:"),
            ({"wait_timeout": -1}, "wait_timeout:"),
            ({"dry_run": "yes"}, "dry_run:"),
            ({"strictness": True}, "strictness:"),
            ({"wait_for": "alembik:1"}, "alembik:1"),
            ({"path": "nowhere"}, "nowhere"),
            ({"ledger": "pg_own"}, "ledger:"),
        ],
    )
    def test_what_can_not_be_meant(
        self, engine: Engine, seeds: SeedFolder, notes: Callable[[], list[str]], options: Any, message: str
    ) -> None:
        with pytest.raises(UsageError, match=message.replace("[", r"\[")):
            seed_sync(engine, **{"path": seeds, **options})

    def test_an_unknown_one_is_a_type_error(self, engine: Engine) -> None:
        with pytest.raises(TypeError, match="'strictnes'"):
            seed_sync(engine, strictnes="lenient")  # type: ignore[call-arg]  # that is the test

    def test_another_database(self) -> None:
        with pytest.raises(UsageError, match="mysql"):
            seed_sync("mysql://root@db/shop")


class TestEngine:
    """An application's engine is used as it is, and comes back as it was."""

    @pytest.mark.parametrize("level", ["AUTOCOMMIT", "SERIALIZABLE", "REPEATABLE READ"])
    def test_its_isolation_level(
        self, database: Database, seeds: SeedFolder, notes: Callable[[], list[str]], level: Any
    ) -> None:
        seeds.write(
            "level.sql",
            "INSERT INTO notes SELECT current_setting('transaction_isolation'); SET search_path = '';",
        )
        engine = create_engine(
            by("psycopg", database.url),
            isolation_level=level,
            pool_size=1,
            max_overflow=0,
            connect_args={"options": "-c default_transaction_read_only=on"},
        )
        seed_sync(engine, path=seeds, allow_code=True)
        assert "read committed" in notes()
        with engine.connect() as connection:
            if level == "AUTOCOMMIT":
                assert connection.connection.driver_connection.autocommit  # type: ignore[union-attr]  # psycopg's
            else:
                assert connection.get_isolation_level() == level
            assert connection.scalar(text("SHOW search_path")) == '"$user", public'
            assert connection.scalar(text("SHOW lock_timeout")) == "0"
            assert connection.scalar(text("SHOW transaction_read_only")) == "on"
            assert connection.scalar(text("SELECT count(*) FROM pg_class WHERE relpersistence = 't'")) == 0
        engine.dispose()

    def test_what_the_application_has_set_stays_set(
        self, database: Database, seeds: SeedFolder, notes: Callable[[], list[str]]
    ) -> None:
        database.execute("CREATE SCHEMA app; CREATE TABLE app.notes (body text PRIMARY KEY)")
        engine = create_engine(by("psycopg", database.url), pool_size=1)
        with engine.connect() as connection:
            connection.execute(text("SET statement_timeout = '1h'; SET role pg_monitor"))
            connection.execute(text("SET role none"))
            connection.commit()
        seeds.write("z.sql", "SET statement_timeout = '1s'; SET work_mem = '1MB';")
        seed_sync(engine, path=seeds, allow_code=True)
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW statement_timeout")) == "1h"
            assert connection.scalar(text("SHOW work_mem")) == "4MB"
        engine.dispose()

    @pytest.mark.parametrize("way", ["creator", "do_connect"])
    @pytest.mark.parametrize("is_async", [False, True])
    def test_its_own_way_to_connect(
        self,
        database: Database,
        seeds: SeedFolder,
        notes: Callable[[], list[str]],
        way: str,
        *,
        is_async: bool,
    ) -> None:
        """A token that is made for each connect, say. The connection goes back to the pool, and is used again."""
        asked = 0
        wrong = by("psycopg", database.url).replace(database.name, "nowhere")
        options: dict[str, Any] = {"pool_size": 1, "max_overflow": 0}

        def token(_dialect: Any, _record: Any, _arguments: Any, parameters: dict[str, Any]) -> None:
            nonlocal asked
            asked += 1
            parameters["dbname"] = database.name

        def create() -> psycopg.Connection:
            nonlocal asked
            asked += 1
            return psycopg.connect(database.dsn)

        async def create_async() -> psycopg.AsyncConnection:
            nonlocal asked
            asked += 1
            return await psycopg.AsyncConnection.connect(database.dsn)

        if way == "creator":
            options |= {"async_creator": create_async} if is_async else {"creator": create}

        async def main() -> None:
            engine = create_async_engine(wrong, **options) if is_async else create_engine(wrong, **options)
            sync_engine = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
            if way == "do_connect":
                event.listen(sync_engine, "do_connect", token)
            assert (await seed(engine, path=seeds)).changed == 2
            assert (await seed(engine, path=seeds)).changed == 0
            if isinstance(engine, AsyncEngine):
                async with engine.connect() as connection:
                    assert (await connection.scalars(text("SELECT count(*) FROM notes"))).one() == 2
                await engine.dispose()
            else:
                with engine.connect() as own:
                    assert own.scalar(text("SELECT count(*) FROM notes")) == 2
                engine.dispose()

        asyncio.run(main())
        assert (asked, notes()) == (1, ["a", "b"])

    def test_a_pool_of_dead_connections(self, new_server: Callable[..., Server], tmp_path: Path) -> None:
        server = new_server().start()
        engine = create_engine(server.url().replace("postgresql:", "postgresql+psycopg:"))
        with engine.connect():
            pass
        server.restart()
        assert seed_sync(engine, only=["tools"]).succeeded == 1
        engine.dispose()

    def test_an_empty_pool_is_waited_for_and_then_said(
        self, database: Database, seeds: SeedFolder, notes: Callable[[], list[str]]
    ) -> None:
        engine = create_engine(by("psycopg", database.url), pool_size=1, max_overflow=0, pool_timeout=0.1)
        with engine.connect(), pytest.raises(StrictnessExceeded) as caught:
            seed_sync(engine, path=seeds, wait_timeout=0)
        assert caught.value.report.exit_code is ExitCode.NOT_READY
        engine.dispose()

    @pytest.mark.parametrize("kind", KINDS)
    def test_no_connection_is_left_open(
        self, database: Database, seeds: SeedFolder, notes: Callable[[], list[str]], kind: str
    ) -> None:
        seeds.write("more.py", ASYNC_NOTE)
        asyncio.run(seeded(database.url, kind, path=seeds, allow_code=True))
        assert notes() == ["a", "b", "c"]
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        while database.scalar(others):
            """A backend takes a moment to go; one that stays ends the test by its time-out."""


class Ticker:
    """Counts the turns that a task of the application's has of the event loop."""

    def __init__(self) -> None:
        self.ticks = 0

    async def tick(self, times: int) -> None:
        """Wait until it has had so many more turns."""
        wanted = self.ticks + times
        while self.ticks < wanted:  # noqa: ASYNC110 - what is counted is how often this and others have their turn
            await asyncio.sleep(0)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    async def _run(self) -> None:
        while True:
            self.ticks += 1
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("kind", ["async psycopg", "sync psycopg", "text"])
class TestEventLoop:
    def test_it_turns_while_a_lock_is_waited_for(
        self, database: Database, seeds: SeedFolder, notes: Callable[[], list[str]], kind: str
    ) -> None:
        async def main() -> Report:
            async with Ticker() as ticker:
                run = asyncio.create_task(seeded(database.url, kind, path=seeds))
                await ticker.tick(100)
                assert not run.done()
                gate.open()
                return await run

        with Gate(database, Lock("table", "public.notes").key) as gate:
            assert asyncio.run(main()).changed == 2

    def test_it_turns_while_the_database_is_waited_for(
        self, seeds: SeedFolder, kind: str, new_server: Callable[..., Server]
    ) -> None:
        seeds.write("notes.yaml", ROWS + 'ddl: "CREATE TABLE notes (body text PRIMARY KEY)"\n')
        server = new_server(port=str(free_port()))

        async def main() -> Report:
            async with Ticker() as ticker:
                run = asyncio.create_task(seeded(server.url(), kind, path=seeds, allow_code=True))
                await ticker.tick(100)
                assert not run.done()
                await asyncio.to_thread(server.start)
                return await run

        assert asyncio.run(main()).changed == 2

    def test_it_turns_while_many_rows_are_read_and_sent(
        self, database: Database, seeds: SeedFolder, notes: Callable[[], list[str]], kind: str
    ) -> None:
        seeds.write("notes.yaml", "table: notes\nkey: [body]\nrows: !file notes.csv\n")
        seeds.write("notes.csv", "body\n" + "".join(f"{number}\n" for number in range(5000)))

        async def main() -> int:
            async with Ticker() as ticker:
                run = asyncio.create_task(seeded(database.url, kind, path=seeds))
                await ticker.tick(1)
                before = ticker.ticks
                await run
                return ticker.ticks - before

        turns = asyncio.run(main())
        assert len(notes()) == 5000
        assert turns > 5

    @pytest.mark.parametrize("code", ["sql", "copy", "async", "sync", "own"])
    def test_cancelled_it_rolls_back(
        self, database: Database, seeds: SeedFolder, notes: Callable[[], list[str]], kind: str, code: str
    ) -> None:
        call = "session.execute(text(\"INSERT INTO notes VALUES ('mine')\"))"
        wait = 'session.execute(text("SELECT pg_advisory_xact_lock(7)"))'
        sources = {
            "sql": ("z.sql", "INSERT INTO notes VALUES ('mine'); SELECT pg_advisory_xact_lock(7);"),
            "copy": ("z.sql", "COPY waits FROM stdin;\n" + "7\n" * 100_000 + "\\.\n"),
            "async": (
                "z.py",
                f"from sqlalchemy import text\nasync def seed_async(session):\n    await {call}\n    await {wait}\n",
            ),
            "sync": (
                "z.py",
                f"from sqlalchemy import text\ndef seed_sync(session):\n    {call}\n    {wait}\n",
            ),
            "own": (
                "z.py",
                (
                    "import asyncio\nimport psycopg\nasync def main():\n"
                    f"    async with await psycopg.AsyncConnection.connect({database.dsn!r}) as own:\n"
                    "        await own.execute(\"INSERT INTO notes VALUES ('mine')\")\n"
                    "        await own.execute('SELECT pg_advisory_xact_lock(7)')\n"
                    "def seed():\n    try:\n        asyncio.run(main())\n    except Exception:\n        pass\n"
                ),
            ),
        }
        database.execute(
            "CREATE TABLE waits (key int); CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_advisory_xact_lock(new.key); RETURN new; END $$; "
            "CREATE TRIGGER wait BEFORE INSERT ON waits FOR EACH ROW EXECUTE FUNCTION wait()"
        )
        seeds.write(*sources[code])

        async def main(gate: Gate) -> None:
            run = asyncio.create_task(seeded(database.url, kind, path=seeds, allow_code=True))
            await asyncio.to_thread(gate.wait_for_somebody)
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run

        with Gate(database, 7) as gate:
            asyncio.run(main(gate))
            assert notes() == ["a", "b"]
            held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid <> 7"
            assert database.scalar(held) == 0

    def test_cancelled_while_it_waits_for_the_database(self, kind: str) -> None:
        never = f"postgresql://postgres@{HOST}:{free_port()}/postgres"

        async def main() -> None:
            async with Ticker() as ticker:
                run = asyncio.create_task(seeded(never, kind))
                await ticker.tick(20)
                run.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await run

        asyncio.run(main())

    def test_cancelled_while_it_waits_for_a_lock(
        self, database: Database, seeds: SeedFolder, notes: Callable[[], list[str]], kind: str
    ) -> None:
        async def main() -> None:
            async with Ticker() as ticker:
                run = asyncio.create_task(seeded(database.url, kind, path=seeds))
                await ticker.tick(100)
                run.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await run

        with Gate(database, Lock("table", "public.notes").key):
            asyncio.run(main())
        assert notes() == []

    def test_async_code_runs_in_the_applications_own_loop(
        self, database: Database, seeds: SeedFolder, notes: Callable[[], list[str]], kind: str
    ) -> None:
        seeds.write(
            "z.py",
            "import asyncio\nasync def seed_async(session):\n"
            "    asyncio.loops.append(asyncio.get_running_loop())\n",
        )
        asyncio.loops = []  # type: ignore[attr-defined]  # a place that the module can reach

        async def main() -> None:
            await seeded(database.url, kind, path=seeds, allow_code=True)
            assert asyncio.loops == [asyncio.get_running_loop()]  # type: ignore[attr-defined]

        asyncio.run(main())
        del asyncio.loops  # type: ignore[attr-defined]

    def test_a_cancellation_of_the_codes_own_is_its_failure(
        self, database: Database, seeds: SeedFolder, notes: Callable[[], list[str]], kind: str
    ) -> None:
        seeds.write(
            "a.py", "import asyncio\nasync def seed_async(session):\n    raise asyncio.CancelledError\n"
        )
        with pytest.raises(StrictnessExceeded) as caught:
            asyncio.run(seeded(database.url, kind, path=seeds, allow_code=True))
        report = caught.value.report
        assert (report.exit_code, report.succeeded, report.failed) == (ExitCode.FAILED, 1, 1)
        assert notes() == ["a", "b"]

    def test_code_with_its_own_session_does_not_hold_it_up(
        self, database: Database, seeds: SeedFolder, notes: Callable[[], list[str]], kind: str
    ) -> None:
        seeds.write(
            "z.py",
            f"import psycopg\ndef seed():\n    with psycopg.connect({database.dsn!r}) as own:\n"
            "        own.execute('SELECT pg_advisory_xact_lock(7)')\n",
        )

        async def main(gate: Gate) -> Report:
            async with Ticker() as ticker:
                run = asyncio.create_task(seeded(database.url, kind, path=seeds, allow_code=True))
                await asyncio.to_thread(gate.wait_for_somebody)
                await ticker.tick(20)
                gate.open()
                return await run

        with Gate(database, 7) as gate:
            assert asyncio.run(main(gate)).succeeded == 2


class TestCancelledAtABadMoment:
    """What a driver, or `wait_for` of Python 3.11, swallows of a cancellation, the run still hears of."""

    @pytest.mark.parametrize("attempt", [1, 2])
    def test_as_an_attempt_to_connect_ends(self, attempt: int) -> None:
        never = f"postgresql+psycopg://postgres@{HOST}:{free_port()}/postgres"

        async def main() -> int:
            attempts = 0

            def refuse(*_: object) -> None:
                nonlocal attempts
                attempts += 1
                if attempts == attempt:
                    run.cancel()
                raise psycopg.OperationalError("refused")

            async with async_engine(never) as engine:
                event.listen(engine.sync_engine, "do_connect", refuse)
                run = asyncio.create_task(seed(engine, wait_timeout=10))
                with pytest.raises(asyncio.CancelledError):
                    await run
            return attempts

        assert asyncio.run(main()) == attempt

    @pytest.mark.parametrize("kind", ["async psycopg", "sync psycopg", "text"])
    @pytest.mark.parametrize("ticks", [1, 5, 20, 40, 60, 80])
    def test_at_any_moment(
        self, database: Database, seeds: SeedFolder, notes: Callable[[], list[str]], kind: str, ticks: int
    ) -> None:
        async def main() -> bool:
            async with Ticker() as ticker:
                run = asyncio.create_task(seeded(database.url, kind, path=seeds))
                await ticker.tick(ticks)
                heard = run.cancel()
                await asyncio.wait([run])
                assert run.cancelled() is heard
                return heard

        heard = asyncio.run(main())
        assert notes() in ([["a", "b"]] if not heard else [[], ["a", "b"]])
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        assert database.scalar(held) == 0


class TestLogs:
    def test_it_logs_by_the_applications_standard_logging(
        self,
        engine: Engine,
        seeds: SeedFolder,
        notes: Callable[[], list[str]],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        structlog.reset_defaults()
        with caplog.at_level(logging.INFO, logger="seeder"):
            seed_sync(engine, path=seeds)
        assert any(message.startswith("run.finished") for message in caplog.messages)

    def test_the_password_is_in_none_of_it(
        self, server: Server, seeds: SeedFolder, caplog: pytest.LogCaptureFixture
    ) -> None:
        address = f"postgresql+psycopg2://nobody:s3cret-word@{HOST}:{free_port()}/x"
        with caplog.at_level(logging.DEBUG), pytest.raises(StrictnessExceeded) as caught:
            seed_sync(make_url(address), wait_timeout=0, debug=True)
        assert "s3cret-word" not in caplog.text
        assert "s3cret-word" not in str(caught.value.report.to_dict())


def test_the_version_is_known() -> None:
    assert seeder.__version__

"""The lifespan on a real database: with every kind of engine, and without holding up the event loop."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import structlog
from fastapi import FastAPI
from sqlalchemy import Engine as SyncEngine
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from seeder import StrictnessExceeded
from seeder.fastapi import seeding
from tests.integration.footprint import footprint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from seeder.run.library import Database as Engine
    from tests.integration.commandline import SeedFolder
    from tests.integration.postgres import Database

pytestmark = pytest.mark.newest_server

TOOLS = "key: [name]\nrows: [{name: hammer}, {name: saw}]\n"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AUTO_SEED_DATABASE", "SEED_DEBUG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tools(database: Database, seeds: SeedFolder) -> Database:
    """A database with an empty table, and a seed file for it."""
    database.execute("CREATE TABLE tools (name text PRIMARY KEY)")
    seeds.write("tools.yaml", TOOLS)
    return database


def names(database: Database) -> list[str]:
    return [name for (name,) in database.rows("SELECT name FROM tools ORDER BY name")]


async def served(app: FastAPI) -> None:
    """Start the application and stop it again."""
    async with app.router.lifespan_context(app):
        pass


def psycopg_async(url: str) -> Engine:
    return create_async_engine(url.replace("postgresql:", "postgresql+psycopg:"))


def asyncpg(url: str) -> Engine:
    return create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))


def psycopg_sync(url: str) -> Engine:
    return create_engine(url.replace("postgresql:", "postgresql+psycopg:"))


def only_a_url(url: str) -> Engine:
    return url


async def dispose(engine: Engine) -> None:
    if isinstance(engine, AsyncEngine):
        await engine.dispose()
    elif isinstance(engine, SyncEngine):
        engine.dispose()


every_engine = pytest.mark.parametrize("engine", [psycopg_async, asyncpg, psycopg_sync, only_a_url])


@every_engine
def test_the_seeds_are_there_before_the_application_serves(
    tools: Database, seeds: SeedFolder, engine: Callable[[str], Engine]
) -> None:
    found: list[str] = []

    @asynccontextmanager
    async def serving(_app: FastAPI) -> AsyncIterator[None]:
        found.extend(names(tools))
        yield

    async def run() -> Any:
        connectable = engine(tools.url)
        app = FastAPI(lifespan=seeding(connectable, path=seeds, lifespan=serving))
        await served(app)
        await served(app)
        await dispose(connectable)
        return app.state.seeder_report

    report = asyncio.run(run())
    assert found == ["hammer", "saw"] * 2
    assert report.changed == 0
    assert footprint(tools).written["public.tools"] == (2, 0, 0)


@every_engine
def test_the_event_loop_goes_on_while_the_run_waits(
    tools: Database, seeds: SeedFolder, engine: Callable[[str], Engine]
) -> None:
    """Whoever holds the table lets go in the same event loop: a run that blocks it would wait for ever."""

    async def run() -> None:
        connectable = engine(tools.url)
        app = FastAPI(lifespan=seeding(connectable, path=seeds, lock_timeout=60))
        async with await psycopg.AsyncConnection.connect(tools.dsn) as holder:
            await holder.execute("LOCK TABLE tools IN ACCESS EXCLUSIVE MODE")
            start = asyncio.create_task(served(app))
            waiting = (
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            async with await psycopg.AsyncConnection.connect(tools.dsn, autocommit=True) as watcher:
                while not start.done():
                    row = await (await watcher.execute(waiting)).fetchone()
                    if row is not None and row[0]:
                        break
                    await asyncio.sleep(0.01)
            assert not start.done()
            await holder.rollback()
            await start
        await dispose(connectable)

    asyncio.run(run())
    assert names(tools) == ["hammer", "saw"]


def test_switched_off_the_database_is_not_touched(
    seeds: SeedFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AUTO_SEED_DATABASE", "off")
    app = FastAPI(lifespan=seeding("postgresql://nobody@127.0.0.1:1/nothing", path=seeds))
    with caplog.at_level(logging.INFO, logger="seeder"):
        asyncio.run(served(app))
    assert "seeding is switched off" in app.state.seeder_report.reason
    assert "database.waiting" not in caplog.text


def test_it_starts_or_not_when_a_seeder_fails(tools: Database, seeds: SeedFolder) -> None:
    seeds.write("saws.yaml", TOOLS)  # there is no such table
    with pytest.raises(StrictnessExceeded) as raised:
        asyncio.run(served(FastAPI(lifespan=seeding(tools.url, path=seeds))))
    assert raised.value.report.failed == 1

    app = FastAPI(lifespan=seeding(tools.url, path=seeds, on_failure="log"))
    asyncio.run(served(app))
    assert app.state.seeder_report.exit_code == 1
    assert app.state.seeder_report.succeeded == 1
    assert names(tools) == ["hammer", "saw"]

    app = FastAPI(lifespan=seeding(tools.url, path=seeds, strictness=1))
    asyncio.run(served(app))
    assert app.state.seeder_report.exit_code == 0


def test_a_database_that_never_comes_is_a_failure_like_another(seeds: SeedFolder) -> None:
    seeds.write("tools.yaml", TOOLS)
    app = FastAPI(
        lifespan=seeding(
            "postgresql://nobody@127.0.0.1:1/nothing", path=seeds, wait_timeout=0, on_failure="log"
        )
    )
    asyncio.run(served(app))
    assert app.state.seeder_report.exit_code == 4


@pytest.fixture
def structured() -> Iterator[list[Any]]:
    """An application's own structlog: what it was given."""
    entries: list[Any] = []

    def keep(_logger: object, _method: str, event: Any) -> str:
        entries.append(dict(event))
        raise structlog.DropEvent

    structlog.configure(processors=[structlog.processors.add_log_level, keep])
    yield entries
    structlog.reset_defaults()


def test_it_logs_through_the_application(
    tools: Database, seeds: SeedFolder, structured: list[Any], capfd: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(served(FastAPI(lifespan=seeding(tools.url, path=seeds))))
    events = [entry["event"] for entry in structured]
    assert events[0] == "run.started"
    assert events[-1] == "run.finished"
    assert len({entry["run_id"] for entry in structured}) == 1
    assert capfd.readouterr().out == ""

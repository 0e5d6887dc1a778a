"""The application: `uvicorn helpdesk.main:create_app --factory`."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from alembic.script import ScriptDirectory
from fastapi import FastAPI
from seeder.fastapi import seeding
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from helpdesk.api import router
from helpdesk.settings import MIGRATIONS, SEEDS, Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application. It seeds before it serves, unless AUTO_SEED_DATABASE is false."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s:     %(name)s: %(message)s")
    settings = settings or Settings.from_environment()
    engine = create_async_engine(settings.database_url)

    @asynccontextmanager
    async def serving(app: FastAPI) -> AsyncIterator[None]:
        app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
        yield
        await engine.dispose()

    app = FastAPI(
        title="Help desk",
        lifespan=seeding(
            engine,
            path=SEEDS,
            environment=settings.environment,
            release=settings.release,
            wait_for=[f"alembic:{newest_migration()}"],
            lifespan=serving,
        ),
    )
    app.include_router(router)
    return app


def newest_migration() -> str | None:
    """The revision that this version of the application, and so its seeds, are made for."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()

"""A connection lent to asyncio: the same session and transaction, for as long as the lender waits."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

import psycopg
from sqlalchemy import URL, NullPool
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialectAsync_psycopg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from seeder.postgres.dialect import Quiet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

_NAME: Final = "postgresql+seeder_lent"


class _Lent(psycopg.AsyncConnection[Any]):
    """psycopg's asynchronous connection over the libpq connection of a synchronous one, whose it stays."""

    def __del__(self, *_: Any) -> None:
        """Say nothing of a connection left open: closing it is the lender's."""


class LentDialect(Quiet, PGDialectAsync_psycopg):  # type: ignore[misc]  # as in Dialect
    """Neither begins nor ends anything: the transaction is the lender's. Savepoints are the borrower's own."""

    supports_statement_cache = True

    @classmethod
    def get_async_dialect_cls(cls, url: URL) -> type[LentDialect]:  # noqa: ARG003 - the same for each
        """This one, where psycopg's would name its own."""
        return cls

    def _leave(self, dbapi_connection: Any) -> None: ...

    do_begin = do_commit = do_rollback = do_close = do_terminate = _leave


registry.register(_NAME.replace("+", "."), __name__, LentDialect.__name__)


@contextlib.asynccontextmanager
async def lent(connection: Connection) -> AsyncIterator[AsyncConnection]:
    """`connection`, which is in a transaction, for the asyncio code inside; nobody else may use it meanwhile.

    A connection of an asynchronous engine is used as it is.
    """
    if connection.dialect.is_async:
        yield AsyncConnection(AsyncEngine(connection.engine), connection)
        return
    driver: Any = connection.connection.driver_connection
    pgconn = driver.pgconn
    handlers = pgconn.notice_handler, pgconn.notify_handler

    async def borrow() -> _Lent:
        borrowed = _Lent(pgconn)
        # The names of prepared statements are counted by each of the two for itself, and would meet.
        borrowed.prepare_threshold = None
        return borrowed

    engine = create_async_engine(
        URL.create(_NAME), poolclass=NullPool, async_creator=borrow, use_native_hstore=False
    )
    try:
        # Begun here in name alone, so that a session on it begins, commits and rolls back savepoints.
        async with engine.connect() as own, own.begin():
            yield own
    finally:
        pgconn.notice_handler, pgconn.notify_handler = handlers

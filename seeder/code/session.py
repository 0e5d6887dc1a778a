"""The session of a Python seeder: SQLAlchemy's, on the connection of the run and in its transaction."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeVar

import psycopg
from psycopg.abc import AdaptContext, PQGen
from psycopg.adapt import AdaptersMap
from psycopg.pq.abc import PGconn
from sqlalchemy import URL, NullPool, create_engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg, PGDialectAsync_psycopg
from sqlalchemy.orm import Session

from seeder.postgres.connection import Connection
from seeder.postgres.patience import Patience

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


T = TypeVar("T")

_NAME: Final = "postgresql+seeder"

# To commit and to roll back is to end a savepoint: the transaction is the run's.
_OPTIONS: Final[dict[str, Any]] = {"join_transaction_mode": "create_savepoint", "expire_on_commit": False}


@contextlib.contextmanager
def session_on(connection: Connection) -> Iterator[Session]:
    """A session in the transaction that `connection` is in. Nobody else may use the connection meanwhile."""
    with _notices_kept(connection):
        engine = create_engine(URL.create(_NAME), **_engine_options(connection))
        # Begun in name alone, so that the session begins and ends savepoints.
        with engine.connect() as own, own.begin(), Session(own, **_OPTIONS) as session:
            yield session


@contextlib.asynccontextmanager
async def async_session_on(connection: Connection) -> AsyncIterator[AsyncSession]:
    """As `session_on`, for asyncio."""
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

    with _notices_kept(connection):
        engine = create_async_engine(URL.create(_NAME), **_engine_options(connection))
        async with engine.connect() as own, own.begin(), AsyncSession(own, **_OPTIONS) as session:
            yield session


def _engine_options(connection: Connection) -> dict[str, Any]:
    return {
        "poolclass": NullPool,
        "use_native_hstore": False,
        "connect_args": {"pgconn": connection.pgconn, "patience": connection.patience},
    }


@contextlib.contextmanager
def _notices_kept(connection: Connection) -> Iterator[None]:
    pgconn = connection.pgconn
    handlers = pgconn.notice_handler, pgconn.notify_handler
    try:
        yield
    finally:
        pgconn.notice_handler, pgconn.notify_handler = handlers


class _Lent:
    """A connection over the libpq connection of another, whose it stays."""

    patience: Patience
    """That of the lender."""

    def __del__(self, *_: Any) -> None:
        """Say nothing of a connection left open: closing it is the lender's."""


class _LentConnection(_Lent, psycopg.Connection[Any]):
    def wait(self, gen: PQGen[T], *args: Any, **more: Any) -> T:
        return super().wait(self.patience.bounded(self.pgconn, gen), *args, **more)


class _LentAsyncConnection(_Lent, psycopg.AsyncConnection[Any]):
    async def wait(self, gen: PQGen[T], *args: Any, **more: Any) -> T:
        return await super().wait(self.patience.bounded(self.pgconn, gen), *args, **more)


C = TypeVar("C", _LentConnection, _LentAsyncConnection)


def _set_up(connection: C, context: AdaptContext, patience: Patience) -> C:
    connection.patience = patience
    connection._adapters = AdaptersMap(context.adapters)  # noqa: SLF001 - as psycopg's own connect sets it
    # Prepared statements are named by a counter, and those of the lender are too.
    connection.prepare_threshold = None
    return connection


class _LentDialect:
    """Neither begins nor ends anything: the transaction is the run's. Savepoints are the session's own."""

    def _leave(self, dbapi_connection: Any) -> None: ...

    do_begin = do_commit = do_rollback = do_close = do_terminate = _leave


class SyncDialect(_LentDialect, PGDialect_psycopg):
    """The dialect of a session."""

    supports_statement_cache = True

    def connect(self, *_: Any, pgconn: PGconn, patience: Patience, context: AdaptContext) -> Any:
        """A connection over `pgconn`."""
        return _set_up(_LentConnection(pgconn), context, patience)

    @classmethod
    def get_async_dialect_cls(cls, url: URL) -> type[AsyncDialect]:  # noqa: ARG003 - the same for each
        """The one for asyncio."""
        return AsyncDialect


class AsyncDialect(_LentDialect, PGDialectAsync_psycopg):
    """The dialect of a session in asyncio."""

    supports_statement_cache = True

    def connect(self, *_: Any, pgconn: PGconn, patience: Patience, context: AdaptContext) -> Any:
        """A connection over `pgconn`."""

        async def lent() -> psycopg.AsyncConnection[Any]:
            return _set_up(_LentAsyncConnection(pgconn), context, patience)

        return self.loaded_dbapi.connect(async_creator_fn=lent)


registry.register(_NAME.replace("+", "."), __name__, SyncDialect.__name__)

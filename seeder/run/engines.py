"""Connections of an application's engine, its own way to connect and its pool included."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import psycopg
from psycopg import pq
from psycopg.pq.abc import PGconn
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from seeder.postgres.connection import Connection
from seeder.postgres.failures import original
from seeder.postgres.waiting import Connect, connect_interruptibly
from seeder.run.background import Background

if TYPE_CHECKING:
    import sqlalchemy
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_Lent: TypeAlias = "tuple[AsyncConnection, PGconn]"

# Asked by SQLAlchemy, which forgets all connections of its pool if it finds that one is dead.
_STANDBY: Final = "SELECT pg_catalog.pg_is_in_recovery()"

_AGAIN: Final = 0.1
"""Seconds after which an attempt to connect that was cancelled, and goes on, is cancelled again."""


def connect_by(engine: sqlalchemy.Engine) -> Connect:
    """How to connect by a synchronous engine on psycopg."""
    return lambda seconds: connect_interruptibly(lambda: _borrow(engine), seconds)


def connect_in_event_loop(engine: AsyncEngine, background: Background) -> Connect:
    """How to connect by an asynchronous engine on psycopg: in the event loop of the application."""

    def give_back(lender: AsyncConnection, *, usable: bool) -> None:
        returning = _give_back(lender, usable=usable)
        asyncio.run_coroutine_threadsafe(returning, background.loop).result()

    def connect(seconds: float) -> Connection:
        lent: list[_Lent] = []

        async def attempt() -> None:
            lent.append(await _connected(engine, seconds))

        try:
            with _as_psycopg():
                background.run(attempt)
        except BaseException:
            # Cancelled between the end of the attempt and the moment at which this thread hears of it.
            for lender, _ in lent:
                give_back(lender, usable=True)
            raise
        ((lender, pgconn),) = lent
        return Borrowed(pgconn, functools.partial(give_back, lender))

    return connect


class Borrowed(Connection):
    """A connection over the libpq connection of an engine's, which is given back by `close`.

    The engine's own has kept its settings, such as its isolation level, because nobody has used it meanwhile.
    """

    def __init__(self, pgconn: PGconn, give_back: Callable[..., None]) -> None:
        self._handlers = pgconn.notice_handler, pgconn.notify_handler
        self._give_back: Callable[..., None] | None = give_back
        super().__init__(pgconn)

    def close(self) -> None:
        """Roll back what is not committed, and give the connection back."""
        if (give_back := self._give_back) is None:
            return
        self._give_back = None
        self.try_rollback()
        self.pgconn.notice_handler, self.pgconn.notify_handler = self._handlers
        give_back(usable=self.info.transaction_status == pq.TransactionStatus.IDLE)

    @property
    def closed(self) -> bool:
        """Whether it was given back, or lost."""
        return self._give_back is None or super().closed

    def __del__(self, *_: Any) -> None:
        """Say nothing of a connection left open: closing it is the engine's."""


def _borrow(engine: sqlalchemy.Engine) -> Connection:
    with _as_psycopg():
        lender = engine.connect()
        try:
            pgconn = _checked(lender)
        except BaseException:
            lender.close()
            raise

    def give_back(*, usable: bool) -> None:
        if not usable:
            lender.invalidate()
        lender.close()

    return Borrowed(pgconn, give_back)


async def _connected(engine: AsyncEngine, seconds: float) -> _Lent:
    # Not `wait_for`: that of Python 3.11 swallows a cancellation that arrives as the attempt ends.
    attempt = asyncio.create_task(_connect(engine))
    try:
        await asyncio.wait([attempt], timeout=seconds)
        if attempt.done():
            return attempt.result()
    except asyncio.CancelledError:
        await _given_up(attempt)
        raise
    await _given_up(attempt)
    raise TimeoutError


async def _connect(engine: AsyncEngine) -> _Lent:
    lender = await engine.connect()
    try:
        return lender, await lender.run_sync(_checked)
    except BaseException:
        await lender.close()
        raise


async def _given_up(attempt: asyncio.Task[_Lent]) -> None:
    while not attempt.done():
        # More than once, because the driver may have swallowed the first one.
        attempt.cancel()
        await asyncio.wait([attempt], timeout=_AGAIN)
    if not attempt.cancelled() and attempt.exception() is None:
        await attempt.result()[0].close()


async def _give_back(lender: AsyncConnection, *, usable: bool) -> None:
    if not usable:
        await lender.invalidate()
    await lender.close()


def _checked(lender: sqlalchemy.Connection) -> PGconn:
    # A connection that the pool has had for long may lead to what is a standby by now.
    driver: Any = lender.connection.driver_connection
    if lender.exec_driver_sql(_STANDBY).scalar():
        # In the words of libpq, which asks the same of the connections that it makes for us.
        where = f'connection to server at "{driver.info.host}", port {driver.info.port}'
        raise psycopg.OperationalError(f"{where} failed: server is in hot standby mode")
    lender.rollback()
    pgconn: PGconn = driver.pgconn
    return pgconn


@contextlib.contextmanager
def _as_psycopg() -> Iterator[None]:
    """Raise SQLAlchemy's errors as those of psycopg that they hold, and an empty pool as a time-out."""
    try:
        yield
    except PoolTimeoutError:
        raise TimeoutError from None
    except DBAPIError as error:
        raise original(error) from None

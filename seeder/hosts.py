"""How a run waits inside an application that uses asyncio: in its event loop, or in a thread beside it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import itertools
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import psycopg
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.util import await_only, greenlet_spawn
from sqlalchemy.util.concurrency import in_greenlet

from seeder.database.copying import TURN
from seeder.database.failures import DATABASE_ERRORS
from seeder.database.waiting import connect_interruptibly
from seeder.errors import ExitCode, Interrupted
from seeder.files import DataSeeder
from seeder.host import Host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine

    from seeder.files import Seeder
    from seeder.files.model import Row, RowSource

T = TypeVar("T")

_CANCEL_WITHIN: Final = 5.0
"""Seconds in which the server is told that nobody waits for a statement any more."""


_STATE: Final = text(
    "SELECT pg_catalog.current_setting('transaction_read_only') OPERATOR(pg_catalog.=) 'on', "
    "pg_catalog.pg_is_in_recovery()"
)


def fit(connection: Connection) -> Connection:
    """Give a connection of an application's engine what a run needs, until it goes back to its pool.

    A connection that the pool has had for long may be dead, or may lead to what is a standby by now; that is found
    out here, where it is tried again.
    """
    fitted = connection.execution_options(isolation_level="READ COMMITTED", schema_translate_map=None)
    try:
        read_only, standby = fitted.execute(_STATE).one()
        fitted.rollback()
        if standby:
            raise OperationalError(None, None, psycopg.OperationalError("session is read-only"))
        if read_only:
            _allow_writing(fitted)
    except BaseException:
        fitted.close()
        raise
    return fitted


def _allow_writing(connection: Connection) -> None:
    """Begin transactions as READ WRITE, until the connection goes back to its pool."""
    # SQLAlchemy's own option is undone to False, and not to what the connection had.
    dialect: Any = connection.dialect
    before = dialect.get_readonly(connection.connection.dbapi_connection)
    dialect.set_readonly(connection.connection.dbapi_connection, False)
    record: Any = connection.connection._connection_record  # noqa: SLF001 - what else runs when it goes back
    record.finalize_callback.append(lambda returned: dialect.set_readonly(returned, before))


def connect_fittingly(engine: Engine, seconds: float) -> Connection:
    """Connect as `connect_interruptibly` does, by an application's engine. A pool that is empty is a time-out."""
    try:
        return fit(connect_interruptibly(engine, seconds))
    except PoolTimeoutError:
        raise TimeoutError from None


# In the event loop


def in_event_loop() -> Host:
    """The host of a run in a greenlet of this thread's event loop, by an asynchronous engine."""
    return Host(
        sleep=lambda seconds: await_only(asyncio.sleep(seconds)),
        connect=_connect_in_loop,
        await_=lambda make: await_only(make()),
        call=lambda function: await_only(asyncio.to_thread(function)),
        prefers_async=True,
    )


def _connect_in_loop(engine: Engine, seconds: float) -> Connection:
    try:
        return await_only(asyncio.wait_for(greenlet_spawn(lambda: fit(engine.connect())), seconds))
    except PoolTimeoutError:
        raise TimeoutError from None


def giving_way(seeder: Seeder) -> Seeder:
    """The seeder with rows that let the event loop have its turn while they are read."""
    return replace(seeder, source=_GivingWay(seeder.source)) if isinstance(seeder, DataSeeder) else seeder


@dataclass(frozen=True)
class _GivingWay:
    source: RowSource

    def rows(self) -> Iterator[Row]:
        if not in_greenlet():
            # Within a COPY, which gives way by itself.
            yield from self.source.rows()
            return
        rows = self.source.rows()
        # The first one may cost the reading of a whole file.
        first = await_only(asyncio.to_thread(next, rows, None))
        if first is None:
            return
        began = time.monotonic()
        for row in itertools.chain([first], rows):
            yield row
            if time.monotonic() - began > TURN:
                if in_greenlet():
                    await_only(asyncio.sleep(0))
                began = time.monotonic()


# In a thread


async def in_thread(work: Callable[[Host], T]) -> T:
    """Do `work` in a thread, and wait for it. Where this task is cancelled, the work is ended and rolled back."""
    worker = _Worker(asyncio.get_running_loop())
    host = Host(
        sleep=worker.sleep,
        connect=worker.connect,
        await_=worker.await_,
        prefers_async=True,
    )
    done = asyncio.ensure_future(asyncio.to_thread(work, host))
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        await asyncio.shield(asyncio.to_thread(worker.cancel))
        if worker.connected:
            # A connect that hangs is not waited for; nothing has been done yet that would need it.
            await asyncio.wait([done])
        done.add_done_callback(_forget)
        raise


def _forget(done: asyncio.Future[Any]) -> None:
    if not done.cancelled():
        done.exception()


class _Worker:
    """A thread that runs seeders, and how it learns that nobody waits for it any more."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._cancelled = threading.Event()
        self._connection: Connection | None = None
        self._task: asyncio.Task[Any] | None = None

    @property
    def connected(self) -> bool:
        return self._connection is not None

    def sleep(self, seconds: float) -> None:
        self._cancelled.wait(seconds)
        self._check()

    def connect(self, engine: Engine, seconds: float) -> Connection:
        self._check()
        connection = connect_fittingly(engine, seconds)
        event.listen(connection, "before_cursor_execute", self._check)
        self._connection = connection
        if self._cancelled.is_set():
            connection.close()
            self._check()
        return connection

    def await_(self, make: Callable[[], Any]) -> Any:
        """Run a coroutine in the application's own event loop, where what it uses belongs."""
        self._check()
        ended: concurrent.futures.Future[Any] = concurrent.futures.Future()

        def begin() -> None:
            self._task = self._loop.create_task(make())
            self._task.add_done_callback(end)

        def end(task: asyncio.Task[Any]) -> None:
            # Not before the task has ended, for it uses this thread's connection until then.
            if task.cancelled():
                ended.set_exception(Interrupted(ExitCode.INTERRUPTED))
            elif (error := task.exception()) is not None:
                ended.set_exception(error)
            else:
                ended.set_result(task.result())

        self._loop.call_soon_threadsafe(begin)
        try:
            return ended.result()
        finally:
            self._task = None
            self._check()

    def cancel(self) -> None:
        """End what is in hand. Called in another thread."""
        self._cancelled.set()
        if (task := self._task) is not None:
            self._loop.call_soon_threadsafe(task.cancel)
        elif (connection := self._connection) is not None and not connection.closed:
            with contextlib.suppress(*DATABASE_ERRORS, AttributeError):
                driver: Any = connection.connection.driver_connection
                driver.cancel_safe(timeout=_CANCEL_WITHIN)

    def _check(self, *_: Any) -> None:
        if self._cancelled.is_set():
            raise Interrupted(ExitCode.INTERRUPTED)

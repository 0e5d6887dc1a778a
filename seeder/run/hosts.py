"""How a run waits inside an application that uses asyncio: in its event loop, or in a thread beside it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
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

from seeder.code.event_loop import sharing
from seeder.code.host import Host
from seeder.errors import ExitCode, Interrupted
from seeder.postgres.copy import TURN
from seeder.postgres.failures import DATABASE_ERRORS
from seeder.postgres.waiting import connect_interruptibly
from seeder.seed_files import DataSeeder

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine

    from seeder.seed_files import Seeder
    from seeder.seed_files.model import Row, RowSource

T = TypeVar("T")

_CANCEL_WITHIN: Final = 5.0
"""Seconds in which the server is told that nobody waits for a statement any more."""

_AGAIN: Final = 0.1
"""Seconds after which an attempt to connect that was cancelled, and goes on, is cancelled again."""

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


class InEventLoop(Host):
    """How a run waits in a greenlet of this thread's event loop, by an asynchronous engine.

    Made in the task that is cancelled where nobody wants the run any more.
    """

    prefers_async = True

    def __init__(self) -> None:
        super().__init__()
        self._loop_outside = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that awaits us is run by a task
        self._task = task
        self._before = task.cancelling()
        self._has_code = False

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self._awaited(asyncio.sleep(seconds))

    def connect(self, engine: Engine, seconds: float) -> Connection:
        """Connect within so many seconds."""
        try:
            connection = await_only(_connected(engine, seconds))
        except PoolTimeoutError:
            raise TimeoutError from None
        finally:
            self.check()
        event.listen(connection, "before_cursor_execute", self.check)
        return connection

    def await_(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine to its end."""
        # Code may be about to end after a time-out of its own, which is a cancellation too until it is over.
        self._has_code = True
        try:
            return await_only(make())
        except asyncio.CancelledError as error:
            if self._cancelled:
                raise
            # The code's own. As itself it would pass for the cancellation of the run.
            raise concurrent.futures.CancelledError from error
        finally:
            self._has_code = False
            self.check()

    def call(self, function: Callable[[], T]) -> T:
        """Call a function that may block for long, in a thread; coroutines that it runs itself run in the loop."""
        door = _Door(self._loop_outside)

        def work() -> T:
            with sharing(door.await_):
                return function()

        try:
            return self._awaited(asyncio.to_thread(work))
        except BaseException:
            door.close()
            raise

    def sharing(self) -> AbstractContextManager[None]:
        """Nothing: the loop runs in this thread, and no other can be entered."""
        return contextlib.nullcontext()

    def check(self, *_: Any) -> None:
        """Raise `CancelledError` where the task was cancelled, and whoever waited did not pass it on.

        A driver may swallow it that comes as what it waits for ends. The run would go on as if nothing had been said.
        """
        if self._cancelled and not self._has_code:
            raise asyncio.CancelledError

    @property
    def _cancelled(self) -> bool:
        return self._task.cancelling() > self._before

    def _awaited(self, awaitable: Awaitable[T]) -> T:
        try:
            return await_only(awaitable)
        finally:
            self.check()


async def _connected(engine: Engine, seconds: float) -> Connection:
    # Not `wait_for`: that of Python 3.11 swallows a cancellation that arrives as the attempt ends.
    attempt = asyncio.create_task(greenlet_spawn(lambda: fit(engine.connect())))
    try:
        await asyncio.wait([attempt], timeout=seconds)
        if attempt.done():
            return attempt.result()
    except asyncio.CancelledError:
        await _given_up(attempt)
        raise
    await _given_up(attempt)
    raise TimeoutError


async def _given_up(attempt: asyncio.Task[Connection]) -> None:
    while not attempt.done():
        # More than once, because the driver may have swallowed the first one.
        attempt.cancel()
        await asyncio.wait([attempt], timeout=_AGAIN)
    if not attempt.cancelled() and attempt.exception() is None:
        await greenlet_spawn(attempt.result().close)


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
    host = _InThread(asyncio.get_running_loop())
    done = asyncio.ensure_future(asyncio.to_thread(work, host))
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        await asyncio.shield(asyncio.to_thread(host.cancel))
        if host.connected:
            # A connect that hangs is not waited for; nothing has been done yet that would need it.
            await asyncio.wait([done])
        done.add_done_callback(_forget)
        raise


def _forget(done: asyncio.Future[Any]) -> None:
    if not done.cancelled():
        done.exception()


class _Door:
    """A thread's way into the application's event loop, until it is closed."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._task: asyncio.Task[Any] | None = None
        self.closed = threading.Event()

    def await_(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine in the event loop, where what it uses belongs."""
        self.check()
        ended: concurrent.futures.Future[T] = concurrent.futures.Future()

        def begin() -> None:
            self._task = task = self._loop.create_task(make())
            task.add_done_callback(end)
            if self.closed.is_set():
                # Closed before there was a task to cancel.
                task.cancel()

        def end(task: asyncio.Task[T]) -> None:
            # Not before the task has ended, for it may use the thread's connection until then.
            if task.cancelled():
                ended.set_exception(concurrent.futures.CancelledError())
            elif (error := task.exception()) is not None:
                ended.set_exception(error)
            else:
                ended.set_result(task.result())

        context = contextvars.copy_context()
        self._loop.call_soon_threadsafe(begin, context=context)
        try:
            return ended.result()
        finally:
            self._task = None
            self.check()

    def close(self) -> bool:
        """Cancel what is in hand, and let nothing in any more. Whether there was anything. For any thread to call."""
        self.closed.set()
        if (task := self._task) is None:
            return False
        self._loop.call_soon_threadsafe(task.cancel)
        return True

    def check(self, *_: Any) -> None:
        """Raise `Interrupted` where it is closed."""
        if self.closed.is_set():
            raise Interrupted(ExitCode.INTERRUPTED)


class _InThread(Host):
    """How a run waits in a thread, and how it learns there that nobody waits for it any more."""

    prefers_async = True

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._door = _Door(loop)
        self._connection: Connection | None = None

    @property
    def connected(self) -> bool:
        """Whether it has come so far that there is something to roll back."""
        return self._connection is not None

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self._door.closed.wait(seconds)
        self._door.check()

    def connect(self, engine: Engine, seconds: float) -> Connection:
        """Connect within so many seconds."""
        self._door.check()
        connection = connect_fittingly(engine, seconds)
        event.listen(connection, "before_cursor_execute", self._door.check)
        self._connection = connection
        if self._door.closed.is_set():
            connection.close()
            self._door.check()
        return connection

    def await_(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine in the application's own event loop."""
        return self._door.await_(make)

    def call(self, function: Callable[[], T]) -> T:
        """Call a function that may block for long, and may run coroutines by itself."""
        with self.sharing():
            return function()

    def cancel(self) -> None:
        """End what is in hand. Called in another thread."""
        if self._door.close():
            return
        if (connection := self._connection) is not None and not connection.closed:
            with contextlib.suppress(*DATABASE_ERRORS, AttributeError):
                driver: Any = connection.connection.driver_connection
                driver.cancel_safe(timeout=_CANCEL_WITHIN)

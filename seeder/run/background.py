"""A run in a thread, beside an application's event loop: it is awaited there, and cancelled from there."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

import psycopg

from seeder.code.shared_loop import sharing
from seeder.errors import ExitCode, Interrupted, out_of_time
from seeder.postgres.connection import Connection
from seeder.postgres.deadline import Deadline
from seeder.postgres.waiting import Connect

T = TypeVar("T")

_CANCEL_WITHIN: Final = 5.0
"""Seconds in which the server is told that nobody waits for a statement any more."""

_AGAIN: Final = 0.2
"""Seconds after which it is told so again: a statement may have been on its way, and not begun."""


async def in_background(work: Callable[[Background], T]) -> T:
    """Do `work` in a thread, and wait for it. If this task is cancelled, the work ends and is rolled back first."""
    background = Background(asyncio.get_running_loop())
    done = asyncio.ensure_future(asyncio.to_thread(work, background))
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        background.cancel()
        # What has just connected is given back. A connect that hangs is not waited for: nothing has been done yet.
        await asyncio.wait([done], timeout=_AGAIN)
        while background.connected and not done.done():
            await asyncio.to_thread(background.cancel_statement)
            await asyncio.wait([done], timeout=_AGAIN)
        done.add_done_callback(_forget)
        raise


def _forget(done: asyncio.Future[Any]) -> None:
    if not done.cancelled():
        done.exception()


class Background:
    """The thread's view of the application: its event loop, and whether it still waits for the run.

    `run` and `call` make it the event loop of Python seeders.
    """

    prefers_async = True

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._task: asyncio.Task[Any] | None = None
        self._connection: Connection | None = None
        self._cancelled = threading.Event()
        self.deadline: Deadline | None = None
        """When the time of the run is up; None is never."""

    def check(self) -> None:
        """Raise `Interrupted` if the run was cancelled."""
        if self._cancelled.is_set():
            raise Interrupted(ExitCode.INTERRUPTED)

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass, or raise `Interrupted`."""
        self._cancelled.wait(seconds)
        self.check()

    def watched(self, connect: Connect) -> Connect:
        """`connect`, for connections on which no statement begins once the run was cancelled."""

        def connect_watched(seconds: float) -> Connection:
            self.check()
            connection = connect(seconds)
            connection.check = self.check
            self._connection = connection
            if self._cancelled.is_set():
                connection.close()
                self.check()
            return connection

        return connect_watched

    def run(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine in the event loop of the application, to which what it uses belongs."""
        self.check()
        ended: concurrent.futures.Future[T] = concurrent.futures.Future()

        def begin() -> None:
            self._task = task = self.loop.create_task(make())
            task.add_done_callback(end)
            if self._cancelled.is_set():
                # Cancelled before there was a task.
                task.cancel()

        def end(task: asyncio.Task[T]) -> None:
            # Not before the task has ended, for it may use the thread's connection until then.
            self._task = None
            if task.cancelled():
                ended.set_exception(concurrent.futures.CancelledError())
            elif (error := task.exception()) is not None:
                ended.set_exception(error)
            else:
                ended.set_result(task.result())

        self.loop.call_soon_threadsafe(begin, context=contextvars.copy_context())
        try:
            return self._in_time(ended)
        finally:
            self.check()

    def _in_time(self, ended: concurrent.futures.Future[T]) -> T:
        """The result, or its exception. When the time is up, the task is cancelled, and `Interrupted` raised."""
        if self.deadline is None:
            return ended.result()
        concurrent.futures.wait([ended], self.deadline.remaining)
        if ended.done():
            return ended.result()
        self.loop.call_soon_threadsafe(self._cancel_task)
        # It may use the thread's connection until it has ended.
        concurrent.futures.wait([ended])
        raise out_of_time(self.deadline.seconds)

    def call(self, function: Callable[[], T]) -> T:
        """Call a function that may run coroutines by itself."""
        with sharing(self.run):
            return function()

    @property
    def connected(self) -> bool:
        """Whether there is something to roll back."""
        return self._connection is not None

    def cancel(self) -> None:
        """End what runs in the event loop, and let nothing begin any more. For the event loop to call."""
        self._cancelled.set()
        self._cancel_task()

    def _cancel_task(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def cancel_statement(self) -> None:
        """End the statement that runs on the connection of the thread. For another thread to call."""
        if self._task is None and (connection := self._connection) is not None:
            with contextlib.suppress(psycopg.Error):
                connection.cancel_safe(timeout=_CANCEL_WITHIN)

"""The event loop of a run that is in none: one for all its Python seeders.

A connection of asyncio's belongs to the event loop in which it was made, and the seed modules of an application share
an engine, and so a pool. In a second event loop the pool would hand out the first one's connections, and every use
fails. So code that would make an event loop of its own, by `asyncio.run(…)` or its like, is given the run's.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import functools
from collections.abc import Callable, Collection
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from sqlalchemy import Engine, event

from seeder.code.shared_loop import Make, is_running, sharing

if TYPE_CHECKING:
    from sqlalchemy import Connection


T = TypeVar("T")

_HURRY: Final = 0.3
"""Seconds for what code has left in the loop to end, if a signal ended the run."""


class OwnLoop:
    """An event loop for a run that is in none: `with OwnLoop() as loop`.

    In a thread whose event loop runs already, and is blocked by the run, it runs in a thread beside that one.
    """

    prefers_async = False

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[Any] | None = None
        self._engines: set[Engine] = set()
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "seeder-loop") if is_running() else None
        event.listen(Engine, "engine_connect", self._note)

    def run(self, make: Make[T]) -> T:
        """Run what `make` makes to its end. If the code cancels itself, that is an exception like any other."""
        return self._here_or_aside(functools.partial(self._run, make))

    def call(self, function: Callable[[], T]) -> T:
        """Call `function`, for which `asyncio.run(…)` means this loop."""

        def work() -> T:
            with sharing(self._run):
                return function()

        return self._here_or_aside(work)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """End what code has left in the loop, as `asyncio.run(…)` would; after a signal, only what ends soon."""
        hurried = kind is not None and not issubclass(kind, Exception)
        event.remove(Engine, "engine_connect", self._note)
        if self._thread is None:
            self._close(hurried=hurried)
            return
        closed = self._thread.submit(self._close, hurried=hurried)
        self._thread.shutdown(wait=False)
        with contextlib.suppress(TimeoutError):
            closed.result(2 * _HURRY if hurried else None)

    def _here_or_aside(self, work: Callable[[], T]) -> T:
        if self._thread is None:
            return work()
        done = self._thread.submit(contextvars.copy_context().run, work)
        try:
            return done.result()
        except BaseException:
            if not done.done() and (task := self._task) is not None:
                self._loop.call_soon_threadsafe(task.cancel)
            raise

    def _run(self, make: Make[T]) -> T:
        task = self._loop.create_task(make())
        self._task = task
        try:
            return self._loop.run_until_complete(task)
        except asyncio.CancelledError as error:
            # As itself it would pass for the cancellation of the run.
            raise concurrent.futures.CancelledError from error
        finally:
            self._task = None
            if not task.done():
                # A signal. The task ends now, while the connection that it may use is still open.
                self._loop.run_until_complete(_cancelled([task], _HURRY))
            if task.done() and not task.cancelled():
                # It is raised already, or is of no interest beside the signal; asyncio is not to complain of it.
                task.exception()

    def _note(self, connection: Connection) -> None:
        if connection.dialect.is_async and is_running() and asyncio.get_running_loop() is self._loop:
            self._engines.add(connection.engine)

    def _close(self, *, hurried: bool) -> None:
        try:
            if not hurried:
                self._loop.run_until_complete(self._ended(asyncio.all_tasks(self._loop)))
                self._loop.run_until_complete(self._loop.shutdown_default_executor())
        except BaseException:
            hurried = True
            raise
        finally:
            try:
                if hurried:
                    self._hurry()
            finally:
                self._loop.close()

    def _hurry(self) -> None:
        # asyncio need not complain of what is left: a signal left it.
        self._loop.set_exception_handler(lambda _loop, _context: None)
        ended = self._loop.create_task(self._ended(asyncio.all_tasks(self._loop)))
        self._loop.run_until_complete(asyncio.wait([ended], timeout=_HURRY))

    async def _ended(self, tasks: Collection[asyncio.Task[Any]]) -> None:
        for task in await _cancelled(tasks, None):
            if not task.cancelled() and (error := task.exception()) is not None:
                said = "unhandled exception while the event loop of the run was closed"
                self._loop.call_exception_handler({"message": said, "exception": error, "task": task})
        for engine in self._engines:
            from sqlalchemy.ext.asyncio import AsyncEngine

            # What is in its pool could be used in no other loop, that of the application that goes on from here say.
            with contextlib.suppress(Exception):
                await AsyncEngine(engine).dispose()
        await self._loop.shutdown_asyncgens()


async def _cancelled(tasks: Collection[asyncio.Task[Any]], seconds: float | None) -> set[asyncio.Task[Any]]:
    """Those of `tasks` that have ended within `seconds` of being cancelled."""
    for task in tasks:
        task.cancel()
    return (await asyncio.wait(tasks, timeout=seconds))[0] if tasks else set()

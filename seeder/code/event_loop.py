"""The event loop of a run: one for all its Python seeders, whatever way their code goes into asyncio.

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
import inspect
import threading
from asyncio import BaseEventLoop
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine, Iterator

    from sqlalchemy import Connection

T = TypeVar("T")

Make = Callable[[], "Coroutine[Any, Any, T]"]
"""What makes a coroutine. It is called where the coroutine is run at once."""

_HURRY: Final = 0.3
"""Seconds for what code has left in the loop to end, where a signal ended the run."""


def is_running() -> bool:
    """Whether an event loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class EventLoop(Protocol):
    """Where the coroutines of all Python seeders of a run are run."""

    prefers_async: bool
    """Which of a module's functions suits better."""

    def run(self, make: Make[T]) -> T:
        """Run what `make` makes to its end. A cancellation of the code's own is an exception like any other."""
        ...

    def call(self, function: Callable[[], T]) -> T:
        """Call `function`, which may block for long, and for which `asyncio.run(…)` means this loop."""
        ...


# The run's own event loop


class OwnLoop:
    """An event loop for a run that is in none. Whoever makes one closes it.

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
        """Run what `make` makes to its end. Where the code cancelled itself, that is an exception like any other."""
        return self._here_or_aside(functools.partial(self._run, make))

    def call(self, function: Callable[[], T]) -> T:
        """Call `function`, for which `asyncio.run(…)` means this loop."""

        def work() -> T:
            with sharing(self._run):
                return function()

        return self._here_or_aside(work)

    def close(self, *, hurried: bool) -> None:
        """End what code has left in the loop as `asyncio.run(…)` would; `hurried`, what does not end soon is left."""
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
            # What is in its pool could be used in no other loop, that of the application that goes on from here say.
            with contextlib.suppress(Exception):
                await AsyncEngine(engine).dispose()
        await self._loop.shutdown_asyncgens()


async def _cancelled(tasks: Collection[asyncio.Task[Any]], seconds: float | None) -> set[asyncio.Task[Any]]:
    """Those of `tasks` that have ended within `seconds` of being cancelled."""
    for task in tasks:
        task.cancel()
    return (await asyncio.wait(tasks, timeout=seconds))[0] if tasks else set()


# What code does to have an event loop


class _Sharing(threading.local):
    """How a coroutine is run in the run's event loop, in a thread that runs a seeder's code."""

    run: Callable[[Make[Any]], Any] | None = None


_sharing = _Sharing()
_lock: Final = threading.Lock()
_users = 0

_run: Final = asyncio.Runner.run
_run_until_complete: Final = BaseEventLoop.run_until_complete
_OF_CLOSING: Final = (
    BaseEventLoop.shutdown_asyncgens.__code__,
    BaseEventLoop.shutdown_default_executor.__code__,
)


@contextlib.contextmanager
def sharing(run: Callable[[Make[Any]], Any]) -> Iterator[None]:
    """Inside, in this thread, code that would make an event loop and run a coroutine in it has it run by `run`.

    That is code that calls `asyncio.run(…)`, a `Runner`, or `run_until_complete(…)` of a loop with no task in it.
    asyncio has no place to say so that will stay (event loop policies go with Python 3.16), so for as long as somebody
    is inside, the two functions that all of these come to are replaced. In other threads they do what they ever did.
    """
    global _users  # noqa: PLW0603 - a process has one asyncio
    with _lock:
        _users += 1
        asyncio.Runner.run = _run_shared  # type: ignore[assignment,method-assign]
        BaseEventLoop.run_until_complete = _run_until_complete_shared  # type: ignore[assignment,method-assign]
    before, _sharing.run = _sharing.run, run
    try:
        yield
    finally:
        _sharing.run = before
        with _lock:
            _users -= 1
            if not _users:
                asyncio.Runner.run = _run  # type: ignore[method-assign]
                BaseEventLoop.run_until_complete = _run_until_complete  # type: ignore[method-assign]


def _run_shared(runner: asyncio.Runner, coro: Any, *, context: contextvars.Context | None = None) -> Any:
    run = _run_here(coro)
    if run is None:
        return _run(runner, coro, context=context)
    return context.run(run) if context is not None else run()


def _run_until_complete_shared(loop: BaseEventLoop, future: Any) -> Any:
    run = _run_here(future)
    # A task can't leave its loop, so a loop that has some is the code's own affair; and so is its end.
    if run is None or getattr(future, "cr_code", None) in _OF_CLOSING or asyncio.all_tasks(loop):
        return _run_until_complete(loop, future)
    return run()


def _run_here(coro: Any) -> Callable[[], Any] | None:
    """What runs `coro` in the event loop that this thread shares, if it does and `coro` can be run there."""
    run = _sharing.run
    if run is None or not asyncio.iscoroutine(coro) or is_running():
        return None

    def in_shared_loop() -> Any:
        try:
            # With nobody sharing meanwhile: the shared loop runs by the same functions.
            _sharing.run = None
            return run(lambda: coro)
        finally:
            _sharing.run = run
            if inspect.iscoroutine(coro) and inspect.getcoroutinestate(coro) == inspect.CORO_CREATED:
                coro.close()

    return in_shared_loop

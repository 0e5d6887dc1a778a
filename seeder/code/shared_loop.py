"""Code that would make an event loop of its own, by `asyncio.run(…)` or its like, is given the one of the run."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
from asyncio import BaseEventLoop
from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

if TYPE_CHECKING:
    import contextvars

T = TypeVar("T")

Make = Callable[[], "Coroutine[Any, Any, T]"]
"""What makes a coroutine. It is called in the thread of the event loop, just before the coroutine is run."""


class EventLoop(Protocol):
    """Where the coroutines of all Python seeders of a run are run."""

    prefers_async: bool
    """Whether `seed_async` of a module is preferred to `seed_sync`."""

    def run(self, make: Make[T]) -> T:
        """Run what `make` makes to its end. A cancellation of the code's own is an exception like any other."""
        ...

    def call(self, function: Callable[[], T]) -> T:
        """Call `function`, which may block for long, and for which `asyncio.run(…)` means this loop."""
        ...


def is_running() -> bool:
    """Whether an event loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


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

"""SIGTERM and SIGINT while an application starts.

Servers such as uvicorn only note these signals, and look at their notes when the start is over. A start that waits for
a database would hear of them after minutes, so it listens for itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar

from seeder.errors import ExitCode, Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from types import FrameType

T = TypeVar("T")

_EXIT_CODES: Final = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}


async def until_stopped(work: Coroutine[Any, Any, T]) -> T:
    """Await `work`; where a signal says to stop, cancel it and raise `Interrupted`.

    Whoever handled the signal before is told first, and handles it again afterwards. Outside the main thread, which
    alone can listen to signals, it only awaits.
    """
    task = asyncio.ensure_future(work)
    arrived: list[ExitCode] = []
    loop = asyncio.get_running_loop()

    def stop(exit_code: ExitCode) -> None:
        arrived.append(exit_code)
        loop.call_soon_threadsafe(task.cancel)

    with _heard(stop):
        try:
            return await task
        except asyncio.CancelledError:
            if arrived and task.cancelled():
                raise Interrupted(arrived[0]) from None
            raise


@contextlib.contextmanager
def _heard(stop: Callable[[ExitCode], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        stop(_EXIT_CODES[signal.Signals(number)])
        if callable(handler := before[signal.Signals(number)]):
            handler(number, frame)

    before = {number: signal.signal(number, handle) for number in _EXIT_CODES}
    try:
        yield
    finally:
        for number, handler in before.items():
            # None is a handler that was not installed from Python, and can't be from here.
            if handler is not None and signal.getsignal(number) is handle:
                signal.signal(number, handler)

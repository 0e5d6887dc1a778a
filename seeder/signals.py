"""SIGTERM and SIGINT as an exception in the main thread.

The first signal raises `Interrupted`; inside `deferred()` that waits until its end. A second signal ends the process at
once. Python runs a signal handler only between two of its own instructions, so a main thread that is stuck inside C, as
in a name look-up, would not see the signal in time. And what it does then may take long: a rollback with a server that
does not answer, a line of the log into a full pipe. So a second thread listens too, and ends the process in time.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn

from seeder.errors import ExitCode, Interrupted

GRACE = 0.7
"""Seconds that the main thread has, once a signal has arrived, to roll back and to report."""

LAST_WORDS = 0.2
"""Seconds that a stuck process has to report what was done before it ends."""

EXIT_CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}
"""The signals that end a run, and how its process ends then."""

LastWords = Callable[[ExitCode], object]


class _Signals:
    """What has arrived. The main thread alone uses it, except for `last_words`."""

    def __init__(self) -> None:
        self.arrived: ExitCode | None = None
        self.last_words: LastWords | None = None
        self.deferrals = 0
        self.pending = False

    def handle(self, number: int, _frame: FrameType | None) -> None:
        exit_code = EXIT_CODES[signal.Signals(number)]
        if self.arrived is not None:
            os._exit(exit_code)
        self.arrived = exit_code
        if self.deferrals:
            self.pending = True
        else:
            raise Interrupted(exit_code)

    def listen(self, pipe: int) -> None:
        """Read the signals' numbers from `pipe` as they arrive, until it is closed, and end the process in time."""
        exit_code: ExitCode | None = None
        deadline: float | None = None
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([pipe], [], [], left)[0]:
                assert exit_code is not None  # noqa: S101 - without a signal there is no deadline
                self.end(exit_code)
            numbers = os.read(pipe, 64)
            if not numbers:
                return
            for number in numbers:
                if number not in EXIT_CODES:
                    continue
                if exit_code is not None:
                    os._exit(EXIT_CODES[signal.Signals(number)])
                exit_code = EXIT_CODES[signal.Signals(number)]
                deadline = time.monotonic() + GRACE

    def end(self, exit_code: ExitCode) -> NoReturn:
        if self.last_words is not None:
            speaker = threading.Thread(target=self.last_words, args=(exit_code,), daemon=True)
            speaker.start()
            speaker.join(LAST_WORDS)
        os._exit(exit_code)


_signals: _Signals | None = None


@contextlib.contextmanager
def handled() -> Iterator[None]:
    """Turn SIGTERM and SIGINT into `Interrupted` inside, and restore the former handlers at the end.

    Outside the main thread, and inside another `handled()`, it does nothing.
    """
    global _signals  # noqa: PLW0603  a process has one set of signal handlers
    if not _in_main_thread() or _signals is not None:
        yield
        return
    signals = _signals = _Signals()
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = {number: signal.signal(number, signals.handle) for number in EXIT_CODES}
    wakeup_before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    listener = threading.Thread(target=signals.listen, args=(reading,), name="seeder-signals", daemon=True)
    listener.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(writing)
        listener.join()
        os.close(reading)
        _signals = None


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Raise a signal that arrives inside only at the end.

    For what must not be interrupted: a COMMIT, a line of the log, a report. Outside the main thread, and outside
    `handled()`, it does nothing.
    """
    signals = _signals
    if signals is None or not _in_main_thread():
        yield
        return
    signals.deferrals += 1
    try:
        yield
    finally:
        signals.deferrals -= 1
        if not signals.deferrals and signals.pending:
            signals.pending = False
            raise_arrived()


def raise_arrived() -> None:
    """Raise `Interrupted` if a signal has arrived: what its first one led to may have failed with another error."""
    if _signals is not None and _signals.arrived is not None and _in_main_thread():
        raise Interrupted(_signals.arrived)


def on_stall(last_words: LastWords | None) -> None:
    """Call `last_words`, if there are any, in another thread before a signal ends a process that is stuck."""
    if _signals is not None:
        _signals.last_words = last_words


def end_soon(exit_code: int) -> None:
    """End the process in `LAST_WORDS` seconds, even if a thread of a seeder's code is still running."""
    timer = threading.Timer(LAST_WORDS, os._exit, (exit_code,))
    timer.daemon = True
    timer.start()


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()

"""SIGTERM and SIGINT as an exception in the main thread.

The first signal raises `Interrupted`; inside `deferred()` that waits until its end. A second signal ends the process at
once. Python runs a signal handler only between two of its own instructions, so a main thread that is stuck inside C, as
in a name look-up, would not see the signal in time. A second thread listens too, and ends the process if the main
thread does not react.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from seeder.errors import ExitCode, Interrupted

GRACE = 0.6
"""Seconds that the main thread has to react to a signal."""

LAST_WORDS = 0.2
"""Seconds that a stuck process has to report what was done before it ends."""

EXIT_CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}
"""The signals that end a run, and how its process ends then."""

LastWords = Callable[[ExitCode], object]


class _Signals:
    """What has arrived. The main thread alone uses it, except for `noticed` and `last_words`."""

    def __init__(self) -> None:
        self.noticed = threading.Event()
        self.last_words: LastWords | None = None
        self.deferrals = 0
        self.pending: ExitCode | None = None

    def handle(self, number: int, _frame: FrameType | None) -> None:
        exit_code = EXIT_CODES[signal.Signals(number)]
        if self.noticed.is_set():
            os._exit(exit_code)
        self.noticed.set()
        if self.deferrals:
            self.pending = exit_code
        else:
            raise Interrupted(exit_code)

    def listen(self, pipe: int) -> None:
        """Read the signals' numbers from `pipe` as they arrive, until it is closed."""
        arrived = 0
        while numbers := os.read(pipe, 64):
            for number in numbers:
                if number not in EXIT_CODES:
                    continue
                exit_code = EXIT_CODES[signal.Signals(number)]
                arrived += 1
                if arrived > 1:
                    os._exit(exit_code)
                if not self.noticed.wait(GRACE) and not _more(pipe):
                    self.end(exit_code)

    def end(self, exit_code: ExitCode) -> None:
        if self.last_words is not None:
            speaker = threading.Thread(target=self.last_words, args=(exit_code,), daemon=True)
            speaker.start()
            speaker.join(LAST_WORDS)
        os._exit(exit_code)


def _more(pipe: int) -> bool:
    return bool(select.select([pipe], [], [], 0)[0])


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
        if not signals.deferrals and signals.pending is not None:
            exit_code, signals.pending = signals.pending, None
            raise Interrupted(exit_code)


def on_stall(last_words: LastWords) -> None:
    """Call `last_words` in another thread before a signal ends a process that is stuck."""
    if _signals is not None:
        _signals.last_words = last_words


def end_soon(exit_code: int) -> None:
    """End the process in `LAST_WORDS` seconds, even if a thread of a seeder's code is still running."""
    timer = threading.Timer(LAST_WORDS, os._exit, (exit_code,))
    timer.daemon = True
    timer.start()


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()

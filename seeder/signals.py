"""SIGTERM and SIGINT as an exception in the main thread; and so the end of the time that a run has.

The first signal raises `Interrupted`; inside `deferred()` that waits until its end. A second signal ends the process at
once. Python runs a signal handler only between two of its own instructions, so a main thread that is stuck inside C, as
in a name look-up, would not see the signal in time. And what it does then may take long: a rollback with a server that
does not answer, a line of the log into a full pipe. So a second thread listens too, and ends the process in time. This
thread also knows when the time of the run is up, by `limit`, and tells the main thread by SIGALRM.
"""

from __future__ import annotations

import contextlib
import functools
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NoReturn

from seeder.errors import ExitCode, Interrupted, out_of_time

GRACE = 0.7
"""Seconds that the main thread has, once a signal has arrived, to roll back and to report."""

LAST_WORDS = 0.2
"""Seconds that a stuck process has to report what was done before it ends."""

EXIT_CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}
"""The signals that end a run, and how its process ends then."""

LastWords = Callable[[Interrupted], object]


class _Signals:
    """What has arrived. `handle` runs in the main thread, `listen` and what it calls in the other one."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.arrived: Interrupted | None = None
        self.last_words: LastWords | None = None
        self.deferrals = 0
        self.pending = False
        self.seconds: float | None = None
        """How long the run may take, from `began`."""
        self.time_is_up = False
        self.before: dict[signal.Signals, Any] = {}
        """Handlers to restore beside those of the signals of `EXIT_CODES`."""
        self.wake: Callable[[], object] = lambda: None
        """Has the listening thread look again when the time is up."""

    def handle(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGALRM:
            # Somebody else's alarm means nothing here, and nothing is left to do once a signal has arrived.
            if not self.time_is_up or self.arrived is not None or self.seconds is None:
                return
            interrupted = out_of_time(self.seconds)
        else:
            interrupted = Interrupted(EXIT_CODES[signal.Signals(number)])
            if self.arrived is not None:
                if self.arrived.exit_code == ExitCode.NOT_READY:
                    # The run is about to end anyway, with its report.
                    return
                os._exit(interrupted.exit_code)
        self.arrived = interrupted
        if self.deferrals:
            self.pending = True
        else:
            raise interrupted

    def listen(self, pipe: int) -> None:
        """Read the signals' numbers from `pipe` as they arrive, until it is closed, and end the process in time."""
        interrupted: Interrupted | None = None
        deadline: float | None = None
        while True:
            until = deadline
            if interrupted is None and self.seconds is not None:
                until = self.began + self.seconds
            left = None if until is None else max(0.0, until - time.monotonic())
            if not select.select([pipe], [], [], left)[0]:
                if interrupted is not None:
                    self.end(interrupted)
                interrupted = out_of_time(self.seconds or 0.0)
                deadline = time.monotonic() + GRACE
                self.time_is_up = True
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGALRM)
                continue
            numbers = os.read(pipe, 64)
            if not numbers:
                return
            for number in numbers:
                if number not in EXIT_CODES:
                    continue
                arrived = Interrupted(EXIT_CODES[signal.Signals(number)])
                if interrupted is None:
                    interrupted = arrived
                    deadline = time.monotonic() + GRACE
                elif interrupted.exit_code != ExitCode.NOT_READY:
                    os._exit(arrived.exit_code)

    def end(self, interrupted: Interrupted) -> NoReturn:
        if self.last_words is not None:
            speaker = threading.Thread(target=self.last_words, args=(interrupted,), daemon=True)
            speaker.start()
            speaker.join(LAST_WORDS)
        os._exit(interrupted.exit_code)


_signals: _Signals | None = None
_ended = False


@contextlib.contextmanager
def handled() -> Iterator[None]:
    """Turn SIGTERM and SIGINT into `Interrupted` inside, and restore the former handlers at the end.

    Outside the main thread, and inside another `handled()`, it does nothing.
    """
    global _signals, _ended  # noqa: PLW0603  a process has one set of signal handlers
    if not _in_main_thread() or _signals is not None:
        yield
        return
    signals = _signals = _Signals()
    reading, writing = os.pipe()
    signals.wake = functools.partial(os.write, writing, b"\0")
    os.set_blocking(writing, False)
    before = {number: signal.signal(number, signals.handle) for number in EXIT_CODES}
    wakeup_before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    listener = threading.Thread(target=signals.listen, args=(reading,), name="seeder-signals", daemon=True)
    listener.start()
    try:
        yield
    finally:
        # No alarm counts any more; and none is sent any more once its handler is gone.
        signals.seconds = None
        signal.set_wakeup_fd(wakeup_before)
        os.close(writing)
        listener.join()
        os.close(reading)
        for number, handler in (before | signals.before).items():
            signal.signal(number, handler)
        _ended = _ended or signals.arrived is not None
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


def limit(seconds: float) -> None:
    """Raise `Interrupted`, as on a signal, `seconds` after the beginning of `handled()`, with exit code 4.

    Outside the main thread, and outside `handled()`, it does nothing.
    """
    signals = _signals
    if signals is None or not _in_main_thread():
        return
    signals.before.setdefault(signal.SIGALRM, signal.signal(signal.SIGALRM, signals.handle))
    signals.seconds = seconds
    signals.wake()


def raise_arrived() -> None:
    """Raise `Interrupted` if a signal has arrived: what its first one led to may have failed with another error."""
    if _signals is not None and _signals.arrived is not None and _in_main_thread():
        raise _signals.arrived


def has_arrived() -> bool:
    """Whether a signal, or the end of the time of a run, has ended anything in this process."""
    return _ended


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

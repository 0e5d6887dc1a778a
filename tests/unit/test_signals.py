"""Signals, sent to real processes."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from seeder import signals
from seeder.errors import ExitCode, Interrupted

BOTH = pytest.mark.parametrize(
    ("number", "exit_code"), [(signal.SIGTERM, ExitCode.TERMINATED), (signal.SIGINT, ExitCode.INTERRUPTED)]
)


@BOTH
def test_a_signal_is_raised_in_the_main_thread(number: signal.Signals, exit_code: ExitCode) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Interrupted) as caught, signals.handled():
        signal.raise_signal(number)
    assert caught.value.exit_code == exit_code
    assert signal.getsignal(number) is before


@BOTH
def test_a_deferred_signal_is_raised_at_the_end(number: signal.Signals, exit_code: ExitCode) -> None:
    done: list[str] = []

    def work() -> None:
        with signals.deferred():
            with signals.deferred():
                signal.raise_signal(number)
                done.append("inner")
            done.append("outer")
        done.append("after")

    with signals.handled(), pytest.raises(Interrupted) as caught:
        work()
    assert done == ["inner", "outer"]
    assert caught.value.exit_code == exit_code


def test_nothing_is_deferred_where_nothing_is_handled() -> None:
    with signals.deferred():
        pass


def test_outside_the_main_thread_it_does_nothing() -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen: list[object] = []

    def work() -> None:
        with signals.handled(), signals.deferred():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


def _process(code: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_second_signal_ends_the_process_at_once() -> None:
    process = _process(
        "import time\n"
        "from seeder import signals\n"
        "signals.GRACE = 60\n"
        "with signals.handled(), signals.deferred():\n"
        "    print('ready', flush=True)\n"
        "    for _ in range(600): time.sleep(0.1)\n"
    )
    process.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == ExitCode.TERMINATED


def test_what_is_deferred_for_long_is_ended() -> None:
    """A commit on a server that does not answer."""
    process = _process(
        "import time\n"
        "from seeder import signals\n"
        "with signals.handled(), signals.deferred():\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
    )
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == ExitCode.TERMINATED


@BOTH
def test_a_main_thread_stuck_in_c_is_ended_with_last_words(
    number: signal.Signals, exit_code: ExitCode
) -> None:
    # A mutex taken twice is what no signal gets a thread out of, as a name look-up on a dead network.
    process = _process(
        "import ctypes, threading\n"
        "from seeder import signals\n"
        "libc = ctypes.CDLL(None)\n"
        "lock = ctypes.create_string_buffer(64)\n"
        "with signals.handled():\n"
        "    signals.on_stall(lambda why: print('ended with', int(why.exit_code), flush=True))\n"
        "    libc.pthread_mutex_init(lock, None)\n"
        "    libc.pthread_mutex_lock(lock)\n"
        "    threading.Timer(0.5, lambda: print('ready', flush=True)).start()\n"
        "    libc.pthread_mutex_lock(lock)\n"
    )
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert output == f"ended with {int(exit_code)}\n"
    assert process.returncode == exit_code

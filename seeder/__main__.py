"""`python -m seeder`, and the `seeder` command."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

from seeder import signals
from seeder.errors import ExitCode, Interrupted


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    exit_code = _exit_code()
    if "seeder.code" in sys.modules or sys.gettrace() is not None:
        # A Python seeder, or a tracer, may have registered something to do at exit.
        if signals.has_arrived():
            signals.end_soon(exit_code)
        sys.exit(exit_code)
    # Everything is written by now. Python's own way to end takes a quarter of a short run, to free memory.
    os._exit(exit_code)


def _exit_code() -> int:
    _reopen_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # JSON is UTF-8, and a file name that is not valid UTF-8 must not end a run.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        # Before anything slow is imported: process 1 of a container ignores what it does not handle.
        with signals.handled():
            # A tenth of a short run would be looking for garbage among objects that live until its end. What a run with
            # nothing to do imports makes some 65,000 objects.
            gc.set_threshold(100_000, 20, 20)
            from seeder.cli import command

            exit_code = command.main(sys.argv[1:], os.environ)
    except Interrupted as interrupted:
        exit_code = interrupted.exit_code
    return _flushed(exit_code)


def _reopen_closed_streams() -> None:
    """Open those of stdin, stdout and stderr that are closed (as by `>&-` in a shell), on /dev/null.

    Otherwise the next file or connection that is opened gets the file descriptor of one of them, and output is written
    into it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            mode = "w" if number else "r"
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def _flushed(exit_code: int) -> int:
    from seeder.cli.invocation import discard_output

    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except BrokenPipeError:
        discard_output()
    except OSError:
        discard_output()
        return exit_code or ExitCode.USAGE
    return exit_code


if __name__ == "__main__":
    main()

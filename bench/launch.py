"""Runs one command and writes down what it used: `python -I -S bench/launch.py FILE COMMAND…`.

A process of its own, because Linux counts the memory of the process that starts a command as memory of that command
until it has more of its own. This one is small, so that the peak of a small command is not lost below it.
"""

from __future__ import annotations

import os
import sys
import time


def main() -> None:
    file, *command = sys.argv[1:]
    began = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - began
    with open(file, "w") as stream:  # noqa: PTH123 - pathlib would make this process a larger one
        # Linux gives ru_maxrss in KiB.
        print(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6, file=stream)
    sys.exit(os.waitstatus_to_exitcode(status) and 1)


if __name__ == "__main__":
    main()

"""Open a file that others name: only a regular one, so that no open and no read waits for a writer."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path
from typing import Final

LARGEST: Final = 64 << 20
"""How many bytes a file may have that is read as a whole."""


def open_regular(path: Path | str, *, whole: bool = True) -> io.BufferedReader:
    """Open a regular file for reading bytes.

    Raises `OSError` if it can't be opened, if it is anything but a regular file (a FIFO, a socket, a device), and if
    it has more than `LARGEST` bytes, unless it is not read as a `whole`.
    """
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 - the caller closes it
    found = os.fstat(file.fileno())
    if not stat.S_ISREG(found.st_mode):
        refused = OSError(errno.EINVAL, "it is not a regular file")
    elif whole and found.st_size > LARGEST:
        refused = OSError(errno.EFBIG, f"it is larger than {LARGEST >> 20} MiB")
    else:
        return file
    file.close()
    raise refused


def read_value(path: Path | str) -> str:
    """The text of a file that holds one value, without the line end at its end. Raises `OSError` and `UnicodeError`."""
    with io.TextIOWrapper(open_regular(path), encoding="utf-8") as stream:
        return stream.read().removesuffix("\n").removesuffix("\r")


def _without_waiting(path: str, flags: int) -> int:
    # A FIFO would wait for somebody to write into it.
    return os.open(path, flags | os.O_NONBLOCK)

"""A command on a terminal of its own."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Shown:
    """What a terminal was sent, standard output and standard error together, and how the command ended."""

    text: str
    exit_code: int


def on_terminal(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str], columns: int = 100
) -> Shown:
    """Run the command with standard output and standard error on a terminal that is `columns` wide."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        sent = b""
        try:
            while block := os.read(ours, 1 << 16):
                sent += block
        except OSError:
            # Linux says so once nobody has the other side open.
            pass
        finally:
            os.close(ours)
    return Shown(sent.decode().replace("\r\n", "\n"), process.returncode)

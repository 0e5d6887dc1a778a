"""Clocks that are wrong: a process whose time of day is another one, or goes back and forth as it runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.integration.commandline import ROOT

_LIBRARIES = "/usr/lib/*-linux-gnu/faketime/libfaketime.so.1"

# The library fails each of Python's pauses if it is to leave the monotonic clock alone: it takes the end of the pause,
# which is a time of that clock, for a time of day.
_PAUSES = """\
import select, time
time.sleep = lambda seconds: select.select([], [], [], seconds) and None
"""


class Clock:
    """The time of day of a process, which `move` changes while it runs. Its monotonic clock is left as it is."""

    def __init__(self, folder: Path) -> None:
        self._library = _library()
        self._file = folder / "clock"
        self._modules = folder / "modules"
        self._modules.mkdir()
        (self._modules / "sitecustomize.py").write_text(_PAUSES)
        # The server is another user's.
        folder.chmod(0o755)
        self.move("+0")

    def move(self, by: str) -> None:
        """Let it differ from the right time by as much, as in `+30d` or `-2h`."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{by}\n")
        new.chmod(0o644)
        new.replace(self._file)

    @property
    def server(self) -> dict[str, str]:
        """The environment of a server with this clock."""
        return {
            "LD_PRELOAD": self._library,
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    @property
    def client(self) -> dict[str, str]:
        """The environment of a run with this clock."""
        return {**self.server, "PYTHONPATH": f"{self._modules}{os.pathsep}{ROOT}"}


def _library() -> str:
    found = sorted(str(each) for each in Path("/").glob(_LIBRARIES.removeprefix("/")))
    if found:
        return found[0]
    reason = "no libfaketime on this machine; Debian's package is `faketime`"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)

"""A stream that never fails the run, and text that can do no harm on a terminal."""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import IO


class Output:
    """A stream. Its first failure is said on standard error; no run fails because of what it says.

    It is as much of a file as rich needs.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._broken = False

    def write(self, text: str) -> int:
        """Write the text at once."""
        if not self._broken:
            try:
                with self._lock:
                    self._stream.write(text)
                    self._stream.flush()
            except BrokenPipeError:
                self._broken = True
            except (OSError, ValueError) as error:
                self._broken = True
                with contextlib.suppress(OSError, ValueError, AttributeError):
                    sys.stderr.write(
                        f"seeder: can't write the log to {self._stream.name} any more: {error}\n"
                    )
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        with contextlib.suppress(ValueError):
            return self._stream.isatty()
        return False

    @property
    def encoding(self) -> str:
        """How text is encoded."""
        return getattr(self._stream, "encoding", None) or "utf-8"


def printable(text: str) -> str:
    """The text on one line, with everything escaped that a terminal may obey or that changes the order of letters."""
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    known = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    if known is not None:
        return known
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1
        for each in text
    )


def fitting(text: str, width: int) -> int:
    """How many characters of the text fit into so many columns of a terminal."""
    used = 0
    for place, character in enumerate(text):
        used += columns(character)
        if used > width:
            return place
    return len(text)

"""The sha256 of files, each of them read once."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Hashes:
    """Remembers the sha256 of each file as it was first read, so that it is of no later content than what is seeded."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def read(self, path: Path) -> bytes:
        """The content of a file. Raises `OSError`."""
        content = path.read_bytes()
        self._known.setdefault(os.path.realpath(path), hashlib.sha256(content).digest())
        return content

    def of(self, path: Path) -> bytes:
        """The sha256 of a file, which is read if it was not yet. Raises `OSError`."""
        real = os.path.realpath(path)
        if real not in self._known:
            with path.open("rb") as file:
                self._known[real] = hashlib.file_digest(file, "sha256").digest()
        return self._known[real]

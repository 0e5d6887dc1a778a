"""The pieces of a CSV file: a few lines each, with a digest, so that a later run compares only the pieces that are new.

A line ends a piece if its checksum says so. So an unchanged piece has the same bounds again, whatever surrounds it.
"""

from __future__ import annotations

import csv
import hashlib
import json
import struct
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from zlib import crc32

from seeder.seed_files.raw_csv import NotRaw, RawCsv, reads_the_same

_LEAST: Final = 6
_MORE: Final = 4
"""A piece has at least `_LEAST` lines, and `_MORE` more on average. With longer pieces, more lines that did not change
are compared; shorter ones take more bytes in the ledger."""

_NOTED: Final = struct.Struct(">8sL")
"""Of each piece: eight bytes of sha256, and the sum of its keys' hashes."""

_MASK: Final = (1 << 32) - 1


class Pieces:
    """The pieces of a CSV file, noted while the file is read, and those that were noted `before`.

    `key` are the columns that identify a row. `about` is a digest of everything else that the rows depend on: with
    another `about`, no piece is known. Only a file with one row on each line, and with a column of the key, has pieces.
    """

    def __init__(self, raw: RawCsv, key: Iterable[str], about: str, before: bytes = b"") -> None:
        self._raw = raw
        self._width = max((raw.columns.index(each) + 1 for each in key if each in raw.columns), default=0)
        self._salt = hashlib.sha256(json.dumps([about, raw.columns, self._width]).encode())
        self._before: dict[bytes, int] = dict(_NOTED.iter_unpack(before))
        self._noted: bytearray | None = bytearray()
        self._known = 0
        self._numbers = array("l")
        self._keys = array("L")

    @property
    def noted(self) -> bytes | None:
        """The pieces of the file that was read, for the next run; None if it has none."""
        return None if self._noted is None else bytes(self._noted)

    @property
    def rows(self) -> int:
        """How many rows the file has, as `changed` found it."""
        return self._known + len(self._numbers)

    def blocks(self) -> Iterator[bytes]:
        """The bytes of the file, as `RawCsv.blocks` gives them."""
        for block in self._raw.blocks():
            yield block
            lines = block.splitlines(keepends=True)
            keys = None if self._noted is None else self._hashes(lines)
            if keys is None:
                self._noted = None
                continue
            for start, end in _cut(lines):
                self._note(self._digest(b"".join(lines[start:end])), sum(keys[start:end]))

    def changed(self, most: int) -> Iterator[bytes]:
        """The lines of the pieces that were not noted before, each with its row's number as a first field.

        Raises `NotRaw` as `RawCsv.blocks` does, and if there are more than `most` of them.
        """
        number = 1
        for block in self._raw.records():
            of_block = block.splitlines(keepends=True)
            for start, end in _cut(of_block):
                lines = of_block[start:end]
                piece = b"".join(lines)
                digest = self._digest(piece)
                known = self._before.pop(digest, None)
                if known is not None:
                    self._known += len(lines)
                    self._note(digest, known)
                else:
                    keys = self._hashes(lines) if reads_the_same(piece) else None
                    if keys is None or len(self._keys) > most:
                        raise NotRaw
                    self._note(digest, sum(keys))
                    self._keys.extend(keys)
                    self._numbers.extend(range(number, number + len(lines)))
                    yield b"".join([b"%d,%b" % numbered for numbered in enumerate(lines, number)])
                number += len(lines)

    def have_the_same_keys(self, new: Sequence[int], rows: int) -> bool:
        """Whether the lines that `changed` returned have the same keys as the pieces that were removed.

        `new` are the numbers of the rows that the database does not know; they are left out. `rows` is how many rows
        the file had before. If the keys are the same, no key is listed twice, and none was removed.
        """
        added = sum(self._keys[bisect_left(self._numbers, each)] for each in new)
        gone = sum(self._before.values())
        return self.rows - len(new) == rows and not (sum(self._keys) - added - gone) & _MASK

    def _note(self, digest: bytes, keys: int) -> None:
        if self._noted is not None:
            self._noted += _NOTED.pack(digest, keys & _MASK)

    def _digest(self, piece: bytes) -> bytes:
        digest = self._salt.copy()
        digest.update(piece)
        return digest.digest()[:8]

    def _hashes(self, lines: Sequence[bytes]) -> list[int] | None:
        """A hash of the key in each line; None if there is no key, or a row has several lines.

        Columns that stand before one of the key are taken for a part of it.
        """
        width = self._width
        if not width or any(line.count(b'"') % 2 for line in lines):
            return None
        keys = [b",".join(line.split(b",", width)[:width]) for line in lines]
        if b'"' in b"".join(keys):
            # A comma in quotes separates nothing.
            try:
                rows = csv.reader(b"".join(lines).decode().splitlines())
                keys = ["\0".join(row[:width]).encode() for row in rows]
            except (csv.Error, UnicodeDecodeError):
                return None
        return [int.from_bytes(hashlib.sha256(key).digest()[:4], "big") for key in keys]


def _cut(lines: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Where the pieces of some lines begin and end."""
    start = 0
    for end, line in enumerate(lines, 1):
        if end - start >= _LEAST and not crc32(line) % _MORE:
            yield start, end
            start = end
    if start < len(lines):
        yield start, len(lines)

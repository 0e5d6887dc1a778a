"""The bytes of a CSV file, for `COPY … (FORMAT csv)` to read as they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, Protocol, runtime_checkable

from seeder.config.regular_file import LARGEST
from seeder.seed_files.model import DataSeeder
from seeder.seed_files.values import Value

_BLOCK = 1 << 19
_QUOTED: Final = rb'"[^"]*+(?:""[^"]*+)*+"'
_FIELD: Final = re.compile(rb'"[^"]*+(?:""[^"]*+)*+"?|[^",\r\n]++')
# Every quoted field stands between separators. A \r is one too, because it is followed by \n wherever this is asked.
_WHOLE_FIELDS = re.compile(rb'[^"]*+(?:(?<![^,\n])%b(?=[,\r\n])[^"]*+)*+' % _QUOTED)


class NotRaw(Exception):  # noqa: N818 (nothing is wrong: the careful reader takes over)
    """COPY might read the file differently from `CsvRows.rows`, or refuse what that accepts. Read the rows instead."""


class TooLongError(Exception):
    """A field has more than `LARGEST` bytes. `lines` is how many lines of the block come before it."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self.lines = lines


@dataclass(frozen=True, slots=True)
class RawFile:
    """One file of a `RawCsv`."""

    path: Path
    open: Callable[[], AbstractContextManager[tuple[tuple[str, ...], int, BinaryIO]]] = field(repr=False)
    """Opens the file and reads its header: the names, the first line after it, and the rest of the file."""
    blocks: Callable[[BinaryIO, int], Iterator[bytes]] = field(repr=False)
    """The rest of the file, which begins at a line, in blocks of whole records."""


@dataclass(frozen=True, slots=True)
class RawCsv:
    """CSV files of the same columns that COPY reads by itself, as long as `blocks` does not raise `NotRaw`."""

    columns: tuple[str, ...]
    """The header's names, in order."""
    defaults: tuple[tuple[str, Value], ...]
    """The columns that the header does not name, and the value that `defaults` of the seed file gives them."""
    files: tuple[RawFile, ...]

    @property
    def paths(self) -> Collection[Path]:
        """The files' paths."""
        return {file.path for file in self.files}

    def blocks(self) -> Iterator[bytes]:
        """The bytes after the headers, unpacked, in blocks of whole records. The last line always ends.

        PostgreSQL reads the same records as `CsvRows.rows`, or refuses them: a wrong number of fields, mixed line
        ends, NUL and what is not UTF-8 are left for it to refuse. Raises `NotRaw` at the first block for which that
        is not certain, and `SeedFileError` if a file can't be read or a field is too long.
        """
        for block in self.records():
            if not reads_the_same(block):
                raise NotRaw
            yield block

    def records(self) -> Iterator[bytes]:
        """The same as `blocks`, though COPY might read them differently. Raises `NotRaw` if a header is another."""
        for file in self.files:
            with file.open() as (columns, line, raw):
                if columns != self.columns:
                    raise NotRaw
                yield from file.blocks(raw, line)


@runtime_checkable
class RawSource(Protocol):
    """Rows that PostgreSQL may read by itself."""

    def raw_csv(self) -> RawCsv | None:
        """The file for COPY; None if COPY can't read it. Raises `SeedFileError` if its first line is wrong."""
        ...


def raw_csv(seeder: DataSeeder) -> RawCsv | None:
    """The file of a seeder's rows for COPY to read by itself.

    None if COPY can't read them, or if each has to be checked against `where`.
    """
    raw = seeder.source.raw_csv() if isinstance(seeder.source, RawSource) else None
    return None if raw is None or not seeder.where.keys().isdisjoint(raw.columns) else raw


def whole_records(raw: BinaryIO) -> Iterator[bytes]:
    """The rest of a CSV file in blocks that end with a record, unless a quote is not closed. The last line ends too.

    Raises `TooLongError` before it holds more of a field than that may have.
    """
    while block := raw.read(_BLOCK):
        if not block.endswith(b"\n"):
            block = _with_rest(raw, block, to_quote=False)
        if block.count(b'"') % 2:
            block = _with_rest(raw, block, to_quote=True)
        if not block.endswith(b"\n"):
            block += b"\r\n" if b"\r\n" in block and not block.endswith(b"\r") else b"\n"
        yield block


def _with_rest(raw: BinaryIO, block: bytes, *, to_quote: bool) -> bytes:
    """A block and the rest of its last line, or all up to the line that closes the quoted field in which it ends."""
    whole, checked = bytearray(block), 0
    while line := raw.readline(LARGEST):
        whole += line
        if line.endswith(b"\n") and (not to_quote or line.count(b'"') % 2):
            break
        # Not at each line, for most are short.
        if len(whole) > checked + LARGEST:
            _check_fields(whole)
            checked = len(whole)
    if len(whole) > LARGEST:
        _check_fields(whole)
    return bytes(whole)


def _check_fields(records: bytearray) -> None:
    """Raise `TooLongError` if a field is too long. The last one may not be whole."""
    for found in _FIELD.finditer(records):
        if found.end() - found.start() > LARGEST:
            raise TooLongError(records.count(b"\n", 0, found.start()))


def reads_the_same(block: bytes) -> bool:
    """Whether COPY reads a block of records like `CsvRows.rows`, unless it refuses it."""
    if not _WHOLE_FIELDS.fullmatch(block):
        return False
    if b"\r" in block:
        # COPY takes \r\n for a line end if the first line has one, and then refuses \n alone. In quotes it is text.
        if block.count(b"\r") != block.count(b"\r\n"):
            return False
        block = block.replace(b"\r\n", b"\n")
    lines = _lines(block)
    return b"\\." not in lines and (b"" not in lines or b"" not in _lines(re.sub(_QUOTED, b'""', block)))


def _lines(block: bytes) -> list[bytes]:
    return block[:-1].split(b"\n")

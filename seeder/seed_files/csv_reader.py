"""CSV as in RFC 4180 and PostgreSQL's own: an empty field is NULL, and `""` is an empty string.

The standard library's reader can't tell the two apart. This one streams, and splits at commas wherever no
quote is in sight, which is as quick as Python gets.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import re
from typing import IO, TYPE_CHECKING, BinaryIO

from seeder.errors import Position, SeedFileError
from seeder.seed_files.model import Literal, Place, Row
from seeder.seed_files.raw_csv import RawCsv
from seeder.seed_files.row_rules import Shapes
from seeder.seed_files.text import NUL, open_bytes, open_text

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from seeder.seed_files.row_rules import Rules

    Cells = tuple[Literal | None, ...]
    Starts = list[tuple[int, int]]

_BLOCK = 1 << 18
_QUOTED = re.compile(r'[^"]*+(?:""[^"]*+)*+')


class CsvRows(Place):
    """The rows of a CSV file, plain or gzip. To find a cell's position it is read again, up to the row."""

    __slots__ = ("_path", "_rules", "defaults", "file")

    def __init__(self, path: Path, file: str, rules: Rules) -> None:
        self.file = file
        self.defaults = rules.defaults_place
        self._path = path
        self._rules = rules

    def rows(self) -> Iterator[Row]:
        """Read the rows, in constant memory. Raises `SeedFileError`."""
        shapes = Shapes(self._rules)
        with self._open() as (header, line, raw):
            shape = shapes.shape(header, 1, self)
            columns, tail = shape.columns, shape.tail
            stream = io.TextIOWrapper(raw, encoding="utf-8", newline="\n")
            for number, cells in self._records(stream, line, len(header)):
                yield Row(columns, cells + tail, number, self)
        shapes.finish()

    def raw_csv(self) -> RawCsv:
        """The file for COPY to read by itself, its header read and checked. Raises `SeedFileError`."""
        shapes = Shapes(self._rules)
        with self._open() as (header, line, _):
            shape = shapes.shape(header, 1, self)
        shapes.finish()
        defaults = tuple(zip(shape.columns[len(header) :], shape.tail, strict=True))
        return RawCsv(header, defaults, line, self._open)

    def find(self, line: int, column: str, *, name: bool) -> Position | None:
        """Read the file again, as far as the row, to find one of its cells."""
        try:
            header, starts = self._record_at(1)
            if column not in header:
                return None
            if not name:
                _, starts = self._record_at(line)
            return Position(self.file, *starts[header.index(Literal(column))])
        except (SeedFileError, IndexError):
            return (
                None  # The file is no longer what was read, or the record is short: the row's line must do.
            )

    @contextlib.contextmanager
    def _open(self) -> Iterator[tuple[tuple[str, ...], int, BinaryIO]]:
        """Open the file and read its header: the columns, the first line after it, and the rest of the file."""
        with open_bytes(self._path, self.file) as raw:
            first = raw.readline().decode("utf-8-sig").removesuffix("\n")
            if not first.removesuffix("\r"):
                raise self._error("the first line must name the columns", 1, 1)
            starts: Starts = []
            more = (line.decode().removesuffix("\n") for line in raw)
            cells, last = self._split(first, 1, more, starts)
            names: list[str] = []
            for cell, start in zip(cells, starts, strict=True):
                if not cell:
                    raise self._error("a column without a name", *start)
                if "\0" in cell:
                    raise self._error(f"the name {NUL}", *start)
                if cell in names:
                    raise self._error(f'the column "{cell}" is there twice', *start)
                names.append(str(cell))
            yield tuple(names), last + 1, raw

    def _records(self, stream: IO[str], line: int, width: int) -> Iterator[tuple[int, Cells]]:
        """Each record's first line, counted from `line`, and its cells. Blank lines are passed over."""
        while block := stream.read(_BLOCK) + stream.readline():
            if "\r" in block and '"' not in block:
                block = block.replace("\r\n", "\n")
            if '"' in block or "\r" in block:
                line = yield from self._careful_records(block, stream, line, width)
                continue
            lines = block.removesuffix("\n").split("\n")
            for number, text in enumerate(lines, start=line):
                fields = text.split(",")
                if len(fields) != width or not text:
                    if not text:
                        continue
                    raise self._wrong_width(number, len(fields), width)
                if "" in fields:
                    yield number, tuple([Literal(each) if each else None for each in fields])
                else:
                    yield number, tuple(map(Literal, fields))
            line += len(lines)

    def _careful_records(
        self, block: str, stream: IO[str], line: int, width: int
    ) -> Generator[tuple[int, Cells], None, int]:
        """As `_records`, for a block with quotes, which may end inside a record. Returns the next line."""
        lines = iter(block.removesuffix("\n").split("\n"))
        more = itertools.chain(lines, _without_ends(stream))
        for text in lines:
            if text and text != "\r":
                if '"' in text or "\r" in text:
                    cells, last = self._split(text, line, more)
                else:
                    cells, last = tuple([Literal(each) if each else None for each in text.split(",")]), line
                if len(cells) != width:
                    raise self._wrong_width(line, len(cells), width)
                yield line, cells
                line = last
            line += 1
        return line

    def _split(
        self, text: str, line: int, more: Iterator[str], starts: Starts | None = None
    ) -> tuple[Cells, int]:
        """The cells of the record that begins with `text`, and its last line. `starts` gets their places."""
        cells: list[Literal | None] = []
        at = 0
        while True:
            if starts is not None:
                starts.append((line, at + 1))
            if text.startswith('"', at):
                value, text, line, at = self._quoted(text, line, at, more)
                cells.append(Literal(value))
                if at < len(text) and text[at] != "," and text[at:] != "\r":
                    raise self._error("a quoted field goes on behind its closing quote", line, at + 1)
            else:
                end = text.find(",", at)
                value = text[at:] if end < 0 else text[at:end]
                value = self._unquoted(value.removesuffix("\r") if end < 0 else value, line, at)
                cells.append(Literal(value) if value else None)
                at = len(text) if end < 0 else end
            if not text.startswith(",", at):
                return tuple(cells), line
            at += 1

    def _quoted(self, text: str, line: int, at: int, more: Iterator[str]) -> tuple[str, str, int, int]:
        """The field whose quote opens at `at`; then the text, line and place right behind its closing one."""
        start = (line, at + 1)
        at += 1
        parts: list[str] = []
        while True:
            found = _QUOTED.match(text, at)
            end = found.end() if found else at
            parts.append(text[at:end])
            if end < len(text):
                return "\n".join(parts).replace('""', '"'), text, line, end + 1
            following = next(more, None)
            if following is None:
                raise self._error("this quote is never closed", *start)
            text, line, at = following, line + 1, 0

    def _unquoted(self, value: str, line: int, at: int) -> str:
        if '"' in value:
            raise self._error(
                'a quote inside a field without quotes; quote the whole field and write "" for it',
                line,
                at + value.index('"') + 1,
            )
        if "\r" in value:
            raise self._error(
                "a carriage return that ends no line; quote the field, or end lines with a line feed",
                line,
                at + value.index("\r") + 1,
            )
        return value

    def _record_at(self, line: int) -> tuple[Cells, Starts]:
        """Read the file again up to the record that begins at `line`: its cells and where they begin."""
        starts: Starts = []
        with open_text(self._path, self.file) as stream:
            lines = itertools.islice(_without_ends(stream), line - 1, None)
            cells, _ = self._split(next(lines, ""), line, lines, starts)
        return cells, starts

    def _wrong_width(self, line: int, found: int, width: int) -> SeedFileError:
        _, starts = self._record_at(line)
        message = f"{found} {'field' if found == 1 else 'fields'} where the header names {width} columns"
        return self._error(message, *starts[min(found - 1, width)])

    def _error(self, message: str, line: int, column: int) -> SeedFileError:
        return SeedFileError(message, position=Position(self.file, line, column))


def _without_ends(stream: IO[str]) -> Iterator[str]:
    return (line.removesuffix("\n") for line in stream)

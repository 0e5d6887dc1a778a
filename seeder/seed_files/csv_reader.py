"""CSV as in RFC 4180 and PostgreSQL's own: an empty field is NULL, and `""` is an empty string.

The standard library's reader can't tell the two apart. A block of the file is read quickly: each quoted field is cut
down to one quote, and what is left is split at line ends and commas. A file's header, and a block with a mistake in
it, are read field by field.
"""

from __future__ import annotations

import contextlib
import itertools
import operator
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from seeder.config.regular_file import LARGEST
from seeder.errors import Position, SeedFileError, Tell, refuse
from seeder.seed_files.document import Record
from seeder.seed_files.raw_csv import RawCsv, RawFile, TooLongError, whole_records
from seeder.seed_files.rows import Row, Rows, Rules, Shape, Shapes
from seeder.seed_files.text import NUL, open_bytes, open_text
from seeder.seed_files.values import Literal

_QUOTED = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"')
# What is left of a block: each quote stands for a quoted field, and is between separators.
_WHOLE_FIELDS = re.compile(r'[^"]*+(?:(?<![^,\n])"(?=[,\n])[^"]*+)*+')
_TO_QUOTE = re.compile(r'[^"]*+(?:""[^"]*+)*+')


_MAYBE_TAG = re.compile(rb"!(?:env|file|ref) ")
_TAG = re.compile(rb'(?:^|[,\n])"?(!(?:env|file|ref)) ')


class _Field(NamedTuple):
    value: str | None
    line: int
    column: int


class CsvRows(Rows):
    """The rows of a CSV file, plain or gzip. To find a cell's position it is read again, up to the row."""

    def __init__(self, path: Path, file: str, rules: Rules) -> None:
        super().__init__(file, rules)
        self._path = path

    def records(self, tell: Tell = refuse) -> Iterator[Record]:
        """Read the rows, in constant memory. Tells `SeedFileError`, and raises it if the header is wrong."""
        with self._open(tell) as (header, line, raw):
            if self._check_header(header, tell) is not None:
                yield from self._records(header, raw, line, tell)

    def raw_csv(self) -> RawCsv | None:
        """The file for COPY to read by itself, its header read and checked. Raises `SeedFileError`.

        None if the rows refer to others by natural keys, which are not what the columns of the table hold.
        """
        if self.rules.references:
            return None
        with self._open() as (header, _, _):
            shape = self._check_header(header)
        assert shape is not None  # noqa: S101 - what is wrong with it was raised
        defaults = tuple(zip(shape.columns[len(header) :], shape.defaults, strict=True))
        return RawCsv(header, defaults, (RawFile(self._path, self._open, self._blocks),))

    def find(self, row: Row, column: str, *, name: bool) -> Position | None:
        """Read the file again, as far as the row, to find one of its cells."""
        try:
            header = self._record_at(1)
            number = [field.value for field in header].index(column)
            field = (header if name else self._record_at(row.line))[number]
        except (SeedFileError, LookupError, ValueError):
            # No such column. Or the file is no longer what was read, or the record is short: the row's line must do.
            return None
        return Position(self.file, field.line, field.column)

    @contextlib.contextmanager
    def _open(self, tell: Tell = refuse) -> Iterator[tuple[tuple[str, ...], int, BinaryIO]]:
        """Open the file and read its header: the columns, the first line after it, and the rest of the file."""
        with open_bytes(self._path, self.file) as raw:
            first = raw.readline(LARGEST).decode("utf-8-sig").removesuffix("\n")
            if not first.removesuffix("\r"):
                raise self._error("the first line must be a header with the names of the columns", 1, 1)
            fields, line = self._record(first, 1, _without_ends(each.decode() for each in raw))
            names: dict[str, None] = {}
            mistakes = []
            for name, *place in fields:
                if not name:
                    mistakes.append(self._error("a column has no name", *place))
                elif "\0" in name:
                    mistakes.append(self._error(f"the name {NUL}", *place))
                elif name in names:
                    mistakes.append(self._error(f'the column "{name}" appears twice', *place))
                else:
                    names[name] = None
            for mistake in mistakes[:-1]:
                tell(mistake)
            if mistakes:
                raise mistakes[-1]
            yield tuple(names), line, raw

    def _check_header(self, header: tuple[str, ...], tell: Tell = refuse) -> Shape | None:
        """The shape of all rows. It is told if a column is missing, though there may be no row."""
        shapes = Shapes(self.rules)
        shape = shapes.of(Row(header, (), 1, 0, self), tell)
        if shape is not None:
            shapes.finish(tell)
        return shape

    def _records(self, header: tuple[str, ...], raw: BinaryIO, line: int, tell: Tell) -> Iterator[Record]:
        """The records from `line` on. Blank lines are passed over."""
        width = len(header)
        for block in self._blocks(raw, line):
            text = block.decode()
            parts = _QUOTED.split(text)
            plain = '"'.join(parts[::2])
            if "\r" in plain:
                plain = plain.replace("\r\n", "\n")
            is_closed = plain.count('"') == len(parts) // 2
            if not is_closed or "\r" in plain or not _WHOLE_FIELDS.fullmatch(plain):
                yield from self._one_by_one(text, line, header, tell)
                line += text.count("\n")
                continue
            quoted = (Literal(each.replace('""', '"')) for each in parts[1::2])
            has_breaks = any("\n" in each for each in parts[1::2])
            for record in plain[:-1].split("\n"):
                first = line
                line += 1
                if not record:
                    continue
                cells = tuple(
                    [
                        None if not each else Literal(each) if each != '"' else next(quoted)
                        for each in record.split(",")
                    ]
                )
                if has_breaks:
                    line += "".join(filter(None, cells)).count("\n")
                if len(cells) != width:
                    tell(self._wrong_width(self._record_at(first), width))
                    yield header, None, first
                else:
                    yield header, cells, first

    def _blocks(self, raw: BinaryIO, line: int) -> Iterator[bytes]:
        """The blocks of the file, which begin in `line`."""
        try:
            for block in whole_records(raw):
                if self._tag is None and _MAYBE_TAG.search(block):
                    self._note_tag(block, line)
                yield block
                line += block.count(b"\n")
        except TooLongError as error:
            raise SeedFileError(
                f"a field in this row has more than {LARGEST >> 20} MiB; shorten it, or close its quote",
                position=Position(self.file, line + error.lines),
            ) from None

    def _note_tag(self, block: bytes, line: int) -> None:
        found = _TAG.search(block)
        if found is not None:
            self._tag = SeedFileError(
                f"a field begins with {found[1].decode()}, which is text in CSV; to have it read as a tag, write the "
                "row in YAML",
                position=Position(self.file, line + block.count(b"\n", 0, found.start(1))),
            )

    def _one_by_one(self, block: str, first: int, header: tuple[str, ...], tell: Tell) -> Iterator[Record]:
        """The records of a block with a mistake in it, which begins in line `first`."""
        lines = block.removesuffix("\n").split("\n")
        rest = iter(lines)
        for text in rest:
            line = first + len(lines) - 1 - operator.length_hint(rest)
            if not text.removesuffix("\r"):
                continue
            try:
                fields, _ = self._record(text, line, rest)
                if len(fields) != len(header):
                    raise self._wrong_width(fields, len(header))
            except SeedFileError as mistake:
                tell(mistake)
                yield header, None, line
            else:
                cells = (None if each.value is None else Literal(each.value) for each in fields)
                yield header, tuple(cells), line

    def _record(self, text: str, line: int, more: Iterator[str]) -> tuple[list[_Field], int]:
        """The fields of the record that begins with the line `text`, and the number of the first line after it."""
        fields: list[_Field] = []
        at = 0
        while True:
            first, column = line, at + 1
            value: str | None
            if text.startswith('"', at):
                value, text, line, at = self._quoted(text, line, at, more)
                if at < len(text) and text[at] != "," and text[at:] != "\r":
                    raise self._error("there is text after the closing quote of a field", line, at + 1)
            else:
                end = text.find(",", at)
                value = text[at:].removesuffix("\r") if end < 0 else text[at:end]
                self._check_unquoted(value, line, at)
                value = value or None
                at = len(text) if end < 0 else end
            fields.append(_Field(value, first, column))
            if not text.startswith(",", at):
                return fields, line + 1
            at += 1

    def _quoted(self, text: str, line: int, at: int, more: Iterator[str]) -> tuple[str, str, int, int]:
        """The field whose quote opens at `at`; then the text, line and place right behind its closing one."""
        start = (line, at + 1)
        at += 1
        parts: list[str] = []
        while True:
            found = _TO_QUOTE.match(text, at)
            end = found.end() if found else at
            parts.append(text[at:end])
            if end < len(text):
                return "\n".join(parts).replace('""', '"'), text, line, end + 1
            following = next(more, None)
            if following is None:
                raise self._error("this quote is not closed", *start)
            text, line, at = following, line + 1, 0

    def _check_unquoted(self, value: str, line: int, at: int) -> None:
        if '"' in value:
            message = (
                'a quote in a field that is not quoted; quote the whole field, and write "" for this one'
            )
            raise self._error(message, line, at + value.index('"') + 1)
        if "\r" in value:
            message = (
                "a carriage return that does not end a line; quote the field, or end lines with a line feed"
            )
            raise self._error(message, line, at + value.index("\r") + 1)

    def _record_at(self, line: int) -> list[_Field]:
        """Read the file again up to the record that begins at `line`."""
        with open_text(self._path, self.file) as stream:
            lines = itertools.islice(_without_ends(stream), line - 1, None)
            return self._record(next(lines, ""), line, lines)[0]

    def _wrong_width(self, fields: Sequence[_Field], width: int) -> SeedFileError:
        found = len(fields)
        are, has = ("field" if found == 1 else "fields"), ("column" if width == 1 else "columns")
        message = f"{found} {are}, but the header has {width} {has}"
        field = fields[min(found - 1, width)]
        return self._error(message, field.line, field.column)

    def _error(self, message: str, line: int, column: int) -> SeedFileError:
        return SeedFileError(message, position=Position(self.file, line, column))


def _without_ends(lines: Iterable[str]) -> Iterator[str]:
    return (line.removesuffix("\n") for line in lines)

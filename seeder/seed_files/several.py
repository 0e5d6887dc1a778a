"""The rows of several files, read one after another as if they were one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from seeder.errors import Position, SeederError, SeedFileError, Tell, refuse
from seeder.seed_files.document import Record
from seeder.seed_files.raw_csv import RawCsv, RawSource
from seeder.seed_files.rows import Row, Rows, Rules


class SeveralRows(Rows):
    """The rows of `parts`. `file` is what names them. To find where a row stands, they are read again up to it."""

    def __init__(self, file: str, rules: Rules, parts: Sequence[Rows]) -> None:
        super().__init__(file, rules)
        self._parts = parts

    @property
    def files(self) -> tuple[str, ...]:
        """What the files that hold the rows are called before people."""
        return tuple(part.file for part in self._parts)

    def noted_tag(self) -> SeedFileError | None:
        """The first field that was read so far which looks like a tag and is text."""
        return next(filter(None, (part.noted_tag() for part in self._parts)), None)

    def records(self, tell: Tell = refuse) -> Iterator[Record]:
        """The rows as written. Those that are wrong in themselves are told, and what ends the reading is raised."""
        return itertools.chain.from_iterable(part.records(tell) for part in self._parts)

    def raw_csv(self) -> RawCsv | None:
        """The files for COPY to read by itself, if they are all CSV with the same header. Raises `SeedFileError`."""
        found = [part.raw_csv() for part in self._parts if isinstance(part, RawSource)]
        raw = [each for each in found if each is not None]
        if len(raw) < len(self._parts) or any(each.columns != raw[0].columns for each in raw):
            return None
        return replace(raw[0], files=tuple(file for each in raw for file in each.files))

    def find(self, row: Row, column: str, *, name: bool) -> Position | None:
        """Where the value of `column` stands in `row`, or its name; None if the row does not name it."""
        part, own = self._own(row)
        return part.find(own, column, name=name)

    def row_at(self, row: Row) -> Position:
        """Where `row` begins."""
        part, own = self._own(row)
        return part.row_at(own)

    def _own(self, row: Row) -> tuple[Rows, Row]:
        """The part that a row is of, and the row as a row of that part."""
        remaining = row.number
        for part in self._parts:
            for number, (_, _, line) in enumerate(part.records(_pass)):
                if not remaining:
                    return part, Row(row.columns, row.values, line, number, part)
                remaining -= 1
        # A file is no longer what was read.
        return self._parts[0], row


def _pass(mistake: SeederError) -> None:
    """Pass over a mistake that has been told before."""

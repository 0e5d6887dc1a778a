"""The rows of several files, read one after another as if they were one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from seeder.errors import Position, SeedFileError, Tell, refuse
from seeder.seed_files.document import Record
from seeder.seed_files.raw_csv import RawCsv, RawSource
from seeder.seed_files.rows import Row, Rows, Rules, check_named


class SeveralRows(Rows):
    """The rows of `parts`, each of which knows where its own rows stand. `file` is what names them."""

    def __init__(self, file: str, rules: Rules, parts: Sequence[Rows]) -> None:
        super().__init__(file, rules)
        self.parts = parts

    @property
    def files(self) -> tuple[str, ...]:
        """What the files are called before people."""
        return tuple(part.file for part in self.parts)

    def noted_tag(self) -> SeedFileError | None:
        """The first field that looks like a tag."""
        return next(filter(None, (part.noted_tag() for part in self.parts)), None)

    def rows(self, tell: Tell = refuse) -> Iterator[Row]:
        """The rows that are right. Of each other one it is told what is wrong; by default the first is raised."""
        named: set[str] = set()
        last: tuple[str, ...] | None = None
        for row in itertools.chain.from_iterable(part.rows(tell) for part in self.parts):
            # Rows that name the same columns share them.
            if row.columns is not last:
                last = row.columns
                named.update(last)
            yield row
        check_named(self.rules, named, tell)

    def raw_csv(self) -> RawCsv | None:
        """The files for COPY to read by itself, if they are all CSV with the same header. Raises `SeedFileError`."""
        found = [part.raw_csv() for part in self.parts if isinstance(part, RawSource)]
        first = found[0] if len(found) == len(self.parts) else None
        raw = [
            each for each in found if each is not None and first is not None and each.columns == first.columns
        ]
        if first is None or len(raw) < len(self.parts):
            return None
        return replace(first, files=tuple(itertools.chain.from_iterable(each.files for each in raw)))

    def records(self, tell: Tell = refuse) -> Iterator[Record]:
        """The rows as written."""
        return itertools.chain.from_iterable(part.records(tell) for part in self.parts)

    def find(self, row: Row, column: str, *, name: bool) -> Position | None:
        """Not asked, for each row is of one of the parts."""
        raise NotImplementedError(row, column, name)

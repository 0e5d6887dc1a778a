"""Overlays: what `tools.production.yaml` changes in the rows of `tools.yaml`, in that environment alone.

The seed file is read row by row, as ever, and no more than the overlay is held.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from seeder.errors import Position, SeederError, SeedFileError, Tell, refuse
from seeder.seed_files.document import Document, Record
from seeder.seed_files.fields import read_overlay
from seeder.seed_files.rows import DocumentRows, Row, Rows, Shapes, same_key, secret_in_key
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.values import FileContent, Ref, Value, has_secret

Identity: TypeAlias = "tuple[Hashable, ...]"
"""The key of a row. Two are equal if they are written the same, whatever the kind of the file."""

_HINTED: Final = 1000
"""Among so many rows of the seed file the one is looked for that was probably meant."""


@dataclass(frozen=True, slots=True)
class _Change:
    """A row of an overlay: its number there, its line, and its cells."""

    number: int
    line: int
    cells: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class _Absence:
    """A row that an overlay takes out: its number in `absent`, and its key."""

    number: int
    identity: Identity


@dataclass(frozen=True, slots=True)
class _Merged:
    """A row, where it is from: its number in the seed file, and in the overlay; None if it is not there."""

    record: Record
    below: int | None
    above: int | None


class OverlaidRows(Rows):
    """The rows of `base` with what an overlay says of them, and after them those that only the overlay has.

    Where something stands is found by reading the files again. Reading raises `SeedFileError` also if the overlay takes
    out a row that is not there.
    """

    def __init__(
        self, base: Rows, document: Document, tell: Tell = refuse, key: Sequence[str] | None = None
    ) -> None:
        """Read the overlay. What is wrong in it is told, and left out; by default the first mistake is raised.

        `key` is that of the table, if the seed file says none.
        """
        super().__init__(base.file, base.rules)
        self._base = base
        self._document = document
        columns = key or base.rules.key
        # As the files name them.
        self._key = tuple(dict.fromkeys(each for column in columns for each in base.rules.fed_by(column)))
        absent = read_overlay(document, base.file, tell)
        self._changes = self._read_changes(tell) if self._key else {}
        self._absent = self._read_absent(absent, tell) if self._key else {}
        if not self._key:
            # What is wrong in the cells can be said without the key.
            deque(document.records(tell), maxlen=0)

    @property
    def has_key(self) -> bool:
        """Whether the key is known, so that the rows can be read."""
        return bool(self._key)

    @property
    def files(self) -> tuple[str, ...]:
        """What the files that hold the rows are called before people."""
        return (*self._base.files, self._document.file)

    def noted_tag(self) -> SeedFileError | None:
        """The first field that was read so far which looks like a tag and is text."""
        return self._base.noted_tag()

    def keyed(self, key: Sequence[str], tell: Tell = refuse) -> OverlaidRows:
        """The rows, if their key is `key`. What does not fit it is told; by default the first mistake is raised."""
        return self if self._key else OverlaidRows(self._base, self._document, tell, key)

    def records(self, tell: Tell = refuse) -> Iterator[Record]:
        """The rows as they are in the environment. Those that are wrong in themselves are told."""
        for each in self._merged(tell):
            yield each.record

    def find(self, row: Row, column: str, *, name: bool) -> Position | None:
        """Where the value of `column` stands: in the overlay, if it has one. Names and keys are the seed file's."""
        merged = self._at(row)
        if merged is None:
            return None
        below = above = None
        if merged.below is not None:
            below = self._base.find(self._below(row, merged), column, name=name)
        if merged.above is not None:
            above = self._document.find("rows", str(merged.above), column, name=name)
        return (below or above) if name or column in self._key else (above or below)

    def row_at(self, row: Row) -> Position:
        """Where `row` begins, in the seed file if it is there."""
        merged = self._at(row)
        if merged is None:
            return super().row_at(row)
        if merged.below is not None:
            return self._base.row_at(self._below(row, merged))
        return self._document.at("rows", str(merged.above))

    def finish(self, shapes: Shapes, tell: Tell) -> None:
        """Nothing: which columns the seed file has to name does not depend on the environment."""

    def _merged(self, tell: Tell) -> Iterator[_Merged]:
        if not self._key:
            where = "there" if self.rules.document else "in a YAML file of that name beside it"
            message = (
                f"an overlay changes rows by their key, which {self._base.file} does not say, and without the table "
                f"nobody knows it; write key: [...] {where}"
            )
            raise SeedFileError(message, position=Position(self._document.file))
        changes, absent = dict(self._changes), dict(self._absent)
        shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        complete = True
        for below, record in enumerate(self._base.records(tell)):
            names, values, line = record
            complete = complete and values is not None
            identity = self._identity(names, values) if values is not None else None
            if identity in absent:
                del absent[identity]
                continue
            change = changes.pop(identity, None) if identity is not None else None
            if change is None or values is None:
                yield _Merged(record, below, None)
                continue
            cells = {**dict(zip(names, values, strict=True)), **change.cells}
            columns = tuple(cells)
            columns = shared.setdefault(columns, columns)
            yield _Merged((columns, tuple(cells.values()), line), below, change.number)
        for change in changes.values():
            yield _Merged(
                (tuple(change.cells), tuple(change.cells.values()), change.line), None, change.number
            )
        if complete:
            for absence in absent.values():
                tell(self._not_there(absence))

    def _at(self, row: Row) -> _Merged | None:
        """Read the files again, as far as the row."""
        try:
            return next(itertools.islice(self._merged(_pass), row.number, None), None)
        except SeederError:
            # The file is no longer what was read.
            return None

    def _below(self, row: Row, merged: _Merged) -> Row:
        """The row as the seed file has it."""
        assert merged.below is not None  # noqa: S101 - asked before
        return Row(row.columns, row.values, merged.record[2], merged.below, self._base)

    def _identity(self, names: Sequence[str], values: Sequence[Value]) -> Identity | None:
        """The key of a row as written; None if it lacks a column of it."""
        identity = []
        for column in self._key:
            if column in names:
                identity.append(_identity(values[names.index(column)]))
            elif column in self._given:
                identity.append(_identity(self._given[column]))
            else:
                return None
        return tuple(identity)

    def _read_changes(self, tell: Tell) -> dict[Identity, _Change]:
        changes: dict[Identity, _Change] = {}
        own = DocumentRows(self._document, self.rules)
        for number, (names, values, line) in enumerate(own.records(tell)):
            if values is None:
                continue
            row = Row(names, values, line, number, own)
            identity = self._identity(names, values)
            secret = [each for each in self._key if each in names and has_secret(values[names.index(each)])]
            if identity is None:
                for column in self._key:
                    if column not in names and column not in self._given:
                        hint = did_you_mean(column, names)
                        message = f'the key column "{column}" is missing{hint}'
                        tell(SeedFileError(message, position=row.at()))
            elif secret:
                tell(secret_in_key(row, secret[0]))
            elif identity in changes:
                first = changes[identity]
                tell(same_key(row, self._key, (first.number, first.line)))
            else:
                changes[identity] = _Change(number, line, dict(zip(names, values, strict=True)))
        return changes

    def _read_absent(
        self, absent: Sequence[Mapping[str, Value] | None], tell: Tell
    ) -> dict[Identity, _Absence]:
        found: dict[Identity, _Absence] = {}
        for number, cells in enumerate(absent):
            if cells is None:
                continue
            mistake = self._wrong_key(cells, number)
            identity = None if mistake else self._identity(tuple(cells), tuple(cells.values()))
            where = self._document.at("absent", str(number))
            if mistake is not None or identity is None:
                if mistake is not None:
                    tell(mistake)
            elif identity in found:
                first = self._document.at("absent", str(found[identity].number)).line
                tell(SeedFileError(f"absent names this row twice, first in line {first}", position=where))
            elif identity in self._changes:
                line = self._changes[identity].line
                message = (
                    f"this row is in absent, and in rows too, in line {line}; take it out of one of them"
                )
                tell(SeedFileError(message, position=where))
            else:
                found[identity] = _Absence(number, identity)
        return found

    def _wrong_key(self, cells: Mapping[str, Value], number: int) -> SeedFileError | None:
        """What is wrong unless `cells` are a key."""
        for column, value in cells.items():
            if column not in self._key:
                hint = did_you_mean(column, self._key)
                message = f'"{column}" is not in the key, which is {_quoted(self._key)}{hint}'
                return SeedFileError(message, position=self._document.at_name("absent", str(number), column))
            if has_secret(value):
                message = f'!env is not allowed in the key column "{column}", because keys are logged'
                return SeedFileError(message, position=self._document.at("absent", str(number), column))
        for column in self._key:
            if column not in cells and column not in self._given:
                message = f'the key column "{column}" is missing'
                return SeedFileError(message, position=self._document.at("absent", str(number)))
        return None

    def _not_there(self, absence: _Absence) -> SeedFileError:
        keys = (
            self._identity(names, values)
            for names, values, _ in itertools.islice(self._base.records(_pass), _HINTED)
            if values is not None
        )
        shown = _shown(absence.identity)
        hint = did_you_mean(shown, [_shown(each) for each in keys if each is not None])
        return SeedFileError(
            f'{self._base.file} has no row whose key ({_quoted(self._key)}) is "{shown}"{hint}',
            position=self._document.at("absent", str(absence.number)),
            outside=shown,
        )


def _pass(mistake: SeederError) -> None:
    """Pass over a mistake that has been told before."""


def _identity(value: Value) -> Hashable:
    """What is equal for values that are written the same."""
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return ("[]", *map(_identity, value))
        case dict():
            return ("{}", *((name, _identity(item)) for name, item in sorted(value.items())))
        case Ref():
            return ("!ref", str(value.table), value.column, _identity(dict(value.where)))
        case FileContent():
            return ("!file", str(value.path))
    return value


def _shown(identity: Identity) -> str:
    """A key as it may be shown."""
    texts = (each if isinstance(each, str) else "NULL" if each is None else "…" for each in identity)
    return ", ".join(texts)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{each}"' for each in names)

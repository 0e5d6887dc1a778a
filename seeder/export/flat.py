"""The columns of a CSV or NDJSON file: instead of a foreign key's number, what says which row it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from seeder.config import row_key
from seeder.errors import SeedingError
from seeder.export.choice import Choice
from seeder.export.references import Parent, Referring
from seeder.export.rows import Texts
from seeder.merge.table import Column


@dataclass(frozen=True, slots=True)
class FlatColumn:
    """A column of the file: its name, the place of its text in a row as read, and the column that has its type."""

    name: str
    place: int
    column: Column


class Flat:
    """How a choice is written in a file that has no `!ref`."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self.references: dict[str, Any] = {}
        """The field `references` of the YAML file beside it."""
        self.columns: list[FlatColumn] = []
        self._numbers: list[tuple[str, int, int]] = []
        taken = {each.name for each in choice.columns}
        places = places_of(choice)
        for place, column in enumerate(choice.columns):
            referring = choice.references.get(column.name)
            if referring is None:
                self.columns.append(FlatColumn(column.name, place, column))
                continue
            first = places[referring.parent.alias]
            self._numbers.append((column.name, place, first))
            names = _names(column.name, referring.parent, taken)
            taken.update(names)
            self.columns += [
                FlatColumn(name, first + number, each)
                for number, (name, (_, each)) in enumerate(zip(names, referring.parent.names, strict=True))
            ]
            self.references[column.name] = _said(referring, iter(names), column.name)

    def texts(self, rows: Iterator[Texts]) -> Iterator[Texts]:
        """The texts of the file's columns."""
        places = [each.place for each in self.columns]
        return (tuple([row[place] for place in places]) for row in rows)

    def checked(self, rows: Iterator[Texts]) -> Iterator[Texts]:
        """The rows. Raises `SeedingError` at a foreign key that leads nowhere."""
        for row in rows:
            for name, place, first in self._numbers:
                # A foreign key that was never checked.
                if row[place] is not None and row[first] is None:
                    raise self._leads_nowhere(row, name)
            yield row

    def _leads_nowhere(self, row: Texts, name: str) -> SeedingError:
        names = [each.name for each in self._choice.columns]
        key = {each.name: row[names.index(each.name)] for each in self._choice.key}
        return SeedingError(
            f'row {row_key.written(key)}: the foreign key in column "{name}" leads to no row; mend it, or export '
            "without --refs",
            table=str(self._choice.table),
            key=key,
        )


def places_of(choice: Choice) -> dict[str, int]:
    """By the alias of each parent, the place in a row that was read at which its names begin."""
    places: dict[str, int] = {}
    place = len(choice.columns)
    for parent in choice.parents:
        places[parent.alias] = place
        place += len(list(parent.names))
    return places


def _names(own: str, parent: Parent, taken: Collection[str]) -> Sequence[str]:
    """The names of the file's columns for a reference in column `own`."""
    columns = [column.name for _, column in parent.names]
    if len(columns) == 1:
        return [own]
    stem = own.removesuffix("_id")
    names: list[str] = []
    for each in columns:
        name = f"{stem}_{each}"
        while name in taken or name in names:
            name += "_"
        names.append(name)
    return names


def _said(referring: Referring, names: Iterator[str], own: str | None = None) -> dict[str, Any]:
    """A reference as the field `references` says it."""
    parent = referring.parent
    columns = {
        column.name: next(names) if nested is None else _said(nested, names) for column, nested in parent.key
    }
    said: dict[str, Any] = {"table": parent.shown}
    said["columns"] = list(columns) if list(columns.values()) == [own] else columns
    if referring.taken is not None:
        said["column"] = referring.taken
    return said

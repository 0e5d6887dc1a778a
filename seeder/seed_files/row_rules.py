"""Rows that name the same columns have one shape: what they share is worked out once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seeder.errors import SeedFileError
from seeder.seed_files.model import Row, has_secret
from seeder.seed_files.suggestions import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seeder.errors import Position
    from seeder.seed_files.model import Place, Value


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of some rows, and the defaults that complete the cells they bring."""

    columns: tuple[str, ...]
    tail: tuple[Value, ...]
    in_order: bool
    """Whether the cells as written, followed by `tail`, are in the order of `columns`."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a seed file says of all its rows. `defaults_place` knows where the defaults stand."""

    key: tuple[str, ...] = ()
    insert_only: Mapping[str, Position] = field(default_factory=dict)
    defaults: Mapping[str, Value] = field(default_factory=dict)
    defaults_place: Place | None = None


@dataclass(slots=True)
class Shapes:
    """Makes the rows of one reading of a seed file: fills in `defaults`, checks `key` and `insert_only`."""

    rules: Rules
    _by_names: dict[tuple[str, ...], Shape] = field(default_factory=dict)
    _by_set: dict[frozenset[str], tuple[str, ...]] = field(default_factory=dict)

    def row(self, names: tuple[str, ...], values: tuple[Value, ...], line: int, place: Place) -> Row:
        """The row that brings `values`. Raises `SeedFileError` when a key column is missing."""
        shape = self._by_names.get(names) or self.shape(names, line, place)
        if shape.in_order:
            values += shape.tail
        else:
            cells = {**self.rules.defaults, **dict(zip(names, values, strict=True))}
            values = tuple(cells[column] for column in shape.columns)
        return Row(shape.columns, values, line, place)

    def shape(self, names: tuple[str, ...], line: int, place: Place) -> Shape:
        """The shape of the rows that write `names`. Raises `SeedFileError` when a key column is missing."""
        defaults = self.rules.defaults
        filled = tuple(name for name in defaults if name not in names)
        columns = names + filled
        if not columns:
            raise SeedFileError("the row names no column", position=place.at(line))
        for column in self.rules.key:
            if column not in columns:
                raise SeedFileError(
                    f'the key column "{column}" is missing{did_you_mean(column, columns)}',
                    position=place.at(line),
                )
        shared = self._by_set.setdefault(frozenset(columns), columns)
        shape = Shape(shared, tuple(defaults[name] for name in filled), in_order=shared == columns)
        self._by_names[names] = shape
        return shape

    def finish(self) -> None:
        """After the last row: raise `SeedFileError` when `insert_only` names a column that no row has."""
        if not self._by_names:
            return
        named = {column for shape in self._by_names.values() for column in shape.columns}
        for column, position in self.rules.insert_only.items():
            if column not in named:
                raise SeedFileError(
                    f'no row has a column "{column}"{did_you_mean(column, named)}', position=position
                )


def refuse_secret_key(row: Row, key: tuple[str, ...]) -> None:
    """Raise `SeedFileError` when a cell of `key` came by `!env`: keys are shown in logs."""
    for column in key:
        if has_secret(row.values[row.columns.index(column)]):
            raise SeedFileError(f'!env can\'t stand in the key column "{column}"', position=row.at(column))

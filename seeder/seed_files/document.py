"""What YAML and JSON seed files have in common: fields, rows, and where each of them stands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

from seeder.errors import Position, Tell, refuse
from seeder.seed_files.values import FileContent, TableName, Value

Record: TypeAlias = "tuple[tuple[str, ...], tuple[Value, ...] | None, int]"
"""The columns that a row names, their values, and the line in which it begins. Rows may share the columns.

The values are None if the row is wrong, which has been told.
"""


class Document(ABC):
    """A YAML or JSON seed file that was read and not yet understood."""

    file: str
    names: Mapping[str, object]
    """The fields that are there, all but `rows`."""
    has_rows: bool
    """Whether there is a list of `rows`, if only an empty one."""
    rows_files: Sequence[FileContent] = ()
    """What `rows: !file …` names: one file, or those that a pattern matches."""
    references: Collection[TableName] = ()
    """The tables that the `!ref` read so far name."""

    @abstractmethod
    def field(self, name: str) -> Value:
        """The value of one of `names`. Raises `SeedFileError` if it is wrong in itself, or tells it."""

    @abstractmethod
    def records(self, tell: Tell = refuse) -> Iterator[Record]:
        """The rows. Those that are wrong in themselves are told."""

    @abstractmethod
    def find(self, *path: str, name: bool = False) -> Position | None:
        """Where the value at the end of `path` stands, or its name; None if there is none.

        A path goes through mappings by name and through lists by number, from 0, or by the text of an item.
        """

    def at(self, *path: str) -> Position:
        """Where a value stands, or the innermost part of `path` that is there."""
        return self._innermost(path, name=False)

    def at_name(self, *path: str) -> Position:
        """Where a value's name stands, or that of the innermost part of `path` that is there."""
        return self._innermost(path, name=True)

    def _innermost(self, path: tuple[str, ...], *, name: bool) -> Position:
        while path:
            if found := self.find(*path, name=name):
                return found
            path = path[:-1]
        return Position(self.file)

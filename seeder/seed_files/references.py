"""References: cells that hold the natural key of another table's row instead of its number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seeder.seed_files.values import Ref, TableName, Value


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to the row of `table` whose `columns` hold what the seed file says.

    Each of `columns` is a pair: a column of that table, and the column of the seed file that holds its value, or a
    reference by which the value is found. `column` is what the reference takes; None is the primary key.
    """

    table: TableName
    columns: tuple[tuple[str, str | Reference], ...]
    column: str | None = None

    @property
    def sources(self) -> Iterator[str]:
        """The columns of the seed file that it reads."""
        for _, source in self.columns:
            if isinstance(source, str):
                yield source
            else:
                yield from source.sources

    @property
    def tables(self) -> Iterator[TableName]:
        """The table, and those of nested references."""
        yield self.table
        for _, source in self.columns:
            if not isinstance(source, str):
                yield from source.tables

    def of(self, cells: Mapping[str, Value]) -> Value:
        """What the cells of a row refer to: NULL if all that it reads are NULL, and a `!ref` as it is."""
        where = {
            column: cells[source] if isinstance(source, str) else source.of(cells)
            for column, source in self.columns
        }
        first, *others = where.values()
        if not others and (first is None or (isinstance(first, Ref) and isinstance(self.columns[0][1], str))):
            return first
        return (
            Ref(self.table, where, self.column) if any(each is not None for each in where.values()) else None
        )

"""The field `references`: cells that hold the natural key of another table's row instead of its number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seeder.seed_files.said import LIST, MAPPING, TEXT, Said
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


def read_references(said: Said) -> dict[str, Reference]:
    """The field as a seed file says it, by the column that each reference fills. Raises or tells `SeedFileError`."""
    return {name: _reference(member, own=name) for name, member in said.members().items()}


def _reference(said: Said, own: str | None = None) -> Reference:
    """A reference; `own` is the column that it fills, None for a nested one."""
    members = said.members("table", "columns", "column")
    for name in ("table", "columns"):
        if name not in members:
            raise said.error(f"{said.name} needs {name}, as in {{table: groups, columns: [name]}}")
    try:
        table = TableName.parse(members["table"].text())
    except ValueError as error:
        raise members["table"].error(str(error)) from None
    column = members["column"].text() if "column" in members else None
    return Reference(table, tuple(_columns(members["columns"], own)), column)


def _columns(said: Said, own: str | None) -> Iterator[tuple[str, str | Reference]]:
    if said.expect(LIST, MAPPING) == LIST:
        names = said.texts()
        if len(names) != 1 or own is None:
            shown = ", ".join(f"{name}: …" for name in names or ("name",))
            raise said.error(
                f"{said.name} must say which column of the seed file holds each of them, as in {{{shown}}}; "
                "only one that the column itself holds can be a list"
            )
        yield names[0], own
        return
    members = said.members()
    if not members:
        raise said.error(f"{said.name} must not be empty")
    for name, member in members.items():
        yield name, member.text() if member.expect(TEXT, MAPPING) == TEXT else _reference(member)

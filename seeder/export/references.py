"""Foreign keys that can be written as references, by the natural key of the other table."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from seeder.export.keys import keys_of
from seeder.export.sql_files import statement
from seeder.merge.table import Column, Table
from seeder.merge.target import find_table
from seeder.postgres.connection import Connection
from seeder.postgres.pinning import homes_of
from seeder.postgres.statements import run
from seeder.seed_files.values import TableName


@dataclass(frozen=True, slots=True)
class Referring:
    """A column that is written as a reference: it holds `taken` of the parent; None is the parent's primary key."""

    parent: Parent
    taken: str | None


@dataclass(frozen=True, slots=True)
class Parent:
    """A table that a foreign key of the relation `of` leads to, joined as `alias`.

    `terms` pair the columns of `of` with those of the parent. `key` are the columns by which its rows are known, each
    with what it refers to, if it is itself only the number of a row.
    """

    table: Table
    alias: str
    of: str
    shown: str
    key: tuple[tuple[Column, Referring | None], ...]
    terms: tuple[tuple[str, Column], ...]

    @property
    def all(self) -> Iterator[Parent]:
        """The parent itself, and those that its key refers to."""
        yield self
        for _, nested in self.key:
            if nested is not None:
                yield from nested.parent.all

    @property
    def names(self) -> Iterator[tuple[str, Column]]:
        """The columns that say which row it is, each with the alias of its table."""
        for column, nested in self.key:
            if nested is None:
                yield self.alias, column
            else:
                yield from nested.parent.names

    @property
    def needed(self) -> list[Column]:
        """The columns that are read of the table."""
        return [*(column for column, _ in self.key), *(column for _, column in self.terms)]


@dataclass
class References:
    """Finds the references of a table. `wanted` is what it is called, and `schemas` where tables without one are."""

    connection: Connection
    table: Table
    wanted: TableName
    schemas: Sequence[str]
    _count: Iterator[int] = field(default_factory=itertools.count)

    def find(self) -> tuple[list[Parent], dict[str, Referring]]:
        """The columns that can be written as references, and the tables that these look into."""
        return self._of(self.table, "live", ())

    def nameable(self) -> bool:
        """Whether references can name the rows of the table."""
        return self._key(self.table, "live", ()) is not None

    def _of(
        self, table: Table, alias: str, above: tuple[int, ...]
    ) -> tuple[list[Parent], dict[str, Referring]]:
        parents: list[Parent] = []
        references: dict[str, Referring] = {}
        for found in run(self.connection, statement("foreign_keys"), {"table": table.oid}).mappings():
            name = TableName(found["schema_name"], found["table_name"])
            parent = find_table(self.connection, name, self.schemas)
            own_alias = f"parent_{next(self._count)}"
            key = None if parent is None else self._key(parent, own_alias, above)
            if parent is None or key is None:
                continue
            pairs = list(zip(found["columns"], found["parents"], strict=True))
            terms = tuple((own, parent.columns[other]) for own, other in pairs)
            made = Parent(parent, own_alias, alias, self._shown(parent), key, terms)
            named = {column.name for column, _ in key}
            new = {
                own: Referring(made, None if parent.primary_key == (other,) else other)
                for own, other in pairs
                # A column that holds a part of the name needs nothing that looks it up.
                if other not in named and own not in references
            }
            if new:
                parents.append(made)
                references.update(new)
        return parents, references

    def _key(
        self, table: Table, alias: str, above: tuple[int, ...]
    ) -> tuple[tuple[Column, Referring | None], ...] | None:
        """The key by which a reference can name a row of `table`. None if there is none, or if it leads to itself."""
        keys = keys_of(self.connection, table)
        names = next(iter(keys.natural), None)
        if names is None or table.oid in above:
            return None
        opaque = keys.opaque.intersection(names)
        nested = self._of(table, alias, (*above, table.oid))[1] if opaque else {}
        if not opaque <= nested.keys():
            return None
        return tuple((table.columns[each], nested[each] if each in opaque else None) for each in names)

    def _shown(self, parent: Table) -> str:
        """What the seed file calls the parent: without a schema if the table is called so too, and it is found so."""
        if self.wanted.schema is None and parent.schema == self.table.schema:
            homes = homes_of(self.connection, self.schemas, [parent.name])
            if homes.get(parent.name) == parent.schema:
                return as_written(TableName(None, parent.name))
        return as_written(TableName(parent.schema, parent.name))


def as_written(name: TableName) -> str:
    """The name as a seed file takes it."""
    return ".".join(map(_quoted, filter(None, (name.schema, name.name))))


def _quoted(part: str) -> str:
    plain = str(TableName(None, part))
    try:
        if TableName.parse(plain) == TableName(None, part):
            return plain
    except ValueError:
        pass
    return '"' + part.replace('"', '""') + '"'

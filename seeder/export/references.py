"""Foreign keys that can be written as `!ref`, by the natural key of the other table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seeder.export.keys import keys_of
from seeder.export.sql_files import statement
from seeder.merge.table import Column, Table
from seeder.merge.target import find_table
from seeder.postgres.connection import Connection
from seeder.postgres.pinning import homes_of
from seeder.postgres.statements import run
from seeder.seed_files.values import TableName


@dataclass(frozen=True, slots=True)
class Parent:
    """A table that a foreign key leads to, joined as `alias`. `terms` pair our columns with those of the parent."""

    table: Table
    alias: str
    shown: str
    key: tuple[Column, ...]
    terms: tuple[tuple[str, Column], ...]


@dataclass(frozen=True, slots=True)
class Referring:
    """A column that is written as `!ref`: it holds `taken` of the parent; None is the parent's primary key."""

    parent: Parent
    taken: str | None
    first: int
    """The place of the parent's key in `Choice.sought`."""


def find_references(
    connection: Connection, table: Table, wanted: TableName, schemas: Sequence[str]
) -> tuple[list[Parent], dict[str, Referring]]:
    """The columns of `table` that can be `!ref`, and the tables that these look into. `wanted` is what it is called."""
    parents: list[Parent] = []
    references: dict[str, Referring] = {}
    for found in run(connection, statement("foreign_keys"), {"table": table.oid}).mappings():
        parent = find_table(connection, TableName(found["schema_name"], found["table_name"]), schemas)
        key = None if parent is None else keys_of(connection, parent).nameable
        if parent is None or key is None:
            continue
        pairs = list(zip(found["columns"], found["parents"], strict=True))
        made = Parent(
            table=parent,
            alias=f"parent_{len(parents)}",
            shown=_shown(connection, parent, wanted, table, schemas),
            key=tuple(parent.columns[each] for each in key),
            terms=tuple((own, parent.columns[other]) for own, other in pairs),
        )
        new = {
            own: Referring(made, None if parent.primary_key == (other,) else other, 0)
            for own, other in pairs
            # A column that holds a part of the name needs nothing that looks it up.
            if other not in key and own not in references
        }
        if new:
            parents.append(made)
            references.update(new)
    return parents, references


def placed(references: Mapping[str, Referring], parents: Sequence[Parent]) -> dict[str, Referring]:
    """The references with the places of the keys of `parents`, one after another."""
    places: dict[str, int] = {}
    place = 0
    for parent in parents:
        places[parent.alias] = place
        place += len(parent.key)
    return {
        own: Referring(each.parent, each.taken, places[each.parent.alias]) for own, each in references.items()
    }


def _shown(
    connection: Connection, parent: Table, wanted: TableName, table: Table, schemas: Sequence[str]
) -> str:
    """What the seed file calls the parent: without its schema if the table is called so too, and it is found so."""
    if wanted.schema is None and parent.schema == table.schema:
        homes = homes_of(connection, schemas, [parent.name])
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

"""The part of a table that a seeder fills: what `where` of its seed file says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial

import psycopg
from psycopg.sql import Composable

from seeder.errors import SeedFileError
from seeder.merge.encoding import encode, encoder_for
from seeder.merge.expressions import canonical, is_value
from seeder.merge.table import Column, Table
from seeder.postgres.connection import Connection
from seeder.postgres.failures import describe, sqlstate
from seeder.postgres.statements import joined, name, part, run
from seeder.seed_files.model import DataSeeder

_ABOUT_VALUES = ("22", "23")


@dataclass(frozen=True)
class Part:
    """Columns, and the canonical text of the value that each has in the part, None for NULL. No column: all rows."""

    columns: tuple[Column, ...] = ()
    texts: tuple[str | None, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The names of the columns."""
        return frozenset(each.name for each in self.columns)

    def text_of(self, column: Column) -> str | None:
        """The canonical text of the value that one of `columns` has."""
        return self.texts[self.columns.index(column)]

    def holds(self, relation: str) -> Composable:
        """Whether a row of the table is in the part."""
        cells = zip(self.columns, self.texts, strict=True)
        return joined(
            (is_value(each, name(relation, each.name), shown) for each, shown in cells), " AND ", "true"
        )


def read_part(connection: Connection, seeder: DataSeeder, table: Table) -> Part:
    """The part of `table` that the seed file names. Raises `SeedFileError` if no row could be in it."""
    columns = tuple(table.column(each, partial(seeder.at, "where", each)) for each in seeder.where)
    return Part(columns, tuple(_text(connection, seeder, table, each) for each in columns))


def _text(connection: Connection, seeder: DataSeeder, table: Table, column: Column) -> str | None:
    value = seeder.where[column.name]

    def wrong(why: str) -> SeedFileError:
        message = f'column "{column.name}" of {table} {why}'
        return SeedFileError(message, position=seeder.at("where", column.name), table=str(table))

    if column.generated:
        raise wrong(
            "is generated, so no row can be inserted with it; name columns that it is made from in `where`"
        )
    if column.is_json or column.equality is None:
        raise wrong(f"is of type {column.type}, which `where` can't compare; name a column of plain values")
    if value is None and column.not_null:
        raise wrong("is never NULL, so no row is in this part of the table; correct `where`")
    given = encode(encoder_for(column), value, column.name, lambda of: seeder.at("where", of))
    if given is None:
        return None
    # The type's input function refuses a text that is too long; a cast would cut it.
    read = part(
        "SELECT {} FROM pg_catalog.json_to_record(CAST(%(given)s AS pg_catalog.json)) AS given (value {})",
        canonical(column, name("given", "value")),
        column.sql_type,
    )
    try:
        with connection.transaction():
            shown: str = run(connection, read, {"given": json.dumps({"value": given})}).scalar()
    except psycopg.Error as error:
        if not (sqlstate(error) or "").startswith(_ABOUT_VALUES):
            raise
        raise wrong(f"is of type {column.type}: {describe(error)}") from None
    return shown

"""The foreign keys among the tables of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeder.postgres.statements import run, sql_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seeder.postgres.connection import Connection


def foreign_keys(connection: Connection, tables: Sequence[tuple[str, str]]) -> list[tuple[int, int]]:
    """Which of `tables` (schema and name) refers to which, by their places in the list, from 0.

    References whose columns are all NOT NULL come first. A table that refers to itself is left out, and so is one that
    does not exist.
    """
    found = run(
        connection,
        sql_file("seeder.postgres", "foreign_keys").format(),
        {"schemas": [schema for schema, _ in tables], "tables": [name for _, name in tables]},
    )
    return [(row.child - 1, row.parent - 1) for row in found]

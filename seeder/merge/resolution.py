"""What `seeder resolve` was told: which of the cells that were kept are resolved, and with which value."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg
from psycopg.sql import Composable

from seeder.config import row_key
from seeder.errors import UsageError
from seeder.merge.expressions import canonical, is_value
from seeder.merge.target import Target
from seeder.postgres.connection import Connection
from seeder.postgres.statements import joined, name, part, run
from seeder.seed_files.suggestions import did_you_mean


class Take(enum.StrEnum):
    """Whose value a cell has from now on."""

    SEED = "seed"
    """The value in the seed file is written."""
    LIVE = "live"
    """The value in the table is accepted, and stays an edit."""


@dataclass(frozen=True)
class Resolution:
    """Resolve the conflicts in the cells of these columns and of the rows with these keys; empty means all."""

    take: Take
    columns: frozenset[str] = frozenset()
    rows: tuple[Mapping[str, str | None], ...] = ()

    def chooses(self, column: str) -> bool:
        """Whether the cells of `column` are resolved."""
        return not self.columns or column in self.columns

    def chosen_rows(self, target: Target) -> Composable:
        """Whether the cells of a row of `live` are resolved."""
        if not self.rows:
            return part("true")
        rows = (row for row in self.rows if _has_key(target, row))
        return part("({})", joined((_same_key(target, row) for row in rows), " OR ", "false"))

    def check(self, connection: Connection, targets: Sequence[Target]) -> None:
        """Raise `UsageError` if a column is in none of the tables, or a row's key cannot be a key of any."""
        tables = ", ".join(sorted({str(target.table) for target in targets}))
        known = sorted({column for target in targets for column in target.table.columns})
        for column in sorted(self.columns.difference(known)):
            raise UsageError(
                f'--column: no column "{column}" in {tables}{did_you_mean(column, known)}', outside=column
            )
        for row in self.rows:
            found = [target for target in targets if _has_key(target, row)]
            if not found:
                keys = {f"{target.table}: {row_key.written(_example(target))}" for target in targets}
                shown = row_key.written(row)
                raise UsageError(
                    f'--row: "{shown}" does not name the columns of a key; write {"; ".join(sorted(keys))}',
                    outside=shown,
                )
            for target in found:
                _check_values(connection, target, row)


def _has_key(target: Target, row: Mapping[str, str | None]) -> bool:
    return row.keys() == {key.name for key in target.own_key}


def _example(target: Target) -> dict[str, str | None]:
    return {key.name: "…" for key in target.own_key}


def _same_key(target: Target, row: Mapping[str, str | None]) -> Composable:
    return part(
        "({})",
        joined((is_value(key, name("live", key.name), row[key.name]) for key in target.own_key), " AND "),
    )


def _check_values(connection: Connection, target: Target, row: Mapping[str, str | None]) -> None:
    for key in target.own_key:
        value = row[key.name]
        if value is None and key.not_null:
            raise UsageError(
                f'--row: column "{key.name}" of {target.table} is never NULL; for an empty text write '
                f'{key.name}=""'
            )
        # A JSON document is not a text in JSON.
        if value is None or not key.castable or key.is_json:
            continue
        # The type's input function refuses a text that is too long; a cast would cut it.
        read = part(
            "SELECT pg_catalog.count({}) FROM pg_catalog.json_to_recordset(CAST(%(rows)s AS pg_catalog.json)) "
            "AS given (value {})",
            canonical(key, name("given", "value")),
            key.sql_type,
        )
        try:
            with connection.transaction():
                run(connection, read, {"rows": json.dumps([{"value": value}])})
        except psycopg.DataError:
            raise UsageError(
                f'--row: "{value}" is not a value of column "{key.name}" of {target.table}: it is of type {key.type}',
                outside=value,
            ) from None

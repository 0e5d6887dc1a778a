"""The statements of the export: the SQL files in `sql/`, completed with names and conditions."""

from __future__ import annotations

from psycopg.sql import Composable, Composed

from seeder.postgres.statements import sql_file


def statement(file: str, /, **parts: Composable) -> Composed:
    """The SQL of `sql/FILE.sql` with each `{name}` replaced by the part of that name."""
    return sql_file("seeder.export", file).format(**parts)

"""The statements of the merge: the SQL files in `sql/`, completed with names and column lists."""

from __future__ import annotations

from psycopg.sql import SQL, Composable, Composed

from seeder.postgres.statements import sql_file


def statement(file: str, /, **parts: Composable) -> Composed:
    """The SQL of `sql/FILE.sql` with each `{name}` replaced by the part of that name."""
    return _file(file).format(**parts)


def _file(name: str) -> SQL:
    return sql_file("seeder.merge", name)

"""The statements of the merge: the SQL files in `sql/`, completed with names and column lists."""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING

from psycopg import sql

if TYPE_CHECKING:
    from psycopg.sql import Composable, Composed


@functools.cache
def _file(name: str) -> sql.SQL:
    text = resources.files("seeder.merge").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    return sql.SQL(text.rstrip())


def statement(file: str, /, **parts: Composable) -> Composed:
    """The SQL of `sql/FILE.sql` with each `{name}` replaced by the part of that name."""
    return _file(file).format(**parts)

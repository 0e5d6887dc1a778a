"""Statements: composed of SQL and names, sent with their parameters, and read row by row."""

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import resources
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.sql import Composable, Composed

from seeder.postgres.connection import Connection

NOTHING = sql.SQL("")


@functools.cache
def sql_file(package: str, file: str) -> sql.SQL:
    """The SQL of `sql/FILE.sql` in the folder of a package. Its parts are in braces, and its own braces doubled."""
    text = resources.files(package).joinpath("sql", f"{file}.sql").read_text(encoding="utf-8")
    return sql.SQL(text.rstrip())


def part(text: LiteralString, *parts: Composable, **named: Composable) -> Composed:
    """A piece of SQL with each `{}` and `{name}` replaced."""
    return sql.SQL(text).format(*parts, **named)


def name(*names: str) -> sql.Identifier:
    """A quoted, perhaps qualified name. `%` is doubled, because every statement is sent with parameters."""
    return sql.Identifier(*(each.replace("%", "%%") for each in names))


def text(value: str) -> Composed:
    """A text that is part of the statement, such as a file's or a catalogue's, never a cell of a seed file."""
    return sql.SQL("{}").format(sql.Literal(value.replace("%", "%%")))


def number(value: int) -> sql.SQL:
    """A number that is part of the statement: the planner sees it, and no parameter is sent for it."""
    return sql.SQL(str(int(value)))


def joined(
    parts: Iterable[Composable], separator: LiteralString = ", ", empty: LiteralString = ""
) -> Composed:
    """The parts with a separator between them; `empty` if there are none."""
    listed = list(parts)
    return sql.SQL(separator).join(listed) if listed else sql.SQL("{}").format(sql.SQL(empty))


class Result(psycopg.Cursor[Any]):
    """What a statement returned. A row is a tuple whose columns are attributes too."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, row_factory=_rows)

    def one(self) -> Any:
        """The only row. Raises `ValueError` if there is another number of them."""
        (row,) = self.fetchall()
        return row

    def one_or_none(self) -> Any:
        """The only row, or None if there is none. Raises `ValueError` if there are several."""
        rows = self.fetchall()
        if len(rows) > 1:
            raise ValueError(f"{len(rows)} rows, where one was expected")
        return rows[0] if rows else None

    def scalar(self) -> Any:
        """The first column of the first row, or None if there is no row."""
        row = self.fetchone()
        return None if row is None else row[0]

    def scalar_one(self) -> Any:
        """The first column of the only row. Raises `ValueError` if there is another number of rows."""
        return self.one()[0]

    def scalars(self) -> list[Any]:
        """The first column of all rows."""
        return [row[0] for row in self.fetchall()]

    def mappings(self) -> list[dict[str, Any]]:
        """All rows, each by its columns' names."""
        names = _names(self)
        return [dict(zip(names, row, strict=True)) for row in self.fetchall()]


def run(connection: Connection, composed: Composable, parameters: Mapping[str, Any] | None = None) -> Result:
    """Send a statement with its parameters, or several statements that take none."""
    connection.check()
    # Never without parameters, so that %% always stands for a % sign.
    return Result(connection).execute(composed.as_bytes(connection), dict(parameters or {}))


def run_text(connection: Connection, statements: str) -> None:
    """Send SQL that somebody wrote, as it is. What it returns is not read."""
    connection.check()
    Result(connection).execute(statements.encode(connection.info.encoding)).close()


def _names(cursor: psycopg.Cursor[Any]) -> tuple[str, ...]:
    return tuple(column.name for column in cursor.description or ())


def _rows(cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], Any]:
    make: Callable[[Sequence[Any]], Any] = _row(_names(cursor))._make
    return make


@functools.cache
def _row(names: tuple[str, ...]) -> Any:
    # A column whose name is no identifier, or is there twice, is reached by its place alone.
    return namedtuple("Row", names, rename=True)  # noqa: PYI024 - the names are known only when the rows are there

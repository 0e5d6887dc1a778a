"""The statements of the merge: the SQL files in `sql/`, completed with names and column lists, and sent."""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from psycopg.sql import Composable, Composed
    from sqlalchemy import Connection, CursorResult

NOTHING = sql.SQL("")


@functools.cache
def _file(name: str) -> sql.SQL:
    text = resources.files("seeder.merge").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    return sql.SQL(text.rstrip())


def statement(file: str, /, **parts: Composable) -> Composed:
    """The SQL of `sql/FILE.sql` with each `{name}` replaced by the part of that name."""
    return _file(file).format(**parts)


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


def run(
    connection: Connection, composed: Composable, parameters: Mapping[str, Any] | None = None
) -> CursorResult[*tuple[Any, ...]]:
    """Send a statement with its parameters, those it does not name left out."""
    # Sent as text and parameters apart, as psycopg has it, on whatever kind of connection this is.
    return connection.exec_driver_sql(composed.as_string(None), dict(parameters or {}))


def run_script(connection: Connection, composed: Composable) -> None:
    """Send several statements that take no parameters and return nothing."""
    script = composed.as_string(None).replace("%%", "%")
    connection.exec_driver_sql(script, execution_options={"no_parameters": True})

"""What each transaction begins with: the settings that make its results the same everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Text, bindparam, case, column, func, literal, select, table

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

# The text of a cell is what is compared and digested, so whatever shapes that text is pinned; so is whatever
# would make rows, names or strings mean something else.
PINNED: Final = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "array_nulls": "on",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "row_security": "off",
    "idle_in_transaction_session_timeout": "0",
}

_SETTINGS: Final = table("pg_settings", column("name", Text), column("reset_val", Text), schema="pg_catalog")

# Behind a pooler another client may have left a search_path in the session; this is the role's own.
_OWN_SEARCH_PATH: Final = (
    select(_SETTINGS.c.reset_val).where(_SETTINGS.c.name == "search_path").scalar_subquery()
)

# Windows can't tell that a client has gone, and refuses the setting.
_WINDOWS: Final = func.version().regexp_match("visual c|windows|mingw", flags="i")


def pin_settings(
    connection: Connection,
    *,
    lock_timeout: float,
    statement_timeout: float | None = None,
    lock: int | None = None,
) -> bool:
    """Pin the transaction's settings in one statement, and with `lock` try that advisory lock in the same.

    Returns whether the lock was had (True where none was asked for). Both time-outs are in seconds:
    `lock_timeout` is how long a statement may wait for what others hold, at least a millisecond; no
    `statement_timeout` means none, whatever the server's default. Everything ends with the transaction, so
    nothing is left behind in a pooler.
    """
    version = connection.dialect.server_version_info or (0,)
    values: dict[str, str] = {
        "lock_timeout": _milliseconds(lock_timeout),
        "statement_timeout": _milliseconds(statement_timeout) if statement_timeout else "0",
    }
    had = literal(True) if lock is None else func.pg_try_advisory_xact_lock(bindparam("lock", lock))
    result = connection.execute(_statement(version, values, had))
    return bool(result.scalar_one())


def _statement(version: tuple[Any, ...], values: dict[str, str], had: ColumnElement[Any]) -> Any:
    settings: dict[str, Any] = {**PINNED, **values, "search_path": _OWN_SEARCH_PATH}
    if version >= (14,):
        # A killed client's lock goes within half a second, even in the middle of a long statement.
        settings["client_connection_check_interval"] = case((_WINDOWS, "0"), else_="500ms")
    if version >= (17,):
        settings["transaction_timeout"] = "0"
    # set_config answers with the value; what is asked for is the lock, so that comes first.
    return select(had, *(func.set_config(name, value, True) for name, value in settings.items()))


def _milliseconds(seconds: float) -> str:
    # Zero would mean no limit at all; the largest is what PostgreSQL's integer holds.
    return str(min(max(1, int(seconds * 1000)), 2**31 - 1))

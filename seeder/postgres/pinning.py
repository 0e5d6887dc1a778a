"""What each transaction begins with: the settings that make its results the same everywhere.

Statements that read run under `search_path = pg_catalog, pg_temp`, so that no name in them can mean an object of
somebody else's, and with row security off, so that a row that is hidden is an error and not a missing one. Statements
that write run under what the role itself has, because people's triggers rely on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from psycopg.sql import Composable

from seeder.postgres.connection import Connection
from seeder.postgres.statements import joined, number, part, run, sql_file, text

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
    # Compiling a statement of ours takes seconds, more than running it over hundreds of thousands of rows.
    "jit": "off",
    # With PostgreSQL's default of 4 MB, the join of a large file with its table and the ledger goes through the disk.
    "work_mem": "64MB",
}

# The server's side of `seeder.postgres.connection.DEFAULTS`: the locks of a client whose packets are lost go as soon.
_PEER: Final = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "11000",
}

IDLE: Final = 25.0
"""How long one of our transactions may be idle, in seconds. Behind a pooler, whose connection stays open, nothing else
tells the server that the client is gone."""

_READING: Final = {"search_path": "pg_catalog, pg_temp", "row_security": "off"}

# Windows can't tell that a client has gone, and refuses the setting.
_CHECK_INTERVAL: Final = part(
    "CASE WHEN pg_catalog.textregexeq(pg_catalog.lower(pg_catalog.version()), 'visual c|windows|mingw') "
    "THEN '0' ELSE '500ms' END"
)


def pin_settings(
    connection: Connection,
    *,
    lock_timeout: float,
    statement_timeout: float | None = None,
    locks: Sequence[tuple[int, bool]] = (),
    reading: bool = True,
    idle: float | None = None,
) -> int:
    """Pin the transaction's settings in one statement, and try the advisory `locks` in the same, one after another.

    Each is a number, and whether others may share it. Returns how many were had: the one after these is held by
    somebody, and those that follow it were not tried. Both time-outs are in seconds:
    `lock_timeout` is how long a statement may wait for what others hold, at least a millisecond; no
    `statement_timeout` means none, whatever the server's default. `reading` is for statements that only read; without
    it the search path and row security are the role's own. `idle` is how long the transaction may be idle, in
    seconds; None is no limit. Everything ends with the transaction, so nothing is left
    behind in a pooler.
    """
    values = {
        **PINNED,
        **_PEER,
        "idle_in_transaction_session_timeout": _milliseconds(idle) if idle else "0",
        "lock_timeout": _milliseconds(lock_timeout),
        "statement_timeout": _milliseconds(statement_timeout) if statement_timeout else "0",
        **(_READING if reading else {}),
    }
    if connection.version >= 17:
        values["transaction_timeout"] = "0"
    settings = [_set(name, text(value)) for name, value in values.items()]
    if not reading:
        settings += map(_reset, _READING)
    if connection.version >= 14:
        # A killed client's lock goes within half a second, even in the middle of a long statement.
        settings.append(_set("client_connection_check_interval", _CHECK_INTERVAL))
    # set_config answers with the value; what is asked for is the locks, so that comes first.
    had: int = run(connection, part("SELECT {}", joined([_tried(locks), *settings]))).scalar()
    return had


def _tried(locks: Sequence[tuple[int, bool]]) -> Composable:
    """How many of the locks are had. CASE ends at the first that is not."""
    if not locks:
        return number(0)
    tries = [
        part(
            "WHEN NOT pg_catalog.pg_try_advisory_xact_lock_shared({}) THEN {}"
            if shared
            else "WHEN NOT pg_catalog.pg_try_advisory_xact_lock({}) THEN {}",
            # As a text, because the smallest of these numbers is none without its sign.
            part("CAST({} AS pg_catalog.int8)", text(str(key))),
            number(place),
        )
        for place, (key, shared) in enumerate(locks)
    ]
    return part("CASE {} ELSE {} END", joined(tries, " "), number(len(locks)))


def unpin_path(connection: Connection) -> None:
    """Let the search path and row security be the role's own, for statements that write."""
    run(connection, part("SELECT {}", joined(map(_reset, _READING))))


def hand_over(connection: Connection) -> None:
    """As `unpin_path`, for a code seeder, which may leave the transaction idle for any time."""
    settings = [*map(_reset, _READING), _set("idle_in_transaction_session_timeout", text("0"))]
    run(connection, part("SELECT {}", joined(settings)))


def pin_path(connection: Connection) -> None:
    """Let the search path and row security be those of statements that read, once others have written."""
    run(connection, part("SELECT {}", joined(_set(name, text(value)) for name, value in _READING.items())))


def use_path(connection: Connection, schemas: Sequence[str]) -> None:
    """Let names without a schema be looked for in `schemas`, and row security stay as it is."""
    path = ", ".join('"' + schema.replace('"', '""') + '"' for schema in schemas)
    run(connection, part("SELECT {}", _set("search_path", text(path))))


def own_schemas(connection: Connection) -> list[str]:
    """The schemas in which the role looks for a name without one, in order. Call it with the role's own path."""
    schemas: list[str] = run(
        connection, part("SELECT CAST(pg_catalog.current_schemas(false) AS pg_catalog.text[])")
    ).scalar()
    return schemas


def homes_of(connection: Connection, schemas: Sequence[str], tables: Sequence[str]) -> dict[str, str]:
    """The first of `schemas` that has each of `tables`; what is missing is left out."""
    found = run(
        connection,
        sql_file("seeder.postgres", "homes").format(),
        {"schemas": list(schemas), "tables": list(tables)},
    )
    return {row.relname: row.nspname for row in found}


def _set(name: str, value: Composable) -> Composable:
    return part("pg_catalog.set_config({}, {}, true)", text(name), value)


def _reset(name: str) -> Composable:
    # Behind a pooler another client may have left a setting in the session; this is the role's own. The operator
    # carries its schema, because the first of these statements runs under whatever search path the session has.
    own = part(
        "(SELECT s.reset_val FROM pg_catalog.pg_settings AS s WHERE s.name OPERATOR(pg_catalog.=) {})",
        text(name),
    )
    return _set(name, own)


def _milliseconds(seconds: float) -> str:
    # Zero would mean no limit at all; the largest is what PostgreSQL's integer holds.
    return str(min(max(1, int(seconds * 1000)), 2**31 - 1))

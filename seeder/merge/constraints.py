"""Deferred constraints: when they are checked, and as what a transaction finds them.

Triggers may be deferred too, and are constraints then. Foreign keys only check what others wrote, so that they may be
checked when all seeders have written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from seeder.merge.sql_files import statement
from seeder.postgres.connection import Connection
from seeder.postgres.statements import joined, name, part, run


def check_deferred(connection: Connection) -> None:
    """Check what is deferred, and let deferred triggers fire. Call it with the role's own search path."""
    run(connection, part("SET CONSTRAINTS ALL IMMEDIATE"))


def check_all_but_foreign_keys(connection: Connection) -> None:
    """As `check_deferred`, but leave foreign keys for later."""
    _set(connection, (each for each in _found(connection) if not each.foreign_key), deferred=False)


def defer_again(connection: Connection) -> None:
    """Defer the constraints that a transaction defers by itself, and no others."""
    _set(connection, (each for each in _found(connection) if each.deferred), deferred=True)


def defer_foreign_keys(connection: Connection) -> None:
    """Defer the foreign keys that can be deferred, and beside them what `defer_again` defers."""
    found = _found(connection)
    # Also what is created later in the transaction.
    run(connection, part("SET CONSTRAINTS ALL DEFERRED"))
    _set(connection, (each for each in found if not (each.foreign_key or each.deferred)), deferred=False)


def _found(connection: Connection) -> list[Any]:
    return run(connection, statement("constraints")).fetchall()


def _set(connection: Connection, constraints: Iterable[Any], *, deferred: bool) -> None:
    names = [name(each.schema_name, each.name) for each in constraints]
    if names:
        to = part("DEFERRED") if deferred else part("IMMEDIATE")
        run(connection, part("SET CONSTRAINTS {} {}", joined(names), to))

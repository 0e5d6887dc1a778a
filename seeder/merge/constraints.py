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
    _check(connection, (each for each in _found(connection) if not each.foreign_key))


def defer_again(connection: Connection, *, foreign_keys: bool = False) -> None:
    """Defer what a transaction defers by itself, and with `foreign_keys` each foreign key that can be deferred.

    What is created later in the transaction is deferred too.
    """
    found = _found(connection)
    # By name this could fail: another table's constraint may have the same name and not be deferrable.
    run(connection, part("SET CONSTRAINTS ALL DEFERRED"))
    _check(connection, (each for each in found if not (each.deferred or (foreign_keys and each.foreign_key))))


def _found(connection: Connection) -> list[Any]:
    return run(connection, statement("constraints")).fetchall()


def _check(connection: Connection, constraints: Iterable[Any]) -> None:
    names = [name(each.schema_name, each.name) for each in constraints]
    if names:
        run(connection, part("SET CONSTRAINTS {} IMMEDIATE", joined(names)))

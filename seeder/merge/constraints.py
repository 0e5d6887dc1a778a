"""Deferred constraints, as a transaction finds them."""

from __future__ import annotations

from seeder.merge.sql_files import statement
from seeder.postgres.connection import Connection
from seeder.postgres.statements import joined, name, part, run


def defer_again(connection: Connection) -> None:
    """Defer the constraints that a transaction defers by itself, and no others."""
    found = run(connection, statement("constraints")).fetchall()
    if found:
        run(connection, part("SET CONSTRAINTS {} DEFERRED", joined(name(*each) for each in found)))

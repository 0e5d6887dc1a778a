"""Whether a COMMIT was heard when the connection was lost before its answer came."""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg

from seeder.postgres.connection import Connection
from seeder.postgres.deadline import Deadline
from seeder.postgres.statements import part, run


def transaction_id(connection: Connection) -> str | None:
    """The transaction's number, or None if it has written nothing so far; asking does not assign one."""
    number: str | None = run(
        connection, part("SELECT CAST(pg_catalog.pg_current_xact_id_if_assigned() AS pg_catalog.text)")
    ).scalar()
    return number


def was_committed(
    connection: Connection,
    transaction: str,
    *,
    timeout: float = 10,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Ask, on a new connection, whether `transaction` was committed: for up to `timeout` seconds if it is in progress.

    False as well if the server has forgotten the number, or never met it: a standby, say, that was promoted before the
    COMMIT reached it.
    """
    deadline = Deadline(timeout)
    while True:
        try:
            with connection.transaction():
                status = run(
                    connection,
                    part("SELECT pg_catalog.pg_xact_status(CAST(%(number)s AS pg_catalog.xid8))"),
                    {"number": transaction},
                ).scalar()
        except psycopg.errors.InvalidParameterValue:
            return False
        if status != "in progress" or deadline.passed:
            return bool(status == "committed")
        sleep(0.1)

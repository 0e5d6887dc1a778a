"""Whether a COMMIT was heard when the connection was lost before its answer came."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable

import psycopg

from seeder.postgres.connection import Connection
from seeder.postgres.deadline import Deadline
from seeder.postgres.statements import part, run


class CommitOutcome(enum.Enum):
    """What became of a transaction."""

    COMMITTED = "committed"
    ABORTED = "aborted"
    UNKNOWN = "unknown"
    """The server still has it in progress, or has forgotten it."""


def transaction_id(connection: Connection) -> str | None:
    """The transaction's number, or None if it has written nothing so far; asking does not assign one."""
    number: str | None = run(
        connection, part("SELECT CAST(pg_catalog.pg_current_xact_id_if_assigned() AS pg_catalog.text)")
    ).scalar()
    return number


def commit_outcome(
    connection: Connection,
    transaction: str,
    *,
    timeout: float = 10,
    sleep: Callable[[float], None] = time.sleep,
) -> CommitOutcome:
    """Ask, on a new connection, what became of `transaction`, for up to `timeout` seconds while it is in
    progress.

    A server that never met the number, such as a standby promoted before the COMMIT reached it, has not
    committed it.
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
            return CommitOutcome.ABORTED
        if status in {"committed", "aborted"}:
            return CommitOutcome(status)
        if status is None or deadline.passed:
            return CommitOutcome.UNKNOWN
        sleep(0.1)

"""Whether a COMMIT was heard when the connection was lost before its answer came."""

from __future__ import annotations

import enum
import time
from typing import TYPE_CHECKING

from sqlalchemy import Text, cast, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import UserDefinedType

from seeder.database.deadline import Deadline
from seeder.database.failures import sqlstate

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection


class CommitOutcome(enum.Enum):
    """What became of a transaction."""

    COMMITTED = "committed"
    ABORTED = "aborted"
    UNKNOWN = "unknown"
    """The server still has it in progress, or has forgotten it."""


class _TransactionId(UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def transaction_id(connection: Connection) -> str | None:
    """The transaction's number, or None where it has written nothing so far; asking does not assign one."""
    return connection.execute(select(cast(func.pg_current_xact_id_if_assigned(), Text))).scalar_one()


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
    statement = select(func.pg_xact_status(cast(transaction, _TransactionId())))
    while True:
        try:
            with connection.begin():
                status = connection.execute(statement).scalar_one()
        except DBAPIError as error:
            if sqlstate(error) == "22023":
                return CommitOutcome.ABORTED
            raise
        if status in {"committed", "aborted"}:
            return CommitOutcome(status)
        if status is None or deadline.passed:
            return CommitOutcome.UNKNOWN
        sleep(0.1)

"""What a run learns and makes before its first seeder: where unqualified names go, and the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from seeder.database.locks import Lock
from seeder.errors import LockTimeoutError, SeederError
from seeder.merge import Ledger
from seeder.transactions import DATABASE_ERRORS, refused

if TYPE_CHECKING:
    from seeder.transactions import Transactions


@dataclass(frozen=True)
class Prepared:
    """`schema` is where unqualified names go; `error` says why the ledger can't be used, where it can't."""

    schema: str | None
    ledger: Ledger | None = None
    error: SeederError | None = None


def prepare(transactions: Transactions, ledger_schema: str | None) -> Prepared:
    """Connect, and see to it that the ledger is there and has the form of this version.

    Raises what waiting for the database raises, and `LockTimeoutError`.
    """
    ledger = None if ledger_schema is None else Ledger(ledger_schema)
    connection = transactions.connection
    with connection.begin():
        schema = connection.scalar(select(func.current_schema()))
        if ledger is None or ledger.has_form(connection):
            return Prepared(schema, ledger)
    try:
        if transactions.run("ledger", Lock("ledger", ledger.schema), ledger.establish).created:
            transactions.log.info("ledger.created", schema=ledger.schema)
    except DATABASE_ERRORS as error:
        return Prepared(schema, ledger, refused(error))
    except LockTimeoutError:
        raise
    except SeederError as error:
        return Prepared(schema, ledger, error)
    return Prepared(schema, ledger)

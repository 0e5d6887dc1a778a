"""Before the first seeder of a run: find the schemas of unqualified names, note what is set, prepare the ledger."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import psycopg

from seeder.code import SessionState
from seeder.errors import LockTimeoutError, NotReadyError, SeederError
from seeder.merge import releases
from seeder.merge.ledger import Ledger
from seeder.postgres.connection import Connection
from seeder.postgres.failures import describe, is_connection_lost, is_retryable, sqlstate
from seeder.postgres.foreign_keys import foreign_keys
from seeder.postgres.locks import Lock
from seeder.postgres.pinning import homes_of, own_schemas, pin_path, pin_settings
from seeder.run.transactions import ATTEMPTS, Transactions, refused
from seeder.seed_files import TableName

T = TypeVar("T")


@dataclass(frozen=True)
class Prepared:
    """`schemas` is where names without a schema are looked for, in order; `error` says why the ledger can't be used.

    `session` is the state of the session, if somebody's code is going to run in it. `newest` is the newest
    release of the application.
    """

    schemas: Sequence[str]
    homes: Mapping[str, str] = field(default_factory=dict)
    """The schema of each table that is named without one, if there are several to look in."""
    ledger: Ledger | None = None
    error: SeederError | None = None
    session: SessionState | None = None
    newest: releases.Newest = field(default_factory=releases.Newest)
    foreign_keys: Sequence[tuple[TableName, TableName]] = ()
    """Which of the tables refers to which."""


def prepare(
    transactions: Transactions,
    ledger: Ledger | None,
    *,
    tables: Sequence[TableName] = (),
    needs_ledger: bool = True,
    runs_code: bool = False,
) -> Prepared:
    """Connect, and see to it that the ledger is there and has the form of this version.

    One that is not needed is used if it is there, and not made. Raises what waiting for the database raises,
    `LockTimeoutError`, and `NotReadyError` if the connection is lost again and again.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _prepare(
                transactions,
                ledger,
                tables=tables,
                needs_ledger=needs_ledger,
                runs_code=runs_code,
            )
        except psycopg.Error as error:
            if not (is_connection_lost(error) and is_retryable(error)):
                raise refused(error) from error
            transactions.close()
            if attempt == ATTEMPTS:
                raise NotReadyError(
                    f"the connection was lost {ATTEMPTS} times before any seeder began: {describe(error)}",
                    sqlstate=sqlstate(error),
                ) from error
    raise AssertionError("the last attempt returns or raises")


def _prepare(
    transactions: Transactions,
    ledger: Ledger | None,
    *,
    tables: Sequence[TableName],
    needs_ledger: bool,
    runs_code: bool,
) -> Prepared:
    connection = transactions.connection
    session = None
    error: SeederError | psycopg.Error | None
    with connection.transaction():
        if runs_code:
            from seeder.code import SessionState

            session = SessionState.read(connection)
        pin_settings(connection, lock_timeout=10, reading=False)
        schemas = own_schemas(connection)
        unqualified = [table.name for table in tables if table.schema is None]
        homes = homes_of(connection, schemas, unqualified) if len(schemas) > 1 and unqualified else {}
        pin_path(connection)
        prepared = Prepared(
            schemas, homes, session=session, foreign_keys=_foreign_keys(connection, schemas, homes, tables)
        )
        if ledger is None:
            return prepared
        usable, error = _answer(functools.partial(ledger.has_form, connection))
        newest = releases.Newest()
        if usable and ledger.has_releases:
            newest = releases.ask(connection, ledger)
            ledger = replace(ledger, overtaken=releases.overtaken(connection, ledger))
    if isinstance(error, psycopg.Error):
        error = transactions.refused(error, [ledger.needed])
    if usable or error is not None:
        return replace(prepared, ledger=ledger, error=error, newest=newest)
    if not needs_ledger:
        return prepared
    established, error = _answer(
        lambda: transactions.run("ledger", Lock("ledger", ledger.schema), ledger.establish)
    )
    if isinstance(error, psycopg.Error):
        error = transactions.refused(error, [ledger.needed])
    if established is not None and established.created:
        transactions.when_committed(lambda: transactions.log.info("ledger.created", schema=ledger.schema))
    return replace(prepared, ledger=ledger, error=error)


def _foreign_keys(
    connection: Connection, schemas: Sequence[str], homes: Mapping[str, str], tables: Sequence[TableName]
) -> list[tuple[TableName, TableName]]:
    """Which of `tables` refers to which; none if there is one table only."""
    named = list(dict.fromkeys(tables))
    if len(named) < 2:
        return []
    default = schemas[0] if schemas else ""
    pairs = foreign_keys(
        connection, [(table.schema or homes.get(table.name, default), table.name) for table in named]
    )
    return [(named[child], named[parent]) for child, parent in pairs]


def _answer(ask: Callable[[], T]) -> tuple[T | None, SeederError | psycopg.Error | None]:
    """What was asked of the ledger, or why it can't be used."""
    try:
        return ask(), None
    except LockTimeoutError:
        raise
    except SeederError as error:
        return None, error
    except psycopg.Error as error:
        if is_connection_lost(error):
            raise
        return None, error

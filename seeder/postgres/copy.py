"""Send and read rows by COPY, in the transaction that the connection is in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from psycopg.sql import Composable, Composed

from seeder.postgres.connection import Connection
from seeder.postgres.statements import Result, joined, name, part


def copy_rows(
    connection: Connection, table: Composable, columns: Sequence[str], records: Iterable[Sequence[Any]]
) -> None:
    """Copy `records` into `table`. An exception from `records` ends the COPY and the transaction with it."""
    connection.check()
    statement = part("COPY {} ({}) FROM STDIN", table, joined(map(name, columns)))
    with Result(connection) as cursor, cursor.copy(_without_parameters(statement)) as copy:
        for record in records:
            connection.check()
            copy.write_row(record)


def _without_parameters(statement: bytes | Composed) -> bytes:
    # What is composed has %% for each % sign of a name, which only a statement with parameters unmakes.
    return statement if isinstance(statement, bytes) else statement.as_bytes().replace(b"%%", b"%")


def copy_text(connection: Connection, statement: str, parts: Iterable[str]) -> None:
    """Send `parts`, in COPY's text form, to the COPY … FROM STDIN that `statement` is."""
    encoding = connection.info.encoding
    copy_bytes(connection, statement.encode(encoding), (each.encode(encoding) for each in parts))


def copy_bytes(connection: Connection, statement: bytes | Composed, blocks: Iterable[bytes]) -> int:
    """Send `blocks`, in the form and encoding that `statement` says, to the COPY … FROM STDIN that it is.

    Return the number of rows.
    """
    connection.check()
    with Result(connection) as cursor:
        with cursor.copy(_without_parameters(statement)) as copy:
            for block in blocks:
                connection.check()
                copy.write(block)
        return cursor.rowcount


def read_rows(connection: Connection, statement: Composed) -> Iterator[tuple[str | None, ...]]:
    """The rows of the COPY … TO STDOUT that `statement` is, each column as its text, as they come."""
    connection.check()
    with Result(connection) as cursor, cursor.copy(_without_parameters(statement)) as copy:
        for row in copy.rows():
            connection.check()
            yield row

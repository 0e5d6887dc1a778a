"""Send many rows by COPY, over a connection of either of psycopg's kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import AsyncConnection, sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection


def copy_rows(
    connection: Connection, table: str, columns: Sequence[str], records: Iterable[Sequence[Any]]
) -> None:
    """Copy `records` into the temporary table `table`, in the transaction that `connection` is in.

    An exception from `records` ends the COPY and the transaction with it.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier("pg_temp", table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    driver: Any = connection.connection.driver_connection
    if isinstance(driver, AsyncConnection):
        from sqlalchemy.util import await_only

        await_only(_copy_async(driver, statement, records))
        return
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for record in records:
            copy.write_row(record)


async def _copy_async(
    driver: AsyncConnection[Any], statement: sql.Composed, records: Iterable[Sequence[Any]]
) -> None:
    async with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for record in records:
            await copy.write_row(record)

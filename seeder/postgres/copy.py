"""Send many rows by COPY, over a connection of either of psycopg's kinds.

An event loop gets its turn at least every `TURN` seconds, however fast the server takes what is sent.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from psycopg import AsyncConnection, sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from psycopg.sql import Composable
    from sqlalchemy import Connection

TURN: Final = 0.01
"""Seconds that work without a pause may take where others wait for the event loop."""


def copy_rows(
    connection: Connection, table: Composable, columns: Sequence[str], records: Iterable[Sequence[Any]]
) -> None:
    """Copy `records` into `table`, in the transaction that `connection` is in.

    An exception from `records` ends the COPY and the transaction with it.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        table, sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    driver: Any = connection.connection.driver_connection
    if isinstance(driver, AsyncConnection):
        from sqlalchemy.util import await_only

        await_only(_copy_rows_async(driver, statement, records))
        return
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for record in records:
            copy.write_row(record)


async def _copy_rows_async(
    driver: AsyncConnection[Any], statement: sql.Composed, records: Iterable[Sequence[Any]]
) -> None:
    began = time.monotonic()
    async with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for record in records:
            await copy.write_row(record)
            if time.monotonic() - began > TURN:
                await asyncio.sleep(0)
                began = time.monotonic()


def copy_text(connection: Connection, statement: str, parts: Iterable[str]) -> None:
    """Send `parts`, in COPY's own text, to the COPY … FROM STDIN that `statement` is."""
    driver: Any = connection.connection.driver_connection
    if isinstance(driver, AsyncConnection):
        from sqlalchemy.util import await_only

        await_only(_copy_text_async(driver, statement, parts))
        return
    with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for part in parts:
            copy.write(part)


async def _copy_text_async(driver: AsyncConnection[Any], statement: str, parts: Iterable[str]) -> None:
    async with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for part in parts:
            await copy.write(part)
            await asyncio.sleep(0)

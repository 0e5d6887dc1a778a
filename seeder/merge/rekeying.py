"""Carry the ledger's entries over when a seed file names other key columns than it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeder.merge.cells import UNKNOWN, entered_equal, entered_key, key_text
from seeder.merge.statements import joined, name, number, part, run, statement

if TYPE_CHECKING:
    from psycopg.sql import Composable
    from sqlalchemy import Connection

    from seeder.files.model import DataSeeder
    from seeder.merge.ledger import Ledger
    from seeder.merge.registration import Other, Registration
    from seeder.merge.target import Target


def rekey(connection: Connection, seeder: DataSeeder, target: Target, ledger: Ledger) -> None:
    """Give the seeder's entries under former keys the key that their live rows have now.

    An entry whose row is gone, or whose former key columns are gone, has nothing to be found by: it is dropped.
    """
    known = target.registration
    assert known is not None  # noqa: S101 - only called if there is a ledger
    former = [other for other in known.others if other.own]
    cells = [column for other in former for column in other.slots if column is not None]
    noted = ledger.register(
        connection, seeder.name, target.table, [key.name for key in target.key], cells, known
    )
    for other in former:
        run(
            connection,
            _moving(target, ledger, other, noted, connection.dialect.server_version_info or ()),
            {"former_id": other.table_id, "table_id": noted.table_id, "seeder_id": noted.seeder_id},
        )


def _moving(
    target: Target, ledger: Ledger, other: Other, noted: Registration, version: tuple[int, ...]
) -> Composable:
    columns = target.table.columns
    same_key = joined(
        (
            entered_equal(columns[each], name("live", each), entered_key("moved", place), version)
            for place, each in enumerate(other.key, start=1)
        ),
        " AND ",
        "false",
    )

    def carried(digests: Composable) -> Composable:
        cells = (
            part("coalesce(nullif(pg_catalog.substr({}, {}, 8), ''), {})", digests, number(other.slots.index(column) * 8 + 1), UNKNOWN)
            if column is not None and column in other.slots
            else UNKNOWN
            for column in noted.slot_columns
        )
        return joined(cells, " || ", "''")

    return statement(
        "rekey",
        rows=ledger.names["rows"],
        table=target.table.sql,
        same_key=same_key,
        key=key_text(target.key, "live"),
        cells=carried(name("moved", "cells")),
        stored=carried(name("moved", "stored")),
    )

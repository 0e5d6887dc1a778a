"""Carry the ledger's entries over when a seed file names other key columns than it did."""

from __future__ import annotations

from psycopg.sql import Composable

from seeder.merge.expressions import UNKNOWN, as_key, canonical, entered_equal
from seeder.merge.ledger import Ledger
from seeder.merge.sql_files import statement
from seeder.merge.table import as_text
from seeder.merge.target import Target
from seeder.merge.whole_row import (
    additions_untouched,
    as_left,
    live_slots,
    rest,
    slots_of,
    whole_row_parameters,
)
from seeder.postgres.connection import Connection
from seeder.postgres.statements import joined, name, number, part, run
from seeder.seed_files.model import DataSeeder


def rekey(connection: Connection, seeder: DataSeeder, target: Target, ledger: Ledger) -> None:
    """Give the seeder's entries under former keys the key that their live rows have now.

    An entry whose row is gone, or whose former key columns are gone, has nothing to be found by: it is dropped.
    """
    known = target.registration
    assert known is not None  # noqa: S101 - only called if there is a ledger
    former = [other for other in known.others if other.own]
    cells = [column for other in former for column in other.slot_columns if column is not None]
    noted = ledger.register(
        connection, seeder.name, target.table, [key.name for key in target.key], cells, known=known
    )
    version = connection.version
    for other in former:
        before = target.with_registration(other)
        run(
            connection,
            _moving(before, target.with_registration(noted), ledger, version),
            {
                **whole_row_parameters(before),
                "former_id": other.table_id,
                "table_id": noted.table_id,
                "seeder_id": noted.seeder_id,
                "seen": len(noted.columns),
                "moved": [None if column is None else noted.slot(column) for column in other.slot_columns],
            },
        )


def _moving(before: Target, after: Target, ledger: Ledger, version: int) -> Composable:
    """The statement that moves entries; `before` and `after` are the table under its former key and its present one."""
    columns = before.table.columns
    other, noted = before.registration, after.registration
    assert other is not None  # noqa: S101 - there is a ledger
    assert noted is not None  # noqa: S101 - as above

    def carried(digests: Composable) -> Composable:
        cells = (
            part(
                "coalesce(nullif(pg_catalog.substr({}, {}, 8), ''), {})",
                digests,
                number(other.slot_columns.index(column) * 8 + 1),
                UNKNOWN,
            )
            if column is not None and column in other.slot_columns
            else UNKNOWN
            for column in noted.slot_columns
        )
        return joined(cells, " || ", "''")

    return statement(
        "rekey",
        rows=ledger.names["rows"],
        table=before.table.sql,
        same_key=entered_equal((columns[each] for each in other.key_columns), "entry", version),
        # Each row of ours has the cells of `where`. One that has left this part of the table, such as one that was
        # marked as deleted, is from now on a row that somebody deleted.
        key=as_key(
            as_text(after.part.text_of(each))
            if each in after.part.columns
            else canonical(each, name("live", each.name))
            for each in after.key
        ),
        in_part=after.part.holds("live"),
        slots=live_slots(before),
        rest=rest(before, (name("entry", "seen"), slots_of(name("entry", "cells")))),
        additions=additions_untouched(before, name("entry", "seen")),
        rest_after=rest(after),
        as_left=as_left(),
        cells=carried(name("judged", "cells")),
        stored=carried(name("judged", "stored")),
    )

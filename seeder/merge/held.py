"""What a seeder holds: its entries in the ledger beside the rows that they speak of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seeder.merge.expressions import UNKNOWN, digest
from seeder.merge.ledger import Ledger
from seeder.merge.sql_files import statement
from seeder.merge.target import Target
from seeder.merge.whole_row import live_slots
from seeder.postgres.connection import Connection
from seeder.postgres.statements import name, run


@dataclass(frozen=True)
class Held:
    """How many rows a seeder holds, and what became of how many: see `status.sql`."""

    rows: int
    edited: int
    kept_existing: int
    conflicts: int
    deleted: int
    retired: int


def held(connection: Connection, target: Target, ledger: Ledger) -> Held | None:
    """What the seeder of `target` holds. None if it has never written there."""
    known = target.registration
    if known is None or known.table_id is None:
        return None
    found = run(
        connection,
        statement(
            "status",
            rows=ledger.names["rows"],
            table=target.table.sql,
            same_key=target.entered("entry", connection.version),
            slots=live_slots(target),
            slot_digest=digest(name("slot", "live")),
            unknown=UNKNOWN,
        ),
        {"table_id": known.table_id, "seeder_id": known.seeder_id, "gone": known.gone_slots},
    ).one()
    return Held(*found)


def seeders_of(connection: Connection, ledger: Ledger) -> list[Any]:
    """The seeders of the ledger's application, with a table of each and how many rows it holds: see `seeders.sql`."""
    return run(
        connection, statement("seeders", **ledger.names), {"application": ledger.application}
    ).fetchall()

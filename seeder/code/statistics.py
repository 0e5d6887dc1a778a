"""What code wrote in its transaction, told by the database's own counters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from seeder.postgres.connection import Connection
from seeder.postgres.statements import run, sql_file
from seeder.reporting.counts import Counts


class Statistics(NamedTuple):
    """The counters at one moment of a transaction: rows, and the numbers that it and its savepoints have."""

    inserted: int
    updated: int
    deleted: int
    numbers: int
    began: datetime

    @classmethod
    def read(cls, connection: Connection, ledger: str | None) -> Statistics:
        """The counters now, of every table but the temporary ones and those in the schema `ledger`."""
        return cls(
            *run(connection, sql_file("seeder.postgres", "written").format(), {"ledger": ledger or ""}).one()
        )


@dataclass(frozen=True, slots=True)
class Executed:
    """What a seeder's code did.

    `altered` says that it wrote what is no row: a definition, say, or a sequence's value. `written` says that
    anything at all was written, the ledger included.
    """

    counts: Counts = Counts()
    altered: bool = False
    written: bool = False

    @classmethod
    def between(cls, before: Statistics, after: Statistics) -> Executed:
        """What was done between two moments of one transaction."""
        # A table that was dropped or truncated takes its counts along.
        inserted, updated, deleted = (
            max(0, now - then) for then, now in zip(before[:3], after[:3], strict=True)
        )
        counts = Counts(inserted=inserted, updated=updated, deleted=deleted)
        wrote = after.numbers > before.numbers
        return cls(counts, altered=wrote and not counts.changed, written=wrote or bool(counts.changed))

"""Every event that can be logged. People's alerts and dashboards depend on the names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """What an event means, its level, and the fields that it has if they are known."""

    level: str
    meaning: str
    fields: tuple[str, ...] = ()


COMMON_FIELDS = ("timestamp", "level", "event", "run_id", "version")
"""Fields of every event. They are ours, so they are never masked."""

NAME_FIELDS = frozenset(
    {
        *("seeder", "file", "table", "schema", "columns", "lock", "prerequisite"),
        *("outcome", "phase", "change", "existing_rows", "kept_cells", "take", "sqlstate"),
    }
)
"""Fields that hold names, or one of a few known words. They are never masked."""

SENTENCE_FIELDS = frozenset({"error", "reason", "message", "seen", "holder", "traceback"})
"""Fields that hold sentences of ours, in which text from outside is already masked.

In a field of neither set everything that may be a secret is masked, so that a new field shows none by mistake.
"""

FAILURE_FIELDS = ("error.type", "error.message", "file", "line", "column", "table", "key", "sqlstate")
"""Fields that say what is known of an error."""

EVENTS: dict[str, Event] = {
    "run.started": Event("info", "The run begins.", ("seeders", "dry_run", "check")),
    "seeder.loaded": Event("debug", "A seed file was read.", ("seeder", "file", "table")),
    "database.waiting": Event(
        "info",
        "The database is not ready; next_try is in seconds.",
        ("attempt", "error", "next_try"),
    ),
    "database.ready": Event("info", "The database accepted the connection.", ("attempt", "duration_seconds")),
    "prerequisite.waiting": Event(
        "info",
        "A prerequisite of --wait-for is missing; seen says what was found instead.",
        ("prerequisite", "seen"),
    ),
    "prerequisite.ready": Event(
        "info", "A prerequisite of --wait-for is there.", ("prerequisite", "duration_seconds")
    ),
    "lock.waiting": Event(
        "info", "Another session holds a lock that the run needs.", ("lock", "duration_seconds", "holder")
    ),
    "ledger.created": Event("info", "The ledger was created.", ("schema",)),
    "ledger.off": Event("warning", "The run keeps no ledger; message says what that means.", ("message",)),
    "table.created": Event(
        "info", "A missing table was created by the seed file's DDL.", ("seeder", "table")
    ),
    "seeder.started": Event("info", "A seeder begins.", ("seeder", "file", "table")),
    "seeder.progress": Event(
        "info",
        "A seeder is still running; logged every 5 seconds.",
        ("seeder", "phase", "rows", "duration_seconds"),
    ),
    "seeder.retrying": Event(
        "warning", "A seeder was rolled back and is tried again.", ("seeder", "attempt", *FAILURE_FIELDS)
    ),
    "seeder.finished": Event(
        "info",
        "A seeder ended: outcome is succeeded, failed (level error) or skipped (level warning).",
        (
            "seeder",
            "outcome",
            "inserted",
            "updated",
            "deleted",
            "unchanged",
            "kept",
            "kept_existing",
            "conflicts",
            "duration_seconds",
            "reason",
            *FAILURE_FIELDS,
        ),
    ),
    "seeder.adopted": Event(
        "warning",
        "Rows were in the table before the seeder, and are in the ledger from now on.",
        ("seeder", "table", "rows", "existing_rows"),
    ),
    "seeder.kept_existing": Event(
        "warning",
        "Cells that were there before the seeder differ from the seed file, and stay; logged once. kept_cells counts "
        "them by column, rows the rows; message says how to go on.",
        ("seeder", "table", "rows", "kept_cells", "message"),
    ),
    "seeder.kept": Event(
        "info",
        "A row that the seed file no longer lists was not removed.",
        ("seeder", "table", "key", "reason"),
    ),
    "seeder.conflict": Event(
        "warning",
        "A row was edited in the database and changed in the seed file too; columns are names, never values.",
        ("seeder", "table", "key", "columns"),
    ),
    "seeder.resolved": Event(
        "info",
        "seeder resolve has ended so many conflicts of a seeder: take is seed or live.",
        ("seeder", "table", "take", "cells"),
    ),
    "row.differs": Event(
        "info",
        "With --diff: a row is added, changed, kept, in conflict or retired; cells holds live and desired values.",
        ("seeder", "table", "change", "key", "cells"),
    ),
    "run.finished": Event(
        "info",
        "The run ended; level error if the exit code is not 0. changed counts all rows written, kept_existing all "
        "rows with cells that stay as they were before the seeder, conflicts all rows edited and changed.",
        (
            "exit_code",
            "reason",
            "succeeded",
            "failed",
            "skipped",
            "changed",
            "kept_existing",
            "conflicts",
            "duration_seconds",
            "traceback",
        ),
    ),
    "application.unseeded": Event(
        "warning",
        "An application starts although its run failed, as on_failure says.",
        ("exit_code", "reason"),
    ),
}

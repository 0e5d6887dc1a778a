"""Write the ledger from what came of the rows, and refuse rows that are another seeder's."""

from __future__ import annotations

from psycopg.sql import Composable

from seeder.merge.comparison import work
from seeder.merge.difference import Difference
from seeder.merge.expressions import UNKNOWN, as_key, canonical, digest
from seeder.merge.sql_files import statement
from seeder.merge.whole_row import live_slots, rest
from seeder.postgres.statements import NOTHING, name, number, run


def note(difference: Difference) -> tuple[int, int]:
    """Write into the ledger what became of the rows. How many rows that were inserted, and updated, are there."""
    ledger, known = difference.ledger, difference.target.registration
    comparison, tally = difference.comparison, difference.tally
    assert ledger is not None  # noqa: S101 - only called if there is a ledger
    assert known is not None  # noqa: S101 - as above
    parameters = {**comparison.parameters, "seen": len(known.columns)}

    def found_inserted(same_key: Composable, nulls: Composable) -> Composable:
        return statement(
            "inserted_pair",
            cells=comparison.slot_digests,
            slots=live_slots(difference.target),
            all_named=comparison.names_all_slots,
            slot_desired=comparison.slot_desired,
            same_image=comparison.slot_image,
            rest=rest(difference.target),
            ours=statement("ours"),
            difference=difference.table,
            stage=difference.stage.table,
            table=difference.target.table.sql,
            same_key=same_key,
            nulls=nulls,
        )

    def found(same_key: Composable, nulls: Composable) -> Composable:
        return statement(
            "note_pair",
            desired=comparison.slot_desired,
            named=comparison.slot_named,
            states=comparison.slot_states,
            slots=live_slots(difference.target),
            rest=rest(difference.target),
            ours=statement("ours"),
            difference=difference.table,
            stage=difference.stage.table,
            table=difference.target.table.sql,
            same_key=same_key,
            rows=ledger.names["rows"],
            nulls=nulls,
            work=work("difference"),
        )

    inserted = updated = 0
    if tally.inserts:
        inserted = run(
            difference.connection,
            statement(
                "note_inserted",
                found=comparison.each_null_pattern(found_inserted),
                slot_digest=digest(name("slot", "live")),
                rows=ledger.names["rows"],
                entered_before=statement("entered_before") if tally.returning else NOTHING,
            ),
            parameters,
        ).scalar_one()
    if tally.work > tally.inserts:
        updated = (
            run(
                difference.connection,
                statement(
                    "note",
                    found=comparison.each_null_pattern(found),
                    rest_digest=name("found", "rest_now"),
                    desired_digest=digest(name("c", "wanted")),
                    live_digest=digest(name("c", "live")),
                    unknown=UNKNOWN,
                    rows=ledger.names["rows"],
                    entered_before=statement("entered_before"),
                ),
                parameters,
            )
            .one()
            .updated
        )
    return int(inserted), int(updated)


def claim_listed(difference: Difference) -> None:
    """Make the entries of rows that were to be written this seeder's own, whatever became of the rows."""
    assert difference.ledger is not None  # noqa: S101 - only called if there is a ledger
    run(
        difference.connection,
        statement("claim_listed", rows=difference.ledger.names["rows"], difference=difference.table),
        difference.comparison.parameters,
    )


def drop_vanished(difference: Difference) -> None:
    """Drop the entries of rows that we updated and that a trigger has deleted."""
    assert difference.ledger is not None  # noqa: S101 - only called if there is a ledger
    run(
        difference.connection,
        statement(
            "drop_vanished",
            rows=difference.ledger.names["rows"],
            difference=difference.table,
            stage=difference.stage.table,
            table=difference.target.table.sql,
            same_key=difference.comparison.same_key,
        ),
        difference.comparison.parameters,
    )


def claimed(difference: Difference) -> tuple[int, int] | None:
    """The first row entered that another seeder holds under another key of the table: its number, and the seeder's."""
    ledger, known = difference.ledger, difference.target.registration
    assert ledger is not None  # noqa: S101 - only called if there is a ledger
    assert known is not None  # noqa: S101 - as above
    columns = difference.target.table.columns
    for other in known.others:
        if not other.key_columns:
            continue
        found = run(
            difference.connection,
            statement(
                "claims",
                difference=difference.table,
                stage=difference.stage.table,
                table=difference.target.table.sql,
                same_key=difference.comparison.same_key,
                rows=ledger.names["rows"],
                other=number(other.table_id or 0),
                other_key=as_key(canonical(columns[each], name("live", each)) for each in other.key_columns),
            ),
            difference.comparison.parameters,
        ).one_or_none()
        if found is not None:
            return found.n, found.seeder_id
    return None

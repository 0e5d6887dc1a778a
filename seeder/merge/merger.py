"""One seeder's rows into its table: look, and if anything differs, stage, compare, apply and write the ledger.

The steps are statements: `clean` asks whether there is nothing to do; else the rows are staged, `difference` holds
what differs, `insert` and `update` write it, and `note` writes the ledger from what came of it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from seeder.database.locks import Lock
from seeder.errors import SeedingError
from seeder.merge.cells import UNKNOWN, as_key, canonical, digest, entered_key, key_value, same
from seeder.merge.comparison import Comparison, State, kept, live_slots, rest, work
from seeder.merge.diff import changes
from seeder.merge.layout import Layout
from seeder.merge.refusals import Refusals
from seeder.merge.rekeying import rekey
from seeder.merge.stage import Stage, analyze, as_parameter, temporary_name
from seeder.merge.statements import joined, name, number, part, run, statement
from seeder.merge.target import Target, find_target, former_names

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from psycopg.sql import Composable
    from sqlalchemy import Connection
    from sqlalchemy import Row as Found
    from structlog.typing import FilteringBoundLogger

    from seeder.files.model import DataSeeder, Row
    from seeder.merge.diff import Show
    from seeder.merge.ledger import Ledger

FEW = 2000
"""Rows that are compared as one parameter. More go by COPY, which costs a temporary table and pays from here on."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to merge: what the run's settings say, and what only the run knows.

    `schemas` are those in which a name without a schema is looked for, in order. `pending` are the names of the
    seeders that are still to run in this run, and `left_behind` former names of the seeder whose rows nobody else will
    list. `pin` sets the transaction's settings for statements that read, and
    `unpin` those of the role itself, for statements that write. `show` is given what changes before it does.
    `progress` is called with the number of rows sent so far. `dry_run` spares the sequences, which no rollback would
    bring back. `quiet` logs nothing.
    """

    ledger: Ledger | None
    log: FilteringBoundLogger
    pin: Callable[[], object]
    unpin: Callable[[], object]
    schemas: Sequence[str]
    create_tables: bool = True
    pending: Collection[str] = frozenset()
    left_behind: Collection[str] = frozenset()
    show: Show | None = None
    progress: Callable[[int], None] = lambda _: None
    dry_run: bool = False
    quiet: bool = False


@dataclass
class Merged:
    """What became of a seeder's rows. `retired` counts its rows in the ledger that the seed file does not list.

    `pending` counts rows that were left out because another seeder of this run holds them and has yet to run.
    """

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    kept: int = 0
    conflicts: int = 0
    retired: int = 0
    pending: int = 0
    written: bool = False
    """Whether anything at all was written, the ledger included."""


def merge(connection: Connection, seeder: DataSeeder, options: Options) -> Merged:
    """Make the seeder's table hold its rows, in the transaction that `connection` is in and under the table's lock.

    Raises `SeedFileError` and `SeedingError` for what is wrong, and lets PostgreSQL's refusals through.
    """
    merged = Merged()
    target = _find(connection, seeder, options)
    if target is None:
        target = create_table(connection, seeder, options)
        merged.written = True
    known = target.registration
    if options.ledger is not None and known is not None and any(other.own for other in known.others):
        rekey(connection, seeder, target, options.ledger)
        merged.written = True
        target = _find(connection, seeder, options)
        assert target is not None  # noqa: S101 - it was there a moment ago, and is locked
    merger = _Merger(connection, seeder, target, options, merged)
    merger.run()
    if seeder.formerly and options.ledger is not None:
        merged.retired += left_behind(
            connection, merger.target, options.ledger, former_names(seeder, options.ledger.application)
        )
    return merged


def left_behind(connection: Connection, target: Target, ledger: Ledger, names: Collection[str]) -> int:
    """How many entries there are still under former names of the seeder, APPLICATION/NAME each."""
    known = target.registration
    return (
        run(
            connection,
            part(
                "SELECT pg_catalog.count(*) FROM {rows} AS entry JOIN {seeders} AS s ON s.id = entry.seeder_id "
                "JOIN {applications} AS a ON a.id = s.application_id WHERE entry.table_id = %(table_id)s "
                "AND a.name || '/' || s.name = ANY (CAST(%(names)s AS pg_catalog.text[]))",
                **ledger.names,
            ),
            {"table_id": known.table_id if known else None, "names": list(names)},
        ).scalar()
        or 0
    )


def _find(connection: Connection, seeder: DataSeeder, options: Options) -> Target | None:
    return find_target(
        connection, seeder, options.ledger, options.schemas, create_tables=options.create_tables
    )


def create_table(connection: Connection, seeder: DataSeeder, options: Options) -> Target:
    """Run the DDL that a seeder brings for its missing table. Raises `SeedingError` if it is missing still."""
    # Two tables' DDL may make the same schema or type, so that it takes turns across tables too.
    run(connection, part("SELECT pg_catalog.pg_advisory_xact_lock(%(lock)s)"), {"lock": Lock("ddl", "").key})
    assert seeder.ddl is not None  # noqa: S101 - checked where the table was found missing
    options.unpin()
    connection.exec_driver_sql(seeder.ddl, execution_options={"no_parameters": True})
    options.pin()
    if not options.quiet:
        options.log.info("table.created", seeder=seeder.name, table=str(seeder.table))
    target = _find(connection, seeder, replace(options, create_tables=True))
    if target is None:
        raise SeedingError(
            f"the `ddl` ran, and table {seeder.table} still does not exist; does it create it under another name?",
            position=seeder.at("ddl"),
            table=str(seeder.table),
        )
    return target


@dataclass(frozen=True)
class _Round:
    """What was compared and written at once: rows that look up others have to wait for these."""

    comparison: Comparison
    difference: Composable
    tally: Found[Any]
    inserted: int
    updated: int


class _Merger:
    def __init__(
        self, connection: Connection, seeder: DataSeeder, target: Target, options: Options, merged: Merged
    ) -> None:
        self.connection = connection
        self.seeder = seeder
        self.target = target
        self.options = options
        self.merged = merged
        self.refuse = Refusals(connection, seeder, target, options.ledger)
        self.digest = seeder.digest() if options.ledger is not None else b""

    def run(self) -> None:
        rows = self.seeder.rows()
        head = list(itertools.islice(rows, FEW))
        layout = self._layout()
        known = self.target.registration
        if len(head) < FEW and (known is None or known.table_id is not None) and self._is_clean(layout, head):
            return
        self._apply(head, rows)

    def _layout(self) -> Layout:
        return Layout.of(self.connection, self.target, self.seeder, self.options.schemas)

    def _comparison(self, layout: Layout) -> Comparison:
        return Comparison(self.seeder, self.target, layout, self.options.ledger, self.options.pending)

    def _is_clean(self, layout: Layout, rows: Sequence[Row]) -> bool:
        """Ask, in one statement, whether there is nothing to do; if so, count."""
        seed = as_parameter(layout, list(layout.records(iter(rows))))
        comparison = self._comparison(layout)
        ledger, known = self.options.ledger, self.target.registration
        listed, unlisted = (
            part("0")
            if ledger is None
            else part(
                "(SELECT pg_catalog.count(*) FROM {} AS entry WHERE entry.table_id = %(table_id)s "
                "AND entry.seeder_id = %(seeder_id)s AND entry.retired {})",
                ledger.names["rows"],
                part(condition),
            )
            for condition in ("IS NULL", "IS NOT NULL")
        )
        found = run(
            self.connection,
            statement(
                "clean",
                with_seed=seed.with_seed,
                compare=comparison.rows(part("WITH "), part("seed")),
                work=work("compared"),
                kept=kept("compared"),
                keys=joined(name("seed", layout.cells[key.name].name) for key in self.target.key),
                entries=listed,
                unlisted=unlisted,
            ),
            {**comparison.parameters, "rows": seed.rows},
        ).one()
        if found.work or found.doubled or found.unresolved or found.total != len(rows):
            return False
        if ledger is not None and found.entries != found.held:
            return False
        if found.kept and self.options.show is not None:
            return False
        self.merged.pending = found.pending
        self.merged.unchanged = found.total - found.kept - found.pending
        self.merged.kept = found.kept
        self.merged.retired = found.unlisted
        if ledger is not None and known is not None:
            if known.stale:
                known = self._register(ledger, ())
                self.merged.written = True
            self._note_applied(known.seeder_id, changed=False)
        return True

    def _register(self, ledger: Ledger, cells: Sequence[str]) -> Any:
        known = self.target.registration
        assert known is not None  # noqa: S101 - there is one if there is a ledger
        return ledger.register(
            self.connection,
            self.seeder.name,
            self.target.table,
            [key.name for key in self.target.key],
            cells,
            known=known,
        )

    def _note_applied(self, seeder_id: int | None, *, changed: bool) -> None:
        ledger, known = self.options.ledger, self.target.registration
        if ledger is None or known is None or self.merged.pending:
            return
        if known.digest == self.digest and not changed:
            return
        if seeder_id is None:
            seeder_id = ledger.register_seeder(self.connection, self.seeder.name)
        ledger.note_applied(self.connection, seeder_id, self.digest, changed=changed)
        self.merged.written = True

    def _apply(self, head: Sequence[Row], tail: Iterator[Row]) -> None:
        stage = self._stage(head, tail)
        self.merged.written = True
        ledger = self.options.ledger
        if ledger is not None:
            cells = [cell.column.name for cell in self._comparison(stage.layout).cells]
            retyped = self.target.key_retyped
            known = self._register(ledger, [*cells, *self._set_on_retirement()])
            self.target = replace(self.target, registration=known)
            if retyped or not all(column.one_text for column in self.target.key):
                self._respell(stage)
        self._settle(stage, self._apply_rounds(stage))
        if ledger is not None:
            self._unlist(stage, ledger)
            known = self.target.registration
            self._note_applied(
                known.seeder_id if known else None, changed=bool(self.merged.inserted or self.merged.updated)
            )

    def _set_on_retirement(self) -> Sequence[str]:
        """The columns that `retired_rows: {set: …}` writes, and those by which a row is known that was put in place of
        ours."""
        policy, table = self.seeder.retired_rows, self.target.table
        if isinstance(policy, str):
            return []
        return [each for each in (*policy, *self.target.identity) if each in table.columns]

    def _stage(self, head: Sequence[Row], tail: Iterator[Row]) -> Stage:
        layout = self._layout()
        for row in head:
            layout.encode(0, row)
        while (stage := Stage.filled(self.connection, layout, head, tail, self.options.progress)) is None:
            tail = itertools.islice(self.seeder.rows(), len(head), None)
        return stage

    def _respell(self, stage: Stage) -> None:
        """Let entries have the spelling of their key that the seed file uses now."""
        ledger, known, key = self.options.ledger, self.target.registration, self.target.key
        assert ledger is not None  # noqa: S101 - only called if there is a ledger
        assert known is not None  # noqa: S101 - as above
        if not all(column.castable for column in key):
            return
        layout, version = stage.layout, self.connection.dialect.server_version_info or ()
        places = range(1, len(key) + 1)
        composed = statement(
            "respell",
            key=as_key(canonical(each, name("seed", layout.cells[each.name].name)) for each in key),
            seed_values=joined(
                part("{} AS {}", name("seed", layout.cells[each.name].name), name(f"k{place}"))
                for place, each in zip(places, key, strict=True)
            ),
            entry_values=joined(
                part("{} AS {}", key_value(each, entered_key("entry", place), version), name(f"k{place}"))
                for place, each in zip(places, key, strict=True)
            ),
            same_key=joined(
                (
                    same(each, name("strange", f"k{place}"), name("staged", f"k{place}"))
                    for place, each in zip(places, key, strict=True)
                ),
                " AND ",
            ),
            rows=ledger.names["rows"],
            stage=stage.resolved(),
        )
        self._in_savepoint(composed, {"table_id": known.table_id})

    def _in_savepoint(self, composed: Composable, parameters: dict[str, Any]) -> None:
        from seeder.database.failures import DATABASE_ERRORS, sqlstate

        savepoint = self.connection.begin_nested()
        try:
            run(self.connection, composed, parameters)
        except DATABASE_ERRORS as error:
            savepoint.rollback()
            if not (sqlstate(error) or "").startswith("22"):
                raise
            # An entry's key is no value of the column's type any more: then its row is gone, and it stays as it is.
            return
        savepoint.commit()

    def _unlist(self, stage: Stage, ledger: Ledger) -> None:
        known = self.target.registration
        assert known is not None  # noqa: S101 - there is one if there is a ledger
        ids = {"table_id": known.table_id, "seeder_id": known.seeder_id}
        comparison = self._comparison(stage.layout)
        names = {"rows": ledger.names["rows"], "stage": stage.table}
        run(self.connection, statement("unlist", key=comparison.seed_key, **names), ids)
        self.merged.retired = (
            run(
                self.connection,
                part(
                    "SELECT pg_catalog.count(*) FROM {} AS entry WHERE entry.table_id = %(table_id)s "
                    "AND entry.seeder_id = %(seeder_id)s AND entry.retired IS NOT NULL",
                    ledger.names["rows"],
                ),
                ids,
            ).scalar()
            or 0
        )

    def _apply_rounds(self, stage: Stage) -> list[_Round]:
        """Apply the rows that look nothing up, then those that look up what these were, and so on."""
        rounds: list[_Round] = []
        among_staged = False
        while True:
            stage.resolve(self.connection)
            if among_staged:
                stage.resolve(self.connection, among_staged=True)
            self.refuse.same_keys(stage)
            rounds.append(self._apply_ready(stage))
            if not stage.layout.lookups:
                return rounds
            done = stage.finish_round(self.connection)
            unresolved = stage.unresolved(self.connection)
            if unresolved is None:
                return rounds
            if not done and among_staged:
                self.refuse.unresolved(*unresolved)
            among_staged = not done

    def _apply_ready(self, stage: Stage) -> _Round:
        """Write what the rows that look nothing up any more call for."""
        comparison = self._comparison(stage.layout)
        self.refuse.ambiguous_keys(comparison, stage.ready())
        difference = temporary_name("difference")
        run(
            self.connection,
            statement(
                "difference",
                difference=difference,
                compare=comparison.rows(part("WITH "), stage.ready()),
                work=work("compared"),
                kept=kept("compared"),
            ),
            comparison.parameters,
        )
        analyze(self.connection, difference)
        tally = run(
            self.connection,
            statement("tally", difference=difference, work=work("compared"), kept=kept("compared")),
        ).one()
        if tally.problems:
            self.refuse.policies(comparison, difference)
        if not self.options.quiet:
            self._report(comparison, difference, tally)
        if self.options.show is not None:
            self.options.show(changes(self.connection, comparison, difference, stage))
        inserted = updated = 0
        if tally.inserts or tally.updates:
            if not self.options.dry_run:
                # Before the rows go in: one that does not say its number must not get one that another row says.
                self._raise_sequences(stage)
            self.options.unpin()
            if tally.inserts:
                inserted = self._insert(difference, stage)
            if tally.updates:
                updated = self._update(comparison, difference, stage)
            self.options.pin()
        return _Round(comparison, difference, tally, inserted, updated)

    def _settle(self, stage: Stage, rounds: Sequence[_Round]) -> None:
        """Let deferred triggers fire, write the ledger from what all triggers made of the rows, and count."""
        if any(each.tally.inserts or each.tally.updates for each in rounds):
            self.options.unpin()
            run(self.connection, part("SET CONSTRAINTS ALL IMMEDIATE"))
            self.options.pin()
        touched = 0
        for each in rounds:
            tally, inserted = each.tally, each.inserted
            if tally.work and self.options.ledger is not None:
                if tally.entering:
                    self._refuse_claims(each.comparison, each.difference, stage)
                # A trigger may delete the row that has just been written, or put another one in its place.
                inserted, updated = self._note(each.comparison, each.difference, stage, tally)
                if updated < each.updated:
                    self._drop_vanished(each.comparison, each.difference, stage)
            # What is no longer as it was compared got away: somebody has just changed it. A trigger may keep rows out.
            kept_out = tally.inserts - inserted
            self.merged.inserted += inserted
            self.merged.updated += each.updated
            self.merged.pending += tally.pending
            self.merged.kept += tally.kept + tally.updates - each.updated + kept_out
            self.merged.conflicts += tally.conflicts
            touched += tally.touched + kept_out
        self.merged.unchanged = stage.count - self.merged.inserted - touched - self.merged.pending

    def _drop_vanished(self, comparison: Comparison, difference: Composable, stage: Stage) -> None:
        assert self.options.ledger is not None  # noqa: S101 - only called if there is a ledger
        run(
            self.connection,
            statement(
                "drop_vanished",
                rows=self.options.ledger.names["rows"],
                difference=difference,
                stage=stage.table,
                table=self.target.table.sql,
                same_key=comparison.same_key,
            ),
            comparison.parameters,
        )

    def _raise_sequences(self, stage: Stage) -> None:
        for cell in stage.layout.cells.values():
            if cell.column.sequence is not None and cell.column.category == "N":
                run(
                    self.connection,
                    statement(
                        "raise_sequence",
                        cell=part("CAST({} AS pg_catalog.int8)", name("seed", cell.name)),
                        stage=stage.table,
                    ),
                    {"sequence": cell.column.sequence},
                )

    def _insert(self, difference: Composable, stage: Stage) -> int:
        """Insert the rows that are not there. How many came back."""
        shapes = list(enumerate(stage.layout.shapes))
        inserts = [self._insert_shape(each, columns, difference, stage) for each, columns in shapes]
        names = [f"inserted_{each}" for each, _ in shapes]
        altered: list[Composable] = []
        if self.target.table.altered_on_insert:
            same_key = joined(
                (
                    same(key, name("inserted", key.name), name("seed", stage.layout.cells[key.name].name))
                    for key in self.target.key
                ),
                " AND ",
            )
            altered = [
                part(
                    "(SELECT pg_catalog.count(*) FROM {} AS inserted "
                    "WHERE NOT EXISTS (SELECT FROM {} AS seed WHERE {}))",
                    name(each),
                    stage.table,
                    same_key,
                )
                for each in names
            ]
        counts = [part("(SELECT pg_catalog.count(*) FROM {})", name(each)) for each in names]
        inserted, other = run(
            self.connection,
            statement(
                "insert",
                inserts=joined(inserts),
                inserted=joined(counts, " OPERATOR(pg_catalog.+) "),
                altered=joined(altered, " OPERATOR(pg_catalog.+) ", "0"),
            ),
        ).one()
        if other and self.options.ledger is not None:
            raise SeedingError(
                f"{other} of the rows inserted came back with another key than the seed file gave them; "
                f"is it a trigger on {self.target.table} that alters the key? Give the key in its form",
                table=str(self.target.table),
            )
        return int(inserted)

    def _insert_shape(
        self, shape: int, columns: Sequence[str], difference: Composable, stage: Stage
    ) -> Composable:
        table, cells = self.target.table, stage.layout.cells
        values: dict[str, Composable] = {each: name("seed", cells[each].name) for each in columns}
        for stamp in (self.target.created, self.target.updated):
            if stamp is not None:
                values.setdefault(stamp.name, part("pg_catalog.clock_timestamp()"))
        always = any(table.columns[each].identity == "a" for each in columns)
        return statement(
            "insert_shape",
            number=number(shape),
            shape=number(shape),
            table=table.sql,
            columns=joined(map(name, values)),
            overriding=part("OVERRIDING SYSTEM VALUE" if always else ""),
            values=joined(values.values()),
            difference=difference,
            stage=stage.table,
            key=joined(name(key.name) for key in self.target.key),
        )

    def _update(self, comparison: Comparison, difference: Composable, stage: Stage) -> int:
        """Update the cells that are to be written. How many rows came back."""
        used = run(
            self.connection,
            part(
                "SELECT DISTINCT state.place FROM {} AS difference, "
                "pg_catalog.unnest(difference.states) WITH ORDINALITY AS state (state, place) "
                "WHERE difference.writes AND state.state OPERATOR(pg_catalog.=) 1",
                difference,
            ),
        ).scalars()
        assignments: dict[str, Composable] = {}
        for place in sorted(used):
            cell = comparison.cells[place - 1]
            assignments[cell.column.name] = part(
                "CASE WHEN difference.states[{}] OPERATOR(pg_catalog.=) 1 THEN {} ELSE {} END",
                number(place),
                name("seed", cell.name),
                name("live", cell.column.name),
            )
        if self.target.updated is not None:
            assignments.setdefault(self.target.updated.name, part("pg_catalog.clock_timestamp()"))
        written: int = run(
            self.connection,
            statement(
                "update",
                table=self.target.table.sql,
                assignments=joined(part("{} = {}", name(each), value) for each, value in assignments.items()),
                difference=difference,
                stage=stage.table,
            ),
        ).scalar_one()
        return written

    def _note(
        self, comparison: Comparison, difference: Composable, stage: Stage, tally: Found[Any]
    ) -> tuple[int, int]:
        """Write into the ledger what became of the rows. How many rows that were inserted, and updated, are there."""
        ledger, known = self.options.ledger, self.target.registration
        assert ledger is not None  # noqa: S101 - only called if there is a ledger
        assert known is not None  # noqa: S101 - as above
        everything = part("32767")
        parameters = {**comparison.parameters, "seen": len(known.columns)}

        def found_inserted(same_key: Composable, nulls: Composable) -> Composable:
            return statement(
                "inserted_pair",
                cells=comparison.slot_digests,
                slots=live_slots(self.target),
                all_named=comparison.names_all_slots,
                slot_desired=comparison.slot_desired,
                row_digest=comparison.row_digest,
                rest=rest(self.target, everything, everything),
                difference=difference,
                stage=stage.table,
                table=self.target.table.sql,
                same_key=same_key,
                nulls=nulls,
            )

        def found(same_key: Composable, nulls: Composable) -> Composable:
            return statement(
                "note_pair",
                desired=comparison.desired,
                named=comparison.named,
                slots=live_slots(self.target),
                rest=rest(self.target, everything, everything),
                difference=difference,
                stage=stage.table,
                table=self.target.table.sql,
                same_key=same_key,
                rows=ledger.names["rows"],
                nulls=nulls,
                work=work("difference"),
            )

        inserted = updated = 0
        if tally.inserts:
            inserted = run(
                self.connection,
                statement(
                    "note_inserted",
                    found=comparison.each_null_pattern(found_inserted),
                    slot_digest=digest(name("slot", "live")),
                    rows=ledger.names["rows"],
                ),
                parameters,
            ).scalar_one()
        if tally.work > tally.inserts:
            updated = (
                run(
                    self.connection,
                    statement(
                        "note",
                        found=comparison.each_null_pattern(found),
                        rest_digest=name("found", "rest_now"),
                        desired_digest=digest(name("c", "wanted")),
                        live_digest=digest(name("s", "live")),
                        row_digest=digest(
                            part(
                                "(CAST(pg_catalog.array_agg(CASE WHEN slot.named THEN slot.wanted END "
                                "ORDER BY slot.place) AS pg_catalog.text) "
                                "|| CAST(pg_catalog.array_agg(coalesce(slot.named, false) ORDER BY slot.place) "
                                "AS pg_catalog.text))"
                            )
                        ),
                        unknown=UNKNOWN,
                        rows=ledger.names["rows"],
                    ),
                    parameters,
                )
                .one()
                .updated
            )
        return int(inserted), int(updated)

    def _refuse_claims(self, comparison: Comparison, difference: Composable, stage: Stage) -> None:
        """Refuse rows that another seeder holds under another key of the table."""
        ledger, known = self.options.ledger, self.target.registration
        assert ledger is not None  # noqa: S101 - only called if there is a ledger
        assert known is not None  # noqa: S101 - as above
        columns = self.target.table.columns
        for other in known.others:
            if not other.key_columns:
                continue
            claimed = run(
                self.connection,
                statement(
                    "claims",
                    difference=difference,
                    stage=stage.table,
                    table=self.target.table.sql,
                    same_key=comparison.same_key,
                    rows=ledger.names["rows"],
                    other=number(other.table_id or 0),
                    other_key=as_key(
                        canonical(columns[each], name("live", each)) for each in other.key_columns
                    ),
                ),
                comparison.parameters,
            ).one_or_none()
            if claimed is not None:
                self.refuse.claimed(claimed.n, claimed.seeder_id)

    def _report(self, comparison: Comparison, difference: Composable, tally: Found[Any]) -> None:
        if tally.adopted and self.options.ledger is not None:
            # Many of them in a database that was seeded before mean that somebody has deleted the ledger.
            self.options.log.warning(
                "seeder.adopted",
                seeder=self.seeder.name,
                table=str(self.target.table),
                rows=tally.adopted,
                existing_rows=str(self.seeder.existing_rows),
            )
        if not tally.conflicts:
            return
        found = run(
            self.connection,
            part(
                "SELECT CAST(difference.key AS pg_catalog.text[]), difference.states FROM {} AS difference "
                "WHERE difference.action = 0 AND 4 = ANY (difference.states) ORDER BY difference.n",
                difference,
            ),
        )
        for key, states in found:
            self.options.log.warning(
                "seeder.conflict",
                seeder=self.seeder.name,
                table=str(self.target.table),
                key=self.target.named_key(key),
                columns=comparison.columns_in(states, State.CONFLICT),
            )

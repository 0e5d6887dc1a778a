"""One seeder's rows into its table: look, and where anything differs, stage, compare, apply and write the ledger."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, literal, select

from seeder.database.locks import Lock
from seeder.errors import SeedingError
from seeder.merge.application import Difference, Tally
from seeder.merge.comparison import Comparison, State, has_state, is_kept, needs_work
from seeder.merge.diff import changes
from seeder.merge.layout import Layout
from seeder.merge.refusals import Refusals
from seeder.merge.rekeying import rekey
from seeder.merge.retirement import mark_unlisted
from seeder.merge.sequences import raise_sequences
from seeder.merge.staging import Stage, as_parameter
from seeder.merge.target import Target, find_target

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from sqlalchemy import Connection
    from structlog.typing import FilteringBoundLogger

    from seeder.files.model import DataSeeder, Row
    from seeder.merge.diff import Show
    from seeder.merge.ledger import Ledger, Registered

FEW = 2000
"""Rows that are compared as one parameter. More go by COPY, which costs a temporary table and pays from here on."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to merge: what the run's settings say, and what only the run knows.

    `rivals` are the names of the other seeders that exist. `pin` sets the transaction's settings again after
    foreign code ran in it. `show` is given what changes before it does. `progress` is called with the
    number of rows sent so far. `dry_run` spares the sequences, which no rollback would bring back. `quiet` logs
    nothing.
    """

    ledger: Ledger | None
    log: FilteringBoundLogger
    pin: Callable[[], object]
    create_tables: bool = True
    rivals: Collection[str] = frozenset()
    show: Show | None = None
    progress: Callable[[int], None] = lambda _: None
    dry_run: bool = False
    quiet: bool = False


@dataclass
class Merged:
    """What became of a seeder's rows. `retired` counts its rows in the ledger that the seed file does not list."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    kept: int = 0
    conflicts: int = 0
    retired: int = 0
    written: bool = field(default=False)
    """Whether anything at all was written, the ledger included."""


def merge(connection: Connection, seeder: DataSeeder, options: Options) -> Merged:
    """Make the seeder's table hold its rows, in the transaction that `connection` is in and under the table's lock.

    Raises `SeedFileError` and `SeedingError` for what is wrong, and lets PostgreSQL's refusals through.
    """
    merged = Merged()
    target = find_target(connection, seeder, options.ledger, create_tables=options.create_tables)
    if target is None:
        target = create_table(connection, seeder, options)
        merged.written = True
    if options.ledger is not None:
        _check_form(options.ledger, target)
        if target.registration is not None and target.registration.former:
            rekey(connection, seeder, target, options.ledger)
            merged.written = True
            target = _found(connection, seeder, options)
    _Merger(connection, seeder, target, options, merged).run()
    return merged


def _found(connection: Connection, seeder: DataSeeder, options: Options) -> Target:
    target = find_target(connection, seeder, options.ledger, create_tables=False)
    assert target is not None  # noqa: S101 - a missing table raises where none may be created
    return target


def create_table(connection: Connection, seeder: DataSeeder, options: Options) -> Target:
    """Run the DDL that a seeder brings for its missing table. Raises `SeedingError` where it is missing still."""
    # Two tables' DDL may make the same schema or type, so that it takes turns across tables too.
    connection.execute(select(func.pg_advisory_xact_lock(Lock("ddl", "").key)))
    assert seeder.ddl is not None  # noqa: S101 - checked where the table was found missing
    connection.exec_driver_sql(seeder.ddl, execution_options={"no_parameters": True})
    options.pin()
    if not options.quiet:
        options.log.info("table.created", seeder=seeder.name, table=str(seeder.table))
    target = find_target(connection, seeder, options.ledger, create_tables=True)
    if target is None:
        raise SeedingError(
            f"the `ddl` ran, and table {seeder.table} still does not exist; does it create it under another name?",
            position=seeder.at("ddl"),
            table=str(seeder.table),
        )
    return target


def _check_form(ledger: Ledger, target: Target) -> None:
    assert target.registration is not None  # noqa: S101 - there is one where there is a ledger
    ledger.check_form(target.registration.form)


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
        layout = Layout.of(self.connection, self.target, self.seeder)
        registration = self.target.registration
        known = self.options.ledger is None or (
            registration is not None and registration.target_id is not None
        )
        if len(head) < FEW and known and self._is_clean(layout, head):
            return
        self._apply(head, rows)

    def _comparison(self, layout: Layout) -> Comparison:
        return Comparison(self.seeder, self.target, layout, self.options.ledger, self.options.rivals)

    def _is_clean(self, layout: Layout, rows: Sequence[Row]) -> bool:
        """Ask, in one statement, whether there is nothing to do; if so, count."""
        records = list(layout.records(iter(rows)))
        seed = as_parameter(layout, records)
        compared = self._comparison(layout).rows(seed).subquery("rows")
        keys = [seed.c[layout.cells[key.name].name] for key in self.target.key]
        doubles = select(literal(1)).select_from(seed).group_by(*keys).having(func.count() > 1)
        registration, ledger = self.target.registration, self.options.ledger
        statement = select(
            func.count(),
            func.count().filter(needs_work(compared)),
            func.count().filter(is_kept(compared)),
            func.count().filter(and_(compared.c.entry, compared.c.owned, compared.c.listed)),
            exists(doubles),
            exists(select(literal(1)).select_from(seed).where(~seed.c.resolved)),
        )
        if ledger is not None and registration is not None:
            entries = ledger.entries
            own = and_(
                entries.c.target_id == registration.target_id, entries.c.seeder_id == registration.seeder_id
            )
            listed, retired = (
                select(func.count()).select_from(entries).where(own, condition).scalar_subquery()
                for condition in (entries.c.retired.is_(None), entries.c.retired.is_not(None))
            )
            statement = statement.add_columns(listed, retired)
        found: Sequence[Any] = self.connection.execute(statement).one()
        total, work, kept, held, doubled, unresolved, *entered = found
        if work or doubled or unresolved or total != len(records) or (entered and entered[0] != held):
            return False
        if kept and self.options.show is not None:
            return False
        self.merged.unchanged = total - kept
        self.merged.kept = kept
        if entered:
            self.merged.retired = entered[1]
            self._note_applied(registration.seeder_id if registration else None, changed=False)
        return True

    def _note_applied(self, seeder_id: int | None, *, changed: bool) -> None:
        ledger, registration = self.options.ledger, self.target.registration
        if ledger is None or registration is None or (registration.digest == self.digest and not changed):
            return
        if seeder_id is None:
            seeder_id = ledger.register_seeder(self.connection, self.seeder.name)
        ledger.note_applied(self.connection, seeder_id, self.digest, changed=changed)
        self.merged.written = True

    def _apply(self, head: Sequence[Row], tail: Iterator[Row]) -> None:
        stage = self._stage(head, tail)
        layout = stage.layout
        self.merged.written = True
        registered = None
        ledger = self.options.ledger
        if ledger is not None:
            cells = self._comparison(layout).cells
            registered = ledger.register(
                self.connection,
                self.seeder.name,
                str(self.target.table),
                [key.name for key in self.target.key],
                [*(cell.column.name for cell in cells), *self._set_on_retirement()],
            )
        touched = self._apply_rounds(stage, registered)
        self.merged.unchanged = stage.count - self.merged.inserted - touched
        if ledger is not None and registered is not None:
            mark_unlisted(self.connection, self._comparison(layout), stage.table, registered)
            entries = ledger.entries
            retired = select(func.count()).where(
                entries.c.target_id == registered.target_id,
                entries.c.seeder_id == registered.seeder_id,
                entries.c.retired.is_not(None),
            )
            self.merged.retired = self.connection.scalar(retired) or 0
            self._note_applied(
                registered.seeder_id, changed=bool(self.merged.inserted or self.merged.updated)
            )

    def _set_on_retirement(self) -> Sequence[str]:
        policy = self.seeder.retired_rows
        return (
            [] if isinstance(policy, str) else [name for name in policy if name in self.target.table.columns]
        )

    def _stage(self, head: Sequence[Row], tail: Iterator[Row]) -> Stage:
        layout = Layout.of(self.connection, self.target, self.seeder)
        for row in head:
            layout.encode(0, row)
        while (stage := Stage.filled(self.connection, layout, head, tail, self.options.progress)) is None:
            tail = itertools.islice(self.seeder.rows(), len(head), None)
        return stage

    def _apply_rounds(self, stage: Stage, registered: Registered | None) -> int:
        """Apply the rows that look nothing up, then those that look up what these were, and so on."""
        touched = 0
        among_staged = False
        while True:
            stage.resolve(self.connection)
            if among_staged:
                stage.resolve(self.connection, among_staged=True)
            self.refuse.same_keys(stage.layout, stage.resolved())
            touched += self._apply_ready(stage, registered)
            if not stage.layout.lookups:
                return touched
            done = stage.finish_round(self.connection)
            unresolved = stage.unresolved(self.connection)
            if unresolved is None:
                return touched
            if not done and among_staged:
                self.refuse.unresolved(*unresolved)
            among_staged = not done

    def _apply_ready(self, stage: Stage, registered: Registered | None) -> int:
        """Apply what the rows that look nothing up any more call for; how many were updated or kept, or kept out."""
        comparison = self._comparison(stage.layout)
        self.refuse.ambiguous_keys(comparison, stage.ready())
        difference = Difference.found(self.connection, comparison, stage.table, stage.ready())
        tally = difference.tally(self.connection)
        self.refuse.policies(difference, tally)
        if not self.options.quiet:
            self._report(difference, tally)
        if self.options.show is not None:
            self.options.show(changes(self.connection, difference))
        if (tally.inserts or tally.updates) and not self.options.dry_run:
            # Before the rows go in, for a row that does not say its number must not get one that another row says.
            raise_sequences(self.connection, stage.table, stage.layout.cells.values())
        inserted = difference.insert(self.connection, registered) if tally.inserts else 0
        self.merged.inserted += inserted
        updated = 0
        if tally.work > tally.inserts:
            updated = difference.update(self.connection, tally, registered)
        self.merged.updated += updated
        # What is no longer as it was compared got away: somebody has just changed it. And a trigger may keep rows out.
        kept_out = tally.inserts - inserted
        self.merged.kept += tally.kept + tally.updates - updated + kept_out
        self.merged.conflicts += tally.conflicts
        return tally.touched + kept_out

    def _report(self, difference: Difference, tally: Tally) -> None:
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
        rows = difference.table
        found = self.connection.execute(
            select(rows.c.key, rows.c.states).where(has_state(rows, [State.CONFLICT])).order_by(rows.c.n)
        )
        names = [key.name for key in self.target.key]
        for key, states in found:
            self.options.log.warning(
                "seeder.conflict",
                seeder=self.seeder.name,
                table=str(self.target.table),
                key=dict(zip(names, key, strict=True)),
                columns=difference.columns_in(states, State.CONFLICT),
            )

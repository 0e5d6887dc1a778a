"""The steps of a merge: read or load, stage, compare, write, note."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from seeder.merge.blame import Refusals
from seeder.merge.changes import changes
from seeder.merge.clean import nothing_to_do
from seeder.merge.comparison import Comparison
from seeder.merge.difference import Difference, log_first_contact
from seeder.merge.evidence import Evidence, InDoubt
from seeder.merge.history import stage_history
from seeder.merge.ledger import Ledger
from seeder.merge.load import Load
from seeder.merge.noting import claim_listed, claimed, drop_vanished, note
from seeder.merge.options import Merged, Options
from seeder.merge.proving import FEW, MANY, Proving
from seeder.merge.registration import Registration
from seeder.merge.respelling import respell
from seeder.merge.shipped import Shipped
from seeder.merge.sql_files import statement
from seeder.merge.stage import Stage
from seeder.merge.staged_columns import Layout
from seeder.merge.target import Target
from seeder.merge.writing import insert, raise_sequences, update
from seeder.postgres.connection import Connection
from seeder.postgres.statements import run
from seeder.reporting.counts import Counts
from seeder.seed_files.model import DataSeeder, Mode, Policy
from seeder.seed_files.pieces import Pieces
from seeder.seed_files.raw_csv import RawCsv, raw_csv
from seeder.seed_files.rows import Row, Rows


@dataclass(frozen=True)
class _Round:
    """What was written at once: rows that look up others have to wait for these."""

    difference: Difference
    inserted: int
    updated: int


class Merger:
    """One merge: the rows of `seeder` into `target`, and what becomes of them into `merged`."""

    def __init__(
        self, connection: Connection, seeder: DataSeeder, target: Target, options: Options, merged: Merged
    ) -> None:
        self.connection = connection
        self.seeder = seeder = seeder.keyed(target.key_names)
        self.target = target
        self.options = options
        self.merged = merged
        self.refuse = Refusals(connection, seeder, target, options.ledger)
        self.not_entered = 0
        self.evidence: Evidence | None = None
        if options.ledger is not None and not options.dry_run:
            self.evidence = Evidence(Proving(connection, seeder, options.ledger, options.schemas))
        self.many = False
        self.stage: Stage | None = None
        self.shipped: Shipped | None = None
        self.wrote = False
        """Whether more than the digest of the seed files was written since many rows were compared."""
        self.digest = seeder.digest() if options.ledger is not None else b""
        known = target.registration
        self.history_is_new = seeder.history is not None and (
            known is None or known.applied.digest != self.digest
        )
        """Whether rows that were kept at an earlier first contact may be as the history of today has them."""

    def run(self) -> None:
        """Ask whether there is nothing to do, and do the rest."""
        self.options.progress.phase = "reading"
        if self.seeder.history is not None and self.history_is_new and not self.options.quiet:
            # A mistake in it is told while somebody looks, and not only once a row has to be looked up there.
            for _ in self.seeder.history.rows():
                pass
        rows = self.seeder.rows()
        head = list(itertools.islice(rows, FEW))
        self.options.progress.rows = len(head)
        self.many = len(head) == FEW
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
        self.options.progress.phase = "comparing"
        ledger, known = self.options.ledger, self.target.registration
        found = nothing_to_do(self.connection, self._comparison(layout), rows)
        if found is None or (found.kept and self.options.show is not None):
            return False
        if found.kept_existing and self.history_is_new:
            return False
        self.merged.pending = found.pending
        self.merged.counts = Counts(
            unchanged=found.total - found.kept - found.pending,
            kept=found.kept,
            kept_existing=found.kept_existing,
            conflicts=found.conflicts,
        )
        self.merged.retired = found.unlisted
        if ledger is not None and known is not None:
            if known.stale:
                known = self._register(ledger, ())
                self.merged.written = True
            self._note_applied(known.seeder_id, changed=False)
        return True

    def _register(self, ledger: Ledger, cells: Sequence[str]) -> Registration:
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
        if ledger is None or known is None or self.merged.pending or self.merged.got_away:
            return
        if known.applied.digest == self.digest and not changed:
            return
        if seeder_id is None:
            seeder_id = ledger.register_seeder(self.connection, self.seeder.name)
        ledger.note_applied(self.connection, seeder_id, self.digest, known.applied, changed=changed)
        self.merged.written = True

    def warn(self, known: Registration | None) -> None:
        """Say if the seed files are earlier ones, or others of the same release. `known` is from before they came.

        And say if a field of CSV looks like a tag.
        """
        ledger, merged, source = self.options.ledger, self.merged, self.seeder.source
        if isinstance(source, Rows) and (tag := source.noted_tag()) and not self.options.quiet:
            at = tag.position
            self.options.log.warning(
                "seeder.tag_in_csv",
                seeder=self.seeder.name,
                file=at and at.file,
                line=at and at.line,
                message=tag.message,
            )
        if ledger is None or known is None or merged.pending:
            return
        merged.reverted = known.applied.is_reverted_by(self.digest, ledger.release)
        if not self.options.quiet:
            retires = bool(merged.retired) and self.seeder.retired_rows is not Policy.KEEP
            known.applied.warn(self.options.log, self.seeder.name, self.digest, ledger.release, again=retires)

    def _apply(self, head: Sequence[Row], tail: Iterator[Row]) -> None:
        raw = raw_csv(self.seeder) if self.many else None
        self.merged.written = True
        if raw is not None and (self._load(raw, head[0]) or self._apply_changed(raw, head[0])):
            return
        stage = self._stage(head, tail, raw)
        self._apply_staged(stage)
        self._finish(stage)

    def _finish(self, stage: Stage) -> None:
        """See to the rows that the seed file no longer lists, and note that it was applied."""
        ledger = self.options.ledger
        if ledger is not None and (known := self.target.registration) is not None:
            self._unlist(stage, ledger, known)
            self._note_applied(known.seeder_id, changed=bool(self.merged.counts.changed))

    def resolve(self) -> None:
        """Do what the resolution asks for."""
        self.options.progress.phase = "reading"
        rows = self.seeder.rows()
        head = list(itertools.islice(rows, FEW))
        self.many = len(head) == FEW
        self._apply_staged(self._stage(head, rows, raw_csv(self.seeder) if self.many else None))
        ledger, known = self.options.ledger, self.target.registration
        if ledger is not None and known is not None:
            _, self.merged.retired = ledger.count_entries(self.connection, known)
            self._note_applied(known.seeder_id, changed=bool(self.merged.counts.changed))

    def _apply_staged(self, stage: Stage) -> None:
        ledger = self.options.ledger
        if ledger is not None:
            retyped = self.target.key_retyped
            self._register_cells(ledger, stage.layout)
            if retyped or not all(column.one_text for column in self.target.key):
                respell(self.connection, self.target, ledger, stage)
        self.stage = stage
        rounds = self._apply_rounds(stage)
        self._settle(stage, rounds)
        if not self.options.quiet:
            log_first_contact([each.difference for each in rounds], self.options.log)

    def _apply_changed(self, raw: RawCsv, first: Row) -> bool:
        """Apply the changed pieces of a CSV file alone, if all is as it was when nothing was left to do.

        Whether that was possible. Nothing is written if not.
        """
        proved, evidence, keys = self.options.proved, self.evidence, self.target.key
        if proved is None or proved.state is None or proved.rows_as_seeded < MANY or evidence is None:
            # Of fewer rows, the run that writes some compares all once more, to prove them.
            return False
        if self.target.key_retyped or not all(key.one_text for key in keys):
            return False
        pieces = self._pieces(raw, evidence.proving.pieces(proved.state))
        if pieces is None:
            return False
        self.options.progress.phase = "reading"
        stage = Stage.filled_changed(
            self.connection,
            self._layout(),
            first,
            raw,
            pieces=pieces,
            most=proved.rows_as_seeded // 2,
            progress=self.options.progress,
        )
        if stage is None:
            return False
        evidence.pieces = pieces
        try:
            self._apply_staged(stage)
        except InDoubt:
            return False
        self._finish(stage)
        return True

    def _pieces(self, raw: RawCsv, before: bytes | None = b"") -> Pieces | None:
        """The pieces of the file, noted while it is read. None if there is no proof to which they could belong."""
        about = self.options.about(raw.paths) if self.evidence is not None else None
        if about is None or before is None or self.seeder.mode is Mode.INSERT or self.seeder.formerly:
            return None
        return Pieces(raw, [key.name for key in self.target.key], about, before)

    def _load(self, raw: RawCsv, first: Row) -> bool:
        """Load a CSV file straight into the table, if the table is empty. Whether that was possible."""
        options, ledger = self.options, self.options.ledger
        layout = self._layout()
        layout.encode(1, first)
        if layout.lookups or options.show is not None:
            return False
        load = Load(self.connection, self.target, options)
        if not load.is_possible(raw):
            return False
        if ledger is not None:
            load.target = self._register_cells(ledger, layout)
        pieces = self._pieces(raw)
        blocks = raw.blocks() if pieces is None else pieces.blocks()
        count = load.rows(raw, blocks, options.progress, raise_sequences=not options.dry_run)
        if count is None:
            return False
        self.merged.counts = Counts(inserted=count)
        if ledger is not None and (known := self.target.registration) is not None:
            self._note_applied(known.seeder_id, changed=bool(count))
        if self.evidence is not None:
            # Nobody else has written to the table, which is locked.
            self.evidence.state = self.evidence.proving.state_loaded(self.target, raw.columns)
            self.evidence.pieces = pieces
        return True

    def _register_cells(self, ledger: Ledger, layout: Layout) -> Target:
        """Give each column of the layout a place in the ledger."""
        cells = [cell.column.name for cell in self._comparison(layout).cells]
        noted = self._register(ledger, [*cells, *self._set_on_retirement()])
        self.target = self.target.with_registration(noted)
        return self.target

    def _set_on_retirement(self) -> Sequence[str]:
        """The columns that `retired_rows: {set: …}` writes, and those of the primary key, which tell rows apart."""
        policy, table = self.seeder.retired_rows, self.target.table
        if isinstance(policy, str):
            return []
        left_out = self.target.part.names
        return [
            each
            for each in (*policy, *self.target.identity)
            if each in table.columns and each not in left_out
        ]

    def _stage(self, head: Sequence[Row], tail: Iterator[Row], raw: RawCsv | None) -> Stage:
        self.options.progress.phase = "reading"
        layout = self._layout()
        if raw is not None:
            pieces = self._pieces(raw)
            blocks = raw.blocks() if pieces is None else pieces.blocks()
            stage = Stage.filled_raw(
                self.connection, layout, head[0], raw, blocks=blocks, progress=self.options.progress
            )
            if stage is not None:
                if self.evidence is not None:
                    self.evidence.pieces = pieces
                return stage
            layout = self._layout()
        for row in head:
            layout.encode(0, row)
        while (stage := Stage.filled(self.connection, layout, head, tail, self.options.progress)) is None:
            tail = itertools.islice(self.seeder.rows(), len(head), None)
        return stage

    def _unlist(self, stage: Stage, ledger: Ledger, known: Registration) -> None:
        """Mark the entries whose row the seed file does not list."""
        if stage.pieces is not None:
            # Else it would not have been sure that the changed pieces are all that matters.
            return
        listed, unlisted = ledger.count_entries(self.connection, known)
        # Each row of the seed file has an entry now, but for those that others hold, that a trigger kept out or
        # deleted, and that got away; and with `mode: insert` none that was there before us has.
        entered = stage.count - self.merged.pending - self.not_entered
        if listed > entered or self.seeder.mode is Mode.INSERT:
            comparison = self._comparison(stage.layout)
            names = {"rows": ledger.names["rows"], "stage": stage.table}
            run(self.connection, statement("unlist", key=comparison.seed_key, **names), comparison.parameters)
            self.wrote = True
            listed, unlisted = ledger.count_entries(self.connection, known)
        self.merged.retired = unlisted

    def _apply_rounds(self, stage: Stage) -> list[_Round]:
        """Apply the rows that look nothing up, then those that look up what these were, and so on."""
        rounds: list[_Round] = []
        among_staged = False
        while True:
            self.options.progress.phase = "comparing"
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
        comparison = replace(self._comparison(stage.layout), resolution=self.options.resolution)
        self.refuse.ambiguous_keys(comparison, stage.ready())
        difference = self._difference(comparison, stage)
        if stage.pieces is not None and self.evidence is not None and self.options.proved is not None:
            self.evidence.check_pieces(difference, stage, stage.pieces, self.options.proved)
        if (shipped := self._shipped(difference)) is not None:
            comparison = replace(comparison, shipped=shipped)
            difference = self._difference(comparison, stage)
        tally = difference.tally
        self.wrote = self.wrote or bool(tally.work)
        if tally.problems:
            self.refuse.policies(comparison, difference.table)
        if not self.options.quiet:
            difference.log_conflicts(self.options.log)
        if self.options.show is not None:
            self.options.show(changes(self.connection, comparison, difference.table, stage))
        inserted = updated = 0
        if tally.inserts or tally.updates:
            self.options.progress.phase = "writing"
            if not self.options.dry_run:
                # Before the rows go in: one that does not say its number must not get one that another row says.
                raise_sequences(difference)
            self.options.unpin()
            inserted = insert(difference) if tally.inserts else 0
            updated = update(difference) if tally.updates else 0
            self.options.pin()
        return _Round(difference, inserted, updated)

    def _shipped(self, difference: Difference) -> Shipped | None:
        """What earlier releases shipped, if rows that were there before us differ and it may decide."""
        history, tally = self.seeder.history, difference.tally
        undecided = tally.kept_existing if self.history_is_new else tally.adopts_cells
        if history is None or self.options.resolution or not (undecided or tally.problems):
            return None
        if self.shipped is None:
            self.shipped = stage_history(
                self.connection, history, self.target, self._layout(), self.seeder.where
            )
        return self.shipped

    def _difference(self, comparison: Comparison, stage: Stage) -> Difference:
        """Compare the rows of `stage`. What rows look up is asked in another statement, so that it proves nothing."""
        if self.evidence is None or not self.many or stage.layout.lookups or comparison.resolution:
            return Difference.found(self.connection, comparison, stage)
        return self.evidence.compare(comparison, stage)

    def prove(self) -> None:
        """Note a proof if anything was written, or if the last one was of other files or settings.

        If somebody else wrote to the table and nothing else happened, only if comparing took long: a run with nothing
        to do writes nothing.
        """
        known, evidence, stage = self.target.registration, self.evidence, self.stage
        told = None if self.merged.pending or evidence is None else self.options.told()
        if evidence is None or known is None or told is None:
            return
        renewed = told["origin"] != known.origin
        if not self.many:
            if self.merged.written or renewed:
                self.merged.written = evidence.proving.compare(told) or self.merged.written
            return
        rows = self.merged.counts.inserted if stage is None else stage.count
        if stage is not None:
            if self.wrote and rows < MANY:
                self._difference(self._comparison(stage.layout), stage)
            elif self.wrote or not (renewed or rows >= MANY):
                # A run that finds nothing to do proves it.
                return
        evidence.note(known, told, self.target, rows=rows, retired=self.merged.retired)

    def _settle(self, stage: Stage, rounds: Sequence[_Round]) -> None:
        """Let deferred triggers fire, write the ledger from what all triggers made of the rows, and count."""
        if any(each.difference.tally.inserts or each.difference.tally.updates for each in rounds):
            self.options.progress.phase = "writing"
            self.options.unpin()
            self.options.check_deferred()
            self.options.pin()
        self.options.progress.phase = "noting"
        touched = 0
        for each in rounds:
            tally, inserted, vanished = each.difference.tally, each.inserted, 0
            if tally.inserts or tally.updates:
                self.refuse.moved_out(each.difference)
            # What is no longer as it was compared got away: somebody has just changed it.
            got_away = tally.updates - each.updated
            if tally.work and self.options.ledger is not None:
                if tally.entering and (claim := claimed(each.difference)) is not None:
                    self.refuse.claimed(*claim)
                if got_away:
                    claim_listed(each.difference)
                # A trigger may delete the row that has just been written, or put another one in its place.
                inserted, updated = note(each.difference)
                vanished = each.updated - updated
                if vanished:
                    drop_vanished(each.difference)
            # A trigger may keep rows out.
            kept_out = tally.inserts - inserted
            self.merged.counts += Counts(
                inserted=inserted,
                updated=each.updated,
                kept=tally.kept + got_away + kept_out,
                kept_existing=tally.kept_existing,
                conflicts=tally.conflicts,
            )
            self.merged.pending += tally.pending
            self.merged.got_away += got_away
            touched += tally.touched + kept_out
            self.not_entered += kept_out + got_away + vanished
        if self.options.resolution is not None:
            # All other rows were not asked about.
            return
        unchanged = stage.count - self.merged.counts.inserted - touched - self.merged.pending
        self.merged.counts += Counts(unchanged=unchanged)

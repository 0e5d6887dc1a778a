"""What the comparison of many rows has shown, so that a proof can be noted of it when all is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seeder.merge.comparison import Comparison
from seeder.merge.difference import Difference
from seeder.merge.proof import Proof
from seeder.merge.proving import MANY, Proving
from seeder.merge.registration import Registration
from seeder.merge.stage import Stage
from seeder.merge.target import Target
from seeder.postgres.statements import part, run, text
from seeder.reporting.counts import Counts
from seeder.seed_files.pieces import Pieces


class InDoubt(Exception):  # noqa: N818 (nothing is wrong: all rows are compared)
    """Rows may have changed that were not looked at."""


@dataclass
class Evidence:
    """What the last comparison has shown.

    `state` is that of the tables if nothing was to be done, `kept` counts the rows that stayed as people made them, and
    `pieces` are those of the file that was compared or loaded.
    """

    proving: Proving
    state: str | None = None
    kept: Counts = Counts()
    pieces: Pieces | None = None

    def compare(self, comparison: Comparison, stage: Stage) -> Difference:
        """Compare, and take the state in the same snapshot."""
        proving = self.proving
        state = proving.state(stage.layout, None if stage.pieces else stage.table)
        difference = Difference.found(proving.connection, comparison, stage, state, proving.parameters)
        tally = difference.tally
        self.state = None if tally.work or tally.pending else tally.state
        self.kept = Counts(kept=tally.kept, kept_existing=tally.kept_existing, conflicts=tally.conflicts)
        return difference

    def check_pieces(self, difference: Difference, stage: Stage, pieces: Pieces, proved: Proof) -> None:
        """Raise `InDoubt` unless the rows that are not in the stage are as they were when `proved` was noted."""
        connection, tally = self.proving.connection, difference.tally
        if tally.state != proved.state or tally.problems or tally.pending or tally.kept:
            raise InDoubt
        new: Sequence[int] = ()
        if tally.entering:
            rows = part("SELECT n FROM {} WHERE NOT (entered AND owned)", difference.table)
            new = list(run(connection, rows).scalars())
        if not pieces.have_the_same_keys(new, proved.rows_as_seeded):
            raise InDoubt
        if self.state is not None:
            state = self.proving.lasting(text(self.state), stage.layout, stage.table)
            self.state = run(connection, part("SELECT {}", state)).scalar()

    def note(
        self, known: Registration, told: Mapping[str, Any], target: Target, *, rows: int, retired: int
    ) -> None:
        """Note that nothing is left to do, if that was shown. `rows` are those of the seed file."""
        if (
            self.state is None
            or self.proving.acts_on(retired, target, known)
            or not self.proving.is_still(target)
        ):
            return
        counts = self.kept + Counts(unchanged=rows - self.kept.kept, kept=retired)
        pieces = None if self.pieces is None or rows < MANY else self.pieces.noted
        self.proving.note(known, told, self.state, counts, pieces)

"""Rows that are compared at once, and what differs of them, in a temporary table that goes with the transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.sql import Composable

from seeder.merge.comparison import Comparison, State, conflicting, kept, kept_existing, work
from seeder.merge.ledger import Ledger
from seeder.merge.sql_files import statement
from seeder.merge.stage import Stage, analyze, temporary_name
from seeder.merge.target import Target
from seeder.postgres.connection import Connection
from seeder.postgres.statements import part, run

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger


_WAYS_ON = (
    "these cells were there before the seeder and differ from the seed file, and they stay; to see them: seeder "
    "conflicts, or --dry-run --diff; to settle some: seeder resolve; to have what the seed file says: "
    "existing_rows: overwrite"
)

NO_STATE = part("CAST(NULL AS pg_catalog.text)")


@dataclass(frozen=True)
class Difference:
    """What differs of the rows of `stage` that were compared; `tally` counts what there is to do: see `tally.sql`."""

    connection: Connection
    comparison: Comparison
    stage: Stage
    table: Composable
    tally: Any

    @property
    def target(self) -> Target:
        """The table that the rows are for."""
        return self.comparison.target

    @property
    def ledger(self) -> Ledger | None:
        """The ledger, if there is one."""
        return self.comparison.ledger

    @classmethod
    def found(
        cls,
        connection: Connection,
        comparison: Comparison,
        stage: Stage,
        state: Composable = NO_STATE,
        parameters: Mapping[str, Any] | None = None,
    ) -> Difference:
        """Compare the rows of `stage` that have nothing left to look up and are not done.

        `state`, with its parameters, is asked in the snapshot of the comparison.
        """
        table = temporary_name("difference")
        run(connection, statement("difference", difference=table))
        tally = run(
            connection,
            statement(
                "tally",
                difference=table,
                compare=comparison.rows(part("WITH "), stage.ready()),
                work=work("compared"),
                kept=kept("compared"),
                kept_existing=kept_existing("compared"),
                conflicting=conflicting("compared"),
                state=state,
            ),
            {**comparison.parameters, **(parameters or {})},
        ).one()
        analyze(connection, table, "n")
        return cls(connection, comparison, stage, table, tally)

    def cells_kept(self) -> Counter[str]:
        """How many cells of each column were there before us and stay, and the ledger did not know yet."""
        if not self.tally.adopts_cells:
            return Counter()
        found = run(self.connection, statement("first_contact", difference=self.table))
        cells = self.comparison.cells
        return Counter({cells[place - 1].column.name: count for place, count in found})

    def log_conflicts(self, log: FilteringBoundLogger) -> None:
        """Say which rows have come into conflict."""
        if not self.tally.conflicts:
            return
        found = run(
            self.connection,
            part(
                "SELECT CAST(difference.key AS pg_catalog.text[]), difference.states FROM {} AS difference "
                "WHERE difference.action = 0 AND 4 = ANY (difference.states) ORDER BY difference.n",
                self.table,
            ),
        )
        for key, states in found:
            log.warning(
                "seeder.conflict",
                seeder=self.comparison.seeder.name,
                table=str(self.target.table),
                key=self.target.named_key(key),
                columns=self.comparison.columns_in(states, State.CONFLICT),
            )


def log_first_contact(differences: Sequence[Difference], log: FilteringBoundLogger) -> None:
    """Say how many rows were there before us, and which of their cells stay although the seed file differs."""
    comparison = differences[0].comparison
    said = {"seeder": comparison.seeder.name, "table": str(comparison.target.table)}
    adopted = sum(each.tally.adopted for each in differences)
    if adopted and comparison.ledger is not None:
        # Many of them in a database that was seeded before mean that somebody has deleted the ledger.
        log.warning("seeder.adopted", **said, rows=adopted, existing_rows=str(comparison.existing_rows))
    rows = sum(each.tally.adopts_cells for each in differences)
    if rows:
        cells = sum((each.cells_kept() for each in differences), Counter[str]())
        log.warning("seeder.kept_existing", **said, rows=rows, kept_cells=dict(cells), message=_WAYS_ON)

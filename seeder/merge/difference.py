"""Rows that are compared at once, and what differs of them, in a temporary table that goes with the transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seeder.merge.comparison import State, kept, work
from seeder.merge.sql_files import statement
from seeder.merge.stage import analyze, temporary_name
from seeder.postgres.statements import part, run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg.sql import Composable
    from structlog.typing import FilteringBoundLogger

    from seeder.merge.comparison import Comparison
    from seeder.merge.ledger import Ledger
    from seeder.merge.stage import Stage
    from seeder.merge.target import Target
    from seeder.postgres.connection import Connection


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
                state=state,
            ),
            {**comparison.parameters, **(parameters or {})},
        ).one()
        analyze(connection, table, "n")
        return cls(connection, comparison, stage, table, tally)

    def log(self, log: FilteringBoundLogger) -> None:
        """Say how many rows were there before us, and which rows are in conflict."""
        if self.tally.adopted and self.ledger is not None:
            # Many of them in a database that was seeded before mean that somebody has deleted the ledger.
            log.warning(
                "seeder.adopted",
                seeder=self.comparison.seeder.name,
                table=str(self.target.table),
                rows=self.tally.adopted,
                existing_rows=str(self.comparison.seeder.existing_rows),
            )
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

"""Note in the ledger that nothing is left to do: established by a comparison, in whose snapshot the state is taken."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from seeder.merge import proof
from seeder.merge.clean import nothing_to_do
from seeder.merge.comparison import Comparison
from seeder.merge.sql_files import statement
from seeder.merge.staged_columns import Layout
from seeder.merge.target import find_target, former_names
from seeder.postgres.statements import name, part, run
from seeder.reporting.counts import Counts
from seeder.seed_files.model import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg.sql import Composable

    from seeder.merge.ledger import Ledger
    from seeder.merge.registration import Registration
    from seeder.merge.target import Target
    from seeder.postgres.connection import Connection
    from seeder.seed_files.model import DataSeeder

FEW = 2000
"""Rows that are compared as one parameter. More go by COPY, which costs a temporary table and pays from here on."""

MANY = 10_000
"""Rows that take long to compare: that nothing is to be done is noted even if it is all there is to write."""


@dataclass(frozen=True)
class Proving:
    """The state that a seeder's rows rest on, and the proof that is noted of it.

    The caller is in the transaction in which the seeder's rows were compared, so that no table gets another definition.
    """

    connection: Connection
    seeder: DataSeeder
    ledger: Ledger
    schemas: Sequence[str]

    def state(self, layout: Layout, rows: Composable | None) -> Composable:
        """The state, as part of another statement; NULL if the rows, which are in `rows`, may be others tomorrow."""
        now = proof.state_now(self.ledger, self.connection.version)
        return now if rows is None else self.lasting(now, layout, rows)

    def lasting(self, state: Composable, layout: Layout, rows: Composable) -> Composable:
        """`state`, but NULL if the rows, which are in `rows`, may be others tomorrow."""
        cells = ((cell.column, name("seed", cell.name)) for cell in layout.cells.values())
        return proof.lasting(state, rows, cells)

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters of `state`, but for `seeder_id`."""
        return {
            "seeder": self.seeder.name,
            "proof_tables": json.dumps(self._tables),
            "schemas": list(self.schemas),
        }

    @cached_property
    def _tables(self) -> list[list[str | None]]:
        tables = (self.seeder.table, *sorted(self.seeder.references, key=str))
        return [[each.schema, each.name] for each in tables]

    def compare(self, told: Mapping[str, Any]) -> bool:
        """Compare the rows once more, and note what comes of it. Whether anything was noted.

        `told` is what a proof tells of the seed file and of the settings. Many rows are not compared.
        """
        target = self._target()
        known = target.registration if target is not None else None
        if target is None or known is None:
            return False
        rows = list(itertools.islice(self.seeder.keyed(target.key_names).rows(), FEW))
        state, counts = None, Counts()
        if len(rows) < FEW:
            layout = Layout.of(self.connection, target, self.seeder, self.schemas)
            comparison = Comparison(self.seeder, target, layout, self.ledger)
            found = nothing_to_do(
                self.connection, comparison, rows, lambda it: self.state(it, part("seed")), self.parameters
            )
            left = self._left_behind(known)
            if found is not None and not left and not self.acts_on(found.unlisted, target, known):
                state = found.state
                counts = Counts(
                    unchanged=found.total - found.kept,
                    kept=found.kept + found.unlisted,
                    kept_existing=found.kept_existing,
                    conflicts=found.conflicts,
                )
        if state is None and told["origin"] == known.origin:
            return False
        return self.note(known, told, state, counts)

    def _left_behind(self, known: Registration) -> int:
        names = former_names(self.seeder, self.ledger.application)
        return self.ledger.count_left_behind(self.connection, known, names) if names else 0

    def acts_on(self, unlisted: int, target: Target, known: Registration) -> bool:
        """Whether the next run has something to do about rows that the seed file no longer lists.

        `unlisted` is how many entries of the ledger are such rows'.
        """
        if not unlisted:
            return False
        if self.seeder.retired_rows is not Policy.KEEP or self.seeder.formerly:
            return True
        # Somebody may have deleted such a row before the state was taken, which then does not tell.
        gone = statement(
            "any_gone",
            rows=self.ledger.names["rows"],
            table=target.table.sql,
            same_key=target.entered("entry", self.connection.version),
        )
        ids = {"table_id": known.table_id, "seeder_id": known.seeder_id}
        return bool(run(self.connection, gone, ids).scalar())

    def state_loaded(self, target: Target, columns: Sequence[str]) -> str | None:
        """The state after rows with these columns were loaded into the empty table, which is locked.

        None if the table got another definition since `target` was looked up.
        """
        known = target.registration
        if known is None or not self.is_still(target):
            return None
        parameters = {**self.parameters, "seeder_id": known.seeder_id}
        cells = ((target.table.columns[each], name("seed", each)) for each in columns)
        now = proof.lasting(proof.state_now(self.ledger, self.connection.version), target.table.sql, cells)
        state: str | None = run(self.connection, part("SELECT {}", now), parameters).scalar()
        return state

    def is_still(self, target: Target) -> bool:
        """Whether the table has the definition that it had when `target` was looked up."""
        again = self._target()
        return again is not None and again.table == target.table

    def pieces(self, state: str) -> bytes | None:
        """The pieces of the seed file that were noted together with that state, if any were."""
        return proof.pieces(self.connection, self.ledger, self.seeder.name, state)

    def note(
        self,
        known: Registration,
        told: Mapping[str, Any],
        state: str | None,
        counts: Counts,
        pieces: bytes | None = None,
    ) -> bool:
        """Note a proof, or that there is none. Whether anything was noted: the ledger has to know the seeder."""
        if known.seeder_id is None:
            return False
        noted = {
            **told,
            "applied": self.seeder.digest().hex(),
            "tables": self._tables,
            "state": state,
            "counts": counts.counts(),
        }
        proof.note(self.connection, self.ledger, known.seeder_id, noted, pieces)
        return True

    def _target(self) -> Target | None:
        return find_target(self.connection, self.seeder, self.ledger, self.schemas, create_tables=False)

"""Which live rows are as an earlier release shipped them, told by the staged rows of a history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seeder.merge.expressions import canonical, same
from seeder.merge.sql_files import statement
from seeder.postgres.statements import joined, name, number, part

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg.sql import Composable

    from seeder.merge.staged_columns import Cell, Layout
    from seeder.merge.table import Column
    from seeder.merge.target import Target


@dataclass(frozen=True)
class Shipped:
    """The rows of a history, staged. `rows` are those that have nothing left to look up."""

    layout: Layout
    rows: Composable

    def as_shipped(
        self, target: Target, cells: Iterable[Cell], seed: Composable, same_key: Composable, nulls: Composable
    ) -> Composable:
        """The rows of `seed` whose live row is as a release shipped it; of each of `cells` whether it was listed.

        `same_key` and `nulls` are conditions of a seed row and a live row: see `Comparison.each_null_pattern`.
        """
        keys = {key.name for key in target.key}
        listed = [cell for column, cell in self.layout.cells.items() if column not in keys]
        return statement(
            "shipped",
            listed=joined(self._some_listed(cell.column) for cell in cells),
            seed=seed,
            table=target.table.sql,
            same_key=same_key,
            history=self.rows,
            shipped_key=joined((self._same_key(key) for key in target.key), " AND "),
            nulls=nulls,
            as_shipped=joined((self._is_as_shipped(cell) for cell in listed), " AND ", "true"),
        )

    def _same_key(self, key: Column) -> Composable:
        return same(key, name("live", key.name), name("shipped", self.layout.cells[key.name].name))

    def _some_listed(self, column: Column) -> Composable:
        """Whether one of the releases that the live row is as in listed the column."""
        if column.name not in self.layout.cells:
            return part("false")
        return part("pg_catalog.bool_or({})", self._listed(column))

    def _listed(self, column: Column) -> Composable:
        """Whether a row of the history lists the column."""
        shapes = self.layout.named_by(column.name)
        if shapes is None:
            return part("true")
        return part("(shipped.shape IN ({}))", joined(map(number, shapes))) if shapes else part("false")

    def _is_as_shipped(self, cell: Cell) -> Composable:
        """Whether a live cell is as a row of the history has it, or is not listed there."""
        live = name("live", cell.column.name)
        condition = part(
            "{} IS NOT DISTINCT FROM {}",
            canonical(cell.column, name("shipped", cell.name)),
            canonical(cell.column, live),
        )
        digest = self.layout.digests.get(cell.column.name)
        if digest is not None:
            condition = part(
                "CASE WHEN {digest} IS NULL THEN {condition} "
                "ELSE pg_catalog.encode(pg_catalog.sha256({content}), 'hex') = {digest} END",
                digest=name("shipped", digest),
                condition=condition,
                content=live
                if cell.column.base == "bytea"
                else part("pg_catalog.convert_to({}, 'UTF8')", canonical(cell.column, live)),
            )
        if self.layout.named_by(cell.column.name) is None:
            return condition
        return part("(NOT {} OR {})", self._listed(cell.column), condition)

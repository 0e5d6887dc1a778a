"""A difference row by row and cell by cell, asked of the database for people who want to see it."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg.sql import Composable

from seeder.merge.comparison import Action, Comparison, State
from seeder.merge.expressions import canonical, texts
from seeder.merge.sql_files import statement
from seeder.merge.stage import Stage
from seeder.postgres.connection import Connection
from seeder.postgres.statements import name, part, run
from seeder.reporting.difference import MASKED, CellChange, Change, Kind

_TOLD = (
    (Kind.CHANGED, (State.WRITE,)),
    (Kind.CONFLICT, (State.CONFLICT, State.OPEN)),
    (Kind.KEPT, (State.EDITED, State.ADOPT, State.KEPT)),
)


def changes(
    connection: Connection, comparison: Comparison, difference: Composable, stage: Stage
) -> Iterator[Change]:
    """The rows of a difference in the order of the seed file, those left out that only the ledger learns of.

    A row of which some cells are written and others stay is told twice, once for each.
    """
    layout, target = stage.layout, comparison.target
    keys = {key.name for key in target.key}
    shown = [cell for column, cell in layout.cells.items() if column not in keys]
    found = run(
        connection,
        statement(
            "changes",
            desired=texts(canonical(cell.column, name("seed", cell.name)) for cell in shown),
            live=texts(canonical(cell.column, name("live", cell.column.name)) for cell in shown),
            key=part("CAST(difference.key AS pg_catalog.text[])"),
            difference=difference,
            stage=stage.table,
            table=target.table.sql,
        ),
    )
    compared = {cell.column.name: place for place, cell in enumerate(comparison.cells)}
    for row in found.mappings():
        key = target.named_key(row["key"])
        if row["action"] == Action.GONE:
            yield Change(Kind.KEPT, key, {})
            continue
        named = layout.shapes[row["shape"]]
        cells = {
            cell.column.name: cell_change(live, desired, masked=cell.column.name in layout.secret_columns)
            for cell, live, desired in zip(shown, row["live"], row["desired"], strict=True)
            if cell.column.name in named
        }
        if row["action"] == Action.INSERT:
            yield Change(Kind.ADDED, key, cells)
        elif row["action"] == Action.COMPARE:
            states = {column: row["states"][place] for column, place in compared.items()}
            for kind, wanted in _TOLD:
                told = {column: cells[column] for column in cells if states.get(column) in wanted}
                if told:
                    yield Change(kind, key, told)


def cell_change(live: str | None, desired: str | None, *, masked: bool) -> CellChange:
    """What becomes of a cell; a masked one shows only what is NULL."""
    return CellChange(*(MASKED if masked and value is not None else value for value in (live, desired)))

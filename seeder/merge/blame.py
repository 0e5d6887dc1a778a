"""Say which row it was: from a number, a state or PostgreSQL's refusal back to a place in the seed file."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import psycopg

from seeder.errors import SeedingError
from seeder.merge.encoding import key_text
from seeder.merge.expressions import canonical
from seeder.merge.stage import as_parameter
from seeder.postgres.failures import describe, sqlstate
from seeder.postgres.statements import joined, name, part, run
from seeder.seed_files.model import Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seeder.merge.staged_columns import Layout, Record
    from seeder.merge.target import Target
    from seeder.postgres.connection import Connection
    from seeder.seed_files.model import DataSeeder, Row

_BATCH = 500


def row_number(seeder: DataSeeder, number: int) -> Row:
    """The row with this number, counted from 1, read anew from the seed file."""
    return next(itertools.islice(seeder.rows(), number - 1, None))


def key_of(target: Target, row: Row) -> dict[str, str | None]:
    """The key of a seed row as it may be shown. What `!ref` looks up is not known here, so it is left out."""
    cells = dict(zip(row.columns, row.values, strict=True))
    return {
        each.name: key_text(cells[each.name])
        for each in target.key
        if each.name in cells and not isinstance(cells[each.name], Ref)
    }


def unfit_cell(
    connection: Connection, seeder: DataSeeder, target: Target, new_layout: Callable[[], Layout]
) -> SeedingError | None:
    """The cell that PostgreSQL can't read as its column's type, or None where it reads them all.

    `connection` is in a transaction of its own. Rows are tried in batches, and the batch that fails is halved until
    one row is left, then cell by cell: the same for every type and every version of the server.
    """
    rows = seeder.rows()
    while batch := list(itertools.islice(rows, _BATCH)):
        if _refused_rows(connection, new_layout(), batch) is not None:
            row = _first_refused(connection, new_layout, batch)
            return _blame(connection, target, new_layout(), row)
    return None


def _first_refused(connection: Connection, new_layout: Callable[[], Layout], rows: Sequence[Row]) -> Row:
    while len(rows) > 1:
        half = rows[: len(rows) // 2]
        rows = half if _refused_rows(connection, new_layout(), half) is not None else rows[len(half) :]
    return rows[0]


def _blame(connection: Connection, target: Target, layout: Layout, row: Row) -> SeedingError | None:
    record = layout.encode(1, row)
    for column, cell in layout.typed_cells():
        # Alone, for the function that reads a record reads all of it, whatever is asked of the result.
        error = _refused(connection, *layout.alone(cell, record))
        if error is not None:
            return SeedingError(
                f'column "{cell.column.name}" is of type {cell.column.type}: {describe(error)}',
                position=row.at(column),
                table=str(target.table),
                key=key_of(target, row),
                sqlstate=sqlstate(error),
            )
    return None


def _refused_rows(connection: Connection, layout: Layout, rows: Sequence[Row]) -> psycopg.Error | None:
    records = list(layout.records(iter(rows)))
    return _refused(connection, layout, *records)


def _refused(connection: Connection, layout: Layout, *records: Record) -> psycopg.Error | None:
    seed = as_parameter(layout, records)
    # Counted as text, so that no type needs an equality, and none is left unread.
    counts = (
        part("pg_catalog.count({})", canonical(cell.column, name("seed", cell.name)))
        for cell in layout.cells.values()
    )
    # What begins a WITH expects more of it.
    read = part("{}nothing AS (SELECT) SELECT {} FROM seed", seed.with_seed, joined(counts))
    try:
        with connection.transaction(force_rollback=True):
            run(connection, read, {"rows": seed.rows})
    except psycopg.Error as error:
        if (sqlstate(error) or "")[:2] in {"22", "23"}:
            return error
        raise
    return None

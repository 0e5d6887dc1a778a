"""The cells that were kept and are in conflict still, with the live value and the desired one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from seeder.errors import SeedFileError
from seeder.merge.changes import cell_change
from seeder.merge.comparison import Comparison, in_conflict
from seeder.merge.parameter import as_parameter
from seeder.merge.sql_files import statement
from seeder.postgres.connection import Connection
from seeder.postgres.statements import part, run
from seeder.reporting.difference import CellChange
from seeder.seed_files.rows import Row


@dataclass(frozen=True, slots=True)
class Conflict:
    """A cell that was kept since then. `edited`: somebody edited it, and the file changed; else it was there before."""

    key: Mapping[str, str | None]
    column: str
    cell: CellChange
    edited: bool
    since: datetime


def conflicts(
    connection: Connection, comparison: Comparison, rows: Sequence[Row], secret_columns: Collection[str]
) -> Iterator[Conflict]:
    """The conflicts in some rows of the seed file. Values of `secret_columns` are masked.

    Raises `SeedFileError` if a `!ref` does not find its one row: then nobody knows what is desired.
    """
    seed = as_parameter(comparison.layout, list(comparison.layout.records(iter(rows))))
    parameters = {**comparison.parameters, "rows": seed.rows}
    if comparison.layout.lookups:
        # `with_seed` ends with a comma.
        found = part(
            "{}nothing AS (SELECT) SELECT pg_catalog.min(seed.n) FROM seed WHERE NOT seed.resolved",
            seed.with_seed,
        )
        number = run(connection, found, parameters).scalar()
        if number is not None:
            raise SeedFileError(
                "a `!ref` of this row does not find its one row, so the desired value is not known",
                position=rows[number - 1].at(),
                table=str(comparison.target.table),
            )
    asked = statement(
        "conflicts",
        with_seed=seed.with_seed,
        pairs=comparison.pairs(part("seed"), kept=True),
        in_conflict=in_conflict("pairs"),
    )
    for row in run(connection, asked, parameters):
        column = comparison.cells[row.place - 1].column.name
        yield Conflict(
            key=comparison.target.named_key(row.key),
            column=column,
            cell=cell_change(row.live, row.desired, masked=column in secret_columns),
            edited=row.edited,
            since=row.since,
        )

"""Ask, in one statement and without a write, whether there is nothing to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from psycopg.sql import Composable

from seeder.merge.comparison import Comparison, conflicting, kept, kept_existing, work
from seeder.merge.expressions import collated
from seeder.merge.parameter import as_parameter
from seeder.merge.sql_files import statement
from seeder.merge.staged_columns import Layout
from seeder.postgres.connection import Connection
from seeder.postgres.statements import joined, name, part, run
from seeder.seed_files.rows import Row

_NO_STATE = part("CAST(NULL AS pg_catalog.text)")


def nothing_to_do(
    connection: Connection,
    comparison: Comparison,
    rows: Sequence[Row],
    state: Callable[[Layout], Composable] = lambda _: _NO_STATE,
    parameters: Mapping[str, Any] | None = None,
) -> Any:
    """What was counted of `rows`, which are all of the seeder's, if there is nothing to do; None if there is.

    `state` is taken in the same snapshot, and `parameters` are its own. It may look at the rows, which are in `seed`.
    """
    layout, ledger = comparison.layout, comparison.ledger
    seed = as_parameter(layout, list(layout.records(iter(rows))))
    listed, unlisted = (
        part("0")
        if ledger is None
        else part(
            "(SELECT pg_catalog.count(*) FROM {} AS entry WHERE entry.table_id = %(table_id)s "
            "AND entry.seeder_id = %(seeder_id)s AND entry.retired {})",
            ledger.names["rows"],
            part(condition),
        )
        for condition in ("IS NULL", "IS NOT NULL")
    )
    found = run(
        connection,
        statement(
            "clean",
            with_seed=seed.with_seed,
            compare=comparison.rows(part("WITH "), part("seed")),
            work=work("compared"),
            kept=kept("compared"),
            kept_existing=kept_existing("compared"),
            conflicting=conflicting("compared"),
            keys=joined(
                collated(key, name("seed", layout.cells[key.name].name)) for key in comparison.target.key
            ),
            entries=listed,
            unlisted=unlisted,
            state=state(layout),
        ),
        {**comparison.parameters, **(parameters or {}), "rows": seed.rows},
    ).one()
    if found.work or found.doubled or found.unresolved or found.total != len(rows):
        return None
    if ledger is not None and found.entries != found.held:
        return None
    return found

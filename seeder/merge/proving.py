"""Compare once more after all is written, and note in the ledger that nothing is left to do."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

from seeder.merge import proof
from seeder.merge.clean import nothing_to_do
from seeder.merge.comparison import Comparison
from seeder.merge.staged_columns import Layout
from seeder.merge.target import find_target
from seeder.reporting.counts import Counts
from seeder.seed_files.model import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seeder.merge.ledger import Ledger
    from seeder.postgres.connection import Connection
    from seeder.seed_files.model import DataSeeder

FEW = 2000
"""Rows that are compared as one parameter. More go by COPY, which costs a temporary table and pays from here on."""


def prove(
    connection: Connection,
    seeder: DataSeeder,
    ledger: Ledger,
    schemas: Sequence[str],
    told: Mapping[str, Any],
) -> bool:
    """Note a proof that the seeder has nothing left to do, or that there is none. Whether anything was noted.

    `told` is what was told of the seed file and of the settings. The caller is in the transaction in which the seeder
    was compared, so that the tables are locked against new definitions.
    """
    target = find_target(connection, seeder, ledger, schemas, create_tables=False)
    known = target.registration if target is not None else None
    if target is None or known is None or known.seeder_id is None:
        return False
    tables = [[each.schema, each.name] for each in (seeder.table, *sorted(seeder.references, key=str))]
    noted = {**told, "applied": seeder.digest().hex(), "tables": tables, "state": None}
    rows = list(itertools.islice(seeder.rows(), FEW))
    if len(rows) < FEW:
        layout = Layout.of(connection, target, seeder, schemas)
        found = nothing_to_do(
            connection,
            Comparison(seeder, target, layout, ledger),
            rows,
            proof.state_now(ledger, connection.version),
            {"seeder": seeder.name, "proof_tables": json.dumps(tables), "schemas": list(schemas)},
        )
        # Rows that are no longer listed are looked at in each run, unless they are just kept.
        if found is not None and not (found.unlisted and seeder.retired_rows is not Policy.KEEP):
            counts = Counts(unchanged=found.total - found.kept, kept=found.kept + found.unlisted)
            noted |= {"state": found.state, "counts": counts.counts()}
    proof.note(connection, ledger, known.seeder_id, noted)
    return True

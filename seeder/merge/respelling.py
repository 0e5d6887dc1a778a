"""Give entries of the ledger the spelling of their key that the seed file uses now."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.sql import Composable

from seeder.merge.expressions import as_key, canonical, entered_key, key_value, same
from seeder.merge.ledger import Ledger
from seeder.merge.sql_files import statement
from seeder.merge.stage import Stage
from seeder.merge.target import Target
from seeder.postgres.connection import Connection
from seeder.postgres.failures import sqlstate
from seeder.postgres.statements import joined, name, part, run


def respell(connection: Connection, target: Target, ledger: Ledger, stage: Stage) -> None:
    """Move entries whose key the seed file spells otherwise by now, 1.0 for 1.00. The type says what is equal."""
    known, key = target.registration, target.key
    assert known is not None  # noqa: S101 - there is one if there is a ledger
    if not all(column.castable for column in key):
        return
    layout, version = stage.layout, connection.version
    places = range(1, len(key) + 1)
    composed = statement(
        "respell",
        key=as_key(canonical(each, name("seed", layout.cells[each.name].name)) for each in key),
        seed_values=joined(
            part("{} AS {}", name("seed", layout.cells[each.name].name), name(f"k{place}"))
            for place, each in zip(places, key, strict=True)
        ),
        entry_values=joined(
            part("{} AS {}", key_value(each, entered_key("entry", place), version), name(f"k{place}"))
            for place, each in zip(places, key, strict=True)
        ),
        same_key=joined(
            (
                same(each, name("strange", f"k{place}"), name("staged", f"k{place}"))
                for place, each in zip(places, key, strict=True)
            ),
            " AND ",
        ),
        rows=ledger.names["rows"],
        stage=stage.resolved(),
    )
    _in_savepoint(connection, composed, {"table_id": known.table_id})


def _in_savepoint(connection: Connection, composed: Composable, parameters: dict[str, Any]) -> None:
    try:
        with connection.transaction():
            run(connection, composed, parameters)
    except psycopg.Error as error:
        # 22: an entry's key is no value of the column's type any more. Then its row is gone, and it stays as it is.
        if not (sqlstate(error) or "").startswith("22"):
            raise

"""Which other rows refer to a row by a foreign key, and so hold it back from being deleted."""

from __future__ import annotations

from psycopg.sql import Composable

from seeder.merge.sql_files import statement
from seeder.merge.target import Target
from seeder.postgres.connection import Connection
from seeder.postgres.statements import joined, name, number, part, run, text


def referenced(connection: Connection, target: Target) -> Composable:
    """Why a row of `live` stays because of what refers to it, whatever its ON DELETE; NULL if nothing does."""
    conditions: list[Composable] = []
    found = run(connection, statement("inbound"), {"oid": target.table.oid}).fetchall()
    for place, key in enumerate(found):
        child, label = f"child_{place}", f"{key.schema_name}.{key.table_name}"
        if not key.readable:
            reason = text(f"table {label} may refer to it, and the role cannot read that")
            conditions.append(part("WHEN true THEN {}", reason))
            continue
        columns = target.table.columns
        if not columns.keys() >= set(key.referred):
            # Only a table that inherits from this one has the column, so that its rows alone can be meant.
            reason = text(f"table {label} may refer to it, by a column that {target.table} does not have")
            condition = part("live.tableoid <> {}", number(target.table.oid))
            conditions.append(part("WHEN {} THEN {}", condition, reason))
            continue
        pairs = zip(key.referring, key.referred, key.operators, key.collations, strict=True)
        refers = [compared(name(child, a), name("live", b), *how) for a, b, *how in pairs]
        if key.itself:
            # A row that refers to itself holds nobody back.
            refers.append(
                part("({}.ctid <> live.ctid OR {}.tableoid <> live.tableoid)", name(child), name(child))
            )
        conditions.append(
            part(
                "WHEN EXISTS (SELECT FROM {} AS {} WHERE {}) THEN 'referenced'",
                name(key.schema_name, key.table_name),
                name(child),
                joined(refers, " AND "),
            )
        )
    if not conditions:
        return part("CAST(NULL AS pg_catalog.text)")
    return part("CASE {} END", joined(conditions, " "))


def compared(
    referring: Composable, referred: Composable, operator: tuple[str, str], collation: tuple[str, str] | None
) -> Composable:
    """Whether a column refers to another by the foreign key's own operator, and the collation of what it refers to."""
    schema, own = operator
    if collation is not None:
        referring = part("({} COLLATE {})", referring, name(*collation))
    return part("{} OPERATOR({}." + own + ") {}", referred, name(schema), referring)

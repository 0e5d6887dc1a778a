"""Which row refers to one that is not there, once a foreign key has said that there is such a row."""

from __future__ import annotations

from collections.abc import Sequence

from seeder.merge.expressions import canonical, texts
from seeder.merge.inbound import compared
from seeder.merge.sql_files import statement
from seeder.merge.target import Target
from seeder.postgres.connection import Connection
from seeder.postgres.statements import joined, name, part, run


def dangling(connection: Connection, target: Target, foreign_key: str) -> Sequence[str | None] | None:
    """The key of a row of the table that its `foreign_key` refuses; None if there is no such row, or no such key."""
    found = run(
        connection, statement("outbound"), {"oid": target.table.oid, "name": foreign_key}
    ).one_or_none()
    if found is None:
        return None
    pairs = zip(found.referring, found.referred, found.operators, found.collations, strict=True)
    key: Sequence[str | None] | None = run(
        connection,
        statement(
            "dangling",
            key=texts(canonical(each, name("live", each.name)) for each in target.own_key),
            table=target.table.sql,
            named=joined((part("{} IS NOT NULL", name("live", each)) for each in found.referring), " AND "),
            parent=name(found.schema_name, found.table_name),
            refers=joined(
                (compared(name("live", a), name("parent", b), *how) for a, b, *how in pairs), " AND "
            ),
        ),
    ).scalar()
    return key

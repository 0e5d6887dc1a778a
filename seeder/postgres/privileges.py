"""Which privileges the role lacks, as the GRANT statements that somebody has to run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seeder.postgres.statements import run, sql_file

if TYPE_CHECKING:
    from seeder.postgres.connection import Connection


@dataclass(frozen=True, slots=True)
class Needed:
    """What is done with tables, which are looked for in `schemas`, in order.

    `privileges` are those that it takes. With `create` a missing table is created. With `whole_schema` all tables of
    the schema are granted in one statement.
    """

    schemas: Sequence[str]
    tables: Collection[str]
    privileges: Sequence[str]
    create: bool = False
    whole_schema: bool = False


def missing_grants(connection: Connection, needed: Iterable[Needed]) -> list[str]:
    """The GRANT statements that the current role lacks for `needed`; none if it has them all."""
    found = [
        row
        for each in needed
        for row in run(
            connection,
            sql_file("seeder.postgres", "missing_grants").format(),
            {
                "schemas": list(each.schemas),
                "names": list(each.tables),
                "privileges": list(each.privileges),
                "create": each.create,
                "all": each.whole_schema,
            },
        ).fetchall()
    ]
    certain = [row.statement for row in found if row.certain]
    return list(dict.fromkeys(certain or [row.statement for row in found]))

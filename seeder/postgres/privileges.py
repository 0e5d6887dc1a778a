"""Which privileges the role lacks, and what gives it them: mostly GRANT statements that somebody has to run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from seeder.postgres.statements import run, sql_file

if TYPE_CHECKING:
    import psycopg

    from seeder.postgres.connection import Connection

_REMEDIES: Final = {
    "InitTempTableNamespace": "temporary_remedy",
    "check_enable_rls": "row_security_remedy",
}
"""The statements that say what to do, by the function of the server that refuses."""


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


def remedy(connection: Connection, error: psycopg.Error, needed: Iterable[Needed]) -> str | None:
    """What to do about `error`, which says that the current role lacks a privilege; None if that is not known."""
    # The place in the server's source, because its words may be in any language.
    raised_by = error.diag.source_function
    if raised_by in _REMEDIES:
        found = run(connection, sql_file("seeder.postgres", _REMEDIES[raised_by]).format())
        return str(found.scalar())
    grants = _missing_grants(connection, needed, error.diag.message_primary or "")
    return f"run {'; '.join(grants)}" if grants else None


def _missing_grants(connection: Connection, needed: Iterable[Needed], said: str) -> list[str]:
    """The GRANT statements that the current role lacks for `needed`; none if it has them all.

    `said` is PostgreSQL's own message, which may tell what is missing from what is not.
    """
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
                "said": said,
            },
        ).fetchall()
    ]
    certain = [row.statement for row in found if row.certain]
    return list(dict.fromkeys(certain or [row.statement for row in found if row.named]))

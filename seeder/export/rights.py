"""Whether the role may read what is to be exported."""

from __future__ import annotations

from collections.abc import Sequence

from seeder.errors import SeedingError
from seeder.export.sql_files import statement
from seeder.merge.table import Column, Table
from seeder.postgres.connection import Connection
from seeder.postgres.statements import run


def check_readable(connection: Connection, table: Table, columns: Sequence[Column]) -> None:
    """Raise `SeedingError` that names the grant if the role may not read `columns` of the table."""
    role, usage = run(connection, statement("rights"), {"table": table.oid}).one()
    if not usage:
        raise _denied(role, f"look into schema {_sql(table.schema)}", f"USAGE ON SCHEMA {_sql(table.schema)}")
    if not all(each.readable for each in columns):
        denied = next(each for each in columns if not each.readable)
        whole = f"{_sql(table.schema)}.{_sql(table.name)}"
        raise _denied(role, f'read column "{denied.name}" of {table}', f"SELECT ON {whole}", table)


def _denied(role: str, what: str, grant: str, table: Table | None = None) -> SeedingError:
    return SeedingError(
        f'role "{role}" may not {what}; let it: GRANT {grant} TO {_sql(role)}',
        table=None if table is None else str(table),
        sqlstate="42501",
    )


def _sql(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

"""The table that a seeder fills, as the database has it, and what the ledger knows of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from psycopg.sql import Composable

from seeder.errors import CodeNotAllowedError, SeedFileError, SeedingError
from seeder.merge.expressions import entered_equal
from seeder.merge.ledger import Ledger
from seeder.merge.parts import Part, read_part
from seeder.merge.registration import Registration, read_registration
from seeder.merge.sql_files import statement
from seeder.merge.table import Column, Table
from seeder.postgres.connection import Connection
from seeder.postgres.statements import part, run
from seeder.seed_files.model import DataSeeder
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.values import TableName

_NOTICEABLE = 0.1
"""Seconds: what takes longer was a wait for somebody's lock on the table."""

_NOTHING_KNOWN = part("SELECT NULL AS ledger_form")


@dataclass(frozen=True)
class Target:
    """A table to be filled: its columns, the key by which its rows are known, what the ledger says of it.

    The columns of `where` are in `key` too, at its end if the seed file's own key lacks them: a row in another part of
    the table is another row.
    """

    table: Table
    key: tuple[Column, ...]
    own: int
    """How many columns of the key, the first ones, are in the seed file's own."""
    part: Part
    insert_only: frozenset[str]
    created: Column | None
    updated: Column | None
    registration: Registration | None

    @property
    def identity(self) -> tuple[str, ...]:
        """The columns of the primary key that are not in the key: another value means another row."""
        keys = {each.name for each in self.key}
        return tuple(each for each in self.table.primary_key if each not in keys)

    @property
    def own_key(self) -> tuple[Column, ...]:
        """The key as the seed file has it, and as it is shown to people: without the columns that `where` adds."""
        return self.key[: self.own]

    def entered(self, relation: str, version: int) -> Composable:
        """Whether `live` is the row of an entry of the ledger: it has the key, and is in the part of today.

        `version` is the server's.
        """
        same_key = entered_equal(self.key, relation, version)
        return part("{} AND {}", same_key, self.part.holds("live")) if self.part.columns else same_key

    @property
    def key_retyped(self) -> bool:
        """Whether a column of the key may have another type than when the ledger last saw it."""
        known = self.registration
        if known is None or known.table_id is None:
            return False
        noted = (known.types[place - 1] for place in known.key)
        return any(before != column.type_oid for before, column in zip(noted, self.key, strict=True))

    @property
    def key_names(self) -> tuple[str, ...]:
        """The columns of the key as the seed file has it."""
        return tuple(each.name for each in self.own_key)

    def with_registration(self, registration: Registration) -> Target:
        """The same table with what the ledger knows of it by now."""
        return replace(self, registration=registration)

    def named_key(self, key: Sequence[str | None]) -> dict[str, str | None]:
        """A key with the names of its columns, as it may be shown."""
        return dict(zip((each.name for each in self.own_key), key, strict=False))

    @property
    def stamps(self) -> frozenset[str]:
        """The columns that take the time of writing: written by us, and never compared."""
        return frozenset(each.name for each in (self.created, self.updated) if each is not None)


def find_table(connection: Connection, name: TableName, schemas: Sequence[str]) -> Table | None:
    """The table called `name`, or None; `schemas` is where a name without a schema is looked for, in order."""
    found = _look(connection, name, schemas, _NOTHING_KNOWN, {})
    return None if found is None else Table.from_catalogue(found)


def _look(
    connection: Connection,
    name: TableName,
    schemas: Sequence[str],
    registration: Composable,
    parameters: dict[str, Any],
) -> dict[str, Any] | None:
    looked = run(
        connection,
        statement("look", registration=registration),
        {"schemas": [name.schema] if name.schema else list(schemas), "name": name.name, **parameters},
    )
    return next(iter(looked.mappings()), None)


def find_target(
    connection: Connection,
    seeder: DataSeeder,
    ledger: Ledger | None,
    schemas: Sequence[str],
    *,
    create_tables: bool,
    waited: Callable[[float], object] | None = None,
) -> Target | None:
    """The seeder's table and what the ledger knows of it, in one statement.

    If it had to wait for whoever had the table for itself, `waited` is told the seconds, and it looks again.

    None if the table is missing and may be created. Raises `SeedingError` if it is missing and may not be, and
    `SeedFileError` if it does not fit the seed file.
    """
    known, parameters = _NOTHING_KNOWN, {}
    if ledger is not None:
        known = statement("registration", form_name=ledger.form_name, **ledger.names)
        parameters = {
            "seeder": seeder.name,
            "application": ledger.application,
            "formerly": former_names(seeder, ledger.application),
            "overtaken": list(ledger.overtaken),
        }
    found = _look(connection, seeder.table, schemas, known, parameters)
    while waited is not None and found is not None and (found["waited"] or 0) > _NOTICEABLE:
        waited(found["waited"])
        found = _look(connection, seeder.table, schemas, known, parameters)
    if found is None:
        _check_creatable(connection, seeder, schemas, create_tables=create_tables)
        return None
    table = Table.from_catalogue(found)
    if not table.is_writable:
        why = "is not a table (a view or a foreign table has no rows of its own to compare); name the table beneath it"
        raise _wrong(seeder, f"{table} {why}", table, "table")
    ours = ledger is not None and (
        (table.schema == ledger.schema and table.name.startswith("seeder_"))
        or (table.schema, table.name) == (ledger.schema, "form")
    )
    if ours or table.schema in {"pg_catalog", "information_schema"}:
        why = "is not for seed files: it is PostgreSQL's own, or the ledger's"
        raise _wrong(seeder, f"{table} {why}", table, "table")
    own_key = _key(seeder, table)
    in_part = read_part(connection, seeder, table)
    # In the order of the table: neither a rename nor another order in the seed file makes it another key.
    added = sorted(set(in_part.columns).difference(own_key), key=lambda column: column.number)
    key = (*own_key, *added)
    registration = None
    if ledger is not None:
        ledger.check_form(found["ledger_form"])
        registration = read_registration(found, table, tuple(each.name for each in key))
    for name in seeder.insert_only:
        _column(seeder, table, name, "insert_only", name)
    timestamps = seeder.timestamps
    created = updated = None
    if timestamps is not None:
        created = _timestamp(seeder, table, timestamps.created, "created", explicit=timestamps.explicit)
        updated = _timestamp(seeder, table, timestamps.updated, "updated", explicit=timestamps.explicit)
    return Target(table, key, len(own_key), in_part, seeder.insert_only, created, updated, registration)


def former_names(seeder: DataSeeder, application: str) -> list[str]:
    """The names that the seeder had, each as APPLICATION/NAME."""
    return [name if "/" in name else f"{application}/{name}" for name in seeder.formerly]


def _nearest(connection: Connection, name: TableName, schemas: Sequence[str]) -> str:
    """The table that is called most like `name`, as the end of a message, or nothing."""
    tables = run(
        connection, statement("tables_there"), {"schemas": [name.schema] if name.schema else list(schemas)}
    )
    return did_you_mean(name.name, [row.relname for row in tables])


def _check_creatable(
    connection: Connection, seeder: DataSeeder, schemas: Sequence[str], *, create_tables: bool
) -> None:
    missing = f"table {seeder.table} does not exist"
    if seeder.ddl is None:
        advice = "; run the migrations first, or check the name, the search_path, and that the role may use the schema"
        why = f"the seed file brings no `ddl` for it{_nearest(connection, seeder.table, schemas) or advice}"
    elif not create_tables:
        why = "creating tables is off (--no-create-tables)"
    elif not seeder.ddl_allowed:
        raise CodeNotAllowedError(
            f"{missing}, and its `ddl` may not run: --allow-code (SEED_ALLOW_CODE=true) lets it",
            position=seeder.at("ddl"),
            table=str(seeder.table),
        )
    else:
        return
    raise SeedingError(f"{missing}, and {why}", position=seeder.at("table"), table=str(seeder.table))


def _key(seeder: DataSeeder, table: Table) -> tuple[Column, ...]:
    names = seeder.key or table.primary_key
    if not names:
        why = "has no primary key; say by which columns its rows are known, with `key:`"
        raise _wrong(seeder, f"{table} {why}", table, "table")
    key = tuple(_column(seeder, table, name, "key", name) for name in names)
    for each in key:
        if each.equality is None:
            instead = " (jsonb has)" if each.base == "json" else ""
            why = f"can't be in a key: the type {each.type} has no equality{instead}"
            raise _wrong(seeder, f'column "{each.name}" {why}', table, "key", each.name)
        if each.name in seeder.insert_only:
            why = "is in the key, and a key is never updated; take it out of `insert_only`"
            raise _wrong(seeder, f'column "{each.name}" {why}', table, "insert_only", each.name)
    return key


def _column(seeder: DataSeeder, table: Table, name: str, *path: str) -> Column:
    return table.column(name, lambda: seeder.at(*path))


def _wrong(seeder: DataSeeder, message: str, table: Table, *path: str) -> SeedFileError:
    return SeedFileError(message, position=seeder.at(*path), table=str(table))


def _timestamp(
    seeder: DataSeeder, table: Table, name: str | None, role: str, *, explicit: bool
) -> Column | None:
    if name is None:
        return None
    if explicit:
        return _column(seeder, table, name, "timestamps", role)
    found = table.columns.get(name)
    return found if found is not None and found.category == "D" and not found.generated else None

"""The table that a seeder fills, as the database has it, and what the ledger knows of both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, column, exists, func, literal, select
from sqlalchemy.dialects.postgresql import JSON

from seeder.database.tables import CATALOGUE, Table, quote
from seeder.errors import CodeNotAllowedError, SeedFileError, SeedingError
from seeder.files.suggestions import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from seeder.database.tables import Column
    from seeder.files.model import DataSeeder, TableName
    from seeder.merge.ledger import Ledger

_CATALOGUE = CATALOGUE.columns(
    column("schema_name", Text),
    column("table_name", Text),
    column("kind", Text),
    column("columns", JSON),
    column("primary_key", JSON),
    column("unique_keys", JSON),
)


@dataclass(frozen=True)
class Former:
    """A registration of the same table under other key columns."""

    target_id: int
    key: tuple[str, ...]
    places: Mapping[str, int]


@dataclass(frozen=True)
class Registration:
    """What the ledger knows of a seeder and its table.

    `places` are the places of the columns' digests, counted from 1; `former` are registrations of the same table
    under other key columns with entries of this seeder.
    """

    form: int
    seeder_id: int | None = None
    digest: bytes | None = None
    target_id: int | None = None
    places: Mapping[str, int] = field(default_factory=dict)
    former: tuple[Former, ...] = ()


@dataclass(frozen=True)
class Target:
    """A table to be filled: its columns, the key by which its rows are known, what the ledger says of it."""

    table: Table
    key: tuple[Column, ...]
    insert_only: frozenset[str]
    created: Column | None
    updated: Column | None
    registration: Registration | None

    @property
    def managed(self) -> frozenset[str]:
        """The columns that are written on insert and never compared."""
        return self.insert_only | {each.name for each in (self.created, self.updated) if each is not None}


def find_table(connection: Connection, name: TableName) -> Table | None:
    """The table called `name`, or None. Sends one statement."""
    found = (
        connection.execute(CATALOGUE, {"qualified": quote(name.schema, name.name)}).mappings().one_or_none()
    )
    return None if found is None else Table.from_catalogue(dict(found))


def find_target(
    connection: Connection, seeder: DataSeeder, ledger: Ledger | None, *, create_tables: bool
) -> Target | None:
    """The seeder's table and what the ledger knows of it, in one statement.

    None where the table is missing and may be created; raises `SeedingError` where it is missing and may not, and
    `SeedFileError` where it does not fit the seed file.
    """
    name = quote(seeder.table.schema, seeder.table.name)
    catalogue = _CATALOGUE.subquery("catalogue")
    statement = select(catalogue)
    if ledger is not None:
        statement = statement.add_columns(*_registration(ledger, seeder.name, catalogue))
    found = connection.execute(statement, {"qualified": name}).mappings().one_or_none()
    if found is None:
        _check_creatable(seeder, create_tables=create_tables)
        return None
    table = Table.from_catalogue(dict(found))
    if not table.is_writable:
        raise SeedFileError(
            f"{table} is not a table (a view or a foreign table has no rows of its own to compare)",
            position=seeder.at("table"),
            table=str(table),
        )
    own = {"pg_catalog", "information_schema"} | (set() if ledger is None else {ledger.schema})
    if table.schema in own:
        raise SeedFileError(
            f"{table} is not for seed files: schema {table.schema} is PostgreSQL's own, or the ledger's",
            position=seeder.at("table"),
            table=str(table),
        )
    key = _key(seeder, table)
    registration = None if ledger is None else _read_registration(found, tuple(each.name for each in key))
    for name in seeder.insert_only:
        _column(seeder, table, name, "insert_only", name)
    timestamps = seeder.timestamps
    created = updated = None
    if timestamps is not None:
        created = _timestamp(seeder, table, timestamps.created, "created", explicit=timestamps.explicit)
        updated = _timestamp(seeder, table, timestamps.updated, "updated", explicit=timestamps.explicit)
    return Target(table, key, seeder.insert_only, created, updated, registration)


def _check_creatable(seeder: DataSeeder, *, create_tables: bool) -> None:
    missing = f"table {seeder.table} does not exist"
    if seeder.ddl is None:
        why = "the seed file brings no `ddl` for it; run the migrations first, or check the name and the search_path"
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
        raise SeedFileError(
            f"{table} has no primary key; say by which columns its rows are known, with `key:`",
            position=seeder.at("table"),
            table=str(table),
        )
    key = tuple(_column(seeder, table, name, "key", name) for name in names)
    for each in key:
        if each.base == "json":
            raise SeedFileError(
                f'column "{each.name}" can\'t be in a key: the type json has no equality (jsonb has)',
                position=seeder.at("key", each.name),
                table=str(table),
            )
        if each.name in seeder.insert_only:
            raise SeedFileError(
                f'column "{each.name}" is in the key, and a key is never updated; take it out of `insert_only`',
                position=seeder.at("insert_only", each.name),
                table=str(table),
            )
    return key


def _column(seeder: DataSeeder, table: Table, name: str, *path: str) -> Column:
    found = table.columns.get(name)
    if found is None:
        raise SeedFileError(
            f'no column "{name}" in {table}{did_you_mean(name, table.columns)}',
            position=seeder.at(*path),
            table=str(table),
        )
    return found


def _timestamp(
    seeder: DataSeeder, table: Table, name: str | None, role: str, *, explicit: bool
) -> Column | None:
    if name is None:
        return None
    if explicit:
        return _column(seeder, table, name, "timestamps", role)
    found = table.columns.get(name)
    return found if found is not None and found.category == "D" and not found.generated else None


def _registration(ledger: Ledger, seeder: str, catalogue: Any) -> list[Any]:
    seeders, targets, entries = ledger.seeders, ledger.targets, ledger.entries
    own = select(seeders.c.id).where(seeders.c.name == seeder).scalar_subquery()
    has_entries = exists().where(entries.c.target_id == targets.c.id, entries.c.seeder_id == own)
    known = func.json_build_object(
        *("id", targets.c.id, "key", targets.c.key, "columns", targets.c.columns, "own", has_entries)
    )
    name = catalogue.c.schema_name + literal(".") + catalogue.c.table_name
    return [
        select(ledger.form.c.form).scalar_subquery().label("ledger_form"),
        own.label("seeder_id"),
        select(seeders.c.digest).where(seeders.c.name == seeder).scalar_subquery().label("seeder_digest"),
        select(func.json_agg(known, type_=JSON))
        .where(targets.c.name == name)
        .scalar_subquery()
        .label("targets"),
    ]


def _read_registration(found: Mapping[Any, Any], key: tuple[str, ...]) -> Registration:
    target_id: int | None = None
    places: Mapping[str, int] = {}
    former = []
    for known in found["targets"] or ():
        known_places = {name: place for place, name in enumerate(known["columns"], start=1)}
        if tuple(known["key"]) == key:
            target_id, places = known["id"], known_places
        elif known["own"]:
            former.append(Former(known["id"], tuple(known["key"]), known_places))
    return Registration(
        form=found["ledger_form"],
        seeder_id=found["seeder_id"],
        digest=found["seeder_digest"],
        target_id=target_id,
        places=places,
        former=tuple(former),
    )

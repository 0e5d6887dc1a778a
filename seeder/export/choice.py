"""What of a table is exported: by which key, which columns, and which of them as `!ref`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seeder.errors import SeedingError, UsageError
from seeder.export.sql_files import statement
from seeder.merge.table import Column, Table
from seeder.merge.target import find_table
from seeder.postgres.connection import Connection
from seeder.postgres.pinning import homes_of
from seeder.postgres.statements import run
from seeder.seed_files.model import Timestamps
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.values import TableName


@dataclass(frozen=True, slots=True)
class Keys:
    """By which columns the rows of a table may be known.

    `unique` are the keys that no two rows share, none of their columns NULL or generated, the primary key first.
    `drawn` are the columns that get their values from a sequence or a random number. `opaque` are these, UUIDs, and
    foreign keys that lead to such a column. `refers` are the columns of foreign keys, and `referred` those that foreign
    keys name.
    """

    unique: tuple[tuple[str, ...], ...]
    primary: tuple[str, ...]
    drawn: frozenset[str]
    opaque: frozenset[str]
    refers: frozenset[str]
    referred: frozenset[str]

    @property
    def natural(self) -> Sequence[tuple[str, ...]]:
        """The keys that say something of their row, the best one first."""
        # A UUID that refers to another row is as good as a name of that row.
        surrogate = self.drawn | (self.opaque - self.refers)
        found = [key for key in self.unique if not surrogate.intersection(key)]
        return sorted(
            found, key=lambda key: (key != self.primary, bool(self.opaque.intersection(key)), len(key))
        )

    @property
    def nameable(self) -> tuple[str, ...] | None:
        """The key by which a `!ref` can name a row: one without `!ref` in it."""
        key = next(iter(self.natural), None)
        return None if key is None or self.opaque.intersection(key) else key


@dataclass(frozen=True, slots=True)
class Parent:
    """A table that a foreign key leads to, joined as `alias`. `terms` pair our columns with those of the parent."""

    table: Table
    alias: str
    shown: str
    key: tuple[Column, ...]
    terms: tuple[tuple[str, Column], ...]


@dataclass(frozen=True, slots=True)
class Referring:
    """A column that is written as `!ref`: it holds `taken` of the parent; None is the parent's primary key."""

    parent: Parent
    taken: str | None
    first: int
    """The place of the parent's key in `Choice.sought`."""


@dataclass(frozen=True)
class Choice:
    """What of a table is exported, and under which names.

    `left_out` are columns that the database fills by itself. `alternatives` are natural keys that might have been
    chosen as well. `timestamps` is the field of that name in the seed file; None if its default will do.
    """

    table: Table
    shown: str
    key: tuple[Column, ...]
    columns: tuple[Column, ...]
    left_out: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()
    timestamps: Mapping[str, str] | bool | None = None
    parents: tuple[Parent, ...] = ()
    references: Mapping[str, Referring] = field(default_factory=dict)

    @property
    def sought(self) -> Iterator[tuple[str, Column]]:
        """The columns of the parents' keys, each with the alias of its table."""
        return ((parent.alias, column) for parent in self.parents for column in parent.key)

    @property
    def needed(self) -> list[str]:
        """The columns that are read of the table itself."""
        terms = (own for parent in self.parents for own, _ in parent.terms)
        return list(dict.fromkeys([*(each.name for each in (*self.columns, *self.key)), *terms]))


def choose(
    connection: Connection,
    wanted: TableName,
    schemas: Sequence[str],
    *,
    key: Sequence[str] = (),
    columns: Sequence[str] = (),
    refs: bool = False,
) -> Choice:
    """Choose what to export of the table called `wanted`, by default all that the database does not fill by itself.

    `schemas` is where a name without a schema is looked for. Raises `SeedingError` if the table, a column or a key is
    missing, or if the role may not read it.
    """
    table = find_table(connection, wanted, schemas)
    if table is None:
        where = "" if wanted.schema else f" in {', '.join(schemas) or 'the search path, which is empty'}"
        raise SeedingError(
            f"table {wanted} does not exist{where}; check the name, which is taken as written, and the database",
            table=str(wanted),
        )
    if not table.is_writable:
        raise SeedingError(
            f"{table} is not a table (a view or a foreign table has no rows of its own to seed)",
            table=str(table),
        )
    keys = keys_of(connection, table)
    chosen = _columns(table, key, "--key") if key else _default_key(table, keys)
    for each in chosen:
        _check_fit(table, each)
    parents: list[Parent] = []
    references: dict[str, Referring] = {}
    if refs:
        parents, references = _references(connection, table, wanted, schemas)
    asked = _columns(table, columns, "--columns") if columns else ()
    stamps = _stamps(table, chosen)
    left_out: tuple[str, ...] = ()
    if asked:
        listed = tuple(dict.fromkeys([*(each for each in chosen if each not in asked), *asked]))
    else:
        aside = {*stamps.values(), *_surrogates(table, keys, chosen, refs=refs)}
        listed = tuple(
            each for each in table.columns.values() if not each.generated and each.name not in aside
        )
        left_out = tuple(each.name for each in table.columns.values() if each.generated or each.name in aside)
    names = {each.name for each in listed}
    used = [
        each for each in parents if any(references[own].parent is each for own in names & set(references))
    ]
    choice = Choice(
        table=table,
        shown=_as_written(wanted),
        key=chosen,
        columns=listed,
        left_out=left_out,
        alternatives=() if key or table.primary_key in keys.natural else tuple(keys.natural[1:]),
        timestamps=_timestamps(stamps, names),
        parents=tuple(used),
        references=_placed({own: each for own, each in references.items() if own in names}, used),
    )
    _check_readable(connection, table, [table.columns[each] for each in choice.needed])
    for parent in used:
        _check_readable(connection, parent.table, [*parent.key, *(each for _, each in parent.terms)])
    return choice


def keys_of(connection: Connection, table: Table) -> Keys:
    """By which columns the rows of a table may be known."""
    (found,) = run(connection, statement("keys"), {"table": table.oid}).mappings()
    return Keys(
        unique=tuple(map(tuple, found["keys"] or ())),
        primary=table.primary_key,
        **{each: frozenset(found[each] or ()) for each in ("drawn", "opaque", "refers", "referred")},
    )


def _default_key(table: Table, keys: Keys) -> tuple[Column, ...]:
    names = next(iter(keys.natural), table.primary_key)
    if not names:
        raise SeedingError(
            f"{table} has no primary key and no unique constraint on columns that are NOT NULL; say by which columns "
            "its rows are known, with --key",
            table=str(table),
        )
    return tuple(table.columns[each] for each in names)


def _columns(table: Table, names: Sequence[str], option: str) -> tuple[Column, ...]:
    found = []
    for each in dict.fromkeys(names):
        if each not in table.columns:
            raise SeedingError(
                f'{option}: no column "{each}" in {table}{did_you_mean(each, table.columns)}',
                table=str(table),
            )
        if table.columns[each].generated:
            raise SeedingError(
                f'{option}: column "{each}" of {table} is generated, so no seed file can say what it holds',
                table=str(table),
            )
        found.append(table.columns[each])
    return tuple(found)


def _check_fit(table: Table, column: Column) -> None:
    if column.equality is None:
        raise SeedingError(
            f'column "{column.name}" of {table} can\'t be in a key: the type {column.type} has no equality; '
            "name other columns with --key",
            table=str(table),
        )


def _surrogates(table: Table, keys: Keys, chosen: Sequence[Column], *, refs: bool) -> set[str]:
    """The columns of the primary key that the database draws, and that nothing needs to find its rows."""
    named = {each.name for each in chosen}
    found = {each for each in table.primary_key if each in keys.drawn and each not in named}
    return found if refs and keys.nameable else found - keys.referred


def _stamps(table: Table, chosen: Sequence[Column]) -> dict[str, str]:
    """The columns that take the time of writing, as a run recognises them: by `created` and `updated`."""
    usual = Timestamps()
    names = {"created": usual.created, "updated": usual.updated}
    keys = {each.name for each in chosen}
    return {
        role: name
        for role, name in names.items()
        if name is not None
        and (found := table.columns.get(name)) is not None
        and found.category == "D"
        and not found.generated
        and name not in keys
    }


def _timestamps(stamps: Mapping[str, str], listed: set[str]) -> Mapping[str, str] | bool | None:
    # A column that the seed file lists must not be written with the time of the run.
    rest = {role: name for role, name in stamps.items() if name not in listed}
    return None if len(rest) == len(stamps) else rest or False


def _references(
    connection: Connection, table: Table, wanted: TableName, schemas: Sequence[str]
) -> tuple[list[Parent], dict[str, Referring]]:
    """The columns that can be `!ref`, and the tables that these look into."""
    parents: list[Parent] = []
    references: dict[str, Referring] = {}
    for found in run(connection, statement("foreign_keys"), {"table": table.oid}).mappings():
        parent = find_table(connection, TableName(found["schema_name"], found["table_name"]), schemas)
        key = None if parent is None else keys_of(connection, parent).nameable
        if parent is None or key is None:
            continue
        pairs = list(zip(found["columns"], found["parents"], strict=True))
        made = Parent(
            table=parent,
            alias=f"parent_{len(parents)}",
            shown=_shown(connection, parent, wanted, table, schemas),
            key=tuple(parent.columns[each] for each in key),
            terms=tuple((own, parent.columns[other]) for own, other in pairs),
        )
        new = {
            own: Referring(made, None if parent.primary_key == (other,) else other, 0)
            for own, other in pairs
            # A column that holds a part of the name needs nothing that looks it up.
            if other not in key and own not in references
        }
        if new:
            parents.append(made)
            references.update(new)
    return parents, references


def _placed(references: Mapping[str, Referring], parents: Sequence[Parent]) -> dict[str, Referring]:
    places: dict[str, int] = {}
    place = 0
    for parent in parents:
        places[parent.alias] = place
        place += len(parent.key)
    return {
        own: Referring(each.parent, each.taken, places[each.parent.alias]) for own, each in references.items()
    }


def _shown(
    connection: Connection, parent: Table, wanted: TableName, table: Table, schemas: Sequence[str]
) -> str:
    """What the seed file calls the parent: without its schema if the table is called so too, and it is found so."""
    if wanted.schema is None and parent.schema == table.schema:
        homes = homes_of(connection, schemas, [parent.name])
        if homes.get(parent.name) == parent.schema:
            return _as_written(TableName(None, parent.name))
    return _as_written(TableName(parent.schema, parent.name))


def _as_written(name: TableName) -> str:
    """The name as a seed file takes it."""
    return ".".join(map(_quoted, filter(None, (name.schema, name.name))))


def _quoted(part: str) -> str:
    plain = str(TableName(None, part))
    try:
        if TableName.parse(plain) == TableName(None, part):
            return plain
    except ValueError:
        pass
    return '"' + part.replace('"', '""') + '"'


def _check_readable(connection: Connection, table: Table, columns: Sequence[Column]) -> None:
    role, usage = run(connection, statement("rights"), {"table": table.oid}).one()
    if not usage:
        raise _denied(role, f"look into schema {_sql(table.schema)}", f"USAGE ON SCHEMA {_sql(table.schema)}")
    if not all(each.readable for each in columns):
        denied = next(each for each in columns if not each.readable)
        whole = f"{_sql(table.schema)}.{_sql(table.name)}"
        raise _denied(role, f'read column "{denied.name}" of {table}', f"SELECT ON {whole}", table)


def _denied(role: str, what: str, grant: str, table: Any = None) -> SeedingError:
    return SeedingError(
        f'role "{role}" may not {what}; let it: GRANT {grant} TO {_sql(role)}',
        table=None if table is None else str(table),
        sqlstate="42501",
    )


def _sql(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def parse_columns(text: str, option: str) -> list[str]:
    """The columns that an option names, with commas between; a name with a comma stands in double quotes."""
    import csv

    try:
        (names,) = csv.reader([text], skipinitialspace=True, strict=True)
    except (csv.Error, ValueError):
        names = []
    if not names or not all(names):
        raise UsageError(
            f'{option}: "{text}" does not name columns; write COLUMN, several with commas between, and one with a '
            "comma in double quotes",
            outside=text,
        )
    return names

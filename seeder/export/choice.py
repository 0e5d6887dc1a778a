"""What of a table is exported: by which key, which columns, and which of them as references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from seeder.errors import SeedingError
from seeder.export.keys import Keys, keys_of
from seeder.export.references import Parent, References, Referring, as_written
from seeder.export.rights import check_readable
from seeder.merge.table import Column, Table
from seeder.merge.target import find_table
from seeder.postgres.connection import Connection
from seeder.seed_files.model import Timestamps
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.values import TableName


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
        """The columns that say which rows the parents are, each with the alias of its table."""
        return (each for parent in self.parents for each in parent.names)

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
    others_refer_by_name = False
    if refs:
        finder = References(connection, table, wanted, schemas)
        parents, references = finder.find()
        others_refer_by_name = finder.nameable()
    asked = _columns(table, columns, "--columns") if columns else ()
    stamps = _stamps(table, chosen)
    left_out: tuple[str, ...] = ()
    if asked:
        listed = tuple(dict.fromkeys([*(each for each in chosen if each not in asked), *asked]))
    else:
        aside = {*stamps.values(), *_surrogates(table, keys, chosen, unreferred=others_refer_by_name)}
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
        shown=as_written(wanted),
        key=chosen,
        columns=listed,
        left_out=left_out,
        alternatives=() if key or table.primary_key in keys.natural else tuple(keys.natural[1:]),
        timestamps=_timestamps(stamps, names),
        parents=tuple(used),
        references={own: each for own, each in references.items() if own in names},
    )
    check_readable(connection, table, [table.columns[each] for each in choice.needed])
    for parent in (each for one in used for each in one.all):
        check_readable(connection, parent.table, parent.needed)
    return choice


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


def _surrogates(table: Table, keys: Keys, chosen: Sequence[Column], *, unreferred: bool) -> set[str]:
    """The columns of the primary key that the database draws, and that nothing needs to find its rows.

    `unreferred`: no seed file needs those that foreign keys name.
    """
    named = {each.name for each in chosen}
    found = {each for each in table.primary_key if each in keys.drawn and each not in named}
    return found if unreferred else found - keys.referred


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

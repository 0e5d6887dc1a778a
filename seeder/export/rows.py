"""The rows of a table, read from one snapshot as a stream."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from psycopg.sql import SQL, Composable

from seeder.errors import SeedingError
from seeder.export.choice import Choice
from seeder.export.references import Parent
from seeder.export.sql_files import statement
from seeder.merge.expressions import canonical, equal
from seeder.merge.table import Column
from seeder.postgres.connection import Connection
from seeder.postgres.copy import read_rows
from seeder.postgres.statements import joined, name, part, run

Texts = tuple[str | None, ...]

# In these categories the order of a type's values is the same everywhere. That of texts depends on the collation.
_ORDERED = frozenset("NBDTIEV")


def check_key(connection: Connection, choice: Choice, where: str | None) -> None:
    """Raise `SeedingError` if several rows of the table have the key of one that is exported. NULL equals NULL."""
    names = {each.name for each in choice.key}
    if where is None and any(key <= names for key in choice.table.unique_keys):
        return
    relation = choice.table.name
    found = run(
        connection,
        statement(
            "same_key",
            shown=joined(_text(each, name(relation, each.name)) for each in choice.key),
            table=choice.table.sql,
            key=joined(name(relation, each.name) for each in choice.key),
            condition=_condition(where),
        ),
        {"always": True},
    ).one_or_none()
    if found is not None:
        key = dict(zip((each.name for each in choice.key), found, strict=True))
        shown = ", ".join(f"{column}={'NULL' if text is None else text}" for column, text in key.items())
        raise SeedingError(
            f"several rows of {choice.table} have the key {shown}, and a seed file knows each row by its key; "
            "name other columns with --key",
            table=str(choice.table),
            key=key,
        )


def texts(connection: Connection, choice: Choice, where: str | None) -> Generator[Texts]:
    """The rows that are exported, in the order of their keys: the texts of `choice.columns`, then of its `sought`."""
    cells = [
        *(_text(each, name("live", each.name)) for each in choice.columns),
        *(_text(each, name(alias, each.name)) for alias, each in choice.sought),
    ]
    composed = statement(
        "rows",
        cells=joined(cells),
        columns=joined(name(choice.table.name, each) for each in choice.needed),
        table=choice.table.sql,
        condition=_condition(where),
        joins=joined((_join(each) for parent in choice.parents for each in parent.all), " "),
        order=joined(order for each in choice.key for order in _order(choice, each)),
    )
    yield from read_rows(connection, composed)


def _condition(where: str | None) -> Composable:
    if where is None:
        return part("true")
    # As it was given, in lines of its own: it may end with a comment. `%` is doubled as in every statement.
    return part("(\n{}\n)", SQL(where.replace("%", "%%")))


def _join(parent: Parent) -> Composable:
    terms = [
        equal(column, name(parent.alias, column.name), name(parent.of, own)) for own, column in parent.terms
    ]
    return part("LEFT JOIN {} AS {} ON {}", parent.table.sql, name(parent.alias), joined(terms, " AND "))


def _order(choice: Choice, column: Column) -> Iterator[Composable]:
    reference = choice.references.get(column.name)
    if reference is not None:
        # Numbers that are drawn are others in every database.
        yield from (_ordered(each, name(alias, each.name)) for alias, each in reference.parent.names)
    yield _ordered(column, name("live", column.name))


def _ordered(column: Column, cell: Composable) -> Composable:
    natural = column.category in _ORDERED or (column.built_in and column.base == "uuid")
    return cell if natural else canonical(column, cell)


def _text(column: Column, cell: Composable) -> Composable:
    """The text of a cell. That of a `json` document is as it was written."""
    if column.is_json and column.built_in:
        return part("CAST({} AS pg_catalog.text)", cell)
    return canonical(column, cell)

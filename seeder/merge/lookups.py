"""Look up what `!ref` cells name: in which rows of which table, and whether there is just one."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg.sql import Composable

from seeder.merge.expressions import equal
from seeder.merge.sql_files import statement
from seeder.merge.staged_columns import Layout, Lookup, Sought
from seeder.merge.table import Column
from seeder.postgres.statements import NOTHING, joined, name, part


def found(lookup: Lookup, seed: Composable, parent: Composable) -> Composable:
    """What each sought combination finds: one of the values taken, and how many rows there are."""
    return statement(
        "found",
        terms=_each("sought", lookup),
        sought=_each("each", lookup),
        flag=name(lookup.flag),
        taken=name(lookup.sought.taken.name),
        seed=seed,
        parent=parent,
        joins=joined(_conditions(lookup.sought, "parent"), " AND ", "true"),
        nested=joined(_nested(lookup.sought, "parent"), ""),
    )


def _conditions(sought: Sought, alias: str) -> Iterator[Composable]:
    """What must hold for the row of a table, apart from what it refers to."""
    for term, each in sought.terms:
        yield equal(term, name(alias, term.name), name("sought", each))
    for null in sought.nulls:
        yield part("{} IS NULL", name(alias, null.name))


def _nested(sought: Sought, alias: str) -> Iterator[Composable]:
    """A join for each row that the row of `alias` must refer to."""
    for number, (column, other) in enumerate(sought.nested):
        own = f"{alias}_{number}"
        refers = equal(
            column, name(alias, column.name), _as_type_of(column, other.taken, name(own, other.taken.name))
        )
        yield part(
            " JOIN {} AS {} ON {}",
            other.table.sql,
            name(own),
            joined([refers, *_conditions(other, own)], " AND "),
        )
        yield from _nested(other, own)


def _as_type_of(column: Column, taken: Column, value: Composable) -> Composable:
    """The value of `taken` as one of `column`, without the type's modifier, which would cut a text that is too long."""
    if taken.type_oid == column.type_oid:
        return value
    return part("CAST({} AS {})", value, name(column.type_schema, column.type_name))


def _each(relation: str, lookup: Lookup) -> Composable:
    """The staged cells that hold what is looked for, each with a comma after it."""
    return (
        joined((part("{}, ", name(relation, each)) for _, each in lookup.terms), "")
        if lookup.terms
        else NOTHING
    )


def matches(lookup: Lookup) -> Composable:
    """Whether what was found is what a row of `seed` looks for."""
    terms = [equal(term, name("seed", each), name("found", each)) for term, each in lookup.terms]
    return joined([part("{} = {}", name("seed", lookup.flag), name("found", lookup.flag)), *terms], " AND ")


def looked_up(layout: Layout) -> Composable:
    """The rows of `raw_seed` with what their lookups find, and whether each found its one row."""
    joins: list[Composable] = []
    choices: dict[str, list[Composable]] = {}
    resolved: list[Composable] = []
    for place, lookup in enumerate(layout.lookups.values()):
        alias = f"found_{place}"
        terms = [equal(term, name("seed", each), name(alias, each)) for term, each in lookup.terms]
        flag = part("{} = {}", name("seed", lookup.flag), name(alias, lookup.flag))
        joins.append(
            part(
                "LEFT JOIN ({}) AS {} ON {}",
                found(lookup, part("raw_seed"), lookup.sought.table.sql),
                name(alias),
                joined([flag, *terms], " AND "),
            )
        )
        cell = layout.cells[lookup.column.name].name
        value = _as_type_of(lookup.column, lookup.sought.taken, name(alias, "found"))
        choices.setdefault(cell, []).append(part("WHEN {} IS TRUE THEN {}", name("seed", lookup.flag), value))
        resolved.append(
            part("({} IS NULL OR coalesce({}, 0) = 1)", name("seed", lookup.flag), name(alias, "count"))
        )
    cells = [
        part(
            "CASE {} ELSE {cell} END AS {alias}",
            joined(choices[each.name], " "),
            cell=name("seed", each.name),
            alias=name(each.name),
        )
        if each.name in choices
        else name("seed", each.name)
        for each in layout.cells.values()
    ]
    return part(
        "SELECT seed.n, seed.shape, {cells}, {resolved} AS resolved FROM raw_seed AS seed {joins}",
        cells=joined(cells),
        resolved=joined(resolved, " AND "),
        joins=joined(joins, " "),
    )

"""Bring a seed file's rows before the database: few as one parameter, many by COPY into a temporary table.

Either way the result is a set with the columns `n` (the row's number), `shape`, and the layout's cells, each
of its column's type, so that all that follows is the same.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import psycopg

from seeder.merge.expressions import equal
from seeder.merge.statements import statement
from seeder.postgres.copy import copy_bytes, copy_rows
from seeder.postgres.failures import sqlstate
from seeder.postgres.statements import NOTHING, joined, name, part, run, text
from seeder.seed_files.raw_csv import NotRaw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from psycopg.sql import Composable

    from seeder.merge.staged_columns import Layout, Lookup, Record
    from seeder.postgres.connection import Connection
    from seeder.reporting.progress import Progress
    from seeder.seed_files.model import Row
    from seeder.seed_files.raw_csv import RawCsv

_REPORT_EVERY = 10_000
_FIXED = ("n", "shape")
_INTEGER, _BOOLEAN = part("pg_catalog.int4"), part("pg_catalog.bool")
_numbers = itertools.count(1)
_dump = json.JSONEncoder(ensure_ascii=False).encode


def temporary_name(kind: str) -> Composable:
    """A name for a temporary table that no other one of ours has."""
    return name("pg_temp", f"seeder_{kind}_{next(_numbers)}")


@dataclass(frozen=True)
class Seed:
    """Rows as one parameter of the statement that they are selected in, `!ref` looked up.

    `with_seed` is what begins the statement's WITH. Its set `seed` has a further column `resolved`, which tells
    whether every `!ref` found its one row.
    """

    with_seed: Composable
    rows: str


def as_parameter(layout: Layout, records: Iterable[Record]) -> Seed:
    """The records as one parameter.

    `json_to_recordset` runs each type's own input function, its modifier included, as COPY does: a cast would cut a
    text that is too long for its column.
    """
    documents = {cell.name for cell in layout.cells.values() if cell.column.is_json}
    fields = [(f'"{each}":', each in documents) for each in (*_FIXED, *layout.names)]
    rows = ",".join("{" + ",".join(_members(fields, record)) + "}" for record in records)
    raw = part(
        "SELECT raw.*, true AS resolved FROM pg_catalog.json_to_recordset(CAST(%(rows)s AS pg_catalog.json)) "
        "AS raw ({})",
        joined(part("{} {}", name(each), kind) for each, kind in _columns(layout)),
    )
    if not layout.lookups:
        return Seed(part("WITH seed AS MATERIALIZED ({}), ", raw), f"[{rows}]")
    return Seed(
        part("WITH raw_seed AS MATERIALIZED ({}), seed AS MATERIALIZED ({}), ", raw, _looked_up(layout)),
        f"[{rows}]",
    )


@dataclass(frozen=True)
class Stage:
    """The rows of a seed file in a temporary table."""

    table: Composable
    layout: Layout
    count: int

    @classmethod
    def filled(
        cls,
        connection: Connection,
        layout: Layout,
        head: Sequence[Row],
        tail: Iterator[Row],
        progress: Progress,
    ) -> Stage | None:
        """Copy the rows `head`, which made the layout, and then `tail`.

        None if a row of the tail needs a cell that the layout did not have: it has it now, so begin again.
        """
        table = _created(connection, layout)
        width, count = layout.width, 0

        def records() -> Iterator[Record]:
            nonlocal count
            for row in itertools.chain(head, tail):
                record = layout.encode(count + 1, row)
                if layout.width != width:
                    return
                count += 1
                if not count % _REPORT_EVERY:
                    progress.rows = count
                yield record

        copy_rows(connection, table, (*_FIXED, *layout.names), records())
        if layout.width != width:
            return None
        analyze(connection, table, *layout.sought)
        return cls(table, layout, count)

    @classmethod
    def filled_raw(
        cls, connection: Connection, layout: Layout, first: Row, raw: RawCsv, progress: Progress
    ) -> Stage | None:
        """Copy the bytes of a CSV file as they are, for a layout that its first row made.

        None if that is not possible: PostgreSQL refuses something, or would read it differently.
        """
        record = layout.encode(1, first)
        if layout.lookups:
            return None
        cells = layout.cells
        given = {cells[column].name for column in raw.columns}
        defaults = {
            each: value
            for each, value in zip(layout.names, record[len(_FIXED) :], strict=True)
            if each not in given and isinstance(value, str)
        }
        try:
            with connection.transaction():
                table = _created(connection, layout, defaults)
                count = copy_raw(
                    connection, table, [cells[column].name for column in raw.columns], raw, progress
                )
        except NotRaw:
            return None
        except psycopg.Error as error:
            if not is_refused(error):
                raise
            return None
        if layout.nullable:
            layout.null_patterns.clear()
            nullable = [name("seed", cells[each].name) for each in layout.nullable]
            patterns = run(
                connection,
                part(
                    "SELECT DISTINCT ARRAY[{}] FROM {} AS seed",
                    joined(part("{} IS NULL", each) for each in nullable),
                    table,
                ),
            ).scalars()
            for nulls in patterns:
                layout.null_patterns.add(frozenset(itertools.compress(layout.nullable, nulls)))
        analyze(connection, table, *layout.sought)
        return cls(table, layout, count)

    @cached_property
    def open(self) -> Composable:
        """Holds for rows of `seed` that still look something up."""
        return joined(
            (part("{} IS TRUE", name("seed", lookup.flag)) for lookup in self.layout.lookups.values()),
            " OR ",
            "false",
        )

    def resolved(self) -> Composable:
        """The rows, done or not, that have nothing left to look up."""
        return part("(SELECT seed.* FROM {} AS seed WHERE NOT ({}))", self.table, self.open)

    def ready(self) -> Composable:
        """The rows that are not done and have nothing left to look up."""
        if not self.layout.lookups:
            return self.table
        return part("(SELECT seed.* FROM {} AS seed WHERE NOT seed.done AND NOT ({}))", self.table, self.open)

    def resolve(self, connection: Connection, *, among_staged: bool = False) -> None:
        """Fill in what the lookups find; with `among_staged`, among the rows that are only staged yet."""
        for lookup in self.layout.lookups.values():
            parent = lookup.table.sql
            if among_staged:
                staged = self._as_parent(lookup)
                if staged is None:
                    continue
                parent = staged
            run(
                connection,
                statement(
                    "resolve",
                    stage=self.table,
                    cell=name(self.layout.cells[lookup.column.name].name),
                    flag=name(lookup.flag),
                    found=_found(lookup, self.table, parent),
                    matches=_matches(lookup),
                ),
            )

    def finish_round(self, connection: Connection) -> int:
        """Note that the ready rows are done; how many they were."""
        return run(
            connection,
            part("UPDATE {} AS seed SET done = true WHERE NOT seed.done AND NOT ({})", self.table, self.open),
        ).rowcount

    def unresolved(self, connection: Connection) -> tuple[int, str, int] | None:
        """The first row that looks for something in vain: its number, the column, and how many rows were found."""
        for lookup in self.layout.lookups.values():
            row = run(
                connection,
                part(
                    "SELECT seed.n, coalesce(found.count, 0) FROM {stage} AS seed LEFT JOIN ({found}) AS found "
                    "ON {matches} WHERE seed.{flag} ORDER BY seed.n LIMIT 1",
                    stage=self.table,
                    found=_found(lookup, self.table, lookup.table.sql),
                    matches=_matches(lookup),
                    flag=name(lookup.flag),
                ),
            ).one_or_none()
            if row is not None:
                return row[0], lookup.column.name, row[1]
        return None

    def _as_parent(self, lookup: Lookup) -> Composable | None:
        cells = self.layout.cells
        named = {each.name for each in (lookup.taken, *(term for term, _ in lookup.terms), *lookup.nulls)}
        if not lookup.itself or not named <= cells.keys():
            return None
        return part(
            "(SELECT {} FROM {} AS seed WHERE {} IS NOT NULL)",
            joined(part("{} AS {}", name("seed", cells[each].name), name(each)) for each in sorted(named)),
            self.table,
            name("seed", cells[lookup.taken.name].name),
        )


def copy_raw(
    connection: Connection, table: Composable, columns: Iterable[str], raw: RawCsv, progress: Progress
) -> int:
    """Copy a CSV file into these columns of `table`, as it is. Return the number of rows.

    Raises `NotRaw` if PostgreSQL would read it differently, and psycopg's errors.
    """

    def blocks() -> Iterator[bytes]:
        for block in raw.blocks():
            yield block
            progress.rows += block.count(b"\n")

    progress.rows = 0
    return copy_bytes(
        connection,
        part("COPY {} ({}) FROM STDIN (FORMAT csv, ENCODING 'UTF8')", table, joined(map(name, columns))),
        blocks(),
    )


def is_refused(error: psycopg.Error) -> bool:
    """Whether PostgreSQL refused data, and not the connection or the statement."""
    return (sqlstate(error) or "")[:2] in {"22", "23"}


def analyze(connection: Connection, table: Composable, *columns: str) -> None:
    """Tell the planner what a temporary table holds, in the columns by which it is joined.

    Without it, large ones are joined row by row. Other columns would cost as much as they are many.
    """
    run(connection, part("ANALYZE {} ({})", table, joined(map(name, columns))))


def _created(connection: Connection, layout: Layout, defaults: Mapping[str, str] | None = None) -> Composable:
    """A new stage for the layout; with `defaults`, for rows that bring neither their number nor these cells."""
    table = temporary_name("stage")
    columns = [
        part(
            "{} {} {}",
            name(each),
            kind,
            part("DEFAULT {}", text(defaults[each])) if defaults and each in defaults else NOTHING,
        )
        for each, kind in _columns(layout)
        if each not in _FIXED
    ]
    numbered = NOTHING if defaults is None else part("GENERATED BY DEFAULT AS IDENTITY (CACHE 1000)")
    run(connection, statement("stage", stage=table, numbered=numbered, columns=joined(columns)))
    return table


def _members(fields: Sequence[tuple[str, bool]], record: Record) -> Iterator[str]:
    """The members of a record's JSON object. Documents stand in it as they are, all else as its text."""
    for (field, is_document), value in zip(fields, record, strict=False):
        if value is not None:
            yield field + (value if is_document and isinstance(value, str) else _dump(value))


def _columns(layout: Layout) -> Iterator[tuple[str, Composable]]:
    yield from ((each, _INTEGER) for each in _FIXED)
    kinds: dict[str, Composable] = {cell.name: cell.column.sql_type for cell in layout.cells.values()}
    for lookup in layout.lookups.values():
        kinds[lookup.flag] = _BOOLEAN
        kinds.update((each, term.sql_type) for term, each in lookup.terms)
    yield from ((each, kinds[each]) for each in layout.names)


def _found(lookup: Lookup, seed: Composable, parent: Composable) -> Composable:
    """What each sought combination finds: one of the values taken, and how many rows there are."""
    joins = [
        *(equal(term, name("parent", term.name), name("sought", each)) for term, each in lookup.terms),
        *(part("{} IS NULL", name("parent", each.name)) for each in lookup.nulls),
    ]
    return statement(
        "found",
        terms=_each("sought", lookup),
        sought=_each("each", lookup),
        flag=name(lookup.flag),
        taken=name(lookup.taken.name),
        seed=seed,
        parent=parent,
        joins=joined(joins, " AND ", "true"),
    )


def _each(relation: str, lookup: Lookup) -> Composable:
    """The staged cells that hold what is looked for, each with a comma after it."""
    return (
        joined((part("{}, ", name(relation, each)) for _, each in lookup.terms), "")
        if lookup.terms
        else NOTHING
    )


def _matches(lookup: Lookup) -> Composable:
    """Whether what was found is what a row of `seed` looks for."""
    terms = [equal(term, name("seed", each), name("found", each)) for term, each in lookup.terms]
    return joined([part("{} = {}", name("seed", lookup.flag), name("found", lookup.flag)), *terms], " AND ")


def _looked_up(layout: Layout) -> Composable:
    joins: list[Composable] = []
    found: dict[str, list[Composable]] = {}
    resolved: list[Composable] = []
    for place, lookup in enumerate(layout.lookups.values()):
        alias = f"found_{place}"
        terms = [equal(term, name("seed", each), name(alias, each)) for term, each in lookup.terms]
        flag = part("{} = {}", name("seed", lookup.flag), name(alias, lookup.flag))
        joins.append(
            part(
                "LEFT JOIN ({}) AS {} ON {}",
                _found(lookup, part("raw_seed"), lookup.table.sql),
                name(alias),
                joined([flag, *terms], " AND "),
            )
        )
        cell = layout.cells[lookup.column.name].name
        value: Composable = name(alias, "found")
        if lookup.taken.type_oid != lookup.column.type_oid:
            # Without the type's modifier, for a cast would cut a text that is too long.
            kind = name(lookup.column.type_schema, lookup.column.type_name)
            value = part("CAST({} AS {})", value, kind)
        found.setdefault(cell, []).append(part("WHEN {} IS TRUE THEN {}", name("seed", lookup.flag), value))
        resolved.append(
            part("({} IS NULL OR coalesce({}, 0) = 1)", name("seed", lookup.flag), name(alias, "count"))
        )
    cells = [
        part(
            "CASE {} ELSE {cell} END AS {alias}",
            joined(found[each.name], " "),
            cell=name("seed", each.name),
            alias=name(each.name),
        )
        if each.name in found
        else name("seed", each.name)
        for each in layout.cells.values()
    ]
    return part(
        "SELECT seed.n, seed.shape, {cells}, {resolved} AS resolved FROM raw_seed AS seed {joins}",
        cells=joined(cells),
        resolved=joined(resolved, " AND "),
        joins=joined(joins, " "),
    )

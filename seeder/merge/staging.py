"""Bring a seed file's rows before the database: few as one parameter, many by COPY into a temporary table.

Either way the result is a set with the columns `n` (the row's number), `line`, `shape`, and the layout's cells, each
of its column's type, so that all that follows is the same.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    bindparam,
    case,
    cast,
    column,
    false,
    func,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.schema import CreateTable

from seeder.database.copying import copy_rows
from seeder.database.tables import Native, quote
from seeder.merge.cells import equal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause, Select, Subquery
    from sqlalchemy.types import TypeEngine

    from seeder.files.model import Row
    from seeder.merge.layout import Layout, Lookup, Record

_REPORT_EVERY = 10_000
_FIXED = ("n", "line", "shape")
_numbers = itertools.count(1)
_dump = json.JSONEncoder(ensure_ascii=False).encode


def temporary_table(kind: str, *columns: Column[Any]) -> Table:
    """A temporary table that its transaction takes with it, under a name that no other one of ours has."""
    return Table(
        f"seeder_{kind}_{next(_numbers)}",
        MetaData(),
        *columns,
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )


def analyze(connection: Connection, table: Table) -> None:
    """Tell the planner what a temporary table holds: without it, large ones are joined row by row."""
    connection.execute(text(f"ANALYZE {quote('pg_temp', table.name)}"))


def as_parameter(layout: Layout, records: Iterable[Record]) -> FromClause:
    """The records as one parameter of the statement they are selected in, `!ref` looked up.

    `json_to_recordset` runs each type's own input function, its modifier included, as COPY does: a cast would cut a
    text that is too long for its column. A further column `resolved` tells whether every `!ref` found its one row.
    """
    documents = {cell.name for cell in layout.cells.values() if cell.column.is_json}
    fields = [(f'"{name}":', name in documents) for name in (*_FIXED, *layout.names)]
    rows = ",".join("{" + ",".join(_members(fields, record)) + "}" for record in records)
    parameter = bindparam("seed_rows", f"[{rows}]", type_=Text)
    raw = (
        func.json_to_recordset(cast(parameter, Native("json")))
        .table_valued(*(column(name, kind) for name, kind in _columns(layout)))
        .render_derived(name="raw", with_types=True)
    )
    if not layout.lookups:
        return select(*raw.c, true().label("resolved")).cte("seed")
    return _looked_up(layout, select(*raw.c).cte("raw_seed"))


@dataclass(frozen=True)
class Stage:
    """The rows of a seed file in a temporary table."""

    table: Table
    layout: Layout
    count: int

    @classmethod
    def filled(
        cls,
        connection: Connection,
        layout: Layout,
        head: Sequence[Row],
        tail: Iterator[Row],
        progress: Callable[[int], None],
    ) -> Stage | None:
        """Copy the rows `head`, which made the layout, and then `tail`.

        None where a row of the tail needs a cell that the layout did not have: it has it now, so begin again.
        """
        stage = temporary_table(
            "stage",
            *(Column(name, kind) for name, kind in _columns(layout)),
            Column("done", Boolean, server_default=false()),
        )
        connection.execute(CreateTable(stage))
        width, count = layout.width, 0

        def records() -> Iterator[Record]:
            nonlocal count
            for row in itertools.chain(head, tail):
                record = layout.encode(count + 1, row)
                if layout.width != width:
                    return
                count += 1
                if not count % _REPORT_EVERY:
                    progress(count)
                yield record

        copy_rows(connection, stage.name, (*_FIXED, *layout.names), records())
        if layout.width != width:
            return None
        analyze(connection, stage)
        return cls(stage, layout, count)

    @property
    def open(self) -> ColumnElement[bool]:
        """Holds for rows that still look something up."""
        return or_(
            false(), *(self.table.c[lookup.flag].is_(true()) for lookup in self.layout.lookups.values())
        )

    def resolved(self) -> FromClause:
        """The rows, done or not, that have nothing left to look up."""
        rows = select(*(self.table.c[name] for name in ("n", *(c.name for c in self.layout.cells.values()))))
        return (rows.where(~self.open) if self.layout.lookups else rows).subquery("resolved")

    def ready(self) -> FromClause:
        """The rows that are not done and have nothing left to look up."""
        rows = select(
            *(self.table.c[name] for name in (*_FIXED, *(c.name for c in self.layout.cells.values())))
        )
        if self.layout.lookups:
            rows = rows.where(~self.table.c.done, ~self.open)
        return rows.subquery("seed")

    def resolve(self, connection: Connection, *, among_staged: bool = False) -> None:
        """Fill in what the lookups find; with `among_staged`, among the rows that are only staged yet."""
        for lookup in self.layout.lookups.values():
            parent: FromClause | None = None
            if among_staged:
                parent = self._as_parent(lookup)
                if parent is None:
                    continue
            found = _found(lookup, self.table, parent)
            connection.execute(
                update(self.table)
                .where(self.table.c[lookup.flag], _matches(lookup, self.table, found), found.c.count == 1)
                .values({self.layout.cells[lookup.column.name].name: found.c.found, lookup.flag: False})
            )

    def finish_round(self, connection: Connection) -> int:
        """Note that the ready rows are done; how many they were."""
        done = update(self.table).where(~self.table.c.done, ~self.open).values(done=True)
        return connection.execute(done).rowcount

    def unresolved(self, connection: Connection) -> tuple[int, str, int] | None:
        """The first row that looks for something in vain: its number, the column, and how many rows were found."""
        finds = []
        for lookup in self.layout.lookups.values():
            found = _found(lookup, self.table, None)
            finds.append(
                select(
                    self.table.c.n,
                    cast(lookup.column.name, Text).label("column"),
                    func.coalesce(found.c.count, 0).label("count"),
                )
                .select_from(self.table.outerjoin(found, _matches(lookup, self.table, found)))
                .where(self.table.c[lookup.flag])
                .order_by(self.table.c.n)
                .limit(1)
            )
        for each in finds:
            row = connection.execute(each).one_or_none()
            if row is not None:
                return row[0], row[1], row[2]
        return None

    def _as_parent(self, lookup: Lookup) -> FromClause | None:
        cells = self.layout.cells
        named = [lookup.taken, *(term for term, _ in lookup.terms), *lookup.nulls]
        if not lookup.itself or any(each.name not in cells for each in named):
            return None
        rows = self.table.alias()
        taken = rows.c[cells[lookup.taken.name].name]
        return (
            select(*(rows.c[cells[each.name].name].label(each.name) for each in named))
            .where(taken.is_not(None))
            .subquery()
        )


def _members(fields: Sequence[tuple[str, bool]], record: Record) -> Iterator[str]:
    """The members of a record's JSON object. Documents stand in it as they are, all else as its text."""
    for (name, is_document), value in zip(fields, record, strict=False):
        if value is not None:
            yield name + (value if is_document and isinstance(value, str) else _dump(value))


def _columns(layout: Layout) -> Iterator[tuple[str, TypeEngine[Any]]]:
    yield from ((name, Integer()) for name in _FIXED)
    kinds: dict[str, TypeEngine[Any]] = {
        cell.name: Native(cell.column.type) for cell in layout.cells.values()
    }
    for lookup in layout.lookups.values():
        kinds[lookup.flag] = Boolean()
        kinds.update((name, Native(term.type)) for term, name in lookup.terms)
    yield from ((name, kinds[name]) for name in layout.names)


def _found(lookup: Lookup, seed: FromClause, parent: FromClause | None) -> Subquery:
    """What each sought combination finds: one of the values taken, and how many rows there are."""
    if parent is None:
        parent = lookup.table.clause.alias()
    sought = (
        select(seed.c[lookup.flag], *(seed.c[name] for _, name in lookup.terms))
        .where(seed.c[lookup.flag])
        .distinct()
        .subquery()
    )
    joins = [equal(term, parent.c[term.name], sought.c[name]) for term, name in lookup.terms]
    nulls = [parent.c[each.name].is_(None) for each in lookup.nulls]
    values = func.array_agg(parent.c[lookup.taken.name], type_=ARRAY(Native(lookup.taken.type)))
    found: Select[Any] = select(*sought.c, values[1].label("found"), func.count().label("count"))
    return found.select_from(sought.join(parent, and_(*joins, *nulls))).group_by(*sought.c).subquery()


def _matches(lookup: Lookup, seed: FromClause, found: FromClause) -> ColumnElement[bool]:
    terms = (equal(term, seed.c[name], found.c[name]) for term, name in lookup.terms)
    return and_(seed.c[lookup.flag] == found.c[lookup.flag], *terms)


def _looked_up(layout: Layout, typed: FromClause) -> FromClause:
    source: FromClause = typed
    found: dict[str, list[tuple[ColumnElement[bool], ColumnElement[Any]]]] = {}
    resolved: list[ColumnElement[bool]] = []
    for lookup in layout.lookups.values():
        each = _found(lookup, typed, None)
        source = source.outerjoin(each, _matches(lookup, typed, each))
        cell = layout.cells[lookup.column.name].name
        found.setdefault(cell, []).append((typed.c[lookup.flag].is_(true()), each.c.found))
        resolved.append(or_(typed.c[lookup.flag].is_(None), func.coalesce(each.c.count, 0) == 1))
    return (
        select(
            *(typed.c[name] for name in _FIXED),
            *(
                case(*found[cell.name], else_=typed.c[cell.name]).label(cell.name)
                if cell.name in found
                else typed.c[cell.name]
                for cell in layout.cells.values()
            ),
            and_(*resolved).label("resolved"),
        )
        .select_from(source)
        .cte("seed")
    )

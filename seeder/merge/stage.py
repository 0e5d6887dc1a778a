"""Bring the rows of a seed file before the database by COPY, into a temporary table.

It has the columns `n` (the row's number), `shape`, and the layout's cells, each of its column's type. So has the set
`seed` of a few rows that are sent as one parameter, and all that follows is the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import psycopg
from psycopg.sql import Composable

from seeder.errors import SeedFileError
from seeder.merge.clock import without_clock
from seeder.merge.lookups import found, matches
from seeder.merge.parameter import FIXED, typed_columns
from seeder.merge.sql_files import statement
from seeder.merge.staged_columns import Layout, Lookup, Record
from seeder.postgres.connection import Connection
from seeder.postgres.copy import copy_bytes, copy_rows
from seeder.postgres.failures import sqlstate
from seeder.postgres.statements import NOTHING, joined, name, part, run, text
from seeder.reporting.progress import Progress
from seeder.seed_files.pieces import Pieces
from seeder.seed_files.raw_csv import NotRaw, RawCsv
from seeder.seed_files.rows import Row

_REPORT_EVERY = 10_000
_OWN = (*FIXED, "done")
MOST_COLUMNS = 1600
"""A table of PostgreSQL's has no more."""
_NUMBERED: Final = (
    "(SELECT CAST(pg_catalog.row_number() OVER (ORDER BY s.ctid) AS pg_catalog.int4) AS n, 0 AS shape, "
    "false AS done, s.* FROM {} AS s)"
)
_numbers = itertools.count(1)


def temporary_name(kind: str) -> Composable:
    """A name for a temporary table that no other one of ours has."""
    return name("pg_temp", f"seeder_{kind}_{next(_numbers)}")


@dataclass(frozen=True)
class Stage:
    """The rows of a seed file in a temporary table."""

    table: Composable
    layout: Layout
    count: int
    """How many rows the seed file has."""
    pieces: Pieces | None = None
    """If only the rows of changed pieces of the file are here."""

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
        table = _Table.created(connection, layout)
        width, count = layout.width, 0
        left_out = len(FIXED) + width - len(table.columns)

        def records() -> Iterator[Record]:
            nonlocal count
            for row in itertools.chain(head, tail):
                record = layout.encode(count + 1, row)
                if layout.width != width:
                    return
                count += 1
                if not count % _REPORT_EVERY:
                    progress.rows = count
                if left_out and (layout.lookups or len(layout.shapes) > 1):
                    raise SeedFileError(
                        "the table has so many columns that all rows must name the same ones, and none by `!ref`",
                        position=row.at(),
                        table=str(layout.table),
                    )
                yield record[left_out:]

        copy_rows(connection, table.name, table.columns, records())
        if layout.width != width:
            return None
        analyze(connection, table.name, *table.numbered, *layout.sought)
        return cls(table.rows, layout, count)

    @classmethod
    def filled_changed(
        cls,
        connection: Connection,
        layout: Layout,
        first: Row,
        raw: RawCsv,
        *,
        pieces: Pieces,
        most: int,
        progress: Progress,
    ) -> Stage | None:
        """Copy the pieces of a CSV file that are not known, for a layout that its first row made.

        None if that is not possible, or if there are more than `most` rows in them.
        """
        # The first row makes the layout.
        layout.encode(1, first)
        if len(layout.names) + len(_OWN) > MOST_COLUMNS:
            return None
        changed = pieces.changed(most)
        stage = cls.filled_raw(
            connection, layout, first, raw, blocks=changed, progress=progress, numbered=True
        )
        return stage and replace(stage, count=pieces.rows, pieces=pieces)

    @classmethod
    def filled_raw(
        cls,
        connection: Connection,
        layout: Layout,
        first: Row,
        raw: RawCsv,
        *,
        blocks: Iterable[bytes],
        progress: Progress,
        numbered: bool = False,
    ) -> Stage | None:
        """Copy `blocks`, the bytes of a CSV file, as they are, for a layout that its first row made.

        If they are `numbered`, each row begins with its number. None if that is not possible: PostgreSQL refuses
        something, or would read it differently.
        """
        record = layout.encode(1, first)
        if layout.lookups or layout.secret_columns:
            # An `!env` among the defaults would stand in the text of the statement that makes the table, which the
            # server may log.
            return None
        cells = layout.cells
        given = [cells[column].name for column in raw.columns]
        defaults = {
            each: value
            for each, value in zip(layout.names, record[len(FIXED) :], strict=True)
            if each not in given and isinstance(value, str)
        }
        try:
            with connection.transaction():
                table = _Table.created(connection, layout, defaults)
                number = ["n"] if numbered else []
                fields = [*(None for _ in number), *(cells[each].column for each in raw.columns)]
                count = copy_raw(
                    connection, table.name, [*number, *given], without_clock(blocks, fields), progress
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
                    table.name,
                ),
            ).scalars()
            for nulls in patterns:
                layout.null_patterns.add(frozenset(itertools.compress(layout.nullable, nulls)))
        analyze(connection, table.name, *table.numbered, *layout.sought)
        return cls(table.rows, layout, count)

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
            parent = lookup.sought.table.sql
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
                    found=found(lookup, self.table, parent),
                    matches=matches(lookup),
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
                    found=found(lookup, self.table, lookup.sought.table.sql),
                    matches=matches(lookup),
                    flag=name(lookup.flag),
                ),
            ).one_or_none()
            if row is not None:
                return row[0], lookup.column.name, row[1]
        return None

    def _as_parent(self, lookup: Lookup) -> Composable | None:
        cells = self.layout.cells
        named = {each.name for each in lookup.sought.columns}
        if not lookup.itself or not named <= cells.keys():
            return None
        return part(
            "(SELECT {} FROM {} AS seed WHERE {} IS NOT NULL)",
            joined(part("{} AS {}", name("seed", cells[each].name), name(each)) for each in sorted(named)),
            self.table,
            name("seed", cells[lookup.sought.taken.name].name),
        )


def copy_raw(
    connection: Connection,
    table: Composable,
    columns: Iterable[str],
    blocks: Iterable[bytes],
    progress: Progress,
) -> int:
    """Copy blocks of a CSV file into these columns of `table`, as they are. Return the number of rows.

    Raises `NotRaw` if PostgreSQL would read it differently, and psycopg's errors.
    """

    def counted() -> Iterator[bytes]:
        for block in blocks:
            yield block
            progress.rows += block.count(b"\n")

    progress.rows = 0
    return copy_bytes(
        connection,
        part("COPY {} ({}) FROM STDIN (FORMAT csv, ENCODING 'UTF8')", table, joined(map(name, columns))),
        counted(),
    )


def is_refused(error: psycopg.Error) -> bool:
    """Whether PostgreSQL refused data, and not the connection or the statement."""
    return (sqlstate(error) or "")[:2] in {"22", "23"}


def analyze(connection: Connection, table: Composable, *columns: str) -> None:
    """Tell the planner what a temporary table holds, in the columns by which it is joined.

    Without it, large ones are joined row by row. Other columns would cost as much as they are many.
    """
    run(connection, part("ANALYZE {} ({})", table, joined(map(name, columns))))


@dataclass(frozen=True)
class _Table:
    """A new temporary table. `rows` is what it holds with the columns that each row needs besides its cells."""

    name: Composable
    rows: Composable
    columns: Sequence[str]
    """The columns that a record of the layout fills."""
    numbered: Sequence[str] = ("n",)
    """The column with the row's number, if the table itself has one."""

    @classmethod
    def created(
        cls, connection: Connection, layout: Layout, defaults: Mapping[str, str] | None = None
    ) -> _Table:
        """Make the table; with `defaults`, for rows that bring neither their number nor these cells."""
        table = temporary_name("stage")
        filled = {each: part("DEFAULT {}", text(value)) for each, value in (defaults or {}).items()}
        columns = joined(
            part("{} {} {}", name(each), kind, filled.get(each, NOTHING))
            for each, kind in typed_columns(layout)
        )
        if len(layout.names) + len(_OWN) > MOST_COLUMNS:
            # Then all rows name the same columns, and none looks anything up: the table has no room for more.
            run(connection, statement("stage", stage=table, own=NOTHING, columns=columns))
            return cls(table, part(_NUMBERED, table), layout.names, ())
        own = part(
            "n pg_catalog.int4 {}, shape pg_catalog.int4 DEFAULT 0, done pg_catalog.bool DEFAULT false,",
            NOTHING if defaults is None else part("GENERATED BY DEFAULT AS IDENTITY (CACHE 1000)"),
        )
        run(connection, statement("stage", stage=table, own=own, columns=columns))
        return cls(table, table, (*FIXED, *layout.names))

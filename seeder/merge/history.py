"""Stage what earlier releases shipped. What the database cannot take of it matches no row, and fails nothing."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

import psycopg
from psycopg.sql import Composable

from seeder.errors import SeedFileError
from seeder.merge.expressions import CHECKED_CASTS
from seeder.merge.parameter import FIXED, typed_columns
from seeder.merge.shipped import Shipped
from seeder.merge.sql_files import statement
from seeder.merge.stage import MOST_COLUMNS, Stage, analyze, is_refused, temporary_name
from seeder.merge.staged_columns import Layout, Record
from seeder.merge.target import Target
from seeder.postgres.connection import Connection
from seeder.postgres.copy import copy_rows
from seeder.postgres.statements import joined, name, part, run, text
from seeder.seed_files.rows import Row, Rows
from seeder.seed_files.values import FileDigest, Value

_AT_ONCE: Final = 1000
_REFUSALS: Final = (
    psycopg.ProgrammingError,
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.NotSupportedError,
)
"""What PostgreSQL says if it cannot do what is asked, and not if the connection or the time ended."""
_OWN: Final = part("n pg_catalog.int4, shape pg_catalog.int4, done pg_catalog.bool DEFAULT false,")


def stage_history(
    connection: Connection, history: Rows, target: Target, layout: Layout, where: Mapping[str, Value]
) -> Shipped | None:
    """The rows of a history in a temporary table, for the columns that the table has. `layout` is empty.

    Rows that do not name a column of `where` count as shipped into this part of the table.

    None if there is no room for them, for a table has at most 1,600 columns. Raises `SeedFileError` if the history
    itself is wrong.
    """
    records = _Records(history, target, layout, where)
    for _ in records:
        # The first reading makes the layout.
        pass
    if len(layout.names) + len(FIXED) + 1 > MOST_COLUMNS:
        return None
    table = temporary_name("history")
    columns = joined(part("{} {}", name(each), kind) for each, kind in typed_columns(layout))
    run(connection, statement("stage", stage=table, own=_OWN, columns=columns))
    again = iter(records)
    while some := list(islice(again, _AT_ONCE)):
        _copy(connection, table, layout, some)
    analyze(connection, table, *layout.sought)
    stage = Stage(table, layout, 0)
    _look_up(connection, stage)
    return Shipped(layout, stage.resolved())


class _Records:
    """The rows of a history as they are staged, read anew each time."""

    def __init__(self, history: Rows, target: Target, layout: Layout, where: Mapping[str, Value]) -> None:
        self._history = history
        self._where = where
        self._layout = layout
        self._key = {each.name for each in target.key}
        left_out = (target.insert_only | target.stamps) - self._key
        self._columns = {
            each.name
            for each in target.table.columns.values()
            if not each.generated and each.name not in left_out
        }

    def __iter__(self) -> Iterator[Record]:
        shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        for number, row in enumerate(self._history.rows(), start=1):
            columns = shared.get(row.columns)
            if columns is None:
                named = dict.fromkeys((*row.columns, *self._where))
                columns = tuple(each for each in named if each in self._columns)
                shared[row.columns] = columns
            cells = {**self._where, **dict(zip(row.columns, row.values, strict=True))}
            digests = {each: value for each in columns if type(value := cells[each]) is FileDigest}
            if not self._key.issubset(columns) or not self._key.isdisjoint(digests):
                continue
            values = tuple(None if each in digests else cells[each] for each in columns)
            try:
                record = self._layout.encode(
                    number, Row(columns, values, row.line, row.number, self._history)
                )
            except SeedFileError:
                # What a column or a table of today cannot hold is in none of its rows.
                continue
            for column, digest in digests.items():
                self._layout.add_digest(record, column, digest)
            yield record


def _copy(connection: Connection, table: Composable, layout: Layout, records: Sequence[Record]) -> None:
    """Copy the records, all but those that PostgreSQL refuses."""
    try:
        with connection.transaction():
            copy_rows(connection, table, (*FIXED, *layout.names), records)
    except psycopg.Error as error:
        if not is_refused(error):
            raise
        readable = _readable(connection, layout, records)
        if len(readable) < len(records):
            _copy(connection, table, layout, readable)
        elif half := len(records) // 2:
            _copy(connection, table, layout, records[:half])
            _copy(connection, table, layout, records[half:])


def _readable(connection: Connection, layout: Layout, records: Sequence[Record]) -> Sequence[Record]:
    """The records whose cells can be read as their types, as far as the server can be asked."""
    if connection.version < CHECKED_CASTS:
        return records
    refused: set[int] = set()
    for _, cell in layout.typed_cells():
        place = len(FIXED) + layout.names.index(cell.name)
        question = part(
            "SELECT each.place FROM pg_catalog.unnest(CAST(%(values)s AS pg_catalog.text[])) WITH ORDINALITY "
            "AS each (value, place) WHERE NOT pg_catalog.pg_input_is_valid(each.value, {})",
            text(cell.column.sql_type.as_string(None).replace("%%", "%")),
        )
        # Not every type of an extension answers.
        with contextlib.suppress(*_REFUSALS), connection.transaction():
            values = [record[place] for record in records]
            refused.update(run(connection, question, {"values": values}).scalars())
    return [record for number, record in enumerate(records, start=1) if number not in refused]


def _look_up(connection: Connection, stage: Stage) -> None:
    """Fill in what the rows look up. A lookup that the tables of today no longer allow finds nothing."""
    for form, lookup in stage.layout.lookups.items():
        alone = copy.copy(stage.layout)
        alone.lookups = {form: lookup}
        with contextlib.suppress(*_REFUSALS), connection.transaction():
            Stage(stage.table, alone, 0).resolve(connection)

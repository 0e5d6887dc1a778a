"""Whether a seed file fits its table, for `seeder validate`: every mistake that can be found by reading alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from psycopg.sql import Composable

from seeder.errors import Position, SeedFileError, Tell
from seeder.masking import add_secret
from seeder.merge.blame import refusal, refused_value, unresolved
from seeder.merge.encoding import encode, encoder_for
from seeder.merge.expressions import canonical
from seeder.merge.lookups import found, matches
from seeder.merge.parameter import as_parameter
from seeder.merge.sql_files import statement
from seeder.merge.staged_columns import Layout, Lookup, Record
from seeder.merge.table import Table
from seeder.merge.target import Target, find_table, find_target
from seeder.postgres.connection import Connection
from seeder.postgres.statements import joined, name, part, run
from seeder.seed_files.model import DataSeeder, Policy
from seeder.seed_files.rows import Row, same_key
from seeder.seed_files.values import Ref, Value

MOST_REFUSED: Final = 100
"""So many rows of a file that PostgreSQL refuses are looked for one by one: each takes some statements."""

_PIECE: Final = 500
_COMPARED_AS_TEXT: Final = frozenset({"text", "varchar", "name", "int2", "int4", "int8", "uuid"})


@dataclass
class Fitness:
    """Whether the rows of `seeder` fit its table. `rows` are those that are right in themselves.

    What does not fit is given to `tell`, and what is only unusual to `warn`. `brought` has the rows of a table that
    seed files bring, by the table's OID, and None if code may bring more.
    """

    connection: Connection
    seeder: DataSeeder
    schemas: Sequence[str]
    tell: Tell
    warn: Tell
    brought: Callable[[int], Sequence[DataSeeder] | None]
    _told: set[str] = field(default_factory=set, init=False)

    def check(self, rows: Iterator[Row]) -> None:
        """Look at the table, and at the values of all rows. Raises psycopg's errors."""
        for secret in self.seeder.secrets:
            add_secret(secret)
        table = find_table(self.connection, self.seeder.table, self.schemas)
        if table is not None and self._lacks_columns(table):
            return
        target = find_target(self.connection, self.seeder, None, self.schemas, create_tables=False)
        assert target is not None  # noqa: S101 - a table that is missing is an error here
        if not self._is_unique(target):
            names = ", ".join(f'"{key.name}"' for key in target.own_key)
            message = (
                f"{target.table} has no unique index on the key ({names}), so two rows may have the same"
            )
            self.warn(SeedFileError(message, position=self.seeder.at("key"), table=str(target.table)))
        self._check_set(target)
        self._check_rows(target, rows)

    def _check_set(self, target: Target) -> None:
        """Tell what is wrong in the cells that a retired row is given."""
        if isinstance(self.seeder.retired_rows, Policy):
            return
        for column, value in self.seeder.retired_rows.items():
            try:
                encoder = encoder_for(target.table.columns[column])
                encode(encoder, value, column, partial(self.seeder.at, "retired_rows", "set"))
            except SeedFileError as mistake:
                self.tell(mistake)

    def _is_unique(self, target: Target) -> bool:
        """Whether a unique index is on the key. For a part of the table, it may be one of a part."""
        unique = list(target.table.unique_keys)
        if target.part.columns:
            found = run(self.connection, statement("partial_keys"), {"oid": target.table.oid}).scalars()
            unique += map(frozenset, found)
        return any({key.name for key in target.key} >= columns for columns in unique)

    def _lacks_columns(self, table: Table) -> bool:
        """Tell every column that a field of the seed file names, and the table lacks."""
        seeder, stamps = self.seeder, self.seeder.timestamps
        named: list[tuple[tuple[str, ...], str]] = [(("key", each), each) for each in seeder.key or ()]
        named += [(("where", each), each) for each in seeder.where]
        named += [(("insert_only", each), each) for each in sorted(seeder.insert_only)]
        if stamps is not None and stamps.explicit:
            roles = {"created": stamps.created, "updated": stamps.updated}
            named += [(("timestamps", role), column) for role, column in roles.items() if column is not None]
        if not isinstance(seeder.retired_rows, Policy):
            named += [(("retired_rows", "set", each), each) for each in seeder.retired_rows]
        missing = [each for each in named if each[1] not in table.columns]
        for path, column in missing:
            self._tell_missing(table, column, seeder.at(*path))
        return bool(missing)

    def _tell_missing(self, table: Table, column: str, position: Position) -> None:
        """Tell that the table lacks a column, once for each."""
        if column not in self._told:
            self._told.add(column)
            try:
                table.column(column, lambda: position)
            except SeedFileError as mistake:
                self.tell(mistake)

    def _check_rows(self, target: Target, rows: Iterator[Row]) -> None:
        layout = Layout.of(self.connection, target, self.seeder, self.schemas)
        first: dict[tuple[str | None, ...], tuple[int, int]] = {}
        refused = 0
        while piece := list(itertools.islice(rows, _PIECE)):
            encoded = [(row, self._encoded(layout, row)) for row in piece if self._has_key(target, row)]
            records = [(row, record) for row, record in encoded if record is not None]
            for row, record in self._refused(layout, records):
                refused += 1
                if refused > MOST_REFUSED:
                    message = "more rows have values that PostgreSQL refuses; mend the others first"
                    self.warn(SeedFileError(message, position=row.at()))
                    return
                self._tell_values(layout, row, record)
            taken = [each for each in records if not self._is_refused(layout, [each])] if refused else records
            if taken:
                self._check_keys(layout, taken, first)
                for lookup in list(layout.lookups.values()):
                    self._check_lookup(layout, lookup, taken)

    def _has_key(self, target: Target, row: Row) -> bool:
        """Whether no column of the key is NULL in `row` that may not be; such a column is told."""
        cells = dict(zip(row.columns, row.values, strict=True))
        wrong = [each for each in target.key if each.not_null and cells.get(each.name, "") is None]
        for each in wrong:
            message = (
                f'the key column "{each.name}" is NULL, and in {target.table} it may not be; give it a value'
            )
            self.tell(SeedFileError(message, position=row.at(each.name), table=str(target.table)))
        return not wrong

    def _encoded(self, layout: Layout, row: Row) -> Record | None:
        missing = [column for column in row.columns if column not in layout.table.columns]
        for column in missing:
            self._tell_missing(layout.table, column, row.at_name(column))
        if missing:
            return None
        try:
            return layout.encode(1, row)
        except SeedFileError as first:
            mistakes = {str(each): each for each in (first, *layout.mistakes(row))}
        for mistake in mistakes.values():
            self.tell(mistake)
        return None

    def _is_refused(self, layout: Layout, rows: Sequence[tuple[Row, Record]]) -> bool:
        return refusal(self.connection, layout, [record for _, record in rows]) is not None

    def _refused(self, layout: Layout, rows: Sequence[tuple[Row, Record]]) -> Iterator[tuple[Row, Record]]:
        """Those of `rows` with a value that PostgreSQL can't read as its column's type."""
        if not rows or not self._is_refused(layout, rows):
            return
        if len(rows) == 1:
            yield rows[0]
            return
        half = len(rows) // 2
        yield from self._refused(layout, rows[:half])
        yield from self._refused(layout, rows[half:])

    def _tell_values(self, layout: Layout, row: Row, record: Record) -> None:
        whole = [*record, *[None] * (2 + len(layout.names) - len(record))]
        for column, cell in layout.typed_cells():
            narrow, alone = layout.alone(cell, whole)
            error = refusal(self.connection, narrow, [alone])
            if error is not None:
                self.tell(refused_value(layout, row, column, cell, error))

    def _check_keys(
        self,
        layout: Layout,
        rows: Sequence[tuple[Row, Record]],
        first: dict[tuple[str | None, ...], tuple[int, int]],
    ) -> None:
        """Tell each row that has the key of an earlier one. `first` has number and line of the first with each key."""
        names = [key.name for key in layout.key]
        texts = [canonical(key, name("seed", layout.cells[key.name].name)) for key in layout.key]
        question = part("SELECT seed.n, {} FROM {} AS seed ORDER BY seed.n", joined(texts), name("seed"))
        for number, *key in self._asked(layout, rows, question):
            row, _ = rows[number - 1]
            cells = dict(zip(row.columns, row.values, strict=True))
            if any(isinstance(cells[each], Ref) for each in names):
                continue
            earlier = first.setdefault(tuple(key), (row.number, row.line))
            if earlier[0] != row.number:
                self.tell(same_key(row, [each.name for each in layout.own_key], earlier))

    def _check_lookup(self, layout: Layout, lookup: Lookup, rows: Sequence[tuple[Row, Record]]) -> None:
        """Tell each `!ref` that finds no row, or several, in the table or among the rows that seed files bring."""
        question = part(
            "SELECT seed.n, coalesce(found.count, 0) FROM {raw} AS seed LEFT JOIN ({found}) AS found ON {matches} "
            "WHERE seed.{flag} AND coalesce(found.count, 0) <> 1 ORDER BY seed.n",
            raw=name("raw_seed"),
            found=found(lookup, name("raw_seed"), lookup.sought.table.sql),
            matches=matches(lookup),
            flag=name(lookup.flag),
        )
        for number, count in self._asked(layout, rows, question):
            row, _ = rows[number - 1]
            column = lookup.column.name
            ref = dict(zip(row.columns, row.values, strict=True))[column]
            assert isinstance(ref, Ref)  # noqa: S101 - as its flag says
            if count or self._will_be_missing(lookup, ref):
                self.tell(unresolved(layout, row, column, count))

    def _will_be_missing(self, lookup: Lookup, ref: Ref) -> bool:
        """Whether no seed file brings the row either, as far as that can be told without writing."""
        seeders = self.brought(lookup.sought.table.oid)
        if seeders is None:
            return False
        if any(_brings(seeder, ref.where) for seeder in seeders):
            return False
        # Of other types, values that are spelled differently may be equal; and so may what is said as a `!ref`.
        return not seeders or (
            not lookup.sought.nested and all(term.base in _COMPARED_AS_TEXT for term, _ in lookup.terms)
        )

    def _asked(
        self, layout: Layout, rows: Sequence[tuple[Row, Record]], question: Composable
    ) -> list[tuple[Any, ...]]:
        seed = as_parameter(layout, [record for _, record in rows])
        statement = part("{}nothing AS (SELECT) {}", seed.with_seed, question)
        return [tuple(each) for each in run(self.connection, statement, {"rows": seed.rows})]


def _brings(seeder: DataSeeder, where: Mapping[str, Value]) -> bool:
    """Whether a row of a seed file has these cells, as text."""
    for row in seeder.rows():
        cells = dict(zip(row.columns, row.values, strict=True))
        if all(column in cells and _text(cells[column]) == _text(value) for column, value in where.items()):
            return True
    return False


def _text(value: Value) -> str | None:
    return None if value is None else str(value)

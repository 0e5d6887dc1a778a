"""How the rows of a seed file are laid out for the database: which cells there are, and how each is encoded."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from seeder.errors import Position, SeedFileError
from seeder.merge.encoding import Encoder, encode, encoder_for
from seeder.merge.table import Column, Table
from seeder.merge.target import Target, find_table
from seeder.postgres.connection import Connection
from seeder.seed_files.model import DataSeeder
from seeder.seed_files.rows import Row
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.values import Ref, TableName, Value, has_secret

Record = list[str | int | bool | None]


@dataclass(frozen=True, slots=True)
class Sought:
    """Which row of a table is looked for, and what is taken from it.

    `terms` are columns with the staged cells that hold what they must be, `nulls` columns that must be NULL, and
    `nested` columns that must be what is taken from the row of another table.
    """

    table: Table
    taken: Column
    terms: tuple[tuple[Column, str], ...]
    nulls: tuple[Column, ...]
    nested: tuple[tuple[Column, Sought], ...]

    @property
    def columns(self) -> Iterator[Column]:
        """The columns of the table that matter."""
        yield self.taken
        yield from (column for column, _ in self.terms)
        yield from self.nulls
        yield from (column for column, _ in self.nested)


@dataclass(frozen=True, slots=True)
class Lookup:
    """One form of `!ref` in one column. `flag` names the staged cell that tells which rows have it."""

    column: Column
    sought: Sought
    flag: str
    itself: bool
    """Whether the row that is looked for is one of the very table that is seeded."""
    terms: tuple[tuple[Column, str], ...]
    """The staged cells that hold what is looked for, those of nested tables too, with the columns they belong to."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A staged cell: its name in the staged set and the column whose type it has."""

    name: str
    column: Column


@dataclass(frozen=True, slots=True)
class _Shape:
    number: int
    fields: tuple[tuple[int, str, Encoder], ...]


@dataclass
class Layout:
    """The cells of a staged set. It grows with the rows that are encoded; `width` tells whether it grew.

    `key` and `own_key` are those of `Target`.
    `find_table` looks up a table that a `!ref` names. `secret_columns` are those that `!env` feeds in some row, and
    `null_patterns` the sets of key columns that are, or may be found to be, NULL in some row.
    """

    table: Table
    key: tuple[Column, ...]
    own_key: tuple[Column, ...]
    find_table: Callable[[TableName], Table | None]
    has_secrets: bool = False
    secret_columns: set[str] = field(default_factory=set)
    null_patterns: set[frozenset[str]] = field(default_factory=set)
    cells: dict[str, Cell] = field(default_factory=dict)
    lookups: dict[object, Lookup] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    """By column, the staged cells that hold the digest of its text instead of its value: see `history.py`."""
    names: list[str] = field(default_factory=list)
    _shapes: dict[tuple[str, ...], _Shape] = field(default_factory=dict)
    _encoders: dict[str, Encoder] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.nullable = tuple(each.name for each in self.key if not each.not_null)
        for each in self.key:
            self.cells[each.name] = Cell(self._add_name("c"), each)
            self._encoders[each.name] = encoder_for(each)

    @classmethod
    def of(cls, connection: Connection, target: Target, seeder: DataSeeder, schemas: Sequence[str]) -> Layout:
        """An empty layout for the seeder's rows in `target`."""
        return cls(
            target.table,
            target.key,
            target.own_key,
            lambda name: find_table(connection, name, schemas),
            has_secrets=bool(seeder.secrets),
        )

    @property
    def width(self) -> int:
        """How many staged cells a row has, flags and terms of lookups included."""
        return len(self.names)

    @property
    def sought(self) -> list[str]:
        """The staged cells by which rows are joined: those of the key, and of what is looked up."""
        terms = [each for lookup in self.lookups.values() for _, each in lookup.terms]
        return [*(self.cells[key.name].name for key in self.key), *terms]

    @property
    def shapes(self) -> Sequence[tuple[str, ...]]:
        """The sets of columns that rows name; a row's shape is its place in here."""
        return tuple(self._shapes)

    def encode(self, number: int, row: Row) -> Record:
        """A row as it is staged: its number, its shape, and the text of each cell."""
        shape = self._shapes.get(row.columns) or self._add_shape(row)
        record: Record = [number, shape.number, *[None] * len(self.names)]
        for (place, column, encoder), value in zip(shape.fields, row.values, strict=True):
            if value is None:
                continue
            if type(value) is Ref:
                self._encode_ref(record, value, self.table.columns[column], row)
            else:
                record[place] = encode(encoder, value, column, row.at)
            if self.has_secrets and has_secret(value):
                self._add_secret(column, row)
        if self.nullable:
            self._note_nulls(row)
        return record

    def mistakes(self, row: Row) -> Iterator[SeedFileError]:
        """Everything that `encode` might raise for a row, not only the first."""
        for name, value in zip(row.columns, row.values, strict=True):
            try:
                if name not in self.cells:
                    self._add_cell(name, row)
                column = self.table.columns[name]
                if type(value) is Ref:
                    self._encode_ref([0, 0], value, column, row)
                elif value is not None:
                    encode(self._encoders[name], value, name, row.at)
                if has_secret(value):
                    self._add_secret(name, row)
            except SeedFileError as mistake:
                yield mistake

    def add_digest(self, record: Record, column: str, digest: str) -> None:
        """Add the digest of a column's text to a record."""
        if column not in self.digests:
            self.digests[column] = self._add_name("d")
        record.extend([None] * (2 + len(self.names) - len(record)))
        record[self._place(self.digests[column])] = digest

    def records(self, rows: Iterator[Row], first: int = 1) -> Iterator[Record]:
        """Encode `rows`, numbered from `first`."""
        for number, row in enumerate(rows, start=first):
            yield self.encode(number, row)

    def typed_cells(self) -> Iterator[tuple[str, Cell]]:
        """Each staged cell that has a column's type, terms of lookups too, with the name of the column it serves."""
        yield from self.cells.items()
        for lookup in self.lookups.values():
            for term, name in lookup.terms:
                yield lookup.column.name, Cell(name, term)

    def alone(self, cell: Cell, record: Record) -> tuple[Layout, Record]:
        """The layout of that staged cell and no other, and what is left of a record of this one in it."""
        narrow = copy.copy(self)
        narrow.names = [cell.name]
        narrow.cells = {cell.column.name: cell}
        narrow.lookups = {}
        return narrow, [*record[:2], record[self._place(cell.name)]]

    def named_by(self, column: str) -> list[int] | None:
        """The shapes that name `column`, or None where all do."""
        found = [shape.number for columns, shape in self._shapes.items() if column in columns]
        return None if len(found) == len(self._shapes) else found

    def _note_nulls(self, row: Row) -> None:
        cells = [(name, row.values[row.columns.index(name)]) for name in self.nullable]
        nulls = {name for name, value in cells if value is None}
        # What a `!ref` finds may be NULL too.
        open_ = [name for name, value in cells if type(value) is Ref]
        for count in range(len(open_) + 1):
            for found in combinations(open_, count):
                self.null_patterns.add(frozenset(nulls.union(found)))

    def _add_secret(self, column: str, row: Row) -> None:
        if any(key.name == column for key in self.key):
            raise SeedFileError(
                f'`!env` can\'t stand in column "{column}", which is in the key: keys are logged, and kept in clear',
                position=row.at(column),
                table=str(self.table),
            )
        self.secret_columns.add(column)

    def _add_shape(self, row: Row) -> _Shape:
        for name in row.columns:
            if name not in self.cells:
                self._add_cell(name, row)
        for key in self.key:
            if key.name not in row.columns:
                raise SeedFileError(
                    f'the row does not say its key, column "{key.name}"',
                    position=row.at(),
                    table=str(self.table),
                )
        fields = tuple(
            (self._place(self.cells[name].name), name, self._encoders[name]) for name in row.columns
        )
        shape = self._shapes[row.columns] = _Shape(len(self._shapes), fields)
        return shape

    def _add_cell(self, name: str, row: Row) -> None:
        column = self.table.column(name, lambda: row.at_name(name))
        if column.generated:
            raise SeedFileError(
                f'column "{name}" of {self.table} is generated, so no seed file can say what it holds; take it out',
                position=row.at_name(name),
                table=str(self.table),
            )
        self.cells[name] = Cell(self._add_name("c"), column)
        self._encoders[name] = encoder_for(column)

    def _add_name(self, prefix: str) -> str:
        name = f"{prefix}{len(self.names)}"
        self.names.append(name)
        return name

    def _place(self, name: str) -> int:
        return 2 + self.names.index(name)

    def _encode_ref(self, record: Record, ref: Ref, column: Column, row: Row) -> None:
        form = (column.name, _form(ref))
        lookup = self.lookups.get(form)
        if lookup is None:
            lookup = self.lookups[form] = self._add_lookup(ref, column, row)
        record.extend([None] * (2 + len(self.names) - len(record)))
        record[self._place(lookup.flag)] = True
        for (term, name), value in zip(lookup.terms, _sought_values(ref), strict=True):
            record[self._place(name)] = encode(
                encoder_for(term), value, term.name, lambda _: row.at(column.name)
            )

    def _add_lookup(self, ref: Ref, column: Column, row: Row) -> Lookup:
        terms: list[tuple[Column, str]] = []
        sought = self._sought(ref, row.at_reference(column.name, ref), terms)
        itself = (sought.table.schema, sought.table.name) == (self.table.schema, self.table.name)
        return Lookup(column, sought, self._add_name("l"), itself, tuple(terms))

    def _sought(self, ref: Ref, position: Position, cells: list[tuple[Column, str]]) -> Sought:
        """What a `!ref` looks for. Its staged cells are added to `cells`."""
        table = self.find_table(ref.table)
        if table is None:
            raise SeedFileError(
                f"the reference names table {ref.table}, which does not exist; "
                "run the migrations first, or check the name",
                position=position,
            )
        taken = ref.column
        if taken is None:
            if len(table.primary_key) != 1:
                raise SeedFileError(
                    f"the reference takes the primary key of {table}, and that is "
                    f"{'of several columns' if table.primary_key else 'missing'}; name one with `column:`",
                    position=position,
                )
            taken = table.primary_key[0]
        for name in (taken, *ref.where):
            if name not in table.columns:
                raise SeedFileError(
                    f'the reference names column "{name}", which {table} does not have'
                    f"{did_you_mean(name, table.columns)}",
                    position=position,
                )
        terms: list[tuple[Column, str]] = []
        nested: list[tuple[Column, Sought]] = []
        for name, value in ref.where.items():
            if isinstance(value, Ref):
                nested.append((table.columns[name], self._sought(value, position, cells)))
            elif value is not None:
                terms.append((table.columns[name], self._add_name("w")))
                cells.append(terms[-1])
        nulls = tuple(table.columns[name] for name, value in ref.where.items() if value is None)
        return Sought(table, table.columns[taken], tuple(terms), nulls, tuple(nested))


def _form(ref: Ref) -> tuple[object, ...]:
    """What two `!ref` have in common if one join looks both up."""
    where = (
        (name, _form(value) if isinstance(value, Ref) else value is None) for name, value in ref.where.items()
    )
    return (ref.table, ref.column, *where)


def _sought_values(ref: Ref) -> Iterator[Value]:
    """The values that a `!ref` looks for, in the order of its lookup's terms."""
    for value in ref.where.values():
        if isinstance(value, Ref):
            yield from _sought_values(value)
        elif value is not None:
            yield value

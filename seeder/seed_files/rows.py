"""Rows of one seed file: completed by `defaults` and `where`, and checked against `key` and `insert_only`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from seeder.errors import Position, SeedFileError, Tell, refuse
from seeder.seed_files.document import Document, Record
from seeder.seed_files.references import Reference
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.values import Ref, Value, has_secret, says_the_same


@dataclass(frozen=True, slots=True)
class Rules:
    """What a seed file says of all its rows, and the document that says it; None if there is none."""

    key: tuple[str, ...] = ()
    insert_only: Collection[str] = ()
    defaults: Mapping[str, Value] = field(default_factory=dict)
    references: Mapping[str, Reference] = field(default_factory=dict)
    document: Document | None = None
    where: Mapping[str, Value] = field(default_factory=dict)
    """The part of the table that the rows are in: each row has these cells."""

    partial: bool = False
    """Whether they are said of several files, so that a column that one of them does not name may be in another."""

    @property
    def given(self) -> dict[str, Value]:
        """The cells of rows that do not name their columns."""
        return {**self.defaults, **self.where}

    def fed_by(self, column: str) -> Iterator[str]:
        """The columns of the file that hold what `column` of the table gets: itself, unless it is a reference."""
        if column in self.references:
            yield from self.references[column].sources
        else:
            yield column


@dataclass(frozen=True, slots=True)
class Shape:
    """What rows that name the same columns share."""

    columns: tuple[str, ...]
    """The columns of the table that they fill."""
    defaults: tuple[Value, ...]
    """The values of those columns that they do not name themselves."""
    references: Mapping[str, Reference]
    """The columns that they fill by references."""
    in_order: bool
    """Whether the values as written, followed by `defaults`, are in the order of `columns`."""
    names_part: bool
    """Whether the rows themselves name a column of `where`."""


class Row:
    """One row of a seed file, defaults filled in and references made of the cells that hold natural keys."""

    __slots__ = ("_source", "columns", "line", "number", "values")

    def __init__(
        self, columns: tuple[str, ...], values: tuple[Value, ...], line: int, number: int, source: Rows
    ) -> None:
        self.columns = columns
        """The columns of the table that it fills. Rows of a seeder that fill the same ones share one tuple object."""
        self.values = values
        self.line = line
        """Where the row begins, counted from 1."""
        self.number = number
        """Which row of the file it is, counted from 0."""
        self._source = source

    def at(self, column: str | None = None) -> Position:
        """Where the row stands, or the value of one of its cells."""
        return self._source.at(self, column)

    def other(self, number: int, line: int) -> Row:
        """Another row of the same file, by its number and line, for its place alone."""
        return Row(self.columns, self.values, line, number, self._source)

    def at_name(self, column: str) -> Position:
        """Where the name of one of the row's columns stands: in the row, in the header or in `defaults`."""
        return self._source.at(self, column, name=True)

    def at_reference(self, column: str, ref: Ref) -> Position:
        """Where `ref`, the value of `column`, is said: in the field `references`, or in the cell."""
        rules = self._source.rules
        made = rules.references.get(column)
        if made is None or rules.document is None or (made.table, made.column) != (ref.table, ref.column):
            return self.at(column)
        return rules.document.at("references", column)


class Rows(ABC):
    """The rows of a seed file, which are read anew each time."""

    def __init__(self, file: str, rules: Rules) -> None:
        self.file = file
        self.rules = rules
        self._given = rules.given
        self._tag: SeedFileError | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """What the files that hold the rows are called before people."""
        return (self.file,)

    def noted_tag(self) -> SeedFileError | None:
        """The first field that was read so far which looks like a tag and is text."""
        return self._tag

    def rows(self, tell: Tell = refuse) -> Iterator[Row]:
        """The rows that are right. Of each other one it is told what is wrong; by default the first is raised."""
        shapes = Shapes(self.rules)
        last = None
        complete = True
        for number, (names, written, line) in enumerate(self.records(tell)):
            if written is None:
                complete = False
                continue
            # Most readers give the same object for the same names.
            if names is not last:
                found = shapes.of(Row(names, written, line, number, self), tell)
                if found is None:
                    complete = False
                    continue
                last, shape = names, found
            if shape.in_order:
                values = written + shape.defaults
            else:
                cells = {**self._given, **dict(zip(names, written, strict=True))}
                if shape.references:
                    cells.update({name: each.of(cells) for name, each in shape.references.items()})
                values = tuple([cells[column] for column in shape.columns])
            row = Row(shape.columns, values, line, number, self)
            if shape.names_part and (outside := self._outside(row)):
                for column in outside:
                    tell(outside_of_part(column, row.at(column)))
                continue
            yield row
        if complete:
            self.finish(shapes, tell)

    def finish(self, shapes: Shapes, tell: Tell) -> None:
        """After the last row: tell it if the seed file names a column that no row has."""
        shapes.finish(tell)

    def _outside(self, row: Row) -> list[str]:
        """The columns of `where` for which a row has another value."""
        cells = dict(zip(row.columns, row.values, strict=True))
        return [
            column
            for column, value in self.rules.where.items()
            if column in cells and not says_the_same(cells[column], value)
        ]

    def at(self, row: Row, column: str | None, *, name: bool = False) -> Position:
        """Where `row` stands, or the value or the name of one of its cells."""
        if column is None:
            return self.row_at(row)
        document = self.rules.document
        if name and document is not None and column in self.rules.references:
            return document.at_name("references", column)
        for each in self.rules.fed_by(column):
            found = self.find(row, each, name=name)
            if found is None and document is not None:
                found = document.find("where" if each in self.rules.where else "defaults", each, name=name)
            if found is not None:
                return found
        return self.row_at(row)

    def row_at(self, row: Row) -> Position:
        """Where `row` begins."""
        return Position(self.file, row.line)

    @abstractmethod
    def records(self, tell: Tell = refuse) -> Iterator[Record]:
        """The rows as written. Those that are wrong in themselves are told, and what ends the reading is raised."""

    @abstractmethod
    def find(self, row: Row, column: str, *, name: bool) -> Position | None:
        """Where the value of `column` stands in `row`, or its name; None if the row does not name it."""


class Shapes:
    """The shapes of the rows of one reading."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._given = rules.given
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self._columns: dict[frozenset[str], tuple[str, ...]] = {}
        self._wrong_keys: set[str] = set()

    def of(self, written: Row, tell: Tell = refuse) -> Shape | None:
        """The shape of a row as written. None, once that is told, if it has no column, or lacks one that it needs."""
        if known := self._shapes.get(written.columns):
            return known
        defaults = {name: value for name, value in self._given.items() if name not in written.columns}
        named = (*written.columns, *defaults)
        if not named:
            tell(SeedFileError("the row has no columns", position=written.at()))
            return None
        mistakes = list(self._reference_mistakes(named, written))
        references = {
            name: each
            for name, each in self._rules.references.items()
            if not set(named).isdisjoint(each.sources)
        }
        columns = self._filled(named, references)
        whole = True
        for column in self._rules.key:
            if column not in columns:
                mistakes += self._no_key(column, written, columns)
                whole = False
            if any(has_secret(defaults.get(each)) for each in self._rules.fed_by(column)):
                mistakes.append(secret_in_key(written, column))
        for each in mistakes:
            tell(each)
        if mistakes or not whole:
            return None
        shared = self._columns.setdefault(frozenset(columns), columns)
        shape = Shape(
            shared,
            tuple(defaults.values()),
            references,
            in_order=not references and shared == columns,
            names_part=not self._rules.where.keys().isdisjoint(written.columns),
        )
        self._shapes[written.columns] = shape
        return shape

    def _filled(self, named: Sequence[str], references: Mapping[str, Reference]) -> tuple[str, ...]:
        """The columns of the table that a row with these columns fills."""
        read = {source for each in references.values() for source in each.sources}
        kept = {*self._rules.key, *self._rules.where}
        own = [column for column in named if column not in read or column in kept]
        return tuple(dict.fromkeys([*own, *references]))

    def _reference_mistakes(self, named: Collection[str], written: Row) -> Iterator[SeedFileError]:
        """What is wrong if a row has some of the columns that a reference reads, and not all, or fills it twice."""
        for name, reference in self._rules.references.items():
            sources = dict.fromkeys(reference.sources)
            missing = [each for each in sources if each not in named]
            if len(missing) < len(sources):
                for each in missing:
                    hint = did_you_mean(each, named)
                    message = f'the reference "{name}" reads the column "{each}", and the row has no such column{hint}'
                    yield SeedFileError(message, position=written.at())
                if name in named and name not in sources:
                    message = (
                        f'the column "{name}" is filled by a reference, and the row names it too; take it out'
                    )
                    yield SeedFileError(message, position=written.at())

    def _no_key(self, column: str, written: Row, columns: Collection[str]) -> Iterator[SeedFileError]:
        """What is wrong if a row does not have a column of the key."""
        if column in self._wrong_keys:
            return
        hint = did_you_mean(column, columns)
        document = self._rules.document
        if self._shapes or document is None:
            yield SeedFileError(f'the key column "{column}" is missing{hint}', position=written.at())
            return
        # No row before it had the column, so it is more likely that `key` is wrong. That is told once.
        self._wrong_keys.add(column)
        where = written.at()
        yield SeedFileError(
            f'key names the column "{column}", but the row at {where} has no such column{hint}',
            position=document.at("key", column),
        )

    def finish(self, tell: Tell = refuse) -> None:
        """After the last row: tell it if the seed file names a column that no row has."""
        if not self._rules.partial:
            named = {column for columns in self._columns.values() for column in columns}
            check_named(self._rules, named, tell)


def check_named(rules: Rules, named: Collection[str], tell: Tell = refuse) -> None:
    """Tell it if `insert_only` or `references` says something of a column that is not among those that rows fill."""
    if not named or rules.document is None:
        return
    for column, reference in rules.references.items():
        if column not in named:
            first = next(reference.sources)
            message = f'no row has a column "{first}"{did_you_mean(first, named)}'
            tell(SeedFileError(message, position=rules.document.at("references", column, "columns")))
    for column in rules.insert_only:
        if column not in named:
            message = f'no row has a column "{column}"{did_you_mean(column, named)}'
            tell(SeedFileError(message, position=rules.document.at("insert_only", column)))


class DocumentRows(Rows):
    """The rows that stand in a YAML or JSON seed file. Their values are held."""

    def __init__(self, document: Document, rules: Rules) -> None:
        super().__init__(document.file, rules)
        self._document = document

    def rows(self, tell: Tell = refuse) -> Iterator[Row]:
        """The rows that are right. Of each other one it is told what is wrong; by default the first is raised."""
        for row in super().rows(tell):
            secrets = [
                column for column in self.rules.key if has_secret(row.values[row.columns.index(column)])
            ]
            for column in secrets:
                tell(secret_in_key(row, column))
            if not secrets:
                yield row

    def row_at(self, row: Row) -> Position:
        """Where `row` begins."""
        return self._document.at("rows", str(row.number))

    def records(self, tell: Tell = refuse) -> Iterator[Record]:
        """The rows as written."""
        return self._document.records(tell)

    def find(self, row: Row, column: str, *, name: bool) -> Position | None:
        """Where the value of `column` stands in `row`, or its name."""
        return self._document.find("rows", str(row.number), column, name=name)


def same_key(
    row: Row,
    key: Sequence[str],
    first: tuple[int, int],
    shown: dict[str, str | None] | None = None,
    table: str | None = None,
) -> SeedFileError:
    """The error that says that `row` has the key of the one with number and line `first`.

    `shown` is the key as it may be shown.
    """
    names = ", ".join(f'"{each}"' for each in key)
    position, other = row.at(key[0]), row.other(*first).at()
    where = f"in line {first[1]}" if position.file == other.file else f"at {other}"
    return SeedFileError(
        f"the row has the same key ({names}) as the one {where}",
        position=position,
        table=table,
        key=shown,
    )


def outside_of_part(column: str, position: Position) -> SeedFileError:
    """The error that says that a cell stands outside of the part of the table that `where` names."""
    message = (
        f'where has another value for the column "{column}", so the row would be outside of it and never be found '
        "again; leave the column out, or write the value as where has it"
    )
    return SeedFileError(message, position=position)


def secret_in_key(row: Row, column: str) -> SeedFileError:
    """The error that says that a key column of `row` came by `!env`: keys are shown in logs."""
    message = f'!env is not allowed in the key column "{column}", because keys are logged'
    return SeedFileError(message, position=row.at(column))

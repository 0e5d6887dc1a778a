"""Write a table as a seed file: which rows, as which values, in which kind of file."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from seeder.config import row_key
from seeder.config.regular_file import LARGEST
from seeder.errors import LockTimeoutError, SeederError, SeedingError, UsageError
from seeder.export.cells import Reference, UnsayableError, reader_for
from seeder.export.choice import Choice
from seeder.export.csv_writer import write_csv
from seeder.export.files import Beside
from seeder.export.flat import Flat, places_of
from seeder.export.ndjson_writer import write_ndjson
from seeder.export.references import Referring
from seeder.export.rows import Texts, texts
from seeder.export.yaml_writer import YamlWriter
from seeder.merge.table import Column
from seeder.postgres.connection import Connection
from seeder.postgres.failures import describe, sqlstate

LONG_LINES: Final = 10
LONG_CHARACTERS: Final = 1000
"""A text that has more of either goes into a file of its own, if that is asked for."""


@dataclass(frozen=True, slots=True)
class Form:
    """How rows are written: the format, and where files that they name may lie.

    `long_texts` tells whether long texts go there. What YAML has no value for always does.
    """

    format: str
    beside: Beside | None = None
    long_texts: bool = False


def fields_of(choice: Choice) -> dict[str, Any]:
    """The fields of the seed file, without the rows."""
    fields: dict[str, Any] = {"table": choice.shown, "key": [each.name for each in choice.key]}
    if choice.timestamps is not None:
        fields["timestamps"] = choice.timestamps
    return fields


def write_fields(choice: Choice, write: Callable[[str], object]) -> None:
    """Write the YAML file that lies beside a CSV or NDJSON file."""
    writer = YamlWriter(write)
    references = Flat(choice).references
    writer.fields({**fields_of(choice), **({"references": references} if references else {})})
    writer.end()


def write_rows(
    connection: Connection, choice: Choice, where: str | None, form: Form, write: Callable[[str], object]
) -> int:
    """Write the seed file, and return how many rows it has. They stream: no more than one is held.

    Raises `SeedingError` if the format has no way to write a cell, and psycopg's errors.
    """
    # Closed at an error, because a COPY has to end before the transaction can.
    with contextlib.closing(texts(connection, choice, where)) as rows:
        values = _Values(choice, form)
        if form.format == "yaml":
            writer = YamlWriter(_bounded(write))
            writer.fields(fields_of(choice))
            count = writer.rows([each.name for each in choice.columns], values.of(rows))
            writer.end()
            return count
        flat = Flat(choice)
        columns = [each.name for each in flat.columns]
        checked = flat.checked(rows)
        if form.format == "csv":
            return write_csv(columns, flat.texts(checked), write)
        return write_ndjson(columns, values.flat(flat, checked), write)


def explained(error: psycopg.Error, choice: Choice | None, where: str | None) -> SeederError | None:
    """What an error of PostgreSQL's means for an export, if it means something special."""
    code = sqlstate(error) or ""
    if where is not None and code[:2] in {"22", "42"} and code != "42501":
        return UsageError(
            f"--where: PostgreSQL does not accept this condition: {describe(error)}", sqlstate=code
        )
    if code == "55P03":
        table = None if choice is None else str(choice.table)
        return LockTimeoutError(f"somebody holds {table or 'the table'} for longer than 10 s", table=table)
    return None


class _Values:
    """Makes values of the texts of rows."""

    def __init__(self, choice: Choice, form: Form) -> None:
        self._choice = choice
        self._form = form
        self._places = places_of(choice)

    def of(self, rows: Iterator[Texts]) -> Iterator[Sequence[Any]]:
        """The values of the rows."""
        cells = [self._cell(place, column) for place, column in enumerate(self._choice.columns)]
        return ([cell(row) for cell in cells] for row in rows)

    def flat(self, flat: Flat, rows: Iterator[Texts]) -> Iterator[Sequence[Any]]:
        """The values of the rows for a file without `!ref`."""
        cells = [self._value(each.place, each.column) for each in flat.columns]
        return ([cell(row) for cell in cells] for row in rows)

    def _value(self, place: int, column: Column, *, long: bool = False) -> Callable[[Texts], Any]:
        """The function that makes the value of the text at a place of a row; `long`: a file, if the text is long."""
        read = reader_for(column)

        def value(row: Texts) -> Any:
            text = row[place]
            if text is None:
                return None
            if long and _is_long(text):
                return self._file(row, column, text, ".txt")
            try:
                return read(text)
            except UnsayableError as error:
                return self._unsayable(row, column, text, error)

        return value

    def _cell(self, place: int, column: Column) -> Callable[[Texts], Any]:
        """The function that makes the value of a column of a row, a reference among them."""
        long = self._form.long_texts and column.category == "S" and column not in self._choice.key
        value = self._value(place, column, long=long)
        referring = self._choice.references.get(column.name)
        if referring is None:
            return value
        first = self._places[referring.parent.alias]
        reference = self._reference(referring, first)

        def cell(row: Texts) -> Any:
            # A foreign key that was never checked may lead nowhere.
            return value(row) if row[place] is None or row[first] is None else reference(row)

        return cell

    def _reference(self, referring: Referring, place: int) -> Callable[[Texts], Reference]:
        """The function that makes a reference of a row; the names of its parent begin at `place`."""
        terms: list[tuple[str, Callable[[Texts], Any]]] = []
        for column, nested in referring.parent.key:
            if nested is None:
                terms.append((column.name, self._value(place, column)))
                place += 1
            else:
                terms.append((column.name, self._reference(nested, place)))
                place += len(list(nested.parent.names))

        def reference(row: Texts) -> Reference:
            where = {name: value(row) for name, value in terms}
            return Reference(referring.parent.shown, where, referring.taken)

        return reference

    def _file(self, row: Texts, column: Column, text: str, ending: str) -> Any:
        assert self._form.beside is not None  # noqa: S101 - `_cell` and `_unsayable` have asked
        return self._form.beside.write(text, [*self._key(row).values(), column.name], ending)

    def _unsayable(self, row: Texts, column: Column, text: str, error: UnsayableError) -> Any:
        if self._form.beside is not None:
            return self._file(row, column, text, ".json")
        others = "csv" if self._form.format == "ndjson" else "csv, or with --output, for a file of its own"
        key = self._key(row)
        raise SeedingError(
            f'row {row_key.written(key)}: the document in column "{column.name}" {error}, which '
            f"{self._form.format.upper()} can't say; export with --format {others}",
            table=str(self._choice.table),
            key=key,
        ) from None

    def _key(self, row: Texts) -> dict[str, str | None]:
        names = [each.name for each in self._choice.columns]
        return {each.name: row[names.index(each.name)] for each in self._choice.key}


def _is_long(text: str) -> bool:
    # A byte-order mark at the beginning of a file is no part of its text.
    return (len(text) > LONG_CHARACTERS or text.count("\n") > LONG_LINES) and not text.startswith("\ufeff")


def _bounded(write: Callable[[str], object]) -> Callable[[str], object]:
    """`write`, up to the size that a YAML file may have."""
    written = 0

    def bounded(text: str) -> object:
        nonlocal written
        written += len(text) if text.isascii() else len(text.encode())
        if written > LARGEST:
            raise SeedingError(
                f"the YAML file would have more than {LARGEST >> 20} MiB, which is more than a run reads; export with "
                "--format csv or ndjson"
            )
        return write(text)

    return bounded

"""What a seed file says, once read: the words that every other room uses for it."""

from __future__ import annotations

import enum
import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias
from typing import Literal as OneOf

from seeder.errors import Position, SeederError, SeedFileError
from seeder.seed_files.hashes import Hashes
from seeder.seed_files.text import decode, decode_script, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from seeder.seed_files.origin import Origin


class Plain(str):
    """A scalar written without quotes in YAML, or a number in JSON: the column's type decides what it means.

    So `007` stays `007` and `NO` stays `NO` in a text column, `no` is false in a boolean one, and in a JSON
    column YAML 1.2's core schema applies.
    """

    __slots__ = ()


class Literal(str):
    """A CSV field: the text that PostgreSQL's input function of the column's type is given, JSON included."""

    __slots__ = ()


class Secret(str):
    """A value that came by `!env`. It is masked wherever cells are shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('***')"


@dataclass(frozen=True, slots=True)
class FileContent:
    """A cell given by `!file`: text, bytes in a `bytea` column, a document where a JSON column gets `.json`.

    Its path is resolved and inside the seed folder. Reading is left to whoever knows the column's type.
    """

    path: Path
    name: str
    """As the seed file writes it."""
    position: Position
    hashes: Hashes = field(default_factory=Hashes, repr=False, compare=False)

    def read_bytes(self) -> bytes:
        """The file's bytes, as they are. Raises `SeedFileError` at `position` if it can't be read."""
        try:
            return self.hashes.read(self.path)
        except OSError as error:
            raise unreadable(error, self.position, f"{self.name} ") from None

    def read_text(self) -> str:
        """The file's text, without a byte-order mark. Raises `SeedFileError` also if it is not UTF-8."""
        return self._decoded(decode)

    def read_script(self) -> str:
        """The file's text, which is SQL. Raises `SeedFileError` also at a NUL character."""
        return self._decoded(decode_script)

    def _decoded(self, decode: Callable[[bytes, str], str]) -> str:
        content = self.read_bytes()
        try:
            return decode(content, self.name)
        except SeedFileError as error:
            raise SeedFileError(str(error), position=self.position) from None


@dataclass(frozen=True, slots=True)
class Ref:
    """A cell given by `!ref`: `column` (or the primary key) of the one row of `table` where `where` holds."""

    table: TableName
    where: Mapping[str, Value]
    column: str | None
    position: Position


Value: TypeAlias = "bool | str | bytes | list[Value] | dict[str, Value] | FileContent | Ref | None"


def has_secret(value: Value) -> bool:
    """Whether an `!env` stands in `value`, however deep."""
    if isinstance(value, dict):
        return any(map(has_secret, value.values()))
    if isinstance(value, list):
        return any(map(has_secret, value))
    if isinstance(value, Ref):
        return any(map(has_secret, value.where.values()))
    return isinstance(value, Secret)


_PART = r'"(?:[^"]|"")+"|[^".\s](?:[^".]*[^".\s])?'
_QUALIFIED = re.compile(rf"(?:({_PART})\.)?({_PART})")


@dataclass(frozen=True, slots=True)
class TableName:
    """A table as the seed file names it. Names are taken as written: nothing is folded to lower case."""

    schema: str | None
    name: str

    @classmethod
    def parse(cls, text: str) -> TableName:
        """Read `name` or `schema.name`, either part perhaps in double quotes. Raises `ValueError`."""
        found = _QUALIFIED.fullmatch(text)
        if found is None:
            raise ValueError("a table is named as name, schema.name, or with either part in double quotes")
        schema, name = (part and _unquoted(part) for part in found.groups())
        return cls(schema, name)

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


def _unquoted(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part


class Row:
    """One row of a seed file, defaults filled in."""

    __slots__ = ("_places", "columns", "line", "number", "values")

    def __init__(
        self, columns: tuple[str, ...], values: tuple[Value, ...], line: int, number: int, places: Places
    ) -> None:
        self.columns = columns
        """The columns this row names. Rows of a seeder that name the same ones share one tuple object."""
        self.values = values
        self.line = line
        """Where the row begins, counted from 1."""
        self.number = number
        """Which row of the file it is, counted from 0."""
        self._places = places

    def at(self, column: str | None = None) -> Position:
        """Where the row stands, or the value of one of its cells."""
        return self._places.at(self, column)

    def at_name(self, column: str) -> Position:
        """Where the name of one of the row's columns stands: in the row, in the header or in `defaults`."""
        return self._places.at(self, column, name=True)


class Places(Protocol):
    """Finds again where rows stand, which is seldom asked."""

    def at(self, row: Row, column: str | None, *, name: bool = False) -> Position:
        """Where `row` stands, or the value or the name of one of its cells."""
        ...


class RowSource(Protocol):
    """Rows that can be read again and again."""

    def rows(self) -> Iterator[Row]:
        """Read the rows anew. Raises `SeedFileError` at the first one that is wrong."""
        ...


class Fields(Protocol):
    """The fields of a seed file, for their positions."""

    def at(self, *path: str) -> Position:
        """Where a field's value stands, or the innermost part of `path` that is there."""
        ...


class Mode(enum.StrEnum):
    """What a seeder does with the rows it finds."""

    UPSERT = "upsert"
    INSERT = "insert"


class Policy(enum.StrEnum):
    """What to do about rows or cells that are not as the seeder left them."""

    OVERWRITE = "overwrite"
    KEEP = "keep"
    FAIL = "fail"
    RESTORE = "restore"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Timestamps:
    """The columns that take the time of a row's first and latest write. None: there is none of that kind.

    When `explicit`, the seed file names them and they must exist; otherwise they are used where they exist.
    """

    created: str | None = "created_at"
    updated: str | None = "updated_at"
    explicit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeder:
    """A named unit of work made from one seed file. One whose file is wrong is of this very class."""

    name: str
    file: str
    """As shown to people."""
    environments: frozenset[str] = frozenset()
    """Where it runs; empty for everywhere."""
    depends_on: tuple[str, ...] = ()
    required: bool = False
    error: SeederError | None = None
    """Why it can't run. The other seeders do."""
    sources: tuple[Path, ...] = ()
    """Every file it is made from: its own first, then sidecar, `!file` and `ddl`."""
    origin: Origin | None = field(default=None, repr=False, compare=False)
    """The same in a form that outlasts the run. None: it can't be told, as of an installed module."""

    hashes: Hashes = field(default_factory=Hashes, repr=False, compare=False)
    """Those of the `sources` that were read already."""

    @property
    def names(self) -> tuple[str | None, ...]:
        """What is said by its name when the seeder runs."""
        return (self.name, self.file)

    def digest(self) -> bytes:
        """The sha256 of everything it is made from. Raises `SeedFileError` if a file can't be read.

        It is of no later content than the rows if it is first asked for before they are read.
        """
        whole = hashlib.sha256()
        for path in self.sources:
            try:
                whole.update(self.hashes.of(path))
            except OSError as error:
                raise unreadable(error, Position(self.file), f"{path.name} ") from None
        return whole.digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSeeder(Seeder):
    """A seeder that says which rows a table should hold."""

    table: TableName
    key: tuple[str, ...] | None = None
    """None: the table's primary key."""
    formerly: tuple[str, ...] = ()
    """The names that it had, as written: `NAME` or `APPLICATION/NAME`. It takes over the rows of those."""
    ddl: str | None = None
    """SQL that creates the table where it is missing."""
    ddl_allowed: bool = False
    insert_only: frozenset[str] = frozenset()
    mode: Mode = Mode.UPSERT
    existing_rows: Policy = Policy.OVERWRITE
    edited_rows: Policy = Policy.KEEP
    deleted_rows: Policy = Policy.RESTORE
    retired_rows: Policy | Mapping[str, Value] = Policy.KEEP
    """A mapping holds the cells that `{set: …}` gives a retired row."""
    timestamps: Timestamps | None = Timestamps()
    """None: left alone."""
    references: frozenset[TableName] = frozenset()
    """The tables that its `!ref` cells name."""
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """What its `!env` cells hold, for whoever masks output."""
    source: RowSource = field(repr=False)
    fields: Fields | None = field(default=None, repr=False)

    @property
    def names(self) -> tuple[str | None, ...]:
        """What is said by its name when the seeder runs."""
        tables = (self.table, *self.references)
        return (
            self.name,
            self.file,
            *(each for table in tables for each in (table.schema, table.name, str(table))),
        )

    def rows(self) -> Iterator[Row]:
        """The rows, read anew and streaming. Raises `SeedFileError` at the first one that is wrong."""
        return self.source.rows()

    def at(self, *path: str) -> Position:
        """Where a field of the seed file stands, as in `at("key")` or `at("insert_only", "enabled")`."""
        return self.fields.at(*path) if self.fields else Position(self.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlSeeder(Seeder):
    """A seeder that is an SQL script."""

    run: OneOf["always", "changed"] = "always"
    script: str = field(repr=False)
    """Its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonSeeder(Seeder):
    """A seeder that is a Python module: a file, or an installed module by its dotted name."""

    module: str | None = None
    """The dotted name; None for a file, which is `path`."""
    code: bytes = field(repr=False)
    """What the file holds."""

    @property
    def path(self) -> Path:
        """The file that holds the module's code."""
        return self.sources[0]

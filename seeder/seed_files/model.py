"""Seeders: what seed files say, once read, in the words that every other room uses."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from typing import Literal as OneOf

from seeder.errors import Position, SeederError, Tell, refuse
from seeder.seed_files.inputs import Inputs
from seeder.seed_files.text import unreadable
from seeder.seed_files.values import TableName, Value, has_secret

if TYPE_CHECKING:
    from seeder.seed_files.document import Document
    from seeder.seed_files.rows import Row, Rows


class RowSource(Protocol):
    """Rows that can be read again and again."""

    def rows(self) -> Iterator[Row]:
        """Read the rows anew. Raises `SeedFileError` at the first one that is wrong."""
        ...


@runtime_checkable
class KeyedSource(RowSource, Protocol):
    """Rows that can be read only by whoever knows their key."""

    def keyed(self, key: Sequence[str], tell: Tell = refuse) -> RowSource:
        """The rows, if their key is `key`. What does not fit it is told; by default the first is raised."""
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
    inputs: Inputs = field(repr=False, compare=False)
    """What it is made from."""

    @property
    def sources(self) -> tuple[Path, ...]:
        """Every file it is made from: its own first, then sidecar, `!file` and `ddl`."""
        return self.inputs.files

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
                whole.update(self.inputs.hash_of(path))
            except OSError as error:
                raise unreadable(error, Position(self.file), f"{path.name} ") from None
        return whole.digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSeeder(Seeder):
    """A seeder that says which rows a table should hold."""

    table: TableName
    key: tuple[str, ...] | None = None
    """None: the table's primary key."""
    where: Mapping[str, Value] = field(default_factory=dict)
    """The part of the table that it fills, by columns and their plain values; empty for all of it."""
    formerly: tuple[str, ...] = ()
    """The names that it had, as written: `NAME` or `APPLICATION/NAME`. It takes over the rows of those."""
    ddl: str | None = None
    """SQL that creates the table where it is missing."""
    ddl_allowed: bool = False
    insert_only: frozenset[str] = frozenset()
    mode: Mode = Mode.UPSERT
    existing_rows: Policy | None = None
    """None: the default, which depends on the ledger (see `Comparison.existing_rows`)."""
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
    overlays: Mapping[str, str] = field(default_factory=dict)
    """The overlays that lie beside its file, as shown to people, by their environments."""
    overlay: str | None = None
    """The one of them that its rows are from too: that of the run's environment."""
    history: Rows | None = field(default=None, repr=False)
    """The rows that earlier releases shipped. Their `!file` cells are `FileDigest`; none holds a secret."""
    document: Document | None = field(default=None, repr=False)
    """The YAML or JSON file that has the fields; None if there is none."""

    @property
    def names(self) -> tuple[str | None, ...]:
        """What is said by its name when the seeder runs."""
        tables = (self.table, *self.references)
        return (
            self.name,
            self.file,
            *(each for table in tables for each in (table.schema, table.name, str(table))),
        )

    def keyed(self, key: Sequence[str], tell: Tell = refuse) -> DataSeeder:
        """The seeder, if `key` identifies its rows. Overlays need it, and not every seed file says it.

        What does not fit the key is told; by default the first mistake is raised.
        """
        if self.key is None and isinstance(self.source, KeyedSource):
            return replace(self, source=self.source.keyed(key, tell))
        return self

    def rows(self) -> Iterator[Row]:
        """The rows, read anew and streaming. Raises `SeedFileError` at the first one that is wrong."""
        return self.source.rows()

    def secret_columns(self) -> set[str]:
        """The columns that `!env` feeds in any row. Raises `SeedFileError` at the first row that is wrong."""
        if not self.secrets:
            return set()
        cells = (cell for row in self.rows() for cell in zip(row.columns, row.values, strict=True))
        return {column for column, value in cells if has_secret(value)}

    def at(self, *path: str) -> Position:
        """Where a field of the seed file stands, as in `at("key")` or `at("insert_only", "enabled")`."""
        return self.document.at(*path) if self.document else Position(self.file)


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

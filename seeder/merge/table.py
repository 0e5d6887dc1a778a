"""What a table looks like, as the catalogue describes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from psycopg.sql import Composable

from seeder.errors import Position, SeedFileError
from seeder.postgres.statements import name, part, text
from seeder.seed_files.suggestions import did_you_mean

# PostgreSQL writes the fields of an interval between the type's name and its precision.
_WITH_FIELDS = "interval"

# Types whose equal values have one text each.
_ONE_TEXT = frozenset(
    [
        "int2",
        "int4",
        "int8",
        "oid",
        "text",
        "varchar",
        "bpchar",
        "name",
        "uuid",
        "bool",
        "date",
        "timestamp",
        "timestamptz",
        "bytea",
        "inet",
        "cidr",
        "macaddr",
        "macaddr8",
        "bit",
        "varbit",
        "time",
    ]
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table in the database.

    `type` is the type's name as people know it, `numeric(10,2)`; `base` and `base_schema` name the type beneath any
    domain; `category` is `pg_type.typcategory`. `equality` is the operator by which its values are equal, None if
    they have none. `collation` is its collation, and `deterministic` whether texts that are equal by it have the same
    bytes. `missing` is
    what a migration filled in when it added the column. `sequence` is the OID of the sequence that it draws from.
    """

    name: str
    number: int
    type: str
    type_oid: int
    type_schema: str
    type_name: str
    element_schema: str | None
    element_name: str | None
    base: str
    base_schema: str
    category: str
    by_extension: bool
    not_null: bool
    generated: bool
    identity: str
    readable: bool
    missing: str | None
    sequence: int | None
    equality: tuple[str, str] | None
    collation: tuple[str, str] | None
    deterministic: bool

    @property
    def is_json(self) -> bool:
        """Whether its values are JSON documents."""
        return self.base in {"json", "jsonb"} and self.base_schema == "pg_catalog"

    @property
    def built_in(self) -> bool:
        """Whether its type is PostgreSQL's own, so that nobody else can have made a cast from or to it."""
        return self.base_schema == "pg_catalog"

    @property
    def has_fixed_text(self) -> bool:
        """Whether a value's text never changes. An enum's label may be renamed, and what a `regclass` names."""
        return self.built_in and not self.base.removeprefix("_").startswith("reg")

    @property
    def castable(self) -> bool:
        """Whether a text may be cast to its type: nobody but the owner of a type can have made a cast to it."""
        return self.built_in or self.by_extension

    @property
    def one_text(self) -> bool:
        """Whether equal values of its type have the same text."""
        return (self.built_in and self.base in _ONE_TEXT and self.deterministic) or self.category == "E"

    @property
    def sql_type(self) -> Composable:
        """The type as SQL, with its schema and its modifier."""
        if (
            self.type.startswith(_WITH_FIELDS)
            and self.type != _WITH_FIELDS
            and self.type_schema == "pg_catalog"
        ):
            return part(self.type.replace("%", "%%"))
        schema, own, array = self.type_schema, self.type_name, ""
        if self.element_schema is not None and self.element_name is not None and self.type.endswith("[]"):
            schema, own, array = self.element_schema, self.element_name, "[]"
        opened, closed = self.type.find("("), self.type.rfind(")")
        modifier = self.type[opened : closed + 1] if 0 < opened < closed and self._has_modifier else ""
        return part("{}" + modifier + array, name(schema, own))

    @property
    def _has_modifier(self) -> bool:
        # A parenthesis in a quoted name is none.
        return not self.type.removesuffix("[]").endswith('"')


@dataclass(frozen=True)
class Table:
    """A table in the database: an ordinary or a partitioned one.

    `dropped` holds the numbers of columns that are gone. `altered_on_insert` tells whether a trigger may make another
    row of the one that is inserted.
    """

    schema: str
    name: str
    kind: str
    oid: int
    columns: Mapping[str, Column]
    primary_key: tuple[str, ...]
    unique_keys: tuple[frozenset[str], ...]
    """The sets of columns in which no two rows are the same, NULL included."""
    dropped: frozenset[int]
    altered_on_insert: bool

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def is_writable(self) -> bool:
        """Whether rows can be told apart and written: views and foreign tables have no `ctid` to rely on."""
        return self.kind in {"r", "p"}

    @cached_property
    def sql(self) -> Composable:
        """The table's qualified name."""
        return name(self.schema, self.name)

    def column(self, name: str, at: Callable[[], Position]) -> Column:
        """The column called `name`. Raises `SeedFileError` at the place that `at` returns if there is none."""
        if name not in self.columns:
            raise SeedFileError(
                f'no column "{name}" in {self}{did_you_mean(name, self.columns)}',
                position=at(),
                table=str(self),
            )
        return self.columns[name]

    @cached_property
    def by_number(self) -> Mapping[int, Column]:
        """The columns by their attribute number."""
        return {column.number: column for column in self.columns.values()}

    @classmethod
    def from_catalogue(cls, found: Mapping[str, Any]) -> Table:
        """Build a table from the row that `look.sql` returned."""
        columns = (
            Column(
                **{
                    **entry,
                    "equality": entry["equality"] and tuple(entry["equality"]),
                    "collation": entry["collation"] and tuple(entry["collation"]),
                }
            )
            for entry in found["columns"] or ()
        )
        return cls(
            schema=found["schema_name"],
            name=found["table_name"],
            kind=found["kind"],
            oid=found["oid"],
            columns={column.name: column for column in columns},
            primary_key=tuple(found["primary_key"] or ()),
            # A key on one table says nothing of the rows of those that inherit from it.
            unique_keys=() if found["inherited"] else tuple(map(frozenset, found["unique_keys"] or ())),
            dropped=frozenset(found["dropped"] or ()),
            altered_on_insert=found["altered_on_insert"],
        )


def as_text(value: str | None) -> Composable:
    """A text of the catalogue's, or NULL."""
    return part("CAST(NULL AS pg_catalog.text)") if value is None else text(value)

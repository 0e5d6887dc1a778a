"""The ledger: what the seeder last wrote, kept in the target database in a schema of its own.

One entry per seeded row holds the row's key in clear and up to two digests per cell: of the value as the seed file
desired it, and, where a trigger, a type or padding made it another, of the value as it stood after our write. No
cell's value is stored. A digest's place in an entry's array is the column's place in `targets.columns`, which only
ever grows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.schema import CreateSchema, CreateTable

from seeder.database.tables import quote
from seeder.errors import SeedingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

FORM = 1
"""The form of the ledger that this version writes. Raise it together with a step in `_UPGRADES`."""

_UPGRADES: dict[int, Sequence[str]] = {}
"""Statements, by the form they start from, with `{schema}` for the quoted schema."""

UNLISTED = "unlisted"
"""`entries.retired`: the seed file no longer lists the row, and the row was left as it is."""
SET = "set"
"""`entries.retired`: as `UNLISTED`, and `retired_rows: {set: …}` was applied."""


@dataclass(frozen=True, slots=True)
class Established:
    """What establishing the ledger took."""

    written: bool
    created: bool = False


@dataclass(frozen=True, slots=True)
class Registered:
    """Under which numbers the ledger enters a seeder's rows of a table; the places of digests count from 1."""

    seeder_id: int
    target_id: int
    places: Mapping[str, int]


@dataclass
class Ledger:
    """The ledger's tables in one schema."""

    schema: str
    metadata: MetaData = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.metadata = MetaData(schema=self.schema)
        self.form = Table(
            "form",
            self.metadata,
            Column("form", Integer, nullable=False),
            comment="The form of seeder's ledger.",
        )
        self.seeders = Table(
            "seeders",
            self.metadata,
            Column("id", Integer, Identity(always=True), primary_key=True),
            Column("name", Text, nullable=False, unique=True),
            Column("digest", BYTEA, nullable=True),
            Column("changed_at", DateTime(timezone=True), nullable=True),
            comment="The seeders that wrote here, and the sha256 of the files that each last applied.",
        )
        self.targets = Table(
            "targets",
            self.metadata,
            Column("id", Integer, Identity(always=True), primary_key=True),
            Column("name", Text, nullable=False),
            Column("key", ARRAY(Text), nullable=False),
            Column("columns", ARRAY(Text), nullable=False),
            UniqueConstraint("name", "key"),
            comment="The tables that were seeded, by the columns that identify their rows.",
        )
        self.entries = Table(
            "entries",
            self.metadata,
            Column("target_id", Integer, ForeignKey(self.targets.c.id), primary_key=True),
            Column("key", ARRAY(Text), primary_key=True),
            Column("seeder_id", Integer, ForeignKey(self.seeders.c.id), nullable=False),
            Column("adopted", Boolean, nullable=False),
            Column("retired", Text, nullable=True),
            Column("desired", ARRAY(BYTEA), nullable=False),
            Column("stored", ARRAY(BYTEA), nullable=True),
            comment="One entry per seeded row: its key, and sha256 digests of its cells.",
        )

    def has_form(self, connection: Connection) -> bool:
        """Whether the ledger is there, in the form that this version writes.

        Raises `SeedingError` where a newer version has been here.
        """
        if not self._exists(connection):
            return False
        found = connection.scalar(select(self.form.c.form))
        self.check_form(found)
        return found == FORM

    def establish(self, connection: Connection) -> Established:
        """Create the ledger where it is not, and bring it to the form of this version. The caller holds its lock.

        Raises `SeedingError` that names the grant where the role may not, or where a newer version has been here.
        """
        if not self._exists(connection):
            self._create(connection)
            return Established(written=True, created=True)
        return Established(written=self._upgrade(connection))

    def _exists(self, connection: Connection) -> bool:
        return connection.scalar(select(func.to_regclass(quote(self.schema, "form")).is_not(None))) or False

    def _create(self, connection: Connection) -> None:
        role, database, usable = connection.execute(
            select(
                func.current_user(),
                func.current_database(),
                func.to_regnamespace(quote(None, self.schema)).is_not(None),
            )
        ).one()
        try:
            if not usable:
                connection.execute(CreateSchema(self.schema))
            for each in self.metadata.sorted_tables:
                connection.execute(CreateTable(each))
        except ProgrammingError as error:
            if getattr(error.orig, "sqlstate", None) != "42501":
                raise
            missing = (
                f'GRANT CREATE ON SCHEMA "{self.schema}" TO "{role}"'
                if usable
                else f'GRANT CREATE ON DATABASE "{database}" TO "{role}"'
            )
            raise SeedingError(
                f'role "{role}" may not create the ledger in schema "{self.schema}"; let it ({missing}), name a '
                "schema it owns (--ledger), or do without (--ledger off)",
                sqlstate="42501",
            ) from error
        connection.execute(insert(self.form).values(form=FORM))

    def check_form(self, found: int | None) -> None:
        """Raise `SeedingError` where a newer version has been here, or the ledger is damaged."""
        if found is None:
            raise SeedingError(
                f'the ledger in schema "{self.schema}" is damaged: the table "form" is empty; restore it from a '
                "backup, or drop the schema to begin anew, which forgets what people edited"
            )
        if found > FORM:
            raise SeedingError(
                f'the ledger in schema "{self.schema}" has form {found}, and this version knows {FORM}: '
                "a newer seeder has been here; use that one"
            )

    def _upgrade(self, connection: Connection) -> bool:
        found: int | None = connection.scalar(select(self.form.c.form))
        self.check_form(found)
        assert found is not None  # noqa: S101 - checked just now
        form = found
        while form < FORM:
            for statement in _UPGRADES[form]:
                connection.execute(text(statement.format(schema=quote(None, self.schema))))
            form += 1
            connection.execute(update(self.form).values(form=form))
        return form != found

    def register_seeder(self, connection: Connection, name: str) -> int:
        """The number of the seeder `name`, given now where it has none."""
        found = connection.scalar(select(self.seeders.c.id).where(self.seeders.c.name == name))
        if found is None:
            found = connection.scalar(insert(self.seeders).values(name=name).returning(self.seeders.c.id))
        assert found is not None  # noqa: S101 - checked just now
        return int(found)

    def register(
        self, connection: Connection, seeder: str, table: str, key: Sequence[str], columns: Sequence[str]
    ) -> Registered:
        """Under which numbers the seeder's rows of a table with this key are entered.

        Columns that have no place for their digests yet get the next ones; one may be named twice, as compared and as
        set on retirement. The caller holds the table's lock.
        """
        seeder_id = self.register_seeder(connection, seeder)
        targets = self.targets
        found = connection.execute(
            select(targets.c.id, targets.c.columns).where(targets.c.name == table, targets.c.key == list(key))
        ).one_or_none()
        if found is None:
            places = list(dict.fromkeys(columns))
            number = connection.scalar(
                insert(targets).values(name=table, key=list(key), columns=places).returning(targets.c.id)
            )
        else:
            number, known = found
            places = list(dict.fromkeys([*known, *columns]))
            if len(places) > len(known):
                connection.execute(update(targets).where(targets.c.id == number).values(columns=places))
        assert number is not None  # noqa: S101 - RETURNING of an INSERT of one row
        return Registered(seeder_id, number, {column: place for place, column in enumerate(places, start=1)})

    def digest_applied(self, connection: Connection, name: str) -> bytes | None:
        """The digest of the files that the seeder `name` last applied, if it ever did."""
        digest: bytes | None = connection.scalar(
            select(self.seeders.c.digest).where(self.seeders.c.name == name)
        )
        return digest

    def note_applied(self, connection: Connection, seeder_id: int, digest: bytes, *, changed: bool) -> None:
        """Note which files were last applied and, where anything changed, when."""
        values: dict[str, object] = {"digest": digest}
        if changed:
            values["changed_at"] = func.clock_timestamp()
        connection.execute(update(self.seeders).where(self.seeders.c.id == seeder_id).values(**values))

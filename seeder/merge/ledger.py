"""The ledger: what the seeder last wrote, kept in the target database in a schema of its own.

`sql/ledger.sql` describes its tables. No cell's value is stored: keys stand in clear, cells as digests.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from psycopg.errors import InsufficientPrivilege
from psycopg.sql import Composable

from seeder.errors import SeedingError
from seeder.merge.applied import Applied
from seeder.merge.expressions import NULL, UNKNOWN
from seeder.merge.sql_files import statement
from seeder.postgres.connection import Connection
from seeder.postgres.statements import name, part, run, text

if TYPE_CHECKING:
    from seeder.config.release import Release
    from seeder.merge.registration import Registration
    from seeder.merge.table import Table
    from seeder.postgres.privileges import Needed

FORM: Final = 2
"""The form of the ledger that this version writes."""

_FORM_1: Final = ("form", "seeders", "targets", "entries")
"""The tables of form 1, by which it is told from other tables of these names."""

_TABLES: Final = ("form", "applications", "seeders", "tables", "rows")


@dataclass(frozen=True, slots=True)
class Established:
    """What establishing the ledger took."""

    written: bool
    created: bool = False


@dataclass(frozen=True)
class Ledger:
    """The ledger's tables in one schema, and the application for which it is kept.

    `release` is that of the seeds of this run, and `withdraw` the newer one that it replaces. `overtaken` are releases
    that do not count any more: rows of seeders that were last applied under one of these pass to whoever lists them.
    """

    schema: str
    application: str = "default"
    release: Release | None = None
    withdraw: Release | None = None
    overtaken: tuple[str, ...] = ()

    @property
    def has_releases(self) -> bool:
        """Whether the application can have releases: it has to be named."""
        return self.application != "default"

    @cached_property
    def names(self) -> Mapping[str, Composable]:
        """The qualified names of the ledger's tables, for the statements that use them."""
        return {each: name(self.schema, f"seeder_{each}") for each in _TABLES}

    @property
    def needed(self) -> Needed:
        """The privileges that it takes to use the ledger."""
        # A run that lacks none does without the module.
        from seeder.postgres.privileges import Needed

        tables = [f"seeder_{each}" for each in _TABLES]
        return Needed([self.schema], tables, ("SELECT", "INSERT", "UPDATE", "DELETE"), whole_schema=True)

    @property
    def needed_to_read(self) -> Needed:
        """The privileges that it takes to show what is in the ledger."""
        return replace(self.needed, privileges=("SELECT",))

    def has_form(self, connection: Connection) -> bool:
        """Whether the ledger is there, in the form that this version writes.

        Raises `SeedingError` if a newer version has been here.
        """
        found = self._form(connection)
        if found is None:
            return False
        self.check_form(found)
        return found == FORM

    def is_outdated(self, connection: Connection) -> bool:
        """Whether an older version wrote the ledger, and no run of this one has upgraded it yet."""
        found = self._form(connection)
        return found is not None and 0 < found < FORM

    def establish(self, connection: Connection) -> Established:
        """Create the ledger if it is missing, and bring it to the form of this version. The caller holds its lock.

        Raises `SeedingError` that names the grant if the role may not, or if a newer version has been here.
        """
        found = self._form(connection)
        if found is None:
            self._create(connection)
            return Established(written=True, created=True)
        self.check_form(found)
        if found == FORM:
            return Established(written=False)
        self._check_owner(connection)
        run(connection, statement("ledger", schema=name(self.schema)))
        run(connection, self._upgrade())
        return Established(written=True)

    def check_form(self, found: int | None) -> None:
        """Raise `SeedingError` if a newer version has been here, or the ledger is damaged."""
        if found is None or found < 1:
            raise SeedingError(
                f'the ledger in schema "{self.schema}" is damaged: the table "seeder_form" is empty; restore it from '
                "a backup, or drop the schema to begin anew, which forgets what people edited"
            )
        if found > FORM:
            raise SeedingError(
                f'a newer version of seeder wrote the ledger in schema "{self.schema}", in form {found}, and this '
                f"version knows form {FORM}; use the newer version"
            )

    def _form(self, connection: Connection) -> int | None:
        """The ledger's form, 0 if it is damaged, None if there is no ledger."""
        tables = self._there(connection).tables or []
        newer, older = "seeder_form" in tables, set(_FORM_1) <= set(tables)
        if not newer and not older:
            return None
        table = self.names["form"] if newer else name(self.schema, "form")
        return run(connection, part("SELECT form FROM {}", table)).scalar() or 0

    def _create(self, connection: Connection) -> None:
        role, database = run(connection, part("SELECT current_user, pg_catalog.current_database()")).one()
        there = self._there(connection)
        usable = there.has_schema
        try:
            if not usable:
                run(connection, part("CREATE SCHEMA {}", name(self.schema)))
            run(connection, statement("ledger", schema=name(self.schema)))
            # Another table may have the name that versions of form 1 look for.
            if "form" not in (there.tables or []):
                run(connection, statement("guard", schema=name(self.schema)))
        except InsufficientPrivilege as error:
            missing = (
                f'GRANT CREATE ON SCHEMA "{self.schema}" TO "{role}"'
                if usable
                else f'GRANT CREATE ON DATABASE "{database}" TO "{role}"'
            )
            raise SeedingError(
                f'role "{role}" may not create the ledger in schema "{self.schema}"; run {missing}, or name a '
                "schema that it owns (--ledger), or do without (--ledger off)",
                sqlstate="42501",
            ) from error

    def _check_owner(self, connection: Connection) -> None:
        """Raise `SeedingError` if only another role may bring the ledger to the form of this version."""
        role, owner, may = run(
            connection,
            part(
                "SELECT current_user, pg_catalog.pg_get_userbyid(c.relowner), "
                "pg_catalog.pg_has_role(c.relowner, 'USAGE') "
                "AND pg_catalog.has_schema_privilege(c.relnamespace, 'CREATE') "
                "FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
                "WHERE n.nspname = %(schema)s AND c.relname = 'entries'"
            ),
            {"schema": self.schema},
        ).one()
        if not may:
            raise SeedingError(
                f'the ledger in schema "{self.schema}" was written by an older version, and role "{role}" may not '
                f'upgrade it; run this version once as "{owner}", which owns it and may create tables in that schema',
                sqlstate="42501",
            )

    def _there(self, connection: Connection) -> Any:
        """Whether the schema is there (`has_schema`), and the names of its `tables` that may be the ledger's."""
        names = ["seeder_form", *_FORM_1]
        return run(connection, statement("ledger_tables"), {"schema": self.schema, "names": names}).one()

    def _upgrade(self) -> Composable:
        def cut(digest: Composable) -> Composable:
            return statement("upgraded_digest", digest=digest, unknown=UNKNOWN, null=NULL)

        return statement(
            "upgrade_1",
            schema=name(self.schema),
            desired=cut(name("c", "desired")),
            stored=cut(name("c", "stored")),
            seeders_name=text(_quoted(self.schema, "seeder_seeders")),
            tables_name=text(_quoted(self.schema, "seeder_tables")),
        )

    def register_seeder(self, connection: Connection, seeder: str) -> int:
        """The number of the seeder of this application, given now if it has none."""
        found = self._seeder(connection, seeder)
        if found is not None:
            return found
        self.register_application(connection)
        run(
            connection,
            part(
                "INSERT INTO {} (application_id, name) SELECT a.id, %(seeder)s FROM {} AS a "
                "WHERE a.name = %(application)s ON CONFLICT DO NOTHING",
                self.names["seeders"],
                self.names["applications"],
            ),
            {"application": self.application, "seeder": seeder},
        )
        found = self._seeder(connection, seeder)
        assert found is not None  # noqa: S101 - inserted just now, by us or by another
        return found

    def register_application(self, connection: Connection) -> None:
        """Enter the application, if the ledger does not know it."""
        run(
            connection,
            part(
                "INSERT INTO {} (name) SELECT %(application)s WHERE NOT EXISTS ("
                "SELECT FROM {} AS a WHERE a.name = %(application)s) ON CONFLICT DO NOTHING",
                self.names["applications"],
                self.names["applications"],
            ),
            {"application": self.application},
        )

    def _seeder(self, connection: Connection, seeder: str) -> int | None:
        found: int | None = run(
            connection,
            part(
                "SELECT s.id FROM {} AS s JOIN {} AS a ON a.id = s.application_id "
                "WHERE a.name = %(application)s AND s.name = %(seeder)s",
                self.names["seeders"],
                self.names["applications"],
            ),
            {"application": self.application, "seeder": seeder},
        ).scalar()
        return found

    def register(
        self,
        connection: Connection,
        seeder: str,
        table: Table,
        key: Sequence[str],
        cells: Sequence[str],
        *,
        known: Registration,
    ) -> Registration:
        """Enter the seeder and its table, with digests for the columns `cells`. The caller holds the table's lock.

        Columns that the table has by now, and cells that have no digests yet, get the next places. Returns what the
        ledger knows from here on.
        """
        noted = known.grown(table, key, cells)
        values = {
            "schema": table.schema,
            "name": table.name,
            "relation": table.oid,
            "columns": list(noted.columns),
            "numbers": list(noted.numbers),
            "types": list(noted.types),
            "key": list(noted.key),
            "slots": list(noted.slots),
            "id": known.table_id,
        }
        if known.table_id is None:
            number: int | None = run(
                connection,
                part(
                    "INSERT INTO {tables} "
                    "(schema_name, table_name, relation, ledger, columns, numbers, types, key, slots) "
                    "VALUES (%(schema)s, %(name)s, %(relation)s, {ledger}, %(columns)s, %(numbers)s, %(types)s, "
                    "%(key)s, %(slots)s) RETURNING id",
                    tables=self.names["tables"],
                    ledger=self._own_oid,
                ),
                values,
            ).scalar()
        else:
            number = known.table_id
            if noted != known or known.stale:
                run(
                    connection,
                    part(
                        "UPDATE {tables} SET schema_name = %(schema)s, table_name = %(name)s, "
                        "relation = %(relation)s, ledger = {ledger}, columns = %(columns)s, numbers = %(numbers)s, "
                        "types = %(types)s, slots = %(slots)s WHERE id = %(id)s",
                        tables=self.names["tables"],
                        ledger=self._own_oid,
                    ),
                    values,
                )
        return replace(
            noted,
            table_id=number,
            seeder_id=self.register_seeder(connection, seeder),
            stale=False,
            trusted=True,
        )

    @property
    def _own_oid(self) -> Composable:
        return part("CAST({} AS pg_catalog.regclass)", self.form_name)

    @property
    def form_name(self) -> Composable:
        """The quoted name of the table whose OID tells whether others noted in the ledger still count."""
        return text(_quoted(self.schema, "seeder_form"))

    def count_entries(self, connection: Connection, known: Registration) -> tuple[int, int]:
        """How many rows the seeder has in the ledger that its seed file lists, and that it no longer lists."""
        listed, unlisted = run(
            connection,
            part(
                "SELECT pg_catalog.count(*) FILTER (WHERE entry.retired IS NULL), pg_catalog.count(entry.retired) "
                "FROM {} AS entry WHERE entry.table_id = %(table_id)s AND entry.seeder_id = %(seeder_id)s",
                self.names["rows"],
            ),
            {"table_id": known.table_id, "seeder_id": known.seeder_id},
        ).one()
        return listed, unlisted

    def count_left_behind(
        self, connection: Connection, known: Registration | None, names: Collection[str]
    ) -> int:
        """How many entries of the table there are still under former names of the seeder, APPLICATION/NAME each."""
        found: int | None = run(
            connection,
            part(
                "SELECT pg_catalog.count(*) FROM {rows} AS entry JOIN {seeders} AS s ON s.id = entry.seeder_id "
                "JOIN {applications} AS a ON a.id = s.application_id WHERE entry.table_id = %(table_id)s "
                "AND a.name || '/' || s.name = ANY (CAST(%(names)s AS pg_catalog.text[]))",
                **self.names,
            ),
            {"table_id": known.table_id if known else None, "names": list(names)},
        ).scalar()
        return found or 0

    def count_kept(self, connection: Connection, seeder: str) -> int:
        """How many cells the ledger has as kept, in the rows of the seeder of this application."""
        found: int = run(
            connection,
            part(
                "SELECT coalesce(pg_catalog.sum(pg_catalog.cardinality(entry.kept)), 0) FROM {rows} AS entry "
                "JOIN {seeders} AS s ON s.id = entry.seeder_id JOIN {applications} AS a ON a.id = s.application_id "
                "WHERE a.name = %(application)s AND s.name = %(seeder)s AND entry.kept IS NOT NULL",
                **self.names,
            ),
            {"application": self.application, "seeder": seeder},
        ).scalar()
        return int(found)

    def applied(self, connection: Connection, seeder: str) -> Applied:
        """What the seeder of this application last applied, if it ever did."""
        found = run(
            connection,
            part(
                "SELECT s.digest, s.release, s.earlier FROM {} AS s JOIN {} AS a ON a.id = s.application_id "
                "WHERE a.name = %(application)s AND s.name = %(seeder)s",
                self.names["seeders"],
                self.names["applications"],
            ),
            {"application": self.application, "seeder": seeder},
        ).one_or_none()
        return Applied() if found is None else Applied(found.digest, found.release, found.earlier or ())

    def note_applied(
        self, connection: Connection, seeder_id: int, digest: bytes, before: Applied, *, changed: bool
    ) -> None:
        """Note which files were last applied, of which release, what they replaced and, if anything changed, when."""
        run(
            connection,
            part(
                "UPDATE {} SET digest = %(digest)s, release = %(release)s, "
                "earlier = nullif(CAST(%(earlier)s AS pg_catalog.bytea[]), '{{}}'), changed_at = "
                "CASE WHEN %(changed)s THEN pg_catalog.clock_timestamp() ELSE changed_at END WHERE id = %(id)s",
                self.names["seeders"],
            ),
            {
                "digest": digest,
                "release": None if self.release is None else str(self.release),
                "earlier": before.replaced_by(digest),
                "changed": changed,
                "id": seeder_id,
            },
        )

    def known_as(self, seeder: str, application: str | None = None) -> str:
        """What a seeder is called before people: APPLICATION/NAME, without `default`, which nobody has named."""
        own = self.application if application is None else application
        return seeder if own == self.application == "default" else f"{own}/{seeder}"

    def holder(self, connection: Connection, seeder_id: int) -> tuple[str, str]:
        """What that seeder is called, and this with its release and when it last changed a row, for people."""
        application, seeder, release, changed_at = run(
            connection,
            part(
                "SELECT a.name, s.name, s.release, "
                "pg_catalog.to_char(s.changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') "
                "FROM {} AS s JOIN {} AS a ON a.id = s.application_id WHERE s.id = %(id)s",
                self.names["seeders"],
                self.names["applications"],
            ),
            {"id": seeder_id},
        ).one()
        known = self.known_as(seeder, application)
        said = [
            *([f"release {release}"] if release else []),
            *([f"last wrote {changed_at} UTC"] if changed_at else []),
        ]
        return known, f'"{known}" ({", ".join(said)})' if said else f'"{known}"'


def _quoted(*names: str) -> str:
    return ".".join('"' + each.replace('"', '""') + '"' for each in names)


ABSENT: Final[Mapping[str, Composable]] = {
    "rows": part(
        "(SELECT CAST(NULL AS pg_catalog.int4) AS table_id, CAST(NULL AS pg_catalog.text) AS key, "
        "CAST(NULL AS pg_catalog.int4) AS seeder_id, CAST(NULL AS pg_catalog.bool) AS adopted, "
        "CAST(NULL AS pg_catalog.text) AS retired, CAST(NULL AS pg_catalog.int2) AS seen, "
        "CAST(NULL AS pg_catalog.bytea) AS cells, CAST(NULL AS pg_catalog.bytea) AS stored, "
        "CAST(NULL AS pg_catalog.bytea) AS rest, CAST(NULL AS pg_catalog.xid) AS xmin, "
        "CAST(NULL AS pg_catalog.int2[]) AS kept, CAST(NULL AS pg_catalog.timestamptz[]) AS kept_at WHERE false)"
    ),
    "form": part("(SELECT CAST(NULL AS pg_catalog.xid) AS xmin WHERE false)"),
    "tables": part(
        "(SELECT CAST(NULL AS pg_catalog.int4) AS id, CAST(NULL AS pg_catalog.xid) AS xmin WHERE false)"
    ),
    "seeders": part(
        "(SELECT CAST(NULL AS pg_catalog.int4) AS id, CAST(NULL AS pg_catalog.int4) AS application_id, "
        "CAST(NULL AS pg_catalog.text) AS name WHERE false)"
    ),
    "applications": part(
        "(SELECT CAST(NULL AS pg_catalog.int4) AS id, CAST(NULL AS pg_catalog.text) AS name WHERE false)"
    ),
}
"""Stands for the ledger's tables if there is no ledger: it knows of no row."""

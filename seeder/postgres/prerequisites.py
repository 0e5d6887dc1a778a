"""What else must be there before a run: a table, or another tool's migration, as that tool itself has noted it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import psycopg
from psycopg import sql

from seeder.config.prerequisite import Prerequisite
from seeder.errors import NotReadyError
from seeder.masking import redact
from seeder.postgres.connection import Connection
from seeder.postgres.deadline import Deadline
from seeder.postgres.failures import describe, is_connection_lost
from seeder.postgres.pinning import pin_settings
from seeder.postgres.statements import joined, part, run
from seeder.postgres.statements import name as quoted

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger


_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.25, 1.0
_REPORT_EVERY: Final = 10.0
_PATIENCE: Final = 2.0
"""Seconds that one look may wait for a migration that holds the table it looks at."""


class Sighting(NamedTuple):
    """Whether it is there, and what was seen in its stead."""

    there: bool
    seen: str


def look(connection: Connection, prerequisite: Prerequisite) -> Sighting:
    """See whether it is there, in the transaction that `connection` is in."""
    return _KINDS[prerequisite.kind](prerequisite.name)(connection)


def wait_for_prerequisites(
    wanted: Sequence[Prerequisite],
    connect: Callable[[], Connection],
    *,
    deadline: Deadline,
    log: FilteringBoundLogger,
    sleep: Callable[[float], None] = time.sleep,
) -> Connection:
    """Connect, and look again and again until everything `wanted` is there or the deadline has passed.

    Each look is a transaction of its own. A connection that is lost meanwhile is made anew by `connect`, which
    keeps to the same deadline. Raises `NotReadyError`, which says what was seen last, and what `connect` raises.
    """
    connection = connect()
    seen, said_at = "", 0.0
    for prerequisite in wanted:
        while True:
            try:
                sighting = _look(connection, prerequisite, deadline)
            except psycopg.Error as error:
                if not is_connection_lost(error):
                    raise
                connection.close()
                connection = connect()
                continue
            except BaseException:
                connection.close()
                raise
            if sighting.there:
                seconds = round(deadline.elapsed, 3)
                log.info("prerequisite.ready", prerequisite=str(prerequisite), duration_seconds=seconds)
                break
            if deadline.passed:
                connection.close()
                raise NotReadyError(
                    f'"{prerequisite}" was not there in time: {sighting.seen} '
                    f"(looked for {deadline.elapsed:.0f} s)"
                )
            now = time.monotonic()
            if sighting.seen != seen or now - said_at >= _REPORT_EVERY:
                seen, said_at = sighting.seen, now
                log.info("prerequisite.waiting", prerequisite=str(prerequisite), seen=seen)
            pause = random.uniform(_SHORTEST_PAUSE, _LONGEST_PAUSE)  # noqa: S311 - no secret
            sleep(min(pause, deadline.remaining))
    return connection


def _look(connection: Connection, prerequisite: Prerequisite, deadline: Deadline) -> Sighting:
    try:
        with connection.transaction():
            patience = max(0.1, min(_PATIENCE, deadline.remaining))
            pin_settings(connection, lock_timeout=patience, reading=False)
            return look(connection, prerequisite)
    except psycopg.Error as error:
        if is_connection_lost(error):
            raise
        if isinstance(error, psycopg.errors.LockNotAvailable):
            return Sighting(False, "a migration under way holds the table")
        return Sighting(False, describe(error))


def _table(name: str) -> Callable[[Connection], Sighting]:
    schema, dot, own = name.rpartition(".")
    # Quoted, so that case and dots are kept.
    qualified = sql.Identifier(*([schema] if dot else []), own).as_string(None)

    def look(connection: Connection) -> Sighting:
        found = run(
            connection, part("SELECT pg_catalog.to_regclass(%(name)s) IS NOT NULL"), {"name": qualified}
        ).scalar()
        return Sighting(bool(found), f"there is no table {name}")

    return look


def _alembic(revision: str) -> Callable[[Connection], Sighting]:
    def look(connection: Connection) -> Sighting:
        rows = _history(connection, "alembic_version", "version_num")
        if rows is None:
            return _no_history("alembic_version")
        heads = sorted(row.version_num for row in rows)
        return Sighting(
            revision in heads, f"alembic_version is at {_noted(', '.join(heads)) or 'no revision'}"
        )

    return look


def _django(name: str) -> Callable[[Connection], Sighting]:
    app, _, migration = name.partition(".")

    def look(connection: Connection) -> Sighting:
        rows = _history(connection, "django_migrations", "app", "name")
        if rows is None:
            return _no_history("django_migrations")
        applied = sorted(row.name for row in rows if row.app == app)
        latest = (
            f"the latest migration of {app} is {_noted(applied[-1])}"
            if applied
            else f"no migration of {app} is applied"
        )
        return Sighting(migration in applied, latest)

    return look


def _flyway(version: str) -> Callable[[Connection], Sighting]:
    wanted = _flyway_version(version)

    def look(connection: Connection) -> Sighting:
        history = _history(
            connection, "flyway_schema_history", "version", "type", "installed_rank", "success"
        )
        if history is None:
            return _no_history("flyway_schema_history")
        applied: dict[tuple[Any, ...], bool] = {}
        baseline: tuple[Any, ...] | None = None
        for row in sorted(history, key=lambda row: int(row.installed_rank)):
            if row.version is None:
                continue
            at = _flyway_version(row.version)
            taken_back = row.type.startswith("UNDO") or row.type == "DELETE"
            applied[at] = row.success and not taken_back
            if row.type == "BASELINE" and row.success:
                baseline = at
        if applied.get(wanted) or (baseline is not None and wanted <= baseline):
            return Sighting(True, "")
        if wanted in applied:
            return Sighting(False, f"version {version} failed or was undone")
        done = [at for at, there in applied.items() if there]
        latest = ".".join(str(part) for _, part in max(done)) if done else "none"
        return Sighting(False, f"the latest version applied is {_noted(latest)}")

    return look


def _flyway_version(text: str) -> tuple[Any, ...]:
    """Flyway's versions compare part by part as numbers, and 1 is 1.0."""
    parts: list[Any] = [
        (1, int(part)) if part.isdecimal() else (0, part)
        for part in text.strip().replace("_", ".").split(".")
    ]
    while len(parts) > 1 and parts[-1] == (1, 0):
        parts.pop()
    return tuple(parts)


def _liquibase(name: str) -> Callable[[Connection], Sighting]:
    parts = name.split("::")

    def look(connection: Connection) -> Sighting:
        rows = _history(
            connection, "databasechangelog", "id", "author", "filename", "exectype", "orderexecuted"
        )
        if rows is None:
            return _no_history("databasechangelog")
        # Liquibase itself writes file::id::author where an id alone is not enough.
        found = [row for row in rows if name == row.id or parts == [row.filename, row.id, row.author]]
        if any(row.exectype in {"EXECUTED", "RERAN", "MARK_RAN"} for row in found):
            return Sighting(True, "")
        if found:
            return Sighting(False, f"change set {name} is noted as {_noted(found[-1].exectype)}")
        if not rows:
            return Sighting(False, "databasechangelog is empty")
        latest = max(rows, key=lambda row: int(row.orderexecuted))
        return Sighting(False, f"the latest change set is {_noted(latest.id)}")

    return look


_KINDS: Final[dict[str, Callable[[str], Callable[[Connection], Sighting]]]] = {
    "table": _table,
    "alembic": _alembic,
    "django": _django,
    "flyway": _flyway,
    "liquibase": _liquibase,
}


def _history(connection: Connection, name: str, *columns: str) -> list[Any] | None:
    """The rows of a tool's table, in whichever schema it keeps it, or None if there is no such table."""
    schemas = run(
        connection,
        part(
            "SELECT n.nspname FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_class AS c "
            "ON c.relnamespace OPERATOR(pg_catalog.=) n.oid WHERE c.relname OPERATOR(pg_catalog.=) %(name)s "
            "AND pg_catalog.strpos('rpv', CAST(c.relkind AS pg_catalog.text)) OPERATOR(pg_catalog.>) 0 "
            "ORDER BY n.nspname"
        ),
        {"name": name},
    ).scalars()
    if not schemas:
        return None
    listed = joined(map(quoted, columns))
    return [
        row
        for schema in schemas
        for row in run(connection, part("SELECT {} FROM {}", listed, quoted(schema, name)))
    ]


def _noted(text: str) -> str:
    """What stands in another tool's table, as it may be shown."""
    return str(redact(text))


def _no_history(name: str) -> Sighting:
    return Sighting(False, f"there is no table {name} yet")

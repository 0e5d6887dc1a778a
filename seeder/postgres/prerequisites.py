"""What else must be there before a run: a table, or another tool's migration, as that tool itself has noted it."""

from __future__ import annotations

import contextlib
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
from seeder.postgres.pinning import pin_path, pin_settings
from seeder.postgres.statements import joined, part, run, sql_file
from seeder.postgres.statements import name as quoted
from seeder.postgres.url import address_of

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
    if prerequisite.kind == "table":
        return _table(connection, prerequisite.name)
    understand, table, columns = _TOOLS[prerequisite.kind]
    rows = _history(connection, table, *columns)
    if rows is None:
        return Sighting(False, f"there is no table {table} yet")
    return understand(rows, prerequisite.name)


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
                where = address_of(connection.info)
                connection.close()
                raise NotReadyError(
                    f'"{prerequisite}" was not there in time ({where}): {sighting.seen} '
                    f"(looked for {deadline.elapsed:.0f} s); see that the migration runs, or raise --wait-timeout"
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
        return Sighting(False, describe(error) + _grant(connection, prerequisite, error))


def _grant(connection: Connection, prerequisite: Prerequisite, error: psycopg.Error) -> str:
    """What lets the role read the table of another tool, as the end of a sentence; nothing if that is not known."""
    if prerequisite.kind == "table" or not isinstance(error, psycopg.errors.InsufficientPrivilege):
        return ""
    from seeder.postgres.privileges import Needed, remedy

    _, table, _ = _TOOLS[prerequisite.kind]
    with contextlib.suppress(psycopg.Error), connection.transaction(force_rollback=True):
        pin_path(connection)
        needed = (Needed([schema], [table], ["SELECT"]) for schema in _schemas(connection, table))
        if found := remedy(connection, error, needed):
            return f"; {found}"
    return ""


def _table(connection: Connection, name: str) -> Sighting:
    schema, dot, own = name.rpartition(".")
    # Quoted, so that case and dots are kept.
    qualified = sql.Identifier(*([schema] if dot else []), own).as_string(None)
    found = run(connection, part("SELECT pg_catalog.to_regclass(%(name)s) IS NOT NULL"), {"name": qualified})
    return Sighting(bool(found.scalar()), f"there is no table {name}")


def _alembic(rows: Sequence[Any], revision: str) -> Sighting:
    heads = sorted(row.version_num for row in rows)
    return Sighting(revision in heads, f"alembic_version is at {_noted(', '.join(heads)) or 'no revision'}")


def _django(rows: Sequence[Any], name: str) -> Sighting:
    app, _, migration = name.partition(".")
    applied = sorted(row.name for row in rows if row.app == app)
    if not applied:
        return Sighting(False, f"no migration of {app} is applied")
    return Sighting(migration in applied, f"the latest migration of {app} is {_noted(applied[-1])}")


def _flyway(rows: Sequence[Any], version: str) -> Sighting:
    wanted = _flyway_version(version)
    applied: dict[tuple[Any, ...], bool] = {}
    baseline: tuple[Any, ...] | None = None
    for row in sorted(rows, key=lambda row: int(row.installed_rank)):
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


def _flyway_version(text: str) -> tuple[Any, ...]:
    """Flyway's versions compare part by part as numbers, and 1 is 1.0."""
    parts: list[Any] = [
        (1, int(part)) if part.isdecimal() else (0, part)
        for part in text.strip().replace("_", ".").split(".")
    ]
    while len(parts) > 1 and parts[-1] == (1, 0):
        parts.pop()
    return tuple(parts)


def _liquibase(rows: Sequence[Any], name: str) -> Sighting:
    # Liquibase itself writes file::id::author where an id alone is not enough.
    parts = name.split("::")
    found = [row for row in rows if name == row.id or parts == [row.filename, row.id, row.author]]
    if any(row.exectype in {"EXECUTED", "RERAN", "MARK_RAN"} for row in found):
        return Sighting(True, "")
    if found:
        return Sighting(False, f"change set {name} is noted as {_noted(found[-1].exectype)}")
    if not rows:
        return Sighting(False, "databasechangelog is empty")
    latest = max(rows, key=lambda row: int(row.orderexecuted))
    return Sighting(False, f"the latest change set is {_noted(latest.id)}")


_TOOLS: Final[dict[str, tuple[Callable[[Sequence[Any], str], Sighting], str, tuple[str, ...]]]] = {
    "alembic": (_alembic, "alembic_version", ("version_num",)),
    "django": (_django, "django_migrations", ("app", "name")),
    "flyway": (_flyway, "flyway_schema_history", ("version", "type", "installed_rank", "success")),
    "liquibase": (
        _liquibase,
        "databasechangelog",
        ("id", "author", "filename", "exectype", "orderexecuted"),
    ),
}
"""How the rows of each tool's table are understood, the table, and its columns."""


def _history(connection: Connection, name: str, *columns: str) -> list[Any] | None:
    """The rows of a tool's table, in whichever schema it keeps it, or None if there is no such table."""
    schemas = _schemas(connection, name)
    if not schemas:
        return None
    listed = joined(map(quoted, columns))
    return [
        row
        for schema in schemas
        for row in run(connection, part("SELECT {} FROM {}", listed, quoted(schema, name)))
    ]


def _schemas(connection: Connection, name: str) -> list[str]:
    return run(connection, sql_file("seeder.postgres", "history").format(), {"name": name}).scalars()


def _noted(text: str) -> str:
    """What stands in another tool's table, as it may be shown."""
    return str(redact(text))

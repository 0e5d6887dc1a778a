"""`seeder status`: what each seeder holds in the database, and what has become of it since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import psycopg

from seeder.errors import CodeNotAllowedError, SeederError
from seeder.merge import releases
from seeder.merge.held import held, seeders_of
from seeder.merge.ledger import Ledger
from seeder.merge.target import find_target
from seeder.postgres.connection import Connection
from seeder.postgres.failures import describe
from seeder.reporting.table import table
from seeder.run.reading import is_readable, reading
from seeder.seed_files import DataSeeder, Seeder


@dataclass(frozen=True, slots=True)
class SeederStatus:
    """What a seeder holds. Counts are rows; None is unknown, because the seeder has not run here.

    `changed_at` is when it last changed a row, in ISO 8601. `edited` counts rows in which somebody changed a cell,
    `kept_existing` those with cells that were kept as they were before the seeder, `conflicts` those in which the seed
    file changed too what somebody had edited, `deleted` those that somebody deleted, `retired` those that its seed file
    no longer lists; `pending` tells whether its files differ from what was last applied, `release` is the one under
    which they were last applied, and `superseded` tells whether a run would leave it alone because a newer release has
    been here.
    """

    name: str
    file: str | None
    table: str | None
    changed_at: str | None = None
    rows: int | None = None
    edited: int | None = None
    kept_existing: int | None = None
    conflicts: int | None = None
    deleted: int | None = None
    retired: int | None = None
    pending: bool | None = None
    release: str | None = None
    superseded: bool = False
    error: str | None = None
    needs_code: bool = False
    """Whether `error` is that it is code, and that code may not run."""


@dataclass(frozen=True, slots=True)
class Status:
    """The status of each seeder, and a sentence on the newest release, if there is one."""

    seeders: Sequence[SeederStatus]
    release: str | None = None


def inspect(connection: Connection, seeders: Sequence[Seeder], ledger: Ledger) -> Status:
    """The status of each of `seeders`, and of those that the ledger knows and whose file is gone.

    Reads, and writes nothing. Without a ledger in the database nothing is known of any. Raises `SeedingError` if an
    older version wrote the ledger, and no run has upgraded it yet.
    """
    with reading(connection) as schemas:
        if not is_readable(connection, ledger):
            return Status([_unknown(seeder) for seeder in seeders])
        newest = releases.ask(connection, ledger)
        superseded = newest.standing(ledger) is releases.Standing.SUPERSEDED
        known = {row.name: row for row in seeders_of(connection, ledger)}
        statuses = []
        for seeder in seeders:
            status = replace(_unknown(seeder), superseded=superseded)
            if seeder.name in known and seeder.error is None:
                row = known[seeder.name]
                status = replace(
                    status,
                    changed_at=row.changed_at,
                    release=row.release,
                    pending=row.digest is None or bytes(row.digest) != seeder.digest(),
                )
                if isinstance(seeder, DataSeeder):
                    status = _counted(connection, seeder, ledger, schemas, status)
            statuses.append(status)
        names = {seeder.name for seeder in seeders}
        statuses += [_without_file(row) for name, row in known.items() if name not in names]
        return Status(statuses, _about(newest, ledger, superseded=superseded))


def _about(newest: releases.Newest, ledger: Ledger, *, superseded: bool) -> str | None:
    if newest.release is None:
        return None
    since = f" since {newest.since}" if newest.since else ""
    up_to = f"; {newest.withdrawn} was withdrawn" if newest.withdrawn else ""
    known = f'the newest release of application "{ledger.application}" is {newest.release}{since}{up_to}'
    if superseded:
        return f'application "{ledger.application}": {newest.why(ledger.release)}; a run would change nothing{up_to}'
    return known


def as_table(status: Status) -> str:
    """The statuses for people, in columns."""
    statuses = status.seeders
    heads = (
        *("seeder", "table", "last change", "rows"),
        *("edited", "as before", "conflicts", "deleted", "retired", "file"),
    )
    lines = table([heads, *map(_line, statuses)], right=range(3, 9))
    errors = [f"{status.name}: {status.error}" for status in statuses if status.error]
    below = [*errors, *([status.release] if status.release else [])]
    return "\n".join([*lines, *([""] if below else []), *below])


def as_dicts(status: Status) -> list[dict[str, Any]]:
    """The statuses for programs, for which `error` says enough of code."""
    return [
        {name: value for name, value in asdict(each).items() if name != "needs_code"}
        for each in status.seeders
    ]


def _line(status: SeederStatus) -> tuple[str, ...]:
    counts = (
        *(status.rows, status.edited, status.kept_existing),
        *(status.conflicts, status.deleted, status.retired),
    )
    if status.file is None:
        file = "gone"
    elif status.needs_code:
        file = "needs --allow-code"
    elif status.error is not None:
        file = "broken"
    else:
        file = {None: "never applied", True: "changed since", False: "applied"}[status.pending]
    return (
        status.name,
        status.table or "",
        (status.changed_at or "never")[:19],
        *("" if count is None else str(count) for count in counts),
        file,
    )


def _unknown(seeder: Seeder) -> SeederStatus:
    name = str(seeder.table) if isinstance(seeder, DataSeeder) else None
    return SeederStatus(
        seeder.name,
        seeder.file,
        name,
        needs_code=isinstance(seeder.error, CodeNotAllowedError),
        error=None if seeder.error is None else str(seeder.error),
    )


def _counted(
    connection: Connection,
    seeder: DataSeeder,
    ledger: Ledger,
    schemas: Sequence[str],
    status: SeederStatus,
) -> SeederStatus:
    try:
        with connection.transaction():
            target = find_target(connection, seeder, ledger, schemas, create_tables=False)
            holds = None if target is None else held(connection, target, ledger)
    except SeederError as error:
        return replace(status, error=str(error))
    except psycopg.Error as error:
        return replace(status, error=describe(error))
    if target is None or holds is None:
        return status
    return replace(status, table=str(target.table), **asdict(holds))


def _without_file(row: Any) -> SeederStatus:
    return SeederStatus(row.name, None, row.table_name, row.changed_at, int(row.rows), release=row.release)

"""`seeder status`: what each seeder holds in the database, and what has become of it since."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, and_, cast, func, select
from sqlalchemy.exc import DBAPIError

from seeder.database.failures import describe
from seeder.database.session import pin_settings
from seeder.errors import SeederError
from seeder.files import DataSeeder
from seeder.merge import Holdings, Ledger, find_target
from seeder.reporting import table

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from seeder.files import Seeder


@dataclass(frozen=True, slots=True)
class SeederStatus:
    """What a seeder holds. Counts are rows; None is unknown, because the seeder has not run here.

    `changed_at` is when it last changed a row, in ISO 8601. `edited` counts rows in which somebody changed a cell,
    `deleted` those that somebody deleted, `retired` those that its seed file no longer lists; `pending` tells whether
    its files differ from what was last applied.
    """

    name: str
    file: str | None
    table: str | None
    changed_at: str | None = None
    rows: int | None = None
    edited: int | None = None
    deleted: int | None = None
    retired: int | None = None
    pending: bool | None = None
    error: str | None = None


def inspect(connection: Connection, seeders: Sequence[Seeder], ledger: Ledger) -> list[SeederStatus]:
    """The status of each of `seeders`, and of those that the ledger knows and whose file is gone.

    Reads, and writes nothing. Without a ledger in the database nothing is known of any.
    """
    with connection.begin():
        pin_settings(connection, lock_timeout=10)
        if not ledger.has_form(connection):
            return [_unknown(seeder) for seeder in seeders]
        known = {
            row.name: row
            for row in connection.execute(
                select(
                    ledger.seeders.c.name,
                    ledger.seeders.c.digest,
                    cast(ledger.seeders.c.changed_at, Text).label("changed_at"),
                )
            )
        }
        statuses = []
        for seeder in seeders:
            status = _unknown(seeder)
            if seeder.name in known and seeder.error is None:
                row = known[seeder.name]
                status = replace(status, changed_at=row.changed_at, pending=row.digest != seeder.digest())
                if isinstance(seeder, DataSeeder):
                    status = _counted(connection, seeder, ledger, status)
            statuses.append(status)
        return statuses + _without_file(connection, ledger, {seeder.name for seeder in seeders})


def as_table(statuses: Sequence[SeederStatus]) -> str:
    """The statuses for people, in columns."""
    heads = ("seeder", "table", "last change", "rows", "edited", "deleted", "retired", "file")
    lines = table([heads, *map(_line, statuses)], right=range(3, 7))
    errors = [f"{status.name}: {status.error}" for status in statuses if status.error]
    return "\n".join([*lines, *([""] if errors else []), *errors])


def as_dicts(statuses: Sequence[SeederStatus]) -> list[dict[str, Any]]:
    """The statuses for programs."""
    return [asdict(status) for status in statuses]


def _line(status: SeederStatus) -> tuple[str, ...]:
    counts = (status.rows, status.edited, status.deleted, status.retired)
    if status.file is None:
        file = "gone"
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
        seeder.name, seeder.file, name, error=None if seeder.error is None else str(seeder.error)
    )


def _counted(
    connection: Connection, seeder: DataSeeder, ledger: Ledger, status: SeederStatus
) -> SeederStatus:
    try:
        with connection.begin_nested():
            return _count(connection, seeder, ledger, status)
    except SeederError as error:
        return replace(status, error=str(error))
    except DBAPIError as error:
        return replace(status, error=describe(error))


def _count(connection: Connection, seeder: DataSeeder, ledger: Ledger, status: SeederStatus) -> SeederStatus:
    target = find_target(connection, seeder, ledger, create_tables=False)
    if target is None or target.registration is None or target.registration.target_id is None:
        return status
    holdings = Holdings(target, ledger, target.registration)
    there = holdings.live.c.tableoid.is_not(None)
    found = connection.execute(
        select(
            func.count(),
            func.count().filter(and_(there, ~holdings.as_seeded)),
            func.count().filter(~there),
            func.count().filter(and_(there, holdings.retired)),
        )
        .select_from(holdings.entries.outerjoin(holdings.live, holdings.same_key))
        .where(holdings.ours)
    ).one()
    rows, edited, deleted, retired = found
    return replace(
        status, table=str(target.table), rows=rows, edited=edited, deleted=deleted, retired=retired
    )


def _without_file(connection: Connection, ledger: Ledger, names: Collection[str]) -> list[SeederStatus]:
    seeders, entries, targets = ledger.seeders, ledger.entries, ledger.targets
    found = connection.execute(
        select(
            seeders.c.name,
            func.min(targets.c.name),
            cast(seeders.c.changed_at, Text),
            func.count(entries.c.seeder_id),
        )
        .select_from(
            seeders.outerjoin(entries, entries.c.seeder_id == seeders.c.id).outerjoin(
                targets, targets.c.id == entries.c.target_id
            )
        )
        .where(seeders.c.name.not_in(names))
        .group_by(seeders.c.id)
        .order_by(seeders.c.name)
    )
    return [SeederStatus(name, None, held, changed_at, rows) for name, held, changed_at, rows in found]

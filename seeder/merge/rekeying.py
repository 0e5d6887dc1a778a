"""Carry the ledger's entries over when a seed file names other key columns than it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, and_, cast, delete, func, literal, null, or_, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, array

from seeder.merge.cells import constant, equal, key_text, key_value

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from seeder.files.model import DataSeeder
    from seeder.merge.ledger import Ledger, Registered
    from seeder.merge.target import Former, Target


def rekey(connection: Connection, seeder: DataSeeder, target: Target, ledger: Ledger) -> None:
    """Give the seeder's entries under former keys the key that their live rows have now.

    An entry whose row is gone, or whose former key columns are gone, has nothing to be found by: it is dropped.
    """
    registration = target.registration
    assert registration is not None  # noqa: S101 - only called where there is a ledger
    for former in registration.former:
        registered = ledger.register(
            connection, seeder.name, str(target.table), [key.name for key in target.key], list(former.places)
        )
        _move(connection, target, ledger, former, registered)


def _move(
    connection: Connection,
    target: Target,
    ledger: Ledger,
    former: Former,
    registered: Registered,
) -> None:
    entries, live = ledger.entries, target.table.clause.alias("live")
    moved = (
        delete(entries)
        .where(entries.c.target_id == former.target_id, entries.c.seeder_id == registered.seeder_id)
        .returning(*entries.c)
        .cte("moved")
    )
    columns = target.table.columns
    if any(name not in columns for name in former.key):
        connection.execute(select(func.count()).select_from(moved))
        return
    found: list[ColumnElement[bool]] = []
    for place, name in enumerate(former.key, start=1):
        key, entered = columns[name], moved.c.key[constant(place)]
        equals = equal(key, live.c[name], key_value(key, entered))
        found.append(equals if key.not_null else or_(equals, and_(live.c[name].is_(None), entered.is_(None))))

    def carried(digests: ColumnElement[Any]) -> ColumnElement[Any]:
        cells: list[Any] = [
            digests[constant(former.places[name])] if name in former.places else cast(null(), BYTEA)
            for name in registered.places
        ]
        return cast(array(cells, type_=BYTEA), ARRAY(BYTEA))

    source = select(
        literal(registered.target_id, Integer),
        array([key_text(key, live.c[key.name]) for key in target.key]),
        moved.c.seeder_id,
        moved.c.adopted,
        moved.c.retired,
        carried(moved.c.desired),
        carried(moved.c.stored),
    ).select_from(moved.join(live, and_(*found)))
    names = ["target_id", "key", "seeder_id", "adopted", "retired", "desired", "stored"]
    connection.execute(postgresql.insert(entries).from_select(names, source).on_conflict_do_nothing())

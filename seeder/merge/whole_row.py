"""The whole row: whether anybody has touched any column of it since our last write."""

from __future__ import annotations

from typing import Any, Final

from psycopg.sql import Composable

from seeder.merge.expressions import canonical, digest, texts
from seeder.merge.sql_files import statement
from seeder.merge.table import as_text
from seeder.merge.target import Target
from seeder.postgres.statements import joined, name, number, part

_NO_CELLS: Final = part(r"CAST('\x00' AS pg_catalog.bytea)")
"""Stands in the ledger for the digest of no cells: most seed files list all columns, and a digest is eight bytes."""


def _key_names(target: Target) -> set[str]:
    """The columns of the key under which the ledger knows the table."""
    known = target.registration
    return set(known.key_columns if known and known.key else (each.name for each in target.key))


def whole_row_parameters(target: Target) -> dict[str, Any]:
    """The parameters of `as_left`."""
    known, table = target.registration, target.table
    covered = _key_names(target) | target.stamps
    if known is not None:
        covered |= {column for column in known.slot_columns if column is not None}
    return {
        "gone": known.gone_slots if known else [],
        "complete": all(each.name in covered or each.generated for each in table.columns.values()),
    }


def as_left() -> Composable:
    """Whether nobody has touched any column of a live row since our last write, over the columns of `pairs`."""
    return statement("as_left", slot_digest=digest(name("slot", "live")))


def live_slots(target: Target) -> Composable:
    """The texts of the cells of a row of `live` that have digests, in the order of their slots."""
    known, columns = target.registration, target.table.columns
    return texts(
        as_text(None) if column is None else canonical(columns[column], name("live", column))
        for column in (known.slot_columns if known else ())
    )


def rest(target: Target, before: tuple[Composable, Composable] | None = None) -> Composable:
    """A digest of all cells of a row of `live` that have none of their own; one byte if there are no such cells.

    With `before`, as it would have been taken when the ledger knew so many columns, and so many of them had digests.
    NULL if a column cannot be read: then nobody can tell.
    """
    known, columns = target.registration, target.table.columns
    keys = _key_names(target)
    if known is None or not all(each.readable for each in columns.values()):
        return part("CAST(NULL AS pg_catalog.bytea)")
    cells: list[Composable] = []
    for place, column in enumerate(known.columns, start=1):
        if column is None or column in keys or columns[column].generated:
            continue
        slot = known.slot(column)
        shown = part("{} || {}", part(f"'{place}:'"), canonical(columns[column], name("live", column)))
        if before is not None:
            seen, slots = before
            condition = part("{} <= {}", number(place), seen)
            if slot is not None:
                condition = part("{} AND {} > {}", condition, number(slot), slots)
            cells.append(part("CASE WHEN {} THEN {} END", condition, shown))
        elif slot is None:
            cells.append(shown)
    if not cells:
        return _NO_CELLS
    # Cells that are NULL, or that were not there at the time, leave no trace.
    shown = part("nullif(pg_catalog.array_to_string({}, ','), '')", texts(map(_quoted, cells)))
    return digest(shown, _NO_CELLS)


def _quoted(cell: Composable) -> Composable:
    # Quoted, so that no two rows have one text.
    return part("pg_catalog.quote_literal({})", cell)


def additions_untouched(target: Target, seen: Composable) -> Composable:
    """Whether the columns that were added since hold NULL, or what the migration filled in."""
    known, keys = target.registration, _key_names(target)
    conditions: list[Composable] = []
    for column in target.table.columns.values():
        if column.name in keys or column.generated:
            continue
        if not column.readable:
            return part("false")
        live = name("live", column.name)
        untouched = part("pg_catalog.num_nulls({}) = 1", live)
        if column.missing is not None:
            untouched = part("{} OR {} = {}", untouched, canonical(column, live), as_text(column.missing))
        place = known.place(column.name) if known else None
        if place is not None:
            untouched = part("{} <= {} OR {}", number(place), seen, untouched)
        conditions.append(part("({})", untouched))
    return joined(conditions, " AND ", "true")


def slots_of(cells: Composable) -> Composable:
    """How many cells have digests in the bytes of `cells`."""
    return part("(pg_catalog.octet_length({}) / 8)", cells)

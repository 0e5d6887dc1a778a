"""A difference row by row and cell by cell, for people who asked to see it: the one output that shows values."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select

from seeder.merge.cells import canonical
from seeder.merge.comparison import Action, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sqlalchemy import ColumnElement, Connection

    from seeder.merge.application import Difference

    Show = Callable[[Iterable["Change"]], None]

MASKED = "***"
"""Stands for a value of a column that `!env` feeds."""


class Kind(enum.StrEnum):
    """What becomes of a row."""

    ADDED = "added"
    CHANGED = "changed"
    KEPT = "kept"
    """Somebody edited or deleted it, and it stays so."""
    CONFLICT = "conflict"
    """Somebody edited it, the seed file changed it too, and it stays as it is."""
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell's text as it is and as it is desired. None is NULL."""

    live: str | None
    desired: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one row, and of which of its cells."""

    kind: Kind
    key: Mapping[str, str | None]
    cells: Mapping[str, CellChange]


def changes(connection: Connection, difference: Difference) -> Iterator[Change]:
    """The rows of a difference in the order of the seed file, those left out that only the ledger learns of.

    A row of which some cells are written and others stay is told twice, once for each.
    """
    comparison, rows, stage = difference.comparison, difference.table, difference.stage
    live = comparison.target.table.clause.alias("live")
    layout = comparison.layout
    inserted = [cell for name, cell in layout.cells.items() if name not in _names(comparison.target.key)]
    columns: list[ColumnElement[Any]] = [rows.c.action, rows.c.states, rows.c.shape, rows.c.key]
    for number, cell in enumerate(inserted):
        columns.append(canonical(cell.column, stage.c[cell.name]).label(f"desired_{number}"))
        columns.append(canonical(cell.column, live.c[cell.column.name]).label(f"live_{number}"))
    same_version = and_(live.c.ctid == rows.c.version, live.c.tableoid == rows.c.relation)
    source = rows.join(stage, stage.c.n == rows.c.n).outerjoin(live, same_version)
    places = {cell.column.name: place for place, cell in enumerate(comparison.written)}
    for row in connection.execute(select(*columns).select_from(source).order_by(rows.c.n)).mappings():
        key = dict(zip(_names(comparison.target.key), row["key"], strict=True))
        if row["action"] == Action.GONE:
            yield Change(Kind.KEPT, key, {})
            continue
        named = layout.shapes[row["shape"]]
        cells = {
            cell.column.name: _cell(row, number, masked=cell.column.name in layout.secret_columns)
            for number, cell in enumerate(inserted)
            if cell.column.name in named
        }
        if row["action"] == Action.INSERT:
            yield Change(Kind.ADDED, key, cells)
        elif row["action"] == Action.COMPARE:
            for kind, states in _TOLD:
                told = {name: cells[name] for name in cells if _state(row, places, name) in states}
                if told:
                    yield Change(kind, key, told)


_TOLD = (
    (Kind.CHANGED, (State.WRITE,)),
    (Kind.CONFLICT, (State.CONFLICT,)),
    (Kind.KEPT, (State.EDITED, State.ADOPT)),
)


def _names(key: Iterable[Any]) -> list[str]:
    return [each.name for each in key]


def _state(row: Mapping[Any, Any], places: Mapping[str, int], name: str) -> int:
    place = places.get(name)
    return State.SAME if place is None else row["states"][place]


def _cell(row: Mapping[Any, Any], number: int, *, masked: bool) -> CellChange:
    return cell_change(row[f"live_{number}"], row[f"desired_{number}"], masked=masked)


def cell_change(live: str | None, desired: str | None, *, masked: bool) -> CellChange:
    """What becomes of a cell; a masked one shows only what is NULL."""
    return CellChange(*(MASKED if masked and value is not None else value for value in (live, desired)))

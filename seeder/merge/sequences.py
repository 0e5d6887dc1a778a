"""Raise the sequence behind a column that was given explicit values, so that the next default does not collide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, bindparam, column, func, select, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Table

    from seeder.merge.layout import Cell

# `setval` would lower the sequence if others drew from it between our reading and our setting. `nextval` can't, so a
# small gap is closed by drawing; nobody draws ten thousand values in the microseconds of the other case.
_RAISE = text("""\
WITH behind AS (
    SELECT s.seqincrement AS step, :reached AS reached, s.seqmax AS highest, s.seqmin AS lowest,
        coalesce(pg_sequence_last_value(s.seqrelid), s.seqstart - s.seqincrement) AS last_value
    FROM pg_sequence AS s WHERE s.seqrelid = CAST(:sequence AS regclass)
), gap AS (
    SELECT *, ceil((reached - last_value) / step::numeric)::bigint AS draws FROM behind
    WHERE reached BETWEEN lowest AND highest AND (reached - last_value) * sign(step) > 0
)
SELECT CASE WHEN gap.draws > 10000 THEN setval(CAST(:sequence AS regclass), gap.reached)
    ELSE (SELECT max(nextval(CAST(:sequence AS regclass))) FROM generate_series(1, gap.draws)) END
FROM gap
""").bindparams(bindparam("reached", type_=BigInteger))

_DESCENDING = text("SELECT seqincrement < 0 FROM pg_sequence WHERE seqrelid = CAST(:sequence AS regclass)")


def raise_sequences(connection: Connection, stage: Table, cells: Iterable[Cell]) -> None:
    """Raise the sequences behind those staged columns that have one to the highest value staged; never lower one."""
    for cell in cells:
        sequence = cell.column.sequence
        if sequence is None or cell.column.category != "N":
            continue
        descending = connection.scalar(_DESCENDING, {"sequence": sequence})
        furthest = func.min if descending else func.max
        reached = connection.scalar(select(furthest(column(cell.name, BigInteger))).select_from(stage))
        if reached is not None:
            connection.execute(_RAISE, {"sequence": sequence, "reached": reached})

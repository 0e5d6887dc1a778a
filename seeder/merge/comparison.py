"""Compare three ways, inside the database: the cell as it is, as it was last seeded, and as it is desired now.

`sql/compare.sql` is the comparison. This module names its numbers, and puts in what varies from table to table.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from psycopg.sql import Composable

from seeder.merge.expressions import (
    UNKNOWN,
    as_key,
    canonical,
    cell_digest,
    digest,
    equal,
    same,
    same_image,
    texts,
)
from seeder.merge.ledger import ABSENT, Ledger
from seeder.merge.registration import Registration
from seeder.merge.resolution import Resolution, Take
from seeder.merge.shipped import Shipped
from seeder.merge.sql_files import statement
from seeder.merge.staged_columns import Cell, Layout
from seeder.merge.table import Column, as_text
from seeder.merge.target import Target
from seeder.merge.whole_row import (
    additions_untouched,
    as_left,
    live_slots,
    rest,
    slots_of,
    whole_row_parameters,
)
from seeder.postgres.statements import NOTHING, joined, name, number, part
from seeder.seed_files.model import DataSeeder, Mode, Policy


class Action(enum.IntEnum):
    """What becomes of a row."""

    COMPARE = 0
    """The row is there: its cells say what happens."""
    INSERT = 1
    GONE = 2
    """Somebody deleted the row, and `deleted_rows: keep`."""
    LEAVE = 3
    """The row is there, and `mode: insert` touches none that is."""
    EXISTS = 4
    """The row was there before us, and `existing_rows: fail`."""
    CLAIMED = 5
    """Another seeder holds the row."""
    PENDING = 6
    """Another seeder of this run holds the row, and has not said yet whether it still lists it."""


class State(enum.IntEnum):
    """What becomes of a cell of a row that is there."""

    SAME = 0
    WRITE = 1
    NOTE = 2
    """Nothing to write, and the ledger does not know it yet."""
    EDITED = 3
    """Somebody changed it, and the seed file did not: it stays."""
    CONFLICT = 4
    """Somebody changed it, and the seed file did too: it stays, and the ledger takes note of the new desired value."""
    ADOPT = 5
    """It was there before us, differs, and `existing_rows: keep`: it stays, and the ledger takes note of that."""
    FAIL = 6
    """It differs, and the policy is to fail."""
    KEPT = 7
    """It was there before us, differs, and `existing_rows: keep`: it stays, and the ledger knows that."""
    OPEN = 8
    """Somebody changed it, and the seed file did too: it stays, and the ledger knows that."""


_THERE_BEFORE_US = {Policy.OVERWRITE: State.WRITE, Policy.KEEP: State.ADOPT, Policy.FAIL: State.FAIL}
_EDITED_AND_CHANGED = {Policy.OVERWRITE: State.WRITE, Policy.KEEP: State.CONFLICT, Policy.FAIL: State.FAIL}

_TAKEN = {Take.SEED: State.WRITE, Take.LIVE: State.NOTE}
"""A live value that is accepted is noted as if the seeder had written what it desires, and somebody edited it since."""


def work(relation: str) -> Composable:
    """Whether a compared row asks for a write, for a note in the ledger, or for an error."""
    return statement("work", compared=name(relation))


def kept(relation: str) -> Composable:
    """Whether a compared row, or a cell of it, stays as somebody made it."""
    return statement("kept", compared=name(relation))


def in_conflict(relation: str) -> Composable:
    """Whether a cell `c` of a pair in `relation` was kept and is in conflict still."""
    return statement("in_conflict", kept=name(relation, "kept"), live_digest=digest(name("c", "live")))


def conflicting(relation: str) -> Composable:
    """Whether a cell of a compared row was edited in the database and changed in the seed file, and stays."""
    return statement("conflicting", compared=name(relation))


def kept_existing(relation: str) -> Composable:
    """Whether a cell of a compared row stays as it was before us, by `existing_rows`."""
    return statement("kept_existing", compared=name(relation))


@dataclass(frozen=True)
class Comparison:
    """The statement that compares the rows of a seed file with the table's.

    `pending` are the names of the seeders of this application that are still to run, or to run again, in this run.
    With a `resolution` all is left as it is, but for the conflicts that it chooses.
    """

    seeder: DataSeeder
    target: Target
    layout: Layout
    ledger: Ledger | None
    pending: Collection[str] = ()
    resolution: Resolution | None = None
    shipped: Shipped | None = None
    """What earlier releases shipped, if it may decide."""

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """The cells that are compared, and those that are written on insert alone; neither keys nor timestamps."""
        keys = {each.name for each in self.target.key}
        return tuple(
            cell for name, cell in self.layout.cells.items() if name not in keys | self.target.stamps
        )

    @property
    def registration(self) -> Registration | None:
        """What the ledger knows of the seeder and the table."""
        return self.target.registration

    @property
    def names(self) -> Mapping[str, Composable]:
        """The ledger's tables, or what stands for them."""
        return ABSENT if self.ledger is None else self.ledger.names

    @property
    def existing_rows(self) -> Policy:
        """What becomes of cells that were there before us and differ.

        Without a ledger nothing tells them from cells that we wrote. So it is a plain upsert, if nobody says otherwise.
        """
        return self.seeder.existing_rows or (Policy.OVERWRITE if self.ledger is None else Policy.KEEP)

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the comparison, and of the statements built on it."""
        known, seeder = self.registration, self.seeder
        columns = [cell.column.name for cell in self.cells]
        existing = _THERE_BEFORE_US[self.existing_rows]
        return {
            "has_ledger": self.ledger is not None,
            "application": self.ledger.application if self.ledger else "",
            "table_id": known.table_id if known else None,
            "trusted": known.trusted and not known.stale if known else False,
            "seeder_id": known.seeder_id if known else None,
            "former": list(known.former) if known else [],
            "pending": sorted(self.pending),
            "keep_deleted": seeder.deleted_rows is Policy.KEEP,
            "insert_only_rows": seeder.mode is Mode.INSERT,
            "refuse_existing": self.existing_rows is Policy.FAIL and self.ledger is not None,
            "existing_rows": int(existing),
            "edited_rows": int(_EDITED_AND_CHANGED[seeder.edited_rows]),
            "slots": [known.slot(cell.column.name) if known else None for cell in self.cells],
            "column_places": [self._place(cell.column) for cell in self.cells],
            "insert_only": [cell.column.name in self.target.insert_only for cell in self.cells],
            "missing": [cell.column.missing for cell in self.cells],
            "take": None if self.resolution is None else int(_TAKEN[self.resolution.take]),
            "chosen": None if self.resolution is None else list(map(self.resolution.chooses, columns)),
            "renewed": [cell.column.name in known.renewed if known else False for cell in self.cells],
            **whole_row_parameters(self.target),
        }

    def _place(self, column: Column) -> int:
        # A column that the ledger has not seen yet is newer than every entry.
        place = self.registration.place(column.name) if self.registration else None
        return 32767 if place is None else place

    def pairs(self, seed: Composable, *, kept: bool = False) -> Composable:
        """Each row of `seed` beside the live row and the ledger's entry with its key.

        With `kept`, or for a resolution, only rows that are ours and have cells that were kept.
        """
        chosen = part("true") if self.resolution is None else self.resolution.chosen_rows(self.target)
        condition = part(
            " AND live.ctid IS NOT NULL AND entry.kept IS NOT NULL AND entry.retired IS NULL "
            "AND entry.seeder_id = %(seeder_id)s AND NOT %(insert_only_rows)s AND {}",
            chosen,
        )
        only = condition if kept or self.resolution is not None else NOTHING

        def pair(same_key: Composable, nulls: Composable) -> Composable:
            return statement(
                "pair",
                key=self.seed_key,
                desired=self.desired,
                live=texts(canonical(cell.column, name("live", cell.column.name)) for cell in self.cells),
                named=self.named,
                seed=seed,
                table=self.target.table.sql,
                same_key=same_key,
                nulls=part("{}{}", nulls, only),
                entries=self.names["rows"],
                settled=statement(
                    "settled",
                    same_image=self.same_image,
                    known=self._known,
                    as_desired=self._as_desired,
                    tables=self.names["tables"],
                    form=self.names["form"],
                ),
                slots=live_slots(self.target),
                rest=rest(self.target, (name("entry", "seen"), slots_of(name("entry", "cells")))),
                additions=additions_untouched(self.target, name("entry", "seen")),
            )

        return self.each_null_pattern(pair)

    def rows(self, with_seed: Composable, seed: Composable) -> Composable:
        """The comparison of the rows of `seed`; `with_seed` is what begins its WITH, if only the word."""
        shipped = self._shipped_parts(seed)
        return statement(
            "compare",
            with_seed=part("{}{}", with_seed, shipped.pop("rows")),
            pairs=self.pairs(seed),
            as_left=as_left(),
            states=statement(
                "states",
                unknown=UNKNOWN,
                live_digest=digest(name("c", "live")),
                desired_digest=digest(name("c", "desired")),
                as_shipped=shipped.pop("state"),
                in_conflict=in_conflict("judged"),
            ),
            **shipped,
            seeders=self.names["seeders"],
            applications=self.names["applications"],
        )

    def _shipped_parts(self, seed: Composable) -> dict[str, Composable]:
        """What the comparison has besides, if earlier releases may decide."""
        shipped = self.shipped
        if shipped is None:
            return dict.fromkeys(("rows", "shipped_cells", "unless_shipped", "shipped", "state"), NOTHING)

        def select(same_key: Composable, nulls: Composable) -> Composable:
            return shipped.as_shipped(self.target, self.cells, seed, same_key, nulls)

        return {
            "rows": part("shipped AS MATERIALIZED (\n{}\n), ", self.each_null_pattern(select)),
            "shipped_cells": part("\n        shipped.cells AS shipped,"),
            "unless_shipped": part(" AND shipped.cells IS NULL"),
            "shipped": part("\n    LEFT JOIN shipped ON shipped.n = pairs.n"),
            "state": part("\n{}", statement("shipped_state")),
        }

    def each_null_pattern(self, select: Callable[[Composable, Composable], Composable]) -> Composable:
        """`select` for the rows whose key is NULL in just these columns, for each such set of columns.

        So NULL equals NULL, and joins stay hashable. `select` is given two conditions: whether a live row has the key
        of a seed row, and whether the seed row's key is NULL in just these columns.
        """
        patterns = sorted(self.layout.null_patterns, key=sorted) or [frozenset()]
        return joined((select(*self._conditions(nulls)) for nulls in patterns), "\n    UNION ALL\n")

    def _conditions(self, nulls: frozenset[str]) -> tuple[Composable, Composable]:
        same_key: list[Composable] = []
        null: list[Composable] = []
        for key in self.target.key:
            seed, live = name("seed", self.layout.cells[key.name].name), name("live", key.name)
            if key.name in nulls:
                same_key.append(part("{} IS NULL", live))
                null.append(part("{} IS NULL", seed))
            else:
                same_key.append(equal(key, live, seed))
                if not key.not_null:
                    null.append(part("{} IS NOT NULL", seed))
        return joined(same_key, " AND "), joined(null, " AND ", "true")

    @cached_property
    def seed_key(self) -> Composable:
        """The key of a row of `seed` as the ledger keeps it."""
        cells = self.layout.cells
        return as_key(canonical(key, name("seed", cells[key.name].name)) for key in self.target.key)

    @cached_property
    def same_key(self) -> Composable:
        """Whether a row of `live` has the key of a row of `seed`; NULL equals NULL."""
        cells = self.layout.cells
        return joined(
            (
                same(key, name("live", key.name), name("seed", cells[key.name].name))
                for key in self.target.key
            ),
            " AND ",
        )

    @cached_property
    def desired(self) -> Composable:
        """The texts of the cells of a row of `seed`, in the order of `cells`."""
        return texts(canonical(cell.column, name("seed", cell.name)) for cell in self.cells)

    @cached_property
    def named(self) -> Composable:
        """Whether a row of `seed` names each of `cells`."""
        return part(
            "CAST(ARRAY[{}] AS pg_catalog.bool[])", joined(self.names_cell(cell) for cell in self.cells)
        )

    @property
    def _compared(self) -> Iterator[Cell]:
        """The cells that are compared, and not written on insert alone."""
        return (cell for cell in self.cells if cell.column.name not in self.target.insert_only)

    @cached_property
    def same_image(self) -> Composable:
        """Whether the cells that are compared are the same, bit for bit, in a row of `seed` and in one of `live`."""
        return same_image(
            (self._if_named(cell, name("seed", cell.name), name("live", cell.column.name)), cell.column)
            for cell in self._compared
        )

    def _slot_digest(self, cell: Cell) -> Composable:
        """The digest that an entry has of a cell, empty if it has none."""
        slot = self.registration.slot(cell.column.name) if self.registration else None
        at = number(8 * (slot or 32767) - 7)
        return part("pg_catalog.substr({}, {}, 8)", name("entry", "cells"), at)

    def _of_each_slot(self, condition: Callable[[Cell], Composable]) -> Composable:
        """Whether `condition` holds for each cell that a row of `seed` names."""
        conditions = (self._if_named(cell, condition(cell), part("true")) for cell in self._compared)
        return joined(conditions, " AND ", "true")

    @property
    def _known(self) -> Composable:
        """Whether an entry of the row's own transaction knows each cell that the row names, under its text of now."""

        def known(cell: Cell) -> Composable:
            if not cell.column.has_fixed_text:
                return self._has_digest(cell)
            nothing = part("(CAST('' AS pg_catalog.bytea), {})", UNKNOWN)
            return part("({} NOT IN {})", self._slot_digest(cell), nothing)

        return self._of_each_slot(known)

    @property
    def _as_desired(self) -> Composable:
        """Whether an entry has the digest of each cell that a row of `seed` names."""
        return self._of_each_slot(self._has_digest)

    def _has_digest(self, cell: Cell) -> Composable:
        desired = cell_digest(cell.column, name("seed", cell.name))
        return part("({} = {})", self._slot_digest(cell), desired)

    def _if_named(self, cell: Cell, text_of_cell: Composable, otherwise: Composable) -> Composable:
        if self.layout.named_by(cell.column.name) is None:
            return text_of_cell
        return part("CASE WHEN {} THEN {} ELSE {} END", self.names_cell(cell), text_of_cell, otherwise)

    @cached_property
    def _slot_cells(self) -> tuple[Cell | None, ...]:
        """The cell of each slot of the ledger, None if the seed file has none."""
        cells = {cell.column.name: cell for cell in self.cells}
        known = self.registration
        return tuple(
            cells.get(column) if column else None for column in (known.slot_columns if known else ())
        )

    @cached_property
    def slot_desired(self) -> Composable:
        """The texts of the cells of a row of `seed`, in the order of the slots; NULL if it does not name one."""
        return texts(
            as_text(None) if cell is None else canonical(cell.column, name("seed", cell.name))
            for cell in self._slot_cells
        )

    @cached_property
    def slot_named(self) -> Composable:
        """Whether a row of `seed` names the cell of each slot."""
        return part(
            "CAST(ARRAY[{}] AS pg_catalog.bool[])",
            joined(part("false") if cell is None else self.names_cell(cell) for cell in self._slot_cells),
        )

    @cached_property
    def slot_states(self) -> Composable:
        """The states of the cells of a row of `difference`, in the order of the slots."""
        places = {cell.name: place for place, cell in enumerate(self.cells, start=1)}
        return part(
            "CAST(ARRAY[{}] AS pg_catalog.int2[])",
            joined(
                part("NULL") if cell is None else part("difference.states[{}]", number(places[cell.name]))
                for cell in self._slot_cells
            ),
        )

    @cached_property
    def slot_image(self) -> Composable:
        """Whether the cells of all slots are the same, bit for bit, in a row of `seed` and in one of `live`."""
        return same_image((name("seed", cell.name), cell.column) for cell in self._slot_cells if cell)

    @cached_property
    def names_all_slots(self) -> Composable:
        """Whether a row of `seed` names the cells of all slots."""
        return joined(
            (part("false") if cell is None else self.names_cell(cell) for cell in self._slot_cells),
            " AND ",
            "true",
        )

    @cached_property
    def slot_digests(self) -> Composable:
        """The digests of the cells of a row of `seed`, in the order of the ledger's slots."""
        return joined(
            (
                UNKNOWN
                if cell is None
                else self._if_named(cell, cell_digest(cell.column, name("seed", cell.name)), UNKNOWN)
                for cell in self._slot_cells
            ),
            " || ",
            "CAST('' AS pg_catalog.bytea)",
        )

    def names_cell(self, cell: Cell) -> Composable:
        """Whether a row of `seed` names the cell."""
        shapes = self.layout.named_by(cell.column.name)
        if shapes is None:
            return part("true")
        return part("(seed.shape IN ({}))", joined(map(number, shapes))) if shapes else part("false")

    def columns_in(self, states: Sequence[int], state: State) -> list[str]:
        """The columns of a row's cells that are in `state`."""
        return [cell.column.name for cell, each in zip(self.cells, states, strict=False) if each == state]

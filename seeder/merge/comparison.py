"""Compare three ways, inside the database: the cell as it is, as it was last seeded, and as it is desired now."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    SmallInteger,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, array

from seeder.files.model import Mode, Policy
from seeder.merge.cells import canonical, constant, digest, equal, in_conflict, key_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement, FromClause, Select

    from seeder.files.model import DataSeeder
    from seeder.merge.layout import Cell, Layout
    from seeder.merge.ledger import Ledger
    from seeder.merge.target import Target


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
    """It was there before us, differs, and `existing_rows: keep`: it stays, and counts as edited."""
    FAIL = 6
    """It differs, and the policy is to fail."""


WORK = (State.WRITE, State.NOTE, State.CONFLICT, State.ADOPT, State.FAIL)
KEPT = (State.EDITED, State.CONFLICT, State.ADOPT)

# OFFSET 0 keeps the planner from copying what a subquery computes into each expression that names it.
_FENCE: ColumnElement[int] = literal_column("0")

_THERE_BEFORE_US = {Policy.OVERWRITE: State.WRITE, Policy.KEEP: State.ADOPT, Policy.FAIL: State.FAIL}
_EDITED_AND_CHANGED = {Policy.OVERWRITE: State.WRITE, Policy.KEEP: State.CONFLICT, Policy.FAIL: State.FAIL}


@dataclass(frozen=True)
class Comparison:
    """The statement that compares the rows of `seed` with the target's.

    `rivals` are the names of the other seeders that exist; what one of them holds is not ours to write.
    """

    seeder: DataSeeder
    target: Target
    layout: Layout
    ledger: Ledger | None
    rivals: Collection[str]

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """The cells that are compared: neither keys nor columns that are written on insert alone."""
        keys = {each.name for each in self.target.key}
        return tuple(
            cell for name, cell in self.layout.cells.items() if name not in keys | self.target.managed
        )

    @cached_property
    def revived(self) -> tuple[Cell, ...]:
        """Cells written on insert alone that `retired_rows: {set: …}` may have set: rows that return get them back."""
        registration = self.target.registration
        places = registration.places if registration else {}
        return tuple(
            cell
            for name, cell in self.layout.cells.items()
            if name in self.target.insert_only and name in places
        )

    @property
    def written(self) -> tuple[Cell, ...]:
        """The cells that an UPDATE may write, in the order of `states`."""
        return (*self.cells, *self.revived)

    def rows(self, seed: FromClause) -> Select[Any]:
        """One row for each pair of a seed row and the live row with its key, or none.

        Columns: `n`, `shape`, `action`, `states` (of `written`), `seen` (a digest of the cells as compared),
        `version` (`ctid`), `relation` (`tableoid`), `listed` (false where the ledger has the row as retired), `owned`
        (false where the ledger's entry names another seeder), `entry` (whether there is one, or no ledger), and `key`
        (the key's text).
        """
        pairs = self._judged(self._pairs(seed))
        return select(
            pairs.c.n,
            pairs.c.shape,
            pairs.c.action,
            pairs.c.states,
            self.seen(lambda name: pairs.c[f"live_{name}"]).label("seen"),
            pairs.c.version,
            pairs.c.relation,
            pairs.c.retired.is_(None).label("listed"),
            self._owned(pairs).label("owned"),
            (true() if self.ledger is None else pairs.c.entry_seeder.is_not(None)).label("entry"),
            pairs.c.key,
        )

    def _judged(self, pairs: FromClause) -> FromClause:
        """The pairs with what becomes of them."""
        states = [self._state(cell, pairs) for cell in self.cells] + self._revived_states(pairs)
        judged = select(
            *pairs.c,
            self._action(pairs).label("action"),
            cast(array(states, type_=SmallInteger), ARRAY(SmallInteger)).label("states"),
        )
        return judged.offset(_FENCE).subquery("judged")

    def doubles(self, seed: FromClause) -> Select[Any]:
        """The numbers of the rows of `seed` whose key several live rows have."""
        pairs = self._pairs(seed)
        there = select(pairs.c.n).where(pairs.c.relation.is_not(None))
        return there.group_by(pairs.c.n).having(func.count() > 1).order_by(pairs.c.n)

    def seen(self, live: Any) -> ColumnElement[bytes]:
        """A digest of a live row's key and compared cells; `live` gives the canonical text of a column by name."""
        names = [each.name for each in self.target.key] + [cell.column.name for cell in self.written]
        return digest(cast(array([live(name) for name in names]), Text))

    def live_text(self, rows: FromClause) -> Any:
        """The function that `seen` wants, over rows of the table itself."""
        columns = self.target.table.columns
        return lambda name: canonical(columns[name], rows.c[name])

    def place(self, column: str) -> int | None:
        """Where the ledger's entries have the digests of `column`."""
        registration = self.target.registration
        return registration.places.get(column) if registration else None

    def present(self, cell: Cell, shape: ColumnElement[int]) -> ColumnElement[bool]:
        """Whether a row of this shape names the cell."""
        shapes = self.layout.named_by(cell.column.name)
        return true() if shapes is None else shape.in_(shapes)

    def _pairs(self, seed: FromClause) -> FromClause:
        live = self.target.table.clause.alias("live")
        patterns: Sequence[frozenset[str]] = sorted(self.layout.null_patterns, key=sorted) or [frozenset()]
        branches = [self._joined(seed, live, pattern, alone=len(patterns) == 1) for pattern in patterns]
        if len(branches) == 1:
            return branches[0].offset(_FENCE).subquery("pairs")
        return union_all(*branches).subquery("pairs")

    def _joined(
        self, seed: FromClause, live: FromClause, nulls: frozenset[str], *, alone: bool
    ) -> Select[Any]:
        """Pairs for the rows whose key is NULL in just these columns: NULL equals NULL, and joins stay hashable."""
        cells = self.layout.cells
        keys = [(each, seed.c[cells[each.name].name], live.c[each.name]) for each in self.target.key]
        on = [b.is_(None) if key.name in nulls else equal(key, b, a) for key, a, b in keys]
        where = [
            a.is_(None) if key.name in nulls else a.is_not(None) for key, a, _ in keys if not key.not_null
        ]
        found = live.c.tableoid.is_not(None)
        text = case(
            (found, array([key_text(key, b) for key, _, b in keys])),
            else_=array([key_text(key, a) for key, a, _ in keys]),
        )
        source = seed.outerjoin(live, and_(*on))
        columns: list[ColumnElement[Any]] = [
            seed.c.n,
            seed.c.shape,
            live.c.ctid.label("version"),
            live.c.tableoid.label("relation"),
            text.label("key"),
        ]
        columns += [canonical(key, b).label(f"live_{key.name}") for key, _, b in keys]
        for cell in self.written:
            name = cell.column.name
            columns.append(canonical(cell.column, seed.c[cell.name]).label(f"desired_{name}"))
            columns.append(canonical(cell.column, live.c[name]).label(f"live_{name}"))
        registration = self.target.registration
        if self.ledger is not None and registration is not None and registration.target_id is not None:
            entries = self.ledger.entries.alias("entry")
            source = source.outerjoin(
                entries,
                and_(
                    entries.c.target_id == registration.target_id,
                    entries.c.key == cast(text, ARRAY(Text)),
                ),
            )
            columns += [
                entries.c.seeder_id.label("entry_seeder"),
                entries.c.retired,
                entries.c.desired,
                entries.c.stored,
            ]
        else:
            columns += [
                cast(null(), SmallInteger).label("entry_seeder"),
                cast(null(), Text).label("retired"),
                cast(null(), ARRAY(BYTEA)).label("desired"),
                cast(null(), ARRAY(BYTEA)).label("stored"),
            ]
        pairs = select(*columns).select_from(source)
        return pairs if alone and not nulls else pairs.where(*where)

    def _action(self, pairs: FromClause) -> ColumnElement[int]:
        found, entry = pairs.c.relation.is_not(None), pairs.c.entry_seeder.is_not(None)
        branches: list[tuple[ColumnElement[bool], Action]] = []
        if self.rivals and self.ledger is not None:
            branches.append((self._claimed(pairs), Action.CLAIMED))
        if self.seeder.deleted_rows is Policy.KEEP:
            branches.append((and_(~found, entry), Action.GONE))
        branches.append((~found, Action.INSERT))
        if self.seeder.mode is Mode.INSERT:
            branches.append((true(), Action.LEAVE))
        elif self.seeder.existing_rows is Policy.FAIL and self.ledger is not None:
            branches.append((~entry, Action.EXISTS))
        choices = [(condition, constant(action)) for condition, action in branches]
        return case(*choices, else_=constant(Action.COMPARE))

    def _claimed(self, pairs: FromClause) -> ColumnElement[bool]:
        assert self.ledger is not None  # noqa: S101 - only asked where there is a ledger
        seeders = self.ledger.seeders
        rival = exists().where(seeders.c.id == pairs.c.entry_seeder, seeders.c.name.in_(sorted(self.rivals)))
        # What the other one's seed file no longer lists is free to be taken over.
        return and_(~self._owned(pairs), pairs.c.retired.is_(None), rival)

    def _owned(self, pairs: FromClause) -> ColumnElement[bool]:
        registration = self.target.registration
        own = registration.seeder_id if registration else None
        if own is None:
            return pairs.c.entry_seeder.is_(None)
        return func.coalesce(pairs.c.entry_seeder == own, true())

    def _state(self, cell: Cell, pairs: FromClause) -> ColumnElement[int]:
        name = cell.column.name
        live, desired = pairs.c[f"live_{name}"], pairs.c[f"desired_{name}"]
        differs = live.is_distinct_from(desired)
        same, write, note, edited = map(constant, (State.SAME, State.WRITE, State.NOTE, State.EDITED))
        place = self.place(name)
        if self.ledger is None:
            state = case((differs, constant(self._adopted())), else_=same)
        elif place is None:
            state = case((differs, constant(self._adopted())), else_=note)
        else:
            last = pairs.c.desired[constant(place)]
            stood = func.coalesce(pairs.c.stored[constant(place)], last)
            as_before = last == digest(desired)
            state = case(
                (~differs, case((and_(as_before, stood == last), same), else_=note)),
                (last.is_(None), constant(self._adopted())),
                (digest(live) == stood, case((as_before, same), else_=write)),
                (in_conflict(digest(live)) == stood, write),
                (as_before, edited),
                else_=constant(_EDITED_AND_CHANGED[self.seeder.edited_rows]),
            )
        if self.layout.named_by(name) is None:
            return state
        return case((self.present(cell, pairs.c.shape), state), else_=same)

    def _adopted(self) -> State:
        if self.ledger is None and self.seeder.existing_rows is Policy.KEEP:
            return State.EDITED
        return _THERE_BEFORE_US[self.seeder.existing_rows]

    def _revived_states(self, pairs: FromClause) -> list[ColumnElement[int]]:
        states: list[ColumnElement[int]] = []
        for cell in self.revived:
            name = cell.column.name
            place = self.place(name)
            assert place is not None  # noqa: S101 - what has no place is not among the revived
            set_by_us = and_(
                pairs.c.retired.is_not(None),
                self.present(cell, pairs.c.shape),
                digest(pairs.c[f"live_{name}"]) == pairs.c.desired[constant(place)],
            )
            states.append(case((set_by_us, constant(State.WRITE)), else_=constant(State.SAME)))
        return states


def has_state(rows: FromClause, states: Sequence[State]) -> ColumnElement[bool]:
    """Whether any cell of a compared row is in one of `states`."""
    wanted: ColumnElement[Any] = array([constant(state) for state in states])
    overlaps: ColumnElement[bool] = rows.c.states.overlap(cast(wanted, ARRAY(SmallInteger)))
    return and_(rows.c.action == constant(Action.COMPARE), overlaps)


def needs_work(rows: FromClause) -> ColumnElement[bool]:
    """Whether a compared row asks for a write, a note in the ledger, or an error."""
    return or_(
        rows.c.action.in_([constant(each) for each in (Action.INSERT, Action.EXISTS, Action.CLAIMED)]),
        has_state(rows, WORK),
        # Nothing of it is compared, and the ledger is to know it all the same.
        and_(rows.c.action == constant(Action.COMPARE), ~rows.c.entry),
        ~rows.c.listed,
        ~rows.c.owned,
    )


def is_kept(rows: FromClause) -> ColumnElement[bool]:
    """Whether a compared row, or a cell of it, stays as somebody made it."""
    return or_(
        rows.c.action == constant(Action.GONE),
        has_state(rows, KEPT),
    )

"""What the ledger knows of a seeder and its table, with what migrations renamed since followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seeder.merge.applied import Applied
from seeder.merge.table import Table


@dataclass(frozen=True)
class Registration:
    """What the ledger knows of a seeder and its table.

    A place is a number, from 1, in `columns`, which holds every column that the table was ever seen to have, by the
    name that it has now, or None if it is gone. A slot is a number, from 1, in `slots`, which holds the places of the
    columns whose cells have digests. `former` are the numbers of seeders whose rows pass to this one. `others` are
    registrations of the same table under other keys, and `own` tells whether this seeder has entries under one. `stale`
    says that the ledger is to learn of names or OIDs that are no longer what it noted.
    """

    form: int
    seeder_id: int | None = None
    applied: Applied = field(default_factory=Applied)
    origin: str | None = field(default=None, compare=False)
    """The digest of what the seeder was made from when a proof was last noted."""
    table_id: int | None = None
    columns: tuple[str | None, ...] = ()
    numbers: tuple[int, ...] = ()
    types: tuple[int, ...] = ()
    key: tuple[int, ...] = ()
    slots: tuple[int, ...] = ()
    former: tuple[int, ...] = field(default=(), compare=False)
    others: tuple[Registration, ...] = field(default=(), compare=False)
    own: bool = field(default=False, compare=False)
    renewed: frozenset[str] = field(default=frozenset(), compare=False)
    """Columns that are other ones than the ledger noted under their names, which were renamed."""
    trusted: bool = field(default=True, compare=False)
    """Whether the OIDs that the ledger noted still count: not after a restore."""
    stale: bool = field(default=False, compare=False)

    def place(self, column: str) -> int | None:
        """The place of a column, None if it has none yet."""
        return self.columns.index(column) + 1 if column in self.columns else None

    def slot(self, column: str) -> int | None:
        """The slot of a column, None if its cells have no digests yet."""
        place = self.place(column)
        return self.slots.index(place) + 1 if place in self.slots else None

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns of the key; none if one of them is gone."""
        names = [self.columns[place - 1] for place in self.key]
        return tuple(name for name in names if name is not None) if None not in names else ()

    @property
    def slot_columns(self) -> tuple[str | None, ...]:
        """The column of each slot, None if it is gone."""
        return tuple(self.columns[place - 1] for place in self.slots)

    @property
    def gone_slots(self) -> list[int]:
        """The slots whose columns are gone."""
        return [slot for slot, column in enumerate(self.slot_columns, start=1) if column is None]

    def grown(self, table: Table, key: Sequence[str], cells: Sequence[str]) -> Registration:
        """This registration with a place for each column that `table` has, and a slot for each of `cells`."""
        added = [name for name in table.columns if name not in self.columns]
        columns = (*self.columns, *added)

        def noted(attribute: str, before: Sequence[int]) -> tuple[int, ...]:
            padded = (*before, *[0] * len(added))
            return tuple(
                getattr(table.columns[name], attribute) if name is not None else was
                for name, was in zip(columns, padded, strict=True)
            )

        places = {name: place for place, name in enumerate(columns, start=1) if name is not None}
        slots = dict.fromkeys((*self.slots, *(places[name] for name in cells)))
        return replace(
            self,
            columns=columns,
            numbers=noted("number", self.numbers),
            types=noted("type_oid", self.types),
            key=self.key or tuple(places[name] for name in key),
            slots=tuple(slots),
        )


def read_registration(found: Mapping[Any, Any], table: Table, key: tuple[str, ...]) -> Registration:
    """The registration of `table` under `key` from the row that `look.sql` returned."""
    registration = Registration(
        form=found["ledger_form"],
        seeder_id=found["seeder_id"],
        applied=Applied(
            found["seeder_digest"], found["seeder_release"], tuple(found["seeder_earlier"] or ())
        ),
        origin=found["seeder_origin"],
        former=tuple(found["former"] or ()),
    )
    others = []
    # One under the table's own name goes before one that followed a rename.
    for known in sorted(found["tables"] or (), key=lambda known: _is_renamed(known, table)):
        followed = _followed(known, table, found["ledger_oid"], registration)
        names = tuple(followed.columns[place - 1] for place in followed.key)
        if names == key and registration.table_id is None:
            registration = followed
        else:
            others.append(replace(followed, own=known["own"]))
    return replace(registration, others=tuple(others))


def _is_renamed(known: Mapping[str, Any], table: Table) -> bool:
    return (known["schema"], known["name"]) != (table.schema, table.name)


def _followed(known: Mapping[str, Any], table: Table, ledger: int, seeder: Registration) -> Registration:
    """The registration of `seeder` and a table as the ledger has it, each column under the name that it has now.

    A column keeps its number when it is renamed. Numbers count only while the table and the ledger are the ones that
    they were noted of. A name that is there beats a number.
    """
    trusted = known["ledger"] == ledger and known["relation"] == table.oid
    columns: list[str | None] = []
    renewed: set[str] = set()
    for name, number, kind in zip(known["columns"], known["numbers"], known["types"], strict=True):
        now: str | None = name
        if name is not None and trusted:
            if name in table.columns:
                own = table.columns[name].number
                if own != number and number in table.dropped:
                    # Another column came under the name of one that was dropped.
                    now = None
                elif own not in known["numbers"]:
                    renewed.add(name)
            else:
                renamed = table.by_number.get(number)
                follows = renamed is not None and int(renamed.type_oid) == int(kind)
                now = renamed.name if renamed and follows and renamed.name not in known["columns"] else None
        elif name is not None and name not in table.columns:
            now = None
        columns.append(now)
    moved = columns != list(known["columns"]) or any(
        name is not None and (table.columns[name].number, table.columns[name].type_oid) != (number, int(kind))
        for name, number, kind in zip(columns, known["numbers"], known["types"], strict=True)
    )
    return replace(
        seeder,
        table_id=known["id"],
        columns=tuple(columns),
        numbers=tuple(known["numbers"]),
        types=tuple(int(kind) for kind in known["types"]),
        key=tuple(known["key"]),
        slots=tuple(known["slots"]),
        renewed=frozenset(renewed),
        trusted=trusted,
        stale=not trusted or moved or _is_renamed(known, table),
    )

"""What a seeder holds: its entries in the ledger beside the rows that they speak of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, func, or_, select, true

from seeder.merge.cells import canonical, constant, digest, equal, key_value

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause, Table

    from seeder.database.tables import Column
    from seeder.merge.ledger import Ledger
    from seeder.merge.target import Registration, Target


@dataclass(frozen=True)
class Holdings:
    """Conditions over the ledger's `entries` of one seeder and one table, and over that table's `live` rows."""

    target: Target
    ledger: Ledger
    registration: Registration

    @property
    def entries(self) -> Table:
        """The ledger's entries."""
        return self.ledger.entries

    @property
    def live(self) -> FromClause:
        """The rows of the table."""
        return self.target.table.clause

    @property
    def ours(self) -> ColumnElement[bool]:
        """Whether an entry is the seeder's, and of this table."""
        return and_(
            self.entries.c.target_id == self.registration.target_id,
            self.entries.c.seeder_id == self.registration.seeder_id,
        )

    @property
    def retired(self) -> ColumnElement[bool]:
        """Whether an entry's row is no longer in the seed file."""
        return self.entries.c.retired.is_not(None)

    @cached_property
    def same_key(self) -> ColumnElement[bool]:
        """Whether a live row is the one that an entry speaks of; NULL equals NULL."""
        return and_(*(self._key_equals(place, key) for place, key in enumerate(self.target.key, start=1)))

    @cached_property
    def as_seeded(self) -> ColumnElement[bool]:
        """Whether a live row's cells all stand as they did after our write, as far as their columns still exist."""
        columns = self.target.table.columns
        return and_(
            true(),
            *(
                self._stands(columns[name], place)
                for name, place in self.registration.places.items()
                if name in columns
            ),
        )

    @property
    def gone(self) -> ColumnElement[bool]:
        """Whether an entry's row is there no more."""
        return ~exists(select(constant(1)).select_from(self.live).where(self.same_key))

    def _key_equals(self, place: int, key: Column) -> ColumnElement[bool]:
        entered = self.entries.c.key[constant(place)]
        there = self.live.c[key.name]
        equals = equal(key, there, key_value(key, entered))
        return equals if key.not_null else or_(equals, and_(there.is_(None), entered.is_(None)))

    def _stands(self, column: Column, place: int) -> ColumnElement[bool]:
        index = constant(place)
        stood = func.coalesce(self.entries.c.stored[index], self.entries.c.desired[index])
        return or_(stood.is_(None), stood == digest(canonical(column, self.live.c[column.name])))

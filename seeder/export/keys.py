"""By which columns the rows of a table may be known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seeder.export.sql_files import statement
from seeder.merge.table import Table
from seeder.postgres.connection import Connection
from seeder.postgres.statements import run


@dataclass(frozen=True, slots=True)
class Keys:
    """By which columns the rows of a table may be known.

    `unique` are the keys that no two rows share, none of their columns NULL or generated, the primary key first.
    `drawn` are the columns that get their values from a sequence or a random number. `opaque` are these, UUIDs, and
    foreign keys that lead to such a column. `refers` are the columns of foreign keys, and `referred` those that foreign
    keys name.
    """

    unique: tuple[tuple[str, ...], ...]
    primary: tuple[str, ...]
    drawn: frozenset[str]
    opaque: frozenset[str]
    refers: frozenset[str]
    referred: frozenset[str]

    @property
    def natural(self) -> Sequence[tuple[str, ...]]:
        """The keys that say something of their row, the best one first."""
        # A UUID that refers to another row is as good as a name of that row.
        surrogate = self.drawn | (self.opaque - self.refers)
        found = [key for key in self.unique if not surrogate.intersection(key)]
        return sorted(
            found, key=lambda key: (key != self.primary, bool(self.opaque.intersection(key)), len(key))
        )


def keys_of(connection: Connection, table: Table) -> Keys:
    """By which columns the rows of a table may be known."""
    (found,) = run(connection, statement("keys"), {"table": table.oid}).mappings()
    return Keys(
        unique=tuple(map(tuple, found["keys"] or ())),
        primary=table.primary_key,
        **{each: frozenset(found[each] or ()) for each in ("drawn", "opaque", "refers", "referred")},
    )

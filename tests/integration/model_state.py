"""What the reference model is about: seed files, a table, and what the ledger knows of it, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

Row = dict[str, str | None]
"""Texts by their column."""


@dataclass
class File:
    """A seed file."""

    owner: str  # APPLICATION/SEEDER
    rows: dict[str, Row] = field(default_factory=dict)  # by their key
    formerly: tuple[str, ...] = ()  # owners whose rows it takes over
    history: list[tuple[str, Row]] = field(default_factory=list)  # what earlier releases shipped
    insert_only: frozenset[str] = frozenset()
    mode: str = "upsert"
    existing_rows: str = "keep"
    edited_rows: str = "keep"
    deleted_rows: str = "restore"
    retired_rows: str | Row = "keep"  # or the cells to set


@dataclass
class Cell:
    """What the ledger knows of a cell."""

    desired: str | None  # by the seed file
    stood: str | None  # after our write
    kept: str = ""  # "conflict", or "existing": it was there before us, and neither value is known


@dataclass
class Entry:
    """What the ledger knows of a row."""

    owner: str
    adopted: bool  # the row was there before us
    cells: dict[str, Cell] = field(default_factory=dict)
    retired: str = ""  # "unlisted" or "set"
    left: Row | None = None  # the whole row as it stood after our write; None if it is touched, for good
    seen: frozenset[str] = frozenset()  # the columns that the table had then


@dataclass
class State:
    """A table and its ledger; rows and entries by the row's key."""

    defaults: Row  # of each column of the table
    missing: Row = field(default_factory=dict)  # what the migration that added a column filled in
    table: dict[str, Row] = field(default_factory=dict)
    ledger: dict[str, Entry] = field(default_factory=dict)
    releases: dict[str, tuple[int, int]] = field(
        default_factory=dict
    )  # the newest, and what is withdrawn up to

    def write(self, key: str, cells: Row) -> None:
        """Write cells of a row. A trigger makes capitals of what is written to the row's `note`."""
        row = self.table.setdefault(key, dict(self.defaults))
        row.update(cells)
        row["note"] = row["note"] and row["note"].upper()

    def is_as_added(self, key: str, column: str) -> bool:
        """Whether a cell is empty, or holds what the migration that added its column filled in."""
        return self.table[key][column] in {None, self.missing.get(column)}

    def is_as_left(self, key: str) -> bool:
        """Whether nobody has touched any column of the row since our last write, listed or not."""
        entry, live = self.ledger.get(key), self.table.get(key)
        return (
            entry is not None
            and entry.left is not None
            and live is not None
            and all(
                value == entry.left[column] if column in entry.left else self.is_as_added(key, column)
                for column, value in live.items()
            )
        )

    def note(self, key: str, entry: Entry, *, as_left: bool) -> None:
        """Renew the entry. If the row was not as we left it just before, it counts as touched from now on."""
        entry.left = dict(self.table[key]) if as_left else None
        entry.seen = frozenset(self.defaults) if as_left or not entry.seen else entry.seen
        self.ledger[key] = entry

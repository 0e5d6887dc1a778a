"""What becomes of rows, for people who asked to see it with `--diff`: the one thing here that holds values of cells."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    Show = Callable[[Iterable["Change"]], None]

MASKED: Final = "***"
"""Stands for a value of a column that `!env` feeds."""

_MOST_ROWS: Final = 500
_MOST_CHARACTERS: Final = 1_000_000
_LONGEST_CELL: Final = 200_000


class Kind(enum.StrEnum):
    """What becomes of a row."""

    ADDED = "added"
    CHANGED = "changed"
    RETIRED = "retired"
    KEPT = "kept"
    """Somebody edited or deleted it, and it stays so."""
    CONFLICT = "conflict"
    """Somebody edited it, the seed file changed it too, and it stays as it is."""


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell's text as it is and as it is desired. None is NULL."""

    live: str | None
    desired: str | None

    def clipped(self) -> CellChange:
        """The same, without the end of a text that is too long to be looked at."""
        return CellChange(_clipped(self.live), _clipped(self.desired))


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one row, and of which of its cells."""

    kind: Kind
    key: Mapping[str, str | None]
    cells: Mapping[str, CellChange]


@dataclass
class Difference:
    """What becomes of the rows of one seeder: all of them counted, and the first 500 or so in full.

    A row of which some cells are written and others stay comes as two changes, and both are counted.
    """

    seeder: str
    table: str
    changes: list[Change] = field(default_factory=list)
    counts: Counter[Kind] = field(default_factory=Counter)
    """How many rows, by what becomes of them."""
    columns: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    """How many cells of each column, by what becomes of their rows."""
    _characters: int = field(default=0, repr=False)

    def add(self, changes: Iterable[Change]) -> Iterator[Change]:
        """Take up the changes, and pass them on one by one."""
        for change in changes:
            self.counts[change.kind] += 1
            self.columns.update((change.kind, column) for column in change.cells)
            if len(self.changes) < _MOST_ROWS and self._characters < _MOST_CHARACTERS:
                self._keep(change)
            yield change

    def _keep(self, change: Change) -> None:
        cells = {column: cell.clipped() for column, cell in change.cells.items()}
        self._characters += sum(len(c.live or "") + len(c.desired or "") for c in cells.values())
        self.changes.append(Change(change.kind, change.key, cells))

    def clear(self) -> None:
        """Forget everything: the transaction was rolled back and is tried again."""
        self.changes.clear()
        self.counts.clear()
        self.columns.clear()
        self._characters = 0

    def written(self) -> Difference:
        """Without the rows that stay as they are."""
        stays = (Kind.KEPT, Kind.CONFLICT)
        return Difference(
            self.seeder,
            self.table,
            [change for change in self.changes if change.kind not in stays],
            Counter({kind: count for kind, count in self.counts.items() if kind not in stays}),
            Counter({each: count for each, count in self.columns.items() if each[0] not in stays}),
            self._characters,
        )

    def __add__(self, other: Difference) -> Difference:
        return Difference(
            self.seeder,
            self.table,
            self.changes + other.changes,
            self.counts + other.counts,
            self.columns + other.columns,
            self._characters + other._characters,
        )

    @property
    def left_out(self) -> int:
        """How many changes were counted and are not in `changes`."""
        return self.counts.total() - len(self.changes)


def _clipped(text: str | None) -> str | None:
    return text if text is None or len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"

"""How many rows a run wrote or left alone: the one type that carries these numbers from the merge to the report."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Numbers of rows. A sum keeps whatever else its left side holds, so that results are counts too."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    """Rows that were as the seed file has them."""
    kept: int = 0
    """Rows left as people made them."""
    kept_existing: int = 0
    """Rows among those kept in which cells stay as they were before the seeder, by `existing_rows: keep`."""
    conflicts: int = 0
    """Rows among those kept that people changed and the seed file changed too. They count until they are resolved."""

    def __add__(self, other: Counts) -> Self:
        return replace(self, **{name: getattr(self, name) + count for name, count in other.counts().items()})

    def counts(self) -> dict[str, int]:
        """The numbers by name, in the order of logs and reports."""
        return {name: getattr(self, name) for name in _NAMES}

    @property
    def rows(self) -> int:
        """All rows that were counted."""
        return self.changed + self.unchanged + self.kept

    @property
    def changed(self) -> int:
        """Rows written, or that would be in a dry run."""
        return self.inserted + self.updated + self.deleted


_NAMES = tuple(field.name for field in fields(Counts))


def many(count: int, what: str) -> str:
    """`count` and `what`, in the plural unless the count is 1."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"

"""How much failure a run tolerates, and what its exit code is."""

from __future__ import annotations

from dataclasses import dataclass

from seeder.config.options import STRICTNESS
from seeder.errors import UsageError


@dataclass(frozen=True, slots=True)
class Strictness:
    """So many failed seeders are tolerated: `limit` of them, or `limit / scale` percent of those selected.

    `limit` None tolerates any number. A share is kept in whole numbers, so that it is compared exactly.
    """

    limit: int | None = 0
    scale: int = 1
    percent: bool = False

    @classmethod
    def parse(cls, text: str) -> Strictness:
        """Read `strict`, `lenient`, `N` or `N%`; a share may have decimals. Raises `UsageError`."""
        folded = text.strip().casefold()
        match = STRICTNESS.fullmatch(folded)
        if match is None:
            raise UsageError(
                f'--strictness (SEED_STRICTNESS): "{text}" is no strictness;'
                " write strict, lenient, a number of seeders as 2, or a share as 25%",
                outside=text,
            )
        if match["percent"]:
            whole, _, decimals = match["percent"].partition(".")
            return cls(int(whole + decimals), 10 ** len(decimals), percent=True)
        return cls(int(match["number"] or 0)) if folded != "lenient" else cls(None)

    def tolerates(self, failed: int, selected: int) -> bool:
        """Whether so many may fail. Seeders left out by their environment are in neither number."""
        if self.limit is None:
            return True
        if self.percent:
            return failed * 100 * self.scale <= self.limit * selected
        return failed <= self.limit

    def __str__(self) -> str:
        if self.limit is None:
            return "lenient"
        if not self.percent:
            return str(self.limit) if self.limit else "strict"
        whole, decimals = divmod(self.limit, self.scale)
        places = len(str(self.scale)) - 1
        return f"{whole}.{decimals:0{places}d}%" if places else f"{whole}%"

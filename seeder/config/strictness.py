"""How many failed seeders a run tolerates."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORM = re.compile(
    r"strict|lenient|(?P<number>\d{1,9})|(?P<percent>\d{1,2}(?:\.\d{1,9})?|100(?:\.0{1,9})?)%", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Strictness:
    """How many failed seeders are tolerated: `limit` of them, or `limit / scale` percent of those selected.

    `limit` None tolerates any number. A percentage is kept in whole numbers, so that it is compared exactly.
    """

    limit: int | None = 0
    scale: int = 1
    percent: bool = False

    @classmethod
    def parse(cls, text: str) -> Strictness:
        """Read `strict`, `lenient`, `N` or `N%`, with or without decimals. Raises `ValueError`."""
        folded = text.casefold()
        match = _FORM.fullmatch(folded)
        if match is None:
            raise ValueError(
                "is not a strictness; write strict, lenient, a number of seeders as 2, or a percentage as 25%"
            )
        if match["percent"]:
            whole, _, decimals = match["percent"].partition(".")
            return cls(int(whole + decimals), 10 ** len(decimals), percent=True)
        return cls(int(match["number"] or 0)) if folded != "lenient" else cls(None)

    def tolerates(self, failed: int, selected: int) -> bool:
        """Whether so many may fail. Seeders that their environment leaves out are in neither number."""
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

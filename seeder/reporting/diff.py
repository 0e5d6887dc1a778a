"""A difference as lines, for people: one block a row, of long texts the lines, of JSON values the keys.

The same lines are shown on a terminal, in Markdown and on a page.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from seeder.masking import redact
from seeder.reporting.details import Detail, details
from seeder.reporting.difference import CellChange, Change, Difference, Kind
from seeder.reporting.output import printable

SIGNS: Final = {
    Kind.ADDED: "+",
    Kind.CHANGED: "~",
    Kind.RETIRED: "-",
    Kind.KEPT: "=",
    Kind.CONFLICT: "!",
}
MOST_ON_A_TERMINAL: Final = 50
"""Rows of a table that a terminal shows; of more it shows what becomes of each column."""

_LONGEST: Final = 100

_DELETED: Final = "deleted"
"""Of rows that are retired, those that go. Others get the cells that `retired_rows` gives."""

_TO_DO: Final = {
    Kind.ADDED: "to add",
    Kind.CHANGED: "to change",
    _DELETED: "to delete",
    Kind.RETIRED: "to retire",
    Kind.KEPT: "kept",
}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a difference: its sign (`+ - ~ = !`, or a space), its text, and how deep it is below its row."""

    sign: str
    text: str
    depth: int = 0


def heading(difference: Difference) -> str:
    """What stands above the rows of a table."""
    return f"{difference.seeder} ({difference.table})"


def rows(changes: Iterable[Change]) -> Iterator[list[DiffLine]]:
    """The lines of one row after another. What is written of a row and what stays come together."""
    for _, group in itertools.groupby(changes, key=lambda change: list(change.key.items())):
        yield list(_row(list(group)))


def totals(differences: Iterable[Difference], *, foretold: bool) -> str:
    """How many rows of all tables, by what becomes of them, or by what became of them; empty if there are none."""
    return _said(sum(map(_counts, differences), Counter[str]()), foretold=foretold)


def by_column(difference: Difference, *, foretold: bool) -> Iterator[str]:
    """How many rows of one table, and below it how many cells of each column, by what becomes of them."""
    yield _said(_counts(difference), foretold=foretold)
    for kind, to_do in _TO_DO.items():
        yield from _columns(difference, kind, to_do if foretold else kind)
    yield from _columns(difference, Kind.CONFLICT, "conflicts")


def one_line(value: str | None, longest: int = _LONGEST) -> str:
    """A value on one line, cut if it is long; secrets are masked."""
    if value is None:
        return "NULL"
    line = printable(redact(value).replace("\\", "\\\\"))
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _columns(difference: Difference, kind: str, words: str) -> Iterator[str]:
    # Of a row that is added it is all of them.
    if kind != Kind.ADDED:
        found = [f"{column} {count:,}" for (of, column), count in difference.columns.items() if of == kind]
        if found:
            yield f"{words}: {', '.join(found)}"


def _counts(difference: Difference) -> Counter[str]:
    counts = Counter[str](difference.counts)
    if not any(kind is Kind.RETIRED for kind, _ in difference.columns):
        counts[_DELETED] = counts.pop(Kind.RETIRED, 0)
    return counts


def _said(counts: Mapping[str, int], *, foretold: bool) -> str:
    parts = [
        f"{counts[kind]:,} {to_do if foretold else kind}"
        for kind, to_do in _TO_DO.items()
        if counts.get(kind)
    ]
    if found := counts.get(Kind.CONFLICT):
        parts.append(f"{found:,} conflict" + ("s" if found > 1 else ""))
    return ", ".join(parts)


def _row(changes: list[Change]) -> Iterator[DiffLine]:
    first = changes[0]
    key = ", ".join(f"{column}={one_line(value)}" for column, value in first.key.items())
    yield DiffLine(SIGNS[first.kind], f"{key}  ({', '.join(dict.fromkeys(map(_word, changes)))})")
    width = max((len(column) for change in changes for column in change.cells), default=0)
    for change in changes:
        for column, cell in change.cells.items():
            yield from _cell(change.kind, f"{column:<{width}}", cell)


def _word(change: Change) -> str:
    if change.kind is Kind.KEPT and not change.cells:
        return "stays deleted"
    return _DELETED if change.kind is Kind.RETIRED and not change.cells else change.kind


def _cell(kind: Kind, column: str, cell: CellChange) -> Iterator[DiffLine]:
    sign = " " if kind is Kind.ADDED else SIGNS[kind]
    if kind is Kind.ADDED:
        yield DiffLine(sign, f"{column}  {one_line(cell.desired)}", 1)
        return
    stays = kind in {Kind.KEPT, Kind.CONFLICT}
    found = _details(cell)
    if found:
        # Of a cell that stays the lines say what would become of it.
        yield DiffLine(sign, f"{column.rstrip()}" + ("  (the seed file differs)" if stays else ""), 1)
        yield from (DiffLine(each.sign, printable(each.text), 2) for each in found)
    elif stays:
        said = f"{column}  {one_line(cell.live)}  (the seed file says {one_line(cell.desired)})"
        yield DiffLine(sign, said, 1)
    else:
        yield DiffLine(sign, f"{column}  {one_line(cell.live)} → {one_line(cell.desired)}", 1)


def _details(cell: CellChange) -> list[Detail]:
    if cell.live is None or cell.desired is None:
        return []
    return details(redact(cell.live), redact(cell.desired))

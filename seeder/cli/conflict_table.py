"""Conflicts for people, and for programs, as they are read: a page at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from seeder.config import row_key
from seeder.masking import redact
from seeder.merge.conflicts import Conflict
from seeder.reporting.diff import one_line
from seeder.reporting.table import table
from seeder.run.conflict_list import Page

_HEADS: Final = ("row", "column", "live", "seed file", "kept since (UTC)", "why")
_LONGEST: Final = 40


def as_json(pages: Iterable[Page]) -> Iterator[str]:
    """The lines of a list of objects, one conflict a line."""
    yield "["
    last = None
    for page in pages:
        for conflict in page.conflicts:
            if last is not None:
                yield f"{last},"
            last = json.dumps(_facts(page, conflict), ensure_ascii=False)
    if last is not None:
        yield last
    yield "]"


def as_tables(pages: Iterable[Page]) -> Iterator[str]:
    """A table for each seeder; a seeder with very many conflicts has several."""
    last = None
    for page in pages:
        if page.seeder != last:
            if last is not None:
                yield ""
            yield f"{page.seeder} ({page.table})"
            if not page.applied:
                yield (
                    "  Its files are not those that were last applied here. What they say by now is in the column "
                    '"seed file"; the next run decides.'
                )
        last = page.seeder
        yield from (f"  {line}" for line in table([_HEADS, *map(_line, page.conflicts)]))
    if last is None:
        yield "no conflicts"


def _line(conflict: Conflict) -> tuple[str, ...]:
    return (
        _row(conflict),
        conflict.column,
        one_line(conflict.cell.live, _LONGEST),
        one_line(conflict.cell.desired, _LONGEST),
        f"{conflict.since:%Y-%m-%d %H:%M:%S}",
        _why(conflict),
    )


def _row(conflict: Conflict) -> str:
    """The row as `--row` takes it."""
    return row_key.written({column: redact(value) for column, value in conflict.key.items()})


def _why(conflict: Conflict) -> str:
    return "edited and changed" if conflict.edited else "there before us"


def _facts(page: Page, conflict: Conflict) -> dict[str, Any]:
    return {
        "seeder": page.seeder,
        "table": page.table,
        "key": redact(dict(conflict.key)),
        "column": conflict.column,
        "live": redact(conflict.cell.live),
        "desired": redact(conflict.cell.desired),
        "why": _why(conflict),
        "since": conflict.since.isoformat().replace("+00:00", "Z"),
        "applied": page.applied,
    }

"""The line of a seed file that an error is about, with a mark under the place.

It may hold a cell's value, so it is for the terminal of whoever has the file, and for no log and no report.
"""

from __future__ import annotations

import gzip
import itertools
from pathlib import Path
from typing import Final

from seeder.errors import Position
from seeder.masking import redact
from seeder.reporting.output import columns, fitting, printable
from seeder.reporting.screen import Line
from seeder.seed_files.places import BUILTIN, BUILTIN_FOLDER

_LONGEST: Final = 1_000_000
"""Characters of a line that are read."""


def quoted(position: Position, width: int | None) -> list[Line]:
    """The line and, if the column is known, a mark below it. Nothing if the file does not have it any more."""
    if position.line is None:
        return []
    try:
        line = _read(position.file, position.line)
    except (OSError, EOFError, ValueError):
        return []
    if line is None:
        return []
    margin, below = f"{position.line:>4} | ", "     | "
    room = max(20, (width or 200) - len(margin))
    whole = redact(line)
    before = redact(line[: (position.column or 0) - 1])
    # Not if the file has changed since, or if a secret begins before the mark and ends behind it.
    if position.column is None or position.column > len(line) + 1 or not whole.startswith(before):
        return [Line.of((margin, "dim"), _cropped(_shown(whole), room))]
    before, rest = _shown(before), _shown(whole[len(before) :])
    if columns(before) > room * 2 // 3:
        before = "…" + before[-(room // 3) :]
    rest = _cropped(rest, room - columns(before))
    mark = Line.of((below, "dim"), " " * columns(before), ("^", "bold red"))
    return [Line.of((margin, "dim"), before, rest), mark]


def _cropped(text: str, room: int) -> str:
    return text if columns(text) <= room else text[: fitting(text, room - 1)] + "…"


def _shown(text: str) -> str:
    return printable(text.replace("\t", "    "))


def _read(file: str, number: int) -> str | None:
    path = Path(file)
    if path.parts[:1] == (BUILTIN,) and not path.exists():
        path = BUILTIN_FOLDER.joinpath(*path.parts[1:])
    if not path.is_file():
        return None
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", errors="replace") as lines:
        found = next(itertools.islice(lines, number - 1, None), None)
    return None if found is None or len(found) > _LONGEST else found.rstrip("\n")

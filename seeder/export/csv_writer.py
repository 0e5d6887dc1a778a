"""Rows as CSV: RFC 4180, an empty field for NULL and `""` for an empty text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from seeder.errors import SeedingError

# `\.` alone in a line ends the data of a COPY, and a byte-order mark at the beginning of a file is ignored.
_QUOTED: Final = re.compile('[",\r\n]|^$|^\\\\\\.$|^\ufeff')


def write_csv(
    columns: Sequence[str], rows: Iterable[Sequence[str | None]], write: Callable[[str], object]
) -> int:
    """Write a header and the rows, whose cells are texts, and return how many rows there are.

    Raises `SeedingError` at a row that is one NULL, which CSV has no line for.
    """
    write(",".join(map(_field, columns)) + "\n")
    count = 0
    for row in rows:
        line = ",".join(["" if text is None else _field(text) for text in row])
        if not line:
            raise SeedingError(
                f'CSV has no line for a row whose only cell, column "{columns[0]}", is NULL; export more columns, or '
                "with --format ndjson or yaml"
            )
        write(line + "\n")
        count += 1
    return count


def _field(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text

"""The words by which PostgreSQL reads the clock: `now`, `today`, `tomorrow` and `yesterday` in dates and times.

A cell that says one would hold another value at each run, and each run would write it. (See "Special Values" in
PostgreSQL's manual, under "Date/Time Input". `epoch`, `infinity` and `allballs` are always the same.)
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from seeder.merge.table import Column
from seeder.seed_files.raw_csv import NotRaw

_TYPES: Final = frozenset({"date", "time", "timetz", "timestamp", "timestamptz"})
_RANGES: Final = frozenset(
    {"daterange", "tsrange", "tstzrange", "datemultirange", "tsmultirange", "tstzmultirange"}
)
_WORDS: Final = ("now", "today", "tomorrow", "yesterday")
_IN_BYTES: Final = tuple(word.encode() for word in _WORDS)
_WORD: Final = re.compile(rf"(?<![a-z])({'|'.join(_WORDS)})(?![a-z])", re.IGNORECASE | re.ASCII)


def is_of_time(column: Column) -> bool:
    """Whether the type of a column reads these words: dates and times, and arrays and ranges of them."""
    return column.built_in and column.base.removeprefix("_") in _TYPES | _RANGES


def clock_word(text: str) -> str | None:
    """The first word in a text by which PostgreSQL reads the clock, in lower case; None if there is none."""
    found = _WORD.search(text)
    return found[1].lower() if found else None


def without_clock(blocks: Iterable[bytes], columns: Sequence[Column | None]) -> Iterable[bytes]:
    """The blocks of CSV as they are, `columns` being those of its fields; None for a field that is not of the table.

    Raises `NotRaw` at a block in which the field of a date or a time may say such a word.
    """
    places = [place for place, column in enumerate(columns) if column is not None and is_of_time(column)]
    return _checked(blocks, places) if places else blocks


def _checked(blocks: Iterable[bytes], places: Sequence[int]) -> Iterator[bytes]:
    for block in blocks:
        # Mostly none of the words is there, not even in a text, which takes no splitting to see.
        lower = block.lower()
        if any(word in lower for word in _IN_BYTES) and _says_one(block, places):
            raise NotRaw
        yield block


def _says_one(block: bytes, places: Sequence[int]) -> bool:
    try:
        rows = csv.reader(io.StringIO(block.decode(), newline=""))
        return any(clock_word(row[place]) for row in rows for place in places if place < len(row))
    except (csv.Error, UnicodeDecodeError):
        return True

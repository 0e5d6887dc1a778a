"""Rows as NDJSON: one object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from seeder.seed_files.values import Plain

_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_BOOLEANS: Final = frozenset({"true", "false"})
_dump = json.JSONEncoder(ensure_ascii=False).encode


def write_ndjson(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], write: Callable[[str], object]
) -> int:
    """Write the rows, whose cells are values, and return how many there are."""
    names = [_dump(each) + ": " for each in columns]
    count = 0
    for row in rows:
        cells = [name + as_json(value) for name, value in zip(names, row, strict=True)]
        write("{" + ", ".join(cells) + "}\n")
        count += 1
    return count


def as_json(value: Any) -> str:
    """A value as JSON. A number has the digits that it has."""
    if isinstance(value, Plain):
        return value if _NUMBER.fullmatch(value) or value in _BOOLEANS else _dump(str(value))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_dump(name)}: {as_json(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_json, value)) + "]"
    return _dump(value)

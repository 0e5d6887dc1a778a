"""A row's key as people write it: `name=x`, or `name=x,size=1` for a key of several columns.

An empty value is NULL. A value in double quotes may hold anything, a comma too, and `""` is an empty text: as in CSV.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_FIELD: Final = re.compile(
    r'\s*(?P<column>[^=",]+?)\s*=(?P<value>"(?:[^"]|"")*"|[^",]*)(?P<end>,|$)', re.DOTALL
)
_PLAIN: Final = re.compile(r'[^",\s](?:[^",\n\r]*[^",\s])?')


def read(text: str) -> dict[str, str | None]:
    """The values of a key by column. Raises `ValueError` that says what would be right."""
    key: dict[str, str | None] = {}
    at, end = 0, ","
    while end:
        found = _FIELD.match(text, at)
        if found is None or found["column"] in key:
            raise ValueError(
                "is not the key of a row; write COLUMN=VALUE, several with commas between; a value that holds a comma "
                'goes in double quotes, an empty value is NULL, and "" an empty text'
            )
        value = found["value"]
        key[found["column"]] = value[1:-1].replace('""', '"') if value.startswith('"') else value or None
        at, end = found.end(), found["end"]
    return key


def written(key: Mapping[str, str | None]) -> str:
    """A key as `read` takes it."""
    return ",".join(f"{column}={_written(value)}" for column, value in key.items())


def _written(value: str | None) -> str:
    if value is None:
        return ""
    return value if _PLAIN.fullmatch(value) else '"' + value.replace('"', '""') + '"'

"""The text of a cell as a value of a seed file: a number, a list or a document where that stands for the same text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from seeder.merge.table import Column
from seeder.seed_files.values import Plain

Read: TypeAlias = "Callable[[str], Any]"


class UnsayableError(ValueError):
    """A document that no list or mapping of a seed file stands for. The message completes `the document`."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A cell that is written as `!ref`: `column`, or the primary key, of the row of `table` with those cells."""

    table: str
    where: Mapping[str, Any]
    column: str | None


# As types say it (`pg_type.typcategory`): numbers, booleans, dates and times, intervals, addresses.
_PLAIN: Final = frozenset("NBDTI")
_PLAIN_ITEMS: Final = frozenset(
    f"_{name}"
    for name in (
        *("int2", "int4", "int8", "oid", "float4", "float8", "numeric", "money", "bool", "uuid"),
        *("date", "time", "timetz", "timestamp", "timestamptz", "interval", "inet", "cidr"),
    )
)
_BOOLEANS: Final = {"t": "true", "f": "false"}

_TOKEN: Final = re.compile(r'[{},]|"((?:[^"\\]|\\.)*)"|((?:[^{},"\\]|\\.)+)', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")

_DEEPEST: Final = 90
"""How deep a document may nest: YAML files may nest 100 levels, and a row stands on the third."""


def reader_for(column: Column) -> Read:
    """The function that makes a value of the text of a cell of `column`.

    A value is a text, or a `Plain` one, that is no text for people; a list; or what a JSON document holds. It raises
    `UnsayableError`.
    """
    if column.is_json:
        return document
    if column.category == "A" and not column.by_extension and column.base != "_box":
        return _array_reader(column.base if column.built_in else "")
    if column.category in _PLAIN and column.has_fixed_text:
        return Plain
    return Plain if column.base == "uuid" and column.built_in else str


def document(text: str) -> Any:
    """A JSON document, its numbers with the digits that they have. Raises `UnsayableError`."""
    try:
        found = json.loads(text, object_pairs_hook=_object, parse_float=Plain, parse_int=Plain)
        if text.count("{") + text.count("[") > _DEEPEST and _depth(found) > _DEEPEST:
            raise UnsayableError("nests too deep")
    except RecursionError:
        raise UnsayableError("nests too deep") from None
    if found is None:
        raise UnsayableError("is the JSON value null, which is not the same as NULL")
    if "\\u" in text:
        _check_texts(found)
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise UnsayableError("has a name twice in one object")
    return made


def _depth(value: Any) -> int:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if items is None else 1 + max(map(_depth, items), default=0)


def _check_texts(value: Any) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            _check_texts(name)
            _check_texts(item)
    elif isinstance(value, list):
        for item in value:
            _check_texts(item)
    elif isinstance(value, str) and ("\0" in value or _SURROGATE.search(value)):
        raise UnsayableError("has a NUL character or half a surrogate pair in a text")


def _array_reader(base: str) -> Read:
    if base == "_jsonb":
        return _documents
    if base == "_json":
        # Its documents are compared as they are written, with their spaces.
        return str
    item: Callable[[str], Any] = str
    if base == "_bool":
        item = _boolean
    elif base in _PLAIN_ITEMS:
        item = Plain
    return lambda text: _array(text, item)


def _boolean(text: str) -> Plain:
    return Plain(_BOOLEANS[text])


def _documents(text: str) -> Any:
    try:
        return _array(text, document, dimensions=1)
    except UnsayableError:
        return text


def _array(text: str, item: Callable[[str], Any], dimensions: int | None = None) -> Any:
    """The list that stands for an array; the text itself if its indexes do not begin at 1.

    It is the text also if there are more than `dimensions`.
    """
    if not text.startswith("{"):
        return text
    lists: list[list[Any]] = [[]]
    for found in _TOKEN.finditer(text):
        sign = found[0]
        if sign == "{":
            if len(lists) - 1 == dimensions:
                return text
            lists.append([])
            lists[-2].append(lists[-1])
        elif sign == "}":
            lists.pop()
        elif sign != ",":
            lists[-1].append(None if sign == "NULL" else item(_unescaped(found[1] or found[2] or "")))
    return lists[0][0]


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text

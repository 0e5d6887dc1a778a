"""JSON seed files. Numbers keep the digits they were written with.

The standard library decodes the text: the top level member by member and `rows` item by item, so that it is
known where each row begins, and all else in one go. Where a cell stands is found when an error needs it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn, TypeAlias

from seeder.errors import Position, SeedFileError
from seeder.seed_files.document import Document, Record
from seeder.seed_files.text import NUL, position_of
from seeder.seed_files.values import Plain, Value

Decode: TypeAlias = Callable[[str, int], tuple[Any, int]]
Part: TypeAlias = tuple[str, int, int, Any]
"""A member's key or an item's index, where that stands, where its value stands, and the value."""

_SPACE = re.compile(r"[ \t\n\r]*")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_NUL = re.compile(r"\\u0000")


class _FaultError(ValueError):
    """Something that Python's decoder lets through, at a place it does not tell."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    decoded = dict(pairs)
    if len(decoded) != len(pairs):
        raise _FaultError
    return decoded


def _constant(_: str) -> NoReturn:
    raise _FaultError


_decode: Decode = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=Plain, parse_int=Plain, parse_constant=_constant
).raw_decode


class JsonDocument(Document):
    """A JSON seed file, decoded and not yet understood. Raises `SeedFileError` when it is no JSON object."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.names: dict[str, Value] = {}
        self._text = text
        self.has_rows = False
        self._rows: list[Part] = []
        """The rows: of each the columns and the values, or what it is instead if it is no object."""
        self._shared_names: dict[tuple[str, ...], tuple[str, ...]] = {}
        start = _skip(text, 0)
        if not text.startswith("{", start):
            raise SeedFileError("the file must be one JSON object", position=position_of(text, start, file))
        try:
            found, end = parts(text, start, lambda key: self._decode_rows if key == "rows" else decode)
            end = _skip(text, end)
            if end < len(text):
                raise json.JSONDecodeError("There must be nothing after the object", text, end)
        except json.JSONDecodeError as error:
            raise decode_error(error, file) from None
        except RecursionError:
            raise SeedFileError("nested too deeply", position=Position(file)) from None
        for key, _, value_at, value in found:
            if key != "rows":
                self.names[key] = value
            elif isinstance(value, list):
                self.has_rows, self._rows = True, value
            else:
                raise SeedFileError("rows must be a list", position=position_of(text, value_at, file))

    def field(self, name: str) -> Value:
        """The value of one of `names`."""
        return self.names[name]

    def records(self) -> Iterator[Record]:
        """The rows. Raises `SeedFileError` at the first one that is no object."""
        line, counted = 1, 0
        for _, _, at, row in self._rows:
            line += self._text.count("\n", counted, at)
            counted = at
            if not isinstance(row, tuple):
                raise SeedFileError(
                    "a row must be an object", position=position_of(self._text, at, self.file)
                )
            yield *row, line

    def find(self, *path: str, name: bool = False) -> Position | None:
        """Where the value at the end of `path` stands, or its name: the text is decoded again."""
        start = 0
        if path[0] == "rows" and len(path) > 1:
            start, path = self._rows[int(path[1])][1], path[2:]
        found = locate(self._text, path, start)
        return position_of(self._text, found[0 if name else 1], self.file) if found else None

    def _decode_rows(self, text: str, at: int) -> tuple[Any, int]:
        if not text.startswith("[", at):
            return decode(text, at)
        return parts(text, at, lambda _: self._decode_row)

    def _decode_row(self, text: str, at: int) -> tuple[Any, int]:
        row, at = decode(text, at)
        if isinstance(row, dict):
            names = tuple(row)
            row = (self._shared_names.setdefault(names, names), tuple(row.values()))
        return row, at


def decode(text: str, at: int) -> tuple[Any, int]:
    """The value that begins at `at`, and where it ends. Raises `json.JSONDecodeError` at the fault."""
    try:
        value, end = _decode(text, at)
        if _NUL.search(text, at, end):
            # In a name it is a fault; in a value that is for the column's type to say.
            _find_fault(text, at)
    except _FaultError:
        _find_fault(text, at)
        raise
    except RecursionError:
        raise json.JSONDecodeError("Nested too deeply", text, at) from None
    if _SURROGATE.search(text, at, end):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise json.JSONDecodeError("An unpaired surrogate is not a character", text, at) from None
    return value, end


def parts(text: str, at: int, decoder: Callable[[str], Decode]) -> tuple[list[Part], int]:
    """The parts of the object or array at `at`, each decoded by `decoder(key)`, and where it ends."""
    found: dict[str, Part] = {}
    is_object = text.startswith("{", at)
    closing = "}" if is_object else "]"
    at = _skip(text, at + 1)
    if text.startswith(closing, at):
        return [], at + 1
    while True:
        key, name_at = str(len(found)), at
        if is_object:
            key, at = _key(text, at, found)
        value_at = at
        value, at = decoder(key)(text, at)
        found[key] = (key, name_at, value_at, value)
        at = _skip(text, at)
        if text.startswith(closing, at):
            return list(found.values()), at + 1
        if not text.startswith(",", at):
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
        at = _skip(text, at + 1)
        if text.startswith(closing, at):
            raise json.JSONDecodeError(f"No comma is allowed before the closing '{closing}'", text, at)


def decode_error(error: json.JSONDecodeError, file: str, first_line: int = 1) -> SeedFileError:
    """The error as it is told to people."""
    first, rest = error.msg[:1], error.msg[1:]
    message = error.msg if rest[:1].isupper() else first.lower() + rest
    return SeedFileError(message, position=position_of(error.doc, error.pos, file, first_line))


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _key(text: str, at: int, found: Mapping[str, Part]) -> tuple[str, int]:
    """The key at `at`, and where its value begins."""
    if not text.startswith('"', at):
        raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
    key, end = _decode(text, at)
    if "\0" in key:
        raise json.JSONDecodeError(f"The name {NUL}", text, at)
    if key in found:
        first = found[key][1]
        where = f", first in line {text.count(chr(10), 0, first) + 1}" if "\n" in text[first:at] else ""
        raise json.JSONDecodeError(f'"{key}" appears twice{where}', text, at)
    end = _skip(text, end)
    if not text.startswith(":", end):
        raise json.JSONDecodeError("Expecting ':' delimiter", text, end)
    return key, _skip(text, end + 1)


def _find_fault(text: str, at: int) -> tuple[Any, int]:
    """Decode slowly, to raise the error that the quick decoder could not place."""
    if text.startswith(("{", "["), at):
        return parts(text, at, lambda _: _find_fault)
    try:
        return _decode(text, at)
    except _FaultError:
        raise json.JSONDecodeError("JSON has no NaN and no Infinity", text, at) from None


def locate(text: str, path: tuple[str, ...], at: int = 0) -> tuple[int, int] | None:
    """Where the name and the value at the end of `path` stand. An array's item is named by text or index."""
    name_at = at = _skip(text, at)
    for part in path:
        if not text.startswith(("{", "["), at):
            return None
        found, _ = parts(text, at, lambda _: decode)
        is_array = text.startswith("[", at)
        places = {key: (key_at, value_at) for key, key_at, value_at, _ in found}
        places |= {value: (at, at) for _, at, _, value in found if is_array and isinstance(value, str)}
        if part not in places:
            return None
        name_at, at = places[part]
    return name_at, at

"""JSON seed files. Numbers keep the digits they were written with.

The standard library decodes the text: the top level member by member and `rows` item by item, so that it is
known where each row begins, and all else in one go. Where a cell stands is found when an error needs it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NoReturn, TypeAlias

from seeder.errors import Position, SeedFileError, Tell, refuse
from seeder.seed_files.document import Document, Record
from seeder.seed_files.text import NUL, position_of
from seeder.seed_files.values import Plain, Value

Decode: TypeAlias = Callable[[str, int], tuple[Any, int]]
Part: TypeAlias = tuple[str, int, int, Any]
"""A member's key or an item's index, where that stands, where its value stands, and the value."""

Note: TypeAlias = Callable[[json.JSONDecodeError], object]
"""What is done with a fault that does not keep the rest from being read."""

_SPACE = re.compile(r"[ \t\n\r]*")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_NUL = re.compile(r"\\u0000")
_CONSTANT = re.compile(r"NaN|-?Infinity")


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

    def __init__(self, text: str, file: str, tell: Tell = refuse) -> None:
        self.file = file
        self._note: Note = lambda fault: tell(decode_error(fault, file))
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
            found, end = parts(
                text, start, lambda key: self._decode_rows if key == "rows" else self._decode, self._note
            )
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
                self.has_rows = True
                tell(SeedFileError("rows must be a list", position=position_of(text, value_at, file)))

    def field(self, name: str) -> Value:
        """The value of one of `names`."""
        return self.names[name]

    def records(self, tell: Tell = refuse) -> Iterator[Record]:
        """The rows. Those that are no objects are told."""
        line, counted = 1, 0
        for _, _, at, row in self._rows:
            line += self._text.count("\n", counted, at)
            counted = at
            if isinstance(row, tuple):
                yield *row, line
            else:
                where = position_of(self._text, at, self.file)
                tell(SeedFileError("a row must be an object", position=where))
                yield (), None, line

    def find(self, *path: str, name: bool = False) -> Position | None:
        """Where the value at the end of `path` stands, or its name: the text is decoded again."""
        start = 0
        if path[0] == "rows" and len(path) > 1:
            start, path = self._rows[int(path[1])][1], path[2:]
        found = locate(self._text, path, start)
        return position_of(self._text, found[0 if name else 1], self.file) if found else None

    def _decode(self, text: str, at: int) -> tuple[Any, int]:
        return decode(text, at, self._note)

    def _decode_rows(self, text: str, at: int) -> tuple[Any, int]:
        if not text.startswith("[", at):
            return self._decode(text, at)
        return parts(text, at, lambda _: self._decode_row)

    def _decode_row(self, text: str, at: int) -> tuple[Any, int]:
        row, at = decode(text, at, self._note)
        if isinstance(row, dict):
            names = tuple(row)
            row = (self._shared_names.setdefault(names, names), tuple(row.values()))
        return row, at


def _raise(fault: json.JSONDecodeError) -> NoReturn:
    raise fault


def _pass(fault: json.JSONDecodeError) -> None:
    """Pass over a fault that has been told before."""


def _decode_again(text: str, at: int) -> tuple[Any, int]:
    return decode(text, at, _pass)


def decode(text: str, at: int, note: Note = _raise) -> tuple[Any, int]:
    """The value that begins at `at`, and where it ends. Raises `json.JSONDecodeError` if the rest can't be read.

    Faults that can be passed over are given to `note`, which by default raises them.
    """
    try:
        value, end = _decode(text, at)
        if _NUL.search(text, at, end):
            # In a name it is a fault; in a value that is for the column's type to say.
            _slowly(text, at, note)
    except _FaultError:
        # What the quick decoder could not place.
        try:
            value, end = _slowly(text, at, note)
        except RecursionError:
            raise _too_deep(text, at) from None
    except RecursionError:
        raise _too_deep(text, at) from None
    if _SURROGATE.search(text, at, end):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            note(json.JSONDecodeError("An unpaired surrogate is not a character", text, at))
            value = None
    return value, end


def parts(
    text: str, at: int, decoder: Callable[[str], Decode], note: Note = _raise
) -> tuple[list[Part], int]:
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
            key, at = _key(text, at, found, note)
        value_at = at
        value, at = decoder(key)(text, at)
        found.setdefault(key, (key, name_at, value_at, value))
        at = _skip(text, at)
        if text.startswith(closing, at):
            return list(found.values()), at + 1
        if not text.startswith(",", at):
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
        at = _skip(text, at + 1)
        if text.startswith(closing, at):
            raise json.JSONDecodeError(f"No comma is allowed before the closing '{closing}'", text, at)


_OF_SYNTAX: Final = ("Expecting", "Extra data", "Invalid", "Unterminated")
"""How the messages of Python's own decoder begin."""


def decode_error(error: json.JSONDecodeError, file: str, first_line: int = 1) -> SeedFileError:
    """The error as it is told to people."""
    first, rest = error.msg[:1], error.msg[1:]
    message = error.msg if rest[:1].isupper() else first.lower() + rest
    closing = error.doc[error.pos : error.pos + 1]
    if closing in {"}", "]"} and error.doc[: error.pos].rstrip().endswith(","):
        message = f"no comma is allowed before the closing '{closing}'"
    elif error.msg.startswith(_OF_SYNTAX):
        message = f"not valid JSON: {message}"
    return SeedFileError(message, position=position_of(error.doc, error.pos, file, first_line))


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _key(text: str, at: int, found: Mapping[str, Part], note: Note) -> tuple[str, int]:
    """The key at `at`, and where its value begins."""
    if not text.startswith('"', at):
        raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
    key, end = _decode(text, at)
    if "\0" in key:
        note(json.JSONDecodeError(f"The name {NUL}", text, at))
    if key in found:
        first = found[key][1]
        where = f", first in line {text.count(chr(10), 0, first) + 1}" if "\n" in text[first:at] else ""
        note(json.JSONDecodeError(f'"{key}" appears twice{where}', text, at))
    end = _skip(text, end)
    if not text.startswith(":", end):
        raise json.JSONDecodeError("Expecting ':' delimiter", text, end)
    return key, _skip(text, end + 1)


def _slowly(text: str, at: int, note: Note) -> tuple[Any, int]:
    """Decode value by value, to note each fault that the quick decoder can't place."""
    if text.startswith(("{", "["), at):
        found, end = parts(text, at, lambda _: lambda text, at: _slowly(text, at, note), note)
        if text.startswith("[", at):
            return [value for _, _, _, value in found], end
        return {key: value for key, _, _, value in found}, end
    try:
        return _decode(text, at)
    except _FaultError:
        note(json.JSONDecodeError("JSON has no NaN and no Infinity", text, at))
        constant = _CONSTANT.match(text, at)
        return None, constant.end() if constant else at


def _too_deep(text: str, at: int) -> json.JSONDecodeError:
    return json.JSONDecodeError("Nested too deeply", text, at)


def locate(text: str, path: tuple[str, ...], at: int = 0) -> tuple[int, int] | None:
    """Where the name and the value at the end of `path` stand. An array's item is named by text or index."""
    name_at = at = _skip(text, at)
    for part in path:
        if not text.startswith(("{", "["), at):
            return None
        found, _ = parts(text, at, lambda _: _decode_again, _pass)
        is_array = text.startswith("[", at)
        places = {key: (key_at, value_at) for key, key_at, value_at, _ in found}
        places |= {value: (at, at) for _, at, _, value in found if is_array and isinstance(value, str)}
        if part not in places:
            return None
        name_at, at = places[part]
    return name_at, at

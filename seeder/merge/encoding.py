"""A cell's value as the text that PostgreSQL's input function of the column's type reads.

The column's type decides what a value means, never the value's look: `NO` is Norway in a text column and false in
a boolean one. What the type itself will not take is left for PostgreSQL to refuse.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, TypeAlias

from seeder.errors import SeedFileError
from seeder.merge.clock import clock_word, is_of_time
from seeder.merge.table import Column
from seeder.seed_files.values import CORE_WORDS, FileContent, Literal, Plain, Secret, Value

Encoder: TypeAlias = Callable[[Value], str | None]

_dump = json.JSONEncoder(ensure_ascii=False).encode

# Numbers in YAML 1.2's core schema; JSON knows fewer forms, so what JSON can't say is converted.
_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_CORE_INTEGER = re.compile(r"[-+]?[0-9]+")
_CORE_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_CORE_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")


class UnfitError(ValueError):
    """A value that no text of the column's type could stand for. The message completes `column "x"`."""


def encoder_for(column: Column) -> Encoder:
    """The function that turns a value for `column` into text, or None for NULL. It raises `UnfitError`."""
    encoder = _encoder_for(column)
    return _without_clock(encoder) if is_of_time(column) else encoder


def _encoder_for(column: Column) -> Encoder:
    if column.is_json:
        return _json
    if column.base == "bytea":
        return _bytea
    if column.base in {"_json", "_jsonb"}:
        return _documents
    if column.category == "A":
        return _array
    if column.category == "N":
        return _number
    return _scalar


def key_text(value: Value) -> str | None:
    """A key cell as people see it in a log."""
    return None if value is None else "***" if isinstance(value, Secret) else str(value)


def _scalar(value: Value) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return _without_nul(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, FileContent):
        return _without_nul(value.read_text())
    raise UnfitError(f"takes a single value, not {_describe(value)}")


def _without_clock(encoder: Encoder) -> Encoder:
    def encode_time(value: Value) -> str | None:
        text = encoder(value)
        word = None if text is None else clock_word(text)
        if word is not None:
            raise UnfitError(
                f"can't take `{word}`, which is another value at each run; write a fixed date or time, or leave the "
                "cell out and give the column a default"
            )
        return text

    return encode_time


def _number(value: Value) -> str | None:
    if isinstance(value, Plain) and _CORE_BASED.fullmatch(value):
        return _in_decimal(value)
    return _scalar(value)


def _bytea(value: Value) -> str | None:
    if isinstance(value, FileContent):
        value = value.read_bytes()
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    return _scalar(value)


def _array(value: Value) -> str | None:
    return _array_literal(value) if isinstance(value, list) else _scalar(value)


def _array_literal(items: list[Value]) -> str:
    return "{" + ",".join(_array_item(item) for item in items) + "}"


def _array_item(item: Value) -> str:
    if isinstance(item, list):
        return _array_literal(item)
    return _quoted(_json(item) if isinstance(item, dict) else _bytea(item))


def _quoted(text: str | None) -> str:
    if text is None:
        return "NULL"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _documents(value: Value) -> str | None:
    """Of an array of documents each item is one: a list in it is a document, and no further dimension."""
    if not isinstance(value, list):
        return _scalar(value)
    return "{" + ",".join(_quoted(_json(item)) for item in value) + "}"


def _json(value: Value) -> str | None:
    if value is None:
        return None
    if isinstance(value, Literal):
        return _without_nul(value)
    if isinstance(value, FileContent) and value.path.suffix == ".json":
        return _without_nul(value.read_text())
    text = _document(value)
    return None if text == "null" else text


def _document(value: Value) -> str:
    """A JSON document. Written here, because numbers keep the digits they were written with."""
    if isinstance(value, Plain):
        return _core_scalar(value)
    if isinstance(value, dict):
        members = (f"{_dump(name)}:{_document(item)}" for name, item in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_document, value)) + "]"
    if isinstance(value, FileContent):
        value = value.read_text()
    if isinstance(value, bytes):
        raise UnfitError("holds JSON, which has no bytes")
    if isinstance(value, Secret):
        value = str.__str__(value)
    if isinstance(value, str):
        _without_nul(value)
    return _dump(value)


def _core_scalar(text: str) -> str:
    if text in CORE_WORDS:
        return _dump(CORE_WORDS[text])
    if _JSON_NUMBER.fullmatch(text):
        return text
    if _CORE_INTEGER.fullmatch(text):
        # Not by `int`, which Python lets read no more than 4300 digits.
        digits = text.lstrip("+-").lstrip("0")
        return ("-" if text.startswith("-") else "") + digits if digits else "0"
    if _CORE_BASED.fullmatch(text):
        return _in_decimal(text)
    if _CORE_FLOAT.fullmatch(text):
        return _dump(float(text))
    return _dump(text)


def _in_decimal(text: str) -> str:
    try:
        return str(int(text, 0))
    except ValueError:
        raise UnfitError(
            "takes no hexadecimal or octal number of so many digits; write it in decimal"
        ) from None


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise UnfitError("can't hold the NUL character, nor can any column of PostgreSQL's")
    return text


def _describe(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping (only json and jsonb columns hold one)"
    if isinstance(value, list):
        return "a list (only array, json and jsonb columns hold one)"
    return "bytes (only bytea columns hold them)"


def encode(encoder: Encoder, value: Value, column: str, at: Callable[[str], Any]) -> str | None:
    """Encode one cell; a value that can't be meant is an error at the cell's place."""
    try:
        return encoder(value)
    except UnfitError as error:
        raise SeedFileError(f'column "{column}" {error}', position=at(column)) from None

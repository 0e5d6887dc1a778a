"""Rows as a history has them: what is left out of them, and how one is written."""

from __future__ import annotations

import base64
import codecs
import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence

from seeder.seed_files.said import resolve
from seeder.seed_files.values import (
    FileContent,
    FileDigest,
    Literal,
    Plain,
    Ref,
    TableName,
    Value,
    has_secret,
)

_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_dump = json.JSONEncoder(ensure_ascii=False).encode


def recorded(columns: Sequence[str], values: Sequence[Value], left_out: Collection[str]) -> dict[str, Value]:
    """The cells of a row of a seed file as a history has them: without `!env` and the columns `left_out`.

    Raises `SeedFileError` if a file can't be read.
    """
    return {
        column: _recorded(value)
        for column, value in zip(columns, values, strict=True)
        if column not in left_out and not has_secret(value)
    }


def _recorded(value: Value) -> Value:
    if not isinstance(value, FileContent):
        return value
    if value.path.suffix == ".json":
        # In a JSON column it is a document, which no digest of its text could be compared with.
        return Literal(value.read_text())
    return FileDigest(hashlib.sha256(value.read_bytes().removeprefix(codecs.BOM_UTF8)).hexdigest())


def line_of(release: str, cells: Mapping[str, Value]) -> str:
    """The line of a history for a row, without its end."""
    has_texts = any(type(value) is Literal for value in cells.values())
    row: list[tuple[str, Value]] = []
    texts: list[tuple[str, Value]] = []
    for name, value in cells.items():
        is_text = type(value) is Literal or (value is None and has_texts)
        (texts if is_text else row).append((name, value))
    parts = [f'"release": {_dump(release)}']
    parts += [
        f'"{member}": {{{_members(listed)}}}' for member, listed in (("row", row), ("text", texts)) if listed
    ]
    return "{" + ", ".join(parts) + "}"


def same_row(cells: Mapping[str, Value]) -> bytes:
    """What two rows have in common if a history needs only one of them: the order of the columns does not count."""
    return hashlib.sha256(line_of("", dict(sorted(cells.items()))).encode()).digest()


def _members(cells: Sequence[tuple[str, Value]]) -> str:
    return ", ".join(f"{_dump(name)}: {_text(value)}" for name, value in cells)


def _text(value: Value) -> str:
    """A value as a history has it."""
    form: Callable[..., str] = _FORMS.get(type(value), _dump)
    return form(value)


def _object(value: Mapping[str, Value]) -> str:
    members = f"{{{_members(list(value.items()))}}}"
    is_like_a_tag = len(value) == 1 and next(iter(value)).startswith("!")
    return f'{{"!": {members}}}' if is_like_a_tag else members


def _plain(value: Plain) -> str:
    resolved = resolve(value)
    if _JSON_NUMBER.fullmatch(value) or value in ("true", "false"):
        return value
    return _dump(value) if isinstance(resolved, str) else f'{{"!plain": {_dump(value)}}}'


def _ref(ref: Ref) -> str:
    table = str(ref.table)
    parts = [f'"table": {_dump(table if _reads_as(table, ref.table) else _quoted(ref.table))}']
    if ref.column is not None:
        parts.append(f'"column": {_dump(ref.column)}')
    parts.append(f'"where": {{{_members(list(ref.where.items()))}}}')
    return "{" + ", ".join(parts) + "}"


def _reads_as(text: str, table: TableName) -> bool:
    try:
        return TableName.parse(text) == table
    except ValueError:
        return False


def _quoted(table: TableName) -> str:
    return ".".join('"' + each.replace('"', '""') + '"' for each in (table.schema, table.name) if each)


_FORMS: dict[type, Callable[..., str]] = {
    Plain: _plain,
    FileDigest: lambda value: f'{{"!sha256": {_dump(value)}}}',
    FileContent: lambda value: _dump(value.read_text()),
    Ref: lambda value: f'{{"!ref": {_ref(value)}}}',
    bytes: lambda value: f'{{"!bytes": {_dump(base64.b64encode(value).decode())}}}',
    list: lambda value: f"[{', '.join(map(_text, value))}]",
    dict: _object,
}

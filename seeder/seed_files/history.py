"""Histories: the rows that earlier releases of a seed file shipped, one a line, in `NAME.history.ndjson`.

A line has the `release` that was the first to ship the row, and its cells: in `row` as JSON values, in `text` as the
texts that the column's type reads, as in CSV. What JSON can't say is an object with one name that begins with `!`:

    {"!ref": {"table": "groups", "where": {"name": "a"}}}   what a `!ref` looks for
    {"!sha256": "9f86d0..."}                                the sha256 of the text that a `!file` gave
    {"!bytes": "AAEC"}                                      bytes, as base64
    {"!plain": "007"}                                       a scalar without quotes in YAML that is no JSON number
    {"!": {"!ref": 1}}                                      an object of a document that itself has such a name
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from seeder.errors import Position, SeedFileError, Tell, refuse
from seeder.seed_files.json_reader import locate
from seeder.seed_files.ndjson_reader import NdjsonRows
from seeder.seed_files.rows import Rules
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.text import lines_of, open_text, position_of
from seeder.seed_files.values import FileDigest, Literal, Plain, Ref, TableName, Value

_MEMBERS: Final = ("release", "row", "text")
_TAGS: Final = ("!ref", "!sha256", "!bytes", "!plain", "!")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class HistoryRows(NdjsonRows):
    """The rows of a history, which are read anew each time, in constant memory."""

    def __init__(self, path: Path, file: str) -> None:
        super().__init__(path, file, Rules())
        self.path = path

    def releases(self) -> Iterator[tuple[str, dict[str, Value]]]:
        """Each row with the release that shipped it first. Raises `SeedFileError`."""
        with open_text(self._path, self.file) as stream:
            for line, text in lines_of(stream, self.file):
                if not text.isspace():
                    yield self._line(text, line)

    def _object(self, text: str, line: int, tell: Tell) -> dict[str, Any]:
        return self._line(text, line, tell)[1]

    def _line(self, text: str, line: int, tell: Tell = refuse) -> tuple[str, dict[str, Value]]:
        said = super()._object(text, line, tell)
        at = _Line(text, line, self.file)
        for name in said:
            if name not in _MEMBERS:
                raise at.error(f'unknown member "{name}"{did_you_mean(name, _MEMBERS)}', name, outside=name)
        release = said.get("release")
        if type(release) is not str or not release:
            raise at.error("release must be text that is not empty", "release")
        row, texts = said.get("row", {}), said.get("text", {})
        for member, cells in (("row", row), ("text", texts)):
            if not isinstance(cells, dict):
                raise at.error(f"{member} must be an object of columns and their values", member)
        cells = {name: at.cell(value, name) for name, value in row.items()}
        for name, value in texts.items():
            if name in cells:
                raise at.error(f'the column "{name}" appears twice', "text", name)
            if value is not None and type(value) is not str:
                raise at.error("each value in text must be text or null", "text", name)
            cells[name] = None if value is None else Literal(value)
        if not cells:
            raise at.error("the row has no columns")
        return release, cells


class _Line:
    """One line of a history, and where what is wrong with it stands."""

    def __init__(self, text: str, number: int, file: str) -> None:
        self._text = text
        self._number = number
        self._file = file

    def error(self, message: str, *path: str, outside: str | None = None) -> SeedFileError:
        """The error at the value that `path` leads to, or at the line."""
        found = locate(self._text, path) if path else None
        where = Position(self._file, self._number)
        if found is not None:
            where = position_of(self._text, found[1], self._file, self._number)
        return SeedFileError(message, position=where, outside=outside)

    def cell(self, value: Any, column: str) -> Value:
        """The cell of a column, what is tagged in it understood."""
        if isinstance(value, list):
            return [self.cell(item, column) for item in value]
        if not isinstance(value, dict):
            return value  # type: ignore[no-any-return]
        tag = next(iter(value)) if len(value) == 1 else ""
        if tag.startswith("!"):
            return self._tagged(tag, value[tag], column)
        return {name: self.cell(item, column) for name, item in value.items()}

    def _tagged(self, tag: str, value: Any, column: str) -> Value:
        if tag == "!" and isinstance(value, dict):
            return {name: self.cell(item, column) for name, item in value.items()}
        if tag == "!ref" and isinstance(value, dict):
            return self._ref(value, column)
        if tag == "!plain" and isinstance(value, str):
            return Plain(value)
        if tag == "!sha256" and isinstance(value, str) and _SHA256.fullmatch(value):
            return FileDigest(value)
        if tag == "!bytes" and isinstance(value, str):
            try:
                return base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                raise self.error("the value of !bytes must be base64", "row", column) from None
        message = (
            f"the value of {tag} is not valid"
            if tag in _TAGS
            else f"unknown tag {tag}{did_you_mean(tag, _TAGS)}"
        )
        raise self.error(message, "row", column, outside=tag)

    def _ref(self, said: Mapping[str, Any], column: str) -> Ref:
        table, where, taken = said.get("table"), said.get("where"), said.get("column")
        if (
            not isinstance(table, str)
            or not isinstance(where, dict)
            or not where
            or not (taken is None or isinstance(taken, str))
        ):
            raise self.error(
                'the value of !ref must be {"table": "...", "where": {"column": "value"}}', "row", column
            )
        try:
            name = TableName.parse(table)
        except ValueError as error:
            raise self.error(str(error), "row", column) from None
        sought = {each: self.cell(value, column) for each, value in where.items()}
        return Ref(name, sought, taken)

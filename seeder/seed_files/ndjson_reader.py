"""Newline-delimited JSON: one object a line, each with columns of its own. Blank lines are passed over."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

from seeder.errors import Position, SeedFileError
from seeder.seed_files.json_reader import JsonPlace, decode, decode_error
from seeder.seed_files.model import Place, Row
from seeder.seed_files.row_rules import Shapes
from seeder.seed_files.text import open_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from seeder.seed_files.row_rules import Rules


class NdjsonRows(Place):
    """The rows of an NDJSON file, plain or gzip. To find a cell's position it is read again."""

    __slots__ = ("_path", "_rules", "defaults", "file")

    def __init__(self, path: Path, file: str, rules: Rules) -> None:
        self.file = file
        self.defaults = rules.defaults_place
        self._path = path
        self._rules = rules

    def rows(self) -> Iterator[Row]:
        """Read the rows, in constant memory. Raises `SeedFileError`."""
        shapes = Shapes(self._rules)
        with open_text(self._path, self.file) as stream:
            for line, text in enumerate(stream, start=1):
                if not text.isspace():
                    cells = self._object(text, line)
                    yield shapes.row(tuple(cells), tuple(cells.values()), line, self)
        shapes.finish()

    def find(self, line: int, column: str, *, name: bool) -> Position | None:
        """Read the file again, as far as the row, to find one of its cells."""
        try:
            with open_text(self._path, self.file) as stream:
                text = next(itertools.islice(stream, line - 1, None), "")
            return JsonPlace(text, 0, self.file, None, line).find(line, column, name=name)
        except (SeedFileError, json.JSONDecodeError):
            return None  # The file is no longer what was read: the row's line must do.

    def _object(self, text: str, line: int) -> dict[str, Any]:
        start = len(text) - len(text.lstrip())
        try:
            decoded, end = decode(text, start)
            if not text[end:].isspace() and end < len(text):
                raise json.JSONDecodeError("Nothing may follow the object on its line", text, end)
        except json.JSONDecodeError as error:
            raise decode_error(error, self.file, line) from None
        if not isinstance(decoded, dict):
            raise SeedFileError("each line holds one object", position=Position(self.file, line, start + 1))
        return decoded

"""Newline-delimited JSON: one object a line, each with columns of its own. Blank lines are passed over."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seeder.errors import Position, SeedFileError, Tell, refuse
from seeder.seed_files.document import Record
from seeder.seed_files.json_reader import decode, decode_error, locate
from seeder.seed_files.rows import Row, Rows, Rules
from seeder.seed_files.text import lines_of, open_text, position_of


class NdjsonRows(Rows):
    """The rows of an NDJSON file, plain or gzip. To find a cell's position it is read again."""

    def __init__(self, path: Path, file: str, rules: Rules) -> None:
        super().__init__(file, rules)
        self._path = path

    def records(self, tell: Tell = refuse) -> Iterator[Record]:
        """Read the rows, in constant memory. Tells `SeedFileError`, and raises it if the file can't be read."""
        with open_text(self._path, self.file) as stream:
            for line, text in lines_of(stream, self.file):
                if text.isspace():
                    continue
                try:
                    cells = self._object(text, line, tell)
                except SeedFileError as mistake:
                    tell(mistake)
                    yield (), None, line
                else:
                    yield tuple(cells), tuple(cells.values()), line

    def find(self, row: Row, column: str, *, name: bool) -> Position | None:
        """Read the file again, as far as the row, to find one of its cells."""
        try:
            with open_text(self._path, self.file) as stream:
                text = next(itertools.islice(stream, row.line - 1, None), "")
            found = locate(text, (column,))
        except (SeedFileError, json.JSONDecodeError):
            return None  # The file is no longer what was read: the row's line must do.
        return position_of(text, found[0 if name else 1], self.file, row.line) if found else None

    def _object(self, text: str, line: int, tell: Tell) -> dict[str, Any]:
        def note(fault: json.JSONDecodeError) -> None:
            tell(decode_error(fault, self.file, line))

        start = len(text) - len(text.lstrip())
        try:
            decoded, end = decode(text, start, note)
            if not text[end:].isspace() and end < len(text):
                raise json.JSONDecodeError("There must be nothing after the object on its line", text, end)
        except json.JSONDecodeError as error:
            raise decode_error(error, self.file, line) from None
        if not isinstance(decoded, dict):
            raise SeedFileError("each line must be an object", position=Position(self.file, line, start + 1))
        return decoded

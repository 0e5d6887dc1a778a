"""An SQL seed file, run statement by statement in the transaction it is given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from seeder.code.script import Script, Statement
from seeder.errors import Position
from seeder.postgres.connection import Connection
from seeder.postgres.copy import copy_text
from seeder.postgres.statements import run_text
from seeder.seed_files import SqlSeeder

_PART: Final = 1 << 16
"""Characters of a COPY's data that are sent at once."""

_LINE_OF_COPY: Final = re.compile(r"^COPY .*?, line (\d+)")


class SqlCode:
    """The code of an SQL seeder, its script taken apart, which raises `SeedFileError`."""

    own_session: Final = False
    """It runs in the run's session, so that it can be rolled back, and tried again."""

    def __init__(self, seeder: SqlSeeder) -> None:
        self._script = Script(seeder.script, seeder.file)
        self._statements = list(self._script.statements())
        self._at: Statement | None = None

    def run(self, connection: Connection) -> None:
        """Send one statement after another."""
        for statement in self._statements:
            self._at = statement
            sql = self._script.text[statement.start : statement.end]
            if statement.data is None:
                run_text(connection, sql)
            else:
                copy_text(connection, sql, self._parts(*statement.data))
        self._at = None

    def _parts(self, start: int, end: int) -> Iterator[str]:
        for offset in range(start, end, _PART):
            yield self._script.text[offset : min(offset + _PART, end)]

    def position(self, error: BaseException) -> Position | None:
        """The place of the statement that failed with `error`, as exactly as PostgreSQL says."""
        at = self._at
        if at is None:
            return None
        diag = getattr(error, "diag", None)
        if at.data is not None and (line := _LINE_OF_COPY.match(getattr(diag, "context", None) or "")):
            return self._script.line_after(at.data[0], int(line[1]))
        offset = int(getattr(diag, "statement_position", None) or 1) - 1
        return self._script.position(at.start + offset)

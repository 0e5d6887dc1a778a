"""Every error a user can meet, on one page, with the exit code it stands for.

One base class. Each class fixes its exit code and says in its docstring what happened and what to do. A
message names what failed, where, why and what would be right, on one line, and never holds a secret or a
cell's value.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import ClassVar

from seeder.masking import add_names, redact


class ExitCode(enum.IntEnum):
    """What the process tells its parent. Manifests and pipelines depend on the numbers."""

    OK = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    NOT_READY = 4
    LOCKED = 5
    WOULD_CHANGE = 6
    DEFECT = 70
    INTERRUPTED = 130
    TERMINATED = 143


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a seed file; `line` and `column` count from 1, as editors do."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


class SeederError(Exception):
    """Something that the person who runs seeder can mend.

    `message` is one sentence without the position; `position` says where in which seed file; `table` is the
    qualified name of the table; `key` is the row's key as it may be shown in a log; `sqlstate` is
    PostgreSQL's code where PostgreSQL had the last word. `outside` is what of the message somebody wrote in a seed file
    or on a command line, if it is no name that we give: secrets in it are masked.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(
        self,
        message: str,
        *,
        position: Position | None = None,
        table: str | None = None,
        key: dict[str, str | None] | None = None,
        sqlstate: str | None = None,
        outside: str | None = None,
    ) -> None:
        super().__init__(message)
        self._message = message
        self._outside = outside
        # The message may name them as well.
        add_names(position.file if position else None, table, *(table or "").split("."))
        self.position = position
        self.table = table
        self.key = key
        self.sqlstate = sqlstate

    @property
    def message(self) -> str:
        """What failed, why, and what would be right."""
        # Masked when it is asked for, because a secret may be read after the mistake was found.
        if self._outside is None or (masked := redact(self._outside)) == self._outside:
            return self._message
        return self._message.replace(self._outside, masked)

    def __str__(self) -> str:
        return f"{self.position}: {self.message}" if self.position else self.message


class UsageError(SeederError):
    """A flag, a setting or a URL is wrong, or there is no such seeder. Mend the command line or manifest."""

    exit_code = ExitCode.USAGE


class ConnectionRefusedForGoodError(SeederError):
    """The database answered, and refuses us: authentication, no such database, no privilege, TLS.

    Mend the credentials or the grant.
    """

    exit_code = ExitCode.REFUSED


class NotReadyError(SeederError):
    """The database, or what `--wait-for` names, was not ready in time.

    Raise `--wait-timeout`, or mend what hangs.
    """

    exit_code = ExitCode.NOT_READY


class LockTimeoutError(SeederError):
    """Others held a lock for longer than `--lock-timeout`. Run again, or find who holds it in `pg_locks`."""

    exit_code = ExitCode.LOCKED


class SeedFileError(SeederError):
    """A seed file can't be read, or says what can't be meant. Mend the file at the position named."""


class SeedingError(SeederError):
    """A seed file was understood, and PostgreSQL would not take it.

    The message says which row and which rule.
    """


class CodeNotAllowedError(SeederError):
    """A seed file brings code, and nobody gave leave. Pass `--allow-code` if you trust its folder."""


class DependencyError(SeederError):
    """A seeder was not run: what it depends on failed, is unknown, or depends on it in a circle."""


class Interrupted(KeyboardInterrupt):
    """SIGINT or SIGTERM arrived: roll back what is in hand, report, and go.

    A `KeyboardInterrupt`, because psycopg cancels the statement that is running when one passes through it,
    and because no `except Exception` may swallow it.
    """

    def __init__(self, exit_code: ExitCode) -> None:
        super().__init__()
        self.exit_code = exit_code

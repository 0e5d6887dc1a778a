"""Every error that a user can see, with its exit code.

Each class says in its docstring what happened and what to do. A message is one line: what failed, where, why, and what
would be right. It never holds a secret or a cell's value.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from seeder.masking import add_names, redact


class ExitCode(enum.IntEnum):
    """How a process ended. Manifests and pipelines depend on the numbers."""

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
    """Something that the person who runs seeder can fix.

    `message` is one sentence without the position; `position` is the place in a seed file; `table` is the qualified
    name of the table; `key` is the row's key as it may be logged; `sqlstate` is PostgreSQL's code, if it refused
    something. `outside` is the part of the message that was written in a seed file or on a command line and is not a
    name: secrets in it are masked.
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
        # Masked when it is read, because a secret may become known only after the mistake was found.
        if self._outside is None or (masked := redact(self._outside)) == self._outside:
            return self._message
        return self._message.replace(self._outside, masked)

    def __str__(self) -> str:
        return f"{self.position}: {self.message}" if self.position else self.message


Tell: TypeAlias = Callable[[SeederError], object]
"""What a reader does with a mistake that it can read on after: a run raises the first, `validate` collects all."""


def refuse(mistake: SeederError) -> None:
    """Raise a mistake: reading ends with the first."""
    raise mistake


class UsageError(SeederError):
    """A flag, a setting or a URL is wrong, or there is no such seeder. Fix the command line or the manifest."""

    exit_code = ExitCode.USAGE


class ConnectionRefusedForGoodError(SeederError):
    """The database refuses the connection: authentication, no such database, no privilege, TLS.

    Fix the credentials or grant the privilege.
    """

    exit_code = ExitCode.REFUSED


class NotReadyError(SeederError):
    """The database, or what `--wait-for` names, was not ready in time.

    Raise `--wait-timeout`, or fix what it waits for.
    """

    exit_code = ExitCode.NOT_READY


class LockTimeoutError(SeederError):
    """Others held a lock for longer than `--lock-timeout`. Run again, or find who holds it in `pg_locks`."""

    exit_code = ExitCode.LOCKED


class SeedFileError(SeederError):
    """A seed file can't be read, or is invalid. Fix the file at the position."""


class UnsetVariableError(SeedFileError):
    """A seed file needs an environment variable that is not set. Set it, or give it a default."""


class SeedingError(SeederError):
    """PostgreSQL refused what a seed file says. The message names the row and the rule."""


class CodeNotAllowedError(SeederError):
    """A seed file holds code, which is not allowed. Pass `--allow-code` if you trust its folder."""


class DependencyError(SeederError):
    """A seeder was not run: a seeder that it depends on failed, does not exist, or depends on it in turn."""


class RolledBackError(SeederError):
    """What a seeder did was rolled back with the rest of the single transaction. See which seeder failed, and why."""


class Interrupted(KeyboardInterrupt):
    """SIGINT or SIGTERM arrived, or the time of the run is up: roll back, report, and end.

    A `KeyboardInterrupt`, because psycopg cancels the running statement for one, and `except Exception` does not catch
    it. `cause` says what ended the run, as the beginning of a sentence.
    """

    def __init__(self, exit_code: ExitCode, cause: str | None = None) -> None:
        super().__init__()
        self.exit_code = exit_code
        self.cause = cause or f"{exit_code.name.lower()} by a signal"


def out_of_time(seconds: float) -> Interrupted:
    """What ends a run that has taken `seconds`, which is all that `--timeout` gives it."""
    return Interrupted(ExitCode.NOT_READY, f"stopped by --timeout ({seconds:g} s)")

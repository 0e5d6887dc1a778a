"""A Python seed file, run with a session in the transaction of the run, or with a session of its own."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable
from typing import Any, Final, NoReturn

import psycopg

from seeder.code.modules import EntryPoint, entry_point, importable, load
from seeder.code.shared_loop import EventLoop, sharing
from seeder.errors import Position, SeedFileError, SeedingError
from seeder.postgres.connection import Connection
from seeder.postgres.failures import is_retryable, original, sqlstate
from seeder.reporting import logs
from seeder.reporting.description import brief
from seeder.seed_files import PythonSeeder

ENDED: Final = (
    "its code ended the transaction that it was given, with a COMMIT or ROLLBACK of its own; "
    "call the session's commit() and rollback() instead"
)
_NOT_IN_TRANSACTION: Final = frozenset({"25P01", "3B001"})
"""What PostgreSQL says of the end of a savepoint that went with its transaction."""


class PythonCode:
    """The code of a Python seeder. Made by importing its module, which raises `SeedingError` if that fails."""

    def __init__(self, seeder: PythonSeeder, loop: EventLoop) -> None:
        self._seeder = seeder
        self._loop = loop
        self._folder = seeder.path.parent if seeder.module is None else None
        self._at: Position | None = None
        self._entry = self._imported()

    @property
    def own_session(self) -> bool:
        """Whether it brings its own session, so that nothing of ours can roll back what it does."""
        return not self._entry.takes_session

    def run(self, connection: Connection) -> None:
        """Call the module's function. Whatever it raises that is not the database's becomes a `SeedingError`."""
        self._at = None
        try:
            with importable(self._folder):
                self._call(connection)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it is the seeder's, whatever it is
            self._fail(error)

    def position(self, error: BaseException) -> Position | None:  # noqa: ARG002 - it was noted when it was raised
        """The line of the module that raised the last error."""
        return self._at

    def _imported(self) -> EntryPoint:
        try:
            with importable(self._folder), sharing(self._loop.run):
                module = load(self._seeder)
        except (Exception, SystemExit) as error:
            raise SeedingError(
                f"the module can't be imported: {brief(error)}", position=self._place(error)
            ) from error
        entry = entry_point(module, prefers_async=self._loop.prefers_async)
        if entry is None:
            raise SeedFileError(
                "no seed_sync(session), seed_async(session) or seed() once the module is imported",
                position=Position(self._seeder.file, 1),
            )
        return entry

    def _call(self, connection: Connection) -> None:
        entry = self._entry
        if not entry.takes_session:
            self._call_alone(entry)
        elif entry.is_async:
            self._loop.run(lambda: _with_async_session(connection, entry))
        else:
            with sharing(self._loop.run):
                _with_session(connection, entry)

    def _call_alone(self, entry: EntryPoint) -> None:
        if entry.is_async:
            self._loop.run(lambda: _awaited(entry.function))
            return
        result = self._loop.call(entry.function)
        if inspect.isawaitable(result):
            self._loop.run(lambda: _awaited(lambda: result))

    def _fail(self, error: BaseException) -> NoReturn:
        self._at = self._place(error)
        if sqlstate(error) in _NOT_IN_TRANSACTION:
            raise SeedingError(ENDED, position=self._at) from error
        link: BaseException | None = error
        while link is not None:
            refusal = original(link)
            # A wrapped refusal that passes is worth the same retry as a bare one.
            passes = is_retryable(refusal) or isinstance(refusal, psycopg.errors.UniqueViolation)
            if isinstance(refusal, psycopg.Error) and (passes or link is error):
                raise refusal.with_traceback(error.__traceback__) from None
            link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
        hint = "" if logs.is_debug() else "; --debug shows where"
        raise SeedingError(
            f"its code raised {brief(error)}{hint}", position=self._at, sqlstate=sqlstate(error)
        ) from error

    def _place(self, error: BaseException) -> Position:
        """The innermost line of the module itself that `error` went through."""
        path = str(self._seeder.path)
        if isinstance(error, SyntaxError) and error.filename == path:
            return Position(self._seeder.file, error.lineno, error.offset)
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == path]
        return Position(self._seeder.file, lines[-1] if lines else None)


def _with_session(connection: Connection, entry: EntryPoint) -> None:
    from seeder.code.session import session_on

    with session_on(connection) as session:
        entry.function(session)
        session.commit()


async def _with_async_session(connection: Connection, entry: EntryPoint) -> None:
    from seeder.code.session import async_session_on

    async with async_session_on(connection) as session:
        await _awaited(entry.function, session)
        await session.commit()


async def _awaited(function: Callable[..., Any], *arguments: Any) -> None:
    result = function(*arguments)
    if inspect.isawaitable(result):
        await result

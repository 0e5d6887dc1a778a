"""One seeder's code in one transaction: run, counted, tidied up after, and noted in the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seeder.code.python import ENDED, PythonCode
from seeder.code.session_state import SessionState
from seeder.code.shared_loop import EventLoop
from seeder.code.sql import SqlCode
from seeder.code.statistics import Executed, Statistics
from seeder.errors import Position, SeedingError
from seeder.merge.applied import Applied
from seeder.merge.ledger import Ledger
from seeder.postgres.connection import Connection
from seeder.seed_files import PythonSeeder, SqlSeeder

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger


@dataclass(frozen=True, kw_only=True)
class CodeOptions:
    """How to run code. `pin` sets the transaction's settings again, which the code may have changed; `hand_over` gives
    it the search path and the row security of the role itself, and lifts the limit on idle time.

    `session` is what the session was like before the run, and `event_loop` gives the event loop of Python seeders.
    """

    event_loop: Callable[[], EventLoop]
    ledger: Ledger | None
    session: SessionState
    log: FilteringBoundLogger
    pin: Callable[[], object]
    hand_over: Callable[[], object]


class Execution:
    """The code of a seeder, ready to run. Raises `SeedFileError` or `SeedingError` if it can't begin."""

    def __init__(self, seeder: SqlSeeder | PythonSeeder, options: CodeOptions) -> None:
        self._seeder = seeder
        self._options = options
        self._code = (
            SqlCode(seeder) if isinstance(seeder, SqlSeeder) else PythonCode(seeder, options.event_loop())
        )
        self._digest = seeder.digest()

    @property
    def own_session(self) -> bool:
        """Whether the code brings its own session."""
        return self._code.own_session

    def position(self, error: BaseException) -> Position | None:
        """The place of the code that failed last, with `error`."""
        return self._code.position(error)

    def __call__(self, connection: Connection) -> Executed:
        """Run in the transaction that `connection` is in, under the seeder's lock."""
        ledger = self._options.ledger
        applied = Applied() if ledger is None else ledger.applied(connection, self._seeder.name)
        if (
            applied.digest == self._digest
            and isinstance(self._seeder, SqlSeeder)
            and self._seeder.run == "changed"
        ):
            return Executed()
        if ledger is not None:
            applied.warn(self._options.log, self._seeder.name, self._digest, ledger.release)
        if self.own_session:
            self._options.hand_over()
            self._code.run(connection)
            self._options.pin()
            executed = Executed()
        else:
            executed = self._run_within(connection, ledger.schema if ledger else None)
        if ledger is not None and (executed.written or applied.digest != self._digest):
            number = ledger.register_seeder(connection, self._seeder.name)
            ledger.note_applied(connection, number, self._digest, applied, changed=executed.written)
            executed = replace(executed, written=True)
        return executed

    def _run_within(self, connection: Connection, ledger: str | None) -> Executed:
        before = Statistics.read(connection, ledger)
        self._options.hand_over()
        self._code.run(connection)
        self._options.session.restore(connection)
        self._options.pin()
        after = Statistics.read(connection, ledger)
        if after.began != before.began:
            raise SeedingError(ENDED, position=Position(self._seeder.file))
        return Executed.between(before, after)

"""How long a connection waits for the server's answers: for each statement, and for the run as a whole.

PostgreSQL's own `statement_timeout` ends a statement only if the server, and everything between it and us, still works.
A proxy that acknowledges each packet and never answers, or a frozen server, would hold a run for ever. So the limits
are held here too, wherever a connection waits: in a statement, a COPY and a COMMIT alike.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from psycopg.pq.abc import PGconn

from seeder.errors import Interrupted, out_of_time
from seeder.postgres.deadline import Deadline

T = TypeVar("T")

GRACE: Final = 5.0
"""Seconds that a statement has here after `statement_timeout`: a server that answers ends it itself, and says why."""

_FOR_COMMIT: Final = 0.7
"""Seconds that a COMMIT has to end when the time of the run is up, as after a signal."""


class NoAnswerError(psycopg.OperationalError):
    """The server has not answered in time, and the connection was closed."""


class Patience:
    """The limits of one connection to the server. Whoever uses the same libpq connection shares them.

    `statement_timeout` is in seconds, for each statement; `run` is when the run's own time is up. None is no limit.
    """

    def __init__(self, statement_timeout: float | None = None, run: Deadline | None = None) -> None:
        self.statement_timeout = statement_timeout
        self.run = run
        self._statement: Deadline | None = None
        self._extra = 0.0
        self._ended: NoAnswerError | Interrupted | None = None

    def bounded(self, pgconn: PGconn, steps: PQGen[T]) -> PQGen[T]:
        """`steps`, ended in time: then the connection is closed, and `NoAnswerError` or `Interrupted` raised."""
        if self.statement_timeout is None and self.run is None:
            return steps
        if self._ended is not None:
            # What tidies up after the failure must not replace it by a failure of its own.
            raise self._ended
        # Of a COPY, all that is sent and read is one statement.
        if self.statement_timeout is not None and pgconn.transaction_status != TransactionStatus.ACTIVE:
            self._statement = Deadline(self.statement_timeout + GRACE)
        return self._watched(pgconn, steps)

    @contextlib.contextmanager
    def committing(self) -> Iterator[None]:
        """Inside, the server gets a moment more when the time of the run is up."""
        self._extra = _FOR_COMMIT
        try:
            yield
        finally:
            self._extra = 0.0

    def _watched(self, pgconn: PGconn, steps: PQGen[T]) -> PQGen[T]:
        try:
            step = next(steps)
            while True:
                ready = yield step
                step = steps.send(ready)
                # After the step, which may have found the answer.
                self._ended = self._over()
                if self._ended is not None:
                    pgconn.finish()
                    raise self._ended
        except StopIteration as done:
            result: T = done.value
            return result

    def _over(self) -> NoAnswerError | Interrupted | None:
        if self.run is not None and self.run.elapsed >= self.run.seconds + self._extra:
            return out_of_time(self.run.seconds)
        if self._statement is not None and self._statement.passed:
            return NoAnswerError(
                f"the server has not answered for {self._statement.seconds:g} s, {GRACE:g} s longer than "
                "--statement-timeout allows, and the connection was closed"
            )
        return None

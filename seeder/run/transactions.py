"""One seeder's work as one transaction: begun under a lock, committed or looked up, retried if that may help."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import psycopg

from seeder.errors import LockTimeoutError, Position, SeederError, SeedingError, UsageError
from seeder.merge.constraints import defer_again
from seeder.merge.releases import Superseded
from seeder.postgres.commits import transaction_id, was_committed
from seeder.postgres.connection import Connection
from seeder.postgres.failures import (
    describe,
    has_no_transactions,
    is_connection_lost,
    is_retryable,
    sqlstate,
)
from seeder.postgres.locks import Lock, LockBudget, take_lock
from seeder.postgres.pinning import hand_over, pin_path, pin_settings, unpin_path
from seeder.postgres.statements import part, run
from seeder.signals import deferred, raise_arrived

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from seeder.postgres.privileges import Needed


ATTEMPTS = 3
"""How often a seeder's transaction is tried in all when it fails for a reason that passes."""


class Work(Protocol):
    """What was done in a transaction."""

    @property
    def written(self) -> bool:
        """Whether anything was written."""
        ...


T = TypeVar("T")
W = TypeVar("W", bound=Work)


@dataclass
class Transactions:
    """Runs pieces of work, each in a transaction of its own, or all in one that is rolled back in the end.

    `connect` waits for the database and connects. `sleep` waits for so many seconds.
    """

    connect: Callable[[], Connection]
    budget: LockBudget
    log: FilteringBoundLogger
    statement_timeout: float | None = None
    dry_run: bool = False
    idle: float | None = None
    """How long a transaction may be idle, in seconds; None is no limit."""
    sleep: Callable[[float], None] = time.sleep
    shared: Lock | None = None
    """A lock that each transaction shares with those of other runs."""
    check: Callable[[Connection], object] = lambda _: None
    """Called in each transaction once its locks are taken; what it raises prevents the work."""
    written: int = field(default=0, init=False)
    """How many pieces of work have written anything."""
    _connection: Connection | None = field(default=None, init=False)

    @property
    def is_open(self) -> bool:
        """Whether there is a connection that works, as far as is known."""
        return self._connection is not None and not self._connection.closed

    @property
    def connection(self) -> Connection:
        """The connection, made now if there is none that works."""
        if self._connection is None or self._connection.closed:
            self.close()
            self._connection = self.connect()
        return self._connection

    def open(self) -> None:
        """Wait for the database, and connect."""
        self._connection = self.connection

    def close(self) -> None:
        """Close the connection; whatever is not committed is rolled back."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()

    def pin(self) -> None:
        """Set the transaction's settings again, as they are for statements that read."""
        pin_settings(
            self.connection,
            lock_timeout=self.budget.remaining,
            statement_timeout=self.statement_timeout,
            idle=self.idle,
        )

    def waited(self, seconds: float) -> None:
        """Charge a wait for somebody's lock on a table; the rest of the transaction waits only for what is left."""
        self.budget.spent += seconds
        self.pin()

    def hand_over(self) -> None:
        """As `unpin`, for a code seeder, which may leave the transaction idle."""
        hand_over(self.connection)

    def unpin(self) -> None:
        """Let the search path and row security be the role's own, for statements that write."""
        unpin_path(self.connection)

    def _check(self) -> None:
        """Raise if the run is to end. A statement that was cancelled for that fails as if it were the seeder's."""
        raise_arrived()
        if self._connection is not None:
            self._connection.check()

    def _check_deferred(self) -> None:
        # Triggers may be among what is deferred, and rely on the role's own search path.
        self.unpin()
        run(self.connection, part("SET CONSTRAINTS ALL IMMEDIATE"))
        pin_path(self.connection)

    def run(self, name: str, lock: Lock, work: Callable[[Connection], W], *, attempts: int = ATTEMPTS) -> W:
        """Do `work` under `lock` and commit it; in a dry run, in a savepoint that stays open to those that follow.

        A serialization failure, a deadlock and a lost connection are tried again, three times in all, and a unique
        violation once, for then somebody else has just inserted the row. Raises `LockTimeoutError` if others hold what
        the work needs, and lets PostgreSQL's other errors through, and what `check` raises. `attempts` is 1 for what
        can't be repeated.
        """
        collided = False
        for attempt in range(1, attempts + 1):
            began, spent = time.monotonic(), self.budget.spent
            try:
                return self._attempt(lock, work)
            except psycopg.Error as error:
                self._check()
                if isinstance(error, psycopg.errors.LockNotAvailable):
                    # The next seeder does not wait as long again.
                    self.budget.spent = max(self.budget.spent, spent + time.monotonic() - began)
                    raise LockTimeoutError(
                        f"others held a lock that {lock} needs for longer than --lock-timeout "
                        f"({self.budget.seconds:g} s) allows ({describe(error)}); run again when they have ended; "
                        "pg_locks and pg_stat_activity say who they are",
                        sqlstate=sqlstate(error),
                    ) from error
                lost = is_connection_lost(error)
                collides = isinstance(error, psycopg.errors.UniqueViolation)
                again = is_retryable(error) or (collides and not collided)
                if attempt == attempts or not again or (lost and self.dry_run):
                    raise
                collided = collided or collides
                self.log.warning(
                    "seeder.retrying",
                    seeder=name,
                    attempt=attempt + 1,
                    error={"type": type(error).__name__, "message": describe(error)},
                    sqlstate=sqlstate(error),
                )
                if lost:
                    self.close()
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, lock: Lock, work: Callable[[Connection], W]) -> W:
        done = self._in_savepoint(lock, work) if self.dry_run else self._in_transaction(lock, work)
        self.written += done.written
        return done

    def _in_transaction(self, lock: Lock, work: Callable[[Connection], W]) -> W:
        connection = self.connection
        number = None
        try:
            self._take_lock(lock)
            done = work(connection)
            if done.written:
                # What is deferred is checked now, where a refusal can still be told apart from a lost COMMIT.
                self._check_deferred()
                number = transaction_id(connection)
            with deferred():
                try:
                    connection.commit()
                except psycopg.Error as error:
                    if number is None or not is_connection_lost(error):
                        raise
                    self._look_up(number, error)
        except BaseException:
            connection.try_rollback()
            raise
        return done

    def _take_lock(self, lock: Lock) -> None:
        take_lock(
            self.connection,
            lock,
            budget=self.budget,
            log=self.log,
            statement_timeout=self.statement_timeout,
            sleep=self.sleep,
            alone=not self.dry_run,
            shared=self.shared,
            idle=self.idle,
        )
        self.check(self.connection)

    def _look_up(self, number: str, error: BaseException) -> None:
        """Return if the lost COMMIT was heard after all; raise its error if the work is to be done again."""
        self.close()
        if not was_committed(self.connection, number, sleep=self.sleep):
            raise error

    def _in_savepoint(self, lock: Lock, work: Callable[[Connection], W]) -> W:
        self._take_lock(lock)
        return self.in_savepoint(work)

    def in_savepoint(self, work: Callable[[Connection], W]) -> W:
        """Do `work` in a savepoint, and check what it deferred."""
        with self.connection.transaction():
            done = work(self.connection)
            self._check_deferred()
            # The next piece of work is to find constraints as a transaction of its own would.
            defer_again(self.connection)
        return done

    def if_free(self, lock: Lock, work: Callable[[Connection], object]) -> None:
        """Do `work` under `lock` and commit it; nothing, if somebody holds the lock or if it fails."""
        if not self.is_open:
            return
        connection = self.connection
        with contextlib.suppress(psycopg.Error, SeederError, Superseded):
            try:
                if pin_settings(
                    connection,
                    lock_timeout=self.budget.remaining,
                    statement_timeout=self.statement_timeout,
                    lock=lock.key,
                    shared=None if self.shared is None else self.shared.key,
                    idle=self.idle,
                ):
                    self.check(connection)
                    work(connection)
                    connection.commit()
            finally:
                connection.try_rollback()

    def tried(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in a transaction, or a savepoint, that is rolled back whatever happens."""
        with self.connection.transaction(force_rollback=True):
            self.pin()
            return work(self.connection)

    def refused(
        self, error: psycopg.Error, needed: Iterable[Needed], *, table: str | None = None
    ) -> SeederError:
        """As the function `refused`. If the role lacks a privilege for what is `needed`, it says what to do."""
        return refused_on(self.connection, error, needed, table=table)


_NO_PRIVILEGE: Final = "42501"
_HINTS: Final = {
    "08P01": "; a pooler ended the connection, for which its settings and its log have the reason",
    _NO_PRIVILEGE: "; grant the role what it lacks",
    "53100": "; make room on the server's disk, and run again",
    "53200": "; if it is the locks of many partitions, raise the server's max_locks_per_transaction",
    "57014": "; raise --statement-timeout if that was it",
}
"""What to do, by SQLSTATE."""


def refused(error: Exception, *, table: str | None = None, position: Position | None = None) -> SeederError:
    """PostgreSQL's refusal as an error of ours: its words without values, and its code.

    A pooler's refusal of transactions is an error of usage.
    """
    if has_no_transactions(error):
        return UsageError(
            "the pooler refuses transactions, and seeder needs them: its pool_mode is statement; set pool_mode to "
            "transaction or session for this database, or connect to the server without the pooler"
        )
    hint = _HINTS.get(sqlstate(error) or "", "")
    return SeedingError(f"{describe(error)}{hint}", position=position, table=table, sqlstate=sqlstate(error))


def refused_on(
    connection: Connection, error: psycopg.Error, needed: Iterable[Needed], *, table: str | None = None
) -> SeederError:
    """As `refused`. If the role lacks a privilege for what is `needed`, the error says what to do."""
    if sqlstate(error) != _NO_PRIVILEGE:
        return refused(error, table=table)
    from seeder.postgres.privileges import remedy

    found = None
    # The failure itself is what matters, not what prevents the search.
    with contextlib.suppress(psycopg.Error, SeederError), connection.transaction(force_rollback=True):
        pin_path(connection)
        found = remedy(connection, error, needed)
    if found is None:
        return refused(error, table=table)
    return SeedingError(f"{describe(error)}; {found}", table=table, sqlstate=sqlstate(error))

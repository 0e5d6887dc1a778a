"""Work in transactions: begun under locks, committed or looked up, retried if that may help."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

from seeder.errors import LockTimeoutError, Position, SeederError, SeedingError, UsageError
from seeder.merge.constraints import check_all_but_foreign_keys, check_deferred, defer_again
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
from seeder.postgres.locks import Lock, LockBudget, take_locks, try_locks
from seeder.postgres.pinning import hand_over, pin_path, pin_settings, unpin_path
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


class TransactionLost(Exception):  # noqa: N818 - what is wrong is told by its error
    """The single transaction is over before its end, for the reason that `error` gives, and can't be gone on with."""

    def __init__(self, error: psycopg.Error | SeederError) -> None:
        super().__init__()
        self.error = refused(error) if isinstance(error, psycopg.Error) else error
        self.is_retryable = is_retryable(error)


@dataclass
class Transactions:
    """Runs pieces of work, each in a transaction of its own, or each in a savepoint of one that holds them all.

    There is one if they are rolled back in the end, in a `dry_run`, or if they are kept together, with `single`; then
    `begin` and `end` are called before and after them. `connect` waits for the database and connects. `sleep` waits for
    so many seconds.
    """

    connect: Callable[[], Connection]
    budget: LockBudget
    log: FilteringBoundLogger
    statement_timeout: float | None = None
    dry_run: bool = False
    single: bool = False
    idle: float | None = None
    """How long a transaction may be idle, in seconds; None is no limit."""
    sleep: Callable[[float], None] = time.sleep
    shared: Lock | None = None
    """A lock that each transaction shares with those of other runs, taken beside its own."""
    check: Callable[[Connection], object] = lambda _: None
    """Called in each transaction once its locks are taken; what it raises prevents the work."""
    written: int = field(default=0, init=False)
    """How many pieces of work have written anything."""
    kept: bool = field(default=False, init=False)
    """Whether the single transaction was committed, or in a dry run would have been."""
    _connection: Connection | None = field(default=None, init=False)
    unanswered: bool = field(default=False, init=False)
    """Whether a COMMIT is under way, so that nobody can tell yet what came of it."""
    _when_committed: list[Callable[[], object]] = field(default_factory=list, init=False)
    _begun: bool = field(default=False, init=False)
    """Whether anything was done in the single transaction: another connection can't go on with it."""

    @property
    def is_open(self) -> bool:
        """Whether there is a connection that works, as far as is known."""
        return self._connection is not None and not self._connection.closed

    @property
    def connection(self) -> Connection:
        """The connection, made now if there is none that works. Raises `TransactionLost` if the old one was needed."""
        if self._connection is None or self._connection.closed:
            if self._begun:
                raise TransactionLost(psycopg.OperationalError("the connection was lost"))
            self.close()
            self._connection = self.connect()
        return self._connection

    def open(self) -> None:
        """Wait for the database, and connect."""
        self._connection = self.connection

    def close(self) -> None:
        """Close the connection; whatever is not committed is rolled back."""
        self._begun = False
        self._when_committed.clear()
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

    def check_deferred(self) -> None:
        """Check what is deferred, and let deferred triggers fire, between `unpin` and `pin`.

        In a single transaction foreign keys are checked at its end, because a later seeder may bring what they want.
        """
        if self.single:
            check_all_but_foreign_keys(self.connection)
        else:
            check_deferred(self.connection)

    def _check_deferred(self, check: Callable[[], object]) -> None:
        # Triggers may be among what is deferred, and rely on the role's own search path.
        self.unpin()
        check()
        pin_path(self.connection)

    def _defer_again(self) -> None:
        """Let the next piece of work find constraints as a transaction of its own would."""
        defer_again(self.connection, foreign_keys=self.single)

    def begin(self, locks: Sequence[Lock]) -> None:
        """Begin the transaction that holds all work, and take all the locks that it needs, in the order of all runs.

        So that no two runs wait for each other. Raises `LockTimeoutError`, `TransactionLost`, and PostgreSQL's errors.
        """
        self._begun = self.single
        with self._lost_if_retryable():
            # The shared one comes first, because a run that notes a release has it before it takes any of these.
            self._take_locks(self._locks([]) + list(locks))
            self._defer_again()

    def end(self, explained: Callable[[Connection, psycopg.Error], SeederError]) -> None:
        """Check what was deferred to the end of the single transaction, and commit it, unless it is a dry run.

        Raises `LockTimeoutError`, `TransactionLost`, and PostgreSQL's errors; then all is rolled back. The refusal of a
        foreign key is `explained` before that.
        """
        if not self._begun:
            self.kept = True
            return
        with self._lost_if_retryable():
            connection = self.connection
            try:
                self.pin()
                try:
                    with connection.transaction():
                        self._check_deferred(functools.partial(check_deferred, connection))
                except psycopg.errors.ForeignKeyViolation as error:
                    raise explained(connection, error) from error
                if self.dry_run:
                    self.kept = True
                else:
                    self._commit(connection, transaction_id(connection))
            finally:
                self._begun = False
                connection.try_rollback()

    @contextlib.contextmanager
    def _lost_if_retryable(self) -> Iterator[None]:
        """Inside, PostgreSQL's error ends the single transaction if all of it is worth another try."""
        began, spent = time.monotonic(), self.budget.spent
        try:
            yield
        except psycopg.Error as error:
            self._check()
            if isinstance(error, psycopg.errors.LockNotAvailable):
                raise self._held_too_long(error, "the end of the transaction", began, spent) from error
            if self.single and (is_retryable(error) or is_connection_lost(error)):
                raise TransactionLost(error) from error
            raise

    def _held_too_long(
        self, error: psycopg.Error, what: object, began: float, spent: float
    ) -> LockTimeoutError:
        """The error of what has waited for others since `began`, when the budget had `spent` so much."""
        # The next seeder does not wait as long again.
        self.budget.spent = max(self.budget.spent, spent + time.monotonic() - began)
        return LockTimeoutError(
            f"others held a lock that {what} needs for longer than --lock-timeout "
            f"({self.budget.seconds:g} s) allows ({describe(error)}); run again when they have ended; "
            "pg_locks and pg_stat_activity say who they are",
            sqlstate=sqlstate(error),
        )

    def run(self, name: str, lock: Lock, work: Callable[[Connection], W], *, attempts: int = ATTEMPTS) -> W:
        """Do `work` under `lock` and commit it; in a single transaction or a dry run, in a savepoint.

        A serialization failure, a deadlock and a lost connection are tried again, three times in all, and a unique
        violation once, for then somebody else has just inserted the row. Raises `LockTimeoutError` if others hold what
        the work needs, and lets PostgreSQL's other errors through, and what `check` raises. `attempts` is 1 for what
        can't be repeated. In a single transaction all has to be tried again, which is the caller's: raises
        `TransactionLost`.
        """
        collided = False
        for attempt in range(1, attempts + 1):
            began, spent = time.monotonic(), self.budget.spent
            try:
                return self._attempt(lock, work)
            except psycopg.Error as error:
                self._check()
                if isinstance(error, psycopg.errors.LockNotAvailable):
                    raise self._held_too_long(error, lock, began, spent) from error
                lost = is_connection_lost(error)
                if self.single and (lost or is_retryable(error)):
                    raise TransactionLost(error) from error
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
        done = self._in_savepoint(lock, work) if self.is_one else self._in_transaction(lock, work)
        self.written += done.written
        return done

    def _in_transaction(self, lock: Lock, work: Callable[[Connection], W]) -> W:
        connection = self.connection
        number = None
        try:
            self._take_locks([lock])
            done = work(connection)
            if done.written:
                # What is deferred is checked now, where a refusal can still be told apart from a lost COMMIT.
                self._check_deferred(self.check_deferred)
                number = transaction_id(connection)
            self._commit(connection, number)
        except BaseException:
            connection.try_rollback()
            raise
        return done

    def _commit(self, connection: Connection, number: str | None) -> None:
        """Commit the transaction of that `number`; None if it has written nothing."""
        with deferred():
            self.unanswered = True
            try:
                connection.commit()
            except psycopg.Error as error:
                if number is None or not is_connection_lost(error):
                    self.unanswered = False
                    raise
                self._look_up(number, error)
            self.unanswered = False
            self.kept = True
            for say in self._when_committed:
                say()

    def when_committed(self, say: Callable[[], object]) -> None:
        """Say what work has done that is over: now, or when the single transaction was committed."""
        if self.single and not self.dry_run:
            self._when_committed.append(say)
        else:
            say()

    def _locks(self, locks: Sequence[Lock]) -> list[Lock]:
        return [*locks, *([] if self.shared is None else [self.shared])]

    def _take_locks(self, locks: Sequence[Lock]) -> None:
        take_locks(
            self.connection,
            self._locks(locks),
            budget=self.budget,
            log=self.log,
            statement_timeout=self.statement_timeout,
            sleep=self.sleep,
            alone=not self.is_one,
            idle=self.idle,
        )
        self.check(self.connection)

    def _look_up(self, number: str, error: BaseException) -> None:
        """Return if the lost COMMIT was heard after all; raise its error if the work is to be done again."""
        self.close()
        if not was_committed(self.connection, number, sleep=self.sleep):
            self.unanswered = False
            raise error

    @property
    def is_one(self) -> bool:
        """Whether one transaction holds all work."""
        return self.dry_run or self.single

    def _in_savepoint(self, lock: Lock, work: Callable[[Connection], T]) -> T:
        self._take_locks([lock])
        if not self.single:
            return self.in_savepoint(work)
        self._begun = True
        connection = self.connection
        number = transaction_id(connection)
        try:
            return self.in_savepoint(work)
        except (psycopg.Error, SeederError) as error:
            # Else the savepoint has been rolled back, and the transaction goes on.
            if connection.info.transaction_status in {TransactionStatus.IDLE, TransactionStatus.INERROR}:
                raise self._ended_by_code(connection, number, error) from error
            raise

    def _ended_by_code(
        self, connection: Connection, number: str | None, error: psycopg.Error | SeederError
    ) -> TransactionLost:
        """What to raise if somebody's code has ended the single transaction, whose `number` it was."""
        connection.try_rollback()
        self._begun = False
        self.kept = number is not None and was_committed(connection, number, sleep=self.sleep)
        # Without a number nothing had been written before.
        before = (
            ""
            if number is None
            else f", so that what came before it was {'committed' if self.kept else 'rolled back'}"
        )
        said = (
            "its code ended the transaction that all seeders share, with a COMMIT or ROLLBACK of its own"
            f"{before}; take that out of the code"
        )
        return TransactionLost(SeedingError(said, position=getattr(error, "position", None)))

    def in_savepoint(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in a savepoint, and check what it deferred."""
        with self.connection.transaction():
            done = work(self.connection)
            self._check_deferred(self.check_deferred)
            self._defer_again()
        return done

    def if_free(self, lock: Lock, work: Callable[[Connection], object]) -> None:
        """Do `work` under `lock` and commit it; nothing, if somebody holds the lock or if it fails."""
        if not self.is_open:
            return
        connection = self.connection
        with contextlib.suppress(psycopg.Error, SeederError, Superseded):
            if self.is_one:
                self._in_savepoint(lock, work)
                return
            try:
                held = try_locks(
                    connection,
                    self._locks([lock]),
                    budget=self.budget,
                    statement_timeout=self.statement_timeout,
                    idle=self.idle,
                )
                if held is None:
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
    "23503": "; a row that is referred to is not there: seed it too, or correct the value",
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

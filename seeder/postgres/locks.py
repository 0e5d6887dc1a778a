"""Advisory locks, so that replicas take turns."""

from __future__ import annotations

import hashlib
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from seeder.errors import LockTimeoutError
from seeder.masking import redact
from seeder.postgres.pinning import pin_settings
from seeder.postgres.statements import part, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import FilteringBoundLogger

    from seeder.postgres.connection import Connection

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5
_REPORT_EVERY: Final = 10.0


@dataclass(frozen=True, slots=True)
class Lock:
    """An advisory lock on one thing of one kind: `Lock("table", "public.tools")`."""

    kind: str
    name: str

    @property
    def key(self) -> int:
        """PostgreSQL's 64-bit number for it, the same in every version and on every machine."""
        digest = hashlib.sha256(f"seeder:{self.kind}:{self.name}".encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class LockBudget:
    """How many seconds a whole run may spend on waiting for locks. Working costs nothing of it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.spent = 0.0

    @property
    def remaining(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self.seconds - self.spent)


def begin_locked(
    connection: Connection,
    lock: Lock,
    *,
    budget: LockBudget,
    log: FilteringBoundLogger,
    statement_timeout: float | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Begin a transaction that holds `lock` and has its settings pinned; the lock goes with the transaction.

    Each try is a transaction of its own: one that waited would pin the pooler's connection, and would hold
    back whatever the holder wants of the whole database. Raises `LockTimeoutError` when the budget is spent.
    """
    turn = _Turn(lock, budget, log)
    while True:
        try:
            if pin_settings(
                connection,
                lock_timeout=budget.remaining,
                statement_timeout=statement_timeout,
                lock=lock.key,
            ):
                return
            turn.missed(connection)
        except BaseException:
            connection.try_rollback()
            raise
        connection.rollback()
        turn.pause(sleep)


def wait_for_lock(
    connection: Connection,
    lock: Lock,
    *,
    budget: LockBudget,
    log: FilteringBoundLogger,
    statement_timeout: float | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Take `lock` in the transaction that `connection` is in already, with its settings pinned.

    For a run that is one transaction, a dry one, where the tries can't be transactions of their own. Raises
    `LockTimeoutError` when the budget is spent.
    """
    turn = _Turn(lock, budget, log)
    while not pin_settings(
        connection, lock_timeout=budget.remaining, statement_timeout=statement_timeout, lock=lock.key
    ):
        turn.missed(connection)
        turn.pause(sleep)


class _Turn:
    """One wait for a lock: what it costs of the budget, and when to say so."""

    def __init__(self, lock: Lock, budget: LockBudget, log: FilteringBoundLogger) -> None:
        self._lock = lock
        self._budget = budget
        self._log = log
        self._began = time.monotonic()
        self._spent_before = budget.spent
        self._reported: float | None = None

    def missed(self, connection: Connection) -> None:
        """Take note that the lock was not had; raise `LockTimeoutError` when the budget is spent."""
        waited = time.monotonic() - self._began
        self._budget.spent = self._spent_before + waited
        if self._budget.remaining <= 0:
            raise LockTimeoutError(
                f"no lock on {self._lock} within the {self._budget.seconds:g} s that a run may wait; "
                f"{_held_by(connection, self._lock)}"
            )
        if self._reported is None or waited - self._reported >= _REPORT_EVERY:
            self._reported = waited
            self._log.info(
                "lock.waiting",
                lock=str(self._lock),
                duration_seconds=round(waited, 3),
                holder=_held_by(connection, self._lock),
            )

    def pause(self, sleep: Callable[[float], None]) -> None:
        """Wait a little, at random, so that those who wait do not come back in step."""
        pause = random.uniform(_SHORTEST_PAUSE, _LONGEST_PAUSE)  # noqa: S311 - no secret
        sleep(min(pause, self._budget.remaining))


def _held_by(connection: Connection, lock: Lock) -> str:
    """Who holds `lock`, as far as the role may see."""
    unsigned = lock.key % 2**64
    holder = run(
        connection,
        part(
            "SELECT l.pid, a.application_name FROM pg_catalog.pg_locks AS l "
            "JOIN pg_catalog.pg_database AS d ON d.oid = l.database "
            "LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid "
            "WHERE l.locktype = 'advisory' AND d.datname = pg_catalog.current_database() AND l.granted "
            "AND CAST(l.classid AS pg_catalog.int8) = %(high)s AND CAST(l.objid AS pg_catalog.int8) = %(low)s "
            "AND l.objsubid = 1"
        ),
        {"high": unsigned >> 32, "low": unsigned % 2**32},
    ).first()
    if holder is None:
        return "it has just been released"
    name = f" ({redact(holder.application_name)})" if holder.application_name else ""
    return f"held by process {holder.pid}{name}"

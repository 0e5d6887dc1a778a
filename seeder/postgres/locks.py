"""Advisory locks, so that replicas take turns."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from seeder.errors import LockTimeoutError
from seeder.masking import redact
from seeder.postgres.connection import Connection
from seeder.postgres.pinning import pin_settings
from seeder.postgres.statements import run, sql_file

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger


_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5
_REPORT_EVERY: Final = 10.0


@dataclass(frozen=True, slots=True)
class Lock:
    """An advisory lock on one thing of one kind: `Lock("table", "public.tools")`.

    One that is `shared` may be held by several at the same time.
    """

    kind: str
    name: str
    shared: bool = False

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


def try_locks(
    connection: Connection,
    locks: Sequence[Lock],
    *,
    budget: LockBudget,
    statement_timeout: float | None = None,
    idle: float | None = None,
) -> Lock | None:
    """Pin the transaction's settings, and take `locks` one after another. Return the first that somebody holds.

    Those before it are held from now on.
    """
    had = pin_settings(
        connection,
        lock_timeout=budget.remaining,
        statement_timeout=statement_timeout,
        locks=[(lock.key, lock.shared) for lock in locks],
        idle=idle,
    )
    return locks[had] if had < len(locks) else None


def take_locks(
    connection: Connection,
    locks: Sequence[Lock],
    *,
    budget: LockBudget,
    log: FilteringBoundLogger,
    statement_timeout: float | None = None,
    sleep: Callable[[float], None] = time.sleep,
    alone: bool = True,
    idle: float | None = None,
) -> None:
    """Take `locks` in a transaction whose settings are pinned in the same statement. They go with the transaction.

    `idle` is how long the transaction may be idle, in seconds; None is no limit.

    `alone` says that the transaction begins here, so that each try can be one of its own: a transaction that waits
    would keep a pooler's connection, and would hold back whatever the holder wants of the whole database. Without it
    the locks that were had are held while the others are waited for, so that all have to take them in the same order.
    Raises `LockTimeoutError` if the budget is spent.
    """
    began, spent_before = time.monotonic(), budget.spent
    reported: float | None = None
    while lock := try_locks(connection, locks, budget=budget, statement_timeout=statement_timeout, idle=idle):
        waited = time.monotonic() - began
        budget.spent = spent_before + waited
        if budget.remaining <= 0:
            raise LockTimeoutError(
                f"another run held the lock on {lock} for longer than --lock-timeout ({budget.seconds:g} s) allows; "
                f"{_held_by(connection, lock)}; run again when it has ended"
            )
        if reported is None or waited - reported >= _REPORT_EVERY:
            reported = waited
            holder = _held_by(connection, lock)
            log.info("lock.waiting", lock=str(lock), duration_seconds=round(waited, 3), holder=holder)
        if alone:
            connection.rollback()
        # At random, so that those who wait do not come back in step.
        pause = random.uniform(_SHORTEST_PAUSE, _LONGEST_PAUSE)  # noqa: S311 - no secret
        sleep(min(pause, budget.remaining))


def _held_by(connection: Connection, lock: Lock) -> str:
    """Who holds `lock`, as far as the role may see."""
    unsigned = lock.key % 2**64
    holder = run(
        connection,
        sql_file("seeder.postgres", "holder").format(),
        {"high": unsigned >> 32, "low": unsigned % 2**32},
    ).fetchone()
    if holder is None:
        return "it has just been released"
    name = f" ({redact(holder.application_name)})" if holder.application_name else ""
    return f"held by process {holder.pid}{name}"

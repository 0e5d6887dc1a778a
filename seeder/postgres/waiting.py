"""Waiting until the database answers, and telling "not yet" from "never"."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

import psycopg

from seeder.errors import ConnectionRefusedForGoodError, NotReadyError, UsageError
from seeder.masking import add_names
from seeder.postgres.connection import Connection
from seeder.postgres.deadline import Deadline
from seeder.postgres.failures import Failure, Verdict, advice, connect_failure, original
from seeder.postgres.url import address_of, noted_address

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger
    from tenacity import RetryCallState

Connect: TypeAlias = Callable[[float], Connection]

GRACE: Final = 10.0
"""Seconds for which a refusal for good is tried again, because operators create roles and databases late."""

_ONE_TRY: Final = 10.0
"""Seconds for the only try if the timeout is 0."""

_LAST_TRY: Final = 0.5
"""Seconds that a try begun at the deadline still gets."""

_SLICE: Final = 0.25
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0

_FAILURES: Final = (psycopg.Error, TimeoutError, NotReadyError)
"""The last one is raised by a file with credentials that does not exist yet."""


def connect_interruptibly(connect: Callable[[], Connection], seconds: float) -> Connection:
    """Call `connect`, and raise `TimeoutError` if it takes more than `seconds`.

    A name look-up blocks in the C library, where neither a signal nor a time-out reaches it. So another thread
    connects, which the process does not wait for at its end, and this thread waits in Python.
    """
    outcome: queue.SimpleQueue[Connection | BaseException] = queue.SimpleQueue()
    given_up = threading.Event()

    def work() -> None:
        try:
            outcome.put(connect())
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that waits
            outcome.put(error)
        if given_up.is_set():
            discard()

    def discard() -> None:
        with contextlib.suppress(queue.Empty):
            late = outcome.get_nowait()
            if not isinstance(late, BaseException):
                late.close()

    threading.Thread(target=work, name="seeder-connect", daemon=True).start()
    try:
        result = _first(outcome, seconds)
    except BaseException:
        given_up.set()
        discard()
        raise
    if isinstance(result, BaseException):
        raise result
    return result


def _first(
    outcome: queue.SimpleQueue[Connection | BaseException], seconds: float
) -> Connection | BaseException:
    # In slices: a signal that comes just before the wait begins is seen when the wait ends.
    deadline = Deadline(seconds)
    while True:
        with contextlib.suppress(queue.Empty):
            return outcome.get(timeout=min(_SLICE, deadline.remaining))
        if deadline.remaining <= 0:
            raise TimeoutError


def wait_for_database(
    connect: Connect,
    *,
    timeout: float,
    log: FilteringBoundLogger,
    sleep: Callable[[float], None] = time.sleep,
) -> Connection:
    """Connect, trying again for up to `timeout` seconds; 0 is one try.

    Pauses grow from 0.5 to 5 seconds, at random, so that replicas do not come back in step. `connect` must
    return or raise within the seconds it is given. Raises `ConnectionRefusedForGoodError` if the database has
    refused for ten seconds, `NotReadyError` at the deadline, and `UsageError` if no try can succeed.
    """
    return _Wait(connect, timeout, log).connection(sleep)


class _Wait:
    """One wait: what was tried, since when it was refused, and how much time is left."""

    def __init__(self, connect: Connect, timeout: float, log: FilteringBoundLogger) -> None:
        self._deadline = Deadline(timeout)
        self._log = log
        self._connect = connect
        self._attempts = 0
        self._failure = Failure("", Verdict.LATER)
        self._address: str | None = None
        self._refused: Deadline | None = None

    def connection(self, sleep: Callable[[float], None]) -> Connection:
        try:
            connection = self._try()
        except _FAILURES as error:
            connection = self._try_again(error, sleep)
        info = connection.info
        add_names(info.user, info.host, info.dbname)
        self._log.info(
            "database.ready",
            attempt=self._attempts,
            address=address_of(info),
            duration_seconds=round(self._deadline.elapsed, 3),
        )
        return connection

    def _try_again(self, first: Exception, sleep: Callable[[float], None]) -> Connection:
        # Imported here, because a database that is there at the first try is the rule, and tenacity takes a
        # while.
        from tenacity import Retrying, retry_if_exception_type, wait_random_exponential

        pause = wait_random_exponential(multiplier=_FIRST_PAUSE, max=_LONGEST_PAUSE)
        failed: list[Exception] = [first]

        def attempt() -> Connection:
            if failed:
                raise failed.pop()
            return self._try()

        return Retrying(
            retry=retry_if_exception_type(_FAILURES),
            stop=lambda _: self._left <= 0,
            wait=lambda state: min(pause(state), self._left),
            before_sleep=self._report,
            sleep=sleep,
            retry_error_callback=self._give_up,
        )(attempt)

    def _try(self) -> Connection:
        self._attempts += 1
        seconds = max(self._left, _LAST_TRY) if self._deadline.seconds else _ONE_TRY
        try:
            return self._connect(seconds)
        except _FAILURES as error:
            self._failure = connect_failure(error)
            self._address = noted_address(original(error))
            if self._failure.verdict is Verdict.MISTAKEN:
                raise UsageError(
                    f"can't connect to the database{self._where}: {self._failure.cause}"
                ) from error
            if self._failure.verdict is Verdict.LATER:
                self._refused = None
            elif self._refused is None:
                self._refused = Deadline(GRACE)
            raise

    @property
    def _left(self) -> float:
        """Seconds for which it is still worth trying."""
        left = self._deadline.remaining
        return min(left, self._refused.remaining) if self._refused else left

    def _report(self, state: RetryCallState) -> None:
        self._log.info(
            "database.waiting",
            attempt=self._attempts,
            error=self._failure.cause,
            **({} if self._address is None else {"address": self._address}),
            next_try=round(state.upcoming_sleep, 3),
        )

    @property
    def _where(self) -> str:
        return f" ({self._address})" if self._address else ""

    def _give_up(self, state: RetryCallState) -> Connection:
        error = state.outcome.exception() if state.outcome else None
        tries = (
            "1 try" if self._attempts == 1 else f"{self._attempts} tries in {self._deadline.elapsed:.0f} s"
        )
        said = f"{self._where}: {self._failure.cause} ({tries}){advice(self._failure, self._address)}"
        if self._refused:
            raise ConnectionRefusedForGoodError(f"the database refuses the connection{said}") from error
        raise NotReadyError(f"the database was not ready in time{said}") from error

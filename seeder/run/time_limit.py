"""The time limit of a run in an application. There, a run may use neither signals nor end the process."""

from __future__ import annotations

import time
from collections.abc import Callable

from seeder.errors import out_of_time
from seeder.postgres.connection import Connection
from seeder.postgres.deadline import Deadline
from seeder.postgres.waiting import Connect


class TimeLimit:
    """The limit, `seconds` from now; None is no limit.

    `connect`, `sleep` and each connection raise `Interrupted` when the time is up.
    """

    def __init__(
        self, seconds: float | None, connect: Connect, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.deadline = None if seconds is None else Deadline(seconds)
        self._connect = connect
        self._sleep = sleep

    def connect(self, seconds: float) -> Connection:
        """Connect within `seconds`, and hold the new connection to the limit as well."""
        deadline = self.deadline
        if deadline is None:
            return self._connect(seconds)
        self._check()
        try:
            connection = self._connect(min(seconds, deadline.remaining))
        except Exception:
            self._check()
            raise
        before = connection.check

        def check() -> None:
            before()
            self._check()

        connection.check = check
        connection.patience.run = deadline
        return connection

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass, or raise `Interrupted` when the time is up."""
        self._sleep(seconds if self.deadline is None else min(seconds, self.deadline.remaining))
        self._check()

    def _check(self) -> None:
        if self.deadline is not None and self.deadline.passed:
            raise out_of_time(self.deadline.seconds)

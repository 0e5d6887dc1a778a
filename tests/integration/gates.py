"""Hold a session of somebody else's at a known point: an advisory lock that it has to pass."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from tests.integration.postgres import Database

_WAITING = """\
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objsubid = 1
    AND (classid::bigint << 32) + objid::bigint = %s
"""


class Gate:
    """The advisory lock `key`, held from the beginning of the `with` block until `open` or its end."""

    def __init__(self, database: Database, key: int) -> None:
        self._database = database
        self._key = key
        self._holder = database.connect(autocommit=True)

    def __enter__(self) -> Self:
        self._holder.execute("SELECT pg_advisory_lock(%s)", [self._key])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._holder.close()

    def wait_for_somebody(self, timeout: float = 30) -> int:
        """Wait until a session waits for the lock, and return its process id."""
        deadline = time.monotonic() + timeout
        while not (waiting := self._database.rows(_WAITING, [self._key])):
            assert time.monotonic() < deadline, "nobody came to the gate"
            time.sleep(0.01)
        return int(waiting[0][0])

    def open(self) -> None:
        """Let everybody pass, now and from now on."""
        self._holder.execute("SELECT pg_advisory_unlock(%s)", [self._key])

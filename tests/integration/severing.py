"""A way to the server that can be cut at a chosen moment: when a COMMIT is on its way."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from tests.integration.relay import Relay

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from tests.integration.postgres import Database


class Cut(enum.Enum):
    """What of the COMMIT gets lost."""

    QUESTION = enum.auto()
    """The server never hears it."""
    ANSWER = enum.auto()
    """The server commits, and its client never hears of that."""


class SeveredWay(Relay):
    """A proxy before the database that cuts the connection once: at the first COMMIT after `marker` went by.

    With `nth` it is a later one, and with `at` another statement, whose question alone can be cut. `first` is called
    just before it cuts.
    """

    def __init__(
        self,
        database: Database,
        marker: bytes,
        cut: Cut,
        *,
        nth: int = 1,
        at: bytes = b"COMMIT",
        first: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(database)
        self._marker = marker
        self._cut = cut
        self._left = nth
        self._at = at
        self._first = first
        self._armed = False
        self.severed = 0
        """How often it cut."""

    def question(self, client: socket.socket, server: socket.socket, data: bytes) -> bool:
        self._armed = self._armed or self._marker in data
        if self._armed and self._left and self._at in data:
            self._left -= 1
            if not self._left:
                self.severed += 1
                if self._cut is Cut.QUESTION:
                    self._first()
                    return False
        server.sendall(data)
        return True

    def answer(self, client: socket.socket, server: socket.socket, data: bytes) -> bool:
        if self.severed == 1 and b"COMMIT\0" in data:
            self.severed += 1
            self._first()
            return False
        client.sendall(data)
        return True

"""A way to the server that falls silent: it takes whatever it is sent, acknowledges it, and never answers again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.integration.relay import Relay

if TYPE_CHECKING:
    import socket

    from tests.integration.postgres import Database


class SilentWay(Relay):
    """A proxy before the database. Once a connection has sent `marker`, its server hears nothing more of it.

    With `then`, it becomes silent only at that, after `marker`. With `answered`, the server still hears that and
    answers, and only the answer gets lost. Without `reads`, what the client sends is not even taken any more. `times`
    is for how many connections it does so; the others work.
    """

    def __init__(
        self,
        database: Database,
        marker: bytes,
        *,
        then: bytes = b"",
        answered: bool = False,
        reads: bool = True,
        times: int = 1,
    ) -> None:
        super().__init__(database)
        self._marker = marker
        self._then = then
        self._answered = answered
        self._reads = reads
        self._left = times
        self._armed: set[socket.socket] = set()
        self._silent: set[socket.socket] = set()
        self.silences = 0
        """How many connections are silent, or were."""

    def wait_until_silent(self, seconds: float = 30) -> None:
        """Wait until a connection is silent."""
        began = time.monotonic()
        while not self.silences:
            assert time.monotonic() - began < seconds, self._marker
            time.sleep(0.05)

    def question(self, client: socket.socket, server: socket.socket, data: bytes) -> bool:
        if client in self._silent:
            return True
        if self._marker in data:
            self._armed.add(client)
        if self._left and client in self._armed and self._then in data:
            self._left -= 1
            self._silent.add(client)
            self.silences += 1
            if self._answered:
                server.sendall(data)
            return self._reads
        server.sendall(data)
        return True

    def answer(self, client: socket.socket, server: socket.socket, data: bytes) -> bool:
        if client not in self._silent:
            client.sendall(data)
        return True

    def half_ended(self, client: socket.socket, server: socket.socket) -> None:
        """Close the connection, unless it is silent: its ends are to notice nothing."""
        if client not in self._silent:
            super().half_ended(client, server)

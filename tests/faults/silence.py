"""A way to the server that falls silent: it takes whatever it is sent, acknowledges it, and never answers again."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

from tests.integration.postgres import HOST

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from tests.integration.postgres import Database


class SilentWay:
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
        self._server = (HOST, database.server.port)
        self._marker = marker
        self._then = then
        self._answered = answered
        self._reads = reads
        self._left = times
        self._open: list[socket.socket] = []
        self._silent: set[socket.socket] = set()
        self._listener = socket.create_server((HOST, 0))
        port = self._listener.getsockname()[1]
        self.url = database.url.replace(f":{database.server.port}/", f":{port}/")
        self.silences = 0
        """How many connections are silent, or were."""

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._listener.close()
        for end in self._open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def wait_until_silent(self, seconds: float = 30) -> None:
        """Wait until a connection is silent."""
        began = time.monotonic()
        while not self.silences:
            assert time.monotonic() - began < seconds, self._marker
            time.sleep(0.05)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._open += [client, server]
                for way in (self._questions, self._answers):
                    threading.Thread(target=way, args=(client, server), daemon=True).start()

    def _questions(self, client: socket.socket, server: socket.socket) -> None:
        armed = False
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                if client in self._silent:
                    continue
                armed = armed or self._marker in data
                if self._left and armed and self._then in data:
                    self._left -= 1
                    self._silent.add(client)
                    self.silences += 1
                    if self._answered:
                        server.sendall(data)
                    if not self._reads:
                        return
                    continue
                server.sendall(data)
        if client not in self._silent:
            self._close(client, server)

    def _answers(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 16):
                if client not in self._silent:
                    client.sendall(data)
        if client not in self._silent:
            self._close(client, server)

    def _close(self, *ends: socket.socket) -> None:
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

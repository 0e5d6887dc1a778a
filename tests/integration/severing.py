"""A way to the server that can be cut at a chosen moment: when a COMMIT is on its way."""

from __future__ import annotations

import contextlib
import enum
import socket
import threading
from typing import TYPE_CHECKING

from tests.integration.postgres import HOST

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from tests.integration.postgres import Database


class Cut(enum.Enum):
    """What of the COMMIT gets lost."""

    QUESTION = enum.auto()
    """The server never hears it."""
    ANSWER = enum.auto()
    """The server commits, and its client never hears of that."""


class SeveredWay:
    """A proxy before the database that cuts the connection once: at the first COMMIT after `marker` went by."""

    def __init__(self, database: Database, marker: bytes, cut: Cut) -> None:
        self._server = (HOST, database.server.port)
        self._marker = marker
        self._cut = cut
        self._armed = False
        self._open: list[socket.socket] = []
        self._listener = socket.create_server((HOST, 0))
        port = self._listener.getsockname()[1]
        self.url = database.url.replace(f":{database.server.port}/", f":{port}/")
        self.severed = 0
        """How often it cut."""

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._listener.close()
        self._sever()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._open += [client, server]
                for way in (self._questions, self._answers):
                    threading.Thread(target=way, args=(client, server), daemon=True).start()

    def _questions(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                self._armed = self._armed or self._marker in data
                if self._armed and not self.severed and b"COMMIT" in data:
                    self.severed += 1
                    if self._cut is Cut.QUESTION:
                        self._sever()
                        return
                server.sendall(data)
        self._close(client, server)

    def _answers(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 16):
                if self.severed == 1 and b"COMMIT\0" in data:
                    self.severed += 1
                    break
                client.sendall(data)
        self._close(client, server)

    def _sever(self) -> None:
        self._close(*self._open)

    def _close(self, *ends: socket.socket) -> None:
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

"""A way to the server that can be cut at a chosen moment: when a COMMIT is on its way."""

from __future__ import annotations

import contextlib
import enum
import socket
import threading
from typing import TYPE_CHECKING

from tests.integration.postgres import HOST

if TYPE_CHECKING:
    from collections.abc import Callable
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
        self._server = (HOST, database.server.port)
        self._marker = marker
        self._cut = cut
        self._left = nth
        self._at = at
        self._first = first
        self._armed = False
        self._open: list[socket.socket] = []
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = database.url.replace(f":{database.server.port}/", f":{self.port}/")
        self.severed = 0
        """How often it cut."""

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._listener.close()
        self._close(*self._open)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(self._server)
                except OSError:
                    # The server is not there at the moment.
                    client.close()
                    continue
                self._open += [client, server]
                for way in (self._questions, self._answers):
                    threading.Thread(target=way, args=(client, server), daemon=True).start()

    def _questions(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                self._armed = self._armed or self._marker in data
                if self._armed and self._left and self._at in data:
                    self._left -= 1
                    if not self._left:
                        self.severed += 1
                        if self._cut is Cut.QUESTION:
                            self._first()
                            break
                server.sendall(data)
        self._close(client, server)

    def _answers(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 16):
                if self.severed == 1 and b"COMMIT\0" in data:
                    self.severed += 1
                    self._first()
                    break
                client.sendall(data)
        self._close(client, server)

    def _close(self, *ends: socket.socket) -> None:
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

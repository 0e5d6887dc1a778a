"""A way to the server that leads through this process, for tests that interfere with it."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

from tests.integration.postgres import HOST

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self, TypeAlias

    from tests.integration.postgres import Database

    Passes: TypeAlias = Callable[[socket.socket, socket.socket, bytes], bool]


class Relay:
    """Accepts connections while its context lasts, and connects each to the database's server. `url` leads through it.

    Each direction of a connection has a thread. What it passes on is for subclasses to say: `question` and `answer` get
    each piece of data, and end the connection if they return False.
    """

    def __init__(self, database: Database) -> None:
        self._server = (HOST, database.server.port)
        self._open: list[socket.socket] = []
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = database.url.replace(f":{database.server.port}/", f":{self.port}/")

    def question(self, client: socket.socket, server: socket.socket, data: bytes) -> bool:
        """Pass on what the client sends. Whether the connection goes on."""
        raise NotImplementedError

    def answer(self, client: socket.socket, server: socket.socket, data: bytes) -> bool:
        """Pass on what the server sends. Whether the connection goes on."""
        raise NotImplementedError

    def serve(self, client: socket.socket, server: socket.socket) -> None:
        """Begin to serve a new connection."""
        self._open += [client, server]
        for source, passes in ((client, self.question), (server, self.answer)):
            threading.Thread(target=self._pass_on, args=(client, server, source, passes), daemon=True).start()

    def _pass_on(
        self, client: socket.socket, server: socket.socket, source: socket.socket, passes: Passes
    ) -> None:
        with contextlib.suppress(OSError):
            while (data := source.recv(1 << 16)) and passes(client, server, data):
                pass
        self.half_ended(client, server)

    def half_ended(self, client: socket.socket, server: socket.socket) -> None:
        """Close a connection of which one direction has ended."""
        self.close(client, server)

    def close(self, *ends: socket.socket) -> None:
        """Close both ends of a connection, and wake the threads that read from them."""
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close(self._listener, *self._open)

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
                self.serve(client, server)

"""A TCP proxy that delays what passes, and counts how often the client had to wait for the server."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_HOST: Final = "127.0.0.1"
_LARGEST: Final = 1 << 16


class Proxy:
    """Listens on a port of its own and passes everything on to another one.

    `round_trips` counts the times at which the server's answer follows something that the client sent. What the
    client sends in one go, without waiting for answers, is one round trip. The TCP handshake is answered by the proxy
    itself: it is one more for each of `connections`.
    """

    def __init__(self, port: int, round_trip: float) -> None:
        self.connections = 0
        self.round_trips = 0
        self._target = port
        self._delay = round_trip / 2
        self._listener = socket.create_server((_HOST, 0))
        self.port: int = self._listener.getsockname()[1]

    @contextlib.contextmanager
    def running(self) -> Iterator[Proxy]:
        """Serve within the `with` block."""
        threading.Thread(target=self._serve, daemon=True).start()
        try:
            yield self
        finally:
            # Closing alone does not wake the thread that waits in accept.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()

    def reset(self) -> None:
        """Begin to count anew."""
        self.connections = self.round_trips = 0

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection((_HOST, self._target))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            conversation = _Conversation(self)
            self._pass_on(client, server, arrived=conversation.client_sent)
            self._pass_on(server, client, leaves=conversation.server_answers)

    def _pass_on(
        self,
        source: socket.socket,
        target: socket.socket,
        arrived: Callable[[], None] = lambda: None,
        leaves: Callable[[], None] = lambda: None,
    ) -> None:
        """Two threads: one reads and notes the time, the other writes when the delay is over."""
        underway: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()

        def read() -> None:
            chunk = b"begin"
            while chunk:
                try:
                    chunk = source.recv(_LARGEST)
                except OSError:
                    chunk = b""
                if chunk:
                    arrived()
                underway.put((time.monotonic() + self._delay, chunk))

        def write() -> None:
            while True:
                due, chunk = underway.get()
                time.sleep(max(0.0, due - time.monotonic()))
                try:
                    if not chunk:
                        target.shutdown(socket.SHUT_WR)
                        return
                    leaves()
                    target.sendall(chunk)
                except OSError:
                    return

        for work in (read, write):
            threading.Thread(target=work, daemon=True).start()


class _Conversation:
    """Who spoke last on one connection, as the client sees it."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._client_spoke = False

    def client_sent(self) -> None:
        self._client_spoke = True

    def server_answers(self) -> None:
        if self._client_spoke:
            self._proxy.round_trips += 1
        self._client_spoke = False

"""A way to the server that goes wrong on purpose: late, in single bytes, cut, reset or stalled, at a chosen moment."""

from __future__ import annotations

import contextlib
import enum
import random
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.integration.relay import Relay

if TYPE_CHECKING:
    from types import TracebackType

    from tests.integration.postgres import Database

_PIECE = 1 << 16
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER for no time: closing sends RST, and what is not sent yet is thrown away."""


class Kind(enum.Enum):
    """What goes wrong."""

    DELAY = enum.auto()
    """Each piece is up to a tenth of a second late, at random."""
    SINGLE_BYTES = enum.auto()
    """The first bytes come one by one, each in a packet of its own."""
    CUT = enum.auto()
    """Both ends are told, in order (FIN), that the connection is closed."""
    RESET = enum.auto()
    """Both ends are told that there is no such connection (RST)."""
    STALL = enum.auto()
    """Both ends still have their connection. Nothing ever comes through it any more."""

    @property
    def ends(self) -> bool:
        """Whether the connection is over then."""
        return self in {Kind.CUT, Kind.RESET, Kind.STALL}


class Way(enum.Enum):
    """Which way the data goes to which it happens."""

    QUESTION = enum.auto()
    """From the client to the server, which never hears it."""
    ANSWER = enum.auto()
    """From the server, which has heard the question, to the client."""


@dataclass(frozen=True)
class Fault:
    """`kind` happens on `way`, once the client has sent the `markers` in their order, and `after` so many more bytes.

    A fault that ends a connection happens to one connection, or if it is `lasting` to each.
    """

    kind: Kind
    way: Way
    markers: tuple[bytes, ...] = ()
    after: int = 0
    lasting: bool = False


class Proxy(Relay):
    """Leads to the database's server, with one thread for each connection. `happened` counts the faults."""

    def __init__(self, database: Database, fault: Fault | None, seed: int = 0) -> None:
        super().__init__(database)
        self.fault = fault
        self.random = random.Random(seed)
        self.happened = threading.Semaphore(0)
        """Released each time that the fault happens."""
        self.count = 0
        """How often it has happened."""
        self.bytes = dict.fromkeys(Way, 0)
        """How much went through, each way."""
        self.ended = threading.Event()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.ended.set()
        super().__exit__(kind, error, where)

    def happen(self) -> None:
        """Note that the fault happens now."""
        self.count += 1
        self.happened.release()

    @property
    def over(self) -> bool:
        """Whether the fault has happened, and does not happen again."""
        return self.fault is None or bool(self.count and self.fault.kind.ends and not self.fault.lasting)

    def serve(self, client: socket.socket, server: socket.socket) -> None:
        """Begin to serve a new connection."""
        threading.Thread(target=_Link(self, client, server).run, daemon=True).start()


class _Link:
    """One connection through the proxy, served by one thread."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._to = {client: server, server: client}
        self._client = client
        self._fault = proxy.fault
        self._asked = b""
        self._markers = list(proxy.fault.markers) if proxy.fault else []
        self._left: int | None = None
        """Bytes that still go through until it happens; None: the markers have not come."""
        self._single = 2000
        for end in self._to:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self) -> None:
        with contextlib.suppress(OSError):
            while not self._proxy.ended.is_set():
                for source in select.select(list(self._to), [], [], 0.2)[0]:
                    data = source.recv(_PIECE)
                    if not data or not self._pass(source, data):
                        self._close()
                        return
        self._close()

    def _pass(self, source: socket.socket, data: bytes) -> bool:
        """Send the data on, or have its fault happen. Whether the connection goes on."""
        way, fault = Way.QUESTION if source is self._client else Way.ANSWER, self._fault
        self._proxy.bytes[way] += len(data)
        if fault is None or self._proxy.over:
            self._to[source].sendall(data)
            return True
        if way is Way.QUESTION and self._left is None:
            self._look_for_markers(fault, data)
        if self._left is None or way is not fault.way:
            self._to[source].sendall(data)
            return True
        self._to[source].sendall(data[: self._left])
        rest, self._left = data[self._left :], max(0, self._left - len(data))
        return not rest or self._happen(fault, source, rest)

    def _look_for_markers(self, fault: Fault, data: bytes) -> None:
        self._asked += data
        while self._markers and (place := self._asked.find(self._markers[0])) >= 0:
            self._asked = self._asked[place + len(self._markers.pop(0)) :]
        self._asked = self._asked[-100:]
        if not self._markers:
            self._left = fault.after

    def _happen(self, fault: Fault, source: socket.socket, data: bytes) -> bool:
        target = self._to[source]
        if fault.kind is Kind.DELAY:
            time.sleep(self._proxy.random.uniform(0, 0.1))
        elif fault.kind is Kind.SINGLE_BYTES:
            single, data = data[: self._single], data[self._single :]
            self._single -= len(single)
            for byte in single:
                target.sendall(bytes([byte]))
        self._proxy.happen()
        if not fault.kind.ends:
            target.sendall(data)
            return True
        if fault.kind is Kind.STALL:
            self._proxy.ended.wait()
        elif fault.kind is Kind.RESET:
            for end in self._to:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        return False

    def _close(self) -> None:
        for end in self._to:
            end.close()

"""The connection of a run: psycopg's, with the address and the password read again at each connect."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable
from typing import Any, Final, TypeVar

import psycopg
from psycopg import IsolationLevel, pq
from psycopg.abc import PQGen
from psycopg.pq.abc import PGconn

from seeder.postgres.patience import Patience
from seeder.postgres.url import note_address, parse

T = TypeVar("T")

# psycopg warns there of a rollback that failed because the connection is lost, which the run reports by itself. Without
# a handler, such a warning would go to standard error.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

# What a connection gets if neither the URL nor libpq's variables say otherwise. A dead peer is noticed within eleven
# seconds, idle or not; a host that does not answer costs ten, whatever the number of hosts behind it.
DEFAULTS: Final = {
    "target_session_attrs": "primary",
    "connect_timeout": "10",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "11000",
}


class Connection(psycopg.Connection[Any]):
    """A connection of psycopg's that suits a seeder and a transaction pooler.

    Each transaction begins as READ COMMITTED READ WRITE, which costs no statement of its own, and nothing is prepared
    on the server.
    """

    def __init__(self, pgconn: PGconn) -> None:
        super().__init__(pgconn)
        self.patience = Patience()
        """How long the server's answers are waited for."""
        self.prepare_threshold = None
        self.isolation_level = IsolationLevel.READ_COMMITTED
        self.read_only = False
        self.check: Callable[[], None] = _nothing
        """Called before each statement; raises if the run is to end."""

    def wait(self, gen: PQGen[T], *args: Any, **more: Any) -> T:
        """Wait for an answer of the server's, as long as `patience` allows. psycopg calls it for whatever it sends."""
        return super().wait(self.patience.bounded(self.pgconn, gen), *args, **more)

    def commit(self) -> None:
        """Commit. When the time of the run is up, the server still gets a moment to answer."""
        with self.patience.committing():
            super().commit()

    @property
    def version(self) -> int:
        """The major version of the server."""
        return self.info.server_version // 10000

    def close(self) -> None:
        """Roll back what is not committed, and close."""
        self.try_rollback()
        super().close()

    def try_rollback(self) -> None:
        """Roll back if the connection still works."""
        if self.info.transaction_status in {pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR}:
            with contextlib.suppress(psycopg.Error):
                self.rollback()


def _nothing() -> None: ...


def connect(url: str | None, password: str | None = None, *, standby: bool = False) -> Connection:
    """Connect to the database that `url` names, in any form of `seeder.postgres.url.parse`.

    None stands for what libpq's own variables say; `password` is used if the address has none. With `standby`, a server
    that only reads will do. Raises `UsageError` if the address can't be read, and psycopg's errors, with a note
    of where the connect went.
    """
    parameters = connection_parameters(url, password)
    if standby:
        parameters["target_session_attrs"] = "any"
    try:
        connection = Connection.connect(prepare_threshold=None, **parameters)
    except psycopg.Error as error:
        note_address(error, parameters)
        raise
    if standby:
        connection.read_only = True
    return connection


def connection_parameters(url: str | None, password: str | None = None) -> dict[str, Any]:
    """libpq's parameters of one connect: from the address, else from libpq's variables, else our defaults."""
    given = parse(url)
    if password and "password" not in given:
        given["password"] = password
    # What is compiled into libpq is nobody's wish; its variables, and the service that PGSERVICE names, are somebody's.
    environment = {
        option.keyword.decode()
        for option in pq.Conninfo.get_defaults()
        if option.val != option.compiled or (option.envvar or b"").decode() in os.environ
    }
    defaults = {name: value for name, value in DEFAULTS.items() if name not in environment}
    return {"fallback_application_name": "seeder", **defaults, **given, "client_encoding": "utf8"}

"""The engine: psycopg 3, no pool, and the address and the password read anew at every connect."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import psycopg
import sqlalchemy
from psycopg import IsolationLevel, pq
from sqlalchemy import URL, NullPool, event

from seeder.postgres import dialect
from seeder.postgres.url import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

# What a connection gets where neither the URL nor libpq's variables say otherwise. A dead peer is noticed
# within eleven seconds, idle or not; a host that does not answer costs ten, whatever the number of hosts
# behind it.
DEFAULTS: Final = {
    "target_session_attrs": "read-write",
    "connect_timeout": "10",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "11000",
}


def create_engine(
    url: Callable[[], str | None], *, password: Callable[[], str | None] | None = None
) -> Engine:
    """Make an engine whose connections suit a seeder: READ COMMITTED, READ WRITE, and fit for a transaction
    pooler.

    `url` gives the database's address in any form of `seeder.postgres.url.parse`, or None for libpq's own
    variables; `password` gives a password for where the address has none. Both are called at each connect, so
    that rotated credentials are picked up. Nothing is sent to the server that libpq does not send. A connect
    raises `UsageError` where the address can't be read.
    """
    engine = sqlalchemy.create_engine(URL.create(dialect.NAME), poolclass=NullPool, use_native_hstore=False)

    @event.listens_for(engine, "do_connect")
    def connect(
        _dialect: Any, _record: Any, _arguments: Any, parameters: dict[str, Any]
    ) -> psycopg.Connection:
        given = connection_parameters(url(), password() if password else None)
        connection = psycopg.connect(context=parameters.get("context"), prepare_threshold=None, **given)
        # These travel within BEGIN and so cost no statement.
        connection.isolation_level = IsolationLevel.READ_COMMITTED
        connection.read_only = False
        return connection

    return engine


def connection_parameters(url: str | None, password: str | None = None) -> dict[str, Any]:
    """libpq's parameters of one connect: what was said, or libpq's variables say, or else our defaults."""
    given = parse(url)
    if password and "password" not in given:
        given["password"] = password
    # What is compiled into libpq is no one's wish; its variables, and the service that PGSERVICE names, are.
    environment = {
        option.keyword.decode()
        for option in pq.Conninfo.get_defaults()
        if option.val != option.compiled or (option.envvar or b"").decode() in os.environ
    }
    defaults = {name: value for name, value in DEFAULTS.items() if name not in environment}
    return {"fallback_application_name": "seeder", **defaults, **given, "client_encoding": "utf8"}

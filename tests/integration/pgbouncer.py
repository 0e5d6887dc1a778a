"""A real PgBouncer in front of a test server."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg

from tests.integration.postgres import (
    HOST,
    SUPERUSER,
    Database,
    Server,
    free_port,
    private_folder,
    unprivileged,
)


def pgbouncer_binary() -> Path | None:
    """Where PgBouncer is, if this machine has it; Debian keeps it out of an ordinary user's PATH."""
    found = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    return Path(found) if found else None


def version(binary: Path) -> tuple[int, ...]:
    """PgBouncer's version, as `(1, 18, 0)`."""
    said = subprocess.run([str(binary), "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in said.split()[1].split("."))


class PgBouncer:
    """Pools transactions: what a client left in a session, the next client finds, as in production.

    `settings` go into its configuration file, and may set another `pool_mode`.
    """

    def __init__(self, binary: Path, server: Server, *, pool_size: int = 5, **settings: str) -> None:
        self.folder = private_folder("seeder-bouncer-")
        self.log = self.folder / "log"
        self.port = free_port()
        (self.folder / "users.txt").write_text(f'"{SUPERUSER}" ""\n')
        (self.folder / "pgbouncer.ini").write_text(
            f"""\
[databases]
* = host={HOST} port={server.port} user={SUPERUSER}
[pgbouncer]
listen_addr = {HOST}
listen_port = {self.port}
unix_socket_dir =
auth_type = any
auth_file = {self.folder / "users.txt"}
admin_users = {SUPERUSER}
default_pool_size = {pool_size}
server_login_retry = 1
"""
            + "".join(
                f"{name} = {value}\n" for name, value in {"pool_mode": "transaction", **settings}.items()
            )
        )
        self._binary = binary
        self._start()

    def _start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._binary), str(self.folder / "pgbouncer.ini")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **unprivileged(),
            )
        self._wait_until_ready()

    def restart(self) -> None:
        """End it at once, with all connections, and start it anew on the same port."""
        self._process.kill()
        self._process.wait(10)
        self._start()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 20
        while True:
            try:
                self.admin("SHOW VERSION")
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"{error}\n{self.log.read_text()}") from error
                time.sleep(0.02)
            else:
                return

    def admin(self, command: str) -> list[tuple[Any, ...]]:
        """Ask PgBouncer's own console, as in `SHOW SERVERS`, or tell it something, as in `RECONNECT`."""
        dsn = f"host={HOST} port={self.port} user={SUPERUSER} dbname=pgbouncer"
        # The console speaks the simple protocol alone, which is what a cursor of this class uses.
        with psycopg.connect(dsn, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
            cursor = connection.execute(command.encode())
            return cursor.fetchall() if cursor.description else []

    def url(self, database: Database) -> str:
        """The URL of `database` by way of the pooler."""
        return f"postgresql://{SUPERUSER}@{HOST}:{self.port}/{database.name}"

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

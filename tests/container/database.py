"""A PostgreSQL server in a container, and databases in it."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from testcontainers.core.container import DockerContainer

if TYPE_CHECKING:
    from testcontainers.core.network import Network

PASSWORD = "correct-horse-battery"

_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Database:
    """One database of a server."""

    server: Server
    name: str

    @property
    def url(self) -> str:
        return self.server.url(self.name)

    def sql(self, statement: str) -> list[list[str]]:
        """Run a statement inside the server's container, apart from anything that the seeder does."""
        return self.server.psql(self.name, statement)

    def count(self, table: str) -> int:
        return int(self.sql(f"select count(*) from {table}")[0][0])

    def tables(self) -> list[str]:
        return [
            row[0]
            for row in self.sql("select tablename from pg_tables where schemaname = 'public' order by 1")
        ]


class Server:
    """A server on a private network, under a name of its own. It is started on entry."""

    def __init__(self, image: str, network: Network) -> None:
        self.host = f"postgres-{next(_numbers)}"
        self._container = (
            DockerContainer(image)
            .with_env("POSTGRES_PASSWORD", PASSWORD)
            .with_network(network)
            .with_network_aliases(self.host)
        )

    def __enter__(self) -> Self:
        self._container.start()
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._container.stop()

    @property
    def address(self) -> str:
        """Where the container is, for clients on another network."""
        container = self._container.get_wrapped_container()
        container.reload()
        (network,) = container.attrs["NetworkSettings"]["Networks"].values()
        return str(network["IPAddress"])

    def url(self, database: str, password: str = PASSWORD) -> str:
        return f"postgresql://postgres:{password}@{self.host}:5432/{database}"

    def create_database(self) -> Database:
        database = Database(self, f"test_{next(_numbers)}")
        self.psql("postgres", f"create database {database.name}")
        return database

    def psql(self, database: str, statement: str) -> list[list[str]]:
        result = self._psql(database, statement)
        output = result.output.decode()
        assert result.exit_code == 0, output
        return [line.split("|") for line in output.splitlines()]

    def _psql(self, database: str, statement: str):  # type: ignore[no-untyped-def]  # docker has no types
        # By TCP: while the official image sets itself up, it serves the socket alone.
        return self._container.get_wrapped_container().exec_run(
            ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", statement, self._local_url(database)]
        )

    @staticmethod
    def _local_url(database: str) -> str:
        return f"postgresql://postgres:{PASSWORD}@127.0.0.1:5432/{database}"

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while (result := self._psql("postgres", "select 1")).exit_code != 0:
            assert time.monotonic() < deadline, result.output.decode()
            time.sleep(0.1)

"""Real servers, fresh databases, and the command line as a process."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final

import pytest

from seeder import masking
from tests.integration.commandline import CommandLine, SeedFolder
from tests.integration.pgbouncer import PgBouncer, pgbouncer_binary
from tests.integration.postgres import Database, Server, StatementLog, binaries
from tests.promises import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


# The major versions of PostgreSQL to test against, the newest last: `SEEDER_TEST_SERVERS="13 18"`.
SERVERS: Final = [f"pg{major}" for major in os.environ.get("SEEDER_TEST_SERVERS", "18").split()]


def _binaries(version: str) -> Path:
    major = int(version.removeprefix("pg"))
    found = binaries(major)
    if found is None:
        reason = f"this machine has no PostgreSQL {major}; scripts/postgresql.py brings some, and Debian one"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "newest_server: what is tested is not the server's doing, so one version will do"
    )
    config.addinivalue_line("markers", "since(major): older versions of PostgreSQL lack what is tested")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "server" in metafunc.fixturenames:
        servers = SERVERS[-1:] if metafunc.definition.get_closest_marker("newest_server") else SERVERS
        if since := metafunc.definition.get_closest_marker("since"):
            servers = [server for server in servers if int(server.removeprefix("pg")) >= since.args[0]]
        metafunc.parametrize("server", servers, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On the servers between the oldest and the newest, run only what promises.txt lists.

    What differs between two versions is nearly always so in all that follow. Alone, each version gets every test, and
    what older versions lack runs on all that have it.
    """
    wanted = listed()
    chosen, others, seen = [], [], set()
    for item in items:
        function = item.nodeid.partition("[")[0]
        case = getattr(item, "callspec", None)
        server = case.params.get("server") if case else None
        promised = function in wanted and (wanted[function] or (function, server) not in seen)
        if server not in SERVERS[1:-1] or item.get_closest_marker("since") or promised:
            chosen.append(item)
        else:
            others.append(item)
        seen.add((function, server))
    items[:] = chosen
    if others:
        config.hook.pytest_deselected(items=others)


@pytest.fixture(autouse=True)
def no_secret_of_others() -> Iterator[None]:
    """What one test said in confidence may be a word in another one's messages: the registry is the process's."""
    yield
    masking.forget_secrets()


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A running server that the tests share; every test that uses it runs once a version."""
    shared = Server(_binaries(request.param))
    shared.initialise().start()
    yield shared
    shared.remove()


@pytest.fixture
def new_server() -> Iterator[Callable[..., Server]]:
    """Makes a server of the test's own, stopped: `new_server()` or `new_server("pg15", port="…")`."""
    made: list[Server] = []

    def make(version: str = SERVERS[-1], **settings: str) -> Server:
        made.append(Server(_binaries(version)))
        return made[-1].initialise(**settings)

    yield make
    for own in made:
        own.remove()


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """A fresh, empty database of the shared server."""
    fresh = server.create_database()
    yield fresh
    fresh.drop()


@pytest.fixture
def login(database: Database) -> Iterator[Callable[..., str]]:
    """Makes the role `app`, with a password and what attributes it is given, and returns the URL of its way in."""
    with contextlib.ExitStack() as stack:

        def make(attributes: str = "") -> str:
            stack.enter_context(database.server.role("app", "s3cret", attributes))
            stack.callback(database.execute, "DROP OWNED BY app CASCADE")
            return database.server.url(database.name, user="app:s3cret")

        yield make


@pytest.fixture
def statements(database: Database) -> StatementLog:
    """Counts what the server is sent: `with statements.recorded() as sent: …`, then `len(sent)`."""
    return StatementLog(database)


@pytest.fixture
def pgbouncer(server: Server) -> Iterator[PgBouncer]:
    """PgBouncer in transaction mode before the shared server; `pgbouncer.url(database)` leads through it."""
    binary = pgbouncer_binary()
    if binary is None:
        reason = "no PgBouncer on this machine; Debian's package is `pgbouncer`"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    pooler = PgBouncer(binary, server)
    yield pooler
    pooler.stop()


@pytest.fixture
def seeder_command(tmp_path: Path) -> Iterator[CommandLine]:
    """`python -m seeder` with a clean environment and no database named."""
    command = CommandLine(tmp_path / "runs")
    yield command
    command.kill()


@pytest.fixture
def seeder(database: Database, seeder_command: CommandLine) -> CommandLine:
    """`python -m seeder` on the fresh database: `seeder("--all", "--path", seeds)`, or `seeder.start(…)`."""
    seeder_command.environment["DATABASE_URL"] = database.url
    return seeder_command


@pytest.fixture
def seeds(tmp_path: Path) -> SeedFolder:
    """A folder for seed files: `seeds.write("tools.yaml", "…")`."""
    folder = SeedFolder(tmp_path / "seeds")
    folder.path.mkdir()
    return folder

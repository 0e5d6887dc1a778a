"""The pytest plugin: test runs of their own, with the plugin as its users have it, on a real server."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.integration.commandline import ROOT
from tests.integration.postgres import HOST, private_folder
from tests.integration.private import copy_wheel, modes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.postgres import Server

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.newest_server

CONFIGURATION = """\
[pytest]
seeder_path = seeds
seeder_allow_code = true
"""

COLOURS = """\
key: [name]
ddl: CREATE TABLE colours (name text PRIMARY KEY, hex text NOT NULL)
rows:
  - {name: red, hex: "#ff0000"}
  - {name: blue, hex: "#0000ff"}
"""


@pytest.fixture
def project(
    pytester: pytest.Pytester, server: Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[pytest.Pytester]:
    """A project with seeds, whose tests use the shared server. No database of it is left in the end."""
    for name in list(os.environ):
        # This run may itself be one of pytest-xdist's.
        if name.startswith("PYTEST_XDIST") or name == "PYTEST_ADDOPTS":
            monkeypatch.delenv(name)
    monkeypatch.setenv("SEEDER_TEST_DATABASE_URL", server.url())
    pytester.makeini(CONFIGURATION)
    seeds = pytester.mkdir("seeds")
    (seeds / "colours.yaml").write_text(COLOURS)
    before = databases(server)
    yield pytester
    assert databases(server) == before


def databases(server: Server) -> set[str]:
    with server.connect() as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


@pytest.fixture
def templates_made(server: Server) -> Callable[[], int]:
    """How many templates the server has been told to make since the test began."""
    start = server.log.stat().st_size

    def count() -> int:
        with server.log.open("rb") as log:
            log.seek(start)
            return log.read().count(b"ALLOW_CONNECTIONS false")

    return count


def run(project: pytest.Pytester, *arguments: str, **outcomes: int) -> pytest.RunResult:
    """Run the project's tests in a process of its own; the outcomes must be as given."""
    result = project.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider", *arguments)
    result.assert_outcomes(**outcomes)
    return result


def test_it_is_found_by_pytest() -> None:
    [entry] = importlib.metadata.entry_points(group="pytest11", name="seeder")
    assert entry.value == "seeder.pytest_plugin"


def test_it_imports_nothing_until_it_is_used(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import sys

        def test_nothing_is_imported():
            ours = {name for name in sys.modules if name.split(".")[0] == "seeder"}
            assert ours == {"seeder", "seeder.pytest_plugin"}
            assert "sqlalchemy" not in sys.modules
        """
    )
    run(project, passed=1)


def test_each_test_has_a_copy_of_its_own(project: pytest.Pytester, templates_made: Callable[[], int]) -> None:
    project.makepyfile(
        """
        import psycopg
        import pytest

        @pytest.mark.parametrize("time", [1, 2, 3])
        def test_the_seeds_are_there_and_may_be_broken(seeded_database, time):
            with psycopg.connect(seeded_database) as connection:
                rows = connection.execute("SELECT name, hex FROM colours ORDER BY name").fetchall()
                assert rows == [("blue", "#0000ff"), ("red", "#ff0000")]
                connection.execute("DROP TABLE colours")
                connection.execute("DROP SCHEMA seeder CASCADE")

        def test_a_connection_that_stays_open_does_no_harm(seeded_database):
            global left_open
            left_open = psycopg.connect(seeded_database)

        def test_one_can_have_more(seeded_template):
            with seeded_template.copy() as one, seeded_template.copy() as other:
                assert one != other
        """
    )
    run(project, passed=5)
    assert templates_made() == 1


def test_what_a_session_or_a_connection_does_is_rolled_back(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from sqlalchemy import text

        INSERT = text("INSERT INTO colours VALUES ('green', '#00ff00')")
        COUNT = text("SELECT count(*) FROM colours")

        @pytest.mark.parametrize("time", [1, 2])
        def test_a_session_may_commit(seeded_session, time):
            seeded_session.execute(INSERT)
            seeded_session.commit()
            seeded_session.execute(text("DELETE FROM colours"))
            seeded_session.rollback()
            assert seeded_session.scalar(COUNT) == 3

        @pytest.mark.parametrize("time", [1, 2])
        def test_a_connection_may_not(seeded_connection, time):
            seeded_connection.execute(INSERT)
            assert seeded_connection.scalar(COUNT) == 3

        def test_a_transaction_that_failed_does_no_harm(seeded_connection):
            with pytest.raises(Exception, match="does not exist"):
                seeded_connection.execute(text("SELECT nothing FROM nowhere"))

        def test_nothing_stays(seeded_connection, seeded_worker_database):
            assert str(seeded_connection.engine.url.database) in seeded_worker_database
            assert seeded_connection.scalar(COUNT) == 2
        """
    )
    run(project, passed=6)


def test_an_async_session_is_a_few_lines(project: pytest.Pytester) -> None:
    text = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    [recipe] = [
        block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "AsyncSession" in block
    ]
    project.makepyfile(
        f"""
import pytest
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

pytestmark = pytest.mark.anyio

@pytest.fixture
def anyio_backend():
    return "asyncio"

{recipe}

@pytest.mark.parametrize("time", [1, 2])
async def test_it_may_commit(session, time):
    await session.execute(text("DELETE FROM colours WHERE name = 'red'"))
    await session.commit()
    assert await session.scalar(text("SELECT count(*) FROM colours")) == 1
        """
    )
    run(project, passed=2)


def test_the_workers_of_xdist_share_one_template(
    project: pytest.Pytester, templates_made: Callable[[], int]
) -> None:
    project.makepyfile(
        """
        import os
        import psycopg
        import pytest

        @pytest.mark.parametrize("time", range(6))
        def test_in_any_worker(seeded_database, seeded_session, time):
            assert os.environ["PYTEST_XDIST_WORKER"] in seeded_database
            with psycopg.connect(seeded_database) as connection:
                connection.execute("DELETE FROM colours")
        """
    )
    run(project, "-n", "2", passed=6)
    assert 1 <= templates_made() <= 2  # two, where one worker was through before the other began


def test_migrations_make_the_tables(project: pytest.Pytester) -> None:
    (project.path / "seeds" / "colours.yaml").write_text(COLOURS.replace("ddl:", "# ddl:"))
    project.makeconftest(
        """
        import psycopg
        import pytest

        @pytest.fixture(scope="session")
        def seeder_migrate():
            def migrate(url):
                # As an engine with a pool would, it leaves its connection open.
                global connection
                connection = psycopg.connect(url, autocommit=True)
                connection.execute("CREATE TABLE colours (name text PRIMARY KEY, hex text, warm bool)")
            return migrate
        """
    )
    project.makepyfile(
        """
        from sqlalchemy import text

        def test_they_are_as_migrated(seeded_connection):
            rows = seeded_connection.execute(text("SELECT name, hex, warm FROM colours ORDER BY 1")).all()
            assert rows == [("blue", "#0000ff", None), ("red", "#ff0000", None)]
        """
    )
    run(project, passed=1)


def test_path_and_environment_come_from_configuration_and_command_line(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_in_staging = COLOURS.replace("key:", "environments: [staging]\nkey:")
    (project.path / "seeds" / "colours.yaml").write_text(only_in_staging)
    other = project.mkdir("other")
    (other / "shapes.yaml").write_text(
        "key: [name]\nddl: CREATE TABLE shapes (name text)\nrows: [{name: round}]\n"
    )
    project.makepyfile(
        """
        import os
        from sqlalchemy import inspect

        def test_the_tables_are(seeded_connection):
            assert sorted(inspect(seeded_connection).get_table_names()) == os.environ["TABLES"].split()
        """
    )

    def tables(expected: str, *arguments: str) -> None:
        monkeypatch.setenv("TABLES", expected)
        run(project, *arguments, passed=1)

    tables("")
    tables(
        "colours shapes",
        "--seeder-path",
        "other",
        "--seeder-path",
        "seeds",
        "--seeder-environment",
        "staging",
    )
    project.makeini(CONFIGURATION + "seeder_environment = staging\n")
    tables("colours")


def test_options_can_be_overridden_for_a_part_of_the_tests(project: pytest.Pytester) -> None:
    project.makepyfile(
        **{
            "plain/test_plain": "def test_it(seeded_database): assert seeded_database",
            "builtin/conftest": """
                import pytest

                @pytest.fixture(scope="session")
                def seeder_options():
                    return {"path": "builtin", "only": ["tools"]}
                """,
            "builtin/test_builtin": """
                from sqlalchemy import text

                def test_it(seeded_connection):
                    assert seeded_connection.scalar(text("SELECT count(*) FROM tools")) > 0
                    assert seeded_connection.scalar(text("SELECT to_regclass('colours') IS NULL"))
                """,
        }
    )
    run(project, passed=2)


def test_seeds_that_fail_say_why(project: pytest.Pytester) -> None:
    (project.path / "seeds" / "colours.yaml").write_text(COLOURS.replace('hex: "#0000ff"', "hax: 1"))
    project.makepyfile("def test_it(seeded_database): pass")
    result = run(project, errors=1)
    result.stdout.fnmatch_lines(
        ["*the test database can't be seeded: 1 of 1 seeder*", '*colours.yaml:5:*: no column "hax"*']
    )
    assert "Traceback" not in result.stdout.str()


def test_a_usage_error_says_what_is_right(project: pytest.Pytester) -> None:
    project.makepyfile("def test_it(seeded_database): pass")
    result = run(project, "--seeder-path", "nowhere", errors=1)
    result.stdout.fnmatch_lines(["*the test database can't be seeded: *nowhere*"])


def test_without_any_server_it_says_what_to_do(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEEDER_TEST_DATABASE_URL")
    project.makeconftest("import seeder.testing.embedded as e; e.installed = lambda: False")
    project.makepyfile("def test_it(seeded_database): pass")
    result = run(project, errors=1)
    result.stdout.fnmatch_lines(["*no PostgreSQL to test against: set SEEDER_TEST_DATABASE_URL*"])


def test_without_a_url_it_starts_a_server_that_the_workers_share(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = private_folder("seeder-tmp-")
    folder.chmod(0o755)
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.delenv("SEEDER_TEST_DATABASE_URL")
    project.makepyfile(
        """
        import pytest
        from sqlalchemy import text

        @pytest.mark.parametrize("time", range(4))
        def test_it(seeded_connection, time):
            assert seeded_connection.scalar(text("SELECT count(*) FROM colours")) == 2
            assert seeded_connection.scalar(text("SHOW fsync")) == "off"
        """
    )
    run(project, "-n", "2", passed=4)
    assert not list(folder.glob("seeder-postgres-*"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs a server as somebody else")
def test_roots_server_opens_no_folder_to_others(
    project: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    copy_wheel(home / "site-packages")
    home.chmod(0o700)
    (home / "tmp").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(home / "site-packages"))
    monkeypatch.setenv("TMPDIR", str(home / "tmp"))
    monkeypatch.delenv("SEEDER_TEST_DATABASE_URL")
    before = modes(home)
    project.makepyfile(
        """
        from sqlalchemy import text

        def test_it(seeded_connection):
            assert seeded_connection.scalar(text("SELECT count(*) FROM colours")) == 2
        """
    )
    run(project, "--basetemp", str(tmp_path / "basetemp"), passed=1)
    assert modes(home) == before
    # `nobody` can't walk to where things are temporary here.
    assert not list(Path("/var/tmp").glob("seeder-postgres-*"))


def test_a_server_stays_for_those_that_still_use_it(tmp_path: Path) -> None:
    """Also when one of them was killed, which can't say that it needs it no more."""
    program = (
        "import sys, pathlib; from seeder.testing import embedded\n"
        "with embedded.server('two-at-once', pathlib.Path(sys.argv[1])) as url: print(url, flush=True); input()"
    )

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-W", "error", "-c", program, str(tmp_path)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    with start() as first, start() as other:
        [url] = {process.stdout.readline().strip() for process in (first, other) if process.stdout}
        first.kill()
        first.wait()
        psycopg.connect(url).close()
        other.communicate("\n")
        assert other.returncode == 0
    [socket] = re.findall(r"host=([^&]+)", url)
    assert not Path(socket).parent.exists()


def test_pytest_postgresql_brings_the_server(project: pytest.Pytester, server: Server) -> None:
    pytest.importorskip("pytest_postgresql")
    project.makeconftest(
        """
        import pytest
        from pytest_postgresql import factories

        server = factories.postgresql_noproc()

        @pytest.fixture(scope="session")
        def seeder_database_url(server):
            return f"postgresql://{server.user}@{server.host}:{server.port}/postgres"
        """
    )
    project.makepyfile("def test_it(seeded_database, seeded_session): pass")
    where = (
        "--postgresql-host",
        HOST,
        "--postgresql-port",
        str(server.port),
        "--postgresql-user",
        "postgres",
    )
    run(project, *where, passed=1)


def test_what_a_killed_run_left_is_removed_and_what_is_in_use_is_not(
    project: pytest.Pytester, server: Server
) -> None:
    project.makepyfile("def test_it(seeded_database): pass")
    dead, alive = f"seeder_test_{'0' * 12}_{'0' * 8}", f"seeder_test_{'1' * 12}_{'1' * 8}"
    other = "seeder_test_of_somebody_else"
    with server.connect() as connection, server.connect() as running:
        number = int.from_bytes(hashlib.sha256(alive.encode()).digest()[:8], signed=True)
        running.execute("SELECT pg_advisory_lock_shared(%s)", [number])
        for name in (dead, f"{dead}_gw0_1", alive, f"{alive}_main_2", other):
            connection.execute(f"CREATE DATABASE {name}".encode())
        run(project, passed=1)
        left = {name for name in databases(server) if name.startswith("seeder_test_")}
        for name in left:
            connection.execute(f"DROP DATABASE {name}".encode())
    assert left == {alive, f"{alive}_main_2", other}


def test_a_role_that_may_create_databases_is_enough_in_any_form_of_address(
    project: pytest.Pytester, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.makepyfile(
        """
        def test_it(seeded_database, seeded_session):
            assert seeded_database.startswith("postgresql://tester:p%40ss%2Fword@")
        """
    )
    with server.role("tester", "p@ss/word", "CREATEDB"):
        url = server.url(user="tester:p%40ss%2Fword").replace("postgresql:", "postgresql+psycopg2:")
        monkeypatch.setenv("SEEDER_TEST_DATABASE_URL", url)
        run(project, passed=1)

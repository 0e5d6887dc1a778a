"""`--wait-for`: a table, and the migrations of other tools, as those tools themselves note them."""

from __future__ import annotations

import subprocess
import sys
import time
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from seeder.config.prerequisite import Prerequisite
from seeder.postgres import prerequisites
from seeder.postgres.connection import connect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seeder.postgres.prerequisites import Sighting
    from tests.integration.commandline import CommandLine
    from tests.integration.postgres import Database, Server

pytestmark = pytest.mark.newest_server


@pytest.fixture
def look(database: Database) -> Callable[[str], Sighting]:
    """What is seen of one prerequisite now."""

    def see(wanted: str) -> Sighting:
        with connect(database.url) as connection:
            return prerequisites.look(connection, Prerequisite.parse(wanted))

    return see


def python(database: Database, code: str, folder: Path, *arguments: str) -> None:
    """Run a program of another tool's, which may leave what it likes in its own process."""
    done = subprocess.run(
        [sys.executable, "-c", dedent(code), database.url, *arguments],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_table(database: Database, look: Callable[[str], Sighting]) -> None:
    assert look("table:tools") == (False, "there is no table tools")
    database.execute('CREATE TABLE tools (); CREATE SCHEMA other; CREATE TABLE other."Parts" ()')
    assert look("table:tools").there
    assert look("table:public.tools").there
    assert look("table:other.Parts").there
    assert not look("table:other.parts").there
    assert not look("table:elsewhere.tools").there


ALEMBIC = """
    import sys
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "migrations")
    config.set_main_option("path_separator", "os")
    config.set_main_option("sqlalchemy.url", sys.argv[1].replace("postgresql:", "postgresql+psycopg:"))
    command.upgrade(config, sys.argv[2])
    """
ALEMBIC_ENV = """
    from alembic import context
    from sqlalchemy import create_engine

    with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
    """
REVISION = """
    from alembic import op
    revision, down_revision = {revision!r}, {down!r}

    def upgrade():
        op.execute("CREATE TABLE {table} ()")
    """


def test_alembic(database: Database, look: Callable[[str], Sighting], tmp_path: Path) -> None:
    pytest.importorskip("alembic")
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "migrations" / "env.py").write_text(dedent(ALEMBIC_ENV))
    for revision, down in (("1a2b3c4d5e6f", None), ("2b3c4d5e6f70", "1a2b3c4d5e6f")):
        source = REVISION.format(revision=revision, down=down, table=f"t{revision}")
        (versions / f"{revision}.py").write_text(dedent(source))

    assert look("alembic:1a2b3c4d5e6f") == (False, "there is no table alembic_version yet")
    python(database, ALEMBIC, tmp_path, "1a2b3c4d5e6f")
    assert look("alembic:1a2b3c4d5e6f").there
    assert look("alembic:2b3c4d5e6f70") == (False, "alembic_version is at 1a2b3c4d5e6f")
    python(database, ALEMBIC, tmp_path, "head")
    assert look("alembic:2b3c4d5e6f70").there


def test_alembic_with_several_heads_in_a_schema_of_its_own(
    database: Database, look: Callable[[str], Sighting]
) -> None:
    database.execute(
        "CREATE SCHEMA app; CREATE TABLE app.alembic_version (version_num varchar(32) PRIMARY KEY);"
    )
    assert look("alembic:aa") == (False, "alembic_version is at no revision")
    database.execute("INSERT INTO app.alembic_version VALUES ('aa'), ('bb')")
    assert look("alembic:aa").there
    assert look("alembic:bb").there
    assert look("alembic:cc").seen == "alembic_version is at aa, bb"


DJANGO = """
    import sys
    from urllib.parse import urlsplit
    import django
    from django.conf import settings
    from django.core.management import call_command

    url = urlsplit(sys.argv[1])
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes"],
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "USER": url.username,
                               "HOST": url.hostname, "PORT": url.port}},
    )
    django.setup()
    call_command("migrate", "contenttypes", sys.argv[2], verbosity=0)
    """


@pytest.mark.since(14)  # by Django
def test_django(database: Database, look: Callable[[str], Sighting], tmp_path: Path) -> None:
    pytest.importorskip("django")
    wanted = "django:contenttypes.0002_remove_content_type_name"
    assert look(wanted) == (False, "there is no table django_migrations yet")
    python(database, DJANGO, tmp_path, "0001_initial")
    assert look("django:contenttypes.0001_initial").there
    assert look(wanted) == (False, "the latest migration of contenttypes is 0001_initial")
    assert look("django:shop.0001_initial") == (False, "no migration of shop is applied")
    python(database, DJANGO, tmp_path, "0002_remove_content_type_name")
    assert look(wanted).there


FLYWAY = """
    CREATE TABLE flyway_schema_history (
        installed_rank integer NOT NULL PRIMARY KEY,
        version varchar(50),
        description varchar(200) NOT NULL,
        type varchar(20) NOT NULL,
        script varchar(1000) NOT NULL,
        checksum integer,
        installed_by varchar(100) NOT NULL,
        installed_on timestamp NOT NULL DEFAULT now(),
        execution_time integer NOT NULL,
        success boolean NOT NULL
    )
    """


def flyway(database: Database, version: str | None, kind: str = "SQL", *, success: bool = True) -> None:
    database.execute(
        "INSERT INTO flyway_schema_history (installed_rank, version, description, type, script, installed_by, "
        "execution_time, success) SELECT count(*) + 1, %s, 'd', %s, 's', 'me', 1, %s FROM flyway_schema_history",
        (version, kind, success),
    )


def test_flyway(database: Database, look: Callable[[str], Sighting]) -> None:
    assert look("flyway:1") == (False, "there is no table flyway_schema_history yet")
    database.execute(FLYWAY)
    assert look("flyway:1") == (False, "the latest version applied is none")
    flyway(database, "1")
    flyway(database, "2.9")
    flyway(database, "2.10")
    flyway(database, None)
    assert look("flyway:1.0").there
    assert look("flyway:2.10").there
    assert look("flyway:2_9").there
    assert look("flyway:3") == (False, "the latest version applied is 2.10")
    flyway(database, "3", success=False)
    assert look("flyway:3") == (False, "version 3 failed or was undone")
    flyway(database, "2.10", "UNDO_SQL")
    assert look("flyway:2.10") == (False, "version 2.10 failed or was undone")
    assert look("flyway:2.9").there


def test_a_flyway_baseline_stands_for_what_was_before_it(
    database: Database, look: Callable[[str], Sighting]
) -> None:
    database.execute(FLYWAY)
    flyway(database, "5", "BASELINE")
    assert look("flyway:4").there
    assert look("flyway:5").there
    assert not look("flyway:5.1").there


LIQUIBASE = """
    CREATE TABLE databasechangelog (
        id varchar(255) NOT NULL, author varchar(255) NOT NULL, filename varchar(255) NOT NULL,
        dateexecuted timestamp NOT NULL, orderexecuted integer NOT NULL, exectype varchar(10) NOT NULL,
        md5sum varchar(35), description varchar(255), comments varchar(255), tag varchar(255),
        liquibase varchar(20), contexts varchar(255), labels varchar(255), deployment_id varchar(10)
    )
    """


def test_liquibase(database: Database, look: Callable[[str], Sighting]) -> None:
    assert look("liquibase:1-tools") == (False, "there is no table databasechangelog yet")
    database.execute(LIQUIBASE)
    assert look("liquibase:1-tools") == (False, "databasechangelog is empty")
    database.execute(
        "INSERT INTO databasechangelog (id, author, filename, dateexecuted, orderexecuted, exectype) VALUES "
        "('1-tools', 'ann', 'db/a.xml', now(), 1, 'EXECUTED'), ('2-parts', 'ann', 'db/a.xml', now(), 2, 'FAILED'),"
        "('3-rows', 'ann', 'db/b.xml', now(), 3, 'MARK_RAN')"
    )
    assert look("liquibase:1-tools").there
    assert look("liquibase:3-rows").there
    assert look("liquibase:db/a.xml::1-tools::ann").there
    assert not look("liquibase:db/b.xml::1-tools::ann").there
    assert look("liquibase:2-parts") == (False, "change set 2-parts is noted as FAILED")
    assert look("liquibase:4") == (False, "the latest change set is 3-rows")


class TestRun:
    def test_it_begins_when_everything_is_there(self, seeder: CommandLine, database: Database) -> None:
        run = seeder.start("--tools", "--wait-for", "table:first", "--wait-for", "alembic:aa")
        waiting = run.wait_for("prerequisite.waiting", prerequisite="table:first")
        assert waiting["seen"] == "there is no table first"
        assert not [event for event in run.events if event["event"] == "seeder.started"]
        database.execute("CREATE TABLE first ()")
        run.wait_for("prerequisite.waiting", prerequisite="alembic:aa")
        database.execute(
            "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('aa')"
        )
        result = run.wait()
        assert result.exit_code == 0, str(result)
        assert [event["prerequisite"] for event in result.all("prerequisite.ready")] == [
            "table:first",
            "alembic:aa",
        ]

    def test_at_the_deadline_it_says_what_it_saw_last(self, seeder: CommandLine, database: Database) -> None:
        database.execute(
            "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('aa')"
        )
        result = seeder("--tools", env={"SEED_WAIT_FOR": "alembic:bb", "SEED_WAIT_TIMEOUT": "1"})
        assert result.exit_code == 4
        assert '"alembic:bb"' in result.event("run.finished")["reason"]
        assert "alembic_version is at aa" in result.event("run.finished")["reason"]
        assert result.finished("tools")["error"]["type"] == "NotReadyError"
        assert database.scalar("SELECT to_regclass('tools')") is None

    def test_strictness_decides(self, seeder: CommandLine) -> None:
        result = seeder(
            "--tools", "--wait-for", "table:never", "--wait-timeout", "0", "--strictness", "lenient"
        )
        assert result.exit_code == 0

    def test_what_can_not_be_meant_ends_it_at_once(self, seeder: CommandLine) -> None:
        result = seeder("--tools", "--wait-for", "alembik:1")
        assert result.exit_code == 2
        assert "alembic:REVISION" in result.refusal

    def test_the_wait_command_does_both(self, seeder: CommandLine, database: Database) -> None:
        assert seeder("wait", "--wait-for", "table:first", "--wait-timeout", "0").exit_code == 4
        database.execute("CREATE TABLE first ()")
        assert seeder("wait", "--wait-for", "table:first").exit_code == 0

    def test_a_migration_that_holds_the_table_is_waited_for(
        self, seeder: CommandLine, database: Database
    ) -> None:
        database.execute(
            "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('aa')"
        )
        with database.connect() as migration:
            migration.execute("LOCK TABLE alembic_version")
            run = seeder.start("wait", "--wait-for", "alembic:bb")
            while not database.rows("SELECT FROM pg_locks WHERE NOT granted"):
                time.sleep(0.01)
            migration.execute("UPDATE alembic_version SET version_num = 'bb'")
        assert run.wait().exit_code == 0

    def test_a_database_that_restarts_meanwhile(
        self, new_server: Callable[..., Server], seeder_command: CommandLine
    ) -> None:
        server = new_server()
        server.start()
        url = server.url()
        run = seeder_command.start("--tools", "--wait-for", "table:first", env={"DATABASE_URL": url})
        run.wait_for("prerequisite.waiting")
        server.restart()
        with server.connect() as connection:
            connection.execute("CREATE TABLE first ()")
        result = run.wait()
        assert result.exit_code == 0, str(result)

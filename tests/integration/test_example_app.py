"""The example application: real workers on a real database, seeded as it starts and before it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.integration.application import EXAMPLE, Application, applications, example_environment, migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.integration.commandline import CommandLine
    from tests.integration.postgres import Database, Server

    Start = Callable[..., Application]

pytestmark = pytest.mark.newest_server

WORKERS = 4
ROWS = {"teams": 4, "categories": 7, "replies": 6, "tickets": 4}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with applications(tmp_path) as start:
        yield start


def counts(database: Database) -> dict[str, int]:
    return {table: database.scalar(f"SELECT count(*) FROM {table}") for table in ROWS}


def everything(database: Database) -> list[Any]:
    """Every row version of the application and the ledger, and where every sequence stands."""
    found: list[Any] = []
    tables = database.rows(
        "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables "
        "WHERE table_schema IN ('public', 'seeder') AND table_type = 'BASE TABLE' ORDER BY 1"
    )
    for (table,) in tables:
        found += [
            (table, row)
            for row in database.rows(f"SELECT xmin::text, ctid::text, t::text FROM {table} t ORDER BY ctid")
        ]
    found += database.rows("SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2")
    return found


def test_four_workers_start_at_once_on_an_empty_database(database: Database, start: Start) -> None:
    application = start(database.url, workers=WORKERS)
    # Nobody has made the tables yet: the workers wait for the newest migration.
    application.wait_for("prerequisite.waiting", WORKERS)
    migrate(database.url)
    application.wait_until_it_serves()

    assert counts(database) == ROWS
    answers = application.answers_of_all("/ready", WORKERS)
    assert len(answers) == WORKERS
    # Each seeder was written by exactly one of the workers.
    changed = [int(answer["seeding"].split(", ")[1].split()[0]) for answer in answers.values()]
    assert sum(changed) == sum(ROWS.values())
    assert {answer["status"] for answer in answers.values()} == {"ready"}
    before = everything(database)
    application.stop()

    again = start(database.url, workers=WORKERS)
    again.wait_until_it_serves()
    answers = again.answers_of_all("/ready", WORKERS)
    assert [answer["seeding"] for answer in answers.values()] == ["4 seeders done, 0 rows changed"] * WORKERS
    assert everything(database) == before
    assert len(again.get("/categories")) == ROWS["categories"]


def test_the_database_is_down_at_the_start(new_server: Callable[..., Server], start: Start) -> None:
    server = new_server().start()
    database = server.create_database()
    migrate(database.url)
    server.stop()

    application = start(database.url, workers=2)
    application.wait_for("database.waiting", 2)
    assert "Application startup complete." not in application.log
    server.start()
    application.wait_until_it_serves()
    assert application.get("/ready")["status"] == "ready"
    assert counts(database) == ROWS


@pytest.mark.parametrize("workers", [1, 2])
def test_it_can_be_stopped_while_it_waits(start: Start, workers: int) -> None:
    application = start("postgresql://nobody@127.0.0.1:1/nothing", workers=workers)
    application.wait_for("database.waiting", workers)
    # It would wait for two minutes, and the test does not.
    application.stop()
    assert "Application startup complete." not in application.log


def test_what_people_change_through_the_application_is_kept(database: Database, start: Start) -> None:
    migrate(database.url)
    first = start(database.url)
    first.wait_until_it_serves()
    change = {"enabled": False, "title": "Closing, with thanks"}
    status, changed, _ = first.request("PATCH", "/replies/closing", change)
    assert (status, changed["title"]) == (200, "Closing, with thanks")
    first.stop()

    again = start(database.url)
    again.wait_until_it_serves()
    assert "closing" not in {reply["name"] for reply in again.get("/replies")}
    found = database.rows("SELECT title, enabled FROM replies WHERE name = 'closing'")
    assert found == [("Closing, with thanks", False)]


def test_it_does_not_start_without_its_seeds(database: Database, start: Start) -> None:
    migrate(database.url)
    database.execute("ALTER TABLE replies ADD CONSTRAINT short CHECK (length(body) < 10)")
    application = start(database.url)
    assert application.process.wait(60) != 0
    assert "StrictnessExceeded" in application.log
    assert "replies" in application.log
    assert "Application startup complete." not in application.log
    assert database.scalar("SELECT count(*) FROM replies") == 0


def init_container() -> dict[str, str]:
    """What the manifests tell the init container that seeds."""
    settings = yaml.safe_load((EXAMPLE / "kubernetes" / "settings.yaml").read_text())["data"]
    deployment = yaml.safe_load((EXAMPLE / "kubernetes" / "deployment.yaml").read_text())
    [container] = deployment["spec"]["template"]["spec"]["initContainers"]
    assert container["command"] == ["seeder", "--all"]
    assert settings["SEED_PATH"] == "/app/seeds"
    return {**settings, "SEED_PATH": str(EXAMPLE / "seeds")}


def test_in_production_the_init_container_seeds_from_the_same_folder(
    database: Database, seeder_command: CommandLine, start: Start
) -> None:
    environment = {**init_container(), "DATABASE_URL": database.url}
    replicas = [seeder_command.start("--all", env=environment) for _ in range(3)]
    for replica in replicas:
        replica.wait_for("prerequisite.waiting")
    migrate(database.url)
    results = [replica.wait() for replica in replicas]
    assert [result.exit_code for result in results] == [0, 0, 0], results
    # The tickets are for developers.
    assert counts(database) == {**ROWS, "tickets": 0}
    before = everything(database)

    application = start(database.url, AUTO_SEED_DATABASE="false")
    application.wait_until_it_serves()
    assert application.get("/ready")["seeding"] == "seeding is switched off: AUTO_SEED_DATABASE is false"
    assert len(application.get("/replies")) == ROWS["replies"]
    assert everything(database) == before


def test_the_manifests_wait_for_the_newest_migration(database: Database) -> None:
    migrate(database.url)
    newest = database.scalar("SELECT version_num FROM alembic_version")
    assert init_container()["SEED_WAIT_FOR"] == f"alembic:{newest}"


def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    migrate(database.url)
    migrate(database.url, "check")
    migrate(database.url, "downgrade", "base")
    assert database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == [
        ("alembic_version",)
    ]


def test_its_own_tests_pass(server: Server) -> None:
    environment = example_environment("", SEEDER_TEST_DATABASE_URL=server.url())
    environment["HOME"] = os.environ.get("HOME", "/")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"],
        cwd=EXAMPLE,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 passed" in done.stdout

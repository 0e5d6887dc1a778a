"""Every exit code of the table, each for each of its reasons, with the process's own word for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from seeder.postgres.locks import Lock
from tests.integration.gates import Gate
from tests.integration.postgres import HOST, free_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.commandline import CommandLine, Result, SeedFolder
    from tests.integration.postgres import Database, Server

pytestmark = pytest.mark.newest_server


@pytest.fixture
def trees(database: Database, seeds: SeedFolder) -> SeedFolder:
    database.execute("CREATE TABLE trees (code text PRIMARY KEY)")
    seeds.write("trees.yaml", "rows: [{code: a}, {code: b}]\n")
    return seeds


def assert_ended(done: Result, code: int, reason: str) -> None:
    """It ended with `code`, and `run.finished` says the same and why."""
    assert done.exit_code == code, str(done)
    finished = done.event("run.finished")
    assert finished["exit_code"] == code
    assert reason in finished["reason"], finished["reason"]


class TestDone:
    """0."""

    def test_done(self, seeder: CommandLine, trees: SeedFolder) -> None:
        assert_ended(seeder("--all", "--path", trees), 0, "2 rows changed")

    @pytest.mark.parametrize("value", ["false", "0", "No", "OFF"])
    def test_switched_off(self, seeder_command: CommandLine, value: str) -> None:
        # The address is nobody's, so that to touch the database would be to fail.
        off = {"AUTO_SEED_DATABASE": value, "DATABASE_URL": f"postgresql://{HOST}:1/none"}
        assert_ended(seeder_command("--all", env=off), 0, "AUTO_SEED_DATABASE")

    def test_a_database_that_starts_late(
        self, seeder_command: CommandLine, new_server: Callable[..., Server]
    ) -> None:
        late = new_server()
        run = seeder_command.start("--tools", env={"DATABASE_URL": late.url()})
        waiting = run.wait_for("database.waiting", attempt=3)
        assert waiting["error"] == "connection refused"
        late.start()
        done = run.wait()
        assert_ended(done, 0, "1 seeder done")
        assert done.event("database.ready")["attempt"] > 3
        with late.connect() as connection:
            assert connection.execute("SELECT count(*) > 20 FROM tools").fetchone() == (True,)


class TestFailed:
    """1."""

    def test_a_seeder_failed(self, seeder: CommandLine, trees: SeedFolder) -> None:
        trees.write("bushes.yaml", "rows: [{code: a}]\n")
        assert_ended(seeder("--all", "--path", trees), 1, "1 of 2 seeders failed")


class TestUsage:
    """2."""

    @pytest.mark.parametrize(
        ("arguments", "environment", "message"),
        [
            ((), {}, "nothing is selected; usage: seeder --all"),
            (("--tolls",), {}, "did you mean --tools?"),
            (("--all", "--dry-rum"), {}, "did you mean --dry-run?"),
            (("seed",), {}, "there is no command"),
            (("--all", "--strictness", "sloppy"), {}, "--strictness"),
            (("--all", "--wait-timeout", "soon"), {}, "--wait-timeout"),
            (("--all",), {"SEED_LOCK_TIMEOUT": "-1"}, "SEED_LOCK_TIMEOUT"),
            (("--all",), {"SEED_DRY_RUN": "maybe"}, "SEED_DRY_RUN"),
            (("--all",), {"AUTO_SEED_DATABASE": "maybe"}, "AUTO_SEED_DATABASE"),
            (("--all",), {"DATABASE_URL": None}, "DATABASE_URL"),
            (("--all",), {"DATABASE_URL": ""}, "DATABASE_URL"),
            (("--all",), {"DATABASE_URL_FILE": "/etc/hostname"}, "DATABASE_URL_FILE"),
            (("--all",), {"DATABASE_URL": "mysql://app:s3cret@db/shop"}, "mysql"),
            (("--all",), {"DATABASE_URL": "postgresql://app:s3%cret@db/shop"}, ""),
            (("--all",), {"DATABASE_URL": "postgresql://app:s3cret@db:port/shop"}, ""),
            (("--all",), {"DATABASE_URL": "app:s3cret"}, ""),
            (("--all", "--path", "/nowhere"), {}, "/nowhere"),
            (("--all", "--path", "/sys/kernel"), {}, "there is no seeder in"),
        ],
    )
    def test_what_is_said_can_not_be_meant(
        self,
        seeder_command: CommandLine,
        arguments: tuple[str, ...],
        environment: dict[str, str | None],
        message: str,
    ) -> None:
        # It would wait for minutes, were it to try to connect.
        env = {"DATABASE_URL": f"postgresql://{HOST}:1/none", "SEED_WAIT_TIMEOUT": "10m", **environment}
        done = seeder_command(*arguments, env=env, timeout=30)
        assert done.exit_code == 2, str(done)
        assert message in done.refusal
        assert done.events[-1]["event"] == "run.finished"
        assert "s3cret" not in f"{done}"
        assert "Traceback" not in f"{done}"

    def test_two_seeders_of_one_name(self, seeder: CommandLine, trees: SeedFolder) -> None:
        trees.write("trees.json", '{"rows": []}')
        assert_ended(seeder("--all", "--path", trees), 2, "are both named")


class TestRefused:
    """3."""

    def test_wrong_password(self, server: Server, seeder_command: CommandLine) -> None:
        with server.role("app", "right"):
            env = {"DATABASE_URL": server.url(user="app:s3cret")}
            done = seeder_command("--all", "--wait-timeout", "0", env=env)
        assert_ended(done, 3, "authentication failed")
        assert done.event("run.finished")["failed"] == 4
        assert "s3cret" not in f"{done}"

    def test_the_grace_for_those_who_create_roles_late(
        self, server: Server, seeder_command: CommandLine
    ) -> None:
        env = {"DATABASE_URL": server.url(user="later:s3cret")}
        run = seeder_command.start("--tools", "--ledger", "off", env=env)
        run.wait_for("database.waiting", error="authentication failed")
        database = server.create_database()
        with server.role("later", "s3cret"), server.connect() as connection:
            connection.execute("CREATE TABLE tools (name text PRIMARY KEY)")
            done = run.wait()
            connection.execute("DROP TABLE tools")
        database.drop()
        # It may connect, and no more: that is this seeder's failure, and no longer the connection's.
        assert_ended(done, 1, "1 of 1 seeders failed: tools (")

    def test_no_such_database(self, server: Server, seeder_command: CommandLine) -> None:
        done = seeder_command("--all", "--wait-timeout", "0", env={"DATABASE_URL": server.url("nowhere")})
        assert_ended(done, 3, "no such database")


class TestNotReady:
    """4."""

    @pytest.mark.parametrize("timeout", ["0", "1500ms"])
    def test_it_never_starts(self, seeder_command: CommandLine, timeout: str) -> None:
        env = {"DATABASE_URL": f"postgresql://postgres:s3cret@{HOST}:{free_port()}/none"}
        began = time.monotonic()
        done = seeder_command("--all", "--wait-timeout", timeout, env=env)
        elapsed = time.monotonic() - began
        assert_ended(done, 4, "connection refused")
        assert done.event("run.finished")["failed"] == 4
        assert "s3cret" not in f"{done}"
        # Not before the deadline; after it, what a slow machine takes to start and end a process.
        assert (1.5 if timeout != "0" else 0) < elapsed < 15


class TestLocked:
    """5."""

    def test_another_replica_holds_the_lock(
        self, seeder: CommandLine, trees: SeedFolder, database: Database
    ) -> None:
        with Gate(database, Lock("table", "public.trees").key):
            done = seeder("--all", "--path", trees, "--lock-timeout", "300ms")
        assert_ended(done, 5, "held by process")
        assert done.event("lock.waiting")["lock"] == "table public.trees"
        assert database.scalar("SELECT count(*) FROM trees") == 0

    def test_somebody_holds_the_table(
        self, seeder: CommandLine, trees: SeedFolder, database: Database
    ) -> None:
        with database.connect() as somebody:
            somebody.execute("LOCK TABLE trees")
            done = seeder("--all", "--path", trees, "--lock-timeout", "300ms")
        assert_ended(done, 5, "lock")

    def test_the_budget_is_one_for_the_whole_run(
        self, seeder: CommandLine, trees: SeedFolder, database: Database
    ) -> None:
        database.execute(
            "CREATE TABLE bushes (code text PRIMARY KEY); CREATE TABLE weeds (code text PRIMARY KEY)"
        )
        trees.write("bushes.yaml", "rows: [{code: a}]\n")
        trees.write("weeds.yaml", "rows: [{code: a}]\n")
        with (
            Gate(database, Lock("table", "public.bushes").key),
            Gate(database, Lock("table", "public.trees").key),
        ):
            done = seeder("--all", "--path", trees, "--lock-timeout", "300ms")
        assert done.exit_code == 5
        # The second finds the budget spent; the third needs none of it.
        assert [event["lock"] for event in done.all("lock.waiting")] == ["table public.bushes"]
        assert done.finished("weeds")["outcome"] == "succeeded"


class TestLenient:
    """0 after all, where strictness has a say."""

    def test_a_database_that_is_not_there(self, seeder_command: CommandLine) -> None:
        env = {"DATABASE_URL": f"postgresql://postgres@{HOST}:{free_port()}/none"}
        done = seeder_command("--all", "--wait-timeout", "0", "--strictness", "lenient", env=env)
        assert_ended(done, 0, "tolerates")
        assert [event["level"] for event in done.all("seeder.finished")] == ["error"] * 4

    def test_a_database_that_refuses(self, server: Server, seeder_command: CommandLine) -> None:
        env = {"DATABASE_URL": server.url("nowhere")}
        done = seeder_command("--all", "--wait-timeout", "0", "--strictness", "100%", env=env)
        assert_ended(done, 0, "tolerates")

    def test_a_lock_that_is_held(self, seeder: CommandLine, trees: SeedFolder, database: Database) -> None:
        with Gate(database, Lock("table", "public.trees").key):
            done = seeder("--all", "--path", trees, "--lock-timeout", "0", "--strictness", "1")
        assert_ended(done, 0, "tolerates")

    def test_a_mistake_in_what_was_said_stands(self, seeder_command: CommandLine) -> None:
        done = seeder_command("--tolls", "--strictness", "lenient", env={"DATABASE_URL": "postgresql://db/x"})
        assert done.exit_code == 2

    def test_where_several_apply_the_gravest_counts(
        self, seeder: CommandLine, trees: SeedFolder, database: Database
    ) -> None:
        trees.write("bushes.yaml", "rows: [{code: a}]\n")
        with Gate(database, Lock("table", "public.trees").key):
            done = seeder("--all", "--path", trees, "--lock-timeout", "0")
        assert done.exit_code == 5
        assert {event["seeder"]: event["outcome"] for event in done.all("seeder.finished")} == {
            "bushes": "failed",
            "trees": "failed",
        }

"""What passes by itself is tried again, three times in all, and nothing is ever written twice."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.integration.gates import Gate
from tests.integration.severing import Cut, SeveredWay

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database

pytestmark = pytest.mark.newest_server

TREES = """\
CREATE TABLE trees (code text PRIMARY KEY, name text);
CREATE SEQUENCE writes;
CREATE FUNCTION note_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM nextval('writes');
    RETURN NULL;
END $$;
CREATE TRIGGER note AFTER INSERT ON trees EXECUTE FUNCTION note_write();
"""
"""A table, and a sequence that no rollback brings back: it counts how often the rows were inserted."""


@pytest.fixture
def trees(database: Database, seeds: SeedFolder) -> Database:
    database.execute(TREES)
    seeds.write("trees.yaml", "rows: [{code: a, name: Ash}, {code: b, name: Birch}]\n")
    return database


def fail(database: Database, sqlstate: str, times: int) -> None:
    """Let the first inserts into `trees` fail with that code."""
    database.execute(f"""\
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT last_value FROM writes WHERE is_called) <= {times} THEN
                RAISE 'it passes' USING ERRCODE = '{sqlstate}';
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER then_fail AFTER INSERT ON trees EXECUTE FUNCTION fail()""")


class TestWhatPasses:
    @pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
    def test_it_is_tried_again(
        self, trees: Database, seeder: CommandLine, seeds: SeedFolder, sqlstate: str
    ) -> None:
        fail(trees, sqlstate, times=2)
        done = seeder("--all", "--path", seeds)
        assert done.exit_code == 0, str(done)
        retries = done.all("seeder.retrying", seeder="trees")
        assert [(event["attempt"], event["sqlstate"]) for event in retries] == [(2, sqlstate), (3, sqlstate)]
        assert done.finished("trees")["inserted"] == 2
        assert trees.scalar("SELECT last_value FROM writes") == 3

    def test_three_times_in_all(self, trees: Database, seeder: CommandLine, seeds: SeedFolder) -> None:
        fail(trees, "40001", times=9)
        done = seeder("--all", "--path", seeds)
        assert done.exit_code == 1, str(done)
        assert len(done.all("seeder.retrying")) == 2
        assert done.finished("trees")["sqlstate"] == "40001"
        assert trees.scalar("SELECT count(*) FROM trees") == 0

    def test_what_does_not_pass_is_not_tried_again(
        self, trees: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        fail(trees, "P0001", times=9)
        done = seeder("--all", "--path", seeds)
        assert done.exit_code == 1, str(done)
        assert done.all("seeder.retrying") == []

    def test_a_real_deadlock(self, trees: Database, seeder: CommandLine, seeds: SeedFolder) -> None:
        # The seeder holds `trees` and wants the ground; somebody holds the ground and wants `trees`.
        trees.execute("""\
            CREATE TABLE ground (id int);
            CREATE FUNCTION want_ground() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                LOCK TABLE ground;
                RETURN NULL;
            END $$;
            CREATE TRIGGER want AFTER INSERT ON trees EXECUTE FUNCTION want_ground()""")
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'ground'::regclass"
        with trees.connect() as somebody:
            somebody.execute("SET deadlock_timeout = '1min'")
            somebody.execute("LOCK TABLE ground")
            run = seeder.start("--all", "--path", seeds)
            while not trees.scalar(waiting):
                time.sleep(0.01)
            somebody.execute("LOCK TABLE trees")
        done = run.wait()
        assert done.exit_code == 0, str(done)
        assert done.event("seeder.retrying")["sqlstate"] == "40P01"
        assert trees.scalar("SELECT count(*) FROM trees") == 2


class TestLostConnection:
    def test_a_session_that_somebody_ends(
        self, trees: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        trees.execute("""\
            CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM pg_advisory_xact_lock(1);
                RETURN NULL;
            END $$;
            CREATE TRIGGER then_wait AFTER INSERT ON trees EXECUTE FUNCTION wait_at_gate()""")
        with Gate(trees, 1) as gate:
            run = seeder.start("--all", "--path", seeds)
            trees.execute("SELECT pg_terminate_backend(%s)", [gate.wait_for_somebody()])
            run.wait_for("seeder.retrying")
            gate.open()
            done = run.wait()
        assert done.exit_code == 0, str(done)
        assert done.event("seeder.retrying")["sqlstate"] == "57P01"
        assert len(done.all("database.ready")) == 2
        assert trees.scalar("SELECT count(*) FROM trees") == 2
        assert trees.scalar("SELECT last_value FROM writes") == 2

    @pytest.mark.parametrize(("cut", "writes"), [(Cut.QUESTION, 2), (Cut.ANSWER, 1)])
    def test_a_commit_whose_answer_is_lost_is_looked_up(
        self, trees: Database, seeder: CommandLine, seeds: SeedFolder, cut: Cut, writes: int
    ) -> None:
        with SeveredWay(trees, b'INSERT INTO "public"."trees"', cut) as way:
            done = seeder("--all", "--path", seeds, env={"DATABASE_URL": way.url})
            assert way.severed
        assert done.exit_code == 0, str(done)
        assert trees.scalar("SELECT count(*) FROM trees") == 2
        # Only where the server did not hear it was the work done a second time.
        assert trees.scalar("SELECT last_value FROM writes") == writes
        assert len(done.all("seeder.retrying")) == writes - 1
        assert done.finished("trees")["inserted"] == 2
        assert trees.scalar("SELECT count(*) FROM seeder.seeder_rows") == 2

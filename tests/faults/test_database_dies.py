"""The server is stopped, crashes or ends sessions while a run is under way: the run goes on when it is back in time."""

from __future__ import annotations

import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.figures import Figure, new_seed, times
from tests.faults.twenty import Twenty, prepare
from tests.integration.commandline import CommandLine
from tests.integration.gates import Gate
from tests.integration.postgres import Server, embedded_binaries
from tests.integration.severing import Cut, SeveredWay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.commandline import Result, SeedFolder
    from tests.integration.postgres import Database

pytestmark = pytest.mark.timeout(1200)

FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT
HOW = pytest.mark.parametrize("how", [FAST, IMMEDIATE], ids=["fast", "immediate"])
FILE = "tests/faults/test_database_dies.py"

TABLES = """\
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY);
CREATE SEQUENCE writes;
CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM nextval('writes');
    PERFORM pg_advisory_xact_lock(1);
    RETURN NULL;
END $$;
CREATE TRIGGER gate AFTER INSERT ON b EXECUTE FUNCTION wait_at_gate();
"""
"""Whoever inserts into `b` waits at gate 1, and `writes` counts how often that was."""


@pytest.fixture(scope="module")
def mortal() -> Iterator[Server]:
    """A server that is stopped again and again. What it has confirmed outlives that."""
    made = Server(embedded_binaries())
    made.initialise(synchronous_commit="on").start()
    yield made
    made.remove()


@pytest.fixture
def database(mortal: Server) -> Iterator[Database]:
    """A fresh database with the three tables."""
    if not mortal.running:
        mortal.start()
    made = mortal.create_database()
    made.execute(TABLES)
    yield made
    if not mortal.running:
        mortal.start()
    made.drop()


@pytest.fixture(scope="module")
def twenty(mortal: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twenty]:
    folder = tmp_path_factory.mktemp("twenty")
    seeder = CommandLine(folder / "runs")
    yield prepare(mortal, seeder, folder, rows=3_000)
    seeder.kill()


@pytest.fixture
def three(seeds: SeedFolder) -> SeedFolder:
    for name in "abc":
        seeds.write(f"{name}.yaml", "rows: [{id: 1}, {id: 2}]\n")
    return seeds


def check(database: Database, seeder: CommandLine, seeds: SeedFolder, done: Result) -> None:
    """All is done, and another run does nothing."""
    assert done.exit_code == 0, str(done)
    assert [database.scalar(f"SELECT count(*) FROM {name}") for name in "abc"] == [2, 2, 2]
    assert done.event("run.finished")["changed"] == 6
    again = seeder("--all", "--path", seeds)
    assert (again.exit_code, again.event("run.finished")["changed"]) == (0, 0)
    assert database.scalar("SELECT count(*) FROM seeder.seeder_rows") == 6


@HOW
class TestStopped:
    def test_in_a_statement(
        self, database: Database, seeder: CommandLine, three: SeedFolder, how: signal.Signals
    ) -> None:
        with Gate(database, 1) as gate:
            run = seeder.start("--all", "--path", three)
            gate.wait_for_somebody()
            database.server.stop(how)
            run.wait_for("seeder.retrying")
            database.server.start()
        done = run.wait()
        assert [event["seeder"] for event in done.all("seeder.retrying")] == ["b"]
        check(database, seeder, three, done)

    def test_in_a_copy(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder, how: signal.Signals
    ) -> None:
        database.execute(
            "CREATE TABLE large (id int PRIMARY KEY, title text); INSERT INTO large VALUES (0, 'x')"
        )
        seeds.write("large.csv", "id,title\n" + "".join(f"{n},{'x' * 900}\n" for n in range(1, 3_000)))
        server = database.server
        with SeveredWay(
            database,
            b"seeder_stage",
            Cut.QUESTION,
            at=b"x" * 500,
            nth=3,
            first=lambda: server.restart(how),
        ) as way:
            done = seeder("--all", "--path", seeds, env={"DATABASE_URL": way.url})
            assert way.severed
        assert [event["seeder"] for event in done.all("seeder.retrying")] == ["large"]
        assert (done.exit_code, done.finished("large")["inserted"]) == (0, 2_999), str(done)
        assert database.scalar("SELECT count(*) FROM large") == 3_000

    @pytest.mark.parametrize(
        ("cut", "writes"), [(Cut.QUESTION, 2), (Cut.ANSWER, 1)], ids=["question", "answer"]
    )
    def test_at_a_commit(  # noqa: PLR0917 - pytest calls it
        self,
        database: Database,
        seeder: CommandLine,
        three: SeedFolder,
        how: signal.Signals,
        cut: Cut,
        writes: int,
    ) -> None:
        """What the server has confirmed to nobody is looked up once it is back."""
        server = database.server
        with SeveredWay(database, b'INSERT INTO "public"."b"', cut, first=lambda: server.restart(how)) as way:
            done = seeder("--all", "--path", three, env={"DATABASE_URL": way.url})
            assert way.severed
        assert len(done.all("seeder.retrying")) == writes - 1
        check(database, seeder, three, done)
        if how is FAST:
            # A crash makes the sequence forget what was rolled back.
            assert database.scalar("SELECT last_value FROM writes") == writes

    def test_in_the_question_whether_anything_is_to_be_done(
        self, database: Database, seeder: CommandLine, three: SeedFolder, how: signal.Signals
    ) -> None:
        assert seeder("--all", "--path", three).exit_code == 0
        server = database.server
        with SeveredWay(database, b"", Cut.QUESTION, at=b"ts_stat", first=lambda: server.restart(how)) as way:
            done = seeder("--all", "--path", three, env={"DATABASE_URL": way.url})
            assert way.severed
        assert (done.exit_code, done.event("run.finished")["changed"]) == (0, 0), str(done)

    def test_while_it_is_waited_for(
        self, database: Database, seeder: CommandLine, three: SeedFolder, how: signal.Signals
    ) -> None:
        """It comes, goes again, and stays at last."""
        database.server.stop(how)
        run = seeder.start("--all", "--path", three)
        run.wait_for("database.waiting", attempt=2)
        database.server.start().stop(how)
        database.server.start()
        check(database, seeder, three, run.wait())

    def test_and_it_does_not_come_back(
        self, database: Database, seeder: CommandLine, three: SeedFolder, how: signal.Signals
    ) -> None:
        """Exit code 4 once the wait is over; what was done is told, and the rest is done by the next run."""
        with Gate(database, 1) as gate:
            run = seeder.start("--all", "--path", three, "--wait-timeout", "2s")
            gate.wait_for_somebody()
            database.server.stop(how)
            began = time.monotonic()
            done = run.wait()
        assert time.monotonic() - began < 15
        assert done.exit_code == 4, str(done)
        assert "Traceback" not in f"{done}"
        assert [done.finished(name)["outcome"] for name in "abc"] == ["succeeded", "failed", "failed"]
        for name in "bc":
            message = done.finished(name)["error"]["message"]
            assert message.startswith("the database was not ready in time ("), message
            assert "): connection refused" in message, message
        database.server.start()
        assert [database.scalar(f"SELECT count(*) FROM {name}") for name in "abc"] == [2, 0, 0]
        again = seeder("--all", "--path", three)
        assert (again.exit_code, again.event("run.finished")["changed"]) == (0, 4), str(again)


def random_faults(
    twenty: Twenty, fault: Callable[[random.Random, Database], object], allowed: Callable[[Result], bool]
) -> Callable[[str, str], None]:
    """Cause the fault at a random moment of some runs, each on a database of its own. Notes the figure when called."""
    how_often = times(1, 20)
    seed = new_seed()
    chance = random.Random(seed)
    seconds = None
    for _ in range(how_often):
        database = twenty.database()
        if seconds is None:
            began = time.monotonic()
            assert twenty.start(database).wait(120).exit_code == 0
            seconds = time.monotonic() - began
            database.drop()
            database = twenty.database()
        run = twenty.start(database)
        time.sleep(chance.uniform(0, seconds))
        fault(chance, database)
        done = run.wait(120)
        assert allowed(done), str(done)
        assert "Traceback" not in f"{done}"
        if done.exit_code == 0:
            twenty.check_complete(database)
        else:
            twenty.check_interrupted(database)
        twenty.check_next(database)
        database.drop()
    return lambda what, held: Figure("The database dies", what, how_often, held, FILE, seed).note()


ALL_DONE = "the run goes on and completes, ledger and rows agree, the next one writes nothing"
BACKEND = (
    "SELECT %s(pid) FROM pg_stat_activity WHERE application_name = 'seeder' AND datname = current_database()"
)


class TestAtRandomMoments:
    @HOW
    def test_restarted(self, twenty: Twenty, how: signal.Signals) -> None:
        def restart(chance: random.Random, database: Database) -> None:
            database.server.stop(how)
            time.sleep(chance.uniform(0, 1))
            database.server.start()

        note = random_faults(twenty, restart, lambda done: done.exit_code == 0)
        note("the server is stopped fast" if how == FAST else "the server crashes", ALL_DONE)

    def test_its_session_is_ended(self, twenty: Twenty) -> None:
        """Twice, for the third attempt is the last."""

        def end(chance: random.Random, database: Database) -> None:
            for _ in range(2):
                database.rows(BACKEND.replace("%s", "pg_terminate_backend"))
                time.sleep(chance.uniform(0, 0.5))

        note = random_faults(twenty, end, lambda done: done.exit_code == 0)
        note("`pg_terminate_backend`, twice", ALL_DONE)

    def test_its_statement_is_cancelled(self, twenty: Twenty) -> None:
        """Somebody does not want it: the seeder fails, and says so."""

        def cancel(chance: random.Random, database: Database) -> None:
            for _ in range(3):
                database.rows(BACKEND.replace("%s", "pg_cancel_backend"))
                time.sleep(chance.uniform(0, 0.1))

        def told(done: Result) -> bool:
            failed = {event["sqlstate"] for event in done.all("seeder.finished", outcome="failed")}
            return (done.exit_code, failed) in [(0, set()), (1, {"57014"})]

        note = random_faults(twenty, cancel, told)
        note(
            "`pg_cancel_backend`, three times",
            "exit code 0 or 1, each seeder whole or not at all, the next run completes",
        )


def test_its_session_is_ended_again_and_again(
    database: Database, seeder: CommandLine, three: SeedFolder
) -> None:
    """Three attempts, and then the seeder has failed; the others are done."""
    with Gate(database, 1) as gate:
        run = seeder.start("--all", "--path", three)
        for attempt in (2, 3, 4):
            database.execute("SELECT pg_terminate_backend(%s)", [gate.wait_for_somebody()])
            if attempt < 4:
                run.wait_for("seeder.retrying", attempt=attempt)
        done = run.wait()
    assert done.exit_code == 1, str(done)
    assert done.finished("b")["sqlstate"] == "57P01"
    assert [done.finished(name)["outcome"] for name in "abc"] == ["succeeded", "failed", "succeeded"]
    assert [database.scalar(f"SELECT count(*) FROM {name}") for name in "abc"] == [2, 0, 2]
    assert seeder("--all", "--path", three).exit_code == 0


def test_its_statement_is_cancelled(database: Database, seeder: CommandLine, three: SeedFolder) -> None:
    with Gate(database, 1) as gate:
        run = seeder.start("--all", "--path", three)
        database.execute("SELECT pg_cancel_backend(%s)", [gate.wait_for_somebody()])
        done = run.wait()
    assert done.exit_code == 1, str(done)
    assert not done.all("seeder.retrying")
    assert done.finished("b")["sqlstate"] == "57014"
    assert "canceling statement due to user request" in done.finished("b")["error"]["message"]
    assert [database.scalar(f"SELECT count(*) FROM {name}") for name in "abc"] == [2, 0, 2]
    assert seeder("--all", "--path", three).exit_code == 0

"""SIGTERM and SIGINT: the seeder in hand leaves nothing, the finished ones stay, and the process ends at once."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from seeder.postgres.locks import Lock
from tests.integration.commandline import ROOT
from tests.integration.footprint import wait_until_alone
from tests.integration.gates import Gate
from tests.integration.postgres import HOST, free_port

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, Result, Running, SeedFolder
    from tests.integration.postgres import Database

pytestmark = pytest.mark.newest_server

SIGNALS = [(signal.SIGTERM, 143), (signal.SIGINT, 130)]
AT_ONCE = 5.0
"""Seconds: a second is promised, and a busy machine gets the rest."""


def interrupted(run: Running, number: signal.Signals = signal.SIGTERM) -> Result:
    """Send the signal, and see that the process ends at once."""
    run.signal(number)
    began = time.monotonic()
    done = run.wait()
    assert time.monotonic() - began < AT_ONCE, str(done)
    return done


@pytest.fixture
def gated(database: Database, seeds: SeedFolder) -> Database:
    """Three tables, of which the second makes whoever inserts into it wait at gate 1, after the row is written."""
    database.execute("""\
        CREATE TABLE a (id int PRIMARY KEY);
        CREATE TABLE b (id int PRIMARY KEY);
        CREATE TABLE c (id int PRIMARY KEY);
        CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock(1);
            RETURN NULL;
        END $$;
        CREATE TRIGGER gate AFTER INSERT ON b FOR EACH ROW EXECUTE FUNCTION wait_at_gate()""")
    for name in "abc":
        seeds.write(f"{name}.yaml", "rows: [{id: 1}, {id: 2}]\n")
    return database


class TestInASeeder:
    @pytest.mark.parametrize(("number", "code"), SIGNALS)
    def test_it_leaves_nothing_and_the_finished_ones_stay(
        self, gated: Database, seeder: CommandLine, seeds: SeedFolder, number: signal.Signals, code: int
    ) -> None:
        with Gate(gated, 1) as gate:
            run = seeder.start("--all", "--path", seeds)
            gate.wait_for_somebody()
            done = interrupted(run, number)
            # Its session, and the lock with it, is gone too, though nobody has opened the gate.
            assert (
                gated.scalar("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'seeder'") == 0
            )
        assert done.exit_code == code, str(done)
        assert [gated.scalar(f"SELECT count(*) FROM {name}") for name in "abc"] == [2, 0, 0]
        finished = done.event("run.finished")
        assert (finished["exit_code"], finished["succeeded"], finished["changed"]) == (code, 1, 2)
        assert "Traceback" not in f"{done}"
        assert seeder("--all", "--path", seeds).finished("b")["inserted"] == 2

    def test_a_second_signal_ends_it_on_the_spot(
        self, gated: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        with Gate(gated, 1) as gate:
            run = seeder.start("--all", "--path", seeds)
            gate.wait_for_somebody()
            run.signal(signal.SIGTERM)
            assert interrupted(run, signal.SIGTERM).exit_code == 143
        wait_until_alone(gated)
        assert gated.scalar("SELECT count(*) FROM b") == 0

    def test_a_lenient_run_is_interrupted_all_the_same(
        self, gated: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        with Gate(gated, 1) as gate:
            run = seeder.start("--all", "--path", seeds, "--strictness", "lenient")
            gate.wait_for_somebody()
            assert interrupted(run).exit_code == 143

    def test_in_the_middle_of_a_copy(self, gated: Database, seeder: CommandLine, seeds: SeedFolder) -> None:
        gated.execute("CREATE TABLE big (id int PRIMARY KEY)")
        seeds.write("big.csv", "id\n" + "".join(f"{n}\n" for n in range(400_000)))
        run = seeder.start("--big", "--path", seeds)
        started = run.wait_for("seeder.started")
        copying = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY %' AND state = 'active'"
        while not gated.scalar(copying):
            time.sleep(0.01)
        done = interrupted(run)
        assert done.exit_code == 143, str(done)
        assert started["seeder"] == "big"
        assert gated.scalar("SELECT count(*) FROM big") == 0


class TestWhileWaiting:
    @pytest.mark.parametrize(("number", "code"), SIGNALS)
    def test_for_the_database(self, seeder_command: CommandLine, number: signal.Signals, code: int) -> None:
        env = {"DATABASE_URL": f"postgresql://{HOST}:{free_port()}/none"}
        run = seeder_command.start("--all", "--strictness", "lenient", env=env)
        run.wait_for("database.waiting", attempt=2)
        done = interrupted(run, number)
        assert done.exit_code == code
        assert done.event("run.finished")["exit_code"] == code

    def test_for_a_lock(self, gated: Database, seeder: CommandLine, seeds: SeedFolder) -> None:
        with Gate(gated, Lock("table", "public.b").key):
            run = seeder.start("--all", "--path", seeds)
            run.wait_for("lock.waiting")
            done = interrupted(run)
        assert done.exit_code == 143
        assert done.event("run.finished")["succeeded"] == 1

    def test_for_a_table_that_somebody_holds(
        self, gated: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        with gated.connect() as somebody:
            somebody.execute("LOCK TABLE b")
            run = seeder.start("--all", "--path", seeds)
            run.wait_for("seeder.started", seeder="b")
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'b'::regclass"
            while not gated.scalar(waiting):
                time.sleep(0.01)
            done = interrupted(run)
        assert done.exit_code == 143
        assert gated.scalar("SELECT count(*) FROM a") == 2

    def test_in_a_name_look_up_that_stalls(self, seeder_command: CommandLine, seeds: SeedFolder) -> None:
        # As a resolver whose name server never answers: stuck inside the C library, deaf to Python's handlers.
        seeds.write(
            "sitecustomize.py",
            "import ctypes, socket\n"
            "def getaddrinfo(*_, **__):\n"
            '    print(\'{"event": "stalled"}\', flush=True)\n'
            "    ctypes.CDLL(None).sleep(60)\n"
            "socket.getaddrinfo = getaddrinfo\n",
        )
        env = {"DATABASE_URL": "postgresql://db.example/shop", "PYTHONPATH": f"{seeds.path}:{ROOT}"}
        run = seeder_command.start("--all", env=env)
        run.wait_for("stalled")
        done = interrupted(run)
        assert done.exit_code == 143
        assert done.event("run.finished")["exit_code"] == 143

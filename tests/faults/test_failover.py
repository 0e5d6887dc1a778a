"""The primary dies and its standby takes over while a run is under way: the run goes on there.

With synchronous replication nothing that was confirmed is lost. An old primary that comes back as a second primary
can't be noticed by any client, so that is not tested.
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.agreement import agrees, nothing_is_left_to_do
from tests.faults.figures import Figure
from tests.faults.slow import wait_until
from tests.integration.gates import Gate
from tests.integration.postgres import HOST, Database, Server, embedded_binaries
from tests.integration.severing import Cut, SeveredWay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.commandline import CommandLine, Result, SeedFolder

pytestmark = pytest.mark.timeout(300)

FILE = "tests/faults/test_failover.py"

TABLES = """\
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY);
CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1);
    RETURN NULL;
END $$;
CREATE TRIGGER gate AFTER INSERT ON b EXECUTE FUNCTION wait_at_gate();
"""
IN_SYNC = "SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'"
WAITING = (
    "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'seeder' AND wait_event = 'SyncRep' "
    "AND datname = current_database()"
)


class Pair:
    """A primary, and a standby that has all that the primary has confirmed."""

    def __init__(self) -> None:
        self.primary = Server(embedded_binaries())
        self.primary.initialise(synchronous_commit="on").start()
        self.database = self.primary.create_database()
        self.database.execute(TABLES)
        self.standby = self.primary.standby()
        self.standby.start()
        with self.primary.connect() as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
        wait_until(self.database, IN_SYNC)

    def url(self, port: int | None = None, more: str = "") -> str:
        """The way to whichever of the two is the primary. `port` is another one for the first."""
        hosts = f"{HOST}:{port or self.primary.port},{HOST}:{self.standby.port}"
        return f"postgresql://postgres@{hosts}/{self.database.name}{more}"

    @property
    def survivor(self) -> Database:
        return Database(self.standby, self.database.name)

    def fail_over(self) -> None:
        """The primary crashes, and the standby becomes the primary."""
        self.primary.crash()
        with self.standby.connect() as connection:
            # It has no standby of its own.
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
            connection.execute("SELECT pg_promote()")

    def remove(self) -> None:
        self.standby.remove()
        self.primary.remove()


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.remove()


@pytest.fixture
def three(seeds: SeedFolder) -> SeedFolder:
    for name in "abc":
        seeds.write(f"{name}.yaml", "rows: [{id: 1}, {id: 2}]\n")
    return seeds


def check(pair: Pair, seeder: CommandLine, seeds: SeedFolder, done: Result, fault: str) -> None:
    """All is done on the survivor, and the next run does nothing."""
    assert done.exit_code == 0, str(done)
    assert done.event("run.finished")["changed"] == 6, str(done)
    survivor = pair.survivor
    assert [survivor.scalar(f"SELECT count(*) FROM {name}") for name in "abc"] == [2, 2, 2]
    agrees(survivor, seeds)
    nothing_is_left_to_do(survivor, seeder, seeds, compare=False)
    held = "the run goes on at the standby, rows and ledger are right, the next run writes nothing"
    Figure("The database dies", fault, 1, held, FILE).note()


@pytest.mark.parametrize("more", ["", "?target_session_attrs=read-write"], ids=["default", "read-write"])
def test_in_a_statement(pair: Pair, seeder_command: CommandLine, three: SeedFolder, more: str) -> None:
    with Gate(pair.database, 1) as gate:
        run = seeder_command.start("--all", "--path", three, env={"DATABASE_URL": pair.url(more=more)})
        gate.wait_for_somebody()
        pair.fail_over()
        done = run.wait()
    assert [event["seeder"] for event in done.all("seeder.retrying")] == ["b"], str(done)
    check(pair, seeder_command, three, done, "failover in a statement, synchronous replication, two hosts")


@pytest.mark.parametrize(("cut", "retries"), [(Cut.QUESTION, 1), (Cut.ANSWER, 0)], ids=["question", "answer"])
def test_at_a_commit(
    pair: Pair, seeder_command: CommandLine, three: SeedFolder, cut: Cut, retries: int
) -> None:
    """Whether it was heard is looked up at the standby."""
    with SeveredWay(pair.database, b'INSERT INTO "public"."b"', cut, first=pair.fail_over) as way:
        url = pair.url(way.port)
        done = seeder_command("--all", "--path", three, env={"DATABASE_URL": url})
        assert way.severed
    assert len(done.all("seeder.retrying")) == retries, str(done)
    check(pair, seeder_command, three, done, "failover at a COMMIT, synchronous replication, two hosts")


class TestStandbyGone:
    """A COMMIT waits for a synchronous standby that is gone."""

    def test_sigterm(self, pair: Pair, seeder_command: CommandLine, three: SeedFolder) -> None:
        with Gate(pair.database, 1) as gate:
            run = seeder_command.start("--all", "--path", three, env={"DATABASE_URL": pair.database.url})
            gate.wait_for_somebody()
            pair.standby.stop()
            gate.open()
            wait_until(pair.database, WAITING)
            began = time.monotonic()
            run.signal(signal.SIGTERM)
            done = run.wait()
        # A second is promised; the machine may be busy.
        assert time.monotonic() - began < 5
        assert (done.exit_code, done.event("run.finished")["exit_code"]) == (143, 143), str(done)
        pair.standby.start()
        wait_until(pair.database, IN_SYNC)
        again = seeder_command("--all", "--path", three, env={"DATABASE_URL": pair.database.url})
        # What waited was committed all the same.
        assert [again.finished(name)["inserted"] for name in "abc"] == [0, 0, 2], str(again)
        assert [pair.database.scalar(f"SELECT count(*) FROM {name}") for name in "abc"] == [2, 2, 2]
        agrees(pair.database, three)

    def test_its_session_is_ended(self, pair: Pair, seeder_command: CommandLine, three: SeedFolder) -> None:
        """What is committed on the primary alone is committed: the answer is lost, and looked up."""
        with Gate(pair.database, 1) as gate:
            run = seeder_command.start("--all", "--path", three, env={"DATABASE_URL": pair.database.url})
            gate.wait_for_somebody()
            pair.standby.stop()
            gate.open()
            wait_until(pair.database, WAITING)
            pair.database.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            )
            pair.standby.start()
            done = run.wait()
        assert not done.all("seeder.retrying"), str(done)
        assert done.exit_code == 0, str(done)
        assert [done.finished(name)["inserted"] for name in "abc"] == [2, 2, 2]
        agrees(pair.database, three)

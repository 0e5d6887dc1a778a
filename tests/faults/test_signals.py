"""SIGTERM ends a run within a second, with its report, whatever it is stuck in: 143 and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.packets import local_ports, lost
from tests.faults.slow import backend, gone, start_slow, wait_until
from tests.integration.commandline import ROOT
from tests.integration.gates import Gate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.commandline import CommandLine, Result, Running, SeedFolder
    from tests.integration.postgres import Database

pytestmark = [pytest.mark.newest_server, pytest.mark.timeout(120)]

# The machine that runs the tests may be busy with others.
SECONDS = 2.5
ROWS = "id,title\n" + "".join(f"{number},{'x' * 900}\n" for number in range(60_000))


def terminated(run: Running) -> Result:
    """The result of a run that SIGTERM ended in time, and with its report."""
    began = time.monotonic()
    run.process.send_signal(signal.SIGTERM)
    done = run.wait(30)
    assert time.monotonic() - began < SECONDS
    assert done.exit_code == 143, str(done)
    assert done.event("run.finished")["exit_code"] == 143
    # Not even of the driver, which says there by itself that it could not cancel a statement.
    assert done.stderr == ""
    assert not done.all("seeder.retrying")
    return done


def test_in_a_statement_of_a_frozen_server(
    seeder: CommandLine, database: Database, seeds: SeedFolder
) -> None:
    run, pid = start_slow(seeder, database, seeds)
    os.kill(pid, signal.SIGSTOP)
    try:
        terminated(run)
    finally:
        os.kill(pid, signal.SIGCONT)
    gone(database, pid)
    assert database.rows("SELECT * FROM slow") == []


def test_in_a_stalled_copy(seeder: CommandLine, database: Database, seeds: SeedFolder) -> None:
    """The server reads no more of what it is sent."""
    database.execute("CREATE TABLE t (id int PRIMARY KEY, title text); INSERT INTO t VALUES (0)")
    seeds.write("t.csv", ROWS)
    run = seeder.start("--all", "--path", seeds)
    pid = backend(database, "query LIKE 'COPY %seeder_stage%' AND state = 'active'")
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(0.5)
        terminated(run)
    finally:
        os.kill(pid, signal.SIGCONT)
    gone(database, pid)
    assert database.rows("SELECT count(*) FROM t") == [(1,)]


def test_while_packets_are_lost(seeder: CommandLine, database: Database, seeds: SeedFolder) -> None:
    run, _ = start_slow(seeder, database, seeds)
    (port,) = local_ports(run.process.pid, database.server.port)
    with lost(port):
        terminated(run)


@pytest.mark.parametrize("stream", ["stdout", "file"])
def test_while_nobody_reads_the_log(
    database: Database, seeds: SeedFolder, tmp_path: Path, stream: str
) -> None:
    """A line of the log waits for room in a full pipe."""
    database.execute("CREATE TABLE t (id int PRIMARY KEY)")
    for number in range(300):
        seeds.write(f"t{number}.yaml", f"table: t\nkey: [id]\nrows: [{{id: {number}}}]\n")
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "seeder", "--all", "--path", str(seeds.path), "--debug"]
    if stream == "file":
        command += ["--log-file", f"/proc/self/fd/{writing}"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database.url},
        stdout=writing if stream == "stdout" else subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[writing],
    )
    try:
        wait_until(
            database,
            "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'seeder' AND state <> 'active' "
            "AND state_change < clock_timestamp() - interval '1 s'",
        )
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 143
        assert time.monotonic() - began < SECONDS
    finally:
        process.kill()
        process.wait()
        os.close(reading)
        os.close(writing)


def test_in_a_commit(seeder: CommandLine, database: Database, seeds: SeedFolder) -> None:
    """The server is frozen as it commits: nobody knows what came of it, and the next run completes."""
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY);"
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM pg_advisory_lock(4711); PERFORM pg_advisory_unlock(4711); RETURN NEW; END $$;"
        "CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION wait();"
    )
    seeds.write("t.yaml", "key: [id]\nrows: [{id: 1}]\n")
    with Gate(database, 4711) as gate:
        run = seeder.start("--all", "--path", seeds)
        gate.wait_for_somebody()
        terminated(run)
        gate.open()
    done = seeder("--all", "--path", seeds)
    assert done.exit_code == 0
    assert database.rows("SELECT * FROM t") == [(1,)]

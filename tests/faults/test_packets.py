"""A client whose packets are lost keeps nobody else waiting: its locks are gone within half a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.figures import Figure, times
from tests.faults.packets import local_ports, lost
from tests.faults.slow import gone, start_slow, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.pgbouncer import PgBouncer
    from tests.integration.postgres import Database, Server

pytestmark = [pytest.mark.newest_server, pytest.mark.timeout(300)]

TEST = "tests/faults/test_packets.py"
LOCKS = """\
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


def test_in_a_statement(seeder: CommandLine, database: Database, seeds: SeedFolder) -> None:
    """The run connects anew, waits for its own lost self, and does its work."""
    run, lost_backend = start_slow(seeder, database, seeds)
    (port,) = local_ports(run.process.pid, database.server.port)
    with lost(port):
        gone(database, lost_backend)
        done = run.wait(90)
    assert done.exit_code == 0
    assert done.all("seeder.retrying")
    assert database.rows("SELECT * FROM slow") == [(1,)]
    assert database.scalar(LOCKS) == 0


def test_behind_a_pooler(
    seeder: CommandLine, database: Database, seeds: SeedFolder, pgbouncer: PgBouncer
) -> None:
    """PgBouncer holds its connection to the server, which is idle in a transaction then."""
    run, _ = start_slow(seeder, database, seeds, pgbouncer.url(database))
    (port,) = local_ports(run.process.pid, pgbouncer.port)
    with lost(port):
        run.process.kill()
        assert database.scalar(LOCKS) == 1
        wait_until(database, LOCKS.replace("count(*)", "count(*) = 0"), 30)
    assert database.rows("SELECT * FROM slow") == []


def test_some_of_them(
    seeder_command: CommandLine, seeds: SeedFolder, new_server: Callable[..., Server]
) -> None:
    """A tenth of all packets, those of connecting and of COPY too: TCP sends them again, and it takes longer."""
    server = new_server().start()
    own = server.create_database()
    own.execute("CREATE TABLE t (id int PRIMARY KEY, title text); INSERT INTO t VALUES (-1, '')")
    seeds.write("t.csv", "id,title\n" + "".join(f"{number},{'x' * 90}\n" for number in range(3000)))
    count = times(1, 5)
    for number in range(count):
        own.execute(f"DELETE FROM t WHERE id % {count} = {number}")
        with lost(server.port, 0.1):
            done = seeder_command("--all", "--path", seeds, env={"DATABASE_URL": own.url}, timeout=120)
        assert done.exit_code == 0, str(done)
        assert own.scalar("SELECT count(*) FROM t WHERE id >= 0") == 3000
    Figure("The network", "a tenth of all packets lost", count, "completes", TEST).note()


def test_at_connecting(
    seeder_command: CommandLine, seeds: SeedFolder, new_server: Callable[..., Server]
) -> None:
    """The run waits for the database as for one that is not there, and completes once packets arrive again."""
    server = new_server().start()
    own = server.create_database()
    own.execute("CREATE TABLE t (id int PRIMARY KEY)")
    seeds.write("t.yaml", "rows: [{id: 1}]\n")
    url = f"{own.url}?connect_timeout=2"
    with lost(server.port):
        done = seeder_command("--all", "--path", seeds, "--wait-timeout", "1s", env={"DATABASE_URL": url})
        assert done.exit_code == 4, str(done)
        assert "timed out" in done.event("run.finished")["reason"]
        run = seeder_command.start("--all", "--path", seeds, env={"DATABASE_URL": url})
        run.wait_for("database.waiting", error="timed out")
    assert run.wait(90).exit_code == 0
    assert own.rows("SELECT * FROM t") == [(1,)]
    Figure("The network", "packets lost at connecting", 2, "waits, completes; exit code 4", TEST).note()

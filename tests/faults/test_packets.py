"""A client whose packets are lost keeps nobody else waiting: its locks are gone within half a minute."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.packets import local_ports, lost

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.pgbouncer import PgBouncer
    from tests.integration.postgres import Database

pytestmark = [pytest.mark.newest_server, pytest.mark.timeout(180)]

SLOW = """\
CREATE TABLE slow (id int PRIMARY KEY);
CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3); RETURN NEW; END $$;
CREATE TRIGGER wait BEFORE INSERT ON slow FOR EACH ROW EXECUTE FUNCTION wait();
"""
LOCKS = """\
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


def wait_until(database: Database, condition: str, seconds: float = 30) -> float:
    """Seconds until the query says true."""
    began = time.monotonic()
    while not database.scalar(condition):
        assert time.monotonic() - began < seconds, condition
        time.sleep(0.2)
    return time.monotonic() - began


def sleeping(database: Database) -> None:
    wait_until(database, "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")


def test_in_a_statement(seeder: CommandLine, database: Database, seeds: SeedFolder) -> None:
    """The run connects anew, waits for its own lost self, and does its work."""
    database.execute(SLOW)
    seeds.write("slow.yaml", "key: [id]\nrows: [{id: 1}]\n")
    run = seeder.start("--all", "--path", seeds)
    sleeping(database)
    (port,) = local_ports(run.process.pid, database.server.port)
    with lost(port):
        lost_pid = database.scalar("SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
        wait_until(database, f"SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = {lost_pid}")
        done = run.wait(90)
    assert done.exit_code == 0
    assert done.all("seeder.retrying")
    assert database.rows("SELECT * FROM slow") == [(1,)]
    assert database.scalar(LOCKS) == 0


def test_behind_a_pooler(
    seeder: CommandLine, database: Database, seeds: SeedFolder, pgbouncer: PgBouncer
) -> None:
    """PgBouncer holds its connection to the server, which is idle in a transaction then."""
    database.execute(SLOW)
    seeds.write("slow.yaml", "key: [id]\nrows: [{id: 1}]\n")
    run = seeder.start("--all", "--path", seeds, env={"DATABASE_URL": pgbouncer.url(database)})
    sleeping(database)
    (port,) = local_ports(run.process.pid, pgbouncer.port)
    with lost(port):
        run.process.kill()
        assert database.scalar(LOCKS) == 1
        wait_until(database, LOCKS.replace("count(*)", "count(*) = 0"), 30)
    assert database.rows("SELECT * FROM slow") == []

"""A client whose packets are lost keeps nobody else waiting: its locks are gone within half a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.packets import local_ports, lost
from tests.faults.slow import gone, start_slow, wait_until

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.pgbouncer import PgBouncer
    from tests.integration.postgres import Database

pytestmark = [pytest.mark.newest_server, pytest.mark.timeout(180)]

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

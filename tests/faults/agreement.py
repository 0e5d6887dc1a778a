"""Whether the ledger and the tables agree, and whether nothing is left to do: to be asked after any fault."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from seeder import seed_files
from seeder.merge.ledger import Ledger
from seeder.postgres.connection import connect
from seeder.run.status import inspect
from tests.integration.footprint import footprint, wait_until_alone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seeder.run.status import SeederStatus
    from seeder.seed_files import Seeder
    from tests.integration.commandline import CommandLine, SeedFolder, StrPath
    from tests.integration.postgres import Database

LOCKS = """\
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""

ENTRIES = """\
SELECT format('%I.%I', schema_name, table_name), count(*)
FROM seeder.seeder_rows JOIN seeder.seeder_tables ON id = table_id GROUP BY 1"""


def nothing_is_held(database: Database, seconds: float = 30) -> None:
    """Wait until the server has noticed that its clients are gone: no session is left then, and no lock."""
    wait_until_alone(database, seconds)
    assert database.scalar(LOCKS) == 0


def agrees(database: Database, seeds: SeedFolder, application: str = "default") -> Sequence[SeederStatus]:
    """Check that each entry of the ledger has its live row, with the digests of that row, and each row its entry.

    It holds for tables all of whose rows are seeded and that nobody has edited. The seed files may be others than those
    last applied. The result is what `seeder status` says.
    """
    if database.scalar("SELECT to_regclass('seeder.seeder_rows') IS NULL"):
        return []
    for table, entries in database.rows(ENTRIES):
        assert database.scalar(f"SELECT count(*) FROM {table}") == entries, table
    with connect(database.url) as connection:
        statuses = inspect(
            connection, _seeders(str(seeds.path)), Ledger("seeder", application=application)
        ).seeders
    for status in statuses:
        assert not any((status.edited, status.kept_existing, status.conflicts, status.deleted)), status
        assert status.error is None, status
    return statuses


@functools.cache
def _seeders(path: str) -> Sequence[Seeder]:
    # Read once: it is asked again and again. No test changes its seed files meanwhile.
    return seed_files.discover([path], allow_code=True, environ={})


def nothing_is_left_to_do(
    database: Database, seeder: CommandLine, seeds: SeedFolder, *arguments: str, compare: bool = True
) -> None:
    """Check that one more run writes nothing, and with `compare` that comparing all rows finds none that differs."""
    command: tuple[StrPath, ...] = ("--all", "--path", seeds, *arguments)
    before = footprint(database)
    again = seeder(*command, env={"DATABASE_URL": database.url})
    assert again.exit_code == 0, str(again)
    assert again.event("run.finished")["changed"] == 0, str(again)
    after = footprint(database)
    written = [name for name, versions in before.versions.items() if after.versions.get(name) != versions]
    assert (written, after) == ([], before)
    if compare:
        # With --diff, nothing is taken for proved.
        compared = seeder(*command, "--check", "--diff", env={"DATABASE_URL": database.url})
        assert compared.exit_code == 0, str(compared)

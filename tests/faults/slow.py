"""A run that is in the middle of a statement, for three seconds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, Running, SeedFolder
    from tests.integration.postgres import Database

TABLE = """\
CREATE TABLE slow (id int PRIMARY KEY);
CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3); RETURN NEW; END $$;
CREATE TRIGGER wait BEFORE INSERT ON slow FOR EACH ROW EXECUTE FUNCTION wait();
"""
"""A table into which it takes three seconds to insert a row."""


def wait_until(database: Database, condition: str, seconds: float = 30) -> None:
    """Wait until the query says true, at most so many seconds."""
    began = time.monotonic()
    while not database.scalar(condition):
        assert time.monotonic() - began < seconds, condition
        time.sleep(0.2)


def backend(database: Database, condition: str) -> int:
    """Wait for the one backend of which that holds in `pg_stat_activity`. Its process."""
    wait_until(database, f"SELECT count(*) = 1 FROM pg_stat_activity WHERE {condition}")
    return int(database.scalar(f"SELECT pid FROM pg_stat_activity WHERE {condition}"))


def gone(database: Database, pid: int, seconds: float = 30) -> None:
    """Wait until the backend with that process has ended."""
    wait_until(database, f"SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = {pid}", seconds)


def start_slow(
    seeder: CommandLine, database: Database, seeds: SeedFolder, url: str | None = None
) -> tuple[Running, int]:
    """A run that inserts a row into `slow`, once it is doing so, and the process of its backend."""
    database.execute(TABLE)
    seeds.write("slow.yaml", "key: [id]\nrows: [{id: 1}]\n")
    run = seeder.start("--all", "--path", seeds, env={"DATABASE_URL": url or database.url})
    return run, backend(database, "wait_event = 'PgSleep'")

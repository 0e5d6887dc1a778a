"""Others hold locks on tables: a run waits for all of them no longer than --lock-timeout."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database

pytestmark = pytest.mark.newest_server


def test_ten_tables_are_locked(seeder: CommandLine, database: Database, seeds: SeedFolder) -> None:
    """The first one takes all the time that there is, and the others have none left. What is free is seeded."""
    names = [f"t{number}" for number in range(10)]
    for name in [*names, "z"]:
        database.execute(f"CREATE TABLE {name} (id int PRIMARY KEY)")
        seeds.write(f"{name}.yaml", "rows: [{id: 1}]\n")
    with database.connect() as somebody:
        for name in names:
            somebody.execute(f"LOCK TABLE {name}")
        done = seeder("--all", "--path", seeds, "--lock-timeout", "3s")
    assert done.exit_code == 5
    assert sum(done.finished(name)["duration_seconds"] for name in names) < 10
    assert [done.finished(name)["sqlstate"] for name in names] == ["55P03"] * 10
    assert done.finished("z")["inserted"] == 1
    assert seeder("--all", "--path", seeds).exit_code == 0


def test_ten_tables_are_locked_one_after_another(
    seeder: CommandLine, database: Database, seeds: SeedFolder
) -> None:
    """Waits that end well count too: each is shorter than what may be waited in all, and together they are longer."""
    names = [f"t{number}" for number in range(10)]
    for name in names:
        database.execute(f"CREATE TABLE {name} (id int PRIMARY KEY)")
        seeds.write(f"{name}.yaml", "rows: []\n")
    assert seeder("--all", "--path", seeds).exit_code == 0
    with contextlib.ExitStack() as stack:
        somebody = [stack.enter_context(database.connect()) for _ in names]
        for name, each in zip(names, somebody, strict=True):
            seeds.write(f"{name}.yaml", "rows: [{id: 1}]\n")
            each.execute(f"LOCK TABLE {name}")
        run = seeder.start("--all", "--path", seeds, "--lock-timeout", "6s")
        for name, each in zip(names, somebody, strict=True):
            waiting = f"SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '{name}'::regclass"
            while run.process.poll() is None and not database.scalar(waiting):
                time.sleep(0.05)
            time.sleep(1.5)
            each.rollback()
        done = run.wait()
    assert done.exit_code == 5, str(done)
    waited = [done.finished(name)["outcome"] for name in names]
    # Six seconds are over after four waits at most; then each table that is locked fails at once.
    assert waited[0] == "succeeded"
    assert waited[4:] == ["failed"] * 6
    assert sum(done.finished(name)["duration_seconds"] for name in names[5:]) < 6

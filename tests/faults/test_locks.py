"""Others hold locks on tables: a run waits for all of them no longer than --lock-timeout."""

from __future__ import annotations

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

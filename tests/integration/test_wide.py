"""As many columns as PostgreSQL has: a table of 1,600, all of them seeded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.footprint import footprint

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, Event, SeedFolder
    from tests.integration.postgres import Database

pytestmark = pytest.mark.newest_server

COLUMNS = [f"c{number}" for number in range(1600)]
"""PostgreSQL's own limit. The first one is the key."""


def csv(rows: int, *, changed: int | None = None) -> str:
    lines = [",".join(COLUMNS)]
    for row in range(rows):
        last = "9" if row == changed else "1"
        lines.append(",".join([str(row), *["0"] * (len(COLUMNS) - 2), last]))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("rows", [2, 2001], ids=["few", "many"])
def test_as_many_columns_as_a_table_has(
    database: Database, seeder: CommandLine, seeds: SeedFolder, rows: int
) -> None:
    """Whether the rows go as one parameter or by COPY."""

    def seed() -> Event:
        result = seeder("--all", "--path", seeds)
        assert result.exit_code == 0, str(result)
        return result.finished("wide")

    columns = ", ".join(f"{name} smallint" for name in COLUMNS)
    database.execute(f"CREATE TABLE wide ({columns}, PRIMARY KEY (c0))")
    # A table that is not empty is not loaded without a stage.
    database.execute("INSERT INTO wide (c0) VALUES (-1)")
    seeds.write("wide.csv", csv(rows))
    seeds.write("wide.yaml", "key: [c0]\n")
    assert seed()["inserted"] == rows
    assert database.scalar("SELECT count(*) FROM wide WHERE c1599 = 1") == rows

    before = footprint(database)
    assert seed()["unchanged"] == rows
    assert footprint(database) == before

    seeds.write("wide.csv", csv(rows, changed=1))
    assert seed()["updated"] == 1
    assert database.scalar("SELECT c1599 FROM wide WHERE c0 = 1") == 9

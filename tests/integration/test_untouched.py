"""Three rows of ours beside many that are not: what a run reads grows with ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.footprint import wait_until_alone
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.postgres import Database, Server

OTHERS = 200_000
ROWS = [{"name": f"ours {number}", "title": f"Title {number}"} for number in range(3)]
KEYS = {
    "a primary key": "name text PRIMARY KEY",
    "a unique column that may be NULL": "id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE",
}


@pytest.fixture(scope="module", params=KEYS)
def crowded(request: pytest.FixtureRequest, server: Server) -> Iterator[Database]:
    database = server.create_database()
    database.execute(f"""\
        CREATE TABLE tools ({KEYS[request.param]}, title text, enabled boolean DEFAULT true);
        INSERT INTO tools (name, title) SELECT 'theirs ' || n, 'Title' FROM generate_series(1, {OTHERS}) n;
        CREATE TABLE uses (tool text REFERENCES tools (name));
        CREATE INDEX ON uses (tool)""")
    yield database
    database.drop()


@pytest.fixture(params=["never analysed", "analysed"])
def seeding(request: pytest.FixtureRequest, crowded: Database, seeds: Any) -> Iterator[Seeding]:
    if request.param == "analysed":
        crowded.execute("ANALYZE tools")
    yield Seeding(crowded, seeds)
    crowded.execute("DELETE FROM tools WHERE name LIKE 'ours%'; DROP SCHEMA IF EXISTS seeder CASCADE")


def read(database: Database) -> tuple[int, int]:
    """How often the table was scanned from end to end, and how many rows were read of it in whatever way."""
    wait_until_alone(database)
    scans, rows = database.rows(
        "SELECT seq_scan, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables WHERE relname = 'tools'"
    )[0]
    return scans, rows


def assert_reads_little(seeding: Seeding, changed: int) -> None:
    scans, rows = read(seeding.database)
    result = seeding()
    assert result.exit_code == 0, str(result)
    assert result.event("run.finished")["changed"] == changed
    scans_after, rows_after = read(seeding.database)
    assert scans_after == scans
    assert rows_after - rows < 100


def test_no_run_scans_the_table(seeding: Seeding) -> None:
    def write(rows: list[dict[str, str]], **fields: Any) -> None:
        seeding.write("tools", rows, key=["name"], **fields)

    write(ROWS)
    assert_reads_little(seeding, 3)
    assert_reads_little(seeding, 0)
    write([*ROWS[:2], {**ROWS[2], "title": "Changed"}])
    assert_reads_little(seeding, 1)
    write(ROWS[:2])
    assert_reads_little(seeding, 0)
    assert_reads_little(seeding, 0)
    write(ROWS[:1], retired_rows={"set": {"enabled": False}})
    assert_reads_little(seeding, 2)
    write([], retired_rows="delete")
    assert_reads_little(seeding, 3)

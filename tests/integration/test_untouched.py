"""Three rows of ours beside many that are not: what a run reads grows with ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from seeder.merge.expressions import as_key
from seeder.merge.sql_files import statement
from seeder.postgres.statements import name
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


def test_no_entry_is_looked_for_among_all_others(database: Database, seeds: Any) -> None:
    """The planner knows nothing of entries that were made just now: it must not run the search for each of them."""
    seeding = Seeding(database, seeds)
    database.execute("CREATE TABLE few (name text PRIMARY KEY); CREATE TABLE many (name text PRIMARY KEY)")
    seeding.write("few", [{"name": f"few {number}"} for number in range(500)])
    assert seeding().exit_code == 0
    database.execute("ANALYZE seeder.seeder_rows")
    seeding.folder.write("many.csv", "name\n" + "".join(f"many {number}\n" for number in range(4000)))
    assert seeding("many").exit_code == 0
    unlist = statement(
        "unlist",
        rows=name("seeder", "seeder_rows"),
        key=as_key([name("seed", "name")]),
        stage=name("public", "many"),
    ).as_string(None)
    ids = dict(zip(("table_id", "seeder_id"), database.rows(NEWEST)[0], strict=True))
    with psycopg.connect(database.url) as connection:
        plan = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {unlist}".encode(), ids).fetchone()
        connection.rollback()
    assert plan is not None
    assert max(loops(plan[0][0]["Plan"])) == 1, plan


NEWEST = "SELECT table_id, seeder_id FROM seeder.seeder_rows WHERE key LIKE '{\"many%' LIMIT 1"


def loops(node: dict[str, Any]) -> Iterator[int]:
    """How often each node of a plan was run."""
    yield node["Actual Loops"]
    for child in node.get("Plans", ()):
        yield from loops(child)

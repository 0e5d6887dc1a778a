"""Each right that a role may lack, one at a time: the seeder fails and says which, and writes nothing."""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING

import pytest

from seeder import StrictnessExceeded, seed_sync
from tests.faults.figures import LONG, Figure, new_seed, times

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.commandline import SeedFolder
    from tests.integration.postgres import Database

pytestmark = [pytest.mark.newest_server, pytest.mark.timeout(900 if LONG else 180)]

TABLES = """\
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT, TEMP, CREATE ON DATABASE {database} TO app;
CREATE SCHEMA shop;
GRANT USAGE ON SCHEMA shop TO app;
CREATE TABLE shop.kinds (name text PRIMARY KEY, id int NOT NULL);
INSERT INTO shop.kinds VALUES ('oak', 1);
CREATE TABLE shop.trees (id serial PRIMARY KEY, code text UNIQUE, height int, kind int, note text);
CREATE TABLE shop.many (code text PRIMARY KEY);
INSERT INTO shop.many VALUES ('somebody''s');
GRANT SELECT ON shop.kinds TO app;
GRANT SELECT, INSERT, UPDATE, DELETE ON shop.trees, shop.many TO app;
GRANT USAGE ON SEQUENCE shop.trees_id_seq TO app;
"""
TREES = """\
table: shop.trees
key: [code]
retired_rows: delete
rows:
"""

LACKING = {
    "USAGE ON SCHEMA shop": "permission denied for schema shop",
    "SELECT ON shop.kinds": "permission denied for table kinds",
    "SELECT ON shop.trees": "permission denied for table trees",
    "INSERT ON shop.trees": "permission denied for table trees",
    "UPDATE ON shop.trees": "permission denied for table trees",
    "DELETE ON shop.trees": "permission denied for table trees",
    "USAGE ON SEQUENCE shop.trees_id_seq": "permission denied for sequence trees_id_seq",
    "TEMP ON DATABASE {database}": "permission denied to create temporary tables in database",
    "USAGE ON SCHEMA seeder": "permission denied for schema seeder",
    "SELECT ON seeder.seeder_rows": "permission denied for table seeder_rows",
    "INSERT ON seeder.seeder_rows": "permission denied for table seeder_rows",
    "UPDATE ON seeder.seeder_rows": "permission denied for table seeder_rows",
    "SELECT ON seeder.seeder_seeders": "permission denied for table seeder_seeders",
    "UPDATE ON seeder.seeder_seeders": "permission denied for table seeder_seeders",
    "SELECT ON seeder.seeder_tables": "permission denied for table seeder_tables",
    "SELECT ON seeder.seeder_form": "permission denied for table seeder_form",
    "SELECT ON seeder.seeder_applications": "permission denied for table seeder_applications",
}
"""What is lacking, and what PostgreSQL says of it."""


def rows(database: Database) -> list[tuple[object, ...]]:
    """The trees, and what the ledger knows of them, down to the row version."""
    return [
        *database.rows("SELECT xmin::text, ctid::text, t.* FROM shop.trees AS t ORDER BY code"),
        *database.rows(
            "SELECT r.xmin::text, r.ctid::text, key FROM seeder.seeder_rows AS r "
            "JOIN seeder.seeder_seeders AS s ON s.id = seeder_id WHERE s.name = 'trees' ORDER BY key"
        ),
    ]


def write_seeds(seeds: SeedFolder, release: int) -> None:
    """Each release changes a row, inserts one, and no longer lists one."""
    kind = "kind: !ref {table: shop.kinds, column: id, where: {name: oak}}"
    seeds.write(
        "trees.yaml",
        TREES
        + "".join(
            f"  - {{code: c{number}, height: {release}, {kind}}}\n" for number in range(release, release + 3)
        ),
    )
    many = "".join(f"{number}\n" for number in range(2100 + release))
    seeds.write("many.csv", "code\n" + many)
    seeds.write("many.yaml", "table: shop.many\n")


def test_each_right(database: Database, seeds: SeedFolder, login: Callable[..., str]) -> None:
    url = login()
    database.execute(TABLES.replace("{database}", database.name))
    write_seeds(seeds, 1)
    assert seed_sync(url, path=seeds).failed == 0
    # As in production, where the ledger is another role's.
    database.execute(
        "ALTER SCHEMA seeder OWNER TO postgres; REASSIGN OWNED BY app TO postgres;"
        "GRANT USAGE ON SCHEMA seeder TO app;"
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA seeder TO app;"
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA seeder TO app"
    )
    seed = new_seed()
    sys.stdout.write(f"seed {seed}\n")
    chosen = random.Random(seed).sample(list(LACKING.items()), times(5, len(LACKING)))
    for release, (lacking, said) in enumerate(chosen, 2):
        write_seeds(seeds, release)
        right = lacking.replace("{database}", database.name)
        database.execute(f"REVOKE {right} FROM app")
        before = rows(database)
        with pytest.raises(StrictnessExceeded) as caught:
            seed_sync(url, path=seeds)
        report = caught.value.report
        assert report.exit_code == 1, right
        failed = {each.name: str(each.error) for each in report.seeders if each.outcome == "failed"}
        sys.stdout.write(f"{right} {failed}\n")
        assert all(said in error for error in failed.values()), right
        assert "trees" in failed
        if not right.startswith("DELETE"):
            assert rows(database) == before
        database.execute(f"GRANT {right} TO app")
        assert seed_sync(url, path=seeds).failed == 0, right
        heights = database.rows("SELECT code, height, kind FROM shop.trees ORDER BY length(code), code")
        assert heights == [(f"c{number}", release, 1) for number in range(release, release + 3)], right
        assert seed_sync(url, path=seeds).changed == 0
    held = "the seeder fails and says which; granted, the next run completes"
    Figure("Limits", "a right is lacking", len(chosen), held, "tests/faults/test_rights.py", seed).note()


def test_rights_on_columns_alone(database: Database, seeds: SeedFolder, login: Callable[..., str]) -> None:
    """To write what the seed file lists is enough, with reading all of the row."""
    url = login("")
    database.execute(TABLES.replace("{database}", database.name))
    database.execute(
        "REVOKE ALL ON shop.trees FROM app; GRANT SELECT ON shop.trees TO app;"
        "GRANT INSERT (code, height, kind), UPDATE (height, kind) ON shop.trees TO app"
    )
    (seeds.path / "many.csv").unlink(missing_ok=True)
    for height in (1, 2):
        seeds.write("trees.yaml", f"table: shop.trees\nkey: [code]\nrows: [{{code: a, height: {height}}}]\n")
        assert seed_sync(url, path=seeds).changed == 1
    assert database.rows("SELECT code, height FROM shop.trees") == [("a", 2)]
    assert seed_sync(url, path=seeds).changed == 0

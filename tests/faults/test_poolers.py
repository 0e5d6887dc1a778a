"""Behind PgBouncer, in each of its modes, with its own limits of time, and while it is stopped and restarted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from seeder.postgres.locks import Lock
from tests.faults.figures import LONG, Figure, times
from tests.faults.slow import gone, start_slow, wait_until
from tests.integration.gates import Gate
from tests.integration.pgbouncer import PgBouncer, pgbouncer_binary
from tests.integration.pgbouncer import version as pgbouncer_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.commandline import CommandLine, Result, SeedFolder
    from tests.integration.postgres import Database, Server

pytestmark = [pytest.mark.newest_server, pytest.mark.timeout(180)]

LOCKS = """\
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
ALONE = """\
SELECT count(*) = 0 FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"""
TABLES = """\
CREATE TABLE small (id int PRIMARY KEY, title text);
CREATE TABLE large (id int PRIMARY KEY, title text);
CREATE TABLE edited (id int PRIMARY KEY, title text);
INSERT INTO edited VALUES (1, 'somebody''s');
INSERT INTO large VALUES (0, 'zero');
"""
RESET = {
    "server_reset_query": "DISCARD ALL",
    "server_reset_query_always": "1",
    "server_check_query": "select 1",
    "server_check_delay": "0",
}
MODES = {
    "session": {"pool_mode": "session"},
    "transaction": {"pool_mode": "transaction"},
    "transaction, reset": {"pool_mode": "transaction", **RESET},
    "session, one connection": {"pool_mode": "session", "default_pool_size": "1", **RESET},
}


@pytest.fixture
def pooler(server: Server, pgbouncer: PgBouncer) -> Iterator[Callable[..., PgBouncer]]:
    """Makes a pooler with those settings."""
    binary = pgbouncer_binary()
    assert binary
    made: list[PgBouncer] = []

    def make(**settings: str) -> PgBouncer:
        if pgbouncer_version(binary) >= (1, 21):
            settings = {"max_prepared_statements": "100", **settings}
        size = int(settings.pop("default_pool_size", 5))
        made.append(PgBouncer(binary, server, pool_size=size, **settings))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def tables(database: Database, seeds: SeedFolder) -> Database:
    """Tables, with seeds of each kind for them."""
    database.execute(TABLES)
    seeds.write("small.yaml", "rows: [{id: 1, title: a}, {id: 2, title: b}]\n")
    seeds.write("large.csv", "id,title\n" + "".join(f"{number},row {number}\n" for number in range(1, 2500)))
    seeds.write("edited.yaml", "rows: [{id: 1, title: ours}]\n")
    seeds.write("script.sql", "INSERT INTO small VALUES (100, 'script') ON CONFLICT DO NOTHING;\n")
    seeds.write(
        "code.py",
        "from sqlalchemy import text\n\n\ndef seed_sync(session):\n"
        "    session.execute(text(\"INSERT INTO small VALUES (200, 'code') ON CONFLICT DO NOTHING\"))\n",
    )
    return database


def counts(database: Database) -> list[Any]:
    return [database.scalar(f"SELECT count(*) FROM {name}") for name in ("small", "large", "edited")]


@pytest.mark.parametrize("mode", MODES if LONG else ["transaction, reset"])
def test_all_that_seeder_does(
    seeder: CommandLine,
    tables: Database,
    seeds: SeedFolder,
    pooler: Callable[..., PgBouncer],
    mode: str,
) -> None:
    """First, changed and unchanged seeds, COPY, code, the subcommands: each as it is without a pooler."""
    seeder.environment["DATABASE_URL"] = pooler(**MODES[mode]).url(tables)
    wanted = ("--path", seeds, "--allow-code", "--wait-timeout", "20s")

    def run(*arguments: str, code: int = 0) -> Result:
        done = seeder(*arguments, *wanted)
        assert done.exit_code == code, str(done)
        assert tables.scalar(LOCKS) == 0
        return done

    assert seeder("wait", "--wait-timeout", "20s", "--wait-for", "table:small").exit_code == 0
    assert run("--all").event("run.finished")["kept_existing"] == 1
    assert counts(tables) == [4, 2500, 1]
    assert tables.scalar("SELECT title FROM edited") == "somebody's"
    seeds.write("small.yaml", "rows: [{id: 1, title: changed}, {id: 2, title: b}]\n")
    assert run("--all").finished("small")["updated"] == 1
    before = footprint_but_sessions(tables)
    assert run("--all").event("run.finished")["changed"] == 0
    assert footprint_but_sessions(tables) == before
    assert run("--all", "--check").event("run.finished")["changed"] == 0
    assert "small" in run("status").stdout
    assert "somebody's" in run("conflicts").stdout
    resolved = seeder(
        "resolve", "--all", "--take", "seed", "--path", seeds, "--allow-code", "--wait-timeout", "20s"
    )
    assert resolved.exit_code == 0, str(resolved)
    assert tables.scalar("SELECT title FROM edited") == "ours"
    held = "as without a pooler, no lock stays"
    Figure("Poolers", f"{mode} mode", 8, held, "tests/faults/test_poolers.py").note()


def footprint_but_sessions(database: Database) -> set[Any]:
    """The versions of all rows. The pooler's sessions stay, so that one can't wait until they are gone."""
    rows: set[Any] = set()
    for name in ("small", "large", "edited", "seeder.seeder_rows", "seeder.seeder_seeders"):
        rows |= {(name, *row) for row in database.rows(f"SELECT ctid::text, xmin::text FROM {name}")}
    return rows


@pytest.mark.parametrize("mode", ["session", "transaction"] if LONG else ["transaction"])
def test_two_runs_at_once_and_no_lock_is_stranded(
    seeder: CommandLine, tables: Database, seeds: SeedFolder, pooler: Callable[..., PgBouncer], mode: str
) -> None:
    """Runs at once, one that fails, one that is killed in a statement: the lock goes with each."""
    way = pooler(pool_mode=mode)
    seeder.environment["DATABASE_URL"] = url = way.url(tables)
    wanted = ("--all", "--path", seeds, "--allow-code", "--wait-timeout", "20s")
    runs = [seeder.start(*wanted) for _ in range(times(2, 6))]
    assert [run.wait(120).exit_code for run in runs] == [0] * len(runs)
    assert counts(tables) == [4, 2500, 1]
    assert tables.scalar(LOCKS) == 0

    seeds.write("small.yaml", "rows: [{id: 1, title: a}, {id: 3, titel: b}]\n")
    assert seeder(*wanted).exit_code == 1
    assert tables.scalar(LOCKS) == 0
    (seeds.path / "small.yaml").unlink()

    run, _ = start_slow(seeder, tables, seeds, url)
    run.process.kill()
    wait_until(tables, LOCKS.replace("count(*)", "count(*) = 0"), 30)
    wait_until(tables, ALONE)
    assert tables.rows("SELECT * FROM slow") == []
    assert seeder(*wanted).exit_code == 0
    assert tables.rows("SELECT * FROM slow") == [(1,)]
    said = f"{len(runs)} at once, failed, killed in {mode} mode"
    Figure("Poolers", said, 1, "no lock stays; the next run completes", "tests/faults/test_poolers.py").note()


def test_statement_mode(
    seeder: CommandLine, tables: Database, seeds: SeedFolder, pooler: Callable[..., PgBouncer]
) -> None:
    """It can run no transaction, so that nothing can be seeded: it is told at once, and nothing is written."""
    direct = tables.url
    seeder.environment["DATABASE_URL"] = pooler(pool_mode="statement").url(tables)
    before = footprint_of_tables(tables)
    wanted = ("--path", seeds, "--allow-code", "--wait-timeout", "20s")
    for arguments in (("--all",), ("--all", "--dry-run"), ("--all", "--ledger", "off")):
        done = seeder(*arguments, *wanted)
        assert done.exit_code == 2, str(done)
        reason = done.event("run.finished")["reason"]
        assert "pool_mode is statement" in reason
        assert "set pool_mode to transaction or session" in reason
        assert footprint_of_tables(tables) == before
    for name in ("status", "conflicts"):
        done = seeder(name, *wanted)
        assert done.exit_code == 2, str(done)
        assert "pool_mode is statement" in done.stdout + done.stderr
    assert seeder(*("--all", *wanted), env={"DATABASE_URL": direct}).exit_code == 0
    held = "exit code 2, says what to set, writes nothing"
    Figure("Poolers", "statement mode", 5, held, "tests/faults/test_poolers.py").note()


def footprint_of_tables(database: Database) -> Any:
    return database.rows("SELECT relname, n_tup_ins FROM pg_stat_user_tables ORDER BY 1"), counts(database)


@pytest.mark.parametrize("command", ["RECONNECT", "KILL", "PAUSE"])
def test_it_is_told_to_let_go(
    seeder: CommandLine,
    database: Database,
    seeds: SeedFolder,
    pooler: Callable[..., PgBouncer],
    command: str,
) -> None:
    """By its own console, while a run waits for the lock of a table."""
    way = pooler(pool_mode="transaction")
    database.execute("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY); ")
    for name in "tu":
        seeds.write(f"{name}.yaml", "rows: [{id: 1}]\n")
    arguments = ("--all", "--path", seeds, "--wait-timeout", "60s")
    with Gate(database, Lock("table", "public.u").key):
        run = seeder.start(*arguments, env={"DATABASE_URL": way.url(database)})
        run.wait_for("lock.waiting")
        if command == "PAUSE":
            way.admin(f"PAUSE {database.name}")
            time.sleep(2)
        else:
            way.admin(f"{command} {database.name}")
    time.sleep(0.5)
    if command != "RECONNECT":
        way.admin(f"RESUME {database.name}")
    done = run.wait(90)
    assert done.exit_code == 0, str(done)
    assert database.rows("SELECT t.id, u.id FROM t, u") == [(1, 1)]
    wait_until(database, LOCKS.replace("count(*)", "count(*) = 0"), 30)
    Figure("Poolers", f"{command} in a wait", 1, "completes", "tests/faults/test_poolers.py").note()


@pytest.mark.parametrize("command", ["KILL", "restart"])
def test_it_ends_in_a_statement(
    seeder: CommandLine,
    database: Database,
    seeds: SeedFolder,
    pooler: Callable[..., PgBouncer],
    command: str,
) -> None:
    """The run connects anew, and completes once the pooler is there again."""
    way = pooler(pool_mode="transaction")
    run, pid = start_slow(seeder, database, seeds, way.url(database))
    if command == "KILL":
        way.admin(f"KILL {database.name}")
        way.admin(f"RESUME {database.name}")
    else:
        way.restart()
    done = run.wait(90)
    assert done.exit_code == 0, str(done)
    assert done.all("seeder.retrying")
    gone(database, pid)
    assert database.rows("SELECT * FROM slow") == [(1,)]
    Figure("Poolers", f"{command} in a statement", 1, "completes", "tests/faults/test_poolers.py").note()


@pytest.mark.parametrize("setting", ["query_timeout", "idle_transaction_timeout"])
def test_its_own_limits_of_time(
    seeder: CommandLine,
    database: Database,
    seeds: SeedFolder,
    pooler: Callable[..., PgBouncer],
    setting: str,
) -> None:
    """A statement that takes longer than the pooler lets it ends the seeder with the pooler's reason."""
    way = pooler(pool_mode="transaction", **{setting: "1"})
    run, pid = start_slow(seeder, database, seeds, way.url(database))
    done = run.wait(90)
    if setting == "idle_transaction_timeout":
        # It is busy all the time.
        assert done.exit_code == 0, str(done)
    else:
        assert done.exit_code == 1, str(done)
        assert "query timeout; a pooler ended" in done.finished("slow")["error"]["message"], str(done)
        gone(database, pid)
        assert database.rows("SELECT * FROM slow") == []
    wait_until(database, LOCKS.replace("count(*)", "count(*) = 0"), 30)
    held = "says which limit ended it; no lock stays"
    Figure("Poolers", f"{setting} of 1 s", 1, held, "tests/faults/test_poolers.py").note()

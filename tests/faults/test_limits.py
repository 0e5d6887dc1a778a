"""Limits of the server: no connection, lock or disk left. What fails says so, leaves nothing, and completes later."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.faults.disks import fill, resize, small_disk
from tests.faults.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.integration.commandline import CommandLine, Result, SeedFolder
    from tests.integration.postgres import Server

pytestmark = [pytest.mark.newest_server, pytest.mark.timeout(180)]

TEST = "tests/faults/test_limits.py"
ROWS = 6000
BIG = "id,title\n" + "".join(f"{number},{'x' * 500}{number}\n" for number in range(ROWS))


@pytest.fixture
def small(new_server: Callable[..., Server]) -> Server:
    """A server with few connections and few locks."""
    return new_server(
        max_connections="8",
        superuser_reserved_connections="2",
        max_locks_per_transaction="10",
        max_worker_processes="0",
        max_parallel_workers="0",
        max_wal_senders="0",
        shared_buffers="16MB",
    ).start()


def test_connections(small: Server, seeder_command: CommandLine, seeds: SeedFolder) -> None:
    """None is left for a while, to anybody, or to the role: it is waited for one, or said that there is none."""
    database = small.create_database()
    database.execute("CREATE TABLE t (id int PRIMARY KEY)")
    seeds.write("t.yaml", "rows: [{id: 1}]\n")
    run = ("--all", "--path", seeds, "--wait-timeout")
    with small.role("app", "s3cret"):
        database.execute("GRANT ALL ON DATABASE " + database.name + " TO app; GRANT ALL ON t TO app")
        app = {"DATABASE_URL": small.url(database.name, user="app:s3cret")}
        with contextlib.ExitStack() as stack:
            for _ in range(6):
                stack.enter_context(small.connect())
            # Two are left, for superusers.
            done = seeder_command(*run, "1s", env=app)
            assert done.exit_code == 4, str(done)
            assert "too many clients" in done.event("run.finished")["reason"]
            waiting = seeder_command.start(*run, "60s", env=app)
            waiting.wait_for("database.waiting", error="too many clients")
        assert waiting.wait().exit_code == 0

        database.execute("ALTER ROLE app CONNECTION LIMIT 1")
        with database.connect(user="app", password="s3cret"):
            done = seeder_command(*run, "1s", env=app)
            assert done.exit_code == 4, str(done)
            assert "too many clients" in done.event("run.finished")["reason"]
        # One is enough.
        assert seeder_command(*run, "60s", env=app).exit_code == 0
        database.execute("DROP OWNED BY app CASCADE")
    Figure(
        "Limits", "no connection left, to anybody or to the role", 4, "waits; exit code 4 says so", TEST
    ).note()


def test_locks(small: Server, seeder_command: CommandLine, seeds: SeedFolder) -> None:
    """A table of more partitions than the server has room for locks."""
    database = small.create_database()
    database.execute("CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY LIST (id)")
    database.execute("CREATE TABLE t (id int PRIMARY KEY)")
    for first in range(0, 600, 20):
        database.execute(
            "".join(
                f"CREATE TABLE parted_{number} PARTITION OF parted FOR VALUES IN ({number});"
                for number in range(first, first + 20)
            )
        )
    seeds.write("parted.csv", "id\n" + "".join(f"{number}\n" for number in range(600)))
    seeds.write("t.yaml", "rows: [{id: 1}]\n")
    run = ("--all", "--path", seeds)
    env = {"DATABASE_URL": database.url}
    done = seeder_command(*run, env=env)
    assert done.exit_code == 1, str(done)
    failed = done.finished("parted")
    assert failed["sqlstate"] == "53200"
    assert "max_locks_per_transaction" in failed["error"]["message"]
    assert done.finished("t")["inserted"] == 1
    small.configure(max_locks_per_transaction="500")
    small.restart()
    assert seeder_command(*run, env=env).exit_code == 0
    assert database.scalar("SELECT count(*) FROM parted") == 600
    Figure("Limits", "no room for locks", 1, "the seeder fails and says what to raise", TEST).note()


@pytest.fixture
def own(new_server: Callable[..., Server]) -> Server:
    return new_server().start()


@pytest.fixture
def disk() -> Iterator[Path]:
    with small_disk(2) as folder:
        yield folder


@pytest.mark.parametrize("what", ["table", "stage", "index"])
def test_a_disk_is_full(
    own: Server, seeder_command: CommandLine, seeds: SeedFolder, disk: Path, what: str
) -> None:
    """That of the table, of its index, or of temporary tables."""
    with own.connect() as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{disk}'".encode())
    database = own.create_database()
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, title text); INSERT INTO t VALUES (-1, 'somebody''s');"
        "CREATE TABLE u (id int PRIMARY KEY)"
    )
    if what == "table":
        database.execute("ALTER TABLE t SET TABLESPACE small")
    elif what == "index":
        database.execute("CREATE INDEX filled ON t (title) TABLESPACE small")
    else:
        database.execute(f"ALTER DATABASE {database.name} SET temp_tablespaces = small")
    seeds.write("t.csv", BIG)
    seeds.write("u.yaml", "rows: [{id: 1}]\n")
    run = ("--all", "--path", seeds)
    env = {"DATABASE_URL": database.url}
    done = seeder_command(*run, env=env)
    assert done.exit_code == 1, str(done)
    failed = done.finished("t")
    assert failed["sqlstate"] == "53100"
    assert "No space left on device" in failed["error"]["message"]
    assert database.rows("SELECT id FROM t") == [(-1,)]
    assert database.scalar("SELECT count(*) FROM seeder.seeder_rows") == 1
    assert done.finished("u")["inserted"] == 1
    resize(disk, 64)
    assert seeder_command(*run, env=env).exit_code == 0
    assert database.scalar("SELECT count(*) FROM t") == ROWS + 1
    assert seeder_command(*run, env=env).event("run.finished")["changed"] == 0
    held = "the seeder fails and says so; nothing is written; the next run completes"
    Figure("Limits", f"disk full: {what}", 1, held, TEST).note()


def test_the_disk_of_the_log_is_full(
    new_server: Callable[..., Server], seeder_command: CommandLine, seeds: SeedFolder
) -> None:
    """PostgreSQL panics, and does not come back before there is room: then the same files complete."""
    with small_disk(64) as disk:
        server = new_server(max_wal_size="32MB", min_wal_size="32MB")
        log = server.data / "pg_wal"
        moved = disk / "pg_wal"
        subprocess.run(["cp", "--archive", str(log), str(moved)], check=True)
        shutil.rmtree(log)
        log.symlink_to(moved)
        server.start()
        database = server.create_database()
        database.execute("CREATE TABLE t (id int PRIMARY KEY, title text)")
        database.execute("INSERT INTO t VALUES (-1, 'somebody''s')")
        seeds.write("t.csv", BIG)
        filler = fill(disk)
        env = {"DATABASE_URL": database.url}
        run = ("--all", "--path", seeds, "--wait-timeout", "3s")
        done: Result = seeder_command(*run, env=env)
        for number in range(10):
            if done.exit_code != 0:
                break
            seeds.write("t.csv", BIG.replace("x", "yz"[number % 2]))
            done = seeder_command(*run, env=env)
        assert done.exit_code in {1, 4}, str(done)
        assert done.event("run.finished")["reason"]
        filler.unlink()
        if not server.running:
            server.stop()
            server.start()
        server.wait_until_ready()
        assert seeder_command("--all", "--path", seeds, env=env).exit_code == 0
        assert database.scalar("SELECT count(*) FROM t") == ROWS + 1
        assert seeder_command("--all", "--path", seeds, env=env).event("run.finished")["changed"] == 0
        server.stop()
    Figure("Limits", "disk full: WAL (PANIC)", 1, "exit code 1 or 4; the next run completes", TEST).note()

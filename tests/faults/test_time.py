"""Time: client and server in different zones, and clocks that are wrong or are set while a run is under way."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seeder.postgres.locks import Lock
from tests.faults.clocks import Clock
from tests.faults.figures import LONG, Figure
from tests.integration.footprint import footprint
from tests.integration.gates import Gate
from tests.integration.postgres import HOST, free_port
from tests.integration.test_types import SCHEMA, SEEDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database, Server

pytestmark = [pytest.mark.newest_server, pytest.mark.timeout(180)]

ZONES = ["Pacific/Kiritimati", "America/St_Johns", "UTC", "Asia/Kathmandu", "Etc/GMT+12"]
JUMPS = ["+30d", "-2y", "+10y", "-1h", "+0"]
TEST = "tests/faults/test_time.py"


@pytest.fixture
def clock() -> Iterator[Clock]:
    folder = Path(tempfile.mkdtemp(prefix="seeder-clock-", dir="/tmp"))
    yield Clock(folder)
    shutil.rmtree(folder)


def test_zones(seeder: CommandLine, database: Database, seeds: SeedFolder) -> None:
    """Neither zone has a say in what a text means: a run in another one writes nothing."""
    database.execute(SCHEMA)
    seeds.write("orders.yaml", SEEDS)
    zones = ZONES if LONG else ZONES[:2]
    seen: set[dt.datetime] = set()
    for theirs in zones:
        database.execute(f"ALTER DATABASE {database.name} SET TimeZone = '{theirs}'")
        for ours in zones:
            before = footprint(database)
            done = seeder("--all", "--path", seeds, env={"TZ": ours, "PGTZ": None})
            assert done.exit_code == 0, str(done)
            if seen:
                assert done.event("run.finished")["changed"] == 0
                assert footprint(database) == before
            else:
                assert done.event("run.finished")["changed"] == 3
            seen.add(
                database.scalar(
                    """SELECT moment AT TIME ZONE 'UTC' FROM "Other Schema"."Order" WHERE id = 41"""
                )
            )
    assert seen == {dt.datetime(2024, 3, 31, 0, 30)}  # noqa: DTZ001 - PostgreSQL's timestamp has no zone
    Figure("Time", "zones of client and server", len(zones) ** 2, "nothing is rewritten", TEST).note()


TREES = """\
CREATE TABLE trees (code text PRIMARY KEY, name text, updated_at timestamptz, created_at timestamptz)"""


def trees(*names: str) -> str:
    rows = "".join(f"  - {{code: {name[0]}, name: {name}}}\n" for name in names)
    return f"timestamps: true\nrows:\n{rows}"


def test_the_client_s_clock_is_set_between_runs(
    seeder: CommandLine, database: Database, seeds: SeedFolder, clock: Clock
) -> None:
    """It has a say in the times of its own log, and in nothing else."""
    database.execute(TREES)
    seeder.environment.update(clock.client)
    began = dt.datetime.now(dt.UTC)
    jumps = JUMPS if LONG else JUMPS[:2]
    for number, jump in enumerate(jumps):
        clock.move(jump)
        seeds.write("trees.yaml", trees(f"ash{number}", "birch", "cedar"))
        done = seeder("--all", "--path", seeds)
        assert done.exit_code == 0, str(done)
        assert done.event("run.finished")["changed"] == (1 if number else 3)
        if number == 0:
            database.execute("UPDATE trees SET name = 'somebody''s' WHERE code = 'b'")
        # A file whose time lies ahead of the clock.
        os.utime(seeds.path / "trees.yaml", (time.time() + 10**8, time.time() + 10**8))
        seeder("--all", "--path", seeds)
        before = footprint(database)
        clock.move("+3d")
        assert seeder("--all", "--path", seeds).event("run.finished")["changed"] == 0
        assert footprint(database) == before
    assert database.scalar("SELECT name FROM trees WHERE code = 'b'") == "somebody's"
    ended = dt.datetime.now(dt.UTC)
    [(changed, first, last)] = database.rows(
        "SELECT changed_at, min(created_at), max(updated_at) FROM seeder.seeder_seeders, trees GROUP BY 1"
    )
    for moment in (changed, first, last):
        assert began < moment < ended
    Figure(
        "Time",
        "the client's clock set between runs",
        len(jumps),
        "nothing is rewritten; times are the server's",
        TEST,
    ).note()


def test_releases_are_compared_by_what_they_say(
    seeder: CommandLine, database: Database, seeds: SeedFolder, clock: Clock
) -> None:
    """A release that is a time has an order of its own, whatever the clocks of those that bring it say."""
    database.execute(TREES)
    seeder.environment.update(clock.client)

    def run(release: str, jump: str, name: str) -> tuple[str, str]:
        clock.move(jump)
        seeds.write("trees.yaml", trees(name))
        done = seeder("--all", "--path", seeds, "--application", "shop", "--release", release)
        assert done.exit_code == 0, str(done)
        return done.finished("trees")["outcome"], database.scalar("SELECT name FROM trees")

    assert run("2026-03-01T12:00:00+02:00", "-20y", "ash2") == ("succeeded", "ash2")
    # Later by the clock, earlier by what it says: by an hour, in another zone.
    assert run("2026-03-01T10:00:00+01:00", "+20y", "ash1") == ("superseded", "ash2")
    assert run("2026-03-01T10:00:00.5Z", "-10y", "ash3") == ("succeeded", "ash3")
    Figure("Time", "releases that are times, clocks against them", 3, "their own order counts", TEST).note()


def test_the_client_s_clock_is_set_during_a_run(
    seeder: CommandLine, database: Database, seeds: SeedFolder, clock: Clock
) -> None:
    """A wait lasts as long as it was told, by a clock that nobody sets."""
    database.execute(TREES)
    seeds.write("trees.yaml", trees("ash"))
    seeder.environment.update(clock.client)

    def moved(*arguments: str, url: str) -> tuple[int, float]:
        began = time.monotonic()
        run = seeder.start("--all", "--path", seeds, *arguments, env={"DATABASE_URL": url})
        number = 0
        while run.process.poll() is None:
            clock.move(JUMPS[number % 4])
            number += 1
            time.sleep(0.2)
            assert time.monotonic() - began < 60
        return run.wait().exit_code, time.monotonic() - began

    with Gate(database, Lock("table", "public.trees").key):
        code, took = moved("--lock-timeout", "3s", url=database.url)
        assert code == 5
        assert 3 <= took < 30
    code, took = moved("--wait-timeout", "3s", url=f"postgresql://postgres@{HOST}:{free_port()}/none")
    assert code == 4
    assert 3 <= took < 30
    assert moved(url=database.url)[0] == 0
    assert database.rows("SELECT name FROM trees") == [("ash",)]
    held = "time-outs last as long as told"
    Figure("Time", "the client's clock set back and forth during a run", 3, held, TEST).note()


def test_the_server_s_clock_is_set(
    new_server: Callable[..., Server], seeder_command: CommandLine, seeds: SeedFolder, clock: Clock
) -> None:
    """Between runs and during one: nothing is rewritten, and no edit is taken for a seed."""
    clock.move("-1000d")
    server = new_server().start(env=clock.server)
    database = server.create_database()
    database.execute(TREES)
    seeder_command.environment["DATABASE_URL"] = database.url
    seeds.write("trees.yaml", trees("ash", "birch"))

    def run() -> int:
        done = seeder_command("--all", "--path", seeds)
        assert done.exit_code == 0, str(done)
        changed: int = done.event("run.finished")["changed"]
        return changed

    def changed_at() -> dt.timedelta:
        changed: dt.datetime = database.scalar("SELECT changed_at FROM seeder.seeder_seeders")
        return dt.datetime.now(dt.UTC) - changed

    assert run() == 2
    assert abs(changed_at() - dt.timedelta(days=1000)) < dt.timedelta(hours=1)
    before = footprint(database)
    for jump in JUMPS:
        clock.move(jump)
        assert run() == 0
    assert footprint(database) == before
    clock.move("-2000d")
    database.execute("UPDATE trees SET name = 'somebody''s' WHERE code = 'b'")
    seeds.write("trees.yaml", trees("ash2", "birch2"))
    assert run() == 1
    assert abs(changed_at() - dt.timedelta(days=2000)) < dt.timedelta(hours=1)
    assert database.rows("SELECT name FROM trees ORDER BY code") == [("ash2",), ("somebody's",)]
    since = database.scalar("SELECT since FROM seeder.seeder_conflicts")
    clock.move("+100d")
    assert run() == 0
    # The conflict has been there since then, and is not noted anew.
    assert database.scalar("SELECT since FROM seeder.seeder_conflicts") == since

    with Gate(database, Lock("table", "public.trees").key):
        began = time.monotonic()
        seeds.write("trees.yaml", trees("ash3", "birch2"))
        waiting = seeder_command.start("--all", "--path", seeds, "--lock-timeout", "60s")
        for jump in JUMPS:
            clock.move(jump)
            time.sleep(0.3)
        waiting.wait_for("lock.waiting")
    assert waiting.wait().exit_code == 0
    assert time.monotonic() - began < 60
    assert database.scalar("SELECT name FROM trees WHERE code = 'a'") == "ash3"
    held = "nothing is rewritten, edits are kept, a conflict is as old as it was"
    Figure("Time", "the server's clock set between runs and during one", 9, held, TEST).note()

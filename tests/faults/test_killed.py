"""A run of twenty seeders is killed, at any moment: each is whole or not there, and the next run completes."""

from __future__ import annotations

import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.figures import Figure, new_seed, times
from tests.faults.twenty import Twenty, prepare
from tests.integration.commandline import CommandLine
from tests.integration.severing import Cut, SeveredWay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.commandline import Running
    from tests.integration.postgres import Database, Server

pytestmark = [pytest.mark.newest_server, pytest.mark.timeout(1200)]

HELD = (
    "each seeder whole or not at all, ledger and rows agree, no lock stays, the next run completes, "
    "the one after it writes nothing"
)


@pytest.fixture(scope="module")
def twenty(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twenty]:
    folder = tmp_path_factory.mktemp("twenty")
    seeder = CommandLine(folder / "runs")
    made = prepare(server, seeder, folder, rows=times(2_000, 20_000))
    yield made
    seeder.kill()
    made.template.drop()


@pytest.fixture
def database(twenty: Twenty) -> Iterator[Database]:
    """Release 1 was seeded in it."""
    made = twenty.database()
    yield made
    made.drop()


def duration(twenty: Twenty) -> float:
    """The seconds that a whole run takes at the moment."""
    database = twenty.database()
    began = time.monotonic()
    assert twenty.start(database).wait(120).exit_code == 0
    database.drop()
    return time.monotonic() - began


def ended(run: Running, number: signal.Signals, moment: float) -> bool:
    """Send the signal at that moment, unless the run is over by then. Whether it ended the run."""
    time.sleep(moment)
    run.signal(number)
    done = run.wait()
    if number is signal.SIGKILL:
        assert done.exit_code in {-signal.SIGKILL, 0}, str(done)
        return done.exit_code != 0
    finished = done.all("run.finished")
    if done.exit_code == -number:
        # It came before the process could listen, or once the run was over.
        assert not done.events or [event["exit_code"] for event in finished] == [0], str(done)
        return not finished
    assert done.exit_code in {143, 0}, str(done)
    if done.exit_code and not done.events:
        # It came before the process could write a log.
        return True
    assert [event["exit_code"] for event in finished] == [done.exit_code], str(done)
    assert "Traceback" not in f"{done}"
    return done.exit_code != 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize("part", range(times(1, 4)))
def test_at_random_moments(twenty: Twenty, number: signal.Signals, part: int) -> None:
    """Each database sees one to three of them, and then a run that completes."""
    seed = new_seed() + part
    chance = random.Random(seed)
    seconds, wanted = duration(twenty), times(3, 50) if number is signal.SIGKILL else times(1, 15)
    kills = 0
    while kills < wanted:
        database = twenty.database()
        for _ in range(min(chance.randint(1, 4), wanted - kills)):
            run = twenty.start(database)
            kills += ended(run, number, chance.uniform(0, seconds))
            twenty.check_interrupted(database)
        twenty.check_next(database, compare=kills >= wanted)
        database.drop()
    Figure(
        "Killed", f"{number.name} at random moments", kills, HELD, "tests/faults/test_killed.py", seed
    ).note()


@pytest.mark.parametrize("cut", [Cut.QUESTION, Cut.ANSWER], ids=lambda cut: cut.name)
@pytest.mark.parametrize("part", range(times(1, 2)))
def test_at_a_commit(twenty: Twenty, cut: Cut, part: int) -> None:
    """SIGKILL as a COMMIT is on its way to the server, or its answer on the way back. Any of a run's commits."""
    seed = new_seed() + part
    chance = random.Random(seed)
    # As many as there are seeders that write, with the two that retire rows.
    commits = chance.sample(range(1, 23), times(1, 11))
    for nth in commits:
        database = twenty.database()
        runs: list[Running] = []

        def kill(runs: list[Running] = runs) -> None:
            runs[0].process.kill()

        with SeveredWay(database, b"", cut, nth=nth, first=kill) as way:
            runs.append(twenty.start(database, url=way.url))
            done = runs[0].wait()
            assert way.severed, f"there was no COMMIT number {nth}: {done}"
        assert done.exit_code == -signal.SIGKILL, str(done)
        twenty.check_interrupted(database)
        twenty.check_next(database)
        database.drop()
    what = "on its way to the server" if cut is Cut.QUESTION else "done and its answer on the way back"
    Figure(
        "Killed", f"SIGKILL as a COMMIT is {what}", len(commits), HELD, "tests/faults/test_killed.py", seed
    ).note()


def test_started_again_at_once(twenty: Twenty, database: Database) -> None:
    """As a container that is killed again and again: the next run begins while the server still holds the locks."""
    seed = new_seed()
    chance = random.Random(seed)
    seconds, kills = duration(twenty), 0
    for _ in range(times(2, 20)):
        kills += ended(twenty.start(database), signal.SIGKILL, chance.uniform(seconds / 4, seconds))
    twenty.check_next(database)
    Figure(
        "Killed",
        "SIGKILL, and started again at once",
        kills,
        "the last run completes, and the one after it writes nothing",
        "tests/faults/test_killed.py",
        seed,
    ).note()

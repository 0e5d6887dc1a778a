"""The network between client and server fails: the run completes all the same, or says what happened."""

from __future__ import annotations

import itertools
import random
import sys
from typing import TYPE_CHECKING, Any

import pytest

from seeder.postgres.locks import Lock
from tests.faults.figures import LONG, Figure, new_seed, times
from tests.faults.proxy import Fault, Kind, Proxy, Way
from tests.integration.commandline import CommandLine, SeedFolder
from tests.integration.footprint import footprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.commandline import Result
    from tests.integration.postgres import Database, Server

pytestmark = [pytest.mark.newest_server, pytest.mark.timeout(1800 if LONG else 180)]

TRY = b"pg_try_advisory_xact_lock"
POINTS = {
    "connecting": (),
    "authenticating": (b"user\0app\0", b"SCRAM-SHA-256"),
    "the proof's question": (b"seeder_proof.schemas",),
    "the wait for a lock": (TRY, TRY, TRY),
    "a statement": (b'INSERT INTO "public"."small"',),
    "COPY": (b"COPY ", b"row 2000"),
    "COMMIT": (b'INSERT INTO "public"."small"', b"COMMIT"),
}
"""What the client has sent when it happens."""
ROWS = 3000
TABLES = """\
CREATE TABLE small (id int PRIMARY KEY, title text);
CREATE TABLE large (id int PRIMARY KEY, title text);
INSERT INTO large VALUES (0, 'somebody else''s');
"""


def write_seeds(seeds: SeedFolder, release: int) -> None:
    """Seed files of that release. The second one changes rows and brings new ones, in both tables."""
    rows = [f"  - {{id: {number}, title: release {release}}}\n" for number in range(3 + release)]
    seeds.write("small.yaml", "rows:\n" + "".join(rows))
    lines = [f"{number},row {number} of {release * (number % 2)}\n" for number in range(1, ROWS + release)]
    seeds.write("large.csv", "id,title\n" + "".join(lines))


def contents(database: Database) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    return (
        database.rows("SELECT * FROM small ORDER BY id"),
        database.rows("SELECT * FROM large ORDER BY id"),
    )


@pytest.fixture(scope="module")
def seeded(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database that the first release has seeded, as a template for others."""
    folder = tmp_path_factory.mktemp("seeded")
    template, seeds = server.create_database(), SeedFolder(folder)
    template.execute(TABLES)
    write_seeds(seeds, 1)
    done = CommandLine(folder / "runs", DATABASE_URL=template.url)("--all", "--path", seeds)
    assert done.exit_code == 0, str(done)
    yield template
    template.drop()


@pytest.fixture(scope="module")
def app(server: Server) -> Iterator[str]:
    """A role that has to authenticate."""
    with server.role("app", "s3cret", "SUPERUSER") as role:
        yield role


class Copies:
    """Makes copies of the seeded database, and seeds the second release into them."""

    def __init__(self, template: Database, role: str, seeder: CommandLine, seeds: SeedFolder) -> None:
        self.template = template
        self.role = role
        self.seeder = seeder
        self.seeds = seeds
        self.made: list[Database] = []
        write_seeds(seeds, 2)

    def make(self) -> Database:
        """A new copy."""
        server = self.template.server
        database = server.create_database(self.template.name)
        self.made.append(database)
        return database

    def seed(self, database: Database) -> Result:
        """Seed it without a proxy, by the same role: a proof is for one role."""
        url = database.url.replace("postgres@", f"{self.role}:s3cret@")
        done = self.seeder(*self.arguments(), env={"DATABASE_URL": url})
        assert done.exit_code == 0, str(done)
        return done

    def arguments(self, *more: str) -> list[Any]:
        return ["--all", "--path", self.seeds, "--wait-timeout", "20s", *more]

    def check(self, database: Database, done: Result, *, completed: bool | None = None) -> None:
        """Each seeder's rows are whole or as they were, as the run says, and the next run completes.

        The rows of the second release are there for good then: one more run writes nothing.
        """
        if completed is not None:
            assert (done.exit_code == 0) is completed, str(done)
        new = self.expected()
        old = contents(self.template)
        for name, now, before, after in zip(("small", "large"), contents(database), old, new, strict=True):
            assert now in (before, after), f"{name}\n{done}"
            if any(event["outcome"] == "succeeded" for event in done.all("seeder.finished", seeder=name)):
                assert now == after, f"{name}\n{done}"
        if done.exit_code != 0:
            self.seed(database)
        assert contents(database) == new
        before_it = footprint(database)
        assert self.seed(database).event("run.finished")["changed"] == 0
        assert footprint(database) == before_it

    def expected(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        small = [(number, "release 2") for number in range(5)]
        large = [(number, f"row {number} of {2 * (number % 2)}") for number in range(1, ROWS + 2)]
        return small, [(0, "somebody else's"), *large]


@pytest.fixture
def copies(seeded: Database, app: str, seeder_command: CommandLine, seeds: SeedFolder) -> Iterator[Copies]:
    made = Copies(seeded, app, seeder_command, seeds)
    yield made
    for database in made.made:
        database.drop()


@pytest.fixture
def through(copies: Copies) -> Callable[..., tuple[Database, Result, Proxy]]:
    """Seeds a new copy by way of a proxy with that fault."""

    def run(fault: Fault, *more: str, point: str = "", seed: int = 0) -> tuple[Database, Result, Proxy]:
        database = copies.make()
        with Proxy(database, fault, seed) as proxy:
            url = proxy.url.replace("postgres@", f"{copies.role}:s3cret@") + "?connect_timeout=2"
            if point != "the wait for a lock":
                done = copies.seeder(*copies.arguments(*more), env={"DATABASE_URL": url}, timeout=120)
            else:
                with database.connect(autocommit=True) as somebody:
                    somebody.execute("SELECT pg_advisory_lock(%s)", [Lock("table", "public.small").key])
                    somebody.execute("SELECT pg_advisory_lock(%s)", [Lock("table", "public.large").key])
                    running = copies.seeder.start(*copies.arguments(*more), env={"DATABASE_URL": url})
                    assert proxy.happened.acquire(timeout=60)
                done = running.wait(120)
            assert proxy.count, f"the fault has not happened\n{done}"
            assert not fault.kind.ends or fault.lasting or proxy.count == 1
        return database, done, proxy

    return run


LATE = [Kind.DELAY, Kind.SINGLE_BYTES]
LOST = [Kind.CUT, Kind.RESET]
FEW_LATE = [
    (Kind.DELAY, Way.ANSWER, "connecting"),
    (Kind.SINGLE_BYTES, Way.QUESTION, "COPY"),
]
FEW_LOST = [
    (Kind.RESET, Way.ANSWER, "connecting"),
    (Kind.CUT, Way.QUESTION, "authenticating"),
    (Kind.CUT, Way.ANSWER, "the proof's question"),
    (Kind.RESET, Way.QUESTION, "the wait for a lock"),
    (Kind.RESET, Way.QUESTION, "COPY"),
    (Kind.CUT, Way.QUESTION, "COMMIT"),
    (Kind.RESET, Way.ANSWER, "COMMIT"),
]


@pytest.mark.parametrize(
    ("kind", "way", "point"), list(itertools.product(LATE, Way, POINTS)) if LONG else FEW_LATE, ids=str
)
def test_late(
    through: Callable[..., tuple[Database, Result, Proxy]], copies: Copies, kind: Kind, way: Way, point: str
) -> None:
    """It takes longer, and no other difference is seen."""
    seed = new_seed()
    sys.stdout.write(f"seed {seed}\n")
    database, done, _ = through(Fault(kind, way, POINTS[point]), point=point, seed=seed)
    assert not done.all("seeder.retrying")
    copies.check(database, done, completed=True)
    fault = f"{kind.name.lower().replace('_', ' ')} of the {way.name.lower()} from {point} on"
    Figure("The network", fault, 1, "completes", "tests/faults/test_network.py", seed).note()


@pytest.mark.parametrize(
    ("kind", "way", "point"), list(itertools.product(LOST, Way, POINTS)) if LONG else FEW_LOST, ids=str
)
def test_lost_once(
    through: Callable[..., tuple[Database, Result, Proxy]], copies: Copies, kind: Kind, way: Way, point: str
) -> None:
    """The run connects anew, does again what was not committed, and completes."""
    database, done, _ = through(Fault(kind, way, POINTS[point]), point=point)
    copies.check(database, done, completed=True)
    fault = f"{kind.name.lower()} once with the {way.name.lower()} of {point}"
    Figure("The network", fault, 1, "completes by a retry", "tests/faults/test_network.py").note()


@pytest.mark.parametrize("point", ["connecting", "authenticating"])
@pytest.mark.parametrize("way", Way if LONG else [Way.ANSWER], ids=str)
def test_stalled_at_connecting(
    through: Callable[..., tuple[Database, Result, Proxy]], copies: Copies, way: Way, point: str
) -> None:
    """The attempt is given up after `connect_timeout`, and another one made."""
    database, done, _ = through(Fault(Kind.STALL, way, POINTS[point]))
    copies.check(database, done, completed=True)
    fault = f"stall with the {way.name.lower()} of {point}"
    Figure("The network", fault, 1, "completes by a retry", "tests/faults/test_network.py").note()


LASTING = {
    "connecting": (4, "connection closed"),
    "authenticating": (4, "connection closed"),
    # Without a proof all is compared.
    "the proof's question": (0, "done"),
    "a statement": (1, "connection"),
    "COPY": (1, "connection"),
    # The transaction is looked up, and has been committed.
    "COMMIT": (0, "done"),
}
"""The exit code if each connection loses the answer, and a word of the reason."""


@pytest.mark.parametrize("point", LASTING if LONG else ["authenticating", "a statement"])
@pytest.mark.parametrize("kind", LOST if LONG else [Kind.CUT], ids=str)
def test_lost_each_time(
    through: Callable[..., tuple[Database, Result, Proxy]], copies: Copies, kind: Kind, point: str
) -> None:
    """The run ends after three attempts, or when it has waited long enough, and says why; or it gets by without."""
    database, done, _ = through(Fault(kind, Way.ANSWER, POINTS[point], lasting=True), "--wait-timeout", "3s")
    code, reason = LASTING[point]
    assert done.exit_code == code, str(done)
    said = [event["error"]["message"] for event in done.all("seeder.finished", outcome="failed")]
    assert all(reason in each for each in said or [done.event("run.finished")["reason"]]), str(done)
    copies.check(database, done, completed=code == 0)
    fault = f"{kind.name.lower()} of each connection with the answer of {point}"
    held = f"exit code {code} and why; the next run completes" if code else "completes"
    Figure("The network", fault, 1, held, "tests/faults/test_network.py").note()


def test_lost_anywhere(through: Callable[..., tuple[Database, Result, Proxy]], copies: Copies) -> None:
    """At a random byte, either way."""
    count, seed = times(2, 40), new_seed()
    sys.stdout.write(f"seed {seed}\n")
    database, done, proxy = through(Fault(Kind.SINGLE_BYTES, Way.QUESTION))
    copies.check(database, done, completed=True)
    drawn = random.Random(seed)
    for number in range(count):
        kind, way = drawn.choice(LOST), drawn.choice(list(Way))
        fault = Fault(kind, way, after=drawn.randrange(proxy.bytes[way] * 95 // 100))
        sys.stdout.write(f"{number} {fault}\n")
        database, done, _ = through(fault)
        copies.check(database, done, completed=True)
    said = "cut or reset at a random byte, either way"
    Figure("The network", said, count, "completes by a retry", "tests/faults/test_network.py", seed).note()

"""Seed files that something went wrong with: each is its own seeder's failure, told with its place, or is seeded.

In process a folder of each is read, which is quick. Through the front door many are seeded in one run, twice.
"""

from __future__ import annotations

import collections
import contextlib
import gzip
import os
import random
import resource
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from seeder.config.settings import OPTIONS, Settings
from seeder.errors import SeederError, UsageError
from seeder.masking import forget_secrets
from seeder.postgres.url import parse
from seeder.seed_files import DataSeeder, discover
from seeder.seed_files.raw_csv import NotRaw, raw_csv
from tests.faults.figures import Figure, new_seed, times
from tests.faults.mutations import (
    BESIDE,
    ENVIRON,
    FILES,
    HISTORY,
    SET,
    TABLE,
    Mutated,
    mutate,
    mutated,
)
from tests.integration.commandline import ROOT
from tests.integration.footprint import footprint

if TYPE_CHECKING:
    from pathlib import Path

    from seeder.seed_files import Seeder
    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database

pytestmark = [pytest.mark.newest_server, pytest.mark.timeout(1800)]

TEST = "tests/faults/test_mutated_files.py"
SECONDS = 20.0
"""CPU time that one file may take. The slowest one takes a second."""
MEMORY = 512 << 10
"""KiB by which the process may grow over all of the files. It grows by a tenth."""

OF_THE_FILE = ("gzip", "there are no rows", "not valid Python", "nested too deeply", "can't be read")
"""Words of messages that are about a file as a whole, and name no line."""

GOOD = b"id,name\n1,good\n"


def say(text: str) -> None:
    """For whoever reads the output of a test that failed, or of a long one."""
    sys.stdout.write(f"{text}\n")


def drawing() -> tuple[random.Random, int]:
    """A source of randomness, and its seed, which a failure shows."""
    seed = new_seed()
    say(f"SEEDER_TEST_SEED={seed}")
    return random.Random(seed), seed


def write_parts(folder: Path) -> None:
    for name, content in BESIDE.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def files_of(draw: random.Random, end: str) -> dict[str, Mutated]:
    """A mutated file of a kind by its name, and what it needs beside it."""
    if end == ".history.ndjson":
        content, done = mutate(draw, HISTORY)
        return {
            "t.history.ndjson": Mutated(end, content, done),
            "t.yaml": Mutated(".yaml", FILES[".yaml"], ()),
        }
    return {f"t{end.replace('.fields', '')}": mutated(draw, end)}


def outcome(seeder: Seeder) -> str:
    """Read all that there is of a seeder: whether it is refused, which says where."""
    error = seeder.error
    if error is None and isinstance(seeder, DataSeeder):
        try:
            for row in seeder.rows():
                row.at(row.columns[-1])
            seeder.secret_columns()
            seeder.digest()
            collections.deque(seeder.history.rows() if seeder.history else (), maxlen=0)
        except SeederError as refused:
            error = refused
        # The other way to read a CSV file may leave to PostgreSQL what this one refuses.
        with contextlib.suppress(SeederError, NotRaw):
            if raw := raw_csv(seeder):
                collections.deque(raw.blocks(), maxlen=0)
    if error is None:
        return "accepted"
    assert error.position is not None
    if not any(words in error.message for words in OF_THE_FILE):
        assert error.position.line is not None, error
    # A name in it may be half a pair of surrogates, which every output escapes.
    str(error).encode(errors="backslashreplace")
    return "refused"


def test_in_process(tmp_path: Path) -> None:
    draw, seed = drawing()
    write_parts(tmp_path)
    (tmp_path / "good.csv").write_bytes(GOOD)
    ends = [*FILES, ".history.ndjson"]
    outcomes: collections.Counter[str] = collections.Counter()
    slowest, before = 0.0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began_all = time.process_time()
    many = times(600, 20_000)
    for number in range(many):
        end = ends[number % len(ends)]
        files = files_of(draw, end)
        for name, file in files.items():
            (tmp_path / name).write_bytes(file.content)
        began = time.process_time()
        try:
            found = {each.name: each for each in discover([str(tmp_path)], allow_code=True, environ=ENVIRON)}
            assert sorted(found) == ["good", "t"]
            said = outcome(found["t"])
            assert outcome(found["good"]) == "accepted"
        except BaseException:
            say(f"file {number} of kind {end}: {[each.done for each in files.values()]}")
            raise
        taken = time.process_time() - began
        assert taken < SECONDS, f"file {number} of kind {end} took {taken:.0f} s"
        slowest = max(slowest, taken)
        outcomes[f"{end} {said}"] += 1
        for name in files:
            (tmp_path / name).unlink()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < MEMORY
    say(str(dict(sorted(outcomes.items()))))
    say(
        f"{time.process_time() - began_all:.0f} s of CPU, the slowest file {slowest:.2f} s, {grown >> 10} MiB"
    )
    Figure(
        "Input",
        f"mutated seed files of {len(ends)} kinds, read in process",
        many,
        "each accepted, or refused with its place, and the file beside it read; no exception; "
        f"at most {slowest:.1f} s of CPU and {grown >> 10} MiB for any",
        TEST,
        seed,
    ).note()


def test_sets(tmp_path: Path) -> None:
    """A mutated `_seeds.yaml` is accepted, or is a usage error with its place."""
    draw, seed = drawing()
    (tmp_path / "good.csv").write_bytes(GOOD)
    many = times(60, 2000)
    for _ in range(many):
        content, done = mutate(draw, SET)
        (tmp_path / "_seeds.yaml").write_bytes(content)
        refused = None
        try:
            discover([str(tmp_path)], allow_code=False, environ={})
        except UsageError as error:
            refused = error
        if refused:
            assert refused.position is not None, done
            assert refused.position.line is not None, (done, str(refused))
    Figure("Input", "mutated `_seeds.yaml`", many, "accepted, or refused with its place", TEST, seed).note()


VALUES = (
    *(
        "1.2.3-rc.1+build",
        "v2.0.0",
        "42",
        "2026-01-31T12:00:00+01:00",
        "90s",
        "1.5m",
        "500ms",
        "0",
        "25%",
        "lenient",
    ),
    *(
        "true",
        "off",
        "json",
        "seeder",
        "shop",
        "table:public.t",
        "alembic:head,django:app.0001",
        "a:b:c",
        "keep",
    ),
    *(
        "postgresql+asyncpg://u:p%40@h1:5432,h2/d?sslmode=require&host=a:1&host=b:2",
        "host=h user='u' password=p",
    ),
    *("postgres://[::1]:5432/d", "service=s"),
)


def test_options() -> None:
    """A mutated value of an option, by its variable, is taken or is a usage error."""
    draw, seed = drawing()
    many = times(2000, 40_000)
    refused = 0
    for _ in range(many):
        option = draw.choice(OPTIONS)
        content, _done = mutate(draw, draw.choice(VALUES).encode())
        # No variable can hold a NUL, nor a megabyte.
        value = content.replace(b"\0", b"")[:100_000].decode(errors="surrogateescape")
        try:
            settings = Settings.load({}, {option.variable: value})
            if settings.database_url is not None:
                parse(settings.database_url.read(), {})
        except UsageError as error:
            refused += 1
            str(error).encode(errors="backslashreplace")
        forget_secrets()
    say(f"{refused} of {many} were refused")
    Figure("Input", "mutated values of options", many, "taken, or a usage error", TEST, seed).note()


def random_name(draw: random.Random) -> str:
    parts = [
        "a",
        "..",
        ".",
        "/",
        "\n",
        "\u202e",
        "é",
        " ",
        "A",
        "%",
        "-",
        "_",
        "\udc80",
        "x" * 60,
        "$",
        "\t",
        "'",
    ]
    return "".join(draw.choices(parts, k=draw.randint(1, 4))).replace("/", "")


def test_names_and_what_is_no_file(tmp_path: Path) -> None:
    """Names that no seeder can have, and things with the name of a seed file that are none."""
    draw, seed = drawing()
    many = times(100, 2000)
    for number in range(many):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "good.csv").write_bytes(GOOD)
        for _ in range(3):
            path = (
                folder
                / f"{random_name(draw)}{draw.choice([*FILES, '.YAML', '.csv.GZ', '.history.ndjson', ''])}"
            )
            with contextlib.suppress(FileExistsError, IsADirectoryError):
                match draw.randrange(6):
                    case 0:
                        os.mkfifo(path)
                    case 1:
                        path.mkdir()
                    case 2:
                        path.symlink_to(
                            draw.choice(["nowhere", "/etc/hostname", "..", path.name, "good.csv"])
                        )
                    case 3:
                        with (
                            socket.socket(socket.AF_UNIX) as listening,
                            contextlib.suppress(OSError, UnicodeError),
                        ):
                            listening.bind(str(path))
                    case _:
                        path.write_bytes(b"rows: []\n")
        try:
            found = discover([str(folder)], allow_code=True, environ={})
        except UsageError as error:
            str(error).encode(errors="backslashreplace")
        else:
            good = next(each for each in found if each.name == "good")
            assert outcome(good) == "accepted"
    Figure(
        "Input",
        "folders with odd names, FIFOs, sockets and links",
        many,
        "read, or a usage error",
        TEST,
        seed,
    ).note()


KINDS_OF_FILE = ("fifo", "socket", "folder", "dangling", "circle", "out")


@pytest.mark.parametrize("kind", KINDS_OF_FILE)
def test_not_a_regular_file(
    seeder: CommandLine, database: Database, seeds: SeedFolder, tmp_path: Path, kind: str
) -> None:
    """Nothing waits for a FIFO's writer: not as a seed file, nor by `!file`, nor where a variable names it."""
    database.execute("CREATE TABLE good (id int PRIMARY KEY, name text); CREATE TABLE t (LIKE good)")
    (tmp_path / "outside.txt").write_text("outside")

    def make(name: str) -> Path:
        path = seeds.path / name
        match kind:
            case "fifo":
                os.mkfifo(path)
            case "socket":
                with socket.socket(socket.AF_UNIX) as listening:
                    # A socket's path is short.
                    short = f"/proc/self/fd/{os.open(seeds.path, os.O_RDONLY)}"
                    listening.bind(f"{short}/{name}")
            case "folder":
                path.mkdir()
            case "dangling":
                path.symlink_to("nowhere")
            case "circle":
                path.symlink_to(path.name)
            case "out":
                path.symlink_to(tmp_path / "outside.txt")
        return path

    make("part")
    make("named.csv")
    if kind == "out":
        # Two links to one file are one file.
        (tmp_path / "outside.csv").write_text("outside")
        (seeds.path / "named.csv").unlink()
        (seeds.path / "named.csv").symlink_to(tmp_path / "outside.csv")
    seeds.write("good.csv", GOOD)
    seeds.write("part_of.yaml", "table: t\nkey: [id]\nrows: [{id: 1, name: !file part}]\n")
    seeds.write("told.yaml", "table: t\nkey: [id]\nrows: [{id: 2, name: !env WORD}]\n")
    done = seeder("--all", "--path", seeds, env={"WORD_FILE": str(seeds.path / "part")}, timeout=30)
    assert done.exit_code == 1
    assert "traceback" not in f"{done}".lower()
    assert done.finished("good")["inserted"] == 1
    assert done.finished("part_of")["error"]["message"]
    if kind == "out":
        # A variable may name any file, and a link named like a seed file is followed.
        assert done.finished("told")["inserted"] == 1
        assert done.finished("named")["outcome"] == "failed"
    else:
        assert "can't be read" in done.finished("told")["error"]["message"]
        assert not done.all("seeder.finished", seeder="named")


@pytest.mark.parametrize("variable", ["DATABASE_URL_FILE", "PGPASSWORD_FILE"])
def test_credentials_in_a_fifo(
    seeder_command: CommandLine, seeds: SeedFolder, tmp_path: Path, variable: str
) -> None:
    os.mkfifo(tmp_path / "fifo")
    seeds.write("good.csv", GOOD)
    done = seeder_command(
        "--all", "--path", seeds, env={variable: str(tmp_path / "fifo"), "PGHOST": "127.0.0.1"}, timeout=30
    )
    assert done.exit_code == 2
    assert "it is not a regular file" in f"{done}"


LARGE = {
    "!file": ("t.yaml", b"rows: [{id: 1, name: !file large}]\n"),
    "ddl": ("t.yaml", b"ddl: !file large\nrows: []\n"),
    "YAML": ("t.yaml", None),
    "JSON": ("t.json", None),
    "SQL": ("t.sql", None),
    "Python": ("t.py", None),
}


@pytest.mark.parametrize("name", LARGE)
def test_too_large_to_be_read_whole(tmp_path: Path, name: str) -> None:
    """It is refused before it is read: the memory of the process has no room for it."""
    file, content = LARGE[name]
    with (tmp_path / ("large" if content else file)).open("wb") as large:
        large.truncate((64 << 20) + 1)
    if content:
        (tmp_path / file).write_bytes(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (found,) = discover([str(tmp_path)], allow_code=True, environ={})
    error = found.error
    if error is None:
        assert isinstance(found, DataSeeder)
        (row,) = found.rows()
        with pytest.raises(SeederError) as caught:
            row.values[1].read_text()  # type: ignore[union-attr] # it is a FileContent
        error = caught.value
    assert "it is larger than 64 MiB" in error.message
    assert error.position is not None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 << 10


def test_a_bomb_of_many_rows(tmp_path: Path) -> None:
    """100 MB of rows in 100 kB of gzip are read one by one, in a process that has no room for them together."""
    rows = b"".join(b'{"id": %d, "name": "%b"}\n' % (number, b"x" * 10_000) for number in range(100))
    with gzip.open(tmp_path / "t.ndjson.gz", "wb", 1) as packed:
        for _ in range(100):
            packed.write(rows)
    program = (
        "import resource, sys; from seeder.seed_files import discover\n"
        "(found,) = discover([sys.argv[1]], allow_code=False, environ={})\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(sum(1 for _ in found.rows()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    count, grown = map(int, done.stdout.split())
    assert count == 10_000
    assert grown < 32 << 10


def test_the_files_as_they_are(seeder: CommandLine, database: Database, seeds: SeedFolder) -> None:
    """Before something goes wrong with them, all are seeded: otherwise the mutations would show little."""
    database.execute(
        "CREATE TABLE parents (id int PRIMARY KEY, name text); INSERT INTO parents VALUES (50, 'five')"
    )
    write_parts(seeds.path)
    ends = [end for end in FILES if end != ".py"]
    for number, end in enumerate(ends):
        database.execute(TABLE.format(f"t{number}"))
        content = FILES[end].replace(b"{stem}", f"t{number}".encode())
        seeds.write(f"t{number}{end.replace('.fields', '')}", content)
    seeds.write("t0.history.ndjson", HISTORY)
    done = seeder("--all", "--allow-code", "--path", seeds, env=dict(ENVIRON))
    assert done.exit_code == 0, f"{done}"
    assert done.event("run.finished")["succeeded"] == len(ends)


def test_through_the_front_door(seeder: CommandLine, database: Database, seeds: SeedFolder) -> None:
    """Many in one folder: each that fails says where, the others are seeded, and a second run writes nothing."""
    draw, seed = drawing()
    rounds, many = times(1, 12), times(40, 150)
    # Scripts write at each run, and mutated Python is never run.
    ends = [end for end in FILES if end not in (".sql", ".py")]
    outcomes: collections.Counter[str] = collections.Counter()
    database.execute(
        "CREATE TABLE parents (id int PRIMARY KEY, name text); INSERT INTO parents VALUES (50, 'five')"
    )
    write_parts(seeds.path)
    for each in range(rounds):
        names = [f"t{each}_{number}" for number in range(many)]
        database.execute(";".join(TABLE.format(name) for name in [*names, f"good{each}"]))
        kinds = {}
        for old in seeds.path.iterdir():
            if old.is_file():
                old.unlink()
        seeds.write(f"good{each}.csv", GOOD)
        for name in names:
            kinds[name] = draw.choice(ends)
            file = mutated(draw, kinds[name], name)
            seeds.write(f"{name}{kinds[name].replace('.fields', '')}", file.content)
        found = discover([str(seeds.path)], allow_code=False, environ=ENVIRON)
        # A mutation may put a word into `environments`, and a run leaves out the seeders of other environments.
        elsewhere = {each.name for each in found if each.environments}
        names = [name for name in names if name not in elsewhere]
        options = ("--all", "--path", seeds, "--strictness", "lenient", "--log-level", "debug")
        first = seeder(*options, env=dict(ENVIRON), timeout=400)
        check_run(first)
        good = first.finished(f"good{each}")
        assert (good["outcome"], good["inserted"]) == ("succeeded", 1)
        for name in names:
            said = first.finished(name)
            outcomes[f"{kinds[name]} {said['outcome']}"] += 1
            if said["outcome"] == "failed":
                check_place(said)
        before = footprint(database)
        second = seeder(*options, env=dict(ENVIRON), timeout=400)
        check_run(second)
        for name in names:
            assert second.finished(name)["outcome"] == first.finished(name)["outcome"], name
        assert {name for name in names if second.finished(name).get("changed")} == set()
        after = footprint(database)
        # A seeder that fails draws numbers for its ledger entries at each run, and these are rolled back.
        assert (after.versions, after.objects) == (before.versions, before.objects)
    say(str(dict(sorted(outcomes.items()))))
    Figure(
        "Input",
        "mutated seed files, seeded twice through the front door",
        rounds * many,
        "each seeded or its seeder's failure, the others seeded, no traceback, nothing written by a second run",
        TEST,
        seed,
    ).note()


def check_run(done: object) -> None:
    assert getattr(done, "exit_code", None) == 0, f"{done}"[-3000:]
    assert "traceback" not in f"{done}".lower()
    assert "defect of seeder" not in f"{done}"


def check_place(said: dict[str, object]) -> None:
    """A failure names its file, and the line unless the file as a whole is meant."""
    error = said["error"]
    assert isinstance(error, dict), said
    assert error["message"], said

"""Large files: fifty thousand rows go through a process that never holds them; a document's are held, and small."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from tests.integration.commandline import ROOT
from tests.integration.footprint import footprint

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database

pytestmark = pytest.mark.newest_server

ROWS = 50_000
TEXT = "x" * 400
SPARE = 12 * 2**20
"""Bytes: less than two thirds of what the rows take, and several times what the reader's blocks do."""

# Asked of the process itself at its end: what `wait` tells of a child counts its parent's memory in.
_PEAK = """\
import atexit, os, pathlib, re

end = os._exit

def note():
    peak = re.search(r"VmHWM:\\s*(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1]
    pathlib.Path({file!r}).write_text(peak)

def note_and_end(exit_code):
    note()
    end(exit_code)

atexit.register(note)
os._exit = note_and_end
"""


@pytest.fixture
def peak(seeder: CommandLine, seeds: SeedFolder) -> Callable[..., int]:
    """Runs the seeder to success and returns the most memory that the process ever had, in bytes."""
    told = seeds.path / "peak" / "told"
    seeds.write("peak/sitecustomize.py", _PEAK.format(file=str(told)))

    def run(*arguments: str) -> int:
        done = seeder(*arguments, "--path", seeds, env={"PYTHONPATH": f"{told.parent}:{ROOT}"})
        assert done.exit_code == 0, str(done)
        return int(told.read_text()) * 1024

    return run


def csv(rows: int) -> bytes:
    return b"id,text\n" + "".join(f"{n},{n}{TEXT}\n" for n in range(rows)).encode()


def ndjson(rows: int) -> bytes:
    return "".join(f'{{"id": {n}, "text": "{n}{TEXT}"}}\n' for n in range(rows)).encode()


@pytest.mark.parametrize(
    ("suffix", "content"),
    [("csv", csv), ("csv.gz", lambda rows: gzip.compress(csv(rows), 1)), ("ndjson", ndjson)],
)
def test_memory_does_not_grow_with_the_file(
    database: Database,
    seeds: SeedFolder,
    peak: Callable[..., int],
    suffix: str,
    content: Callable[[int], bytes],
) -> None:
    database.execute(
        "CREATE TABLE small (id int PRIMARY KEY, text text); CREATE TABLE large (LIKE small INCLUDING ALL)"
    )
    # Both are more than what is compared as one parameter, so that both go the same way.
    seeds.write(f"small.{suffix}", content(2500))
    seeds.write(f"large.{suffix}", content(ROWS))
    small = peak("--small")
    large = peak("--large")
    assert database.scalar("SELECT count(*) FROM large") == ROWS
    assert large - small < SPARE
    assert peak("--large") - small < SPARE


def test_memory_of_a_large_document(database: Database, seeds: SeedFolder, peak: Callable[..., int]) -> None:
    database.execute(
        "CREATE TABLE items (id int PRIMARY KEY, a text, b text, c text, d text, e text, f text, g jsonb)"
    )
    rows = "".join(
        f"- {{id: {n}, a: a, b: b {n}, c: 'c {n}', d: {n}.25, e: 2024-01-01, f: yes, g: {{colour: red, size: {n}}}}}\n"
        for n in range(20_000)
    )
    seeds.write("items.yaml", f"rows:\n{rows}")
    assert peak("--items") < 100 * 2**20


def test_a_second_run_writes_nothing(database: Database, seeder: CommandLine, seeds: SeedFolder) -> None:
    database.execute("CREATE TABLE large (id int PRIMARY KEY, text text)")
    seeds.write("large.csv", csv(ROWS))
    assert seeder("--all", "--path", seeds).finished("large")["inserted"] == ROWS
    before = footprint(database)
    finished = seeder("--all", "--path", seeds).finished("large")
    assert (finished["inserted"], finished["updated"], finished["unchanged"]) == (0, 0, ROWS)
    after = footprint(database)
    assert after.versions == before.versions
    assert after.written == before.written
    assert after.sequences == before.sequences


def test_one_changed_row_of_many_is_one_row_version(
    database: Database, seeder: CommandLine, seeds: SeedFolder
) -> None:
    database.execute("CREATE TABLE many (id int PRIMARY KEY, text text)")
    many = csv(5000)
    seeds.write("many.csv", many)
    assert seeder("--all", "--path", seeds).exit_code == 0
    before = footprint(database)
    seeds.write("many.csv", many.replace(b"\n4321,4321x", b"\n4321,changed"))
    finished = seeder("--all", "--path", seeds).finished("many")
    assert (finished["inserted"], finished["updated"], finished["unchanged"]) == (0, 1, 4999)
    after = footprint(database)
    assert len(after.versions["public.many"] - before.versions["public.many"]) == 1
    assert after.written["public.many"] == (5000, 1, 0)

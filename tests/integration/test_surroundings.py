"""What a process may find around it: closed streams, files that are no files of rows, a server set to read-only."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.integration.commandline import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database

pytestmark = pytest.mark.newest_server

LINES = b'{"id": 1}\n' * 1000
PACKED = gzip.compress(LINES)
DEEP = b"[" * 600 + b"NaN" + b"]" * 600


@pytest.fixture
def trees(database: Database, seeds: SeedFolder) -> SeedFolder:
    database.execute("CREATE TABLE trees (code text PRIMARY KEY)")
    seeds.write("trees.yaml", "rows: [{code: a}, {code: b}]\n")
    return seeds


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
@pytest.mark.parametrize(
    ("arguments", "code"), [("--version", 0), ("--all", 0), ("list", 0), ("--nope", 2)], ids=str
)
def test_closed_streams(
    database: Database, trees: SeedFolder, closed: str, arguments: str, code: int
) -> None:
    """What nobody can read is not written, least of all into a connection that got the stream's number."""
    command = f"{sys.executable} -m seeder {arguments} {closed}"
    environment = {**os.environ, "DATABASE_URL": database.url, "SEED_PATH": str(trees.path)}
    done = subprocess.run(
        ["sh", "-c", command], cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == code
    assert b"Traceback" not in done.stderr
    assert database.rows("SELECT count(*) FROM trees") == [(2 if arguments == "--all" else 0,)]


BROKEN = {
    "cut short": ("t.ndjson.gz", PACKED[:30]),
    "a wrong checksum": ("t.ndjson.gz", PACKED[:-8] + b"\0" * 4 + PACKED[-4:]),
    "not gzip": ("t.ndjson.gz", b"\xff"),
    "a NUL after !file": ("t.yaml", b"key: [id]\nrows: !file a\0b.csv\n"),
    "NaN, deep inside": ("t.ndjson", b'{"id": ' + DEEP + b"}\n"),
    "NaN, deep inside a document": ("t.json", b'{"rows": [{"id": ' + DEEP + b"}]}"),
    "too deep": ("t.json", b'{"rows": [{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]}"),
    "too deep in YAML": ("t.yaml", b"rows: [{id: " + b"[" * 10_000 + b"]" * 10_000 + b"}]"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file(seeder: CommandLine, database: Database, trees: SeedFolder, name: str) -> None:
    """It is its seeder's failure, and the others run."""
    database.execute("CREATE TABLE t (id int PRIMARY KEY)")
    file, content = BROKEN[name]
    (trees.path / file).write_bytes(content)
    done = seeder("--all", "--path", trees)
    assert done.exit_code == 1
    assert done.finished("t")["error"]["type"] == "SeedFileError"
    assert done.finished("t")["file"].endswith(file)
    assert done.finished("trees")["inserted"] == 2
    assert "traceback" not in done.stdout


def test_a_database_that_is_read_only_by_default(
    seeder: CommandLine, database: Database, trees: SeedFolder
) -> None:
    database.execute(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    trees.write("more.sql", "INSERT INTO trees VALUES ('c') ON CONFLICT DO NOTHING")
    for _ in range(2):
        assert seeder("--all", "--path", trees, "--allow-code").exit_code == 0
    assert database.rows("SELECT count(*) FROM trees") == [(3,)]


@pytest.mark.parametrize("option", ["connect_timeout=abc", "keepalives_idle=abc", "sslmode=abc"])
def test_an_invalid_parameter(
    seeder: CommandLine, database: Database, trees: SeedFolder, option: str
) -> None:
    done = seeder("--all", "--path", trees, env={"DATABASE_URL": f"{database.url}?{option}"})
    assert done.exit_code == 2
    assert "a connection parameter has a wrong value" in done.event("run.finished")["reason"]


def test_an_address_that_comes_late(
    seeder_command: CommandLine, database: Database, trees: SeedFolder, tmp_path: Path
) -> None:
    """A sidecar writes the file with it, in two steps."""
    file = tmp_path / "url"
    run = seeder_command.start("--all", "--path", trees, env={"DATABASE_URL_FILE": str(file)})
    waiting = run.wait_for("database.waiting")
    assert waiting["error"] == f'DATABASE_URL_FILE: the file "{file}" does not exist'
    file.touch()
    run.wait_for("database.waiting", error=f'DATABASE_URL_FILE: the file "{file}" is empty')
    file.write_text(database.url)
    assert run.wait().exit_code == 0
    assert database.rows("SELECT count(*) FROM trees") == [(2,)]


def test_an_address_that_never_comes(seeder_command: CommandLine, trees: SeedFolder, tmp_path: Path) -> None:
    file = tmp_path / "url"
    done = seeder_command(
        "--all", "--path", trees, "--wait-timeout", "1s", env={"DATABASE_URL_FILE": str(file)}
    )
    assert done.exit_code == 4
    assert str(file) in done.event("run.finished")["reason"]

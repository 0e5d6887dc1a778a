"""What a terminal shows of a run, and what a pipe and a report do not."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

import pytest

from seeder.reporting.output import columns
from tests.integration.commandline import ROOT
from tests.integration.terminal import Shown, on_terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database

pytestmark = pytest.mark.newest_server

WIDTH = 60
STYLE = re.compile(r"\x1b\[[0-9;]*m")
MOVES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


@pytest.fixture
def terminal(database: Database, tmp_path: Path, seeds: SeedFolder) -> Callable[..., Shown]:
    database.execute("CREATE TABLE notes (name text PRIMARY KEY, stars int CHECK (stars > 0), text text)")
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error",
        "DATABASE_URL": database.url,
        "TERM": "xterm-256color",
    }

    def run(*arguments: str, **more: str) -> Shown:
        command = [sys.executable, "-m", "seeder", *arguments, "--path", str(seeds.path)]
        return on_terminal(command, folder=tmp_path, environment=environment | more, columns=WIDTH)

    return run


def test_a_refused_cell_is_quoted_on_a_terminal_and_nowhere_else(
    terminal: Callable[..., Shown], seeder: CommandLine, seeds: SeedFolder, tmp_path: Path
) -> None:
    seeds.write("notes.yaml", "rows:\n- {name: a, stars: 1, text: fine}\n- {name: b, stars: many}\n")
    seeds.write("more.yaml", "table: notes\nrows: []\n")
    shown = terminal("--all", "--report", str(tmp_path / "report.json"))
    assert shown.exit_code == 1
    assert STYLE.search(shown.text)
    text = MOVES.sub("", shown.text)
    lines = text.splitlines()
    assert all(columns(line) <= WIDTH for line in lines), text
    assert any(line.startswith("✓ more") for line in lines)
    place = lines.index("   3 | - {name: b, stars: many}")
    assert lines[place + 1] == "     | " + " " * 19 + "^"
    assert f"{seeds.path}/notes.yaml:3:20:" in text.replace("\n", "").replace(" ", "")
    assert lines[-1].endswith("tolerate that")
    assert "stars: many" not in (tmp_path / "report.json").read_text()
    piped = seeder("--all", "--path", seeds, "--log-format", "console")
    assert "stars: many" not in piped.stdout
    assert "\x1b" not in piped.stdout
    for quiet in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert not STYLE.search(terminal("--all", **quiet).text)
    logged = terminal("--all", "--log-format", "json").text
    assert "stars: many" not in logged
    assert all(line.startswith("{") for line in logged.splitlines())


def test_of_many_rows_a_terminal_gets_the_sum_and_a_pipe_all(
    terminal: Callable[..., Shown], seeder: CommandLine, seeds: SeedFolder
) -> None:
    seeds.write("notes.csv", "name,stars\n" + "".join(f"n{number},1\n" for number in range(51)))
    asked = ("--all", "--dry-run", "--diff")
    shown = MOVES.sub("", terminal(*asked).text)
    assert "name=n7" not in shown
    assert shown.endswith("\n51 to add\n")
    piped = seeder(*asked, "--path", seeds, "--log-format", "console").stdout
    assert piped.count("(added)") == 51
    assert piped.count("notes (notes)") == 1
    assert piped.endswith("\n51 to add\n")


def test_retired_rows_belong_to_what_changes(
    database: Database, terminal: Callable[..., Shown], seeds: SeedFolder
) -> None:
    seeds.write("notes.yaml", "retired_rows: delete\nrows: [{name: a, stars: 1}, {name: b, stars: 1}]\n")
    assert terminal("--all").exit_code == 0
    seeds.write("notes.yaml", "retired_rows: delete\nrows: [{name: a, stars: 2}]\n")
    text = MOVES.sub("", terminal("--all", "--diff").text)
    assert "  ~ name=a  (changed)\n      ~ stars  1 → 2\n  - name=b  (deleted)\n" in text
    assert text.endswith("\n1 changed, 1 deleted\n")

"""`docs/adopt-a-database.md`: its commands are run in their order, and print what the page shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.commandline import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.postgres import Database

PAGE = (ROOT / "docs" / "adopt-a-database.md").read_text(encoding="utf-8")
SECTIONS = [section for section in re.split(r"^## ", PAGE, flags=re.MULTILINE) if "```console" in section]
TABLES = "SELECT * FROM {} ORDER BY 1"

# Times are others at each run, and so is the width of a column that holds one.
VARYING = [
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?", "TIME"),
    (r"\d+\.\d\d$", "SECONDS"),
    (r" in \d+\.\d\d s;", " in SECONDS s;"),
    (r" +", " "),
]


def blocks(section: str) -> Iterator[tuple[str, str, str | None]]:
    """The blocks of a section: kind, text, and the file that it is, which its first line or the text before names."""
    before = 0
    for block in re.finditer(r"^```(\w+)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL):
        named = re.match(r"# (\S+/\S+)\n", block[2]) or re.search(
            r"`(\S+/\S+)`[^`]*\Z", section[before : block.start()]
        )
        yield block[1], block[2], named[1] if named else None
        before = block.end()


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block, and what it prints."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def shown(output: str) -> list[str]:
    for pattern, stands_for in VARYING:
        output = re.sub(pattern, stands_for, output, flags=re.MULTILINE)
    return [line.rstrip() for line in output.strip().splitlines()]


@pytest.mark.newest_server
@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.partition("\n")[0])
def test_the_commands_print_what_the_page_shows(section: str, database: Database, tmp_path: Path) -> None:
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": database.url,
        "SEED_PATH": "seeds",
        "SEED_LOG_LEVEL": "warning",
        "SEED_LOG_FORMAT": "console",
    }

    def run(command: str) -> str:
        done = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr

    for kind, text, file in blocks(section):
        if kind == "sql":
            database.execute(text)
        elif kind == "console":
            for command, output in commands(text):
                assert shown(run(command)) == shown(output), command
        elif file is not None:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text(text, encoding="utf-8")

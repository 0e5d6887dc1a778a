"""Pages whose commands are run in their order, on a terminal: they print what the page shows."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.commandline import ROOT
from tests.integration.terminal import on_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.postgres import Database

PAGES = ("adopt-a-database.md", "export.md", "reports.md", "tutorial.md", "environments.md")


def titled(page: str) -> dict[str, str]:
    """The parts of a page in which commands are run, by title. What comes after `###` goes on with the same tables."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return {
        f"{page}-{section.partition(chr(10))[0]}": section
        for section in re.split(r"^## (?=\w)", text, flags=re.MULTILINE)
        if "```console" in section
    }


SECTIONS = {title: section for page in PAGES for title, section in titled(page).items()}
TABLES = "SELECT * FROM {} ORDER BY 1"

# Times and the database are others at each run, and so is the width of a column that holds one.
VARYING = [
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?", "TIME"),
    (r"\d+\.\d\d s\b", "SECONDS s"),
    (r"\b(into|Into `)\s*\S+\s+on\s+[^\s`]+", r"\1 DATABASE"),
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
@pytest.mark.parametrize("section", SECTIONS.values(), ids=SECTIONS)
def test_the_commands_print_what_the_page_shows(section: str, database: Database, tmp_path: Path) -> None:
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": database.url,
        "SEED_PATH": "seeds",
        "TERM": "dumb",
    }

    def run(command: str) -> str:
        return on_terminal(["sh", "-c", command], folder=tmp_path, environment=environment).text

    for kind, text, file in blocks(section):
        if kind == "sql":
            database.execute(text)
        elif kind == "console":
            for command, output in commands(text):
                assert shown(run(command)) == shown(output), command
        elif file is not None:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text(text, encoding="utf-8")

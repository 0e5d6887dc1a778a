"""Pages whose commands are run in their order, on a terminal: they print what the page shows.

Each part of a page (`##`) begins with an empty database and an empty folder. What it takes for granted is in a page of
the same form in `before/`: its first part comes before every part of the page, another one before that of its title.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.blocks import PAGES, ROOT, blocks, parts
from tests.integration.postgres import HOST, SUPERUSER
from tests.integration.terminal import Shown, on_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.blocks import Block
    from tests.integration.postgres import Database

BEFORE = Path(__file__).parent / "before"


def titled(page: Path) -> dict[str, list[Block]]:
    """The blocks of each part of a page that has commands, with those that come before it."""
    name = str(page.relative_to(ROOT))
    before = parts(BEFORE / name) if (BEFORE / name).exists() else {}
    played = {title: list(blocks(name, part)) for title, part in parts(page).items()}
    return {
        f"{name}-{title}": [
            block
            for each in dict.fromkeys(["", title])
            for block in blocks(f"before/{name}", before.get(each, ""))
        ]
        + part
        for title, part in played.items()
        if any(block.is_played for block in part)
    }


PARTS = {title: part for page in PAGES for title, part in titled(page).items()}

# Times and the database are others at each run, and so is the width of a column that holds one.
VARYING = [
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00)?", "TIME"),
    (r"\d+\.\d\d s\b", "SECONDS s"),
    (r"\b(into|Into `)\s*\S+\s+on\s+[^\s`]+", r"\1 DATABASE"),
    (r"-{3,}", "---"),
    (r" +", " "),
]


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block, and what it prints."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def shown(output: str) -> list[str]:
    for pattern, stands_for in VARYING:
        output = re.sub(pattern, stands_for, output, flags=re.MULTILINE)
    return [line.rstrip() for line in output.strip().splitlines()]


@pytest.fixture(autouse=True)
def roles(database: Database) -> Iterator[None]:
    """Roles are the server's: those that a page makes go before its database does."""
    query = "SELECT rolname FROM pg_roles"
    before = database.rows(query)
    yield
    for (name,) in set(database.rows(query)) - set(before):
        database.execute(f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}")


@pytest.mark.newest_server
@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_the_commands_print_what_the_page_shows(
    part: list[Block], database: Database, tmp_path: Path
) -> None:
    server = database.server
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{server.binaries}:{os.environ.get('PATH', os.defpath)}",
        "PYTHONPATH": f"{ROOT}:{tmp_path}",
        "DATABASE_URL": database.url,
        "PGHOST": HOST,
        "PGPORT": str(server.port),
        "PGUSER": SUPERUSER,
        "PGDATABASE": database.name,
        "PGTZ": "UTC",
        "SEED_PATH": "seeds",
        "TERM": "dumb",
    }

    def run(*command: str) -> Shown:
        return on_terminal(["sh", *command], folder=tmp_path, environment=environment)

    for block in part:
        if block.kind == "console":
            for command, output in commands(block.text):
                printed = run("-c", command).text
                assert shown(printed) == shown(output), f"$ {command}\n{printed}"
        elif block.is_played:
            done = run("-ec", block.text)
            assert done.exit_code == 0, block.text + done.text
        elif block.file is not None:
            (tmp_path / block.file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
        elif block.kind == "sql":
            database.execute(block.text)

"""What docs/architecture.md and docs/decisions say of the code is there, and every room is on the page."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
ARCHITECTURE = DOCS / "architecture.md"
PAGES = [ARCHITECTURE, *sorted((DOCS / "decisions").glob("*.md"))]

_TABLE = re.compile(r"\| room \| holds \|\n\| --- \| --- \|\n((?:\|.*\n)+)")
_PICTURE = re.compile(r"```mermaid\n(.*?)```", re.DOTALL)
_PATH = re.compile(r"`((?:[\w.-]+/)*[\w.*-]+\.(?:py|sql|md|toml)|(?:tests|seeder)/[\w/]+|merge/sql)/?`")


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def rooms_by_row() -> list[set[str]]:
    """The rooms of the page's table, as its rows have them."""
    table = _TABLE.search(text(ARCHITECTURE))
    assert table is not None, "the table of rooms is missing"
    return [set(re.findall(r"`(\w+)`", row.split("|")[1])) for row in table[1].splitlines()]


def test_the_rooms_are_those_of_the_import_contract_in_its_order() -> None:
    settings = tomllib.loads(text(ROOT / "pyproject.toml"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["containers"] == ["seeder"])
    assert rooms_by_row() == [set(layer.split(" | ")) for layer in layers]


def test_every_room_is_on_the_page_and_in_the_picture() -> None:
    package = ROOT / "seeder"
    folders = {each.name for each in package.iterdir() if each.is_dir() and each.name != "__pycache__"}
    modules = {each.stem for each in package.glob("*.py")} - {"__init__"}
    data = {"builtin", "schemas", "starter"}
    assert set.union(*rooms_by_row()) | data == folders | modules
    assert all(f"`{folder}`" in text(ARCHITECTURE) for folder in data)
    picture = _PICTURE.search(text(ARCHITECTURE))
    assert picture is not None, "the picture is missing"
    drawn = set(re.findall(r'\["([^"]+)"\]', picture[1]))
    assert set.union(*rooms_by_row()) <= drawn


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    folders = [ROOT, ROOT / "seeder", ROOT / "seeder" / "merge" / "sql", page.parent]
    named = set(_PATH.findall(text(page))) - {"psycopg.sql"}
    assert named or page.parent.name == "decisions"
    assert not [name for name in named if not any(list(folder.glob(name)) for folder in folders)]


def test_every_decision_is_in_the_index() -> None:
    index = DOCS / "decisions" / "README.md"
    listed = re.findall(r"^\| \[([\w-]+\.md)\]\(\1\) \|", text(index), re.MULTILINE)
    assert sorted(listed) == [page.name for page in PAGES if page not in {ARCHITECTURE, index}]

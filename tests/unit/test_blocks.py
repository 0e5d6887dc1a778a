"""No command and no Python of the documentation goes untested."""

from __future__ import annotations

from tests.blocks import COMMANDS, ELSEWHERE, ROOT, all_blocks

BLOCKS = list(all_blocks())
OTHERS = {"csv", "dockerfile", "ini", "javascript", "json", "mermaid", "ruby", "sql", "text", "toml", "yaml"}


def test_every_fence_is_found_and_is_of_a_kind_that_we_know() -> None:
    assert {block.kind for block in BLOCKS} <= {*COMMANDS, "python", *OTHERS}


def test_every_block_is_run_in_one_place() -> None:
    """Commands are played on their page, if not elsewhere. So is Python in a file that a command of its page runs."""
    assert [block for block in BLOCKS if len(block.elsewhere) > 1] == []
    python = [block for block in BLOCKS if block.kind == "python" and not block.elsewhere]
    played = {block.page for block in BLOCKS if block.is_played}
    assert [block for block in python if block.file is None or block.page not in played] == []


def test_every_console_begins_with_a_command() -> None:
    console = [block for block in BLOCKS if block.kind == "console"]
    assert [block for block in console if not block.text.startswith("$ ")] == []


def test_every_line_of_the_table_is_of_a_block() -> None:
    lines = [(page, words) for page, lines in ELSEWHERE.items() for words in lines]
    texts = {page: [block.text for block in BLOCKS if block.page == page] for page in ELSEWHERE}
    assert [line for line in lines if not any(line[1] in text for text in texts[line[0]])] == []


def test_every_test_that_the_table_names_is_there() -> None:
    named = {where.split()[0] for lines in ELSEWHERE.values() for where in lines.values()}
    assert [each for each in named if each.startswith("tests/") and not (ROOT / each).is_file()] == []

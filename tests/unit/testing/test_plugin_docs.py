"""docs/testing.md names what the plugin has, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from seeder import pytest_plugin

TEXT = (Path(__file__).parents[3] / "docs" / "testing.md").read_text(encoding="utf-8")
NAME = r"\bseede[rd]_[a-z_]+\b"


def test_every_fixture_and_option_is_documented(request: pytest.FixtureRequest) -> None:
    fixtures = {name for name in vars(pytest_plugin) if re.fullmatch(NAME, name)}
    options = {"seeder_path", "seeder_environment", "seeder_allow_code"}
    assert all(request.config.getini(option) is not None for option in options)
    # `seeder_test_…` is how the databases are called.
    assert set(re.findall(NAME, TEXT)) - {"seeder_test_"} == fixtures | options


@pytest.mark.parametrize("option", ["--seeder-path", "--seeder-environment"])
def test_every_command_line_option_is_documented(request: pytest.FixtureRequest, option: str) -> None:
    assert not request.config.getoption(option)
    assert f"`{option}`" in TEXT


def test_the_examples_are_python() -> None:
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) > 4
    for block in blocks:
        compile(block, "testing.md", "exec")

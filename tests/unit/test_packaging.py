"""The distribution has a name that is ours: in a registry `seeder` is a stranger's package."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import seeder
from tests.git import tracked

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "fastapi-app"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_distribution_is_pg_seeder_and_the_command_has_both_names() -> None:
    distribution = metadata.distribution("pg-seeder")
    assert distribution.version == seeder.__version__ == PROJECT["version"]
    commands = {
        entry.name: entry.value for entry in distribution.entry_points.select(group="console_scripts")
    }
    assert commands == {"seeder": "seeder.__main__:main", "pg-seeder": "seeder.__main__:main"}


@pytest.mark.parametrize("command", ["seeder", "pg-seeder"])
def test_a_command_runs_under_either_name(command: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name(command), "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"seeder {seeder.__version__}\n"


def test_the_example_application_takes_seeder_from_this_checkout() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "metadata", "dependencies"],
        cwd=EXAMPLE,
        capture_output=True,
        text=True,
        check=True,
    )
    [asked] = [each for each in json.loads(done.stdout) if "seeder" in each]
    assert asked == f"pg-seeder[fastapi] @ {ROOT.as_uri()}"


def test_nobody_is_told_to_install_a_strangers_package() -> None:
    """`seeder[extra]`, or an installer that is given `seeder`, would fetch it."""
    extra = re.compile(r"(?<![\w-])seeder\[")
    installed = re.compile(
        r"\b(?:pip install|pipx (?:run|install)|uvx|uv (?:add|pip install))\b[^\n`]*?(?<![\w/.-])seeder\b"
    )
    wrong = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in tracked(
            "*.md", "*.toml", "*.txt", "*.yaml", "*.yml", "*.sh", "*Dockerfile", "seeder/*.py", "scripts/*"
        )
        for pattern in (extra, installed)
        for found in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []
    assert re.search(
        r"^\s+# via pg-seeder \(pyproject", (ROOT / "requirements/runtime.txt").read_text(), re.MULTILINE
    )

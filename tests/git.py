"""The files of the repository, as the program git lists them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def need_git() -> None:
    """Skip a test that needs git on a machine that has none; in CI, fail it."""
    if shutil.which("git") is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("this machine has no git")


def tracked(*patterns: str) -> list[Path]:
    """The files of these names in the repository, new ones included."""
    need_git()
    list_files = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"]
    done = subprocess.run([*list_files, *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in done.stdout.splitlines()]

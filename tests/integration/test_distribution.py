"""The wheel and the sdist, as pipx and uvx install them: into an environment of their own, with nothing else in it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.integration.commandline import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.postgres import Database

pytestmark = [pytest.mark.newest_server, pytest.mark.xdist_group("distribution")]


def run(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist of this checkout, and the wheel that was made from the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    (sdist,) = folder.glob("pg_seeder-*.tar.gz")
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", folder, sdist)
    return folder


@pytest.fixture(scope="session")
def installed(built: Path) -> Callable[[str], Path]:
    """The commands of the wheel, installed into an environment of its own."""
    environment = built / "environment"
    run(sys.executable, "-m", "venv", environment)
    pip: list[str | Path] = [environment / "bin" / "python", "-m", "pip", "install", "--quiet"]
    run(*pip, "--require-hashes", "--requirement", ROOT / "requirements" / "runtime.txt")
    (wheel,) = built.glob("*.whl")
    run(*pip, "--no-deps", wheel)
    return lambda name: environment / "bin" / name


def test_the_wheel_of_the_sdist_is_that_of_the_checkout(built: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, cwd=ROOT)
    (direct,), (through,) = tmp_path.glob("*.whl"), built.glob("*.whl")
    assert direct.name == through.name
    with zipfile.ZipFile(direct) as one, zipfile.ZipFile(through) as other:
        assert {name: one.read(name) for name in one.namelist()} == {
            name: other.read(name) for name in other.namelist()
        }
        assert not [name for name in one.namelist() if not name.startswith(("seeder/", "pg_seeder-"))]


@pytest.mark.parametrize("command", ["seeder", "pg-seeder"])
def test_its_commands_seed_a_database(
    installed: Callable[[str], Path], database: Database, tmp_path: Path, command: str
) -> None:
    """By both names: uvx and pipx run the one that is called like the distribution."""
    run(installed(command), "--all", "--database-url", database.url, cwd=tmp_path)
    assert database.scalar("SELECT count(*) > 10 FROM tools") is True
    assert "tools" in run(installed(command), "list", cwd=tmp_path)


def test_what_only_some_need_is_not_installed(installed: Callable[[str], Path]) -> None:
    listed = run(installed("python"), "-m", "pip", "list", "--format", "freeze").casefold()
    assert "pg-seeder" in listed
    for extra in ("fastapi", "rich", "embedded", "pytest"):
        assert f"\n{extra}" not in f"\n{listed}", extra

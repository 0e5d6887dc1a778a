"""What is in the image, and what is not."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.container.images import ROOT
from tests.container.runs import Run

if TYPE_CHECKING:
    from collections.abc import Callable

    import docker

MEGABYTE = 1_000_000


def lint(tool: str, *args: str | Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name(tool), *args], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def inside(image: str) -> Callable[..., str]:
    """Runs a command of the image's own and gives what it prints."""

    def run(*command: str) -> str:
        with Run(image, *command[1:], entrypoint=[command[0]], user="0") as running:
            finished = running.finish()
        assert finished.exit_code == 0, finished.output
        return finished.output

    return run


def test_hadolint_finds_nothing() -> None:
    lint("hadolint", *(path for path in ROOT.rglob("Dockerfile") if ".venv" not in path.parts))


def test_shellcheck_finds_nothing() -> None:
    scripts = [path for path in ROOT.rglob("*.sh") if ".venv" not in path.parts]
    assert ROOT / "entrypoint.sh" in scripts
    lint("shellcheck", *scripts)


def test_no_instruction_is_in_shell_form() -> None:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    commands = re.findall(r"^(?:RUN|CMD|ENTRYPOINT)\s+(?:--\S+\s+)*(.*)$", text, re.MULTILINE)
    assert len(commands) >= 3
    assert all(isinstance(json.loads(command), list) for command in commands)


def test_it_runs_as_a_number_that_is_not_root(engine: docker.DockerClient, image: str) -> None:
    config = engine.images.get(image).attrs["Config"]
    assert config["User"] == "65532:65532"
    assert config["StopSignal"] == "SIGTERM"
    assert config["Entrypoint"] == ["/usr/local/bin/entrypoint.sh"]
    assert config["Cmd"] == ["--all"]


def test_it_says_what_it_is(engine: docker.DockerClient, image: str, base_image: str) -> None:
    labels = engine.images.get(image).labels
    prefix = "org.opencontainers.image."
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert labels[prefix + "version"] == project["version"]
    assert labels[prefix + "licenses"] == project["license"]
    assert labels[prefix + "base.name"] == base_image
    assert {prefix + "source", prefix + "revision"} <= labels.keys()


def test_it_is_small(engine: docker.DockerClient, image: str, base_image: str) -> None:
    added = engine.images.get(image).attrs["Size"] - engine.images.get(base_image).attrs["Size"]
    assert added < 60 * MEGABYTE


def test_no_tool_that_built_it_is_left(inside: Callable[..., str]) -> None:
    for command in ("pip", "pip3", "gcc", "cc", "make", "hatchling"):
        assert inside("sh", "-c", f"command -v {command} || echo none").strip() == "none"
    for python in ("python", "$(readlink -f /opt/seeder/bin/python)"):
        for module in ("pip", "hatchling", "ensurepip"):
            output = inside("sh", "-c", f"{python} -c 'import {module}' 2>&1 || true")
            assert f"No module named '{module}'" in output
    assert inside("sh", "-c", "ls -d /build /root/.cache /run/secrets/* 2>/dev/null || true").strip() == ""


def test_every_module_is_compiled(inside: Callable[..., str]) -> None:
    """Nobody can write bytecode later: what is not compiled is compiled anew at each start."""
    script = """
import importlib.util, pathlib
for path in pathlib.Path('/opt/seeder/lib').rglob('*.py'):
    if not pathlib.Path(importlib.util.cache_from_source(path)).exists():
        print(path)
"""
    assert inside("python", "-c", script) == ""
    loaded = inside(
        "python",
        "-c",
        "import os, sys, seeder.cli, sqlalchemy.dialects.postgresql.psycopg, tenacity, yaml\n"
        "print([m for m, v in sys.modules.items()"
        " if (c := getattr(v, '__cached__', None)) and not os.path.exists(c)])",
    )
    assert loaded.strip() == "[]"


def test_nothing_of_the_build_machine_is_in_its_history(engine: docker.DockerClient, image: str) -> None:
    history = json.dumps(engine.images.get(image).history())
    assert "http" not in history
    assert "BEGIN CERTIFICATE" not in history

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

from tests.container import images
from tests.container.images import ROOT
from tests.container.runs import Run
from tests.git import tracked

if TYPE_CHECKING:
    from collections.abc import Callable

    import docker

MEGABYTE = 1_000_000


def lint(tool: str, *args: str | Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name(tool), *args], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def output_of(image: str, *command: str) -> str:
    """What a command of the image's own prints."""
    with Run(image, *command[1:], entrypoint=[command[0]], user="0") as running:
        finished = running.finish()
    assert finished.exit_code == 0, finished.output
    return finished.output


@pytest.fixture(scope="module")
def inside(image: str) -> Callable[..., str]:
    """Runs a command of the image's own and gives what it prints."""
    return lambda *command: output_of(image, *command)


def test_hadolint_finds_nothing() -> None:
    lint("hadolint", *tracked("*Dockerfile"))


def test_shellcheck_finds_nothing() -> None:
    scripts = tracked("*.sh")
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


def test_it_has_no_seeds_folder_of_its_own(inside: Callable[..., str]) -> None:
    """If there is one, somebody put it there, and meant it."""
    assert inside("sh", "-c", "ls -d /seeds 2>/dev/null || echo none").strip() == "none"


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


def uncompiled(inside: Callable[..., str]) -> list[str]:
    """Modules that a run would have to compile, from the seeder, its libraries and the standard library."""
    script = """
import importlib.util, json, pathlib, sys
import seeder.cli.command, seeder.run.runner, sqlalchemy.dialects.postgresql.psycopg, tenacity, yaml
files = [(f, importlib.util.cache_from_source(f)) for f in pathlib.Path('/opt/seeder/lib').rglob('*.py')]
specs = [m.__spec__ for m in sys.modules.values() if getattr(m, '__spec__', None)]
files += [(spec.origin, spec.cached) for spec in specs if spec.cached]
print(json.dumps([str(f) for f, cached in files if not pathlib.Path(cached).exists()]))
"""
    return list(json.loads(inside("python", "-c", script)))


def test_every_module_is_compiled(inside: Callable[..., str]) -> None:
    """Nobody can write bytecode later: what is not compiled is compiled anew at each start."""
    assert uncompiled(inside) == []


def test_a_base_without_ensurepip_and_bytecode_will_do(
    engine: docker.DockerClient, base_image: str, tmp_path: Path
) -> None:
    script = (
        "import ensurepip, os, pathlib, shutil\n"
        "shutil.rmtree(os.path.dirname(ensurepip.__file__))\n"
        "[shutil.rmtree(f) for f in list(pathlib.Path(os.__file__).parent.rglob('__pycache__'))]"
    )
    run = json.dumps(["python3", "-B", "-c", script])
    (tmp_path / "Dockerfile").write_text(f"FROM {base_image}\nRUN {run}\n")
    engine.images.build(path=str(tmp_path), tag="seeder-test/bare", rm=True)
    image = images.build(engine, base="seeder-test/bare", tag="seeder-test/on-bare")
    assert uncompiled(lambda *command: output_of(image, *command)) == []
    assert "prompt_templates" in output_of(image, "seeder", "list")


def test_the_bill_of_materials_lists_what_is_in_it(image: str, inside: Callable[..., str]) -> None:
    done = subprocess.run([ROOT / "scripts/sbom.sh", image], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    bill = json.loads(done.stdout)
    assert bill["bomFormat"] == "CycloneDX"
    listed = {component["purl"].partition("@")[0] for component in bill["components"]}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {re.match(r"[\w-]+", requirement)[0] for requirement in project["dependencies"]}  # type: ignore[index]
    assert {f"pkg:pypi/{name}" for name in needed | {"pg-seeder"}} <= listed
    assert "pkg:deb/debian/libc6" in listed
    assert not any("/pip" in purl for purl in listed)


def test_nothing_of_the_build_machine_is_in_its_history(engine: docker.DockerClient, image: str) -> None:
    history = json.dumps(engine.images.get(image).history())
    assert "http" not in history
    assert "BEGIN CERTIFICATE" not in history

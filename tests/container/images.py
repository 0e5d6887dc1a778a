"""The engine, and which images the tests use: the one place where that is chosen."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

# The image that cleans up after killed test runs is in no registry that CI reaches. Read on import.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

import docker
import docker.errors

ROOT = Path(__file__).parents[2]

SEEDER = "seeder-test/seeder"
"""The image under test, built from this checkout."""

_OFFICIAL = {"python": "python:3.13-slim-bookworm", "postgres": "postgres:17-alpine"}


def unavailable(reason: str) -> None:
    """End a test that lacks what it needs: skipped on somebody's laptop, failed in CI."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def connect() -> docker.DockerClient:
    """The running engine's client."""
    if shutil.which("docker") is None:
        unavailable("docker is missing; scripts/container-engine.sh installs it")
    done = subprocess.run(["docker", "version"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        unavailable(
            f"no Docker engine answers; scripts/container-engine.sh starts one ({done.stderr.strip()})"
        )
    return docker.from_env()


def choose(client: docker.DockerClient, kind: str) -> str:
    """The official image, here or in a registry; else the one that scripts/container-engine.sh makes."""
    official, home_made = _OFFICIAL[kind], f"seeder-test/{kind}"
    for image in (official, home_made):
        try:
            client.images.get(image)
        except docker.errors.ImageNotFound:
            continue
        return image
    try:
        client.images.pull(official)
    except docker.errors.DockerException as error:
        unavailable(f"no {kind} image; scripts/container-engine.sh makes one ({error})")
    return official


@cache
def build(client: docker.DockerClient, *, base: str | None = None, tag: str = SEEDER) -> str:
    """Build the image from this checkout as `make image` does."""
    done = subprocess.run(
        [ROOT / "scripts/build-image.sh", tag],
        env=os.environ | {"PYTHON_IMAGE": base or choose(client, "python")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return tag

"""Real Pods from Kubernetes manifests, played by podman, which needs no cluster."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.container.images import unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    import docker

CONFIGURATION = Path(__file__).with_name("containers.conf")


class Podman:
    """The podman of this machine, and a network on it."""

    def __init__(self) -> None:
        if shutil.which("podman") is None:
            unavailable("podman is missing; scripts/container-engine.sh installs it")
        self.network = f"seeder-test-{os.getpid()}"

    def run(self, *args: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["podman", *args],
            env=os.environ | {"CONTAINERS_CONF": str(CONFIGURATION)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0 or not check, done.stderr
        return done

    def load(self, client: docker.DockerClient, image: str, name: str) -> str:
        """Take an image over from the Docker engine, unless it is here already; gives its name here."""
        found = client.images.get(image)
        identity = str(found.id).removeprefix("sha256:")
        if self.run("image", "exists", identity, check=False).returncode != 0:
            with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
                for part in found.save():
                    archive.write(part)
                archive.flush()
                self.run("load", "--quiet", "--input", archive.name)
        self.run("tag", identity, f"localhost/seeder-test/{name}:here")
        return f"localhost/seeder-test/{name}"

    def container(self, name: str) -> dict[str, Any]:
        """What podman knows of a container."""
        (found,) = json.loads(self.run("container", "inspect", name).stdout)
        return dict(found)

    def logs(self, name: str) -> str:
        done = self.run("logs", name)
        return done.stdout + done.stderr

    def secret(self, name: str, **data: str) -> None:
        """Make a Secret, in the form in which podman before 4.4 can read one: its `data` alone."""
        encoded: dict[str, Any] = {k: base64.b64encode(v.encode()).decode() for k, v in data.items()}
        version = self.run("version", "--format", "{{.Client.Version}}").stdout
        if tuple(int(part) for part in version.split(".")[:2]) >= (4, 4):
            encoded = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": encoded}
        with tempfile.NamedTemporaryFile("w") as file:
            json.dump(encoded, file)
            file.flush()
            self.run("secret", "rm", name, check=False)
            self.run("secret", "create", name, file.name)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, f"still waiting for {what}"
            time.sleep(0.2)

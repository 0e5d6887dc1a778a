"""k8s/examples/deployment as real Pods: first the seeder, then the application, or neither."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.container import images
from tests.kubernetes.manifests import K8S, render
from tests.kubernetes.pods import Podman

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PASSWORD = "correct-horse-battery"
POD = "shop-pod-0"
INIT, APPLICATION = f"{POD}-seeder", f"{POD}-shop"


@pytest.fixture(scope="module")
def podman() -> Iterator[Podman]:
    podman = Podman()
    podman.run("network", "create", podman.network)
    yield podman
    podman.run("network", "rm", "--force", podman.network)


@pytest.fixture(scope="module")
def images_here(podman: Podman) -> dict[str, str]:
    """The example's two images: the one under test, and as the application one that has psql."""
    client = images.connect()
    names = {"seeder": images.build(client), "shop": images.choose(client, "postgres")}
    return {role: podman.load(client, name, role) for role, name in names.items()}


@pytest.fixture
def database(podman: Podman, images_here: dict[str, str]) -> Iterator[str]:
    """The name of a container that runs an empty database."""
    name = f"seeder-test-postgres-{os.getpid()}"
    podman.run(
        *("run", "--detach", "--rm", "--name", name, "--network", podman.network),
        *("--env", f"POSTGRES_PASSWORD={PASSWORD}", f"{images_here['shop']}:here"),
    )
    yield name
    podman.run("rm", "--force", "--volumes", name)


@pytest.fixture
def play(
    podman: Podman, images_here: dict[str, str], database: str, tmp_path: Path
) -> Iterator[Callable[[str], dict[str, Any]]]:
    """Plays the example with a password; gives the termination message that its init container left."""
    message = tmp_path / "termination-log"
    message.touch()
    message.chmod(0o666)
    manifest = tmp_path / "manifest.yaml"

    def begin(password: str) -> dict[str, Any]:
        (address,) = (
            network["IPAddress"]
            for network in podman.container(database)["NetworkSettings"]["Networks"].values()
        )
        podman.secret("shop-database", url=f"postgresql://postgres:{password}@database:5432/postgres")
        manifest.write_text(render(adapted(tmp_path, images_here, address, message)))
        done = podman.run("kube", "play", "--network", podman.network, str(manifest), check=False)
        assert message.read_text(), done.stderr
        return dict(json.loads(message.read_text()))

    yield begin
    podman.run("pod", "rm", "--force", "--ignore", POD)
    podman.run("secret", "rm", "shop-database", check=False)


def adapted(folder: Path, names: dict[str, str], address: str, message: Path) -> Path:
    """The example, changed in what a kubelet and a cluster's name server would add, and in its application."""
    pod = "/spec/template/spec"
    patch = [
        # podman gives the Pod's restart policy to its init containers too, which then run for ever.
        {"op": "add", "path": f"{pod}/restartPolicy", "value": "Never"},
        {"op": "add", "path": f"{pod}/hostAliases", "value": [{"ip": address, "hostnames": ["database"]}]},
        {
            "op": "add",
            "path": f"{pod}/volumes",
            "value": [{"name": "message", "hostPath": {"path": str(message), "type": "File"}}],
        },
        {
            "op": "add",
            "path": f"{pod}/initContainers/0/volumeMounts",
            "value": [{"name": "message", "mountPath": "/dev/termination-log"}],
        },
        {
            "op": "add",
            "path": f"{pod}/containers/0/command",
            "value": ["sh", "-c", "psql -Atc 'select count(*) from tools' \"$DATABASE_URL\"; exec sleep 600"],
        },
        *(
            {"op": "remove", "path": f"{pod}/containers/0/{field}"}
            for field in ("ports", "livenessProbe", "readinessProbe")
        ),
    ]
    (folder / "kustomization.yaml").write_text(
        yaml.safe_dump(
            {
                "resources": [os.path.relpath(K8S / "examples/deployment", folder.resolve())],
                "images": [{"name": role, "newName": name, "newTag": "here"} for role, name in names.items()],
                "patches": [{"target": {"kind": "Deployment"}, "patch": json.dumps(patch)}],
            }
        )
    )
    return folder


def test_the_application_starts_after_the_seeds_are_in(
    podman: Podman, database: str, play: Callable[[str], dict[str, Any]]
) -> None:
    message = play(PASSWORD)
    assert message["status"] == "succeeded", message
    assert message["changed"] > 0
    podman.until(lambda: bool(podman.logs(APPLICATION)), "the application")
    rows = podman.run(
        *("exec", database, "psql", "-Atc", "select count(*) from tools"),
        f"postgresql://postgres:{PASSWORD}@127.0.0.1/postgres",
    ).stdout
    assert int(rows) > 0
    assert podman.logs(APPLICATION) == rows
    assert podman.container(APPLICATION)["State"]["Status"] == "running"


def test_with_a_wrong_password_the_application_never_starts_and_the_status_says_why(
    podman: Podman, play: Callable[[str], dict[str, Any]]
) -> None:
    message = play("wrong")
    assert message["status"] == "failed"
    assert message["exit_code"] == 3
    assert "password authentication failed" in message["reason"]
    assert podman.container(INIT)["State"]["ExitCode"] == 3
    assert podman.container(APPLICATION)["State"]["Status"] == "created"

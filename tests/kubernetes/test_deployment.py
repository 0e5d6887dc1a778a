"""k8s/examples/deployment as real Pods: first the seeder, then the application, or neither."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Replica:
    """One replica of the Deployment, and the file that its kubelet would read its status from."""

    name: str
    folder: Path

    @property
    def pod(self) -> str:
        return f"shop-{self.name}-pod-0"

    @property
    def seeder(self) -> str:
        return f"{self.pod}-seeder"

    @property
    def application(self) -> str:
        return f"{self.pod}-shop"

    @property
    def message_file(self) -> Path:
        return self.folder / "termination-log"

    @property
    def message(self) -> dict[str, Any]:
        return dict(json.loads(self.message_file.read_text()))


@pytest.fixture
def play(
    podman: Podman, images_here: dict[str, str], database: str, tmp_path: Path
) -> Iterator[Callable[..., list[Replica]]]:
    """Plays so many replicas of the example at once, with a password, until their init containers have ended."""
    played: list[Replica] = []

    def begin(replica: Replica, address: str, names: dict[str, str]) -> None:
        replica.folder.mkdir()
        replica.message_file.touch()
        replica.message_file.chmod(0o666)
        manifest = replica.folder / "manifest.yaml"
        manifest.write_text(render(adapted(replica, names, address)))
        done = podman.run("kube", "play", "--network", podman.network, str(manifest), check=False)
        assert replica.message_file.read_text(), done.stderr

    def begin_all(password: str, *, replicas: int, **others: str) -> list[Replica]:
        """`others` are images that take the place of the example's, by their names there."""
        networks = podman.container(database)["NetworkSettings"]["Networks"]
        podman.secret("shop-database", url=f"postgresql://postgres:{password}@database:5432/postgres")
        begun = [
            Replica(f"{number}", tmp_path / f"{number}")
            for number in range(len(played), len(played) + replicas)
        ]
        played.extend(begun)
        address, names = networks[podman.network]["IPAddress"], {**images_here, **others}
        with ThreadPoolExecutor(replicas) as pool:
            list(pool.map(begin, begun, [address] * replicas, [names] * replicas))
        return begun

    yield begin_all
    podman.run("pod", "rm", "--force", "--ignore", "--time", "0", *(replica.pod for replica in played))
    podman.run("secret", "rm", "shop-database", check=False)


def adapted(replica: Replica, names: dict[str, str], address: str) -> Path:
    """The example, changed in what a kubelet and a cluster's name server would add, and in its application."""
    pod = "/spec/template/spec"
    patch = [
        # Replicas that podman plays start one after the other; ours are to start at once.
        {"op": "replace", "path": "/spec/replicas", "value": 1},
        # podman gives the Pod's restart policy to its init containers too, which then run for ever.
        {"op": "add", "path": f"{pod}/restartPolicy", "value": "Never"},
        {"op": "add", "path": f"{pod}/hostAliases", "value": [{"ip": address, "hostnames": ["database"]}]},
        {
            "op": "add",
            "path": f"{pod}/volumes",
            "value": [{"name": "message", "hostPath": {"path": str(replica.message_file), "type": "File"}}],
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
    kustomization = {
        "resources": [os.path.relpath(K8S / "examples/deployment", replica.folder.resolve())],
        "nameSuffix": f"-{replica.name}",
        "images": [{"name": role, "newName": name, "newTag": "here"} for role, name in names.items()],
        "patches": [{"target": {"kind": "Deployment"}, "patch": json.dumps(patch)}],
    }
    (replica.folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    return replica.folder


def count(podman: Podman, database: str, table: str) -> int:
    url = f"postgresql://postgres:{PASSWORD}@127.0.0.1/postgres"
    return int(podman.run("exec", database, "psql", "-Atc", f"select count(*) from {table}", url).stdout)


def test_every_replica_starts_after_the_seeds_are_in(
    podman: Podman, database: str, play: Callable[..., list[Replica]]
) -> None:
    replicas = play(PASSWORD, replicas=3)
    assert [replica.message["status"] for replica in replicas] == ["succeeded"] * 3
    tables = ("model_configs", "prompt_templates", "schemas", "tools")
    rows = {table: count(podman, database, table) for table in tables}
    assert sum(replica.message["changed"] for replica in replicas) == sum(rows.values()) > 0
    for replica in replicas:
        podman.until(lambda: bool(podman.logs(replica.application)), "the application")  # noqa: B023
        assert int(podman.logs(replica.application)) == rows["tools"]
        assert podman.container(replica.application)["State"]["Status"] == "running"


def test_with_a_wrong_password_the_application_never_starts_and_the_status_says_why(
    podman: Podman, play: Callable[..., list[Replica]]
) -> None:
    (replica,) = play("wrong", replicas=1)
    assert replica.message["status"] == "failed"
    assert replica.message["exit_code"] == 3
    assert "authentication failed" in replica.message["reason"]
    assert podman.container(replica.seeder)["State"]["ExitCode"] == 3
    assert podman.container(replica.application)["State"]["Status"] == "created"


VERSIONS = {
    "1.0.0": "rows:\n  - {name: pen, price: 1}\n  - {name: ink, price: 1}\n",
    "2.0.0": "rows:\n  - {name: pen, price: 2}\n  - {name: cap, price: 2}\n",
}


@pytest.fixture
def versions(podman: Podman, images_here: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """An image for each version of an application's seeds, made as docs/container.md says."""
    client = images.connect()
    made: dict[str, str] = {}
    for version, rows in VERSIONS.items():
        folder = tmp_path / version
        (folder / "seeds").mkdir(parents=True)
        (folder / "seeds" / "goods.yaml").write_text(f"key: [name]\nretired_rows: delete\n{rows}")
        (folder / "Dockerfile").write_text(
            f"FROM {images.SEEDER}\nCOPY seeds/ /seeds/\nARG RELEASE\n"
            "ENV SEED_APPLICATION=shop SEED_RELEASE=$RELEASE\n"
        )
        tag = f"{images.SEEDER}-{version}"
        client.images.build(path=str(folder), tag=tag, buildargs={"RELEASE": version}, rm=True)
        made[version] = podman.load(client, tag, f"seeder-{version}")
    return made


@pytest.mark.timeout(600)  # five Pods, one after the other
def test_old_and_new_pods_restart_in_turn_and_the_table_stays_new(
    podman: Podman, database: str, play: Callable[..., list[Replica]], versions: dict[str, str]
) -> None:
    url = f"postgresql://postgres:{PASSWORD}@127.0.0.1/postgres"

    def sql(text: str) -> str:
        return podman.run("exec", database, "psql", "-Atc", text, url).stdout.strip()

    def goods() -> str:
        return sql("select string_agg(name || price, ' ' order by name) from goods")

    podman.until(
        lambda: podman.run("exec", database, "psql", "-Atc", "select 1", url, check=False).returncode == 0,
        "it",
    )
    sql("create table goods (name text primary key, price int); create table tools ()")
    (replica,) = play(PASSWORD, replicas=1, seeder=versions["1.0.0"])
    assert replica.message["changed"] == 2
    assert goods() == "ink1 pen1"
    for number, version in enumerate(["2.0.0", "1.0.0", "2.0.0", "1.0.0"]):
        (replica,) = play(PASSWORD, replicas=1, seeder=versions[version])
        assert goods() == "cap2 pen2"
        assert replica.message["exit_code"] == 0
        assert replica.message["superseded"] == (1 if version == "1.0.0" else 0)
        assert replica.message["changed"] == (3 if number == 0 else 0)
        # An old one serves as well as a new one.
        assert podman.container(replica.application)["State"]["Status"] == "running"

"""What `kubectl kustomize` makes of the folders in k8s/, and how to find one's way in it."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[2]
K8S = ROOT / "k8s"
COMPONENTS = sorted(path.name for path in (K8S / "components").iterdir())

Manifest = dict[str, Any]


def kubectl() -> str:
    """The kubectl beside this Python, where there is one; else the machine's."""
    beside = Path(sys.executable).with_name("kubectl")
    found = str(beside) if beside.exists() else shutil.which("kubectl")
    assert found, "kubectl is missing: install the test requirements"
    return found


@cache
def render(folder: Path) -> str:
    """The YAML that `kubectl apply -k folder` would send."""
    done = subprocess.run([kubectl(), "kustomize", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return done.stdout


def with_components(folder: Path, components: Sequence[str]) -> Path:
    """Write a kustomization into `folder` that adds `components` to the base."""
    k8s = Path(os.path.relpath(K8S, folder.resolve()))
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [str(k8s / "base")],
        "components": [str(k8s / "components" / name) for name in components],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    return folder


def pod_template(manifest: Manifest) -> Manifest | None:
    """The Pod that a Job, a CronJob or a Deployment makes."""
    spec: Manifest = manifest.get("spec", {})
    if manifest["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    template: Manifest | None = spec.get("template")
    return template


def job_spec(manifest: Manifest) -> Manifest | None:
    """What says how a Job runs, where the manifest has one."""
    if manifest["kind"] == "CronJob":
        spec: Manifest = manifest["spec"]["jobTemplate"]["spec"]
        return spec
    return manifest["spec"] if manifest["kind"] == "Job" else None


def containers(template: Manifest) -> Iterator[Manifest]:
    """All containers of a Pod, those that run first included."""
    yield from template["spec"].get("initContainers", [])
    yield from template["spec"]["containers"]


def seeder_environment(manifests: Sequence[Manifest], container: Manifest) -> dict[str, str]:
    """The variables that a container gets from its ConfigMaps and from the manifest itself."""
    data = {m["metadata"]["name"]: m["data"] for m in manifests if m["kind"] == "ConfigMap"}
    environment: dict[str, str] = {}
    for source in container.get("envFrom", []):
        environment |= data[source["configMapRef"]["name"]]
    return environment | {v["name"]: v["value"] for v in container.get("env", []) if "value" in v}


def mount_config_map(volume: Manifest, manifests: Sequence[Manifest], folder: Path) -> None:
    """Write a ConfigMap's files into `folder` as a kubelet does: in a hidden folder, with links to links to them."""
    (source,) = (m for m in manifests if m["kind"] == "ConfigMap" and m["metadata"]["name"] == volume["name"])
    contents = {key: text.encode() for key, text in source.get("data", {}).items()}
    contents |= {key: base64.b64decode(text) for key, text in source.get("binaryData", {}).items()}
    items = volume.get("items") or [{"key": key, "path": key} for key in contents]
    hidden = folder / "..2026_11_22_16_49_00.1234"
    for item in items:
        file = hidden / item["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(contents[item["key"]])
    (folder / "..data").symlink_to(hidden.name)
    for each in hidden.iterdir():
        (folder / each.name).symlink_to(f"..data/{each.name}")

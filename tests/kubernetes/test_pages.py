"""The `kubectl` commands of the documentation: kubectl is real, the API server is not."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.blocks import KUBERNETES, all_blocks
from tests.kubernetes.api_server import ApiServer
from tests.kubernetes.manifests import K8S, kubectl, with_components

BLOCKS = [block for block in all_blocks() if block.elsewhere == [KUBERNETES]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout with an overlay and a chart in it."""
    (tmp_path / "k8s").symlink_to(K8S)
    (tmp_path / "overlay").mkdir()
    with_components(tmp_path / "overlay", ["seeds"])
    (tmp_path / "chart" / "templates").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("text", [block.text for block in BLOCKS], ids=[block.page for block in BLOCKS])
def test_the_commands_do_what_they_say(text: str, folder: Path) -> None:
    # A Secret would be sent as protobuf. `test_schemas.py` validates the manifests: this server has no schema.
    text = re.sub(r"(kubectl create .*)", r"\1 --dry-run=client", text)
    text = text.replace("kubectl apply", "kubectl apply --validate=false")
    text = re.sub(r"--timeout=\S+", "--timeout=10s", text)
    with ApiServer("Complete") as server:
        server.write_configuration(folder / "config")
        path = f"{Path(kubectl()).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", "-ec", text],
            cwd=folder,
            env={**os.environ, "KUBECONFIG": str(folder / "config"), "PATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, text + done.stdout + done.stderr
    if "jsonpath='{range" in text:
        assert done.stdout.startswith("done")

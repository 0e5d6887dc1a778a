"""The documented way to wait for a Job returns if it completes or fails. kubectl is real, the API server is not."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.kubernetes.api_server import ApiServer
from tests.kubernetes.manifests import K8S, ROOT, kubectl

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGES = ["docs/kubernetes.md", "k8s/README.md", "k8s/examples/config-map/README.md"]


def commands(page: str) -> Sequence[str]:
    """The page's `kubectl wait` commands, for a Job that ends soon or not at all."""
    found = re.findall(r"^kubectl wait .*", (ROOT / page).read_text(), re.MULTILINE)
    return [re.sub(r"--timeout=\S+", "--timeout=3s", each.partition("   #")[0]) for each in found]


def waited(command: str, configuration: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(kubectl()).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "KUBECONFIG": str(configuration), "PATH": path}
    return subprocess.run(
        ["sh", "-c", command], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("conditions", "codes"),
    [
        (["SuccessCriteriaMet", "Complete"], [0, 0]),
        (["Complete"], [0, 0]),
        (["FailureTarget", "Failed"], [0, 1]),
        (["Failed"], [0, 1]),
        ([], [1, 1]),
    ],
    ids=["completes", "completes, before 1.31", "fails", "fails, before 1.31", "goes on"],
)
def test_the_first_wait_ends_with_the_job_and_the_second_tells_how(
    page: str, conditions: list[str], codes: list[int], tmp_path: Path
) -> None:
    with ApiServer(*conditions) as server:
        server.write_configuration(tmp_path / "config")
        done = [waited(command, tmp_path / "config") for command in commands(page)]
    assert [each.returncode for each in done] == codes, done


def test_no_page_waits_for_completion_alone() -> None:
    for page in [*(ROOT / "docs").rglob("*.md"), *K8S.rglob("*.md")]:
        found = re.findall(r"^kubectl wait --for=(\S+)", page.read_text(), re.MULTILINE)
        if any("condition=complete" in each for each in found):
            assert "jsonpath" in found[0], page

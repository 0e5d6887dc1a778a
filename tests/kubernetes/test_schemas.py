"""What Kubernetes' own schemas, and the linters that know them, say of the manifests."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import kubernetes_validate
import pytest

from tests.kubernetes.manifests import K8S, ROOT, render

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kubernetes.manifests import Manifest

VERSIONS = ("1.31", "1.34", "1.37")
"""The oldest that has podFailurePolicy for good, the newest, and one between."""

NOT_CHECKED = {
    "CKV_K8S_14": "a tag other than latest: overlays/development has it",
    "CKV_K8S_15": "imagePullPolicy Always: a version and a digest can't change, and an image on the node will do",
    "CKV_K8S_21": "the namespace: only an overlay knows it",
    "CKV_K8S_35": "secrets as files: the base has the simpler form, components/secret-files the other",
    "CKV_K8S_40": "a high UID: the image's own is 65532, and OpenShift wants to choose",
    "CKV_K8S_43": "the digest: only an overlay knows it",
    "CKV2_K8S_6": "a network policy: components/network-policy",
}
NOT_CHECKED_IN_PRODUCTION = {"CKV_K8S_15", "CKV_K8S_40"}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_valid_to_the_letter(manifests: list[Manifest], version: str) -> None:
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_validation_finds_a_wrong_field() -> None:
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "datum": {}},
            VERSIONS[0],
            strict=True,
        )


@pytest.mark.parametrize(
    ("folders", "skipped"),
    [
        (
            [
                "base",
                "examples/deployment",
                "examples/helm-hook",
                "overlays/development",
                "examples/config-map",
            ],
            set(NOT_CHECKED),
        ),
        (["overlays/production"], NOT_CHECKED_IN_PRODUCTION),
    ],
    ids=["elsewhere", "production"],
)
def test_checkov_finds_nothing(folders: list[str], skipped: set[str], tmp_path: Path, checkov: str) -> None:
    for number, folder in enumerate(folders):
        (tmp_path / f"{number}.yaml").write_text(render(K8S / folder))
    done = subprocess.run(
        [
            checkov,
            *("--skip-download", "--framework", "kubernetes", "--compact", "--quiet", "--output", "json"),
            *("--directory", str(tmp_path), "--skip-check", ",".join(sorted(skipped))),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    result = json.loads(done.stdout)
    failed = [
        f"{c['check_id']} {c['check_name']}: {c['resource']}" for c in result["results"]["failed_checks"]
    ]
    assert failed == []
    assert result["summary"]["passed"] > 50 * len(folders)


@pytest.fixture(scope="session")
def checkov() -> str:
    """The checkov command, from an environment of its own: it pins old libraries."""
    done = subprocess.run(
        [ROOT / "scripts/tool.sh", "checkov"], stdout=subprocess.PIPE, text=True, check=True
    )
    return f"{done.stdout.strip()}/checkov"


def test_yamllint_finds_nothing() -> None:
    subprocess.run(
        [sys.executable, "-m", "yamllint", "--strict", "--config-file", ROOT / ".yamllint.yaml", K8S],
        check=True,
    )


@pytest.mark.parametrize(
    ("schema", "file", "transform"),
    [
        ("vendor.github-workflows", "examples/github-actions/seed.yaml", []),
        ("vendor.github-workflows", "../.github/workflows/ci.yaml", []),
        ("vendor.github-issue-forms", "../.github/ISSUE_TEMPLATE/bug.yaml", []),
        ("vendor.github-issue-forms", "../.github/ISSUE_TEMPLATE/idea.yaml", []),
        ("vendor.github-issue-config", "../.github/ISSUE_TEMPLATE/config.yml", []),
        ("vendor.gitlab-ci", "examples/gitlab-ci/.gitlab-ci.yml", ["--data-transform", "gitlab-ci"]),
    ],
)
def test_the_pipelines_are_valid(schema: str, file: str, transform: list[str]) -> None:
    subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *transform, K8S / file],
        check=True,
    )


def test_the_workflow_runs_what_ci_runs() -> None:
    """Each script, and each target that `make test-all` stands for."""
    workflow = (ROOT / ".github" / "workflows" / "ci.yaml").read_text()
    run = (ROOT / ".ci" / "run").read_text().replace("make test-all", "make test-servers test-container")
    told = {
        word
        for line in re.findall(r"make ([a-z -]+)|(scripts/[a-z-]+)", run)
        for word in " ".join(line).split()
    }
    assert told == {
        "check",
        "test",
        "test-servers",
        "test-container",
        "scripts/test-tools",
        "scripts/container-engine",
    }
    assert [word for word in told if word not in workflow] == []

"""Every kustomization in k8s/, rendered."""

from __future__ import annotations

import pytest
import yaml

from tests.kubernetes.manifests import COMPONENTS, K8S, Manifest, render, with_components

FOLDERS = sorted(
    str(path.parent.relative_to(K8S))
    for path in K8S.glob("**/kustomization.yaml")
    if "components" not in path.relative_to(K8S).parts
)


def component_ids() -> list[str]:
    """Each component alone, each with the CronJob beside the Job, and all at once."""
    with_cronjob = [f"drift-check+{name}" for name in COMPONENTS if name != "drift-check"]
    return [
        *COMPONENTS,
        *with_cronjob,
        "+".join(("drift-check", *(c for c in COMPONENTS if c != "drift-check"))),
    ]


@pytest.fixture(scope="session", params=[*FOLDERS, *component_ids()])
def rendered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """One kustomization's YAML; a test that uses this runs once for each."""
    if request.param in FOLDERS:
        return render(K8S / request.param)
    return render(with_components(tmp_path_factory.mktemp("overlay"), request.param.split("+")))


@pytest.fixture
def manifests(rendered: str) -> list[Manifest]:
    """One kustomization's resources."""
    return list(yaml.safe_load_all(rendered))

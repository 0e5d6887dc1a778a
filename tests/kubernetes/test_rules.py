"""What the schemas miss: that the numbers fit each other and the code, and that nothing is lax."""

from __future__ import annotations

import re
import shlex
import tomllib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from seeder.config.settings import OPTIONS, Settings
from seeder.config.strictness import Strictness
from seeder.errors import ExitCode
from tests.kubernetes.manifests import K8S, containers, job_spec, pod_template, render, seeder_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kubernetes.manifests import Manifest

FINAL = {ExitCode.USAGE, ExitCode.REFUSED, ExitCode.WOULD_CHANGE, ExitCode.DEFECT}
RETRIED = {
    ExitCode.FAILED,
    ExitCode.NOT_READY,
    ExitCode.LOCKED,
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
}


def backoff(tries: int) -> timedelta:
    """How long Kubernetes pauses in all before the last of so many retries: 10 s, doubled each time."""
    return timedelta(seconds=sum(10 * 2**n for n in range(tries)))


def jobs(manifests: list[Manifest]) -> Iterator[Manifest]:
    return (spec for manifest in manifests if (spec := job_spec(manifest)) is not None)


def seeders(manifests: list[Manifest]) -> Iterator[dict[str, Any]]:
    templates = (template for manifest in manifests if (template := pod_template(manifest)) is not None)
    return (c for template in templates for c in containers(template) if c["name"] == "seeder")


def patience(manifests: list[Manifest], container: Manifest) -> timedelta:
    """The longest that one try can wait, for the database and then for others."""
    settings = Settings.load({}, seeder_environment(manifests, container))
    return timedelta(seconds=settings.wait_timeout + settings.lock_timeout)


def test_every_exit_code_is_either_final_or_retried() -> None:
    assert FINAL | RETRIED | {ExitCode.OK} == set(ExitCode)
    assert not FINAL & RETRIED


def test_the_documentation_says_which_codes_fail_at_once() -> None:
    text = (K8S.parent / "docs" / "kubernetes.md").read_text()
    (codes,) = re.findall(r"^\| ([\d, ]+) \|[^|]*\| fails at once \|$", text, re.MULTILINE)
    assert {int(code) for code in codes.split(",")} == FINAL


def test_a_job_fails_at_once_on_the_final_exit_codes_and_on_no_other(manifests: list[Manifest]) -> None:
    for job in jobs(manifests):
        ignore, fail = job["podFailurePolicy"]["rules"]
        assert ignore == {
            "action": "Ignore",
            "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
        }
        assert fail["action"] == "FailJob"
        assert fail["onExitCodes"]["operator"] == "In"
        assert set(fail["onExitCodes"]["values"]) == {int(code) for code in FINAL}
        assert fail["onExitCodes"]["containerName"] in {
            c["name"] for c in job["template"]["spec"]["containers"]
        }


def test_a_pod_failure_policy_comes_with_the_restart_policy_that_it_needs(manifests: list[Manifest]) -> None:
    for job in jobs(manifests):
        assert job["template"]["spec"]["restartPolicy"] == "Never"


def test_every_try_fits_into_the_jobs_deadline(manifests: list[Manifest]) -> None:
    for job in jobs(manifests):
        (container,) = job["template"]["spec"]["containers"]
        tries = job["backoffLimit"] + 1
        needed = tries * patience(manifests, container) + backoff(job["backoffLimit"])
        assert timedelta(seconds=job["activeDeadlineSeconds"]) >= needed


def test_a_finished_job_can_still_be_seen(manifests: list[Manifest]) -> None:
    for job in jobs(manifests):
        assert job["ttlSecondsAfterFinished"] >= 300


def test_a_rollout_is_not_stuck_while_a_replica_waits_its_turn(manifests: list[Manifest]) -> None:
    for manifest in manifests:
        if manifest["kind"] == "Deployment":
            (container,) = manifest["spec"]["template"]["spec"]["initContainers"]
            deadline = timedelta(seconds=manifest["spec"]["progressDeadlineSeconds"])
            assert deadline > patience(manifests, container)


def test_the_settings_are_ones_that_the_code_knows(manifests: list[Manifest]) -> None:
    known = {option.variable for option in OPTIONS}
    seen = list(seeders(manifests))
    assert seen
    for container in seen:
        environment = seeder_environment(manifests, container)
        assert {name for name in environment if name.startswith("SEED")} <= known
        Settings.load({}, environment)


def test_nothing_is_lenient(manifests: list[Manifest]) -> None:
    for container in seeders(manifests):
        environment = seeder_environment(manifests, container)
        assert Settings.load({}, environment).strictness == Strictness()
        assert not any("strictness" in argument for argument in container.get("args", []))


def test_every_pod_is_restricted(manifests: list[Manifest]) -> None:
    """Kubernetes' restricted Pod Security Standard, a read-only root, and no way to the cluster's API."""
    for template in filter(None, map(pod_template, manifests)):
        pod = template["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["securityContext"].get("runAsUser") != 0
        assert pod["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        assert all(
            volume.keys() & {"configMap", "projected", "secret", "emptyDir"}
            for volume in pod.get("volumes", [])
        )
        for container in containers(template):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
            assert {"cpu", "memory"} <= container["resources"]["limits"].keys()


def test_a_service_account_has_no_token(manifests: list[Manifest]) -> None:
    for manifest in manifests:
        if manifest["kind"] == "ServiceAccount":
            assert manifest["automountServiceAccountToken"] is False


def test_the_reason_of_a_failure_reaches_the_pods_status(manifests: list[Manifest]) -> None:
    for container in seeders(manifests):
        assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"


def test_no_secret_stands_in_a_manifest(rendered: str) -> None:
    assert not re.search(r"postgres(ql)?://", rendered)
    assert "kind: Secret\n" not in rendered


def test_what_a_manifest_names_is_there(manifests: list[Manifest]) -> None:
    """ConfigMaps and service accounts by the names they have after all patches; Secrets are the user's."""
    names = {(m["kind"], m["metadata"]["name"]) for m in manifests}
    for template in filter(None, map(pod_template, manifests)):
        account = template["spec"].get("serviceAccountName")
        assert account is None or ("ServiceAccount", account) in names
        for container in containers(template):
            for source in container.get("envFrom", []):
                assert ("ConfigMap", source["configMapRef"]["name"]) in names


def test_production_is_pinned_and_its_job_has_a_new_name_each_release() -> None:
    production = list(yaml.safe_load_all(render(K8S / "overlays/production")))
    for container in seeders(production):
        assert re.search(r"@sha256:[0-9a-f]{64}$", container["image"])
    names = {m["kind"]: m["metadata"]["name"] for m in production}
    assert re.fullmatch(r"seeder-\d+-\d+-\d+", names["Job"])
    assert names["CronJob"] == "seeder-drift-check"


@pytest.mark.parametrize("kind", ["Job", "CronJob"])
def test_secrets_can_come_as_files_alone(kind: str) -> None:
    production = yaml.safe_load_all(render(K8S / "overlays/production"))
    (template,) = (pod_template(m) for m in production if m["kind"] == kind)
    assert template is not None
    (container,) = template["spec"]["containers"]
    assert not any("valueFrom" in variable for variable in container["env"])
    (mount,) = container["volumeMounts"]
    files = [v["value"] for v in container["env"] if v["value"].startswith("/")]
    assert files
    assert all(file.startswith(mount["mountPath"] + "/") for file in files)


def test_the_drift_check_only_looks() -> None:
    production = yaml.safe_load_all(render(K8S / "overlays/production"))
    (template,) = (pod_template(m) for m in production if m["kind"] == "CronJob")
    assert template is not None
    assert template["spec"]["containers"][0]["args"] == ["--all", "--check"]


def test_the_pipelines_use_options_that_there_are() -> None:
    known = {option.flag for option in OPTIONS} | {"--all"}
    github = yaml.safe_load((K8S / "examples/github-actions/seed.yaml").read_text())
    gitlab = yaml.safe_load((K8S / "examples/gitlab-ci/.gitlab-ci.yml").read_text())
    runs = [step["run"] for step in github["jobs"]["test"]["steps"] if "SEEDER_IMAGE" in step.get("run", "")]
    commands = [run.split("$SEEDER_IMAGE")[1].lstrip('"') for run in runs] + gitlab["seed"]["script"]
    assert len(commands) == 4
    for command in commands:
        assert {word for word in shlex.split(command) if word.startswith("--")} <= known
    assert gitlab["seed"]["artifacts"]["reports"]["junit"] in gitlab["seed"]["script"][0]


@pytest.mark.parametrize(
    "folder",
    [
        path.relative_to(K8S)
        for path in sorted(K8S.rglob("*"))
        if path.is_dir()
        and path.name not in {"components", "overlays", "examples"}
        and not (path / "..").resolve().is_relative_to(K8S / "examples" / "config-map")
    ],
    ids=str,
)
def test_every_folder_says_when_to_use_it(folder: str) -> None:
    assert (K8S / folder / "README.md").read_text().strip()


def test_the_image_has_the_version_as_its_tag_and_is_pulled_only_if_the_node_lacks_it() -> None:
    """Without a tag Kubernetes always asks the registry, whatever the node has."""
    project = tomllib.loads((K8S.parent / "pyproject.toml").read_text())["project"]
    for folder in ("base", "examples/deployment", "examples/config-map", "examples/helm-hook"):
        for container in seeders(list(yaml.safe_load_all(render(K8S / folder)))):
            assert container["image"] == f"seeder:{project['version']}"
            assert container["imagePullPolicy"] == "IfNotPresent"

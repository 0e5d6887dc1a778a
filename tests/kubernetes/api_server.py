"""An API server with one Job in it, enough for `kubectl get` and `kubectl wait`: no cluster can be had in a test."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from tests.kubernetes.manifests import Manifest

_GROUP = {"groupVersion": "batch/v1", "version": "v1"}
_VERBS = ["create", "delete", "get", "list", "patch", "watch"]


def _resources(version: str, **kinds: str) -> Manifest:
    found = [
        {"name": name, "namespaced": True, "kind": kind, "verbs": _VERBS} for name, kind in kinds.items()
    ]
    return {"kind": "APIResourceList", "groupVersion": version, "resources": found}


_DISCOVERY: dict[str, Manifest] = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/api/v1": _resources(
        "v1", configmaps="ConfigMap", pods="Pod", secrets="Secret", serviceaccounts="ServiceAccount"
    ),
    "/apis": {
        "kind": "APIGroupList",
        "groups": [{"name": "batch", "versions": [_GROUP], "preferredVersion": _GROUP}],
    },
    "/apis/batch/v1": _resources("batch/v1", jobs="Job"),
}
_JOBS = "/apis/batch/v1/namespaces/default/jobs"
_PODS = "/api/v1/namespaces/default/pods"
_LISTS = {
    _JOBS: {"kind": "JobList", "apiVersion": "batch/v1", "metadata": {}},
    _PODS: {"kind": "PodList", "apiVersion": "v1", "metadata": {}},
}
_JOB = f"{_JOBS}/seeder"
_POD = f"{_PODS}/seeder-1"
_ENDED = {"name": "seeder", "state": {"terminated": {"message": "done"}}}
_ENDED_BEFORE = {"name": "seeder", "lastState": {"terminated": {"message": "done before"}}}


class ApiServer:
    """Keeps what it is sent. The Job `seeder` is there, and ends with the conditions given once somebody watches it."""

    def __init__(self, *conditions: str) -> None:
        self._conditions = conditions
        self._over = threading.Event()
        self._objects: dict[str, Manifest] = {
            _JOB: self._job(),
            _POD: {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "seeder-1", "namespace": "default"},
                "spec": {"containers": [{"name": "seeder"}]},
                "status": {"containerStatuses": [_ENDED], "initContainerStatuses": [_ENDED_BEFORE]},
            },
        }
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"cluster": self}))

    def write_configuration(self, file: Path) -> None:
        """Write what KUBECONFIG names for kubectl to come here."""
        configuration = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": "test", "cluster": {"server": f"http://127.0.0.1:{self._server.server_port}"}}
            ],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": ""}}],
            "current-context": "test",
        }
        file.write_text(yaml.safe_dump(configuration))

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def _job(self, *conditions: str) -> Manifest:
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "seeder", "namespace": "default", "uid": "1", "resourceVersion": "1"},
            "spec": {"selector": {"matchLabels": {"job-name": "seeder"}}},
            "status": {"conditions": [{"type": each, "status": "True"} for each in conditions]}
            if conditions
            else {},
        }


class _Handler(BaseHTTPRequestHandler):
    cluster: ApiServer

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if "watch=true" in query:
            self._begin(200)
            self._watch(self.cluster._objects[_JOB])
        elif path.endswith("/log"):
            self._begin(200, "text/plain")
            self.wfile.write(b"done\n")
        elif path in _DISCOVERY:
            self._answer(200, _DISCOVERY[path])
        elif path in _LISTS:
            items = [each for name, each in self.cluster._objects.items() if name.startswith(path)]
            self._answer(200, {**_LISTS[path], "items": items})
        elif path in self.cluster._objects:
            self._answer(200, self.cluster._objects[path])
        else:
            self._answer(404, {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404})

    def do_POST(self) -> None:
        path = self.path.partition("?")[0]
        sent = self._sent()
        sent["metadata"] |= {"namespace": "default", "uid": "2", "resourceVersion": "2"}
        path = f"{path}/{sent['metadata']['name']}"
        self.cluster._objects[path] = sent if path != _JOB else {**sent, **self.cluster._job()}
        self._answer(201, self.cluster._objects[path])

    def do_PATCH(self) -> None:
        self._sent()
        self._answer(200, self.cluster._objects[self.path.partition("?")[0]])

    def do_DELETE(self) -> None:
        del self.cluster._objects[self.path.partition("?")[0]]
        self._answer(200, {"kind": "Status", "status": "Success"})

    def _sent(self) -> Manifest:
        sent: Manifest = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return sent

    def _begin(self, status: int, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.end_headers()

    def _answer(self, status: int, value: Manifest) -> None:
        self._begin(status)
        self._send({"apiVersion": "v1", **value})

    def _watch(self, now: Manifest) -> None:
        self._send({"type": "ADDED", "object": now})
        # Newer versions of kubectl list by watching: this says that the list is whole.
        whole = {"k8s.io/initial-events-end": "true"}
        bookmark = {**now, "metadata": {**now["metadata"], "annotations": whole}}
        self._send({"type": "BOOKMARK", "object": bookmark})
        if self.cluster._conditions:
            self.cluster._objects[_JOB] = self.cluster._job(*self.cluster._conditions)
            self._send({"type": "MODIFIED", "object": self.cluster._objects[_JOB]})
        self.cluster._over.wait(30)

    def _send(self, value: Manifest) -> None:
        self.wfile.write(json.dumps(value).encode() + b"\n")
        self.wfile.flush()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the library's name
        pass

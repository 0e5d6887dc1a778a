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
_DISCOVERY: dict[str, Manifest] = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": []},
    "/apis": {
        "kind": "APIGroupList",
        "groups": [{"name": "batch", "versions": [_GROUP], "preferredVersion": _GROUP}],
    },
    "/apis/batch/v1": {
        "kind": "APIResourceList",
        "groupVersion": "batch/v1",
        "resources": [
            {"name": "jobs", "namespaced": True, "kind": "Job", "verbs": ["get", "list", "watch"]},
        ],
    },
}


class ApiServer:
    """Serves the Job `seeder`, which ends with the conditions given once somebody watches it."""

    def __init__(self, *conditions: str) -> None:
        self._conditions = conditions
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

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
            "status": {"conditions": [{"type": each, "status": "True"} for each in conditions]}
            if conditions
            else {},
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        jobs = self
        ended = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, _, query = self.path.partition("?")
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                now = jobs._job(*(jobs._conditions if ended.is_set() else ()))
                if "watch=true" in query:
                    self._watch(now)
                elif path.endswith("/jobs"):
                    self._send({"kind": "JobList", "apiVersion": "batch/v1", "metadata": {}, "items": [now]})
                else:
                    self._send(_DISCOVERY.get(path, now))

            def _watch(self, now: Manifest) -> None:
                self._send({"type": "ADDED", "object": now})
                # Newer versions of kubectl list by watching: this says that the list is whole.
                whole = {"k8s.io/initial-events-end": "true"}
                bookmark = {**now, "metadata": {**now["metadata"], "annotations": whole}}
                self._send({"type": "BOOKMARK", "object": bookmark})
                if jobs._conditions:
                    ended.set()
                    self._send({"type": "MODIFIED", "object": jobs._job(*jobs._conditions)})
                jobs._over.wait(30)

            def _send(self, value: Manifest) -> None:
                self.wfile.write(json.dumps(value).encode() + b"\n")
                self.wfile.flush()

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the library's name
                pass

        return Handler

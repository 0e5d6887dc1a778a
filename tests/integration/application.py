"""The example application under a real uvicorn, with as many workers as wanted."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from tests.integration.commandline import ROOT
from tests.integration.postgres import HOST, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

EXAMPLE: Final = ROOT / "examples" / "fastapi-app"

# The application itself does not say which of its processes answers.
_MODULE: Final = """\
import os

from helpdesk.main import create_app as create_helpdesk


def create_app():
    app = create_helpdesk()

    @app.middleware("http")
    async def sign(request, call_next):
        response = await call_next(request)
        response.headers["x-process"] = str(os.getpid())
        return response

    return app
"""


def example_environment(database_url: str, **variables: str) -> dict[str, str]:
    """What a process of the example needs, and nothing of this one's own settings."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": os.pathsep.join([str(EXAMPLE), str(ROOT)]),
        "DATABASE_URL": database_url,
        **variables,
    }


def migrate(database_url: str, *command: str) -> None:
    """Run Alembic in the example: `upgrade head`, or what `command` says."""
    done = subprocess.run(
        [sys.executable, "-m", "alembic", *(command or ("upgrade", "head"))],
        cwd=EXAMPLE,
        env=example_environment(database_url),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


class Application:
    """The example under uvicorn, in a process group of its own."""

    def __init__(self, folder: Path, database_url: str, *, workers: int, **variables: str) -> None:
        folder.mkdir(parents=True)
        (folder / "signed.py").write_text(_MODULE)
        self._log = folder / "log"
        self._workers = workers
        self._port = free_port()
        environment = example_environment(database_url, **variables)
        environment["PYTHONPATH"] += os.pathsep + str(folder)
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-m", "uvicorn", "signed:create_app", "--factory",
                    "--host", HOST, "--port", str(self._port), "--workers", str(workers),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=folder,
                start_new_session=True,
            )  # fmt: skip

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self._log.read_text()

    def wait_for(self, text: str, times: int = 1, timeout: float = 60) -> None:
        """Wait until `text` stands in the log so many times."""
        deadline = time.monotonic() + timeout
        while (found := self.log.count(text)) < times:
            assert self.process.poll() is None, f"ended before {text!r}\n{self.log}"
            assert time.monotonic() < deadline, f"{text!r} {found} times, not {times}\n{self.log}"
            time.sleep(0.02)

    def wait_until_it_serves(self) -> None:
        """Wait until each worker has started and the port is open: a single worker opens it after it has started."""
        self.wait_for("Application startup complete.", self._workers)
        self.wait_for("Uvicorn running on")

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any, int]:
        """The status, the JSON and the number of the process that answered, by a connection of its own."""
        connection = http.client.HTTPConnection(HOST, self._port, timeout=30)
        with contextlib.closing(connection):
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, json.loads(response.read()), int(response.headers["x-process"])

    def get(self, path: str) -> Any:
        """The JSON of an answer that must be 200."""
        status, content, _ = self.request("GET", path)
        assert status == 200, content
        return content

    def answers_of_all(self, path: str, workers: int) -> dict[int, Any]:
        """Each worker's answer, by its process number: who has answered is held up until the others have."""
        answers: dict[int, Any] = {}
        try:
            for _ in range(workers):
                status, content, process = self.request("GET", path)
                assert status == 200, content
                answers[process] = content
                os.kill(process, signal.SIGSTOP)
        finally:
            for process in answers:
                os.kill(process, signal.SIGCONT)
        return answers

    def stop(self) -> None:
        """Stop it as a service manager would, and wait until all its workers are through."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """End it and all its workers."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def applications(folder: Path) -> Iterator[Callable[..., Application]]:
    """Makes applications: `start(url, workers=4, SEED_DEBUG="true")`; all are ended afterwards."""
    started: list[Application] = []

    def start(database_url: str, *, workers: int = 1, **variables: str) -> Application:
        name = f"application-{len(started)}"
        started.append(Application(folder / name, database_url, workers=workers, **variables))
        return started[-1]

    try:
        yield start
    finally:
        for application in started:
            application.kill()

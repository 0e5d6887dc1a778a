"""The command line as a process of its own: what it is given, what it says and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from tests.integration.told_secrets import check_outputs, output_files, told_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).parents[2]

Event: TypeAlias = dict[str, Any]
StrPath: TypeAlias = "str | os.PathLike[str]"


def parse_events(text: str) -> list[Event]:
    """The JSON lines among `text`; a last line that is still being written is left out."""
    lines = text.split("\n")[:-1]
    return [json.loads(line) for line in lines if line.startswith("{")]


@dataclass(frozen=True)
class Result:
    """A finished run. `exit_code` is negative where a signal ended the process."""

    exit_code: int
    stdout: str
    stderr: str

    @cached_property
    def events(self) -> list[Event]:
        """Every JSON line of standard output, in order."""
        return parse_events(self.stdout)

    def all(self, name: str, **fields: Any) -> list[Event]:
        """The events of that name whose fields are as given."""
        return [
            event
            for event in self.events
            if event["event"] == name and all(event.get(key) == value for key, value in fields.items())
        ]

    def event(self, name: str, **fields: Any) -> Event:
        """The only event of that name with those fields."""
        found = self.all(name, **fields)
        assert len(found) == 1, f"{len(found)} events {name} {fields}\n{self}"
        return found[0]

    @cached_property
    def refusal(self) -> str:
        """Why the run was refused: as its last event says, and nobody else."""
        assert self.stderr == ""
        return str(self.event("run.finished", exit_code=2)["reason"])

    def finished(self, seeder: str) -> Event:
        """The `seeder.finished` event of that seeder."""
        return self.event("seeder.finished", seeder=seeder)

    def __str__(self) -> str:
        return f"exit code {self.exit_code}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"


class Running:
    """A run under way. What it was told in confidence may be in none of its outputs: that is checked for every test."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path) -> None:
        self._stdout = folder / "stdout"
        self._stderr = folder / "stderr"
        self._arguments = command
        self._environment = environment
        with self._stdout.open("wb") as stdout, self._stderr.open("wb") as stderr:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                env=environment,
                cwd=folder,
            )

    @property
    def events(self) -> list[Event]:
        """What it has said so far."""
        return parse_events(self._stdout.read_text())

    def wait_for(self, name: str, timeout: float = 30, **fields: Any) -> Event:
        """Wait until it says `name` with those fields."""
        deadline = time.monotonic() + timeout
        while True:
            ended = self.process.poll() is not None
            for event in self.events:
                if event["event"] == name and all(event.get(key) == value for key, value in fields.items()):
                    return event
            assert not ended, f"ended without {name} {fields}\n{self.wait()}"
            assert time.monotonic() < deadline, f"no {name} {fields}\n{self._stdout.read_text()}"
            time.sleep(0.01)

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def wait(self, timeout: float = 60) -> Result:
        """Wait until it has ended. A run that does not end in time is killed, and the test fails."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self.check_outputs()
        return Result(code, self._stdout.read_text(), self._stderr.read_text())

    def check_outputs(self) -> None:
        """Fail if an output shows a password or another secret that the run was told."""
        check_outputs(
            told_secrets(self._environment, self._arguments),
            {
                "stdout": self._stdout.read_text(errors="replace"),
                "stderr": self._stderr.read_text(errors="replace"),
                **output_files(self._arguments, self._environment),
            },
        )


class CommandLine:
    """Runs `python -m seeder` with an environment that holds nothing but what a test puts there."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self._folder = folder
        self._started: list[Running] = []
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "error",
            **environment,
        }

    def __call__(
        self,
        *arguments: StrPath,
        timeout: float = 60,
        env: Mapping[str, str | None] | None = None,
    ) -> Result:
        """Run to the end. In `env`, None takes a variable away."""
        return self.start(*arguments, env=env).wait(timeout)

    def start(self, *arguments: StrPath, env: Mapping[str, str | None] | None = None) -> Running:
        """Start a run and return at once."""
        folder = self._folder / str(len(self._started))
        folder.mkdir(parents=True)
        environment = {
            name: value for name, value in {**self.environment, **(env or {})}.items() if value is not None
        }
        command = [sys.executable, "-m", "seeder", *(os.fspath(argument) for argument in arguments)]
        self._started.append(Running(command, environment, folder))
        return self._started[-1]

    def kill(self) -> None:
        """End what still runs, and search what was never waited for."""
        for run in self._started:
            if run.process.poll() is None:
                run.process.kill()
                run.process.wait()
        for run in self._started:
            run.check_outputs()


@dataclass(frozen=True)
class SeedFolder(os.PathLike[str]):
    """A folder of seed files; pass it where a path is wanted: `seeder("--all", "--path", seeds)`."""

    path: Path

    def write(self, name: str, content: str | bytes) -> Path:
        """Write one file, and the folders it lies in."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def __fspath__(self) -> str:
        return str(self.path)

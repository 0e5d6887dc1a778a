"""The image as people run it, under the strictest conditions that it promises to bear."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from testcontainers.core.container import DockerContainer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from testcontainers.core.network import Network

SEED = "key: [id]\nrows:\n  - {id: 1, name: one}\n  - {id: 2, name: two}\n"


@dataclass(frozen=True, slots=True)
class Finished:
    """A container that has ended."""

    exit_code: int
    output: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.splitlines() if line.startswith("{")]

    def event(self, name: str) -> dict[str, Any]:
        """The last event of that name."""
        return [event for event in self.events if event["event"] == name][-1]


class Run:
    """`docker run` in the background: read-only, without capabilities, on a network with the database alone."""

    def __init__(
        self,
        image: str,
        *args: str,
        network: Network | None = None,
        environment: Mapping[str, str] | None = None,
        mounts: Mapping[str, Path] | None = None,
        writable: Mapping[str, Path] | None = None,
        user: str | None = None,
        entrypoint: list[str] | None = None,
    ) -> None:
        self._container = DockerContainer(image).with_kwargs(
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            user=user,
            entrypoint=entrypoint,
        )
        if args:
            self._container.with_command(list(args))
        if network is not None:
            self._container.with_network(network)
        for name, value in (environment or {}).items():
            self._container.with_env(name, value)
        for target, source in (mounts or {}).items():
            self._container.with_volume_mapping(source, target, "ro")
        for target, source in (writable or {}).items():
            source.chmod(0o777)
            self._container.with_volume_mapping(source, target, "rw")

    def __enter__(self) -> Self:
        self._container.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._container.stop()

    def output(self) -> str:
        return str(self._container.get_wrapped_container().logs().decode())

    def until(self, said: str | Callable[[], bool]) -> None:
        """Wait until the output contains a text, or a condition holds."""
        deadline = time.monotonic() + 30
        while not (said in self.output() if isinstance(said, str) else said()):
            assert time.monotonic() < deadline, f"still waiting for {said}; the output:\n{self.output()}"
            time.sleep(0.1)

    def stop(self, grace: int) -> Finished:
        """`docker stop`: SIGTERM, and SIGKILL when it has not ended within `grace` seconds."""
        self._container.get_wrapped_container().stop(timeout=grace)
        return self.finish()

    def kill(self, signal: str) -> Finished:
        self._container.get_wrapped_container().kill(signal)
        return self.finish()

    def finish(self) -> Finished:
        exit_code = self._container.get_wrapped_container().wait(timeout=90)["StatusCode"]
        return Finished(exit_code, self.output())


def seed_folder(folder: Path, **files: str) -> Path:
    """Write seed files; `name="..."` becomes `name.yaml`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content)
    return folder

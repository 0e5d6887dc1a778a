"""`make demo` and `make clean`, in a checkout whose folders are closed to everybody but their owner."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest

from seeder.testing import embedded
from tests.integration.commandline import ROOT
from tests.integration.postgres import unprivileged
from tests.integration.private import copy_wheel, modes, still

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.postgres import Server

pytestmark = pytest.mark.newest_server

# As a shell's virtual environment would, but the one that these tests run in.
_PYTHON = """\
#!/bin/sh
exec {python} "$@"
"""


@dataclass(frozen=True)
class Checkout:
    """A copy of this checkout, as far as the demo needs one, with an environment that is ready."""

    folder: Path
    home: Path

    def make(self, target: str, *, fails: bool = False) -> str:
        """Run a target and give what it prints."""
        environment = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        environment["PYTHONPATH"] = str(self.home / "site-packages")
        environment["HOME"] = str(self.home)
        done = subprocess.run(
            ["make", target], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    @property
    def data(self) -> Path:
        """Where the demo's server has its data."""
        asked = "import sys; sys.path.insert(0, 'scripts'); import demo; print(demo.server().data)"
        done = subprocess.run(
            [sys.executable, "-c", asked], cwd=self.folder, capture_output=True, text=True, check=True
        )
        return Path(done.stdout.strip())


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    home = tmp_path / "home"
    folder = home / "checkout"
    folder.mkdir(parents=True)
    for name in ("scripts", "requirements", "examples/reference-data"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(_PYTHON.format(python=sys.executable))
    python.chmod(0o755)
    (folder / ".venv" / ".demo").touch()
    copy_wheel(home / "site-packages")
    home.chmod(0o700)
    folder.chmod(0o700)
    made = Checkout(folder, home)
    yield made
    if python.exists():
        made.make("clean")


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with any of this, of the user who runs the server."""
    with subprocess.Popen(["sleep", "600"], **unprivileged()) as process:
        yield process
        process.kill()


def stale(number: int, data: Path) -> str:
    """A postmaster.pid as a server leaves it behind that was killed."""
    return f"{number}\n{data}\n{int(time.time())}\n5432\n{data}\n\n  1234567         0\nready   \n"


def servers(data: Path) -> list[int]:
    """The numbers of the servers that run on the data; the processes below one of them don't name it."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline", "status"])
        if str(data) in (process.info["cmdline"] or ()) and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


def server_of(data: Path) -> int:
    [number] = servers(data)
    return number


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_no_folder_is_opened_to_others(checkout: Checkout) -> None:
    before = modes(checkout.home)
    checkout.make("demo")
    assert still(before) == before
    checkout.make("clean")
    assert still(before).items() <= before.items()


def test_clean_leaves_a_process_alone_that_has_the_number_of_a_demo_before_this_one(
    checkout: Checkout, bystander: subprocess.Popen[bytes]
) -> None:
    """The data was in the checkout once."""
    data = checkout.folder / ".demo" / "postgresql"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("18\n")
    (data / "postmaster.pid").write_text(stale(bystander.pid, data))
    checkout.make("clean")
    assert bystander.poll() is None
    assert not data.exists()


def test_clean_leaves_a_process_alone_that_has_the_number_of_a_dead_server(
    checkout: Checkout, bystander: subprocess.Popen[bytes]
) -> None:
    checkout.make("demo")
    data = checkout.data
    os.kill(server_of(data), signal.SIGKILL)
    wait_until(lambda: not servers(data))
    (data / "postmaster.pid").write_text(stale(bystander.pid, data))
    checkout.make("clean")
    assert bystander.poll() is None
    assert not data.parent.exists()


def test_another_postgresql_is_not_the_demos(server: Server, tmp_path: Path) -> None:
    ours = embedded.Server(tmp_path / "ours")
    ours.data.mkdir(parents=True)
    ours.folder.chmod(0o755)
    lines = (server.data / "postmaster.pid").read_text().splitlines()
    (ours.data / "postmaster.pid").write_text("\n".join([lines[0], str(ours.data), *lines[2:]]))
    ours.remove()
    assert not ours.folder.exists()
    assert server.running
    server.connect().close()


def test_the_server_stays_until_clean(checkout: Checkout) -> None:
    told = checkout.make("demo")
    data = checkout.data
    number = server_of(data)
    with closing(psycopg.connect(re.findall(r"'(postgresql://.*)'", told)[0], autocommit=True)) as connection:
        connection.execute("UPDATE tools SET description = 'ours'")
        checkout.make("demo")
        assert server_of(data) == number
        assert connection.execute("SELECT DISTINCT description FROM tools").fetchall() == [("ours",)]
        checkout.make("clean")
    assert not servers(data)
    assert not data.parent.exists()
    left = {path.name for path in checkout.folder.iterdir()}
    assert left == {"scripts", "requirements", "examples", "Makefile", "pyproject.toml"}


def test_demo_starts_though_a_process_has_the_number_of_a_dead_server(
    checkout: Checkout, bystander: subprocess.Popen[bytes]
) -> None:
    checkout.make("demo")
    data = checkout.data
    os.kill(server_of(data), signal.SIGKILL)
    wait_until(lambda: not servers(data))
    (data / "postmaster.pid").write_text(stale(bystander.pid, data))
    checkout.make("demo")
    assert server_of(data) != bystander.pid
    assert bystander.poll() is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder that is somebody else's")
def test_a_folder_of_somebody_else_is_left_alone(checkout: Checkout) -> None:
    """The place is one where everybody may make folders, by names that everybody may guess."""
    folder = checkout.data.parent
    folder.mkdir()
    (folder / "theirs").touch()
    shutil.chown(folder, "nobody")
    try:
        for target in ("demo", "clean"):
            assert str(folder) in checkout.make(target, fails=True)
        assert (folder / "theirs").exists()
    finally:
        shutil.rmtree(folder)

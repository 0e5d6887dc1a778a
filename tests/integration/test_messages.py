"""What is said of some seventy mistakes, word by word: `messages.txt` has the mistakes and what is said of each.

With UPDATE_GOLDEN=1 in the environment, the tests write what is said anew. Read it as somebody does who is called at
night: does it say what failed, where, why and what to do?
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from seeder.postgres.locks import Lock
from tests.integration.commandline import ROOT
from tests.integration.postgres import HOST, free_port
from tests.integration.tls import TlsServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.postgres import Database

pytestmark = pytest.mark.newest_server

GOLDEN: Final = Path(__file__).with_name("messages.txt")
PASSWORD: Final = "s3cret"

# What is another at each run, or with each new command.
VARYING: Final = [
    (r"process \d+", "process PID"),
    (r"The commands are [a-z, -]+", "The commands are COMMANDS"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "TIME"),
    (rf"/\S*{re.escape(ROOT.name)}/seeder/", "seeder/"),
]


@dataclass(frozen=True)
class Mistake:
    """One mistake: its title, and its lines as `messages.txt` has them."""

    title: str
    lines: tuple[str, ...]


def mistakes() -> list[Mistake]:
    parts = re.split(r"^# ", GOLDEN.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    split = (part.split("\n") for part in parts)
    return [Mistake(title, tuple(lines)) for title, *lines in split]


class Scene:
    """Sets up what the lines of a mistake say, one after the other, and runs its commands."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        login: Callable[..., str],
        tls: Callable[[], TlsServer],
        stack: contextlib.ExitStack,
    ) -> None:
        self._database = database
        self._folder = folder
        self._login = login
        self._tls = tls
        self._stack = stack
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": database.url,
            "SEED_PATH": "seeds",
            "SEED_WAIT_TIMEOUT": "0",
        }
        (folder / "seeds").mkdir()
        self._closed = str(free_port())

    def play(self, lines: tuple[str, ...]) -> Iterator[str]:
        """The lines, with what the commands say now in the place of what they said before."""
        file: Path | None = None
        for line in lines:
            word, _, rest = line.partition(" ")
            if re.match(r"\d+\| ", line):
                continue
            yield line
            if word == "file":
                file = self._folder / rest
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text("", encoding="utf-8")
            elif word == "$":
                yield from self._run(rest)
            elif not word and file is not None:
                with file.open("a", encoding="utf-8") as content:
                    content.write(f"{line[4:]}\n" if line.strip() else "")
            elif word:
                self._set_up(word, self._filled(rest))

    def _set_up(self, word: str, rest: str) -> None:
        if word == "sql":
            self._database.execute(rest)
        elif word == "env":
            name, _, value = rest.partition("=")
            self._environment[name] = value
            if not value:
                del self._environment[name]
        elif word == "role":
            self._environment["DATABASE_URL"] = self._login()
        elif word == "holding":
            holder = self._stack.enter_context(self._database.connect())
            holder.execute(rest.encode())
        else:
            assert word == "==", f"{GOLDEN.name}: {word} {rest}"

    def _filled(self, text: str) -> str:
        """`text` with the addresses of this run."""
        names = {
            "HOST": HOST,
            "PORT": str(self._database.server.port),
            "CLOSED": self._closed,
            "DATABASE": self._database.name,
            "PASSWORD": PASSWORD,
            "LOCK": str(Lock("table", "public.tools").key),
        }
        if "TLS" in text:
            names |= {"TLS_PORT": str(self._tls().port), "TLS_CERTIFICATE": str(self._tls().certificate)}
        return re.sub(r"\{([A-Z_]+)\}", lambda found: names[found[1]], text)

    def _run(self, command: str) -> Iterator[str]:
        program, *arguments = shlex.split(self._filled(command))
        assert program == "seeder"
        done = subprocess.run(
            [sys.executable, "-m", "seeder", *arguments],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert PASSWORD not in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        reasons = [event["reason"] for event in events if event["event"] == "run.finished"]
        shown = [line for line in (done.stderr or done.stdout).splitlines() if not line.startswith("{")]
        for said in reasons or shown:
            yield f"{done.returncode}| {self._shown(said)}"

    def _shown(self, said: str) -> str:
        said = said.replace(self._database.name, "{DATABASE}").replace(
            str(self._database.server.port), "{PORT}"
        )
        if "TLS" in said:
            said = said.replace(str(self._tls().port), "{TLS_PORT}")
        said = said.replace(self._closed, "{CLOSED}").replace(str(self._folder), "{FOLDER}")
        for pattern, stands_for in VARYING:
            said = re.sub(pattern, stands_for, said)
        return said


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], TlsServer]]:
    made: list[TlsServer] = []

    def make() -> TlsServer:
        if not made:
            made.append(TlsServer(tmp_path_factory.mktemp("tls")))
        return made[0]

    yield make
    for server in made:
        server.close()


@pytest.mark.parametrize("mistake", mistakes(), ids=lambda mistake: mistake.title)
def test_what_is_said(
    mistake: Mistake,
    database: Database,
    tmp_path: Path,
    login: Callable[..., str],
    tls: Callable[[], TlsServer],
) -> None:
    with contextlib.ExitStack() as stack:
        played = list(Scene(database, tmp_path, login, tls, stack).play(mistake.lines))
    if os.environ.get("UPDATE_GOLDEN") == "1":
        before, after = "\n".join(mistake.lines), "\n".join(played)
        text = GOLDEN.read_text(encoding="utf-8")
        GOLDEN.write_text(
            text.replace(f"# {mistake.title}\n{before}", f"# {mistake.title}\n{after}"), encoding="utf-8"
        )
    assert played == list(mistake.lines), "run with UPDATE_GOLDEN=1, and read what it changes"

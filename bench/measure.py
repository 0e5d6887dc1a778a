"""What a command costs: wall time, CPU time of the client and of the server, and the client's peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.integration.postgres import Database, Server

ROOT: Final = Path(__file__).resolve().parent.parent
_LAUNCHER: Final = (sys.executable, "-I", "-S", str(ROOT / "bench" / "launch.py"))
_TICKS: Final = os.sysconf("SC_CLK_TCK")

# The machine's own settings must not reach the programs that are measured.
_PRIVATE: Final = ("PG", "SEED_", "DATABASE_URL", "AUTO_SEED")


@dataclass(frozen=True)
class Usage:
    """What one run took: seconds of wall time and of CPU, and the client's peak in MB, a million bytes each.

    `others` is the CPU that everything else on the machine took meanwhile, and what its host took from it.
    """

    wall: float
    client: float
    server: float
    memory: float
    others: float

    @property
    def cpu(self) -> float:
        """CPU seconds of client and server."""
        return self.client + self.server

    def __str__(self) -> str:
        return (
            f"{self.wall:.3f} s, CPU {self.cpu:.3f} s ({self.client:.3f} client + {self.server:.3f} server),"
            f" peak {self.memory:.0f} MB"
        )


class CommandFailedError(Exception):
    """A measured command ended with another exit code than 0."""


def median(usages: Sequence[Usage]) -> Usage:
    """The median of each figure; of the memory, the largest."""
    return Usage(
        wall=statistics.median(usage.wall for usage in usages),
        client=statistics.median(usage.client for usage in usages),
        server=statistics.median(usage.server for usage in usages),
        memory=max(usage.memory for usage in usages),
        others=statistics.median(usage.others for usage in usages),
    )


def measure(database: Database, command: Sequence[str], *, times: int = 1, url: str | None = None) -> Usage:
    """Run `command` with DATABASE_URL in its environment, `times` in a row, and return what one run took.

    The server's CPU is counted in steps of 10 ms: a command that takes little must run several times.
    """
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(_PRIVATE)},
        "DATABASE_URL": url or database.url,
    }
    settle(database.server)
    before, busy = server_cpu(database.server), _machine_cpu()
    runs = [_launch(command, environment) for _ in range(times)]
    _wait_for_backends(database.server)
    server, busy = server_cpu(database.server) - before, _machine_cpu() - busy
    client = sum(client for _, client, _ in runs)
    return Usage(
        wall=sum(wall for wall, _, _ in runs) / times,
        client=client / times,
        server=server / times,
        memory=max(memory for _, _, memory in runs),
        others=max(busy - client - server, 0.0) / times,
    )


def _launch(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float, float]:
    with tempfile.TemporaryDirectory(prefix="seeder-bench-run-") as folder:
        written = Path(folder) / "used"
        done = subprocess.run(
            [*_LAUNCHER, str(written), *command],
            check=False,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode != 0:
            raise CommandFailedError(f"{' '.join(command)}\n{done.stdout[-4000:]}")
        wall, client, memory = map(float, written.read_text().split())
    return wall, client, memory


def settle(server: Server) -> None:
    """Write out what earlier work left behind, so that it does not count for the next."""
    with server.connect() as connection:
        connection.execute("CHECKPOINT")
    _wait_for_backends(server)


def server_cpu(server: Server) -> float:
    """CPU seconds of the server up to now: the postmaster, its children, and those that have ended."""
    postmaster = _postmaster(server)
    own = _stat(postmaster)
    assert own is not None, "the server has stopped"
    # utime, stime, and cutime, cstime: those of the children that it has waited for.
    ticks = sum(int(own[place]) for place in (11, 12, 13, 14))
    for pid in _children(postmaster):
        stat = _stat(pid)
        if stat is not None:
            ticks += int(stat[11]) + int(stat[12])
    return ticks / _TICKS


def _machine_cpu() -> float:
    """CPU seconds of the whole machine up to now, those included that its host gave to others."""
    with Path("/proc/stat").open() as stream:
        user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, stream.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / _TICKS


def _wait_for_backends(server: Server, timeout: float = 30) -> None:
    """Wait until no session is left: what a backend used counts for the server once it is gone."""
    deadline = time.monotonic() + timeout
    postmaster = _postmaster(server)
    while any(map(_is_session, _children(postmaster))):
        if time.monotonic() > deadline:
            raise TimeoutError("a session of the server does not end")
        time.sleep(0.002)


def _is_session(pid: int) -> bool:
    """Whether it is a backend, and none of the processes that the server always has. They name themselves."""
    try:
        title = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    except OSError:
        return False
    if not title:  # it has ended, and nobody has waited for it yet
        return True
    own = (b"checkpointer", b"background writer", b"walwriter", b"io worker", b"logical replication launcher")
    return not title.startswith(tuple(b"postgres: " + name for name in own))


def _postmaster(server: Server) -> int:
    return int((server.data / "postmaster.pid").read_text().split("\n", 1)[0])


def _children(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            stat = _stat(int(folder.name))
            if stat is not None and int(stat[1]) == parent:
                found.append(int(folder.name))
    return found


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the third on: what comes before may hold spaces."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()

"""Packets that are lost: what a client and a server see of each other when a network falls apart without a word."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


def local_ports(process: int, remote_port: int) -> set[int]:
    """The local ports of the process's TCP connections to a port of this machine, by `/proc`."""
    inodes = set()
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            name = str(descriptor.readlink())
            if name.startswith("socket:["):
                inodes.add(name[8:-1])
    ports = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, *rest = line.split()
        if int(remote.rpartition(":")[2], 16) == remote_port and rest[6] in inodes:
            ports.add(int(local.rpartition(":")[2], 16))
    return ports


@contextlib.contextmanager
def lost(port: int, share: float = 1) -> Iterator[None]:
    """Within, no packet from or to the local port arrives, or a `share` of them does not, and nobody is told."""
    program = shutil.which("iptables", path="/usr/sbin:/usr/bin:/sbin")
    if program is None or os.geteuid() != 0:
        reason = "only root with iptables can lose packets; Debian's package is `iptables`"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    if subprocess.run([program, "--list"], capture_output=True, check=False).returncode:
        pytest.skip("the kernel of this machine lets nobody lose packets")
    some = ["--match", "statistic", "--mode", "random", "--probability", str(share)] if share < 1 else []
    rules = [[which, str(port), *some, "--jump", "DROP"] for which in ("--source-port", "--destination-port")]
    prefix = ["INPUT", "--in-interface", "lo", "--protocol", "tcp"]
    with contextlib.ExitStack() as stack:
        for rule in rules:
            subprocess.run([program, "--insert", *prefix, *rule], check=True)
            stack.callback(subprocess.run, [program, "--delete", *prefix, *rule], check=True)
        yield

"""Disks that are full: small file systems in memory, which a server's files are put on."""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.integration.postgres import private_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system of that size, for a test server's user. It is gone after the block, with all that is on it."""
    folder = private_folder("seeder-disk-")
    size = f"size={megabytes}m"
    owner = folder.stat()
    command = ["mount", "-t", "tmpfs", "-o", f"{size},uid={owner.st_uid},gid={owner.st_gid},mode=700"]
    done = None
    if os.geteuid() == 0:
        done = subprocess.run([*command, "seeder", str(folder)], capture_output=True, check=False)
    try:
        if done is None or done.returncode:
            pytest.skip("only root may mount a file system, and not in each container")
        yield folder
    finally:
        if done is not None and not done.returncode:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def resize(folder: Path, megabytes: int) -> None:
    """Give the file system another size."""
    subprocess.run(["mount", "-o", f"remount,size={megabytes}m", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all that is left of the file system, with one file. Remove it to have the room again."""
    file = folder / "filler"
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as output:
        while True:
            output.write(b"\0" * 4096)
    return file

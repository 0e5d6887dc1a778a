"""What a seeder is made from, so that a later run can tell that it is the same without reading it.

Nothing is imported here that a run with nothing to do can go without: no reader, and no library but Python's own.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from seeder.config.regular_file import open_regular, read_value

Stamp: TypeAlias = "tuple[int, ...]"


class Inputs:
    """The files in a folder, and the environment variables, that a seeder is made from.

    Each file is remembered as it was before it was read, with the sha256 of what was read first, so that a digest is
    of no later content than what is seeded.
    """

    def __init__(self, folder: Path, files: Iterable[Path] = ()) -> None:
        self.folder = folder
        self.beside: tuple[str, ...] = ()
        """The seed files in the folder that have the seeder's stem: one more may be a part of it. See `beside`."""
        self.policies = ""
        """The default policies in the folder's `_seeds.yaml`, as text."""
        self.patterns: list[str] = []
        """The patterns by which `!file` names several files."""
        self.variables: dict[str, str | None] = {}
        """The variables that `!env` names, with their values; None is not set."""
        self._stamps: dict[Path, Stamp | None] = {}
        self._hashes: dict[str, bytes] = {}
        self.add(*files)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files, the seeder's own first."""
        return tuple(self._stamps)

    @property
    def names(self) -> tuple[str, ...]:
        """The files' names in the folder."""
        return self._names(self._stamps)

    def _names(self, files: Iterable[Path]) -> tuple[str, ...]:
        return tuple(os.fspath(file.relative_to(self.folder)) for file in files)

    @property
    def are_as_read(self) -> bool:
        """Whether no file has been written or replaced since it was added."""
        return all(stamp is not None and _stamp_of(file) == stamp for file, stamp in self._stamps.items())

    def add(self, *files: Path) -> None:
        """Add files that are not read yet."""
        for file in files:
            if file not in self._stamps:
                self._stamps[file] = _stamp_of(file)

    def read(self, file: Path) -> bytes:
        """The content of a file that was added, or of what it links to. Raises `OSError`, also if it is too large."""
        with open_regular(file) as stream:
            content = stream.read()
        self._hashes.setdefault(os.path.realpath(file), hashlib.sha256(content).digest())
        return content

    def hash_of(self, file: Path) -> bytes:
        """The sha256 of a file, which is read if it was not yet. Raises `OSError`."""
        real = os.path.realpath(file)
        if real not in self._hashes:
            with open_regular(file, whole=False) as stream:
                self._hashes[real] = hashlib.file_digest(stream, "sha256").digest()
        return self._hashes[real]

    def matching(self, pattern: str) -> list[Path]:
        """The files that `pattern` names now, sorted, but for those whose name begins with a dot. Raises `OSError`.

        A link to a file that is missing is one of them: without an error, the rows of that file would be gone.
        """
        found = self.folder.glob(pattern)
        return sorted(file for file in found if not file.name.startswith(".") and not file.is_dir())

    def digest(self, *settings: str | None, without: Collection[Path] = ()) -> str | None:
        """A digest of the files, of the variables and of `settings`; None if a file can't be read.

        It holds for the same files in another folder. `without` are files whose content does not matter.
        """
        try:
            matching = [self._names(self.matching(pattern)) for pattern in self.patterns]
            said = [
                settings,
                self.names,
                matching,
                self.beside,
                self.policies,
                sorted(self.variables.items()),
            ]
            whole = hashlib.sha256(json.dumps(said).encode())
            for file in self._stamps:
                if file not in without:
                    whole.update(self.hash_of(file))
        except OSError:
            return None
        return whole.hexdigest()[:32]


def _stamp_of(path: Path) -> Stamp | None:
    """What changes when a file is written, or another one is put in its place; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def beside(own: str, stem: str, names: Iterable[str], environment: str | None) -> tuple[str, ...]:
    """Those of `names` that are, or may be, parts of the seeder whose file is `own`.

    If one of them may be an overlay for `environment`, that follows.
    """
    parts = sorted(name for name in names if name == own or name.startswith(f"{stem}."))
    if environment and any(name.startswith(f"{stem}.{environment}.") for name in parts):
        parts.append(environment)
    return tuple(parts)


def read_variable(name: str, environ: Mapping[str, str]) -> str | None:
    """The value of an environment variable, or of the file that its twin `NAME_FILE` names; None if neither is set.

    Raises `ValueError` if both are, `OSError` if the file can't be read, and `UnicodeDecodeError` if it is not UTF-8.
    """
    value, twin = environ.get(name), environ.get(f"{name}_FILE")
    if not twin:
        return value
    if value is not None:
        raise ValueError(f"both {name} and {name}_FILE are set; set only one of them")
    return read_value(twin)

"""What a seeder was made from, so that a later run can tell that it is the same without reading it.

Nothing is imported here that a run with nothing to do can go without: no reader, and no library but Python's own.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from seeder.seed_files.hashes import Hashes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Stamp: TypeAlias = "tuple[int, ...]"


@dataclass(frozen=True, slots=True)
class Origin:
    """The files in a folder, and the environment variables, that a seeder is made from.

    `files` are named relative to the folder, the seeder's own first. `beside` are the seed files in the folder that
    have its stem: one more may be a part of it. `variables` are those that `!env` names, with their values; None is
    not set. `stamps` tell each file's state before it was read; they are empty if nothing was. `hashes` are
    those of the files that were read.
    """

    folder: Path
    files: tuple[str, ...]
    beside: tuple[str, ...]
    variables: Mapping[str, str | None] = field(repr=False)
    stamps: Mapping[str, Stamp | None] = field(default_factory=dict, repr=False)
    hashes: Hashes = field(default_factory=Hashes, repr=False, compare=False)

    @property
    def is_as_read(self) -> bool:
        """Whether no file has been written or replaced since it was read."""
        return all(
            stamp is not None and stamp_of(self.folder / name) == stamp for name, stamp in self.stamps.items()
        )

    def digest(self, *settings: str | None) -> str | None:
        """A digest of the files, of the variables and of `settings`; None if a file can't be read.

        It holds for the same files in another folder.
        """
        said = [settings, self.files, self.beside, sorted(self.variables.items())]
        whole = hashlib.sha256(json.dumps(said).encode())
        try:
            for name in self.files:
                whole.update(self.hashes.of(self.folder / name))
        except OSError:
            return None
        return whole.hexdigest()[:32]


def stamp_of(path: Path) -> Stamp | None:
    """What changes when a file is written, or another one is put in its place; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def beside(own: str, stem: str, names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that are, or may be, parts of the seeder whose file is `own`."""
    return tuple(sorted(name for name in names if name == own or name.startswith(f"{stem}.")))


def relative(files: Iterable[Path], folder: Path) -> tuple[str, ...] | None:
    """The names of `files` in `folder`, None if one is not in it."""
    try:
        return tuple(dict.fromkeys(os.fspath(file.relative_to(folder)) for file in files))
    except ValueError:
        return None


def read_variable(name: str, environ: Mapping[str, str]) -> str | None:
    """The value of an environment variable, or of the file that its twin `NAME_FILE` names; None if neither is set.

    Raises `ValueError` if both are, `OSError` if the file can't be read, and `UnicodeDecodeError` if it is not UTF-8.
    """
    value, twin = environ.get(name), environ.get(f"{name}_FILE")
    if not twin:
        return value
    if value is not None:
        raise ValueError(f"both {name} and {name}_FILE are set; set one of them")
    return Path(twin).read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")

"""Where seed files lie: a folder, or one file of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seeder.seed_files.names import is_seed_file

BUILTIN = "builtin"
BUILTIN_FOLDER = Path(__file__).parent.parent / "builtin"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of seed files, called `shown` before people; `only` names the one file that is meant, if one is.

    `trusted` tells whether code in it may run in any case.
    """

    folder: Path
    shown: Path
    only: str | None = None
    trusted: bool = False

    def files(self) -> list[Path]:
        """The seed files in the folder itself, not in folders below it."""
        return [path for path in self.folder.iterdir() if is_seed_file(path) and path.is_file()]


def place_of(path: str) -> Place | None:
    """The folder or file that `path` names; None if there is neither. Raises `OSError`."""
    if path == BUILTIN:
        return Place(BUILTIN_FOLDER, Path(BUILTIN), trusted=True)
    found = Path(path)
    if found.is_dir():
        return Place(found, found)
    if found.is_file():
        return Place(found.parent, found.parent, found.name)
    return None

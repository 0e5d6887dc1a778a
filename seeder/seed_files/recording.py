"""Record the rows that earlier versions of a set shipped, in the histories beside its seed files."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from seeder.errors import SeederError, SeedFileError, UsageError
from seeder.seed_files.discovery import discover, overlaid_environments
from seeder.seed_files.history import HistoryRows
from seeder.seed_files.history_line import line_of, recorded, same_row
from seeder.seed_files.model import DataSeeder, Seeder


@dataclass(frozen=True, slots=True)
class Version:
    """An earlier version of a set: what its release is called, and the folders that its seed files lie in.

    `shown` is what each folder is called before people.
    """

    release: str
    folders: Mapping[Path, str]


@dataclass
class Recording:
    """Adds to the histories of the seeders of a set. What is in a history stays in it.

    `problems` collects what could not be read, in words for people, and `notes` what was left aside. With `check`
    nothing is written.
    """

    seeders: Sequence[Seeder]
    check: bool = False
    problems: list[str] = field(default_factory=list, init=False)
    notes: list[str] = field(default_factory=list, init=False)
    _histories: list[_History] = field(default_factory=list, init=False)

    def record(self, versions: Iterable[Version]) -> Iterator[tuple[str, Counter[str]]]:
        """Read the versions, the oldest first; of each history its name, and how many rows of which release it got.

        Raises `UsageError` if a history can't be written.
        """
        with contextlib.ExitStack() as stack:
            for seeder in self.seeders:
                if seeder.error is not None:
                    self.problems.append(str(seeder.error))
                elif isinstance(seeder, DataSeeder):
                    history = _History(seeder)
                    stack.callback(history.close)
                    try:
                        history.read()
                    except SeedFileError as error:
                        self.problems.append(str(error))
                    else:
                        self._histories.append(history)
            for version in versions:
                self._add(version)
            for history in self._histories:
                if not self.check:
                    history.write()
                yield history.file, history.added

    def _add(self, version: Version) -> None:
        found: dict[str, list[DataSeeder]] = {}
        problems: dict[str, None] = {}
        for folder, shown in version.folders.items():
            for seeder in _in_each_environment(folder, problems, shown):
                if seeder.error is not None:
                    problems[_shown(seeder.error, folder, shown)] = None
                elif isinstance(seeder, DataSeeder):
                    found.setdefault(seeder.name, []).append(seeder)
        for history in self._histories:
            for earlier in (each for name in history.names for each in found.get(name, ())):
                try:
                    history.add(version.release, earlier)
                except SeederError as error:
                    folder = earlier.inputs.folder
                    problems[_shown(error, folder, version.folders.get(folder, str(folder)))] = None
        self.problems += [f"{version.release}: {problem}" for problem in problems]
        of_today = {name for history in self._histories for name in history.names}
        self.notes += [
            f"{version.release}: {name} has no seed file in the set of today, nor does one name it by `formerly`"
            for name in sorted(found.keys() - of_today)
        ]


class _History:
    """The history of one seeder, and what is to be added to it."""

    def __init__(self, seeder: DataSeeder) -> None:
        self.added: Counter[str] = Counter()
        name = f"{seeder.name}.history.ndjson"
        self.names = (seeder.name, *(former.rpartition("/")[2] for former in seeder.formerly))
        """The seeder's names, the one of today first. It may name another seeder of today, whose file was split."""
        self._known = seeder.history if isinstance(seeder.history, HistoryRows) else None
        self._path = seeder.inputs.folder / name if self._known is None else self._known.path
        self.file = str(Path(seeder.file).parent / name) if self._known is None else self._known.file
        self._rows: set[bytes] = set()
        self._new = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`

    def read(self) -> None:
        """Read what is there. Raises `SeedFileError`."""
        if self._known is not None:
            self._rows.update(same_row(cells) for _, cells in self._known.releases())

    def add(self, release: str, seeder: DataSeeder) -> None:
        """Add the rows of a version that are not known yet: all, or none if one is wrong. Raises `SeedFileError`."""
        begun, new = self._new.tell(), set[bytes]()
        try:
            for row in seeder.rows():
                cells = recorded(row.columns, row.values, seeder.insert_only)
                digest = same_row(cells)
                if cells and digest not in self._rows and digest not in new:
                    new.add(digest)
                    self._new.write(line_of(release, cells).encode() + b"\n")
        except SeederError:
            self._new.seek(begun)
            self._new.truncate()
            raise
        self._rows |= new
        if new:
            self.added[release] += len(new)

    def write(self) -> None:
        """Put a file with the old lines and the new ones in the place of the old one. Raises `UsageError`."""
        if not self.added:
            return
        whole = self._path.with_name(f".{self._path.name}.new")
        try:
            with whole.open("wb") as target:
                if self._known is not None:
                    with self._path.open("rb") as old:
                        shutil.copyfileobj(old, target)
                    shutil.copymode(self._path, whole)
                self._new.seek(0)
                if self._path.suffix.lower() == ".gz":
                    # The old lines are one member of the gzip file, and these the next.
                    with gzip.GzipFile("", "wb", fileobj=target, mtime=0) as packed:
                        shutil.copyfileobj(self._new, packed)
                else:
                    if self._known is not None and not _ends_with_line(self._path):
                        target.write(b"\n")
                    shutil.copyfileobj(self._new, target)
            whole.replace(self._path)
        except OSError as error:
            raise UsageError(f"can't write {self.file}: {error.strerror}") from error
        finally:
            whole.unlink(missing_ok=True)

    def close(self) -> None:
        """Give up what is still in memory or on disk."""
        self._new.close()


class AnyVariable(Mapping[str, str]):
    """An environment in which every variable is set: cells by `!env` are not recorded, whatever they hold."""

    def __init__(self) -> None:
        self._asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        """Something for each variable, and nothing for its `_FILE` twin, which is asked for after it."""
        if name.endswith("_FILE") and name.removesuffix("_FILE") in self._asked:
            raise KeyError(name)
        self._asked.add(name)
        return "set"

    def __iter__(self) -> Iterator[str]:
        return iter(self._asked)

    def __len__(self) -> int:
        return len(self._asked)


def _in_each_environment(folder: Path, problems: dict[str, None], shown: str) -> Iterator[Seeder]:
    """The seeders of a folder, and those with an overlay as they are in its environment."""
    for environment in (None, *overlaid_environments([str(folder)])):
        try:
            seeders = discover([str(folder)], allow_code=True, environ=AnyVariable(), environment=environment)
        except UsageError as error:
            problems[_shown(error, folder, shown)] = None
            return
        for seeder in seeders:
            if environment is None or not isinstance(seeder, DataSeeder) or seeder.overlay is not None:
                yield seeder


def _ends_with_line(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        if not stream.tell():
            return True
        stream.seek(-1, os.SEEK_END)
        return stream.read() == b"\n"


def _shown(error: SeederError, folder: Path, shown: str) -> str:
    return str(error).replace(str(folder), shown)

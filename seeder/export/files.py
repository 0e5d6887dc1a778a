"""Where an export goes: a file that is there as a whole or not at all, and the files that it names by `!file`."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, cast

from seeder.errors import UsageError
from seeder.seed_files.names import YAML, split_name

FORMATS: Final[Mapping[str, str]] = {
    **dict.fromkeys(YAML, "yaml"),
    ".csv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
}
"""The format by the ending of a file's name."""

_LONGEST_NAME: Final = 60
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]+")


class FileName(str):
    """A cell that `!file` gives: the name of the file."""

    __slots__ = ()


def format_of(file: str) -> str | None:
    """The format that the ending of a file's name says; None if it says none."""
    return FORMATS.get(split_name(Path(file).name)[1])


@contextlib.contextmanager
def writing(file: str) -> Iterator[IO[str]]:
    """Open `file` for writing, packed if its name ends in `.gz`. It takes its name when all is written.

    Raises `UsageError` if it can't be written.
    """
    path = Path(os.path.realpath(file))
    if path.exists() and not path.is_file():
        what = "a folder" if path.is_dir() else "not a regular file"
        raise UsageError(
            f'--output: can\'t write "{file}": it is {what}; without --output it goes to standard output'
        )
    if not path.parent.is_dir():
        raise UsageError(f'--output: can\'t write "{file}": there is no folder "{Path(file).parent}"')
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with contextlib.ExitStack() as stack:
            raw = stack.enter_context(partial.open("xb"))
            stack.callback(partial.unlink, missing_ok=True)
            packed = cast(
                "IO[bytes]",
                # Without a time in it, so that the same rows make the same file.
                stack.enter_context(gzip.GzipFile("", "wb", fileobj=raw, mtime=0))
                if path.suffix.lower() == ".gz"
                else raw,
            )
            with io.TextIOWrapper(packed, encoding="utf-8", newline="") as stream:
                yield stream
                stream.flush()
                if packed is not raw:
                    packed.close()
                raw.flush()
                partial.replace(path)
    except OSError as error:
        raise UsageError(f'--output: can\'t write "{file}": {error.strerror or error}') from error


@dataclass
class Beside:
    """The files that a seed file names by `!file`, in a folder of its stem beside it."""

    folder: Path
    stem: str
    _names: set[str] = field(default_factory=set, init=False)

    @classmethod
    def of(cls, file: str) -> Beside:
        """Those of the seed file `file`."""
        path = Path(file)
        return cls(path.parent, split_name(path.name)[0])

    def write(self, text: str, words: list[Any], ending: str) -> FileName:
        """Write `text` to a file that is called by `words`, and return its name as the seed file writes it.

        Raises `UsageError` if it can't be written.
        """
        name = self._free(
            ".".join(_NOT_IN_NAMES.sub("_", str(each)).strip("_")[:_LONGEST_NAME] for each in words)
        )
        path = self.folder / self.stem / f"{name}{ending}"
        try:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        except OSError as error:
            raise UsageError(f'--output: can\'t write "{path}": {error.strerror or error}') from error
        return FileName(f"{self.stem}/{path.name}")

    def _free(self, name: str) -> str:
        # Some file systems do not tell upper from lower case.
        found, number = name, 1
        while found.casefold() in self._names:
            number += 1
            found = f"{name}-{number}"
        self._names.add(found.casefold())
        return found

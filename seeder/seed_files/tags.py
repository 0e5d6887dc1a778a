"""What the tags `!file` and `!env` bring into a seed file, and what they must not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from seeder.errors import SeedFileError
from seeder.seed_files.origin import Origin, read_variable, relative, stamp_of
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.text import real_path, unreadable
from seeder.seed_files.values import FileContent, Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from seeder.errors import Position
    from seeder.seed_files.hashes import Hashes
    from seeder.seed_files.origin import Stamp

_ENV = r"(?s)([A-Za-z_][A-Za-z0-9_]*)(?::(.*))?"
_CONNECTION = r"DATABASE_URL(_FILE)?|PG[A-Z_]+"


class Surroundings:
    """The folder and the environment that one seed file may draw from; remembers what it took."""

    def __init__(self, folder: Path, environ: Mapping[str, str], hashes: Hashes) -> None:
        self.files: dict[Path, Stamp | None] = {}
        """The files taken, as paths inside the folder, in the order in which they were met, each as it was then."""
        self.secrets: set[str] = set()
        self.variables: dict[str, str | None] = {}
        """The environment variables read, with their values; None is not set."""
        self._folder = folder
        self._real_folder = real_path(folder)
        self._environ = environ
        self._hashes = hashes

    def file(self, name: str, position: Position) -> FileContent:
        """What `!file name` stands for. Raises `SeedFileError` unless it is a file inside the folder."""
        if not name or "\0" in name:
            raise SeedFileError("!file takes the name of a file", position=position)
        if Path(name).is_absolute():
            raise SeedFileError(f"!file {name} must be relative to the seed file", position=position)
        path = self._folder / name
        try:
            real = real_path(path)
            if not real.is_relative_to(self._real_folder):
                raise SeedFileError(f"!file {name} leads out of the seed file's folder", position=position)
            if not real.exists():
                near = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
                raise SeedFileError(
                    f"there is no file {name}{did_you_mean(path.name, near)}", position=position
                )
            if not real.is_file():
                raise SeedFileError(f"!file {name} is not a file", position=position)
        except OSError as error:
            raise unreadable(error, position, f"{name} ") from None
        self.files.setdefault(path, stamp_of(path))
        return FileContent(real, name, position, self._hashes)

    def env(self, text: str, position: Position) -> Secret:
        """What `!env NAME` or `!env NAME:default` stands for; `NAME_FILE` may name a file that holds it."""
        found = re.fullmatch(_ENV, text)
        if found is None:
            raise SeedFileError("!env takes NAME or NAME:default", position=position)
        name, default = found.groups()
        if re.fullmatch(_CONNECTION, name):
            raise SeedFileError(
                f"!env must not read {name}, which is for seeder's own connection", position=position
            )
        value = self._variable(name, position)
        if value is None:
            value = default
        if value is None:
            raise SeedFileError(
                f"the environment variable {name} is not set; set it, or write !env {name}:default",
                position=position,
            )
        if value:
            self.secrets.add(value)
        return Secret(value)

    def origin(self, sources: Iterable[Path]) -> Origin | None:
        """What the seeder of these files was made from, as far as its own file tells; None if that can't be named."""
        stamps = {path.relative_to(self._folder).as_posix(): stamp for path, stamp in self.files.items()}
        files = relative(sources, self._folder)
        return None if files is None else Origin(self._folder, files, (), self.variables, stamps)

    def _variable(self, name: str, position: Position) -> str | None:
        if name not in self.variables:
            try:
                self.variables[name] = read_variable(name, self._environ)
            except OSError as error:
                raise unreadable(error, position, f"the file that {name}_FILE names ") from None
            except UnicodeDecodeError:
                raise SeedFileError(
                    f"the file that {name}_FILE names is not UTF-8", position=position
                ) from None
            except ValueError as error:
                raise SeedFileError(str(error), position=position) from None
        return self.variables[name]

"""What the tags `!file` and `!env` bring into a seed file, and what they must not."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from seeder.errors import Position, SeedFileError, UnsetVariableError
from seeder.seed_files.inputs import Inputs, read_variable
from seeder.seed_files.names import history_of, is_pattern
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.text import real_path, unreadable
from seeder.seed_files.values import FileContent, Secret

_ENV = r"(?s)([A-Za-z_][A-Za-z0-9_]*)(?::(.*))?"
_CONNECTION = r"DATABASE_URL(_FILE)?|PG[A-Z_]+"


class Tags:
    """Finds what `!file` and `!env` in one seed file stand for, and adds it to the seeder's inputs."""

    def __init__(self, inputs: Inputs, environ: Mapping[str, str]) -> None:
        self.secrets: set[str] = set()
        """The values that came by `!env`."""
        self._inputs = inputs
        self._environ = environ

    def file(self, name: str, position: Position) -> FileContent:
        """What `!file name` stands for. Raises `SeedFileError` unless it is a file inside the folder."""
        if not name or "\0" in name:
            raise SeedFileError("!file must be followed by the name of a file", position=position)
        if Path(name).is_absolute():
            raise SeedFileError(f"!file {name} must be relative to the seed file", position=position)
        path = self._inputs.folder / name
        try:
            real = real_path(path)
            if not real.is_relative_to(real_path(self._inputs.folder)):
                raise SeedFileError(
                    f"!file {name} is outside the seed file's folder; move it there", position=position
                )
            if not real.exists():
                if path.is_symlink():
                    raise SeedFileError(
                        f"!file {name} is a link to a file that is missing", position=position
                    )
                near = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
                hint = (
                    "; a pattern can stand only in rows"
                    if is_pattern(name)
                    else did_you_mean(path.name, near)
                )
                raise SeedFileError(f"there is no file {name}{hint}", position=position)
            if not real.is_file():
                raise SeedFileError(f"!file {name} is not a file", position=position)
        except OSError as error:
            raise unreadable(error, position, f"{name} ") from None
        self._inputs.add(path)
        return FileContent(real, name, position, self._inputs)

    def files(self, pattern: str, position: Position) -> list[FileContent]:
        """What `!file pattern` stands for: the file of that name, or all that match it, by name.

        Raises `SeedFileError` also if there is none.
        """
        try:
            is_name = not is_pattern(pattern) or (self._inputs.folder / pattern).exists()
            if is_name or Path(pattern).is_absolute() or "\0" in pattern:
                return [self.file(pattern, position)]
            if ".." in Path(pattern).parts:
                raise SeedFileError(
                    f"!file {pattern} is outside the seed file's folder; move the files there",
                    position=position,
                )
            found = [file for file in self._inputs.matching(pattern) if not history_of(file.name)]
            names = [os.fspath(file.relative_to(self._inputs.folder)) for file in found]
        except ValueError as error:
            raise SeedFileError(
                f"!file {pattern} is not a valid pattern: {error}", position=position
            ) from None
        except OSError as error:
            raise unreadable(error, position, f"{pattern} ") from None
        if not names:
            raise SeedFileError(f"no file matches {pattern}", position=position)
        self._inputs.patterns.append(pattern)
        return [self.file(name, position) for name in names]

    def env(self, text: str, position: Position) -> Secret:
        """What `!env NAME` or `!env NAME:default` stands for; `NAME_FILE` may name a file that holds it."""
        found = re.fullmatch(_ENV, text)
        if found is None:
            raise SeedFileError("!env must be followed by NAME or NAME:default", position=position)
        name, default = found.groups()
        if re.fullmatch(_CONNECTION, name):
            raise SeedFileError(
                f"!env must not read {name}, which is for seeder's own connection", position=position
            )
        value = self._variable(name, position)
        if value is None:
            value = default
        if value is None:
            raise UnsetVariableError(
                f"the environment variable {name} is not set; set it, or write !env {name}:default",
                position=position,
            )
        if value:
            self.secrets.add(value)
        return Secret(value)

    def _variable(self, name: str, position: Position) -> str | None:
        variables = self._inputs.variables
        if name not in variables:
            try:
                variables[name] = read_variable(name, self._environ)
            except OSError as error:
                raise unreadable(error, position, f"the file that {name}_FILE names ") from None
            except UnicodeDecodeError:
                raise SeedFileError(
                    f"the file that {name}_FILE names is not UTF-8", position=position
                ) from None
            except ValueError as error:
                raise SeedFileError(str(error), position=position) from None
        return variables[name]


class NoTags(Tags):
    """Refuses `!file` and `!env`, for a file that can't have them."""

    def file(self, name: str, position: Position) -> FileContent:
        """Raise `SeedFileError`."""
        raise SeedFileError(f"!file {name} is not possible here, only in a seed file", position=position)

    def env(self, text: str, position: Position) -> Secret:
        """Raise `SeedFileError`."""
        raise SeedFileError(f"!env {text} is not possible here, only in a seed file", position=position)

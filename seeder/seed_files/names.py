"""What a seed file's name says: the seeder's name, and which kind of file it is."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from seeder.config.options import APPLICATION
from seeder.errors import Position, UsageError
from seeder.seed_files.inputs import Inputs

YAML = (".yaml", ".yml")
DOCUMENTS = (*YAML, ".json")
ROWS = (".csv", ".ndjson", ".jsonl")
CODE = (".sql", ".py")
HISTORY = ".history"
"""What follows the seeder's name in the name of its history."""

_MENTION = re.compile(rb"""!file\s+(?:"([^"\n]+)"|'([^'\n]+)'|([^\s,}\]]+))""")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_COMPRESSED = ".gz"


def split_name(filename: str) -> tuple[str, str]:
    """The stem and the kind of a file, as in `("countries", ".csv")` for `countries.csv.gz`."""
    plain = filename[: -len(_COMPRESSED)] if filename.lower().endswith(_COMPRESSED) else filename
    stem, dot, suffix = plain.rpartition(".")
    suffix = (dot + suffix).lower()
    if plain != filename and suffix not in ROWS:
        return filename, ""
    return (stem, suffix) if stem else (plain, "")


def is_seed_file(path: Path) -> bool:
    """Whether a file's name is that of a seed file, or of a part of one."""
    return not path.name.startswith(("_", ".")) and split_name(path.name)[1] in (*DOCUMENTS, *ROWS, *CODE)


def history_of(filename: str) -> str | None:
    """The name of the seeder whose history a file is, as `tools` for `tools.history.ndjson`; None if it is none."""
    stem, kind = split_name(filename)
    name = stem.removesuffix(HISTORY)
    return name if name and name != stem and kind in (*DOCUMENTS, *ROWS) else None


def overlay_of(filename: str) -> tuple[str, str] | None:
    """The seeder and the environment of an overlay, as `("tools", "production")` for `tools.production.yaml`.

    None if the name is not that of an overlay. Of `tools.eu.production.yaml` the environment is `eu.production`.
    """
    stem, kind = split_name(filename)
    name, _, environment = stem.partition(".")
    if kind not in DOCUMENTS or not name or not environment or history_of(filename):
        return None
    return name, environment


def is_pattern(name: str) -> bool:
    """Whether a name may stand for several files."""
    return any(sign in name for sign in "*?[")


def mentioned(inputs: Inputs, content: bytes) -> Iterator[Path]:
    """The files that a seed file names by `!file`, be it by a pattern, told without understanding it."""
    for found in _MENTION.finditer(content):
        name = next(filter(None, found.groups())).decode(errors="replace")
        if "\0" in name:
            continue
        yield inputs.folder / name
        if is_pattern(name) and not Path(name).is_absolute() and ".." not in Path(name).parts:
            with contextlib.suppress(OSError, ValueError):
                yield from inputs.matching(name)


def same_flag(name: str) -> str:
    """What all names come to that are one flag: hyphen and underscore are the same."""
    return name.replace("-", "_")


def check_former_name(former: str, name: str) -> None:
    """Raise `ValueError` that says what is wrong unless the seeder `name` can have been called `former`.

    It may have belonged to another application then, under the very name that it has now.
    """
    application, slash, seeder = former.rpartition("/")
    if not _NAME.fullmatch(seeder) or (slash and not APPLICATION.fullmatch(application)):
        raise ValueError(
            f'formerly names "{former}", which is not a seeder name; write NAME or APPLICATION/NAME, '
            "with a-z, 0-9, _ and - in NAME"
        )
    if former == name:
        raise ValueError(f'formerly names "{former}", which is this seeder\'s own name')


def check_name(name: str, file: str) -> None:
    """Raise `UsageError` unless a seeder can be called `name`."""
    if not _NAME.fullmatch(name):
        better = re.sub(r"[^a-z0-9_-]+", "_", name.lower()).strip("_-")
        hint = f'; rename it to "{better}"' if better else ""
        if better and "." in name:
            hint += ", or write it in YAML or JSON if it is an overlay"
        message = f'"{name}" is not a valid seeder name; use a-z, 0-9, _ and -{hint}'
        raise UsageError(message, position=Position(file))

"""What a seed file's name says: the seeder's name, and which kind of file it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seeder.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

YAML = (".yaml", ".yml")
DOCUMENTS = (*YAML, ".json")
ROWS = (".csv", ".ndjson", ".jsonl")
CODE = (".sql", ".py")

RESERVED = frozenset(
    {
        "all",
        "allow-code",
        "check",
        "create-tables",
        "database-url",
        "debug",
        "diff",
        "dry-run",
        "environment",
        "help",
        "ledger",
        "lock-timeout",
        "log-file",
        "log-format",
        "log-level",
        "no-allow-code",
        "no-check",
        "no-create-tables",
        "no-debug",
        "no-diff",
        "no-dry-run",
        "path",
        "report",
        "statement-timeout",
        "strictness",
        "termination-log",
        "version",
        "wait-for",
        "wait-timeout",
    }
)
"""The names of the command line's options, which no seeder can have, since each seeder is an option too."""

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


def option_of(name: str) -> str:
    """A seeder's name as its flag is looked up: hyphen and underscore are the same."""
    return name.replace("_", "-")


def check_name(name: str, file: str) -> None:
    """Raise `UsageError` unless a seeder can be called `name`."""
    if not _NAME.fullmatch(name):
        better = re.sub(r"[^a-z0-9_-]+", "_", name.lower()).strip("_-")
        hint = f'; rename it to "{better}"' if better else ""
        raise UsageError(
            f"{file}: \"{name}\" can't be a seeder's name, which is made of a-z, 0-9, _ and -{hint}"
        )
    if option_of(name) in RESERVED:
        raise UsageError(
            f"{file}: \"{name}\" can't be a seeder's name, because --{option_of(name)} is an option"
        )

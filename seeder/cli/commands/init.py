"""`seeder init`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from seeder.cli.invocation import Invocation
from seeder.cli.options import LOGGING, complete, options
from seeder.cli.subcommand import subcommand
from seeder.errors import UsageError

_STARTER: Final = Path(__file__).parents[2] / "starter"


def init(*, folder: str, **given: Any) -> None:
    """Write a set of seed files to begin with: one commented example of each kind.

    FOLDER is created if it is missing; by default it is seeds. A file that exists already is left as it is. Nothing is
    written if there are seed files of your own in the folder.
    """
    from seeder.seed_files import schema

    invocation: Invocation = click.get_current_context().obj
    invocation.load_for_results(given)
    files = {path.relative_to(_STARTER): path for path in _files(_STARTER)}
    files |= {Path("_schema") / path.name: path for path in _files(schema.FOLDER)}
    target = Path(folder)
    try:
        _refuse_others(target, {path.name for path in files})
        for path, source in sorted(files.items()):
            written = _write(target / path, source.read_bytes())
            invocation.print(f"{target / path}: {'written' if written else 'left as it is'}")
    except OSError as error:
        raise UsageError(f"{error.filename or folder} can't be written: {error.strerror}") from error
    invocation.print(
        f"\nSee {target / 'README.md'}. To seed the database that DATABASE_URL names:\n"
        f"  seeder --all --path {target} --allow-code"
    )


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def _refuse_others(folder: Path, ours: set[str]) -> None:
    """Raise `UsageError` if there are seed files that are none of `ours`: the examples would run beside them."""
    from seeder.seed_files.names import is_seed_file

    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if is_seed_file(path) and path.is_file() and path.name not in ours:
                raise UsageError(
                    f"there are seed files in {folder} already, such as {path.name}, and the examples would run with "
                    "them; name a new folder"
                )


def _write(path: Path, content: bytes) -> bool:
    """Write a new file. False if there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as stream:
            stream.write(content)
    except FileExistsError:
        return False
    return True


COMMAND = subcommand(
    "init",
    init,
    [
        click.Argument(["folder"], default="seeds", metavar="[FOLDER]", shell_complete=complete("files")),
        *options(*LOGGING),
    ],
)

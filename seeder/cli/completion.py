"""Completion in a shell: what may follow what was typed. It is asked at each press of the key."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from click.shell_completion import CompletionItem, ShellComplete, get_completion_class

from seeder import seed_files
from seeder.cli.selection import has_own_flag
from seeder.config.settings import Settings
from seeder.errors import SeederError, UsageError
from seeder.seed_files.model import DataSeeder

if TYPE_CHECKING:
    import click

    from seeder.cli.invocation import Invocation
    from seeder.seed_files import Seeder

SHELLS: Final = ("bash", "zsh", "fish")
VARIABLE: Final = "_SEEDER_COMPLETE"
"""What the shell's script asks by, as `bash_complete`."""


def script(command: click.Command, shell: str) -> str:
    """The script that makes a shell complete `seeder`. Raises `UsageError` if the shell is none of `SHELLS`."""
    asked = _ask(command, shell, {})
    if asked is None:
        known = ", ".join(SHELLS)
        raise UsageError(f'there is no completion for "{shell}"; the shells are {known}', outside=shell)
    return asked.source_template % asked.source_vars()


def answer(command: click.Command, invocation: Invocation) -> int:
    """Print what may follow, as the shell's script reads it, and return the exit code."""
    asked = _ask(command, invocation.environ[VARIABLE].partition("_")[0], {"obj": invocation})
    # Whatever fails: the person is typing, and a message would stand in the middle of it.
    with contextlib.suppress(Exception):
        if asked is not None:
            invocation.print(asked.complete())
    return 0


def _ask(command: click.Command, shell: str, context: dict[str, Any]) -> ShellComplete | None:
    found = get_completion_class(shell) if shell in SHELLS else None
    return None if found is None else found(command, context, "seeder", VARIABLE)


def flags(context: click.Context, begun: str) -> list[CompletionItem]:
    """The flags of seeders that begin as what was typed, without those that are an option's."""
    return [item for item in _named(context, begun) if has_own_flag(context, item.value[2:])]


def seeders(context: click.Context, begun: str, _: Sequence[str]) -> list[CompletionItem]:
    """The names of seeders."""
    return [CompletionItem(item.value[2:], help=item.help) for item in _named(context, f"--{begun}")]


def _named(context: click.Context, begun: str) -> list[CompletionItem]:
    """The names of seeders, as flags, that begin as what was typed; underscore and hyphen are the same."""
    items = []
    for seeder in _seeders(context):
        flag = f"--{seeder.name}"
        if flag.replace("-", "_").startswith(begun.replace("-", "_")):
            items.append(CompletionItem(begun + flag[len(begun) :], help=f"run {seeder.file}"))
    return items


def environments(context: click.Context, begun: str, _: Sequence[str]) -> list[CompletionItem]:
    """The environments that seeders list, and those for which there are overlays."""
    found: set[str] = set()
    for seeder in _seeders(context):
        found.update(seeder.environments, seeder.overlays if isinstance(seeder, DataSeeder) else ())
    return _beginning(begun, sorted(found))


def words(_: click.Context, begun: str, known: Sequence[str]) -> list[CompletionItem]:
    """Those of the words that are known."""
    return _beginning(begun, known)


def files(_: click.Context, begun: str, __: Sequence[str]) -> list[CompletionItem]:
    """Files and folders, which the shell itself finds."""
    return [CompletionItem(begun, type="file")]


def _beginning(begun: str, known: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(word) for word in known if word.startswith(begun)]


def _seeders(context: click.Context) -> Sequence[Seeder]:
    """The seeders under the paths that were typed, or that the environment names; none if they can't be read."""
    given: dict[str, Any] = {}
    at: click.Context | None = context
    while at is not None:
        given = {**{name: value for name, value in at.params.items() if value not in (None, ())}, **given}
        at = at.parent
    # The shell has not expanded what is typed.
    given["path"] = [os.path.expanduser(path) for path in given.get("path", ())]  # noqa: PTH111 - a path may be a name
    try:
        invocation: Invocation = context.obj
        settings = Settings.load(given, invocation.environ)
        return seed_files.discover(
            settings.path,
            allow_code=True,
            environ=invocation.environ,
            environment=settings.environment,
        )
    except SeederError:
        return ()

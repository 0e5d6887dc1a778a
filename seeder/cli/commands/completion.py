"""`seeder completion`."""

from __future__ import annotations

import click

from seeder.cli.invocation import Invocation
from seeder.cli.options import complete
from seeder.cli.subcommand import subcommand


def print_script(*, shell: str) -> None:
    """Print the script that makes a shell complete seeder's commands, options and seeders.

    SHELL is bash, zsh or fish.
    """
    from seeder.cli import completion

    context = click.get_current_context()
    invocation: Invocation = context.obj
    invocation.print(completion.script(context.find_root().command, shell).rstrip("\n"))


COMMAND = subcommand(
    "completion",
    print_script,
    [click.Argument(["shell"], metavar="SHELL", shell_complete=complete("words", "bash", "zsh", "fish"))],
)

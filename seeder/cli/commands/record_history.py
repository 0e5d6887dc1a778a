"""`seeder record-history`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from seeder.cli.invocation import Invocation
from seeder.cli.options import LOGGING, complete, options
from seeder.cli.subcommand import subcommand


def record_history(*, versions: Sequence[str], git: bool, release: str | None, **given: Any) -> None:
    """Record what earlier versions of the seed files shipped: in NAME.history.ndjson beside each of them.

    FOLDER holds an earlier version of the seed files under --path. With --git, REVISION is one of git, or a pattern of
    tags as in 'v*', the oldest first. No database is asked, and with --check nothing is
    written. Exit code 1 if a file could not be read.
    """
    from seeder.cli import histories

    invocation: Invocation = click.get_current_context().obj
    settings = invocation.load_for_results(given)
    invocation.exit_code = histories.record(
        settings.path,
        versions,
        git=git,
        release=release,
        check=settings.check,
        say=invocation.print,
        complain=invocation.complain,
    )


COMMAND = subcommand(
    "record-history",
    record_history,
    [
        click.Argument(
            ["versions"], nargs=-1, metavar="FOLDER... | --git REVISION...", shell_complete=complete("files")
        ),
        click.Option(["--git"], is_flag=True, help="what follows are revisions of git"),
        click.Option(
            ["--as", "release"],
            metavar="RELEASE",
            help="what the one FOLDER is the release of",
        ),
        *options("path", "check", *LOGGING),
    ],
)

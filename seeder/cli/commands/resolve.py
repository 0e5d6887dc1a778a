"""`seeder resolve`."""

from __future__ import annotations

import functools
from typing import Any, Final

import click

from seeder.cli.invocation import Invocation
from seeder.cli.options import CONNECTING, complete, options
from seeder.cli.selection import named
from seeder.cli.subcommand import subcommand
from seeder.config.settings import Settings
from seeder.errors import UsageError

_OPTIONS: Final = (
    *("path", "application", "release", "withdraw", "environment", "allow_code", "existing_rows", "ledger"),
    *("strictness", "lock_timeout", "statement_timeout", "dry_run", "diff", "check", "report", *CONNECTING),
)


def resolve(
    *,
    names: tuple[str, ...],
    everything: bool,
    rows: tuple[str, ...],
    columns: tuple[str, ...],
    take: str | None,
    **given: Any,
) -> None:
    """Resolve conflicts: write the seed file's value into cells that were kept, or accept the one that is there."""
    from seeder.config import row_key
    from seeder.merge.resolution import Resolution, Take

    invocation: Invocation = click.get_current_context().obj
    if everything == bool(names):
        raise UsageError("name the seeders whose conflicts to resolve, or pass --all")
    if take not in set(Take):
        raise UsageError(
            "say which value the cells get: --take seed, that of the seed file, or --take live, the one that is there"
        )
    keys = []
    for text in rows:
        try:
            keys.append(row_key.read(text))
        except ValueError as error:
            raise UsageError(f'--row: "{text}" {error}', outside=text) from error
    if invocation.load(given):
        if (invocation.settings or Settings()).ledger is None:
            raise UsageError("what is in conflict is read from the ledger, and --ledger is off")
        invocation.run(
            functools.partial(named, names) if names else None,
            Resolution(Take(take), frozenset(columns), tuple(keys)),
        )


COMMAND = subcommand(
    "resolve",
    resolve,
    [
        click.Argument(["names"], nargs=-1, metavar="[SEEDER]...", shell_complete=complete("seeders")),
        click.Option(["--all", "everything"], is_flag=True, help="the conflicts of every seeder"),
        click.Option(
            ["--row", "rows"],
            multiple=True,
            metavar="COLUMN=VALUE",
            help="only in the row with this key: a=1,b=2",
        ),
        click.Option(
            ["--column", "columns"],
            multiple=True,
            metavar="NAME",
            help="only in this column",
        ),
        click.Option(
            ["--take", "take"],
            metavar="seed|live",
            help="which value the cells get",
            shell_complete=complete("words", "seed", "live"),
        ),
        *options(*_OPTIONS),
    ],
)

"""`seeder conflicts`."""

from __future__ import annotations

from typing import Any

import click

from seeder.cli.invocation import Invocation
from seeder.cli.options import CONNECTING, FORMATS, chosen_format, complete, format_options, options
from seeder.cli.selection import named
from seeder.cli.subcommand import for_ledger, subcommand


def conflicts(*, names: tuple[str, ...], form: str | None, as_json: bool, **given: Any) -> None:
    """List the cells that were kept: although the seed file has another value, with both values."""
    import psycopg

    from seeder.cli import conflict_table
    from seeder.run import conflict_list, ordering, runner
    from seeder.run.transactions import refused_on

    invocation: Invocation = click.get_current_context().obj
    printed_as = chosen_format(form, FORMATS, as_json=as_json)
    settings, ledger, seeders = for_ledger(invocation, given, "conflicts are")
    wanted = named(names, [each.name for each in seeders]) if names else None
    chosen = ordering.selected(seeders, wanted, settings.environment)
    with runner.connect(settings) as connection:
        try:
            pages = conflict_list.pages(connection, chosen, ledger)
            lines = conflict_table.as_json if printed_as == "json" else conflict_table.as_tables
            for line in lines(invocation.without_errors(pages)):
                invocation.print(line)
        except psycopg.Error as error:
            raise refused_on(connection, error, [ledger.needed_to_read]) from error


COMMAND = subcommand(
    "conflicts",
    conflicts,
    [
        click.Argument(["names"], nargs=-1, metavar="[SEEDER]...", shell_complete=complete("seeders")),
        *format_options(*FORMATS),
        *options(
            *("path", "application", "release", "withdraw", "environment", "allow_code", "ledger"),
            *CONNECTING,
        ),
    ],
)

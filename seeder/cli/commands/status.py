"""`seeder status`."""

from __future__ import annotations

from typing import Any

import click

from seeder.cli.invocation import Invocation
from seeder.cli.options import CONNECTING, FORMATS, chosen_format, format_options, options
from seeder.cli.subcommand import for_ledger, subcommand


def status(*, form: str | None, as_json: bool, **given: Any) -> None:
    """Show what each seeder holds: when it last changed a row, and how many of its rows people edited or deleted."""
    import json

    import psycopg

    from seeder.run import runner, status
    from seeder.run.transactions import refused_on

    invocation: Invocation = click.get_current_context().obj
    chosen = chosen_format(form, FORMATS, as_json=as_json)
    settings, ledger, seeders = for_ledger(invocation, given, "status is")
    with runner.connect(settings) as connection:
        try:
            found = status.inspect(connection, seeders, ledger)
        except psycopg.Error as error:
            raise refused_on(connection, error, [ledger.needed_to_read]) from error
    shown = json.dumps(status.as_dicts(found), indent=2, ensure_ascii=False)
    invocation.print(shown if chosen == "json" else status.as_table(found))


COMMAND = subcommand(
    "status",
    status,
    [
        *format_options(*FORMATS),
        *options(
            *("path", "application", "release", "withdraw", "environment", "allow_code", "ledger"),
            *CONNECTING,
        ),
    ],
)

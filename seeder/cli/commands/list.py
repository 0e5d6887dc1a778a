"""`seeder list`."""

from __future__ import annotations

from typing import Any

import click

from seeder.cli import listing
from seeder.cli.invocation import Invocation
from seeder.cli.options import FINDING, FORMATS, chosen_format, format_options, options
from seeder.cli.subcommand import discover, for_seeds, subcommand


def list_seeders(*, form: str | None, as_json: bool, **given: Any) -> None:
    """List the seeders: name, kind, table, environments, dependencies and file."""
    invocation: Invocation = click.get_current_context().obj
    chosen = chosen_format(form, FORMATS, as_json=as_json)
    settings = for_seeds(invocation, given)
    seeders = discover(settings, invocation.environ)
    invocation.print(listing.as_json(seeders) if chosen == "json" else listing.as_table(seeders))


COMMAND = subcommand(
    "list",
    list_seeders,
    [*format_options(*FORMATS), *options(*FINDING)],
)

"""`seeder list`."""

from __future__ import annotations

from typing import Any

import click

from seeder.cli import listing
from seeder.cli.invocation import Invocation
from seeder.cli.options import FINDING, options
from seeder.cli.subcommand import discover, for_seeds, subcommand


def list_seeders(*, as_json: bool, **given: Any) -> None:
    """List the seeders: name, kind, table, environments, dependencies and file."""
    invocation: Invocation = click.get_current_context().obj
    settings = for_seeds(invocation, given)
    seeders = discover(settings, invocation.environ)
    invocation.print(listing.as_json(seeders) if as_json else listing.as_table(seeders))


COMMAND = subcommand(
    "list",
    list_seeders,
    [click.Option(["--json", "as_json"], is_flag=True, help="As JSON."), *options(*FINDING)],
)

"""`seeder wait`."""

from __future__ import annotations

from typing import Any

import click

from seeder.cli.invocation import Invocation
from seeder.cli.options import CONNECTING, options
from seeder.cli.subcommand import subcommand


def wait(**given: Any) -> None:
    """Wait until a run could begin: for the database, and for what --wait-for names."""
    invocation: Invocation = click.get_current_context().obj
    settings = invocation.load_for_results(given)
    settings.require_database(invocation.environ)
    from seeder.run import runner

    runner.wait(settings)


COMMAND = subcommand("wait", wait, options(*CONNECTING))

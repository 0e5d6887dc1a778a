"""`seeder schema`."""

from __future__ import annotations

from typing import Any

import click

from seeder.cli.invocation import Invocation
from seeder.cli.options import LOGGING, options
from seeder.cli.subcommand import subcommand
from seeder.errors import UsageError


def print_schema(*, of_set: bool, of_overlay: bool, **given: Any) -> None:
    """Print the JSON Schema of the seed file: for editors, which then complete fields and mark mistakes."""
    from seeder.seed_files.schema import FOLDER

    invocation: Invocation = click.get_current_context().obj
    invocation.load_for_results(given)
    if of_set and of_overlay:
        raise UsageError("--set and --overlay name two schemas; give one of them")
    name = "seed-set" if of_set else "seed-overlay" if of_overlay else "seed-file"
    invocation.print((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8").rstrip("\n"))


COMMAND = subcommand(
    "schema",
    print_schema,
    [
        click.Option(["--set", "of_set"], is_flag=True, help="the schema of _seeds.yaml instead"),
        click.Option(["--overlay", "of_overlay"], is_flag=True, help="the schema of an overlay instead"),
        *options(*LOGGING),
    ],
)

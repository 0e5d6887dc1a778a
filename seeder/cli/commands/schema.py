"""`seeder schema`."""

from __future__ import annotations

from typing import Any

import click

from seeder.cli.invocation import Invocation
from seeder.cli.options import LOGGING, options
from seeder.cli.subcommand import subcommand


def print_schema(*, of_set: bool, **given: Any) -> None:
    """Print the JSON Schema of the seed file: for editors, which then complete fields and mark mistakes."""
    from seeder.seed_files.schema import FOLDER

    invocation: Invocation = click.get_current_context().obj
    invocation.load_for_results(given)
    name = "seed-set" if of_set else "seed-file"
    invocation.print((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8").rstrip("\n"))


COMMAND = subcommand(
    "schema",
    print_schema,
    [
        click.Option(["--set", "of_set"], is_flag=True, help="the schema of _seeds.yaml instead"),
        *options(*LOGGING),
    ],
)

"""`seeder export`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from seeder.cli.invocation import Invocation
from seeder.cli.options import CONNECTING, options
from seeder.cli.subcommand import subcommand
from seeder.errors import UsageError


def export(
    *,
    table: str,
    key: Sequence[str],
    columns: Sequence[str],
    where: str | None,
    refs: bool,
    long_texts: bool,
    format_: str | None,
    output: str | None,
    **given: Any,
) -> None:
    """Write a live table as a seed file: what is in the table, so that a run in the same database changes nothing.

    TABLE is NAME or SCHEMA.NAME as it is written: nothing is folded to lower case. Columns that the database fills by
    itself are left out: generated ones, surrogate keys that nothing refers to, created_at and updated_at.
    """
    from seeder.cli import exporting
    from seeder.export.choice import parse_columns
    from seeder.seed_files.values import TableName

    invocation: Invocation = click.get_current_context().obj
    settings = invocation.load_for_results(given)
    try:
        name = TableName.parse(table)
    except ValueError as error:
        raise UsageError(f'"{table}" is {error}', outside=table) from error
    wanted = exporting.Wanted(
        table=name,
        key=[each for text in key for each in parse_columns(text, "--key")],
        columns=[each for text in columns for each in parse_columns(text, "--columns")],
        where=where,
        refs=refs,
        form=exporting.form(format_, output, refs=refs, long_texts=long_texts),
    )
    settings.require_database(invocation.environ)
    if output is None:
        exporting.to_standard_output(settings, wanted, note=invocation.complain)
    else:
        exporting.to_file(settings, wanted, output, say=invocation.print, note=invocation.complain)


def _column_lists(flag: str, meaning: str) -> click.Option:
    return click.Option([flag], multiple=True, metavar="COLUMN,...", help=meaning)


COMMAND = subcommand(
    "export",
    export,
    [
        click.Argument(["table"], metavar="TABLE"),
        _column_lists(
            "--key", "The columns by which rows are known. By default a natural key, else the primary key."
        ),
        _column_lists(
            "--columns", "Only these columns, and those of the key. By default all that have to be said."
        ),
        click.Option(
            ["--where"], metavar="SQL", help="Only rows for which this SQL condition holds. It runs as given."
        ),
        click.Option(
            ["--refs"], is_flag=True, help="Write foreign keys as !ref, by the other table's natural key."
        ),
        click.Option(
            ["--long-texts"], is_flag=True, help="Write long texts into files of their own, named by !file."
        ),
        click.Option(
            ["--format", "format_"],
            metavar="csv|ndjson|yaml",
            help="By default what the ending of --output says, else yaml.",
        ),
        click.Option(["--output"], metavar="FILE", help="The file to write. By default standard output."),
        *options(*CONNECTING),
    ],
)

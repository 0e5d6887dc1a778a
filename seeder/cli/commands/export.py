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
    """Write a live table as a seed file: a run of it in the same database changes nothing.

    TABLE is NAME or SCHEMA.NAME as it is written: nothing is folded to lower case. Columns that the database fills by
    itself are left out: generated ones, surrogate keys that nothing refers to, created_at and updated_at.
    """
    from seeder.cli import exporting
    from seeder.seed_files.values import TableName

    invocation: Invocation = click.get_current_context().obj
    settings = invocation.load_for_results(given)
    try:
        name = TableName.parse(table)
    except ValueError as error:
        raise UsageError(f'"{table}" is {error}', outside=table) from error
    wanted = exporting.Wanted(
        table=name,
        key=[each for text in key for each in exporting.column_names(text, "--key")],
        columns=[each for text in columns for each in exporting.column_names(text, "--columns")],
        where=where,
        refs=refs,
        form=exporting.form(format_, output, refs=refs, long_texts=long_texts),
    )
    settings.require_database(invocation.environ)
    if output is None:
        exporting.to_standard_output(settings, wanted, note=invocation.complain)
    else:
        exporting.to_file(settings, wanted, output, say=invocation.print, note=invocation.complain)


def _columns(flag: str, meaning: str) -> click.Option:
    return click.Option([flag], multiple=True, metavar="COLUMN,...", help=meaning)


COMMAND = subcommand(
    "export",
    export,
    [
        click.Argument(["table"], metavar="TABLE"),
        _columns("--key", "the columns by which rows are known"),
        _columns("--columns", "only these columns, and the key"),
        click.Option(["--where"], metavar="SQL", help="only rows for which this condition holds"),
        click.Option(["--refs"], is_flag=True, help="write natural keys for foreign keys"),
        click.Option(["--long-texts"], is_flag=True, help="write long texts into files of their own"),
        click.Option(["--output"], metavar="FILE", help="the file to write  [standard output]"),
        click.Option(["--format", "format_"], metavar="yaml|csv|ndjson", help="by default what FILE ends in"),
        *options(*CONNECTING),
    ],
)

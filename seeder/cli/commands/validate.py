"""`seeder validate`."""

from __future__ import annotations

from typing import Any, Final

import click

from seeder.cli.invocation import Invocation
from seeder.cli.options import CONNECTING, chosen_format, complete, format_options, options
from seeder.cli.subcommand import subcommand
from seeder.errors import ExitCode

_FORMATS: Final = ("text", "json", "github")


def validate(*, paths: tuple[str, ...], offline: bool, form: str | None, as_json: bool, **given: Any) -> None:
    """Check seed files: every mistake of every file, with file, line and column.

    PATH is a folder or a file, as for --path. No code is run. If a database is named, the files are compared with its
    tables too: tables and columns, the types of values, keys, and what !ref refers to. Nothing in it is changed.
    The exit code is 2 if there is a mistake, and 0 if there are none, or only warnings.
    """
    import psycopg

    from seeder.cli import mistakes
    from seeder.run import runner
    from seeder.run.transactions import refused
    from seeder.run.validation import Validation

    invocation: Invocation = click.get_current_context().obj
    chosen = chosen_format(form, _FORMATS, as_json=as_json)
    settings = invocation.load_for_results({**given, "path": paths or given["path"]})
    validation = Validation(settings.path, invocation.environ, settings.environment)
    validation.read()
    if not offline and settings.names_database(invocation.environ):
        settings.require_database(invocation.environ)
        with runner.connect(settings) as connection:
            try:
                validation.compare(connection, allow_code=settings.allow_code)
            except psycopg.Error as error:
                raise refused(error) from error
    show = {"text": mistakes.as_text, "json": mistakes.as_json, "github": mistakes.as_annotations}[chosen]
    for line in show(validation):
        invocation.print(line)
    invocation.exit_code = ExitCode.USAGE if validation.is_wrong else ExitCode.OK


COMMAND = subcommand(
    "validate",
    validate,
    [
        click.Argument(["paths"], nargs=-1, metavar="[PATH]...", shell_complete=complete("files")),
        click.Option(["--offline"], is_flag=True, help="look at no database, even if one is named"),
        *format_options(*_FORMATS),
        *options("path", "environment", "allow_code", *CONNECTING),
    ],
)

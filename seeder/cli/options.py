"""The options of the command line, from the one table in `seeder.config.settings`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

import click

from seeder.config.options import OneOf, Option, one_of
from seeder.config.settings import OPTIONS
from seeder.errors import UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Complete: TypeAlias = "Callable[[click.Context, click.Parameter, str], list[CompletionItem]]"

LOGGING: Final = ("log_format", "log_level", "debug", "log_file")
FINDING: Final = ("path", "environment", "allow_code", *LOGGING)
FORMATS: Final = ("text", "json")
CONNECTING: Final = ("database_url", "wait_timeout", "wait_for", "timeout", "termination_log", *LOGGING)


def format_options(*formats: str) -> list[click.Parameter]:
    """`--format`, for a subcommand that prints results, and `--json` for `--format json`. See `chosen_format`."""
    return [
        click.Option(
            ["--format", "form"],
            metavar="|".join(formats),
            help=f"how to print it  [{formats[0]}]",
            shell_complete=complete("words", *formats),
        ),
        click.Option(["--json", "as_json"], is_flag=True, help="as --format json"),
    ]


def chosen_format(form: str | None, formats: Sequence[str], *, as_json: bool) -> str:
    """The one of `formats` that is asked for, the first if none is. Raises `UsageError`."""
    try:
        chosen = one_of(*formats)(form) if form is not None else None
    except ValueError as error:
        raise UsageError(f'--format: "{form}" {error}', outside=form) from None
    if as_json and chosen not in (None, "json"):
        raise UsageError(f"--json is --format json, and --format {chosen} is given too")
    return "json" if as_json else chosen or formats[0]


def completing(option: Option) -> Complete | None:
    """What completes a value of an option in a shell: words, files, or the names of environments."""
    if option.metavar in ("FILE", "PATH"):
        return complete("files")
    if option.name == "environment":
        return complete("environments")
    words = option.words or (option.read.words if isinstance(option.read, OneOf) else ())
    return complete("words", *words) if words else None


def complete(what: str, *words: str) -> Complete:
    """What completes a value in a shell. `what` names a function of `cli/completion.py`, which is imported then."""

    def find(context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
        from seeder.cli import completion

        items: list[CompletionItem] = getattr(completion, what)(context, begun, words)
        return items

    return find


def options(*names: str) -> list[click.Parameter]:
    """The options of `names`, or all of them. Settings reads their values."""
    return [
        click.Option(
            [
                f"{option.flag}/--no-create-tables" if option.name == "create_tables" else option.flag,
                option.name,
            ],
            help=option.short,
            metavar=option.metavar,
            multiple=option.separator is not None,
            is_flag=option.is_switch,
            default=None,
            shell_complete=completing(option),
        )
        for option in OPTIONS
        if option.has_flag and (option.name in names or not names)
    ]

"""The help of a command: a screen of 80 columns, its options in groups, each in one line.

docs/command-line.md says more of each.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import click

from seeder.config.options import Group
from seeder.config.settings import OPTIONS

_WIDTH: Final = 80
_FLAGS: Final = 28
"""The width of the column of flags."""

_GROUPS: Final = {option.flag: option.group for option in OPTIONS}
_DEFAULTS: Final = {
    option.flag: option.default or option.implied for option in OPTIONS if not option.is_switch
}
_OFF: Final = {"--create-tables": "--no-create-tables"}
"""What is shown of a switch that is on by default."""


def page(command: click.Command, context: click.Context, more: Iterable[str] = ()) -> str:
    """The help of `command`. `more` are lines that come last."""
    pieces = " ".join(command.collect_usage_pieces(context))
    return "\n".join(
        [
            f"Usage: {context.command_path} {pieces}",
            "",
            *_wrapped(command.help or ""),
            *_options([each for each in command.params if isinstance(each, click.Option)], context),
            *more,
        ]
    )


def _wrapped(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        yield from textwrap.wrap(" ".join(paragraph.split()), _WIDTH)
        yield ""


def _options(params: Sequence[click.Option], context: click.Context) -> Iterator[str]:
    """The options by group: first those that only this command has."""
    # --help names --version, to save a line.
    own = [param for param in params if param.opts[0] not in (*_GROUPS, "--version")]
    help_option = context.command.get_help_option(context)
    if help_option is not None and help_option not in own:
        own.append(help_option)
    yield from _section("Options", own)
    for group in Group:
        yield from _section(group, [param for param in params if _GROUPS.get(param.opts[0]) is group])


def _section(heading: str, params: Sequence[click.Option]) -> Iterator[str]:
    if params:
        yield f"{heading}:"
        yield from (_line(param) for param in params)


def _line(param: click.Option) -> str:
    name = param.opts[0]
    flag = _OFF.get(name) or " ".join(filter(None, (name, param.metavar)))
    default = _DEFAULTS.get(name)
    return f"  {flag:{_FLAGS}}  {param.help}{f'  [{default}]' if default else ''}"


def listed(heading: str, words: Iterable[str], most: int = 3) -> list[str]:
    """Words under a heading, in at most so many lines."""
    lines = textwrap.wrap(
        " ".join(words), _WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
    )
    if len(lines) > most:
        lines = [*lines[: most - 1], "  ... (seeder list shows them all)"]
    return [f"{heading}:", *lines]

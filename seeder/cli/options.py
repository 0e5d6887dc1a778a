"""The options of the command line, from the one table in `seeder.config.settings`."""

from __future__ import annotations

from typing import Final

import click

from seeder.config.settings import OPTIONS

LOGGING: Final = ("log_format", "log_level", "debug", "log_file")
FINDING: Final = ("path", "environment", "allow_code", *LOGGING)
CONNECTING: Final = ("database_url", "wait_timeout", "wait_for", "timeout", "termination_log", *LOGGING)


def options(*names: str) -> list[click.Parameter]:
    """The options of `names`, or all of them. Settings reads their values."""
    return [
        click.Option(
            [
                f"{option.flag}/--no-create-tables" if option.name == "create_tables" else option.flag,
                option.name,
            ],
            help=f"{option.meaning}  [{option.variable}; default: {option.default_text}]",
            metavar=option.metavar,
            multiple=option.separator is not None,
            is_flag=option.is_switch,
            default=None,
        )
        for option in OPTIONS
        if option.has_flag and (option.name in names or not names)
    ]

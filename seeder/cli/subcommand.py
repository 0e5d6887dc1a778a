"""What subcommands begin with: their settings, and the seeders that these find."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import click

from seeder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from seeder.cli.invocation import Invocation
    from seeder.config.settings import Settings
    from seeder.merge.ledger import Ledger
    from seeder.seed_files import Seeder


class _Subcommand(click.Command):
    """A subcommand with a help of its own form."""

    def get_help(self, ctx: click.Context) -> str:
        from seeder.cli import help_page

        return help_page.page(self, ctx)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`--help`, in our words."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "show this help"
        return option


def subcommand(name: str, callback: Callable[..., None], params: Iterable[click.Parameter]) -> click.Command:
    """A subcommand whose help is the callback's docstring, up to the first colon in completions."""
    text = inspect.cleandoc(callback.__doc__ or "")
    return _Subcommand(
        name, callback=callback, help=text, short_help=text.partition(":")[0], params=list(params)
    )


def for_seeds(invocation: Invocation, given: Mapping[str, Any]) -> Settings:
    """The settings of a subcommand that looks at seeds, with what their sets say."""
    from seeder.seed_files.sets import with_sets

    return with_sets(invocation.load_for_results(given))


def for_ledger(
    invocation: Invocation, given: Mapping[str, Any], what: str
) -> tuple[Settings, Ledger, Sequence[Seeder]]:
    """The settings, the ledger and the seeders of a subcommand that shows what the ledger knows.

    `what` begins the sentence that refuses `--ledger off`. Raises `UsageError`.
    """
    from seeder.run.proofs import ledger_of

    settings = for_seeds(invocation, given)
    settings.require_database(invocation.environ)
    ledger = ledger_of(settings)
    if ledger is None:
        raise UsageError(f"{what} read from the ledger, and --ledger is off; name the schema of the ledger")
    return settings, ledger, discover(settings, invocation.environ)


def discover(settings: Settings, environ: Mapping[str, str]) -> Sequence[Seeder]:
    """The seeders that are found under the settings' paths."""
    from seeder import seed_files

    seeders: Sequence[Seeder] = seed_files.discover(
        settings.path,
        allow_code=settings.allow_code,
        environ=environ,
        environment=settings.environment,
        existing_rows=settings.existing_rows,
    )
    return seeders

"""The command line: options in, exit code out."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from seeder.cli.invocation import Invocation
from seeder.cli.options import complete, options
from seeder.cli.selection import did_you_mean, has_own_flag, option_flags, selected
from seeder.cli.subcommand import discover
from seeder.config.settings import Settings, note_secrets
from seeder.config.version import version
from seeder.errors import Interrupted, SeederError, UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from seeder.seed_files import Seeder

_SUBCOMMANDS: Final = (
    "completion",
    "conflicts",
    "export",
    "init",
    "list",
    "record-history",
    "resolve",
    "schema",
    "status",
    "validate",
    "wait",
)

_HELP: Final = """Make PostgreSQL tables hold what seed files say, and keep what people changed."""

_NOTES: Final = """\
An option's variable is SEED_ and its name (SEED_WAIT_TIMEOUT), or DATABASE_URL.
AUTO_SEED_DATABASE=false switches seeding off. More: docs/command-line.md"""


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Do what `arguments` say, and return the exit code. No error is left to report."""
    invocation = Invocation(environ, arguments)
    note_secrets(environ)
    if environ.get("_SEEDER_COMPLETE"):
        from seeder.cli import completion

        return completion.answer(COMMAND, invocation)
    try:
        with COMMAND.make_context("seeder", list(arguments), obj=invocation) as context:
            COMMAND.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except (click.UsageError, SeederError) as error:
        return invocation.refuse(_in_our_words(error) if isinstance(error, click.UsageError) else error)
    except Interrupted as interrupted:
        return invocation.interrupted(interrupted)
    except Exception as error:  # noqa: BLE001  anything else is a defect, and is reported as one
        return invocation.defect(error)
    return invocation.exit_code


class _Main(click.Group):
    """The command with a flag for each seeder: a flag that is not an option names a seeder."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        invocation: Invocation = ctx.obj
        options = {flag: param for param in self.params for flag in (*param.opts, *param.secondary_opts)}
        rest = list(args)
        ours: list[str] = []
        while rest and rest[0].startswith("--") and rest[0] != "--":
            token = rest.pop(0)
            param = options.get(token.partition("=")[0])
            if param is None:
                invocation.flags.append(token)
                continue
            ours.append(token)
            if "=" not in token and not getattr(param, "is_flag", False):
                ours += rest[:1]
                rest = rest[1:]
        return super().parse_args(ctx, ours + rest)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands, or the options and the flags of seeders, that begin as what was typed."""
        from seeder.cli import completion

        found = super().shell_complete(ctx, incomplete)
        return [*found, *completion.flags(ctx, incomplete)] if incomplete.startswith("-") else found

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The subcommand, whose module is imported only now: a run needs none."""
        if cmd_name not in _SUBCOMMANDS:
            return None
        module = importlib.import_module(f"seeder.cli.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.COMMAND
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _SUBCOMMANDS:
            self._refuse_flags(ctx)
            flags = [f"--{found.name}" for found in _seeders_or_none(ctx)]
            hint = did_you_mean(args[0], [*_SUBCOMMANDS, *flags])
            raise UsageError(
                f'there is no command "{args[0]}"{hint} The commands are {", ".join(_SUBCOMMANDS)}',
                outside=args[0],
            )
        ctx.obj.begin(args[0])
        return super().resolve_command(ctx, args)

    def _refuse_flags(self, ctx: click.Context) -> None:
        """Raise `UsageError` for a flag like an option's: then the word after it is its value, and no command."""
        seeders = {f"--{found.name.replace('_', '-')}" for found in _seeders_or_none(ctx)}
        for flag in ctx.obj.flags:
            written = flag.partition("=")[0]
            if written.replace("_", "-") in seeders:
                continue
            hint = did_you_mean(written, option_flags(ctx))
            if hint != ".":
                raise UsageError(f"there is no option {written}{hint}", outside=written)

    def get_help(self, ctx: click.Context) -> str:
        """The help, with the commands and the seeders that there are."""
        from seeder.cli import help_page

        try:
            names = [found.name for found in _seeders(ctx)]
            words = [f"--{name}" if has_own_flag(ctx, name) else f"--only {name}" for name in names]
            seeders = help_page.listed("Seeders", words)
        except SeederError as error:
            seeders = ["Seeders:", f"  none: {error}"]
        commands = help_page.listed("Commands (seeder COMMAND --help)", _SUBCOMMANDS)
        return help_page.page(self, ctx, [*commands, *seeders, _NOTES])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return ["(--all | --SEEDER ... | COMMAND) [OPTIONS]"]


def _run(
    *, everything: bool, only: Sequence[str], help_wanted: bool, version_wanted: bool, **given: Any
) -> None:
    context = click.get_current_context()
    invocation: Invocation = context.obj
    invocation.given = given
    if help_wanted:
        invocation.print(context.get_help())
        context.exit()
    if version_wanted:
        invocation.print(f"seeder {version()}")
        context.exit()
    if context.invoked_subcommand is not None:
        if everything or only or invocation.flags:
            chosen = "--all" if everything else "--only" if only else invocation.flags[0]
            raise UsageError(f"{chosen} selects seeders to run, and {context.invoked_subcommand} runs none")
        return
    if not (everything or only or invocation.flags):
        raise UsageError(
            "nothing is selected; usage: seeder --all | --SEEDER ... | COMMAND, and seeder --help shows the rest"
        )
    if invocation.load(given):
        select = functools.partial(
            selected, invocation.flags, only, options=option_flags(context), everything=everything
        )
        invocation.run(select if only or invocation.flags else None)


COMMAND = _Main(
    "seeder",
    callback=_run,
    help=_HELP,
    invoke_without_command=True,
    add_help_option=False,
    params=[
        click.Option(
            ["--all", "everything"], is_flag=True, help="run every seeder; --tools --schemas runs some"
        ),
        click.Option(
            ["--only"],
            multiple=True,
            metavar="NAME",
            shell_complete=complete("seeders"),
            help="run the seeder of this name (repeatable)",
        ),
        *options(),
        click.Option(["--version", "version_wanted"], is_flag=True, help="show the version"),
        click.Option(
            ["--help", "help_wanted"], is_flag=True, help="show this help; --version shows the version"
        ),
    ],
)


def _seeders(context: click.Context) -> Sequence[Seeder]:
    invocation: Invocation = context.obj
    settings = invocation.settings or Settings.load(context.params, invocation.environ)
    return discover(settings, invocation.environ)


def _seeders_or_none(context: click.Context) -> Sequence[Seeder]:
    try:
        return _seeders(context)
    except SeederError:
        return ()


def _in_our_words(error: click.UsageError) -> UsageError:
    command = f"seeder {error.ctx.info_name}" if error.ctx and error.ctx.parent else "seeder"
    if isinstance(error, click.NoSuchOption):
        known = [opt for param in error.ctx.command.params for opt in param.opts] if error.ctx else []
        hint = did_you_mean(error.option_name, known)
        return UsageError(f"{command} has no option {error.option_name}{hint}", outside=error.option_name)
    if isinstance(error, click.BadOptionUsage):
        takes_none = "not take" in error.message
        return UsageError(f"{error.option_name} {'takes no value' if takes_none else 'needs a value'}")
    message = error.format_message().rstrip(".")
    message = f"{message[:1].lower()}{message[1:]}"
    return UsageError(f"{command}: {message}", outside=message)

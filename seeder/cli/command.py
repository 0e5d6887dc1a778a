"""The command line: options in, exit code out."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from seeder.cli import listing
from seeder.cli.invocation import Invocation
from seeder.config.settings import OPTIONS, Settings, note_secrets
from seeder.config.version import version
from seeder.errors import Interrupted, SeederError, UsageError

if TYPE_CHECKING:
    from seeder.merge.ledger import Ledger
    from seeder.seed_files import Seeder

_LOGGING = ("log_format", "log_level", "debug", "log_file")
_FINDING = ("path", "environment", "allow_code", *_LOGGING)
_CONNECTING = ("database_url", "wait_timeout", "wait_for", "timeout", "termination_log", *_LOGGING)

_RESOLVING = (
    *("path", "application", "release", "withdraw", "environment", "allow_code", "existing_rows", "ledger"),
    *("strictness", "lock_timeout", "statement_timeout", "dry_run", "diff", "check", "report", *_CONNECTING),
)

_HELP = """Make the tables of a PostgreSQL database hold what seed files say, and keep what people changed.

\b
seeder --all                   run every seeder
seeder --tools --schemas       run some: one flag a seeder, from its name
seeder --all --dry-run --diff  do everything, then roll back; show what would change
seeder --all --check           as --dry-run, and exit 6 if anything would change

Every option has an environment variable; the command line wins. A variable that holds a secret has a twin
that ends in _FILE and names a file with the value; PGPASSWORD_FILE is the twin of libpq's PGPASSWORD.
AUTO_SEED_DATABASE=false switches seeding off: a run says so and exits 0. SEED_DEFAULT_PATH names seeds that
replace the built-in ones if anything of that name exists; in the container image it is /seeds.
"""


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Do what `arguments` say, and return the exit code. No error is left to report."""
    invocation = Invocation(environ, arguments)
    note_secrets(environ)
    try:
        with COMMAND.make_context("seeder", list(arguments), obj=invocation) as context:
            COMMAND.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.UsageError as error:
        return invocation.refuse(_in_our_words(error))
    except SeederError as error:
        return invocation.refuse(error)
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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.commands:
            flags = [f"--{found.name}" for found in _seeders_or_none(ctx)]
            hint = _did_you_mean(args[0], [*self.commands, *flags])
            raise UsageError(
                f'there is no command "{args[0]}"{hint} The commands are {", ".join(self.commands)}',
                outside=args[0],
            )
        ctx.obj.begin(args[0])
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_commands(ctx, formatter)
        with formatter.section("Seeders"):
            try:
                seeders = _seeders(ctx)
            except SeederError as error:
                formatter.write_text(f"none: {error}")
            else:
                formatter.write_dl([(f"--{found.name}", found.file) for found in seeders])


def _options(*names: str) -> list[click.Parameter]:
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


def _run(*, everything: bool, help_wanted: bool, version_wanted: bool, **given: Any) -> None:
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
        if everything or invocation.flags:
            chosen = "--all" if everything else invocation.flags[0]
            raise UsageError(f"{chosen} selects seeders to run, and {context.invoked_subcommand} runs none")
        return
    if not everything and not invocation.flags:
        raise UsageError(
            "nothing is selected; usage: seeder --all | --SEEDER ... | COMMAND, and seeder --help shows the rest"
        )
    if invocation.load(given):
        select = functools.partial(_selected, invocation.flags, everything=everything)
        invocation.run(select if invocation.flags else None)


def _list(*, as_json: bool, **given: Any) -> None:
    """List the seeders: name, kind, table, environments, dependencies and file."""
    invocation: Invocation = click.get_current_context().obj
    settings = _for_seeds(invocation, given)
    seeders = _discover(settings, invocation.environ)
    invocation.print(listing.as_json(seeders) if as_json else listing.as_table(seeders))


def _wait(**given: Any) -> None:
    """Wait until a run could begin: for the database, and for what --wait-for names."""
    invocation: Invocation = click.get_current_context().obj
    settings = invocation.load_for_results(given)
    settings.require_database(invocation.environ)
    from seeder.run import runner

    runner.wait(settings)


def _status(*, as_json: bool, **given: Any) -> None:
    """Show what each seeder holds: when it last changed a row, and how many of its rows people edited or deleted."""
    import json

    import psycopg

    from seeder.run import runner, status
    from seeder.run.transactions import refused

    invocation: Invocation = click.get_current_context().obj
    settings, ledger, seeders = _for_ledger(invocation, given, "status is")
    with runner.connect(settings) as connection:
        try:
            found = status.inspect(connection, seeders, ledger)
        except psycopg.Error as error:
            raise refused(error) from error
    shown = json.dumps(status.as_dicts(found), indent=2, ensure_ascii=False)
    invocation.print(shown if as_json else status.as_table(found))


def _record_history(*, versions: Sequence[str], git: bool, release: str | None, **given: Any) -> None:
    """Record what earlier versions of the seed files shipped: in NAME.history.ndjson beside each of them.

    FOLDER holds an earlier version of the seed files under --path. With --git, REVISION is one of git, or a pattern of
    tags as in 'v*', the oldest first. No database is asked, and with --check nothing is
    written. Exit code 1 if a file could not be read.
    """
    from seeder.cli import histories

    invocation: Invocation = click.get_current_context().obj
    settings = invocation.load_for_results(given)
    invocation.exit_code = histories.record(
        settings.path,
        versions,
        git=git,
        release=release,
        check=settings.check,
        say=invocation.print,
        complain=invocation.complain,
    )


def _conflicts(*, names: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """List the cells that were kept: although the seed file has another value, with both values."""
    import psycopg

    from seeder.cli import conflict_table
    from seeder.run import conflict_list, ordering, runner
    from seeder.run.transactions import refused

    invocation: Invocation = click.get_current_context().obj
    settings, ledger, seeders = _for_ledger(invocation, given, "conflicts are")
    wanted = _named(names, [each.name for each in seeders]) if names else None
    chosen = ordering.selected(seeders, wanted, settings.environment)
    with runner.connect(settings) as connection:
        try:
            pages = conflict_list.pages(connection, chosen, ledger)
            lines = conflict_table.as_json if as_json else conflict_table.as_tables
            for line in lines(invocation.without_errors(pages)):
                invocation.print(line)
        except psycopg.Error as error:
            raise refused(error) from error


def _resolve(
    *,
    names: tuple[str, ...],
    everything: bool,
    rows: tuple[str, ...],
    columns: tuple[str, ...],
    take: str | None,
    **given: Any,
) -> None:
    """Resolve conflicts: write the seed file's value into cells that were kept, or accept the one that is there."""
    from seeder.config import row_key
    from seeder.merge.resolution import Resolution, Take

    invocation: Invocation = click.get_current_context().obj
    if everything == bool(names):
        raise UsageError("name the seeders whose conflicts to resolve, or pass --all")
    if take not in set(Take):
        raise UsageError(
            "say which value the cells get: --take seed, that of the seed file, or --take live, the one that is there"
        )
    keys = []
    for text in rows:
        try:
            keys.append(row_key.read(text))
        except ValueError as error:
            raise UsageError(f'--row: "{text}" {error}', outside=text) from error
    if invocation.load(given):
        if (invocation.settings or Settings()).ledger is None:
            raise UsageError("what is in conflict is read from the ledger, and --ledger is off")
        invocation.run(
            functools.partial(_named, names) if names else None,
            Resolution(Take(take), frozenset(columns), tuple(keys)),
        )


def _subcommand(name: str, callback: Callable[..., None], params: Iterable[click.Parameter]) -> click.Command:
    short = (callback.__doc__ or "").partition(":")[0].rstrip(".") + "."
    return click.Command(
        name, callback=callback, help=callback.__doc__, short_help=short, params=list(params)
    )


COMMAND = _Main(
    "seeder",
    callback=_run,
    help=_HELP,
    invoke_without_command=True,
    add_help_option=False,
    context_settings={"max_content_width": 100},
    params=[
        click.Option(["--all", "everything"], is_flag=True, help="Run every seeder."),
        *_options(),
        click.Option(["--version", "version_wanted"], is_flag=True, help="Show the version."),
        click.Option(["--help", "help_wanted"], is_flag=True, help="Show this help."),
    ],
    commands={
        "list": _subcommand(
            "list",
            _list,
            [click.Option(["--json", "as_json"], is_flag=True, help="As JSON."), *_options(*_FINDING)],
        ),
        "status": _subcommand(
            "status",
            _status,
            [
                click.Option(["--json", "as_json"], is_flag=True, help="As JSON."),
                *_options("path", "application", "release", "withdraw", "allow_code", "ledger", *_CONNECTING),
            ],
        ),
        "record-history": _subcommand(
            "record-history",
            _record_history,
            [
                click.Argument(["versions"], nargs=-1, metavar="FOLDER... | --git REVISION..."),
                click.Option(["--git"], is_flag=True, help="What follows are revisions of git."),
                click.Option(
                    ["--as", "release"],
                    metavar="RELEASE",
                    help="The release that the one FOLDER is, whatever it is called.",
                ),
                *_options("path", "check", *_LOGGING),
            ],
        ),
        "conflicts": _subcommand(
            "conflicts",
            _conflicts,
            [
                click.Argument(["names"], nargs=-1, metavar="[SEEDER]..."),
                click.Option(["--json", "as_json"], is_flag=True, help="As JSON."),
                *_options(
                    *("path", "application", "release", "withdraw", "environment", "allow_code", "ledger"),
                    *_CONNECTING,
                ),
            ],
        ),
        "resolve": _subcommand(
            "resolve",
            _resolve,
            [
                click.Argument(["names"], nargs=-1, metavar="[SEEDER]..."),
                click.Option(["--all", "everything"], is_flag=True, help="The conflicts of every seeder."),
                click.Option(
                    ["--row", "rows"],
                    multiple=True,
                    metavar="COLUMN=VALUE",
                    help="Only in the row with this key; several columns with commas between. Repeatable.",
                ),
                click.Option(
                    ["--column", "columns"],
                    multiple=True,
                    metavar="NAME",
                    help="Only in this column. Repeatable.",
                ),
                click.Option(["--take", "take"], metavar="seed|live", help="Which value the cells get."),
                *_options(*_RESOLVING),
            ],
        ),
        "wait": _subcommand("wait", _wait, _options(*_CONNECTING)),
    },
)


def _for_seeds(invocation: Invocation, given: Mapping[str, Any]) -> Settings:
    """The settings of a subcommand that looks at seeds, with what their sets say."""
    from seeder.seed_files.sets import with_sets

    return with_sets(invocation.load_for_results(given))


def _for_ledger(
    invocation: Invocation, given: Mapping[str, Any], what: str
) -> tuple[Settings, Ledger, Sequence[Seeder]]:
    """The settings, the ledger and the seeders of a subcommand that shows what the ledger knows.

    `what` begins the sentence that refuses `--ledger off`. Raises `UsageError`.
    """
    from seeder.run.proofs import ledger_of

    settings = _for_seeds(invocation, given)
    settings.require_database(invocation.environ)
    ledger = ledger_of(settings)
    if ledger is None:
        raise UsageError(f"{what} read from the ledger, and --ledger is off")
    return settings, ledger, _discover(settings, invocation.environ)


def _seeders(context: click.Context) -> Sequence[Seeder]:
    invocation: Invocation = context.obj
    settings = invocation.settings or Settings.load(context.params, invocation.environ)
    return _discover(settings, invocation.environ)


def _seeders_or_none(context: click.Context) -> Sequence[Seeder]:
    try:
        return _seeders(context)
    except SeederError:
        return ()


def _discover(settings: Settings, environ: Mapping[str, str]) -> Sequence[Seeder]:
    from seeder import seed_files

    seeders: Sequence[Seeder] = seed_files.discover(
        settings.path,
        allow_code=settings.allow_code,
        environ=environ,
        existing_rows=settings.existing_rows,
    )
    return seeders


def _selected(flags: Sequence[str], seeders: Sequence[str], *, everything: bool) -> Sequence[str] | None:
    """The names, of those of all `seeders`, that `flags` name; underscore and hyphen are the same. None for all."""
    names = {found.replace("-", "_"): found for found in seeders}
    selected: list[str] = []
    for flag in flags:
        name, equals, _ = flag.removeprefix("--").partition("=")
        if name.replace("-", "_") not in names:
            known = [opt for param in COMMAND.params for opt in (*param.opts, *param.secondary_opts)]
            hint = _did_you_mean(f"--{name}", [*known, *(f"--{found}" for found in seeders)])
            there = ", ".join(names.values()) or "none"
            raise UsageError(
                f"there is no option and no seeder --{name}{hint} The seeders are {there}", outside=name
            )
        if equals:
            raise UsageError(f"--{name} names a seeder and takes no value")
        selected.append(names[name.replace("-", "_")])
    return None if everything else tuple(dict.fromkeys(selected))


def _named(names: Sequence[str], seeders: Sequence[str]) -> tuple[str, ...]:
    """The names, of those of all `seeders`, that the words of a command line name."""
    known = {found.replace("-", "_"): found for found in seeders}
    for name in names:
        if name.replace("-", "_") not in known:
            hint = _did_you_mean(name, seeders)
            raise UsageError(
                f'there is no seeder "{name}"{hint} The seeders are {", ".join(seeders) or "none"}',
                outside=name,
            )
    return tuple(dict.fromkeys(known[name.replace("-", "_")] for name in names))


def _did_you_mean(word: str, known: Sequence[str]) -> str:
    from seeder.seed_files.suggestions import nearest

    found = nearest(word, known) or nearest(f"--{word}", known)
    return f"; did you mean {found}?" if found else "."


def _in_our_words(error: click.UsageError) -> UsageError:
    command = f"seeder {error.ctx.info_name}" if error.ctx and error.ctx.parent else "seeder"
    if isinstance(error, click.NoSuchOption):
        known = [opt for param in error.ctx.command.params for opt in param.opts] if error.ctx else []
        hint = _did_you_mean(error.option_name, known)
        return UsageError(f"{command} has no option {error.option_name}{hint}", outside=error.option_name)
    if isinstance(error, click.BadOptionUsage):
        takes_none = "not take" in error.message
        return UsageError(f"{error.option_name} {'takes no value' if takes_none else 'needs a value'}")
    message = error.format_message().rstrip(".")
    message = f"{message[:1].lower()}{message[1:]}"
    return UsageError(f"{command}: {message}", outside=message)

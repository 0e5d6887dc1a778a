"""The run as a function, for applications: `await seed(engine, …)`, or `seed_sync(engine, …)`."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, Unpack

from seeder import seed_files
from seeder.config.settings import Credential, Settings
from seeder.errors import ExitCode, UsageError
from seeder.postgres.waiting import Connect
from seeder.reporting import logs, outputs
from seeder.reporting.report import Report, StrictnessExceeded
from seeder.run.connecting import connect_to, patient
from seeder.run.runner import Run
from seeder.run.time_limit import TimeLimit
from seeder.seed_files.sets import with_sets
from seeder.seed_files.suggestions import did_you_mean

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

    from seeder.run.background import Background

    Database: TypeAlias = AsyncEngine | Engine | URL | str

StrPath: TypeAlias = "str | os.PathLike[str]"


class RunOptions(TypedDict, total=False):
    """The options of a run, with the defaults of the command line. The environment is not asked for any of them.

    Durations are seconds, or text as the command line takes it (`"2m"`).
    """

    path: StrPath | Sequence[StrPath]
    """Folders or files of seeds, or modules by their dotted name; `"builtin"`, the default, names the built-in seeds.
    Each text is one of them, whatever characters are in it."""
    only: Sequence[str] | None
    """The names of the seeders to run; None, the default, runs all."""
    application: str
    """Whose seeds these are; `"default"` by default. One ledger serves several applications, and each row belongs to
    one of them."""
    release: str | int | None
    """The version of the seeds: an integer, a SemVer version as `"1.4.0"`, or a time with its offset. A run of an older
    release changes nothing. It needs an application that is named. None by default."""
    withdraw: str | int | None
    """The newer release that this older one replaces; None by default."""
    environment: str | None
    """Seeders that list environments run only in theirs, and overlays of this environment apply."""
    single_transaction: bool
    """Whether to seed all in one transaction, and to keep it only if the run succeeds; False by default. Foreign keys
    that can be deferred are checked at its end."""
    strictness: str | int
    """`"strict"` (the default), `"lenient"`, a number of seeders, or a percentage as `"25%"`."""
    wait_timeout: float | str
    """How long to wait for the database; 120 s by default, 0 is one try."""
    wait_for: str | Sequence[str]
    """What else must be there first, as `"alembic:4f2a8c91d0b3"`, or a list."""
    lock_timeout: float | str
    """How long the run may wait in all for locks that others hold; 300 s by default."""
    statement_timeout: float | str | None
    """How long each of the seeders' statements may take: PostgreSQL's `statement_timeout`. A server that does not
    answer is given up 5 s later. None by default."""
    timeout: float | str | None
    """How long the whole run may take; None by default. Then the current seeder is rolled back, and
    `StrictnessExceeded` raised. Code of a Python seeder that does not use the database is awaited."""
    create_tables: bool
    """Whether to create a missing table by its seed file's DDL; True by default."""
    allow_code: bool
    """Whether `.py`, `.sql` and `ddl` in seed folders may run; False by default."""
    existing_rows: str | None
    """What becomes of cells that differ in rows that were there before the seeder, if the seed file does not say:
    `"keep"` (the default), `"overwrite"` or `"fail"`. Without a ledger the default is `"overwrite"`."""
    ledger: str | None
    """The schema that holds the ledger, `"seeder"` by default; None, or `"off"`, for none."""
    dry_run: bool
    """Do everything, then roll back."""
    diff: bool
    """Log row by row what changes, with the values of cells."""
    check: bool
    """As `dry_run`, and raise if anything would change."""
    report: StrPath | Sequence[StrPath]
    """Files to write the report to: JUnit XML if the name ends in `.xml`, Markdown in `.md`, a page in `.html`, else
    JSON."""
    debug: bool
    """Log tracebacks too, and say what code in the database raises, which may hold values."""


async def seed(engine: Database, **options: Unpack[RunOptions]) -> Report:
    """Run seeders, and return the report, without holding up the event loop: the run is in a thread.

    `engine` is an engine of SQLAlchemy's, or a URL in any form that the command line takes. An engine on psycopg makes
    the connection, an `AsyncEngine` in this event loop. Of an engine on another driver the URL is taken, password
    included, and what else it was made with does not count. If it is cancelled, the current seeder is rolled back.

    Raises `StrictnessExceeded`, with the report, if the command line would exit nonzero, and `UsageError` if an option
    is invalid.
    """
    from seeder.run.background import in_background

    call = _Call(options)
    with logs.in_application(call.settings):
        return call.concluded(await in_background(functools.partial(call.run, engine)))


def seed_sync(engine: Database, **options: Unpack[RunOptions]) -> Report:
    """Run seeders, and return the report: as `seed`, in this thread.

    Of an `AsyncEngine` the URL is taken, as of an engine on another driver than psycopg. What Python seeders do in
    asyncio they do in one event loop, which is made for the run and closed with it.
    """
    call = _Call(options)
    with logs.in_application(call.settings):
        return call.concluded(call.run(engine))


class _Call:
    """One call: its options as settings, and the run that they ask for."""

    def __init__(self, options: RunOptions) -> None:
        unknown = sorted(options.keys() - RunOptions.__annotations__.keys())
        if unknown:
            raise TypeError(f"seed() got an unexpected keyword argument {unknown[0]!r}")
        only = options.get("only")
        if isinstance(only, str):
            raise UsageError(f'only: write ["{only}"], a list of names')
        self.selection = None if only is None else tuple(only)
        settings = Settings.of({name: value for name, value in options.items() if name != "only"})
        self.settings = with_sets(settings)
        outputs.check_writable(self.settings.report, None)

    def discovered(self) -> list[seed_files.Seeder]:
        """The seeders there are. Raises `UsageError` if `only` names another."""
        settings = self.settings
        seeders = seed_files.discover(
            settings.path,
            allow_code=settings.allow_code,
            environ=os.environ,
            environment=settings.environment,
            existing_rows=settings.existing_rows,
        )
        names = [seeder.name for seeder in seeders]
        for name in self.selection or ():
            if name not in names:
                raise UsageError(
                    f'only: there is no seeder "{name}"{did_you_mean(name, names)}; '
                    f"the seeders are {', '.join(names)}"
                )
        return list(seeders)

    def run(self, engine: Database, background: Background | None = None) -> Report:
        """Run the seeders in this thread: by itself, or in the background of an event loop."""
        connect = patient(_connect(engine, background), self.settings.statement_timeout)
        if background is None:
            limit = TimeLimit(self.settings.timeout, connect)
        else:
            limit = TimeLimit(self.settings.timeout, background.watched(connect), background.sleep)
            background.deadline = limit.deadline
        seeders = self.discovered()
        return Run(
            self.settings,
            seeders,
            self.selection,
            limit.connect,
            sleep=limit.sleep,
            event_loop=background,
        ).run()

    def concluded(self, report: Report) -> Report:
        """Write the report to the files asked for, and return it. Raises `StrictnessExceeded` if the run failed."""
        for error in outputs.write_all(report, self.settings.report, None):
            raise error
        if report.exit_code is not ExitCode.OK:
            raise StrictnessExceeded(report)
        return report


def _connect(engine: Any, background: Background | None) -> Connect:
    """How to connect: by the engine if it is on psycopg, else to what it, or a URL, names."""
    if getattr(getattr(engine, "dialect", None), "driver", None) == "psycopg":
        from seeder.run import engines

        if not hasattr(engine, "sync_engine"):
            return engines.connect_by(engine)
        if background is not None:
            return engines.connect_in_event_loop(engine, background)
    url = getattr(engine, "url", engine)
    text = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    return connect_to(Settings(database_url=Credential("the database URL", text)))

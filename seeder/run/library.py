"""The run as a function, for applications: `await seed(engine, …)`, or `seed_sync(engine, …)`."""

from __future__ import annotations

import os
from collections.abc import Sequence  # noqa: TC003 - for whoever asks for the types of RunOptions
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

from seeder import seed_files
from seeder.code.host import Host
from seeder.config.settings import Credential, Settings
from seeder.errors import ExitCode, UsageError
from seeder.reporting import logs, outputs
from seeder.reporting.report import StrictnessExceeded
from seeder.run.connecting import engine_of
from seeder.run.runner import Run
from seeder.seed_files.suggestions import did_you_mean

if TYPE_CHECKING:
    from typing import Unpack

    from sqlalchemy import URL, Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

    from seeder.reporting.report import Report

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
    environment: str | None
    """Seeders that list environments run only in theirs."""
    strictness: str | int
    """`"strict"` (the default), `"lenient"`, a number of seeders, or a percentage as `"25%"`."""
    wait_timeout: float | str
    """How long to wait for the database; 120 s by default, 0 is one try."""
    wait_for: str | Sequence[str]
    """What else must be there first, as `"alembic:4f2a8c91d0b3"`, or a list."""
    lock_timeout: float | str
    """How long the run may wait in all for locks that others hold; 300 s by default."""
    statement_timeout: float | str | None
    """PostgreSQL's `statement_timeout` for the seeders' statements; None by default."""
    create_tables: bool
    """Whether to create a missing table by its seed file's DDL; True by default."""
    allow_code: bool
    """Whether `.py`, `.sql` and `ddl` in seed folders may run; False by default."""
    ledger: str | None
    """The schema that holds the ledger, `"seeder"` by default; None, or `"off"`, for none."""
    dry_run: bool
    """Do everything, then roll back."""
    diff: bool
    """Log row by row what changes, with the values of cells."""
    check: bool
    """As `dry_run`, and raise where anything would change."""
    report: StrPath | Sequence[StrPath]
    """Files to write the report to: JSON, or JUnit XML where the name ends in `.xml`."""
    debug: bool
    """Log tracebacks too, and say what code in the database raises, which may hold values."""


async def seed(engine: Database, **options: Unpack[RunOptions]) -> Report:
    """Run seeders, and return the report, without holding up the event loop.

    `engine` is an engine of SQLAlchemy's, or a URL in any form that the command line takes. By an `AsyncEngine` on
    psycopg the run is in this event loop. By an `Engine` on psycopg it is in a thread. Of an engine on another driver
    the URL is taken, password included, and what else it was made with does not count. Cancelled, the seeder in hand
    is rolled back.

    Raises `StrictnessExceeded`, with the report, where the command line would exit nonzero, and `UsageError` where the
    options can't be meant.
    """
    call = _Call(options)
    with logs.in_application(call.settings):
        own = _own(engine)
        if own is not None and _is_async(own):
            return call.concluded(await _in_event_loop(call, own))
        return call.concluded(await _in_thread(call, own or _engine(engine)))


def seed_sync(engine: Database, **options: Unpack[RunOptions]) -> Report:
    """Run seeders, and return the report: as `seed`, in this thread.

    Of an `AsyncEngine` the URL is taken, as of an engine on another driver than psycopg. What Python seeders do in
    asyncio they do in one event loop, which is made for the run and closed with it.
    """
    call = _Call(options)
    with logs.in_application(call.settings):
        from seeder.run.hosts import connect_fittingly

        own = _own(engine)
        if own is None or _is_async(own):
            return call.concluded(call.run(call.discovered(), _engine(engine), Host()))
        return call.concluded(call.run(call.discovered(), own, Host(connect=connect_fittingly)))


async def _in_event_loop(call: _Call, engine: AsyncEngine) -> Report:
    import asyncio

    from sqlalchemy.util import greenlet_spawn

    from seeder.run.hosts import InEventLoop, giving_way

    host = InEventLoop()
    seeders = [giving_way(seeder) for seeder in await asyncio.to_thread(call.discovered)]
    report = await greenlet_spawn(call.run, seeders, engine.sync_engine, host)
    host.check()
    return report


async def _in_thread(call: _Call, engine: Engine) -> Report:
    from seeder.run.hosts import in_thread

    return await in_thread(lambda host: call.run(call.discovered(), engine, host))


class _Call:
    """What one call was given, understood."""

    def __init__(self, options: RunOptions) -> None:
        unknown = sorted(options.keys() - RunOptions.__annotations__.keys())
        if unknown:
            raise TypeError(f"seed() got an unexpected keyword argument {unknown[0]!r}")
        only = options.get("only")
        if isinstance(only, str):
            raise UsageError(f'only: write ["{only}"], a list of names')
        self.selection = None if only is None else tuple(only)
        self.settings = Settings.of({name: value for name, value in options.items() if name != "only"})
        outputs.check_writable(self.settings.report, None)

    def discovered(self) -> list[seed_files.Seeder]:
        """The seeders there are. Raises `UsageError` where `only` names another."""
        settings = self.settings
        seeders = seed_files.discover(settings.path, allow_code=settings.allow_code, environ=os.environ)
        names = [seeder.name for seeder in seeders]
        for name in self.selection or ():
            if name not in names:
                raise UsageError(
                    f'only: there is no seeder "{name}"{did_you_mean(name, names)}; '
                    f"the seeders are {', '.join(names)}"
                )
        return list(seeders)

    def run(self, seeders: Sequence[seed_files.Seeder], engine: Engine, host: Host) -> Report:
        return Run(self.settings, seeders, self.selection, lambda: engine, host).run()

    def concluded(self, report: Report) -> Report:
        """Write the report where it was asked for, and return it, or raise what it amounts to."""
        for error in outputs.write_all(report, self.settings.report, None):
            raise error
        if report.exit_code is not ExitCode.OK:
            raise StrictnessExceeded(report)
        return report


def _is_async(engine: Any) -> bool:
    return hasattr(engine, "sync_engine")


def _own(engine: Any) -> Any:
    """The engine, where it can be used as it is, or None."""
    return engine if getattr(getattr(engine, "dialect", None), "driver", None) == "psycopg" else None


def _engine(engine: Any) -> Engine:
    """An engine of ours to the database that a URL, or an engine on another driver, names."""
    url = getattr(engine, "url", engine)
    text = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    return engine_of(Settings(database_url=Credential("the database URL", text)))

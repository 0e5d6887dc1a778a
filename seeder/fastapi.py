"""Seeding when a FastAPI application starts: `app = FastAPI(lifespan=seeding(engine, path="seeds/"))`.

Any application with a lifespan and an `app.state` will do, Starlette's own among them; FastAPI is not imported.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from seeder import logs, report
from seeder.errors import ExitCode, Interrupted, StrictnessExceeded
from seeder.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Unpack

    from seeder.library import Database, RunOptions
    from seeder.report import Report

Lifespan: TypeAlias = Callable[[Any], AbstractAsyncContextManager[Any]]
"""What FastAPI and Starlette take as `lifespan`: given the application, what to do around its serving."""

OnFailure: TypeAlias = Literal["raise", "log"]

_SWITCHES = ("AUTO_SEED_DATABASE", "SEED_DEBUG")


def seeding(
    engine: Database,
    *,
    on_failure: OnFailure = "raise",
    lifespan: Lifespan | None = None,
    **options: Unpack[RunOptions],
) -> Lifespan:
    """Make a lifespan that seeds before the application serves, and then enters `lifespan`, if there is one.

    `engine` and `options` (`path`, `only`, `application`, `environment`, `strictness`, `wait_for` and the rest) are
    those of `seeder.seed`. Of the environment two variables count, read when the application starts: with
    `AUTO_SEED_DATABASE=false` nothing is seeded and the database is not touched, and `SEED_DEBUG` says whether to
    log in detail where `debug` is not given.

    The report is in `app.state.seeder_report` as soon as `lifespan` is entered.

    `on_failure` says what becomes of an application whose seeds fail beyond what `strictness` tolerates: with
    `raise` (the default) it does not start, and `StrictnessExceeded` says why; with `log` it starts, logs
    `application.unseeded`, and can ask the report. A `UsageError`, which trying again can't mend, is always raised, and
    so is `StrictnessExceeded` where SIGTERM or SIGINT ended the start.
    """
    if on_failure not in get_args(OnFailure):
        raise ValueError(f'on_failure is "raise" or "log", and not {on_failure!r}')

    @asynccontextmanager
    async def seeded(app: Any) -> AsyncIterator[Any]:
        switches = Settings.load({}, {name: os.environ.get(name, "") for name in _SWITCHES})
        if switches.auto_seed_database:
            app.state.seeder_report = await _seed(engine, on_failure, {"debug": switches.debug, **options})
        else:
            app.state.seeder_report = _switched_off(switches)
        if lifespan is None:
            yield
        else:
            async with lifespan(app) as state:
                yield state

    return seeded


async def _seed(engine: Database, on_failure: OnFailure, options: RunOptions) -> Report:
    from seeder.library import seed  # SQLAlchemy takes a while to import
    from seeder.stopping import until_stopped

    try:
        return await until_stopped(seed(engine, **options))
    except Interrupted as interrupted:
        code = interrupted.exit_code
        done = report.without_seeders(code, f"{code.name.lower()} by a signal while the application started")
        # Not as a KeyboardInterrupt, which event loops pass by everybody who would end the start in good order.
        raise StrictnessExceeded(done) from None
    except StrictnessExceeded as exceeded:
        if on_failure == "raise":
            # What led to it is in the log; the frames below would only bury the message.
            raise exceeded.with_traceback(None) from None
        done = exceeded.report
        with logs.in_application(Settings(), run_id=done.run_id):
            logs.get_logger().warning(
                "application.unseeded", exit_code=int(done.exit_code), reason=done.reason
            )
        return done


def _switched_off(settings: Settings) -> Report:
    with logs.in_application(settings):
        done = report.without_seeders(ExitCode.OK, "seeding is switched off: AUTO_SEED_DATABASE is false")
        done.log()
    return done

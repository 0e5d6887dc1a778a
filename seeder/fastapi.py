"""Seeding when a FastAPI application starts: `app = FastAPI(lifespan=seeding(engine, path="seeds/"))`.

It works for any application with a lifespan and an `app.state`, such as Starlette's. FastAPI is not imported.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, Unpack, get_args

from seeder.config.settings import Settings
from seeder.errors import ExitCode, Interrupted
from seeder.reporting import logs
from seeder.reporting.report import Report, StrictnessExceeded
from seeder.run import verdict
from seeder.signals import EXIT_CODES

if TYPE_CHECKING:
    from seeder.run.library import Database, RunOptions

Lifespan: TypeAlias = Callable[[Any], AbstractAsyncContextManager[Any]]
"""What FastAPI and Starlette take as `lifespan`."""

OnFailure: TypeAlias = Literal["raise", "log"]

T = TypeVar("T")

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
    those of `seeder.seed`. Two environment variables are read when the application starts: with
    `AUTO_SEED_DATABASE=false` nothing is seeded and the database is not touched; `SEED_DEBUG` is the default for
    `debug`.

    The report is in `app.state.seeder_report` before `lifespan` is entered.

    `on_failure` applies if more seeders fail than `strictness` tolerates. With `raise`, the default, the application
    does not start, and `StrictnessExceeded` says why. With `log` it starts, logs `application.unseeded`, and can read
    the report. A `UsageError`, which a retry can't fix, is always raised, and so is `StrictnessExceeded` if SIGTERM or
    SIGINT ended the start.
    """
    if on_failure not in get_args(OnFailure):
        raise ValueError(f'on_failure is "raise" or "log", not {on_failure!r}')

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
    from seeder.run.library import seed  # SQLAlchemy takes a while to import

    try:
        return await _until_stopped(seed(engine, **options))
    except Interrupted as interrupted:
        code = interrupted.exit_code
        done = verdict.without_seeders(code, f"{code.name.lower()} by a signal while the application started")
        # Not as a KeyboardInterrupt: an event loop lets that pass those who would end the start in good order.
        raise StrictnessExceeded(done) from None
    except StrictnessExceeded as exceeded:
        if on_failure == "raise":
            # The causes are in the log; the frames below would only bury the message.
            raise exceeded.with_traceback(None) from None
        done = exceeded.report
        with logs.in_application(Settings(), run_id=done.run_id):
            logs.get_logger().warning(
                "application.unseeded", exit_code=int(done.exit_code), reason=done.reason
            )
        return done


def _switched_off(settings: Settings) -> Report:
    with logs.in_application(settings):
        done = verdict.without_seeders(ExitCode.OK, "seeding is switched off: AUTO_SEED_DATABASE is false")
        done.log()
    return done


async def _until_stopped(work: Coroutine[Any, Any, T]) -> T:
    """Await `work`. If a signal arrives, cancel it and raise `Interrupted`.

    Servers such as uvicorn only note SIGTERM and SIGINT and act on them when the start is over, which may take minutes
    if it waits for a database. So this handles them itself, after the former handler, which it restores at the end.
    Outside the main thread, which alone can handle signals, it only awaits.
    """
    task = asyncio.ensure_future(work)
    arrived: list[ExitCode] = []
    loop = asyncio.get_running_loop()

    def stop(exit_code: ExitCode) -> None:
        arrived.append(exit_code)
        loop.call_soon_threadsafe(task.cancel)

    with _heard(stop):
        try:
            return await task
        except asyncio.CancelledError:
            if arrived and task.cancelled():
                raise Interrupted(arrived[0]) from None
            raise


@contextlib.contextmanager
def _heard(stop: Callable[[ExitCode], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        stop(EXIT_CODES[signal.Signals(number)])
        if callable(handler := before[signal.Signals(number)]):
            handler(number, frame)

    before = {number: signal.signal(number, handle) for number in EXIT_CODES}
    try:
        yield
    finally:
        for number, handler in before.items():
            # None is a handler that was not installed from Python, and can't be restored from here.
            if handler is not None and signal.getsignal(number) is handle:
                signal.signal(number, handler)

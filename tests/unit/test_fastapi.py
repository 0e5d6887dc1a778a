"""The lifespan: what it does and in which order, with a run that is made up."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette

from seeder import ExitCode, Report, StrictnessExceeded
from seeder.errors import UsageError
from seeder.fastapi import seeding
from seeder.run import library

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ENGINE = "postgresql://nobody@nowhere/nothing"


def report(exit_code: ExitCode = ExitCode.OK, reason: str = "2 seeders done, 3 rows changed") -> Report:
    return Report(
        run_id="a-run",
        version="1",
        started_at=datetime.now(UTC),
        exit_code=exit_code,
        reason=reason,
        duration_seconds=0.1,
    )


FAILED = report(ExitCode.FAILED, "1 of 2 seeders failed")


class Seed:
    """Stands in for `seeder.seed`, and notes what it is called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, dict[str, Any]]] = []
        self.raises: Exception | None = None

    async def __call__(self, engine: Any, **options: Any) -> Report:
        self.calls.append((engine, options))
        if self.raises is not None:
            raise self.raises
        return report()


@pytest.fixture
def seed(monkeypatch: pytest.MonkeyPatch) -> Seed:
    for name in ("AUTO_SEED_DATABASE", "SEED_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    stand_in = Seed()
    monkeypatch.setattr(library, "seed", stand_in)
    return stand_in


def start(app: FastAPI | Starlette) -> Any:
    """Start the application and stop it again; gives the state that its lifespan yields."""

    async def run() -> Any:
        async with app.router.lifespan_context(app) as state:
            return state

    return asyncio.run(run())


def test_options_go_to_the_run_and_its_report_to_the_application(seed: Seed) -> None:
    app = FastAPI(lifespan=seeding(ENGINE, path="seeds/", only=["tools"], strictness="lenient"))
    start(app)
    assert seed.calls == [
        (ENGINE, {"path": "seeds/", "only": ["tools"], "strictness": "lenient", "debug": False})
    ]
    assert app.state.seeder_report.reason == "2 seeders done, 3 rows changed"


def test_an_application_that_is_only_starlette_will_do(seed: Seed) -> None:
    app = Starlette(lifespan=seeding(ENGINE))
    start(app)
    assert len(seed.calls) == 1
    assert app.state.seeder_report.exit_code == 0


def test_another_lifespan_is_entered_after_the_seeds_and_left_at_the_end(seed: Seed) -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def other(app: FastAPI) -> AsyncIterator[dict[str, str]]:
        seen.append(f"entered after {len(seed.calls)} runs, {app.state.seeder_report.exit_code.name}")
        yield {"cache": "warm"}
        seen.append("left")

    state = start(FastAPI(lifespan=seeding(ENGINE, lifespan=other)))
    assert seen == ["entered after 1 runs, OK", "left"]
    assert state == {"cache": "warm"}


def test_an_error_while_serving_reaches_the_other_lifespan(seed: Seed) -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def other(_app: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        except LookupError as error:
            seen.append(str(error))
            raise

    async def serve() -> None:
        app = FastAPI()
        async with seeding(ENGINE, lifespan=other)(app):
            raise LookupError("while serving")

    with pytest.raises(LookupError, match="while serving"):
        asyncio.run(serve())
    assert seen == ["while serving"]


@pytest.mark.parametrize("value", ["false", "0", "No", "OFF"])
def test_switched_off_it_starts_without_a_run_and_says_so(
    seed: Seed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, value: str
) -> None:
    app = FastAPI(lifespan=seeding(ENGINE))
    monkeypatch.setenv("AUTO_SEED_DATABASE", value)
    with caplog.at_level(logging.INFO, logger="seeder"):
        start(app)
    assert seed.calls == []
    assert "AUTO_SEED_DATABASE is false" in app.state.seeder_report.reason
    assert app.state.seeder_report.exit_code == 0
    assert "AUTO_SEED_DATABASE is false" in caplog.text


@pytest.mark.parametrize("value", ["", "true", "1"])
def test_switched_on_or_not_set_it_seeds(seed: Seed, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("AUTO_SEED_DATABASE", value)
    start(FastAPI(lifespan=seeding(ENGINE)))
    assert len(seed.calls) == 1


def test_a_switch_that_is_neither_on_nor_off_is_refused(seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTO_SEED_DATABASE", "maybe")
    with pytest.raises(UsageError, match="AUTO_SEED_DATABASE"):
        start(FastAPI(lifespan=seeding(ENGINE)))
    assert seed.calls == []


def test_other_variables_do_not_count(seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEED_STRICTNESS", "nonsense")
    start(FastAPI(lifespan=seeding(ENGINE)))
    assert seed.calls == [(ENGINE, {"debug": False})]


def test_debug_is_what_the_environment_says_unless_the_application_says_it(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEED_DEBUG", "yes")
    start(FastAPI(lifespan=seeding(ENGINE)))
    start(FastAPI(lifespan=seeding(ENGINE, debug=False)))
    assert [options["debug"] for _, options in seed.calls] == [True, False]


def test_by_default_it_does_not_start_when_strictness_is_exceeded(seed: Seed) -> None:
    seed.raises = StrictnessExceeded(FAILED)
    with pytest.raises(StrictnessExceeded, match="1 of 2 seeders failed") as raised:
        start(FastAPI(lifespan=seeding(ENGINE)))
    assert raised.value.report is FAILED


def test_asked_to_it_starts_all_the_same_and_says_so(seed: Seed, caplog: pytest.LogCaptureFixture) -> None:
    seed.raises = StrictnessExceeded(FAILED)
    app = FastAPI(lifespan=seeding(ENGINE, on_failure="log"))
    with caplog.at_level(logging.INFO, logger="seeder"):
        start(app)
    assert app.state.seeder_report is FAILED
    [record] = caplog.records
    assert record.levelname == "WARNING"
    assert "application.unseeded" in record.getMessage()
    assert "1 of 2 seeders failed" in record.getMessage()


def test_what_trying_again_can_not_mend_is_raised_whatever_was_asked_for(seed: Seed) -> None:
    seed.raises = UsageError("no such seeder")
    with pytest.raises(UsageError, match="no such seeder"):
        start(FastAPI(lifespan=seeding(ENGINE, on_failure="log")))


def test_a_wish_that_is_not_known_is_refused_before_anything_starts() -> None:
    with pytest.raises(ValueError, match="on_failure"):
        seeding(ENGINE, on_failure="ignore")  # type: ignore[arg-type]  # the mistake that is tested


@pytest.mark.parametrize(
    ("number", "exit_code"),
    [(signal.SIGTERM, ExitCode.TERMINATED), (signal.SIGINT, ExitCode.INTERRUPTED)],
)
def test_a_signal_ends_the_start_and_the_server_hears_of_it_too(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals, exit_code: ExitCode
) -> None:
    told: list[int] = []
    rolled_back: list[bool] = []

    def note(arrived: int, _frame: object) -> None:
        told.append(arrived)

    async def seed_for_ever(_engine: Any, **_options: Any) -> Report:
        signal.raise_signal(number)
        try:
            await asyncio.Event().wait()
        finally:
            rolled_back.append(True)
        raise AssertionError

    monkeypatch.setattr(library, "seed", seed_for_ever)
    before = signal.signal(number, note)
    try:
        with pytest.raises(StrictnessExceeded, match="by a signal") as raised:
            start(FastAPI(lifespan=seeding(ENGINE, on_failure="log")))
        assert signal.getsignal(number) is note
    finally:
        signal.signal(number, before)
    assert raised.value.report.exit_code == exit_code
    assert told == [number]
    assert rolled_back == [True]


def test_being_cancelled_by_somebody_else_stays_that(monkeypatch: pytest.MonkeyPatch) -> None:
    async def seed_for_ever(_engine: Any, **_options: Any) -> Report:
        await asyncio.Event().wait()
        raise AssertionError

    async def run() -> None:
        async with asyncio.timeout(0), seeding(ENGINE)(FastAPI()):
            pass

    monkeypatch.setattr(library, "seed", seed_for_ever)
    with pytest.raises(TimeoutError):
        asyncio.run(run())


def test_it_starts_in_a_thread_too(seed: Seed) -> None:
    with ThreadPoolExecutor() as threads:
        threads.submit(start, FastAPI(lifespan=seeding(ENGINE))).result()
    assert len(seed.calls) == 1


def test_importing_it_imports_neither_fastapi_nor_a_driver() -> None:
    heavy = ("fastapi", "starlette", "sqlalchemy", "psycopg", "asyncpg", "structlog", "yaml")
    script = f"import sys, seeder.fastapi; print([name for name in {heavy!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"

"""Beside an event loop, a cancellation is heard at whatever moment it comes."""

from __future__ import annotations

import asyncio
import concurrent.futures
import queue
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from seeder.errors import Interrupted
from seeder.run import engines
from seeder.run.background import Background

if TYPE_CHECKING:
    from collections.abc import Callable


class Lender:
    """A connection of an engine's that may be closed, and nothing else."""

    closed = False

    async def close(self) -> None:
        self.closed = True


class Unready:
    """An engine whose only attempt to connect ends when it is told to, well or badly."""

    def __init__(self, *, refuses: bool) -> None:
        self._refuses = refuses
        self.told = asyncio.get_running_loop().create_future()
        self.asked = asyncio.Event()
        self.lender: Lender | None = None

    async def connect(self) -> tuple[Lender, None]:
        self.asked.set()
        await self.told
        if self._refuses:
            raise psycopg.OperationalError("refused")
        self.lender = Lender()
        return self.lender, None


@pytest.fixture(autouse=True)
def _connected_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_connect", Unready.connect)


@pytest.mark.parametrize("refuses", [True, False])
@pytest.mark.parametrize("turns", range(6))
def test_a_cancellation_is_heard_as_an_attempt_to_connect_ends(turns: int, refuses: bool) -> None:
    async def main() -> None:
        engine: Any = Unready(refuses=refuses)
        run = asyncio.create_task(engines._connected(engine, 5.0))
        await engine.asked.wait()
        engine.told.set_result(None)
        for _ in range(turns):
            await asyncio.sleep(0)
        heard = run.cancel()
        await asyncio.wait([run])
        assert run.cancelled() is heard
        if not heard:
            assert isinstance(run.exception(), psycopg.OperationalError) is refuses
        if engine.lender is not None:
            assert engine.lender.closed is heard

    asyncio.run(main())


def test_a_cancellation_is_heard_though_the_driver_swallows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `asyncio.wait_for` of Python 3.11 does, in which psycopg waits, when what it waits for has just come."""
    swallowed = 0

    async def connect(_: object) -> None:
        nonlocal swallowed
        asked.set()
        while swallowed < 2:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed += 1
        await asyncio.sleep(60)

    async def main() -> None:
        engine: Any = object()
        run = asyncio.create_task(engines._connected(engine, 60.0))
        await asked.wait()
        run.cancel()
        await asyncio.wait([run], timeout=30)
        assert run.cancelled()
        assert swallowed == 2

    monkeypatch.setattr(engines, "_connect", connect)
    asked = asyncio.Event()
    asyncio.run(main())


def test_an_attempt_to_connect_that_takes_too_long_is_given_up() -> None:
    async def main() -> None:
        engine: Any = Unready(refuses=False)
        with pytest.raises(TimeoutError):
            await engines._connected(engine, 0.01)
        assert engine.told.cancelled()

    asyncio.run(main())


def test_a_coroutine_that_comes_as_the_run_is_cancelled_is_cancelled_too() -> None:
    """The coroutine is on its way to the event loop, so that there is no task yet when the run is cancelled."""
    on_its_way: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    class Busy:
        def call_soon_threadsafe(self, callback: Callable[[], None], context: object) -> None:
            on_its_way.put(callback)

        def create_task(self, coroutine: Any) -> asyncio.Task[Any]:
            return asyncio.ensure_future(coroutine)

    async def main() -> None:
        busy: Any = Busy()
        background = Background(busy)
        with concurrent.futures.ThreadPoolExecutor(1) as executor:
            ended = executor.submit(background.run, lambda: asyncio.sleep(60))
            begin = await asyncio.to_thread(on_its_way.get)
            background.cancel()
            begin()
            assert await asyncio.to_thread(lambda: isinstance(ended.exception(30), Interrupted))

    asyncio.run(main())

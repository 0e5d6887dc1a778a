"""In an event loop: reading rows leaves it its turns, and a cancellation is heard at whatever moment it comes."""

from __future__ import annotations

import asyncio
import concurrent.futures
import queue
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.util import await_only, greenlet_spawn

from seeder.errors import Interrupted
from seeder.postgres.copy import TURN
from seeder.run import hosts
from seeder.run.hosts import InEventLoop, giving_way
from seeder.seed_files import DataSeeder, Row, TableName
from seeder.seed_files.data_reader import Rows
from seeder.seed_files.model import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from seeder.errors import Position


class _Place(Place):
    def find(self, line: int, column: str, *, name: bool) -> Position | None:
        return None


@dataclass(frozen=True)
class Slow:
    """Rows, each of which takes a part of a turn to read."""

    many: int = 50

    def rows(self) -> Iterator[Row]:
        for number in range(self.many):
            time.sleep(TURN / 5)
            yield Row(("body",), (str(number),), number, _Place())


def seeder(source: Slow | Rows) -> DataSeeder:
    found = giving_way(
        DataSeeder(name="notes", file="notes.csv", table=TableName(None, "notes"), source=source)
    )
    assert isinstance(found, DataSeeder)
    return found


async def turns_while_reading(slow: DataSeeder) -> tuple[int, list[str]]:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    read = await greenlet_spawn(lambda: [str(row.values[0]) for row in slow.rows()])
    counting.cancel()
    return turns, read


def test_the_event_loop_turns() -> None:
    turns, read = asyncio.run(turns_while_reading(seeder(Slow())))
    assert read == [str(number) for number in range(50)]
    assert turns > 5


def test_there_may_be_no_rows() -> None:
    _, read = asyncio.run(turns_while_reading(seeder(Rows([]))))
    assert read == []
    _, read = asyncio.run(turns_while_reading(seeder(Slow(many=1))))
    assert read == ["0"]


def test_without_an_event_loop_rows_are_read_as_ever() -> None:
    assert [row.line for row in seeder(Slow(many=3)).rows()] == [0, 1, 2]


class Unready:
    """An engine whose only attempt to connect ends when it is told to, well or badly."""

    def __init__(self, *, refuses: bool) -> None:
        self._engine = create_engine("sqlite://", poolclass=NullPool)
        self._refuses = refuses
        self.told = asyncio.get_running_loop().create_future()
        self.asked = asyncio.Event()
        self.connection: Connection | None = None

    def connect(self) -> Connection:
        self.asked.set()
        await_only(self.told)
        if self._refuses:
            raise OperationalError(None, None, Exception("refused"))
        self.connection = self._engine.connect()
        return self.connection


@pytest.mark.parametrize("refuses", [True, False])
@pytest.mark.parametrize("turns", range(6))
def test_a_cancellation_is_heard_as_an_attempt_to_connect_ends(
    monkeypatch: pytest.MonkeyPatch, turns: int, refuses: bool
) -> None:
    monkeypatch.setattr(hosts, "fit", lambda connection: connection)

    async def main() -> None:
        engine: Any = Unready(refuses=refuses)

        async def connect() -> Connection:
            return await greenlet_spawn(InEventLoop().connect, engine, 5.0)

        run = asyncio.create_task(connect())
        await engine.asked.wait()
        engine.told.set_result(None)
        for _ in range(turns):
            await asyncio.sleep(0)
        heard = run.cancel()
        await asyncio.wait([run])
        assert run.cancelled() is heard
        if not heard:
            assert isinstance(run.exception(), OperationalError) is refuses
        if engine.connection is not None:
            assert engine.connection.closed is heard
            engine.connection.close()

    asyncio.run(main())


def test_an_attempt_to_connect_that_takes_too_long_is_given_up() -> None:
    async def main() -> None:
        engine: Any = Unready(refuses=False)
        with pytest.raises(TimeoutError):
            await greenlet_spawn(InEventLoop().connect, engine, 0.01)
        assert engine.told.cancelled()

    asyncio.run(main())


def test_what_comes_to_a_door_as_it_is_closed_is_cancelled() -> None:
    """The coroutine is on its way to the event loop, so that there is no task yet when the door is closed."""
    on_its_way: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    class Busy:
        def call_soon_threadsafe(self, callback: Callable[[], None], context: object) -> None:
            on_its_way.put(callback)

        def create_task(self, coroutine: Any) -> asyncio.Task[Any]:
            return asyncio.ensure_future(coroutine)

    async def main() -> None:
        busy: Any = Busy()
        door = hosts._Door(busy)
        with concurrent.futures.ThreadPoolExecutor(1) as executor:
            ended = executor.submit(door.await_, lambda: asyncio.sleep(60))
            begin = await asyncio.to_thread(on_its_way.get)
            assert not door.close()
            begin()
            assert await asyncio.to_thread(lambda: isinstance(ended.exception(30), Interrupted))

    asyncio.run(main())

"""Reading a seed file's rows leaves the event loop its turns."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.util import greenlet_spawn

from seeder.database.copying import TURN
from seeder.files import DataSeeder, Row, TableName
from seeder.files.data import Rows
from seeder.files.model import Place
from seeder.hosts import giving_way

if TYPE_CHECKING:
    from collections.abc import Iterator

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

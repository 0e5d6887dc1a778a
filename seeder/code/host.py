"""What a run runs in, and so how it waits: a process or thread of its own, or an application's event loop.

The code of a run is the same in each and is not `async`. In an event loop it runs in a greenlet, as SQLAlchemy's own
asyncio extension does, and whatever waits hands the loop its turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from contextlib import AbstractContextManager
    from types import TracebackType
    from typing import Self

    from sqlalchemy import Connection, Engine

    from seeder.code.event_loop import OwnLoop

T = TypeVar("T")

Coroutines = Callable[[], "Coroutine[Any, Any, T]"]
Connect = Callable[["Engine", float], "Connection"]


class Host:
    """How a run waits: this one in a process, or a thread, of the run's own.

    Entered for as long as seeders run. Their coroutines share one event loop, which is made when the first one comes
    and closed at the end.
    """

    prefers_async: ClassVar[bool] = False
    """Which of a module's functions suits better."""

    def __init__(self, connect: Connect | None = None) -> None:
        self._connect = connect
        self._loop: OwnLoop | None = None

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        time.sleep(seconds)

    def connect(self, engine: Engine, seconds: float) -> Connection:
        """Connect within so many seconds."""
        if self._connect is not None:
            return self._connect(engine, seconds)
        from seeder.postgres.waiting import connect_interruptibly

        return connect_interruptibly(engine, seconds)

    def await_(self, make: Coroutines[T]) -> T:
        """Run a coroutine to its end."""
        return self._own_loop.run(make)

    def call(self, function: Callable[[], T]) -> T:
        """Call a function that may block for long, and may run coroutines by itself."""
        return self._own_loop.call(function)

    def sharing(self) -> AbstractContextManager[None]:
        """Inside, coroutines that code runs by itself are run in the event loop of the run, where that is possible."""
        from seeder.code.event_loop import sharing

        return sharing(self.await_)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._loop is not None:
            loop, self._loop = self._loop, None
            loop.close(hurried=kind is not None and not issubclass(kind, Exception))

    @property
    def _own_loop(self) -> OwnLoop:
        if self._loop is None:
            from seeder.code.event_loop import OwnLoop

            self._loop = OwnLoop()
        return self._loop

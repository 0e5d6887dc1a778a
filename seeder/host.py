"""What a run runs in, and so how it waits: a process or thread of its own, or an application's event loop.

The code of a run is the same in each and is not `async`. In an event loop it runs in a greenlet, as SQLAlchemy's own
asyncio extension does, and whatever waits hands the loop its turn.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from sqlalchemy import Connection, Engine

T = TypeVar("T")

Coroutines = Callable[[], "Coroutine[Any, Any, T]"]


def _connect(engine: Engine, seconds: float) -> Connection:
    from seeder.database.waiting import connect_interruptibly

    return connect_interruptibly(engine, seconds)


def run_coroutine(make: Coroutines[T]) -> T:
    """Run what `make` makes to its end in an event loop of its own.

    Where this thread's event loop runs already, and a call that is not awaited blocks it, by a thread of its own.
    """
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        with asyncio.Runner() as runner:
            return runner.run(make())
    outcome: list[T] = []
    failure: list[BaseException] = []
    context = contextvars.copy_context()

    def work() -> None:
        try:
            outcome.append(context.run(lambda: run_coroutine(make)))
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that waits
            failure.append(error)

    thread = threading.Thread(target=work, name="seeder-loop")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


def _call(function: Callable[[], T]) -> T:
    return function()


@dataclass(frozen=True)
class Host:
    """How a run waits. The defaults are those of a process, or a thread, of the run's own.

    `sleep` lets so many seconds pass, and `connect` connects within so many. `await_` runs a coroutine to its end,
    and `call` a function that may block for long. `prefers_async` says which of a module's functions suits better.
    """

    sleep: Callable[[float], None] = time.sleep
    connect: Callable[[Engine, float], Connection] = _connect
    await_: Callable[[Coroutines[Any]], Any] = run_coroutine
    call: Callable[[Callable[[], Any]], Any] = _call
    prefers_async: bool = False

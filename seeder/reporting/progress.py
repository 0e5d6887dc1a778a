"""Say every few seconds what a long seeder is doing, also while it waits for one long statement."""

from __future__ import annotations

import contextlib
import contextvars
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from seeder.reporting import logs

Phase: TypeAlias = Literal["reading", "comparing", "writing", "noting", "retiring", "searching"]

INTERVAL = 5.0
"""Seconds between two events."""


@dataclass(slots=True)
class Progress:
    """What a seeder is doing, set by whoever does it and read by the thread that logs it."""

    phase: Phase | None = None
    """None logs nothing: no work has begun."""
    rows: int = 0
    """Rows of the seed file that were read so far."""


@contextlib.contextmanager
def logged(seeder: str) -> Iterator[Progress]:
    """Log `seeder.progress` every `INTERVAL` seconds inside, from a thread of its own."""
    progress = Progress()
    over = threading.Event()
    began = time.monotonic()

    def log() -> None:
        while not over.wait(INTERVAL):
            if progress.phase is not None:
                logs.get_logger().info(
                    "seeder.progress",
                    seeder=seeder,
                    phase=progress.phase,
                    rows=progress.rows,
                    duration_seconds=round(time.monotonic() - began, 3),
                )

    # In this context, which says where the run logs.
    thread = threading.Thread(
        target=contextvars.copy_context().run, args=(log,), name="seeder-progress", daemon=True
    )
    thread.start()
    view = logs.view()
    try:
        with view.watching(seeder, progress) if view is not None else contextlib.nullcontext():
            yield progress
    finally:
        over.set()
        thread.join()

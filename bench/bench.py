"""What every group of measurements needs: the server, a place for files, how many rows, and where results go."""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.results import Results

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.measure import Usage
    from tests.integration.postgres import Database, Server


@dataclass
class Bench:
    """One run of the benchmark."""

    server: Server
    rows: int
    repetitions: int
    results: Results = field(default_factory=Results)
    wall: float = 0.0
    others: float = 0.0

    @contextlib.contextmanager
    def database(self, ddl: str = "") -> Iterator[Database]:
        """A new database for the time of the `with` block."""
        database = self.server.create_database()
        if ddl:
            database.execute(ddl)
        try:
            yield database
        finally:
            database.drop()

    @contextlib.contextmanager
    def space(self) -> Iterator[Path]:
        """A new folder for the time of the `with` block."""
        with tempfile.TemporaryDirectory(prefix="seeder-bench-") as folder:
            yield Path(folder)

    def say(self, name: str, usage: Usage) -> Usage:
        """Print one measurement as it is made, and hand it back."""
        print(f"  {name:<20} {usage}", flush=True)
        self.wall += usage.wall
        self.others += usage.others
        return usage

    @property
    def disturbance(self) -> float:
        """The part of the machine's CPU time that others took while something was measured."""
        return self.others / (self.wall * (os.cpu_count() or 1))

"""How often a fault is caused, from which seed, and what held each time: the figures of docs/reliability.md.

- `SEEDER_TEST_FAULTS=long` causes each fault as often as `make faults` does; otherwise a few times will do.
- `SEEDER_TEST_SEED` is the seed of what is random, to repeat a failure. Otherwise the long form draws a new one each
  time, and the short form always has the same one: what CI finds is a change of ours, and never chance.
- `SEEDER_TEST_FIGURES` names a file to which each test that passed adds its figures, one JSON object a line.
"""

from __future__ import annotations

import json
import os
import random
from dataclasses import asdict, dataclass
from pathlib import Path

LONG = os.environ.get("SEEDER_TEST_FAULTS") == "long"
_SEED = 20261130


def times(short: int, long: int) -> int:
    """How often to do it: `short` in CI, `long` for `make faults`."""
    return long if LONG else short


def new_seed() -> int:
    """The seed that was asked for; otherwise a random one in the long form. A test that fails shows it."""
    drawn = random.SystemRandom().randrange(1 << 32) if LONG else _SEED
    seed = int(os.environ.get("SEEDER_TEST_SEED") or drawn)
    print(f"SEEDER_TEST_SEED={seed}")  # noqa: T201 - pytest shows it if the test fails
    return seed


@dataclass(frozen=True)
class Figure:
    """One line of the table. Call `note` at the end of the test, when everything has held."""

    group: str
    """The heading that it belongs to: `Killed`, `The network`, …"""
    fault: str
    """What was done."""
    times: int
    """How often."""
    held: str
    """What was checked after each."""
    test: str
    """The test, as `tests/faults/test_x.py`."""
    seed: int | None = None

    def note(self) -> None:
        """Add it to the file, if one is wanted."""
        if path := os.environ.get("SEEDER_TEST_FIGURES"):
            # One short write to a file that is open for appending is whole, whoever else writes.
            with Path(path).open("a") as file:
                file.write(json.dumps(asdict(self)) + "\n")

"""What `promises.txt` lists: the tests that show each promise."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final

PROMISES: Final = Path(__file__).with_name("promises.txt")


@functools.cache
def listed() -> dict[str, bool]:
    """The tests, by their name without a case, and whether all their cases are asked for."""
    lines = (line.strip() for line in PROMISES.read_text().splitlines() if line.startswith(" "))
    return {f"tests/{line.removesuffix('[*]')}": line.endswith("[*]") for line in lines}

"""What makes a short run short. For a process of our own, never for an application that we run in."""

from __future__ import annotations

import gc
import sys


def collect_less() -> None:
    """Look for garbage less often.

    Importing and composing make many objects that live until the end: looking for garbage among them again and again
    is a tenth of a short run. What streams makes no cycles.
    """
    gc.set_threshold(50_000, 20, 20)


def import_structlog() -> None:
    """Import structlog without rich.

    structlog imports rich where it is installed, and rich pygments, for tracebacks that we never draw: that takes as
    long as all modules of our own.
    """
    if "rich" not in sys.modules:
        # None in its place makes the import fail.
        sys.modules["rich"] = None  # type: ignore[assignment]
        import structlog  # noqa: F401 - now, while there is no rich

        del sys.modules["rich"]

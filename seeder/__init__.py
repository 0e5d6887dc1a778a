"""Makes the tables of a PostgreSQL database hold what seed files say, and keeps what people changed by hand.

Importing this package costs nothing: each public name is imported from its room when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seeder.errors import ExitCode, SeederError, UsageError
    from seeder.reporting.report import Report, SeederResult, StrictnessExceeded
    from seeder.run.library import RunOptions, seed, seed_sync

    __version__: str

__all__ = [
    "ExitCode",
    "Report",
    "RunOptions",
    "SeederError",
    "SeederResult",
    "StrictnessExceeded",
    "UsageError",
    "__version__",
    "seed",
    "seed_sync",
]

_ROOMS = {
    "ExitCode": "seeder.errors",
    "Report": "seeder.reporting.report",
    "RunOptions": "seeder.run.library",
    "SeederError": "seeder.errors",
    "SeederResult": "seeder.reporting.report",
    "StrictnessExceeded": "seeder.reporting.report",
    "UsageError": "seeder.errors",
    "seed": "seeder.run.library",
    "seed_sync": "seeder.run.library",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from seeder.config.version import version

        value: Any = version()
    elif name in _ROOMS:
        from importlib import import_module

        value = getattr(import_module(_ROOMS[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Makes the tables of a PostgreSQL database hold what seed files say, and keeps what people changed by hand.

Importing this package costs nothing: each public name is imported from its room when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seeder.errors import ExitCode, SeederError, StrictnessExceeded, UsageError
    from seeder.library import RunOptions, seed, seed_sync
    from seeder.report import Report, SeederResult

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
    "Report": "seeder.report",
    "RunOptions": "seeder.library",
    "SeederError": "seeder.errors",
    "SeederResult": "seeder.report",
    "StrictnessExceeded": "seeder.errors",
    "UsageError": "seeder.errors",
    "seed": "seeder.library",
    "seed_sync": "seeder.library",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib import metadata

        try:
            value: Any = metadata.version("pg-seeder")
        except metadata.PackageNotFoundError:
            value = "0+source"
    elif name in _ROOMS:
        from importlib import import_module

        value = getattr(import_module(_ROOMS[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""The version of this package."""

from __future__ import annotations

import functools


@functools.cache
def version() -> str:
    """Return the installed version, or `0+source` if the package runs from its source alone."""
    from importlib import metadata

    try:
        return metadata.version("pg-seeder")
    except metadata.PackageNotFoundError:
        return "0+source"

"""Seed files to seeders: one reader a kind, with line numbers.

The readers are imported when the first file is read: a run with nothing to do reads none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeder.seed_files.model import DataSeeder, PythonSeeder, Seeder, SqlSeeder, Timestamps
from seeder.seed_files.values import TableName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["DataSeeder", "PythonSeeder", "Seeder", "SqlSeeder", "TableName", "Timestamps", "discover"]


def discover(
    paths: Sequence[str], *, allow_code: bool, environ: Mapping[str, str], existing_rows: str | None = None
) -> list[Seeder]:
    """The seeders under `paths`: see `seeder.seed_files.discovery`."""
    from seeder.seed_files import discovery

    return discovery.discover(paths, allow_code=allow_code, environ=environ, existing_rows=existing_rows)

"""Seed files to seeders: one reader a kind, with line numbers.

The readers are imported when the first file is read: a run with nothing to do reads none.
"""

from seeder.seed_files.discovery import discover, overlaid_environments
from seeder.seed_files.model import DataSeeder, PythonSeeder, Seeder, SqlSeeder, Timestamps
from seeder.seed_files.values import TableName

__all__ = [
    "DataSeeder",
    "PythonSeeder",
    "Seeder",
    "SqlSeeder",
    "TableName",
    "Timestamps",
    "discover",
    "overlaid_environments",
]

"""Seed files to seeders: one reader a kind, with line numbers."""

from seeder.seed_files.discovery import discover
from seeder.seed_files.model import DataSeeder, PythonSeeder, Row, Seeder, SqlSeeder, TableName, Timestamps

__all__ = ["DataSeeder", "PythonSeeder", "Row", "Seeder", "SqlSeeder", "TableName", "Timestamps", "discover"]

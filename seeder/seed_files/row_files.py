"""Seed files that hold rows alone: CSV and NDJSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeder.seed_files.csv_reader import CsvRows
from seeder.seed_files.model import DataSeeder, TableName
from seeder.seed_files.names import split_name
from seeder.seed_files.ndjson_reader import NdjsonRows
from seeder.seed_files.row_rules import Rules

if TYPE_CHECKING:
    from pathlib import Path

    from seeder.seed_files.model import RowSource


def read_rows(path: Path, file: str) -> DataSeeder:
    """The seeder of a file that stands alone: the table is its stem, and every field has its default."""
    name, _ = split_name(path.name)
    return DataSeeder(
        name=name,
        file=file,
        table=TableName(None, name),
        source=row_source(path, file, Rules()),
        sources=(path,),
    )


def row_source(path: Path, file: str, rules: Rules) -> RowSource:
    """The rows of the file at `path`, which is called `file` before people."""
    reader = CsvRows if split_name(path.name)[1] == ".csv" else NdjsonRows
    return reader(path, file, rules)

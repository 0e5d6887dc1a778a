"""COPY reads the raw bytes of a CSV file like the careful reader, or refuses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seeder.seed_files.csv_reader import CsvRows
from seeder.seed_files.raw_csv import NotRaw
from seeder.seed_files.rows import Rules
from tests.unit.seed_files.csv_texts import CSV_TEXTS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.postgres import Database

Rows = list[tuple[str | None, ...]]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    max_examples=300,
)
@given(text=CSV_TEXTS, block=st.sampled_from([1, 7, 1 << 18]))
def test_copy_reads_the_same_or_refuses(database: Database, tmp_path: Path, text: str, block: int) -> None:
    path = tmp_path / "tools.csv"
    path.write_bytes(text.encode())
    source = CsvRows(path, "tools.csv", Rules())
    with pytest.MonkeyPatch.context() as patch, database.connect() as connection:
        patch.setattr("seeder.seed_files.raw_csv._BLOCK", block)
        connection.execute(
            "CREATE TEMPORARY TABLE copied (a text, b text, n int GENERATED ALWAYS AS IDENTITY)"
        )
        try:
            with connection.cursor().copy("COPY copied (a, b) FROM STDIN (FORMAT csv)") as copy:
                raw = source.raw_csv()
                assert raw is not None
                for each in raw.blocks():
                    copy.write(each)
        except (NotRaw, psycopg.DataError):
            connection.rollback()
            return
        copied: Rows = connection.execute("SELECT a, b FROM copied ORDER BY n").fetchall()
        connection.rollback()

    assert copied == [row.values for row in source.rows()]

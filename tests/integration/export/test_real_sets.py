"""Whole databases: exported, seeded into an empty copy and compared; in the filled one nothing changes.

No seed file has `depends_on`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from seeder.cli import exporting
from seeder.config.settings import Settings
from seeder.seed_files.values import TableName
from tests.integration.export.test_round_trips import FOLDER, FORMATS, contents, copy, definitions
from tests.integration.footprint import footprint
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from tests.integration.commandline import SeedFolder
    from tests.integration.postgres import Database

__all__ = ["copy"]

pytestmark = pytest.mark.newest_server

TRADE = (FOLDER / "trade.sql").read_text(encoding="utf-8")
MUSIC = (FOLDER / "music.sql").read_text(encoding="utf-8")


def tables(script: str) -> list[str]:
    return re.findall(r"^CREATE TABLE (\w+)", script, re.MULTILINE)


def export_all(database: Database, seeds: SeedFolder, script: str, kind: str, *, refs: bool = False) -> None:
    """As `seeder export TABLE --output TABLE.KIND` does, without a process for each."""
    settings = Settings.load({"database_url": database.url}, {})
    for table in tables(script):
        output = str(seeds.path / f"{table}.{kind}")
        wanted = exporting.Wanted(
            table=TableName(None, table),
            key=[],
            columns=[],
            where=None,
            refs=refs,
            form=exporting.form(None, output, refs=refs, long_texts=False),
        )
        exporting.to_file(settings, wanted, output, say=lambda _: None, note=lambda _: None)


def assert_nothing_to_do(database: Database, seeds: SeedFolder, script: str) -> None:
    """Neither the first run, which adopts what is there, nor the second one writes a row of a table."""
    before = footprint(database)
    seeding = Seeding(database, seeds)
    result = seeding(single_transaction=True)
    finished = result.event("run.finished")
    assert (result.exit_code, finished["changed"], finished["kept_existing"]) == (0, 0, 0), str(result)
    after = footprint(database)
    for table in tables(script):
        assert after.versions[f"public.{table}"] == before.versions[f"public.{table}"]
        assert after.written[f"public.{table}"] == before.written[f"public.{table}"]
    assert all(after.sequences[each] == value for each, value in before.sequences.items())
    assert seeding(single_transaction=True).exit_code == 0
    assert footprint(database) == after


@pytest.mark.parametrize("kind", FORMATS)
def test_trade(database: Database, copy: Database, seeds: SeedFolder, kind: str) -> None:
    """14 tables with composite keys, a self-reference and a circle."""
    assert len(tables(TRADE)) == 14
    database.execute(TRADE)
    export_all(database, seeds, TRADE, kind)
    assert not [file for file in seeds.path.rglob("*.yaml") if "depends_on" in file.read_text()]
    copy.execute(definitions(TRADE))
    if kind == "csv":
        # Of the circle neither table can come first, and the rest is kept.
        alone = Seeding(copy, seeds)()
        assert (alone.exit_code, alone.event("run.finished")["succeeded"]) == (1, 9), str(alone)
    result = Seeding(copy, seeds)(single_transaction=True)
    assert result.exit_code == 0, str(result)
    for table in tables(TRADE):
        assert contents(copy, table) == contents(database, table), table
    assert_nothing_to_do(copy, seeds, TRADE)
    assert_nothing_to_do(database, seeds, TRADE)


@pytest.mark.parametrize("kind", ["yaml", "csv"])
def test_music_by_numbers(database: Database, copy: Database, seeds: SeedFolder, kind: str) -> None:
    database.execute(MUSIC)
    export_all(database, seeds, MUSIC, kind)
    copy.execute(definitions(MUSIC))
    assert Seeding(copy, seeds)().exit_code == 0
    for table in tables(MUSIC):
        assert contents(copy, table) == contents(database, table), table
    assert_nothing_to_do(copy, seeds, MUSIC)
    assert_nothing_to_do(database, seeds, MUSIC)


NAMED = {
    "album": "SELECT a.name, title FROM album JOIN artist a USING (artist_id)",
    "track": """
        SELECT t.name, title, a.name, g.name, m.name, milliseconds, unit_price
        FROM track t JOIN album USING (album_id) JOIN artist a USING (artist_id) LEFT JOIN genre g USING (genre_id)
        JOIN media_type m USING (media_type_id)""",
    "employee": """
        SELECT e.email, e.hire_date, r.email
        FROM employee e LEFT JOIN employee r ON r.employee_id = e.reports_to""",
    "invoice_line": """
        SELECT c.email, e.email, i.invoice_date, i.total, t.name, title, a.name, quantity
        FROM invoice_line JOIN invoice i USING (invoice_id) JOIN customer c USING (customer_id)
        JOIN employee e ON e.employee_id = c.support_rep_id JOIN track t USING (track_id) JOIN album USING (album_id)
        JOIN artist a USING (artist_id)""",
    "playlist_track": """
        SELECT p.name, t.name, title, a.name
        FROM playlist_track JOIN playlist p USING (playlist_id) JOIN track t USING (track_id)
        JOIN album USING (album_id) JOIN artist a USING (artist_id)""",
}
"""What the tables say without the numbers."""


@pytest.mark.parametrize("kind", ["yaml", "csv"])
def test_music_by_names(database: Database, copy: Database, seeds: SeedFolder, kind: str) -> None:
    """In the copy, the numbers are others: an invoice's line is named by five columns of four tables."""
    database.execute(MUSIC)
    export_all(database, seeds, MUSIC, kind, refs=True)
    if kind == "csv":
        header = (seeds.path / "invoice_line.csv").read_text().partition("\n")[0]
        assert header == "invoice_email,invoice_invoice_date,track_name,track_title,track_name_,quantity"
    copy.execute(definitions(MUSIC))
    for table in ("artist", "album", "track", "employee", "customer", "invoice"):
        copy.execute(f"SELECT setval(pg_get_serial_sequence('{table}', '{table}_id'), 100000)")
    assert Seeding(copy, seeds)().exit_code == 0
    assert copy.scalar("SELECT min(track_id) FROM track") > 100000
    for table, query in NAMED.items():
        there, here = ({tuple(map(str, row)) for row in each.rows(query)} for each in (copy, database))
        assert there == here, table
        assert len(here) == database.scalar(f"SELECT count(*) FROM {table}")
    assert_nothing_to_do(copy, seeds, MUSIC)
    assert_nothing_to_do(database, seeds, MUSIC)

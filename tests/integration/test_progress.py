"""A long seeder says what it is doing, also while it waits for one long statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.commandline import ROOT

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database

_OFTEN = "from seeder.reporting import progress\nprogress.INTERVAL = 0.2\n"

_SLOW = """
CREATE TABLE notes (id int PRIMARY KEY, text text);
CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_catalog.pg_sleep(1); RETURN NULL; END';
CREATE TRIGGER dawdle AFTER INSERT OR DELETE ON notes EXECUTE FUNCTION dawdle();
"""


@pytest.fixture(autouse=True)
def _told_often(seeder: CommandLine, seeds: SeedFolder) -> None:
    folder = seeds.write("often/sitecustomize.py", _OFTEN).parent
    seeder.environment["PYTHONPATH"] = f"{folder}:{ROOT}"


def test_slow_statements_are_told_by_their_phase(
    database: Database, seeder: CommandLine, seeds: SeedFolder
) -> None:
    database.execute(_SLOW)
    seeds.write(
        "notes.yaml", "retired_rows: delete\nrows:\n- {id: 1, text: secret}\n- {id: 2, text: secret}\n"
    )
    first = seeder("--all", "--path", seeds)
    told = first.all("seeder.progress")
    assert [event["phase"] for event in told].count("writing") >= 3
    assert {(event["seeder"], event["rows"]) for event in told} == {("notes", 2)}
    durations = [event["duration_seconds"] for event in told]
    assert durations == sorted(durations)
    assert durations[-1] < first.finished("notes")["duration_seconds"]
    assert "secret" not in str(told)

    seeds.write("notes.yaml", "retired_rows: delete\nrows:\n- {id: 1, text: secret}\n")
    again = seeder("--all", "--path", seeds)
    assert again.finished("notes")["deleted"] == 1
    assert [event["phase"] for event in again.all("seeder.progress")].count("retiring") >= 3


def test_a_short_run_says_nothing(database: Database, seeder: CommandLine, seeds: SeedFolder) -> None:
    del seeder.environment["PYTHONPATH"]
    database.execute("CREATE TABLE notes (id int PRIMARY KEY)")
    seeds.write("notes.csv", "id\n1\n")
    assert seeder("--all", "--path", seeds).all("seeder.progress") == []

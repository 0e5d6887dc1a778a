"""Lost to what the first ledger did not note: it knows nothing of cells that no seed file compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.integration.losses.life import Life

pytestmark = pytest.mark.newest_server

LEDGER = """\
CREATE SCHEMA seeder;
CREATE TABLE seeder.form (form integer NOT NULL);
CREATE TABLE seeder.seeders (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, digest bytea,
    changed_at timestamptz);
CREATE TABLE seeder.targets (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, key text[] NOT NULL,
    columns text[] NOT NULL, UNIQUE (name, key));
CREATE TABLE seeder.entries (
    target_id integer NOT NULL REFERENCES seeder.targets, key text[] NOT NULL,
    seeder_id integer NOT NULL REFERENCES seeder.seeders, adopted boolean NOT NULL, retired text,
    desired bytea[] NOT NULL, stored bytea[], PRIMARY KEY (target_id, key));
INSERT INTO seeder.form VALUES (1);
INSERT INTO seeder.seeders (name) VALUES ('tools');
"""


def as_first_seeded(life: Life, columns: Sequence[str], compared: Sequence[str]) -> None:
    """Two rows, and the ledger of the first version that seeded them; `compared` are the cells that it noted."""
    life.database.execute(
        f"CREATE TABLE tools (name text PRIMARY KEY, {', '.join(columns)});"
        "INSERT INTO tools (name, title) VALUES ('a', 'A'), ('b', 'B')"
    )
    life.database.execute(LEDGER)
    life.database.execute(
        "INSERT INTO seeder.targets (name, key, columns) VALUES ('public.tools', '{name}', %s)",
        [list(compared)],
    )
    digests = ", ".join(f"coalesce(sha256(convert_to({column}::text, 'UTF8')), '')" for column in compared)
    life.database.execute(
        "INSERT INTO seeder.entries (target_id, key, seeder_id, adopted, desired)"
        f" SELECT 1, ARRAY[name], 1, false, ARRAY[{digests}] FROM tools"
    )


def write(life: Life, *titles: str, **fields: Any) -> None:
    rows = [{"name": title[0].lower(), "title": title} for title in titles]
    life.write("tools", rows, **{"retired_rows": "delete", **fields})


def names(life: Life) -> list[str]:
    return [name for (name,) in life.rows("SELECT name FROM tools ORDER BY name")]


def test_a_row_of_a_table_with_a_column_that_was_not_compared_stays(life: Life) -> None:
    as_first_seeded(life, ["title text", "note text"], ["title"])
    life.database.execute("UPDATE tools SET note = 'ask Ada' WHERE name = 'b'")
    write(life, "A")
    life.seeded()
    assert names(life) == ["a", "b"]


def test_it_stays_though_an_update_of_ours_came_in_between(life: Life) -> None:
    as_first_seeded(life, ["title text", "note text"], ["title"])
    life.database.execute("UPDATE tools SET note = 'ask Ada' WHERE name = 'b'")
    write(life, "A", "B2")
    life.seeded()
    write(life, "A")
    life.seeded()
    assert names(life) == ["a", "b"]


def test_a_row_whose_insert_only_cell_was_not_compared_stays(life: Life) -> None:
    as_first_seeded(life, ["title text", "enabled boolean DEFAULT true"], ["title"])
    life.database.execute("UPDATE tools SET enabled = false WHERE name = 'b'")
    rows = [{"name": "a", "title": "A", "enabled": True}]
    life.write("tools", rows, insert_only=["enabled"], retired_rows="delete")
    life.seeded()
    assert names(life) == ["a", "b"]


def test_a_row_of_which_every_cell_was_compared_goes(life: Life) -> None:
    as_first_seeded(life, ["title text"], ["title"])
    write(life, "A")
    life.seeded()
    assert names(life) == ["a"]


def test_a_row_of_which_only_the_times_were_not_compared_goes(life: Life) -> None:
    times = ["created_at timestamptz DEFAULT now()", "updated_at timestamptz DEFAULT now()"]
    as_first_seeded(life, ["title text", *times], ["title"])
    write(life, "A", timestamps={"created": "created_at", "updated": "updated_at"})
    life.seeded()
    assert names(life) == ["a"]


def test_what_somebody_edited_stays_edited(life: Life) -> None:
    as_first_seeded(life, ["title text", "note text"], ["title"])
    life.database.execute("UPDATE tools SET title = 'Mine' WHERE name = 'b'")
    write(life, "A2", "B2")
    done = life.seeded()
    assert life.rows("SELECT title FROM tools ORDER BY name") == [("A2",), ("Mine",)]
    assert [event["key"]["name"] for event in done.all("seeder.conflict")] == ["b"]
    write(life)
    life.seeded()
    assert "b" in names(life)

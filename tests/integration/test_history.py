"""First contact with a history: rows that are as an earlier release shipped them move, and all others stay."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.footprint import footprint
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from tests.integration.commandline import Result, SeedFolder
    from tests.integration.postgres import Database

TABLE = "CREATE TABLE tools (name text PRIMARY KEY, title text, note text DEFAULT 'n', enabled boolean DEFAULT true)"
FIELDS = {"key": ["name"], "existing_rows": "keep"}


@pytest.fixture
def seeding(database: Database, seeds: SeedFolder) -> Seeding:
    database.execute(TABLE)
    return Seeding(database, seeds)


def history(seeds: SeedFolder, *rows: dict[str, Any], name: str = "tools", release: str = "1") -> None:
    """Write a history in which one release shipped `rows`, each as JSON has it."""
    lines = [json.dumps({"release": release, "row": row}) + "\n" for row in rows]
    seeds.write(f"{name}.history.ndjson", "".join(lines))


def table(database: Database, columns: str = "name, title, note") -> list[tuple[Any, ...]]:
    return database.rows(f"SELECT {columns} FROM tools ORDER BY name")


def ok(result: Result) -> Result:
    assert result.exit_code == 0, result
    return result


def settled(seeding: Seeding) -> None:
    """The next run writes nothing."""
    before = footprint(seeding.database)
    ok(seeding())
    assert footprint(seeding.database) == before


def test_a_row_as_one_of_several_releases_shipped_it_is_updated_and_others_stay(
    seeding: Seeding, seeds: SeedFolder, database: Database
) -> None:
    database.execute(
        "INSERT INTO tools VALUES ('first', 'One', 'a'), ('second', 'Two', 'b'), ('mixed', 'One', 'b'), "
        "('edited', 'Mine', 'a')"
    )
    names = ("first", "second", "mixed", "edited", "new")
    seeding.write("tools", [{"name": each, "title": "Three", "note": "c"} for each in names], **FIELDS)
    history(
        seeds,
        *({"name": each, "title": "One", "note": "a"} for each in names),
        *({"name": each, "title": "Two", "note": "b"} for each in names),
    )
    finished = ok(seeding()).finished("tools")
    assert table(database) == [
        ("edited", "Mine", "a"),
        ("first", "Three", "c"),
        # No release shipped these two cells together: somebody made that row.
        ("mixed", "One", "b"),
        ("new", "Three", "c"),
        ("second", "Three", "c"),
    ]
    assert (finished["inserted"], finished["updated"], finished["kept"]) == (1, 2, 2)
    settled(seeding)

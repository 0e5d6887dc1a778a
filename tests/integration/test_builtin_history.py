"""A database that 0.1.0's built-in seeds filled, its ledger gone, meets later ones with their histories."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import seeder
from tests.integration.commandline import SeedFolder
from tests.integration.footprint import footprint
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from tests.integration.postgres import Database

RELEASED = Path(__file__).parent / "builtin_0.1.0"
BUILTIN = Path(seeder.__file__).parent / "builtin"
TABLES = ("model_configs", "prompt_templates", "schemas", "tools")


@pytest.fixture
def filled(database: Database) -> Database:
    """What 0.1.0 left, with what people did since, and without the ledger."""
    result = Seeding(database, SeedFolder(RELEASED))(allow_code=True)
    assert result.exit_code == 0, result
    database.execute("DROP SCHEMA seeder CASCADE")
    database.execute("UPDATE tools SET title = 'Ours', enabled = false WHERE name = 'fetch_page'")
    database.execute("UPDATE tools SET enabled = false WHERE name = 'web_search'")
    database.execute("UPDATE schemas SET example = '{}' WHERE name = 'summary'")
    database.execute("UPDATE prompt_templates SET template = 'Ours' WHERE name = 'plan_task'")
    database.execute("UPDATE model_configs SET temperature = 0.5 WHERE key = 'anthropic/claude-opus-5.5'")
    database.execute(
        "INSERT INTO tools (name, title, description, category, config, input_schema) "
        "SELECT 'ours', title, description, category, config, input_schema FROM tools WHERE name = 'calculate'"
    )
    return database


def content(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row but for when it was written."""
    return {
        table: database.rows(f"SELECT to_jsonb(t) - 'updated_at' FROM {table} AS t ORDER BY id")
        for table in TABLES
    }


def test_the_seeds_of_today_change_only_what_nobody_edited(filled: Database) -> None:
    before = content(filled)
    seeding = Seeding(filled, SeedFolder(BUILTIN))
    result = seeding(allow_code=True)
    assert result.exit_code == 0, result
    after = content(filled)
    edited = ("fetch_page", "summary", "plan_task", "anthropic/claude-opus-5.5", "ours")
    for table in TABLES:
        kept = {row["id"]: row for (row,) in after[table]}
        for (row,) in before[table]:
            assert row["id"] in kept
            if row.get("key", row.get("name")) in edited:
                assert kept[row["id"]] == row
    print_before = footprint(filled)
    assert seeding(allow_code=True).exit_code == 0
    assert footprint(filled) == print_before


def test_rows_as_shipped_move_with_the_next_release_and_edited_ones_stay(
    filled: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "next"
    shutil.copytree(BUILTIN, folder)
    for name, column in (("tools", "title"), ("schemas", "description"), ("model_configs", "display_name")):
        file = folder / f"{name}.yaml"
        text = file.read_text(encoding="utf-8")
        file.write_text(
            re.sub(rf"^    {column}: ", rf"    {column}: New ", text, flags=re.MULTILINE), encoding="utf-8"
        )
    for prompt in (folder / "prompts").iterdir():
        prompt.write_text("New\n" + prompt.read_text(encoding="utf-8"), encoding="utf-8")
    totals = {table: filled.scalar(f"SELECT count(*) FROM {table}") for table in TABLES}
    seeding = Seeding(filled, SeedFolder(folder))
    result = seeding(allow_code=True)
    assert result.exit_code == 0, result

    # Of what was there nothing is gone, and the models that came since have arrived.
    assert {table: filled.scalar(f"SELECT count(*) FROM {table}") for table in TABLES} == {
        **totals,
        "model_configs": (BUILTIN / "model_configs.yaml").read_text(encoding="utf-8").count("\n  - key: "),
    }
    unmoved = {
        "tools": "SELECT name FROM tools WHERE title NOT LIKE 'New %' ORDER BY 1",
        "schemas": "SELECT name FROM schemas WHERE description NOT LIKE 'New %' ORDER BY 1",
        "prompt_templates": "SELECT name FROM prompt_templates WHERE template NOT LIKE E'New\\n%' ORDER BY 1",
        "model_configs": "SELECT key FROM model_configs WHERE display_name NOT LIKE 'New %' ORDER BY 1",
    }
    assert {table: [name for (name,) in filled.rows(query)] for table, query in unmoved.items()} == {
        "tools": ["fetch_page", "ours"],
        "schemas": ["summary"],
        "prompt_templates": ["plan_task"],
        "model_configs": ["anthropic/claude-opus-5.5"],
    }
    # Whoever switched a tool off finds it off, in a row that moved too.
    assert filled.rows(
        "SELECT name, title, enabled FROM tools WHERE name IN ('fetch_page', 'web_search') ORDER BY 1"
    ) == [
        ("fetch_page", "Ours", False),
        ("web_search", "New Web search", False),
    ]
    assert filled.scalar("SELECT template FROM prompt_templates WHERE name = 'plan_task'") == "Ours"
    kept = {table: result.finished(table)["kept_existing"] for table in TABLES}
    assert kept == {"model_configs": 1, "prompt_templates": 1, "schemas": 1, "tools": 1}
    before = footprint(filled)
    assert seeding(allow_code=True).exit_code == 0
    assert footprint(filled) == before

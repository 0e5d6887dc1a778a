"""The built-in seeds go from one version to the next in a database that people have worked on."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import seeder.builtin
from tests.integration.commandline import SeedFolder
from tests.integration.footprint import footprint
from tests.integration.seeding import Seeding, read_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.postgres import Database, Server

Rows = dict[str, dict[str, Any]]

BUILTIN = Path(seeder.builtin.__path__[0])
MANAGED = {"id", "created_at", "updated_at"}
ADDED = """\
  - name: {name}
    title: Added {name}
    description: Came with the second version.
    category: knowledge
    config: {{timeout_seconds: 1}}
    input_schema: {{type: object}}
"""


class Release:
    """A copy of the built-in seeds that a test may change, as the next version would."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(BUILTIN, folder)
        self.folder = SeedFolder(folder)

    def blocks(self, name: str) -> list[str]:
        """What a seed file is made of: what comes before its rows, and each row with what comes before the next."""
        return re.split(r"(?m)^(?=  - (?:name|key): )", (self.folder.path / name).read_text())

    def write(self, name: str, blocks: list[str]) -> None:
        self.folder.write(name, "".join(blocks))

    def change(self, name: str, key: str, old: str, new: str) -> None:
        """Change a row: `old`, a regular expression, becomes `new`."""
        blocks = self.blocks(name)
        (place,) = [
            number for number, block in enumerate(blocks) if re.match(rf"  - \w+: {re.escape(key)}\n", block)
        ]
        blocks[place], count = re.subn(old, new, blocks[place], count=1)
        assert count == 1
        self.write(name, blocks)


def rows(database: Database, table: str, key: str) -> Rows:
    """Every cell of a table that is not the database's own to fill."""
    found: Rows = {}
    for (row,) in database.rows(f"SELECT to_jsonb(t) FROM {table} t"):
        found[row[key]] = {name: cell for name, cell in row.items() if name not in MANAGED}
    return found


@pytest.fixture
def fresh(server: Server) -> Iterator[Database]:
    """A second database, which sees the second version alone."""
    other = server.create_database()
    yield other
    other.drop()


@pytest.mark.parametrize(
    ("policy", "existing"),
    [("keep", None), ("delete", None), ("{set: {enabled: false}}", None), ("delete", "overwrite")],
)
def test_five_edited_three_deleted_four_retired_six_added(
    database: Database, fresh: Database, tmp_path: Path, policy: str, existing: str | None
) -> None:
    first = Seeding(database, Release(tmp_path / "1").folder)
    assert first(allow_code=True).exit_code == 0
    before = rows(database, "tools", "name")
    names = sorted(before)
    conflict, other_conflict, other_cell, edited, edited_and_retired = names[:5]
    _, deleted_and_changed, deleted_and_retired = names[5:8]  # the first is deleted and no more
    retired = names[8:10]
    changed = names[10]
    added = [f"added_{number}" for number in range(6)]

    database.execute("UPDATE tools SET title = 'Mine' WHERE name = ANY(%s)", [names[:5]])
    database.execute("DELETE FROM tools WHERE name = ANY(%s)", [names[5:8]])
    database.execute(
        "INSERT INTO tools (name, title, description, category, config, input_schema, enabled) "
        "VALUES ('added_0', 'Ours', 'Ours', 'ours', '{}', '{}', false)"
    )

    second = Release(tmp_path / "2")
    for name in (conflict, other_conflict, deleted_and_changed, changed):
        second.change("tools.yaml", name, r"title: .*", "title: Second")
    second.change("tools.yaml", other_cell, r"category: .*", "category: second")
    gone = (edited_and_retired, deleted_and_retired, *retired)
    blocks = [
        block
        for block in second.blocks("tools.yaml")
        if not re.match(rf"  - name: ({'|'.join(gone)})\n", block)
    ]
    head = blocks[0].replace("\nkey:", f"\nretired_rows: {policy}\nkey:", 1)
    second.write("tools.yaml", [head, *blocks[1:], "\n", *(ADDED.format(name=name) for name in added)])
    assert Seeding(fresh, second.folder)(allow_code=True).exit_code == 0
    wanted = rows(fresh, "tools", "name")
    assert len(wanted) == len(before) - 4 + 6

    upgraded = Seeding(database, second.folder)
    result = upgraded(allow_code=True, existing_rows=existing)
    assert result.exit_code == 0, str(result)

    expected = dict(wanted)
    for name in (conflict, other_conflict, other_cell, edited):
        expected[name] = {**wanted[name], "title": "Mine"}
    # It was there before us, so it is kept; or overwritten, but for the switch, which is written on insert alone.
    ours = dict.fromkeys(("title", "description"), "Ours") | {
        "category": "ours",
        "config": {},
        "input_schema": {},
    }
    expected["added_0"] = {**wanted["added_0"], "enabled": False, **({} if existing else ours)}
    expected[edited_and_retired] = {**before[edited_and_retired], "title": "Mine"}
    if policy != "delete":
        for name in retired:
            expected[name] = {**before[name], **({"enabled": False} if policy != "keep" else {})}
    if "set" in policy:
        # Somebody edited another cell of it: the one to be set is as it was left.
        expected[edited_and_retired]["enabled"] = False
    assert rows(database, "tools", "name") == expected

    finished = result.finished("tools")
    assert {name: finished[name] for name in ("inserted", "updated", "deleted", "kept")} == {
        "inserted": 2 + 5,
        "updated": 2 + bool(existing) + (3 if "set" in policy else 0),
        "deleted": 2 if policy == "delete" else 0,
        "kept": 4 + (not existing) + {"keep": 3, "delete": 1}.get(policy, 0),
    }
    assert finished["kept_existing"] == (not existing)
    assert {event["key"]["name"]: event["columns"] for event in result.all("seeder.conflict")} == {
        conflict: ["title"],
        other_conflict: ["title"],
    }
    assert result.event("seeder.adopted")["rows"] == 1
    for table in ("model_configs", "prompt_templates", "schemas"):
        assert (result.finished(table)["updated"], result.finished(table)["inserted"]) == (0, 0)

    entries = {key[0]: entry for key, entry in read_ledger(database).items()}
    assert set(entries) == set(expected)
    assert {name for name, entry in entries.items() if entry.retired} == set(expected) - set(wanted)
    assert {name for name, entry in entries.items() if entry.adopted} == {"added_0"}

    untouched = footprint(database)
    again = upgraded(allow_code=True, existing_rows=existing)
    assert again.event("run.finished")["changed"] == 0
    assert again.all("seeder.conflict") == []
    assert footprint(database) == untouched


def test_a_model_that_somebody_disabled_gets_its_new_context_window_and_stays_disabled(
    database: Database, tmp_path: Path
) -> None:
    release = Release(tmp_path / "1")
    seeding = Seeding(database, release.folder)
    assert seeding(allow_code=True).exit_code == 0
    key, window = database.rows(
        "SELECT key, context_window FROM model_configs WHERE enabled AND context_window IS NOT NULL ORDER BY 1 LIMIT 1"
    )[0]
    before = rows(database, "model_configs", "key")
    database.execute("UPDATE model_configs SET enabled = false WHERE key = %s", [key])

    release.change("model_configs.yaml", key, rf"context_window: {window}\b", f"context_window: {window * 2}")
    result = seeding(allow_code=True)

    assert result.event("run.finished")["changed"] == 1
    assert rows(database, "model_configs", "key") == before | {
        key: {**before[key], "enabled": False, "context_window": window * 2}
    }
    assert result.all("seeder.conflict") == []


def test_the_same_where_the_switch_is_a_cell_like_any_other(database: Database, tmp_path: Path) -> None:
    release = Release(tmp_path / "1")
    text = (release.folder.path / "model_configs.yaml").read_text()
    release.folder.write("model_configs.yaml", re.sub(r"(?m)^insert_only: .*\n", "", text))
    seeding = Seeding(database, release.folder)
    assert seeding(allow_code=True).exit_code == 0
    key, window = database.rows(
        "SELECT key, context_window FROM model_configs WHERE enabled AND context_window IS NOT NULL ORDER BY 1 LIMIT 1"
    )[0]
    database.execute("UPDATE model_configs SET enabled = false WHERE key = %s", [key])
    release.change("model_configs.yaml", key, rf"context_window: {window}\b", f"context_window: {window * 2}")
    finished = seeding(allow_code=True).finished("model_configs")
    assert (finished["updated"], finished["kept"]) == (1, 1)
    assert database.rows("SELECT enabled, context_window FROM model_configs WHERE key = %s", [key]) == [
        (False, window * 2)
    ]

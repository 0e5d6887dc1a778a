"""First contact with a history: rows that are as an earlier release shipped them move, and all others stay."""

from __future__ import annotations

import json
import shutil
import time
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from seeder.seed_files.history import HistoryRows
from tests.integration.footprint import footprint
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.commandline import CommandLine, Result, SeedFolder
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


def test_a_switch_off_that_equals_an_older_release_stays_in_a_row_that_is_otherwise_edited(
    seeding: Seeding, seeds: SeedFolder, database: Database
) -> None:
    database.execute("INSERT INTO tools VALUES ('a', 'Mine', 'n', false), ('b', 'One', 'n', false)")
    rows = [{"name": each, "title": "Two", "enabled": True} for each in "ab"]
    seeding.write("tools", rows, **FIELDS)
    history(seeds, *({"name": each, "title": "One", "enabled": False} for each in "ab"))
    ok(seeding())
    assert table(database, "name, title, enabled") == [("a", "Mine", False), ("b", "Two", True)]
    settled(seeding)


def test_columns_of_insert_only_are_neither_compared_nor_written(
    seeding: Seeding, seeds: SeedFolder, database: Database
) -> None:
    database.execute("INSERT INTO tools VALUES ('a', 'One', 'n', false), ('b', 'One', 'n', true)")
    rows = [{"name": each, "title": "Two", "enabled": True} for each in "ab"]
    seeding.write("tools", rows, insert_only=["enabled"], **FIELDS)
    # Release 1 listed it, and it was no `insert_only` then.
    history(seeds, *({"name": each, "title": "One", "enabled": True} for each in "ab"))
    ok(seeding())
    assert table(database, "name, title, enabled") == [("a", "Two", False), ("b", "Two", True)]
    settled(seeding)


def test_a_column_that_the_release_did_not_list_is_somebody_elses_unless_nobody_filled_it(
    seeding: Seeding, seeds: SeedFolder, database: Database
) -> None:
    database.execute("INSERT INTO tools VALUES ('a', 'One', 'mine'), ('b', 'One', NULL)")
    rows = [{"name": each, "title": "Two", "note": "new"} for each in "ab"]
    seeding.write("tools", rows, **FIELDS)
    history(seeds, *({"name": each, "title": "One"} for each in "ab"))
    ok(seeding())
    assert table(database) == [("a", "Two", "mine"), ("b", "Two", "new")]
    settled(seeding)


def test_a_column_that_is_gone_is_not_compared(
    seeding: Seeding, seeds: SeedFolder, database: Database
) -> None:
    database.execute("INSERT INTO tools VALUES ('a', 'One', 'n')")
    seeding.write("tools", [{"name": "a", "title": "Two"}], **FIELDS)
    history(seeds, {"name": "a", "title": "One", "colour": "blue"})
    ok(seeding())
    assert table(database) == [("a", "Two", "n")]


def test_a_value_that_its_column_refuses_today_matches_nothing(
    seeding: Seeding, seeds: SeedFolder, database: Database
) -> None:
    database.execute("CREATE DOMAIN small AS int CHECK (VALUE < 10)")
    database.execute("ALTER TABLE tools ADD size small, ADD config jsonb")
    database.execute(
        "INSERT INTO tools (name, title, size) VALUES ('a', 'One', 3), ('b', 'One', 3), ('c', 'One', 3)"
    )
    seeding.write("tools", [{"name": each, "title": "Two", "size": 4} for each in "abcd"], **FIELDS)
    history(
        seeds,
        {"name": "a", "title": "One", "size": "large"},
        {"name": "b", "title": "One", "size": 12},
        {"name": "b", "title": "One", "size": 3},
        {"name": "c", "title": "One", "size": {"width": 3}},
        {"name": "c", "title": "O\0ne"},
        {"name": "d", "title": "One", "size": {"!ref": {"table": "sizes", "where": {"name": "x"}}}},
        {"title": "One"},
    )
    ok(seeding())
    assert table(database, "name, title, size") == [
        ("a", "One", 3),
        ("b", "Two", 4),
        ("c", "One", 3),
        ("d", "Two", 4),
    ]
    settled(seeding)


def test_a_history_that_comes_later_reaches_cells_that_were_kept(
    seeding: Seeding, seeds: SeedFolder, database: Database
) -> None:
    database.execute("INSERT INTO tools VALUES ('a', 'One', 'n'), ('b', 'Mine', 'n')")
    seeding.write("tools", [{"name": each, "title": "Two", "note": "n"} for each in "ab"], **FIELDS)
    assert ok(seeding()).finished("tools")["kept"] == 2
    settled(seeding)
    history(seeds, *({"name": each, "title": "One", "note": "n"} for each in "ab"))
    finished = ok(seeding()).finished("tools")
    assert (finished["updated"], finished["kept"]) == (1, 1)
    assert table(database) == [("a", "Two", "n"), ("b", "Mine", "n")]
    settled(seeding)
    # From now on the row is like one that the seeder wrote: somebody's edit stays, and the file's change moves it.
    database.execute("UPDATE tools SET note = 'mine' WHERE name = 'a'")
    seeding.write("tools", [{"name": each, "title": "Three", "note": "n"} for each in "ab"], **FIELDS)
    ok(seeding())
    assert table(database) == [("a", "Three", "mine"), ("b", "Mine", "n")]


def test_what_somebody_edited_since_the_first_contact_is_not_undone_by_a_history(
    seeding: Seeding, seeds: SeedFolder, database: Database
) -> None:
    database.execute("INSERT INTO tools VALUES ('a', 'Two', 'mine')")
    seeding.write("tools", [{"name": "a", "title": "Two", "note": "n"}], **FIELDS)
    ok(seeding())
    # The edit happens to be the value of release 1.
    database.execute("UPDATE tools SET title = 'One'")
    history(seeds, {"name": "a", "title": "One", "note": "mine"})
    ok(seeding())
    assert table(database) == [("a", "One", "n")]


@pytest.mark.parametrize("retired_rows", ["delete", {"set": {"note": "retired"}}])
def test_a_row_as_shipped_is_never_deleted(
    seeding: Seeding, seeds: SeedFolder, database: Database, retired_rows: Any
) -> None:
    database.execute("INSERT INTO tools VALUES ('a', 'One', 'n')")
    seeding.write("tools", [{"name": each, "title": "Two", "note": "n"} for each in "ab"], **FIELDS)
    history(seeds, {"name": "a", "title": "One", "note": "n"})
    ok(seeding())
    assert table(database) == [("a", "Two", "n"), ("b", "Two", "n")]
    seeding.write("tools", [], retired_rows=retired_rows, **FIELDS)
    ok(seeding())
    assert {name for name, *_ in table(database)} == ({"a"} if retired_rows == "delete" else {"a", "b"})


def test_under_fail_a_row_as_shipped_does_not_fail(
    seeding: Seeding, seeds: SeedFolder, database: Database
) -> None:
    database.execute("INSERT INTO tools VALUES ('a', 'One', 'n')")
    seeding.write("tools", [{"name": "a", "title": "Two"}], key=["name"], existing_rows="fail")
    history(seeds, {"name": "a", "title": "One"})
    ok(seeding())
    assert table(database) == [("a", "Two", "n")]
    settled(seeding)


def test_under_fail_any_other_row_fails(seeding: Seeding, seeds: SeedFolder, database: Database) -> None:
    database.execute("INSERT INTO tools VALUES ('a', 'One', 'n'), ('b', 'Mine', 'n')")
    seeding.write(
        "tools", [{"name": each, "title": "Two"} for each in "ab"], key=["name"], existing_rows="fail"
    )
    history(seeds, *({"name": each, "title": "One"} for each in "ab"))
    result = seeding()
    assert result.exit_code == 1
    assert result.finished("tools")["key"] == {"name": "b"}
    assert table(database) == [("a", "One", "n"), ("b", "Mine", "n")]


def test_without_a_ledger(seeding: Seeding, seeds: SeedFolder, database: Database) -> None:
    database.execute("INSERT INTO tools VALUES ('a', 'One', 'n'), ('b', 'Mine', 'n')")
    seeding.write("tools", [{"name": each, "title": "Two"} for each in "ab"], **FIELDS)
    history(seeds, *({"name": each, "title": "One"} for each in "ab"))
    ok(seeding(ledger="off"))
    assert table(database) == [("a", "Two", "n"), ("b", "Mine", "n")]


def test_a_dry_run_shows_what_would_move_and_check_tells_that_something_would(
    seeding: Seeding, seeds: SeedFolder, database: Database
) -> None:
    database.execute("INSERT INTO tools VALUES ('a', 'One', 'n'), ('b', 'Mine', 'n')")
    seeding.write("tools", [{"name": each, "title": "Two"} for each in "ab"], **FIELDS)
    history(seeds, *({"name": each, "title": "One"} for each in "ab"))
    shown = ok(seeding(dry_run=True, diff=True, log_format="json"))
    moving = [event["key"] for event in shown.all("row.differs", change="changed")]
    assert moving == [{"name": "a"}], shown
    assert table(database) == [("a", "One", "n"), ("b", "Mine", "n")]
    assert seeding(check=True).exit_code == 6
    ok(seeding())
    # Kept cells are no change.
    ok(seeding(check=True))


@pytest.mark.since(15)
def test_keys_that_are_null(seeding: Seeding, seeds: SeedFolder, database: Database) -> None:
    database.execute(
        "CREATE TABLE limits (kind text, size int, amount int, UNIQUE NULLS NOT DISTINCT (kind, size))"
    )
    database.execute("INSERT INTO limits VALUES ('a', NULL, 1), (NULL, 1, 1), ('b', 2, 1), ('c', NULL, 7)")
    rows: list[dict[str, Any]] = [
        {"kind": "a", "size": None},
        {"kind": None, "size": 1},
        {"kind": "b", "size": 2},
        {"kind": "c", "size": None},
    ]
    seeding.write(
        "limits", [{**each, "amount": 2} for each in rows], key=["kind", "size"], existing_rows="keep"
    )
    history(seeds, *({**each, "amount": 1} for each in rows), name="limits")
    ok(seeding())
    assert database.rows("SELECT kind, size, amount FROM limits ORDER BY 1, 2") == [
        ("a", None, 2),
        ("b", 2, 2),
        ("c", None, 7),
        (None, 1, 2),
    ]


def test_a_history_is_not_read_when_nothing_is_to_be_done(
    seeding: Seeding, seeds: SeedFolder, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute("INSERT INTO tools VALUES ('a', 'Mine', 'n')")
    seeding.write("tools", [{"name": each, "title": "Two", "note": "n"} for each in "ab"], **FIELDS)
    history(seeds, {"name": "a", "title": "One"})
    ok(seeding())
    read: list[object] = []
    original = HistoryRows.rows

    def rows(self: HistoryRows) -> Any:
        read.append(self)
        return original(self)

    monkeypatch.setattr(HistoryRows, "rows", rows)
    settled(seeding)
    # Somebody edits a row, so that it is compared again.
    database.execute("UPDATE tools SET note = 'edited' WHERE name = 'b'")
    settled(seeding)
    assert read == []
    # An edit to what a release shipped is an edit.
    database.execute("UPDATE tools SET title = 'One' WHERE name = 'a'")
    settled(seeding)
    shown = ok(seeding(dry_run=True, diff=True))
    assert shown.all("row.differs", change="changed") == []
    assert read == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '{"release": "1", "row": {"name": "a"}}\n{"release": "1", row: 1}\n',
            "2:18: not valid JSON: expecting property name",
        ),
        ('{"row": {"name": "a"}}\n', "1:None: release must be text that is not empty"),
        ('{"release": "1", "row": {"name": {"!env": "A"}}}\n', "1:34: unknown tag !env"),
        ('{"release": "1", "row": ["a"]}\n', "1:25: row must be an object"),
    ],
)
def test_a_broken_history_is_its_seeders_failure(
    seeding: Seeding,
    seeds: SeedFolder,
    database: Database,
    text: str,
    expected: str,
) -> None:
    seeding.write("tools", [{"name": "a", "title": "Two"}], **FIELDS)
    database.execute("CREATE TABLE others (id int PRIMARY KEY)")
    seeding.write("others", [{"id": 1}], key=["id"])
    seeds.write("tools.history.ndjson", text)
    result = seeding()
    assert result.exit_code == 1
    finished = result.finished("tools")
    said = f"{finished['line']}:{finished.get('column')}: {finished['error']['message']}"
    assert said.startswith(expected)
    assert finished["file"].endswith("tools.history.ndjson")
    assert result.finished("others")["inserted"] == 1
    assert table(database) == []


def test_a_history_without_its_seed_file_names_both(seeding: Seeding, seeds: SeedFolder) -> None:
    seeding.write("tools", [{"name": "a", "title": "Two"}], **FIELDS)
    ok(seeding())
    history(seeds, {"name": "a"}, name="groups")
    result = seeding()
    assert result.exit_code == 1
    said = str(result.finished("groups"))
    assert "groups.history.ndjson" in said
    assert "groups.yaml" in said


@pytest.fixture
def cities(database: Database, seeds: SeedFolder) -> Seeding:
    """20,000 rows as release 1 shipped them, 20 of them edited, and a CSV file with another name for each."""
    database.execute("CREATE TABLE cities (id int PRIMARY KEY, name text, size int)")
    database.execute("INSERT INTO cities SELECT i, 'City ' || i, i % 7 FROM generate_series(1, 20000) AS i")
    database.execute("UPDATE cities SET size = 100 WHERE id % 1000 = 0")
    lines = [f"{i},Town {i},{i % 7}" for i in range(1, 20001)]
    seeds.write("cities.csv", "id,name,size\n" + "\n".join(lines) + "\n")
    seeds.write("cities.yaml", "existing_rows: keep\n")
    return Seeding(database, seeds)


def history_of_cities(seeds: SeedFolder) -> None:
    lines = (
        {"release": "1", "text": {"id": str(i), "name": f"City {i}", "size": str(i % 7)}}
        for i in range(1, 20001)
    )
    seeds.write("cities.history.ndjson", "".join(json.dumps(line) + "\n" for line in lines))


def test_many_rows_of_a_csv_file(cities: Seeding, seeds: SeedFolder, database: Database) -> None:
    history_of_cities(seeds)
    began = time.monotonic()
    finished = ok(cities()).finished("cities")
    assert time.monotonic() - began < 30
    assert (finished["updated"], finished["kept"]) == (19980, 20)
    assert database.scalar("SELECT count(*) FROM cities WHERE name LIKE 'Town %'") == 19980
    # The next run notes the proof that nothing is to be done.
    ok(cities())
    settled(cities)


def test_a_history_of_many_rows_that_comes_later(
    cities: Seeding, seeds: SeedFolder, database: Database
) -> None:
    assert ok(cities()).finished("cities")["kept_existing"] == 20000
    ok(cities())
    settled(cities)
    history_of_cities(seeds)
    finished = ok(cities()).finished("cities")
    assert (finished["updated"], finished["kept_existing"]) == (19980, 20)
    ok(cities())
    settled(cities)


def test_what_was_accepted_stays_when_a_history_comes(
    seeding: Seeding, seeds: SeedFolder, database: Database, seeder: CommandLine
) -> None:
    database.execute("INSERT INTO tools VALUES ('a', 'One', 'n'), ('b', 'One', 'n')")
    seeding.write("tools", [{"name": each, "title": "Two"} for each in "ab"], **FIELDS)
    ok(seeding())
    path = str(seeds.path)
    assert seeder("resolve", "tools", "--path", path, "--row", "name=a", "--take", "live").exit_code == 0
    history(seeds, *({"name": each, "title": "One"} for each in "ab"))
    ok(seeding())
    assert table(database) == [("a", "One", "n"), ("b", "Two", "n")]
    settled(seeding)


def test_what_ref_file_and_env_gave_from_the_first_release_to_the_next(
    seeds: SeedFolder, database: Database, seeder: CommandLine, tmp_path: Path
) -> None:
    database.execute(
        "CREATE TABLE groups (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE)"
    )
    database.execute("INSERT INTO groups (name) VALUES ('web'), ('other')")
    database.execute(
        "CREATE TABLE tools (name text PRIMARY KEY, group_id int REFERENCES groups, prompt text, icon bytea, "
        "config json, api_key text, code varchar(3))"
    )
    seed_file = """\
key: [name]
existing_rows: keep
defaults: {code: 007}
rows:
  - name: %s
    group_id: !ref {table: groups, where: {name: web}, column: id}
    prompt: !file prompt.md
    icon: !file icon.bin
    config: {size: 0o17, note: !file prompt.md}
    api_key: !env KEY
"""
    names = ("a", "b", "c", "d", "e")
    rows = seed_file.partition("rows:\n")
    seeds.write("tools.yaml", rows[0] + rows[1] + "".join(rows[2] % name for name in names))
    seeds.write("prompt.md", "Be good.\n")
    seeds.write("icon.bin", b"\0\1\xff")
    seeder.environment["KEY"] = "s3cret"
    path = str(seeds.path)
    assert seeder("--all", "--path", path).exit_code == 0
    database.execute("DROP SCHEMA seeder CASCADE")
    database.execute("UPDATE tools SET prompt = 'Be bad.' WHERE name = 'b'")
    database.execute("UPDATE tools SET group_id = 2 WHERE name = 'c'")
    database.execute("UPDATE tools SET icon = 'x' WHERE name = 'd'")
    # Nobody can say what `!env` gave then.
    database.execute("UPDATE tools SET api_key = 'other' WHERE name = 'e'")

    del seeder.environment["KEY"]
    shutil.copytree(path, tmp_path / "1.0")
    recorded = seeder("record-history", "--path", path, str(tmp_path / "1.0"))
    assert recorded.exit_code == 0, recorded
    assert "tools.history.ndjson: 5 rows of 1.0" in recorded.stdout
    assert "s3cret" not in (seeds.path / "tools.history.ndjson").read_text()

    seeder.environment["KEY"] = "s3cret"
    seeds.write("prompt.md", "Be better.\n")
    result = seeder("--all", "--path", path)
    assert result.exit_code == 0, result
    assert database.rows(
        "SELECT name, group_id, prompt, api_key, config ->> 'note' FROM tools ORDER BY name"
    ) == [
        ("a", 1, "Be better.\n", "s3cret", "Be better.\n"),
        ("b", 1, "Be bad.", "s3cret", "Be good.\n"),
        ("c", 2, "Be good.\n", "s3cret", "Be good.\n"),
        ("d", 1, "Be good.\n", "s3cret", "Be good.\n"),
        ("e", 1, "Be better.\n", "other", "Be better.\n"),
    ]


def test_any_rows_and_any_releases_beside_a_model(seeds: SeedFolder, database: Database) -> None:
    columns, random = "abc", Random(10)
    database.execute("CREATE TABLE things (id int PRIMARY KEY, a int, b int, c int)")

    def some() -> int | None:
        return random.choice([None, 1, 1, 1, 2])

    desired = {each: {column: some() for column in columns} for each in range(500)}
    live = {each: {column: some() for column in columns} for each in range(500)}
    releases = [
        (each, {column: some() for column in columns if random.random() < 0.8})
        for each in range(500)
        for _ in range(random.randrange(4))
    ]
    for each, cells in live.items():
        database.execute("INSERT INTO things VALUES (%s, %s, %s, %s)", [each, *cells.values()])
    seeding = Seeding(database, seeds)
    seeding.write("things", [{"id": each, **cells} for each, cells in desired.items()], key=["id"])
    history(seeds, *({"id": each, **cells} for each, cells in releases), name="things")

    expected: list[tuple[int | None, ...]] = []
    moved = 0
    for each, cells in live.items():
        shipped = [row for at, row in releases if at == each and row.items() <= cells.items()]
        listed = {column for row in shipped for column in row}
        ours = listed | {column for column in columns if shipped and cells[column] is None}
        left = {column: desired[each][column] if column in ours else cells[column] for column in columns}
        expected.append((each, *left.values()))
        moved += left != cells
    ok(seeding())
    assert database.rows("SELECT * FROM things ORDER BY id") == expected
    assert 50 < moved < 400
    settled(seeding)

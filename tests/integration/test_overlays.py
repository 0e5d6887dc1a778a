"""Overlays: one folder of seed files in several environments, and what becomes of rows that one takes out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from seeder import seed_sync
from tests.integration.footprint import footprint
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, Result, SeedFolder
    from tests.integration.postgres import Database

TOOLS = """\
key: [name]
rows:
  - {name: search, timeout: 10, enabled: true}
  - {name: shell, timeout: 20, enabled: true}
"""
PRODUCTION = """\
rows:
  - {name: search, timeout: 5}
  - {name: audit, timeout: 1, enabled: true}
absent:
  - {name: shell}
"""
AS_SHIPPED = [("search", 10, True), ("shell", 20, True)]
IN_PRODUCTION = [("audit", 1, True), ("search", 5, True)]


@pytest.fixture
def seeding(database: Database, seeds: SeedFolder) -> Seeding:
    database.execute("CREATE TABLE tools (name text PRIMARY KEY, timeout int, enabled boolean)")
    seeds.write("tools.yaml", TOOLS)
    seeds.write("tools.production.yaml", PRODUCTION)
    return Seeding(database, seeds)


def rows(database: Database) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in database.rows("SELECT name, timeout, enabled FROM tools ORDER BY name")]


def done(result: Result) -> tuple[int, ...]:
    """How many rows were inserted, updated, deleted and kept."""
    finished = result.finished("tools")
    assert finished["outcome"] == "succeeded", str(result)
    return tuple(finished[each] for each in ("inserted", "updated", "deleted", "kept"))


def failure(result: Result, seeder: str = "tools") -> tuple[str, str]:
    """Where the mistake is that a seeder failed for, and what is said of it."""
    event = result.finished(seeder)
    assert result.exit_code == 1, str(result)
    place = ":".join(str(event[each]) for each in ("file", "line", "column"))
    return place, str(event["error"]["message"])


class TestTwoEnvironments:
    @pytest.mark.parametrize("environment", [None, "staging"])
    def test_elsewhere_the_seed_file_counts_alone(
        self, seeding: Seeding, database: Database, environment: str | None
    ) -> None:
        assert done(seeding(environment=environment)) == (2, 0, 0, 0)
        assert rows(database) == AS_SHIPPED

    def test_there_it_changes_adds_and_takes_out(self, seeding: Seeding, database: Database) -> None:
        assert done(seeding(environment="production")) == (2, 0, 0, 0)
        assert rows(database) == IN_PRODUCTION
        before = footprint(database)
        assert seeding(environment="production").event("run.finished")["changed"] == 0
        assert footprint(database) == before

    def test_the_log_says_which_one_was_read(self, seeding: Seeding, seeds: SeedFolder) -> None:
        for _ in range(2):
            loaded = seeding(environment="production", debug=True).event("seeder.loaded")
            assert loaded["overlay"] == f"{seeds.path}/tools.production.yaml"
        assert "overlay" not in seeding(debug=True).event("seeder.loaded")

    def test_an_edit_is_kept(self, seeding: Seeding, database: Database, seeds: SeedFolder) -> None:
        seeding(environment="production")
        database.execute("UPDATE tools SET timeout = 7 WHERE name = 'search'")
        assert done(seeding(environment="production")) == (0, 0, 0, 1)
        seeds.write("tools.production.yaml", PRODUCTION.replace("timeout: 5", "timeout: 6"))
        assert done(seeding(environment="production")) == (0, 0, 0, 1)
        assert rows(database)[1] == ("search", 7, True)

    def test_the_library_knows_them(self, seeding: Seeding, database: Database, seeds: SeedFolder) -> None:
        report = seed_sync(database.url, path=seeds.path, environment="production")
        assert report.changed == 2
        assert rows(database) == IN_PRODUCTION


@pytest.mark.parametrize(
    ("policy", "said", "shell"),
    [
        ("keep", (1, 1, 0, 1), [("shell", 20, True)]),
        ("delete", (1, 1, 1, 0), []),
        ("{set: {enabled: false}}", (1, 2, 0, 0), [("shell", 20, False)]),
    ],
)
def test_what_it_takes_out_is_retired(
    seeding: Seeding, seeds: SeedFolder, policy: str, said: tuple[int, ...], shell: Any
) -> None:
    seeds.write("tools.yaml", f"retired_rows: {policy}\n{TOOLS}")
    (seeds.path / "tools.production.yaml").unlink()
    assert done(seeding(environment="production")) == (2, 0, 0, 0)
    seeds.write("tools.production.yaml", PRODUCTION)
    assert done(seeding(environment="production")) == said
    assert rows(seeding.database) == [*IN_PRODUCTION, *shell]
    before = footprint(seeding.database)
    assert seeding(environment="production").event("run.finished")["changed"] == 0
    assert footprint(seeding.database) == before


def test_a_row_that_somebody_touched_stays(seeding: Seeding, database: Database, seeds: SeedFolder) -> None:
    seeds.write("tools.yaml", f"retired_rows: delete\n{TOOLS}")
    seeding()
    database.execute("UPDATE tools SET timeout = 21 WHERE name = 'shell'")
    result = seeding(environment="production")
    assert result.event("seeder.kept")["key"] == {"name": "shell"}
    assert ("shell", 21, True) in rows(database)


class TestTheTablesKey:
    """A seed file that says no key is overlaid by the primary key of its table."""

    CSV = "name,timeout,enabled\nsearch,10,true\nshell,20,true\n"

    @pytest.fixture(autouse=True)
    def csv(self, seeding: Seeding, seeds: SeedFolder) -> None:
        (seeds.path / "tools.yaml").unlink()
        seeds.write("tools.csv", self.CSV)

    def test_it_is_seeded(self, seeding: Seeding, database: Database) -> None:
        assert done(seeding()) == (2, 0, 0, 0)
        seeding(environment="production")
        assert rows(database) == [*IN_PRODUCTION, ("shell", 20, True)]
        before = footprint(database)
        assert seeding(environment="production").event("run.finished")["changed"] == 0
        assert footprint(database) == before

    def test_a_row_that_is_not_there(self, seeding: Seeding, seeds: SeedFolder) -> None:
        seeds.write("tools.production.yaml", "absent:\n  - {name: shel}\n")
        place, message = failure(seeding(environment="production"))
        assert place == f"{seeds.path}/tools.production.yaml:2:5"
        assert 'did you mean "shell"?' in message

    def test_a_refused_value(self, seeding: Seeding, seeds: SeedFolder) -> None:
        seeds.write("tools.production.yaml", "rows:\n  - {name: shell, timeout: soon}\n")
        place, _ = failure(seeding(environment="production"))
        assert place == f"{seeds.path}/tools.production.yaml:2:28"

    def test_validate_compares_by_it(self, seeder: CommandLine, seeds: SeedFolder) -> None:
        seeds.write("tools.production.yaml", "rows:\n  - {name: shell, timeout: soon}\nabsent: [{nam: a}]\n")
        asked = ("validate", seeds, "--format", "json")
        result = seeder(*asked, "--environment", "production")
        assert [(each["line"], each["column"]) for each in json.loads(result.stdout)] == [(2, 28), (3, 11)]
        assert json.loads(seeder(*asked).stdout) == []


@pytest.mark.parametrize(
    ("overlay", "content", "place"),
    [
        ("tools.production.yaml", "rows:\n  - {name: search, timeout: soon}\n", "2:29"),
        ("tools.production.json", '{"rows": [\n  {"name": "search", "timeout": "soon"}]}', "2:33"),
        ("tools.production.yaml", "rows:\n  - {name: search, timeouts: 1}\n", "2:20"),
        ("tools.production.yaml", "rows:\n  - {name: search, enabled: [1]}\n", "2:29"),
    ],
)
def test_a_mistake_names_the_line_of_the_overlay(
    seeding: Seeding, seeds: SeedFolder, overlay: str, content: str, place: str
) -> None:
    (seeds.path / "tools.production.yaml").unlink()
    seeds.write(overlay, content)
    found, _ = failure(seeding(environment="production"))
    assert found == f"{seeds.path}/{overlay}:{place}"
    assert seeding(environment="staging").exit_code == 0


def test_two_spellings_of_one_key_name_both_files(database: Database, seeds: SeedFolder) -> None:
    database.execute("CREATE TABLE sizes (id int PRIMARY KEY)")
    seeds.write("sizes.yaml", "key: [id]\nrows: [{id: 1}]\n")
    seeds.write("sizes.production.yaml", "rows: [{id: 01}]\n")
    place, message = failure(Seeding(database, seeds)(environment="production"), "sizes")
    assert place == f"{seeds.path}/sizes.production.yaml:1:13"
    assert message == f'the row has the same key ("id") as the one at {seeds.path}/sizes.yaml:2:8'


@pytest.mark.parametrize(
    ("name", "said"),
    [("other.production.yaml", "there is no seed file other.yaml"), ("tools.prod.yaml", "lists production")],
)
def test_one_that_cannot_be_fails(seeding: Seeding, seeds: SeedFolder, name: str, said: str) -> None:
    seeds.write("_seeds.yaml", "environments: [production]\n")
    assert seeding(environment="production").exit_code == 0
    seeds.write(name, "absent: []\n")
    # In no environment, and also if all was proved before.
    for environment in ("production", None):
        result = seeding(environment=environment)
        assert result.exit_code == 1
        assert said in result.event("run.finished")["reason"]


class TestCommands:
    def test_list(self, seeder: CommandLine, seeding: Seeding, seeds: SeedFolder) -> None:
        result = seeder("list", "--path", seeds, "--json")
        assert json.loads(result.stdout)[0]["overlays"] == {
            "production": f"{seeds.path}/tools.production.yaml"
        }
        head, line = seeder("list", "--path", seeds).stdout.splitlines()
        assert (head.split()[-1], line.split()[-1]) == ("OVERLAYS", "production")

    def test_status(self, seeder: CommandLine, seeding: Seeding, seeds: SeedFolder) -> None:
        seeding(environment="production")

        def pending(*more: str) -> bool:
            shown = json.loads(seeder("status", "--path", seeds, "--json", *more).stdout)
            return bool(shown[0]["pending"])

        assert not pending("--environment", "production")
        assert pending()

    def test_conflicts_and_resolve(
        self, seeder: CommandLine, seeding: Seeding, database: Database, seeds: SeedFolder
    ) -> None:
        seeding(environment="production")
        database.execute("UPDATE tools SET timeout = 7 WHERE name = 'search'")
        seeds.write("tools.production.yaml", PRODUCTION.replace("timeout: 5", "timeout: 6"))
        seeding(environment="production")
        there = ("--path", seeds, "--environment", "production")
        (conflict,) = json.loads(seeder("conflicts", *there, "--json").stdout)
        assert (conflict["live"], conflict["desired"]) == ("7", "6")
        result = seeder("resolve", "tools", "--take", "seed", *there)
        assert result.exit_code == 0, str(result)
        assert rows(database)[1] == ("search", 6, True)


def test_a_history_knows_what_each_environment_shipped(
    seeder: CommandLine, seeding: Seeding, database: Database, seeds: SeedFolder
) -> None:
    assert seeder("record-history", "--path", seeds, "--as", "1.0.0", seeds).exit_code == 0
    seeding(environment="production", ledger="off")
    seeds.write(
        "tools.production.yaml", "rows:\n  - {name: search, timeout: 3}\n  - {name: audit, timeout: 2}\n"
    )
    assert done(seeding(environment="production")) == (1, 2, 0, 0)
    assert rows(database) == [("audit", 2, True), ("search", 3, True), ("shell", 20, True)]

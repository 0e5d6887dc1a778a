"""A ledger that version 0.1.0 wrote: the present version takes it over, and knows every edit that is in it.

`ledgers/README.md` says how the dump was made, and what people did in it.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.commandline import SeedFolder
from tests.integration.footprint import footprint
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, Result
    from tests.integration.footprint import Footprint
    from tests.integration.postgres import Database

LEDGERS = Path(__file__).parent / "ledgers"
COUNTS = ("outcome", "inserted", "updated", "deleted", "unchanged", "kept")

# The cells that people edited and that the second files changed too, by table, key and column.
CONFLICTS = {
    ("labels", "{none}", "colour"),
    ("levels", "{2}", "label"),
    ("nodes", "{00000000-0000-0000-0000-000000000002}", "label"),
    ("plans", "{pro}", "title"),
    ("prices", "{ink,eu}", "amount"),
    ("prompts", "{bye}", "slug"),
    ("rates", "{2.0}", "label"),
    ("terms", '{"1 year"}', "label"),
    ("tools", "{mail}", "title"),
}


class Upgrade:
    """The restored database, and runs of the present version with the old and with newer seed files."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = SeedFolder(folder)
        self.seeding = Seeding(database, self.folder)

    def use(self, files: str) -> None:
        """Put these seed files in the place of those that were there."""
        shutil.rmtree(self.folder.path, ignore_errors=True)
        shutil.copytree(LEDGERS / "seeds" / files, self.folder.path)

    def run(self, **options: Any) -> Result:
        """Run all seeders, and see that all went well."""
        done = self.seeding(allow_code=True, **options)
        assert done.exit_code == 0, str(done)
        return done

    def applied(self, files: str) -> Result:
        self.use(files)
        return self.run()

    def rows(self, query: str) -> dict[Any, Any]:
        """Two columns of a query as a mapping."""
        return dict(self.database.rows(query))

    def people(self) -> Footprint:
        """The footprint without the ledger's own tables."""
        whole = footprint(self.database)
        theirs = {name: versions for name, versions in whole.versions.items() if not _is_ledger(name)}
        return type(whole)(
            written={name: each for name, each in whole.written.items() if not _is_ledger(name)},
            versions=theirs,
            sequences={name: each for name, each in whole.sequences.items() if not _is_ledger(name)},
            objects={each for each in whole.objects if not _is_ledger(each[1])},
        )

    def conflicts(self) -> set[tuple[str, str, str]]:
        """The cells that the ledger has in conflict."""
        return set(
            self.database.rows(
                "SELECT table_name, key, column_name FROM seeder.seeder_conflicts "
                "WHERE why = 'edited and changed'"
            )
        )


def _is_ledger(name: str) -> bool:
    return name.partition(".")[0] == "seeder"


@pytest.fixture
def upgrade(database: Database, tmp_path: Path) -> Upgrade:
    """The database as 0.1.0 and people left it, and the seed files that 0.1.0 applied last."""
    database.execute((LEDGERS / "0.1.0.sql").read_text())
    restored = Upgrade(database, tmp_path / "seeds")
    restored.use("2")
    return restored


def counts(done: Result) -> dict[str, dict[str, Any]]:
    """What a run said of each seeder."""
    return {
        event["seeder"]: {count: event[count] for count in COUNTS} for event in done.all("seeder.finished")
    }


def kept(done: Result, seeder: str) -> set[tuple[str, str]]:
    """The rows that retirement kept, and why."""
    return {
        (next(iter(event["key"].values())), event["reason"])
        for event in done.all("seeder.kept", seeder=seeder)
    }


# The same files


def test_the_dump_holds_form_1(upgrade: Upgrade) -> None:
    assert upgrade.database.rows("SELECT form FROM seeder.form") == [(1,)]
    [(conflicts,)] = upgrade.database.rows(
        "SELECT count(*) FROM seeder.entries, unnest(stored) AS cell WHERE octet_length(cell) IN (1, 33)"
    )
    assert conflicts == len(CONFLICTS)


def test_the_same_files_change_no_row_and_find_the_same(upgrade: Upgrade) -> None:
    before = upgrade.people()
    done = upgrade.run()
    after = upgrade.people()
    assert after == before
    assert counts(done) == json.loads((LEDGERS / "0.1.0.json").read_text())
    assert done.event("run.finished")["changed"] == 0
    assert not done.all("seeder.conflict")
    assert not done.all("seeder.adopted")
    assert upgrade.conflicts() == CONFLICTS


def test_the_upgrade_happens_once_and_a_second_run_writes_nothing(upgrade: Upgrade) -> None:
    first = upgrade.run()
    tables = upgrade.database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'seeder' ORDER BY 1")
    assert [name for (name,) in tables] == [
        "form",
        "seeder_applications",
        "seeder_form",
        "seeder_rows",
        "seeder_seeders",
        "seeder_tables",
    ]
    between = footprint(upgrade.database)
    second = upgrade.run()
    assert footprint(upgrade.database) == between
    assert counts(second) == counts(first)


def test_a_dry_run_says_the_same_and_leaves_the_ledger_as_it_was(upgrade: Upgrade) -> None:
    before = footprint(upgrade.database).versions
    done = upgrade.run(dry_run=True)
    assert counts(done) == json.loads((LEDGERS / "0.1.0.json").read_text())
    assert footprint(upgrade.database).versions == before


def test_a_check_finds_nothing_to_do(upgrade: Upgrade) -> None:
    assert upgrade.seeding(allow_code=True, check=True).exit_code == 0


def test_what_status_counts_stays_the_same(upgrade: Upgrade, seeder: CommandLine) -> None:
    upgrade.run()
    done = seeder("status", "--path", upgrade.folder, "--allow-code", "--json")
    assert done.exit_code == 0, str(done)
    known = json.loads((LEDGERS / "0.1.0.status.json").read_text())
    found = {
        each["name"]: {name: each[name] for name in known[each["name"]]} for each in json.loads(done.stdout)
    }
    assert found == known


def test_older_versions_find_a_form_that_they_do_not_know(upgrade: Upgrade) -> None:
    # 0.1.0 asks for the table `form`, and refuses any number above 1 before it writes: exit code 1.
    upgrade.run()
    assert upgrade.database.rows("SELECT form FROM seeder.form") == [(2,)]


def test_an_edit_that_is_taken_back_gets_what_the_file_says(upgrade: Upgrade) -> None:
    upgrade.run()
    upgrade.database.execute(
        "UPDATE prices SET amount = 9.10 WHERE product = 'ink' AND region = 'eu';"
        "UPDATE labels SET colour = NULL WHERE label = 'none'"
    )
    done = upgrade.run()
    assert done.event("run.finished")["changed"] == 2
    assert (
        upgrade.rows("SELECT region, CAST(amount AS text) FROM prices WHERE product = 'ink'")["eu"] == "9.20"
    )
    assert upgrade.rows("SELECT label, colour FROM labels")["none"] == "white"
    assert upgrade.conflicts() == CONFLICTS - {
        ("prices", "{ink,eu}", "amount"),
        ("labels", "{none}", "colour"),
    }


# Other files

CHANGED: dict[str, dict[Any, Any]] = {
    "SELECT name, title FROM assistants": {"triage": "Mine", "reply": "Answer"},
    "SELECT CAST(severity AS text), label FROM alerts": {"low": "Lowest"},
    "SELECT name, title FROM badges": {"new": "Newest", "oldest": "Oldest of all"},
    "SELECT name, title FROM flags": {"beta": "Ours", "dark": "Night", "fast": "Faster"},
    "SELECT name, enabled FROM flags": {"beta": False, "dark": True, "fast": False},
    "SELECT CAST(label AS text), colour FROM labels": {"Urgent": "crimson", "LATE": "mine", "none": "mine"},
    "SELECT level, label FROM levels": {1: "lowest", 2: None, 3: "high", -1: None},
    "SELECT level, weight FROM levels": {1: 0.1, 2: 0.5, 3: 0, -1: None},
    "SELECT right(CAST(id AS text), 1), label FROM nodes": {"1": "uno", "2": "mine"},
    "SELECT name, title FROM plans": {
        "free": "Gratis",
        "pro": "Mine",
        "legacy": "Legacy",
        "edited": "Edited",
    },
    "SELECT name, active FROM plans": {"free": True, "pro": True, "legacy": True, "edited": False},
    "SELECT product || coalesce('/' || region, ''), CAST(amount AS text) FROM prices": {
        "pen": "7.77",
        "pen/eu": "1.70",
        "ink": "9.50",
        "ink/eu": "8.88",
    },
    "SELECT name, slug FROM prompts": {
        "greet": "greetings",
        "bye": "mine",
        "thanks": "thanks",
        "dropped": "dropped",
    },
    "SELECT CAST(rate AS text), label FROM rates": {"1.00": "uno", "2.0": "mine", "3": "three"},
    "SELECT name, CAST(rights AS text) FROM roles": {
        "admin": "{read,write,delete}",
        "guest": "{read,mine}",
        "viewer": "{read}",
        "ours": "{nothing}",
    },
    "SELECT name, value FROM settings": {"theme": "dark", "size": "large"},
    "SELECT CAST(span AS text), label FROM terms": {
        "30 days": "one month",
        "1 year": "mine",
        "24:00:00": "a day",
    },
    "SELECT name, title FROM tools": {
        "search": "Search the web",
        "mail": "Post",
        "chat": "Talk",
        "clock": "Clock",
        "fax": "Fax",
        "pager": "Pager",
        "bare": "Bare",
        "hammer": "Nobody seeds this",
    },
    "SELECT name, trim(code) FROM tools WHERE code IS NOT NULL": {
        "search": "a1",
        "mail": "b2",
        "chat": "c5",
        "fax": "e5",
    },
    "SELECT name, CAST(config AS text) FROM tools WHERE config IS NOT NULL": {
        "search": '{"limit": 10}',
        "mail": "{}",
        "clock": '{"zone": "ours"}',
    },
    "SELECT name, enabled FROM tools WHERE NOT enabled": {"search": False},
    "SELECT name, note FROM tools WHERE note IS NOT NULL": {"fax": "ask Ada"},
}
"""What the tables hold once the third files were applied: what nobody edited is new, every edit is there."""


@pytest.mark.parametrize("through", ["2", None], ids=["after the same files", "at once"])
def test_changed_files_update_what_nobody_edited_and_nothing_else(
    upgrade: Upgrade, through: str | None
) -> None:
    if through is not None:
        upgrade.run()
    upgrade.applied("3")
    assert {query: upgrade.rows(query) for query in CHANGED} == CHANGED
    before = footprint(upgrade.database)
    again = upgrade.run()
    assert footprint(upgrade.database) == before
    assert again.event("run.finished")["changed"] == 0
    assert not again.all("seeder.conflict")


def test_changed_files_log_each_conflict_once(upgrade: Upgrade) -> None:
    upgrade.run()
    done = upgrade.applied("3")
    found = {
        (event["seeder"], next(iter(event["key"].values())), *event["columns"])
        for event in done.all("seeder.conflict")
    }
    assert len(found) == len(done.all("seeder.conflict"))
    assert found == {
        ("agents", "triage", "title"),
        ("flags", "beta", "title"),
        ("flags", "dark", "title"),
        ("labels", "Late", "colour"),
        ("labels", "none", "colour"),
        ("levels", "2", "label"),
        ("levels", "3", "weight"),
        ("nodes", "00000000-0000-0000-0000-000000000002", "label"),
        ("plans", "pro", "title"),
        ("prices", "ink", "amount"),
        ("prices", "pen", "amount"),
        ("prompts", "bye", "slug"),
        ("rates", "2.000", "label"),
        ("roles", "guest", "rights"),
        ("terms", "1 year", "label"),
        ("tools", "clock", "config"),
        ("tools", "mail", "title"),
    }
    assert not upgrade.run().all("seeder.conflict")


def test_only_rows_of_which_every_column_was_listed_are_deleted(upgrade: Upgrade) -> None:
    upgrade.run()
    done = upgrade.applied("3")
    deleted = {event["seeder"]: event["deleted"] for event in done.all("seeder.finished") if event["deleted"]}
    assert deleted == {
        "alerts": 1,
        "badges": 2,
        "labels": 1,
        "nodes": 1,
        "prices": 1,
        "rates": 1,
        "roles": 1,
        "terms": 1,
    }
    touched, adopted = "somebody changed it", "it was there before us"
    assert kept(done, "badges") == {("oldest", touched)}
    assert kept(done, "levels") == {("-1", touched)}
    # Its table has a column that the old version did not look at.
    unknown = "nobody can tell whether somebody changed it: the ledger, or the role, does not see all of its columns"
    assert kept(done, "prompts") == {("dropped", unknown)}
    assert kept(done, "roles") == {("viewer", adopted)}
    assert kept(done, "tools") == {("fax", unknown), ("pager", unknown)}


def test_a_table_that_is_renamed_after_the_upgrade_is_followed(upgrade: Upgrade) -> None:
    upgrade.run()
    upgrade.database.execute(
        "ALTER TABLE badges RENAME TO medals; ALTER TABLE nodes RENAME COLUMN label TO title"
    )
    upgrade.use("3")
    upgrade.folder.write("badges.yaml", (upgrade.folder.path / "badges.yaml").read_text() + "table: medals\n")
    upgrade.folder.write(
        "nodes.csv", (upgrade.folder.path / "nodes.csv").read_text().replace("id,label", "id,title")
    )
    upgrade.run()
    assert upgrade.rows("SELECT name, title FROM medals") == {"new": "Newest", "oldest": "Oldest of all"}
    assert upgrade.rows("SELECT right(CAST(id AS text), 1), title FROM nodes") == {"1": "uno", "2": "mine"}


def test_an_application_with_a_name_takes_over_what_had_none(upgrade: Upgrade) -> None:
    before = upgrade.people()
    done = upgrade.run(application="shop")
    assert upgrade.people() == before
    assert not done.all("seeder.conflict")
    assert upgrade.conflicts() == CONFLICTS
    upgrade.use("3")
    upgrade.run(application="shop")
    # Rows that no seed file lists pass to nobody, and so none of them is deleted.
    for query, expected in CHANGED.items():
        found = upgrade.rows(query)
        assert {key: found[key] for key in expected} == expected, query


def test_status_says_that_the_ledger_has_to_be_upgraded_first(
    upgrade: Upgrade, seeder: CommandLine, database: Database
) -> None:
    done = seeder("status", "--path", upgrade.folder)
    assert done.exit_code == 1, str(done)
    assert "the next run upgrades it" in done.stdout + done.stderr
    assert database.scalar("SELECT form FROM seeder.form") == 1

"""Several applications, and several seed files, in one database: none loses a row to another, nor what people edited.

Each application has a folder of its own and runs through the command line. What counts is what the tables hold
afterwards.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.integration.commandline import SeedFolder
from tests.integration.footprint import footprint
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.commandline import CommandLine, Result
    from tests.integration.postgres import Database

pytestmark = pytest.mark.newest_server

PAGE = Path(__file__).parents[3] / "docs" / "several-applications.md"
TABLE = "CREATE TABLE tools (name text PRIMARY KEY, code text UNIQUE NOT NULL, title text, enabled boolean)"
POLICIES = [
    pytest.param("delete", id="delete"),
    pytest.param({"set": {"enabled": False}}, id="set"),
]
DELETE = "delete"
SECOND = timedelta(seconds=1)


def row(name: str, title: str) -> dict[str, Any]:
    return {"name": name, "code": name.upper(), "title": title, "enabled": True}


class Applications:
    """Applications by name, each with a folder of seed files. `""` is the one that does not say its name."""

    def __init__(self, database: Database, command: CommandLine, folder: Path) -> None:
        self.database = database
        self.command = command
        self.folder = folder

    def write(self, application: str, seeder: str, *rows: dict[str, Any], **fields: Any) -> None:
        """Write a seed file of that application for the table `tools`."""
        folder = self._folder(application)
        Seeding(self.database, folder).write(seeder, rows, **{"table": "tools", "key": ["name"], **fields})

    def remove(self, application: str, seeder: str) -> None:
        (self._folder(application).path / f"{seeder}.yaml").unlink()

    def run(self, application: str, *options: str, folder: str | None = None, **env: str | None) -> Result:
        """Run all seeders of its folder, or of another's."""
        named = ["--application", application] if application else []
        path = self._folder(application if folder is None else folder)
        return self.command("--all", "--path", path, *named, *options, env=env)

    def seed(self, application: str) -> Result:
        """Run, and see it succeed."""
        result = self.run(application)
        assert result.exit_code == 0, str(result)
        return result

    def assert_nothing_to_do(self, *applications: str) -> None:
        before = footprint(self.database)
        for application in applications:
            assert self.seed(application).event("run.finished")["changed"] == 0
        assert footprint(self.database) == before

    @property
    def titles(self) -> dict[str, str]:
        """What the table holds: each row's title."""
        return dict(self.database.rows("SELECT name, title FROM tools"))

    @property
    def enabled(self) -> set[str]:
        return {name for (name,) in self.database.rows("SELECT name FROM tools WHERE enabled")}

    def edit(self, name: str, title: str = "Mine") -> None:
        self.database.execute("UPDATE tools SET title = %s WHERE name = %s", [title, name])

    def _folder(self, application: str) -> SeedFolder:
        folder = self.folder / (application or "unnamed")
        folder.mkdir(parents=True, exist_ok=True)
        return SeedFolder(folder)


@pytest.fixture
def applications(database: Database, seeder: CommandLine, tmp_path: Path) -> Applications:
    database.execute(TABLE)
    return Applications(database, seeder, tmp_path / "applications")


class TestOneTable:
    """Two applications fill one table, each with a seed file of the same name."""

    @pytest.fixture(autouse=True, params=POLICIES)
    def seeded(self, request: pytest.FixtureRequest, applications: Applications) -> Any:
        """Two rows of the one, and two of the other."""
        policy = request.param
        applications.write("shop", "tools", row("a", "A"), row("b", "B"), retired_rows=policy)
        applications.write("crm", "tools", row("c", "C"), row("d", "D"), retired_rows=policy)
        applications.seed("shop")
        applications.seed("crm")
        return policy

    def test_neither_loses_a_row_to_the_other(self, applications: Applications) -> None:
        assert applications.titles == {"a": "A", "b": "B", "c": "C", "d": "D"}
        assert applications.enabled == set("abcd")
        applications.assert_nothing_to_do("shop", "crm", "shop")
        assert applications.titles == {"a": "A", "b": "B", "c": "C", "d": "D"}
        assert applications.enabled == set("abcd")

    def test_each_retires_its_own(self, applications: Applications, seeded: Any) -> None:
        applications.write("shop", "tools", row("a", "A"), retired_rows=seeded)
        applications.seed("shop")
        applications.seed("crm")
        assert applications.enabled == set("acd")
        assert ("b" in applications.titles) == (seeded != DELETE)
        applications.assert_nothing_to_do("shop", "crm")

    def test_the_name_may_come_by_the_environment(self, applications: Applications) -> None:
        applications.write("crm", "tools", row("c", "C2"), row("d", "D"), retired_rows="delete")
        result = applications.run("", folder="crm", SEED_APPLICATION="crm")
        assert result.exit_code == 0, str(result)
        assert applications.titles == {"a": "A", "b": "B", "c": "C2", "d": "D"}
        assert applications.enabled == set("abcd")


OTHERS = {
    "another application's seeder of the same name": ("crm", "tools"),
    "another application's seeder of another name": ("crm", "gadgets"),
    "another seeder of the application": ("shop", "gadgets"),
}
KEYS = {
    "by the same key": ("name", "name"),
    "by another key": ("name", "code"),
    "by the primary key, where the first one took another": ("code", "name"),
}


def assert_refused(result: Result, claimant: str, holder: str, began: datetime, ended: datetime) -> None:
    """The seeder failed, for a row that another holds, and said whose it is and when it was last written."""
    assert result.exit_code == 1, str(result)
    finished = result.finished(claimant.rpartition("/")[2])
    assert finished["outcome"] == "failed"
    message = finished["error"]["message"]
    assert holder in message
    assert claimant in message
    times = [
        datetime.fromisoformat(f"{day}T{time}+00:00")
        for day, time in re.findall(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)", message)
    ]
    assert any(began - SECOND <= time <= ended for time in times), message


class TestClaims:
    """A row is listed by two seeders: the first keeps it, whoever else comes, and however often."""

    @pytest.mark.parametrize("keys", KEYS.values(), ids=KEYS)
    @pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
    def test_the_first_one_keeps_a_row_that_another_lists(
        self, applications: Applications, other: tuple[str, str], keys: tuple[str, str]
    ) -> None:
        application, name = other
        applications.write("shop", "tools", row("a", "A"), row("b", "B"), key=[keys[0]])
        began = datetime.now(UTC)
        applications.seed("shop")
        ended = datetime.now(UTC)
        # A folder of its own: the first one's file is not in its path.
        applications.write("second", name, row("z", "Z"), row("b", "Theirs"), key=[keys[1]])
        for _ in range(2):
            result = applications.run(application, folder="second")
            assert applications.titles == {"a": "A", "b": "B"}
            assert_refused(result, f"{application}/{name}", "shop/tools", began, ended)
        applications.assert_nothing_to_do("shop")

    @pytest.mark.parametrize("keys", KEYS.values(), ids=KEYS)
    def test_the_first_one_keeps_a_row_that_another_file_of_the_run_lists(
        self, applications: Applications, keys: tuple[str, str]
    ) -> None:
        began = datetime.now(UTC)
        applications.write("shop", "gadgets", row("a", "A"), row("b", "B"), key=[keys[0]])
        applications.write("shop", "tools", row("b", "Theirs"), row("z", "Z"), key=[keys[1]])
        for _ in range(2):
            result = applications.run("shop")
            assert applications.titles == {"a": "A", "b": "B"}
            assert_refused(result, "shop/tools", "shop/gadgets", began, datetime.now(UTC))
            assert result.finished("gadgets")["outcome"] == "succeeded"

    def test_a_row_that_was_there_before_belongs_to_the_first_that_listed_it(
        self, applications: Applications, database: Database
    ) -> None:
        database.execute("INSERT INTO tools VALUES ('a', 'A', 'Old', true)")
        applications.write("shop", "tools", row("a", "A"), existing_rows="overwrite")
        began = datetime.now(UTC)
        applications.seed("shop")
        ended = datetime.now(UTC)
        applications.write("crm", "tools", row("a", "Theirs"), existing_rows="overwrite")
        result = applications.run("crm")
        assert applications.titles == {"a": "A"}
        assert_refused(result, "crm/tools", "shop/tools", began, ended)

    def test_a_seeder_with_another_name_must_say_that_it_is_the_same(
        self, applications: Applications
    ) -> None:
        applications.write("shop", "agent_tools", row("a", "A"))
        began = datetime.now(UTC)
        applications.seed("shop")
        ended = datetime.now(UTC)
        applications.remove("shop", "agent_tools")
        applications.write("shop", "tools", row("a", "A2"))
        result = applications.run("shop")
        assert applications.titles == {"a": "A"}
        assert_refused(result, "shop/tools", "shop/agent_tools", began, ended)

    def test_people_s_edits_outlive_the_quarrel(self, applications: Applications) -> None:
        applications.write("shop", "tools", row("a", "A"))
        applications.seed("shop")
        applications.edit("a")
        applications.write("crm", "tools", row("a", "Theirs"), edited_rows="overwrite")
        result = applications.run("crm")
        assert applications.titles == {"a": "Mine"}
        assert result.exit_code == 1, str(result)
        applications.assert_nothing_to_do("shop")


class TestFormerly:
    """A seed file says which names its seeder had."""

    @pytest.fixture(autouse=True)
    def seeded(self, applications: Applications) -> None:
        """Four rows of a seeder that is to get another name; somebody edited one of them."""
        applications.write("shop", "agent_tools", *(row(name, name.upper()) for name in "abcd"))
        applications.seed("shop")
        applications.remove("shop", "agent_tools")
        applications.edit("b")

    @pytest.mark.parametrize("policy", POLICIES)
    @pytest.mark.parametrize(
        ("application", "former"),
        [("shop", "agent_tools"), ("shop", "shop/agent_tools"), ("crm", "shop/agent_tools")],
        ids=["by its name", "by both names", "of another application"],
    )
    def test_it_takes_the_rows_over(
        self, applications: Applications, application: str, former: str, policy: Any
    ) -> None:
        changed = (row("a", "A2"), row("b", "B2"), row("c", "C"))
        fields = {"formerly": ["never_seen", former], "retired_rows": policy}
        applications.write(application, "tools", *changed, **fields)
        result = applications.seed(application)
        assert applications.titles["a"] == "A2"
        assert applications.titles["b"] == "Mine"
        assert applications.titles["c"] == "C"
        assert applications.enabled == set("abc"), "the row that is no longer listed retires at once"
        assert ("d" in applications.titles) == (policy != DELETE)
        assert result.event("seeder.conflict")["key"] == {"name": "b"}
        applications.assert_nothing_to_do(application)
        # From then on they are its own, and the former name counts no more.
        applications.write(application, "tools", *changed[1:], retired_rows=policy)
        applications.seed(application)
        assert applications.enabled == set("bc")
        assert ("a" in applications.titles) == (policy != DELETE)

    def test_of_another_application_is_not_of_its_own(self, applications: Applications) -> None:
        applications.write("crm", "tools", row("a", "A2"), formerly=["agent_tools"], retired_rows="delete")
        result = applications.run("crm")
        assert applications.titles == {"a": "A", "b": "Mine", "c": "C", "d": "D"}
        assert result.exit_code == 1, str(result)

    def test_it_takes_over_from_several(self, applications: Applications) -> None:
        applications.write("shop", "more_tools", row("e", "E"), row("f", "F"))
        applications.seed("shop")
        applications.remove("shop", "more_tools")
        kept = (row("a", "A"), row("b", "B"), row("e", "E2"))
        applications.write(
            "shop", "tools", *kept, formerly=["agent_tools", "more_tools"], retired_rows="delete"
        )
        applications.seed("shop")
        assert applications.titles == {"a": "A", "b": "Mine", "e": "E2"}
        applications.assert_nothing_to_do("shop")

    @pytest.mark.parametrize("policy", POLICIES)
    @pytest.mark.parametrize(("first", "second"), [("ab", "cd"), ("cd", "ab")])
    def test_one_that_is_split_in_two_loses_nothing(
        self, applications: Applications, first: str, second: str, policy: Any
    ) -> None:
        fields = {"formerly": ["agent_tools"], "retired_rows": policy}
        applications.write("shop", "gadgets", *(row(name, name.upper()) for name in first), **fields)
        applications.write("shop", "tools", *(row(name, name.upper()) for name in second), **fields)
        before = footprint(applications.database).versions["public.tools"]
        applications.seed("shop")
        assert applications.titles == {"a": "A", "b": "Mine", "c": "C", "d": "D"}
        assert applications.enabled == set("abcd")
        assert footprint(applications.database).versions["public.tools"] == before
        applications.assert_nothing_to_do("shop")
        # Each has what it listed.
        kept, dropped = sorted(first, key="bdca".index)
        applications.write("shop", "gadgets", row(kept, kept.upper()), **fields)
        applications.seed("shop")
        assert applications.enabled == set("abcd") - {dropped}
        assert (dropped in applications.titles) == (policy != DELETE)

    def test_one_that_is_split_in_two_retires_what_neither_lists(self, applications: Applications) -> None:
        fields = {"formerly": ["agent_tools"], "retired_rows": "delete"}
        applications.write("shop", "gadgets", row("a", "A"), **fields)
        applications.write("shop", "tools", row("b", "B"), row("c", "C"), **fields)
        applications.seed("shop")
        assert applications.titles == {"a": "A", "b": "Mine", "c": "C"}
        applications.assert_nothing_to_do("shop")


class TestDefault:
    """Rows seeded before applications had names pass to the first one that lists them under the seeder's name."""

    @pytest.fixture(autouse=True)
    def seeded(self, applications: Applications) -> None:
        applications.write("", "tools", row("a", "A"), row("b", "B"), row("c", "C"))
        applications.seed("")
        applications.edit("a")

    def test_they_pass_to_the_first_that_lists_them(self, applications: Applications) -> None:
        applications.write("shop", "tools", row("a", "A2"), row("b", "B2"), retired_rows="delete")
        result = applications.seed("shop")
        assert result.event("seeder.conflict")["key"] == {"name": "a"}
        assert applications.titles == {"a": "Mine", "b": "B2", "c": "C"}, "c may be another application's"
        applications.assert_nothing_to_do("shop")

        applications.write("crm", "tools", row("c", "C2"), row("d", "D"), retired_rows="delete")
        applications.seed("crm")
        assert applications.titles == {"a": "Mine", "b": "B2", "c": "C2", "d": "D"}
        applications.assert_nothing_to_do("shop", "crm")

        applications.write("shop", "tools", row("a", "A2"), retired_rows="delete")
        applications.seed("shop")
        assert applications.titles == {"a": "Mine", "c": "C2", "d": "D"}, "what has passed over is its own"

    @pytest.mark.parametrize("second", ["crm", ""], ids=["another application", "the one without a name"])
    def test_they_pass_once(self, applications: Applications, second: str) -> None:
        applications.write("shop", "tools", row("a", "A"), row("b", "B2"))
        began = datetime.now(UTC)
        applications.seed("shop")
        ended = datetime.now(UTC)
        applications.write(second, "tools", row("b", "Theirs"))
        claimant = f"{second}/tools" if second else "tools"
        result = applications.run(second)
        assert applications.titles == {"a": "Mine", "b": "B2", "c": "C"}
        assert_refused(result, claimant, "shop/tools", began, ended)

    def test_they_do_not_pass_to_a_seeder_of_another_name(self, applications: Applications) -> None:
        applications.write("shop", "gadgets", row("b", "Theirs"))
        result = applications.run("shop")
        assert applications.titles == {"a": "Mine", "b": "B", "c": "C"}
        assert result.exit_code == 1, str(result)
        assert "default/tools" in result.finished("gadgets")["error"]["message"]

    def test_unless_it_says_that_it_had_that_name(self, applications: Applications) -> None:
        applications.write(
            "shop",
            "gadgets",
            row("a", "A"),
            row("b", "B2"),
            formerly=["default/tools"],
            retired_rows="delete",
        )
        applications.seed("shop")
        assert applications.titles == {"a": "Mine", "b": "B2"}
        applications.assert_nothing_to_do("shop")


# The ledger as version 0.1.0 made it, with one row that was edited since, and two that were not.
FIRST_LEDGER = """\
INSERT INTO tools VALUES ('a', 'A', 'Mine', true), ('b', 'B', 'B', true), ('c', 'C', 'C', true);
CREATE SCHEMA seeder;
CREATE TABLE seeder.form (form integer NOT NULL);
CREATE TABLE seeder.seeders (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    digest bytea,
    changed_at timestamptz
);
CREATE TABLE seeder.targets (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    key text[] NOT NULL,
    columns text[] NOT NULL,
    UNIQUE (name, key)
);
CREATE TABLE seeder.entries (
    target_id integer REFERENCES seeder.targets (id),
    key text[],
    seeder_id integer NOT NULL REFERENCES seeder.seeders (id),
    adopted boolean NOT NULL,
    retired text,
    desired bytea[] NOT NULL,
    stored bytea[],
    PRIMARY KEY (target_id, key)
);
INSERT INTO seeder.form VALUES (1);
INSERT INTO seeder.seeders (name, digest, changed_at) VALUES ('tools', sha256('file'), now());
INSERT INTO seeder.targets (name, key, columns) VALUES ('public.tools', '{name}', '{code,title,enabled}');
INSERT INTO seeder.entries
SELECT 1, ARRAY[name], 1, false, NULL,
    ARRAY[sha256(upper(name)::bytea), sha256(upper(name)::bytea), sha256('true')]
FROM tools;
"""


def test_rows_of_a_ledger_without_applications_pass_to_the_first_that_lists_them(
    applications: Applications, database: Database
) -> None:
    database.execute(FIRST_LEDGER)
    applications.write("shop", "tools", row("a", "A2"), row("b", "B2"), retired_rows="delete")
    result = applications.seed("shop")
    assert result.event("seeder.conflict")["key"] == {"name": "a"}
    assert applications.titles == {"a": "Mine", "b": "B2", "c": "C"}
    applications.write("crm", "tools", row("c", "C2"), retired_rows="delete")
    applications.seed("crm")
    assert applications.titles == {"a": "Mine", "b": "B2", "c": "C2"}
    applications.write("crm", "tools", row("b", "Theirs"), row("c", "C2"), retired_rows="delete")
    result = applications.run("crm")
    assert applications.titles == {"a": "Mine", "b": "B2", "c": "C2"}
    assert result.exit_code == 1, str(result)
    applications.assert_nothing_to_do("shop")


class TestMoves:
    """A row moves from one seed file to another of the same run."""

    @pytest.mark.parametrize("policy", POLICIES)
    @pytest.mark.parametrize(("giver", "taker"), [("gadgets", "tools"), ("tools", "gadgets")])
    def test_it_passes_over_whichever_runs_first(
        self, applications: Applications, giver: str, taker: str, policy: Any
    ) -> None:
        fields = {"retired_rows": policy}
        applications.write(
            "shop", giver, row("a", "A"), row("b", "B"), row("c", "C"), row("d", "D"), **fields
        )
        applications.write("shop", taker, row("z", "Z"), **fields)
        applications.seed("shop")
        applications.edit("b")
        applications.write("shop", giver, row("a", "A"), **fields)
        applications.write(
            "shop", taker, row("b", "B"), row("c", "C2"), row("d", "D"), row("z", "Z"), **fields
        )
        applications.seed("shop")
        assert applications.titles == {"a": "A", "b": "Mine", "c": "C2", "d": "D", "z": "Z"}
        assert applications.enabled == set("abcdz")
        applications.assert_nothing_to_do("shop")
        # From then on they are the taker's.
        applications.write("shop", taker, row("b", "B2"), row("z", "Z"), **fields)
        result = applications.seed("shop")
        assert applications.enabled == set("abz")
        assert applications.titles["b"] == "Mine"
        assert ("c" in applications.titles, "d" in applications.titles) == (
            (False, False) if policy == DELETE else (True, True)
        )
        assert result.event("seeder.conflict")["key"] == {"name": "b"}
        applications.assert_nothing_to_do("shop")

    @pytest.mark.parametrize(("giver", "taker"), [("gadgets", "tools"), ("tools", "gadgets")])
    def test_every_row_of_a_file_passes_over(
        self, applications: Applications, giver: str, taker: str
    ) -> None:
        applications.write("shop", giver, row("a", "A"), row("b", "B"), retired_rows="delete")
        applications.write("shop", taker, retired_rows="delete")
        applications.seed("shop")
        applications.edit("b")
        before = footprint(applications.database).versions["public.tools"]
        applications.write("shop", giver, retired_rows="delete")
        applications.write("shop", taker, row("a", "A"), row("b", "B"), retired_rows="delete")
        applications.seed("shop")
        assert applications.titles == {"a": "A", "b": "Mine"}
        assert footprint(applications.database).versions["public.tools"] == before
        applications.assert_nothing_to_do("shop")

    def test_two_files_exchange_a_row(self, applications: Applications) -> None:
        applications.write("shop", "gadgets", row("a", "A"), retired_rows="delete")
        applications.write("shop", "tools", row("b", "B"), retired_rows="delete")
        applications.seed("shop")
        applications.edit("b")
        applications.write("shop", "gadgets", row("b", "B"), retired_rows="delete")
        applications.write("shop", "tools", row("a", "A2"), retired_rows="delete")
        applications.seed("shop")
        assert applications.titles == {"a": "A2", "b": "Mine"}
        applications.assert_nothing_to_do("shop")


FORBIDDEN = (
    "UPDATE seeder.seeder_form SET form = 99",
    "DELETE FROM seeder.seeder_form",
    "INSERT INTO seeder.seeder_form VALUES (99)",
    "TRUNCATE seeder.seeder_rows",
    "ALTER TABLE seeder.seeder_rows ADD mine int",
    "CREATE RULE mine AS ON INSERT TO seeder.seeder_rows DO INSTEAD NOTHING",
    "DROP TABLE seeder.seeder_rows",
    "CREATE TABLE seeder.mine (a int)",
    "DROP SCHEMA seeder CASCADE",
)


def documented_grants(role: str) -> str:
    """The statements that the page tells people to run, for that role."""
    (block,) = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return re.sub(r"\bsecond\b", role, block)


class TestTheSecondApplicationsRole:
    """It has what the page says, and its own grants on the table."""

    @pytest.fixture(autouse=True)
    def url(self, applications: Applications, database: Database, login: Callable[..., str]) -> str:
        applications.write("shop", "tools", row("a", "A"), row("b", "B"), retired_rows="delete")
        applications.seed("shop")
        way = login()
        database.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON tools TO app")
        database.execute(documented_grants("app"))
        return way

    def test_it_seeds_edits_and_retires_its_own_rows(self, applications: Applications, url: str) -> None:
        applications.write("crm", "tools", row("c", "C"), row("d", "D"), retired_rows="delete")
        assert applications.run("crm", DATABASE_URL=url).exit_code == 0
        assert applications.titles == {"a": "A", "b": "B", "c": "C", "d": "D"}
        before = footprint(applications.database)
        assert applications.run("crm", DATABASE_URL=url).event("run.finished")["changed"] == 0
        assert footprint(applications.database) == before
        applications.write("crm", "tools", row("c", "C2"), retired_rows="delete")
        result = applications.run("crm", DATABASE_URL=url)
        assert result.exit_code == 0, str(result)
        assert applications.titles == {"a": "A", "b": "B", "c": "C2"}
        applications.assert_nothing_to_do("shop")

    def test_it_takes_over_what_was_another_s(self, applications: Applications, url: str) -> None:
        applications.write(
            "crm", "gadgets", row("a", "A2"), formerly=["shop/tools"], retired_rows="delete", key=["name"]
        )
        result = applications.run("crm", DATABASE_URL=url)
        assert result.exit_code == 0, str(result)
        assert applications.titles == {"a": "A2"}

    def test_it_takes_no_row_of_the_first(self, applications: Applications, url: str) -> None:
        applications.write("crm", "tools", row("b", "Theirs"))
        result = applications.run("crm", DATABASE_URL=url)
        assert applications.titles == {"a": "A", "b": "B"}
        assert result.exit_code == 1, str(result)
        assert "shop/tools" in result.finished("tools")["error"]["message"]

    def test_status_is_shown_to_it(self, applications: Applications, url: str) -> None:
        folder = applications.folder / "shop"
        shown = applications.command(
            "status", "--path", str(folder), "--application", "shop", env={"DATABASE_URL": url}
        )
        assert shown.exit_code == 0, str(shown)
        assert "tools" in shown.stdout

    def test_it_may_do_no_more(self, applications: Applications, url: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in FORBIDDEN:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement.encode())
        applications.assert_nothing_to_do("shop")

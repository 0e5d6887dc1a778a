"""Releases: an older one never undoes what a newer one has seeded, whichever pod starts when."""

from __future__ import annotations

import itertools
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest

import seeder as library
from tests.integration.commandline import ROOT, SeedFolder
from tests.integration.footprint import footprint, watch_writes
from tests.integration.gates import Gate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.commandline import CommandLine, Result, Running
    from tests.integration.postgres import Database

pytestmark = pytest.mark.newest_server

TABLES: Final = """\
CREATE TABLE tools (name text PRIMARY KEY, title text, price int, enabled boolean DEFAULT true, note text);
CREATE TABLE models (name text PRIMARY KEY, title text, price int, enabled boolean DEFAULT true, note text);
CREATE TABLE log (said text);
"""
RACES: Final = int(os.environ.get("SEEDER_TEST_RACES", "6"))
"""How often two processes start at the same time."""

ORDERS: Final = {
    "integers": ("9", "10", "11"),
    "versions": ("1.9.0-rc.2", "v1.9.0", "1.10.0"),
    "times": ("2026-03-01T09:30:00+02:00", "2026-03-01T08:00:00Z", "2026-03-02T00:00:00Z"),
}
"""An older release, the next, and one more, of each kind."""

Row = dict[str, Any]


def row(name: str, title: str = "", price: int = 1) -> Row:
    return {"name": name, "title": title or name.upper(), "price": price}


def document(*rows: Row, **fields: Any) -> str:
    return json.dumps({"key": ["name"], "retired_rows": "delete", **fields, "rows": rows})


@dataclass
class Rollout:
    """Versions of one application's seeds, each in a folder of its own, on one database."""

    database: Database
    command: CommandLine
    folder: Path

    def write(self, version: str, files: dict[str, str]) -> SeedFolder:
        seeds = SeedFolder(self.folder / version)
        for name, content in files.items():
            seeds.write(name, content)
        return seeds

    def start(
        self, version: str, release: str | None, *options: str, application: str = "shop", **env: str
    ) -> Running:
        named = ["--release", release] if release else []
        return self.command.start(
            "--all", "--path", self.folder / version, "--application", application, *named, *options, env=env
        )

    def run(self, version: str, release: str | None, *options: str, **env: str) -> Result:
        return self.start(version, release, *options, **env).wait()

    def seed(self, version: str, release: str | None, *options: str) -> Result:
        """Run, and see it succeed and nothing be superseded."""
        result = self.run(version, release, *options)
        assert result.exit_code == 0, str(result)
        assert result.event("run.finished")["superseded"] == 0, str(result)
        return result

    def assert_superseded(self, version: str, release: str | None, newest: str, *options: str) -> Result:
        """Run, and see each seeder be left alone, and nothing at all be written."""
        before = footprint(self.database)
        result = self.run(version, release, *options)
        assert footprint(self.database) == before, str(result)
        assert result.exit_code == 0, str(result)
        finished = result.event("run.finished")
        seeders = result.event("run.started")["seeders"]
        assert (finished["superseded"], finished["changed"], finished["succeeded"]) == (seeders, 0, 0)
        warnings = result.all("seeder.superseded")
        assert len(warnings) == len({each["seeder"] for each in warnings}) == seeders
        for warning in warnings:
            assert warning["level"] == "warning"
            assert warning["newest_release"] == newest
            assert warning.get("release") == (release and release.removeprefix("v"))
            assert newest in warning["reason"]
        outcomes = {each["outcome"] for each in result.all("seeder.finished")}
        assert outcomes == {"superseded"}
        return result

    @property
    def tools(self) -> dict[str, tuple[str, int]]:
        return {
            name: (title, price)
            for name, title, price in self.database.rows("SELECT name, title, price FROM tools")
        }

    @property
    def models(self) -> dict[str, tuple[str, int]]:
        return {
            name: (title, price)
            for name, title, price in self.database.rows("SELECT name, title, price FROM models")
        }

    def noted(self) -> tuple[str | None, str | None]:
        """The newest release, and up to which newer one all are withdrawn."""
        rows = self.database.rows(
            "SELECT release, withdrawn FROM seeder.seeder_applications WHERE name = 'shop'"
        )
        return rows[0] if rows else (None, None)


@pytest.fixture
def rollout(database: Database, seeder: CommandLine, tmp_path: Path) -> Rollout:
    """Three versions of the seeds.

    The second removes a row and a seeder, renames one seeder, moves rows from one into a new one, and changes values.
    The third adds a row.
    """
    database.execute(TABLES)
    made = Rollout(database, seeder, tmp_path / "versions")
    made.write(
        "v1",
        {
            "tools.yaml": document(row("a"), row("b"), row("c"), row("d"), row("e")),
            "agent_models.yaml": document(row("m"), row("n"), table="models"),
            "gone.yaml": document(row("g"), table="models"),
            "hello.sql": "INSERT INTO log VALUES ('one');",
        },
    )
    second = {
        "tools.yaml": document(row("a", "A2", 2), row("b", "B2", 2), row("f", "F2", 2)),
        "extra_tools.yaml": document(row("d", "D2", 2), row("e", "E2", 2), table="tools", formerly=["tools"]),
        "models.yaml": document(row("m", "M2", 2), row("n", "N2", 2), formerly=["agent_models"]),
        "hello.sql": "INSERT INTO log VALUES ('two');",
    }
    made.write("v2", second)
    third = {
        **second,
        "tools.yaml": document(row("a", "A3", 3), row("b", "B2", 2), row("f", "F2", 2), row("z")),
    }
    made.write("v3", third)
    return made


CODE: Final = "--allow-code"


class TestOrder:
    """Old and new pods start in any order."""

    @pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
    def test_versions_alternate(self, rollout: Rollout, order: tuple[str, str, str]) -> None:
        first, second, third = order
        shown = second.removeprefix("v")
        rollout.seed("v1", first, CODE)
        assert set(rollout.tools) == set("abcde")
        rollout.database.execute("UPDATE tools SET title = 'Mine' WHERE name = 'a'")
        rollout.seed("v2", second, CODE)
        expected = {"a": ("Mine", 2), "b": ("B2", 2), "d": ("D2", 2), "e": ("E2", 2), "f": ("F2", 2)}
        assert rollout.tools == expected
        models = {"m": ("M2", 2), "n": ("N2", 2), "g": ("G", 1)}
        assert rollout.models == models
        for number, version in enumerate(["v1", "v2", "v1", "v1", "v2"]):
            # Somebody edits in between, what the older release had and what the newer one has.
            name, price = ("b", "d", "e", "f", "a")[number], 100 + number
            rollout.database.execute("UPDATE tools SET price = %s WHERE name = %s", [price, name])
            expected[name] = (expected[name][0], price)
            if version == "v1":
                rollout.assert_superseded("v1", first, shown, CODE)
            else:
                assert rollout.seed("v2", second, CODE).finished("tools")["updated"] == 0
            assert rollout.tools == expected
            assert rollout.models == models
        assert rollout.database.scalar("SELECT string_agg(said, ' ') FROM log") == "one two two two"
        assert rollout.noted() == (shown, None)
        rollout.seed("v3", third, CODE)
        assert rollout.tools == {**expected, "z": ("Z", 1)}
        rollout.assert_superseded("v2", second, third, CODE)
        rollout.assert_superseded("v1", first, third, CODE)

    def test_an_older_one_that_comes_first_time_after_the_newer_writes_nothing(
        self, rollout: Rollout
    ) -> None:
        rollout.seed("v2", "2.0.0", CODE)
        rollout.assert_superseded("v1", "1.0.0", "2.0.0", CODE)
        rollout.assert_superseded("v1", None, "2.0.0", CODE)

    def test_a_second_run_writes_nothing(self, rollout: Rollout) -> None:
        rollout.write("rows", {"tools.yaml": document(row("a")), "models.yaml": document(row("m"))})
        rollout.seed("rows", "1.0.0")
        before = footprint(rollout.database)
        result = rollout.seed("rows", "1.0.0")
        assert footprint(rollout.database) == before
        assert not result.all("release.noted")

    def test_a_newer_release_of_the_same_files_writes_its_name_alone(self, rollout: Rollout) -> None:
        rollout.write("rows", {"tools.yaml": document(row("a")), "models.yaml": document(row("m"))})
        rollout.seed("rows", "1.0.0")
        watch_writes(rollout.database)
        assert rollout.seed("rows", "1.0.0").event("run.finished")["changed"] == 0
        rollout.database.execute("TRUNCATE writes")
        result = rollout.seed("rows", "1.1.0")
        assert result.event("release.noted")["before"] == "1.0.0"
        assert rollout.database.rows("SELECT relation, operation FROM writes WHERE level = 'ROW'") == [
            ("seeder.seeder_applications", "UPDATE")
        ]
        rollout.assert_superseded("rows", "1.0.0", "1.1.0")

    def test_files_that_are_equal_again_and_then_the_first_ones(self, rollout: Rollout) -> None:
        """The second version's files are the first one's; then the first version is mended."""
        files = {"tools.yaml": document(row("a"), row("b"))}
        rollout.write("one", files)
        rollout.write("two", files)
        rollout.write("mended", {"tools.yaml": document(row("a", "Mended"), row("b"))})
        rollout.seed("one", "1.0.0")
        rollout.seed("two", "2.0.0")
        rollout.assert_superseded("mended", "1.1.0", "2.0.0")
        assert rollout.tools["a"] == ("A", 1)

    def test_the_first_rollout_that_brings_releases(self, rollout: Rollout) -> None:
        """Old pods have none."""
        rollout.seed("v1", None, CODE)
        rollout.seed("v2", "2.0.0", CODE)
        tools = rollout.tools
        for _ in range(2):
            rollout.assert_superseded("v1", None, "2.0.0", CODE)
            rollout.seed("v2", "2.0.0", CODE)
            assert rollout.tools == tools

    def test_other_applications_go_on(self, rollout: Rollout) -> None:
        rollout.write("other", {"prices.yaml": document(row("p"), table="models")})
        rollout.seed("v2", "2.0.0", CODE)
        assert rollout.start("other", "1", application="crm").wait().exit_code == 0
        assert "p" in rollout.models
        rollout.assert_superseded("v1", "1.0.0", "2.0.0", CODE)


class TestEveryWay:
    """What a run is told, and who starts it, makes no difference."""

    @pytest.fixture(autouse=True)
    def newer(self, rollout: Rollout) -> None:
        rollout.seed("v1", "1.0.0", CODE)
        rollout.seed("v2", "2.0.0", CODE)

    @pytest.mark.parametrize("option", ["--dry-run", "--check", "--diff"])
    def test_looking(self, rollout: Rollout, option: str) -> None:
        rollout.assert_superseded("v1", "1.0.0", "2.0.0", CODE, option)

    @pytest.mark.parametrize("option", ["--dry-run", "--check"])
    def test_a_look_notes_no_release(self, rollout: Rollout, option: str) -> None:
        before = footprint(rollout.database).versions
        result = rollout.run("v3", "3.0.0", CODE, option)
        assert result.event("run.finished")["changed"] > 0
        assert footprint(rollout.database).versions == before
        assert rollout.noted() == ("2.0.0", None)
        rollout.seed("v2", "2.0.0", CODE)

    def test_a_broken_file_of_an_older_release(self, rollout: Rollout) -> None:
        rollout.write("v1", {"agent_models.yaml": "rows: ["})
        rollout.assert_superseded("v1", "1.0.0", "2.0.0", CODE)

    def test_some_seeders(self, rollout: Rollout) -> None:
        result = rollout.command(
            "--gone", "--path", rollout.folder / "v1", "--application", "shop", env={"SEED_RELEASE": "1.0.0"}
        )
        assert result.exit_code == 0
        assert result.finished("gone")["outcome"] == "superseded"

    def test_the_library(self, rollout: Rollout) -> None:
        before = footprint(rollout.database)
        report = library.seed_sync(
            rollout.database.url,
            path=rollout.folder / "v1",
            application="shop",
            release="1.0.0",
            allow_code=True,
        )
        assert (report.superseded, report.changed, int(report.exit_code)) == (4, 0, 0)
        assert report.seeders[0].reason
        assert footprint(rollout.database) == before

    def test_what_is_reported(self, rollout: Rollout, tmp_path: Path) -> None:
        reports = {name: tmp_path / name for name in ("report.json", "report.xml", "termination")}
        rollout.assert_superseded(
            "v1",
            "1.0.0",
            "2.0.0",
            CODE,
            *("--report", str(reports["report.json"]), "--report", str(reports["report.xml"])),
            *("--termination-log", str(reports["termination"])),
        )
        report = json.loads(reports["report.json"].read_text())
        assert report["superseded"] == 4
        assert {each["outcome"] for each in report["seeders"]} == {"superseded"}
        assert "release 1.0.0 is older than release 2.0.0" in report["reason"]
        assert json.loads(reports["termination"].read_text())["superseded"] == 4
        assert 'skipped="4"' in reports["report.xml"].read_text()

    def test_status(self, rollout: Rollout) -> None:
        def status(version: str, release: str) -> tuple[str, list[dict[str, Any]]]:
            told = ["--path", str(rollout.folder / version), "--application", "shop", "--release", release]
            shown = rollout.command("status", *told, CODE)
            assert shown.exit_code == 0, str(shown)
            return shown.stdout, json.loads(rollout.command("status", *told, CODE, "--json").stdout)

        text, found = status("v1", "1.0.0")
        assert "release 1.0.0 is older than release 2.0.0" in text
        by_name = {each["name"]: each for each in found}
        assert by_name["gone"]["superseded"]
        assert (by_name["gone"]["release"], by_name["tools"]["release"]) == ("1.0.0", "2.0.0")
        text, found = status("v2", "2.0.0")
        assert "2.0.0" in text
        assert not any(each["superseded"] for each in found)


class TestRaces:
    """Two processes of different releases start at the same time."""

    @pytest.mark.timeout(60 + 30 * RACES)
    def test_the_newer_one_wins(self, rollout: Rollout) -> None:
        rollout.write("slow1", _slow("one", removed=True))
        rollout.write("slow2", _slow("two", removed=False))
        for number in range(RACES):
            older, newer = str(2 * number + 1), str(2 * number + 2)
            runs = [rollout.start("slow1", older, CODE), rollout.start("slow2", newer, CODE)]
            if number % 2:
                runs.reverse()
            results = [run.wait() for run in runs]
            assert [each.exit_code for each in results] == [0, 0], "\n".join(map(str, results))
            said = "\n".join(map(str, results))
            assert {title for title, _ in rollout.tools.values()} == {"two"}, said
            assert {title for title, _ in rollout.models.values()} == {"two"}, said
            assert set(rollout.tools) == set("abc"), said
            assert rollout.database.rows("SELECT said FROM log") == [("two",)], said
            assert rollout.noted() == (newer, None)

    def test_one_that_has_begun_leaves_the_rest(self, rollout: Rollout) -> None:
        """A newer release comes while a seeder of the older one runs: that one ends, and the others are left alone."""
        rollout.write(
            "old",
            {
                "a_slow.sql": "SELECT pg_advisory_xact_lock(1); INSERT INTO log VALUES ('one');",
                "models.yaml": document(row("m")),
                "tools.yaml": document(row("a"), depends_on=["a_slow"]),
            },
        )
        rollout.write("new", {"tools.yaml": document(row("a", "New"))})
        with Gate(rollout.database, 1) as gate:
            old = rollout.start("old", "1", CODE)
            gate.wait_for_somebody()
            new = rollout.start("new", "2")
            # It waits for what the older one has begun, because that may write anything.
            new.wait_for("lock.waiting", lock="release seeder.shop")
            assert rollout.noted() == ("2", None)
            gate.open()
            older, newer = old.wait(), new.wait()
        assert newer.exit_code == older.exit_code == 0, f"{older}\n{newer}"
        assert older.finished("a_slow")["outcome"] == "succeeded"
        for name in ("models", "tools"):
            assert older.finished(name)["outcome"] == "superseded"
        assert older.event("run.finished")["superseded"] == 2
        assert rollout.tools == {"a": ("New", 1)}
        assert rollout.models == {}

    def test_one_that_was_killed_before_it_was_settled(self, rollout: Rollout) -> None:
        """The next run of the release waits in its place."""
        rollout.write("old", {"slow.sql": "SELECT pg_advisory_xact_lock(1); UPDATE tools SET price = 1;"})
        rollout.write("new", {"tools.yaml": document(row("a", "New", 2))})
        rollout.seed("new", "0")
        with Gate(rollout.database, 1) as gate:
            old = rollout.start("old", "1", CODE)
            gate.wait_for_somebody()
            first = rollout.start("new", "2")
            first.wait_for("lock.waiting", lock="release seeder.shop")
            first.process.kill()
            first.process.wait()
            second = rollout.start("new", "2")
            second.wait_for("lock.waiting", lock="release seeder.shop")
            gate.open()
            assert old.wait().exit_code == second.wait().exit_code == 0
        # What the older one had begun came before, as an edit. Nothing that it does comes after.
        assert rollout.database.scalar("SELECT released_at IS NOT NULL FROM seeder.seeder_applications")
        rollout.assert_superseded("old", "1", "2", CODE)


def _slow(title: str, *, removed: bool) -> dict[str, str]:
    """Data and code that take a while, so that two runs overlap at every point."""
    tools = [row(name, title) for name in "abc"]
    return {
        "models.yaml": document(row("m", title), table="models"),
        **({"old_tools.yaml": document(row("x", title), table="tools")} if removed else {}),
        "tools.yaml": document(*tools, **({} if removed else {"formerly": ["old_tools"]})),
        "zz_note.sql": f"TRUNCATE log; INSERT INTO log VALUES ('{title}'); SELECT pg_sleep(random() / 5);",
    }


class TestWithdraw:
    """A newer release that turns out to be bad is replaced by an older one."""

    def test_the_older_one_replaces_it_until_something_newer_comes(self, rollout: Rollout) -> None:
        rollout.seed("v1", "1.0.0", CODE)
        rollout.seed("v2", "2.0.0", CODE)
        withdraw = ("--withdraw", "2.0.0")
        rollout.seed("v1", "1.0.0", CODE, *withdraw)
        assert rollout.noted() == ("1.0.0", "2.0.0")
        assert {name: rollout.tools[name] for name in "abc"} == {"a": ("A", 1), "b": ("B", 1), "c": ("C", 1)}
        tools = rollout.tools
        # Left in the manifest, with the withdrawn pods restarting.
        for version, release, options in [
            ("v2", "2.0.0", ()), ("v1", "1.0.0", withdraw), ("v2", "2.0.0", ()), ("v1", "1.0.0", ()),
        ]:  # fmt: skip
            if version == "v2":
                rollout.assert_superseded("v2", release, "1.0.0", CODE)
            else:
                rollout.seed("v1", release, CODE, *options)
            assert rollout.tools == tools
        # Between the two there is nothing either.
        rollout.assert_superseded("v2", "1.5.0", "1.0.0", CODE)
        rollout.assert_superseded("v1", "0.9.0", "1.0.0", CODE)
        # Something newer comes.
        rollout.seed("v3", "2.0.1", CODE)
        assert rollout.noted() == ("2.0.1", None)
        assert rollout.tools["z"] == ("Z", 1)
        rollout.assert_superseded("v1", "1.0.0", "2.0.1", CODE, *withdraw)
        rollout.assert_superseded("v2", "2.0.0", "2.0.1", CODE)

    def test_one_after_the_other(self, rollout: Rollout) -> None:
        rollout.seed("v3", "3", CODE)
        rollout.seed("v2", "2", "--withdraw", "3", CODE)
        rollout.seed("v1", "1", "--withdraw", "2", CODE)
        assert rollout.noted() == ("1", "3")
        rollout.assert_superseded("v2", "2", "1", CODE, "--withdraw", "3")
        rollout.assert_superseded("v3", "3", "1")

    def test_it_counts_for_the_newest_alone(self, rollout: Rollout) -> None:
        rollout.seed("v3", "3", CODE)
        rollout.assert_superseded("v1", "1", "3", CODE, "--withdraw", "2")
        rollout.seed("v3", "3", CODE, "--withdraw", "2")
        rollout.seed("v3", "3", CODE, "--withdraw", "4")
        assert rollout.noted() == ("3", None)


class TestSameFiles:
    """What is said of files that come under the same release, or come again without any."""

    def test_other_files_under_the_same_release(self, rollout: Rollout) -> None:
        rollout.seed("v1", "1.0.0", CODE)
        result = rollout.seed("v2", "1.0.0", CODE)
        assert {each["seeder"] for each in result.all("seeder.release_reused")} == {"tools", "hello"}
        assert rollout.tools["a"] == ("A2", 2)
        assert "c" not in rollout.tools
        assert not rollout.seed("v2", "1.0.0", CODE).all("seeder.release_reused")

    def test_earlier_files_without_a_release(self, rollout: Rollout) -> None:
        rollout.write("one", {"tools.yaml": document(row("a"), row("b"))})
        rollout.write("two", {"tools.yaml": document(row("a", "A2"), row("c"))})
        assert not rollout.seed("one", None).all("seeder.reverted")
        assert not rollout.seed("two", None).all("seeder.reverted")
        assert set(rollout.tools) == {"a", "c"}
        for _ in range(2):
            # Nobody can tell whether the newer version's row is to go, not even once it is the second time.
            warning = rollout.seed("one", None).event("seeder.reverted")
            assert "--release" in warning["message"]
            assert rollout.tools == {"a": ("A", 1), "b": ("B", 1), "c": ("C", 1)}
        assert rollout.seed("two", None).event("seeder.reverted")
        assert rollout.tools == {"a": ("A2", 1), "b": ("B", 1), "c": ("C", 1)}
        # New files are not earlier ones.
        rollout.write("three", {"tools.yaml": document(row("a", "A3"))})
        assert not rollout.seed("three", None).all("seeder.reverted")
        assert rollout.tools == {"a": ("A3", 1)}

    def test_only_so_many_earlier_files_are_remembered(self, rollout: Rollout) -> None:
        for number in itertools.chain(range(54), [53, 10]):
            rollout.write("many", {"tools.yaml": document(row("a", str(number)))})
            library.seed_sync(rollout.database.url, path=rollout.folder / "many", application="shop")
        assert rollout.database.scalar("SELECT cardinality(earlier) FROM seeder.seeder_seeders") == 50
        assert rollout.tools["a"] == ("10", 1)


class TestSets:
    """The folder says itself whose seeds it holds, and which release."""

    def test_a_set_carries_its_release(self, rollout: Rollout) -> None:
        for number in (1, 2):
            rollout.write(
                f"set{number}",
                {
                    "_seeds.yaml": f"application: shop\nrelease: {number}.0.0\nretired_rows: delete\n",
                    "tools.yaml": json.dumps(
                        {"key": ["name"], "rows": [row("a", str(number)), row(str(number))]}
                    ),
                },
            )

        def run(number: int) -> Result:
            result = rollout.command("--all", "--path", rollout.folder / f"set{number}")
            assert result.exit_code == 0, str(result)
            return result

        run(1)
        run(2)
        assert set(rollout.tools) == {"a", "2"}
        before = footprint(rollout.database)
        assert run(1).event("run.finished")["superseded"] == 1
        assert run(2).event("run.finished")["succeeded"] == 1
        assert footprint(rollout.database) == before
        listed = rollout.command("status", "--json", "--path", rollout.folder / "set1")
        assert json.loads(listed.stdout)[0]["superseded"], str(listed)

    def test_a_policy_that_changed_is_noticed(self, rollout: Rollout) -> None:
        """Though no seed file changed, the proof that nothing is to be done does not hold."""
        seeds = rollout.write(
            "set",
            {"_seeds.yaml": "application: shop\n", "tools.yaml": json.dumps({"rows": [row("a"), row("b")]})},
        )
        rollout.command("--all", "--path", seeds)
        rollout.write("set", {"tools.yaml": json.dumps({"rows": [row("a")]})})
        assert rollout.command("--all", "--path", seeds).event("run.finished")["changed"] == 0
        assert rollout.command("--all", "--path", seeds).event("run.finished")["changed"] == 0
        rollout.write("set", {"_seeds.yaml": "application: shop\nretired_rows: delete\n"})
        assert rollout.command("--all", "--path", seeds).event("run.finished")["changed"] == 1
        assert set(rollout.tools) == {"a"}

    def test_an_environment_that_is_not_listed(self, rollout: Rollout) -> None:
        seeds = rollout.write("set", {"_seeds.yaml": "environments: [test]\n", "tools.yaml": "rows: []"})
        result = rollout.command("--all", "--path", seeds, "--environment", "tset")
        assert result.exit_code == 2
        assert '"tset" is not an environment of these seeds' in result.refusal
        assert rollout.command("--all", "--path", seeds, "--environment", "test").exit_code == 0


class TestMistakes:
    """What nobody can order is refused."""

    @pytest.mark.parametrize(
        ("release", "said"),
        [
            ("9fceb02d0ae598e95dc970b74767f19372d61af8", "git log -1 --format=%cI"),
            ("latest", "write an integer as 42"),
            ("2026-03-01T08:00:00", "with its offset"),
        ],
    )
    def test_what_is_no_release(self, rollout: Rollout, release: str, said: str) -> None:
        result = rollout.run("v1", release)
        assert result.exit_code == 2
        assert said in result.refusal

    def test_an_application_without_a_name(self, rollout: Rollout) -> None:
        result = rollout.command("--all", "--path", rollout.folder / "v1", "--release", "1")
        assert result.exit_code == 2
        assert "--application" in result.refusal

    @pytest.mark.parametrize("options", [(), ("--diff",), ("--dry-run",)], ids=["run", "diff", "dry"])
    def test_another_kind(self, rollout: Rollout, options: tuple[str, ...]) -> None:
        rollout.seed("v1", "1.0.0", CODE)
        before = footprint(rollout.database)
        result = rollout.run("v2", "42", CODE, *options)
        assert result.exit_code == 2
        assert "42 is an integer" in result.refusal
        assert "1.0.0, which is a version" in result.refusal
        assert footprint(rollout.database) == before

    @pytest.mark.parametrize(
        ("options", "said"),
        [(("--withdraw", "2"), "needs the release"), (("--release", "1.0.0", "--withdraw", "2"), "one kind")],
    )
    def test_what_does_not_go_together(self, rollout: Rollout, options: tuple[str, ...], said: str) -> None:
        result = rollout.run("v1", None, *options)
        assert result.exit_code == 2
        assert said in result.refusal

    def test_a_ledger_that_somebody_wrote_to(self, rollout: Rollout) -> None:
        rollout.seed("v1", "1.0.0", CODE)
        rollout.database.execute("UPDATE seeder.seeder_applications SET release = 'main'")
        result = rollout.run("v1", "1.0.0")
        assert result.exit_code == 2
        assert '"main"' in result.refusal


class TestStartingOver:
    """A dump of production came to staging, which has releases of another order, or older ones."""

    STATEMENT = (
        "UPDATE seeder.seeder_applications SET release = NULL, released_at = NULL, withdrawn = NULL "
        "WHERE name = 'shop';"
    )

    @pytest.mark.parametrize("release", ["1.0.0", "7"])
    def test_one_statement_forgets_the_release(self, rollout: Rollout, release: str) -> None:
        assert self.STATEMENT in (ROOT / "docs/releases.md").read_text()
        rollout.seed("v2", "2.0.0", CODE)
        rollout.database.execute(self.STATEMENT)
        rollout.seed("v1", release, CODE)
        assert rollout.noted() == (release, None)
        assert rollout.tools["a"] == ("A", 1)

"""What one seeder's failure means for the others and for the exit code."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, ClassVar

import pytest

from tests.integration.commandline import ROOT, CommandLine, SeedFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.commandline import Result
    from tests.integration.postgres import Database, Server

pytestmark = pytest.mark.newest_server


class Seeds:
    """A database with tables of one column, and seed files that fill them; rewritten for each test."""

    def __init__(self, database: Database, seeder: CommandLine, folder: SeedFolder) -> None:
        self.database = database
        self._seeder = seeder
        self._folder = folder

    def run(self, files: dict[str, str], *arguments: str, selection: tuple[str, ...] = ("--all",)) -> Result:
        """Run seed files that hold one row and what `files` says of each; `BROKEN` files name no such column."""
        shutil.rmtree(self._folder.path)
        self._folder.path.mkdir()
        for name, said in files.items():
            self.database.execute(f"DROP TABLE IF EXISTS {name}; CREATE TABLE {name} (id int PRIMARY KEY)")
            row = "" if BROKEN in said else "rows: [{id: 1}]\n"
            self._folder.write(f"{name}.yaml", said + row)
        # With no ledger from the test before, for its tables are not those of this one.
        self.database.execute("DROP SCHEMA IF EXISTS seeder CASCADE")
        return self._seeder(*selection, "--path", self._folder, *arguments)

    def filled(self, *names: str) -> list[str]:
        return [name for name in names if self.database.scalar(f"SELECT count(*) FROM {name}")]


BROKEN = "rows: [{nid: 1}]\n"


@pytest.fixture(scope="module")
def shared(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeds]:
    database = server.create_database()
    folder = SeedFolder(tmp_path_factory.mktemp("seeds"))
    yield Seeds(database, CommandLine(tmp_path_factory.mktemp("runs"), DATABASE_URL=database.url), folder)
    database.drop()


def outcomes(result: Result) -> dict[str, str]:
    return {event["seeder"]: event["outcome"] for event in result.all("seeder.finished")}


def test_one_broken_file_among_the_built_in_seeds(
    database: Database, seeder: CommandLine, seeds: SeedFolder
) -> None:
    shutil.copytree(ROOT / "seeder" / "builtin", seeds.path, dirs_exist_ok=True)
    tools = (seeds.path / "tools.yaml").read_text()
    seeds.write("tools.yaml", tools.replace("\nkey:", "\nkeys:", 1))
    arguments = ("--all", "--path", seeds, "--allow-code")

    broken = seeder(*arguments)
    assert broken.exit_code == 1, str(broken)
    assert outcomes(broken) == {
        "model_configs": "succeeded",
        "prompt_templates": "succeeded",
        "schemas": "succeeded",
        "tools": "failed",
    }
    assert "did you mean" in broken.finished("tools")["error"]["message"]
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    assert database.rows(tables) == [("model_configs",), ("prompt_templates",), ("schemas",)]
    assert database.scalar("SELECT count(*) FROM schemas") >= 15

    for strictness, code in {"1": 0, "25%": 0, "lenient": 0, "0": 1, "strict": 1, "24.9%": 1}.items():
        done = seeder(*arguments, "--strictness", strictness)
        assert done.exit_code == done.event("run.finished")["exit_code"] == code, strictness
        assert done.event("run.finished")["failed"] == 1


class TestFailures:
    def test_the_environment_variable_counts_and_the_command_line_wins(
        self, shared: Seeds, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(shared._seeder.environment, "SEED_STRICTNESS", "1")
        assert shared.run({"a": "", "b": BROKEN}).exit_code == 0
        assert shared.run({"a": "", "b": BROKEN}, "--strictness", "strict").exit_code == 1

    def test_a_required_seeder_must_succeed_whatever_the_strictness(self, shared: Seeds) -> None:
        done = shared.run({"a": "", "b": "required: true\n" + BROKEN}, "--strictness", "lenient")
        assert done.exit_code == 1
        assert "b" in done.event("run.finished")["reason"]
        assert shared.filled("a", "b") == ["a"]

    def test_a_required_seeder_that_is_skipped_has_not_succeeded(self, shared: Seeds) -> None:
        said = {"a": BROKEN, "b": "required: true\ndepends_on: [a]\n"}
        assert shared.run(said, "--strictness", "lenient").exit_code == 1

    def test_a_seeder_that_is_skipped_counts_as_failed(self, shared: Seeds) -> None:
        said = {"a": BROKEN, "b": "depends_on: [a]\n", "c": "depends_on: [b]\n", "d": ""}
        done = shared.run(said, "--strictness", "2")
        assert outcomes(done) == {"a": "failed", "b": "skipped", "c": "skipped", "d": "succeeded"}
        assert done.exit_code == 1
        finished = done.event("run.finished")
        assert (finished["succeeded"], finished["failed"], finished["skipped"]) == (1, 1, 2)
        assert shared.filled("a", "b", "c", "d") == ["d"]
        assert '"a"' in done.finished("b")["error"]["message"]
        assert '"b"' in done.finished("c")["error"]["message"]
        assert shared.run(said, "--strictness", "3").exit_code == 0
        assert shared.run(said, "--strictness", "75%").exit_code == 0


class TestEnvironments:
    SAID: ClassVar = {
        "a": "",
        "b": "environments: [development]\n" + BROKEN,
        "c": "environments: [production, staging]\n",
    }

    @pytest.mark.parametrize(
        ("environment", "run", "code"),
        [(None, ["a"], 0), ("development", ["a", "b"], 1), ("staging", ["a", "c"], 0), ("other", ["a"], 0)],
    )
    def test_seeders_run_in_theirs(
        self, shared: Seeds, environment: str | None, run: list[str], code: int
    ) -> None:
        arguments = ("--environment", environment) if environment else ()
        done = shared.run(self.SAID, *arguments)
        assert sorted(outcomes(done)) == run
        assert done.exit_code == code
        assert done.event("run.started")["seeders"] == len(run)

    def test_those_of_others_count_on_neither_side_of_a_share(self, shared: Seeds) -> None:
        # One of two failed; were the third counted, it would be a third only.
        done = shared.run(self.SAID, "--environment", "development", "--strictness", "49%")
        assert done.exit_code == 1
        done = shared.run(self.SAID, "--environment", "development", "--strictness", "50%")
        assert done.exit_code == 0

    def test_a_dependency_of_another_environment_is_ignored(self, shared: Seeds) -> None:
        done = shared.run({"a": "depends_on: [b]\n", "b": "environments: [development]\n"})
        assert outcomes(done) == {"a": "succeeded"}
        assert done.exit_code == 0


class TestOrder:
    def test_each_runs_after_what_it_depends_on(self, shared: Seeds) -> None:
        done = shared.run({"a": "depends_on: [d, c]\n", "b": "", "c": "depends_on: [d]\n", "d": ""})
        assert [event["seeder"] for event in done.all("seeder.started")] == ["b", "d", "c", "a"]
        assert done.exit_code == 0

    def test_a_dependency_that_is_not_selected_is_ignored(self, shared: Seeds) -> None:
        done = shared.run({"a": "depends_on: [b]\n", "b": ""}, selection=("--a",))
        assert outcomes(done) == {"a": "succeeded"}
        assert shared.filled("a", "b") == ["a"]

    def test_an_unknown_one_fails_the_seeder(self, shared: Seeds) -> None:
        done = shared.run({"tools": "", "a": "depends_on: [tolls]\n"})
        assert outcomes(done) == {"a": "failed", "tools": "succeeded"}
        message = done.finished("a")["error"]["message"]
        assert '"tolls"' in message
        assert 'did you mean "tools"' in message
        assert done.exit_code == 1

    def test_the_members_of_a_cycle_fail_and_the_others_run(self, shared: Seeds) -> None:
        done = shared.run(
            {
                "a": "depends_on: [c]\n",
                "b": "depends_on: [a]\n",
                "c": "depends_on: [b]\n",
                "d": "depends_on: [a]\n",
                "e": "",
                "f": "depends_on: [f]\n",
            }
        )
        expected = dict.fromkeys("abcf", "failed") | {"d": "skipped", "e": "succeeded"}
        assert outcomes(done) == expected
        assert shared.filled(*"abcdef") == ["e"]
        for name in "abc":
            assert all(each in done.finished(name)["error"]["message"] for each in "abc")
        assert done.exit_code == 1

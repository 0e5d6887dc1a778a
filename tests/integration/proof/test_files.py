"""Another file, variable or setting after the proof: the next run notices it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.integration.footprint import footprint
from tests.integration.proof.proving import ROWS, TOOLS, counts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.proof.proving import Proving


def test_another_row(tools: Proving) -> None:
    tools.write("tools", [*ROWS[:2], {**ROWS[2], "title": "Changed"}])
    assert tools.must_not_hold().finished("tools")["updated"] == 1
    tools.must_hold()


def test_another_policy(tools: Proving) -> None:
    tools.database.execute("UPDATE tools SET title = 'Edited' WHERE name = 'a'")
    tools.write("tools", [{**ROWS[0], "number": 2}, *ROWS[1:]])
    assert tools.must_not_hold().finished("tools")["kept"] == 1
    assert tools.must_hold().finished("tools")["kept"] == 1
    tools.write("tools", [{**ROWS[0], "number": 2}, *ROWS[1:]], edited_rows="fail")
    tools.must_not_hold()
    tools.write("tools", [{**ROWS[0], "number": 2, "title": "New"}, *ROWS[1:]], edited_rows="overwrite")
    assert tools.must_not_hold().finished("tools")["updated"] == 1
    tools.must_hold()


def test_the_content_of_a_file(proving: Proving) -> None:
    proving.database.execute(TOOLS)
    proving.seeding.folder.write("tools.yaml", "rows:\n- {name: a, title: !file titles/a.txt}\n")
    proving.seeding.folder.write("titles/a.txt", "Title")
    proving()
    proving.must_hold()
    proving.seeding.folder.write("titles/a.txt", "Other")
    assert proving.must_not_hold().finished("tools")["updated"] == 1
    assert proving.database.scalar("SELECT title FROM tools") == "Other"
    proving.must_hold()


@pytest.mark.parametrize("environ", [{"TITLE": "Other"}, {"TITLE": ""}, {}])
def test_a_variable(proving: Proving, environ: dict[str, str]) -> None:
    proving.database.execute(TOOLS)
    proving.seeding.folder.write("tools.yaml", 'rows:\n- {name: a, title: !env "TITLE:none"}\n')
    proving(environ={"TITLE": "Secret"})
    proving.must_hold(environ={"TITLE": "Secret"})
    assert "Secret" not in str(proving.database.rows("SELECT proof FROM seeder.seeder_seeders"))
    assert proving.must_not_hold(environ=environ).finished("tools")["updated"] == 1
    assert proving.database.scalar("SELECT title FROM tools") == environ.get("TITLE", "none")
    proving.must_hold(environ=environ)


def test_a_variable_in_a_file(proving: Proving, tmp_path: Path) -> None:
    (tmp_path / "title").write_text("Secret")
    environ = {"TITLE_FILE": str(tmp_path / "title")}
    proving.database.execute(TOOLS)
    proving.seeding.folder.write("tools.yaml", "rows:\n- {name: a, title: !env TITLE}\n")
    proving(environ=environ)
    proving.must_hold(environ=environ)
    (tmp_path / "title").write_text("Other")
    assert proving.must_not_hold(environ=environ).finished("tools")["updated"] == 1
    (tmp_path / "title").unlink()
    assert proving(environ=environ).exit_code == 1


def test_a_sidecar(proving: Proving) -> None:
    proving.database.execute(TOOLS)
    proving.seeding.folder.write("tools.csv", "name,title\na,A\n")
    proving()
    proving.must_hold()
    proving.seeding.folder.write("tools.yaml", "defaults: {number: 7}\n")
    assert proving.must_not_hold().finished("tools")["updated"] == 1
    assert proving.database.scalar("SELECT number FROM tools") == 7
    proving.must_hold()
    (proving.seeding.folder.path / "tools.yaml").unlink()
    proving.must_not_hold()


def test_one_more_seed_file(tools: Proving) -> None:
    tools.write("more", [{"name": "d"}], table="tools")
    result = tools.must_not_hold()
    assert result.finished("more")["inserted"] == 1
    assert result.finished("tools")["unchanged"] == 3
    tools.must_hold()


def test_a_seed_file_is_gone(tools: Proving) -> None:
    tools.database.execute("CREATE TABLE others (name text PRIMARY KEY)")
    tools.write("others", [{"name": "x"}])
    tools()
    tools.must_hold()
    (tools.seeding.folder.path / "others.yaml").unlink()
    assert list(counts(tools.must_hold())) == ["tools"]
    (tools.seeding.folder.path / "tools.yaml").unlink()
    tools.write("others", [{"name": "x"}])
    assert list(counts(tools.must_hold())) == ["others"]


def test_a_broken_seed_file(tools: Proving) -> None:
    tools.seeding.folder.write("broken.yaml", "rows: [")
    result = tools()
    assert result.exit_code == 1
    assert result.finished("tools")["unchanged"] == 3
    tools.seeding.folder.write("tools.yaml", "rows: [")
    assert tools().finished("tools")["outcome"] == "failed"


def test_two_of_one_name(tools: Proving) -> None:
    from seeder.errors import UsageError

    tools.seeding.folder.write("tools.json", '{"rows": []}')
    with pytest.raises(UsageError, match="are both named"):
        tools()


def test_the_folder_moves(tools: Proving, tmp_path: Path) -> None:
    shutil.copytree(tools.seeding.folder.path, tmp_path / "copy")
    copy = str(tmp_path / "copy")
    result = tools.must_hold(path=[copy])
    assert result.finished("tools")["unchanged"] == 3
    assert result.event("seeder.started")["file"] == f"{copy}/tools.yaml"
    tools.must_hold(path=[f"{copy}/tools.yaml"])


def test_the_same_twice(tools: Proving, tmp_path: Path) -> None:
    from seeder.errors import UsageError

    shutil.copytree(tools.seeding.folder.path, tmp_path / "copy")
    with pytest.raises(UsageError, match="are both named"):
        tools(path=[str(tools.seeding.folder.path), str(tmp_path / "copy")])


def test_some_of_them(tools: Proving) -> None:
    tools.database.execute("CREATE TABLE others (name text PRIMARY KEY)")
    tools.write("others", [{"name": "x"}])
    tools()
    tools.database.execute("DELETE FROM others")
    assert list(counts(tools("tools"))) == ["tools"]
    assert tools.proved
    assert tools.must_not_hold().finished("others")["inserted"] == 1


def test_environments(tools: Proving) -> None:
    tools.write("tools", environments=["staging", "production"])
    tools.write("others", [{"name": "d"}], table="tools", environments=["staging"])
    tools(environment="staging")
    tools.must_hold(environment="staging")
    assert list(counts(tools.must_hold(environment="production"))) == ["tools"]
    assert counts(tools.must_hold(environment="development")) == {}


def test_another_application_or_ledger(tools: Proving) -> None:
    assert tools.must_not_hold(ledger="other").finished("tools")["unchanged"] == 3
    tools.must_hold(ledger="other")
    assert tools.must_not_hold(application="other").exit_code == 0
    tools(ledger="off")
    assert not tools.proved


def test_a_dry_run_and_a_check_are_proved_and_a_diff_is_not(tools: Proving) -> None:
    before = footprint(tools.database)
    tools.must_hold(dry_run=True)
    tools.must_hold(check=True)
    tools.must_not_hold(diff=True)
    assert footprint(tools.database) == before


def test_a_new_version_is_compared_once(tools: Proving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seeder.run.proofs.version", lambda: "9.9.9")
    assert tools.must_not_hold().finished("tools")["unchanged"] == 3
    tools.must_hold()


def test_dependencies_keep_their_order_and_their_failures(tools: Proving) -> None:
    tools.database.execute("CREATE TABLE others (name text PRIMARY KEY)")
    tools.write("others", [{"name": "x"}])
    tools.write("tools", depends_on=["others"])
    tools()
    assert list(counts(tools.must_hold())) == ["others", "tools"]
    tools.write("others", [{"nome": "x"}])
    result = tools()
    assert result.finished("others")["outcome"] == "failed"
    assert result.finished("tools")["outcome"] == "skipped"


class TestOverlays:
    """`tools.production.yaml` counts in production alone."""

    OVERLAY = "rows:\n- {name: a, number: 9}\n"

    def test_a_new_one(self, tools: Proving) -> None:
        there = {"environment": "production"}
        tools.must_hold(**there)
        tools.write_overlay("production", self.OVERLAY)
        assert tools.must_not_hold(**there).finished("tools")["updated"] == 1
        tools.must_hold(**there)
        tools.write_overlay("production", self.OVERLAY.replace("9", "8"))
        assert tools.must_not_hold(**there).finished("tools")["updated"] == 1
        tools.must_hold(**there)
        (tools.seeding.folder.path / "tools.production.yaml").unlink()
        assert tools.must_not_hold(**there).finished("tools")["updated"] == 1

    def test_another_environment(self, tools: Proving) -> None:
        tools.write_overlay("production", self.OVERLAY)
        tools(environment="production")
        tools.must_hold(environment="production")
        assert tools.must_not_hold(environment="staging").finished("tools")["updated"] == 1
        tools.must_hold(environment="staging")
        # No overlay counts in either.
        tools.must_hold()
        assert tools.must_not_hold(environment="production").finished("tools")["updated"] == 1

    def test_that_of_another_environment_disturbs_nobody(self, tools: Proving) -> None:
        tools.write_overlay("production", self.OVERLAY)
        tools.write_overlay("staging", self.OVERLAY)
        tools(environment="production")
        tools.must_hold(environment="production")
        tools.write_overlay("staging", "rows: [")
        tools.must_hold(environment="production")
        assert tools(environment="staging").exit_code == 1

    def test_the_set_no_longer_lists_its_environment(self, tools: Proving) -> None:
        tools.seeding.folder.write("_seeds.yaml", "environments: [production, staging]\n")
        tools.write_overlay("staging", self.OVERLAY)
        tools(environment="production")
        tools.must_hold(environment="production")
        tools.seeding.folder.write("_seeds.yaml", "environments: [production]\n")
        assert tools(environment="production").exit_code == 1

"""`seeder record-history`: folders and revisions of git, and what stays of a history whatever is recorded."""

from __future__ import annotations

import gzip
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from seeder.cli import command
from tests.git import need_git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.seed_files.folder import SeedFolder

    Capture = pytest.CaptureFixture[str]


def tools(*titles: str, fields: str = "") -> str:
    rows = "".join(
        f"- {{name: {name}, title: {title}}}\n" for name, title in zip("abc", titles, strict=False)
    )
    return f"key: [name]\n{fields}rows:\n{rows}"


@pytest.fixture
def today(folder: SeedFolder) -> SeedFolder:
    folder.write("seeds/tools.yaml", tools("Three", "Three"))
    return folder


def record(folder: SeedFolder, *arguments: str, **environ: str) -> int:
    return command.main(["record-history", "--path", str(folder.path / "seeds"), *arguments], environ)


def lines(folder: SeedFolder, name: str = "tools") -> list[tuple[str, Any]]:
    text = (folder.path / "seeds" / f"{name}.history.ndjson").read_text()
    return [(line["release"], line["row"]) for line in map(json.loads, text.splitlines())]


def said(folder: SeedFolder, text: str) -> list[str]:
    return folder.relative(text).splitlines()


def test_folders_are_recorded_by_their_names(today: SeedFolder, capsys: Capture) -> None:
    today.write("old/1.0/tools.yaml", tools("One", "One"))
    today.write("old/1.1/tools.yaml", tools("Two", "One", "One"))
    folders = [str(today.path / "old" / each) for each in ("1.0", "1.1")]
    assert record(today, *folders) == 0
    assert said(today, capsys.readouterr().out) == [
        "seeds/tools.history.ndjson: 2 rows of 1.0, 2 rows of 1.1",
    ]
    assert lines(today) == [
        ("1.0", {"name": "a", "title": "One"}),
        ("1.0", {"name": "b", "title": "One"}),
        ("1.1", {"name": "a", "title": "Two"}),
        # The row of b was the same, and is not written again.
        ("1.1", {"name": "c", "title": "One"}),
    ]
    before = (today.path / "seeds/tools.history.ndjson").read_bytes()
    assert record(today, *folders) == 0
    assert said(today, capsys.readouterr().out) == ["seeds/tools.history.ndjson: nothing new"]
    assert (today.path / "seeds/tools.history.ndjson").read_bytes() == before
    assert sorted(each.name for each in (today.path / "seeds").iterdir()) == [
        "tools.history.ndjson",
        "tools.yaml",
    ]


def test_the_release_that_a_set_says_comes_before_the_folders_name(
    today: SeedFolder, capsys: Capture
) -> None:
    today.write("old/tools.yaml", tools("One"))
    today.write("old/_seeds.yaml", "application: shop\nrelease: v1.0.3\n")
    today.write("older/tools.yaml", tools("Zero"))
    today.write("older/_seeds.yaml", "release: [1]\n")
    assert record(today, str(today.path / "old"), str(today.path / "older")) == 1
    assert lines(today) == [("1.0.3", {"name": "a", "title": "One"})]
    assert said(today, capsys.readouterr().err)[0].startswith("seeder: older: older/_seeds.yaml:1:")


def test_what_is_there_stays_whatever_is_recorded(today: SeedFolder) -> None:
    # Somebody wrote this line by hand, and left out the line end.
    today.write("seeds/tools.history.ndjson", '{"row": {"title": "Zero", "name": "a"}, "release": "0"}')
    today.write("1/tools.yaml", tools("Zero", "One"))
    assert record(today, str(today.path / "1")) == 0
    assert lines(today) == [
        ("0", {"title": "Zero", "name": "a"}),
        ("1", {"name": "b", "title": "One"}),
    ]


def test_a_packed_history_stays_packed(today: SeedFolder) -> None:
    first = b'{"release": "0", "row": {"name": "a", "title": "Zero"}}\n'
    today.write("seeds/tools.history.ndjson.gz", gzip.compress(first))
    today.write("1/tools.yaml", tools("Zero", "One"))
    assert record(today, str(today.path / "1")) == 0
    packed = gzip.decompress((today.path / "seeds/tools.history.ndjson.gz").read_bytes())
    assert packed == first + b'{"release": "1", "row": {"name": "b", "title": "One"}}\n'


def test_check_writes_nothing_and_exits_6(today: SeedFolder, capsys: Capture) -> None:
    seeds = str(today.path / "seeds")
    assert record(today, "--check", seeds) == 6
    assert said(today, capsys.readouterr().out) == ["seeds/tools.history.ndjson: 2 rows of seeds"]
    assert not (today.path / "seeds/tools.history.ndjson").exists()
    assert record(today, "--as", "3.0", seeds) == 0
    assert [release for release, _ in lines(today)] == ["3.0", "3.0"]
    assert record(today, "--check", seeds) == 0


def test_a_seeder_that_was_renamed_is_found_under_its_former_names(
    folder: SeedFolder, capsys: Capture
) -> None:
    folder.write("seeds/agent_tools.yaml", tools("Two", fields="formerly: [shop/helpers, tools]\n"))
    folder.write("1/tools.yaml", tools("One"))
    folder.write("1/others.yaml", tools("One"))
    assert record(folder, str(folder.path / "1")) == 0
    assert lines(folder, "agent_tools") == [("1", {"name": "a", "title": "One"})]
    assert (
        "1: others has no seed file in the set of today, nor does one name it by `formerly`"
        in capsys.readouterr().out
    )


def test_of_a_seed_file_that_was_split_each_part_has_the_rows_of_the_whole(folder: SeedFolder) -> None:
    folder.write("seeds/tools.yaml", tools("Two"))
    folder.write("seeds/search_tools.yaml", tools("Two", fields="formerly: [tools]\n"))
    folder.write("1/tools.yaml", tools("One", "One"))
    assert record(folder, str(folder.path / "1")) == 0
    assert lines(folder, "tools") == lines(folder, "search_tools")


def test_neither_variables_nor_code_are_needed(folder: SeedFolder) -> None:
    folder.write("seeds/tools.yaml", "key: [name]\nrows: [{name: a, key: !env KEY_FILE, title: Two}]")
    folder.write("seeds/views.sql", "SELECT 1")
    folder.write("1/tools.yaml", "key: [name]\nrows: [{name: a, key: !env KEY, title: One}]")
    folder.write("1/views.sql", "SELECT 1")
    folder.write("1/more.py", "def seed_sync(session): ...")
    assert record(folder, str(folder.path / "1")) == 0
    assert lines(folder) == [("1", {"name": "a", "title": "One"})]


def test_a_bad_version_is_told_and_does_not_stop_the_rest(today: SeedFolder, capsys: Capture) -> None:
    today.write("1/tools.yaml", "key: [name\n")
    today.write("2/tools.yaml", "key: [name]\nrows: !file rows.ndjson")
    today.write("2/rows.ndjson", '{"name": "a"}\n{"name": "b", }\n')
    today.write("3/tools.yaml", tools("Two"))
    today.write("4/.keep", "")
    assert record(today, *(str(today.path / each) for each in "1234")) == 1
    # Of a version that can't be read to its end nothing is taken.
    assert lines(today) == [("3", {"name": "a", "title": "Two"})]
    told = said(today, capsys.readouterr().err)
    assert len(told) == 3, told
    assert told[0].startswith("seeder: 1: 1/tools.yaml:2:1: not valid YAML")
    assert told[1].startswith("seeder: 2: 2/rows.ndjson:2:")
    assert told[2].startswith("seeder: 4: there is no seeder in 4")


def test_a_history_that_is_broken_is_left_alone(today: SeedFolder, capsys: Capture) -> None:
    today.write("seeds/tools.history.ndjson", "{}\n")
    assert record(today, str(today.path / "seeds")) == 1
    assert (today.path / "seeds/tools.history.ndjson").read_text() == "{}\n"
    assert "tools.history.ndjson:1: release must be text that is not empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "record-history takes folders with earlier versions, or --git and revisions"),
        (["nowhere"], "there is no folder nowhere; for revisions of git say --git"),
        (["--as", "1", "a", "b"], "--as names the release of one folder"),
        (["--as", "1", "--git", "a"], "--as names the release of one folder"),
    ],
)
def test_a_wrong_call(today: SeedFolder, capsys: Capture, arguments: list[str], expected: str) -> None:
    assert record(today, *arguments) == 2
    assert expected in capsys.readouterr().err


class Repository:
    """A git repository in the test's folder."""

    def __init__(self, folder: SeedFolder) -> None:
        need_git()
        self.folder = folder
        self("init", "--quiet")

    def __call__(self, *arguments: str) -> str:
        names = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *names, *arguments], cwd=self.folder.path, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, tag: str | None = None) -> str:
        self("add", "--all")
        self("commit", "--quiet", "--allow-empty", "--message", "x")
        if tag is not None:
            self("tag", tag)
        return self("rev-parse", "--short", "HEAD")


@pytest.fixture
def repository(today: SeedFolder) -> Repository:
    """Tags v1.9 and v1.10, a tag from before there were seeds, and seeds of today that are not committed."""
    repository = Repository(today)
    (today.path / "seeds/tools.yaml").rename(today.path / "kept")
    repository.commit("v0.1")
    today.write("seeds/tools.yaml", "key: [name]\nrows: [{name: a, title: !file texts/title.md}]")
    today.write("seeds/texts/title.md", "Nine")
    repository.commit("v1.9")
    today.write("seeds/texts/title.md", "Ten")
    repository.commit()
    repository("tag", "--annotate", "--message", "x", "v1.10")
    (today.path / "kept").rename(today.path / "seeds/tools.yaml")
    return repository


@pytest.mark.slow
def test_tags_are_recorded_in_the_order_of_their_versions(repository: Repository, capsys: Capture) -> None:
    assert record(repository.folder, "--git", "v*") == 0
    assert said(repository.folder, capsys.readouterr().out) == [
        "seeds/tools.history.ndjson: 1 row of v1.9, 1 row of v1.10",
        "v0.1: the folder was not there yet",
    ]
    assert [release for release, _ in lines(repository.folder)] == ["v1.9", "v1.10"]
    assert repository("status", "--porcelain", "--untracked-files=all", "seeds") == (
        "M seeds/tools.yaml\n?? seeds/tools.history.ndjson"
    )


@pytest.mark.slow
def test_a_revision_that_is_no_tag_has_its_short_hash(repository: Repository) -> None:
    assert record(repository.folder, "--git", "HEAD~1", "v1.10") == 0
    assert [release for release, _ in lines(repository.folder)] == [
        repository("rev-parse", "--short", "v1.9"),
        "v1.10",
    ]


@pytest.mark.slow
def test_a_mistake_in_a_revision_is_told_with_its_place(repository: Repository, capsys: Capture) -> None:
    repository.folder.write("seeds/tools.yaml", "key: [name]\nrows: [{name: a, tile: !fil x}]")
    repository.commit("v2")
    repository.folder.write("seeds/tools.yaml", tools("Two"))
    assert record(repository.folder, "--git", "v1.9", "v2") == 1
    (told,) = said(repository.folder, capsys.readouterr().err)
    assert told.startswith("seeder: v2: v2:seeds/tools.yaml:2:")
    assert [release for release, _ in lines(repository.folder)] == ["v1.9"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("revision", "expected"),
    [
        ("v3", "git knows no revision v3 in"),
        ("x*", "no tag of"),
        ("HEAD:seeds", "git knows no revision HEAD:seeds"),
    ],
)
def test_a_revision_that_is_missing(
    repository: Repository, capsys: Capture, revision: str, expected: str
) -> None:
    assert record(repository.folder, "--git", revision) == 2
    assert expected in capsys.readouterr().err


@pytest.mark.slow
def test_a_folder_in_no_repository(
    today: SeedFolder, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_git()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(today.path.parent))
    assert record(today, "--git", "HEAD") == 2
    assert "is in no git repository that can be read" in capsys.readouterr().err


def test_without_the_program_git(
    today: SeedFolder, capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert record(today, "--git", "HEAD") == 2
    assert "--git needs the program git, which is not installed" in capsys.readouterr().err


def test_each_environment_ships_its_rows(today: SeedFolder, capsys: Capture) -> None:
    today.write("old/1.0/tools.yaml", tools("One", "One"))
    today.write(
        "old/1.0/tools.production.yaml",
        "rows:\n  - {name: b, title: Two}\n  - {name: c, title: Two}\nabsent: [{name: a}]\n",
    )
    today.write("old/1.0/tools.staging.yaml", "rows:\n  - {name: b, title: Two}\n")
    assert record(today, str(today.path / "old/1.0")) == 0
    assert said(today, capsys.readouterr().out) == ["seeds/tools.history.ndjson: 4 rows of 1.0"]
    assert lines(today) == [
        ("1.0", {"name": "a", "title": "One"}),
        ("1.0", {"name": "b", "title": "One"}),
        ("1.0", {"name": "b", "title": "Two"}),
        ("1.0", {"name": "c", "title": "Two"}),
    ]


def test_a_mistake_in_an_overlay_is_told_once(today: SeedFolder, capsys: Capture) -> None:
    today.write("old/1.0/tools.yaml", tools("One", "One"))
    today.write("old/1.0/tools.production.yaml", "absent: [{name: x}]\n")
    today.write("old/1.0/tools.staging.yaml", "rows: []\n")
    today.write("old/1.0/other.yaml", "rows: [")
    assert record(today, str(today.path / "old/1.0")) == 1
    problems = said(today, capsys.readouterr().err)
    assert len(problems) == 2
    assert any("old/1.0/tools.production.yaml:1:10: " in each for each in problems)
    assert len(lines(today)) == 2

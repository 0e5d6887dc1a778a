"""`_seeds.yaml`: what it says, what comes before it, and what is said of mistakes in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seeder.config.release import Release
from seeder.config.settings import Settings
from seeder.errors import ExitCode, UsageError
from seeder.seed_files import DataSeeder, discover
from seeder.seed_files.model import Policy
from seeder.seed_files.sets import with_sets

SEEDS = "key: [name]\nrows: []\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tools.yaml").write_text(SEEDS)
    return tmp_path


def settings(
    folder: Path, text: str | None = None, environ: dict[str, str] | None = None, **given: Any
) -> Settings:
    if text is not None:
        (folder / "_seeds.yaml").write_text(text)
    return with_sets(Settings.load({"path": [str(folder)], **given}, environ or {}))


def found(folder: Path, **options: Any) -> dict[str, DataSeeder]:
    seeders = discover([str(folder)], allow_code=False, environ={}, **options)
    return {each.name: each for each in seeders if isinstance(each, DataSeeder)}


def test_it_names_the_application_and_the_release(folder: Path) -> None:
    read = settings(folder, "application: shop\nrelease: v1.4.0\n")
    assert (read.application, read.release) == ("shop", Release.parse("1.4.0"))


@pytest.mark.parametrize("release", ["42", "'42'", "2026-01-02T03:04:05Z", "1.4.0"])
def test_a_release_needs_no_quotes(folder: Path, release: str) -> None:
    read = settings(folder, f"application: shop\nrelease: {release}\n")
    assert read.release == Release.parse(release.strip("'"))


def test_what_comes_before_it(folder: Path) -> None:
    text = "application: shop\nrelease: 1\n"
    read = settings(folder, text, {"SEED_APPLICATION": "crm"}, release="2")
    assert (read.application, str(read.release)) == ("crm", "2")
    assert settings(folder, text, {"SEED_RELEASE": "3"}, release="2").release == Release.parse("2")
    assert settings(folder, text, {"SEED_RELEASE": "3"}).release == Release.parse("3")


def test_it_counts_for_one_file_of_the_folder_too(folder: Path) -> None:
    (folder / "_seeds.yaml").write_text("application: shop\n")
    read = with_sets(Settings.load({"path": [str(folder / "tools.yaml")]}, {}))
    assert read.application == "shop"


def test_it_is_no_seeder(folder: Path) -> None:
    (folder / "_seeds.yaml").write_text("application: shop\n")
    assert set(found(folder)) == {"tools"}


class TestPolicies:
    TEXT = "existing_rows: overwrite\nedited_rows: fail\ndeleted_rows: keep\nretired_rows: {set: {enabled: false}}\n"

    def test_they_count_for_files_that_do_not_say(self, folder: Path) -> None:
        (folder / "_seeds.yaml").write_text(self.TEXT)
        (folder / "prices.csv").write_text("name\n")
        for seeder in found(folder).values():
            assert seeder.existing_rows is Policy.OVERWRITE
            assert seeder.edited_rows is Policy.FAIL
            assert seeder.deleted_rows is Policy.KEEP
            assert seeder.retired_rows == {"enabled": "false"}

    def test_a_seed_file_comes_first(self, folder: Path) -> None:
        (folder / "_seeds.yaml").write_text(self.TEXT)
        (folder / "tools.yaml").write_text(
            "existing_rows: fail\nedited_rows: keep\nretired_rows: delete\n" + SEEDS
        )
        seeder = found(folder, existing_rows="keep")["tools"]
        assert (seeder.existing_rows, seeder.edited_rows) == (Policy.FAIL, Policy.KEEP)
        assert (seeder.deleted_rows, seeder.retired_rows) == (Policy.KEEP, Policy.DELETE)

    def test_then_what_the_run_was_told(self, folder: Path) -> None:
        (folder / "_seeds.yaml").write_text(self.TEXT)
        assert found(folder, existing_rows="keep")["tools"].existing_rows is Policy.KEEP

    def test_a_change_is_noticed(self, folder: Path) -> None:
        def digest(text: str) -> str | None:
            (folder / "_seeds.yaml").write_text(text)
            return found(folder)["tools"].inputs.digest()

        first = digest("retired_rows: {set: {enabled: false}}\n")
        assert digest("retired_rows: {set: {enabled: 'false'}}\n") != first
        assert digest("retired_rows: delete\n") != first
        # The release alone says nothing of what is to be done.
        assert digest("application: shop\nrelease: 2\nretired_rows: {set: {enabled: false}}\n") == first


class TestEnvironments:
    TEXT = "environments: [development, production]\n"

    @pytest.mark.parametrize("environment", ["production", None])
    def test_one_that_is_listed_or_none(self, folder: Path, environment: str | None) -> None:
        assert settings(folder, self.TEXT, environment=environment).environment == environment

    def test_any_other(self, folder: Path) -> None:
        with pytest.raises(
            UsageError, match=r'"prod" is not an environment .*_seeds\.yaml lists development, production'
        ):
            settings(folder, self.TEXT, environment="prod")


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "place", "said"),
        [
            ("application: Shop\n", "1:14", '"Shop" is not an application name'),
            ("application: shop\nrelease: latest\n", "2:10", "write an integer as 42"),
            ("release: 1.10\n", "1:10", '"1.10" is not a release'),
            ("realease: 1\n", "1:1", 'unknown field "realease"; did you mean "release"?'),
            ("key: [name]\n", "1:1", 'unknown field "key"'),
            ("retired_rows: destroy\n", "1:15", "retired_rows must be keep or delete"),
            ("environments: production\n", "1:15", "put it in brackets"),
            ("application: shop\nrows: []\n", "", "a set has no rows"),
            ("application: [\n", "2:1", "not valid YAML"),
            ("- application\n", "1:1", "must be a mapping"),
            ("", "1:1", "the file is empty"),
            ("release:\n", "1:1", "release is empty"),
            ("release: !env RELEASE\n", "1:10", "!env RELEASE is not possible here"),
        ],
    )
    def test_they_name_the_place(self, folder: Path, text: str, place: str, said: str) -> None:
        with pytest.raises(UsageError) as error:
            settings(folder, text)
        assert error.value.exit_code is ExitCode.USAGE
        assert str(error.value).startswith(f"{folder / '_seeds.yaml'}{place and ':' + place}")
        assert said in str(error.value)

    @pytest.mark.parametrize("name", ["_seeds.yml", "_seeds.json"])
    def test_another_name(self, folder: Path, name: str) -> None:
        (folder / name).write_text("application: shop\n")
        with pytest.raises(UsageError, match=r"must be YAML and be called _seeds\.yaml"):
            settings(folder)

    @pytest.mark.parametrize("option", ["application", "release"])
    def test_two_sets_that_differ(self, folder: Path, option: str) -> None:
        second = folder / "second"
        second.mkdir()
        both = {"application": ["shop", "crm"], "release": ["1", "2"]}
        for place, value in zip((folder, second), both[option], strict=True):
            said = (
                f"application: shop\n{option}: {value}\n"
                if option == "release"
                else f"application: {value}\n"
            )
            (place / "_seeds.yaml").write_text(said)
        given = {"path": [str(folder), str(second)]}
        with pytest.raises(UsageError) as error:
            with_sets(Settings.load(given, {}))
        for word in (*both[option], str(folder / "_seeds.yaml"), str(second / "_seeds.yaml"), f"--{option}"):
            assert word in str(error.value)
        assert with_sets(Settings.load({**given, option: both[option][0]}, {})).given

    def test_a_release_without_an_application(self, folder: Path) -> None:
        with pytest.raises(UsageError, match="release 1 needs an application that is named"):
            settings(folder, "release: 1\n")

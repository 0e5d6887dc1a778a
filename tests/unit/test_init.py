"""`seeder init` writes a set to begin with, and overwrites nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from seeder.cli import command
from seeder.seed_files import schema
from seeder.seed_files.names import split_name


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str) -> int:
    return command.main(list(arguments), {})


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_validate_accepts_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("init") == 0
    assert call("validate", "seeds") == 0
    assert "no mistakes in" in capsys.readouterr().out


def test_it_has_an_example_of_each_kind(folder: Path) -> None:
    assert call("init", "here") == 0
    kinds = {split_name(path.name)[1] for path in (folder / "here").rglob("[!_]*")}
    assert kinds >= {".yaml", ".json", ".csv", ".ndjson", ".sql", ".py"}
    for path in (folder / "here").glob("*.yaml"):
        name = "seed-set" if path.name == "_seeds.yaml" else "seed-file"
        assert path.read_text().startswith(f"# yaml-language-server: $schema=_schema/{name}.schema.json\n")
    assert {path.name: path.read_text() for path in (folder / "here/_schema").iterdir()} == schema.schemas()


def test_a_second_time_it_writes_nothing(folder: Path) -> None:
    assert call("init") == 0
    (folder / "seeds/products.yaml").write_text("rows: []\n")
    before = content(folder)
    assert call("init") == 0
    assert content(folder) == before


def test_it_adds_no_examples_to_seed_files_of_ones_own(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tools.yaml").write_text("rows: []\n")
    assert call("init", ".") == 2
    assert "there are seed files in . already, such as tools.yaml" in capsys.readouterr().err
    assert set(content(folder)) == {"tools.yaml"}


def test_a_folder_that_is_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "seeds").write_text("")
    assert call("init") == 2
    assert capsys.readouterr().err == "seeder: seeds can't be written: File exists\n"

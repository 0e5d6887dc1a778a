"""What a seeder was made from: its digest is another one as soon as anything it was made from is."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from seeder.seed_files import discover

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from seeder.seed_files.inputs import Inputs
    from tests.unit.seed_files.folder import SeedFolder

TOOLS = """\
ddl: !file sql/tools.sql
rows:
- {name: a, prompt: !file prompts/a.md, key: !env KEY, secret: !env "OTHER:none"}
"""


def inputs(path: Path, environ: Mapping[str, str]) -> Inputs:
    (seeder,) = discover([str(path)], allow_code=True, environ=environ)
    assert seeder.error is None, seeder.error
    return seeder.inputs


@pytest.fixture
def tools(folder: SeedFolder) -> SeedFolder:
    folder.write("tools.yaml", TOOLS)
    folder.write("prompts/a.md", "Be brief.")
    folder.write("sql/tools.sql", "CREATE TABLE tools (name text PRIMARY KEY)")
    return folder


def test_it_names_every_file_and_every_variable(tools: SeedFolder) -> None:
    found = inputs(tools.path, {"KEY": "k"})
    assert found.names == ("tools.yaml", "prompts/a.md", "sql/tools.sql")
    assert found.beside == ("tools.yaml",)
    assert found.variables == {"KEY": "k", "OTHER": None}
    assert "k" not in repr(found).replace("key", "")


def test_it_is_the_same_in_another_folder(tools: SeedFolder, tmp_path: Path) -> None:
    shutil.copytree(tools.path, tmp_path / "copy")
    here, there = inputs(tools.path, {"KEY": "k"}), inputs(tmp_path / "copy", {"KEY": "k"})
    assert here.digest("x", None) == there.digest("x", None) is not None
    assert here.digest("x", None) == inputs(tools.path / "tools.yaml", {"KEY": "k"}).digest("x", None)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: folder.write("tools.yaml", TOOLS.replace("name: a", "name: b")),
        lambda folder: folder.write("prompts/a.md", "Be long."),
        lambda folder: folder.write("sql/tools.sql", "CREATE TABLE tools (name text)"),
        lambda folder: folder.write("tools.production.yaml", "rows: []"),
    ],
    ids=["its own file", "!file", "ddl", "a file of its stem"],
)
def test_another_file_is_another_digest(tools: SeedFolder, change: object) -> None:
    before = inputs(tools.path, {"KEY": "k"}).digest()
    assert callable(change)
    change(tools)
    assert inputs(tools.path / "tools.yaml", {"KEY": "k"}).digest() != before


@pytest.mark.parametrize(
    "environ", [{"KEY": ""}, {"KEY": "l"}, {"KEY": "k", "OTHER": ""}, {"KEY": "k", "OTHER": "none"}]
)
def test_another_variable_is_another_digest(tools: SeedFolder, environ: dict[str, str]) -> None:
    assert inputs(tools.path, environ).digest() != inputs(tools.path, {"KEY": "k"}).digest()


def test_a_variable_may_come_from_a_file(tools: SeedFolder, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k\n")
    twin = inputs(tools.path, {"KEY_FILE": str(tmp_path / "key")})
    assert twin.digest() == inputs(tools.path, {"KEY": "k"}).digest()


def test_other_settings_are_another_digest(tools: SeedFolder) -> None:
    found = inputs(tools.path, {"KEY": "k"})
    assert (
        len(
            {
                found.digest(),
                found.digest(None),
                found.digest(""),
                found.digest("", "x"),
                found.digest("x", ""),
            }
        )
        == 5
    )


def test_a_file_that_is_gone_has_no_digest(tools: SeedFolder) -> None:
    found = inputs(tools.path, {"KEY": "k"})
    (tools.path / "prompts" / "a.md").unlink()
    assert found.digest() is None
    assert not found.are_as_read


@pytest.mark.parametrize("name", ["tools.yaml", "prompts/a.md"])
def test_what_is_written_while_it_is_read_is_noticed(tools: SeedFolder, name: str) -> None:
    found = inputs(tools.path, {"KEY": "k"})
    assert found.are_as_read
    content = (tools.path / name).read_text()
    (tools.path / "new").write_text(content)
    (tools.path / "new").replace(tools.path / name)
    assert found.digest() == inputs(tools.path, {"KEY": "k"}).digest()
    assert not found.are_as_read


def test_telling_it_imports_no_reader() -> None:
    code = (
        "import sys\n"
        "from seeder.seed_files import inputs, names\n"
        "print(sorted({'yaml', 'sqlalchemy', 'psycopg'} & set(sys.modules)), "
        "sorted(each for each in sys.modules if each.startswith('seeder.seed_files.')))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("[] ['seeder.seed_files.discovery', 'seeder.seed_files.inputs'")
    assert not re.search(r"reader|data_seeders|document|fields|tags|yaml_nodes", run.stdout)

"""Which files are seeders, and which are parts of others."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from seeder.errors import CodeNotAllowedError, UsageError
from seeder.seed_files import DataSeeder, PythonSeeder, SqlSeeder, discover
from tests.unit.seed_files.folder import cells

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.seed_files.folder import SeedFolder

ROWS = "rows: []\n"


def test_every_kind_sorted_by_name(folder: SeedFolder) -> None:
    folder.write("e.yaml", ROWS)
    folder.write("d.yml", ROWS)
    folder.write("c.json", '{"rows": []}')
    folder.write("b.csv", "x\n")
    folder.write("a.ndjson", "")
    folder.write("f.jsonl", "")
    folder.write("h.py", "def seed(): ...\n")
    folder.write("g.sql", "select 1")

    assert folder.names() == list("abcdefgh")


def test_what_is_no_seeder(folder: SeedFolder) -> None:
    folder.write("tools.yaml", ROWS)
    folder.write("_common.yaml", ROWS)
    folder.write(".hidden.yaml", ROWS)
    folder.write("README.md", "")
    folder.write("archive.yaml.gz", "")
    folder.write("below/other.yaml", ROWS)
    (folder.path / "folder.yaml").mkdir()

    assert folder.names() == ["tools"]


def test_parts_of_others(folder: SeedFolder) -> None:
    folder.write(
        "tools.yaml", "ddl: !file tools.sql\nrows:\n  - {a: !file ./notes.json, b: [!file more.yaml]}\n"
    )
    folder.write("countries.yaml", "rows: !file all.csv.gz\n")
    for name in ("tools.sql", "notes.json", "more.yaml", "all.csv.gz"):
        folder.write(name, "x")

    assert folder.names() == ["countries", "tools"]


def test_sidecar(folder: SeedFolder) -> None:
    folder.write("countries.csv", "code\nde\n")
    folder.write("countries.yaml", "table: geo.countries\nkey: [code]\ndefaults: {open: true}\n")
    seeder = folder.only()

    assert (str(seeder.table), seeder.key) == ("geo.countries", ("code",))
    assert cells(seeder) == [{"code": "de", "open": "true"}]


@pytest.mark.parametrize("name", ["countries.csv", "countries.yaml"])
def test_one_file_and_its_sidecar(folder: SeedFolder, name: str) -> None:
    folder.write("countries.csv", "code\nde\n")
    folder.write("countries.yaml", "table: geo.countries\n")
    folder.write("other.yaml", ROWS)
    (seeder,) = discover([str(folder.path / name)], allow_code=False, environ={})

    assert isinstance(seeder, DataSeeder)
    assert str(seeder.table) == "geo.countries"
    assert len(list(seeder.rows())) == 1


def test_rows_alone(folder: SeedFolder) -> None:
    folder.write("countries.csv", "code\nde\n")
    seeder = folder.only()

    assert (seeder.table.schema, seeder.table.name, seeder.key) == (None, "countries", None)


@pytest.mark.parametrize(
    "broken",
    [
        "ddl: !file tools.sql\nrows: !file all.csv\nmod: x\n",
        "ddl: !file tools.sql\nrows: !file 'all.csv'\n  x: [\n",
    ],
)
def test_parts_of_a_broken_file_are_not_run_by_themselves(folder: SeedFolder, broken: str) -> None:
    folder.write("tools.yaml", broken)
    folder.write("tools.sql", "drop table tools")
    folder.write("all.csv", "x\n")
    folder.write("tools.csv", "x\n")

    assert folder.error().startswith("tools.yaml:")


@pytest.mark.parametrize(
    ("first", "second"),
    [("a.yaml", "a.json"), ("a.csv", "a.ndjson"), ("a.sql", "a.py"), ("a-b.yaml", "a_b.yaml")],
)
def test_two_of_one_name(folder: SeedFolder, first: str, second: str) -> None:
    for name in (first, second):
        folder.write(name, '{"rows": []}')

    with pytest.raises(UsageError, match="are both named"):
        folder.discover()


@pytest.mark.parametrize("rows", ["!file part-*.csv", "!file 'part-[0-9].csv'", "!file part-?.csv"])
def test_the_files_that_a_pattern_of_a_broken_file_matches_are_no_seeders(
    folder: SeedFolder, rows: str
) -> None:
    folder.write("prices.yaml", f"key: [id\nrows: {rows}\n")
    folder.write("part-1.csv", "id\n1\n")
    folder.write("part-2.csv", "id\n2\n")
    folder.write("other.csv", "id\n")

    assert [seeder.name for seeder in folder.discover()] == ["other", "prices"]


def test_two_files_for_one_sidecar(folder: SeedFolder) -> None:
    for name in ("a.csv", "a.ndjson"):
        folder.write(name, "x\n")
    folder.write("a.yaml", "table: b\n")

    with pytest.raises(UsageError, match="are both named"):
        folder.discover()


def test_one_file_on_two_paths(folder: SeedFolder) -> None:
    path = folder.write("a.yaml", ROWS)

    assert len(discover([str(folder.path), str(path)], allow_code=False, environ={})) == 1


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Tools.yaml", 'rename it to "tools"'),
        ("a b.csv", 'rename it to "a_b"'),
        ("-x.json", 'rename it to "x"'),
        ("v1.2.sql", "v1_2"),
    ],
)
def test_name_that_no_seeder_can_have(folder: SeedFolder, name: str, hint: str) -> None:
    folder.write(name, '{"rows": []}')

    with pytest.raises(UsageError, match=hint):
        folder.discover()


@pytest.mark.parametrize(
    "name", ["all", "help", "version", "dry-run", "dry_run", "allow_code", "no-create-tables", "path"]
)
def test_name_of_an_option(folder: SeedFolder, name: str) -> None:
    folder.write(f"{name}.yaml", ROWS)

    assert [seeder.name for seeder in folder.discover()] == [name]


@pytest.mark.parametrize("path", ["", "nowhere.yaml", "nowhere", "no.such.module", "seeder.nowhere"])
def test_missing_path(path: str) -> None:
    with pytest.raises(UsageError, match="there is no file, folder or installed module"):
        discover([path or "/nowhere"], allow_code=False, environ={})


def test_missing_path_near_another(folder: SeedFolder) -> None:
    path = folder.write("tools.yaml", ROWS)

    with pytest.raises(UsageError, match=r'did you mean ".*/tools.yaml"'):
        discover([str(path.with_name("tool.yaml"))], allow_code=False, environ={})


@pytest.mark.parametrize("name", ["README.md", "_x.yaml"])
def test_path_without_a_seeder(folder: SeedFolder, name: str) -> None:
    path = folder.write(name, ROWS)

    for each in (path, folder.path):
        with pytest.raises(UsageError, match="there is no seeder in"):
            discover([str(each)], allow_code=False, environ={})


def test_config_map(folder: SeedFolder) -> None:
    """As Kubernetes mounts one: links to links, and a hidden folder that holds the files."""
    folder.write("..2024_01_01/tools.yaml", "rows:\n  - a: !file text.md\n")
    folder.write("..2024_01_01/text.md", "x")
    (folder.path / "..data").symlink_to("..2024_01_01")
    for name in ("tools.yaml", "text.md"):
        (folder.path / name).symlink_to(f"..data/{name}")
    (row,) = folder.only().rows()

    assert row.values[0].read_text() == "x"  # type: ignore[union-attr] # it is a FileContent


def test_builtin_beside_others(folder: SeedFolder) -> None:
    folder.write("mine.yaml", ROWS)
    names = [seeder.name for seeder in discover(["builtin", str(folder.path)], allow_code=False, environ={})]

    assert names == ["mine", "model_configs", "prompt_templates", "schemas", "tools"]


def test_code_from_a_folder_needs_leave(folder: SeedFolder) -> None:
    folder.write("a.sql", "-- seeder: required=true\nselect 1")
    folder.write("b.py", "REQUIRED = True\ndef seed(): ...\n")
    folder.write("c.yaml", "ddl: create table c ()\nrows: []\n")
    refused = folder.discover(allow_code=False)
    allowed = folder.discover(allow_code=True)

    for seeder in refused[:2]:
        assert isinstance(seeder.error, CodeNotAllowedError)
        assert "--allow-code (SEED_ALLOW_CODE=true)" in str(seeder.error)
        assert seeder.required
    assert [seeder.error for seeder in (refused[2], *allowed)] == [None] * 4
    assert [seeder.ddl_allowed for seeder in (refused[2], allowed[2]) if isinstance(seeder, DataSeeder)] == [
        False,
        True,
    ]


def test_builtin_ddl_needs_no_leave() -> None:
    for seeder in discover(["builtin"], allow_code=False, environ={}):
        assert isinstance(seeder, DataSeeder)
        assert seeder.ddl_allowed


def test_sql_head(folder: SeedFolder) -> None:
    folder.write(
        "a.sql",
        "\ufeff-- About it.\n\n--seeder: depends_on=b c, environments=dev test\n  -- Seeder: run=changed,\nselect 1;\n"
        "-- seeder: required=true\n",
    )
    (seeder,) = folder.discover(allow_code=True)

    assert isinstance(seeder, SqlSeeder)
    assert (seeder.depends_on, seeder.environments) == (("b", "c"), frozenset({"dev", "test"}))
    assert (seeder.run, seeder.required) == ("changed", False)
    assert seeder.script.startswith("-- About it.")


def test_python_file_is_not_run(folder: SeedFolder) -> None:
    folder.write(
        "a.py",
        "DEPENDS_ON = ['b']\nENVIRONMENTS: tuple[str, ...] = ('dev',)\nREQUIRED = True\n"
        "raise RuntimeError\nasync def seed_async(session): ...\n",
    )
    (seeder,) = folder.discover(allow_code=True)

    assert isinstance(seeder, PythonSeeder)
    assert (seeder.depends_on, seeder.environments, seeder.required) == (("b",), frozenset({"dev"}), True)
    assert (seeder.path, seeder.module) == (folder.path / "a.py", None)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = tmp_path / "shop_for_tests" / "seeds"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text("raise RuntimeError\n")
    (package / "__init__.py").write_text("raise RuntimeError\n")
    (package / "roles.py").write_text("from .base import seed_sync\n")
    (package / "users.py").write_text("DEPENDS_ON = ['roles']\nseed = make()\n")
    (package / "base.py").write_text("def helper(): ...\n")
    (package / "_own.py").write_text("def seed(): ...\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return package


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("dotted", "names"),
    [("shop_for_tests.seeds", ["roles", "users"]), ("shop_for_tests.seeds.users", ["users"])],
)
def test_installed_modules_need_no_leave_and_are_not_imported(dotted: str, names: list[str]) -> None:
    seeders = discover([dotted], allow_code=False, environ={})

    assert [seeder.name for seeder in seeders] == names
    assert [seeder.error for seeder in seeders] == [None] * len(names)
    last = seeders[-1]
    assert isinstance(last, PythonSeeder)
    assert (last.module, last.depends_on) == ("shop_for_tests.seeds.users", ("roles",))
    assert "shop_for_tests" not in sys.modules


@pytest.mark.usefixtures("installed")
def test_installed_module_that_is_no_seeder() -> None:
    (seeder,) = discover(["shop_for_tests.seeds.base"], allow_code=False, environ={})

    assert "no seed_sync(session)" in str(seeder.error)

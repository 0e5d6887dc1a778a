"""The example seeds: what is checked in is complete, consistent, and what the generator makes."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
import unicodedata
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "examples" / "reference-data"
DEMO = ROOT / "examples" / "demo"
GENERATOR = ROOT / "scripts" / "generate_reference_data.py"

KEYS = {
    "countries": ("alpha_2",),
    "subdivisions": ("code",),
    "currencies": ("code",),
    "country_currencies": ("country_code", "currency_code"),
    "languages": ("alpha_3",),
    "time_zones": ("name",),
}
OFFICIAL_MINIMUM = {
    "countries": 249,
    "subdivisions": 5000,
    "currencies": 178,
    "country_currencies": 249,
    "languages": 420,
    "time_zones": 590,
}
FOREIGN_KEYS = [
    ("subdivisions", "country_code", "countries", "alpha_2"),
    ("subdivisions", "parent_code", "subdivisions", "code"),
    ("country_currencies", "country_code", "countries", "alpha_2"),
    ("country_currencies", "currency_code", "currencies", "code"),
    ("languages", "macrolanguage", "languages", "alpha_3"),
    ("languages", "scope", "language_scopes", "code"),
    ("languages", "type", "language_types", "code"),
    ("time_zones", "links_to", "time_zones", "name"),
    ("time_zones", "country_code", "countries", "alpha_2"),
]


@dataclass(frozen=True)
class File:
    path: str


@dataclass(frozen=True)
class Ref:
    table: str
    where: dict[str, str]


class Loader(yaml.BaseLoader):
    """Scalars as they are written, and the two tags that the examples use."""


def construct_file(loader: Loader, node: yaml.ScalarNode) -> File:
    return File(loader.construct_scalar(node))


def construct_ref(loader: Loader, node: yaml.MappingNode) -> Ref:
    fields = loader.construct_mapping(node, deep=True)
    return Ref(fields["table"], fields["where"])


Loader.add_constructor("!file", construct_file)
Loader.add_constructor("!ref", construct_ref)


def seed(path: Path) -> dict[str, Any]:
    document = yaml.load(path.read_text(encoding="utf-8"), Loader)
    assert isinstance(document, dict)
    return document


def rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a seed file, defaults filled in, from wherever they stand."""
    document = seed(path)
    found = document.get("rows", File(f"{path.stem}.csv"))
    if isinstance(found, File):
        text = (path.parent / found.path).read_text(encoding="utf-8")
        found = (
            list(csv.DictReader(text.splitlines()))
            if found.path.endswith(".csv")
            else [json.loads(line) for line in text.splitlines()]
        )
    return [document.get("defaults", {}) | row for row in found]


def reference(stem: str) -> list[dict[str, Any]]:
    return rows(REFERENCE / f"{stem}.yaml")


SEED_FILES = sorted([*REFERENCE.glob("*.yaml"), *DEMO.glob("*.yaml")])
seed_file = pytest.mark.parametrize("path", SEED_FILES, ids=[path.stem for path in SEED_FILES])
table = pytest.mark.parametrize("stem", KEYS)


@seed_file
def test_the_key_is_unique_and_never_empty(path: Path) -> None:
    key = seed(path)["key"]
    found = [tuple(row[column] for column in key) for row in rows(path)]
    assert found
    assert len(set(found)) == len(found)
    assert all(all(cells) for cells in found)


@seed_file
def test_every_column_is_one_of_the_table_that_the_ddl_makes(path: Path) -> None:
    document = seed(path)
    ddl = (path.parent / document["ddl"].path).read_text(encoding="utf-8")
    assert f"CREATE TABLE {document['table']} (" in ddl
    named = {column for row in rows(path) for column in row} | set(document.get("insert_only", ()))
    assert {column for column in named if not re.search(rf"^    {column} ", ddl, re.MULTILINE)} == set()


@seed_file
def test_what_the_ddl_refers_to_is_seeded_before(path: Path) -> None:
    document = seed(path)
    ddl = (path.parent / document["ddl"].path).read_text(encoding="utf-8")
    parents = {name.split(".")[-1] for name in re.findall(r"REFERENCES ([\w.]+)", ddl)} - {path.stem}
    implied = {
        cell.table.split(".")[-1] for row in rows(path) for cell in row.values() if isinstance(cell, Ref)
    }
    assert parents <= implied | set(document.get("depends_on", ()))


@pytest.mark.parametrize("folder", [REFERENCE, DEMO], ids=["reference-data", "demo"])
def test_every_file_is_used_and_every_name_is_a_file(folder: Path) -> None:
    used = {folder / "README.md"}
    for path in folder.glob("*.yaml"):
        document = seed(path)
        cells = [cell for row in rows(path) for cell in row.values()]
        used.add(path)
        used |= {folder / value.path for value in [*document.values(), *cells] if isinstance(value, File)}
        if "rows" not in document:
            used.add(path.with_suffix(".csv"))
    present = {path for path in folder.rglob("*") if path.is_file() and path.parent.name != "licenses"}
    assert present == used


@pytest.mark.parametrize("folder", [REFERENCE, DEMO], ids=["reference-data", "demo"])
def test_files_are_utf8_with_unix_lines(folder: Path) -> None:
    for path in (path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert not content.startswith(b"\xef\xbb\xbf"), path
        assert b"\r" not in content, path
        assert content.endswith(b"\n"), path
        text = content.decode("utf-8")
        assert unicodedata.is_normalized("NFC", text), path


@table
def test_reference_rows_are_sorted_by_their_key(stem: str) -> None:
    found = [tuple(row[column] for column in KEYS[stem]) for row in reference(stem)]
    assert found == sorted(found)


@table
def test_reference_tables_are_complete(stem: str) -> None:
    assert len(reference(stem)) >= OFFICIAL_MINIMUM[stem]


@pytest.mark.parametrize(("child", "column", "parent", "key"), FOREIGN_KEYS)
def test_every_code_that_is_referred_to_exists(child: str, column: str, parent: str, key: str) -> None:
    named = {row[column] for row in reference(child)} - {""}
    assert named
    assert named <= {row[key] for row in reference(parent)}


def test_every_country_that_observes_a_zone_exists() -> None:
    observers = {
        code for row in reference("time_zones") for code in row["observed_in"].strip("{}").split(",") if code
    }
    assert observers <= {row["alpha_2"] for row in reference("countries")}
    assert len(observers) > 240


def test_a_link_leads_to_a_zone_and_not_to_another_link() -> None:
    links = {row["name"]: row["links_to"] for row in reference("time_zones") if row["links_to"]}
    assert links["Europe/Oslo"] == "Europe/Berlin"
    assert not set(links.values()) & set(links)


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("countries", {"alpha_2": "AF", "alpha_3": "AFG", "numeric_code": "004", "name": "Afghanistan"}),
        ("countries", {"alpha_2": "NO", "alpha_3": "NOR", "numeric_code": "578", "name": "Norway"}),
        ("countries", {"alpha_2": "CI", "name": "Côte d'Ivoire"}),
        ("subdivisions", {"code": "GB-KEN", "country_code": "GB", "parent_code": "GB-ENG", "name": "Kent"}),
        ("currencies", {"code": "ALL", "numeric_code": "008", "minor_units": "2"}),
        ("currencies", {"code": "JPY", "minor_units": "0"}),
        ("currencies", {"code": "BHD", "minor_units": "3"}),
        ("currencies", {"code": "XAU", "minor_units": "", "is_fund": "false"}),
        ("currencies", {"code": "CHE", "is_fund": "true"}),
        ("country_currencies", {"country_code": "BG", "currency_code": "EUR"}),
        ("country_currencies", {"country_code": "VA", "currency_code": "EUR"}),
        ("country_currencies", {"country_code": "CD", "currency_code": "CDF"}),
        ("country_currencies", {"country_code": "CG", "currency_code": "XAF"}),
        ("languages", {"alpha_3": "deu", "alpha_3_bibliographic": "ger", "alpha_2": "de", "name": "German"}),
        ("languages", {"alpha_3": "nno", "alpha_2": "nn", "macrolanguage": "nor"}),
        ("time_zones", {"name": "Asia/Calcutta", "links_to": "Asia/Kolkata", "country_code": ""}),
        ("time_zones", {"name": "America/Sao_Paulo", "latitude": "-23.5333", "longitude": "-46.6167"}),
    ],
)
def test_well_known_rows_are_as_everybody_knows_them(stem: str, expected: dict[str, str]) -> None:
    assert any(expected.items() <= row.items() for row in reference(stem))


def test_numeric_codes_keep_their_three_digits() -> None:
    for stem in ("countries", "currencies"):
        assert all(re.fullmatch(r"\d{3}", row["numeric_code"]) for row in reference(stem))


def pinned_versions() -> dict[str, str]:
    head = GENERATOR.read_text(encoding="utf-8").partition("# ///\n")[0]
    return dict(re.findall(r'"([\w-]+)==([\d.]+)"', head))


def test_the_readme_names_the_packages_and_counts_the_rows() -> None:
    readme = (REFERENCE / "README.md").read_text(encoding="utf-8")
    assert len(pinned_versions()) == 4
    for name, version in pinned_versions().items():
        assert f"| {name} | {version} |" in readme
    for stem in KEYS:
        assert f"| `{stem}` | {len(reference(stem)):,} |" in readme


def generator_packages_are_installed() -> bool:
    try:
        return all(metadata.version(name) == version for name, version in pinned_versions().items())
    except metadata.PackageNotFoundError:
        return False


needs_generator_packages = pytest.mark.skipif(
    not generator_packages_are_installed(), reason="the generator's packages are not installed as pinned"
)


def generate(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(script), *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@needs_generator_packages
def test_the_checked_in_files_are_what_the_generator_makes() -> None:
    run = generate(GENERATOR, "--check")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@needs_generator_packages
def test_the_generator_finds_what_differs_and_mends_it(tmp_path: Path) -> None:
    script = tmp_path / "scripts" / GENERATOR.name
    script.parent.mkdir()
    shutil.copy(GENERATOR, script)
    folder = tmp_path / "examples" / "reference-data"
    shutil.copytree(REFERENCE, folder)
    (folder / "currencies.csv").write_text("code\nEUR\n", encoding="utf-8")
    (folder / "countries.csv").unlink()

    run = generate(script, "--check")
    assert run.returncode == 1
    assert run.stdout.splitlines() == [
        "countries.csv: differs from the packages",
        "currencies.csv: differs from the packages",
    ]
    assert not (folder / "countries.csv").exists()

    assert generate(script).returncode == 0
    for stem in KEYS:
        assert (folder / f"{stem}.csv").read_bytes() == (REFERENCE / f"{stem}.csv").read_bytes()


DEMO_FILES = sorted(DEMO.glob("*.yaml"))


@pytest.mark.parametrize("path", DEMO_FILES, ids=[path.stem for path in DEMO_FILES])
def test_the_demo_is_for_development_in_a_schema_of_its_own(path: Path) -> None:
    document = seed(path)
    assert document["environments"] == ["development"]
    assert document["table"] == f"shop.{path.stem}"
    count = re.search(
        rf"^\| `{path.stem}\.\w+`.*?\| (\d+) \|", (DEMO / "README.md").read_text(), re.MULTILINE
    )
    assert count
    assert int(count[1]) == len(rows(path))


def test_every_ref_of_the_demo_finds_exactly_one_row() -> None:
    refs = [
        cell for path in DEMO_FILES for row in rows(path) for cell in row.values() if isinstance(cell, Ref)
    ]
    assert len(refs) > 40
    for ref in refs:
        parents = rows(DEMO / f"{ref.table.removeprefix('shop.')}.yaml")
        assert sum(ref.where.items() <= parent.items() for parent in parents) == 1, ref


@pytest.mark.parametrize(
    ("child", "column", "parent", "key"),
    [
        ("orders", "shipping_method", "shipping_methods", "code"),
        ("order_lines", "order_number", "orders", "number"),
        ("reviews", "sku", "products", "sku"),
    ],
)
def test_every_natural_foreign_key_of_the_demo_exists(child: str, column: str, parent: str, key: str) -> None:
    named = {row[column] for row in rows(DEMO / f"{child}.yaml")}
    assert named <= {row[key] for row in rows(DEMO / f"{parent}.yaml")}


def test_every_order_has_lines_numbered_from_one() -> None:
    lines: dict[str, list[int]] = {}
    for row in rows(DEMO / "order_lines.yaml"):
        lines.setdefault(row["order_number"], []).append(int(row["line"]))
    assert set(lines) == {row["number"] for row in rows(DEMO / "orders.yaml")}
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in lines.values())

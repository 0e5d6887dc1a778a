"""The JSON Schemas say of the form of a seed file what its reader says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from seeder.cli import command
from seeder.errors import SeedFileError
from seeder.seed_files import schema
from seeder.seed_files.document import Document
from seeder.seed_files.fields import (
    FIELDS,
    OVERLAY_FIELDS,
    POLICIES,
    SET_FIELDS,
    read_fields,
    read_overlay,
    read_set,
)
from seeder.seed_files.inputs import Inputs
from seeder.seed_files.json_reader import JsonDocument
from seeder.seed_files.recording import AnyVariable
from seeder.seed_files.said import resolve
from seeder.seed_files.tags import Tags
from seeder.seed_files.values import FileContent, Ref, Value
from seeder.seed_files.yaml_reader import YamlDocument

ROOT = Path(__file__).parents[3]
SCHEMAS = {name: json.loads(text) for name, text in schema.schemas().items()}
FILES = sorted(
    path
    for folder in ("examples", "seeder/builtin", "seeder/starter")
    for kind in ("yaml", "json")
    for path in (ROOT / folder).rglob(f"*.{kind}")
    if "rows:" in (text := path.read_text())
    or "ddl:" in text
    or '"rows"' in text
    or path.name == "_seeds.yaml"
)


def is_valid(name: str, document: Any) -> bool:
    return bool(jsonschema.Draft7Validator(SCHEMAS[name]).is_valid(document))


def plain(value: Value) -> Any:
    """A value as an editor sees it, which knows no tags."""
    match value:
        case list():
            return [plain(item) for item in value]
        case dict():
            return {name: plain(item) for name, item in value.items()}
        case FileContent():
            return value.name
        case Ref():
            return {"table": str(value.table), "where": plain(dict(value.where))}
        case bytes():
            return value.decode("latin-1")
    return resolve(value)


def read(path: Path) -> Document:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return JsonDocument(text, path.name)
    return YamlDocument(text, path.name, Tags(Inputs(path.parent, [path]), AnyVariable()))


def test_the_schemas_in_the_package_are_up_to_date() -> None:
    """Write them anew with UPDATE_GOLDEN=1."""
    for name, text in schema.schemas().items():
        if os.environ.get("UPDATE_GOLDEN"):
            (schema.FOLDER / name).write_text(text)
        assert (schema.FOLDER / name).read_text() == text
        jsonschema.Draft7Validator.check_schema(json.loads(text))
    assert {path.name for path in schema.FOLDER.iterdir()} == set(SCHEMAS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_and_built_in_seeds_are_valid(path: Path) -> None:
    document = read(path)
    whole = {name: plain(document.field(name)) for name in document.names}
    if document.rows_files:
        whole["rows"] = document.rows_files[0].name
    elif document.has_rows:
        whole["rows"] = [
            dict(zip(names, map(plain, values or ()), strict=True)) for names, values, _ in document.records()
        ]
    name = "seed-set.schema.json" if path.name == "_seeds.yaml" else "seed-file.schema.json"
    jsonschema.Draft7Validator(SCHEMAS[name]).validate(whole)


def test_examples_of_each_kind_are_among_them() -> None:
    assert len(FILES) > 25
    assert {path.name for path in FILES} >= {"_seeds.yaml", "settings.json", "tools.yaml", "countries.yaml"}


VALUES: list[Any] = [
    *("", " ", "a", "keep", "overwrite", "fail", "restore", "delete", "upsert", "insert", "1.2.3"),
    *(True, False, None, 1, 1.5),
    *([], [""], ["a"], ["a", "b"], ["a", 1], [None], [["a"]]),
    *({}, {"a": 1}, {"set": {}}, {"set": {"a": 1}}, {"set": 1}, {"set": {"a": 1}, "b": 2}),
    *({"created": "a"}, {"created": None, "updated": False}, {"created": True}, {"created": 1}, {"b": "a"}),
]


@pytest.mark.parametrize("value", VALUES, ids=json.dumps)
@pytest.mark.parametrize("field", [*FIELDS, "unknown"])
def test_a_field_takes_what_its_schema_takes(field: str, value: Any) -> None:
    if field in {"table", "formerly"}:
        value = ["x"] if value == [""] else value or "x"  # Which names can be meant, only the reader knows.
        if value in (" ", "1.2.3"):
            return
    try:
        read_fields(JsonDocument(json.dumps({field: value}), "x.json"), "this")
    except SeedFileError:
        taken = False
    else:
        taken = True
    assert is_valid("seed-file.schema.json", {field: value}) == taken


@pytest.mark.parametrize("value", VALUES, ids=json.dumps)
@pytest.mark.parametrize("field", [*SET_FIELDS, *POLICIES, "rows", "unknown"])
def test_so_does_a_field_of_a_set(field: str, value: Any) -> None:
    try:
        read_set(JsonDocument(json.dumps({field: value}), "x.json"))
    except SeedFileError:
        taken = False
    else:
        taken = True
    allowed = is_valid("seed-set.schema.json", {field: value})
    assert allowed >= taken
    if field != "release":  # Which releases there are, only the reader knows.
        assert allowed == taken


def test_rows() -> None:
    right: list[Any] = [[], [{"a": 1}, {"b": None}], "rows.csv"]
    wrong: list[Any] = [None, 1, {}, [1], [{}], [None]]
    assert all(is_valid("seed-file.schema.json", {"rows": rows}) for rows in right)
    assert not any(is_valid("seed-file.schema.json", {"rows": rows}) for rows in wrong)


def test_a_file_may_name_its_schema() -> None:
    document = JsonDocument('{"$schema": "x.json", "rows": []}', "x.json")
    assert "$schema" not in read_fields(document, "this")


@pytest.mark.parametrize("value", VALUES, ids=json.dumps)
@pytest.mark.parametrize("field", [*OVERLAY_FIELDS, *FIELDS, "unknown"])
def test_so_does_a_field_of_an_overlay(field: str, value: Any) -> None:
    document = JsonDocument(json.dumps({"rows": [], field: value}), "x.json")
    try:
        read_overlay(document, "base.yaml")
    except SeedFileError:
        taken = False
    else:
        taken = True
    assert is_valid("seed-overlay.schema.json", {"rows": [], field: value}) == taken


def test_an_overlay_has_something() -> None:
    assert not is_valid("seed-overlay.schema.json", {})
    assert is_valid("seed-overlay.schema.json", {"absent": [{"name": "a"}]})
    assert not is_valid("seed-overlay.schema.json", {"rows": "rows.csv"})


@pytest.mark.parametrize(
    ("asked", "name"), [([], "seed-file"), (["--set"], "seed-set"), (["--overlay"], "seed-overlay")]
)
def test_the_command_prints_them(asked: list[str], name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["schema", *asked], {}) == 0
    assert json.loads(capsys.readouterr().out) == SCHEMAS[f"{name}.schema.json"]

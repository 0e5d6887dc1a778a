"""The merge's statements as the database gets them: a change of SQL is seen in review, and every name has its schema.

Each file of `seeder/merge/sql/` is rendered for one sample table into `golden/`. With UPDATE_GOLDEN=1 in the
environment, the tests write these files anew.
"""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.merge.sample import rendered
from tests.unit.merge.unqualified import functions, operators, types

if TYPE_CHECKING:
    from tests.unit.merge.sample import Recorder

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(
    file.name.removesuffix(".sql")
    for file in resources.files("seeder.merge").joinpath("sql").iterdir()
    if file.name.endswith(".sql")
)


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Recorder:
    with pytest.MonkeyPatch.context() as monkeypatch:
        return rendered(tmp_path_factory.mktemp("seeds"), monkeypatch)


@pytest.mark.parametrize("name", FILES)
def test_a_statement_is_as_its_golden_file_has_it(recorder: Recorder, name: str) -> None:
    assert name in recorder.composed, f"nothing composes {name}.sql for the sample table"
    text, file = recorder.composed[name][0] + "\n", GOLDEN / f"{name}.sql"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        file.write_text(text)
    assert file.exists(), "run with UPDATE_GOLDEN=1, and review what it writes"
    assert text == file.read_text(), "run with UPDATE_GOLDEN=1, and review what it changes"


def test_no_golden_file_is_left_over() -> None:
    assert sorted(file.stem for file in GOLDEN.iterdir()) == FILES


@pytest.mark.parametrize("name", FILES)
def test_a_database_of_any_encoding_can_read_it(name: str) -> None:
    assert resources.files("seeder.merge").joinpath("sql", f"{name}.sql").read_bytes().isascii()


# Every name has its schema


@pytest.mark.parametrize("name", FILES)
def test_functions_and_types_carry_their_schema(name: str) -> None:
    statement = (GOLDEN / f"{name}.sql").read_text()
    assert not list(functions(statement))
    assert not list(types(statement))


@pytest.mark.parametrize("name", ["insert", "insert_shape", "update", "delete", "set", "constraints"])
def test_operators_carry_their_schema_where_the_roles_own_search_path_is_in_force(name: str) -> None:
    assert not list(operators((GOLDEN / f"{name}.sql").read_text()))


def test_so_do_those_of_statements_that_come_from_no_file(recorder: Recorder) -> None:
    assert len(recorder.sent) > len(FILES)
    assert not [text for text in recorder.sent if [*functions(text), *types(text)]]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT now()", ["now"]),
        ("SELECT sha256 ('x')", ["sha256"]),
        ("SELECT x.f(1)", ["f"]),
        ("WHERE lower(a) IN (1) AND NOT (b)", ["lower"]),
        ('SELECT pg_catalog.now(), "ext".f(1), coalesce(a, b), EXISTS (SELECT)', []),
        ("SELECT 'now()', \"now()\" -- now()\nFROM pg_catalog.unnest(a) AS x (y)", []),
    ],
)
def test_a_function_without_its_schema_is_found(statement: str, expected: list[str]) -> None:
    assert list(functions(statement)) == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT CAST(a AS text)", ["text"]),
        ("SELECT a::int", ["::int"]),
        ("SELECT interval '1 day'", ["interval ''"]),
        ("SELECT CAST(CAST((SELECT 1 AS x) AS numeric(1)) AS pg_catalog.text)", ["numeric(1)"]),
        ('SELECT CAST(a AS pg_catalog.int2[]), CAST(b AS "shop"."mood"), \'a::int\'', []),
    ],
)
def test_a_type_without_its_schema_is_found(statement: str, expected: list[str]) -> None:
    assert list(types(statement)) == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT a = b", ["="]),
        ("SELECT a OPERATOR(=) b", ["="]),
        ("SELECT a IN (1), nullif(a, b), a IS DISTINCT FROM b", ["IN", "nullif", "IS DISTINCT FROM"]),
        ("SELECT CASE a WHEN 1 THEN 2 END", ["CASE a"]),
        ('UPDATE x SET "a" = 1, "b" = CASE WHEN "c" = 1 THEN 2 END FROM y', ["="]),
        ('SELECT pg_catalog.count(*), a.*, a OPERATOR(pg_catalog.=) b, a OPERATOR("ext".<>) %(b)s', []),
    ],
)
def test_an_operator_without_its_schema_is_found(statement: str, expected: list[str]) -> None:
    assert list(operators(statement)) == expected

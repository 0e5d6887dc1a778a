"""What an export writes, a seed file's reader reads as the same text; and other readers of YAML do too."""

from __future__ import annotations

import io
import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from seeder.errors import SeedingError
from seeder.export.cells import Reference, UnsayableError, document, reader_for
from seeder.export.csv_writer import write_csv
from seeder.export.ndjson_writer import write_ndjson
from seeder.export.yaml_writer import YamlWriter
from seeder.merge.encoding import encoder_for
from seeder.merge.table import Column
from tests.unit.seed_files.folder import SeedFolder, cells

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

shared_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.text(
    st.sampled_from(" \t\n\r\"'#:-{}[],&*!|>%@`\\~.\x07\x85\u2028\ufeff\U0001f600aé0")
)
NAMES = TEXTS.filter(bool)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
).filter(lambda value: value is not None)
ITEMS = st.lists(st.none() | TEXTS, min_size=1, max_size=4) | st.lists(
    st.lists(st.none() | TEXTS, min_size=2, max_size=2), min_size=1, max_size=3
)


def column(base: str, category: str, name: str = "x") -> Column:
    return Column(
        name=name,
        number=1,
        type=base,
        type_oid=0,
        type_schema="pg_catalog",
        type_name=base,
        element_schema=None,
        element_name=None,
        base=base,
        base_schema="pg_catalog",
        category=category,
        by_extension=False,
        not_null=False,
        generated=False,
        identity="",
        readable=True,
        missing=None,
        sequence=None,
        equality=("pg_catalog", "="),
        collation=None,
        deterministic=True,
    )


def exported(columns: Sequence[str], rows: Sequence[Sequence[Any]], kind: str) -> str:
    written: list[str] = []
    if kind == "csv":
        write_csv(columns, rows, written.append)
    elif kind == "ndjson":
        write_ndjson(columns, rows, written.append)
    else:
        writer = YamlWriter(written.append)
        writer.rows(columns, rows)
        writer.end()
    return "".join(written)


def read_back(folder: Path, columns: Sequence[str], rows: Sequence[Sequence[Any]], kind: str) -> list[Any]:
    file = SeedFolder(folder)
    file.write(f"rows.{kind}", exported(columns, rows, kind))
    return cells(file.only())


@pytest.mark.parametrize("kind", ["yaml", "ndjson", "csv"])
class TestTexts:
    @shared_folder
    @given(name=NAMES, texts=st.lists(TEXTS, min_size=1, max_size=4))
    @example(
        name="yes",
        texts=["null", "", "~", "007", "1e3", "0o7", "2024-01-01", "<<", "=", "- a", "a: b", "a #b"],
    )
    @example(
        name="a",
        texts=["a\n", "a\n\n", "\na", " a\nb", "a \nb", "a\n b\n\n\tc", "a\r\nb", "\\.", "a\u2028b\nc"],
    )
    def test_they_are_read_as_they_were(self, tmp_path: Path, kind: str, name: str, texts: list[str]) -> None:
        kind_of = column("text", "S")
        read, encode = reader_for(kind_of), encoder_for(kind_of)
        rows = [[text if kind == "csv" else read(text), "1"] for text in texts]
        other = f"{name}2"
        found = read_back(tmp_path, [name, other], rows, kind)
        assert [encode(row[name]) for row in found] == texts
        assert [row[other] for row in found] == ["1"] * len(texts)

    def test_null_is_no_text(self, tmp_path: Path, kind: str) -> None:
        found = read_back(tmp_path, ["a", "b"], [[None, ""], ["", None], ["null", "NULL"]], kind)
        assert [tuple(row.values()) for row in found] == [(None, ""), ("", None), ("null", "NULL")]


class TestYaml:
    @given(texts=st.lists(TEXTS, min_size=1, max_size=4))
    @example(["yes", "null", "12:30", "1_000", "0x1F", "1e3", ".5", "2024-01-01", "a\n\n\tb", "~"])
    def test_every_reader_of_yaml_takes_a_text_for_a_text(self, texts: list[str]) -> None:
        said = yaml.safe_load(exported(["a"], [[text] for text in texts], "yaml"))
        assert [row["a"] for row in said["rows"]] == texts

    def test_it_looks_as_if_a_person_had_written_it(self) -> None:
        written: list[str] = []
        writer = YamlWriter(written.append)
        writer.fields({"table": "shop.tools", "key": ["name", "size"], "timestamps": False})
        config = {"timeout": document("10"), "tags": ["a", "b"], "empty": {}, "note": "yes"}
        long = {"description": "a text that is much too long for one line with others", "more": config}
        writer.rows(
            ["name", "size", "text", "config", "long", "parent"],
            [
                [
                    "web search",
                    reader_for(column("numeric", "N"))("1.50"),
                    "two\nlines\n",
                    config,
                    long,
                    None,
                ],
                ["007", None, "It's: #1", [], [], Reference("tools", {"name": "web search"}, "id")],
            ],
        )
        writer.end()
        assert (
            "".join(written)
            == """\
table: shop.tools
key: [name, size]
timestamps: false
rows:
  - name: web search
    size: 1.50
    text: |
      two
      lines
    config: {timeout: 10, tags: [a, b], empty: {}, note: 'yes'}
    long:
      description: a text that is much too long for one line with others
      more: {timeout: 10, tags: [a, b], empty: {}, note: 'yes'}
    parent: null
  - name: '007'
    size: null
    text: 'It''s: #1'
    config: []
    long: []
    parent: !ref {table: tools, where: {name: web search}, column: id}
"""
        )

    def test_no_rows(self) -> None:
        assert exported(["a"], [], "yaml") == "rows: []\n"


@pytest.mark.parametrize("kind", ["yaml", "ndjson"])
class TestDocuments:
    @shared_folder
    @given(value=DOCUMENTS)
    @example({"<<": {"yes": "no"}, "": [], "null": "null", "n": 1e300, "deep": [[[{"a": "b\nc"}]]]})
    def test_they_are_read_as_they_were(self, tmp_path: Path, kind: str, value: Any) -> None:
        kind_of = column("jsonb", "U")
        found = read_back(tmp_path, ["a"], [[reader_for(kind_of)(json.dumps(value))]], kind)
        assert json.loads(encoder_for(kind_of)(found[0]["a"]) or "null") == value

    def test_numbers_keep_their_digits(self, tmp_path: Path, kind: str) -> None:
        text = f"[1.50,-0,1E+5,{'12' * 3000},0.{'0' * 400}1]"
        kind_of = column("json", "U")
        found = read_back(tmp_path, ["a"], [[reader_for(kind_of)(text)]], kind)
        assert encoder_for(kind_of)(found[0]["a"]) == text

    @shared_folder
    @given(value=ITEMS)
    @example([["{", "}"], [None, "NULL"]])
    def test_arrays_are_too(self, tmp_path: Path, kind: str, value: list[Any]) -> None:
        kind_of = column("_text", "A")
        read = reader_for(kind_of)
        assert read(as_array(value)) == value
        found = read_back(tmp_path, ["a"], [[read(as_array(value))]], kind)
        assert read(encoder_for(kind_of)(found[0]["a"]) or "") == value


def as_array(value: Any) -> str:
    """An array as PostgreSQL writes it."""
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return "{" + ",".join(map(as_array, value)) + "}"
    plain = value and not set(value) & set('{},"\\ \t\n\r\v\f') and value.upper() != "NULL"
    shown = str(value)
    return shown if plain else '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'


class TestWhatCanNotBeSaid:
    @pytest.mark.parametrize(
        "text",
        [
            "null",
            '{"a":1,"a":2}',
            r'["\u0000"]',
            r'{"\ud800":1}',
            "[" * 91 + "]" * 91,
            "[" * 5000 + "]" * 5000,
        ],
        ids=["null", "twice", "nul", "surrogate", "deep", "very deep"],
    )
    def test_a_document(self, text: str) -> None:
        with pytest.raises(UnsayableError):
            document(text)

    @pytest.mark.parametrize("text", ["[0:1]={1,2}", "{{1,null},{2,3}}"], ids=["indexes", "dimensions"])
    def test_an_array_stays_a_text(self, text: str) -> None:
        assert reader_for(column("_jsonb", "A"))(text) == text

    def test_in_csv_a_row_of_one_null(self) -> None:
        with pytest.raises(SeedingError, match="no line for a row"):
            write_csv(["a"], [["1"], [None]], io.StringIO().write)


def test_a_large_file_is_written_as_it_is_read() -> None:
    """Of rows that come one by one, none is held when the next one is asked for."""
    held: list[str] = []

    def rows() -> Any:
        for number in itertools.count():
            assert sum(map(len, held)) >= 8 * max(0, number - 2)
            if number == 1000:
                return
            yield [str(number).zfill(6)]

    writer = YamlWriter(held.append)
    assert writer.rows(["a"], rows()) == 1000

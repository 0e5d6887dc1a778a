"""Histories: what is written is read back, what is recorded, and what is wrong with a line."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeder.errors import SeedFileError
from seeder.seed_files import DataSeeder, discover
from seeder.seed_files.history import HistoryRows
from seeder.seed_files.history_line import line_of, recorded, same_row
from seeder.seed_files.values import FileDigest, Literal, Plain, Ref, TableName

if TYPE_CHECKING:
    from pathlib import Path

    from seeder.seed_files.values import Value
    from tests.unit.seed_files.folder import SeedFolder

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
names = st.one_of(st.sampled_from(["!", "!ref", "!plain", "a.b", '"']), texts.filter(bool))
plains = st.sampled_from(
    ["007", "1", "1.50", "1e400", "true", "True", "no", "0x1F", "-0", "+5", ".5", "a b", "~x"]
)
scalars = st.one_of(st.none(), st.booleans(), texts, plains.map(Plain))
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3))
)
tables = st.builds(TableName, st.none() | names, names)
refs = st.builds(Ref, tables, st.dictionaries(names, scalars, min_size=1, max_size=2), st.none() | names)
cells = st.one_of(
    values,
    st.binary(max_size=5),
    texts.map(Literal),
    st.just("0123456789abcdef" * 4).map(FileDigest),
    refs,
)


def read(path: Path, *lines: str) -> list[tuple[str, dict[str, Value]]]:
    file = path / "tools.history.ndjson"
    file.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return list(HistoryRows(file, "tools.history.ndjson").releases())


def alike(value: Any) -> Any:
    """A value as the encoders of the merge tell it from others."""
    match value:
        case Plain():
            # What is neither a number nor a word of YAML's means the same with quotes.
            as_is = {"true": True, "false": False, "no": "no", "a b": "a b", "~x": "~x"}
            same = as_is.get(value)
            return (Plain, str(value)) if same is None else (type(same), same)
        case Ref():
            return ("ref", value.table, alike(dict(value.where)), value.column)
        case list():
            return [alike(item) for item in value]
        case dict():
            return {name: alike(item) for name, item in value.items()}
        case _:
            return (type(value), value)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("histories")


@given(release=texts.filter(bool), row=st.dictionaries(names, cells, min_size=1, max_size=5))
def test_what_is_written_is_read_back(place: Path, release: str, row: dict[str, Value]) -> None:
    line = line_of(release, row)
    assert "\n" not in line
    ((found, back),) = read(place, line)
    assert found == release
    assert alike(back) == alike(row)
    assert same_row(back) == same_row(row)
    assert same_row(dict(reversed(back.items()))) == same_row(row)


def test_what_is_recorded_of_a_row(folder: SeedFolder) -> None:
    folder.write("prompt.md", "\ufeffBe good.\n")
    folder.write("config.json", '{"a": 1}')
    folder.write(
        "tools.yaml",
        "key: [name]\ninsert_only: [enabled]\ndefaults: {enabled: true, size: 007}\nrows:\n"
        "- name: a\n  prompt: !file prompt.md\n  config: !file config.json\n  key: !env KEY\n"
        "  nested: {text: !file prompt.md, list: [!env KEY]}\n  inside: {text: !file prompt.md}\n",
    )
    seeder = folder.only(KEY="s3cret")
    (row,) = seeder.rows()
    assert line_of("1", recorded(row.columns, row.values, seeder.insert_only)) == (
        '{"release": "1", "row": {"name": "a", "prompt": {"!sha256": '
        '"d35b3ac46465c251c2a153b04decb37ca7a9cd0c00b6757e024fa434e6cc28f6"}, '
        '"inside": {"text": "Be good.\\n"}, "size": {"!plain": "007"}}, "text": {"config": "{\\"a\\": 1}"}}'
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[]", "1:1: each line must be an object"),
        ('{"release": "", "row": {"a": 1}}', "1:13: release must be text that is not empty"),
        ('{"release": 1, "row": {"a": 1}}', "1:13: release must be text that is not empty"),
        ('{"release": "1", "rows": {"a": 1}}', '1:26: unknown member "rows"; did you mean "row"?'),
        ('{"release": "1", "row": {}}', "1: the row has no columns"),
        ('{"release": "1"}', "1: the row has no columns"),
        ('{"release": "1", "row": {"a": 1}, "text": {"a": "1"}}', '1:49: the column "a" appears twice'),
        ('{"release": "1", "text": {"a": 1}}', "1:32: each value in text must be text or null"),
        ('{"release": "1", "row": {"a": {"!rev": 1}}}', '1:31: unknown tag !rev; did you mean "!ref"?'),
        ('{"release": "1", "row": {"a": {"!sha256": "ab"}}}', "1:31: the value of !sha256 is not valid"),
        ('{"release": "1", "row": {"a": {"!bytes": "*"}}}', "1:31: the value of !bytes must be base64"),
        (
            '{"release": "1", "row": {"a": {"!ref": {"table": "t"}}}}',
            '1:31: the value of !ref must be {"table": "...", "where": {"column": "value"}}',
        ),
    ],
)
def test_a_wrong_line_is_told_with_its_place(place: Path, line: str, expected: str) -> None:
    with pytest.raises(SeedFileError) as caught:
        read(place, line)
    assert str(caught.value) == f"tools.history.ndjson:{expected}"


def history_of(folder: SeedFolder, name: str = "tools") -> HistoryRows:
    found = {each.name: each for each in folder.discover()}
    seeder = found[name]
    assert isinstance(seeder, DataSeeder), seeder
    assert isinstance(seeder.history, HistoryRows)
    return seeder.history


@pytest.mark.parametrize(
    "seed_file", ["tools.yaml", "tools.yml", "tools.json", "tools.csv", "tools.ndjson.gz"]
)
def test_a_history_belongs_to_the_seed_file_beside_it(folder: SeedFolder, seed_file: str) -> None:
    content = {".csv": "name\na\n", ".yaml": "rows: [{name: a}]", ".yml": "rows: [{name: a}]"}
    text = content.get(
        seed_file[5:], '{"rows": [{"name": "a"}]}' if seed_file.endswith(".json") else '{"name": "a"}\n'
    )
    folder.write(seed_file, gzip.compress(text.encode()) if seed_file.endswith(".gz") else text)
    folder.write("tools.history.ndjson", '{"release": "1", "row": {"name": "a"}}\n')
    assert folder.names() == ["tools"]
    assert [row.values for row in history_of(folder).rows()] == [("a",)]
    (alone,) = discover([str(folder.path / seed_file)], allow_code=False, environ={})
    assert isinstance(alone, DataSeeder)
    assert alone.history is not None
    assert folder.path / "tools.history.ndjson" in alone.sources


def test_a_packed_history(folder: SeedFolder) -> None:
    folder.write("tools.csv", "name\na\n")
    folder.write("tools.history.ndjson.gz", gzip.compress(b'{"release": "1", "row": {"name": "a"}}\n'))
    assert [row.values for row in history_of(folder).rows()] == [("a",)]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            ["tools.history.ndjson"],
            "tools.history.ndjson: there is no seed file tools.yaml, .json, .csv or .ndjson beside this history",
        ),
        (
            ["tools.sql", "tools.history.ndjson"],
            "tools.history.ndjson: a history is of rows, and tools.sql has none",
        ),
        (
            ["tools.csv", "tools.history.yaml"],
            "tools.history.yaml: a history is NDJSON; `seeder record-history` writes tools.history.ndjson",
        ),
        (
            ["tools.csv", "tools.history.ndjson", "tools.history.ndjson.gz"],
            "tools.history.ndjson: there is a second history, tools.history.ndjson.gz; keep one of them",
        ),
    ],
)
def test_a_history_that_belongs_to_no_seed_file_is_an_error(
    folder: SeedFolder, files: list[str], expected: str
) -> None:
    for file in files:
        folder.write(file, "SELECT 1" if file.endswith(".sql") else "name\na\n")
    assert folder.error().startswith(expected)
    assert folder.names() == ["tools"]

"""What rows hold, where they stand, and that big files stream."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from seeder.seed_files import DataSeeder, TableName, Timestamps
from seeder.seed_files.model import Mode, Policy
from seeder.seed_files.raw_csv import raw_csv
from seeder.seed_files.said import resolve
from seeder.seed_files.values import FileContent, Literal, Plain, Ref, Secret
from tests.unit.seed_files.folder import SeedFolder, cells

if TYPE_CHECKING:
    from pathlib import Path

    from seeder.seed_files.values import Value

FIELDS = """\
table: '"My Schema".tools'
key: [name]
formerly: [gadgets, shop-2.eu/tools, gadgets]
depends_on: [b, a, b]
environments: [dev]
required: True
ddl: create table tools ()
defaults: {group_id: null, kind: plain}
insert_only: [enabled]
mode: insert
existing_rows: keep
edited_rows: fail
deleted_rows: keep
retired_rows: {set: {enabled: false}}
timestamps: {created: made, updated: null}
rows:
  - {name: a, enabled: yes}
  - name: b
    enabled: no
    kind: "special"
"""


def test_every_field(folder: SeedFolder) -> None:
    folder.write("tools.yaml", FIELDS)
    seeder = folder.only()

    assert seeder.table == TableName("My Schema", "tools")
    assert (seeder.key, seeder.depends_on, seeder.environments) == (("name",), ("b", "a"), frozenset({"dev"}))
    assert seeder.formerly == ("gadgets", "shop-2.eu/tools")
    assert (seeder.required, seeder.ddl, seeder.ddl_allowed) == (True, "create table tools ()", False)
    assert (seeder.insert_only, seeder.mode) == (frozenset({"enabled"}), Mode.INSERT)
    assert (seeder.existing_rows, seeder.edited_rows) == (Policy.KEEP, Policy.FAIL)
    assert (seeder.deleted_rows, seeder.retired_rows) == (Policy.KEEP, {"enabled": Plain("false")})
    assert seeder.timestamps == Timestamps("made", None, explicit=True)
    assert cells(seeder) == [
        {"name": "a", "enabled": "yes", "group_id": None, "kind": "plain"},
        {"name": "b", "enabled": "no", "group_id": None, "kind": "special"},
    ]
    first, second = seeder.rows()
    assert first.columns is second.columns


IN_PART: dict[str, str | bytes] = {
    "tools.csv": "name,deleted_at\na,\n",
    "tools.ndjson": '{"name": "a"}\n',
    "tools.csv.gz": gzip.compress(b"name,tenant\na,5\n"),
}


@pytest.mark.parametrize("name", IN_PART)
def test_each_row_is_in_the_part(folder: SeedFolder, name: str) -> None:
    folder.write("tools.yaml", "key: [name]\nwhere: {tenant: 5, deleted_at: null, live: true}\n")
    folder.write(name, IN_PART[name])
    seeder = folder.only()

    assert seeder.where == {"tenant": "5", "deleted_at": None, "live": "true"}
    assert cells(seeder) == [{"name": "a", **seeder.where}]
    # COPY would not see a row outside.
    assert raw_csv(seeder) is None


def test_a_boolean_is_spelled_as_each_file_does(folder: SeedFolder) -> None:
    folder.write("tools.yaml", "where: {live: True}\n")
    folder.write("tools.ndjson", '{"name": "a", "live": true}\n')

    assert cells(folder.only()) == [{"name": "a", "live": True}]


def test_every_default(folder: SeedFolder) -> None:
    folder.write("tools.yaml", "rows: []\n")
    seeder = folder.only()

    assert (seeder.table, seeder.key, seeder.ddl) == (TableName(None, "tools"), None, None)
    assert (seeder.depends_on, seeder.environments, seeder.required) == ((), frozenset(), False)
    assert seeder.formerly == ()
    assert (seeder.mode, seeder.insert_only, seeder.references) == (Mode.UPSERT, frozenset(), frozenset())
    assert (seeder.existing_rows, seeder.edited_rows) == (None, Policy.KEEP)
    assert (seeder.deleted_rows, seeder.retired_rows) == (Policy.RESTORE, Policy.KEEP)
    assert seeder.timestamps == Timestamps("created_at", "updated_at", explicit=False)


def test_timestamps_off(folder: SeedFolder) -> None:
    folder.write("tools.yaml", "timestamps: false\nrows: []\n")

    assert folder.only().timestamps is None


SCALARS = {
    "NO": Plain,
    "007": Plain,
    "1.10": Plain,
    "2024-01-01": Plain,
    "=": Plain,
    "0x1F": Plain,
    "'NO'": str,
    '""': str,
    "|\n      two\n      lines": str,
    "!!str 1": str,
    "": type(None),
    "~": type(None),
    "null": type(None),
    "Null": type(None),
    "NULL": type(None),
    "nULL": Plain,
    "'null'": str,
    "!!binary AAE=": bytes,
    "[a, {b: 1}]": list,
    "{a: [1]}": dict,
}


@pytest.mark.parametrize(("text", "kind"), SCALARS.items())
def test_yaml_scalars_are_left_to_the_column(folder: SeedFolder, text: str, kind: type) -> None:
    folder.write("tools.yaml", f"rows:\n  - b: 1\n    a: {text}\n")
    (row,) = folder.only().rows()

    assert type(row.values[1]) is kind
    if kind is Plain:
        assert row.values[1] == text


def test_tags(folder: SeedFolder) -> None:
    folder.write("text.md", "\ufeffhello\r\n")
    folder.write("twin", "from a file\n")
    folder.write(
        "tools.yaml",
        "defaults: {d: !ref {table: kinds, where: {a: 1}}}\nrows:\n"
        "  - text: !file text.md\n    env: !env TOKEN\n    or: !env NONE:a:b\n    empty: !env 'NONE:'\n"
        "    twin: !env TWIN\n    deep: {list: [!env TOKEN, !file text.md]}\n"
        "    ref: !ref {table: s.other, where: {name: Search, n: null}, column: id}\n",
    )
    seeder = folder.only(TOKEN="hunter2", TWIN_FILE=str(folder.path / "twin"), NONE_FILE="")
    (row,) = seeder.rows()
    text, env, other, empty, twin, deep, ref, default = row.values

    assert isinstance(text, FileContent)
    assert (text.read_text(), text.read_bytes()) == ("hello\r\n", "\ufeffhello\r\n".encode())
    assert [env, other, empty, twin] == ["hunter2", "a:b", "", "from a file"]
    assert {type(each) for each in (env, other, empty, twin)} == {Secret}
    assert isinstance(deep, dict)
    assert [type(each) for each in deep["list"]] == [Secret, FileContent]  # type: ignore[union-attr] # it is a list
    assert isinstance(ref, Ref)
    assert (ref.table, ref.where, ref.column) == (
        TableName("s", "other"),
        {"name": "Search", "n": None},
        "id",
    )
    assert isinstance(default, Ref)
    assert seeder.references == {TableName("s", "other"), TableName(None, "kinds")}
    assert seeder.secrets == {"hunter2", "a:b", "from a file"}


def test_variable_and_its_file(folder: SeedFolder) -> None:
    folder.write("tools.yaml", "rows:\n  - a: !env X\n")

    assert (
        folder.error(X="1", X_FILE="/x") == "tools.yaml:2:8: both X and X_FILE are set; set only one of them"
    )
    assert folder.error(X_FILE="/nowhere").startswith(
        "tools.yaml:2:8: the file that X_FILE names can't be read"
    )


def test_anchors_and_merge_keys(folder: SeedFolder) -> None:
    folder.write(
        "tools.yaml",
        "rows:\n  - &base {name: a, config: &c {x: 1}, on: yes}\n  - {<<: *base, name: b}\n"
        "  - {name: c, config: *c, <<: [{on: no}, *base]}\n",
    )

    assert cells(folder.only()) == [
        {"name": "a", "config": {"x": "1"}, "on": "yes"},
        {"name": "b", "config": {"x": "1"}, "on": "yes"},
        {"name": "c", "config": {"x": "1"}, "on": "no"},
    ]
    assert len({id(row.columns) for row in folder.only().rows()}) == 1


def test_yaml_positions(folder: SeedFolder) -> None:
    folder.write("tools.yaml", FIELDS)
    seeder = folder.only()
    _, row = seeder.rows()

    def shown(position: object) -> str:
        return folder.relative(str(position))

    assert shown(row.at()) == "tools.yaml:18:5"
    assert (shown(row.at("kind")), shown(row.at_name("kind"))) == ("tools.yaml:20:11", "tools.yaml:20:5")
    assert (shown(row.at("group_id")), shown(row.at_name("group_id"))) == (
        "tools.yaml:8:22",
        "tools.yaml:8:12",
    )
    assert shown(row.at("nowhere")) == "tools.yaml:18:5"
    assert shown(seeder.at("key", "name")) == "tools.yaml:2:7"
    assert shown(seeder.at("timestamps", "created")) == "tools.yaml:15:23"


def test_yaml_positions_of_rows_in_one_line_and_of_merged_ones(folder: SeedFolder) -> None:
    folder.write(
        "tools.yaml", "rows: [{a: &x 1, b: 2}, &base {a: *x, b: 3},\n {<<: *base, c: 4}]\ndefaults: {d: 5}\n"
    )
    seeder = folder.only()
    first, second, third = seeder.rows()

    assert [row.line for row in (first, second, third)] == [1, 1, 2]
    assert [str(each.at())[-4:] for each in (first, second, third)] == [":1:8", "1:25", ":2:2"]
    assert [str(each.at("b"))[-4:] for each in (first, second, third)] == ["1:21", "1:42", "1:42"]
    assert [str(each.at("a"))[-4:] for each in (first, second)] == ["1:12", "1:12"]
    assert folder.relative(str(third.at("d"))) == "tools.yaml:3:15"


def test_a_list_of_rows_may_have_an_anchor(folder: SeedFolder) -> None:
    folder.write("tools.yaml", "rows: &rows\n  - {a: 1}\n  - {a: 2}\n")
    _, second = folder.only().rows()

    assert second.values == ("2",)
    assert folder.relative(str(second.at("a"))) == "tools.yaml:3:9"


def test_json_positions(folder: SeedFolder) -> None:
    folder.write(
        "tools.json",
        '{"key": ["name"], "defaults": {"d": 1},\n "rows": [{"name": "a"},\n'
        '  {"x": {"name": [1]}, "name"\n : "b"}]}',
    )
    seeder = folder.only()
    first, row = seeder.rows()

    def shown(position: object) -> str:
        return folder.relative(str(position))

    assert (first.line, row.line) == (2, 3)
    assert (shown(row.at()), shown(row.at("name"))) == ("tools.json:3:3", "tools.json:4:4")
    assert (shown(row.at_name("name")), shown(row.at("d"))) == ("tools.json:3:24", "tools.json:1:37")
    assert shown(seeder.at("key", "name")) == "tools.json:1:10"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_positions(folder: SeedFolder, end: str) -> None:
    folder.write("tools.csv", end.join(["\ufeffa,b,c", '1,"x' + end + '""y",2', "", "3,4,"]))
    first, second = folder.only().rows()

    def shown(position: object) -> str:
        return folder.relative(str(position))

    assert first.values == ("1", f'x{end}"y', "2")
    assert (first.line, second.line) == (2, 5)
    assert (shown(first.at()), shown(first.at("b")), shown(first.at("c"))) == (
        "tools.csv:2",
        "tools.csv:2:3",
        "tools.csv:3:6",
    )
    assert (shown(second.at("c")), shown(second.at_name("b"))) == ("tools.csv:5:5", "tools.csv:1:3")


def test_ndjson_positions(folder: SeedFolder) -> None:
    folder.write("tools.ndjson", '{"a": 1}\n\n {"b": 2, "a": 3}\n')
    _, row = folder.only().rows()

    assert row.line == 3
    assert folder.relative(str(row.at("a"))) == "tools.ndjson:3:16"
    assert folder.relative(str(row.at_name("a"))) == "tools.ndjson:3:11"


def test_csv_tells_null_from_empty(folder: SeedFolder) -> None:
    folder.write("tools.csv", 'a,b,c\n,"",007\n"",,x\n')

    assert [row.values for row in folder.only().rows()] == [(None, "", "007"), ("", None, "x")]
    assert {type(cell) for row in folder.only().rows() for cell in row.values} == {Literal, type(None)}


def test_shapes_are_shared(folder: SeedFolder) -> None:
    folder.write("tools.ndjson", '{"a": 1, "b": 2}\n{"b": 3, "a": 4}\n{"a": 5}\n{"a": 6, "b": null}\n')
    rows = list(folder.only().rows())

    assert [row.columns for row in rows] == [("a", "b"), ("a", "b"), ("a",), ("a", "b")]
    assert [row.values for row in rows] == [("1", "2"), ("4", "3"), ("5",), ("6", None)]
    assert rows[0].columns is rows[1].columns is rows[3].columns


def test_rows_can_be_read_again(folder: SeedFolder) -> None:
    folder.write("a.yaml", "rows: [{x: 1}]\n")
    folder.write("b.csv", "x\n1\n")
    folder.write("c.ndjson", '{"x": 1}\n')
    for seeder in folder.discover():
        assert isinstance(seeder, DataSeeder)
        assert cells(seeder) == cells(seeder) == [{"x": "1"}]


def test_digest_covers_every_file(folder: SeedFolder) -> None:
    folder.write("tools.yaml", "ddl: !file tools.sql\nrows:\n  - a: !file a.md\n    b: !env X:1\n")
    folder.write("countries.csv", "x\n")
    folder.write("countries.yaml", "table: y\n")
    for name in ("tools.sql", "a.md"):
        folder.write(name, name)
    before = [seeder.digest() for seeder in folder.discover()]

    assert [seeder.digest() for seeder in folder.discover(X="2")] == before
    for number, names in enumerate(
        (("countries.csv", "countries.yaml"), ("tools.sql", "a.md", "tools.yaml"))
    ):
        for name in names:
            old = (folder.path / name).read_text()
            folder.write(name, old + "\n")
            after = [seeder.digest() for seeder in folder.discover()]
            assert [one != other for one, other in zip(before, after, strict=True)] == [
                number == 0,
                number == 1,
            ]
            folder.write(name, old)


def test_a_file_is_read_once(folder: SeedFolder) -> None:
    folder.write("tools.yaml", "ddl: !file tools.sql\nrows:\n  - {a: 1}\n")
    folder.write("tools.sql", "CREATE TABLE tools ()")
    folder.write("countries.yaml", "key: [a]\n")
    folder.write("countries.csv", "a\n1\n")
    folder.write("script.sql", "SELECT 1")
    folder.write("code.py", "def seed(): ...")
    folder.write("broken.yaml", "rows: [")
    opened: list[str] = []
    recording = True

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        # os.open() tells of itself too, without a mode, where open() calls it.
        ours = event == "open" and arguments[1] is not None and str(arguments[0]).startswith(str(folder.path))
        if recording and ours:
            opened.append(str(arguments[0]).removeprefix(f"{folder.path}/"))

    sys.addaudithook(hook)
    seeders = folder.discover(allow_code=True)
    for seeder in seeders:
        seeder.digest()
        seeder.inputs.digest()
    recording = False

    assert len(seeders) == 5
    assert sorted(opened) == sorted(each.name for each in folder.path.iterdir())


def test_a_digest_is_not_of_what_was_written_later(folder: SeedFolder) -> None:
    folder.write("tools.yaml", "ddl: !file tools.sql\nrows:\n  - {a: 1}\n")
    folder.write("tools.sql", "CREATE TABLE tools ()")
    before = folder.only().digest()
    seeder = folder.only()
    for name in ("tools.yaml", "tools.sql"):
        folder.write(name, "rows: []\n")

    assert seeder.digest() == before


# PostgreSQL's text has no NUL, and a file of UTF-8 no surrogate. A carriage return is data only inside quotes.
TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8)
AWKWARD = st.text(st.sampled_from(['"', ",", "\n", "\r", "a", "é", " "]), max_size=6)
FIELDS_OF_CSV = st.one_of(st.none(), TEXT, AWKWARD)
shared_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@shared_folder
@given(
    rows=st.integers(2, 4).flatmap(
        lambda width: st.lists(st.lists(FIELDS_OF_CSV, min_size=width, max_size=width))
    ),
    end=st.sampled_from(["\n", "\r\n"]),
    block=st.sampled_from([1, 7, 1 << 18]),
)
def test_csv_round_trip(folder: SeedFolder, rows: list[list[str | None]], end: str, block: int) -> None:
    written = io.StringIO()
    width = len(rows[0]) if rows else 2
    csv.writer(written, lineterminator=end).writerow([f"c{n}" for n in range(width)])
    for row in rows:
        quoted = io.StringIO()
        csv.writer(quoted, lineterminator="", quoting=csv.QUOTE_ALL).writerow(
            ["" if each is None else each for each in row]
        )
        # The standard writer can't write NULL: where it wrote an empty string for one, the quotes go.
        fields = ["" if each is None else '"' + each.replace('"', '""') + '"' for each in row]
        assert None in row or ",".join(fields) == quoted.getvalue()
        written.write(",".join(fields) + end)
    folder.write("tools.csv", written.getvalue())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seeder.seed_files.raw_csv._BLOCK", block)
        read = list(folder.only().rows())

    assert [list(row.values) for row in read] == rows
    lines = written.getvalue().split("\n")
    for each in read:
        assert lines[each.line - 1].startswith('"' if each.values[0] is not None else ",")


@shared_folder
@given(rows=st.lists(st.lists(st.one_of(TEXT, AWKWARD), min_size=2, max_size=2)))
def test_csv_as_the_standard_library_writes_it(folder: SeedFolder, rows: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written).writerows([["a", "b"], *rows])
    folder.write("tools.csv", written.getvalue())

    assert [list(row.values) for row in folder.only().rows()] == [
        [each or None for each in row] for row in rows
    ]


DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXT
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=8,
)
ROWS = st.lists(st.dictionaries(TEXT, DOCUMENTS, min_size=1, max_size=4), max_size=5)


class Quoting(yaml.SafeDumper):
    """Puts texts in quotes: by YAML 1.1, which it writes, `0E0` is one without."""


Quoting.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


def core(value: Value) -> Any:
    if isinstance(value, dict):
        return {name: core(item) for name, item in value.items()}
    if isinstance(value, list):
        return [core(item) for item in value]
    return resolve(value)


@pytest.mark.parametrize("number", ["0x" + "f" * 400, "0o" + "7" * 400, "9" * 400])
def test_a_number_that_no_float_holds_is_refused_where_a_field_takes_none(
    folder: SeedFolder, number: str
) -> None:
    folder.write("tools.yaml", f"required: {number}\nrows: []\n")
    (seeder,) = folder.discover()
    assert "tools.yaml:1:11: required must be true or false, not a number" in str(seeder.error)


@shared_folder
@given(rows=ROWS)
@example(rows=[{"": "0E0"}])
def test_yaml_json_and_ndjson_say_the_same(folder: SeedFolder, rows: list[dict[str, Any]]) -> None:
    folder.write("j.json", json.dumps({"rows": rows}, indent=1))
    folder.write("n.ndjson", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    folder.write("y.yaml", yaml.dump({"rows": rows}, Dumper=Quoting, sort_keys=False))
    read = []
    for seeder in folder.discover():
        assert isinstance(seeder, DataSeeder), seeder.error
        read.append([{name: core(item) for name, item in row.items()} for row in cells(seeder)])

    assert read == [[{name: core_of(item) for name, item in row.items()} for row in rows]] * 3


def core_of(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: core_of(item) for name, item in value.items()}
    if isinstance(value, list):
        return [core_of(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("tools.csv", "plain"),
        ("tools.csv", 'with "quotes"'),
        ("tools.csv.gz", 'with "quotes"'),
        ("tools.ndjson", 'with "quotes"'),
    ],
)
def test_memory_does_not_grow_with_the_file(folder: SeedFolder, name: str, cell: str) -> None:
    text = io.StringIO()
    for number in range(100_000):
        if name == "tools.ndjson":
            text.write(json.dumps({"id": number, "name": cell}) + "\n")
        else:
            if number == 0:
                text.write("id,name\n")
            csv.writer(text, lineterminator="\n").writerow([number, cell])
    content = text.getvalue().encode()
    folder.write(name, gzip.compress(content) if name.endswith(".gz") else content)
    seeder = folder.only()
    tracemalloc.start()
    try:
        count = sum(1 for _ in seeder.rows())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert count == 100_000
    assert peak < 8_000_000


def test_a_file_that_vanished(folder: SeedFolder) -> None:
    path = folder.write("tools.csv", "a\n1\n")
    seeder = folder.only()
    (row,) = seeder.rows()
    path.unlink()

    assert folder.relative(str(row.at("a"))) == "tools.csv:2"


def test_table_names() -> None:
    assert TableName.parse("a") == TableName(None, "a")
    assert TableName.parse('"a.b"."c""d"') == TableName("a.b", 'c"d')
    assert TableName.parse("Select.My Table") == TableName("Select", "My Table")
    for wrong in ("", ".", "a.", ".a", 'a"b', "a.b.c", " a", '""'):
        with pytest.raises(ValueError, match="not a table name"):
            TableName.parse(wrong)


def test_pure_yaml_reads_the_same(folder: SeedFolder, tmp_path: Path) -> None:
    """Where PyYAML comes without libyaml."""
    folder.write("tools.yaml", FIELDS)
    code = (
        "import sys; sys.modules['yaml._yaml'] = None\n"
        "from seeder.seed_files import discover\n"
        f"(seeder,) = discover([{str(tmp_path)!r}], allow_code=False, environ={{}})\n"
        "assert not __import__('yaml').__with_libyaml__\n"
        "print(seeder.error, [row.values for row in seeder.rows()], seeder.at('key', 'name').column)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout == f"None {[row.values for row in folder.only().rows()]} 7\n"


@pytest.mark.parametrize("kind", ["json", "sidecar", "rows of a file"])
def test_former_names_are_read_from_every_kind_of_document(folder: SeedFolder, kind: str) -> None:
    said = 'formerly: ["gadgets", "shop/tools"]\n'
    if kind == "json":
        folder.write("tools.json", '{"formerly": ["gadgets", "shop/tools"], "rows": []}')
    elif kind == "sidecar":
        folder.write("tools.csv", "name\na\n")
        folder.write("tools.yaml", said)
    else:
        folder.write("names.ndjson", '{"name": "a"}\n')
        folder.write("tools.yaml", f"{said}rows: !file names.ndjson\n")

    assert folder.only().formerly == ("gadgets", "shop/tools")

"""`seeder validate` without a database: every mistake of every file, in each format."""

from __future__ import annotations

import json
import shlex
import tempfile
from collections import deque
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from seeder.cli import command
from seeder.errors import SeederError
from seeder.run.validation import Validation
from seeder.seed_files import DataSeeder, discover, yaml_nodes, yaml_reader

ROOT = Path(__file__).parents[2]

WRONG = {
    "a.yaml": """tabel: x
key: [name, 5]
required: yes
mode: upsrt
insert_only: [name]
depends_on: [nope, nada]
formerly: [a]
timestamps: {creatd: x}
rows:
  - name: a
    x: !env NOT_SET
    y: !fil foo
    y: 2
  - 5
  - nam: b
  - name: !env FOO:1
  - {name: b, z: !ref {table: b, colum: x}}
  - {name: a, z: [!file nope.txt, {x: !file nada.txt}]}
  - name: c
  - name: c
""",
    "b.json": """{"key": ["a"], "kye": 1, "rows": [
  {"a": 1, "a": 2},
  {"a": NaN, "b": 1, "b": 2},
  5,
  {"a": 3},
  {"a": 3}
]}
""",
    "c.yaml": "key: [code]\n",
    "c.csv": 'code,name\na,b,c\n"x"y,z\nq"q,1\nok,1\nok,2\n1\n',
    "d.ndjson": '{"a":1}\n{"a":1,"a":2}\n[]\n{"a":\n',
    "d.history.ndjson": '{"release":"1","row":{"a":1}}\n{"row":{"a":1}}\n{"release":"1"}\n',
    "e.sql": "-- seeder: run=foo, requird=1, depends_on=a, x\nSELECT 1;\n",
    "f.py": "DEPENDS_ON = x()\nREQUIRED = 5\n",
    "G H.csv": "a,,a\n1,2,3\n",
    "i.yaml": "depends_on: [j]\nrows: []\n",
    "j.yaml": "depends_on: [i]\nrows: []\n",
    "k.yaml": "rows: [\n",
    "_seeds.yaml": "application: X Y\nreleas: 5\nexisting_rows: foo\n",
}

TOLD = """
G H.csv: "G H" is not a valid seeder name; use a-z, 0-9, _ and -; rename it to "g_h"
G H.csv:1:3: a column has no name
G H.csv:1:4: the column "a" appears twice
_seeds.yaml:1:14: "X Y" is not an application name; use 1 to 63 characters of a-z, 0-9, _, - and .
_seeds.yaml:2:1: unknown field "releas"; did you mean "release"?
_seeds.yaml:3:16: existing_rows must be overwrite, keep or fail, not "foo"
a.yaml:1:1: unknown field "tabel"; did you mean "table"?
a.yaml:2:7: key names the column "name", but the row at a.yaml:15:5 has no such column; did you mean "nam"?
a.yaml:2:13: each item of key must be text, not a number; put it in quotes
a.yaml:3:11: required must be true or false, not text
a.yaml:4:7: mode must be upsert or insert, not "upsrt"; did you mean "upsert"?
a.yaml:5:15: the key column "name" can't be in insert_only
a.yaml:6:14: depends on "nope", and there is no such seeder
a.yaml:6:20: depends on "nada", and there is no such seeder
a.yaml:7:12: formerly names "a", which is this seeder's own name
a.yaml:8:14: timestamps has no field "creatd"; did you mean "created"?
a.yaml:11:8: warning: the environment variable NOT_SET is not set; set it, or write !env NOT_SET:default
a.yaml:12:8: unknown tag !fil; did you mean "!file"?
a.yaml:13:5: "y" appears twice, first in line 12
a.yaml:14:5: a row must be a mapping of columns to values
a.yaml:16:11: !env is not allowed in the key column "name", because keys are logged
a.yaml:17:18: !ref needs where
a.yaml:17:34: !ref has no field "colum"; did you mean "column"?
a.yaml:18:19: there is no file nope.txt
a.yaml:18:39: there is no file nada.txt
a.yaml:20:11: the row has the same key ("name") as the one in line 19
b.json:1:16: unknown field "kye"; did you mean "key"?
b.json:2:12: "a" appears twice
b.json:3:9: JSON has no NaN and no Infinity
b.json:3:22: "b" appears twice
b.json:4:3: a row must be an object
b.json:6:9: the row has the same key ("a") as the one in line 5
c.csv:2:5: 3 fields, but the header has 2 columns
c.csv:3:4: there is text after the closing quote of a field
c.csv:4:2: a quote in a field that is not quoted; quote the whole field, and write "" for this one
c.csv:6:1: the row has the same key ("code") as the one in line 5
c.csv:7:1: 1 field, but the header has 2 columns
d.history.ndjson:2: release must be text that is not empty
d.history.ndjson:3: the row has no columns
d.ndjson:2:8: "a" appears twice
d.ndjson:3:1: each line must be an object
d.ndjson:5:1: not valid JSON: expecting value
e.sql:1:12: run must be always or changed, not "foo"
e.sql:1:21: unknown field "requird"; did you mean "required"?
e.sql:1:46: "x" must be written name=value, with a comma before the next name
f.py:1: the module has no seed_sync(session), seed_async(session) or seed(); if it is a helper, \
its name must begin with _
f.py:1:14: DEPENDS_ON must be a literal, because it is read without running the module
f.py:2:12: REQUIRED must be True or False
i.yaml:1:14: the dependencies form a cycle: i (i.yaml) → j (j.yaml) → i (i.yaml); take one of them out
j.yaml:1:14: the dependencies form a cycle: i (i.yaml) → j (j.yaml) → i (i.yaml); take one of them out
k.yaml:2:1: not valid YAML: did not find expected node content, while parsing a flow node that begins in line 2
"""


def call(*arguments: str) -> int:
    return command.main(["validate", *arguments], {})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")


def test_every_mistake_of_every_file_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, WRONG)
    assert call(".") == 2
    *lines, summary = capsys.readouterr().out.splitlines()
    assert lines == TOLD.strip().splitlines()
    assert summary == f"{len(lines) - 1} mistakes and 1 warning in 12 files"


def test_without_mistakes_it_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, {"a.yaml": "rows: [{x: !env NOT_SET}]\n", "b.sql": "SELECT 1;\n"})
    assert call("a.yaml", "b.sql") == 0
    assert capsys.readouterr().out.endswith("no mistakes and 1 warning in 2 files\n")


def test_the_built_in_seeds_have_no_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    assert call() == 0
    assert capsys.readouterr().out.startswith("no mistakes in ")


@pytest.mark.parametrize("example", ["demo", "reference-data", "fastapi-app/seeds"])
def test_the_examples_have_no_mistakes(example: str) -> None:
    assert call(str(ROOT / "examples" / example)) == 0


@pytest.mark.parametrize("asked", [["--format", "json"], ["--json"], ["--format=JSON"]])
def test_json(folder: Path, asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, {"a.yaml": "roows: []\nrows: []\n"})
    assert call(".", *asked) == 2
    assert json.loads(capsys.readouterr().out) == [
        {
            "severity": "error",
            "file": "a.yaml",
            "line": 1,
            "column": 1,
            "message": 'unknown field "roows"; did you mean "rows"?',
        }
    ]


def test_annotations_of_github(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, {"a,b.csv": "a\n1,2\n", "c.yaml": "rows: [{x: !env NOT_SET}, {x: !file '100%'}]\n"})
    assert call(".", "--format", "github") == 2
    assert capsys.readouterr().out.splitlines() == [
        '::error file=a%2Cb.csv::"a,b" is not a valid seeder name; use a-z, 0-9, _ and -; rename it to "a_b"',
        "::error file=a%2Cb.csv,line=2,col=3::2 fields, but the header has 1 column",
        (
            "::warning file=c.yaml,line=1,col=12::the environment variable NOT_SET is not set; set it, or "
            "write !env NOT_SET:default"
        ),
        "::error file=c.yaml,line=1,col=31::there is no file 100%25",
    ]


def test_formats_that_contradict(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--json", "--format", "github") == 2
    assert "--json is --format json" in capsys.readouterr().err
    assert call("--format", "xml") == 2
    assert '--format: "xml" is not one of text, json, github' in capsys.readouterr().err


def test_a_path_that_is_missing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("nowhere") == 2
    assert "there is no file, folder or installed module nowhere" in capsys.readouterr().err


def test_a_secret_is_masked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, {"a.yaml": "mode: hunter2hunter2\nrows: []\n"})
    assert command.main(["validate", "."], {"PGPASSWORD": "hunter2hunter2"}) == 2
    assert "hunter2" not in capsys.readouterr().out


def test_the_hook_of_pre_commit_calls_a_command_that_there_is(folder: Path) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert (hook["language"], hook["pass_filenames"]) == ("python", False)
    name, *arguments = shlex.split(hook["entry"])
    assert name == "seeder"
    (folder / "seeds").mkdir()
    write(folder, {"seeds/a.csv": "x\n1\n", "seeds/b.csv": "x\n1,2\n"})
    assert command.main([*arguments, "seeds/a.csv"], {"DATABASE_URL": "postgres://localhost:1/x"}) == 0
    assert command.main([*arguments, *hook["args"]], {"DATABASE_URL": "postgres://localhost:1/x"}) == 2


def test_a_hundred_files_are_each_parsed_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []

    def compose(text: str, *rest: object) -> object:
        parsed.append(text)
        return yaml_nodes.compose(text, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(yaml_reader, "compose", compose)
    rows = "".join(f"  - {{id: {number}, name: row {number}}}\n" for number in range(20))
    write(folder, {f"file{number}.yaml": f"key: [id]\nrows:\n{rows}" for number in range(100)})
    assert call(".") == 0
    assert len(parsed) == 100


RIGHT_YAML = """\
table: public.x
key: [name]
required: true
mode: upsert
insert_only: [b]
retired_rows: {set: {b: 1}}
timestamps: {created: made}
defaults: {b: &b [1, {c: d}]}
rows:
  - name: a
    b: *b
  - {name: b, c: !ref {table: y, where: {z: 1}, column: w}}
  - {name: c, c: !env "X:1", d: !!binary aGVsbG8=}
"""

SAMPLES = [
    ("a.yaml", RIGHT_YAML),
    (
        "a.json",
        '{"key": ["a"], "defaults": {"b": [1, {"c": null}]}, "rows": [{"a": 1}, {"a": "\\u0041", "b": 2}]}\n',
    ),
    ("a.csv", 'a,b\n1,"x ""y"" z"\n2,\n"3\n4",\n'),
    ("a.ndjson", '{"a": 1, "b": {"c": [1, 2]}}\n\n{"a": 2}\n'),
    ("a.sql", "-- seeder: run=changed, depends_on=a b, required=true\nSELECT 1;\n"),
    ("a.py", "DEPENDS_ON = ['b']\nREQUIRED = True\ndef seed(): pass\n"),
    ("_seeds.yaml", "application: shop\nrelease: 1.2.3\nexisting_rows: keep\nenvironments: [a, b]\n"),
]
PIECES = [
    "",
    " ",
    "\n",
    '"',
    "'",
    ",",
    ":",
    "{",
    "}",
    "[",
    "]",
    "!ref",
    "!env X",
    "5",
    "NaN",
    "\0",
    "é",
    "\r",
    "- ",
]


def first_mistake(folder: str) -> SeederError | None:
    """What a run fails for."""
    try:
        (seeder,) = discover([folder], allow_code=True, environ={})
        if seeder.error is None and isinstance(seeder, DataSeeder):
            deque(seeder.rows(), maxlen=0)
    except SeederError as error:
        return error
    return seeder.error


@given(
    sample=st.sampled_from(SAMPLES),
    changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 12), st.sampled_from(PIECES)), max_size=4),
)
@settings(max_examples=400, deadline=None)
def test_what_a_run_fails_for_is_among_the_mistakes(
    sample: tuple[str, str], changes: list[tuple[int, int, str]]
) -> None:
    name, text = sample
    for at, length, piece in changes:
        text = text[: at % len(text or " ")] + piece + text[at % len(text or " ") + length :]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_text(text, encoding="utf-8", newline="")
        if name == "_seeds.yaml":
            (Path(folder) / "b.csv").write_text("x\n")
        validation = Validation([folder], {})
        validation.read()
        told = {each.message for each in validation.mistakes}
        error = first_mistake(folder)
        assert error is None or error.message in told


def test_an_overlay_of_a_seed_file_without_a_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tools.csv").write_text("name,icon\na,x\n")
    (tmp_path / "tools.test.yaml").write_text("rows:\n- {name: a, icon: !file gone.svg}\n- []\n")
    assert command.main(["validate", "--offline", str(tmp_path)], {}) == 2
    said = capsys.readouterr().out.replace(f"{tmp_path}/", "").splitlines()
    assert said == [
        "tools.test.yaml:2:19: there is no file gone.svg",
        "tools.test.yaml:3:3: a row must be a mapping of columns to values",
        "2 mistakes in 2 files",
    ]


def test_all_overlays_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "_seeds.yaml").write_text("environments: [staging, production]\n")
    (tmp_path / "tools.yaml").write_text("key: [name]\nrows:\n  - {name: a, size: 1}\n")
    (tmp_path / "tools.staging.yaml").write_text("rows:\n  - {nam: a}\n")
    (tmp_path / "tools.production.json").write_text('{"absent": [{"name": "b"}],\n "mode": "insert"}')
    (tmp_path / "tools.test.yaml").write_text("rows: []\n")
    (tmp_path / "other.staging.yaml").write_text("rows: []\n")
    for environment in ([], ["--environment", "production"]):
        assert command.main(["validate", "--offline", str(tmp_path), *environment], {}) == 2
        said = capsys.readouterr().out.replace(f"{tmp_path}/", "")
        assert [line.partition(": ")[0] for line in said.splitlines()] == [
            "other.staging.yaml",
            "tools.production.json:1:13",
            "tools.production.json:2:2",
            "tools.staging.yaml:2:5",
            "tools.test.yaml",
            "5 mistakes in 5 files",
        ]
    assert command.main(["validate", "--offline", str(tmp_path), "--environment", "prod"], {}) == 2
    assert '"prod" is not an environment of these seeds' in capsys.readouterr().err

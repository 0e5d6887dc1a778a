"""Every mistake names file, line and column, and what would be right."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

import pytest

from seeder.errors import SeedFileError
from seeder.seed_files import DataSeeder

if TYPE_CHECKING:
    from tests.unit.seed_files.folder import SeedFolder

NO_NAME = "which is not a seeder name; write NAME or APPLICATION/NAME, with a-z, 0-9, _ and - in NAME"
OUTSIDE = (
    "so the row would be outside of it and never be found again; leave the column out, or write the value as "
    "where has it"
)
YAML = {
    "unknown field": (
        "rows: []\ncolour: red\n",
        '2:1: unknown field "colour"',
    ),
    "nearest field": (
        "table: tools\nmod: insert\nrows: []\n",
        '2:1: unknown field "mod"; did you mean "mode"?',
    ),
    "wrong word": (
        "mode: insrt\nrows: []\n",
        '1:7: mode must be upsert or insert, not "insrt"; did you mean "insert"?',
    ),
    "wrong policy": (
        "deleted_rows: fail\nrows: []\n",
        '1:15: deleted_rows must be restore or keep, not "fail"',
    ),
    "wrong retirement": (
        "retired_rows: drop\nrows: []\n",
        '1:15: retired_rows must be keep or delete, not "drop"',
    ),
    "retirement of a wrong form": (
        "retired_rows: {sett: {a: 1}}\nrows: []\n",
        '1:16: retired_rows has no field "sett"; did you mean "set"?',
    ),
    "empty retirement": ("retired_rows: {set: {}}\nrows: []\n", "1:21: retired_rows.set must not be empty"),
    "retirement without set": ("retired_rows: {}\nrows: []\n", "1:15: retired_rows needs set"),
    "retirement of the key": (
        "key: [a]\nretired_rows: {set: {a: 1}}\nrows: []\n",
        '2:22: the key column "a" can\'t be set',
    ),
    "reference of a wrong form": (
        "references: {group_id: groups}\nrows: []\n",
        "1:24: references.group_id must be a mapping, not text",
    ),
    "reference without a table": (
        "references: {group_id: {columns: [name]}}\nrows: []\n",
        "1:24: references.group_id needs table, as in {table: groups, columns: [name]}",
    ),
    "reference with an unknown field": (
        "references: {group_id: {table: groups, colums: [name]}}\nrows: []\n",
        '1:40: references.group_id has no field "colums"; did you mean "columns"?',
    ),
    "reference of several columns": (
        "references: {group_id: {table: groups, columns: [name, area]}}\nrows: []\n",
        (
            "1:49: references.group_id.columns must say which column of the seed file holds each of them, as in "
            "{name: …, area: …}; only one that the column itself holds can be a list"
        ),
    ),
    "nested reference that is a list": (
        "references: {a: {table: b, columns: {c: {table: d, columns: [e]}}}}\nrows: []\n",
        (
            "1:61: references.a.columns.c.columns must say which column of the seed file holds each of them, as in "
            "{e: …}; only one that the column itself holds can be a list"
        ),
    ),
    "reference to columns of a wrong type": (
        "references: {a: {table: b, columns: {c: [d]}}}\nrows: []\n",
        "1:41: references.a.columns.c must be text or a mapping, not a list",
    ),
    "reference that lacks a column": (
        "references: {a: {table: b, columns: {c: x, d: y}}}\nrows:\n- {n: 1, x: 1, yy: 2}\n",
        '3:3: the reference "a" reads the column "y", and the row has no such column; did you mean "yy"?',
    ),
    "reference and its own column": (
        "references: {a: {table: b, columns: {c: x}}}\nrows:\n- {a: 1, x: 1}\n",
        '3:3: the column "a" is filled by a reference, and the row names it too; take it out',
    ),
    "reference that no row uses": (
        "references: {gruop: {table: b, columns: [name]}}\nrows:\n- {group: 1}\n",
        '1:41: no row has a column "gruop"; did you mean "group"?',
    ),
    "insert_only of a column that a reference reads": (
        "insert_only: [x]\nreferences: {a: {table: b, columns: {c: x}}}\nrows:\n- {n: 1, x: 1}\n",
        '1:15: no row has a column "x"',
    ),
    "pattern that matches no file": ("rows: !file parts/*.csv\n", "1:7: no file matches parts/*.csv"),
    "pattern in a cell": (
        "rows:\n- {id: 1, text: !file parts/*}\n",
        "2:17: there is no file parts/*; a pattern can stand only in rows",
    ),
    "pattern that leads out of the folder": (
        "rows: !file ../*.csv\n",
        "1:7: !file ../*.csv is outside the seed file's folder; move the files there",
    ),
    "pattern that is invalid": (
        'rows: !file "a**/*.csv"\n',
        "1:7: !file a**/*.csv is not a valid pattern: Invalid pattern: '**' can only be an entire path component",
    ),
    "list wanted": ("key: name\nrows: []\n", "1:6: key must be a list, not text; put it in brackets"),
    "text wanted": ("table: 7\nrows: []\n", "1:8: table must be text, not a number; put it in quotes"),
    "item of a wrong type": (
        "key: [a, true]\nrows: []\n",
        "1:10: each item of key must be text, not true or false; put it in quotes",
    ),
    "yes is no boolean": ("required: yes\nrows: []\n", "1:11: required must be true or false, not text"),
    "empty key": ("key: []\nrows: []\n", "1:6: key must not be empty"),
    "key twice": ("key: [a, a]\nrows: []\n", '1:10: key names "a" twice'),
    "empty field": ("key:\nrows: []\n", "1:1: key is empty; leave it out for the default"),
    "table of three parts": (
        "table: a.b.c\nrows: []\n",
        "1:8: not a table name; write name or schema.name, each part in double quotes if it needs them",
    ),
    "timestamps of nothing": (
        "timestamps: null\nrows: []\n",
        "1:1: timestamps is empty; leave it out for the default",
    ),
    "timestamps of a wrong form": (
        "timestamps: {created: true}\nrows: []\n",
        "1:13: created and updated must be a column, null or false",
    ),
    "timestamps of an unknown name": (
        "timestamps: {creatd: a}\nrows: []\n",
        '1:14: timestamps has no field "creatd"; did you mean "created"?',
    ),
    "key in insert_only": (
        "key: [a]\ninsert_only: [b, a]\nrows: []\n",
        '2:18: the key column "a" can\'t be in insert_only',
    ),
    "where of nothing": ("where: {}\nrows: []\n", "1:8: where must not be empty"),
    "where that is no mapping": (
        "where: deleted_at IS NULL\nrows: []\n",
        "1:8: where must be a mapping, not text",
    ),
    "where of several values": (
        "where: {a: [1, 2]}\nrows: []\n",
        "1:12: where.a must be text, a number, true or false or null, not a list",
    ),
    "where of a variable": ("where: {a: !env NAME}\nrows: []\n", "1:12: where can't have a tag"),
    "where of another row": (
        "where: {a: !ref {table: t, where: {b: 1}}}\nrows: []\n",
        "1:12: !ref must be a whole cell, not a part of one",
    ),
    "where and insert_only": (
        "where: {a: 1}\ninsert_only: [a]\nrows: []\n",
        '2:15: "a" is in where, so it is never updated; take it out of insert_only',
    ),
    "where and references": (
        "where: {a: 1}\nreferences: {a: {table: t, columns: [b]}}\nrows: []\n",
        '2:14: "a" is in where, and has its value from there; take it out of references',
    ),
    "where and other defaults": (
        "where: {a: null}\ndefaults: {a: 1}\nrows: []\n",
        f'2:15: where has another value for the column "a", {OUTSIDE}',
    ),
    "a row outside of where": (
        "where: {a: 5, b: true}\nrows:\n  - {a: '5', b: True}\n  - {b: true, a: null}\n",
        f'4:18: where has another value for the column "a", {OUTSIDE}',
    ),
    "formerly that is no list": (
        "formerly: gadgets\nrows: []\n",
        "1:11: formerly must be a list, not text; put it in brackets",
    ),
    "formerly of no name": (
        "formerly: [gadgets, Gadgets]\nrows: []\n",
        f'1:21: formerly names "Gadgets", {NO_NAME}',
    ),
    "formerly of no application": (
        "formerly:\n- shop/gadgets\n- /gadgets\nrows: []\n",
        f'3:3: formerly names "/gadgets", {NO_NAME}',
    ),
    "formerly of its own name": (
        "formerly: [shop/tools, tools]\nrows: []\n",
        '1:24: formerly names "tools", which is this seeder\'s own name',
    ),
    "insert_only of no column": (
        "insert_only: [enabld]\nrows:\n  - {name: a, enabled: true}\n",
        '1:15: no row has a column "enabld"; did you mean "enabled"?',
    ),
    "empty ddl": ("ddl: '  '\nrows: []\n", "1:6: ddl is empty"),
    "tag in a field": ("table: !env NAME\nrows: []\n", "1:8: table can't have a tag"),
    "no rows": ("table: tools\n", " there are no rows; write rows: [] if that is intended"),
    "rows of nothing": (
        "rows:\n",
        "1:6: rows must be a list, or !file with the name of a CSV or NDJSON file",
    ),
    "rows from a wrong file": (
        "rows: !file tools.yaml\n",
        "1:7: rows can come from a CSV or NDJSON file, not from tools.yaml",
    ),
    "a row that is text": ("rows:\n  - a\n", "2:5: a row must be a mapping of columns to values"),
    "a row of nothing": ("rows:\n  - {}\n", "2:5: the row has no columns"),
    "key missing": (
        "key: [name]\nrows:\n  - {name: a}\n  - {nane: b}\n",
        '4:5: the key column "name" is missing; did you mean "nane"?',
    ),
    "wrong key": (
        "table: tools\nkey: [nme]\nrows:\n  - {name: a}\n",
        '2:7: key names the column "nme", but the row at tools.yaml:4:5 has no such column; did you mean "name"?',
    ),
    "secret key": (
        "key: [name]\nrows:\n  - name: !env NAME\n",
        '3:11: !env is not allowed in the key column "name", because keys are logged',
    ),
    "secret key by default": (
        "key: [name]\ndefaults: {name: !env NAME}\nrows:\n  - a: 1\n",
        '2:18: !env is not allowed in the key column "name", because keys are logged',
    ),
    "unset variable": (
        "rows:\n  - a: !env MISSING\n",
        "2:8: the environment variable MISSING is not set; set it, or write !env MISSING:default",
    ),
    "our own password": (
        "rows:\n  - a: !env PGPASSWORD\n",
        "2:8: !env must not read PGPASSWORD, which is for seeder's own connection",
    ),
    "our own password's file": (
        "rows:\n  - a: !env PGPASSWORD_FILE:x\n",
        "2:8: !env must not read PGPASSWORD_FILE, which is for seeder's own connection",
    ),
    "our own URL": (
        "rows:\n  - a: !env DATABASE_URL:x\n",
        "2:8: !env must not read DATABASE_URL, which is for seeder's own connection",
    ),
    "env of a wrong form": ("rows:\n  - a: !env a-b\n", "2:8: !env must be followed by NAME or NAME:default"),
    "env with a space": (
        "rows:\n  - a: !env {NAME: default}\n",
        '2:8: !env must be followed by one scalar; write !env NAME, or !env "NAME:default"',
    ),
    "missing file": (
        "rows:\n  - a: !file tool.yaml\n",
        '2:8: there is no file tool.yaml; did you mean "tools.yaml"?',
    ),
    "file that leaves the folder": (
        "rows:\n  - a: !file ../secret\n",
        "2:8: !file ../secret is outside the seed file's folder; move it there",
    ),
    "absolute file": (
        "rows:\n  - a: !file /etc/hostname\n",
        "2:8: !file /etc/hostname must be relative to the seed file",
    ),
    "folder as a file": ("rows:\n  - a: !file .\n", "2:8: !file . is not a file"),
    "file without a name": ("rows:\n  - a: !file\n", "2:8: !file must be followed by the name of a file"),
    "ref without where": ("rows:\n  - a: !ref {table: t}\n", "2:8: !ref needs where"),
    "ref without table": ("rows:\n  - a: !ref {where: {b: 1}}\n", "2:8: !ref needs table"),
    "ref of an unknown name": (
        "rows:\n  - a: !ref {tabel: t, where: {b: 1}}\n",
        '2:14: !ref has no field "tabel"; did you mean "table"?',
    ),
    "ref to nothing": (
        "rows:\n  - a: !ref {table: t, where: {}}\n",
        "2:31: where must be a mapping of columns to the values to look for",
    ),
    "ref as text": (
        "rows:\n  - a: !ref t\n",
        "2:8: !ref must be followed by {table: …, where: {column: value}}",
    ),
    "ref inside a cell": (
        "rows:\n  - a: [!ref {table: t, where: {b: 1}}]\n",
        "2:9: !ref must be a whole cell, not a part of one",
    ),
    "unknown tag": ("rows:\n  - a: !fil x\n", '2:8: unknown tag !fil; did you mean "!file"?'),
    "tag of PyYAML's": (
        "rows:\n  - a: !!python/object/apply:os.system [x]\n",
        "2:8: unknown tag !!python/object/apply:os.system",
    ),
    "not base64": ("rows:\n  - a: !!binary '*'\n", "2:8: !!binary must be followed by base64"),
    "name twice": ("rows:\n  - a: 1\n    b: 2\n    a: 3\n", '4:5: "a" appears twice, first in line 2'),
    "field twice": ("rows: []\nrows: []\n", '2:1: "rows" appears twice, first in line 1'),
    "name that is a list": ("rows:\n  - [a]: 1\n", "2:5: a name must be a scalar"),
    "merge of a scalar": (
        "rows:\n  - <<: a\n",
        "2:9: << must be an alias of a mapping, or a list of them",
    ),
    "two documents": (
        "rows: []\n---\nrows: []\n",
        "2:1: a second YAML document begins here; a seed file can have only one",
    ),
    "empty": ("# nothing\n", "1:1: the file is empty"),
    "list at the top": ("- a\n", "1:1: the file must be a mapping with fields such as table, key and rows"),
    "control character": ("rows:\n  - a: \x01\n", "2:8: YAML does not allow this control character"),
    "too deep": ("rows: [" + "[" * 2000, "1:105: nested more than 100 levels deep"),
    "alias of nothing": (
        "rows:\n  - a: &one 1\n    b: *oen\n",
        '3:8: there is no anchor "oen" before this alias; did you mean "one"?',
    ),
    "anchor twice": (
        "rows:\n  - a: &one 1\n    b: &one 2\n",
        '3:8: the anchor "one" appears twice, first in line 2',
    ),
    "a field before a row": ("rows:\n  - a\nmod: insert\n", '3:1: unknown field "mod"; did you mean "mode"?'),
    "a row that is an alias": (
        "defaults: {a: &a x}\nrows:\n  - *a\n",
        "1:15: a row must be a mapping of columns to values",
    ),
    "second row of an anchored list": (
        "rows: &rows\n  - {a: 1}\n  - b\n",
        "3:5: a row must be a mapping of columns to values",
    ),
    "alias of itself": ("rows:\n  - a: &a [*a]\n", "2:8: an alias is inside the node that it refers to"),
}


@pytest.mark.parametrize(("text", "message"), YAML.values(), ids=YAML.keys())
def test_yaml(folder: SeedFolder, text: str, message: str) -> None:
    folder.write("tools.yaml", text)

    assert folder.error(NAME="value") == f"tools.yaml:{message}"


def test_yaml_syntax(folder: SeedFolder) -> None:
    folder.write("tools.yaml", "rows:\n  - a: [1\n  - b: 2\n")

    assert folder.error().startswith("tools.yaml:3:6: not valid YAML: ")


def test_alias_bomb(folder: SeedFolder) -> None:
    lines = ["rows:", "  - a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"    a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    folder.write("tools.yaml", "\n".join(lines))

    assert "with its aliases expanded, this has" in folder.error()


def test_chain_of_aliases(folder: SeedFolder) -> None:
    lines = ["rows:", "  - a0: &a0 [x]"]
    lines += [f"    a{n}: &a{n} [*a{n - 1}]" for n in range(1, 2000)]
    folder.write("tools.yaml", "\n".join(lines))

    assert "nested more than 100 levels deep" in folder.error()


JSON = {
    "unknown field": ('{\n "rows": [],\n "mod": 1}', '3:2: unknown field "mod"; did you mean "mode"?'),
    "wrong word": ('{"mode": "x", "rows": []}', '1:10: mode must be upsert or insert, not "x"'),
    "item of a wrong type": (
        '{"key": ["a", 1], "rows": []}',
        "1:15: each item of key must be text, not a number; put it in quotes",
    ),
    "name twice": (
        '{"rows": [\n{"a": 1},\n{"a": 1,\n "b": {"c": 1, "c": 2}}]}',
        '4:16: "c" appears twice',
    ),
    "name twice in two lines": (
        '{"rows": [\n{"a": 1,\n "a": 2}]}',
        '3:2: "a" appears twice, first in line 2',
    ),
    "field twice": ('{"rows": [],\n "rows": []}', '2:2: "rows" appears twice, first in line 1'),
    "NaN": ('{"rows": [{"a": [1, NaN]}]}', "1:21: JSON has no NaN and no Infinity"),
    "no rows": ('{"table": "t"}', " there are no rows; write rows: [] if that is intended"),
    "rows that are no list": ('{"rows": 1}', "1:10: rows must be a list"),
    "a row that is text": ('{"rows": [{"a": 1}, "a"]}', "1:21: a row must be an object"),
    "a list at the top": ("[]", "1:1: the file must be one JSON object"),
    "empty": ("", "1:1: the file must be one JSON object"),
    "something behind": ('{"rows": []} x', "1:14: there must be nothing after the object"),
    "comma at the end": ('{"rows": [1,]}', "1:13: no comma is allowed before the closing ']'"),
    "no comma": ('{"rows": []\n "key": []}', "2:2: not valid JSON: expecting ',' delimiter"),
    "half a character": (
        '{"rows": [{"a": "\\ud83d"}]}',
        "1:11: an unpaired surrogate is not a character",
    ),
    "formerly of no name": (
        '{"formerly": ["/tools"], "rows": []}',
        f'1:15: formerly names "/tools", {NO_NAME}',
    ),
    "key missing": (
        '{"key": ["name"], "rows": [\n {"nme": 1}]}',
        '1:10: key names the column "name", but the row at tools.json:2:2 has no such column; did you mean "nme"?',
    ),
    "too deep": ('{"rows": [' + "[" * 100_000, "1:11: nested too deeply"),
}


@pytest.mark.parametrize(("text", "message"), JSON.values(), ids=JSON.keys())
def test_json(folder: SeedFolder, text: str, message: str) -> None:
    folder.write("tools.json", text)

    assert folder.error() == f"tools.json:{message}"


CSV = {
    "too many fields": ("a,b\n1,2\n3,4,5\n", "3:5: 3 fields, but the header has 2 columns"),
    "too many fields behind a quote": (
        'a,b\n"1\n2",3\n"4\n5",6,7\n',
        "5:6: 3 fields, but the header has 2 columns",
    ),
    "too few fields": ("a,b\n1\n", "2:1: 1 field, but the header has 2 columns"),
    "column twice": ("a,b,a\n", '1:5: the column "a" appears twice'),
    "column without a name": ("a,,b\n", "1:3: a column has no name"),
    "empty": ("", "1:1: the first line must be a header with the names of the columns"),
    "quote that is never closed": ('a,b\n1,"2\n3\n', "2:3: this quote is not closed"),
    "quote alone that is never closed": ('a,b\n1,"\n', "2:3: this quote is not closed"),
    "quote alone behind another": ('a,b\n"1","\n3,4\n', "2:5: this quote is not closed"),
    "first of two mistakes": ('a,b\n1\n2,3"\n', "2:1: 1 field, but the header has 2 columns"),
    "quote inside": (
        'a,b\n1,2"3\n',
        '2:4: a quote in a field that is not quoted; quote the whole field, and write "" for this one',
    ),
    "text behind a quote": ('a,b\n"1"2,3\n', "2:4: there is text after the closing quote of a field"),
    "carriage return": (
        "a,b\n1\r2,3\n",
        "2:2: a carriage return that does not end a line; quote the field, or end lines with a line feed",
    ),
}


@pytest.mark.parametrize(("text", "message"), CSV.values(), ids=CSV.keys())
def test_csv(folder: SeedFolder, text: str, message: str) -> None:
    folder.write("tools.csv", text)

    assert folder.error() == f"tools.csv:{message}"


NDJSON = {
    "not an object": ('{"a": 1}\n[]\n', "2:1: each line must be an object"),
    "not JSON": ('{"a": 1}\n\n{"a": }\n', "3:7: not valid JSON: expecting value"),
    "two in a line": ('{"a": 1} {"a": 2}\n', "1:9: there must be nothing after the object on its line"),
    "name twice": ('{"a": 1}\n{"a": 1, "a": 2}\n', '2:10: "a" appears twice'),
    "no column": ("{}\n", "1: the row has no columns"),
}


@pytest.mark.parametrize(("text", "message"), NDJSON.values(), ids=NDJSON.keys())
def test_ndjson(folder: SeedFolder, text: str, message: str) -> None:
    folder.write("tools.ndjson", text)

    assert folder.error() == f"tools.ndjson:{message}"


SIDECAR = {
    "key missing": (
        "key: [nme]\n",
        'tools.yaml:1:7: key names the column "nme", but the row at tools.csv:1 has no such column',
    ),
    "insert_only": ("insert_only: [x]\n", 'tools.yaml:1:15: no row has a column "x"'),
    "formerly": (
        "formerly: [tools]\n",
        'tools.yaml:1:12: formerly names "tools", which is this seeder\'s own name',
    ),
    "secret key by default": (
        "key: [token]\ndefaults: {token: !env 'NONE:x'}\n",
        'tools.yaml:2:19: !env is not allowed in the key column "token", because keys are logged',
    ),
    "defaults": ("defaults: {a: !env NONE}\n", "tools.yaml:1:15: the environment variable NONE is not set"),
}


@pytest.mark.parametrize(("text", "message"), SIDECAR.values(), ids=SIDECAR.keys())
def test_sidecar(folder: SeedFolder, text: str, message: str) -> None:
    folder.write("tools.csv", "name,title\nx,y\n")
    folder.write("tools.yaml", text)

    assert folder.error().startswith(message)


CODE = {
    "head, unknown": (
        "s.sql",
        "-- seeder: required=true, dependson=a\n",
        '1:27: unknown field "dependson"; did you mean "depends_on"?',
    ),
    "head, wrong word": (
        "s.sql",
        "--\n\n  -- seeder: run=change\n",
        '3:14: run must be always or changed, not "change"; did you mean "changed"?',
    ),
    "head, no value": (
        "s.sql",
        "-- seeder: required\n",
        '1:12: "required" must be written name=value, with a comma before the next name',
    ),
    "head, twice": ("s.sql", "-- seeder: run=always,run=always\n", "1:23: run appears twice"),
    "Python, syntax": ("s.py", "def seed(:\n", "1:10: not valid Python: invalid syntax"),
    "Python, computed": (
        "s.py",
        "DEPENDS_ON = [x]\ndef seed(): ...\n",
        "1:14: DEPENDS_ON must be a literal, because it is read without running the module",
    ),
    "Python, text": (
        "s.py",
        "DEPENDS_ON = 'a'\ndef seed(): ...\n",
        "1:14: DEPENDS_ON must be a list of names",
    ),
    "Python, truth": ("s.py", "REQUIRED = 1\ndef seed(): ...\n", "1:12: REQUIRED must be True or False"),
    "Python, no function": (
        "s.py",
        "x = 1\n",
        (
            "1: the module has no seed_sync(session), seed_async(session) or seed(); "
            "if it is a helper, its name must begin with _"
        ),
    ),
}


@pytest.mark.parametrize(("name", "text", "message"), CODE.values(), ids=CODE.keys())
def test_code(folder: SeedFolder, name: str, text: str, message: str) -> None:
    folder.write(name, text)

    assert folder.error() == f"{name}:{message}"


@pytest.mark.parametrize(
    "name", ["tools.yaml", "tools.json", "tools.csv", "tools.ndjson", "tools.sql", "tools.py"]
)
def test_not_utf8(folder: SeedFolder, name: str) -> None:
    folder.write(name, "a,b\nä".encode() + b"\xff\n")

    assert folder.error() == f"{name}:2:2: not UTF-8; save the file as UTF-8"


def test_not_utf8_far_down_and_compressed(folder: SeedFolder) -> None:
    folder.write(
        "tools.csv.gz",
        gzip.compress(b"\xef\xbb\xbfa\n" + b"x" * 99_999 + b"\n" + b"y\n" * 99_999 + b"z\xe9\n"),
    )

    assert folder.error() == "tools.csv.gz:100002:2: not UTF-8; save the file as UTF-8"


def test_utf16(folder: SeedFolder) -> None:
    folder.write("tools.csv", "a,b\n".encode("utf-16"))

    assert folder.error() == "tools.csv:1:1: not UTF-8 but UTF-16; save the file as UTF-8"


@pytest.mark.parametrize("cut", [5, 20, -9])
def test_not_a_whole_gzip_file(folder: SeedFolder, cut: int) -> None:
    folder.write("tools.csv.gz", gzip.compress(os.urandom(999).hex().encode())[:cut])

    assert folder.error() == "tools.csv.gz: not a complete gzip file"


def test_not_gzip(folder: SeedFolder) -> None:
    folder.write("tools.csv.gz", "a,b\n")

    assert folder.error() == "tools.csv.gz: not gzip, or damaged"


def test_gzip_that_is_damaged_and_not_utf8(folder: SeedFolder) -> None:
    packed = gzip.compress(b'{"a": "\xff"}')
    folder.write("tools.ndjson.gz", packed[:-8] + b"\0\0\0\0" + packed[-4:])

    assert folder.error() == "tools.ndjson.gz: not gzip, or damaged"


def test_file_content_that_is_not_utf8(folder: SeedFolder) -> None:
    folder.write("tools.yaml", "rows:\n  - prompt: !file prompts/x.md\n")
    folder.write("prompts/x.md", b"a\n\xff")
    (row,) = folder.only().rows()

    with pytest.raises(SeedFileError) as raised:
        row.values[0].read_text()  # type: ignore[union-attr] # it is a FileContent

    assert folder.relative(str(raised.value)) == (
        "tools.yaml:2:13: prompts/x.md:2:1: not UTF-8; save the file as UTF-8"
    )


def test_symbolic_link_out_of_the_folder(
    folder: SeedFolder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret"
    outside.write_text("x")
    (folder.path / "link").symlink_to(outside)
    (folder.path / "down").symlink_to(outside.parent)
    (folder.path / "circle").symlink_to("circle")
    for name in ("link", "down/secret"):
        folder.write("tools.yaml", f"rows:\n  - a: !file {name}\n")
        assert (
            folder.error() == f"tools.yaml:2:8: !file {name} is outside the seed file's folder; move it there"
        )
    folder.write("tools.yaml", "rows:\n  - a: !file circle\n")
    assert folder.error().startswith("tools.yaml:2:8: ")


def test_error_shows_no_secret(folder: SeedFolder) -> None:
    folder.write("tools.yaml", "key: [a]\nrows:\n  - {a: 1, b: !env TOKEN}\n  - {b: !env TOKEN}\n")

    assert "hunter2" not in folder.error(TOKEN="hunter2")
    (seeder,) = folder.discover(TOKEN="hunter2")
    assert "hunter2" not in repr(seeder)


def test_a_broken_file_still_says_what_it_is_in_the_run(folder: SeedFolder) -> None:
    folder.write(
        "tools.yaml",
        "required: true\nenvironments: [dev]\ndepends_on: [a]\n"
        "defaults: {b: !env NONE}\nrows:\n  - a: !env NONE\n",
    )
    (seeder,) = folder.discover()

    assert not isinstance(seeder, DataSeeder)
    assert (seeder.required, seeder.environments, seeder.depends_on) == (True, frozenset({"dev"}), ("a",))


def test_a_file_with_a_wrong_field_still_says_what_it_is_in_the_run(folder: SeedFolder) -> None:
    folder.write("tools.yaml", "required: true\nenvironments: [dev]\ndepends_on: [a]\nrows: []\nmod: 1\n")
    (seeder,) = folder.discover()

    assert seeder.error is not None
    assert (seeder.required, seeder.environments, seeder.depends_on) == (True, frozenset({"dev"}), ("a",))

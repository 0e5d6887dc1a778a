"""Overlays: what a seed file comes to in one environment, and where what is wrong stands."""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeder.errors import UsageError
from seeder.seed_files import DataSeeder, discover, overlaid_environments
from seeder.seed_files.values import Plain, Ref
from tests.unit.seed_files.folder import SeedFolder, cells

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOOLS = """\
key: [name]
defaults: {enabled: true}
rows:
  - {name: search, timeout: 10}
  - {name: weather, timeout: 20}
  - {name: shell, timeout: 30}
"""
PRODUCTION = """\
rows:
  - {name: weather, timeout: 5}
  - {name: audit, timeout: 1}
absent:
  - {name: shell}
"""

_texts = st.text("ab ,\"'1", max_size=3)
_cell = st.none() | _texts
_COLUMNS = ("a", "b", "c")
_CELLS = st.dictionaries(st.sampled_from(_COLUMNS), _cell)
_KEYS = st.tuples(st.sampled_from("xyz"), st.sampled_from(["", "1", "true"]) | st.none())
_ROWS = st.dictionaries(_KEYS, _CELLS, max_size=6)


def _listed(rows: Mapping[tuple[str, str | None], Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"kind": kind, "name": name, **row} for (kind, name), row in rows.items()]


def _field(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def _write(
    folder: SeedFolder, kind: str, fields: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Write rows as a file of that kind; what it can't say itself stands in a sidecar."""
    if kind in ("yaml", "json"):
        folder.write(f"tools.{kind}", json.dumps({**fields, "rows": rows}))
        return
    folder.write("tools.yaml", json.dumps(fields))
    if kind == "csv":
        lines = [",".join(_field(row[each]) for each in ("kind", "name", *_COLUMNS)) for row in rows]
        folder.write("tools.csv", "\n".join([",".join(("kind", "name", *_COLUMNS)), *lines, ""]))
    else:
        objects = "".join(json.dumps(row) + "\n" for row in rows)
        folder.write("tools.ndjson.gz", gzip.compress(objects.encode()))


@given(
    rows=_ROWS,
    changes=_ROWS,
    out=st.sets(_KEYS),
    defaults=_CELLS,
    kinds=st.tuples(
        st.sampled_from(["yaml", "json", "csv", "ndjson"]), st.sampled_from(["yaml", "yml", "json"])
    ),
)
def test_it_comes_to_what_one_would_write_by_hand(
    rows: dict[tuple[str, str | None], dict[str, Any]],
    changes: dict[tuple[str, str | None], dict[str, Any]],
    out: set[tuple[str, str | None]],
    defaults: dict[str, Any],
    kinds: tuple[str, str],
) -> None:
    kind, overlay = kinds
    if kind == "csv":
        # Each row names all columns.
        rows = {key: {each: row.get(each) for each in _COLUMNS} for key, row in rows.items()}
    absent = (out & rows.keys()) - changes.keys()
    by_hand = {key: {**row, **changes.get(key, {})} for key, row in rows.items() if key not in absent}
    by_hand.update({key: row for key, row in changes.items() if key not in rows})
    fields = {"key": ["kind", "name"], "defaults": defaults}
    with tempfile.TemporaryDirectory() as path:
        folder = SeedFolder(Path(path))
        _write(folder, kind, fields, _listed(rows))
        folder.write(
            f"tools.production.{overlay}",
            json.dumps({"rows": _listed(changes), "absent": [{"kind": k, "name": n} for k, n in absent]}),
        )
        found = cells(folder.only(environment="production"))
        assert cells(folder.only()) == [{**defaults, **row} for row in _listed(rows)]
    assert found == [{**defaults, **row} for row in _listed(by_hand)]


def test_it_counts_in_its_environment_alone(folder: SeedFolder) -> None:
    folder.write("tools.yaml", TOOLS)
    folder.write("tools.production.yaml", PRODUCTION)
    folder.write("tools.eu.production.yaml", "rows:\n  - {name: search, timeout: 99}\n")

    def timeouts(environment: str | None) -> dict[Any, Any]:
        return {
            row["name"]: (row["timeout"], row["enabled"])
            for row in cells(folder.only(environment=environment))
        }

    base = {"search": ("10", "true"), "weather": ("20", "true"), "shell": ("30", "true")}
    assert timeouts(None) == timeouts("staging") == base
    assert timeouts("eu.production") == {**base, "search": ("99", "true")}
    assert timeouts("production") == {
        "search": ("10", "true"),
        "weather": ("5", "true"),
        "audit": ("1", "true"),
    }
    seeder = folder.only(environment="production")
    assert sorted(seeder.overlays) == ["eu.production", "production"]
    assert seeder.overlay == f"{folder.path}/tools.production.yaml"
    assert [path.name for path in seeder.sources] == ["tools.yaml", "tools.production.yaml"]
    assert overlaid_environments([str(folder.path)]) == ["eu.production", "production"]


def test_one_file_brings_its_overlays(folder: SeedFolder) -> None:
    path = folder.write("tools.yaml", TOOLS)
    folder.write("tools.production.yaml", PRODUCTION)
    folder.write("others.production.yaml", PRODUCTION)
    (seeder,) = discover([str(path)], allow_code=False, environ={}, environment="production")
    assert isinstance(seeder, DataSeeder)
    assert seeder.overlay == f"{folder.path}/tools.production.yaml"


def test_tags_work_in_its_cells(folder: SeedFolder) -> None:
    folder.write("tools.yaml", TOOLS)
    folder.write("note.md", "Ask first.")
    folder.write(
        "tools.production.yaml",
        "rows:\n  - {name: search, note: !file note.md, token: !env TOKEN,\n"
        "     team: !ref {table: teams, where: {name: a}}}\n",
    )
    seeder = folder.only(environment="production", TOKEN="hunter2")
    assert {str(each) for each in seeder.references} == {"teams"}
    assert seeder.secrets == {"hunter2"}
    assert seeder.secret_columns() == {"token"}
    assert [path.name for path in seeder.sources] == ["tools.yaml", "tools.production.yaml", "note.md"]
    assert seeder.inputs.variables == {"TOKEN": "hunter2"}


def test_a_reference_and_a_default_may_be_in_the_key(folder: SeedFolder) -> None:
    ref = "!ref {table: teams, where: {name: %s}}"
    folder.write(
        "tools.yaml",
        "key: [team, region, name]\ndefaults: {region: eu}\nrows:\n"
        f"  - {{team: {ref % 'a'}, name: x, size: 1}}\n  - {{team: {ref % 'b'}, name: x, size: 2}}\n"
        f"  - {{team: {ref % 'b'}, region: us, name: x, size: 3}}\n",
    )
    folder.write(
        "tools.production.yaml",
        f"rows:\n  - {{team: {ref % 'b'}, name: x, size: 9}}\nabsent:\n  - {{team: {ref % 'a'}, name: x}}\n",
    )
    assert [row["size"] for row in cells(folder.only(environment="production"))] == ["9", "3"]


@pytest.mark.parametrize("key", ["key: [team_id, name]\n", ""])
def test_a_column_of_the_key_may_be_filled_by_a_reference(folder: SeedFolder, key: str) -> None:
    folder.write(
        "tools.yaml",
        f"{key}references: {{team_id: {{table: teams, columns: {{name: team}}}}}}\n"
        "rows:\n  - {team: a, name: x, size: 1}\n  - {team: b, name: x, size: 2}\n",
    )
    folder.write(
        "tools.production.yaml",
        "rows:\n  - {team: b, name: x, size: 9}\n  - {team: c, name: x}\nabsent:\n  - {team: a, name: x}\n",
    )
    b, c = folder.only(environment="production").keyed(["team_id", "name"]).rows()
    assert [(column, type(value)) for column, value in zip(c.columns, c.values, strict=True)] == [
        ("name", Plain),
        ("team_id", Ref),
    ]
    assert dict(zip(b.columns, b.values, strict=True))["size"] == "9"
    assert folder.relative(str(b.at("team_id"))) == f"tools.yaml:{5 if key else 4}:12"
    assert folder.relative(str(c.at("team_id"))) == "tools.production.yaml:3:12"


class TestTheTablesKey:
    """A seed file that says no key."""

    def test_it_is_what_the_table_says(self, folder: SeedFolder) -> None:
        folder.write("tools.csv", "name,size\na,1\nb,2\n")
        folder.write("tools.production.yaml", "rows: [{name: b, size: 9}]\nabsent: [{name: a}]\n")
        seeder = folder.only(environment="production")
        keyed = seeder.keyed(["name"])
        assert cells(keyed) == [{"name": "b", "size": "9"}]
        assert keyed.keyed(["size"]) is not keyed
        assert cells(keyed.keyed(["size"])) == cells(keyed)

    def test_without_it_nobody_knows_the_rows(self, folder: SeedFolder) -> None:
        folder.write("tools.csv", "name,size\na,1\n")
        folder.write("tools.production.yaml", "rows: [{name: b, size: 9}]\n")
        error = folder.error(environment="production")
        assert "which tools.csv does not say" in error
        assert error.endswith("write key: [...] in a YAML file of that name beside it")
        folder.write("tools.yaml", "table: tools\n")
        assert folder.error(environment="production").endswith("write key: [...] there")

    def test_what_does_not_fit_it_is_a_mistake(self, folder: SeedFolder) -> None:
        folder.write("tools.csv", "name,size\na,1\n")
        folder.write("tools.production.yaml", "absent: [{size: 1}]\n")
        seeder = folder.only(environment="production")
        with pytest.raises(Exception, match='"size" is not in the key, which is "name"'):
            seeder.keyed(["name"])


class TestPlaces:
    """A cell stands where it is written."""

    def test_of_each_cell(self, folder: SeedFolder) -> None:
        folder.write("tools.yaml", TOOLS)
        folder.write("tools.production.yaml", PRODUCTION)
        search, weather, audit = folder.only(environment="production").rows()

        def place(position: object) -> str:
            return folder.relative(str(position))

        assert place(search.at("timeout")) == "tools.yaml:4:29"
        assert place(weather.at()) == "tools.yaml:5:5"
        assert place(weather.at("name")) == "tools.yaml:5:12"
        assert place(weather.at("timeout")) == "tools.production.yaml:2:30"
        assert place(weather.at_name("timeout")) == "tools.yaml:5:21"
        assert place(weather.at("enabled")) == "tools.yaml:2:21"
        assert place(audit.at()) == "tools.production.yaml:3:5"
        assert place(audit.at("timeout")) == "tools.production.yaml:3:28"
        assert place(audit.at("enabled")) == "tools.yaml:2:21"

    def test_above_csv(self, folder: SeedFolder) -> None:
        folder.write("tools.csv", "name,size\na,1\nb,2\nc,3\n")
        folder.write("tools.yaml", "key: [name]\n")
        folder.write(
            "tools.production.json",
            '{"absent": [{"name": "a"}],\n "rows": [{"name": "b", "size": 9},\n  {"name": "d"}]}',
        )
        _, third, new = folder.only(environment="production").rows()
        changed, *_ = folder.only(environment="production").rows()
        assert folder.relative(str(changed.at("size"))) == "tools.production.json:2:33"
        assert folder.relative(str(changed.at("name"))) == "tools.csv:3:1"
        assert folder.relative(str(third.at("size"))) == "tools.csv:4:3"
        assert folder.relative(str(new.at("name"))) == "tools.production.json:3:12"


MISTAKES = {
    "mode: insert\nrows: []": (
        "1:1: an overlay can't have mode, which tools.yaml says for all environments; it has rows and absent"
    ),
    "mod: x\nrows: []": '1:1: unknown field "mod"',
    "row: []\nrows: []": '1:1: unknown field "row"; did you mean "rows"?',
    "$schema: x": ": an overlay needs rows or absent",
    "rows: !file more.csv": "1:7: the rows of an overlay stand in the overlay itself, and not in another file",
    "rows: 1": "1:7: rows must be a list, or !file with the name of a CSV or NDJSON file",
    "rows: [{nane: a}]": '1:8: the key column "name" is missing; did you mean "nane"?',
    "rows: [{name: !env X}]": '1:15: !env is not allowed in the key column "name", because keys are logged',
    "rows: [{name: a}, {name: a}]": '1:26: the row has the same key ("name") as the one in line 1',
    "absent: {name: a}": "1:9: absent must be a list, not a mapping",
    "absent: [shell]": "1:10: each item of absent must be a mapping, not text",
    "absent: [{}]": "1:10: name the key of the row, as in {name: web_search}",
    "absent: [{name: shell, timeout: 1}]": '1:24: "timeout" is not in the key, which is "name"',
    "absent: [{name: !env X}]": '1:17: !env is not allowed in the key column "name", because keys are logged',
    "absent:\n  - {name: shell}\n  - {name: shell}": "3:5: absent names this row twice, first in line 2",
    "rows:\n  - {name: shell}\nabsent:\n  - {name: shell}": (
        "4:5: this row is in absent, and in rows too, in line 2; take it out of one of them"
    ),
    "absent:\n  - {name: shel}": (
        '2:5: tools.yaml has no row whose key ("name") is "shel"; did you mean "shell"?'
    ),
}


@pytest.mark.parametrize("content", MISTAKES)
def test_a_mistake_names_its_own_line(folder: SeedFolder, content: str) -> None:
    folder.write("tools.yaml", TOOLS)
    folder.write("more.csv", "name\na\n")
    folder.write("tools.production.yaml", content)
    if "more.csv" not in content:
        (folder.path / "more.csv").unlink()
    said = MISTAKES[content]
    place = "tools.production.yaml" + ("" if said.startswith(":") else ":")
    assert folder.error(environment="production", X="x") == place + said
    # It is no other environment's.
    assert len(cells(folder.only())) == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"rows": [\n {"nane": 1}]}', '2:2: the key column "name" is missing; did you mean "nane"?'),
        (
            '{"absent": [\n {"name": "wether"}]}',
            '2:2: tools.yaml has no row whose key ("name") is "wether"; did you mean "weather"?',
        ),
        ('{"rows": [1]}', "1:11: a row must be an object"),
        ('{"absent": [\n 1]}', "2:2: each item of absent must be a mapping, not a number"),
        ('{"rows": [', "1:11: not valid JSON: expecting value"),
    ],
)
def test_so_does_one_in_json(folder: SeedFolder, content: str, said: str) -> None:
    folder.write("tools.yaml", TOOLS)
    folder.write("tools.production.json", content)
    assert folder.error(environment="production") == f"tools.production.json:{said}"


def test_all_mistakes_are_told(folder: SeedFolder) -> None:
    folder.write("tools.yaml", TOOLS)
    folder.write(
        "tools.production.yaml",
        "mode: x\nrows:\n  - {a: 1}\n  - 3\nabsent:\n  - {name: x}\n  - {name: shell, b: 1}\n",
    )
    told: list[str] = []
    discover(
        [str(folder.path)],
        allow_code=False,
        environ={},
        environment="production",
        tell=lambda mistake: told.append(folder.relative(str(mistake))),
    )
    lines = [int(each.split(":")[1]) for each in told]
    assert sorted(set(lines)) == [1, 3, 4, 6, 7]


class TestWithoutAPlace:
    """Overlays that can't be: each is an error in every environment."""

    @pytest.mark.parametrize("environment", [None, "production", "staging"])
    def test_without_a_seed_file(self, folder: SeedFolder, environment: str | None) -> None:
        folder.write("tools.production.yaml", PRODUCTION)
        assert folder.error(environment=environment) == (
            "tools.production.yaml: there is no seed file tools.yaml, .json, .csv or .ndjson beside this overlay; "
            "give it the name of its seed file, or, if it is one itself, a name without a dot"
        )

    @pytest.mark.parametrize("environment", [None, "production"])
    def test_of_an_environment_that_the_set_does_not_list(
        self, folder: SeedFolder, environment: str | None
    ) -> None:
        folder.write("_seeds.yaml", "environments: [staging, production]\n")
        folder.write("tools.yaml", TOOLS)
        folder.write("tools.prodution.yaml", PRODUCTION)
        assert folder.error(environment=environment) == (
            'tools.prodution.yaml: "prodution" is not an environment of these seeds; did you mean "production"?; '
            "_seeds.yaml lists staging, production"
        )

    def test_of_an_environment_in_which_the_seeder_does_not_run(self, folder: SeedFolder) -> None:
        folder.write("tools.yaml", "environments: [development]\n" + TOOLS)
        folder.write("tools.production.yaml", PRODUCTION)
        assert folder.error() == (
            "tools.production.yaml: tools.yaml runs only in development; "
            'add "production" to its environments, or delete this overlay'
        )

    def test_two_for_one_environment(self, folder: SeedFolder) -> None:
        folder.write("tools.yaml", TOOLS)
        folder.write("tools.production.json", '{"rows": []}')
        folder.write("tools.production.yaml", PRODUCTION)
        assert folder.error().startswith('tools.production.yaml: there is a second overlay for "production"')

    @pytest.mark.parametrize("base", ["tools.sql", "tools.py"])
    def test_of_code(self, folder: SeedFolder, base: str) -> None:
        folder.write(base, "def seed(): ..." if base.endswith("py") else "SELECT 1")
        folder.write("tools.production.yaml", PRODUCTION)
        assert folder.error() == f"tools.production.yaml: an overlay is of rows, and {base} has none"

    def test_csv(self, folder: SeedFolder) -> None:
        folder.write("tools.yaml", TOOLS)
        folder.write("tools.production.csv", "name\na\n")
        with pytest.raises(UsageError, match="or write it in YAML or JSON if it is an overlay"):
            folder.discover()

    def test_an_environment_called_history(self, folder: SeedFolder) -> None:
        folder.write("_seeds.yaml", "environments: [history]\n")
        folder.write("tools.yaml", TOOLS)
        with pytest.raises(UsageError, match="1:16: an environment can't be called history"):
            folder.discover()


class TestParts:
    """Files that others name are no overlays, and files that overlays name are no seeders."""

    def test_of_another_file(self, folder: SeedFolder) -> None:
        folder.write("tools.yaml", "rows:\n  - {name: a, config: !file tools.defaults.json}\n")
        folder.write("tools.defaults.json", '{"a": 1}')
        assert [row["name"] for row in cells(folder.only(environment="defaults"))] == ["a"]

    @pytest.mark.parametrize("environment", [None, "production"])
    @pytest.mark.parametrize("name", ["extra.json", "extra.csv", "extra.sql", "extra.yaml"])
    def test_of_an_overlay(self, folder: SeedFolder, environment: str | None, name: str) -> None:
        folder.write("tools.yaml", TOOLS)
        folder.write("tools.production.yaml", f"rows:\n  - {{name: search, config: !file {name}}}\n")
        folder.write(name, "{}")
        assert [seeder.name for seeder in folder.discover(environment=environment, allow_code=True)] == [
            "tools"
        ]

    def test_a_comment_names_none(self, folder: SeedFolder) -> None:
        folder.write("tools.yaml", TOOLS)
        folder.write("tools.production.yaml", "# as !file more.yaml\nrows: []\n")
        folder.write("more.yaml", "rows: []\n")
        assert folder.names() == ["more", "tools"]

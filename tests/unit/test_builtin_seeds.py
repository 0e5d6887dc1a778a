"""The four built-in seeds: what they promise to whoever builds on them, without a database."""

from __future__ import annotations

import copy
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

import seeder
from seeder.seed_files import DataSeeder, discover
from seeder.seed_files.said import resolve
from seeder.seed_files.values import FileContent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seeder.seed_files.values import Value

BUILTIN = Path(seeder.__file__).parent / "builtin"
PAGE = Path(__file__).parents[2] / "docs" / "built-in-seeds.md"
NAMES = ("model_configs", "prompt_templates", "schemas", "tools")
PLACEHOLDER = re.compile(r"\{\{ ([a-z][a-z0-9_]*) \}\}")

formats = FormatChecker(["date", "email"])


def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).utcoffset() is not None


formats.checks("date-time", raises=ValueError)(_is_date_time)


def plain(value: object) -> Any:
    """A cell as a Python value: YAML 1.2 scalars resolved, as a JSON column does, and `!file` read."""
    match value:
        case FileContent():
            return value.read_text()
        case dict():
            return {name: plain(inner) for name, inner in value.items()}
        case list():
            return [plain(item) for item in value]
        case _:
            return resolve(cast("Value", value))


def discover_builtin() -> dict[str, DataSeeder]:
    """The built-in seeds as any run finds them, without leave to run code."""
    found = {each.name: each for each in discover(["builtin"], allow_code=False, environ={})}
    assert [(each.name, each.error) for each in found.values() if each.error] == []
    return {name: each for name, each in found.items() if isinstance(each, DataSeeder)}


SEEDS = discover_builtin()
ROWS = {
    name: [dict(zip(row.columns, map(plain, row.values), strict=True)) for row in seed.rows()]
    for name, seed in SEEDS.items()
}


def rows(name: str) -> list[dict[str, Any]]:
    """The rows of a seed, its defaults filled in."""
    return ROWS[name]


def ddl_of(name: str) -> str:
    """How the seed creates its table."""
    ddl = SEEDS[name].ddl
    assert ddl is not None
    return ddl


def by_name(name: str) -> pytest.MarkDecorator:
    """One test for each row of a seed file, named after the row."""
    return pytest.mark.parametrize("row", [pytest.param(row, id=row["name"]) for row in rows(name)])


def columns_of(ddl: str) -> set[str]:
    """The columns that a CREATE TABLE declares, in the simple form in which the built-in seeds write it."""
    return set(re.findall(r"^ {4}([a-z_]+) +[a-z]", ddl, re.MULTILINE))


@pytest.mark.parametrize("name", NAMES)
class TestEverySeed:
    def test_has_a_natural_key_that_no_two_rows_share(self, name: str) -> None:
        key = SEEDS[name].key
        assert key is not None
        keys = Counter(tuple(row[column] for column in key) for row in rows(name))
        assert [key for key, count in keys.items() if count > 1] == []

    def test_brings_a_table_of_its_own_name_with_every_column_the_rows_use(self, name: str) -> None:
        ddl = ddl_of(name)
        assert str(SEEDS[name].table) == name
        assert ddl.startswith(f"CREATE TABLE {name} (\n")
        used = set().union(*rows(name), SEEDS[name].insert_only)
        assert used <= columns_of(ddl)
        assert {"id", "created_at", "updated_at"} == columns_of(ddl) - used

    def test_makes_the_key_unique_in_the_table(self, name: str) -> None:
        (key,) = SEEDS[name].key or ()
        assert re.search(rf"^ {{4}}{key} +text +NOT NULL UNIQUE", ddl_of(name), re.MULTILINE)

    def test_leaves_an_administrators_switch_alone(self, name: str) -> None:
        assert SEEDS[name].insert_only == columns_of(ddl_of(name)) & {"enabled"}

    def test_is_described_column_by_column(self, name: str) -> None:
        section = PAGE.read_text(encoding="utf-8").split(f"\n## {name}\n")[1].split("\n## ")[0]
        described = dict(re.findall(r"^\| `(\w+)` \| `([a-z\[\]]+)` \|", section, re.MULTILINE))
        declared = dict(re.findall(r"^ {4}([a-z_]+) +([a-z\[\]]+)", ddl_of(name), re.MULTILINE))
        assert described == declared

    def test_is_counted_right_in_its_description(self, name: str) -> None:
        (count,) = re.findall(
            rf"^\| `{name}` \| `{name}` \| (\d+) ", PAGE.read_text(encoding="utf-8"), re.MULTILINE
        )
        assert int(count) == len(rows(name))

    def test_has_no_kind_of_row_that_its_description_lacks(self, name: str) -> None:
        column = {"tools": "category", "prompt_templates": "category", "schemas": "schema_type"}.get(name)
        if column is not None:
            section = PAGE.read_text(encoding="utf-8").split(f"\n## {name}\n")[1]
            (meaning,) = re.findall(
                rf"^\| `{column}` \| `text` \| (.*) \|$", section.split("\n## ")[0], re.MULTILINE
            )
            assert re.findall(r"`(\w+)`", meaning) == sorted({row[column] for row in rows(name)})

    def test_reads_the_same_in_yaml_1_1_and_1_2(self, name: str) -> None:
        """No plain `no`, date or octal number: a JSON column goes by YAML 1.2, most editors by 1.1."""
        core = re.compile(r"null|true|false|-?[1-9][0-9]*|0|-?[0-9]+\.[0-9]+")
        text = (BUILTIN / f"{name}.yaml").read_text(encoding="utf-8")
        for token in yaml.scan(text):
            if not isinstance(token, yaml.ScalarToken) or not token.plain:
                continue
            is_text = isinstance(yaml.safe_load(token.value), str)
            assert is_text != bool(core.fullmatch(token.value)), token.start_mark


def test_there_are_the_four() -> None:
    assert tuple(sorted(SEEDS)) == NAMES


def test_the_folder_holds_nothing_that_no_seed_names_and_stays_small() -> None:
    files = {
        str(path.relative_to(BUILTIN))
        for path in BUILTIN.rglob("*")
        if path.suffix in {".yaml", ".sql", ".md"}
    }
    named = {f"{name}.yaml" for name in NAMES}
    for name in NAMES:
        named |= set(re.findall(r"!file (\S+)", (BUILTIN / f"{name}.yaml").read_text(encoding="utf-8")))
    assert files == named
    assert sum((BUILTIN / file).stat().st_size for file in files) < 250_000


class TestTools:
    def test_there_are_enough(self) -> None:
        assert len(rows("tools")) >= 24

    @by_name("tools")
    def test_is_described_for_a_model(self, row: dict[str, Any]) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,63}", row["name"])
        assert 100 <= len(row["description"]) <= 1024
        assert re.search(r"\bUse it\b", row["description"])
        assert re.search(r"\b(not|never|Prefer)\b", row["description"])

    @by_name("tools")
    def test_names_only_tools_that_exist(self, row: dict[str, Any]) -> None:
        mentioned = set(re.findall(r"\b[a-z]+_[a-z_]+\b", row["description"]))
        assert mentioned <= {other["name"] for other in rows("tools")}

    @by_name("tools")
    def test_states_the_limits_that_every_tool_has(self, row: dict[str, Any]) -> None:
        config = row["config"]
        assert 0 < config["timeout_seconds"] <= 3600
        assert config["calls_per_minute"] > 0
        assert isinstance(config["requires_approval"], bool)
        assert len(config) > 3, "no limit of its own kind"

    @by_name("tools")
    def test_describes_each_argument_in_a_valid_schema(self, row: dict[str, Any]) -> None:
        schema = row["input_schema"]
        Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"
        assert schema["additionalProperties"] is False
        assert set(schema["required"]) <= set(schema["properties"])
        for name, argument in schema["properties"].items():
            assert argument["description"].endswith((".", "?")), name
            if "default" in argument:
                assert name not in schema["required"], f"{name} is required and has a default"
                Draft202012Validator(argument).validate(argument["default"])

    @by_name("tools")
    def test_asks_for_no_more_results_than_the_application_gives(self, row: dict[str, Any]) -> None:
        argument = row["input_schema"]["properties"].get("max_results")
        if argument is not None:
            assert argument["maximum"] == row["config"]["max_results"]

    def test_what_is_off_needs_a_persons_approval_or_costs_money(self) -> None:
        off = {row["name"] for row in rows("tools") if not row["enabled"]}
        assert {"send_mail", "run_command", "open_pull_request"} <= off
        approved = {row["name"] for row in rows("tools") if row["config"]["requires_approval"]}
        assert off - approved == {"generate_image"}


def objects(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every schema inside a schema that describes an object."""
    if schema.get("type") == "object":
        yield schema
    for inner in [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]:
        yield from objects(inner)


def broken(value: Any) -> Iterator[tuple[str, Any]]:
    """Every document that differs from `value` in one place and should be refused, with what was done."""
    yield "replaced by an object of another kind", {"unexpected": True}
    if isinstance(value, dict):
        yield "one property too many", {**value, "unexpected": True}
        for name in value:
            yield f"{name} missing", {other: value[other] for other in value if other != name}
            for what, inner in broken(value[name]):
                yield f"{name}: {what}", {**value, name: inner}
    elif isinstance(value, list):
        for index, item in enumerate(value):
            for what, inner in broken(item):
                changed = copy.copy(value)
                changed[index] = inner
                yield f"{index}: {what}", changed


class TestSchemas:
    def test_there_are_enough(self) -> None:
        assert len(rows("schemas")) >= 16

    @by_name("schemas")
    def test_is_valid_against_the_meta_schema(self, row: dict[str, Any]) -> None:
        assert row["definition"]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        Draft202012Validator.check_schema(row["definition"])

    @by_name("schemas")
    def test_closes_and_describes_every_object(self, row: dict[str, Any]) -> None:
        assert row["definition"]["type"] == "object"
        for schema in objects(row["definition"]):
            assert schema["additionalProperties"] is False
            assert schema["required"] == list(schema["properties"])
            for name, inner in schema["properties"].items():
                assert inner.get("description"), name
                assert inner.get("items", {}).get("description", "none needed"), name

    @by_name("schemas")
    def test_accepts_its_example(self, row: dict[str, Any]) -> None:
        Draft202012Validator(row["definition"], format_checker=formats).validate(row["example"])

    @by_name("schemas")
    def test_has_an_example_that_shows_every_list(self, row: dict[str, Any]) -> None:
        def empty(value: Any, path: str = "") -> Iterator[str]:
            children = (
                value.items()
                if isinstance(value, dict)
                else enumerate(value)
                if isinstance(value, list)
                else []
            )
            for name, inner in children:
                yield from empty(inner, f"{path}.{name}")
            if value == []:
                yield path

        assert [path for path in empty(row["example"]) if not path.endswith("depends_on")] == []

    @by_name("schemas")
    def test_refuses_the_example_once_it_is_broken(self, row: dict[str, Any]) -> None:
        validator = Draft202012Validator(row["definition"], format_checker=formats)
        for what, document in broken(row["example"]):
            assert not validator.is_valid(document), what

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("calendar_event", {"start": "2026-06-11T14:00:00"}),
            ("calendar_event", {"attendees": ["rita"]}),
            ("classification", {"confidence": 1.5}),
            ("code_review", {"verdict": "looks good"}),
            ("conversation_title", {"title": "A title that ends with a full stop."}),
            ("invoice", {"currency": "Euro"}),
            ("meeting_minutes", {"date": "18 May 2026"}),
            ("query_rewrite", {"date_from": "last spring"}),
            ("sql_query", {"sql": "DELETE FROM orders"}),
            ("translation", {"target_language": "German"}),
        ],
    )
    def test_refuses_values_that_only_look_right(self, name: str, change: dict[str, Any]) -> None:
        (row,) = [row for row in rows("schemas") if row["name"] == name]
        validator = Draft202012Validator(row["definition"], format_checker=formats)
        assert not validator.is_valid({**row["example"], **change})


class TestPromptTemplates:
    def test_there_are_enough(self) -> None:
        assert len(rows("prompt_templates")) >= 14

    @by_name("prompt_templates")
    def test_lists_the_variables_of_its_text_and_no_other_in_their_order(self, row: dict[str, Any]) -> None:
        in_text = list(dict.fromkeys(PLACEHOLDER.findall(row["template"])))
        assert [variable["name"] for variable in row["variables"]] == in_text

    @by_name("prompt_templates")
    def test_has_no_braces_but_those_of_placeholders(self, row: dict[str, Any]) -> None:
        assert not re.search(r"\{\{|\}\}|\{%|%\}", PLACEHOLDER.sub("", row["template"]))

    @by_name("prompt_templates")
    def test_describes_each_variable(self, row: dict[str, Any]) -> None:
        for variable in row["variables"]:
            assert set(variable) == {"name", "description", "required"}
            assert variable["description"].endswith(".")
            assert isinstance(variable["required"], bool)

    @by_name("prompt_templates")
    def test_says_of_a_variable_that_may_be_empty_that_it_may(self, row: dict[str, Any]) -> None:
        """Only then does a text with an empty section read as meant. `history` speaks for itself."""
        optional = {variable["name"] for variable in row["variables"] if not variable["required"]} - {
            "history"
        }
        assert bool(optional) == bool(
            re.search(r"may be empty|\(empty at|\. Where they contradict", row["template"])
        )

    @by_name("prompt_templates")
    def test_has_a_file_of_its_own(self, row: dict[str, Any]) -> None:
        assert row["template"] == (BUILTIN / "prompts" / f"{row['name']}.md").read_text(encoding="utf-8")

    @by_name("prompt_templates")
    def test_names_a_schema_that_exists(self, row: dict[str, Any]) -> None:
        assert row["output_schema"] is None or row["output_schema"] in {
            schema["name"] for schema in rows("schemas")
        }


class TestModelConfigs:
    def test_there_are_enough_models_of_enough_providers(self) -> None:
        models = rows("model_configs")
        assert len(models) >= 32
        assert len({model["provider"] for model in models}) >= 8

    @pytest.mark.parametrize("row", [pytest.param(row, id=row["key"]) for row in rows("model_configs")])
    def test_is_plausible(self, row: dict[str, Any]) -> None:
        assert row["key"].startswith(f"{row['provider']}/")
        assert row["temperature"] is None or 0 <= row["temperature"] <= 2
        assert row["context_window"] is None or row["context_window"] >= 8_000
        if row["max_output_tokens"] is not None:
            assert row["context_window"] is not None
            assert row["max_output_tokens"] <= row["context_window"]
        assert set(row["input_modalities"]) <= {"text", "image", "audio", "video", "document"}
        assert "text" in row["input_modalities"]

    def test_no_two_rows_are_the_same_model(self) -> None:
        models = Counter((row["provider"], row["model_id"]) for row in rows("model_configs"))
        assert [model for model, count in models.items() if count > 1] == []

    def test_a_model_that_is_on_has_a_verified_context_window(self) -> None:
        assert [
            row["key"] for row in rows("model_configs") if row["enabled"] and row["context_window"] is None
        ] == []

    def test_every_model_stands_under_a_comment_with_its_source_and_a_date(self) -> None:
        """A heading for a whole provider counts as well, and so does "as for" the model above."""
        text = (BUILTIN / "model_configs.yaml").read_text(encoding="utf-8")
        heading = comment = ""
        for block in text.split("\nrows:\n")[1].split("\n\n"):
            lines = block.splitlines()
            comments = " ".join(line.strip() for line in lines if line.startswith("  #"))
            if comments.startswith("# ---"):
                heading, comment = comments, ""
            if any(line.startswith("  - key:") for line in lines):
                comment = comments + comment if re.search(r"\bas (for|above)\b", comments) else comments
                assert re.search(r"\bread 20\d\d-\d\d-\d\d\b", heading + comment), lines
                assert re.search(
                    r"\w+\.\w+/|models\.list|User Guide|Python package|litellm", heading + comment
                ), lines

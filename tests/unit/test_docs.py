"""The tables of the documentation say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from seeder.cli.command import COMMAND
from seeder.config.settings import OPTIONS
from seeder.errors import ExitCode
from seeder.reporting.events import COMMON_FIELDS, EVENTS, FAILURE_FIELDS
from seeder.run.verdict import PRECEDENCE, TOLERABLE

DOCS = Path(__file__).parents[2] / "docs"


def table(page: str, head: str) -> list[list[str]]:
    """The rows of the table whose first column is called `head`."""
    lines = iter((DOCS / page).read_text(encoding="utf-8").splitlines())
    for line in lines:
        if line.startswith(f"| {head} |"):
            break
    else:
        pytest.fail(f"{page} has no table that begins with {head}")
    next(lines)
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return rows


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_option_is_documented_with_its_variable_and_default() -> None:
    documented = {}
    for flag, variable, default, meaning in table("command-line.md", "option"):
        named = [name for name in quoted(variable) if len(name) > 1]
        name = (quoted(flag) or named)[0].partition("/")[0]
        documented[name] = (named, next(iter(quoted(default)), None), "repeatable" in flag)
        assert meaning
    assert documented == {
        option.flag: (
            [name for name in (option.variable, option.file_variable) if name],
            option.default or option.implied,
            option.separator is not None,
        )
        for option in OPTIONS
    }


def test_the_separators_of_lists_are_documented() -> None:
    for _, variable, _, _ in table("command-line.md", "option"):
        option = next(option for option in OPTIONS if option.variable == quoted(variable)[0])
        assert (f"(`{option.separator}` between)" in variable) == (option.separator is not None)


def test_the_command_has_the_options_of_the_settings_and_no_others() -> None:
    flags = {param.opts[0] for param in COMMAND.params}
    assert flags - {"--all", "--help", "--version"} == {option.flag for option in OPTIONS if option.has_flag}


def test_the_help_says_variable_and_default_of_every_option() -> None:
    with click.Context(COMMAND):
        for option in OPTIONS:
            param = next((p for p in COMMAND.params if p.opts[0] == option.flag), None)
            if option.has_flag:
                assert isinstance(param, click.Option)
                assert f"[{option.variable}; default: {option.default_text}]" in (param.help or "")
            else:
                assert option.variable in (COMMAND.help or "")


def test_every_subcommand_is_documented_with_its_own_options() -> None:
    shared = {option.flag for option in OPTIONS}
    documented = table("command-line.md", "command")
    assert {quoted(row[0])[0].split()[0]: set(quoted(row[2])) for row in documented} == {
        name: {param.opts[0] for param in command.params if isinstance(param, click.Option)} - shared
        for name, command in COMMAND.commands.items()
    }


def test_the_exit_codes() -> None:
    documented = {int(row[0]): row[2] for row in table("exit-codes.md", "code")}
    assert set(documented) == {int(code) for code in ExitCode}
    retried = {code for code, advice in documented.items() if advice == "retry"}
    assert retried == {1, 4, 5, 130, 143}


def test_the_order_of_the_exit_codes_and_what_strictness_decides() -> None:
    text = " ".join((DOCS / "exit-codes.md").read_text(encoding="utf-8").split())
    order = ", ".join(str(int(code)) for code in PRECEDENCE if code != ExitCode.OK)
    assert f"the first of these is the exit code: {order}." in text
    *most, last = sorted(int(code) for code in TOLERABLE)
    assert f"Strictness decides over {', '.join(map(str, most))} and {last}" in text


def test_every_event_is_documented_with_its_level_and_fields() -> None:
    documented = {quoted(row[0])[0]: row[1:] for row in table("logs.md", "event")}
    assert list(documented) == list(EVENTS)
    for name, event in EVENTS.items():
        level, meaning, fields = documented[name]
        assert level == event.level
        assert meaning == event.meaning.replace("|", "\\|")
        assert quoted(fields) == [field for field in event.fields if field not in FAILURE_FIELDS]
        assert ("of a failure" in fields) == (FAILURE_FIELDS[0] in event.fields)


def test_the_common_fields_and_those_of_a_failure_are_documented() -> None:
    text = (DOCS / "logs.md").read_text(encoding="utf-8")
    for fields in (COMMON_FIELDS, FAILURE_FIELDS):
        assert ", ".join(f"`{field}`" for field in fields) in text


PAGES = sorted(
    page
    for page in DOCS.parent.rglob("*.md")
    if not any(
        part.startswith(".") or part in {"build", "prompts"} for part in page.relative_to(DOCS.parent).parts
    )
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS.parent)))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", text)
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing

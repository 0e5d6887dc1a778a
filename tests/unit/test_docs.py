"""The tables of the documentation say what the code says."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

import click
import pytest

from seeder.cli.command import COMMAND, main
from seeder.config.settings import OPTIONS
from seeder.errors import ExitCode
from seeder.reporting.events import COMMON_FIELDS
from seeder.run.verdict import PRECEDENCE, TOLERABLE

DOCS = Path(__file__).parents[2] / "docs"
LEVELS = {"debug", "info", "warning", "error"}
EVENT = re.compile(r"(application|database|ledger|lock|prerequisite|release|row|run|seeder|table)\.[a-z_]+")
FAILURE_FIELDS = ["error.type", "error.message", "file", "line", "column", "table", "key", "sqlstate"]
"""What `reporting.description.describe` returns."""


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
    assert flags - {"--all", "--only", "--help", "--version"} == {
        option.flag for option in OPTIONS if option.has_flag
    }


def test_the_whole_meaning_of_every_option_is_documented() -> None:
    meanings = {quoted(row[1])[0]: row[3] for row in table("command-line.md", "option")}
    assert meanings == {option.variable: option.meaning for option in OPTIONS}


HELP = {
    "seeder": [],
    **{name: [name] for name in COMMAND.list_commands(click.Context(COMMAND))},
}


@pytest.mark.parametrize("arguments", HELP.values(), ids=HELP)
def test_the_help_is_a_screen(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments, "--help"], {}) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 46
    assert max(map(len, lines)) <= 80


def test_the_help_has_every_option_in_its_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"], {}) == 0
    text = capsys.readouterr().out
    for option in OPTIONS:
        if not option.has_flag:
            continue
        shown = "--no-create-tables" if option.name == "create_tables" else option.flag
        (line,) = [line for line in text.splitlines() if line.startswith(f"  {shown} ")]
        assert option.short in line
        assert option.metavar is None or option.metavar in line
        if not option.is_switch and (default := option.default or option.implied):
            assert line.endswith(f"  [{default}]")
        before = text.partition(line)[0].splitlines()
        assert [heading for heading in before if heading.endswith(":")][-1] == f"{option.group}:"


def test_the_variable_of_an_option_is_as_the_help_says() -> None:
    others = {
        option.flag: option.variable for option in OPTIONS if option.variable != f"SEED_{option.name.upper()}"
    }
    assert others == {"--database-url": "DATABASE_URL", "AUTO_SEED_DATABASE": "AUTO_SEED_DATABASE"}


def test_every_subcommand_is_documented_with_its_own_options() -> None:
    shared = {option.flag for option in OPTIONS}
    context = click.Context(COMMAND)
    commands = {name: COMMAND.get_command(context, name) for name in COMMAND.list_commands(context)}
    documented = table("command-line.md", "command")
    assert {quoted(row[0])[0].split()[0]: set(quoted(row[2])) for row in documented} == {
        name: {param.opts[0] for param in command.params if isinstance(param, click.Option)} - shared
        for name, command in commands.items()
        if command is not None
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


@dataclass
class Logged:
    """What the code logs as one event: by calls that say the level, and with which fields, as far as they are told."""

    levels: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)


def logged() -> dict[str, Logged]:
    """Every event in the code: the calls whose first argument is a name with a dot."""
    found: dict[str, Logged] = {}
    for file in (DOCS.parent / "seeder").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = node.args[0].value
            called = ast.unparse(node.func).rpartition(".")[2]
            if isinstance(name, str) and EVENT.fullmatch(name) and called in {*LEVELS, "log", "say"}:
                event = found.setdefault(name, Logged())
                event.fields |= {each.arg for each in node.keywords if each.arg}
                if isinstance(node.func, ast.Attribute):
                    event.levels.add(node.func.attr)
    return found


def test_every_event_is_documented_with_its_level_and_fields() -> None:
    documented = {quoted(row[0])[0]: row[1:] for row in table("logs.md", "event")}
    found = logged()
    assert set(documented) == set(found)
    for name, event in found.items():
        level, meaning, fields = documented[name]
        assert meaning
        assert event.levels <= {level}, name
        of_a_failure = FAILURE_FIELDS if "of a failure" in fields else []
        assert event.fields <= {*quoted(fields), *(each.partition(".")[0] for each in of_a_failure)}, name


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


def test_the_messages_of_troubleshooting_are_said() -> None:
    """Its headings are words of messages, and `messages.txt` has what seeder really says."""
    page = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    golden = (Path(__file__).parents[1] / "integration" / "messages.txt").read_text(encoding="utf-8")
    said = "\n".join(line for line in golden.splitlines() if re.match(r"\d+\| ", line))
    headings = re.findall(r"^### (.+)$", page, re.MULTILINE)
    assert len(headings) > 50
    assert [heading for heading in headings if heading not in said] == []

"""The command line through its front door, with a runner that only notes what it was asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import seeder.run
from seeder import masking
from seeder.cli import command
from seeder.config.strictness import Strictness
from seeder.errors import ExitCode, Interrupted, NotReadyError, SeedingError, UsageError
from seeder.reporting import logs
from seeder.reporting.report import Report, SeederResult
from seeder.run.verdict import conclude

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seeder.config.settings import Settings
    from seeder.merge.resolution import Resolution

NAMES = ("model_configs", "prompt_templates", "schemas", "tools")
DATABASE = {"PGHOST": "db"}
BUILTIN = ["model_configs", "prompt_templates", "schemas", "tools"]


def report_of(*results: SeederResult) -> Report:
    return conclude(
        results, strictness=Strictness.parse("strict"), started_at=datetime.now(UTC), duration_seconds=0.5
    )


class Runner:
    """Stands in for the runner: the command line must ask it for the right thing, and tell what it answers."""

    def __init__(self) -> None:
        self.settings: Settings | None = None
        self.selection: tuple[str, ...] | str | None = "not called"
        self.resolution: Resolution | None = None
        self.waited = False
        self.error: BaseException | None = None
        self.results: tuple[SeederResult, ...] = ()

    def run(
        self,
        settings: Settings,
        select: Callable[[list[str]], Any] | None,
        *,
        environ: Any,
        resolution: Resolution | None,
    ) -> Report:
        self.resolution = resolution
        self.settings, self.selection = settings, select and select(BUILTIN)
        if self.error is not None:
            raise self.error
        return report_of(*self.results)

    def wait(self, settings: Settings) -> None:
        self.settings, self.waited = settings, True
        if self.error is not None:
            raise self.error


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    fake = Runner()
    monkeypatch.setitem(sys.modules, "seeder.run.runner", fake)
    monkeypatch.setattr(seeder.run, "runner", fake, raising=False)
    monkeypatch.setattr(logs, "_process_log", None)
    masking.forget_secrets()
    yield fake
    masking.forget_secrets()


def call(*arguments: str, **environ: str) -> int:
    return command.main(arguments, environ)


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_all(runner: Runner) -> None:
    assert call("--all", **DATABASE) == 0
    assert runner.selection is None


@pytest.mark.parametrize(
    ("flags", "selection"),
    [
        (["--tools", "--schemas"], ("tools", "schemas")),
        (["--prompt-templates"], ("prompt_templates",)),
        (["--prompt_templates", "--prompt-templates"], ("prompt_templates",)),
        (["--wait-timeout", "5s", "--tools", "--debug"], ("tools",)),
        (["--tools", "--all"], None),
        (["--only", "prompt-templates", "--tools", "--only", "tools"], ("tools", "prompt_templates")),
    ],
)
def test_flags_select_seeders(runner: Runner, flags: list[str], selection: tuple[str, ...] | None) -> None:
    assert call(*flags, **DATABASE) == 0
    assert runner.selection == selection


def test_options_reach_the_settings(runner: Runner) -> None:
    call("--all", "--strictness=25%", "--dry-run", "--path", "builtin", "--no-create-tables", **DATABASE)
    assert runner.settings is not None
    assert str(runner.settings.strictness) == "25%"
    assert runner.settings.dry_run
    assert not runner.settings.create_tables
    assert runner.settings.path == ("builtin",)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--tols"],
            "no seeder --tols; did you mean --tools? The seeders are model_configs, prompt_templates",
        ),
        (["--all", "--dryrun"], "did you mean --dry-run?"),
        (["--promt-templates"], "did you mean --prompt_templates?"),
        (["--tools=1"], "--tools names a seeder and takes no value"),
        (["--debug=1"], "--debug takes no value"),
        (["--all", "--path"], "--path needs a value"),
        (["tools"], 'no command "tools"; did you mean --tools?'),
        (["lst"], "did you mean list?"),
        (["list", "--pth", "x"], "seeder list has no option --pth; did you mean --path?"),
        (["--tools", "list"], "--tools selects seeders to run, and list runs none"),
        (["--only", "tols"], 'no seeder "tols"; did you mean tools? The seeders are model_configs'),
        (["--only", "tools", "list"], "--only selects seeders to run, and list runs none"),
        (["--all", "wait"], "--all selects seeders to run, and wait runs none"),
        (["--all", "--strictness", "some"], '--strictness: "some" is not a strictness'),
        (["--all", "--report", "/nowhere/report.json"], 'there is no folder "/nowhere"'),
        (["--all", "--path", "/nowhere"], None),
        (["list", "more"], "unexpected extra argument"),
        (["-x"], "-x"),
    ],
)
def test_a_usage_error_is_one_clear_line_and_exit_2(
    runner: Runner, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str | None
) -> None:
    if said is None:
        runner.error = UsageError("no such path")
    assert call(*arguments, **DATABASE) == ExitCode.USAGE
    output = capsys.readouterr()
    if {"list", "wait"} & {*arguments}:
        assert output.err.startswith("seeder: ")
        assert output.err.count("\n") == 1
        told = output.err
    else:
        (event,) = events(output.out)
        assert (event["event"], event["exit_code"], output.err) == ("run.finished", 2, "")
        told = event["reason"]
    assert (said or "no such path") in told


@pytest.mark.parametrize("asked", [["--log-format", "console"], ["--log-format=console"], []])
def test_people_are_told_a_usage_error_on_standard_error(
    capsys: pytest.CaptureFixture[str], asked: list[str]
) -> None:
    environ = {} if asked else {"SEED_LOG_FORMAT": "Console"}
    assert call("--all", *asked, "--wait-timeout", "soon", **environ) == ExitCode.USAGE
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith('seeder: --wait-timeout: "soon" is not a duration')


def test_no_selection_is_one_line_of_usage_and_exit_2(
    runner: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--log-format", "console", **DATABASE) == ExitCode.USAGE
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("seeder: nothing is selected; usage: seeder --all | --SEEDER ...")
    assert output.err.count("\n") == 1


def test_no_database(runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--all") == ExitCode.USAGE
    (event,) = events(capsys.readouterr().out)
    assert "no database is named" in event["reason"]
    assert runner.selection == "not called"


def test_help_lists_options_with_their_defaults_and_the_seeders(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--help") == 0
    text = capsys.readouterr().out
    assert "how long to wait for it  [120s]" in text
    assert all(f"--{name}" in text for name in NAMES)


def test_a_seeder_that_is_named_like_an_option_runs_by_its_name(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("check", "dry_run", "tools"):
        (tmp_path / f"{name}.csv").write_text("id\n1\n")
    assert call("--help", "--path", str(tmp_path)) == 0
    assert "--only check --only dry_run --tools" in capsys.readouterr().out
    url = "postgresql://localhost:1/x"
    assert call("--only", "check", "--path", str(tmp_path), "--wait-timeout", "0", DATABASE_URL=url) == 4
    started, *_, finished, _last = events(capsys.readouterr().out)
    assert (started["check"], finished["seeder"]) == (False, "check")


def test_help_of_a_path_without_seeds_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert call("--help", "--path", str(tmp_path)) == 0
    assert "none: " in capsys.readouterr().out


def test_help_of_a_subcommand(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list", "--help") == 0
    assert "--json" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--version") == 0
    assert capsys.readouterr().out == f"seeder {seeder.__version__}\n"


def test_switched_off(runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--all", AUTO_SEED_DATABASE="FALSE") == 0
    (event,) = events(capsys.readouterr().out)
    assert (event["event"], event["exit_code"]) == ("run.finished", 0)
    assert "AUTO_SEED_DATABASE" in event["reason"]
    assert runner.selection == "not called"


def test_switched_off_governs_runs_alone(runner: Runner) -> None:
    assert call("list", AUTO_SEED_DATABASE="false") == 0
    assert call("wait", AUTO_SEED_DATABASE="false", **DATABASE) == 0
    assert runner.waited


def test_list_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list") == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["NAME", "KIND", "TABLE", "ENVIRONMENTS", "DEPENDS", "ON", "FILE"]
    assert [row.split()[0] for row in rows] == list(NAMES)


@pytest.mark.parametrize("before", [True, False])
def test_list_for_programs(capsys: pytest.CaptureFixture[str], tmp_path: Path, before: bool) -> None:
    (tmp_path / "good.yaml").write_text("table: public.good\nkey: [id]\nenvironments: [test]\nrows: []\n")
    (tmp_path / "broken.yaml").write_text("rows: [\n")
    path = ["--path", str(tmp_path)]
    assert call(*(path if before else []), "list", "--json", *([] if before else path)) == 0
    broken, good = json.loads(capsys.readouterr().out)
    assert broken["name"] == "broken"
    assert "broken.yaml" in broken["error"]
    assert good["error"] is None
    assert (good["kind"], good["table"], good["environments"]) == ("data", "public.good", ["test"])


def test_list_names_overlays(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "plans.yaml").write_text("rows: []\n")
    (tmp_path / "tools.yaml").write_text("key: [id]\nrows: []\n")
    (tmp_path / "tools.staging.yaml").write_text("rows: []\n")
    (tmp_path / "tools.production.yaml").write_text("rows: []\n")
    assert call("list", "--path", str(tmp_path)) == 0
    head, plans, tools = capsys.readouterr().out.splitlines()
    at = head.index("OVERLAYS")
    assert (plans[at:].strip(), tools[at:].strip()) == ("-", "production, staging")


def test_what_is_said_after_the_subcommand_wins(runner: Runner) -> None:
    call("--wait-timeout", "1", "--log-level", "error", "wait", "--wait-timeout", "2", **DATABASE)
    assert runner.settings is not None
    assert runner.settings.wait_timeout == 2
    assert runner.settings.log_level == "error"


def test_wait_exits_as_its_error_says(runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    runner.error = NotReadyError("the database was not ready in 5 s")
    assert call("wait", **DATABASE) == ExitCode.NOT_READY
    output = capsys.readouterr()
    assert output.err == "seeder: the database was not ready in 5 s\n"
    assert output.out == ""


def test_a_failed_run_writes_everything_and_exits_as_the_report_says(runner: Runner, tmp_path: Path) -> None:
    runner.results = (SeederResult(name="tools", outcome="failed", error=SeedingError("no")),)
    files = [tmp_path / name for name in ("a.json", "b.xml", "termination")]
    code = call(
        *("--all", "--report", str(files[0]), "--report", str(files[1])),
        **DATABASE,
        SEED_TERMINATION_LOG=str(files[2]),
    )
    assert code == ExitCode.FAILED
    assert json.loads(files[0].read_text())["failed"] == 1
    assert "<failure" in files[1].read_text()
    assert json.loads(files[2].read_text())["failed_seeders"] == [{"name": "tools", "error": "no"}]


def test_a_usage_error_writes_the_termination_message_too(runner: Runner, tmp_path: Path) -> None:
    file = tmp_path / "termination"
    assert call("--tols", SEED_TERMINATION_LOG=str(file), **DATABASE) == ExitCode.USAGE
    read = json.loads(file.read_text())
    assert read["exit_code"] == 2
    assert "--tols" in read["reason"]
    assert call("--all", "--debug=1", SEED_TERMINATION_LOG=str(file)) == ExitCode.USAGE
    assert "--debug" in json.loads(file.read_text())["reason"]


@pytest.mark.parametrize("code", [ExitCode.TERMINATED, ExitCode.INTERRUPTED])
def test_a_signal_is_reported(runner: Runner, capsys: pytest.CaptureFixture[str], code: ExitCode) -> None:
    runner.error = Interrupted(code)
    assert call("--all", **DATABASE) == code
    (event,) = events(capsys.readouterr().out)
    assert event["exit_code"] == code


def test_a_defect_is_logged_with_its_traceback_and_asks_to_be_reported(
    runner: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    runner.error = KeyError("cell value")
    assert call("--all", **DATABASE) == ExitCode.DEFECT
    output = capsys.readouterr()
    (event,) = events(output.out)
    assert (event["event"], event["exit_code"]) == ("run.finished", 70)
    assert "test_cli.py" in event["traceback"]
    assert "please report it" in output.err
    assert "cell value" not in output.out + output.err


def test_no_secret_in_a_usage_error(runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    url = "postgresql://me:hunter22@db/app"
    runner.error = UsageError(f"malformed: {url}, its password being hunter22")
    assert call("--all", "--database-url", url) == ExitCode.USAGE
    output = capsys.readouterr()
    assert "hunter22" not in output.out + output.err


# The process itself.


def process(*arguments: str, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": os.environ["PATH"], "AUTO_SEED_DATABASE": "false"}
    return subprocess.run(
        [sys.executable, "-m", "seeder", *arguments],
        **({"stdout": subprocess.PIPE} | kwargs),
        stderr=subprocess.PIPE,
        text=True,
        env=environ,
        cwd=Path(seeder.__file__).parent.parent,
        check=False,
    )


def test_python_m_seeder_is_the_same() -> None:
    done = process("--all")
    assert (done.returncode, done.stderr) == (0, "")
    assert events(done.stdout)[0]["event"] == "run.finished"
    assert process().returncode == ExitCode.USAGE


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["--all"]])
def test_a_reader_that_goes_away_is_no_error(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = process(*arguments, stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_results_that_cannot_be_written_are_an_error() -> None:
    with Path("/dev/full").open("w") as full:
        done = process("list", stdout=full)
    assert done.returncode == ExitCode.USAGE
    assert done.stderr == "seeder: can't write to standard output: No space left on device\n"


def test_help_imports_nothing_of_the_database() -> None:
    code = "import sys; from seeder.cli import command; command.main(['--help'], {}); print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = set(done.stdout.splitlines())
    assert not imported & {"sqlalchemy", "psycopg", "tenacity", "structlog", "asyncio", "importlib.metadata"}


def test_importing_the_package_imports_next_to_nothing() -> None:
    code = "import sys; before = set(sys.modules); import seeder; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {name for name in done.stdout.split() if name.startswith("seeder")} == {"seeder"}
    assert "asyncio" not in done.stdout


def test_public_names_are_there() -> None:
    assert all(getattr(seeder, name) is not None for name in seeder.__all__)
    assert set(seeder.__all__) <= set(dir(seeder))
    with pytest.raises(AttributeError):
        getattr(seeder, "nothing")  # noqa: B009 - mypy would find it otherwise

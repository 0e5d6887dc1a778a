"""The report in each of its forms."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeder import masking
from seeder.config.strictness import Strictness
from seeder.errors import (
    ConnectionRefusedForGoodError,
    DependencyError,
    ExitCode,
    LockTimeoutError,
    Position,
    SeedFileError,
    SeedingError,
    UsageError,
)
from seeder.reporting import junit, outputs, summary, termination
from seeder.reporting.output import Output
from seeder.reporting.report import Report, SeederResult
from seeder.reporting.screen import Screen
from seeder.run.verdict import conclude, without_seeders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SUCCEEDED = SeederResult(name="tools", outcome="succeeded", inserted=3, updated=2, unchanged=1, table="tools")
FAILED = SeederResult(
    name="schemas",
    outcome="failed",
    inserted=7,
    error=SeedFileError(
        'no column "titel"', position=Position("schemas.yaml", 14, 5), table="public.schemas"
    ),
)
SKIPPED = SeederResult(name="models", outcome="skipped", error=DependencyError("schemas failed"))

SUPERSEDED = SeederResult(
    name="prices", outcome="superseded", reason="release 1.0.0 is older than release 2.0.0", required=True
)


@pytest.fixture(autouse=True)
def _no_secrets() -> Iterator[None]:
    masking.forget_secrets()
    yield
    masking.forget_secrets()


def concluded(*results: SeederResult, strictness: str = "strict", **kwargs: Any) -> Report:
    return conclude(
        results,
        strictness=Strictness.parse(strictness),
        started_at=STARTED,
        duration_seconds=1.23456,
        **kwargs,
    )


def shown(report: Report) -> str:
    """How the run ended, as people see it in a pipe."""
    stream = io.StringIO()
    summary.show(report, Screen(Output(stream)))
    return stream.getvalue()


def test_what_was_committed_before_a_seeder_failed_counts() -> None:
    report = concluded(SUCCEEDED, FAILED, SKIPPED)
    assert report.counts() == {
        "succeeded": 1,
        "failed": 1,
        "skipped": 1,
        "superseded": 0,
        "changed": 5 + 7,
        "kept_existing": 0,
        "conflicts": 0,
    }


WHY = 'schemas (schemas.yaml:14:5: no column "titel")'


@pytest.mark.parametrize(
    ("results", "strictness", "code", "reason"),
    [
        ((SUCCEEDED,), "strict", 0, "1 seeder done, 5 rows changed"),
        ((), "strict", 0, "0 seeders done, 0 rows changed"),
        (
            (FAILED,),
            "strict",
            1,
            f"1 of 1 seeders failed: {WHY}; strictness strict does not tolerate that",
        ),
        (
            (SUCCEEDED, FAILED),
            "50%",
            0,
            f"1 of 2 seeders failed: {WHY}; strictness 50% tolerates that; 12 rows changed",
        ),
        (
            (SUCCEEDED, FAILED, SKIPPED),
            "1",
            1,
            f"1 of 3 seeders failed and 1 was skipped: {WHY}; strictness 1 does not tolerate that",
        ),
    ],
)
def test_exit_code_and_reason(
    results: tuple[SeederResult, ...], strictness: str, code: int, reason: str
) -> None:
    report = concluded(*results, strictness=strictness)
    assert report.exit_code == code
    assert report.reason == reason


def test_a_dry_run_says_what_would_change() -> None:
    one = SeederResult(name="a", outcome="succeeded", inserted=1)
    assert concluded(one, dry_run=True).reason == "1 seeder done, 1 row would change"
    assert concluded(one, check=True).reason == "1 row would change"
    resolved = replace(one, resolved=2)
    assert (
        concluded(resolved, dry_run=True).reason
        == "1 seeder done, 2 cells would be resolved, 1 row would change"
    )
    assert concluded(resolved).reason == "1 seeder done, 2 cells resolved, 1 row changed"


def test_a_reason_is_one_line_of_bounded_length() -> None:
    position = Position("tools.yaml", 12, 5)
    error = SeedingError("no\nway " + "x" * 100_000, position=position)
    report = concluded(SeederResult(name="tools", outcome="failed", error=error))
    assert report.reason.startswith("1 of 1 seeders failed: tools (tools.yaml:12:5: no way xxx")
    assert report.reason.endswith("x…); strictness strict does not tolerate that")
    assert len(report.reason) < 800
    assert len(termination.termination_message(report)) <= 2048
    locked = SeederResult(
        name="trees", outcome="failed", error=LockTimeoutError("no lock on table public.trees")
    )
    assert concluded(SUCCEEDED, FAILED, locked, strictness="1").reason == (
        "2 of 3 seeders failed: trees (no lock on table public.trees)"
    )
    refused = SeederResult(
        name="a", outcome="failed", error=ConnectionRefusedForGoodError("the database refuses")
    )
    assert concluded(refused, replace(refused, name="b")).reason == "the database refuses"


def test_a_required_seeder_must_succeed() -> None:
    failed = SeederResult(name="roles", outcome="failed", required=True, error=SeedingError("no"))
    report = concluded(SUCCEEDED, failed, strictness="lenient")
    assert report.exit_code == ExitCode.FAILED
    assert "roles must succeed" in report.reason


def test_check_is_6_only_when_something_would_change() -> None:
    assert concluded(SUCCEEDED, check=True).exit_code == ExitCode.WOULD_CHANGE
    assert concluded(SeederResult(name="a", outcome="succeeded"), check=True).exit_code == ExitCode.OK


def test_what_stopped_the_run_stands() -> None:
    report = concluded(
        SUCCEEDED, strictness="lenient", stopped=ExitCode.TERMINATED, cause="terminated by a signal"
    )
    assert report.exit_code == ExitCode.TERMINATED
    assert report.reason == "terminated by a signal after 1 of 1 seeders"
    assert (
        concluded(
            stopped=ExitCode.TERMINATED, cause="terminated by a signal", under_way="a", selected=1
        ).reason
        == "terminated by a signal after 0 of 1 seeders; a was under way, and what it had not committed was rolled back"
    )
    out_of_time = concluded(
        SUCCEEDED, strictness="lenient", stopped=ExitCode.NOT_READY, cause="stopped by --timeout (9 s)"
    )
    assert (out_of_time.exit_code, out_of_time.reason) == (
        4,
        "stopped by --timeout (9 s) after 1 of 1 seeders",
    )


def test_json(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    assert outputs.write_all(concluded(SUCCEEDED, FAILED), [str(file)], None) == []
    read = json.loads(file.read_text())
    assert read["exit_code"] == 1
    assert read["started_at"] == "2026-01-02T03:04:05Z"
    assert [seeder["name"] for seeder in read["seeders"]] == ["tools", "schemas"]
    assert read["seeders"][1]["error"] == {
        "type": "SeedFileError",
        "message": 'no column "titel"',
        "file": "schemas.yaml",
        "line": 14,
        "column": 5,
        "table": "public.schemas",
    }


def test_junit(tmp_path: Path) -> None:
    file = tmp_path / "report.XML"
    assert outputs.write_all(concluded(SUCCEEDED, FAILED, SKIPPED), [str(file)], None) == []
    suites = ET.fromstring(file.read_text())
    (suite,) = suites
    assert suites.attrib == {}
    assert (suites.tag, suite.tag, suite.get("name")) == ("testsuites", "testsuite", "seeder")
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
    }
    assert suite.get("timestamp") == "2026-01-02T03:04:05"
    # The order that the schema wants.
    assert [part.tag for part in suite] == ["properties", *["testcase"] * 3, "system-out", "system-err"]
    tools, schemas, models = suite.findall("testcase")
    assert list(tools) == []
    failure = schemas.find("failure")
    assert failure is not None
    assert failure.get("message") == 'schemas.yaml:14:5: no column "titel"'
    assert failure.get("type") == "SeedFileError"
    assert models.find("skipped") is not None
    assert {case.get("classname") for case in suite.findall("testcase")} == {"seeder"}


def test_junit_of_a_run_that_ended_before_any_seeder_is_not_green() -> None:
    report = without_seeders(ExitCode.USAGE, "no database is named")
    suite = ET.fromstring(junit.junit(report))[0]
    assert suite.get("errors") == "1"
    error = suite.find("testcase/error")
    assert error is not None
    assert error.get("message") == "no database is named"


@given(st.text())
def test_junit_is_well_formed_whatever_a_message_holds(message: str) -> None:
    failed = SeederResult(name="x", outcome="failed", error=SeedingError(message))
    ET.fromstring(junit.junit(concluded(failed)))


TEXTS = st.text(max_size=50) | st.text(min_size=1, max_size=20).map(lambda text: text * 300)
FAILURES = st.builds(
    lambda name, message, outcome: SeederResult(name=name, outcome=outcome, error=SeedingError(message)),
    TEXTS,
    TEXTS,
    st.sampled_from(["failed", "skipped"]),
)


@given(st.lists(FAILURES, max_size=9), TEXTS)
def test_the_termination_message_is_always_small_and_valid(failures: list[SeederResult], reason: str) -> None:
    report = replace(concluded(*failures), reason=reason)
    content = termination.termination_message(report)
    assert len(content) <= 2048
    read = json.loads(content.decode("utf-8"))
    assert read["exit_code"] == report.exit_code
    assert read["status"] == ("failed" if report.exit_code else "succeeded")
    assert read["failed"] + read["skipped"] == len(failures)
    assert len(read["failed_seeders"]) == min(5, len(failures))
    assert read["run_id"] == report.run_id


def test_the_termination_message_of_a_success() -> None:
    read = json.loads(termination.termination_message(concluded(SUCCEEDED)))
    assert read["status"] == "succeeded"
    assert read["changed"] == 5
    assert read["failed_seeders"] == []


def test_the_termination_message_is_written_where_it_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default, named = tmp_path / "default", tmp_path / "named"
    monkeypatch.setattr(outputs, "TERMINATION_LOG", str(default))
    outputs.write_all(concluded(), [], None)
    assert not default.exists()
    default.touch()
    outputs.write_all(concluded(), [], None)
    assert json.loads(default.read_text())["exit_code"] == 0
    outputs.write_all(concluded(), [], str(named))
    assert json.loads(named.read_text())["exit_code"] == 0


def test_no_secret_in_any_form() -> None:
    masking.add_secret("hunter22")
    failed = SeederResult(
        name="x", outcome="failed", error=SeedingError("it was hunter22", key={"a": "hunter22"})
    )
    report = replace(concluded(failed), reason="because of hunter22")
    written = [outputs.to_json(report), junit.junit(report), termination.termination_message(report)]
    assert all(b"hunter22" not in content for content in written)
    assert "hunter22" not in shown(report)


def test_files_are_checked_before_the_run(tmp_path: Path) -> None:
    outputs.check_writable([str(tmp_path / "new.json")], None)
    with pytest.raises(UsageError, match="there is no folder"):
        outputs.check_writable([str(tmp_path / "nowhere" / "report.json")], None)
    with pytest.raises(UsageError, match=r"--termination-log.*it is a folder"):
        outputs.check_writable([], str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_keeps_nothing_else_from_being_written(tmp_path: Path) -> None:
    good = tmp_path / "good.json"
    errors = outputs.write_all(concluded(SUCCEEDED), [str(tmp_path), str(good)], None)
    assert [error.exit_code for error in errors] == [ExitCode.USAGE]
    assert json.loads(good.read_text())["exit_code"] == 0


def test_a_seeder_that_was_superseded_is_neither_failed_nor_skipped() -> None:
    report = concluded(SUCCEEDED, SUPERSEDED)
    assert (report.exit_code, report.superseded, report.failed, report.skipped) == (ExitCode.OK, 1, 0, 0)
    assert report.reason == (
        "1 seeder done, 5 rows changed; 1 seeder superseded: release 1.0.0 is older than release 2.0.0"
    )
    assert json.loads(termination.termination_message(report))["superseded"] == 1
    assert "1 succeeded, 1 superseded; 5 rows changed" in shown(report)
    suite = ET.fromstring(junit.junit(report)).find("testsuite")
    assert suite is not None
    assert (suite.get("skipped"), suite.get("failures")) == ("1", "0")
    skipped = suite.find("testcase[@name='prices']/skipped")
    assert skipped is not None
    assert skipped.get("message") == SUPERSEDED.reason

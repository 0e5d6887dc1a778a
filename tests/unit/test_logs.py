"""What leaves the process as a log, and what never does."""

from __future__ import annotations

import io
import json
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

import seeder
from seeder import masking
from seeder.config.settings import Settings
from seeder.errors import Position, SeedFileError, UsageError
from seeder.reporting import logs
from seeder.reporting.description import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PACKAGE = Path(seeder.__file__).parent


@pytest.fixture(autouse=True)
def _own_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    masking.forget_secrets()
    monkeypatch.setattr(logs, "_process_log", None)
    yield
    masking.forget_secrets()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def configured(**settings: Any) -> io.StringIO:
    stream = io.StringIO()
    logs.configure(Settings(**settings), stream=stream, run_id="r1")
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_the_common_fields_in_front() -> None:
    stream = configured()
    logs.get_logger().info("seeder.finished", seeder="tools", inserted=3)
    (line,) = lines(stream)
    assert list(line) == ["timestamp", "level", "event", "run_id", "version", "seeder", "inserted"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", line["timestamp"])
    assert (line["level"], line["event"], line["run_id"]) == ("info", "seeder.finished", "r1")
    assert line["version"] == seeder.__version__


@pytest.mark.parametrize(("settings", "count"), [({}, 2), ({"log_level": "error"}, 1), ({"debug": True}, 3)])
def test_levels(settings: dict[str, Any], count: int) -> None:
    stream = configured(**settings)
    logs.get_logger().debug("seeder.loaded")
    logs.get_logger().info("seeder.started")
    logs.get_logger().error("seeder.finished")
    assert len(lines(stream)) == count


def test_text_beyond_ascii_and_line_breaks_stay_one_line() -> None:
    stream = configured()
    logs.get_logger().info("seeder.started", seeder="größe\n\u2028x")
    assert "größe" in stream.getvalue()
    assert stream.getvalue().count("\n") == 1


def test_the_log_file_gets_the_same_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "system.log"
    file.write_text("before\n")
    closed_at_exit: list[Callable[[], None]] = []
    monkeypatch.setattr("atexit.register", closed_at_exit.append)
    stream = configured(log_file=str(file))
    logs.get_logger().info("run.started", seeders=4)
    closed_at_exit.pop()()
    assert file.read_text() == "before\n" + stream.getvalue()


def test_a_log_file_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="SEED_LOG_FILE"):
        configured(log_file=str(tmp_path))


def test_auto_is_for_people_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    logs.configure(Settings(), stream=stream)
    logs.get_logger().info("a.new_event", schema="seeder")
    assert stream.getvalue() == "· a.new_event schema=seeder\n"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:p%40ss-word@db:5432/app",
        "postgres://me:p@ss-word@a:1,b:2/app",
        "postgresql+psycopg://me@db/app?password=p@ss-word",
        "host=db password=p@ss-word user=me",
        "host=db password='p@ss-word' user=me",
    ],
)
def test_no_password_of_a_url_gets_out(url: str) -> None:
    Settings.load({}, {"DATABASE_URL": url})
    stream = configured()
    logs.get_logger().error(
        "database.waiting", error={"message": f"at {url}: p@ss-word"}, tried=[url, ("p%40ss-word",)]
    )
    assert "ss-word" not in stream.getvalue()


def test_a_password_with_a_slash_is_masked_though_the_url_is_malformed() -> None:
    masking.add_secret("postgresql://me:pa/ss#word@db/app")
    assert masking.redact("it is pa/ss#word") == "it is ***"


def test_a_secret_that_is_no_utf_8_is_masked() -> None:
    Settings.load({}, {"PGPASSWORD": b"caf\xe9-42".decode("utf-8", "surrogateescape")})
    assert masking.redact("it is caf\udce9-42") == "it is ***"


def test_unknown_urls_lose_their_password_too() -> None:
    assert masking.redact("to postgres://me:x@db/app") == "to postgres://me:***@db/app"


def test_a_short_secret_shreds_nothing() -> None:
    masking.add_secret("a")
    masking.add_secret("postgres://me:b@db/app")
    assert masking.redact("a cat bit a bird") == "a cat bit a bird"
    assert masking.redact({"value": "a", "url": "postgres://me:b@other/app"}) == {
        "value": "***",
        "url": "postgres://me:***@other/app",
    }


def test_names_and_our_own_words_are_never_masked() -> None:
    masking.add_secret("seeder")
    stream = configured()
    logs.get_logger().info(
        "seeder.kept", seeder="my seeder", reason="the seeder is old", key={"name": "a seeder"}, new="seeder"
    )
    (line,) = lines(stream)
    assert line["event"] == "seeder.kept"
    assert (line["seeder"], line["reason"]) == ("my seeder", "the seeder is old")
    # What came from outside, and what nobody has thought about.
    assert (line["key"], line["new"]) == ({"name": "a ***"}, "***")


def test_in_our_own_words_a_secret_that_is_no_word_is_masked() -> None:
    masking.add_secret("hunter22")
    masking.add_secret("Correct-horse")
    assert masking.redact_own("hunter22 is no Correct-horse") == "*** is no Correct-horse"
    masking.add_names("hunter22")
    assert masking.redact_own("no column in hunter22.tools") == "no column in hunter22.tools"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("permission denied for table tools", "permission denied for table tools"),
        ("tools", "tools"),
        ("toolshed and my_tools", "***hed and my_***"),
        ("/seeds/tools.yaml: tools-2024", "/seeds/tools.yaml: ***"),
        ("its tools-x", "its too***"),
    ],
)
def test_what_has_a_name_keeps_it_in_what_comes_from_outside(text: str, shown: str) -> None:
    for secret in ("tools", "tools-2024", "ls-x"):
        masking.add_secret(secret)
    masking.add_names("tools", "/seeds/tools.yaml", None)
    assert masking.redact(text) == shown


@given(
    # Asterisks are what a mask is made of.
    st.lists(st.text(st.characters(exclude_characters="*"), min_size=4), min_size=1, max_size=4),
    st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.just("k"), inner)),
    st.data(),
)
def test_no_secret_survives_in_any_string(secrets: list[str], value: Any, data: st.DataObject) -> None:
    masking.forget_secrets()
    for secret in secrets:
        masking.add_secret(secret)
    planted = [value, {"deep": [data.draw(st.text()) + secret + data.draw(st.text()) for secret in secrets]}]

    def strings(inner: Any) -> Iterator[str]:
        if isinstance(inner, str):
            yield inner
        else:
            for item in inner.values() if isinstance(inner, dict) else inner:
                yield from strings(item)

    for text in strings(masking.redact(planted)):
        assert not [secret for secret in secrets if secret in text]


def test_errors_of_ours_are_described_by_what_is_known() -> None:
    error = SeedFileError('no column "titel"', position=Position("tools.yaml", 14, 5), table="public.tools")
    assert describe(error) == {
        "error": {"type": "SeedFileError", "message": 'no column "titel"'},
        "file": "tools.yaml",
        "line": 14,
        "column": 5,
        "table": "public.tools",
    }


def _raise(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:  # noqa: BLE001  it is raised for its traceback
        return caught


@pytest.mark.parametrize(
    ("debug", "error", "expected"),
    [
        (False, SeedFileError("mistake"), False),
        (True, SeedFileError("mistake"), True),
        (False, KeyError("cell value"), True),
    ],
)
def test_tracebacks_are_for_defects_and_for_debug(debug: bool, error: Exception, expected: bool) -> None:
    stream = configured(debug=debug)
    logs.get_logger().error("seeder.finished", exc_info=_raise(error))
    (line,) = lines(stream)
    assert ("traceback" in line) == expected
    assert "exc_info" not in line
    assert "cell value" not in stream.getvalue()
    if expected:
        assert "test_logs.py" in line["traceback"]


def test_a_defect_is_described_without_what_it_quotes() -> None:
    described = describe(_raise(ValueError("secret cell")))["error"]
    assert described["type"] == "ValueError"
    assert "secret cell" not in described["message"]
    assert "test_logs.py" in described["message"]


class Broken(io.StringIO):
    name = "<broken>"

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


def test_a_broken_pipe_is_no_error() -> None:
    logs.configure(Settings(), stream=Broken(BrokenPipeError()))
    logs.get_logger().info("run.started")


def test_a_full_disk_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Settings(), stream=Broken(OSError(28, "No space left on device")))
    logs.get_logger().info("run.started")
    logs.get_logger().info("run.finished")
    assert capsys.readouterr().err.count("No space left on device") == 1


def test_in_an_application_the_standard_library_is_used(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "seeder")
    process = configured()
    masking.add_secret("hunter22")
    with logs.in_application(Settings(), run_id="r2"):
        assert logs.run_id() == "r2"
        logs.get_logger().warning("seeder.conflict", key="hunter22")
    assert logs.run_id() == "r1"
    assert process.getvalue() == ""
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == "seeder.conflict key='***'"


def test_in_an_application_its_structlog_is_used_and_left_alone() -> None:
    with structlog.testing.capture_logs() as captured:
        structlog.configure(processors=structlog.get_config()["processors"])
        with logs.in_application(Settings(), run_id="r2"):
            logs.get_logger().info("run.started", seeders=4)
    structlog.reset_defaults()
    (event,) = captured
    assert event["event"] == "run.started"
    assert event["seeders"] == 4


def test_structlogs_own_configuration_is_not_touched() -> None:
    stream = configured()
    logs.get_logger().info("run.started")
    assert stream.getvalue()
    assert not structlog.is_configured()

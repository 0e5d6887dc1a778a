"""What people may write for a setting, what it becomes, and what they are told if it is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeder import masking
from seeder.config import options
from seeder.config.prerequisite import Prerequisite
from seeder.config.settings import OPTIONS, Settings
from seeder.config.strictness import Strictness
from seeder.errors import ExitCode, NotReadyError, UsageError


@pytest.fixture(autouse=True)
def _no_secrets() -> None:
    masking.forget_secrets()


def load(environ: dict[str, str] | None = None, **given: Any) -> Settings:
    return Settings.load(given, environ or {})


def test_defaults_are_the_contracts() -> None:
    assert load() == Settings()
    settings = load()
    assert settings.path == ("builtin",)
    assert settings.application == "default"
    assert settings.strictness == Strictness()
    assert (settings.wait_timeout, settings.lock_timeout, settings.statement_timeout) == (120.0, 300.0, None)
    assert settings.create_tables
    assert not settings.allow_code
    assert settings.ledger == "seeder"
    assert settings.auto_seed_database
    assert (settings.wait_for, settings.report) == ((), ())


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: str(option.variable))
def test_empty_is_not_set(option: options.Option) -> None:
    assert load({option.variable: ""}) == load({option.variable: "  "}) == Settings()


@pytest.mark.parametrize("word", ["true", "TRUE", "1", "yes", "Yes", "on"])
def test_truth_values_true(word: str) -> None:
    assert load({"SEED_ALLOW_CODE": word}).allow_code


@pytest.mark.parametrize("word", ["false", "False", "0", "no", "OFF"])
def test_truth_values_false(word: str) -> None:
    assert not load({"AUTO_SEED_DATABASE": word}).auto_seed_database


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("2m", 120), ("1h", 3600), ("500ms", 0.5), ("1.5s", 1.5), ("0", 0), ("0s", 0)],
)
def test_durations(text: str, seconds: float) -> None:
    assert load({"SEED_WAIT_TIMEOUT": text}).wait_timeout == seconds
    assert load(wait_timeout=text).wait_timeout == seconds


@given(st.integers(1, 10**9), st.sampled_from(["ms", "s", "m", "h", ""]))
def test_a_duration_that_is_something_never_becomes_nothing(number: int, unit: str) -> None:
    try:
        seconds = options.duration(f"{number}{unit}")
    except ValueError:
        assert number > options.LONGEST_DURATION / 3600
    else:
        assert 0.001 <= seconds <= options.LONGEST_DURATION


@given(st.text())
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    try:
        seconds = options.duration(text)
    except ValueError:
        return
    assert 0 <= seconds <= options.LONGEST_DURATION


def test_no_statement_timeout_is_none() -> None:
    assert load({"SEED_STATEMENT_TIMEOUT": "0"}).statement_timeout is None


@pytest.mark.parametrize(
    ("environ", "given_", "expected"),
    [
        ({"SEED_PATH": "builtin:/seeds"}, {}, ("builtin", "/seeds")),
        ({"SEED_PATH": ":/seeds::"}, {}, ("/seeds",)),
        ({"SEED_PATH": ":"}, {}, ("builtin",)),
        ({"SEED_PATH": "/a"}, {"path": ("/b", "/c")}, ("/b", "/c")),
        ({"SEED_PATH": "/a"}, {"path": ()}, ("/a",)),
        ({}, {"path": ("builtin:/b", " /c,d", "")}, ("builtin:/b", " /c,d")),
    ],
)
def test_paths(environ: dict[str, str], given_: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert Settings.load(given_, environ).path == expected


@pytest.mark.parametrize("there", ["seeds", "an empty folder", "a dangling link"])
def test_a_default_path_counts_where_there_is_anything_of_that_name(tmp_path: Path, there: str) -> None:
    default = tmp_path / "seeds"
    if there == "a dangling link":
        default.symlink_to(tmp_path / "nowhere")
    else:
        default.mkdir()
    if there == "seeds":
        (default / "tools.yaml").write_text("rows: []")
    environ = {"SEED_DEFAULT_PATH": str(default)}
    assert Settings.load({}, environ).path == (str(default),)
    assert Settings.load({}, environ | {"SEED_PATH": "builtin"}).path == ("builtin",)
    assert Settings.load({"path": ("/a",)}, environ).path == ("/a",)


def test_a_default_path_with_nothing_there_is_none(tmp_path: Path) -> None:
    assert load({"SEED_DEFAULT_PATH": str(tmp_path / "seeds")}).path == ("builtin",)
    assert load({"SEED_DEFAULT_PATH": ""}).path == ("builtin",)


def test_lists_with_commas() -> None:
    settings = load({"SEED_WAIT_FOR": "table:a, alembic:b", "SEED_REPORT": "a.json,b.xml"})
    assert settings.wait_for == (Prerequisite("table", "a"), Prerequisite("alembic", "b"))
    assert settings.report == ("a.json", "b.xml")


def test_the_command_line_wins() -> None:
    environ = {"SEED_STRICTNESS": "lenient", "SEED_CREATE_TABLES": "on", "DATABASE_URL": "postgres://a/b"}
    settings = load(environ, strictness="2", create_tables=False, database_url="postgres://c/d")
    assert settings.strictness == Strictness(2)
    assert not settings.create_tables
    assert settings.database_url is not None
    assert settings.database_url.read() == "postgres://c/d"


@pytest.mark.parametrize(("text", "ledger"), [("off", None), ("OFF", None), ("audit", "audit")])
def test_ledger(text: str, ledger: str | None) -> None:
    assert load({"SEED_LEDGER": text}).ledger == ledger


@pytest.mark.parametrize("text", ["shop", "0", "shop-2.eu_west", "x" * 63])
def test_applications(text: str) -> None:
    assert load({"SEED_APPLICATION": text}).application == text
    assert load({"SEED_APPLICATION": "other"}, application=text).application == text


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("SEED_DRY_RUN", "maybe"),
        ("SEED_WAIT_TIMEOUT", "soon"),
        ("SEED_LOCK_TIMEOUT", "-1"),
        ("SEED_LOCK_TIMEOUT", "597h"),
        ("SEED_APPLICATION", "Shop"),
        ("SEED_APPLICATION", "shop/eu"),
        ("SEED_APPLICATION", "x" * 64),
        ("SEED_STRICTNESS", "101%"),
        ("SEED_WAIT_FOR", "tools"),
        ("SEED_WAIT_FOR", "table:"),
        ("SEED_WAIT_FOR", "alembik:1"),
        ("SEED_WAIT_FOR", "Table:x"),
        ("SEED_LOG_LEVEL", "loud"),
        ("SEED_LOG_FORMAT", "xml"),
        ("SEED_LEDGER", "true"),
        ("SEED_LEDGER", "pg_seeder"),
        ("SEED_LEDGER", "x" * 64),
    ],
)
def test_a_wrong_value_names_the_variable_what_was_given_and_what_is_right(variable: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        load({variable: text})
    assert caught.value.exit_code == ExitCode.USAGE
    assert str(caught.value).startswith(f'{variable}: "{text}" is ')
    field = variable.removeprefix("SEED_").lower()
    if field == "dry_run":
        return
    command_line: Any = (text,) if field == "wait_for" else text
    with pytest.raises(UsageError, match=f"^--{field.replace('_', '-')}: "):
        Settings.load({field: command_line}, {})
    if field not in {"log_level", "log_format"}:
        with pytest.raises(UsageError, match=f"^{field}: "):
            Settings.of({field: text})


def test_keywords_are_settings_of_their_own_type_or_text() -> None:
    settings = Settings.of(
        {
            "path": [Path("a:b"), "c:d"],
            "report": "a,b.json",
            "wait_for": ["table:a"],
            "strictness": 2,
            "wait_timeout": 1.5,
            "lock_timeout": "2m",
            "statement_timeout": 0,
            "ledger": None,
            "dry_run": True,
        }
    )
    assert settings == Settings(
        path=("a:b", "c:d"),
        report=("a,b.json",),
        wait_for=(Prerequisite("table", "a"),),
        strictness=Strictness(2),
        wait_timeout=1.5,
        lock_timeout=120.0,
        statement_timeout=None,
        ledger=None,
        dry_run=True,
    )


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"dry_run": "yes"}, "dry_run: 'yes' is not a boolean"),
        ({"ledger": True}, "ledger: True is a boolean"),
        ({"wait_timeout": None}, 'wait_timeout: "None" is not a duration'),
        ({"strictness": 1.5}, 'strictness: "1.500" is not a strictness'),
        ({"wait_for": ["table:a", "b"]}, 'wait_for: "b" is not a prerequisite'),
    ],
)
def test_a_wrong_keyword_is_named(keywords: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        Settings.of(keywords)


def test_a_django_prerequisite_names_a_migration() -> None:
    for text in ("django:shop", "django:shop."):
        with pytest.raises(UsageError, match="does not name a migration; write django:APP"):
            load({"SEED_WAIT_FOR": text})


def test_a_secret_is_in_no_repr_and_is_masked_from_then_on() -> None:
    settings = load({"DATABASE_URL": "postgresql://me:hunter22@db/app", "PGPASSWORD": "correct-horse"})
    assert "hunter22" not in repr(settings)
    assert masking.redact("got hunter22, correct-horse") == "got ***, ***"


def test_a_file_twin_is_read_anew_each_time(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://me:first-one@db/app\n")
    credential = load({"DATABASE_URL_FILE": str(file)}).database_url
    assert credential is not None
    assert credential.read() == "postgresql://me:first-one@db/app"
    file.write_text("postgresql://me:second-one@db/app\r\n")
    assert credential.read() == "postgresql://me:second-one@db/app"
    assert masking.redact("first-one second-one") == "*** ***"


def test_the_password_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("  spaces matter  \n")
    settings = load({"PGPASSWORD_FILE": str(file)})
    assert settings.password is not None
    assert settings.password.read() == "  spaces matter  "


@pytest.mark.parametrize("variable", ["DATABASE_URL", "PGPASSWORD"])
def test_a_variable_and_its_twin_are_a_usage_error(variable: str) -> None:
    with pytest.raises(UsageError, match=f"{variable} and {variable}_FILE are both set"):
        load({variable: "x", f"{variable}_FILE": "/y"})


def test_one_line_end_is_dropped(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(b"ends with two\n\r\n")
    settings = load({"PGPASSWORD_FILE": str(file)})
    assert settings.password is not None
    assert settings.password.read() == "ends with two\n"


@pytest.mark.parametrize("content", [None, b"", b"\n"])
def test_a_file_that_is_not_written_yet(tmp_path: Path, content: bytes | None) -> None:
    """A sidecar may write it, so that it is waited for."""
    file = tmp_path / "url"
    if content is not None:
        file.write_bytes(content)
    settings = load({"DATABASE_URL_FILE": str(file)})
    settings.require_database({})
    assert settings.database_url is not None
    with pytest.raises(NotReadyError, match=r"is empty|does not exist"):
        settings.database_url.read()
    file.write_text("postgresql://me@db/app")
    assert settings.database_url.read() == "postgresql://me@db/app"


def test_an_unusable_file_is_named_and_its_content_is_not(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_bytes(b"\xffsecret")
    environ = {"DATABASE_URL_FILE": str(file)}
    with pytest.raises(UsageError) as caught:
        load(environ).require_database(environ)
    assert str(file) in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__ or "secret" not in str(caught.value.__cause__)


def test_no_database_named() -> None:
    with pytest.raises(UsageError, match="no database is named"):
        load().require_database({"PGPORT": "5432", "PGHOST": ""})


@pytest.mark.parametrize("variable", ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"])
def test_libpq_names_a_database(variable: str) -> None:
    load().require_database({variable: "x"})


def test_flags_and_variables_are_made_from_the_names() -> None:
    by_name = {option.name: option for option in OPTIONS}
    assert by_name["wait_for"].flag == "--wait-for"
    assert by_name["wait_for"].variable == "SEED_WAIT_FOR"
    assert by_name["database_url"].file_variable == "DATABASE_URL_FILE"
    assert by_name["auto_seed_database"].flag == "AUTO_SEED_DATABASE"

"""Every form of a database's address, and no password in any complaint."""

from __future__ import annotations

import contextlib
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeder.errors import UsageError
from seeder.postgres.connection import connection_parameters
from seeder.postgres.url import address, parse

PLACE = {"user": "app", "password": "s3cret", "host": "db", "port": "6432", "dbname": "shop"}


@pytest.mark.parametrize(
    "url",
    [
        "postgres://app:s3cret@db:6432/shop",
        "postgresql://app:s3cret@db:6432/shop",
        "POSTGRESQL://app:s3cret@db:6432/shop",
        "postgresql+psycopg://app:s3cret@db:6432/shop",
        "postgresql+psycopg2://app:s3cret@db:6432/shop",
        "postgresql+asyncpg://app:s3cret@db:6432/shop?prepared_statement_cache_size=0",
        "postgres+pg8000://app:s3cret@db:6432/shop",
        "  postgresql://app:s3cret@db:6432/shop\n",
        "postgresql://db:6432/shop?user=app&password=s3cret",
        "host=db port=6432 dbname=shop user=app password=s3cret",
        "host = db port='6432' dbname=shop user=app password='s3cret'",
    ],
)
def test_all_forms_name_the_same_database(url: str) -> None:
    assert parse(url) == PLACE


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://a:1,b:2/shop", {"host": "a,b", "port": "1,2", "dbname": "shop"}),
        ("postgresql+psycopg://a:1,b:2/shop", {"host": "a,b", "port": "1,2", "dbname": "shop"}),
        (
            "postgresql+psycopg://u@/shop?host=a:1&host=b:2",
            {"user": "u", "dbname": "shop", "host": "a,b", "port": "1,2"},
        ),
        (
            "postgresql+psycopg2://u@/shop?host=a&host=b",
            {"user": "u", "dbname": "shop", "host": "a,b", "port": ","},
        ),
        ("postgresql://u@%2Fvar%2Frun/shop", {"user": "u", "host": "/var/run", "dbname": "shop"}),
        ("postgresql:///shop?host=/var/run", {"host": "/var/run", "dbname": "shop"}),
        ("postgresql://u@[::1]:5/shop", {"user": "u", "host": "::1", "port": "5", "dbname": "shop"}),
        ("service=shop", {"service": "shop"}),
        ("postgresql://?service=shop", {"service": "shop"}),
        ("postgresql+asyncpg://h/d?ssl=verify-full", {"host": "h", "dbname": "d", "sslmode": "verify-full"}),
        ("postgresql://h/d?ssl=true", {"host": "h", "dbname": "d", "sslmode": "require"}),
        (
            "postgresql://h/d?application_name=a+b%20c@d",
            {"host": "h", "dbname": "d", "application_name": "a+b c@d"},
        ),
        ("postgresql://h/d?options=-c%20geqo%3Doff", {"host": "h", "dbname": "d", "options": "-c geqo=off"}),
    ],
)
def test_what_a_form_means(url: str, expected: dict[str, str]) -> None:
    assert parse(url) == expected


@given(st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), min_size=1))
def test_any_password_arrives_as_it_was(password: str) -> None:
    assert parse(f"postgresql://app:{quote(password, safe='')}@db/shop")["password"] == password
    query = f"postgresql+psycopg://app@db/shop?password={quote(password, safe='')}"
    assert parse(query)["password"] == password


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:s3cret@s3cret@db/shop",
        "postgresql://app:s3cret/s3cret@db/shop",
        "postgresql://app:12/s3cret@db/shop",
        "postgresql://app:s3cret?s3cret@db/shop",
        "postgresql://app:s3cret%s3cret@db/shop",
        "postgresql://app:@s3cret:s3cret@db/shop",
        "postgresql://app:s3cret@db:port/shop",
        "postgresql://db/shop?password=a&s3cret",
        "postgresql://[::1/s3cret",
        "postgresql://h/d?sch-s3cret=1",
        "mysql://app:s3cret@db/shop",
        "jdbc:postgresql://db/shop?password=s3cret",
        "app:s3cret@db:6432/shop",
        "s3cret",
        "host=db password='s3cret",
        "host=db password",
    ],
)
def test_a_malformed_address_is_a_usage_error_without_the_password(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(url)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("url", ["postgresql://app:secret@db:five/shop", "host=db port=5432x"])
def test_a_port_that_is_no_number_is_named(url: str) -> None:
    with pytest.raises(UsageError, match=r"the port .* is not a number"):
        parse(url)


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(UsageError, match='"schema"'):
        parse("postgresql://db/shop?schema=public")


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for url in (text, f"postgresql://{text}", f"postgresql+psycopg://u:{text}@h/d"):
        with contextlib.suppress(UsageError):
            parse(url, {})


@pytest.mark.parametrize(
    "url", ["postgresql://\udc83@h/shop", "postgresql://h/d?options=\udc83", "host=\udc83"]
)
def test_what_is_not_utf_8(url: str) -> None:
    """A variable of the environment holds bytes, and Python makes surrogates of some."""
    with pytest.raises(UsageError, match="can't be read"):
        parse(url, {})


def test_what_is_not_utf_8_once_it_is_decoded() -> None:
    with pytest.raises(UsageError, match="can't be read"):
        parse("postgresql://%80/shop", {})


@pytest.mark.parametrize("url", [None, "", "  "])
def test_no_address_is_what_the_variables_of_libpq_say(url: str | None) -> None:
    assert parse(url, {"PGHOST": "db"}) == {}
    with pytest.raises(UsageError, match="no database is named"):
        parse(url, {"PGUSER": "app", "PGHOST": ""})


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("postgres://app:s3cret@db:6432/shop?sslpassword=s3cret", "host=db port=6432 dbname=shop user=app"),
        ("postgres://app:s3cret@a:1,b:2/shop", "host=a,b port=1,2 dbname=shop user=app"),
        ("host=a,b port=7 user=app", "host=a,b port=7 dbname=app user=app"),
        ("service=shop password=s3cret", "service=shop"),
    ],
)
def test_the_address_in_a_log(url: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGDATABASE", "PGHOST", "PGUSER", "PGPORT"):
        monkeypatch.delenv(name, raising=False)
    assert address(parse(url)) == text


class TestConnectionParameters:
    def test_a_connection_looks_for_a_primary_and_notices_a_dead_peer(self) -> None:
        found = connection_parameters("postgresql://app@db/shop")
        assert found["target_session_attrs"] == "primary"
        assert {"keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"} <= set(
            found
        )
        assert "options" not in found

    def test_what_the_address_says_stands(self) -> None:
        found = connection_parameters(
            "postgresql://app:a@db/shop?target_session_attrs=any&keepalives_idle=60&application_name=x", "b"
        )
        assert (found["target_session_attrs"], found["keepalives_idle"]) == ("any", "60")
        assert (found["application_name"], found["password"]) == ("x", "a")

    def test_what_the_variables_of_libpq_say_stands(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PGTARGETSESSIONATTRS", "any")
        monkeypatch.setenv("PGCONNECT_TIMEOUT", "3")
        found = connection_parameters("postgresql://app@db/shop")
        assert "target_session_attrs" not in found
        assert "connect_timeout" not in found

    def test_a_password_from_elsewhere_is_used_where_the_address_has_none(self) -> None:
        assert connection_parameters("postgresql://app@db/shop", "b")["password"] == "b"
        assert "password" not in connection_parameters("postgresql://app@db/shop", "")

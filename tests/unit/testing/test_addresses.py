"""The URL of a database of the same server, as libpq and SQLAlchemy read it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url

from seeder.postgres.url import parse
from seeder.testing.template import address

text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
hosts = st.sampled_from(["db", "db.example.com", "127.0.0.1", "::1", "/var/run/postgresql", "a,b"])
ports = st.sampled_from(["5432", "6543"])
parameters = st.fixed_dictionaries(
    {},
    optional={"user": text, "password": text, "host": hosts, "port": ports, "dbname": text, "options": text},
)


@given(parameters=parameters, database=text)
def test_it_leads_to_the_same_server(parameters: dict[str, str], database: str) -> None:
    assert parse(address(parameters, database)) == {**parameters, "dbname": database}


@given(user=text, password=text, host=hosts, database=text)
def test_sqlalchemy_reads_it_as_libpq_does(user: str, password: str, host: str, database: str) -> None:
    url = make_url(address({"user": user, "password": password, "host": host}, database))
    assert (url.username, url.password, url.database) == (user, password, database)
    assert (url.host or url.query["host"]) == host


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        (
            "postgresql+psycopg2://test:test@localhost:49153/test",
            "postgresql://test:test@localhost:49153/copy",
        ),
        ("postgresql://postgres:@/postgres?host=/tmp/pg", "postgresql://postgres@/copy?host=%2Ftmp%2Fpg"),
        ("host=::1 user=me", "postgresql://me@[::1]/copy"),
    ],
)
def test_it_looks_as_people_expect(server: str, expected: str) -> None:
    assert address(parse(server), "copy") == expected

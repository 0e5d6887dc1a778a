"""What libpq, PostgreSQL and PgBouncer say when a connect fails, and what of an error may be shown."""

from __future__ import annotations

import re

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import errors
from sqlalchemy.exc import OperationalError, StatementError

from seeder.postgres.failures import (
    Failure,
    Verdict,
    connect_failure,
    describe,
    is_connection_lost,
    is_retryable,
    sqlstate,
)

AT = 'connection failed: connection to server at "10.0.0.7", port 5432 failed: '
FATAL = AT + "FATAL:  "

LATER = {
    "connection refused": [
        AT + "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?",
    ],
    "name not resolved": [
        "failed to resolve host 'db.example': [Errno -2] Name or service not known",
        'connection is bad: could not translate host name "db" to address: Temporary failure',
    ],
    "starting up": [
        FATAL + "the database system is starting up",
        FATAL + "the database system is not yet accepting connections\nDETAIL:  Consistent recovery…",
    ],
    "shutting down": [FATAL + "the database system is shutting down"],
    "recovering": [
        FATAL + "the database system is in recovery mode",
        FATAL + 'database "shop" is not currently accepting connections',
    ],
    "too many clients": [
        FATAL + "sorry, too many clients already",
        FATAL + "remaining connection slots are reserved for roles with the SUPERUSER attribute",
        FATAL + 'too many connections for role "app"',
        FATAL + "no more connections allowed (max_client_conn)",
    ],
    "read-only": [AT + "session is read-only"],
    "10.0.0.7:5432 is a standby and accepts no writes (name the primary or have it promoted)": [
        AT + "server is in hot standby mode"
    ],
    "timed out": [
        "connection timeout expired",
        AT + "Connection timed out",
        AT + "timeout expired",
        FATAL + "query_wait_timeout",
    ],
    "host not reached": [AT + "No route to host", AT + "Network is unreachable"],
    "connection closed": [
        AT + "server closed the connection unexpectedly\n\tThis probably means …",
        AT + "could not receive data from server: Connection reset by peer",
        AT + "SSL SYSCALL error: EOF detected",
        AT + "SSL error: unexpected eof while reading",
        FATAL + 'server login failed: FATAL password authentication failed for user "pooler"',
    ],
    "no such socket": [
        'connection to server on socket "/s" failed: No such file or directory\n\tIs the server running …',
    ],
}

REFUSED = {
    "authentication failed": [
        FATAL + 'password authentication failed for user "app"',
        FATAL + 'Peer authentication failed for user "app"',
        FATAL + "SASL authentication failed",
        AT + "fe_sendauth: no password supplied",
        FATAL + "no such user: app",
        FATAL + "Tenant or user not found",
    ],
    "no entry in pg_hba.conf": [
        FATAL + 'no pg_hba.conf entry for host "10.0.0.9", user "app", database "shop", no encryption',
        FATAL + 'pg_hba.conf rejects connection for host "10.0.0.9", user "app", database "shop"',
    ],
    "no such role": [FATAL + 'role "app" does not exist'],
    "the role may not log in": [FATAL + 'role "app" is not permitted to log in'],
    "no such database": [FATAL + 'database "shop" does not exist', FATAL + "no such database: shop"],
    "no privilege to connect": [
        FATAL + 'permission denied for database "shop"\nDETAIL:  User does not have CONNECT privilege.',
    ],
    "TLS: the server does not offer it": [AT + "server does not support SSL, but SSL was required"],
    "TLS: the server requires it": [FATAL + "SSL required"],
    "TLS: the server's certificate is from an unknown CA, or is not valid": [
        AT + "SSL error: certificate verify failed",
    ],
    "TLS: the server's certificate is for another host name": [
        AT + 'server certificate for "db" does not match host name "10.0.0.7"',
        AT + 'server certificate for "db" (and 1 other name) does not match host name "10.0.0.7"',
    ],
    'TLS: the certificate file "/ca.pem" is missing or can\'t be read': [
        'connection is bad: root certificate file "/ca.pem" does not exist\nEither provide …',
        AT + 'could not read root certificate file "/ca.pem": no certificate or crl found',
    ],
    "TLS: the server requires a client certificate": [
        FATAL + "connection requires a valid client certificate",
    ],
    "TLS: the server refuses the client certificate": [AT + "SSL error: tlsv1 alert unknown ca"],
    "TLS failed": [AT + "SSL error: wrong version number"],
}

CAUSES = {text: cause for causes in (LATER, REFUSED) for cause, texts in causes.items() for text in texts}
REFUSALS = {text for texts in REFUSED.values() for text in texts}

MISTAKEN = [
    'connection is bad: invalid sslmode value: "s3cret"',
    'connection is bad: invalid target_session_attrs value: "s3cret"',
    'connection is bad: invalid integer value "s3cret" for connection option "connect_timeout"',
    'connection is bad: definition of service "s3cret" not found',
    "connection is bad: could not match 2 port numbers to 3 hosts",
    "bad value for connect_timeout: 's3cret'",
    "connection is bad: local user with ID 12345 does not exist",
]


def failure(*texts: str) -> psycopg.OperationalError:
    """What psycopg raises where each of several hosts failed with one of `texts`."""
    if len(texts) == 1:
        return psycopg.OperationalError(texts[0])
    listed = [f"- host: 'h{n}', port: '5432', hostaddr: '10.0.0.{n}': {text}" for n, text in enumerate(texts)]
    heading = "Multiple connection attempts failed. All failures were:"
    return psycopg.OperationalError("\n".join([texts[-1], heading, *listed]))


@pytest.mark.parametrize("text", CAUSES)
def test_the_cause_and_whether_it_is_for_good(text: str) -> None:
    verdict = Verdict.REFUSED if text in REFUSALS else Verdict.LATER
    assert connect_failure(failure(text)) == Failure(CAUSES[text], verdict)
    assert connect_failure(OperationalError(None, None, failure(text))) == Failure(CAUSES[text], verdict)


@pytest.mark.parametrize("text", MISTAKEN)
def test_a_parameter_that_libpq_does_not_take(text: str) -> None:
    found = connect_failure(failure(text))
    assert found.verdict is Verdict.MISTAKEN
    assert "s3cret" not in found.cause


def test_what_nobody_knows_is_tried_again_and_shown_without_its_quotes() -> None:
    found = connect_failure(failure(AT + "FATAL:  authentification par mot de passe échouée pour « s3cret »"))
    assert found.verdict is Verdict.LATER
    assert found.cause == 'FATAL:  authentification par mot de passe échouée pour "…"'


@given(st.lists(st.sampled_from(sorted(CAUSES)), min_size=2, max_size=4))
def test_several_hosts_refuse_for_good_only_together(texts: list[str]) -> None:
    found = connect_failure(failure(*texts))
    assert found.verdict is (Verdict.REFUSED if REFUSALS.issuperset(texts) else Verdict.LATER)
    for host, text in enumerate(texts):
        assert CAUSES[text] in found.cause
        assert (f"h{host}:5432 {CAUSES[text]}" in found.cause) == (len({CAUSES[each] for each in texts}) > 1)


def test_one_host_with_and_without_encryption() -> None:
    entry = 'FATAL:  no pg_hba.conf entry for host "h", user "u", database "d", '
    text = f"{AT}{entry}SSL encryption\n{AT.removeprefix('connection failed: ')}{entry}no encryption"
    assert connect_failure(failure(text)).verdict is Verdict.REFUSED
    text = f"{AT}{entry}SSL encryption\n{AT.removeprefix('connection failed: ')}Connection refused"
    assert connect_failure(failure(text)).verdict is Verdict.LATER


def test_a_try_that_ran_out_of_time() -> None:
    assert connect_failure(TimeoutError()).cause == "timed out"


@pytest.mark.parametrize(
    ("kind", "message", "shown"),
    [
        (errors.InvalidTextRepresentation, 'invalid input syntax for type integer: "s3cret"', None),
        (errors.InvalidTextRepresentation, 'invalid input syntax for type integer: "a "s3cret" b"', None),
        (errors.NumericValueOutOfRange, 'value "9s3cret" is out of range for type integer', None),
        (errors.InvalidDatetimeFormat, "invalid input syntax for type date: «s3cret»", None),
        (errors.SyntaxError, "syntax error at or near \"'s3cret'\"", None),
        (
            errors.RaiseException,
            "the price s3cret is bad",
            "code in the database raised an error with SQLSTATE P0001; --debug shows its text",
        ),
        (psycopg.DataError, 'cannot dump "s3cret"', None),
        (
            errors.CharacterNotInRepertoire,
            'invalid byte sequence for encoding "UTF8": 0xe2 0x28',
            'invalid byte sequence for encoding "…": 0x…',
        ),
        (
            errors.StringDataRightTruncation,
            "value too long for type character varying(5)",
            "value too long for type character varying(5)",
        ),
        (
            errors.UndefinedColumn,
            'column "titel" of relation "tools" does not exist',
            'column "titel" of relation "tools" does not exist',
        ),
    ],
)
def test_what_is_shown_of_an_error(kind: type[psycopg.Error], message: str, shown: str | None) -> None:
    blanked = re.sub('["«].*["»]', '"…"', message)
    assert describe(kind(f"{message}\nDETAIL:  s3cret")) == (shown or blanked)


def test_nothing_is_shown_of_an_error_of_sqlalchemy_itself() -> None:
    assert describe(StatementError("s3cret", "SELECT", {"a": "s3cret"}, None)) == "StatementError"
    assert describe(ValueError("s3cret")) == "ValueError"


@pytest.mark.parametrize(
    ("error", "lost", "retryable"),
    [
        (errors.SerializationFailure(), False, True),
        (errors.DeadlockDetected(), False, True),
        (errors.UniqueViolation(), False, False),
        (errors.AdminShutdown(), True, True),
        (errors.ConnectionFailure(), True, True),
        (psycopg.OperationalError("the connection is lost"), True, True),
    ],
)
def test_what_kind_of_error_it_is(error: psycopg.Error, *, lost: bool, retryable: bool) -> None:
    wrapped = OperationalError("statement", {}, error)
    assert sqlstate(wrapped) == error.sqlstate
    assert (is_connection_lost(wrapped), is_retryable(wrapped)) == (lost, retryable)


def test_an_error_of_the_data_is_no_lost_connection() -> None:
    assert not is_connection_lost(psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"))
    assert not is_connection_lost(ValueError())

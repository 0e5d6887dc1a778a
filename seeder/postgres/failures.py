"""What an exception of the database's means, and what of it may be shown."""

from __future__ import annotations

import enum
import functools
import re
from dataclasses import dataclass, field
from typing import Final

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import ConnStatus

from seeder.errors import NotReadyError
from seeder.masking import redact
from seeder.postgres.patience import NoAnswerError
from seeder.reporting import logs


class Verdict(enum.Enum):
    """Whether it is worth trying again to connect."""

    LATER = "later"
    """The database is on its way, or nobody can tell: try until the deadline."""
    REFUSED = "refused"
    """The database answered and refuses us: only somebody's hand can change that."""
    MISTAKEN = "mistaken"
    """libpq does not understand a parameter: no answer will change that."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a connect failed: `cause` in a few words that hold no secret, and what to make of it."""

    cause: str
    verdict: Verdict
    kinds: tuple[str, ...] = field(default=(), compare=False)
    """What there may be advice for, if that is not `cause` itself: several causes, or one without its names."""


# psycopg gives no SQLSTATE for a failed connect, so its text tells: regular expressions, the pooler's own
# texts beside the server's. The first that fits counts. A server that speaks another language fits none, and
# is tried again.
_WRONG_VALUE: Final = "a connection parameter has a wrong value"
_MISSING_FILE: Final = "TLS: the certificate file is missing"
_LATER: Final = {
    "starting up": ("database system is starting up", "not yet accepting connections"),
    "shutting down": ("database system is shutting down", "due to administrator command"),
    "recovering": ("database system is in recovery mode", "not (?:currently )?accepting connections"),
    "too many clients": (
        "too many (?:clients|connections)",
        "remaining connection slots",
        "no more connections allowed",
    ),
    "read-only": ("session is read-only",),
    "a standby": ("server is in hot standby mode",),
    "name not resolved": ("could not translate host name", "failed to resolve host"),
    "connection refused": ("connection refused",),
    "no such socket": (r"no such file or directory\s+is the server running",),
    "host not reached": ("no route to host", "(?:network|host) is (?:unreachable|down)"),
    "timed out": ("timeout expired", "timed out", "query_wait_timeout", "client_login_timeout"),
    "connection closed": (
        "server closed the connection",
        "connection reset",
        "broken pipe",
        "eof detected",
        "unexpected eof",
        "server conn crashed",
        "server login failed",
        "cannot connect to server",
        "connection is (?:closed|lost)",
    ),
}
_REFUSED: Final = {
    "authentication failed": (
        "authentication failed",
        "no password supplied",
        "authentication method .* not supported",
        "authentication method requirement",
        "server requested .* authentication",
        "no such user",
        "tenant or user not found",
    ),
    "no entry in pg_hba.conf": (r"no pg_hba\.conf entry", r"pg_hba\.conf rejects"),
    "no such role": (r"role \S+ does not exist",),
    "the role may not log in": ("is not permitted to log ?in",),
    "no such database": (r"database \S+ does not exist", "no such database"),
    "no privilege to connect": ("permission denied for database", "does not have CONNECT privilege"),
    "TLS: the server does not offer it": ("does not support SSL",),
    "TLS: the server requires it": ("SSL (?:connection )?(?:is )?required",),
    "TLS: the server's certificate is for another host name": ("does not match host name",),
    _MISSING_FILE: (
        r"(?:certificate|key|revocation list) file \S+ does not exist",
        r"could not (?:open|read|load|access|stat) \S*(?: \S+)* file",
    ),
    "TLS: the server requires a client certificate": (
        "valid client certificate",
        "certificate required",
        "no client certificate",
    ),
    "TLS: the server's certificate is from an unknown CA, or is not valid": (
        "certificate verify failed",
        "self-signed certificate",
        "unable to get (?:local )?issuer certificate",
    ),
    "TLS: the server refuses the client certificate": (
        r"alert (?:unknown ca|bad certificate|certificate \w+)",
    ),
    "TLS failed": ("certificate", r"(?:tls|ssl)v\d", "SSL error: (?!unexpected|eof)"),
}
_MISTAKEN: Final = {
    _WRONG_VALUE: (
        r"invalid \w+ value",
        r"bad value for \w+",
        "invalid (?:port number|integer value)",
        r"could not match \d+",
        "when SSL support is not compiled in",
    ),
    "the address names no user, and the user of this process has no name; write user@ before the host": (
        r"local user with ID \d+ does not exist",
    ),
    "the service is not defined": ("definition of service", "service file .* not found"),
}

# What to do, for those who read of it when there is no more trying. {database} and {user} are quoted names.
_ADVICE: Final = {
    "too many clients": "raise max_connections, or connect through a pooler",
    "name not resolved": "check the host name",
    "connection refused": "check that the server is running, and the host and the port",
    "no such socket": "check that the server is running on this machine, or name a host",
    "host not reached": "check the network and its firewalls",
    "timed out": "check the host, the port, the network and its firewalls",
    "starting up": "raise --wait-timeout",
    "recovering": "raise --wait-timeout",
    "authentication failed": "check the user and the password",
    "no entry in pg_hba.conf": (
        "let pg_hba.conf on the server allow this user, database and client; if it demands TLS, set sslmode=require"
    ),
    "no such role": "check the user, or run CREATE ROLE {user} LOGIN",
    "the role may not log in": "run ALTER ROLE {user} LOGIN",
    "no such database": "check the name, or run CREATE DATABASE {database}",
    "no privilege to connect": "run GRANT CONNECT ON DATABASE {database} TO {user}",
    "TLS: the server does not offer it": "switch ssl on at the server, or set sslmode=prefer to do without",
    "TLS: the server requires it": "set sslmode=require",
    "TLS: the server's certificate is for another host name": (
        "connect by a name that the certificate has, or set sslmode=verify-ca"
    ),
    _MISSING_FILE: "mount it, or correct sslrootcert, sslcert, sslkey or sslcrl",
    "TLS: the server requires a client certificate": "set sslcert and sslkey",
    "TLS: the server's certificate is from an unknown CA, or is not valid": (
        "set sslrootcert to the CA's certificate, and check that the server's has not expired"
    ),
    "TLS: the server refuses the client certificate": "have it signed by a CA that the server trusts",
}


@functools.cache
def _causes() -> list[tuple[re.Pattern[str], Failure]]:
    # Compiled when a connect has failed, which for most runs is never.
    return [
        (re.compile("|".join(patterns), re.IGNORECASE), Failure(cause, verdict))
        for verdict, causes in (
            (Verdict.LATER, _LATER),
            (Verdict.MISTAKEN, _MISTAKEN),
            (Verdict.REFUSED, _REFUSED),
        )
        for cause, patterns in causes.items()
    ]


_ATTEMPTS: Final = re.compile(
    r"^- host: '?(?P<host>.*?)'?, port: '?(?P<port>.*?)'?, hostaddr: .*?: ", re.MULTILINE
)
_PARAMETER: Final = re.compile(
    r'for connection option "(\w+)"|invalid (?!port|integer)(\w+) value|bad value for (\w+)', re.IGNORECASE
)
_TLS_FILE: Final = re.compile(r'file ("[^"]+")')
_TRIES: Final = re.compile(r"connection to server (?:at|on) ")
_STANDBY: Final = re.compile(
    r'"(?P<host>[^"]+)"(?: \([^)]*\))?, port (?P<port>\d+) failed: server is in hot standby mode'
)


def connect_failure(error: BaseException) -> Failure:
    """Classify a failed connect.

    With several hosts, or one host tried with and without TLS, the failure is for good only if each of them is. If
    hosts fail for different causes, each cause names its host.
    """
    error = original(error)
    if isinstance(error, TimeoutError):
        return Failure("timed out", Verdict.LATER)
    if isinstance(error, NotReadyError):
        return Failure(error.message, Verdict.LATER)
    # psycopg repeats the last attempt's message above the list of them all.
    text = str(error)
    attempts = list(_ATTEMPTS.finditer(text))
    ends = [each.start() for each in attempts[1:]] + [len(text)]
    by_host: dict[str, list[Failure]] = {}
    for attempt, end in zip(attempts, ends, strict=False):
        host = f"{attempt['host']}:{attempt['port']}".removesuffix(":None")
        by_host.setdefault(host, []).extend(_failures(text[attempt.end() : end]))
    failures = [each for some in by_host.values() for each in some] or _failures(text)
    kinds = tuple(dict.fromkeys(kind for failure in failures for kind in failure.kinds or (failure.cause,)))
    told = {host: ", ".join(dict.fromkeys(each.cause for each in some)) for host, some in by_host.items()}
    cause = ", ".join(dict.fromkeys(failure.cause for failure in failures))
    if len(set(told.values())) > 1:
        cause = ", ".join(f"{host} {each}" for host, each in told.items())
    verdicts = {failure.verdict for failure in failures}
    return Failure(cause, verdicts.pop() if len(verdicts) == 1 else Verdict.LATER, kinds)


def advice(failure: Failure, address: str | None) -> str:
    """What to do about a failed connect, as the end of a message: nothing, or from a semicolon on.

    `address` says where the connect went, in the form of `seeder.postgres.url.address`.
    """
    known = conninfo_to_dict(address or "")
    names = {
        "database": sql.Identifier(str(known.get("dbname", "DATABASE"))).as_string(None),
        "user": sql.Identifier(str(known.get("user", "USER"))).as_string(None),
    }
    told = (_ADVICE[cause].format(**names) for cause in failure.kinds or (failure.cause,) if cause in _ADVICE)
    return "".join(f"; {each}" for each in told)


def _failures(attempt: str) -> list[Failure]:
    """How one attempt failed: libpq may have tried with TLS and without."""
    _, *tries = _TRIES.split(attempt)
    return [_one_failure(text) for text in tries or [attempt]]


def is_standby(error: BaseException) -> bool:
    """Whether a connect failed because a server that answered is a standby."""
    return _STANDBY.search(str(original(error))) is not None


def _one_failure(text: str) -> Failure:
    said = text.partition(" failed: ")[2] or text
    if standby := _STANDBY.search(text):
        address = f"{standby['host']}:{standby['port']}"
        cause = f"{address} is a standby and accepts no writes (name the primary or have it promoted)"
        return Failure(cause, Verdict.LATER)
    if _RAISED_AT_LOGIN.search(text):
        # A trigger on login. Its words are its own, so that nothing can be told from them.
        return Failure(_raised("", said.partition("\n")[0]), Verdict.LATER)
    for pattern, failure in _causes():
        if pattern.search(text):
            if failure.cause == _WRONG_VALUE and (parameter := _PARAMETER.search(text)):
                return Failure(
                    f"{_WRONG_VALUE}: {redact(parameter[parameter.lastindex or 0])}", failure.verdict
                )
            if failure.cause == _MISSING_FILE and (file := _TLS_FILE.search(text)):
                cause = f"{_MISSING_FILE.removesuffix(' is missing')} {redact(file[1])} is missing or can't be read"
                return Failure(cause, failure.verdict, (_MISSING_FILE,))
            return failure
    return Failure(_blanked(said.partition("\n")[0]), Verdict.LATER)


def original(error: BaseException) -> BaseException:
    """The driver's exception within SQLAlchemy's, or the exception itself. SQLAlchemy is not imported for that."""
    within = getattr(error, "orig", None)
    return within if isinstance(within, BaseException) else error


def sqlstate(error: BaseException) -> str | None:
    """PostgreSQL's code, or None if the error does not come from the server."""
    code: str | None = getattr(original(error), "sqlstate", None)
    return code


# Classes of SQLSTATE whose messages quote nothing but names: of tables, columns, roles, settings.
_NAMING: Final = frozenset({"0A", "25", "28", "2B", "3D", "3F", "40", "42", "44", "53", "54", "55", "57"})
# A syntax error quotes the word it stumbled over, and that may be a value; so may a name that is no name.
_QUOTING: Final = frozenset({"42601", "42602", "42622"})
# In a function, an expression of RAISE's and what is given to EXECUTE may take a value for a name.
_PUT_TOGETHER: Final = re.compile(r"\b(?:RAISE|EXECUTE)\b")

# What says of itself that its text is somebody's own: RAISE and ASSERT without a code, and routines in other languages.
_RAISED_CODES: Final = frozenset({"P0001", "P0004"})
_RAISED_CLASS: Final = "38"
# With a code of PostgreSQL's own, the place in the server's source still tells; no language translates it. The last
# two hand on what another server said.
_RAISED_BY: Final = frozenset(
    {"exec_stmt_raise", "exec_stmt_assert", "pgfdw_report_error", "dblink_res_error"}
)
_RAISED_IN: Final = re.compile(r"(?:plpy_|plperl|pltcl).*|.*(?<!\.[cyl])")
# Of a connect that failed there is the text alone.
_RAISED_AT_LOGIN: Final = re.compile(r"^\S+:\s+PL/pgSQL.*\b(?:RAISE|ASSERT)\b", re.MULTILINE)

_QUOTED: Final = re.compile(r'["«„“].*["»“”]', re.DOTALL)
_BYTES: Final = re.compile(r"0x[0-9a-f]{2}(?: 0x[0-9a-f]{2})*")


def describe(error: BaseException) -> str:
    """What PostgreSQL or the driver said, fit for a log: the primary message without anything that may be a
    value.

    The SQLSTATE is left to whoever shows it. DETAIL, CONTEXT and the statement are never part of it. Names
    that the server gives as names (table, column, constraint, type) stay. What code in the database raises is put
    together from values, with no telling which words they are: its text is shown with `--debug` alone.
    """
    error = original(error)
    if not isinstance(error, psycopg.Error):
        # The text of SQLAlchemy's own exceptions holds the statement and its parameters.
        return type(error).__name__
    message = error.diag.message_primary or str(error).partition("\n")[0]
    code = error.sqlstate or ""
    diag = error.diag
    if _is_raised(code, diag):
        return _raised(f" with SQLSTATE {code}", message)
    if code[:2] in _NAMING and code not in _QUOTING and not _PUT_TOGETHER.search(diag.context or ""):
        return str(redact(message))
    names = (diag.schema_name, diag.table_name, diag.column_name, diag.constraint_name, diag.datatype_name)
    return _blanked(message, tuple(name for name in names if name))


def _is_raised(code: str, diag: errors.Diagnostic) -> bool:
    """Whether the words are those of code in the database, and not PostgreSQL's own."""
    if not code:
        return False
    if code in _RAISED_CODES or code.startswith(_RAISED_CLASS) or not _is_known(code):
        return True
    return diag.source_function in _RAISED_BY or bool(_RAISED_IN.fullmatch(diag.source_file or ".c"))


def _is_known(code: str) -> bool:
    try:
        errors.lookup(code)
    except KeyError:
        return False
    return True


def _raised(code: str, text: str) -> str:
    told = f": {redact(text)}" if logs.is_debug() else "; --debug shows its text"
    return f"code in the database raised an error{code}{told}"


def _blanked(message: str, names: tuple[str, ...] = ()) -> str:
    """Take out everything between the first quote and the last, for a value may itself hold quotes.

    A quoted one of `names` is no value, and parts the message into pieces that are blanked each by itself.
    """
    known = "|".join(re.escape(f'"{name}"') for name in names)
    pieces = re.split(f"({known})", message) if known else [message]
    kept = [
        piece if place % 2 else redact(_BYTES.sub("0x…", _QUOTED.sub('"…"', piece)))
        for place, piece in enumerate(pieces)
    ]
    return "".join(kept)


# The server ended the session: shutdown, crash, start-up, dropped database, idle and transaction time-outs.
_ENDED: Final = frozenset({"57P01", "57P02", "57P03", "57P04", "57P05", "25P03", "25P04"})


def has_no_transactions(error: BaseException) -> bool:
    """Whether a pooler in statement mode has refused to begin a transaction, and has closed the connection for that."""
    return sqlstate(error) == "08P01" and "in statement pooling mode" in str(original(error))


def is_connection_lost(error: BaseException) -> bool:
    """Whether the connection is gone, so that nobody knows whether a COMMIT on its way was heard."""
    code = sqlstate(error)
    if code is not None:
        if has_no_transactions(error):
            return False
        return code.startswith("08") or code in _ENDED
    error = original(error)
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    return error.pgconn is None or error.pgconn.status == ConnStatus.BAD


# The last one is what a server says that became a standby while we were connected.
_RETRYABLE: Final = (errors.SerializationFailure, errors.DeadlockDetected, errors.ReadOnlySqlTransaction)


def is_retryable(error: BaseException) -> bool:
    """Whether the same transaction may well succeed when it is run again, on a new connection if need be.

    A statement that the server has not answered in time is not sent again, as one that the server itself has ended.
    """
    error = original(error)
    if isinstance(error, NoAnswerError):
        return False
    return isinstance(error, _RETRYABLE) or is_connection_lost(error)

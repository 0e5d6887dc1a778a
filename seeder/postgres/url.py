"""Every form in which people write down where a database is, turned into libpq's parameters."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, urlencode

from psycopg import ProgrammingError, pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from seeder.config.settings import DATABASE_VARIABLES
from seeder.errors import UsageError
from seeder.masking import add_names

if TYPE_CHECKING:
    from psycopg import ConnectionInfo

_SCHEME: Final = re.compile(r"(?P<name>[a-z][a-z0-9.-]*)(?:\+(?P<driver>\w+))?://", re.IGNORECASE)
_UNKNOWN_PARAMETER: Final = re.compile(r'invalid (?:URI query parameter|connection option)[^"]*"(\w+)"')

# What drivers and SQLAlchemy's dialects take in a URL and libpq would refuse; none of it says which database.
_DRIVER_OPTIONS: Final = frozenset(
    {"async_fallback", "prepared_statement_cache_size", "statement_cache_size"}
)


def parse(url: str | None, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Turn any form of a database's address into libpq's connection parameters.

    `url` may be a URL (`postgres://`, `postgresql://`, with any `+driver`, with several hosts), a keyword
    string (`host=… dbname=…`, `service=…`), or None for what libpq's own variables say. Raises `UsageError`,
    which never repeats the text, because the text holds the password.
    """
    if not (text := (url or "").strip()):
        if any(environ.get(name) for name in DATABASE_VARIABLES):
            return {}
        raise UsageError(
            "no database is named: set DATABASE_URL, --database-url, or libpq's PGHOST and PGDATABASE"
        )
    scheme = _SCHEME.match(text)
    try:
        if scheme:
            text = _plain_url(scheme, text[scheme.end() :])
        parameters = {name: str(value) for name, value in conninfo_to_dict(text).items()}
    except UnicodeError:
        # Not UTF-8 as it is (the environment holds bytes), or once it is decoded.
        raise _unencoded() from None
    except ProgrammingError as error:
        raise _unreadable(str(error), is_url=scheme is not None) from None
    _check(parameters)
    return parameters


def _plain_url(scheme: re.Match[str], rest: str) -> str:
    """The URL as libpq reads it: without the driver, and with the driver's own options said libpq's way."""
    if scheme["name"].lower() not in {"postgres", "postgresql"}:
        raise UsageError(
            f"the database URL begins with {scheme['name'].lower()}://; seeder works with PostgreSQL only; write postgresql://"
        )
    place, _, query = rest.partition("?")
    if place.count("@") > 1 or "@" in place.partition("/")[2]:
        raise _unencoded()
    try:
        # libpq takes a + for itself, and not for a space.
        options = parse_qsl(query.replace("+", "%2B"), keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise _unencoded() from None
    options = [
        ("sslmode" if name == "ssl" and value != "true" else name, value)
        for name, value in options
        if name not in _DRIVER_OPTIONS
    ]
    hosts = [value for name, value in options if name == "host"]
    if len(hosts) > 1:
        # SQLAlchemy's form of several hosts, host=a:1&host=b:2; libpq would take the last.
        pairs = [host.rpartition(":") if ":" in host else (host, ":", "") for host in hosts]
        options = [(name, value) for name, value in options if name not in {"host", "port"}]
        options.append(("host", ",".join(host for host, _, _ in pairs)))
        options.append(("port", ",".join(port for _, _, port in pairs)))
    return f"postgresql://{place}?{urlencode(options, quote_via=quote)}"


def _check(parameters: Mapping[str, str]) -> None:
    """Refuse what libpq would read amiss: a part of a password that is not encoded, as host or port."""
    if "@" in parameters.get("host", ""):
        raise _unencoded()
    if not all(port.isdigit() or not port for port in parameters.get("port", "").split(",")):
        raise UsageError(
            "the port in the database URL is not a number; "
            "if it is a part of the password, write : as %3A, / as %2F and ? as %3F there"
        )


def _unencoded() -> UsageError:
    return UsageError(
        "the database URL can't be read: "
        "in its user and password write @ as %40, : as %3A, / as %2F, ? as %3F and % as %25"
    )


def _unreadable(message: str, *, is_url: bool) -> UsageError:
    if "percent-encoded" in message:
        return _unencoded()
    if unknown := _UNKNOWN_PARAMETER.search(message):
        return UsageError(
            f'libpq knows no connection parameter "{unknown[1]}"; take it out of the database URL',
            outside=unknown[1],
        )
    if is_url:
        return UsageError(
            "the database URL can't be read; it looks like postgresql://user:password@host:5432/database"
        )
    return UsageError(
        "the database URL can't be read; write postgresql://user:password@host:5432/database, "
        "or host=… port=… dbname=… user=… password=…"
    )


_NOTED: Final = "connecting to "


def note_address(error: BaseException, parameters: Mapping[str, str]) -> None:
    """Note on `error`, for which a connect with `parameters` failed, where it went: see `noted_address`."""
    error.add_note(_NOTED + address(parameters))


def noted_address(error: BaseException) -> str | None:
    """Where the connect went that failed with `error`, as `address` has it; None if nobody knows.

    An engine of the application's has noted nothing; libpq tells of its connection.
    """
    notes: list[str] = getattr(error, "__notes__", [])
    noted = next((note.removeprefix(_NOTED) for note in notes if note.startswith(_NOTED)), None)
    tried = getattr(error, "pgconn", None)
    # Of a service only libpq knows where it is, once it has found it.
    if tried is None or (noted is not None and not (noted.startswith("service=") and tried.host)):
        return noted
    parts = {"host": tried.host, "port": tried.port, "dbname": tried.db, "user": tried.user}
    return address({name: value.decode(errors="replace") for name, value in parts.items() if value})


def address_of(connected: ConnectionInfo) -> str:
    """Where a connection leads, in the form of `address`."""
    parts = {
        "host": connected.host,
        "port": str(connected.port),
        "dbname": connected.dbname,
        "user": connected.user,
    }
    return address(parts)


def address(parameters: Mapping[str, str]) -> str:
    """Where `parameters` lead, as it may stand in a log: `host=db port=5432 dbname=shop user=app`.

    No other parameter is shown. What `parameters` leave open is filled in from libpq's variables, as libpq itself
    would. The parts are names, which are never masked.
    """
    if service := parameters.get("service"):
        return _name(service=service)
    defaults = {
        option.keyword.decode(): option.val.decode(errors="replace")
        for option in pq.Conninfo.get_defaults()
        if option.val is not None
    }
    known = {**defaults, **parameters}
    known = {"host": known.get("hostaddr", ""), "dbname": known.get("user", ""), **known}
    add_names(*known["host"].split(","))
    return _name(**{name: known[name] for name in ("host", "port", "dbname", "user") if known.get(name)})


def _name(**parts: str) -> str:
    # What is configured may be this very text, and would be masked.
    shown = make_conninfo(**parts)
    add_names(shown, *(value for name, value in parts.items() if name != "port"))
    return shown

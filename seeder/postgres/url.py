"""Every form in which people write down where a database is, turned into libpq's parameters."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from psycopg import ProgrammingError, pq
from psycopg.conninfo import conninfo_to_dict

from seeder.config.settings import DATABASE_VARIABLES
from seeder.errors import UsageError

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
            f"the database URL begins with {scheme['name'].lower()}://; seeder speaks to PostgreSQL alone: postgresql://"
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


def shown(parameters: Mapping[str, str]) -> str:
    """The address as it may stand in a log: user, hosts, ports and database, and no other parameter.

    What `parameters` leave open is filled in from libpq's variables, as libpq itself would.
    """
    if service := parameters.get("service"):
        return f"service {service}"
    defaults = {
        option.keyword.decode(): option.val.decode()
        for option in pq.Conninfo.get_defaults()
        if option.val is not None
    }
    known = {**defaults, **parameters}
    hosts = known.get("host", known.get("hostaddr", "")).split(",")
    ports = known.get("port", "").split(",")
    if len(ports) < len(hosts):
        ports *= len(hosts)
    places = ",".join(f"{host}:{port}" if port else host for host, port in zip(hosts, ports, strict=False))
    user = known.get("user", "")
    return f"{user}@{places}/{known.get('dbname') or user}"

"""What must never be printed, and how it is kept out of everything that leaves the process.

Whoever reads a secret says so here, at the moment of reading; the logs, the reports and the termination
message pass every string through `redact`. The registry belongs to the process, because a secret stays one
when the run that read it is over.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote

MASK = "***"

SHORTEST_MASKED_ANYWHERE = 4
"""Shorter secrets are masked only as a whole string and where a password stands in a connection string:
replacing every "a" would shred the log, and tell the reader what the password is besides."""

_SECRET_WORDS = frozenset({"password", "sslpassword"})

# A password in a URL or in a libpq connection string, whether or not anybody has registered it.
_IN_URL = re.compile(r"(?P<before>\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)\S*(?=@)", re.IGNORECASE)
_IN_CONNINFO = re.compile(
    r"(?P<before>\b(?:ssl)?password\s*=\s*)(?:'(?:[^'\\]|\\.)*'|[^\s&'\"]+)", re.IGNORECASE
)

_lock = threading.Lock()
_secrets: frozenset[str] = frozenset()
_pattern: re.Pattern[str] | None = None


def add_secret(value: str) -> None:
    """Mask `value` from now on. Of a connection URL or string, the password in it is masked too."""
    global _secrets, _pattern  # noqa: PLW0603  a process has one registry
    with _lock:
        known = _secrets | _forms(value)
        if known == _secrets:
            return
        anywhere = sorted((s for s in known if len(s) >= SHORTEST_MASKED_ANYWHERE), key=len, reverse=True)
        _pattern = re.compile("|".join(map(re.escape, anywhere))) if anywhere else None
        _secrets = known


def forget_secrets() -> None:
    """Empty the registry. For tests."""
    global _secrets, _pattern
    with _lock:
        _secrets, _pattern = frozenset(), None


def redact(value: Any) -> Any:
    """`value` with every known secret masked in every string of it, however deep. Names of fields stay."""
    if isinstance(value, str):
        return _redact_text(value)
    if isinstance(value, Mapping):
        return {name: redact(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redact(inner) for inner in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _redact_text(str(value))


def _redact_text(text: str) -> str:
    if text in _secrets:
        return MASK
    if _pattern is not None:
        text = _pattern.sub(MASK, text)
    if "://" in text:
        text = _IN_URL.sub(rf"\g<before>{MASK}", text)
    if "assword" in text.lower():
        text = _IN_CONNINFO.sub(rf"\g<before>{MASK}", text)
    return text


def _forms(value: str) -> set[str]:
    """The secret as given, without the white space around it, and as it looks inside a URL."""
    plain = {value, value.strip(), *_passwords(value)}
    plain.discard("")
    return plain | {quote(s, safe="") for s in plain} | {quote_plus(s) for s in plain}


def _passwords(value: str) -> set[str]:
    found = {match[0][len(match["before"]) :].strip("'") for match in _IN_CONNINFO.finditer(value)}
    if "://" in value:
        # Not urlsplit: a password with a slash in it makes a malformed URL, and is a secret all the same.
        in_url = {match[0][len(match["before"]) :] for match in _IN_URL.finditer(value)}
        found |= in_url | {unquote(password) for password in in_url}
        found |= {v for name, v in parse_qsl(value.partition("?")[2]) if name in _SECRET_WORDS}
    return found

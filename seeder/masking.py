"""Keep secrets out of everything that leaves the process.

Code that reads a secret registers it here. Text from outside may hold one: PostgreSQL's messages, the texts of
exceptions, cells, words of a command line or a seed file. It goes through `redact` before it becomes a part of a
sentence of ours, or a field of an event. The rest of the sentence does not, because a password may be any word: masked
in our own words and in names it would hide what happened, and show what the password is. Names that PostgreSQL's
messages repeat, of tables and roles, are registered by `add_names`.

The registry belongs to the process, because a secret stays one after the run that read it.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote

MASK = "***"

SHORTEST_MASKED_ANYWHERE = 4
"""Shorter secrets are masked only as a whole string, and as the password of a connection string: to replace every "a"
would make the log unreadable, and show what the password is."""

_SECRET_WORDS = frozenset({"password", "sslpassword"})

# A password in a URL or in a libpq connection string, registered or not.
_IN_URL = re.compile(r"(?P<before>\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)\S*(?=@)", re.IGNORECASE)
_IN_CONNINFO = re.compile(
    r"(?P<before>\b(?:ssl)?password\s*=\s*)(?:'(?:[^'\\]|\\.)*'|[^\s&'\"]+)", re.IGNORECASE
)

# What may be a word of ours, or a part of a name, by chance.
_WORD = re.compile(r"[A-Za-z]+(?:[_-][A-Za-z]+)*")

_lock = threading.Lock()
_secrets: frozenset[str] = frozenset()
_names: frozenset[str] = frozenset()
_any: re.Pattern[str] | None = None
_no_word: re.Pattern[str] | None = None


def add_secret(value: str) -> None:
    """Mask `value` from now on, and the password in it if it is a connection URL or string."""
    global _secrets, _any, _no_word  # noqa: PLW0603  a process has one registry
    with _lock:
        known = _secrets | _forms(value)
        if known == _secrets:
            return
        anywhere = sorted((s for s in known if len(s) >= SHORTEST_MASKED_ANYWHERE), key=len, reverse=True)
        _any = _one_of(anywhere)
        _no_word = _one_of([s for s in anywhere if not _WORD.fullmatch(s)])
        _secrets = known


def add_names(*names: str | None) -> None:
    """Never mask these: names of seeders, files, tables, roles, hosts. They are logged anyway."""
    global _names  # noqa: PLW0603  as above
    with _lock:
        _names |= {name for name in names if name}


def forget_secrets() -> None:
    """Empty the registry. For tests."""
    global _secrets, _names, _any, _no_word
    with _lock:
        _secrets, _names, _any, _no_word = frozenset(), frozenset(), None, None


def redact(value: Any) -> Any:
    """`value`, which came from outside, with every known secret masked in every string of it, at any depth.

    The keys of mappings stay.
    """
    return _each_text(value, _redact_outside)


def redact_own(value: Any) -> Any:
    """`value`, a sentence of ours in which text from outside is already masked.

    As a second line of defence, secrets that can't be a word of ours are masked too.
    """
    return _each_text(value, lambda text: redact_addresses(_without(_no_word, text)))


def redact_addresses(value: Any) -> Any:
    """`value`, a name, with only the password in a URL or a connection string masked."""
    return _each_text(value, _redact_addresses)


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {name: _each_text(inner, change) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_each_text(inner, change) for inner in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return change(str(value))


def _one_of(texts: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(re.escape, texts))) if texts else None


def _redact_outside(text: str) -> str:
    if text in _names:
        return text
    return MASK if text in _secrets else _redact_addresses(_without(_any, text))


def _without(pattern: re.Pattern[str] | None, text: str) -> str:
    if pattern is None or (found := pattern.search(text)) is None:
        return text
    named = [match.span() for match in _named(_names).finditer(text)]
    parts: list[str] = []
    at = 0
    while found is not None:
        start, end = found.span()
        if any(first <= start and end <= last for first, last in named):
            # Go on after its first character: another secret may begin within the name and end beyond it.
            end = start + 1
            parts.append(text[at:end])
        else:
            parts += (text[at:start], MASK)
        at = end
        found = pattern.search(text, at)
    return "".join(parts) + text[at:]


@functools.lru_cache(maxsize=1)
def _named(names: frozenset[str]) -> re.Pattern[str]:
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


def _redact_addresses(text: str) -> str:
    if "://" in text:
        text = _IN_URL.sub(rf"\g<before>{MASK}", text)
    if "assword" in text.lower():
        text = _IN_CONNINFO.sub(rf"\g<before>{MASK}", text)
    return text


def _forms(value: str) -> set[str]:
    """The secret as given, without the white space around it, and as it looks inside a URL."""
    plain = {value, value.strip(), *_passwords(value)}
    plain.discard("")
    # The environment may hold bytes that are not UTF-8, which Python turns into lone surrogates.
    quoted = {quote(s, safe="", errors="surrogatepass") for s in plain}
    return plain | quoted | {quote_plus(s, errors="surrogatepass") for s in plain}


def _passwords(value: str) -> set[str]:
    found = {match[0][len(match["before"]) :].strip("'") for match in _IN_CONNINFO.finditer(value)}
    if "://" in value:
        # Not urlsplit: a password with a slash in it makes a malformed URL, and is still a secret.
        in_url = {match[0][len(match["before"]) :] for match in _IN_URL.finditer(value)}
        found |= in_url | {unquote(password) for password in in_url}
        found |= {v for name, v in parse_qsl(value.partition("?")[2]) if name in _SECRET_WORDS}
    return found

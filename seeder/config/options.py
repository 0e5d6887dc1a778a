"""What an option is, and how its value is read from what people write.

A reader takes text and gives a value, or raises `ValueError` with the end of a sentence that begins with the
text: what is wrong with it, and what would be right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_DURATION = 2_147_483
"""Seconds: PostgreSQL counts its time limits in milliseconds, in 32 bits."""

STRICTNESS = re.compile(
    r"strict|lenient|(?P<number>\d{1,9})|(?P<percent>\d{1,2}(?:\.\d{1,9})?|100(?:\.0{1,9})?)%", re.ASCII
)
"""How a strictness is written, in lower case."""

APPLICATION = re.compile(r"[a-z0-9_.-]{1,63}", re.ASCII)
"""How an application is named."""

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})
_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|m|h|)", re.ASCII | re.IGNORECASE)
_SECONDS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def truth(text: str) -> bool:
    """Read a truth value in any case. Raises `ValueError` that says what is right."""
    folded = text.casefold()
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise ValueError("is no truth value; write true or false (or 1 0, yes no, on off)")


def duration(text: str) -> float:
    """Read a duration in seconds, to the millisecond. Raises `ValueError` that says what is right."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError("is no duration; write seconds as 90 or 90s, or 500ms, 2m, 1h")
    seconds = float(match["number"]) * _SECONDS[match["unit"].lower()]
    if seconds > LONGEST_DURATION:
        raise ValueError("is too long; 596h is the longest that PostgreSQL can count")
    # What is not nothing must not become nothing: PostgreSQL takes 0 for "no limit".
    return max(round(seconds, 3), 0.001) if seconds else 0.0


def limit(text: str) -> float | None:
    """Read a duration, of which 0 means that there is no limit."""
    return duration(text) or None


def text(value: str) -> str:
    """Take it as it is."""
    return value


def one_of(*words: str) -> Callable[[str], str]:
    """Make a reader that takes one of `words`, in any case."""

    def parse(text: str) -> str:
        if text.casefold() in words:
            return text.casefold()
        raise ValueError(f"is not known; write one of {', '.join(words)}")

    return parse


def strictness_text(text: str) -> str:
    """Take what is a strictness; what it means is for the strictness room to say."""
    if STRICTNESS.fullmatch(text.casefold()):
        return text.casefold()
    raise ValueError("is no strictness; write strict, lenient, a number of seeders as 2, or a share as 25%")


def application_name(text: str) -> str:
    """Take what can name an application. Raises `ValueError` that says what is right."""
    if APPLICATION.fullmatch(text):
        return text
    raise ValueError("is no application's name, which is 1 to 63 characters of a-z, 0-9, _, - and .")


def ledger_schema(text: str) -> str | None:
    """Read the name of the ledger's schema; `off` is None."""
    folded = text.casefold()
    if folded == "off":
        return None
    if folded in _TRUE | _FALSE:
        raise ValueError('is no schema; name the schema that holds the ledger, or write "off"')
    if folded.startswith("pg_") or folded == "information_schema":
        raise ValueError("is PostgreSQL's own schema; name another, or write off")
    if len(text.encode(errors="replace")) > 63 or "\0" in text:
        raise ValueError("is no name that PostgreSQL takes: at most 63 bytes")
    return text


@dataclass(frozen=True, slots=True)
class Option:
    """One setting as people give it."""

    name: str
    """The field of `Settings`; the flag is made from it."""
    variable: str
    meaning: str
    parse: Callable[[str], Any]
    default: str | None
    """As somebody would write it; None where there is none."""
    metavar: str | None = None
    """What stands for the value in the help; None for a switch."""
    separator: str | None = None
    """What stands between the values of an option that can be given several times."""
    secret: bool = False
    has_flag: bool = True

    @property
    def flag(self) -> str:
        """The option on the command line, or its variable where it has no flag."""
        return "--" + self.name.replace("_", "-") if self.has_flag else self.variable

    @property
    def file_variable(self) -> str | None:
        """The variable that names a file holding the value, for a secret."""
        return f"{self.variable}_FILE" if self.secret else None

    @property
    def default_text(self) -> str:
        """The default as help and documentation show it."""
        return self.default or "none"


def option(
    meaning: str,
    parse: Callable[[str], Any],
    default: str | None = None,
    *,
    metavar: str | None = None,
    separator: str | None = None,
    variable: str | None = None,
    secret: bool = False,
    has_flag: bool = True,
) -> Any:
    """A field of `Settings` that is an option. `default` is written as people would write it."""
    value = parsed(parse, separator, default) if default is not None else (() if separator else None)
    return field(
        default=value,
        repr=not secret,
        metadata={
            "meaning": meaning,
            "parse": parse,
            "default": default,
            "metavar": metavar,
            "separator": separator,
            "variable": variable,
            "secret": secret,
            "has_flag": has_flag,
        },
    )


def parsed(parse: Callable[[str], Any], separator: str | None, text: str) -> Any:
    """What `parse` makes of `text`, or of each item of it where it is a list."""
    if separator is None:
        return parse(text)
    return tuple(parse(item.strip()) for item in text.split(separator) if item.strip())

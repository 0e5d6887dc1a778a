"""What an option is, and how its value is read from text.

A reader takes text and returns a value. It raises `ValueError` with the end of a sentence that begins with the text:
what is wrong, and what would be right.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

LONGEST_DURATION = 2_147_483
"""Seconds: PostgreSQL counts its time limits in milliseconds, in 32 bits."""

APPLICATION = re.compile(r"[a-z0-9_.-]{1,63}", re.ASCII)
"""The name of an application."""

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})
_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|m|h|)", re.ASCII | re.IGNORECASE)
_SECONDS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def boolean(text: str) -> bool:
    """Read a boolean, in any case."""
    folded = text.casefold()
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise ValueError("is not a boolean; write true or false (or 1 0, yes no, on off)")


def duration(text: str) -> float:
    """Read a duration in seconds, to the millisecond."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError("is not a duration; write seconds as 90 or 90s, or 500ms, 2m, 1h")
    seconds = float(match["number"]) * _SECONDS[match["unit"].lower()]
    if seconds > LONGEST_DURATION:
        raise ValueError("is too long; PostgreSQL allows at most 596h")
    # A very short time must not become 0, which PostgreSQL takes for "no limit".
    return max(round(seconds, 3), 0.001) if seconds else 0.0


def limit(text: str) -> float | None:
    """Read a duration; 0 is None, which is no limit."""
    return duration(text) or None


def text(value: str) -> str:
    """Take the text as it is."""
    return value


@dataclass(frozen=True, slots=True)
class OneOf:
    """A reader that takes one of `words`, in any case."""

    words: tuple[str, ...]

    def __call__(self, text: str) -> str:
        """Read a word."""
        if text.casefold() in self.words:
            return text.casefold()
        raise ValueError(f"is not one of {', '.join(self.words)}")


def one_of(*words: str) -> OneOf:
    """Make a reader that takes one of `words`."""
    return OneOf(words)


def application_name(text: str) -> str:
    """Take the name of an application."""
    if APPLICATION.fullmatch(text):
        return text
    raise ValueError("is not an application name; use 1 to 63 characters of a-z, 0-9, _, - and .")


def ledger_schema(text: str) -> str | None:
    """Read the name of the ledger's schema; `off` is None."""
    folded = text.casefold()
    if folded == "off":
        return None
    if folded in _TRUE | _FALSE:
        raise ValueError('is not a schema; name the schema that holds the ledger, or write "off"')
    if folded.startswith("pg_") or folded == "information_schema":
        raise ValueError("is PostgreSQL's own schema; name another, or write off")
    if len(text.encode(errors="replace")) > 63 or "\0" in text:
        raise ValueError("is not a schema name; PostgreSQL allows at most 63 bytes")
    return text


class Group(enum.StrEnum):
    """What an option is about: the headings of the help, in their order."""

    WHAT = "What to seed"
    DATABASE = "The database"
    LIMITS = "How much may fail, and how long it may take"
    LOOKING = "Looking first"
    OUTPUT = "Output"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One setting, as it is documented and read."""

    meaning: str
    short: str = ""
    """What it means in a few words, for the help."""
    group: Group = Group.OUTPUT
    read: Callable[[str], Any]
    """Reads one value from text. An option with a separator has a tuple of such values."""
    default: str | None = None
    """As text; None if there is no default."""
    implied: str | None = None
    """The usual value of an option that is not given, as text, if it depends on other options."""
    metavar: str | None = None
    """The placeholder for the value in the help; None for a switch."""
    separator: str | None = None
    """Separates the values in the variable, if the option can be given several times."""
    words: tuple[str, ...] = ()
    """Words that it takes besides others, for completion in a shell."""
    variable: str = ""
    secret: bool = False
    has_flag: bool = True
    name: str = ""
    """The field of `Settings`; the flag is made from it."""

    @property
    def flag(self) -> str:
        """The option on the command line, or its variable if it has no flag."""
        return "--" + self.name.replace("_", "-") if self.has_flag else self.variable

    @property
    def file_variable(self) -> str | None:
        """The variable that names a file with the value, for a secret."""
        return f"{self.variable}_FILE" if self.secret else None

    @property
    def is_switch(self) -> bool:
        """Whether it is on or off, and takes no value on the command line."""
        return self.metavar is None

    @property
    def default_text(self) -> str:
        """The default as help and documentation show it."""
        return self.default or self.implied or "none"

    def split(self, text: str) -> tuple[str, ...]:
        """The values in a variable of a repeatable option; empty ones do not count."""
        return tuple(value for each in text.split(self.separator) if (value := each.strip()))


def option(meaning: str, read: Callable[[str], Any], default: str | None = None, **more: Any) -> Any:
    """A field of `Settings` that is an `Option`. `more` are the option's other attributes."""
    made = Option(meaning=meaning, read=read, default=default, **more)
    value = None if default is None else read(default)
    if made.separator is not None:
        value = () if value is None else (value,)
    return field(default=value, repr=not made.secret, metadata={"option": made})

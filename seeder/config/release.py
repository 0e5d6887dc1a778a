"""The release of an application's seeds: its version, in an order."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

from seeder.errors import UsageError

Kind: TypeAlias = Literal["integer", "version", "time"]

_INTEGER: Final = re.compile(r"\d{1,18}", re.ASCII)
_NUMBER: Final = r"(?:0|[1-9]\d*)"
_IDENTIFIER: Final = r"[0-9A-Za-z-]+"
_PRERELEASE: Final = rf"(?:{_NUMBER}|\d*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION: Final = re.compile(
    rf"(?P<core>{_NUMBER}\.{_NUMBER}\.{_NUMBER})"
    rf"(?:-(?P<prerelease>{_PRERELEASE}(?:\.{_PRERELEASE})*))?"
    rf"(?:\+{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?",
    re.ASCII,
)
_TIME: Final = re.compile(r"\d{4}-?\d\d-?\d\d[T ]\d\d.*", re.ASCII)
_HASH: Final = re.compile(r"[0-9a-f]{7,64}", re.ASCII | re.IGNORECASE)
_LONGEST: Final = 200

_A: Final[dict[Kind, str]] = {"integer": "an integer", "version": "a version", "time": "a time"}


@functools.total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """An integer, a version as SemVer 2.0 defines it, or a time with its offset from UTC.

    Two of one kind have an order: that of numbers, the precedence of versions, or that of points in time. Versions that
    differ in their build metadata alone are equal. To compare two kinds raises `UsageError`.
    """

    text: str
    """As written, without the `v` that a version may begin with."""
    kind: Kind
    place: tuple[Any, ...]
    """What the order goes by."""

    @classmethod
    def parse(cls, text: str) -> Release:
        """Read a release. Raises `ValueError`."""
        plain = text[1:] if text[:1] in ("v", "V") and text[1:2].isdigit() else text
        if len(text) <= _LONGEST:
            if _INTEGER.fullmatch(text):
                return cls(text, "integer", (int(text),))
            if version := _VERSION.fullmatch(plain):
                return cls(plain, "version", _precedence(version))
            if _TIME.fullmatch(text) and (time := _time(text)):
                return cls(text, "time", (time,))
        if _HASH.fullmatch(text):
            raise ValueError(
                "is a commit hash, and hashes have no order; use the commit's time (git log -1 --format=%cI), "
                "a version or a build number"
            )
        raise ValueError(
            "is not a release; write an integer as 42, a version of three numbers as 1.4.0, or a time with its offset "
            "as 2026-01-02T03:04:05Z"
        )

    @property
    def is_a(self) -> str:
        """Its kind, for people."""
        return _A[self.kind]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Release):
            return NotImplemented
        return (self.kind, self.place) == (other.kind, other.place)

    def __lt__(self, other: Release) -> bool:
        if self.kind != other.kind:
            raise UsageError(
                f"{self} is {self.is_a} and {other} is {other.is_a}, so nobody can tell which is the newer release"
            )
        return self.place < other.place

    def __hash__(self) -> int:
        return hash((self.kind, self.place))

    def __str__(self) -> str:
        return self.text


def _precedence(version: re.Match[str]) -> tuple[Any, ...]:
    """The precedence by SemVer 2.0: numbers come before words, and a pre-release before its release."""
    core = tuple(int(number) for number in version["core"].split("."))
    if version["prerelease"] is None:
        return (*core, 1)
    return (
        *core,
        0,
        tuple(
            (0, int(identifier), "") if identifier.isdigit() else (1, 0, identifier)
            for identifier in version["prerelease"].split(".")
        ),
    )


def _time(text: str) -> datetime | None:
    """The point in time; None if it is none, or has no offset."""
    try:
        time = datetime.fromisoformat(text)
        return None if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None

"""What changed inside a value: of a JSON value the keys, of a long text the lines with some around them."""

from __future__ import annotations

import difflib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_LONGEST: Final = 100
"""Characters of a value that is shown whole, on the line of its column."""

_AROUND: Final = 2
"""Lines shown around a change."""

_MOST_LINES: Final = 40
_MOST_COMPARED: Final = 2_000
"""Lines that are compared with each other: the time grows with their square."""

_MOST_JSON: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Detail:
    """A line: its sign (`+`, `-`, `~`, or a space for what is the same) and its text."""

    sign: str
    text: str


def details(before: str, after: str) -> list[Detail]:
    """The lines that say what changed; none if both values are short enough to be shown whole."""
    found = _json(before, after)
    if found is None:
        if "\n" in before or "\n" in after:
            found = _lines(before, after)
        elif max(len(before), len(after)) > _LONGEST:
            found = _places(before, after)
    shown = list(itertools.islice(found or (), _MOST_LINES + 1))
    if len(shown) > _MOST_LINES:
        shown[-1] = Detail(" ", "… and more")
    return shown


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def _json(before: str, after: str) -> Iterator[Detail] | None:
    """The keys that differ, if both are an object or both an array; else None."""
    if before[:1] + after[:1] not in ("{{", "[[") or max(len(before), len(after)) > _MOST_JSON:
        return None
    try:
        values = [
            json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_refuse)
            for text in (before, after)
        ]
        return None if values[0] == values[1] else iter(list(_differences("", *values)))
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _differences(path: str, before: Any, after: Any) -> Iterator[Detail]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            inner = f"{path}.{_name(name)}" if path else _name(name)
            if name not in after:
                yield Detail("-", f"{inner}  {_value(before[name])}")
            elif name not in before:
                yield Detail("+", f"{inner}  {_value(after[name])}")
            else:
                yield from _differences(inner, before[name], after[name])
    elif isinstance(before, list) and isinstance(after, list):
        yield from _items(path, before, after)
    elif type(before) is not type(after) or before != after:
        yield Detail("~", f"{path}  {_value(before)} → {_value(after)}")


def _items(path: str, before: list[Any], after: list[Any]) -> Iterator[Detail]:
    same = sum(
        1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False))
    )
    rest = min(len(before), len(after)) - same
    at_the_end = sum(
        1
        for _ in itertools.takewhile(
            lambda pair: pair[0] == pair[1],
            itertools.islice(zip(reversed(before), reversed(after), strict=False), rest),
        )
    )
    old = before[same : len(before) - at_the_end]
    new = after[same : len(after) - at_the_end]
    both = min(len(old), len(new))
    for place in range(both):
        yield from _differences(f"{path}[{same + place}]", old[place], new[place])
    for place in range(both, len(old)):
        yield Detail("-", f"{path}[{same + place}]  {_value(old[place])}")
    for place in range(both, len(new)):
        yield Detail("+", f"{path}[{same + place}]  {_value(new[place])}")


def _name(name: str) -> str:
    return name if name.isidentifier() else json.dumps(name, ensure_ascii=False)


def _value(value: Any) -> str:
    text = _written(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _written(value: Any) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{json.dumps(k, ensure_ascii=False)}: {_written(v)}" for k, v in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _lines(before: str, after: str) -> Iterator[Detail]:
    """The lines that differ, with some around them, as `diff -u` shows them."""
    old, new = before.split("\n"), after.split("\n")
    # A line end at the end is not an empty line after it.
    ends = [lines.pop() == "" if lines[-1] == "" else False for lines in (old, new)]
    if old == new:
        yield Detail("+" if ends[1] else "-", "a line end at the end")
        return
    skipped, old, new = _without_what_is_the_same(old, new)
    if max(len(old), len(new)) > _MOST_COMPARED:
        yield Detail("~", f"{len(old):,} lines → {len(new):,} lines")
        return
    for line in itertools.islice(difflib.unified_diff(old, new, n=_AROUND, lineterm=""), 2, None):
        if line.startswith("@@"):
            first = int(line.split()[1].partition(",")[0].lstrip("-"))
            yield Detail(" ", f"line {skipped + max(first, 1)}:")
        else:
            yield Detail(line[0], _cut(line[1:]))


def _without_what_is_the_same(old: list[str], new: list[str]) -> tuple[int, list[str], list[str]]:
    """Both without their common beginning and end, but for what is shown around; and how many lines came before."""
    most = min(len(old), len(new))
    start = 0
    while start < most and old[start] == new[start]:
        start += 1
    end = 0
    while end < most - start and old[-1 - end] == new[-1 - end]:
        end += 1
    start, end = max(0, start - _AROUND), max(0, end - _AROUND)
    return start, old[start : len(old) - end], new[start : len(new) - end]


def _cut(text: str) -> str:
    return text if len(text) <= 2 * _LONGEST else f"{text[: 2 * _LONGEST - 1]}…"


def _places(before: str, after: str) -> Iterator[Detail]:
    """The place where two long lines differ, with some of the text around it."""
    most = min(len(before), len(after))
    start = next((place for place in range(most) if before[place] != after[place]), most)
    end = next(
        (place for place in range(most - start) if before[-1 - place] != after[-1 - place]), most - start
    )
    for sign, text in (("-", before), ("+", after)):
        yield Detail(sign, _around(text, start, len(text) - end))


def _around(text: str, start: int, end: int) -> str:
    first = max(0, start - 20)
    last = min(len(text), end + 20, first + 2 * _LONGEST)
    return ("…" if first else "") + text[first:last] + ("…" if last < len(text) else "")

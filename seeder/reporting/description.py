"""What logs and reports say of an error, without what its message may quote: a cell's value, or a secret."""

from __future__ import annotations

import traceback
from typing import Any

from seeder.errors import SeederError
from seeder.masking import redact, redact_own

_ABOUT_CODE = (AttributeError, ImportError, NameError, RecursionError, SyntaxError, TypeError)
"""Exceptions whose message is about code. The message of any other may hold a cell's value, and is left out."""


def describe(error: BaseException) -> dict[str, Any]:
    """The fields that say what is known of an error, for an event or a report."""
    if not isinstance(error, SeederError):
        return {"error": {"type": type(error).__name__, "message": unexpected(error)}}
    position = error.position
    known = {
        "file": position and position.file,
        "line": position and position.line,
        "column": position and position.column,
        "table": error.table,
        "key": redact(error.key),
        "sqlstate": error.sqlstate,
    }
    fields = {"error": {"type": type(error).__name__, "message": redact_own(error.message)}}
    return fields | {name: value for name, value in known.items() if value is not None}


def brief(error: BaseException) -> str:
    """The type of an exception, and its message if that can't hold a value."""
    return f"{type(error).__name__}{_message(error)}"


def unexpected(error: BaseException) -> str:
    """An exception that is a defect: its type, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"unexpected {type(error).__name__}{where}{_message(error)}"


def traceback_of(error: BaseException) -> str:
    """The frames of an error and of its causes, oldest first, with the messages that can't hold a value."""
    parts: list[str] = []
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        frames = "".join(map(_frame, traceback.extract_tb(link.__traceback__)))
        message = f": {link}" if link is error and isinstance(link, SeederError) else _message(link)
        parts.append(f"{frames}{type(link).__module__}.{type(link).__qualname__}{message}")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\n\nwhich led to:\n\n".join(reversed(parts))


def _message(error: BaseException) -> str:
    return f": {redact(str(error))}" if isinstance(error, (SeederError, *_ABOUT_CODE)) else ""


def _frame(frame: traceback.FrameSummary) -> str:
    """A frame as Python shows it. Secrets are masked in the line of code; file and function are names."""
    where, newline, code = traceback.StackSummary().format_frame_summary(frame).partition("\n")
    return f"{where}{newline}{redact(code)}"

"""What `seeder validate` found, for people, for programs, and for GitHub's workflows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from seeder.masking import redact_own
from seeder.run.validation import WARNING, Mistake, Validation

# As GitHub's own toolkit escapes them.
_IN_MESSAGE: Final = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY: Final = {**_IN_MESSAGE, ":": "%3A", ",": "%2C"}


def as_text(validation: Validation) -> Iterator[str]:
    """A line for each mistake, `file:line:column: message`, and one that counts them."""
    mistakes = validation.mistakes
    for each in mistakes:
        kind = "warning: " if each.severity == WARNING else ""
        place = f"{each.position}: " if each.position else ""
        yield f"{place}{kind}{_message(each)}"
    warnings = sum(each.severity == WARNING for each in mistakes)
    wrong = _counted(len(mistakes) - warnings, "mistake")
    doubtful = f" and {_counted(warnings, 'warning')}" if warnings else ""
    yield f"{wrong}{doubtful} in {_counted(validation.files, 'file')}"


def as_json(validation: Validation) -> Iterator[str]:
    """A list of objects; what has no place has null as its file, line and column."""
    facts = [
        {
            "severity": each.severity,
            "file": each.position.file if each.position else None,
            "line": each.position.line if each.position else None,
            "column": each.position.column if each.position else None,
            "message": _message(each),
        }
        for each in validation.mistakes
    ]
    yield json.dumps(facts, ensure_ascii=False, indent=2)


def as_annotations(validation: Validation) -> Iterator[str]:
    """Workflow commands, which GitHub shows beside the lines of a change."""
    for each in validation.mistakes:
        position = each.position
        places = (
            {} if position is None else {"file": position.file, "line": position.line, "col": position.column}
        )
        properties = ",".join(
            f"{name}={_escaped(str(value), _IN_PROPERTY)}"
            for name, value in places.items()
            if value is not None
        )
        command = f"{each.severity} {properties}" if properties else each.severity
        yield f"::{command}::{_escaped(_message(each), _IN_MESSAGE)}"


def _message(mistake: Mistake) -> str:
    return " ".join(str(redact_own(mistake.message)).split())


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)


def _counted(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun if count == 1 else noun + 's'}"

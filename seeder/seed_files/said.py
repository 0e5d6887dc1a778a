"""What a seed file says in its fields, taken for what it should be."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from seeder.errors import SeedFileError, Tell
from seeder.seed_files.document import Document
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.text import NUL
from seeder.seed_files.values import CORE_WORDS, FileContent, Plain, Ref, Secret, Value

TEXT: Final = "text"
NUMBER: Final = "a number"
TRUTH: Final = "true or false"
NULL: Final = "null"
LIST: Final = "a list"
MAPPING: Final = "a mapping"
_KINDS: Final = {bool: TRUTH, float: NUMBER, list: LIST, dict: MAPPING}

_NUMBER: Final = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+"


@dataclass(frozen=True, slots=True)
class Said:
    """What a seed file says at `path`: each method takes it for what it should be, or raises `SeedFileError`.

    What is wrong inside a collection is told, and left out.
    """

    document: Document
    path: tuple[str, ...]
    value: Value
    tell: Tell

    @property
    def resolved(self) -> Value | float:
        """The value by YAML 1.2's core schema, every number as a float."""
        return resolve(self.value)

    @property
    def kind(self) -> str:
        """What it is, in the words of a message."""
        resolved = self.resolved
        if isinstance(resolved, Secret | FileContent | Ref | bytes):
            raise self.error(f"{self.path[0]} can't have a tag")
        return NULL if resolved is None else _KINDS.get(type(resolved), TEXT)

    @property
    def name(self) -> str:
        """The field that it stands in."""
        return ".".join(part for part in self.path if not part.isdigit())

    def error(self, message: str, outside: str | None = None) -> SeedFileError:
        """The error that is raised if it is wrong."""
        return SeedFileError(message, position=self.document.at(*self.path), outside=outside)

    def expect(self, *kinds: str) -> str:
        """Which of `kinds` it is."""
        kind = self.kind
        if kind not in kinds:
            hint = ""
            if kinds == (TEXT,) and kind in (NUMBER, TRUTH):
                hint = "; put it in quotes"
            elif kinds == (LIST,) and kind == TEXT:
                hint = "; put it in brackets"
            item = "each item of " if self.path[-1].isdigit() else ""
            raise self.error(f"{item}{self.name} must be {_either(kinds)}, not {kind}{hint}")
        return kind

    def text(self) -> str:
        """A text. Outside cells each is a name or SQL."""
        self.expect(TEXT)
        text = str(self.value)
        if "\0" in text:
            raise self.error(f"{self.path[0]} {NUL}")
        return text

    def truth(self) -> bool:
        """True or false."""
        self.expect(TRUTH)
        return self.resolved is True

    def word(self, *words: str) -> str:
        """One of `words`."""
        text = self.text()
        if text not in words:
            hint = did_you_mean(text, words)
            raise self.error(f'{self.name} must be {_either(words)}, not "{text}"{hint}', outside=text)
        return text

    def texts(self) -> tuple[str, ...]:
        """A list of texts."""
        texts = []
        for item in self.items():
            try:
                texts.append(item.text())
            except SeedFileError as mistake:
                self.tell(mistake)
        return tuple(texts)

    def items(self) -> list[Said]:
        """What a list holds."""
        self.expect(LIST)
        assert isinstance(self.value, list)  # noqa: S101 - as it was asked
        return [self._inside(str(index), item) for index, item in enumerate(self.value)]

    def members(self, *names: str) -> dict[str, Said]:
        """What a mapping holds. Only `names` may be in it, if there are any."""
        self.expect(MAPPING)
        assert isinstance(self.value, dict)  # noqa: S101 - as it was asked
        for name in self.value:
            if names and name not in names:
                message = f'{self.name} has no field "{name}"{did_you_mean(name, names)}'
                where = self.document.at_name(*self.path, name)
                self.tell(SeedFileError(message, position=where, outside=name))
        return {
            name: self._inside(name, item) for name, item in self.value.items() if not names or name in names
        }

    def _inside(self, part: str, value: Value) -> Said:
        return Said(self.document, (*self.path, part), value, self.tell)

    def cells(self) -> dict[str, Value]:
        """A mapping of columns to values, which are left to the columns' types."""
        return {name: member.value for name, member in self.members().items()}


def resolve(value: Value) -> Value | float:
    """A scalar by YAML 1.2's core schema, every finite number as a float. Only `Plain` is touched."""
    if not isinstance(value, Plain):
        return value
    if value in CORE_WORDS:
        return CORE_WORDS[value]
    if value[0] not in "+-.0123456789" or not re.fullmatch(_NUMBER, value):
        return str(value)
    if value[1:2] not in ("o", "x"):
        return float(value)
    try:
        return float(int(value, 0))
    except OverflowError:
        # As float() makes of such a number in decimals; no field takes it.
        return math.inf


def _either(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"

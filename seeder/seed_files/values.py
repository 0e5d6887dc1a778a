"""What a cell of a seed file may hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from seeder.errors import Position, SeedFileError
from seeder.seed_files.inputs import Inputs
from seeder.seed_files.text import decode, decode_script, unreadable


class Plain(str):
    """A scalar written without quotes in YAML, or a number in JSON: the column's type decides what it means.

    So `007` stays `007` and `NO` stays `NO` in a text column, `no` is false in a boolean one, and in a JSON
    column YAML 1.2's core schema applies.
    """

    __slots__ = ()


class Literal(str):
    """A CSV field: the text that PostgreSQL's input function of the column's type is given, JSON included."""

    __slots__ = ()


class Secret(str):
    """A value that came by `!env`. It is masked wherever cells are shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('***')"


class FileDigest(str):
    """The sha256, in hexadecimal, of a text that `!file` gave in an earlier release. Only a history holds one."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class FileContent:
    """A cell given by `!file`: text, bytes in a `bytea` column, a document where a JSON column gets `.json`.

    Its path is resolved and inside the seed folder. Reading is left to whoever knows the column's type.
    """

    path: Path
    name: str
    """As the seed file writes it."""
    position: Position
    inputs: Inputs = field(repr=False, compare=False)

    def read_bytes(self) -> bytes:
        """The file's bytes, as they are. Raises `SeedFileError` at `position` if it can't be read."""
        try:
            return self.inputs.read(self.path)
        except OSError as error:
            raise unreadable(error, self.position, f"{self.name} ") from None

    def read_text(self) -> str:
        """The file's text, without a byte-order mark. Raises `SeedFileError` also if it is not UTF-8."""
        return self._decoded(decode)

    def read_script(self) -> str:
        """The file's text, which is SQL. Raises `SeedFileError` also at a NUL character."""
        return self._decoded(decode_script)

    def _decoded(self, decode: Callable[[bytes, str], str]) -> str:
        content = self.read_bytes()
        try:
            return decode(content, self.name)
        except SeedFileError as error:
            raise SeedFileError(str(error), position=self.position) from None


@dataclass(frozen=True, slots=True)
class Ref:
    """A cell given by `!ref`: `column` (or the primary key) of the one row of `table` where `where` holds.

    Among the values of `where` may be further ones.
    """

    table: TableName
    where: Mapping[str, Value]
    column: str | None


CORE_WORDS: Final[Mapping[str, bool | None]] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
"""The words of YAML 1.2's core schema."""

_TRUTHS: Final = {word: str(truth).lower() for word, truth in CORE_WORDS.items() if truth is not None}

Value: TypeAlias = "bool | str | bytes | list[Value] | dict[str, Value] | FileContent | Ref | None"


def has_secret(value: Value) -> bool:
    """Whether an `!env` stands in `value`, however deep."""
    if isinstance(value, dict):
        return any(map(has_secret, value.values()))
    if isinstance(value, list):
        return any(map(has_secret, value))
    if isinstance(value, Ref):
        return any(map(has_secret, value.where.values()))
    return isinstance(value, Secret)


def says_the_same(one: Value, other: Value) -> bool:
    """Whether two scalars are spelled the same, however the files they stand in write booleans and quotes."""
    if one is None or other is None:
        return one is other
    return _spelled(one) == _spelled(other)


def _spelled(value: Value) -> Value:
    if isinstance(value, bool):
        return str(value).lower()
    return _TRUTHS.get(value, value) if isinstance(value, Plain) else value


_PART = r'"(?:[^"]|"")+"|[^".\s](?:[^".]*[^".\s])?'
_QUALIFIED = re.compile(rf"(?:({_PART})\.)?({_PART})")


@dataclass(frozen=True, slots=True)
class TableName:
    """A table as the seed file names it. Names are taken as written: nothing is folded to lower case."""

    schema: str | None
    name: str

    @classmethod
    def parse(cls, text: str) -> TableName:
        """Read `name` or `schema.name`, either part perhaps in double quotes. Raises `ValueError`."""
        found = _QUALIFIED.fullmatch(text)
        if found is None:
            raise ValueError(
                "not a table name; write name or schema.name, each part in double quotes if it needs them"
            )
        schema, name = (part and _unquoted(part) for part in found.groups())
        return cls(schema, name)

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


def _unquoted(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part

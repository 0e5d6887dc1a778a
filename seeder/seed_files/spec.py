"""The fields of a seed file, their types and their defaults."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, get_args, get_type_hints

import msgspec
from msgspec import Meta

from seeder.errors import SeedFileError
from seeder.seed_files.model import FileContent, Ref, Secret
from seeder.seed_files.scalars import resolve
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.text import NUL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from seeder.errors import Position
    from seeder.seed_files.model import Place, TableName, Value

Names = Annotated[list[Annotated[str, Meta(min_length=1)]], Meta(min_length=1)]


class TimestampColumns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The columns that take the time of writing; null or false for none of that kind."""

    created: str | bool | None = None
    updated: str | bool | None = None


class Retirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The cells that a retired row is given."""

    set: Annotated[dict[str, Any], Meta(min_length=1)]


class SeedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A seed file's own fields; `rows` is read row by row elsewhere."""

    table: str | None = None
    key: Names | None = None
    formerly: list[str] = []
    depends_on: list[str] = []
    environments: list[str] = []
    required: bool = False
    ddl: str | None = None
    defaults: dict[str, Any] = {}
    insert_only: list[str] = []
    mode: Literal["upsert", "insert"] = "upsert"
    existing_rows: Literal["overwrite", "keep", "fail"] = "overwrite"
    edited_rows: Literal["keep", "overwrite", "fail"] = "keep"
    deleted_rows: Literal["restore", "keep"] = "restore"
    retired_rows: Literal["keep", "delete"] | Retirement = "keep"
    timestamps: bool | TimestampColumns = True
    rows: list[dict[str, Any]] = []


class Document(Protocol):
    """A YAML or JSON seed file before its fields are understood."""

    file: str
    rows_file: FileContent | None
    """What `rows: !file …` names."""

    @property
    def names(self) -> Collection[str]:
        """The names of the fields that are there, all but `rows`."""
        ...

    @property
    def has_rows(self) -> bool:
        """Whether there are `rows`, if only an empty list."""
        ...

    @property
    def references(self) -> frozenset[TableName]:
        """The tables that the `!ref` read so far name."""
        ...

    def field(self, name: str) -> Value:
        """The value of one of `names`. Raises `SeedFileError` when it is wrong in itself."""
        ...

    def records(
        self, defaults: Place | None
    ) -> Iterator[tuple[tuple[str, ...], tuple[Value, ...], int, Place]]:
        """Each row's columns, values, line and place."""
        ...

    def place(self, field: str) -> Place | None:
        """Where the cells of a top-level field stand."""
        ...

    def at(self, *path: str) -> Position:
        """Where a field's value stands."""
        ...

    def at_name(self, *path: str) -> Position:
        """Where a field's name stands."""
        ...


def understand(document: Document) -> SeedFile:
    """The fields of `document`, checked. Raises `SeedFileError` at the first that is wrong."""
    for name in document.names:
        if name not in SeedFile.__struct_fields__:
            raise SeedFileError(
                f'unknown field "{name}"{did_you_mean(name, SeedFile.__struct_fields__)}',
                position=document.at_name(name),
                outside=name,
            )
    fields = {}
    for name in document.names:
        fields[name] = _plain(document, document.field(name), name)
        if fields[name] is None:
            raise SeedFileError(
                f"{name} is empty; leave it out for the default", position=document.at_name(name)
            )
    try:
        return msgspec.convert(fields, SeedFile)
    except msgspec.ValidationError as error:
        raise _translate(str(error), document) from None


def salvage(document: Document) -> dict[str, Any]:
    """What a seed file that is wrong elsewhere says of its part in the run, as far as it can be made out."""
    salvaged: dict[str, Any] = {}
    for name, kind in (("required", bool), ("environments", list[str]), ("depends_on", list[str])):
        if name not in document.names:
            continue
        try:
            value = msgspec.convert(_plain(document, document.field(name), name), kind)
        except (SeedFileError, msgspec.ValidationError):
            continue
        salvaged[name] = value
    return salvaged


def _plain(document: Document, value: Value, *path: str) -> Any:
    """A field with its scalars resolved and its `ddl` read; cells in it stay as they are."""
    if path in (("defaults",), ("retired_rows", "set")):
        return value
    if isinstance(value, dict):
        return {name: _plain(document, item, *path, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(document, item, *path, str(index)) for index, item in enumerate(value)]
    if isinstance(value, FileContent) and path == ("ddl",):
        return value.read_script()
    if isinstance(value, Secret | FileContent | Ref | bytes):
        raise SeedFileError(f"{path[0]} takes no tag", position=document.at(*path))
    if isinstance(value, str) and "\0" in value:
        # Outside cells every text is a name or SQL.
        raise SeedFileError(f"{path[0]} {NUL}", position=document.at(*path))
    return resolve(value)


_KINDS = {
    "array": "a list",
    "object": "a mapping",
    "bool": "true or false",
    "str": "text",
    "float": "a number",
    "null": "null",
}
_ERROR = r"(?s)(?P<what>.*?)(?: - at `\$\.?(?P<path>.*)`)?"
_WRONG_TYPE = r"Expected `(?P<expected>[^`]*)`, got `(?P<got>[^`]*)`"
_UNKNOWN = r"(?s)Object contains unknown field `(?P<name>.*)`"
_WRONG_WORD = r"(?s)Invalid enum value '(?P<word>.*)'"


def _translate(message: str, document: Document) -> SeedFileError:
    """A validation error of msgspec's in our words and with its position."""
    found = re.fullmatch(_ERROR, message)
    what, place = (found["what"], found["path"] or "") if found else (message, "")
    path = tuple(part for part in re.split(r"[.\[\]]+", place) if part)
    field = ".".join(part for part in path if not part.isdigit())
    position = document.at(*path)
    if unknown := re.fullmatch(_UNKNOWN, what):
        nested: type[msgspec.Struct] = TimestampColumns if path[0] == "timestamps" else Retirement
        name = unknown["name"]
        hint = did_you_mean(name, nested.__struct_fields__)
        return SeedFileError(
            f'{field} has no field "{name}"{hint}', position=document.at_name(*path, name), outside=name
        )
    if wrong := re.fullmatch(_WRONG_WORD, what):
        choices = list(_words(get_type_hints(SeedFile)[path[0]]))
        hint = did_you_mean(wrong["word"], choices)
        return SeedFileError(
            f'{field} takes {_either(choices)}, not "{wrong["word"]}"{hint}',
            position=position,
            outside=wrong["word"],
        )
    if wrong := re.fullmatch(_WRONG_TYPE, what):
        expected = [_KINDS.get(kind, kind) for kind in wrong["expected"].split(" | ")]
        if len(path) == 1:
            expected = [kind for kind in expected if kind != "null"]
        got = _KINDS.get(wrong["got"], wrong["got"])
        hint = "; put it in brackets" if expected == ["a list"] and got == "text" else ""
        if expected == ["text"] and got in ("a number", "true or false"):
            hint = "; put it in quotes"
        item = "each item of " if path[-1:] and path[-1].isdigit() else ""
        return SeedFileError(f"{item}{field} takes {_either(expected)}, not {got}{hint}", position=position)
    if "of length" in what:
        what = "must not be empty"
    elif what.startswith("Object missing required field"):
        what = "lacks set"
    return SeedFileError(f"{field} {what}", position=position)


def _words(kind: Any) -> Iterator[str]:
    for part in get_args(kind):
        if isinstance(part, str):
            yield part
        else:
            yield from _words(part)


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"

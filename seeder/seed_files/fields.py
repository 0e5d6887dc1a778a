"""The fields of a YAML or JSON seed file: what each takes, and what is said if it is something else."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from seeder.config.options import application_name
from seeder.config.release import Release
from seeder.errors import SeedFileError, Tell, refuse
from seeder.seed_files.document import Document
from seeder.seed_files.model import Mode, Policy, Timestamps
from seeder.seed_files.names import check_former_name
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.text import NUL
from seeder.seed_files.values import CORE_WORDS, FileContent, Plain, Ref, Secret, TableName, Value

TEXT: Final = "text"
NUMBER: Final = "a number"
TRUTH: Final = "true or false"
NULL: Final = "null"
LIST: Final = "a list"
MAPPING: Final = "a mapping"
_KINDS: Final = {bool: TRUTH, float: NUMBER, list: LIST, dict: MAPPING}

_NUMBER: Final = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+"


def read_fields(document: Document, name: str, tell: Tell = refuse) -> dict[str, Any]:
    """The fields of the seeder `name`, as `DataSeeder` takes them, and `defaults`.

    What is wrong is told, and left out; by default the first mistake is raised.
    """
    _tell_unknown(document, (*FIELDS, "rows"), tell)
    fields = _read_all(document, FIELDS, tell)
    _check_together(fields, document, name, tell)
    return {"table": TableName(None, name), **fields}


def read_set(document: Document, tell: Tell = refuse) -> dict[str, Any]:
    """The fields of a `_seeds.yaml`, as `SeedSet` takes them.

    What is wrong is told, and left out; by default the first mistake is raised.
    """
    _tell_unknown(document, (*SET_FIELDS, *POLICIES), tell)
    if document.has_rows or document.rows_file:
        tell(SeedFileError("a set has no rows; they stand in seed files", position=document.at_name("rows")))
    policies = _read_all(document, {name: FIELDS[name] for name in POLICIES}, tell)
    return {"policies": policies, **_read_all(document, SET_FIELDS, tell)}


def _tell_unknown(document: Document, known: Collection[str], tell: Tell) -> None:
    for field in document.names:
        if field not in known:
            message = f'unknown field "{field}"{did_you_mean(field, known)}'
            tell(SeedFileError(message, position=document.at_name(field), outside=field))


def _read_all(
    document: Document, readers: Mapping[str, Callable[[_Said], Any]], tell: Tell
) -> dict[str, Any]:
    fields = {}
    for field in document.names:
        if field in readers:
            try:
                fields[field] = _read(document, field, readers, tell)
            except SeedFileError as mistake:
                tell(mistake)
    return fields


def part_in_the_run(document: Document) -> dict[str, Any]:
    """What a seed file that is wrong elsewhere says of its part in the run, as far as it can be made out."""
    said: dict[str, Any] = {}
    for field in {"required", "environments", "depends_on"}.intersection(document.names):
        try:
            said[field] = _read(document, field, FIELDS, refuse)
        except SeedFileError:
            continue
    return said


def _read(document: Document, field: str, readers: Mapping[str, Callable[[_Said], Any]], tell: Tell) -> Any:
    said = _Said(document, (field,), document.field(field), tell)
    if said.resolved is None:
        raise SeedFileError(
            f"{field} is empty; leave it out for the default", position=document.at_name(field)
        )
    return readers[field](said)


def _check_together(fields: Mapping[str, Any], document: Document, name: str, tell: Tell) -> None:
    """Tell it if fields that are right by themselves do not go together."""
    key = fields.get("key", ())
    retired_rows = fields.get("retired_rows")
    for index, column in enumerate(key):
        if column in key[:index]:
            tell(SeedFileError(f'key names "{column}" twice', position=document.at("key", str(index))))
            continue
        if column in fields.get("insert_only", ()):
            message = f'the key column "{column}" can\'t be in insert_only'
            tell(SeedFileError(message, position=document.at("insert_only", column)))
        if isinstance(retired_rows, dict) and column in retired_rows:
            message = f'the key column "{column}" can\'t be set'
            tell(SeedFileError(message, position=document.at_name("retired_rows", "set", column)))
    for index, former in enumerate(fields.get("formerly", ())):
        try:
            check_former_name(former, name)
        except ValueError as error:
            tell(SeedFileError(str(error), position=document.at("formerly", str(index))))


@dataclass(frozen=True, slots=True)
class _Said:
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
        self.expect(LIST)
        assert isinstance(self.value, list)  # noqa: S101 - as it was asked
        texts = []
        for index, item in enumerate(self.value):
            try:
                texts.append(self._inside(str(index), item).text())
            except SeedFileError as mistake:
                self.tell(mistake)
        return tuple(texts)

    def members(self, *names: str) -> dict[str, _Said]:
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

    def _inside(self, part: str, value: Value) -> _Said:
        return _Said(self.document, (*self.path, part), value, self.tell)

    def cells(self) -> dict[str, Value]:
        """A mapping of columns to values, which are left to the columns' types."""
        return {name: member.value for name, member in self.members().items()}


def _table(said: _Said) -> TableName:
    try:
        return TableName.parse(said.text())
    except ValueError as error:
        raise said.error(str(error)) from None


def _key(said: _Said) -> tuple[str, ...]:
    key = said.texts()
    if not key or "" in key:
        raise said.error("key must not be empty")
    return key


def _distinct(said: _Said) -> tuple[str, ...]:
    return tuple(dict.fromkeys(said.texts()))


def _ddl(said: _Said) -> str:
    text = said.value.read_script() if isinstance(said.value, FileContent) else said.text()
    if not text.strip():
        raise said.error("ddl is empty")
    return text


def _policy(*words: str) -> Callable[[_Said], Policy]:
    return lambda said: Policy(said.word(*words))


def _retired_rows(said: _Said) -> Policy | dict[str, Value]:
    if said.expect(TEXT, MAPPING) == TEXT:
        return Policy(said.word("keep", "delete"))
    members = said.members("set")
    if "set" not in members:
        raise said.error("retired_rows needs set")
    cells = members["set"].cells()
    if not cells:
        raise members["set"].error("retired_rows.set must not be empty")
    return cells


def _timestamps(said: _Said) -> Timestamps | None:
    if said.expect(TRUTH, MAPPING) == TRUTH:
        return Timestamps() if said.truth() else None
    columns: dict[str, str | None] = {"created": None, "updated": None}
    for name, member in said.members(*columns).items():
        if member.expect(TEXT, TRUTH, NULL) == TEXT:
            columns[name] = member.text()
        elif member.resolved is True:
            raise said.error("created and updated must be a column, null or false")
    return Timestamps(**columns, explicit=True)


FIELDS: Final[dict[str, Callable[[_Said], Any]]] = {
    "table": _table,
    "key": _key,
    "formerly": _distinct,
    "depends_on": _distinct,
    "environments": lambda said: frozenset(said.texts()),
    "required": _Said.truth,
    "ddl": _ddl,
    "defaults": _Said.cells,
    "insert_only": lambda said: frozenset(said.texts()),
    "mode": lambda said: Mode(said.word("upsert", "insert")),
    "existing_rows": _policy("overwrite", "keep", "fail"),
    "edited_rows": _policy("keep", "overwrite", "fail"),
    "deleted_rows": _policy("restore", "keep"),
    "retired_rows": _retired_rows,
    "timestamps": _timestamps,
}
"""How each field is read, except `rows`, which is read row by row elsewhere."""

POLICIES: Final = ("existing_rows", "edited_rows", "deleted_rows", "retired_rows")
"""The fields that a `_seeds.yaml` may have too: there they count for seed files that do not have them."""


def _application(said: _Said) -> str:
    try:
        return application_name(text := said.text())
    except ValueError as error:
        raise said.error(f'"{text}" {error}', outside=text) from None


def _release(said: _Said) -> Release:
    said.expect(TEXT, NUMBER)
    text = str(said.value)
    try:
        return Release.parse(text)
    except ValueError as error:
        raise said.error(f'"{text}" {error}', outside=text) from None


SET_FIELDS: Final[dict[str, Callable[[_Said], Any]]] = {
    "application": _application,
    "release": _release,
    "environments": _distinct,
}
"""How each field of a `_seeds.yaml` is read, except the policies, which are read as in a seed file."""


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

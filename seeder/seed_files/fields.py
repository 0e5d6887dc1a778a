"""The fields of a YAML or JSON seed file: what each means, what it takes, and what is said if it is something else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from seeder.config.options import APPLICATION, application_name
from seeder.config.release import Release
from seeder.errors import Position, SeedFileError, Tell, refuse
from seeder.seed_files.document import Document
from seeder.seed_files.model import Mode, Policy, Timestamps
from seeder.seed_files.names import HISTORY, check_former_name
from seeder.seed_files.reference_field import read_references
from seeder.seed_files.rows import outside_of_part
from seeder.seed_files.said import MAPPING, NULL, NUMBER, TEXT, TRUTH, Said
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.values import FileContent, TableName, Value, says_the_same

SCHEMA: Final = "$schema"
"""What editors read, and nobody else."""


def read_fields(document: Document, name: str, tell: Tell = refuse) -> dict[str, Any]:
    """The fields of the seeder `name`, as `DataSeeder` takes them, and `defaults`.

    What is wrong is told, and left out; by default the first mistake is raised.
    """
    _tell_unknown(document, (*FIELDS, "rows", SCHEMA), tell)
    fields = _read_all(document, FIELDS, tell)
    _check_together(fields, document, name, tell)
    _check_part(fields, document, tell)
    return {"table": TableName(None, name), **fields}


def read_set(document: Document, tell: Tell = refuse) -> dict[str, Any]:
    """The fields of a `_seeds.yaml`, as `SeedSet` takes them.

    What is wrong is told, and left out; by default the first mistake is raised.
    """
    _tell_unknown(document, (*SET_FIELDS, *POLICIES, SCHEMA), tell)
    if document.has_rows or document.rows_files:
        tell(SeedFileError("a set has no rows; they stand in seed files", position=document.at_name("rows")))
    policies = _read_all(document, {name: FIELDS[name] for name in POLICIES}, tell)
    fields = _read_all(document, SET_FIELDS, tell)
    if (history := HISTORY.removeprefix(".")) in fields.get("environments", ()):
        message = f"an environment can't be called {history}: that is how the names of histories end"
        tell(SeedFileError(message, position=document.at("environments", history)))
    return {"policies": policies, **fields}


def read_overlay(document: Document, base: str, tell: Tell = refuse) -> list[Mapping[str, Value] | None]:
    """What an overlay names in `absent`: the key of each row, None if it is wrong. `base` is its seed file.

    What is wrong is told; by default the first mistake is raised.
    """
    known = (*OVERLAY_FIELDS, "rows", SCHEMA)
    for field in document.names:
        if field in FIELDS:
            message = f"an overlay can't have {field}, which {base} says for all environments; it has rows and absent"
            tell(SeedFileError(message, position=document.at_name(field)))
        elif field not in known:
            tell(_unknown(document, field, known))
    if document.rows_files:
        message = "the rows of an overlay stand in the overlay itself, and not in another file"
        tell(SeedFileError(message, position=document.rows_files[0].position))
    if "absent" not in document.names and not document.has_rows and not document.rows_files:
        tell(SeedFileError("an overlay needs rows or absent", position=Position(document.file)))
    absent: list[Mapping[str, Value] | None] = _read_all(document, OVERLAY_FIELDS, tell).get("absent", [])
    return absent


def _tell_unknown(document: Document, known: Collection[str], tell: Tell) -> None:
    for field in document.names:
        if field not in known:
            tell(_unknown(document, field, known))


def _unknown(document: Document, field: str, known: Collection[str]) -> SeedFileError:
    message = f'unknown field "{field}"{did_you_mean(field, known)}'
    return SeedFileError(message, position=document.at_name(field), outside=field)


def _read_all(document: Document, known: Mapping[str, Field], tell: Tell) -> dict[str, Any]:
    fields = {}
    for field in document.names:
        if field in known:
            try:
                fields[field] = _read(document, field, known, tell)
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


def _read(document: Document, field: str, known: Mapping[str, Field], tell: Tell) -> Any:
    said = Said(document, (field,), document.field(field), tell)
    if said.resolved is None:
        raise SeedFileError(
            f"{field} is empty; leave it out for the default", position=document.at_name(field)
        )
    return known[field].read(said)


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


def _check_part(fields: Mapping[str, Any], document: Document, tell: Tell) -> None:
    """Tell it if other fields do not go together with `where`."""
    defaults = fields.get("defaults", {})
    for column, value in fields.get("where", {}).items():
        if column in fields.get("insert_only", ()):
            message = f'"{column}" is in where, so it is never updated; take it out of insert_only'
            tell(SeedFileError(message, position=document.at("insert_only", column)))
        if column in fields.get("references", ()):
            message = f'"{column}" is in where, and has its value from there; take it out of references'
            tell(SeedFileError(message, position=document.at_name("references", column)))
        if column in defaults and not says_the_same(defaults[column], value):
            tell(outside_of_part(column, document.at("defaults", column)))


def _table(said: Said) -> TableName:
    try:
        return TableName.parse(said.text())
    except ValueError as error:
        raise said.error(str(error)) from None


def _key(said: Said) -> tuple[str, ...]:
    key = said.texts()
    if not key or "" in key:
        raise said.error("key must not be empty")
    return key


def _where(said: Said) -> dict[str, Value]:
    cells = {}
    for column, member in said.members().items():
        try:
            member.expect(TEXT, NUMBER, TRUTH, NULL)
        except SeedFileError as mistake:
            said.tell(mistake)
        else:
            cells[column] = member.value
    if not said.value:
        raise said.error("where must not be empty")
    return cells


def _ddl(said: Said) -> str:
    text = said.value.read_script() if isinstance(said.value, FileContent) else said.text()
    if not text.strip():
        raise said.error("ddl is empty")
    return text


def _absent(said: Said) -> list[Mapping[str, Value] | None]:
    keys: list[Mapping[str, Value] | None] = []
    for item in said.items():
        try:
            cells = item.cells()
            if not cells:
                raise item.error("name the key of the row, as in {name: web_search}")
            keys.append(cells)
        except SeedFileError as mistake:
            said.tell(mistake)
            keys.append(None)
    return keys


def _retired_rows(said: Said) -> Policy | dict[str, Value]:
    if said.expect(TEXT, MAPPING) == TEXT:
        return Policy(said.word("keep", "delete"))
    members = said.members("set")
    if "set" not in members:
        raise said.error("retired_rows needs set")
    cells = members["set"].cells()
    if not cells:
        raise members["set"].error("retired_rows.set must not be empty")
    return cells


def _timestamps(said: Said) -> Timestamps | None:
    if said.expect(TRUTH, MAPPING) == TRUTH:
        return Timestamps() if said.truth() else None
    columns: dict[str, str | None] = {"created": None, "updated": None}
    for name, member in said.members(*columns).items():
        if member.expect(TEXT, TRUTH, NULL) == TEXT:
            columns[name] = member.text()
        elif member.resolved is True:
            raise said.error("created and updated must be a column, null or false")
    return Timestamps(**columns, explicit=True)


@dataclass(frozen=True, slots=True)
class Field:
    """A field: what it means, how it is read, and a JSON Schema of what it takes."""

    meaning: str
    read: Callable[[Said], Any]
    schema: Mapping[str, Any]


def _texts(meaning: str, make: Callable[[Iterable[str]], Any], **schema: Any) -> Field:
    """A field that takes a list of texts, of which `make` makes what it holds."""
    listed = {"type": "array", "items": {"type": "string"}, **schema}
    return Field(meaning, lambda said: make(said.texts()), listed)


def _word(meaning: str, make: Callable[[str], Any], *words: str) -> Field:
    """A field that takes one of `words`, the default first."""
    return Field(meaning, lambda said: make(said.word(*words)), {"enum": list(words)})


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


_REFERENCE: Final = {
    "type": "object",
    "properties": {
        "table": {"type": "string"},
        "columns": {
            "anyOf": [
                {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 1},
                {
                    "type": "object",
                    "additionalProperties": {
                        "anyOf": [
                            {"type": "string"},
                            {"$ref": "#/properties/references/additionalProperties"},
                        ]
                    },
                    "minProperties": 1,
                },
            ]
        },
        "column": {"type": "string"},
    },
    "required": ["table", "columns"],
    "additionalProperties": False,
}
_COLUMN: Final = {"anyOf": [{"type": "string"}, {"enum": [False, None]}]}

FIELDS: Final = {
    "table": Field(
        "The table, as name or schema.name. Default: the stem of the file.", _table, {"type": "string"}
    ),
    "key": Field(
        "The columns that identify a row from run to run. Default: the primary key of the table.",
        _key,
        {
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "minItems": 1,
            "uniqueItems": True,
        },
    ),
    "formerly": _texts(
        "Former names of this seeder, as NAME or APPLICATION/NAME. It takes over their rows.", _distinct
    ),
    "where": Field(
        "The part of the table that it fills: columns and their values. Rows outside of it are left alone.",
        _where,
        {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
        },
    ),
    "references": Field(
        "Columns whose cells hold the natural key of another table's row: which table, and which of its columns.",
        read_references,
        {"type": "object", "additionalProperties": _REFERENCE},
    ),
    "depends_on": _texts("Names of seeders that run before this one.", _distinct),
    "environments": _texts("The environments in which it runs. Default: all.", frozenset),
    "required": Field(
        "Whether it must succeed whatever the strictness. Default: false.", Said.truth, {"type": "boolean"}
    ),
    "ddl": Field(
        "SQL that creates the table if it is missing: text, or !file with the name of a file.",
        _ddl,
        {"type": "string", "pattern": "\\S"},
    ),
    "defaults": Field("Cells for every row that does not name their column.", Said.cells, {"type": "object"}),
    "insert_only": _texts("Columns that are written when a row is inserted, and never again.", frozenset),
    "mode": _word(
        "upsert inserts and updates; insert never changes a row that is in the table.",
        Mode,
        "upsert",
        "insert",
    ),
    "existing_rows": _word(
        "For cells that differ in rows that were in the table before. Default: keep.",
        Policy,
        *("overwrite", "keep", "fail"),
    ),
    "edited_rows": _word(
        "For cells that somebody changed since, and that the file changed too. Default: keep.",
        Policy,
        *("keep", "overwrite", "fail"),
    ),
    "deleted_rows": _word(
        "For rows that somebody deleted since. Default: restore.", Policy, "restore", "keep"
    ),
    "retired_rows": Field(
        "For rows that this seeder wrote and that are no longer in the file. Default: keep.",
        _retired_rows,
        {
            "anyOf": [
                {"enum": ["keep", "delete"]},
                {
                    "type": "object",
                    "properties": {"set": {"type": "object", "minProperties": 1}},
                    "required": ["set"],
                    "additionalProperties": False,
                },
            ]
        },
    ),
    "timestamps": Field(
        "Whether created_at and updated_at are written if the table has them, or the columns to write instead."
        " Default: true.",
        _timestamps,
        {
            "anyOf": [
                {"type": "boolean"},
                {
                    "type": "object",
                    "properties": {"created": _COLUMN, "updated": _COLUMN},
                    "additionalProperties": False,
                },
            ]
        },
    ),
}
"""Every field, except `rows`, which is read row by row elsewhere."""

POLICIES: Final = ("existing_rows", "edited_rows", "deleted_rows", "retired_rows")
"""The fields that a `_seeds.yaml` may have too: there they count for seed files that do not have them."""


def _application(said: Said) -> str:
    try:
        return application_name(text := said.text())
    except ValueError as error:
        raise said.error(f'"{text}" {error}', outside=text) from None


def _release(said: Said) -> Release:
    said.expect(TEXT, NUMBER)
    text = str(said.value)
    try:
        return Release.parse(text)
    except ValueError as error:
        raise said.error(f'"{text}" {error}', outside=text) from None


SET_FIELDS: Final = {
    "application": Field(
        "Whose seeds these are.", _application, {"type": "string", "pattern": f"^{APPLICATION.pattern}$"}
    ),
    "release": Field(
        "The version of the seeds: an integer, a SemVer version or a time with its offset.",
        _release,
        {"type": ["string", "number"]},
    ),
    "environments": _texts("The environments that there are. Any other one is an error.", _distinct),
}
"""Every field of a `_seeds.yaml`, except the policies, which are as in a seed file."""

OVERLAY_FIELDS: Final = {
    "absent": Field(
        "Rows of the seed file that are left out in this environment, each named by its key.",
        _absent,
        {"type": "array", "items": {"type": "object", "minProperties": 1}},
    ),
}
"""Every field of an overlay, except `rows`."""

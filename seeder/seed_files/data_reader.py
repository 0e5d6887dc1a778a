"""A seeder from a YAML or JSON seed file."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from seeder.errors import Position, SeederError, SeedFileError
from seeder.seed_files.json_reader import JsonDocument
from seeder.seed_files.model import DataSeeder, Mode, Policy, Seeder, TableName, Timestamps
from seeder.seed_files.names import ROWS, check_former_name, split_name
from seeder.seed_files.row_files import row_source
from seeder.seed_files.row_rules import Rules, Shapes, refuse_secret_key
from seeder.seed_files.spec import salvage, understand
from seeder.seed_files.tags import Surroundings
from seeder.seed_files.text import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from seeder.seed_files.model import Row, RowSource, Value
    from seeder.seed_files.spec import Document, SeedFile

_MENTION = rb"""!file\s+(?:"([^"\n]+)"|'([^'\n]+)'|([^\s,}\]]+))"""


@dataclass(frozen=True, slots=True)
class DocumentRows:
    """The rows that stand in the seed file itself. Their values are held, and completed at each reading."""

    document: Document
    rules: Rules

    def rows(self) -> Iterator[Row]:
        """The rows. Raises `SeedFileError`, though never again after the first reading to the end."""
        shapes = Shapes(self.rules)
        for record in self.document.records(self.rules.defaults_place):
            row = shapes.row(*record)
            refuse_secret_key(row, self.rules.key)
            yield row
        shapes.finish()


def read_document(
    path: Path, file: str, *, environ: Mapping[str, str], beside: Sequence[Path], ddl_allowed: bool
) -> Seeder:
    """The seeder of a YAML or JSON seed file; one that carries an `error` when the file is wrong.

    `beside` are the CSV and NDJSON files of the same stem: a YAML file without rows is a sidecar to them.
    """
    name, suffix = split_name(path.name)
    surroundings = Surroundings(path.parent, environ)
    document: Document | None = None
    try:
        text = read_text(path, file)
        if suffix == ".json":
            document = JsonDocument(text, file)
        else:
            from seeder.seed_files.yaml_reader import YamlDocument

            document = YamlDocument(text, file, surroundings)
        return _understand(path, name, document, surroundings, beside, ddl_allowed=ddl_allowed)
    except SeederError as error:
        return _broken(
            path=path,
            name=name,
            file=file,
            error=error,
            document=document,
            parts=(*surroundings.files, *_mentioned(path), *beside),
        )


def _understand(
    path: Path,
    name: str,
    document: Document,
    surroundings: Surroundings,
    beside: Sequence[Path],
    *,
    ddl_allowed: bool,
) -> DataSeeder:
    fields = understand(document)
    table = _table(fields, document, name)
    timestamps = _timestamps(fields, document)
    retired_rows = _retired_rows(fields, document)
    formerly = _formerly(fields, document, name)
    if fields.ddl and not fields.ddl.strip():
        raise SeedFileError("ddl is empty", position=document.at("ddl"))
    rules = _rules(fields, document)
    sources = [path]
    source: RowSource
    if document.rows_file is not None:
        given = document.rows_file
        if split_name(given.name)[1] not in ROWS:
            raise SeedFileError(
                f"rows can't come from {given.name}: only CSV and NDJSON", position=given.position
            )
        source = row_source(given.path, _shown(document.file, given.name), rules)
    elif document.has_rows:
        source = DocumentRows(document, rules)
        # So that a mistake in them is told before anything runs, and that every `!ref` and `!env` is known.
        deque(source.rows(), maxlen=0)
    elif beside:
        sources += beside[:1]
        source = row_source(beside[0], _shown(document.file, beside[0].name), rules)
    else:
        raise SeedFileError("no rows; write rows: [] if none are meant", position=Position(document.file))
    return DataSeeder(
        name=name,
        file=document.file,
        environments=frozenset(fields.environments),
        depends_on=tuple(dict.fromkeys(fields.depends_on)),
        required=fields.required,
        sources=(*sources, *surroundings.files),
        origin=surroundings.origin((*sources, *surroundings.files)),
        table=table,
        key=rules.key or None,
        formerly=formerly,
        ddl=fields.ddl or None,
        ddl_allowed=ddl_allowed,
        insert_only=frozenset(fields.insert_only),
        mode=Mode(fields.mode),
        existing_rows=Policy(fields.existing_rows),
        edited_rows=Policy(fields.edited_rows),
        deleted_rows=Policy(fields.deleted_rows),
        retired_rows=retired_rows,
        timestamps=timestamps,
        references=document.references,
        secrets=frozenset(surroundings.secrets),
        source=source,
        fields=document,
    )


def _broken(
    *,
    path: Path,
    name: str,
    file: str,
    error: SeederError,
    document: Document | None,
    parts: Iterable[Path],
) -> Seeder:
    """The seeder that fails with `error`. What can be made out of its part in the run still holds."""
    said: dict[str, Any] = {}
    if document is not None:
        said = salvage(document)
    return Seeder(
        name=name,
        file=file,
        environments=frozenset(said.get("environments", ())),
        depends_on=tuple(said.get("depends_on", ())),
        required=said.get("required", False),
        error=error,
        sources=tuple(dict.fromkeys((path, *parts))),
    )


def _mentioned(path: Path) -> Iterator[Path]:
    """The files that a seed file names by `!file`, told without understanding it.

    They must not become seeders because the file that says what they are for has a typing error in it.
    """
    try:
        text = path.read_bytes()
    except OSError:
        return
    for found in re.finditer(_MENTION, text):
        yield path.parent / next(filter(None, found.groups())).decode(errors="replace")


def _rules(fields: SeedFile, document: Document) -> Rules:
    key = tuple(fields.key or ())
    for index, column in enumerate(key):
        where = document.at("key", str(index))
        if column in key[:index]:
            raise SeedFileError(f'key names "{column}" twice', position=where)
        if column in fields.insert_only:
            raise SeedFileError(
                f'the key column "{column}" can\'t be in insert_only',
                position=document.at("insert_only", column),
            )
    return Rules(
        key=key,
        insert_only={column: document.at("insert_only", column) for column in fields.insert_only},
        defaults=fields.defaults,
        defaults_place=document.place("defaults") if fields.defaults else None,
    )


def _shown(file: str, name: str) -> str:
    """What a file beside the seed file `file` is called before people."""
    return str(PurePath(file).parent / name)


def _table(fields: SeedFile, document: Document, name: str) -> TableName:
    if fields.table is None:
        return TableName(None, name)
    try:
        return TableName.parse(fields.table)
    except ValueError as error:
        raise SeedFileError(str(error), position=document.at("table")) from None


def _formerly(fields: SeedFile, document: Document, name: str) -> tuple[str, ...]:
    for index, former in enumerate(fields.formerly):
        try:
            check_former_name(former, name)
        except ValueError as error:
            raise SeedFileError(str(error), position=document.at("formerly", str(index))) from None
    return tuple(dict.fromkeys(fields.formerly))


def _timestamps(fields: SeedFile, document: Document) -> Timestamps | None:
    said = fields.timestamps
    if isinstance(said, bool):
        return Timestamps() if said else None
    if said.created is True or said.updated is True:
        raise SeedFileError(
            "created and updated take a column, null or false",
            position=document.at("timestamps"),
        )
    return Timestamps(said.created or None, said.updated or None, explicit=True)


def _retired_rows(fields: SeedFile, document: Document) -> Policy | Mapping[str, Value]:
    if isinstance(fields.retired_rows, str):
        return Policy(fields.retired_rows)
    for column in fields.retired_rows.set:
        if column in (fields.key or ()):
            raise SeedFileError(
                f'the key column "{column}" can\'t be set',
                position=document.at_name("retired_rows", "set", column),
            )
    return fields.retired_rows.set

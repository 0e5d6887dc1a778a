"""Seeders from files of rows: a YAML or JSON document, perhaps beside a CSV or NDJSON file, or such a file alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from seeder.errors import Position, SeederError, SeedFileError, Tell, refuse
from seeder.seed_files.csv_reader import CsvRows
from seeder.seed_files.document import Document
from seeder.seed_files.fields import part_in_the_run, read_fields
from seeder.seed_files.inputs import Inputs
from seeder.seed_files.json_reader import JsonDocument
from seeder.seed_files.model import DataSeeder, Seeder
from seeder.seed_files.names import ROWS, mentioned, split_name
from seeder.seed_files.ndjson_reader import NdjsonRows
from seeder.seed_files.rows import DocumentRows, Rows, Rules
from seeder.seed_files.several import SeveralRows
from seeder.seed_files.tags import Tags
from seeder.seed_files.text import UNEXPECTED, decode, read_bytes, unexpected
from seeder.seed_files.values import TableName


def read_rows(path: Path, file: str, policies: Mapping[str, Any]) -> DataSeeder:
    """The seeder of a CSV or NDJSON file that stands alone: the table is its stem, and every field has its default.

    `policies` are those that count in the folder.
    """
    name, _ = split_name(path.name)
    return DataSeeder(
        name=name,
        file=file,
        inputs=Inputs(path.parent, [path]),
        table=TableName(None, name),
        source=_rows_of(path, file, Rules()),
        **policies,
    )


def read_document(
    path: Path,
    file: str,
    *,
    environ: Mapping[str, str],
    beside: Sequence[Path],
    ddl_allowed: bool,
    policies: Mapping[str, Any],
    tell: Tell = refuse,
) -> Seeder:
    """The seeder of a YAML or JSON seed file; one that carries an `error` if the file is wrong.

    Mistakes after which the rest can be read are told; by default the first one is the error.

    `beside` are the CSV and NDJSON files of the same stem: a YAML file without rows is a sidecar to them. `policies`
    are those that count in the folder.
    """
    name, _ = split_name(path.name)
    inputs = Inputs(path.parent, [path])
    tags = Tags(inputs, environ)
    document: Document | None = None
    content = b""
    try:
        content = read_bytes(path, file, inputs)
        document = document_of(path, file, content, tags, tell)
        fields = read_fields(document, name, tell)
        rules = Rules(
            fields.get("key", ()),
            fields.get("insert_only", ()),
            fields.pop("defaults", {}),
            fields.pop("references", {}),
            document,
            fields.get("where", {}),
        )
        source = _source(document, rules, inputs, beside, tell)
        return DataSeeder(
            name=name,
            file=file,
            inputs=inputs,
            ddl_allowed=ddl_allowed,
            references=frozenset(document.references).union(
                *(reference.tables for reference in rules.references.values())
            ),
            secrets=frozenset(tags.secrets),
            source=source,
            document=document,
            **{**policies, **fields},
        )
    except (SeederError, *UNEXPECTED) as raised:
        error = raised if isinstance(raised, SeederError) else unexpected(raised, Position(file))
        # They must not become seeders because the file that says what they are for has a typing error in it.
        inputs.add(*mentioned(inputs, content), *beside)
        said = part_in_the_run(document) if document else {}
        return Seeder(name=name, file=file, error=error, inputs=inputs, **said)


def document_of(path: Path, file: str, content: bytes, tags: Tags, tell: Tell) -> Document:
    """What a YAML or JSON file says, not yet understood."""
    text = decode(content, file)
    if split_name(path.name)[1] == ".json":
        return JsonDocument(text, file, tell)
    from seeder.seed_files.yaml_reader import YamlDocument

    return YamlDocument(text, file, tags, tell)


def _source(document: Document, rules: Rules, inputs: Inputs, beside: Sequence[Path], tell: Tell) -> Rows:
    """The rows of a seed file."""
    for given in document.rows_files:
        if split_name(given.name)[1] not in ROWS:
            raise SeedFileError(
                f"rows can come from a CSV or NDJSON file, not from {given.name}", position=given.position
            )
    if len(document.rows_files) > 1:
        of_one = replace(rules, partial=True)
        files = [(each.path, _beside(document.file, each.name)) for each in document.rows_files]
        return SeveralRows(document.file, rules, [_rows_of(path, file, of_one) for path, file in files])
    for given in document.rows_files:
        return _rows_of(given.path, _beside(document.file, given.name), rules)
    if document.has_rows:
        source = DocumentRows(document, rules)
        # So that a mistake in them is told before anything runs, and that every `!ref` and `!env` is known.
        deque(source.rows(tell), maxlen=0)
        return source
    if beside:
        inputs.add(beside[0])
        return _rows_of(beside[0], _beside(document.file, beside[0].name), rules)
    raise SeedFileError(
        "there are no rows; write rows: [] if that is intended", position=Position(document.file)
    )


def _rows_of(path: Path, file: str, rules: Rules) -> Rows:
    reader = CsvRows if split_name(path.name)[1] == ".csv" else NdjsonRows
    return reader(path, file, rules)


def _beside(file: str, name: str) -> str:
    """What a file beside the seed file `file` is called before people."""
    return str(PurePath(file).parent / name)

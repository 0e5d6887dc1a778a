"""Bring a few rows of a seed file before the database as one parameter of the statement that reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seeder.merge.lookups import looked_up
from seeder.postgres.statements import joined, name, number, part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from psycopg.sql import Composable

    from seeder.merge.staged_columns import Layout, Record

FIXED = ("n", "shape")
"""What a record begins with: the row's number, and the number of the set of columns that it names."""

_BOOLEAN = part("pg_catalog.bool")
_TEXT = part("pg_catalog.text")
_dump = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class Seed:
    """Rows as one parameter of the statement that they are selected in, `!ref` looked up.

    `with_seed` is what begins the statement's WITH. Its set `seed` has a further column `resolved`, which tells
    whether every `!ref` found its one row.
    """

    with_seed: Composable
    rows: str


def as_parameter(layout: Layout, records: Iterable[Record]) -> Seed:
    """The records as one parameter.

    `json_to_recordset` runs each type's own input function, its modifier included, as COPY does: a cast would cut a
    text that is too long for its column.
    """
    listed = list(records)
    documents = {cell.name for cell in layout.cells.values() if cell.column.is_json}
    fields = [(f'"{each}":', each in documents) for each in layout.names]
    rows = ",".join("{" + ",".join(_members(fields, record[len(FIXED) :])) + "}" for record in listed)
    shapes = joined(number(int(record[1] or 0)) for record in listed)
    raw = part(
        "SELECT CAST(raw.ordinality AS pg_catalog.int4) AS n, {shape} AS shape, {cells}, true AS resolved "
        "FROM ROWS FROM (pg_catalog.json_to_recordset(CAST(%(rows)s AS pg_catalog.json)) AS ({columns})) "
        "WITH ORDINALITY AS raw",
        # A set of 1,600 columns has no place for another one.
        shape=part("(CAST(ARRAY[{}] AS pg_catalog.int4[]))[raw.ordinality]", shapes),
        cells=joined(name("raw", each) for each in layout.names),
        columns=joined(part("{} {}", name(each), kind) for each, kind in typed_columns(layout)),
    )
    if not layout.lookups:
        return Seed(part("WITH seed AS MATERIALIZED ({}), ", raw), f"[{rows}]")
    return Seed(
        part("WITH raw_seed AS MATERIALIZED ({}), seed AS MATERIALIZED ({}), ", raw, looked_up(layout)),
        f"[{rows}]",
    )


def typed_columns(layout: Layout) -> Iterator[tuple[str, Composable]]:
    """The staged cells of a layout, each with its type."""
    kinds: dict[str, Composable] = {cell.name: cell.column.sql_type for cell in layout.cells.values()}
    for lookup in layout.lookups.values():
        kinds[lookup.flag] = _BOOLEAN
        kinds.update((each, term.sql_type) for term, each in lookup.terms)
    kinds.update(dict.fromkeys(layout.digests.values(), _TEXT))
    yield from ((each, kinds[each]) for each in layout.names)


def _members(fields: Sequence[tuple[str, bool]], record: Record) -> Iterator[str]:
    """The members of a record's JSON object. Documents stand in it as they are, all else as its text."""
    for (field, is_document), value in zip(fields, record, strict=False):
        if value is not None:
            yield field + (value if is_document and isinstance(value, str) else _dump(value))

"""Cells as SQL: the text by which two are compared, the digest by which one is remembered, keys by their own `=`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from psycopg.sql import Composable

from seeder.postgres.statements import joined, name, number, part, text

if TYPE_CHECKING:
    from seeder.merge.table import Column

# `jsonb` has neither the NUL character nor lone surrogates; a `json` document that escapes one is compared as written.
_NOT_JSONB: Final = r"\\u(0000|[dD][89a-fA-F])"

# Every text can be read as one of these; a modifier may cut it.
_ANY_TEXT: Final = frozenset({"text", "varchar", "bpchar", "name"})
_INTEGERS: Final = {"int2": 16, "int4": 32, "int8": 64}

UNKNOWN: Final = part(r"CAST('\x0000000000000000' AS pg_catalog.bytea)")
"""Stands in the ledger for a cell that it does not know."""
NULL: Final = part(r"CAST('\x0000000000000001' AS pg_catalog.bytea)")
"""Stands in the ledger for a cell that is NULL."""

_BOOLEANS: Final = {
    shown: part(rf"CAST('\x{hashlib.sha256(shown.encode()).hexdigest()[:16]}' AS pg_catalog.bytea)")
    for shown in ("true", "false")
}
"""The digests of the two canonical texts of a boolean."""

CHECKED_CASTS: Final = 16
"""From this version of the server on, it can be asked whether a text can be read as a type."""


def digest(canonical_text: Composable, null: Composable = NULL) -> Composable:
    """Eight bytes of the sha256 of a cell's canonical text in UTF-8; `null` if there is none. Itself never NULL."""
    return part(
        "coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to({}, 'UTF8')), 1, 8), {})",
        canonical_text,
        null,
    )


def cell_digest(column: Column, cell: Composable) -> Composable:
    """The digest of the canonical text of a cell of `column`. Those of a boolean are known; to look takes no sha256."""
    if column.built_in and column.base == "bool":
        return part(
            "CASE WHEN {cell} THEN {true} WHEN NOT {cell} THEN {false} ELSE {null} END",
            cell=cell,
            null=NULL,
            **_BOOLEANS,
        )
    return digest(canonical(column, cell))


def canonical(column: Column, cell: Composable) -> Composable:
    """The text by which cells of `column` are compared: the type's output, and of `json` that of `jsonb`.

    It comes from the type's output function: a cast could be anybody's, if the type is.
    """
    if column.base == "json" and column.built_in:
        shown = part(
            "CASE WHEN pg_catalog.textregexeq(CAST({cell} AS pg_catalog.text), {pattern}) "
            "THEN CAST({cell} AS pg_catalog.text) ELSE CAST(CAST({cell} AS pg_catalog.jsonb) AS pg_catalog.text) END",
            cell=cell,
            pattern=text(_NOT_JSONB),
        )
    elif column.built_in:
        shown = part("CAST({} AS pg_catalog.text)", cell)
    else:
        shown = part(
            "CASE WHEN pg_catalog.num_nulls({cell}) = 0 THEN pg_catalog.concat({cell}) END", cell=cell
        )
    return part('{} COLLATE pg_catalog."C"', part("({})", shown))


def texts(cells: Iterable[Composable]) -> Composable:
    """Texts as an array."""
    return part("CAST(ARRAY[{}] AS pg_catalog.text[])", joined(cells))


def key_text(columns: Sequence[Column], relation: str) -> Composable:
    """The text under which the ledger keeps a key: that of an array of the canonical texts."""
    cells = (canonical(column, name(relation, column.name)) for column in columns)
    return as_key(cells)


def as_key(cells: Iterable[Composable]) -> Composable:
    """The canonical texts of a key's cells as the ledger keeps them."""
    return part('CAST({} AS pg_catalog.text) COLLATE pg_catalog."C"', texts(cells))


def collated(column: Column, value: Composable) -> Composable:
    """`value`, which is no cell of the table, with the collation of `column`, by which the column's indexes are."""
    return value if column.collation is None else part("({} COLLATE {})", value, name(*column.collation))


def equal(column: Column, left: Composable, right: Composable) -> Composable:
    """Whether two keys are equal by their type's own equality, wherever the type's extension put it."""
    schema, operator = column.equality or ("pg_catalog", "=")
    return part("{} OPERATOR({}." + operator + ") {}", left, name(schema), right)


def same(column: Column, left: Composable, right: Composable) -> Composable:
    """Whether two keys are equal, NULL equal to NULL, in a form that can be hashed."""
    if column.not_null:
        return equal(column, left, right)
    return part("ARRAY[{}] OPERATOR(pg_catalog.=) ARRAY[{}]", left, right)


def same_image(cells: Iterable[tuple[Composable, Column]]) -> Composable:
    """Whether each of `cells` is, bit for bit, what a row of `live` has in the column beside it."""
    pairs = list(cells)
    if not pairs:
        return part("true")
    return part(
        "pg_catalog.record_image_eq(ROW({}), ROW({}))",
        joined(cell for cell, _ in pairs),
        joined(name("live", column.name) for _, column in pairs),
    )


def key_value(column: Column, shown: Composable, version: int) -> Composable:
    """A key from the ledger in its column's type; NULL if that is a type by now which cannot hold it.

    `version` is the server's.
    """
    value = collated(column, part("CAST({} AS {})", shown, column.sql_type))
    if column.built_in and column.base in _ANY_TEXT:
        return value
    if version >= CHECKED_CASTS:
        return part(
            "CASE WHEN pg_catalog.pg_input_is_valid({}, {}) THEN {} END",
            shown,
            text(_type_text(column)),
            value,
        )
    if column.base in _INTEGERS:
        bits = _INTEGERS[column.base]
        return part(
            "CASE WHEN pg_catalog.textregexeq({shown}, '^-?[0-9]{{1,19}}$') THEN CASE WHEN "
            "CAST({shown} AS pg_catalog.numeric) BETWEEN {least} AND {most} THEN {value} END END",
            shown=shown,
            least=number(-(2 ** (bits - 1))),
            most=number(2 ** (bits - 1) - 1),
            value=value,
        )
    if column.base == "uuid":
        return part(
            "CASE WHEN pg_catalog.textregexeq({}, '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$') THEN {} END",
            shown,
            value,
        )
    return value


def _type_text(column: Column) -> str:
    return column.sql_type.as_string(None).replace("%%", "%")


def entered_equal(key: Iterable[Column], relation: str, version: int) -> Composable:
    """Whether the key of `live` is that of an entry of the ledger; NULL equals NULL. False for a key of no column."""
    equals = (
        _cell_equal(column, name("live", column.name), entered_key(relation, place), version)
        for place, column in enumerate(key, start=1)
    )
    return joined(equals, " AND ", "false")


def _cell_equal(column: Column, live: Composable, shown: Composable, version: int) -> Composable:
    if column.castable:
        equals = equal(column, live, key_value(column, shown, version))
    else:
        # A cast to the type could be anybody's.
        equals = part("{} = {}", canonical(column, live), shown)
    if column.not_null:
        return equals
    return part("({} OR ({} IS NULL AND {} IS NULL))", equals, live, shown)


def is_value(column: Column, cell: Composable, shown: str | None) -> Composable:
    """Whether a cell of `column` is equal to the value whose canonical text is `shown`, or is NULL if that is None."""
    if shown is None:
        return part("{} IS NULL", cell)
    if not column.castable:
        # A cast to the type could be anybody's.
        return part("{} = {}", canonical(column, cell), text(shown))
    return equal(column, cell, collated(column, part("CAST({} AS {})", text(shown), column.sql_type)))


def entered_key(relation: str, place: int) -> Composable:
    """The text of the key's cell at `place`, counted from 1, of an entry of the ledger."""
    return part("(CAST({} AS pg_catalog.text[]))[{}]", name(relation, "key"), number(place))

"""Cells as SQL: the text by which two are compared, the digest by which one is remembered, keys by their own `=`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Numeric, SmallInteger, Text, any_, case, cast, func, literal_column, null
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from seeder.database.tables import Native, quote

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from seeder.database.tables import Column

# `jsonb` has neither the NUL character nor lone surrogates; a `json` document that escapes one is compared as written.
_NOT_JSONB = r"\\u(0000|[dD][89a-fA-F])"

_INTEGERS = {"int2": 16, "int4": 32, "int8": 64}

_UTF8: ColumnElement[str] = literal_column("'UTF8'", Text)
_EMPTY: ColumnElement[bytes] = literal_column("''::bytea", BYTEA)
# One byte more than a digest has, or than the nothing that stands for NULL.
_IN_CONFLICT: ColumnElement[bytes] = literal_column("'\\x01'::bytea", BYTEA)


def constant(value: int) -> ColumnElement[int]:
    """A number that is part of the statement's text: the planner sees it, and no parameter is sent for it."""
    return literal_column(str(int(value)), SmallInteger)


def canonical(column: Column, cell: ColumnElement[Any]) -> ColumnElement[str | None]:
    """The text by which cells of `column` are compared: the type's output, and of `json` that of `jsonb`."""
    if column.base == "json":
        written = cast(cell, Text)
        return case((written.regexp_match(_NOT_JSONB), written), else_=cast(cast(written, JSONB), Text))
    return cast(cell, Text)


def digest(canonical_text: ColumnElement[str | None]) -> ColumnElement[bytes]:
    """The sha256 of a cell's canonical text in UTF-8; nothing at all for NULL. Itself never NULL."""
    return func.coalesce(func.sha256(func.convert_to(canonical_text, _UTF8), type_=BYTEA), _EMPTY)


def in_conflict(stood: ColumnElement[bytes]) -> ColumnElement[bytes]:
    """How a cell stood before somebody edited it and the seed file changed it too: a digest that no cell has.

    Whoever takes such an edit back gets what the seed file has come to desire in the meantime.
    """
    return case((func.length(stood) % constant(32) == constant(1), stood), else_=stood.concat(_IN_CONFLICT))


def collated(column: Column, text: ColumnElement[Any]) -> ColumnElement[Any]:
    """`text`, which is no cell of the table, with the collation that `column` has; a cell brings its own."""
    return text if column.collation is None else text.op("COLLATE")(literal_column(column.collation))


def equal(column: Column, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether two keys are equal by the type's own equality, wherever the type's extension put it."""
    if column.equality is None:
        return left == right
    return left.bool_op(f"OPERATOR({quote(None, column.equality)}.=)")(right)


def key_text(column: Column, cell: ColumnElement[Any]) -> ColumnElement[str | None]:
    """The text under which the ledger keeps a key: the same for values that their type takes for equal."""
    if column.base == "numeric":
        return cast(func.trim_scale(cell), Text)
    if column.base == "citext":
        return func.lower(cast(cell, Text), type_=Text)
    return canonical(column, cell)


def key_value(column: Column, text: ColumnElement[Any]) -> ColumnElement[Any]:
    """A key from the ledger in its column's type; NULL where a migration has made that a type which can't hold it."""
    value = collated(column, cast(text, Native(column.type)))
    if column.base in _INTEGERS:
        bits = _INTEGERS[column.base]
        fits = cast(text, Numeric).between(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return case((text.regexp_match("^-?[0-9]{1,19}$"), case((fits, value))))
    if column.base == "uuid":
        return case((text.regexp_match("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"), value))
    if column.category == "E":
        labels = cast(func.enum_range(cast(null(), Native(column.type))), ARRAY(Text))
        return case((text == any_(labels), value))
    return value

"""What a statement leaves to the search path: names of functions, types and operators without their schema."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Words that a parenthesis may follow and that are no function's name. PostgreSQL's grammar knows them all.
_WORDS = frozenset(
    [
        "all",
        "and",
        "any",
        "array",
        "as",
        "between",
        "by",
        "cast",
        "case",
        "check",
        "coalesce",
        "conflict",
        "copy",
        "distinct",
        "else",
        "exists",
        "filter",
        "from",
        "in",
        "index",
        "intersect",
        "except",
        "join",
        "key",
        "lateral",
        "materialized",
        "not",
        "nullif",
        "on",
        "operator",
        "or",
        "over",
        "partition",
        "references",
        "returning",
        "row",
        "select",
        "set",
        "then",
        "union",
        "unique",
        "using",
        "values",
        "when",
        "where",
        "with",
    ]
)
_TYPES = (
    "bigint|bool|boolean|bytea|char|date|float|float8|int|int2|int4|int8|integer|interval|json|jsonb|name|numeric|oid|"
    "regclass|regtype|smallint|text|tid|time|timestamp|timestamptz|timetz|uuid|varchar|xid"
)
_QUOTED = r'"(?:[^"]|"")*"'
_SCHEMA = rf"(?:pg_catalog|{_QUOTED})\s*\.\s*"
# A call, and what stands before it: a schema, or the AS of a name of ours for columns, as in `AS seed (n, line)`.
_CALL = re.compile(
    rf"(?P<before>\bAS\s+|(?:\bpg_catalog|{_QUOTED})\s*\.\s*)?(?<![\w\"])(?P<name>[A-Za-z_]\w*)\s*\("
)
# Operators in words, and constructs that look an operator up.
_HIDDEN_OPERATORS = r"\b(?:(?:IN|BETWEEN|I?LIKE|SIMILAR|NULLIF|IS\s+(?:NOT\s+)?DISTINCT\s+FROM)\b|USING\s*\()"


def bare(statement: str) -> str:
    """The statement without its comments and the content of its strings."""
    text = re.sub(
        rf"--[^\n]*|({_QUOTED})|'(?:[^']|'')*'", lambda found: found[1] or _instead(found[0]), statement
    )
    return re.sub(r"%\(\w+\)s", "''", text)


def _instead(found: str) -> str:
    return "" if found.startswith("--") else "''"


def functions(statement: str) -> Iterator[str]:
    """Calls of functions whose name has no schema."""
    for found in _CALL.finditer(bare(statement)):
        if found["before"] is None and found["name"].lower() not in _WORDS:
            yield found["name"]


def types(statement: str) -> Iterator[str]:
    """Casts to types whose name has no schema."""
    text = bare(statement)
    for found in re.finditer(r"\bCAST\s*\(", text, re.IGNORECASE):
        kind = _cast_to(text[found.end() :])
        if re.match(_SCHEMA, kind) is None:
            yield kind
    for found in re.finditer(rf"::\s*\S+|(?<![.\w])(?:{_TYPES})\s+''", text, re.IGNORECASE):
        yield found[0]


def _cast_to(text: str) -> str:
    """What stands after the AS of a CAST, up to its parenthesis."""
    depth, kind = 0, 0
    for token in re.finditer(rf"{_QUOTED}|[()]|\bAS\b", text):
        if token[0] == "(":
            depth += 1
        elif token[0] == ")":
            depth -= 1
            if depth < 0:
                return text[kind : token.start()].strip()
        elif token[0] == "AS" and depth == 0:
            kind = token.end()
    raise AssertionError(text)


def operators(statement: str) -> Iterator[str]:
    """Operators whose name has no schema, and constructs that have PostgreSQL look one up."""
    text = re.sub(rf"\bOPERATOR\s*\(\s*{_SCHEMA}[^\w\s()]+\s*\)", " ", bare(statement))
    text = re.sub(r"\(\s*\*\s*\)|\.\s*\*", " ", text)
    # An assignment is no operator.
    text = re.sub(
        r"\bSET\b(.*?)\bFROM\b",
        lambda found: re.sub(rf"(^|,)(\s*{_QUOTED}\s*)=", r"\1\2", found[1]),
        text,
        flags=re.DOTALL,
    )
    text = re.sub(_QUOTED, "q", text)
    for found in re.finditer(
        rf"[-+*/<>=~!@#%^&|?]+|{_HIDDEN_OPERATORS}|\bCASE\s+(?!WHEN\b)\S+", text, re.IGNORECASE
    ):
        yield found[0]

"""Names as SQL writes them."""

from __future__ import annotations


def quote(schema: str | None, name: str) -> str:
    """A name in double quotes, as `to_regclass` reads it, its case and its dots kept."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name) if part is not None)

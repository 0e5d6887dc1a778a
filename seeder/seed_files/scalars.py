"""YAML 1.2's core schema, for the fields of the seed file itself. Cells are left to their columns' types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seeder.seed_files.model import Plain

if TYPE_CHECKING:
    from seeder.seed_files.model import Value

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
# Compiled when first met: most files have no number among their fields.
_DECIMAL = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
_BASED = r"0o[0-7]+|0x[0-9a-fA-F]+"


def resolve(value: Value) -> Value | float:
    """A scalar as YAML 1.2 understands it, every finite number as a float. Only `Plain` is touched."""
    if not isinstance(value, Plain):
        return value
    if value in _WORDS:
        return _WORDS[value]
    if value[0] not in "+-.0123456789":
        return str(value)
    if re.fullmatch(_DECIMAL, value):
        return float(value)
    if re.fullmatch(_BASED, value):
        return float(int(value, 0))
    return str(value)

"""JSON Schemas of the seed file, of an overlay and of `_seeds.yaml`, for editors.

They are made from what reads the fields. They say the form, and no more: which names go together, and what the
database has, `seeder validate` tells.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from seeder.seed_files.fields import FIELDS, OVERLAY_FIELDS, POLICIES, SCHEMA, SET_FIELDS, Field

# The draft that the language servers of editors know best.
_DRAFT: Final = "http://json-schema.org/draft-07/schema#"

_ROWS: Final = {
    "description": "The rows, each a mapping of columns to values, or !file with the name of a CSV or NDJSON file.",
    "anyOf": [
        {"type": "array", "items": {"type": "object", "minProperties": 1}},
        {"type": "string"},
    ],
}

_CHANGES: Final = {
    "description": "Rows of the seed file with the cells that differ in this environment, and further rows.",
    "type": "array",
    "items": {"type": "object", "minProperties": 1},
}

FOLDER: Final = Path(__file__).parent.parent / "schemas"
"""Where the package has them, by their names."""


def schemas() -> dict[str, str]:
    """The text of each schema, by the name of its file."""
    of_set = SET_FIELDS | {name: FIELDS[name] for name in POLICIES}
    return {
        "seed-file.schema.json": _text("A seed file of seeder", {**_properties(FIELDS), "rows": _ROWS}),
        "seed-overlay.schema.json": _text(
            "An overlay of seeder",
            {**_properties(OVERLAY_FIELDS), "rows": _CHANGES},
            anyOf=[{"required": [field]} for field in ("rows", *OVERLAY_FIELDS)],
        ),
        "seed-set.schema.json": _text("A _seeds.yaml of seeder", _properties(of_set)),
    }


def _properties(fields: Mapping[str, Field]) -> dict[str, Any]:
    return {name: {"description": field.meaning, **field.schema} for name, field in fields.items()}


def _text(title: str, properties: Mapping[str, Any], **more: Any) -> str:
    # Editors of JSON take the schema from the file itself.
    own = {SCHEMA: {"description": "The JSON Schema of this file, for editors.", "type": "string"}}
    schema = {
        "$schema": _DRAFT,
        "title": title,
        "type": "object",
        "properties": {**own, **properties},
        "additionalProperties": False,
        **more,
    }
    return json.dumps(schema, indent=2) + "\n"

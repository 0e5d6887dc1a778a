"""The seeders that were found, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seeder.masking import redact_own
from seeder.reporting.table import table

if TYPE_CHECKING:
    from seeder.seed_files import Seeder


def as_json(seeders: Sequence[Seeder]) -> str:
    """A list of objects; `error` is null, or says why the seed file can't be used."""
    return json.dumps([_facts(seeder) for seeder in seeders], ensure_ascii=False, indent=2)


def as_table(seeders: Sequence[Seeder]) -> str:
    """Columns; what is wrong with a seed file stands below them."""
    all_facts = [_facts(seeder) for seeder in seeders]
    # Most sets have none.
    has_overlays = any(facts["overlays"] for facts in all_facts)
    heads = ("NAME", "KIND", "TABLE", "ENVIRONMENTS", "DEPENDS ON", "FILE")
    rows = [(*heads, "OVERLAYS") if has_overlays else heads]
    errors: list[str] = []
    for facts in all_facts:
        overlays = (", ".join(facts["overlays"]) or "-",) if has_overlays else ()
        rows.append(
            (
                facts["name"],
                facts["kind"],
                facts["table"] or "-",
                ", ".join(facts["environments"]) or "all",
                ", ".join(facts["depends_on"]) or "-",
                facts["file"],
                *overlays,
            )
        )
        if facts["error"] is not None:
            errors.append(f"{facts['name']} can't be used: {facts['error']}")
    return "\n".join([*table(rows), *([""] if errors else []), *errors])


def _facts(seeder: Seeder) -> dict[str, Any]:
    name = getattr(seeder, "table", None)
    return {
        "name": seeder.name,
        "kind": type(seeder).__name__.removesuffix("Seeder").lower() or "unknown",
        "table": None if name is None else str(name),
        "environments": sorted(seeder.environments),
        "depends_on": list(seeder.depends_on),
        "required": seeder.required,
        "file": seeder.file,
        "overlays": dict(sorted(getattr(seeder, "overlays", {}).items())),
        "error": None if seeder.error is None else redact_own(str(seeder.error)),
    }

"""What a run waits for besides the database, as `--wait-for` names it."""

from __future__ import annotations

from dataclasses import dataclass

_KINDS = {
    "table": "table:NAME",
    "alembic": "alembic:REVISION",
    "django": "django:APP.MIGRATION",
    "flyway": "flyway:VERSION",
    "liquibase": "liquibase:ID",
}


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """A table, or a migration of another tool: `kind` is `table` or the tool, `name` what that tool calls it."""

    kind: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Prerequisite:
        """Read `table:NAME`, `alembic:REVISION` and so on. Raises `ValueError`."""
        kind, _, name = text.partition(":")
        if kind not in _KINDS or not name.strip():
            *others, last = _KINDS.values()
            raise ValueError(f"is not a prerequisite; write {', '.join(others)} or {last}")
        if kind == "django" and not name.partition(".")[2].strip():
            raise ValueError(
                "does not name a migration; write django:APP.MIGRATION, as django:shop.0002_prices"
            )
        return cls(kind, name.strip())

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

"""What the application is told by its environment, and where its files lie."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT / "seeds"
MIGRATIONS = ROOT / "migrations"


@dataclass(frozen=True, slots=True)
class Settings:
    database_url: str
    """As SQLAlchemy has it; `postgresql://` and `postgresql+psycopg://` are psycopg 3 alike."""
    environment: str = "development"
    """Which environment's seeds are meant, when the application seeds by itself."""
    release: str | None = None
    """The version of the seeds, so that an older process does not undo what a newer one has seeded."""

    @classmethod
    def from_environment(cls) -> Settings:
        return cls(
            database_url=os.environ["DATABASE_URL"],
            environment=os.environ.get("SEED_ENVIRONMENT") or "development",
            release=os.environ.get("SEED_RELEASE") or None,
        )

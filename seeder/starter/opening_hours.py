"""A seed file in Python, for what can't be listed. It runs only with --allow-code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# Seeders that run before this one.
DEPENDS_ON: list[str] = []


def seed_sync(session: Session) -> None:
    """Make the opening hours of each day, if they are missing. A second run must change nothing."""
    session.execute(
        text("CREATE TABLE IF NOT EXISTS opening_hours (day integer PRIMARY KEY, opens time NOT NULL)")
    )
    for day in range(1, 8):
        opens = "10:00" if day == 7 else "08:00"
        session.execute(
            text("INSERT INTO opening_hours VALUES (:day, CAST(:opens AS time)) ON CONFLICT DO NOTHING"),
            {"day": day, "opens": opens},
        )

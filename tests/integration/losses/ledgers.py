"""What the ledger holds, as far as a test of losses asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.postgres import Database

_ENTRIES = ("seeder.seeder_rows", "seeder.entries")


def keys_in_ledger(database: Database) -> list[str]:
    """The keys, as the ledger writes them, of every row that it has an entry for, whatever the table."""
    for entries in _ENTRIES:
        if database.scalar("SELECT to_regclass(%s)", [entries]):
            return [key for (key,) in database.rows(f"SELECT key::text FROM {entries} ORDER BY 1")]
    raise AssertionError("there is no ledger")


def is_in_ledger(database: Database, word: str) -> bool:
    """Whether the ledger has an entry of a row whose key holds `word`."""
    return any(word in key for key in keys_in_ledger(database))

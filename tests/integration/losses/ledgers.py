"""What the ledger holds, as far as a test of losses asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.postgres import Database


def keys_in_ledger(database: Database) -> list[str]:
    """The keys, as the ledger writes them, of every row that it has an entry for, whatever the table."""
    return [key for (key,) in database.rows("SELECT key FROM seeder.seeder_rows ORDER BY 1")]


def is_in_ledger(database: Database, word: str) -> bool:
    """Whether the ledger has an entry of a row whose key holds `word`."""
    return any(word in key for key in keys_in_ledger(database))

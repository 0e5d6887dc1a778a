"""Transactions that only read, for subcommands that show what is in the database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from seeder.errors import SeedingError
from seeder.merge.ledger import Ledger
from seeder.postgres.connection import Connection
from seeder.postgres.pinning import own_schemas, pin_path, pin_settings
from seeder.postgres.statements import part, run


@contextlib.contextmanager
def reading(connection: Connection) -> Iterator[list[str]]:
    """A transaction that can write nothing, with the settings of statements that read.

    Gives the schemas in which a name without a schema is looked for, in order.
    """
    with connection.transaction():
        run(connection, part("SET TRANSACTION READ ONLY"))
        pin_settings(connection, lock_timeout=10, reading=False)
        schemas = own_schemas(connection)
        pin_path(connection)
        yield schemas


def is_readable(connection: Connection, ledger: Ledger) -> bool:
    """Whether there is a ledger. Raises `SeedingError` if an older version wrote it, and no run has upgraded it yet."""
    if ledger.is_outdated(connection):
        raise SeedingError(
            f'an older version wrote the ledger in schema "{ledger.schema}"; the next run upgrades it, and '
            "then it can be shown what is in it"
        )
    return ledger.has_form(connection)

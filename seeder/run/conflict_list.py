"""`seeder conflicts`: each cell that was kept and is in conflict still, read piece by piece."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg

from seeder.errors import SeederError
from seeder.masking import add_secret
from seeder.merge.comparison import Comparison
from seeder.merge.conflicts import Conflict, conflicts
from seeder.merge.ledger import Ledger
from seeder.merge.proving import FEW
from seeder.merge.staged_columns import Layout
from seeder.merge.target import find_target
from seeder.postgres.connection import Connection
from seeder.postgres.failures import is_connection_lost
from seeder.run.reading import is_readable, reading
from seeder.run.transactions import refused
from seeder.seed_files import DataSeeder, Seeder


@dataclass(frozen=True, slots=True)
class Page:
    """Some conflicts of a seeder, or why they cannot be told.

    `applied` tells whether its files are those that were last applied. If not, the desired values are those of the next
    run.
    """

    seeder: str
    table: str | None
    applied: bool = True
    conflicts: Sequence[Conflict] = ()
    error: SeederError | None = None


def pages(connection: Connection, seeders: Sequence[Seeder], ledger: Ledger) -> Iterator[Page]:
    """The conflicts of each of `seeders`, in the order of its file.

    Each page is of a transaction of its own, so that nobody waits for whoever reads it. Without a ledger there are
    none. Raises `SeedingError` if an older version wrote the ledger, and psycopg's errors if the connection is lost.
    """
    with reading(connection):
        if not is_readable(connection, ledger):
            return
    for seeder in seeders:
        table = str(seeder.table) if isinstance(seeder, DataSeeder) else None
        try:
            if seeder.error is not None:
                raise seeder.error
            if isinstance(seeder, DataSeeder):
                yield from _of(connection, seeder, ledger)
        except SeederError as error:
            yield Page(seeder.name, table, error=error)
        except psycopg.Error as error:
            if is_connection_lost(error):
                raise
            yield Page(seeder.name, table, error=refused(error, table=table))


def _of(connection: Connection, seeder: DataSeeder, ledger: Ledger) -> Iterator[Page]:
    for secret in seeder.secrets:
        add_secret(secret)
    with reading(connection) as schemas:
        # Asked before the rows are read, so that it is of no later content.
        applied = ledger.applied(connection, seeder.name).digest == seeder.digest()
        if not ledger.count_kept(connection, seeder.name):
            return
        target = find_target(connection, seeder, ledger, schemas, create_tables=False)
    assert target is not None  # noqa: S101 - it is there, or `find_target` has raised
    seeder = seeder.keyed(target.key_names)
    secrets = seeder.secret_columns()
    layout = Layout.of(connection, target, seeder, schemas)
    comparison = Comparison(seeder, target, layout, ledger)
    rows = seeder.rows()
    while piece := list(itertools.islice(rows, FEW)):
        with reading(connection):
            found = list(conflicts(connection, comparison, piece, secrets))
        if found:
            yield Page(seeder.name, str(target.table), applied, found)

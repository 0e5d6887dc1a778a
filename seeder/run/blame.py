"""Find the row, and the cell, that PostgreSQL refused: after the failure, on what the failure left untouched."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING

import psycopg

from seeder.errors import SeederError, SeedingError
from seeder.merge import Layout, create_table, find_target, key_of, merge, unfit_cell
from seeder.postgres.failures import describe, original, sqlstate
from seeder.postgres.statements import part, run
from seeder.run.transactions import Transactions, refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seeder.merge import Options, Target
    from seeder.postgres.connection import Connection
    from seeder.seed_files.model import DataSeeder, Row

MOST_ROWS = 20_000
"""Larger seed files are not searched for the row that a constraint refused: each try would write half of them."""

_ABOUT_VALUES = "22"
_ABOUT_ROWS = ("23", "P0", "44")


@dataclasses.dataclass(frozen=True)
class _Rows:
    """A part of a seed file's rows."""

    part: Sequence[Row]

    def rows(self) -> Iterator[Row]:
        return iter(self.part)


def diagnose(
    transactions: Transactions, seeder: DataSeeder, options: Options, error: Exception
) -> SeederError:
    """The error to report for PostgreSQL's refusal of a seeder, with the row and the cell where they can be found."""
    code = sqlstate(error) or ""
    found: list[SeederError] = []

    def search(connection: Connection) -> None:
        target = find_target(
            connection, seeder, options.ledger, options.schemas, create_tables=options.create_tables
        )
        if target is None:
            # It went with the failure, for it was made in the same transaction.
            target = create_table(connection, seeder, dataclasses.replace(options, quiet=True))
        if code.startswith((_ABOUT_VALUES, "23")):
            unfit = unfit_cell(
                connection, seeder, target, lambda: Layout.of(connection, target, seeder, options.schemas)
            )
            if unfit is not None:
                found.append(unfit)
                return
        if code.startswith((_ABOUT_VALUES, *_ABOUT_ROWS)):
            row = _first_refused(connection, seeder, options)
            if row is not None:
                found.append(_blame(row, target, error))

    try:
        transactions.tried(search)
    except (psycopg.Error, SeederError):
        # The failure itself is what matters; what hinders the search for its row is not.
        found.clear()
    return found[0] if found else refused(error, table=str(seeder.table))


def _first_refused(connection: Connection, seeder: DataSeeder, options: Options) -> Row | None:
    """The row without which those before it are taken: found by halving."""
    rows = list(itertools.islice(seeder.rows(), MOST_ROWS + 1))
    if len(rows) > MOST_ROWS or not _refuses(connection, seeder, options, rows):
        return None
    taken, not_taken = 0, len(rows)
    while not_taken - taken > 1:
        middle = (taken + not_taken) // 2
        if _refuses(connection, seeder, options, rows[:middle]):
            not_taken = middle
        else:
            taken = middle
    return rows[not_taken - 1]


def _refuses(connection: Connection, seeder: DataSeeder, options: Options, rows: Sequence[Row]) -> bool:
    quiet = dataclasses.replace(options, show=None, dry_run=True, quiet=True)
    try:
        with connection.transaction(force_rollback=True):
            merge(connection, dataclasses.replace(seeder, source=_Rows(rows)), quiet)
            options.unpin()
            run(connection, part("SET CONSTRAINTS ALL IMMEDIATE"))
    except psycopg.Error:
        return True
    return False


def _blame(row: Row, target: Target, error: Exception) -> SeedingError:
    diag = getattr(original(error), "diag", None)
    name = getattr(diag, "column_name", None)
    return SeedingError(
        describe(error),
        position=row.at(name if name in row.columns else None),
        table=str(target.table),
        key=key_of(target, row),
        sqlstate=sqlstate(error),
    )

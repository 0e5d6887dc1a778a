"""One seeder's rows into its table: look, and if anything differs, stage, compare, apply and write the ledger.

The steps are statements: `clean` asks whether there is nothing to do; else the rows are staged, `difference` holds
what differs, `insert` and `update` write it, and `note` writes the ledger from what came of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from seeder.errors import SeedingError
from seeder.merge.merger import Merger
from seeder.merge.options import Merged, Options
from seeder.merge.rekeying import rekey
from seeder.merge.target import Target, find_target, former_names
from seeder.postgres.connection import Connection
from seeder.postgres.locks import Lock
from seeder.postgres.statements import part, run, run_text
from seeder.seed_files.model import DataSeeder

DDL: Final = Lock("ddl", "")
"""The lock on running DDL: that of two tables may make the same schema or type, so that it takes turns too."""


def merge(connection: Connection, seeder: DataSeeder, options: Options) -> Merged:
    """Make the seeder's table hold its rows, in the transaction that `connection` is in and under the table's lock.

    Raises `SeedFileError` and `SeedingError` for what is wrong, and lets PostgreSQL's refusals through.
    """
    if options.resolution is not None:
        return _resolve(connection, seeder, options)
    merged = Merged()
    target = _find(connection, seeder, options)
    if target is None:
        target = create_table(connection, seeder, options)
        merged.written = True
    known = target.registration
    if options.ledger is not None and known is not None and any(other.own for other in known.others):
        rekey(connection, seeder, target, options.ledger)
        merged.written = True
        target = _find(connection, seeder, options)
        assert target is not None  # noqa: S101 - it was there a moment ago, and is locked
    merger = Merger(connection, seeder, target, options, merged)
    merger.run()
    if seeder.formerly and options.ledger is not None:
        names = former_names(seeder, options.ledger.application)
        merged.retired += options.ledger.count_left_behind(connection, merger.target.registration, names)
    merger.warn(known)
    merger.prove()
    merged.table = merger.target.table
    return merged


def _resolve(connection: Connection, seeder: DataSeeder, options: Options) -> Merged:
    """Resolve the conflicts that were chosen, and leave all else as it is.

    Raises `SeedingError` if there are conflicts, and the files are not those that were last applied.
    """
    ledger, merged = options.ledger, Merged()
    if ledger is None:
        raise SeedingError(
            "there is no ledger of this version in the database, so nothing is known to be in conflict"
        )
    # Asked before the rows are read, so that it is of no later content.
    digest = seeder.digest()
    kept = ledger.count_kept(connection, seeder.name)
    if not kept:
        return merged
    if ledger.applied(connection, seeder.name).digest != digest:
        raise SeedingError(
            "its files are not those that were last applied here, so they may ask for other values than those that "
            f"are in conflict; run the seeder (seeder --{seeder.name}), and then resolve what is in conflict still",
            position=seeder.at(),
            table=str(seeder.table),
        )
    target = _find(connection, seeder, replace(options, create_tables=False))
    assert target is not None  # noqa: S101 - it was there, or `_find` has raised
    merger = Merger(connection, seeder, target, options, merged)
    merger.resolve()
    merged.resolved = kept - ledger.count_kept(connection, seeder.name)
    merged.written = bool(merged.resolved)
    if merged.written:
        merger.prove()
    return merged


def _find(connection: Connection, seeder: DataSeeder, options: Options) -> Target | None:
    return find_target(
        connection,
        seeder,
        options.ledger,
        options.schemas,
        create_tables=options.create_tables,
        waited=options.waited,
    )


def create_table(connection: Connection, seeder: DataSeeder, options: Options) -> Target:
    """Run the DDL that a seeder brings for its missing table. Raises `SeedingError` if it is missing still."""
    run(connection, part("SELECT pg_catalog.pg_advisory_xact_lock(%(lock)s)"), {"lock": DDL.key})
    assert seeder.ddl is not None  # noqa: S101 - checked where the table was found missing
    options.unpin()
    run_text(connection, seeder.ddl)
    options.pin()
    if not options.quiet:
        options.log.info("table.created", seeder=seeder.name, table=str(seeder.table))
    target = _find(connection, seeder, replace(options, create_tables=True))
    if target is None:
        raise SeedingError(
            f"the `ddl` ran, and table {seeder.table} still does not exist; does it create it under another name?",
            position=seeder.at("ddl"),
            table=str(seeder.table),
        )
    return target

"""Load a CSV file straight into an empty table: no stage and no comparison, for there is nothing to compare with."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from seeder.merge.clock import without_clock
from seeder.merge.expressions import as_key, canonical, cell_digest
from seeder.merge.options import Options
from seeder.merge.sql_files import statement
from seeder.merge.stage import copy_raw, is_refused
from seeder.merge.target import Target
from seeder.merge.whole_row import rest
from seeder.merge.writing import raise_sequence
from seeder.postgres.connection import Connection
from seeder.postgres.failures import sqlstate
from seeder.postgres.statements import joined, name, part, run
from seeder.reporting.progress import Progress
from seeder.seed_files.raw_csv import NotRaw, RawCsv

_IN_USE = frozenset({"55P03", "42501"})
"""Somebody else holds a lock on the table, or the role may not take one."""


class Load:
    """The load of one CSV file into `target`."""

    def __init__(self, connection: Connection, target: Target, options: Options) -> None:
        self.connection = connection
        self.target = target
        self.ledger = options.ledger
        self.options = options

    def is_possible(self, raw: RawCsv) -> bool:
        """Whether the table is empty and simple enough, as far as can be told before it is locked."""
        return not raw.defaults and self._is_loadable()

    def rows(
        self, raw: RawCsv, blocks: Iterable[bytes], progress: Progress, *, raise_sequences: bool
    ) -> int | None:
        """Load `blocks`, which are the file, and enter its rows in the ledger. Return the number of rows.

        None, with nothing done, if the table is not empty or in use, if other code has a say in what is inserted, or if
        PostgreSQL refuses a row: then the rows have to be staged, and any error is found there.
        """
        if not self._is_simple(raw):
            return None
        try:
            with self.connection.transaction():
                return self._load(raw, blocks, progress, raise_sequences=raise_sequences)
        except NotRaw:
            return None
        except psycopg.Error as error:
            if not is_refused(error) and sqlstate(error) not in _IN_USE:
                raise
            return None

    def _is_simple(self, raw: RawCsv) -> bool:
        """Whether the file has each cell that we would write or take a digest of, and no key can be there twice."""
        key, known = self.target.key, self.target.registration
        if self.ledger is not None and known is not None:
            if not all(each in raw.columns for each in known.slot_columns):
                return False
            # The ledger has one entry for each text of a key.
            unique = all(each.one_text for each in key)
        else:
            names = {each.name for each in key}
            unique = all(each.not_null for each in key) and any(
                names >= columns for columns in self.target.table.unique_keys
            )
        return unique and self.target.stamps.issubset(raw.columns)

    def _is_loadable(self) -> bool:
        table, known = self.target.table, self.target.registration
        loadable = run(
            self.connection, statement("loadable", table=table.sql), {"oid": table.oid}
        ).scalar_one()
        if not loadable or self.ledger is None or known is None:
            return bool(loadable)
        entered = run(
            self.connection,
            part(
                "SELECT EXISTS (SELECT FROM {} AS entry "
                "WHERE entry.table_id = ANY (CAST(%(ids)s AS pg_catalog.int4[])))",
                self.ledger.names["rows"],
            ),
            {"ids": [known.table_id, *(other.table_id for other in known.others)]},
        ).scalar_one()
        return not entered

    def _load(
        self, raw: RawCsv, blocks: Iterable[bytes], progress: Progress, *, raise_sequences: bool
    ) -> int | None:
        table, known = self.target.table, self.target.registration
        run(self.connection, part("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE NOWAIT", table.sql))
        if not self._is_loadable():
            return None
        progress.phase = "writing"
        self.options.unpin()
        steady = without_clock(blocks, [table.columns[each] for each in raw.columns])
        count = copy_raw(self.connection, table.sql, raw.columns, steady, progress)
        self.options.check_deferred()
        self.options.pin()
        if raise_sequences:
            for each in raw.columns:
                raise_sequence(self.connection, table.columns[each], each, table.sql)
        if self.ledger is not None and known is not None:
            progress.phase = "noting"
            run(
                self.connection,
                statement(
                    "note_loaded",
                    rows=self.ledger.names["rows"],
                    table=table.sql,
                    key=as_key(canonical(key, name("live", key.name)) for key in self.target.key),
                    cells=joined(
                        (
                            cell_digest(table.columns[each], name("live", each))
                            for each in known.slot_columns
                            if each is not None
                        ),
                        " || ",
                        "CAST('' AS pg_catalog.bytea)",
                    ),
                    rest=rest(self.target),
                ),
                {"table_id": known.table_id, "seeder_id": known.seeder_id, "seen": len(known.columns)},
            )
        return count

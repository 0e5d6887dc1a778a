"""Rows that we wrote and that their seed file no longer lists: do what `retired_rows` says.

They are marked with the rest of the seeder's work; acting on it comes after all seeders have seeded, when whatever
referred to the rows is gone too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from psycopg.sql import Composable

from seeder.errors import SeedFileError, SeedingError
from seeder.merge.blame import several
from seeder.merge.changes import cell_change
from seeder.merge.encoding import encode, encoder_for
from seeder.merge.expressions import UNKNOWN, canonical, digest, key_text, texts
from seeder.merge.inbound import referenced
from seeder.merge.ledger import Ledger
from seeder.merge.registration import Registration
from seeder.merge.sql_files import statement
from seeder.merge.target import Target, find_target
from seeder.merge.whole_row import (
    additions_untouched,
    as_left,
    live_slots,
    rest,
    slots_of,
    whole_row_parameters,
)
from seeder.postgres.connection import Connection
from seeder.postgres.statements import joined, name, part, run
from seeder.reporting.counts import Counts
from seeder.reporting.difference import Change, Kind
from seeder.seed_files.model import DataSeeder, Policy
from seeder.seed_files.values import Value, has_secret

if TYPE_CHECKING:
    from seeder.merge.options import Options

_REASONS: Final = {
    "adopted": "it was there before us",
    "touched": "somebody changed it",
    "replaced": "somebody put it in the place of the row that was seeded",
    "unknown": "nobody can tell whether somebody changed it: the ledger, or the role, does not see all of its columns",
    "referenced": "another row refers to it",
}


@dataclass(frozen=True)
class Retired:
    """What became of the rows that the seed file no longer lists, and whether anything at all was written.

    `altered`: nothing was done, because the table has been altered since the rows were merged.
    """

    counts: Counts = Counts()
    written: bool = False
    altered: bool = False


@dataclass(frozen=True)
class _Row:
    """A row that the seed file no longer lists: `reason` says why it stays, and `free` which cells may be set."""

    key: str
    key_cells: Sequence[str | None]
    retired: str
    twins: int
    reason: str | None
    version: str
    relation: int
    writer: str
    as_left: bool
    free: Sequence[bool]


def retire(connection: Connection, seeder: DataSeeder, options: Options) -> Retired:
    """Do what `retired_rows` says with the rows that are marked as unlisted, under the table's lock.

    Does nothing if the table is not as `options.table` has it: a column that is gone may have held an edit. Raises
    `SeedingError` if several live rows have the key of one of them: nobody can tell which is ours.
    """
    target = find_target(
        connection, seeder, options.ledger, options.schemas, create_tables=False, waited=options.waited
    )
    assert target is not None  # noqa: S101 - a missing table raises if none may be created
    if options.table is not None and target.table != options.table:
        return Retired(altered=True)
    assert options.ledger is not None  # noqa: S101 - nothing is retired without a ledger
    assert target.registration is not None  # noqa: S101 - as above
    seeder = seeder.keyed(target.key_names)
    return _Retirement(connection, seeder, target, target.registration, options.ledger, options).run()


@dataclass
class _Retirement:
    connection: Connection
    seeder: DataSeeder
    target: Target
    known: Registration
    ledger: Ledger
    options: Options

    @property
    def ids(self) -> dict[str, Any]:
        return {"table_id": self.known.table_id, "seeder_id": self.known.seeder_id}

    @property
    def wanted(self) -> Mapping[str, Value]:
        """The cells that `set` gives."""
        policy = self.seeder.retired_rows
        return policy if isinstance(policy, Mapping) else {}

    def run(self) -> Retired:
        self.options.progress.phase = "retiring"
        if left := list(self.options.left_behind):
            # The entries under former names of this seeder: its file does not list their rows.
            run(self.connection, statement("take_over", **self.ledger.names), {**self.ids, "names": left})
        dropped = self._drop_gone()
        counts = Counts()
        policy = self.seeder.retired_rows
        if policy is Policy.KEEP:
            _, kept = self.ledger.count_entries(self.connection, self.known)
            return Retired(Counts(kept=kept), written=bool(dropped))
        if policy is Policy.DELETE:
            # Rows may refer to each other: each round frees those that the last one's referred to.
            while deleted := self._delete():
                counts += Counts(deleted=deleted)
        else:
            self._check_set()
            counts += Counts(updated=self._set())
        counts += Counts(kept=self._report_kept())
        return Retired(counts, written=bool(dropped or counts.changed))

    def _drop_gone(self) -> int:
        """Drop the entries of rows that are gone, or that are no longer in the part of the table. How many."""
        return run(
            self.connection,
            statement(
                "drop_gone",
                rows=self.ledger.names["rows"],
                table=self.target.table.sql,
                same_key=self._same_key("entry"),
            ),
            self.ids,
        ).rowcount

    def _same_key(self, relation: str) -> Composable:
        return self.target.entered(relation, self.connection.version)

    def _rows(self) -> list[_Row]:
        """The rows that the seed file no longer lists and that are there."""
        columns = self.target.table.columns
        found = run(
            self.connection,
            statement(
                "retired",
                rows=self.ledger.names["rows"],
                table=self.target.table.sql,
                same_key=self._same_key("entry"),
                live_key=key_text(self.target.key, "live"),
                rest=rest(self.target, (name("entry", "seen"), slots_of(name("entry", "cells")))),
                additions=additions_untouched(self.target, name("entry", "seen")),
                slots=live_slots(self.target),
                set_live=texts(canonical(columns[each], name("live", each)) for each in self.wanted),
                referenced=self._referenced,
                as_left=as_left(),
                set_digest=digest(name("c", "live")),
                slot_digest=digest(name("slot", "live")),
                unknown=UNKNOWN,
            ),
            {
                **self.ids,
                **whole_row_parameters(self.target),
                "delete": self.seeder.retired_rows is Policy.DELETE,
                "set_slots": [self.known.slot(each) for each in self.wanted],
                "identity": [slot for each in self.target.identity if (slot := self.known.slot(each))],
            },
        )
        # A column of `where` is as we left it in every row that is in the part.
        ours = [each in self.target.part.names for each in self.wanted]
        rows = [
            _Row(**{**each, "free": [any(free) for free in zip(each["free"], ours, strict=False)]})
            for each in found.mappings()
        ]
        for row in rows:
            if row.twins > 1:
                raise SeedingError(
                    several(self.target).replace("of this one", "of one that the seed file no longer lists"),
                    position=self.seeder.at("retired_rows"),
                    table=str(self.target.table),
                    key=self.target.named_key(row.key_cells),
                )
        return rows

    @cached_property
    def _referenced(self) -> Composable:
        if self.seeder.retired_rows is not Policy.DELETE:
            return part("NULL")
        return referenced(self.connection, self.target)

    def _versions(self, rows: Sequence[_Row]) -> dict[str, Any]:
        return {
            "versions": [row.version for row in rows],
            "relations": [row.relation for row in rows],
            "writers": [row.writer for row in rows],
            "keys": [row.key for row in rows],
        }

    def _delete(self) -> int:
        """Delete the rows that may go by now. How many they were."""
        doomed = [row for row in self._rows() if row.reason is None]
        if not doomed:
            # Rows that stay are not locked: a lock is written into the row, and where nothing goes nothing is written.
            return 0
        table = self.target.table.sql
        run(self.connection, statement("lock", table=table), self._versions(doomed)).close()
        # Nothing new can refer to them from here on; somebody may have done so before.
        locked = {(row.version, row.relation, row.writer) for row in doomed}
        doomed = [
            row
            for row in self._rows()
            if row.reason is None and (row.version, row.relation, row.writer) in locked
        ]
        if not doomed:
            return 0
        self.options.unpin()
        keys = run(self.connection, statement("delete", table=table), self._versions(doomed)).scalars()
        self.options.check_deferred()
        self.options.pin()
        run(
            self.connection,
            part(
                "DELETE FROM {} AS entry WHERE entry.table_id = %(table_id)s AND entry.seeder_id = %(seeder_id)s "
                "AND entry.key = ANY (CAST(%(keys)s AS pg_catalog.text[]))",
                self.ledger.names["rows"],
            ),
            {**self.ids, "keys": list(keys)},
        )
        if self.options.show is not None:
            named = {row.key: self.target.named_key(row.key_cells) for row in doomed}
            self.options.show([Change(Kind.RETIRED, named[key], {}) for key in keys])
        return len(keys)

    def _set(self) -> int:
        values = self._values()
        rows = [
            row for row in self._rows() if row.reason is None and row.retired == "unlisted" and any(row.free)
        ]
        if not rows:
            return 0
        if self.options.show is not None:
            self.options.show(list(self._settings(values, rows)))
        self.known = self.ledger.register(
            self.connection,
            self.seeder.name,
            self.target.table,
            [key.name for key in self.target.key],
            [each for each in values if each not in self.target.part.names],
            known=self.known,
        )
        self.target = self.target.with_registration(self.known)
        for row in rows:
            if not all(row.free):
                stays = ", ".join(each for each, free in zip(values, row.free, strict=True) if not free)
                self._say_kept(row, f"somebody changed {stays}")
        groups: dict[tuple[tuple[bool, ...], bool], list[_Row]] = {}
        for row in rows:
            groups.setdefault((tuple(row.free), row.as_left), []).append(row)
        updated = 0
        for (free, untouched), group in groups.items():
            written = [each for each, is_free in zip(values, free, strict=True) if is_free]
            updated += self._write({each: values[each] for each in written}, group, untouched=untouched)
        if not self.target.part.names.isdisjoint(values):
            # They have left the part of the table that is ours.
            self._drop_gone()
        return updated

    def _write(self, values: Mapping[str, str | None], rows: Sequence[_Row], *, untouched: bool) -> int:
        """Write these cells of these rows, and note it. How many rows were written."""
        given, parameters = self._given(values)
        assignments = [part("{} = {}", name(each), value) for each, value in given.items()]
        if self.target.updated is not None and self.target.updated.name not in values:
            assignments.append(part("{} = pg_catalog.clock_timestamp()", name(self.target.updated.name)))
        self.options.unpin()
        keys = run(
            self.connection,
            statement("set", table=self.target.table.sql, assignments=joined(assignments)),
            {**self._versions(rows), **parameters},
        ).scalars()
        self.options.check_deferred()
        self.options.pin()
        run(
            self.connection,
            statement(
                "note_set",
                rows=self.ledger.names["rows"],
                table=self.target.table.sql,
                same_key=self._same_key("before"),
                rest=rest(self.target),
                rest_digest=name("noted", "rest_now"),
                slots=live_slots(self.target),
                slot_digest=digest(name("s", "live")),
                unknown=UNKNOWN,
            ),
            {
                **self.ids,
                "as_left": untouched,
                "seen": len(self.known.columns),
                "written": [slot for each in values if (slot := self.known.slot(each))],
                "keys": list(keys),
            },
        )
        return len(keys)

    def _given(self, values: Mapping[str, str | None]) -> tuple[dict[str, Composable], dict[str, str | None]]:
        """The cells as parameters that are cast to the columns' types, and the parameters."""
        columns = self.target.table.columns
        given: dict[str, Composable] = {
            each: part("CAST({} AS {})", part(f"%(value_{place})s"), columns[each].sql_type)
            for place, each in enumerate(values)
        }
        return given, {f"value_{place}": value for place, value in enumerate(values.values())}

    def _settings(self, values: Mapping[str, str | None], rows: Sequence[_Row]) -> Iterator[Change]:
        """What `set` is about to change."""
        columns = self.target.table.columns
        given, parameters = self._given(values)
        found = run(
            self.connection,
            statement(
                "set_shown",
                live=texts(canonical(columns[each], name("live", each)) for each in values),
                desired=texts(canonical(columns[each], value) for each, value in given.items()),
                table=self.target.table.sql,
            ),
            {**self._versions(rows), **parameters},
        )
        by_key = {row.key: row for row in rows}
        secret = {
            each for each, value in self.wanted.items() if has_secret(value)
        } | self.seeder.secret_columns()
        for key, live, desired in found:
            row = by_key[key]
            shown = zip(values, live, desired, row.free, strict=True)
            cells = {
                each: cell_change(before, after, masked=each in secret)
                for each, before, after, is_free in shown
                if is_free
            }
            yield Change(Kind.RETIRED, self.target.named_key(row.key_cells), cells)

    def _check_set(self) -> None:
        table = self.target.table
        for each in self.wanted:
            at = partial(self.seeder.at, "retired_rows", "set", each)
            if table.column(each, at) in self.target.own_key:
                raise SeedFileError(f'the key column "{each}" can\'t be set', position=at(), table=str(table))

    def _values(self) -> dict[str, str | None]:
        """The texts of the cells that a retired row is given."""
        columns = self.target.table.columns
        at = partial(self.seeder.at, "retired_rows", "set")
        return {
            each: encode(encoder_for(columns[each]), value, each, at) for each, value in self.wanted.items()
        }

    def _report_kept(self) -> int:
        """Say which rows stay though `retired_rows` would have them changed, and why; count all that stay."""
        kept = 0
        for row in self._rows():
            if self.wanted and row.retired == "set":
                continue
            kept += 1
            reason = row.reason or "touched"
            self._say_kept(row, _REASONS.get(reason, reason))
        return kept

    def _say_kept(self, row: _Row, reason: str) -> None:
        self.options.log.info(
            "seeder.kept",
            seeder=self.seeder.name,
            table=str(self.target.table),
            key=self.target.named_key(row.key_cells),
            reason=reason,
        )

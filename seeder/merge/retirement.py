"""Rows that we wrote and that their seed file no longer lists: do what `retired_rows` says.

They are marked with the rest of the seeder's work; acting on it comes after all seeders have seeded, when whatever
referred to the rows is gone too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from psycopg.sql import Composable

from seeder.errors import SeedFileError, SeedingError
from seeder.merge.blame import several
from seeder.merge.changes import Change, Kind, cell_change
from seeder.merge.encoding import encode, encoder_for
from seeder.merge.expressions import UNKNOWN, canonical, digest, entered_equal, entered_key, key_text, texts
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
from seeder.seed_files.model import DataSeeder, Policy
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.values import has_secret

if TYPE_CHECKING:
    from seeder.merge.merge import Options

_REASONS: Final = {
    "adopted": "it was there before us",
    "touched": "somebody changed it",
    "replaced": "somebody put it in the place of the row that was seeded",
    "unknown": "nobody can tell whether somebody changed it: the ledger, or the role, does not see all of its columns",
    "referenced": "another row refers to it",
}


@dataclass(frozen=True)
class Retired:
    """What became of the rows that the seed file no longer lists, and whether anything at all was written."""

    counts: Counts
    written: bool


@dataclass(frozen=True)
class _Row:
    """A row that the seed file no longer lists: `reason` says why it stays, and `free` which cells may be set."""

    key: str
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

    Raises `SeedingError` if several live rows have the key of one of them: nobody can tell which is ours.
    """
    target = find_target(connection, seeder, options.ledger, options.schemas, create_tables=False)
    assert target is not None  # noqa: S101 - a missing table raises if none may be created
    assert options.ledger is not None  # noqa: S101 - nothing is retired without a ledger
    assert target.registration is not None  # noqa: S101 - as above
    return _Retirement(
        connection, seeder, target, target.registration, ledger=options.ledger, options=options
    ).run()


class _Retirement:
    def __init__(
        self,
        connection: Connection,
        seeder: DataSeeder,
        target: Target,
        known: Registration,
        *,
        ledger: Ledger,
        options: Options,
    ) -> None:
        self.connection = connection
        self.seeder = seeder
        self.target = target
        self.ledger = ledger
        self.known = known
        self.options = options
        self.ids = {"table_id": known.table_id, "seeder_id": known.seeder_id}
        self.wanted: Mapping[str, Any] = (
            seeder.retired_rows if isinstance(seeder.retired_rows, Mapping) else {}
        )

    def run(self) -> Retired:
        self.options.progress.phase = "retiring"
        if self.options.left_behind:
            self._take_over(list(self.options.left_behind))
        dropped = run(
            self.connection,
            statement(
                "drop_gone",
                rows=self.ledger.names["rows"],
                table=self.target.table.sql,
                same_key=self._same_key("entry"),
            ),
            self.ids,
        ).rowcount
        counts = Counts()
        policy = self.seeder.retired_rows
        if policy is Policy.KEEP:
            _, kept = self.ledger.count_entries(self.connection, self.known)
            return Retired(Counts(kept=kept), written=bool(dropped))
        if policy is Policy.DELETE:
            # Rows may refer to each other: each round frees those that the last one's referred to.
            while keys := self._delete():
                counts += Counts(deleted=len(keys))
        else:
            self._check_set()
            counts += Counts(updated=self._set())
        counts += Counts(kept=self._report_kept())
        return Retired(counts, written=bool(dropped or counts.changed))

    def _take_over(self, names: Sequence[str]) -> None:
        """Take the entries that are left under former names of this seeder: its file does not list their rows."""
        run(self.connection, statement("take_over", **self.ledger.names), {**self.ids, "names": names})

    def _same_key(self, relation: str) -> Composable:
        version = self.connection.version
        return joined(
            (
                entered_equal(key, name("live", key.name), entered_key(relation, place), version)
                for place, key in enumerate(self.target.key, start=1)
            ),
            " AND ",
        )

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
        rows = [_Row(**each) for each in found.mappings()]
        for row in rows:
            if row.twins > 1:
                raise SeedingError(
                    several(self.target).replace("of this one", "of one that the seed file no longer lists"),
                    position=self.seeder.at("retired_rows"),
                    table=str(self.target.table),
                    key=self._named(row.key),
                )
        return rows

    @cached_property
    def _referenced(self) -> Composable:
        if self.seeder.retired_rows is not Policy.DELETE:
            return part("NULL")
        return referenced(self.connection, self.target)

    def _named(self, key: str) -> dict[str, str | None]:
        cells: Sequence[str | None] = run(
            self.connection, part("SELECT CAST(%(key)s AS pg_catalog.text[])"), {"key": key}
        ).scalar_one()
        return self.target.named_key(cells)

    def _show(self, changes: Iterable[Change]) -> None:
        if self.options.show is not None:
            self.options.show(changes)

    def _versions(self, rows: Sequence[_Row]) -> dict[str, Any]:
        return {
            "versions": [row.version for row in rows],
            "relations": [row.relation for row in rows],
            "writers": [row.writer for row in rows],
            "keys": [row.key for row in rows],
        }

    def _delete(self) -> Sequence[str]:
        """Delete the rows that may go by now. Their keys."""
        doomed = [row for row in self._rows() if row.reason is None]
        if not doomed:
            # Rows that stay are not locked: a lock is written into the row, and where nothing goes nothing is written.
            return ()
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
            return ()
        self.options.unpin()
        keys = run(self.connection, statement("delete", table=table), self._versions(doomed)).scalars()
        run(self.connection, part("SET CONSTRAINTS ALL IMMEDIATE"))
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
            self._show([Change(Kind.RETIRED, self._named(key), {}) for key in keys])
        return keys

    def _set(self) -> int:
        values = self._values()
        rows = [
            row for row in self._rows() if row.reason is None and row.retired == "unlisted" and any(row.free)
        ]
        if not rows:
            return 0
        if self.options.show is not None:
            self._show(list(self._settings(values, rows)))
        self.known = self.ledger.register(
            self.connection,
            self.seeder.name,
            self.target.table,
            [key.name for key in self.target.key],
            list(values),
            known=self.known,
        )
        self.target = self.target.with_registration(self.known)
        for row in rows:
            if not all(row.free):
                stays = ", ".join(each for each, free in zip(values, row.free, strict=True) if not free)
                self._say_kept(row.key, f"somebody changed {stays}")
        groups: dict[tuple[tuple[bool, ...], bool], list[_Row]] = {}
        for row in rows:
            groups.setdefault((tuple(row.free), row.as_left), []).append(row)
        updated = 0
        for (free, untouched), group in groups.items():
            written = [each for each, is_free in zip(values, free, strict=True) if is_free]
            updated += self._write({each: values[each] for each in written}, group, untouched=untouched)
        return updated

    def _write(self, values: Mapping[str, str | None], rows: Sequence[_Row], *, untouched: bool) -> int:
        """Write these cells of these rows, and note it. How many rows were written."""
        columns = self.target.table.columns
        parameters = {f"value_{place}": value for place, value in enumerate(values.values())}
        assignments = [
            part("{} = CAST({} AS {})", name(each), part(f"%(value_{place})s"), columns[each].sql_type)
            for place, each in enumerate(values)
        ]
        if self.target.updated is not None and self.target.updated.name not in values:
            assignments.append(part("{} = pg_catalog.clock_timestamp()", name(self.target.updated.name)))
        self.options.unpin()
        keys = run(
            self.connection,
            statement("set", table=self.target.table.sql, assignments=joined(assignments)),
            {**self._versions(rows), **parameters},
        ).scalars()
        run(self.connection, part("SET CONSTRAINTS ALL IMMEDIATE"))
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
                "written": [self.known.slot(each) for each in values],
                "keys": list(keys),
            },
        )
        return len(keys)

    def _settings(self, values: Mapping[str, str | None], rows: Sequence[_Row]) -> Iterator[Change]:
        """What `set` is about to change."""
        columns = self.target.table.columns
        found = run(
            self.connection,
            part(
                "SELECT doomed.key, {live}, {desired} FROM {table} AS live JOIN ROWS FROM ("
                "pg_catalog.unnest(CAST(%(versions)s AS pg_catalog.tid[])), "
                "pg_catalog.unnest(CAST(%(relations)s AS pg_catalog.oid[])), "
                "pg_catalog.unnest(CAST(%(keys)s AS pg_catalog.text[]))) AS doomed (version, relation, key) "
                "ON live.ctid = doomed.version AND live.tableoid = doomed.relation ORDER BY doomed.key",
                live=texts(canonical(columns[each], name("live", each)) for each in values),
                desired=texts(
                    canonical(
                        columns[each],
                        part("CAST({} AS {})", part(f"%(value_{place})s"), columns[each].sql_type),
                    )
                    for place, each in enumerate(values)
                ),
                table=self.target.table.sql,
            ),
            {
                **self._versions(rows),
                **{f"value_{place}": value for place, value in enumerate(values.values())},
            },
        ).all()
        free = {row.key: row.free for row in rows}
        secret = self._secret_columns()
        for key, live, desired in found:
            shown = zip(values, live, desired, free[key], strict=True)
            cells = {
                each: cell_change(before, after, masked=each in secret)
                for each, before, after, is_free in shown
                if is_free
            }
            yield Change(Kind.RETIRED, self._named(key), cells)

    def _secret_columns(self) -> set[str]:
        """The columns that `!env` feeds, in a row or on retirement."""
        columns = {each for each, value in self.wanted.items() if has_secret(value)}
        if self.seeder.secrets:
            for row in self.seeder.rows():
                columns.update(
                    each for each, value in zip(row.columns, row.values, strict=True) if has_secret(value)
                )
        return columns

    def _check_set(self) -> None:
        table = self.target.table
        for each in self.wanted:
            column = table.columns.get(each)
            if column is None:
                raise SeedFileError(
                    f'no column "{each}" in {table}{did_you_mean(each, table.columns)}',
                    position=self.seeder.at("retired_rows", "set", each),
                    table=str(table),
                )
            if column in self.target.key:
                raise SeedFileError(
                    f'the key column "{each}" can\'t be set',
                    position=self.seeder.at("retired_rows", "set", each),
                    table=str(table),
                )

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
            self._say_kept(row.key, _REASONS.get(reason, reason))
        return kept

    def _say_kept(self, key: str, reason: str) -> None:
        self.options.log.info(
            "seeder.kept",
            seeder=self.seeder.name,
            table=str(self.target.table),
            key=self._named(key),
            reason=reason,
        )

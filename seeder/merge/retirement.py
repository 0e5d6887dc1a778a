"""Rows that we wrote and that their seed file no longer lists: mark them, and do what `retired_rows` says.

Marking happens with the rest of the seeder's work; acting on it comes after all seeders have seeded, when whatever
referred to the rows is gone too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    and_,
    case,
    cast,
    column,
    delete,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    table,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, array

from seeder.database.tables import Native, quote
from seeder.errors import SeedFileError
from seeder.files.model import Policy, has_secret
from seeder.files.suggestions import did_you_mean
from seeder.merge.cells import canonical, constant, digest, equal, key_value
from seeder.merge.diff import Change, Kind, cell_change
from seeder.merge.encoding import encode, encoder_for
from seeder.merge.holdings import Holdings
from seeder.merge.ledger import SET, UNLISTED
from seeder.merge.target import find_target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause

    from seeder.files.model import DataSeeder
    from seeder.merge.comparison import Comparison
    from seeder.merge.ledger import Registered
    from seeder.merge.merger import Options

_NESTED_LOOPS = text("SELECT set_config('enable_nestloop', :setting, true)")

_INBOUND = text("""\
SELECT n.nspname AS schema, c.relname AS name,
    (SELECT json_agg(a.attname ORDER BY k.position)
     FROM unnest(f.conkey) WITH ORDINALITY AS k(attnum, position)
     JOIN pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = k.attnum) AS referring,
    (SELECT json_agg(a.attname ORDER BY k.position)
     FROM unnest(f.confkey) WITH ORDINALITY AS k(attnum, position)
     JOIN pg_attribute AS a ON a.attrelid = f.confrelid AND a.attnum = k.attnum) AS referred
FROM pg_constraint AS f
JOIN pg_class AS c ON c.oid = f.conrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE f.contype = 'f' AND f.conparentid = 0 AND f.confrelid IN (
    SELECT to_regclass(:qualified)
    UNION ALL SELECT relid FROM pg_partition_tree(to_regclass(:qualified))
    UNION ALL SELECT relid FROM pg_partition_ancestors(to_regclass(:qualified)))
""")


@dataclass(frozen=True)
class Retired:
    """What became of the rows that the seed file no longer lists. `kept` counts those that stay as they are."""

    deleted: int
    updated: int
    kept: int
    written: bool


def mark_unlisted(
    connection: Connection, comparison: Comparison, seed: FromClause, registered: Registered
) -> None:
    """Mark in the ledger the rows of this seeder that `seed` does not list."""
    ledger, layout = comparison.ledger, comparison.layout
    assert ledger is not None  # noqa: S101 - only called where there is a ledger
    entries = ledger.entries
    same: list[ColumnElement[bool]] = []
    for place, key in enumerate(comparison.target.key, start=1):
        entered = key_value(key, entries.c.key[constant(place)])
        desired = seed.c[layout.cells[key.name].name]
        # Arrays of one element, because those hold NULL equal to NULL and can be hashed.
        same.append(equal(key, desired, entered) if key.not_null else array([desired]) == array([entered]))
    listed = exists(select(constant(1)).select_from(seed).where(*same))
    marked = (
        update(entries)
        .where(
            entries.c.target_id == registered.target_id,
            entries.c.seeder_id == registered.seeder_id,
            entries.c.retired.is_(None),
            not_(listed),
        )
        .values(retired=UNLISTED)
    )
    # What the ledger has just been given has no statistics yet: the planner takes the entries for a handful, and would
    # look through all of `seed` for each.
    connection.execute(_NESTED_LOOPS, {"setting": "off"})
    connection.execute(marked)
    connection.execute(_NESTED_LOOPS, {"setting": "on"})


def retire(connection: Connection, seeder: DataSeeder, options: Options) -> Retired:
    """Do what `retired_rows` says with the rows that are marked as unlisted, under the table's lock."""
    target = find_target(connection, seeder, options.ledger, create_tables=False)
    assert target is not None  # noqa: S101 - a missing table raises where none may be created
    assert options.ledger is not None  # noqa: S101 - nothing is retired without a ledger
    assert target.registration is not None  # noqa: S101 - as above
    return _Retirement(
        connection, seeder, Holdings(target, options.ledger, target.registration), options
    ).run()


class _Retirement:
    def __init__(
        self, connection: Connection, seeder: DataSeeder, holdings: Holdings, options: Options
    ) -> None:
        self.connection = connection
        self.seeder = seeder
        self.options = options
        self.holdings = holdings
        self.target = holdings.target
        self.entries = holdings.entries
        self.live = holdings.target.table.clause
        self.same_key = holdings.same_key
        self.ours = and_(holdings.ours, holdings.retired)
        self.free = and_(~holdings.entries.c.adopted, holdings.as_seeded)

    def run(self) -> Retired:
        dropped = self.connection.execute(delete(self.entries).where(self.ours, self.holdings.gone)).rowcount
        policy = self.seeder.retired_rows
        deleted = updated = 0
        referenced: ColumnElement[bool] = false()
        if policy is Policy.DELETE:
            referenced = self._referenced()
            # Rows may refer to each other: each round frees those that the last one's referred to.
            while self._lock(~referenced) and (keys := self._delete(referenced)):
                deleted += len(keys)
                self._show(Change(Kind.RETIRED, self._named(key), {}) for key in keys)
        elif isinstance(policy, Mapping):
            updated = self._set(policy)
        kept = self._report_kept(referenced)
        return Retired(deleted, updated, kept, written=bool(dropped or deleted or updated))

    def _lock(self, unreferenced: ColumnElement[bool]) -> bool:
        """Lock the rows that may go, so that nothing new can refer to them while we look. Whether there are any.

        Those that stay are not locked: a lock is written into the row, and where nothing goes nothing is written.
        """
        rows = select(self.live.c.ctid).select_from(self.live.join(self.entries, self.same_key))
        doomed = rows.where(self.ours, self.free, unreferenced).with_for_update(of=self.live)
        return bool(self.connection.execute(doomed).all())

    def _referenced(self) -> ColumnElement[bool]:
        """Whether any row of any table refers to a row, whatever its ON DELETE."""
        own = self.target.table
        qualified = quote(own.schema, own.name)
        conditions = []
        for place, key in enumerate(self.connection.execute(_INBOUND, {"qualified": qualified}).all()):
            names = dict.fromkeys([*key.referring, "ctid", "tableoid"])
            child = table(key.name, *map(column, names), schema=key.schema).alias(f"child_{place}")
            pairs = zip(key.referring, key.referred, strict=True)
            refers = [child.c[a] == self.live.c[b] for a, b in pairs]
            if (key.schema, key.name) == (own.schema, own.name):
                # A row that refers to itself holds nobody back.
                refers.append(or_(child.c.ctid != self.live.c.ctid, child.c.tableoid != self.live.c.tableoid))
            conditions.append(exists(select(constant(1)).select_from(child).where(*refers)))
        return or_(false(), *conditions)

    def _named(self, key: Sequence[str | None]) -> dict[str, str | None]:
        return dict(zip((each.name for each in self.target.key), key, strict=True))

    def _show(self, changes: Iterable[Change]) -> None:
        if self.options.show is not None:
            self.options.show(changes)

    def _delete(self, referenced: ColumnElement[bool]) -> Sequence[Sequence[str | None]]:
        gone = (
            delete(self.live)
            .where(self.ours, self.same_key, self.free, ~referenced)
            .returning(self.entries.c.key)
            .cte("gone")
        )
        dropped = (
            delete(self.entries)
            .where(self.holdings.ours, self.entries.c.key == gone.c.key)
            .returning(self.entries.c.key)
            .cte("dropped")
        )
        return self.connection.scalars(select(gone.c.key).add_cte(dropped)).all()

    def _set(self, wanted: Mapping[str, Any]) -> int:
        values = self._values(wanted)
        if self.options.show is not None:
            self._show(list(self._settings(values)))
        places = self.holdings.ledger.register(
            self.connection,
            self.seeder.name,
            str(self.target.table),
            [key.name for key in self.target.key],
            list(values),
        ).places
        entries, columns = self.entries, self.target.table.columns
        after = [digest(canonical(columns[name], self.live.c[name])) for name in values]
        if self.target.updated is not None:
            values.setdefault(self.target.updated.name, func.clock_timestamp())
        changed = (
            update(self.live)
            .where(self.ours, entries.c.retired == UNLISTED, self.same_key, self.free)
            .values({self.live.c[name]: value for name, value in values.items()})
            .returning(entries.c.key, *(each.label(f"cell_{number}") for number, each in enumerate(after)))
            .cte("changed")
        )
        desired: list[ColumnElement[Any]] = []
        stored: list[ColumnElement[Any]] = []
        numbers = {name: number for number, name in enumerate(wanted)}
        for name, place in places.items():
            index = constant(place)
            if name in numbers:
                desired.append(changed.c[f"cell_{numbers[name]}"])
                stored.append(changed.c[f"cell_{numbers[name]}"])
            else:
                desired.append(entries.c.desired[index])
                stored.append(func.coalesce(entries.c.stored[index], entries.c.desired[index]))
        both = [cast(array(cells, type_=BYTEA), ARRAY(BYTEA)) for cells in (desired, stored)]
        noted = (
            update(entries)
            .where(self.holdings.ours, entries.c.key == changed.c.key)
            .values(retired=SET, desired=both[0], stored=func.nullif(both[1], both[0]))
            .returning(entries.c.key)
            .cte("noted")
        )
        counted = select(func.count()).select_from(changed).add_cte(noted)
        return self.connection.scalar(counted) or 0

    def _settings(self, values: Mapping[str, ColumnElement[Any]]) -> Iterator[Change]:
        """What `set` is about to change."""
        columns = self.target.table.columns
        texts = [
            canonical(columns[name], cell)
            for name, value in values.items()
            for cell in (self.live.c[name], value)
        ]
        found = select(
            self.entries.c.key, *(each.label(f"text_{number}") for number, each in enumerate(texts))
        )
        source = found.select_from(self.entries.join(self.live, self.same_key)).where(
            self.ours, self.entries.c.retired == UNLISTED, self.free
        )
        secret = self._secret_columns()
        for key, *texts_ in self.connection.execute(source):
            shown = zip(values, texts_[::2], texts_[1::2], strict=True)
            cells = {name: cell_change(*pair, masked=name in secret) for name, *pair in shown}
            yield Change(Kind.RETIRED, self._named(key), cells)

    def _secret_columns(self) -> set[str]:
        """The columns that `!env` feeds, in a row or on retirement."""
        policy, columns = self.seeder.retired_rows, set[str]()
        if isinstance(policy, Mapping):
            columns.update(name for name, value in policy.items() if has_secret(value))
        if self.seeder.secrets:
            for row in self.seeder.rows():
                columns.update(
                    name for name, value in zip(row.columns, row.values, strict=True) if has_secret(value)
                )
        return columns

    def _values(self, wanted: Mapping[str, Any]) -> dict[str, ColumnElement[Any]]:
        table_ = self.target.table
        values: dict[str, ColumnElement[Any]] = {}
        for name, value in wanted.items():
            column_ = table_.columns.get(name)
            if column_ is None:
                raise SeedFileError(
                    f'no column "{name}" in {table_}{did_you_mean(name, table_.columns)}',
                    position=self.seeder.at("retired_rows", "set", name),
                    table=str(table_),
                )
            if column_ in self.target.key:
                raise SeedFileError(
                    f'the key column "{name}" can\'t be set',
                    position=self.seeder.at("retired_rows", "set", name),
                    table=str(table_),
                )
            written = encode(
                encoder_for(column_), value, name, partial(self.seeder.at, "retired_rows", "set")
            )
            values[name] = cast(written, Native(column_.type))
        return values

    def _report_kept(self, referenced: ColumnElement[bool]) -> int:
        """Say which rows stay though `retired_rows` would have them changed, and why; count all that stay."""
        entries = self.entries
        stays = entries.c.retired != SET if isinstance(self.seeder.retired_rows, Mapping) else true()
        if self.seeder.retired_rows is Policy.KEEP:
            return self.connection.scalar(select(func.count()).select_from(entries).where(self.ours)) or 0
        reason = case(
            (entries.c.adopted, "it was there before us"),
            (referenced, "another row refers to it"),
            else_="somebody changed it",
        )
        found = self.connection.execute(
            select(entries.c.key, reason).join(self.live, self.same_key).where(self.ours, stays)
        ).all()
        for key, why in found:
            self.options.log.info(
                "seeder.kept",
                seeder=self.seeder.name,
                table=str(self.target.table),
                key=self._named(key),
                reason=why,
            )
        return len(found)

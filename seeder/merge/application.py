"""Apply a difference: insert, update, and write into the ledger what came back, each as one statement over sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Boolean,
    Column,
    Insert,
    Integer,
    SmallInteger,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, OID, array
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateTable

from seeder.database.tables import Native
from seeder.errors import SeedingError
from seeder.merge.cells import canonical, constant, digest, equal, in_conflict, key_text
from seeder.merge.comparison import Action, State, has_state, is_kept, needs_work
from seeder.merge.staging import analyze, temporary_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import CTE, ColumnElement, Connection, FromClause, Table
    from sqlalchemy.sql.compiler import SQLCompiler

    from seeder.merge.comparison import Comparison
    from seeder.merge.ledger import Registered


class OverridingInsert(Insert):
    """An INSERT that may say what an identity column GENERATED ALWAYS holds."""

    inherit_cache = True


@compiles(OverridingInsert, "postgresql")
def _overriding(element: OverridingInsert, compiler: SQLCompiler, **options: Any) -> str:
    statement = str(compiler.visit_insert(element, **options))  # type: ignore[no-untyped-call]  # SQLAlchemy's gap
    names = [compiler.preparer.quote(str(name)) for name in element._select_names or ()]  # noqa: SLF001 - no public way
    columns = f"({', '.join(names)})"
    return statement.replace(columns, f"{columns} OVERRIDING SYSTEM VALUE", 1)


@dataclass(frozen=True)
class Tally:
    """How many rows a difference holds, by what becomes of them."""

    inserts: int
    updates: int
    work: int
    kept: int
    touched: int
    """Rows that are updated, kept, or both."""
    conflicts: int
    adopted: int
    """Rows that were there before us, and get an entry in the ledger now."""
    problems: int
    writes: tuple[bool, ...]


@dataclass(frozen=True)
class Difference:
    """The rows that are not as they are desired, in a temporary table, and the statements that make them so."""

    comparison: Comparison
    table: Table
    stage: Table

    @classmethod
    def found(
        cls, connection: Connection, comparison: Comparison, stage: Table, seed: FromClause
    ) -> Difference:
        """Compare `seed`, rows of `stage`, and keep what differs."""
        difference = temporary_table(
            "difference",
            Column("n", Integer),
            Column("shape", Integer),
            Column("action", SmallInteger),
            Column("states", ARRAY(SmallInteger)),
            Column("seen", BYTEA),
            Column("version", Native("tid")),
            Column("relation", OID),
            Column("listed", Boolean),
            Column("owned", Boolean),
            Column("entry", Boolean),
            Column("key", ARRAY(Text)),
        )
        connection.execute(CreateTable(difference))
        rows = comparison.rows(seed).subquery("rows")
        found = select(*rows.c).where(or_(needs_work(rows), is_kept(rows)))
        connection.execute(insert(difference).from_select([each.name for each in difference.c], found))
        analyze(connection, difference)
        return cls(comparison, difference, stage)

    def tally(self, connection: Connection) -> Tally:
        """Count what there is to do."""
        rows = self.table
        compared = rows.c.action == constant(Action.COMPARE)
        problem = or_(
            rows.c.action.in_([constant(Action.EXISTS), constant(Action.CLAIMED)]),
            has_state(rows, [State.FAIL]),
        )
        written = self.comparison.written
        found = connection.execute(
            select(
                func.count().filter(rows.c.action == constant(Action.INSERT)),
                func.count().filter(has_state(rows, [State.WRITE])),
                func.count().filter(needs_work(rows)),
                func.count().filter(is_kept(rows)),
                func.count().filter(or_(is_kept(rows), has_state(rows, [State.WRITE]))),
                func.count().filter(has_state(rows, [State.CONFLICT])),
                func.count().filter(compared, ~rows.c.entry),
                func.count().filter(problem),
                *(
                    func.coalesce(func.bool_or(self._has(place, State.WRITE)), false())
                    for place in range(1, len(written) + 1)
                ),
            )
        ).one()
        inserts, updates, work, kept, touched, conflicts, adopted, problems, *writes = found
        return Tally(inserts, updates, work, kept, touched, conflicts, adopted, problems, tuple(writes))

    def insert(self, connection: Connection, registered: Registered | None) -> int:
        """Insert the rows that are not there, and enter them in the ledger. How many rows came back.

        One statement for all shapes, so that rows may refer to each other whatever their order.
        """
        inserted = [
            self._insert_shape(number, columns).cte(f"inserted_{number}")
            for number, columns in enumerate(self.comparison.layout.shapes)
        ]
        rows = union_all(*(select(each) for each in inserted)).subquery("inserted")
        counted = select(func.count()).select_from(rows)
        if registered is None:
            return connection.scalar(counted) or 0
        entered = self._enter(rows, registered).cte("entered")
        came_back, matched = connection.execute(
            counted.add_columns(select(func.count()).select_from(entered).scalar_subquery())
        ).one()
        if matched < came_back:
            raise SeedingError(
                f"{came_back - matched} of the rows inserted came back with another key than the seed file gave them; "
                f"is it a trigger on {self.comparison.target.table} that alters the key? Give the key in its form",
                table=str(self.comparison.target.table),
            )
        return int(came_back)

    def update(self, connection: Connection, tally: Tally, registered: Registered | None) -> int:
        """Update the cells that are to be written, and note in the ledger what is new to it. How many rows came back.

        A row that is no longer as it was compared gets away, and its ledger entry stays.
        """
        written = self._update(tally).cte("written") if tally.updates else None
        if registered is None:
            if written is None:
                return 0
            return connection.scalar(select(func.count()).select_from(written)) or 0
        noted = self._note(written, registered).cte("noted")
        counted = select(
            select(func.count()).select_from(written).scalar_subquery() if written is not None else literal(0)
        )
        return connection.scalar(counted.add_cte(noted)) or 0

    def columns_in(self, states: Sequence[int], state: State) -> list[str]:
        """The columns of a row's cells that are in `state`."""
        cells = zip(self.comparison.written, states, strict=True)
        return [cell.column.name for cell, each in cells if each == state]

    def _has(self, place: int, state: State) -> ColumnElement[bool]:
        compared = self.table.c.action == constant(Action.COMPARE)
        return and_(compared, self.table.c.states[constant(place)] == constant(state))

    def _insert_shape(self, number: int, names: Sequence[str]) -> Any:
        target, cells = self.comparison.target, self.comparison.layout.cells
        rows, stage = self.table, self.stage
        values: dict[str, ColumnElement[Any]] = {name: stage.c[cells[name].name] for name in names}
        for stamp in (target.created, target.updated):
            if stamp is not None and stamp.name not in values:
                values[stamp.name] = func.clock_timestamp()
        table = target.table
        source = (
            select(*values.values())
            .select_from(rows.join(stage, stage.c.n == rows.c.n))
            .where(rows.c.action == constant(Action.INSERT), rows.c.shape == constant(number))
            .order_by(rows.c.n)
        )
        overriding = any(table.columns[name].identity == "a" for name in names)
        statement: Any = (OverridingInsert if overriding else insert)(table.clause)
        compared = self.comparison.cells
        returned = [table.clause.c[key.name].label(f"key_{place}") for place, key in enumerate(target.key)]
        returned += [
            digest(canonical(cell.column, table.clause.c[cell.column.name])).label(f"cell_{place}")
            for place, cell in enumerate(compared)
        ]
        return statement.from_select(list(values), source, include_defaults=False).returning(*returned)

    def _enter(self, inserted: FromClause, registered: Registered) -> Any:
        comparison = self.comparison
        ledger, layout = comparison.ledger, comparison.layout
        assert ledger is not None  # noqa: S101 - only asked where there is a ledger
        rows, stage = self.table, self.stage
        same_key = []
        for place, key in enumerate(comparison.target.key):
            ours, theirs = inserted.c[f"key_{place}"], stage.c[layout.cells[key.name].name]
            # Arrays of one element, because those hold NULL equal to NULL and can be hashed.
            same_key.append(equal(key, ours, theirs) if key.not_null else array([ours]) == array([theirs]))
        desired: list[ColumnElement[Any]] = [cast(null(), BYTEA)] * len(registered.places)
        stored = list(desired)
        for place, cell in enumerate(comparison.cells):
            wanted = digest(canonical(cell.column, stage.c[cell.name]))
            at = registered.places[cell.column.name] - 1
            if layout.named_by(cell.column.name) is None:
                desired[at], stored[at] = wanted, inserted.c[f"cell_{place}"]
            else:
                present = comparison.present(cell, stage.c.shape)
                desired[at] = case((present, wanted))
                stored[at] = case((present, inserted.c[f"cell_{place}"]))
        entered = array(
            [key_text(key, inserted.c[f"key_{place}"]) for place, key in enumerate(comparison.target.key)]
        )
        source = select(
            literal(registered.target_id, Integer),
            entered,
            literal(registered.seeder_id, Integer),
            false(),
            cast(null(), Text),
            _digests(desired),
            func.nullif(_digests(stored), _digests(desired), type_=ARRAY(BYTEA)),
        ).select_from(
            inserted.join(stage, and_(*same_key)).join(
                rows, and_(rows.c.n == stage.c.n, rows.c.action == constant(Action.INSERT))
            )
        )
        return self._upsert(source)

    def _update(self, tally: Tally) -> Any:
        comparison, rows, stage = self.comparison, self.table, self.stage
        target = comparison.target
        live = target.table.clause
        values: dict[str, ColumnElement[Any]] = {}
        for place, (cell, writes) in enumerate(zip(comparison.written, tally.writes, strict=True), start=1):
            if writes:
                name = cell.column.name
                values[name] = case((self._has(place, State.WRITE), stage.c[cell.name]), else_=live.c[name])
        if target.updated is not None and target.updated.name not in values:
            values[target.updated.name] = func.clock_timestamp()
        after = [digest(canonical(cell.column, live.c[cell.column.name])) for cell in comparison.written]
        return (
            update(live)
            .where(
                live.c.ctid == rows.c.version,
                live.c.tableoid == rows.c.relation,
                comparison.seen(comparison.live_text(live)) == rows.c.seen,
                has_state(rows, [State.WRITE]),
                stage.c.n == rows.c.n,
            )
            .values({live.c[name]: value for name, value in values.items()})
            .returning(rows.c.n, *(each.label(f"cell_{place}") for place, each in enumerate(after, start=1)))
        )

    def _note(self, written: CTE | None, registered: Registered) -> Any:
        comparison = self.comparison
        ledger, _layout = comparison.ledger, comparison.layout
        assert ledger is not None  # noqa: S101 - only asked where there is a ledger
        rows, stage, entries = self.table, self.stage, ledger.entries.alias("before")
        before = func.coalesce
        desired: list[ColumnElement[Any]] = []
        stored: list[ColumnElement[Any]] = []
        for place in range(1, len(registered.places) + 1):
            index = constant(place)
            last = case((rows.c.listed, entries.c.desired[index]))
            desired.append(last)
            stored.append(case((rows.c.listed, before(entries.c.stored[index], entries.c.desired[index]))))
        for place, cell in enumerate(comparison.cells, start=1):
            name = cell.column.name
            at = registered.places[name] - 1
            index = constant(at + 1)
            wanted = digest(canonical(cell.column, stage.c[cell.name]))
            # Only cells that the row names are carried over, and with them those of a row that returns.
            last = case((comparison.present(cell, rows.c.shape), entries.c.desired[index]), else_=desired[at])
            stood = case(
                (
                    comparison.present(cell, rows.c.shape),
                    before(entries.c.stored[index], entries.c.desired[index]),
                ),
                else_=stored[at],
            )
            fresh = or_(*(self._has(place, state) for state in (State.WRITE, State.NOTE, State.ADOPT)))
            desired[at] = case((or_(fresh, self._has(place, State.CONFLICT)), wanted), else_=last)
            came_back = written.c[f"cell_{place}"] if written is not None else wanted
            stored[at] = case(
                (self._has(place, State.WRITE), came_back),
                (fresh, wanted),
                (self._has(place, State.CONFLICT), in_conflict(stood)),
                else_=stood,
            )
        source = rows.join(stage, stage.c.n == rows.c.n).outerjoin(
            entries, and_(entries.c.target_id == registered.target_id, entries.c.key == rows.c.key)
        )
        noted = or_(
            and_(rows.c.action == constant(Action.COMPARE), needs_work(rows)),
            and_(
                rows.c.action.in_([constant(Action.LEAVE), constant(Action.GONE)]),
                or_(~rows.c.listed, ~rows.c.owned),
            ),
        )
        if written is not None:
            source = source.outerjoin(written, written.c.n == rows.c.n)
            noted = and_(noted, or_(~has_state(rows, [State.WRITE]), written.c.n.is_not(None)))
        columns = [
            literal(registered.target_id, Integer),
            rows.c.key,
            literal(registered.seeder_id, Integer),
            func.coalesce(entries.c.adopted, true()),
            cast(null(), Text),
            _digests(desired),
            func.nullif(_digests(stored), _digests(desired), type_=ARRAY(BYTEA)),
        ]
        return self._upsert(select(*columns).select_from(source).where(noted))

    def _upsert(self, source: Any) -> Any:
        ledger = self.comparison.ledger
        assert ledger is not None  # noqa: S101 - only asked where there is a ledger
        entries = ledger.entries
        names = ["target_id", "key", "seeder_id", "adopted", "retired", "desired", "stored"]
        statement = postgresql.insert(entries).from_select(names, source)
        return statement.on_conflict_do_update(
            index_elements=[entries.c.target_id, entries.c.key],
            set_={name: statement.excluded[name] for name in names[2:]},
        ).returning(entries.c.target_id)


def _digests(cells: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    return cast(array(cells, type_=BYTEA), ARRAY(BYTEA))

"""Say which row it was: from a number, or from what PostgreSQL refused, back to a place in the seed file."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import psycopg
from psycopg.sql import Composable

from seeder.errors import SeedFileError, SeedingError
from seeder.masking import redact
from seeder.merge.comparison import Action, Comparison, State
from seeder.merge.difference import Difference
from seeder.merge.encoding import key_text
from seeder.merge.expressions import canonical, collated, same
from seeder.merge.ledger import Ledger
from seeder.merge.parameter import as_parameter
from seeder.merge.sql_files import statement
from seeder.merge.stage import Stage
from seeder.merge.staged_columns import Cell, Layout, Record
from seeder.merge.target import Target
from seeder.postgres.connection import Connection
from seeder.postgres.failures import describe
from seeder.postgres.statements import joined, name, part, run
from seeder.seed_files.model import DataSeeder
from seeder.seed_files.rows import Row, same_key
from seeder.seed_files.values import Ref, Value

MOST_ROWS: Final = 100_000
"""So many rows of a seed file are searched for the one that PostgreSQL refused: the search writes them once more."""

_PIECE: Final = 1000
_ABOUT_VALUES: Final = ("22", "23")
_ABOUT_ROWS: Final = (*_ABOUT_VALUES, "P0", "44")
_FOREIGN_KEY: Final = "23503"
_ADVICE: Final = {
    "23502": "; give it a value, or leave it out if the column has a default",
    "23503": "; the row that it refers to is not there: seed that first, or correct the value",
    "23505": "; another row, in the file or in the table, has the same value",
    "23514": "; correct the value, or the constraint",
}
"""What to do about a row, by SQLSTATE."""

_COPIED = re.compile(r"^COPY \S+, \w+ (\d+)", re.MULTILINE)


def find_refused(
    connection: Connection,
    seeder: DataSeeder,
    layout: Layout,
    error: psycopg.Error,
    attempt: Callable[[Sequence[Row]], object],
) -> SeedingError | None:
    """The error to report for PostgreSQL's `error`, with the row and the cell, or None if no row is to be found.

    `attempt` seeds some rows after those that it took before, or raises and leaves nothing of them. `layout` is empty.
    """
    row = _refused_row(seeder, error, attempt) if _is_about(error, _ABOUT_ROWS) else None
    if row is None:
        return None
    if _is_about(error, _ABOUT_VALUES):
        record = layout.encode(1, row)
        for column, cell in layout.typed_cells():
            # Alone, because the function that reads a record reads all of its cells.
            narrow, alone = layout.alone(cell, record)
            refused = refusal(connection, narrow, [alone])
            if refused is not None:
                return refused_value(layout, row, column, cell, refused)
    named = error.diag.column_name
    said = describe(error) + _ADVICE.get(error.sqlstate or "", "")
    return _about(layout, row, said, named if named in row.columns else None, error.sqlstate)


def _refused_row(
    seeder: DataSeeder, error: psycopg.Error, attempt: Callable[[Sequence[Row]], object]
) -> Row | None:
    # Values that PostgreSQL refuses in a file that it reads by itself are sent again, row by row: a line is a row.
    copied = _COPIED.search(error.diag.context or "") if _is_about(error, _ABOUT_VALUES) else None
    if copied is not None:
        return _row(seeder, int(copied[1]))
    rows = itertools.islice(seeder.rows(), MOST_ROWS)
    while piece := list(itertools.islice(rows, _PIECE)):
        if _takes(attempt, piece, error):
            continue
        while len(piece) > 1:
            half = piece[: len(piece) // 2]
            piece = piece[len(half) :] if _takes(attempt, half, error) else half
        return piece[0]
    return None


def _takes(attempt: Callable[[Sequence[Row]], object], rows: Sequence[Row], error: psycopg.Error) -> bool:
    """Whether PostgreSQL takes `rows`. Raises what it refuses them for, if that is not `error` again."""
    try:
        attempt(rows)
    except psycopg.Error as refusal:
        if _reason(refusal) != _reason(error):
            raise
        return False
    return True


def _reason(error: psycopg.Error) -> tuple[str | None, ...]:
    # A row that refers to a later one is refused too while it is tried without that; the detail tells the two apart.
    detail = error.diag.message_detail if error.sqlstate == _FOREIGN_KEY else None
    return error.sqlstate, error.diag.constraint_name, detail


def refused_value(layout: Layout, row: Row, column: str, cell: Cell, refused: psycopg.Error) -> SeedingError:
    """The error that says that PostgreSQL can't read a value as the type of its column."""
    kind = f'column "{cell.column.name}" is of type {cell.column.type}'
    return _about(layout, row, f"{kind}: {describe(refused)}", column, refused.sqlstate)


def unresolved(target: Target | Layout, row: Row, column: str, count: int) -> SeedFileError:
    """The error that says that the `!ref` in a column of `row` finds no row, or several."""
    ref: Any = dict(zip(row.columns, row.values, strict=True))[column]
    advice = "name more of its columns" if count else "seed that row first, or correct the value"
    return SeedFileError(
        f'the reference in column "{column}" finds {"several rows" if count else "no row"} in {_sought(ref)}; {advice}',
        position=row.at(column),
        table=str(target.table),
        key=_key_of(target, row),
    )


def _sought(ref: Ref) -> str:
    """What a `!ref` looks for, as it may be shown."""
    return f"{ref.table} where " + " and ".join(
        f"{name} is {_sought_value(value)}" for name, value in ref.where.items()
    )


def _sought_value(value: Value) -> str:
    if isinstance(value, Ref):
        return f"that of ({_sought(value)})"
    return "NULL" if value is None else redact(key_text(value))


def refusal(connection: Connection, layout: Layout, records: Sequence[Record]) -> psycopg.Error | None:
    """Why PostgreSQL can't read some cell of `records` as its column's type, or None if it can read all."""
    seed = as_parameter(layout, records)
    # Counted as text, so that no type needs an equality, and each is read.
    counts = (
        part("pg_catalog.count({})", canonical(cell.column, name("seed", cell.name)))
        for cell in layout.cells.values()
    )
    # `with_seed` ends with a comma.
    read = part("{}nothing AS (SELECT) SELECT {} FROM seed", seed.with_seed, joined(counts))
    try:
        with connection.transaction(force_rollback=True):
            run(connection, read, {"rows": seed.rows})
    except psycopg.Error as error:
        if _is_about(error, _ABOUT_VALUES):
            return error
        raise
    return None


def _is_about(error: psycopg.Error, codes: tuple[str, ...]) -> bool:
    return (error.sqlstate or "").startswith(codes)


def _row(seeder: DataSeeder, number: int) -> Row:
    """The row with this number, counted from 1, read again from the seed file."""
    return next(itertools.islice(seeder.rows(), number - 1, None))


def _key_of(target: Target | Layout, row: Row) -> dict[str, str | None]:
    """The key of a seed row as it may be shown, without cells that `!ref` looks up."""
    cells = dict(zip(row.columns, row.values, strict=True))
    return {
        each.name: key_text(cells[each.name])
        for each in target.own_key
        if each.name in cells and not isinstance(cells[each.name], Ref)
    }


def _about(
    target: Target | Layout, row: Row, message: str, column: str | None = None, code: str | None = None
) -> SeedingError:
    return SeedingError(
        message, position=row.at(column), table=str(target.table), key=_key_of(target, row), sqlstate=code
    )


@dataclass(frozen=True)
class Refusals:
    """What a seeder fails for though PostgreSQL would take it. Each method raises for the first such row, if any."""

    connection: Connection
    seeder: DataSeeder
    target: Target
    ledger: Ledger | None

    def same_keys(self, stage: Stage) -> None:
        """Two rows of the seed file with the same key."""
        found = run(
            self.connection,
            statement(
                "same_keys",
                stage=stage.resolved(),
                key=joined(
                    collated(key, name("seed", stage.layout.cells[key.name].name)) for key in self.target.key
                ),
            ),
        ).scalar()
        if found is None:
            return
        first, second = (_row(self.seeder, number) for number in found)
        names = [key.name for key in self.target.own_key]
        raise same_key(
            second, names, (first.number, first.line), _key_of(self.target, second), str(self.target.table)
        )

    def unresolved(self, number: int, column: str, count: int) -> NoReturn:
        """A `!ref` in row `number` that finds no row, or several."""
        raise unresolved(self.target, _row(self.seeder, number), column, count)

    def ambiguous_keys(self, comparison: Comparison, seed: Composable) -> None:
        """Several live rows with the key of one row of `seed`."""
        key = {each.name for each in self.target.key}
        if any(key >= unique for unique in self.target.table.unique_keys):
            return

        def there(same_key: Composable, nulls: Composable) -> Composable:
            return part(
                "SELECT seed.n FROM {seed} AS seed JOIN {table} AS live ON {same_key} WHERE {nulls}",
                seed=seed,
                table=self.target.table.sql,
                same_key=same_key,
                nulls=nulls,
            )

        pairs = comparison.each_null_pattern(there)
        number = run(self.connection, statement("ambiguous_key", pairs=pairs)).scalar()
        if number is not None:
            self._refuse(number, several(self.target))

    def moved_out(self, difference: Difference) -> None:
        """A row that was written, and that a trigger has moved out of its part of the table."""
        target, layout = self.target, difference.stage.layout
        if not target.part.columns:
            return
        own_key = (
            same(key, name("live", key.name), name("seed", layout.cells[key.name].name))
            for key in target.own_key
            if key not in target.part.columns
        )
        number = run(
            self.connection,
            statement(
                "moved_out",
                difference=difference.table,
                stage=difference.stage.table,
                table=target.table.sql,
                same_own_key=joined(own_key, " AND ", "true"),
                same_key=difference.comparison.same_key,
                in_part=target.part.holds("live"),
                ours=statement("ours"),
            ),
        ).scalar()
        if number is not None:
            self._refuse(
                number,
                "the row was written, and is no longer in the part of the table that `where` names: a trigger on "
                f"{target.table} has moved it, and each run would insert it once more; correct `where` or the trigger",
            )

    def policies(self, comparison: Comparison, difference: Composable) -> NoReturn:
        """Rows that another seeder holds, and differences for which a policy says `fail`."""
        found = run(self.connection, statement("refused", difference=difference)).one()
        if found.action == Action.CLAIMED:
            self.claimed(found.n, found.holder)
        columns = comparison.columns_in(found.states, State.FAIL)
        names = ", ".join(f'"{each}"' for each in columns)
        if found.action == Action.EXISTS or not found.entered or self.ledger is None:
            differs = f" and differs in {names}" if columns else ""
            why = (
                f"the row was there before{differs}, and `existing_rows` is `fail`; let the seed file say what the "
                "table has, or set `existing_rows` to `keep` or `overwrite`"
            )
        elif self._known(comparison, found.key, columns):
            why = (
                f"somebody changed {names} since it was seeded, the seed file changed it too, and `edited_rows` is "
                "`fail`; let the seed file say what the table has, or set `edited_rows` to `keep` or `overwrite`"
            )
        else:
            why = (
                f"{names} came to the seed file later, differs in the table, and `existing_rows` is `fail`; let the "
                "seed file say what the table has, or set `existing_rows` to `keep` or `overwrite`"
            )
        self._refuse(found.n, why)

    def claimed(self, number: int, seeder_id: int) -> NoReturn:
        """Row `number`, which the seeder with this id holds."""
        assert self.ledger is not None  # noqa: S101 - without a ledger nobody claims anything
        own, (other, holder) = (
            self.ledger.known_as(self.seeder.name),
            self.ledger.holder(self.connection, seeder_id),
        )
        self._refuse(
            number,
            f'"{own}" lists a row that belongs to {holder}; if the seed file was renamed, write `formerly: [{other}]` '
            "in it, and this seeder takes over all rows of the other; if not, take the row out of one of the two",
        )

    def _refuse(self, number: int, why: str) -> NoReturn:
        raise _about(self.target, _row(self.seeder, number), why)

    def _known(self, comparison: Comparison, key: str, columns: list[str]) -> bool:
        """Whether the ledger knows all these cells of the row with this key."""
        known = comparison.registration
        if known is None or self.ledger is None:
            return False
        cells: bytes = (
            run(
                self.connection,
                part(
                    "SELECT entry.cells FROM {} AS entry WHERE entry.table_id = %(id)s AND entry.key = %(key)s",
                    self.ledger.names["rows"],
                ),
                {"id": known.table_id, "key": key},
            ).scalar()
            or b""
        )
        digests = [bytes(cells)[slot * 8 - 8 : slot * 8] for slot in map(known.slot, columns) if slot]
        return len(digests) == len(columns) and all(any(digest) for digest in digests)


def several(target: Target) -> str:
    """What to say of several live rows with one key."""
    rows = f"several rows of {target.table}"
    if target.part.columns:
        rows += " that are in the part that `where` names"
    return f"{rows} have the key of this one, and can't be told apart; leave one of them, or name more columns in `key`"

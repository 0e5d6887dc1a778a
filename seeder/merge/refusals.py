"""What a seeder fails for though PostgreSQL would take it, said with the row's place in the seed file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy import func, select

from seeder.errors import SeedFileError, SeedingError
from seeder.merge.cells import constant
from seeder.merge.comparison import Action, State, has_state
from seeder.merge.encoding import key_text
from seeder.merge.problems import key_of, row_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, FromClause

    from seeder.files.model import DataSeeder
    from seeder.merge.application import Difference, Tally
    from seeder.merge.comparison import Comparison
    from seeder.merge.layout import Layout
    from seeder.merge.ledger import Ledger
    from seeder.merge.target import Target


@dataclass(frozen=True)
class Refusals:
    """Each method looks for one kind of trouble, and raises an error for the first of it that it finds."""

    connection: Connection
    seeder: DataSeeder
    target: Target
    ledger: Ledger | None

    def same_keys(self, layout: Layout, seed: FromClause) -> None:
        """Two rows of `seed` with the same key."""
        cells = [seed.c[layout.cells[key.name].name] for key in self.target.key]
        found = self.connection.execute(
            select(func.array_agg(seed.c.n)).group_by(*cells).having(func.count() > 1).limit(1)
        ).scalar()
        if found is None:
            return
        first, second = (row_number(self.seeder, number) for number in sorted(found)[:2])
        names = ", ".join(f'"{key.name}"' for key in self.target.key)
        raise SeedFileError(
            f"the row has the same key ({names}) as the one in line {first.line}",
            position=second.at(self.target.key[0].name),
            table=str(self.target.table),
            key=key_of(self.target, second),
        )

    def unresolved(self, number: int, column: str, count: int) -> NoReturn:
        """A `!ref` in row `number` that finds no row, or several."""
        row = row_number(self.seeder, number)
        ref: Any = dict(zip(row.columns, row.values, strict=True))[column]
        sought = " and ".join(
            f"{name} is {'NULL' if value is None else key_text(value)}" for name, value in ref.where.items()
        )
        raise SeedFileError(
            f'!ref for column "{column}" finds {"several rows" if count else "no row"} in {ref.table} where {sought}',
            position=ref.position,
            table=str(self.target.table),
            key=key_of(self.target, row),
        )

    def ambiguous_keys(self, comparison: Comparison, seed: FromClause) -> None:
        """Several live rows with the key of one row of `seed`."""
        key = {each.name for each in self.target.key}
        if any(key >= unique for unique in self.target.table.unique_keys):
            return
        number = self.connection.scalar(comparison.doubles(seed).limit(1))
        if number is None:
            return
        row = row_number(self.seeder, number)
        raise SeedingError(
            f"several rows of {self.target.table} have the key of this one, and can't be told apart; leave one "
            "of them, or name more columns in `key`",
            position=row.at(),
            table=str(self.target.table),
            key=key_of(self.target, row),
        )

    def policies(self, difference: Difference, tally: Tally) -> None:
        """Rows that another seeder holds, and differences for which a policy says `fail`."""
        if not tally.problems:
            return
        rows = difference.table
        differs = has_state(rows, [State.FAIL])
        refused = rows.c.action.in_([constant(Action.EXISTS), constant(Action.CLAIMED)])
        found = self.connection.execute(
            select(rows.c.n, rows.c.action, rows.c.states, rows.c.entry, rows.c.key)
            .where(differs | refused)
            .order_by(rows.c.n)
            .limit(1)
        ).one()
        row = row_number(self.seeder, found.n)
        columns = difference.columns_in(found.states, State.FAIL)
        names = ", ".join(f'"{name}"' for name in columns)
        if found.action == Action.CLAIMED:
            why = f'another seeder, "{self._holder(found.key)}", holds this row too; let one of the two go'
        elif found.action == Action.EXISTS or not found.entry or self.ledger is None:
            why = "the row was there before us, and `existing_rows` is `fail`"
        else:
            why = (
                f"somebody changed {names} since it was seeded, the seed file changed it too, and `edited_rows` is "
                "`fail`"
            )
            if not self._known(found.key, columns):
                why = f"{names} came to the seed file later, differs in the table, and `existing_rows` is `fail`"
        raise SeedingError(why, position=row.at(), table=str(self.target.table), key=key_of(self.target, row))

    def _known(self, key: Sequence[str | None], columns: Sequence[str]) -> bool:
        registration, ledger = self.target.registration, self.ledger
        if ledger is None or registration is None:
            return False
        desired: list[bytes | None] | None = self.connection.scalar(
            select(ledger.entries.c.desired).where(
                ledger.entries.c.target_id == registration.target_id, ledger.entries.c.key == list(key)
            )
        )
        places = [registration.places.get(name) for name in columns]
        return desired is not None and all(
            place is not None and place <= len(desired) and desired[place - 1] is not None for place in places
        )

    def _holder(self, key: Sequence[str | None]) -> str | None:
        registration, ledger = self.target.registration, self.ledger
        assert ledger is not None  # noqa: S101 - without a ledger nobody claims anything
        assert registration is not None  # noqa: S101 - as above
        return self.connection.scalar(
            select(ledger.seeders.c.name)
            .join(ledger.entries, ledger.entries.c.seeder_id == ledger.seeders.c.id)
            .where(ledger.entries.c.target_id == registration.target_id, ledger.entries.c.key == list(key))
        )

"""What a seeder fails for though PostgreSQL would take it, said with the row's place in the seed file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from seeder.errors import SeedFileError, SeedingError
from seeder.masking import redact
from seeder.merge.blame import key_of, row_number
from seeder.merge.comparison import Action, State
from seeder.merge.encoding import key_text
from seeder.merge.expressions import collated
from seeder.postgres.statements import joined, name, part, run

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from seeder.merge.comparison import Comparison
    from seeder.merge.ledger import Ledger
    from seeder.merge.stage import Stage
    from seeder.merge.target import Target
    from seeder.postgres.connection import Connection
    from seeder.seed_files.model import DataSeeder


@dataclass(frozen=True)
class Refusals:
    """Each method looks for one kind of trouble, and raises an error for the first of it that it finds."""

    connection: Connection
    seeder: DataSeeder
    target: Target
    ledger: Ledger | None

    def same_keys(self, stage: Stage) -> None:
        """Two rows of the seed file with the same key."""
        found = run(
            self.connection,
            part(
                "SELECT (pg_catalog.array_agg(seed.n ORDER BY seed.n))[1:2] FROM {} AS seed GROUP BY {} "
                "HAVING pg_catalog.count(*) > 1 LIMIT 1",
                stage.resolved(),
                joined(
                    collated(key, name("seed", stage.layout.cells[key.name].name)) for key in self.target.key
                ),
            ),
        ).scalar()
        if found is None:
            return
        first, second = (row_number(self.seeder, number) for number in found)
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
            f"{name} is {'NULL' if value is None else redact(key_text(value))}"
            for name, value in ref.where.items()
        )
        raise SeedFileError(
            f'!ref for column "{column}" finds {"several rows" if count else "no row"} in {ref.table} where {sought}',
            position=ref.position,
            table=str(self.target.table),
            key=key_of(self.target, row),
        )

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

        number = run(
            self.connection,
            part(
                "SELECT pairs.n FROM ({}) AS pairs GROUP BY pairs.n HAVING pg_catalog.count(*) > 1 "
                "ORDER BY pairs.n LIMIT 1",
                comparison.each_null_pattern(there),
            ),
        ).scalar()
        if number is None:
            return
        row = row_number(self.seeder, number)
        raise SeedingError(
            several(self.target),
            position=row.at(),
            table=str(self.target.table),
            key=key_of(self.target, row),
        )

    def policies(self, comparison: Comparison, difference: Composable) -> NoReturn:
        """Rows that another seeder holds, and differences for which a policy says `fail`."""
        found = run(
            self.connection,
            part(
                "SELECT difference.n, difference.action, difference.states, difference.entered, difference.holder, "
                "difference.key FROM {} AS difference WHERE difference.action IN (4, 5) "
                "OR (difference.action = 0 AND 6 = ANY (difference.states)) ORDER BY difference.n LIMIT 1",
                difference,
            ),
        ).one()
        if found.action == Action.CLAIMED:
            self.claimed(found.n, found.holder)
        row = row_number(self.seeder, found.n)
        columns = comparison.columns_in(found.states, State.FAIL)
        names = ", ".join(f'"{each}"' for each in columns)
        if found.action == Action.EXISTS or not found.entered or self.ledger is None:
            why = "the row was there before us, and `existing_rows` is `fail`"
        elif self._known(comparison, found.key, columns):
            why = (
                f"somebody changed {names} since it was seeded, the seed file changed it too, and `edited_rows` is "
                "`fail`"
            )
        else:
            why = f"{names} came to the seed file later, differs in the table, and `existing_rows` is `fail`"
        raise SeedingError(why, position=row.at(), table=str(self.target.table), key=key_of(self.target, row))

    def claimed(self, number: int, seeder_id: int) -> NoReturn:
        """Row `number`, which the seeder with this number holds."""
        assert self.ledger is not None  # noqa: S101 - without a ledger nobody claims anything
        row = row_number(self.seeder, number)
        raise SeedingError(
            f'"{self.ledger.application}/{self.seeder.name}" lists a row that belongs to '
            f"{self.ledger.holder(self.connection, seeder_id)}; take the row out of one of the two, or name the other "
            "in `formerly` if this seeder takes its place, with all its rows",
            position=row.at(),
            table=str(self.target.table),
            key=key_of(self.target, row),
        )

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
    return (
        f"several rows of {target.table} have the key of this one, and can't be told apart; leave one "
        "of them, or name more columns in `key`"
    )

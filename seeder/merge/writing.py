"""Write what differs: insert and update, each as one statement over sets, and raise the sequences before."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.sql import Composable

from seeder.errors import SeedingError
from seeder.merge.difference import Difference
from seeder.merge.expressions import same
from seeder.merge.sql_files import statement
from seeder.merge.table import Column
from seeder.postgres.connection import Connection
from seeder.postgres.statements import joined, name, number, part, run


def raise_sequences(difference: Difference) -> None:
    """Raise the sequences that the written columns draw from, so that the next default does not collide."""
    for cell in difference.stage.layout.cells.values():
        raise_sequence(difference.connection, cell.column, cell.name, difference.stage.table)


def raise_sequence(connection: Connection, column: Column, cell: str, rows: Composable) -> None:
    """Raise the sequence that `column` draws from, if there is one, to the furthest value in `cell` of `rows`."""
    if column.sequence is not None and column.category == "N":
        furthest = part("CAST({} AS pg_catalog.int8)", name("seed", cell))
        run(connection, statement("raise_sequence", cell=furthest, stage=rows), {"sequence": column.sequence})


def insert(difference: Difference) -> int:
    """Insert the rows that are not there. How many came back."""
    shapes = list(enumerate(difference.stage.layout.shapes))
    inserts = [_insert_shape(difference, each, columns) for each, columns in shapes]
    names = [f"inserted_{each}" for each, _ in shapes]
    altered: list[Composable] = []
    if difference.target.table.altered_on_insert:
        same_key = joined(
            (
                same(
                    key,
                    name("inserted", key.name),
                    name("seed", difference.stage.layout.cells[key.name].name),
                )
                for key in difference.target.key
            ),
            " AND ",
        )
        altered = [
            part(
                "(SELECT pg_catalog.count(*) FROM {} AS inserted "
                "WHERE NOT EXISTS (SELECT FROM {} AS seed WHERE {}))",
                name(each),
                difference.stage.table,
                same_key,
            )
            for each in names
        ]
    counts = [part("(SELECT pg_catalog.count(*) FROM {})", name(each)) for each in names]
    inserted, other = run(
        difference.connection,
        statement(
            "insert",
            inserts=joined(inserts),
            inserted=joined(counts, " OPERATOR(pg_catalog.+) "),
            altered=joined(altered, " OPERATOR(pg_catalog.+) ", "0"),
        ),
    ).one()
    _check_keys(difference, other, "inserted")
    return int(inserted)


def _insert_shape(difference: Difference, shape: int, columns: Sequence[str]) -> Composable:
    table, cells = difference.target.table, difference.stage.layout.cells
    values: dict[str, Composable] = {each: name("seed", cells[each].name) for each in columns}
    for stamp in (difference.target.created, difference.target.updated):
        if stamp is not None:
            values.setdefault(stamp.name, part("pg_catalog.clock_timestamp()"))
    always = any(table.columns[each].identity == "a" for each in columns)
    return statement(
        "insert_shape",
        number=number(shape),
        shape=number(shape),
        table=table.sql,
        columns=joined(map(name, values)),
        overriding=part("OVERRIDING SYSTEM VALUE" if always else ""),
        values=joined(values.values()),
        difference=difference.table,
        stage=difference.stage.table,
        key=joined(name(key.name) for key in difference.target.key),
    )


def update(difference: Difference) -> int:
    """Update the cells that are to be written. How many rows came back."""
    used = run(
        difference.connection,
        part(
            "SELECT DISTINCT state.place FROM {} AS difference, "
            "pg_catalog.unnest(difference.states) WITH ORDINALITY AS state (state, place) "
            "WHERE difference.writes AND state.state OPERATOR(pg_catalog.=) 1",
            difference.table,
        ),
    ).scalars()
    assignments: dict[str, Composable] = {}
    for place in sorted(used):
        cell = difference.comparison.cells[place - 1]
        assignments[cell.column.name] = part(
            "CASE WHEN difference.states[{}] OPERATOR(pg_catalog.=) 1 THEN {} ELSE {} END",
            number(place),
            name("seed", cell.name),
            name("live", cell.column.name),
        )
    if difference.target.updated is not None:
        assignments.setdefault(difference.target.updated.name, part("pg_catalog.clock_timestamp()"))
    written, other = run(
        difference.connection,
        statement(
            "update",
            table=difference.target.table.sql,
            assignments=joined(part("{} = {}", name(each), value) for each, value in assignments.items()),
            difference=difference.table,
            stage=difference.stage.table,
            same_key=difference.comparison.same_key,
        ),
    ).one()
    _check_keys(difference, other, "updated")
    return int(written)


def _check_keys(difference: Difference, other: int, done: str) -> None:
    table, within = difference.target.table, difference.target.part.columns
    if other and (difference.ledger is not None or within):
        altered = "the key, or a column of `where`" if within else "the key"
        raise SeedingError(
            f"{other} of the rows {done} came back with another key than the seed file gave them; "
            f"is it a trigger on {table} that alters {altered}? Give it in its form",
            table=str(table),
        )

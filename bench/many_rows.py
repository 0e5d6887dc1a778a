"""Many rows: the first load, the same again, one percent changed; a million by default, and ten times as many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench import data, sides
from bench.measure import measure, median
from bench.results import Comparison

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.bench import Bench
    from bench.measure import Usage
    from bench.sides import Side
    from tests.integration.postgres import Database

STAGES: Final = {"first": "empty table", "unchanged": "nothing changed", "changed": "1% changed"}
_SMALL: Final = 20_000

# The same for the same rows, in whatever order they lie.
_DIGEST: Final = "SELECT count(*), sum(hashtextextended(items::text, 0)) FROM items"
_LEDGER: Final = """\
SELECT sum(pg_total_relation_size(oid)) FROM pg_class
WHERE relkind IN ('r', 'm') AND relnamespace = 'seeder'::regnamespace"""


def many_rows(bench: Bench) -> None:
    """The rows from CSV, by psql, knex, and seeder with its ledger on and off."""
    compared = [sides.PSQL, sides.NO_LEDGER, sides.LEDGER]
    missing = {sides.KNEX.name: why} if (why := sides.knex_is_missing()) else {}
    if not missing:
        compared.append(sides.KNEX)
    found, ledger = _compare(bench, compared, bench.rows, missing=missing)
    bench.results.comparisons += found.values()
    rows, add = f"{bench.rows:,} rows", bench.results.at_most
    off, on = sides.NO_LEDGER.name, sides.LEDGER.name
    add(f"{rows}, empty table, ledger off: CPU against psql", found["first"].cpu_ratio(off), 1.0)
    add(f"{rows}, empty table, ledger on: CPU against psql", found["first"].cpu_ratio(on), 1.6)
    add(f"{rows}, nothing changed: CPU against psql", found["unchanged"].cpu_ratio(on), 0.15)
    add(f"{rows}, 1% changed, ledger on: CPU against psql", found["changed"].cpu_ratio(on), 1.1)
    add("the ledger, its indexes included: bytes a row", ledger / bench.rows, 160, digits=0)
    peak = max(comparison.usage(name).memory for comparison in found.values() for name in (off, on))
    add(f"{rows}: peak memory of the client", peak, 120, "MB", digits=0)


def small_rows(bench: Bench) -> None:
    """Fewer rows, for the forms that do not stream: YAML, and Django's fixtures."""
    compared, missing = [sides.PSQL, sides.LEDGER, sides.YAML], {}
    for side, why in ((sides.KNEX, sides.knex_is_missing()), (sides.LOADDATA, sides.django_is_missing())):
        if why:
            missing[side.name] = why
        else:
            compared.append(side)
    rows = min(bench.rows, _SMALL)
    found, _ = _compare(bench, compared, rows, missing=missing, small=True)
    bench.results.comparisons += found.values()
    peak = max(comparison.usage(sides.YAML.name).memory for comparison in found.values())
    bench.results.at_most(f"{rows:,} rows of YAML: peak memory of the client", peak, 100, "MB", digits=0)


def ten_times(bench: Bench) -> None:
    """The first load of ten times as many rows, once: whether time grows with the rows and memory does not."""
    usages = []
    for rows in (bench.rows, bench.rows * 10):
        print(f"{rows:,} rows, {STAGES['first']}")
        with bench.space() as folder, bench.database(data.DDL) as database:
            one = data.write(folder / "one", rows, changed=False)
            usages.append(
                bench.say(sides.LEDGER.name, measure(database, sides.LEDGER.command(database, one)))
            )
    small, large = usages
    step = f"from {bench.rows:,} to {bench.rows * 10:,} rows, empty table"
    bench.results.between(f"{step}: wall time, times", large.wall / small.wall, 10, 12)
    bench.results.between(f"{step}: CPU, times", large.cpu / small.cpu, 10, 12)
    bench.results.at_most(
        f"{bench.rows * 10:,} rows: peak memory of the client", large.memory, 120, "MB", digits=0
    )


def _compare(
    bench: Bench, compared: Sequence[Side], rows: int, *, missing: dict[str, str], small: bool = False
) -> tuple[dict[str, Comparison], float]:
    """Every side through all stages, in turn, and each repetition beginning with another; and the ledger's bytes."""
    used: dict[str, dict[str, list[Usage]]] = {
        stage: {side.name: [] for side in compared} for stage in STAGES
    }
    ledger = 0.0
    with bench.space() as folder:
        one = data.write(folder / "one", rows, changed=False, small=small)
        other = data.write(folder / "other", rows, changed=True, small=small)
        if sides.KNEX in compared:
            for state in (one, other):
                data.write_ndjson(state)
        for repetition in range(bench.repetitions):
            first = repetition % len(compared)
            order = [*compared[first:], *compared[:first]]
            databases = {side.name: bench.server.create_database() for side in order}
            for database in databases.values():
                database.execute(data.DDL)
            for stage, what in STAGES.items():
                print(f"{rows:,} rows, {what}, {repetition + 1} of {bench.repetitions}")
                digests = set()
                state = other if stage == "changed" else one
                state.touch()
                for side in order:
                    database = databases[side.name]
                    usage = measure(database, side.command(database, state))
                    used[stage][side.name].append(bench.say(side.name, usage))
                    digests |= set(database.rows(_DIGEST))
                    _tidy(database)
                assert len(digests) == 1, "the sides wrote different rows"
            ledger = float(databases[sides.LEDGER.name].scalar(_LEDGER))
            for database in databases.values():
                database.drop()
    comparisons = {
        stage: Comparison(
            f"{rows:,} rows, {what}",
            sides.PSQL.name,
            {**{name: median(usages) for name, usages in used[stage].items()}, **missing},
        )
        for stage, what in STAGES.items()
    }
    return comparisons, ledger


def _tidy(database: Database) -> None:
    """What autovacuum, which is off, would have done until the next deployment."""
    database.execute("VACUUM (ANALYZE)")

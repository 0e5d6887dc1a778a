"""Runs that have little or nothing to do: what starting, connecting and asking cost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from bench import data, sides
from bench.measure import measure, median
from bench.proxy import Proxy
from bench.results import Comparison

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bench.bench import Bench
    from bench.measure import Usage
    from tests.integration.postgres import Database

# The server's CPU is counted in steps of 10 ms, so each measurement is several runs in a row.
_TIMES: Final = 5
_BARE: Final = "bare script"
_BUILT_IN: Final = {"tools": "name", "schemas": "name", "prompt_templates": "name", "model_configs": "key"}
_JSONB: Final = 3802
_ROUND_TRIP: Final = 0.005


def start_up(bench: Bench) -> None:
    """The second run of the built-in seeds, against a script that only connects, and against knex."""
    # knex writes its rows anew each time, so that it has a database of its own: to seeder that is somebody's edit.
    with bench.space() as folder, bench.database() as database, bench.database() as others:
        for each in (database, others):
            measure(each, sides.seeder())
        commands: dict[str, Sequence[str]] = {"seeder": sides.seeder(), _BARE: sides.BARE}
        missing: dict[str, Usage | str] = {}
        if why := sides.knex_is_missing():
            missing["knex"] = why
        else:
            commands["knex"] = sides.knex("tables", _tables(database, folder))
        title = "four built-in seeds, nothing to do"
        found = _alternate(bench, title, database, commands, base=_BARE, other={"knex": others})
        comparison = Comparison(title, _BARE, {**found, **missing})
    bench.results.comparisons.append(comparison)
    bench.results.at_most(f"{title}: CPU against a bare script", comparison.cpu_ratio("seeder"), 0.6)
    what = f"{title}: CPU against knex"
    if missing:
        bench.results.not_measured(what, str(missing["knex"]), "< 1")
    else:
        bench.results.below(what, comparison.cpu_ratio("seeder", "knex"), 1)


def many_seeders(bench: Bench) -> None:
    """Two hundred small seed files against four."""
    with bench.space() as folder, bench.database() as database:
        few, _ = data.write_small_seeders(folder / "few", 4)
        many, ddl = data.write_small_seeders(folder / "many", 200)
        database.execute(ddl)
        commands = {"4 seeders": sides.seeder(few), "200 seeders": sides.seeder(many)}
        measure(database, commands["200 seeders"])
        title = "small seeders, nothing to do"
        found = _alternate(bench, title, database, commands, base="4 seeders")
    comparison = Comparison(title, "4 seeders", dict(found))
    bench.results.comparisons.append(comparison)
    bench.results.at_most(f"200 {title}: CPU against 4", comparison.cpu_ratio("200 seeders"), 2.0)
    bench.results.at_most(f"200 {title}: wall time against 4", comparison.wall_ratio("200 seeders"), 2.0)


def round_trips(bench: Bench) -> None:
    """How often the built-in seeds wait for the server when there is nothing to do, connecting included."""
    title = "four built-in seeds, nothing to do, 5 ms a round trip"
    with bench.database() as database, Proxy(bench.server.port, _ROUND_TRIP).running() as proxy:
        print(title)
        url = database.url.replace(f":{bench.server.port}/", f":{proxy.port}/")
        measure(database, sides.seeder(), url=url)
        for name, command in (("bare script", sides.BARE), ("seeder", sides.seeder())):
            proxy.reset()
            bench.say(name, measure(database, command, url=url))
            print(f"  {name}: {proxy.round_trips} round trips, {proxy.connections} connection(s)")
        trips = proxy.round_trips
        handshakes = proxy.connections
    bench.results.at_most(f"{title}: round trips, connecting included", trips, 8, digits=0)
    bench.results.at_most("the same: connections, of one TCP handshake each", handshakes, 1, digits=0)


def _alternate(
    bench: Bench,
    title: str,
    database: Database,
    commands: Mapping[str, Sequence[str]],
    *,
    base: str,
    other: Mapping[str, Database] | None = None,
) -> dict[str, Usage]:
    """Medians of all commands, in turn, after one run of each that does not count.

    `other` has the databases of those that do not use `database`.
    """
    assert base in commands
    databases = dict.fromkeys(commands, database) | dict(other or {})
    used: dict[str, list[Usage]] = {name: [] for name in commands}
    for name, command in commands.items():
        measure(databases[name], command)
    for repetition in range(bench.repetitions):
        print(f"{title}, {repetition + 1} of {bench.repetitions}")
        for name, command in commands.items():
            used[name].append(bench.say(name, measure(databases[name], command, times=_TIMES)))
    return {name: median(usages) for name, usages in used.items()}


def _tables(database: Database, folder: Path) -> Path:
    """The rows that the built-in seeds wrote, as a file for knex."""
    tables: list[dict[str, Any]] = []
    with database.connect() as connection:
        for table, key in _BUILT_IN.items():
            cursor = connection.execute(f"SELECT * FROM {table} ORDER BY {key}".encode())
            assert cursor.description is not None
            rows = [
                {
                    column.name: json.dumps(cell) if column.type_code == _JSONB else cell
                    for column, cell in zip(cursor.description, row, strict=True)
                    if column.name not in {"id", "created_at", "updated_at"}
                }
                for row in cursor
            ]
            tables.append({"table": table, "key": key, "rows": rows})
    file = folder / "tables.json"
    file.write_text(json.dumps(tables, default=str))
    return file

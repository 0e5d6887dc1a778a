"""Where the server's time goes, statement by statement: `python -m bench.statements [--rows N] [--ledger off]`.

Not part of `make bench`: to log every statement's own CPU costs time, so no ratio comes from here.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench import data, sides
from bench.many_rows import STAGES
from bench.measure import measure
from bench.run import SETTINGS
from tests.integration.postgres import Server, embedded_binaries

if TYPE_CHECKING:
    from collections.abc import Iterable

# What PostgreSQL logs with log_statement_stats for the parts of an extended query and for a simple one.
_BEGIN: Final = re.compile(r"LOG:  (QUERY|PARSE MESSAGE|BIND MESSAGE|EXECUTE MESSAGE) STATISTICS")
_USED: Final = re.compile(r"!\t([\d.]+) s user, ([\d.]+) s system, ([\d.]+) s elapsed")


@dataclass
class Spent:
    """What one statement took, over all of its executions."""

    text: str
    times: int = 0
    cpu: float = 0.0
    elapsed: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.statements", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000, metavar="N")
    parser.add_argument("--ledger", default="seeder", help="a schema, or off")
    parser.add_argument("--psql", action="store_true", help="what psql by hand sends, instead of seeder")
    parser.add_argument(
        "--width", type=int, default=160, metavar="N", help="characters of a statement to print"
    )
    arguments = parser.parse_args()
    server = Server(embedded_binaries())
    server.initialise(**SETTINGS, log_statement_stats="on").start()
    try:
        with tempfile.TemporaryDirectory(prefix="seeder-bench-") as folder:
            one = data.write(Path(folder) / "one", arguments.rows, changed=False)
            other = data.write(Path(folder) / "other", arguments.rows, changed=True)
            database = server.create_database()
            database.execute(data.DDL)
            for stage, what in STAGES.items():
                state = other if stage == "changed" else one
                command = (
                    sides.PSQL.command(database, state)
                    if arguments.psql
                    else sides.seeder(state.csv, "--ledger", arguments.ledger)
                )
                begin = server.log.stat().st_size
                usage = measure(database, command)
                print(f"\n{arguments.rows:,} rows, {what}: {usage}")
                _show(_read(server.log, begin, f"|{database.name}|"), arguments.width)
                database.execute("VACUUM (ANALYZE)")
    finally:
        server.remove()


def _read(log: Path, begin: int, session: str) -> list[Spent]:
    """All statements of one database from a place in the log on, in the order in which they came first."""
    found: dict[str, Spent] = {}
    with log.open("rb") as stream:
        stream.seek(begin)
        lines = stream.read().decode(errors="replace").split("\n")
    used, message, ours = (0.0, 0.0), "", False
    place = 0
    while place < len(lines):
        line = lines[place]
        place += 1
        if begins := _BEGIN.search(line):
            message, ours = begins[1], session in line
        elif figures := _USED.search(line):
            user, system, elapsed = map(float, figures.groups())
            used = (user + system, elapsed)
        elif "STATEMENT:  " in line and message and ours:
            text = line.split("STATEMENT:  ", 1)[1]
            while place < len(lines) and lines[place].startswith("\t"):
                text += " " + lines[place]
                place += 1
            text = " ".join(text.split())
            spent = found.setdefault(text, Spent(text))
            spent.times += message in {"QUERY", "EXECUTE MESSAGE"}
            spent.cpu += used[0]
            spent.elapsed += used[1]
            message = ""
    return list(found.values())


def _show(statements: Iterable[Spent], width: int) -> None:
    statements = list(statements)
    print(f"  {'times':>5} {'CPU ms':>9} {'elapsed':>9}")
    rest = Spent("all others")
    for spent in statements:
        if spent.elapsed < 0.003:
            rest.times, rest.cpu = rest.times + spent.times, rest.cpu + spent.cpu
            rest.elapsed += spent.elapsed
        else:
            _line(spent, width)
    _line(rest, width)
    _line(
        Spent(
            "together",
            sum(spent.times for spent in statements),
            sum(spent.cpu for spent in statements),
            sum(spent.elapsed for spent in statements),
        ),
        width,
    )


def _line(spent: Spent, width: int) -> None:
    print(f"  {spent.times:>5} {spent.cpu * 1000:>9.1f} {spent.elapsed * 1000:>9.1f}  {spent.text[:width]}")


if __name__ == "__main__":
    main()

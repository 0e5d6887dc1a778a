"""Entry point: `python -m bench.run [--rows N] [--repetitions N] [--only NAME…] [--ten-million] [--write]`."""

from __future__ import annotations

import argparse
import compileall
from typing import TYPE_CHECKING, Final

from bench.bench import Bench
from bench.many_rows import many_rows, small_rows, ten_times
from bench.measure import ROOT
from bench.report import tables, write
from bench.start import many_seeders, round_trips, start_up
from tests.integration.postgres import Server, embedded_binaries

if TYPE_CHECKING:
    from collections.abc import Callable

GROUPS: Final[dict[str, Callable[[Bench], None]]] = {
    "start-up": start_up,
    "round-trips": round_trips,
    "many-seeders": many_seeders,
    "small-rows": small_rows,
    "many-rows": many_rows,
    "ten-million": ten_times,
}
_OPTIONAL: Final = "ten-million"

# The work is measured, not the disk, nor what checkpoints and autovacuum happen to do meanwhile.
SETTINGS: Final = {
    "log_statement": "none",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
    "shared_buffers": "256MB",
}


def main() -> None:
    arguments = _arguments()
    wanted = arguments.only or [name for name in GROUPS if name != _OPTIONAL or arguments.ten_million]
    # So that no side's first run is the one that compiles.
    compileall.compile_dir(ROOT / "seeder", quiet=2)
    compileall.compile_dir(ROOT / "bench", quiet=2)
    server = Server(embedded_binaries())
    server.initialise(**SETTINGS).start()
    try:
        bench = Bench(server, arguments.rows, arguments.repetitions)
        for name, measured in GROUPS.items():
            if name in wanted:
                measured(bench)
        if _OPTIONAL not in wanted:
            what = f"from {bench.rows:,} to {bench.rows * 10:,} rows: time, times"
            bench.results.not_measured(what, "it takes `--ten-million`", "10 to 12")
        print(f"\n{tables(bench)}")
        if arguments.write:
            write(bench)
    finally:
        server.remove()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.run", description="Measure seeder beside other programs."
    )
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N", help="rows of the large table")
    parser.add_argument("--repetitions", type=int, default=3, metavar="N", help="how often all sides run")
    parser.add_argument("--only", nargs="+", choices=list(GROUPS), metavar="NAME", help=", ".join(GROUPS))
    parser.add_argument("--ten-million", action="store_true", help="load ten times as many rows too")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md and its plot")
    arguments = parser.parse_args()
    if arguments.write and arguments.only:
        parser.error("--write needs all groups: the page is one run, not pieces of several")
    return arguments


if __name__ == "__main__":
    main()

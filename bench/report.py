"""The report: tables in Markdown, printed, and put between two markers of docs/performance.md."""

from __future__ import annotations

import datetime as dt
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.measure import ROOT
from bench.plot import plot
from bench.sides import versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.bench import Bench
    from bench.results import Comparison, Figure

_PAGE: Final = ROOT / "docs" / "performance.md"
_PLOT: Final = ROOT / "docs" / "performance.svg"
_BEGIN: Final = "<!-- measured by make bench: begin -->"
_END: Final = "<!-- measured by make bench: end -->"


def tables(bench: Bench) -> str:
    """The whole report: where it was measured, the goals, and all comparisons."""
    parts = [_where(bench), "### Goals", _goals(bench.results.figures), "### Side by side"]
    for comparison in bench.results.comparisons:
        parts += [f"**{comparison.title}**", _sides(comparison)]
    return "\n\n".join(parts)


def write(bench: Bench) -> None:
    """Replace what stands between the markers, and the plot."""
    page = _PAGE.read_text()
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    assert begin, f"{_PAGE} has no line {_BEGIN}"
    assert end, f"{_PAGE} has no line {_END}"
    picture = f"![CPU seconds of client and server, side by side]({_PLOT.name})"
    _PAGE.write_text(
        f"{before}{begin}\n\n{tables(bench)}\n\n### The same as bars\n\n{picture}\n\n{end}{after}"
    )
    _PLOT.write_text(plot(bench.results.comparisons))


def _where(bench: Bench) -> str:
    today = dt.datetime.now(dt.UTC).date()
    with bench.server.connect() as connection:
        [version] = connection.execute("SHOW server_version").fetchone() or ("?",)
    rows = [
        ("date", f"{today}"),
        (
            "machine",
            f"{_processor()}, {os.cpu_count()} cores, {_memory():.0f} GB, Linux {platform.release()}",
        ),
        ("server", f"PostgreSQL {version}, on the same machine, without fsync"),
        ("clients", versions()),
        ("run", f"{bench.rows:,} rows; each median is of {bench.repetitions}"),
        ("others", f"took {bench.disturbance:.0%} of the machine's CPU time meanwhile"),
    ]
    return "\n".join(f"- {name}: {what}" for name, what in rows)


def _goals(figures: list[Figure]) -> str:
    met = {True: "yes", False: "**no**", None: ""}
    rows = [(figure.what, figure.measured, figure.goal, met[figure.met]) for figure in figures]
    return _table(("figure", "measured", "goal", "met"), rows, right=0)


def _sides(comparison: Comparison) -> str:
    rows = []
    for name, usage in comparison.sides.items():
        if isinstance(usage, str):
            rows.append((name, f"not measured: {usage}", "", "", "", "", ""))
            continue
        rows.append(
            (
                name,
                _seconds(usage.wall),
                f"{comparison.wall_ratio(name):.2f}",
                _seconds(usage.cpu),
                f"{comparison.cpu_ratio(name):.2f}",
                f"{_seconds(usage.client)} + {_seconds(usage.server)}",
                f"{usage.memory:.0f}",
            )
        )
    columns = ("", "wall, s", "ratio", "CPU, s", "ratio", "client + server", "peak MB")
    return _table(columns, rows, right=1)


def _seconds(value: float) -> str:
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, right: int) -> str:
    """A Markdown table; with `right`, all columns but the first `right` stand right."""
    rule = ["---:" if right and place >= right else "---" for place in range(len(columns))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (columns, rule, *rows))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9

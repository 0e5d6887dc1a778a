"""Cause each fault many times, and put the figures into docs/reliability.md: `make faults`.

Arguments go to pytest, and the figures are then added to those of the last run. After a failure has been mended,
`.venv/bin/python -m tests.faults.run --last-failed` completes the table.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from itertools import groupby
from pathlib import Path

from tests.faults.figures import Figure

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- measured by make faults: begin -->\n", "<!-- measured by make faults: end -->\n"
HEAD = "| what was done | how often | what held | seed | test |\n| --- | ---: | --- | --- | --- |\n"


def row(figures: list[Figure]) -> str:
    """One line of a table, of figures that differ in their numbers and seeds alone."""
    first, *_ = figures
    times = sum(each.times for each in figures)
    seeds = ", ".join(f"`{each.seed}`" for each in figures if each.seed is not None)
    test = f"[`{Path(first.test).name}`](../{first.test})"
    return f"| {first.fault} | {times:,} | {first.held} | {seeds} | {test} |\n"


def tables(figures: list[Figure]) -> str:
    """The figures as Markdown, a table for each group."""

    def kind(figure: Figure) -> tuple[str, ...]:
        return figure.group, figure.test, figure.fault, figure.held

    text = ""
    for group, members in groupby(sorted(figures, key=kind), key=lambda figure: figure.group):
        text += f"\n### {group}\n\n{HEAD}" + "".join(
            row(list(alike)) for _, alike in groupby(members, key=kind)
        )
    return text


def main(arguments: list[str]) -> int:
    file = ROOT / "build" / "faults.jsonl"
    file.parent.mkdir(exist_ok=True)
    if not arguments:
        file.unlink(missing_ok=True)
    environment = {**os.environ, "SEEDER_TEST_FAULTS": "long", "SEEDER_TEST_FIGURES": str(file)}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "2",
        "--dist",
        "loadgroup",
        "--timeout",
        "1800",
        "tests/faults",
        "tests/integration/test_state_machine.py",
        # Whose rules hypothesis tests, with other examples than in CI.
        "tests/unit",
    ]
    failed = subprocess.run([*command, *arguments], cwd=ROOT, env=environment, check=False).returncode
    if failed:
        return failed
    describe = ["git", "describe", "--always", "--dirty"]
    revision = subprocess.run(describe, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    python = ".".join(map(str, sys.version_info[:3]))
    said = (
        f"Run of {dt.datetime.now(dt.UTC).date()}, revision `{revision}`, Python {python}, PostgreSQL 18.\n"
    )
    figures = [Figure(**json.loads(line)) for line in file.read_text().splitlines()]
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + said + tables(figures) + "\n" + END + after)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The report as Markdown, for a comment on a pull request or the summary of a GitHub step.

Cells are in it only with `--diff`. Text from outside stands in code, where it is no Markdown, no HTML, no link and
mentions nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from seeder.errors import SeederError
from seeder.masking import redact_own
from seeder.reporting import diff, wording
from seeder.reporting.difference import Difference
from seeder.reporting.markup import escaped
from seeder.reporting.output import printable
from seeder.reporting.report import Report, SeederResult
from seeder.reporting.screen import duration
from seeder.reporting.view import place

_MARKS: Final = {"✓": "✅", "!": "⚠️", "✗": "❌"}

_MOST: Final = 50_000
"""Characters of what changes: a comment on GitHub may have 65,536 in all."""

_MOST_SEEDERS: Final = 100
_MOST_FAILURES: Final = 20
_MOST_ROWS: Final = 50


def markdown(report: Report) -> bytes:
    """Verdict, failures, seeders, and what changes."""
    return ("\n".join(_lines(report)) + "\n").encode()


def _lines(report: Report) -> Iterator[str]:
    yield f"## {_MARKS[wording.mark(report)]} seeder: {wording.verdict(report)}"
    if report.address is not None:
        yield from ("", f"Into {_code(place(report.address))}")
    if (reason := wording.reason(report)) is not None:
        yield from ("", _code(reason))
    failures = wording.failures(report)
    if failures:
        yield from ("", "### Failures", "")
        for result, error in failures[:_MOST_FAILURES]:
            yield _failure(result, error)
        if len(failures) > _MOST_FAILURES:
            yield f"- … and {len(failures) - _MOST_FAILURES:,} more"
    if report.seeders:
        yield from ("", "### Seeders", "", "| seeder | rows | time |", "| --- | --- | ---: |")
        yield from _seeders(report)
    if report.diff:
        yield from ("", "### Changes", "")
        yield wording.changes(report)
        yield from _differences(report)


def _failure(result: SeederResult, error: SeederError) -> str:
    where = f"{error.position}: " if error.position else ""
    return f"- {_code(where + redact_own(error.message))}<br>{_code(wording.facts(result, error))}"


def _seeders(report: Report) -> Iterator[str]:
    # Of many, those that did nothing are left out first.
    of_interest = [
        each for each in report.seeders if each.outcome != "succeeded" or each.changed or each.kept
    ]
    shown = report.seeders if len(report.seeders) <= _MOST_SEEDERS else of_interest[:_MOST_SEEDERS]
    for result in shown:
        cells = (
            _code(result.name),
            _code(wording.rows(result, foretold=report.foretold)),
            duration(result.duration_seconds),
        )
        # In a table a bar has to be escaped in code too.
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    if len(shown) < len(report.seeders):
        yield from ("", f"… and {len(report.seeders) - len(shown):,} more")


def _differences(report: Report) -> Iterator[str]:
    left = _MOST
    for each in report.differences:
        block = "\n".join(_difference(each, foretold=report.foretold))
        left -= len(block)
        if left < 0:
            yield from ("", "… and more, which is too long for here")
            return
        yield block


def _difference(difference: Difference, *, foretold: bool) -> Iterator[str]:
    said, *columns = diff.by_column(difference, foretold=foretold)
    yield ""
    # As code, so that a name mentions nobody.
    yield f"<details><summary><code>{escaped(diff.heading(difference))}</code>: {said}</summary>"
    yield ""
    if difference.counts.total() <= _MOST_ROWS:
        lines = [
            f"{line.sign} {'  ' * line.depth}{printable(line.text)}"
            for row in diff.rows(difference.changes)
            for line in row
        ]
        fence = "`" * max(3, 1 + _longest_run("\n".join(lines)))
        yield from (f"{fence}diff", *lines, fence)
    else:
        yield from (f"- {_code(each)}" for each in columns)
    yield from ("", "</details>")


def _code(text: str) -> str:
    text = printable(text)
    fence = "`" * (1 + _longest_run(text))
    # A space, which is not shown, keeps a backtick at either end from being part of the fence.
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)

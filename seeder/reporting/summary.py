"""How a run ended, for people: what changed, each failure in full, the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from seeder.errors import SeederError
from seeder.masking import redact_own
from seeder.reporting import diff, wording
from seeder.reporting.difference import Difference
from seeder.reporting.quote import quoted
from seeder.reporting.report import Report, SeederResult
from seeder.reporting.screen import Line, Screen

_STYLES: Final = {"+": "green", "-": "red", "~": "yellow", "=": "cyan", "!": "magenta", " ": ""}

_MARKS: Final = {"✓": "bold green", "!": "bold yellow", "✗": "bold red"}


def show(report: Report, screen: Screen) -> None:
    """Write how a run ended. On a terminal lines of seed files are quoted, and differences are here."""
    differences = report.differences
    if screen.is_terminal:
        for each in differences:
            screen.write(_difference(each, foretold=report.foretold))
    for result, error in wording.failures(report):
        screen.write(_failure(result, error, screen))
    screen.write(_verdict(report))
    if report.diff:
        screen.write([Line.of((wording.changes(report), "bold"))])
    if report.conflicts and not report.foretold:
        screen.write([Line.of(("conflicts, with their values: seeder conflicts", "dim"))])


def _failure(result: SeederResult, error: SeederError, screen: Screen) -> Iterator[Line]:
    """A failure in full: `file:line:column: message`, the line of the file, and what else is known."""
    yield Line()
    where = f"{error.position}: " if error.position else ""
    yield Line.of((where, "bold"), redact_own(error.message))
    if error.position is not None and screen.is_terminal:
        yield from quoted(error.position, screen.width)
    yield Line.of((f"  {wording.facts(result, error)}", "dim"), hang=2)


def change_lines(lines: Iterable[diff.DiffLine]) -> Iterator[Line]:
    """The lines of a row."""
    for each in lines:
        indent = "  " + "    " * each.depth
        style = "" if each.sign == " " else _STYLES[each.sign]
        yield Line.of((f"{indent}{each.sign} {each.text}", style), hang=len(indent) + 4)


def heading(difference: Difference) -> list[Line]:
    """What stands above the rows of a table."""
    return [Line(), Line.of((diff.heading(difference), "bold"))]


def _difference(difference: Difference, *, foretold: bool) -> Iterator[Line]:
    yield from heading(difference)
    if difference.counts.total() <= diff.MOST_ON_A_TERMINAL:
        for lines in diff.rows(difference.changes):
            yield from change_lines(lines)
        if difference.left_out:
            yield Line.of(f"  … and {difference.left_out:,} more", hang=4)
        return
    for said in diff.by_column(difference, foretold=foretold):
        yield Line.of(f"  {said}", hang=4)
    yield Line.of(("  to see each row: add --log-format console | less", "dim"), hang=4)


def _verdict(report: Report) -> Iterator[Line]:
    mark = wording.mark(report)
    yield Line()
    yield Line.of((f"{mark} ", _MARKS[mark]), wording.verdict(report), hang=2)
    if (reason := wording.reason(report)) is not None:
        yield Line.of(f"  {reason}", hang=2)

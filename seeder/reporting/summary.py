"""The report for people: a table, and one line for the whole."""

from __future__ import annotations

from collections.abc import Sequence

from seeder.masking import redact_own
from seeder.reporting.counts import many
from seeder.reporting.report import Report, SeederResult


def summary(report: Report) -> str:
    """A line for each seeder, in columns, and one for the whole run."""
    heads = ("seeder", "outcome", "inserted", "updated", "deleted", "unchanged", "kept", "seconds")
    rows = [heads, *(_summary_row(result) for result in report.seeders)]
    lines = ["", *table(rows, right=range(2, len(heads)))] if report.seeders else [""]
    verb = "would change" if report.dry_run or report.check else "changed"
    kept = f", {report.kept_existing} kept as they were before" if report.kept_existing else ""
    superseded = f", {report.superseded} superseded" if report.superseded else ""
    lines += [
        "",
        (
            f"{report.succeeded} succeeded, {report.failed} failed, {report.skipped} skipped{superseded};"
            f" {many(report.changed, 'row')} {verb}{kept} in {report.duration_seconds:.2f} s;"
            f" exit code {int(report.exit_code)}: {redact_own(report.reason)}"
        ),
    ]
    return "\n".join(lines)


def _summary_row(result: SeederResult) -> tuple[str, ...]:
    counts = (result.inserted, result.updated, result.deleted, result.unchanged, result.kept)
    shown = ("" if result.failed else str(count) for count in counts)
    return (result.name, result.outcome, *shown, f"{result.duration_seconds:.2f}")


def table(rows: Sequence[Sequence[str]], *, right: range = range(0)) -> list[str]:
    """Lines with the cells of `rows` in columns; the columns in `right` are aligned right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]

"""How a report is said in words, for people: the same on a terminal, in Markdown and on a page."""

from __future__ import annotations

from seeder.errors import SeederError
from seeder.masking import redact, redact_own
from seeder.reporting.report import Report, SeederResult
from seeder.reporting.screen import duration
from seeder.reporting.view import counted


def verdict(report: Report) -> str:
    """How many seeders ended how, how many rows were written, and how long it took."""
    if not report.seeders:
        return "no seeder ran"
    return f"{_outcomes(report)}; {_rows(report)} in {duration(report.duration_seconds)}"


def reason(report: Report) -> str | None:
    """The exit code and why; None if the verdict says it all."""
    resolved = any(result.resolved is not None for result in report.seeders)
    if report.exit_code or resolved or not report.seeders or report.succeeded < len(report.seeders):
        return f"exit code {int(report.exit_code)}: {redact_own(report.reason)}"
    return None


def failures(report: Report) -> list[tuple[SeederResult, SeederError]]:
    """The seeders that failed, and not only because another did."""
    return [
        (result, result.error)
        for result in report.seeders
        if result.outcome == "failed" and result.error is not None
    ]


def facts(result: SeederResult, error: SeederError) -> str:
    """What is known of a failure beside its place and its message."""
    known = [f"seeder {result.name}"]
    if error.table:
        known.append(f"table {error.table}")
    if error.key:
        key = redact(error.key)
        known.append("row " + ", ".join(f"{column}={_value(value)}" for column, value in key.items()))
    if error.sqlstate:
        known.append(f"SQLSTATE {error.sqlstate}")
    return ", ".join(known)


def rows(result: SeederResult) -> str:
    """What became of a seeder's rows, or why it has none."""
    counts = counted(result.counts())
    if result.outcome == "succeeded":
        return counts or "no rows"
    why = result.reason or (result.error.message if result.outcome == "skipped" and result.error else None)
    said = result.outcome + (f": {redact_own(why)}" if why else "")
    return f"{said}; {counts}" if counts else said


def _outcomes(report: Report) -> str:
    numbers = {
        "succeeded": report.succeeded,
        "failed": report.failed,
        "skipped": report.skipped,
        "superseded": report.superseded,
    }
    return ", ".join(f"{count:,} {outcome}" for outcome, count in numbers.items() if count)


def _rows(report: Report) -> str:
    verb = "would change" if report.dry_run or report.check else "changed"
    kept = f", {report.kept_existing:,} kept as they were before" if report.kept_existing else ""
    return f"{report.changed:,} {'row' if report.changed == 1 else 'rows'} {verb}{kept}"


def _value(value: str | None) -> str:
    return "NULL" if value is None else value

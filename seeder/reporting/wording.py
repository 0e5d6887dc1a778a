"""How a report is said in words, for people: the same on a terminal, in Markdown and on a page."""

from __future__ import annotations

from seeder.errors import SeederError
from seeder.masking import redact, redact_own
from seeder.reporting import diff
from seeder.reporting.report import Report, SeederResult
from seeder.reporting.screen import duration
from seeder.reporting.view import as_it_was, counted, many


def verdict(report: Report) -> str:
    """How many seeders ended how, how many rows were written, and how long it took."""
    if not report.seeders:
        # Where it was stopped, one may have been under way.
        return "no seeder finished" if report.exit_code else "no seeder ran"
    verb = "would change" if report.foretold else "changed"
    said = f"{_outcomes(report)}; {many(report.changed, 'row')} {verb} in {duration(report.duration_seconds)}"
    if report.kept_existing:
        said += f"; {many(report.kept_existing, 'row')} kept {as_it_was(report.kept_existing)}"
    return said


def mark(report: Report) -> str:
    """`✓` if all is well, `✗` if the exit code says otherwise, `!` if it does not although a seeder failed."""
    if report.exit_code:
        return "✗"
    return "!" if any(result.failed for result in report.seeders) else "✓"


def changes(report: Report) -> str:
    """With `--diff`: how many rows of all tables, by what becomes of them."""
    said = diff.totals(report.differences, foretold=report.foretold)
    if report.foretold and any(result.failed for result in report.seeders):
        unknown = "what failed seeders would change is not known"
        return f"{said}; {unknown}" if said else unknown
    return said or ("nothing to change" if report.foretold else "nothing changed")


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


def rows(result: SeederResult, *, foretold: bool) -> str:
    """What became of a seeder's rows, or would, or why it has none."""
    counts = counted(result.counts(), foretold=foretold)
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


def _value(value: str | None) -> str:
    return "NULL" if value is None else value

"""What becomes of the results of a run whose seeders share one transaction, if that is not kept."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seeder.errors import RolledBackError, SeederError, UsageError
from seeder.reporting.report import Report, SeederResult
from seeder.seed_files import PythonSeeder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from seeder.code.shared_loop import EventLoop
    from seeder.seed_files import Seeder


def rolled_back(report: Report, *, unanswered: bool = False) -> Report:
    """The report of a run whose transaction was rolled back: nothing that was done in it counts.

    Seeders that had changed anything are skipped, because of the first one that failed, if one did. `unanswered` says
    that the run has ended before the COMMIT was answered, so that it may have been kept after all.
    """
    failed = (result.name for result in report.seeders if result.outcome == "failed")
    why = next((f'"{name}" failed' for name in failed), "the run was ended")
    said = "it is not known whether it was kept: the COMMIT was not answered, and the next run finds out"
    error = RolledBackError(said if unanswered else f"rolled back, because {why} (--single-transaction)")
    seeders = tuple(_undone(result, error) for result in report.seeders)
    if seeders == report.seeders:
        return report
    nothing = f"nothing {'would be' if report.foretold else 'was'} kept (--single-transaction)"
    return replace(report, seeders=seeders, reason=f"{report.reason}; {said if unanswered else nothing}")


def _undone(result: SeederResult, error: RolledBackError) -> SeederResult:
    if not (result.changed or result.altered or result.resolved):
        return result
    undone = without_counts(result)
    return replace(undone, outcome="skipped", error=error) if result.outcome == "succeeded" else undone


def without_counts(result: SeederResult) -> SeederResult:
    """`result` as of a seeder that has done nothing."""
    none: dict[str, Any] = dict.fromkeys(result.counts(), 0)
    return replace(result, **none, altered=False, resolved=None, difference=None)


def failed_together(
    results: Mapping[str, SeederResult], seeders: Iterable[Seeder], error: SeederError, under_way: str | None
) -> dict[str, SeederResult]:
    """The results of `seeders` if their transaction failed with `error`, `under_way` being the one in its middle.

    Those have failed that the error is about; if it is about none of them, all that had succeeded. What had not begun
    is skipped.
    """
    done = [result for result in results.values() if result.outcome == "succeeded"]
    blamed = {result.name for result in done if _is_about(error, result.table)} or (
        {under_way} if under_way is not None else {result.name for result in done}
    )
    found = {}
    for seeder in seeders:
        before = results.get(seeder.name) or SeederResult.of(seeder, "skipped", error=error)
        is_blamed = seeder.name in blamed
        found[seeder.name] = replace(before, outcome="failed", error=error) if is_blamed else before
    return found


def _is_about(error: SeederError, table: str | None) -> bool:
    """Whether `table`, which may be named without its schema, is that of the error."""
    return table is not None and error.table is not None and f".{error.table}".endswith(f".{table}")


def refuse_own_sessions(seeders: Iterable[Seeder], event_loop: Callable[[], EventLoop]) -> None:
    """Raise `UsageError` if one of the seeders brings its own session, which can't share the transaction."""
    for seeder in seeders:
        if isinstance(seeder, PythonSeeder) and _has_own_session(seeder, event_loop):
            raise UsageError(
                f'--single-transaction: seeder "{seeder.name}" ({seeder.file}) brings its own session, so that what it '
                "does can't be part of the transaction; give it seed_sync(session) or seed_async(session)"
            )


def _has_own_session(seeder: PythonSeeder, event_loop: Callable[[], EventLoop]) -> bool:
    from seeder.code.python import PythonCode

    # One that can't be imported fails in its turn.
    with contextlib.suppress(SeederError):
        return PythonCode(seeder, event_loop()).own_session
    return False

"""The exit code of a run, and the sentence that explains it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from seeder.config.strictness import Strictness
from seeder.config.version import version
from seeder.errors import ExitCode
from seeder.reporting import logs
from seeder.reporting.report import Report, SeederResult

PRECEDENCE = (
    ExitCode.DEFECT,
    ExitCode.TERMINATED,
    ExitCode.INTERRUPTED,
    ExitCode.USAGE,
    ExitCode.REFUSED,
    ExitCode.NOT_READY,
    ExitCode.LOCKED,
    ExitCode.FAILED,
    ExitCode.WOULD_CHANGE,
    ExitCode.OK,
)
"""If several exit codes apply, the first of these is the run's."""

TOLERABLE = frozenset({ExitCode.FAILED, ExitCode.REFUSED, ExitCode.NOT_READY, ExitCode.LOCKED})
"""The exit codes that strictness decides over; the others always count."""


def conclude(
    results: Iterable[SeederResult],
    *,
    strictness: Strictness,
    started_at: datetime,
    duration_seconds: float,
    stopped: ExitCode | None = None,
    cause: str | None = None,
    selected: int | None = None,
    dry_run: bool = False,
    check: bool = False,
    diff: bool = False,
) -> Report:
    """The report of a run, with the exit code that strictness gives it.

    `stopped` is what ended the run as a whole, if anything did, and `cause` the beginning of a sentence that says so.
    Otherwise the reason is made from the results. `selected` is how many seeders had to run, by default as many as
    there are results.
    """
    results = tuple(results)
    failures = [result for result in results if result.failed]
    exit_code = verdict(
        strictness,
        [_exit_code(result) for result in failures],
        len(results) if selected is None else selected,
        required_failed=any(result.required for result in failures),
        stopped=stopped,
        would_change=check and any(result.changed or result.altered for result in results),
    )
    return Report(
        run_id=logs.run_id(),
        version=version(),
        started_at=started_at,
        exit_code=exit_code,
        reason=_reason(exit_code, results, strictness, cause if exit_code is stopped else None),
        duration_seconds=duration_seconds,
        seeders=results,
        dry_run=dry_run,
        check=check,
        diff=diff,
    )


def without_seeders(exit_code: ExitCode, reason: str) -> Report:
    """The report of a run that ended before any seeder began."""
    return Report(
        run_id=logs.run_id(),
        version=version(),
        started_at=datetime.now(UTC),
        exit_code=exit_code,
        reason=reason,
        duration_seconds=0.0,
    )


def first(codes: Iterable[ExitCode]) -> ExitCode:
    """The one of `codes` that comes first in `PRECEDENCE`; `OK` if there are none."""
    return min(codes, key=PRECEDENCE.index, default=ExitCode.OK)


def verdict(
    strictness: Strictness,
    failures: Iterable[ExitCode],
    selected: int,
    *,
    required_failed: bool = False,
    stopped: ExitCode | None = None,
    would_change: bool = False,
) -> ExitCode:
    """The exit code of a run in which `selected` seeders had to run.

    `failures` holds an exit code for each seeder that failed, or was skipped because another failed; `required_failed`
    says whether one of these was required. `stopped` is what ended the run as a whole, if anything did: a signal, the
    limit on its time, a defect, a usage error. `would_change` is for `--check` alone.
    """
    codes = list(failures)
    tolerated = strictness.tolerates(len(codes), selected) and not required_failed
    standing = [code for code in codes if not (tolerated and code in TOLERABLE)]
    if stopped is not None:
        standing.append(stopped)
    if would_change:
        standing.append(ExitCode.WOULD_CHANGE)
    return first(standing)


def _exit_code(result: SeederResult) -> ExitCode:
    return result.error.exit_code if result.error is not None else ExitCode.FAILED


def _reason(
    exit_code: ExitCode, results: tuple[SeederResult, ...], strictness: Strictness, cause: str | None
) -> str:
    if cause is not None:
        return f"{cause} after {_many(len(results), 'seeder')}"
    failures = [result for result in results if result.failed]
    failed = f"{len(failures)} of {_many(len(results), 'seeder')} failed or were skipped"
    changed = _many(sum(result.changed for result in results), "row")
    resolved = [result.resolved for result in results if result.resolved is not None]
    if resolved:
        changed = f"{_many(sum(resolved), 'cell')} resolved, {changed}"
    required = ", ".join(result.name for result in failures if result.required)
    match exit_code:
        case ExitCode.OK:
            superseded = [result for result in results if result.outcome == "superseded"]
            reason = f"{_many(len(results) - len(superseded), 'seeder')} done, {changed} changed"
            if superseded:
                reason += f"; {_many(len(superseded), 'seeder')} superseded: {superseded[-1].reason}"
            if failures:
                reason = f"{failed}, which strictness {strictness} tolerates; {changed} changed"
        case ExitCode.WOULD_CHANGE:
            altered = ", ".join(result.name for result in results if result.altered)
            reason = f"{changed} would change" + (
                f", and other things than rows, by {altered}" if altered else ""
            )
        case ExitCode.FAILED if not strictness.tolerates(len(failures), len(results)):
            reason = f"{failed}; strictness {strictness} does not tolerate that"
        case ExitCode.FAILED:
            reason = f"{failed}, of which {required} must succeed whatever the strictness"
        case _:
            causes = (str(r.error) for r in failures if r.error and r.error.exit_code == exit_code)
            reason = next(causes, failed)
    return reason


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"

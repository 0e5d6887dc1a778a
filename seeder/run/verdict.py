"""The exit code of a run, and the sentence that explains it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from seeder.config.strictness import Strictness
from seeder.config.version import version
from seeder.errors import ExitCode
from seeder.reporting import logs
from seeder.reporting.counts import many
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

LONGEST_CAUSE = 600
"""So many characters of a failure's cause stand in the reason of a run."""


def conclude(
    results: Iterable[SeederResult],
    *,
    strictness: Strictness,
    started_at: datetime,
    duration_seconds: float,
    stopped: ExitCode | None = None,
    cause: str | None = None,
    under_way: str | None = None,
    selected: int | None = None,
    address: str | None = None,
    dry_run: bool = False,
    check: bool = False,
    diff: bool = False,
) -> Report:
    """The report of a run, with the exit code that strictness gives it.

    `stopped` is what ended the run as a whole, if anything did, and `cause` the beginning of a sentence that says so.
    `under_way` names the seeder that it ended in the middle. Otherwise the reason is made from the results. `selected`
    is how many seeders had to run, by default as many as there are results. `address` says where the database is.
    """
    results = tuple(results)
    selected = len(results) if selected is None else selected
    failures = [result for result in results if result.failed]
    exit_code = verdict(
        strictness,
        [_exit_code(result) for result in failures],
        selected,
        required_failed=any(result.required for result in failures),
        stopped=stopped,
        would_change=check and any(result.changed or result.altered for result in results),
    )
    report = Report(
        run_id=logs.run_id(),
        version=version(),
        started_at=started_at,
        exit_code=exit_code,
        reason="",
        duration_seconds=duration_seconds,
        seeders=results,
        dry_run=dry_run,
        check=check,
        diff=diff,
        address=address,
    )
    if cause is not None and exit_code is stopped:
        reason = f"{cause} after {len(results)} of {selected} seeders"
        if under_way is not None:
            reason += f"; {under_way} was under way, and what it had not committed was rolled back"
    else:
        reason = _reason(report, results, strictness)
    return replace(report, reason=reason)


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
    report: Report,
    results: tuple[SeederResult, ...],
    strictness: Strictness,
) -> str:
    failures = [result for result in results if result.failed]
    changed = _changed(report, results)
    match report.exit_code:
        case ExitCode.OK if failures:
            reason = f"{_failed(results)}; strictness {strictness} tolerates that; {changed}"
        case ExitCode.OK:
            superseded = [result for result in results if result.outcome == "superseded"]
            reason = f"{many(len(results) - len(superseded), 'seeder')} done, {changed}"
            if superseded:
                reason += f"; {many(len(superseded), 'seeder')} superseded: {superseded[-1].reason}"
        case ExitCode.WOULD_CHANGE:
            altered = ", ".join(result.name for result in results if result.altered)
            reason = changed + (f", and other things than rows, by {altered}" if altered else "")
        case ExitCode.FAILED if strictness.tolerates(len(failures), len(results)):
            required = ", ".join(result.name for result in failures if result.required)
            which = f"{required} must succeed" if required else "the end of the transaction must succeed"
            reason = f"{_failed(results)}; {which} whatever the strictness"
        case ExitCode.FAILED:
            reason = f"{_failed(results)}; strictness {strictness} does not tolerate that"
        case ExitCode.LOCKED:
            reason = _failed(results, ExitCode.LOCKED)
        case _:
            # What refused or ended the whole run, and not a seeder.
            causes = (str(r.error) for r in failures if r.error and r.error.exit_code == report.exit_code)
            reason = _short(next(causes, _failed(results)))
    return reason


def _changed(report: Report, results: tuple[SeederResult, ...]) -> str:
    """How much was written, or would be."""
    trial = report.dry_run or report.check
    rows = f"{many(report.changed, 'row')} {'would change' if trial else 'changed'}"
    resolved = [result.resolved for result in results if result.resolved is not None]
    if not resolved:
        return rows
    return f"{many(sum(resolved), 'cell')} {'would be resolved' if trial else 'resolved'}, {rows}"


def _failed(results: tuple[SeederResult, ...], code: ExitCode | None = None) -> str:
    """How many failed, and the first that did, with the place and the cause; the first with `code` if that is given."""
    failures = [result for result in results if result.failed]
    failed = [result for result in failures if result.outcome == "failed"]
    skipped = len(failures) - len(failed)
    said = f"{len(failed)} of {len(results)} seeders failed"
    if skipped:
        said += f" and {skipped} {'was' if skipped == 1 else 'were'} skipped"
    named = (result for result in failed if code is None or _exit_code(result) is code)
    first_failed = next(named, None)
    if first_failed is None:
        return said
    return f"{said}: {first_failed.name} ({_short(str(first_failed.error))})"


def _short(text: str) -> str:
    """`text` on one line, cut to a length that leaves room for the rest of the termination message."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_CAUSE else f"{line[: LONGEST_CAUSE - 1]}…"

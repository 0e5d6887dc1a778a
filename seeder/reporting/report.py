"""The report of a run, which the library returns and the command line writes to files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from seeder.errors import ExitCode, SeederError
from seeder.masking import redact_own
from seeder.reporting import logs
from seeder.reporting.counts import Counts
from seeder.reporting.description import describe

if TYPE_CHECKING:
    from seeder.reporting.difference import Difference
    from seeder.seed_files import Seeder

Outcome = Literal["succeeded", "failed", "skipped", "superseded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeederResult(Counts):
    """What became of one seeder. Counts are committed rows, also if a later step of the seeder failed."""

    name: str
    outcome: Outcome
    duration_seconds: float = 0.0
    altered: bool = False
    """Whether code wrote something other than rows, or would in a dry run: a definition or a sequence's value."""
    error: SeederError | None = None
    """Why it failed, or was skipped because another failed."""
    reason: str | None = None
    """Why it was skipped though nothing failed, or superseded."""
    resolved: int | None = None
    """Cells whose conflict was ended, or would be in a dry run; None if that was not asked for."""
    required: bool = False
    file: str | None = None
    table: str | None = None
    difference: Difference | None = field(default=None, repr=False, compare=False)
    """With `--diff`, what became of its rows; values of cells are in it."""

    @classmethod
    def of(cls, seeder: Seeder, outcome: Outcome, **became: Any) -> SeederResult:
        """A result of `seeder`, with its name, file and table."""
        table = getattr(seeder, "table", None)
        return cls(
            name=seeder.name,
            outcome=outcome,
            file=seeder.file,
            table=None if table is None else str(table),
            required=seeder.required,
            **became,
        )

    @property
    def failed(self) -> bool:
        """Whether strictness counts it: it failed, or was skipped because another did."""
        return self.outcome == "failed" or (self.outcome == "skipped" and self.reason is None)

    def to_dict(self) -> dict[str, Any]:
        """For JSON; no secret is in it."""
        result: dict[str, Any] = {"name": self.name, "outcome": self.outcome, **self.counts()}
        result |= {"duration_seconds": round(self.duration_seconds, 3), "required": self.required}
        result |= {"altered": self.altered, "file": self.file, "table": self.table}
        if self.resolved is not None:
            result |= {"resolved": self.resolved}
        if self.reason is not None:
            result |= {"reason": redact_own(self.reason)}
        if self.error is not None:
            result |= {"error": _error(self.error)}
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run did, and its exit code."""

    run_id: str
    version: str
    started_at: datetime
    exit_code: ExitCode
    reason: str
    """One sentence that explains the exit code."""
    duration_seconds: float
    seeders: tuple[SeederResult, ...] = ()
    dry_run: bool = False
    check: bool = False
    diff: bool = False
    """Whether somebody asked to see what becomes of rows."""
    address: str | None = None
    """Where the database is, as in the log: `host=db port=5432 dbname=shop user=app`."""

    @property
    def foretold(self) -> bool:
        """Whether the numbers are of what would be done, and nothing was."""
        return self.dry_run or self.check

    @property
    def differences(self) -> list[Difference]:
        """With `--diff`, what became of the rows of each seeder that has any to show."""
        found = (result.difference for result in self.seeders)
        return [each for each in found if each is not None and each.counts]

    @property
    def succeeded(self) -> int:
        """How many seeders succeeded."""
        return self._count("succeeded")

    @property
    def failed(self) -> int:
        """How many seeders failed."""
        return self._count("failed")

    @property
    def skipped(self) -> int:
        """How many seeders were skipped, most of them because a seeder that they depend on failed."""
        return self._count("skipped")

    @property
    def superseded(self) -> int:
        """How many seeders were left alone because a newer release has come."""
        return self._count("superseded")

    @property
    def changed(self) -> int:
        """Rows written in total, or that would be in a dry run."""
        return sum(result.changed for result in self.seeders)

    @property
    def kept_existing(self) -> int:
        """Rows in total with cells that stay as they were before the seeder, by `existing_rows: keep`."""
        return sum(result.kept_existing for result in self.seeders)

    @property
    def conflicts(self) -> int:
        """Rows in total that people changed and the seed file changed too, and that stay."""
        return sum(result.conflicts for result in self.seeders)

    def _count(self, outcome: Outcome) -> int:
        return sum(result.outcome == outcome for result in self.seeders)

    def counts(self) -> dict[str, int]:
        """Numbers of seeders by outcome; rows changed, kept as they were before, and in conflict."""
        return {
            "succeeded": self.succeeded,
            "failed": self.failed,
            "skipped": self.skipped,
            "superseded": self.superseded,
            "changed": self.changed,
            "kept_existing": self.kept_existing,
            "conflicts": self.conflicts,
        }

    def to_dict(self) -> dict[str, Any]:
        """For JSON; no secret is in it."""
        return {
            "run_id": self.run_id,
            "version": self.version,
            "started_at": self.started_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "exit_code": int(self.exit_code),
            "reason": redact_own(self.reason),
            **self.counts(),
            "duration_seconds": round(self.duration_seconds, 3),
            "dry_run": self.dry_run,
            "check": self.check,
            "seeders": [result.to_dict() for result in self.seeders],
        }

    def log(self, *, error: BaseException | None = None) -> None:
        """Log `run.finished`; `error` is the defect that ended the run, if one did."""
        logger = logs.get_logger()
        log = logger.error if self.exit_code else logger.info
        fields: dict[str, Any] = {"exit_code": int(self.exit_code), "reason": self.reason, **self.counts()}
        if error is not None:
            fields["exc_info"] = error
        log("run.finished", **fields, duration_seconds=round(self.duration_seconds, 3))


def _error(error: SeederError) -> dict[str, Any]:
    fields = describe(error)
    said: dict[str, Any] = fields.pop("error")
    return said | fields


class StrictnessExceeded(SeederError):  # noqa: N818  the name is a promise of the library
    """A run inside an application ended as one that exits nonzero on the command line. `report` is its report."""

    def __init__(self, report: Report) -> None:
        super().__init__(report.reason)
        self.report = report

"""One call of the command line, from the settings to the exit code, whatever goes wrong in between."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seeder import masking, signals
from seeder.config.settings import Settings
from seeder.errors import ExitCode, Interrupted, SeederError, UsageError
from seeder.reporting import logs, outputs
from seeder.reporting.description import describe
from seeder.reporting.report import Report
from seeder.run import verdict

if TYPE_CHECKING:
    from seeder.merge.resolution import Resolution
    from seeder.run.conflict_list import Page
    from seeder.run.runner import Select

_PLEASE_REPORT = (
    "this is a defect of seeder and not of your seeds; please report it with what run.finished says"
)


@dataclass
class Invocation:
    """What the command line was called with, and what came of it."""

    environ: Mapping[str, str]
    arguments: Sequence[str] = ()
    given: Mapping[str, Any] = field(default_factory=dict)
    """The options before a subcommand; those after it win."""
    flags: list[str] = field(default_factory=list)
    """The flags that name seeders, as written."""
    settings: Settings | None = None
    exit_code: ExitCode = ExitCode.OK
    _is_run: bool = True
    _logs: bool = False
    """Whether the log of a run is set up."""

    def load(self, given: Mapping[str, Any]) -> bool:
        """Read the settings for a run and begin to log. False, after a report, if seeding is switched off."""
        self.settings = self._settings(given)
        _import_structlog()
        logs.configure(self.settings, stream=sys.stdout)
        self._logs = True
        signals.on_stall(lambda interrupted: self._end_early(interrupted, " while it waited for something"))
        self._limit()
        if self.settings.auto_seed_database:
            return True
        self._end(ExitCode.OK, "seeding is switched off: AUTO_SEED_DATABASE is false")
        return False

    def begin(self, command: str) -> None:
        """Note the subcommand, whose options are still to be read."""
        # All others print results, and have no run to report.
        self._is_run = command == "resolve"

    def load_for_results(self, given: Mapping[str, Any]) -> Settings:
        """Read the settings for a subcommand. Its results go to standard output, its log to standard error."""
        self.settings = self._settings(given)
        logs.configure(self.settings, stream=sys.stderr)
        signals.on_stall(self.interrupted)
        self._limit()
        return self.settings

    def _limit(self) -> None:
        """Begin to hold the run to its time, which is counted from the beginning of the process."""
        if self.settings is not None and self.settings.timeout is not None:
            signals.limit(self.settings.timeout)

    def _settings(self, given: Mapping[str, Any]) -> Settings:
        own = {name: value for name, value in given.items() if value not in (None, ())}
        return Settings.load({**self.given, **own}, self.environ)

    def run(self, select: Select | None, resolution: Resolution | None = None) -> None:
        """Run the seeders that `select` chooses, by default all, and report what they did.

        With a `resolution` they resolve conflicts, and do nothing else.
        """
        settings = self.settings or Settings()
        settings.require_database(self.environ)
        outputs.check_writable(settings.report, settings.termination_log)
        from seeder.run import runner

        self._report(runner.run(settings, select, environ=self.environ, resolution=resolution))

    def refuse(self, error: SeederError) -> int:
        """Say what has to be fixed: in a run's log and report, and on one line of standard error for people."""
        if not self._is_run or self._is_for_people():
            self.complain(str(error))
        elif not self._logs:
            _import_structlog()
            logs.configure(Settings(log_format="json"), stream=sys.stdout)
            self._logs = True
        return self._end(error.exit_code, str(error)) if self._is_run else error.exit_code

    def _is_for_people(self) -> bool:
        """Whether people read the log of a run, as far as that can be told if the options can't be read."""
        asked = self.settings.log_format if self.settings is not None else self._asked_format()
        return logs.is_console(Settings(log_format=asked), sys.stdout)

    def _asked_format(self) -> str:
        asked = self.environ.get("SEED_LOG_FORMAT") or "auto"
        for argument, following in itertools.pairwise([*self.arguments, ""]):
            name, equals, value = argument.partition("=")
            if name == "--log-format":
                asked = value if equals else following
        return asked.strip().casefold()

    def interrupted(self, interrupted: Interrupted) -> int:
        """Say that a signal, or the limit on its time, ended it. A report that is already written stays as it is."""
        if not self._is_run:
            self.complain(interrupted.cause)
        elif not self.exit_code:
            return self._end_early(interrupted)
        return interrupted.exit_code

    def defect(self, error: Exception) -> int:
        """Log an unexpected exception with its traceback, and ask to report it."""
        if self.settings is None:
            logs.configure(Settings(), stream=sys.stderr)
        reason = f"{describe(error)['error']['message']}; {_PLEASE_REPORT}"
        self.complain(reason)
        return self._end(ExitCode.DEFECT, reason, error)

    def print(self, text: str) -> None:
        """Write a result to standard output. Raises `UsageError` if that fails."""
        try:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            discard_output()
        except OSError as error:
            discard_output()
            raise UsageError(f"can't write to standard output: {error.strerror or error}") from error

    def without_errors(self, pages: Iterable[Page]) -> Iterator[Page]:
        """The pages that could be read. Of others it is said on standard error why, and the exit code is 1."""
        for page in pages:
            if page.error is None:
                yield page
            else:
                self.complain(f"{page.seeder}: {page.error}")
                self.exit_code = ExitCode.FAILED

    def _end_early(self, interrupted: Interrupted, when: str = "") -> int:
        return self._end(interrupted.exit_code, f"{interrupted.cause}{when}")

    def _end(self, exit_code: ExitCode, reason: str, error: BaseException | None = None) -> int:
        """Log and write the report of a run in which no seeder began, and return the exit code."""
        ended = verdict.without_seeders(exit_code, reason)
        if self._logs or error is not None:
            ended.log(error=error)
            signals.on_stall(None)
        self._report(ended)
        return self.exit_code

    def _report(self, report: Report) -> None:
        """Write the report to its files. The exit code is the report's, or 2 if a file can't be written."""
        self.exit_code = report.exit_code
        # If the settings can't be read, somebody may still look at the file that the environment names.
        settings = self.settings or Settings(termination_log=self.environ.get("SEED_TERMINATION_LOG") or None)
        with signals.deferred():
            for error in outputs.write_all(report, settings.report, settings.termination_log):
                # One line is enough for a usage error, which this may be.
                if self.exit_code != ExitCode.USAGE:
                    self.complain(str(error))
                self.exit_code = verdict.first([self.exit_code, error.exit_code])
            view = logs.view()
            if view is not None:
                view.close()
                # A usage error is said on standard error.
                if report.seeders or report.exit_code != ExitCode.USAGE:
                    from seeder.reporting import summary

                    summary.show(report, view.screen)

    def complain(self, message: str) -> None:
        """Write one line to standard error."""
        line = " ".join(str(masking.redact_own(message)).split())
        with contextlib.suppress(OSError):
            sys.stderr.write(f"seeder: {line}\n")
            sys.stderr.flush()


def discard_output() -> None:
    """Send what is still buffered for a broken standard output to nowhere, to spare a traceback at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _import_structlog() -> None:
    """Import structlog without rich.

    structlog imports rich if it is installed, and rich pygments, for tracebacks that are never shown here. That takes
    as long as all our own modules.
    """
    if "rich" not in sys.modules:
        # None in its place makes the import fail.
        sys.modules["rich"] = None  # type: ignore[assignment]
        import structlog  # noqa: F401 - now, while there is no rich

        del sys.modules["rich"]

"""One call of the command line, from the settings to the exit code, whatever happens in between."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seeder import masking, signals
from seeder.cli import startup
from seeder.config.settings import Settings
from seeder.errors import ExitCode, SeederError, UsageError
from seeder.reporting import logs, outputs, summary
from seeder.reporting.description import describe
from seeder.run import verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seeder.reporting.report import Report

PLEASE_REPORT = (
    "this is a defect of seeder and not of your seeds; please report it with what run.finished says"
)


@dataclass
class Invocation:
    """What the command line was called with, and what came of it."""

    environ: Mapping[str, str]
    given: Mapping[str, Any] = field(default_factory=dict)
    """The options before a subcommand; those after it win."""
    flags: list[str] = field(default_factory=list)
    """The flags that name seeders, as written."""
    settings: Settings | None = None
    exit_code: ExitCode = ExitCode.OK
    _is_run: bool = True

    def load(self, given: Mapping[str, Any]) -> bool:
        """Read the settings for a run and begin to log. False, and told, when seeding is switched off."""
        self.settings = Settings.load(given, self.environ)
        startup.import_structlog()
        logs.configure(self.settings, stream=sys.stdout)
        signals.on_stall(self._stalled)
        if self.settings.auto_seed_database:
            return True
        self.end(ExitCode.OK, "seeding is switched off: AUTO_SEED_DATABASE is false")
        return False

    def load_for_results(self, given: Mapping[str, Any]) -> Settings:
        """Read the settings for a subcommand: its results go to standard output, so the log does not."""
        self._is_run = False
        told = {name: value for name, value in given.items() if value not in (None, ())}
        self.settings = Settings.load({**self.given, **told}, self.environ)
        logs.configure(self.settings, stream=sys.stderr)
        return self.settings

    def run(self, selection: tuple[str, ...] | None) -> None:
        """Run the seeders selected, and tell what they did in every way that was asked for."""
        settings = self.settings or Settings()
        settings.require_database(self.environ)
        outputs.check_writable(settings.report, settings.termination_log)
        from seeder.run import runner

        self.finish(runner.run(settings, selection, environ=self.environ))

    def finish(self, done: Report) -> None:
        """Write what was asked for. The exit code is the report's, or 2 where a file can't be written.

        Of a usage error one line is enough: it may be the very same one.
        """
        self.exit_code = done.exit_code
        # With settings that can't be read, somebody may still look at the place that the environment names.
        settings = self.settings or Settings(termination_log=self.environ.get("SEED_TERMINATION_LOG") or None)
        with signals.deferred():
            for error in outputs.write_all(done, settings.report, settings.termination_log):
                if self.exit_code != ExitCode.USAGE:
                    self.complain(str(error))
                self.exit_code = verdict.first([self.exit_code, error.exit_code])
            if done.seeders and logs.is_console(settings, sys.stdout):
                with contextlib.suppress(OSError):
                    sys.stdout.write(summary.summary(done) + "\n")

    def end(self, exit_code: ExitCode, reason: str, error: BaseException | None = None) -> int:
        """Log and write the report of a run that ended without one, and return the exit code."""
        ended = verdict.without_seeders(exit_code, reason)
        if self.settings is not None or error is not None:
            ended.log(error=error)
        self.finish(ended)
        return self.exit_code

    def refuse(self, error: SeederError) -> int:
        """Tell what has to be mended, in one line on standard error, and in a run's log and report."""
        self.complain(str(error))
        return self.end(error.exit_code, str(error)) if self._is_run else error.exit_code

    def interrupted(self, exit_code: ExitCode) -> int:
        """Tell that a signal ended it."""
        if not self._is_run:
            return exit_code
        # A report that is written already stands; only the exit code says that a signal came after it.
        return (
            self.end(exit_code, f"{exit_code.name.lower()} by a signal") if not self.exit_code else exit_code
        )

    def _stalled(self, exit_code: ExitCode) -> None:
        self.end(exit_code, f"{exit_code.name.lower()} by a signal while it waited for something")

    def defect(self, error: Exception) -> int:
        """Tell of an exception that nobody foresaw, with its traceback, and ask to report it."""
        if self.settings is None:
            logs.configure(Settings(), stream=sys.stderr)
        said = describe(error)["error"]["message"]
        self.complain(f"{said}; {PLEASE_REPORT}")
        return self.end(ExitCode.DEFECT, f"{said}; {PLEASE_REPORT}", error)

    def print(self, text: str) -> None:
        """Write a result to standard output. Raises `UsageError` where that can't take it."""
        try:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            discard_output()
        except OSError as error:
            discard_output()
            raise UsageError(f"can't write to standard output: {error.strerror or error}") from error

    def complain(self, message: str) -> None:
        """Write one line to standard error."""
        line = " ".join(str(masking.redact_own(message)).split())
        with contextlib.suppress(OSError):
            sys.stderr.write(f"seeder: {line}\n")
            sys.stderr.flush()


def discard_output() -> None:
    """Let what is still buffered for a broken standard output go nowhere, instead of into a traceback."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

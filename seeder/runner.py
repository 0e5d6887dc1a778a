"""A run: one seeder after another, in dependency order, each in its own transaction; then a verdict."""

from __future__ import annotations

import functools
import sys
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from seeder import files, logs, ordering
from seeder.errors import (
    ConnectionRefusedForGoodError,
    DependencyError,
    ExitCode,
    Interrupted,
    LockTimeoutError,
    NotReadyError,
    SeederError,
)
from seeder.files import DataSeeder, PythonSeeder, SqlSeeder
from seeder.host import Host
from seeder.interrupts import on_stall
from seeder.report import SeederResult, conclude
from seeder.strictness import Strictness

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from sqlalchemy import Connection, Engine

    from seeder.database.prerequisites import Prerequisite
    from seeder.files import Seeder
    from seeder.merge import Options
    from seeder.merge.diff import Show
    from seeder.preparation import Prepared
    from seeder.report import Report
    from seeder.settings import Settings
    from seeder.transactions import Transactions

_PROGRESS_EVERY = 5.0


def run(settings: Settings, selection: Collection[str] | None, *, environ: Mapping[str, str]) -> Report:
    """Run the seeders of `selection`, or all of them, as `settings` say, against the database that they name.

    Raises `UsageError` where the settings can't be meant, before anything is done. Whatever else goes wrong is in
    the report.
    """
    seeders = files.discover(settings.path, allow_code=settings.allow_code, environ=environ)
    return Run(settings, seeders, selection, lambda: engine_of(settings)).run()


def wait(settings: Settings) -> None:
    """Wait as a run would, for the database and for what `--wait-for` names, and do nothing else.

    Raises what a run would exit with.
    """
    _connect_first(engine_of(settings), settings, _prerequisites(settings), Host()).close()


def connect(settings: Settings) -> Connection:
    """Wait for the database that `settings` name, and connect. Raises what a run would exit with."""
    return _connect_first(engine_of(settings), settings, (), Host())


def _connect_first(
    engine: Engine, settings: Settings, wanted: Sequence[Prerequisite], host: Host
) -> Connection:
    """Wait for the database and for what is `wanted` of it, under one deadline."""
    from seeder.database.deadline import Deadline
    from seeder.database.waiting import wait_for_database

    log = logs.get_logger()
    deadline = Deadline(settings.wait_timeout)

    def connect() -> Connection:
        return wait_for_database(
            engine, timeout=deadline.remaining, log=log, sleep=host.sleep, connect=host.connect
        )

    if not wanted:
        return connect()
    from seeder.database.prerequisites import wait_for_prerequisites

    return wait_for_prerequisites(wanted, connect, deadline=deadline, log=log, sleep=host.sleep)


def _prerequisites(settings: Settings) -> Sequence[Prerequisite]:
    if not settings.wait_for:
        return ()
    from seeder.database import prerequisites

    return prerequisites.parse(settings.wait_for)


def engine_of(settings: Settings) -> Engine:
    """An engine of ours for the database that `settings` name."""
    from seeder.database.engine import create_engine

    url, password = settings.database_url, settings.password
    return create_engine(url.read if url else lambda: None, password=password.read if password else None)


@dataclass
class Run:
    """One run. `engine` is how the engine is had, and `host` how the run waits, so that others can bring their own."""

    settings: Settings
    existing: Sequence[Seeder]
    selection: Collection[str] | None
    engine: Callable[[], Engine]
    host: Host = field(default_factory=Host)
    results: dict[str, SeederResult] = field(default_factory=dict, init=False)
    _began: float = field(default_factory=time.monotonic, init=False)
    _started_at: datetime = field(default_factory=lambda: datetime.now(UTC), init=False)
    _retired: dict[str, DataSeeder] = field(default_factory=dict, init=False)

    def run(self) -> Report:
        """Run the seeders and log what becomes of each."""
        self._wanted = _prerequisites(self.settings)
        self.chosen = ordering.selected(self.existing, self.selection, self.settings.environment)
        order = ordering.order(self.chosen, [seeder.name for seeder in self.existing])
        self._say_what_is_loaded(order)
        on_stall(lambda code: self._conclude(code).log())
        stopped: ExitCode | None = None
        defect: Exception | None = None
        try:
            self._run_all(order)
        except Interrupted as interrupted:
            stopped = interrupted.exit_code
        except SeederError as error:
            if error.exit_code is ExitCode.USAGE:
                raise
            stopped = error.exit_code
        except Exception as error:  # noqa: BLE001 - a defect of ours is told in the report, with what was done before it
            stopped, defect = ExitCode.DEFECT, error
        except BaseException:
            # An application's task was cancelled, or its user has had enough.
            self._conclude(ExitCode.INTERRUPTED).log()
            raise
        report = self._conclude(stopped)
        if defect is not None:
            report = replace(
                report, reason=f"a defect of seeder: {logs.describe_error(defect)['error']['message']}"
            )
        report.log(error=defect)
        return report

    def _say_what_is_loaded(self, order: ordering.Order) -> None:
        log = logs.get_logger()
        log.info(
            "run.started",
            seeders=len(order.seeders),
            dry_run=self._dry_run,
            check=self.settings.check,
        )
        for seeder in order.seeders:
            if isinstance(seeder, DataSeeder):
                for secret in seeder.secrets:
                    logs.add_secret(secret)
            if seeder.error is None:
                log.debug("seeder.loaded", seeder=seeder.name, file=seeder.file, table=_table(seeder))

    @property
    def _dry_run(self) -> bool:
        return self.settings.dry_run or self.settings.check

    def _conclude(self, stopped: ExitCode | None) -> Report:
        return conclude(
            self.results.values(),
            strictness=Strictness.parse(self.settings.strictness),
            started_at=self._started_at,
            duration_seconds=time.monotonic() - self._began,
            stopped=stopped,
            selected=len(self.chosen),
            dry_run=self._dry_run,
            check=self.settings.check,
        )

    def _run_all(self, order: ordering.Order) -> None:
        runnable = [seeder for seeder in order.seeders if seeder.name not in order.errors]
        if not runnable:
            for seeder in order.seeders:
                self._fail(seeder, order.errors[seeder.name])
            return
        transactions = self._transactions()
        try:
            context = self._prepare(transactions, runnable)
        except (ConnectionRefusedForGoodError, NotReadyError, LockTimeoutError) as error:
            for seeder in order.seeders:
                self._fail(seeder, order.errors.get(seeder.name, error))
            return
        try:
            for seeder in order.seeders:
                self._run_one(seeder, order, context)
            for seeder in reversed(order.seeders):
                if seeder.name in self._retired:
                    self._retire(self._retired[seeder.name], context)
        finally:
            transactions.close()

    def _transactions(self) -> Transactions:
        from seeder.database.locks import LockBudget
        from seeder.transactions import Transactions

        engine = self.engine()
        return Transactions(
            connect=lambda: self._connect(engine),
            budget=LockBudget(self.settings.lock_timeout),
            log=logs.get_logger(),
            statement_timeout=self.settings.statement_timeout,
            dry_run=self._dry_run,
            sleep=self.host.sleep,
        )

    def _connect(self, engine: Engine) -> Connection:
        """Connect for the first time, or anew. What was there once is not waited for again."""
        connection = _connect_first(engine, self.settings, self._wanted, self.host)
        self._wanted = ()
        return connection

    def _prepare(self, transactions: Transactions, runnable: Sequence[Seeder]) -> _Context:
        """Connect, learn where unqualified names go, and see to the ledger."""
        from seeder.preparation import prepare

        has_rows = any(isinstance(seeder, DataSeeder) for seeder in runnable)
        runs_code = any(isinstance(seeder, SqlSeeder | PythonSeeder) for seeder in runnable)
        prepared = prepare(
            transactions,
            self.settings.ledger,
            needs_ledger=has_rows or any(_asks_ledger(seeder) for seeder in runnable),
            runs_code=runs_code,
        )
        if self.settings.ledger is None and has_rows:
            logs.get_logger().warning(
                "ledger.off",
                message="without a ledger nobody's edits can be told from seeds: they are overwritten where a seed "
                "file differs, and rows taken out of a seed file are not retired",
            )
        return _Context(transactions, prepared)

    def _run_one(self, seeder: Seeder, order: ordering.Order, context: _Context) -> None:
        if seeder.name in order.errors:
            self._fail(seeder, order.errors[seeder.name])
            return
        failed = [name for name in sorted(order.dependencies[seeder.name]) if self.results[name].failed]
        if failed:
            error = DependencyError(f'"{failed[0]}", which it depends on, failed')
            self._finish(SeederResult(name=seeder.name, outcome="skipped", error=error, **_about(seeder)))
            return
        log = logs.get_logger()
        log.info("seeder.started", seeder=seeder.name, file=seeder.file, table=_table(seeder))
        began = time.monotonic()
        try:
            result = self._code(seeder, context) if _is_code(seeder) else self._rows(seeder, context)
        except SeederError as error:
            self._fail(seeder, error, time.monotonic() - began)
            return
        result = replace(result, duration_seconds=time.monotonic() - began)
        if seeder.name in self._retired:
            # Said when its retired rows are dealt with, which comes after all seeders have seeded.
            self.results[seeder.name] = result
        else:
            self._finish(result)

    def _rows(self, seeder: Seeder, context: _Context) -> SeederResult:
        from seeder.database.failures import DATABASE_ERRORS
        from seeder.diagnosis import diagnose
        from seeder.merge import merge

        assert isinstance(seeder, DataSeeder)  # noqa: S101 - what is no code has rows
        if context.prepared.error is not None:
            raise context.prepared.error
        options = self._options(seeder, context)
        try:
            merged = context.transactions.run(
                seeder.name, context.lock(seeder), functools.partial(merge, seeder=seeder, options=options)
            )
        except DATABASE_ERRORS as error:
            raise diagnose(context.transactions, seeder, options, error) from error
        if merged.retired:
            self._retired[seeder.name] = seeder
        return SeederResult(
            name=seeder.name,
            outcome="succeeded",
            inserted=merged.inserted,
            updated=merged.updated,
            deleted=merged.deleted,
            unchanged=merged.unchanged,
            kept=merged.kept,
            conflicts=merged.conflicts,
            **_about(seeder),
        )

    def _code(self, seeder: Seeder, context: _Context) -> SeederResult:
        from seeder.code import CodeOptions, Execution
        from seeder.database.failures import DATABASE_ERRORS
        from seeder.database.locks import Lock
        from seeder.transactions import ATTEMPTS, refused

        assert isinstance(seeder, SqlSeeder | PythonSeeder)  # noqa: S101 - what has no rows is code
        prepared = context.prepared
        if prepared.error is not None and _asks_ledger(seeder):
            raise prepared.error
        assert prepared.session is not None  # noqa: S101 - read where there is code to run
        options = CodeOptions(
            host=self.host,
            ledger=None if prepared.error is not None else prepared.ledger,
            session=prepared.session,
            pin=context.transactions.pin,
        )
        execution = Execution(seeder, options)
        if execution.own_session and self._dry_run:
            reason = "it brings its own session, and what that does could not be rolled back"
            return SeederResult(name=seeder.name, outcome="skipped", reason=reason, **_about(seeder))
        attempts = 1 if execution.own_session else ATTEMPTS
        try:
            executed = context.transactions.run(
                seeder.name, Lock("seeder", seeder.name), execution, attempts=attempts
            )
        except DATABASE_ERRORS as error:
            raise refused(error, position=execution.position(error)) from error
        return SeederResult(
            name=seeder.name,
            outcome="succeeded",
            inserted=executed.inserted,
            updated=executed.updated,
            deleted=executed.deleted,
            altered=executed.altered,
            **_about(seeder),
        )

    def _retire(self, seeder: DataSeeder, context: _Context) -> None:
        from seeder.database.failures import DATABASE_ERRORS
        from seeder.merge import retire
        from seeder.transactions import refused

        began = time.monotonic()
        before = self.results.pop(seeder.name)
        options = self._options(seeder, context)
        try:
            retired = context.transactions.run(
                seeder.name, context.lock(seeder), functools.partial(retire, seeder=seeder, options=options)
            )
        except DATABASE_ERRORS as error:
            self._fail(seeder, refused(error, table=_table(seeder)), time.monotonic() - began)
            return
        except SeederError as error:
            self._fail(seeder, error, time.monotonic() - began)
            return
        self._finish(
            replace(
                before,
                deleted=before.deleted + retired.deleted,
                updated=before.updated + retired.updated,
                kept=before.kept + retired.kept,
                duration_seconds=before.duration_seconds + time.monotonic() - began,
            )
        )

    def _options(self, seeder: DataSeeder, context: _Context) -> Options:
        from seeder.merge import Options

        log = logs.get_logger()
        said = began = time.monotonic()

        def progress(rows: int) -> None:
            nonlocal said
            now = time.monotonic()
            if now - said >= _PROGRESS_EVERY:
                said = now
                log.info(
                    "seeder.progress", seeder=seeder.name, rows=rows, duration_seconds=round(now - began, 3)
                )

        return Options(
            ledger=context.prepared.ledger,
            log=log,
            pin=context.transactions.pin,
            create_tables=self.settings.create_tables,
            rivals=frozenset(other.name for other in self.existing) - {seeder.name},
            progress=progress,
            show=self._show(seeder),
            dry_run=self._dry_run,
        )

    def _show(self, seeder: DataSeeder) -> Show | None:
        from seeder import differences

        if not self.settings.diff:
            return None
        for_people = logs.is_console(self.settings, sys.stdout)
        return differences.as_lines(seeder) if for_people else differences.as_events(seeder)

    def _fail(self, seeder: Seeder, error: SeederError, seconds: float = 0.0) -> None:
        result = SeederResult(
            name=seeder.name, outcome="failed", error=error, duration_seconds=seconds, **_about(seeder)
        )
        self._finish(result)

    def _finish(self, result: SeederResult) -> None:
        self.results[result.name] = result
        log = logs.get_logger()
        say = {"succeeded": log.info, "skipped": log.warning, "failed": log.error}[result.outcome]
        about_error = {} if result.error is None else logs.describe_error(result.error)
        reason = {} if result.reason is None else {"reason": result.reason}
        say(
            "seeder.finished",
            seeder=result.name,
            outcome=result.outcome,
            inserted=result.inserted,
            updated=result.updated,
            deleted=result.deleted,
            unchanged=result.unchanged,
            kept=result.kept,
            duration_seconds=round(result.duration_seconds, 3),
            **reason,
            **about_error,
            **({} if result.error is None else {"exc_info": result.error}),
        )


@dataclass(frozen=True)
class _Context:
    transactions: Transactions
    prepared: Prepared

    def lock(self, seeder: DataSeeder) -> Any:
        from seeder.database.locks import Lock

        return Lock("table", f"{seeder.table.schema or self.prepared.schema}.{seeder.table.name}")


def _table(seeder: Seeder) -> str | None:
    return str(seeder.table) if isinstance(seeder, DataSeeder) else None


def _is_code(seeder: Seeder) -> bool:
    return isinstance(seeder, SqlSeeder | PythonSeeder)


def _asks_ledger(seeder: Seeder) -> bool:
    """Whether the ledger decides if the seeder's code runs."""
    return isinstance(seeder, SqlSeeder) and seeder.run == "changed"


def _about(seeder: Seeder) -> dict[str, Any]:
    return {"file": seeder.file, "table": _table(seeder), "required": seeder.required}

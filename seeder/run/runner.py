"""A run: one seeder after another, in dependency order, each in a transaction of its own or all in one."""

from __future__ import annotations

import contextlib
import functools
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NoReturn

import psycopg

from seeder import seed_files
from seeder.errors import (
    ConnectionRefusedForGoodError,
    DependencyError,
    ExitCode,
    Interrupted,
    NotReadyError,
    SeederError,
    UsageError,
)
from seeder.masking import add_secret
from seeder.merge.releases import Standing, Superseded
from seeder.reporting import logs
from seeder.reporting.counts import Counts
from seeder.reporting.description import describe
from seeder.reporting.report import SeederResult
from seeder.run import ordering
from seeder.run.connecting import (
    Ready,
    configured_address,
    connect_first,
    connect_for_reading,
    connect_to,
    patient,
)
from seeder.run.proofs import Proofs, ledger_of
from seeder.run.verdict import conclude
from seeder.seed_files import DataSeeder, PythonSeeder, SqlSeeder
from seeder.seed_files.sets import with_sets
from seeder.signals import on_stall

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from seeder.code.shared_loop import EventLoop
    from seeder.config.settings import Settings
    from seeder.merge.resolution import Resolution
    from seeder.postgres.connection import Connection
    from seeder.postgres.waiting import Connect
    from seeder.reporting.report import Report
    from seeder.run.one_seeder import Seeding
    from seeder.run.transactions import Transactions
    from seeder.seed_files import Seeder

    Select = Callable[[Sequence[str]], Collection[str] | None]


_FIRST_TRY: Final = 2.0
"""Seconds to connect before seed files are read. A database that takes longer is waited for after that."""


def run(
    settings: Settings,
    selection: Collection[str] | Select | None,
    *,
    environ: Mapping[str, str],
    resolution: Resolution | None = None,
) -> Report:
    """Run the seeders of `selection`, or all of them, as `settings` say, against the database that they name.

    `selection` may choose among the names of all seeders that there are. With a `resolution` the run resolves
    conflicts, and does nothing else; code is left out. Raises `UsageError` if a setting is invalid,
    before anything is done. Whatever else goes wrong is in the report.
    """
    settings = with_sets(settings)
    select = selection if callable(selection) else lambda _: selection
    proofs = Proofs(settings, wanted=resolution is None)
    with contextlib.closing(Ready(patient(connect_to(settings), settings.statement_timeout))) as connect:
        # Before a reader is imported: mostly there is nothing to do.
        seeders: Sequence[Seeder] | None = proofs.unread(
            functools.partial(connect.try_now, _FIRST_TRY), select, environ
        )
        if seeders is None:
            seeders = seed_files.discover(
                settings.path,
                allow_code=settings.allow_code,
                environ=environ,
                environment=settings.environment,
                existing_rows=settings.existing_rows,
            )
        names = select([seeder.name for seeder in seeders])
        if resolution is not None:
            names = _without_code(seeders, names)
        return Run(
            settings,
            seeders,
            names,
            connect,
            proofs=proofs,
            resolution=resolution,
            address=configured_address(settings),
        ).run()


def _without_code(seeders: Sequence[Seeder], names: Collection[str] | None) -> Collection[str]:
    """The names of the seeders that may have conflicts. Raises `UsageError` if `names` has one that is code."""
    code = {seeder.name for seeder in seeders if isinstance(seeder, SqlSeeder | PythonSeeder)}
    for name in names or ():
        if name in code:
            raise UsageError(f'seeder "{name}" is code: it has no rows of its own that could be in conflict')
    return [
        seeder.name
        for seeder in seeders
        if seeder.name not in code and (names is None or seeder.name in names)
    ]


def wait(settings: Settings) -> None:
    """Wait as a run would, for the database and for what `--wait-for` names, and do nothing else.

    Raises what a run would exit with.
    """
    connect_first(connect_to(settings), settings, settings.wait_for).close()


def connect(settings: Settings) -> Connection:
    """Wait for the database that `settings` name, and connect, only to read. Raises what a run would exit with.

    A standby will do, if it has no primary that can be connected to.
    """
    return connect_first(connect_for_reading(settings), settings, ())


@dataclass
class Run:
    """One run. `connect` makes its connections, and `sleep` waits for so many seconds.

    `event_loop` is where Python seeders run coroutines; None is a loop of the run's own, made for the first of them.
    `address` says where the database is, if that is known before the run connects.
    """

    settings: Settings
    existing: Sequence[Seeder]
    selection: Collection[str] | None
    connect: Connect
    sleep: Callable[[float], None] = time.sleep
    event_loop: EventLoop | None = None
    proofs: Proofs | None = None
    resolution: Resolution | None = None
    address: str | None = None
    results: dict[str, SeederResult] = field(default_factory=dict, init=False)
    _at_the_end: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, init=False)
    _unsaid: set[str] = field(default_factory=set, init=False)
    _began: float = field(default_factory=time.monotonic, init=False)
    _started_at: datetime = field(default_factory=lambda: datetime.now(UTC), init=False)
    _unreachable: SeederError | None = field(default=None, init=False)
    _under_way: str | None = field(default=None, init=False)
    """The seeder that is in its transaction."""
    _superseded: Superseded | None = field(default=None, init=False)
    _single: Transactions | None = field(default=None, init=False)
    """What runs the transaction that all seeders share, if they share one."""

    def run(self) -> Report:
        """Run the seeders and log what becomes of each."""
        self._wanted = self.settings.wait_for
        self._proofs = self.proofs or Proofs(self.settings)
        self.chosen = ordering.selected(self.existing, self.selection, self.settings.environment)
        order = ordering.order(self.chosen, [seeder.name for seeder in self.existing])
        self._say_what_is_loaded(order)
        on_stall(self._last_words)
        stopped: ExitCode | Interrupted | None = None
        defect: Exception | None = None
        try:
            with self._at_the_end:
                self._run_all(order)
        except Interrupted as interrupted:
            stopped = interrupted
        except SeederError as error:
            if error.exit_code is ExitCode.USAGE:
                raise
            stopped = error.exit_code
        except Exception as error:  # noqa: BLE001 - a defect of ours is told in the report, with what was done before it
            stopped, defect = ExitCode.DEFECT, error
        except BaseException:
            # An application's task was cancelled, or its user has had enough.
            self._log(self._conclude_early(Interrupted(ExitCode.INTERRUPTED)))
            raise
        on_stall(None)
        report = (
            self._conclude_early(stopped) if isinstance(stopped, Interrupted) else self._conclude(stopped)
        )
        if defect is not None:
            report = replace(report, reason=f"a defect of seeder: {describe(defect)['error']['message']}")
        self._log(report, defect)
        return report

    def _log(self, report: Report, defect: Exception | None = None) -> None:
        if self._single is not None:
            # Only now it is known what was kept.
            for result in report.seeders:
                self._say(result)
        report.log(error=defect)

    def _event_loop(self) -> EventLoop:
        if self.event_loop is None:
            from seeder.code.event_loop import OwnLoop

            self.event_loop = self._at_the_end.enter_context(OwnLoop())
        return self.event_loop

    def _say_what_is_loaded(self, order: ordering.Order) -> None:
        log = logs.get_logger()
        log.info(
            "run.started",
            seeders=len(order.seeders),
            path=list(self.settings.path),
            **({} if self.address is None else {"address": self.address}),
            dry_run=self._dry_run,
            check=self.settings.check,
            application=self.settings.application,
            release=None if self.settings.release is None else str(self.settings.release),
        )
        for seeder in order.seeders:
            if isinstance(seeder, DataSeeder):
                for secret in seeder.secrets:
                    add_secret(secret)
            if seeder.error is None:
                overlay = seeder.overlay if isinstance(seeder, DataSeeder) else None
                log.debug(
                    "seeder.loaded",
                    seeder=seeder.name,
                    file=seeder.file,
                    table=_table(seeder),
                    **({} if overlay is None else {"overlay": overlay}),
                )

    @property
    def _dry_run(self) -> bool:
        return self.settings.dry_run or self.settings.check

    def _last_words(self, interrupted: Interrupted) -> None:
        """Say how the run ended: its process ends now, so that nobody writes its report."""
        report = self._conclude_early(interrupted)
        self._log(report)
        if (view := logs.view()) is not None:
            view.say_last(report.reason)

    def _conclude_early(self, interrupted: Interrupted) -> Report:
        return self._conclude(interrupted.exit_code, interrupted.cause)

    def _conclude(self, stopped: ExitCode | None, cause: str | None = None) -> Report:
        report = self._verdict(stopped, cause)
        if self._single is None or self._single.kept:
            return report
        from seeder.run.single import rolled_back

        return rolled_back(report, unanswered=self._single.unanswered)

    def _verdict(self, stopped: ExitCode | None = None, cause: str | None = None) -> Report:
        """How the run ends if all that was done is kept."""
        return conclude(
            self.results.values(),
            strictness=self.settings.strictness,
            started_at=self._started_at,
            duration_seconds=time.monotonic() - self._began,
            stopped=stopped,
            cause=cause,
            under_way=self._under_way,
            selected=len(self.chosen),
            address=self.address,
            dry_run=self._dry_run,
            check=self.settings.check,
            diff=self.settings.diff,
        )

    def _run_all(self, order: ordering.Order) -> None:
        runnable = [seeder for seeder in order.seeders if seeder.name not in order.errors]
        if not runnable:
            for seeder in order.seeders:
                self._fail(seeder, order.errors[seeder.name])
            return
        with contextlib.closing(self._transactions()) as transactions:
            if transactions.single:
                self._single = transactions
                self._run_together(order, runnable, transactions)
            else:
                self._run_once(order, runnable, transactions)

    def _run_together(
        self, order: ordering.Order, runnable: Sequence[Seeder], transactions: Transactions
    ) -> None:
        """Run all in one transaction, and keep it if the exit code is 0; all again if it was lost."""
        from seeder.run.transactions import ATTEMPTS, TransactionLost

        for attempt in range(1, ATTEMPTS + 1):
            try:
                seeding = self._run_once(order, runnable, transactions)
                if self._superseded is not None:
                    self._supersede_done(self._superseded)
                elif self._verdict().exit_code in (ExitCode.OK, ExitCode.WOULD_CHANGE):
                    self._keep(order, transactions, seeding)
            except TransactionLost as lost:
                transactions.close()
                if attempt == ATTEMPTS or not lost.is_retryable:
                    self._fail_together(order, lost.error)
                self._start_over(attempt + 1, lost.error)
            else:
                return

    def _keep(self, order: ordering.Order, transactions: Transactions, seeding: Seeding | None) -> None:
        """End the single transaction. If that fails all have failed, whatever the strictness."""
        from seeder.run.transactions import refused

        def explained(connection: Connection, error: psycopg.Error) -> SeederError:
            return (
                refused(error)
                if seeding is None
                else seeding.refused_by_foreign_key(connection, error, order.seeders)
            )

        try:
            transactions.end(explained)
        except SeederError as error:
            self._fail_together(order, error)
        except psycopg.Error as error:
            self._fail_together(order, refused(error))

    def _fail_together(self, order: ordering.Order, error: SeederError) -> NoReturn:
        from seeder.run.single import failed_together

        self.results = failed_together(self.results, order.seeders, error, self._under_way)
        self._under_way = None
        raise error

    def _start_over(self, attempt: int, error: SeederError) -> None:
        """Forget what was done in the single transaction, which was lost by `error`."""
        logs.get_logger().warning("run.retrying", attempt=attempt, **describe(error))
        self.results.clear()
        self._unsaid.clear()
        self._under_way = None
        self._proofs.forget()

    def _run_once(
        self, order: ordering.Order, runnable: Sequence[Seeder], transactions: Transactions
    ) -> Seeding | None:
        """Run the seeders, and return what has run them; None if there was nothing to do, or nothing could be done."""
        try:
            transactions.open()
            seeding = self._begin(transactions, runnable)
        except Superseded as superseded:
            for seeder in order.seeders:
                self._supersede(SeederResult.of(seeder, "superseded"), superseded)
            return None
        except SeederError as error:
            if error.exit_code is ExitCode.USAGE:
                raise
            for seeder in order.seeders:
                self._fail(seeder, order.errors.get(seeder.name, error))
            return None
        self._run_each(order, seeding, transactions)
        return seeding

    def _run_each(self, order: ordering.Order, seeding: Seeding | None, transactions: Transactions) -> None:
        if seeding is not None:
            order = ordering.parents_first(order, seeding.prepared.foreign_keys)
        for place, seeder in enumerate(order.seeders):
            self._run_one(seeder, order, seeding, order.seeders[place + 1 :], transactions)
        if seeding is not None:
            self._finish_all(order, seeding)
            self._renew_proofs(order, seeding)

    def _transactions(self) -> Transactions:
        from seeder.postgres.locks import LockBudget
        from seeder.postgres.pinning import IDLE
        from seeder.run.transactions import Transactions

        return Transactions(
            connect=self._connect,
            budget=LockBudget(self.settings.lock_timeout),
            log=logs.get_logger(),
            statement_timeout=self.settings.statement_timeout,
            dry_run=self._dry_run,
            single=self.settings.single_transaction,
            # What is shown may wait for whoever reads it.
            idle=None if self._dry_run or self.settings.diff else IDLE,
            sleep=self.sleep,
        )

    def _connect(self) -> Connection:
        """Connect for the first time, or anew. What was there once, or did not come, is not waited for again."""
        from seeder.postgres.url import address_of

        if self._unreachable is not None:
            raise self._unreachable
        try:
            connection = connect_first(self.connect, self.settings, self._wanted, self.sleep)
        except (ConnectionRefusedForGoodError, NotReadyError) as error:
            self._unreachable = error
            raise
        self._wanted = ()
        self.address = address_of(connection.info)
        return connection

    def _begin(self, transactions: Transactions, runnable: Sequence[Seeder]) -> Seeding | None:
        """Get ready for what is not proved, and have the release noted. None if nothing is to be done.

        Raises `Superseded` if a newer release has been here.
        """
        in_doubt = any(self._proofs.of(each, runnable, transactions) is None for each in runnable)
        self._proofs.check()
        if not in_doubt and (self._dry_run or self._proofs.standing is Standing.CURRENT):
            return None
        if transactions.single:
            from seeder.run.single import refuse_own_sessions

            refuse_own_sessions(runnable, self._event_loop)
        seeding = self._prepare(transactions, runnable)
        seeding.respect_releases()
        if self.resolution is None and seeding.note_release():
            # What older runs had begun is over only now.
            self._proofs.forget()
        if transactions.is_one:
            seeding.begin(runnable)
            # And what others did while their locks were waited for.
            self._proofs.forget()
        return seeding

    def _prepare(self, transactions: Transactions, runnable: Sequence[Seeder]) -> Seeding:
        """Connect, learn where unqualified names go, and see to the ledger."""
        from seeder.run.one_seeder import Seeding, asks_ledger
        from seeder.run.setup import prepare

        has_rows = any(isinstance(seeder, DataSeeder) for seeder in runnable)
        prepared = prepare(
            transactions,
            ledger_of(self.settings),
            tables=[each.table for each in runnable if isinstance(each, DataSeeder)],
            needs_ledger=self.resolution is None
            and (
                has_rows
                or self.settings.release is not None
                or any(asks_ledger(seeder) for seeder in runnable)
            ),
            runs_code=any(isinstance(seeder, SqlSeeder | PythonSeeder) for seeder in runnable),
        )
        if self.settings.ledger is None and has_rows:
            logs.get_logger().warning(
                "ledger.off",
                message="without a ledger nobody's edits can be told from seeds: they are overwritten where a seed "
                "file differs, and rows taken out of a seed file are not retired",
            )
        seeding = Seeding(
            self.settings, transactions, prepared, self._event_loop, self._proofs, self.resolution
        )
        seeding.check_resolution(runnable)
        return seeding

    def _run_one(
        self,
        seeder: Seeder,
        order: ordering.Order,
        seeding: Seeding | None,
        later: Sequence[Seeder],
        transactions: Transactions,
    ) -> None:
        if self._superseded is not None:
            self._supersede(SeederResult.of(seeder, "superseded"), self._superseded)
            return
        if seeder.name in order.errors:
            self._fail(seeder, order.errors[seeder.name])
            return
        failed = [name for name in sorted(order.dependencies[seeder.name]) if self.results[name].failed]
        if failed:
            error = DependencyError(f'"{failed[0]}", which it depends on, failed')
            self._finish(SeederResult.of(seeder, "skipped", error=error))
            return
        logs.get_logger().info("seeder.started", seeder=seeder.name, file=seeder.file, table=_table(seeder))
        began = time.monotonic()
        try:
            counts = self._proofs.of(seeder, later, transactions)
            self._proofs.check()
            if counts is not None or seeding is None:
                self._finish(SeederResult.of(seeder, "succeeded") + (counts or Counts()))
                return
            self._under_way = seeder.name
            result = seeding.seed(seeder, {other.name for other in later})
        except Superseded as superseded:
            self._supersede(SeederResult.of(seeder, "superseded"), superseded)
            return
        except SeederError as error:
            self._fail(seeder, error, time.monotonic() - began)
            return
        self._under_way = None
        if seeder.name in seeding.retired or seeder.name in seeding.unfinished:
            # Said when the rest is dealt with, which comes after all seeders have seeded.
            self.results[seeder.name] = result
            self._unsaid.add(seeder.name)
        else:
            self._finish(result)

    def _finish_all(self, order: ordering.Order, seeding: Seeding) -> None:
        """Do what had to wait until all have seeded: rows that passed from one to another, and retirement."""
        for seeder in list(seeding.unfinished.values()):
            self._continue(seeder, seeding.seed_again)
        for each in reversed(order.seeders):
            retiring = seeding.retired.get(each.name)
            if retiring is not None and not self.results[each.name].failed and not self._in_doubt(retiring):
                seeded = [name for name, result in self.results.items() if result.outcome == "succeeded"]
                left = ordering.left_behind(retiring, self.existing, seeded, self.settings.application)
                self._continue(retiring, functools.partial(seeding.retire, left_behind=left))
            if each.name in self._unsaid:
                self._finish(self.results[each.name])

    def _renew_proofs(self, order: ordering.Order, seeding: Seeding) -> None:
        """Prove again what seeders that came later wrote to. If nothing was written, nothing is written here either."""
        from seeder.merge.proving import FEW

        transactions = seeding.transactions
        if not transactions.written or not transactions.is_open or self._dry_run:
            return
        done = [
            each
            for each in order.seeders
            if isinstance(each, DataSeeder) and self.results[each.name].outcome == "succeeded"
        ]
        # Many rows are not compared once more: the next run proves them.
        few = [each for each in done if self.results[each.name].rows < FEW]
        lost = self._proofs.lost(few, transactions.connection) if few else ()
        for each in done:
            if each.name in lost or each.name in seeding.retired:
                seeding.prove(each)

    def _in_doubt(self, seeder: DataSeeder) -> bool:
        """Whether a seeder of the table, or one whose file cannot be read, failed: it may list a row that moved."""
        return any(
            self.results[other.name].failed
            and (not isinstance(other, DataSeeder) or other.table.name == seeder.table.name)
            for other in self.chosen
            if other.name in self.results and not isinstance(other, SqlSeeder | PythonSeeder)
        )

    def _continue(self, seeder: DataSeeder, work: Callable[[DataSeeder, SeederResult], SeederResult]) -> None:
        """Do more of a seeder whose rows are committed: what was written counts, also if this fails."""
        before = self.results[seeder.name]
        try:
            if self._superseded is not None:
                raise self._superseded
            self.results[seeder.name] = work(seeder, before)
        except Superseded as superseded:
            self._supersede(before, superseded)
        except SeederError as error:
            self._finish(replace(before, outcome="failed", error=error))

    def _fail(self, seeder: Seeder, error: SeederError, seconds: float = 0.0) -> None:
        self._finish(SeederResult.of(seeder, "failed", error=error, duration_seconds=seconds))

    def _supersede_done(self, superseded: Superseded) -> None:
        """Leave to the newer release also what was done in the single transaction, which is not kept."""
        from seeder.run.single import without_counts

        for result in list(self.results.values()):
            if result.outcome == "succeeded":
                self._supersede(without_counts(result), superseded)
            elif result.outcome == "superseded":
                self.results[result.name] = without_counts(result)

    def _supersede(self, before: SeederResult, superseded: Superseded) -> None:
        """Leave a seeder, or the rest of it, to the newer release that has come."""
        self._superseded = superseded
        reason = superseded.newest.why(self.settings.release)
        logs.get_logger().warning(
            "seeder.superseded",
            seeder=before.name,
            application=self.settings.application,
            release=None if self.settings.release is None else str(self.settings.release),
            newest_release=str(superseded.newest.release),
            reason=reason,
        )
        self._finish(replace(before, outcome="superseded", reason=reason))

    def _finish(self, result: SeederResult) -> None:
        self.results[result.name] = result
        self._under_way = None
        self._unsaid.discard(result.name)
        if self._single is None:
            self._say(result)

    def _say(self, result: SeederResult) -> None:
        log = logs.get_logger()
        say = {"skipped": log.warning, "failed": log.error}.get(result.outcome, log.info)
        about_error = {} if result.error is None else describe(result.error)
        reason = {} if result.reason is None else {"reason": result.reason}
        say(
            "seeder.finished",
            seeder=result.name,
            outcome=result.outcome,
            **result.counts(),
            duration_seconds=round(result.duration_seconds, 3),
            **reason,
            **about_error,
            **({} if result.error is None else {"exc_info": result.error}),
        )


def _table(seeder: Seeder) -> str | None:
    return str(seeder.table) if isinstance(seeder, DataSeeder) else None

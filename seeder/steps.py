"""What a run does with one seeder: its rows or its code in a transaction, and in the end its retired rows."""

from __future__ import annotations

import functools
import sys
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from seeder import logs
from seeder.database.failures import DATABASE_ERRORS
from seeder.database.locks import Lock
from seeder.diagnosis import diagnose
from seeder.files import DataSeeder, PythonSeeder, SqlSeeder
from seeder.merge import Options, merge, retire
from seeder.report import SeederResult
from seeder.transactions import ATTEMPTS, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seeder.files import Seeder
    from seeder.host import Host
    from seeder.merge.diff import Show
    from seeder.preparation import Prepared
    from seeder.settings import Settings
    from seeder.transactions import Transactions

_PROGRESS_EVERY = 5.0


@dataclass
class Steps:
    """The steps of one run. `existing` are all seeders that there are, chosen or not.

    `retired` collects the seeders with rows that their files no longer list, for `retire`.
    """

    settings: Settings
    existing: Sequence[Seeder]
    transactions: Transactions
    prepared: Prepared
    host: Host
    retired: dict[str, DataSeeder] = field(default_factory=dict, init=False)

    def seed(self, seeder: Seeder) -> SeederResult:
        """Do what the seed file says. Raises what is wrong with it, as an error that names the place."""
        began = time.monotonic()
        result = self._rows(seeder) if isinstance(seeder, DataSeeder) else self._code(seeder)
        return replace(result, duration_seconds=time.monotonic() - began)

    def retire(self, seeder: DataSeeder, before: SeederResult) -> SeederResult:
        """Deal with the rows that the seed file no longer lists, and add that to what seeding came to."""
        began = time.monotonic()
        work = functools.partial(retire, seeder=seeder, options=self._options(seeder))
        try:
            retired = self.transactions.run(seeder.name, self._lock(seeder), work)
        except DATABASE_ERRORS as error:
            raise refused(error, table=str(seeder.table)) from error
        return replace(
            before,
            deleted=before.deleted + retired.deleted,
            updated=before.updated + retired.updated,
            kept=before.kept + retired.kept,
            duration_seconds=before.duration_seconds + time.monotonic() - began,
        )

    def _rows(self, seeder: DataSeeder) -> SeederResult:
        if self.prepared.error is not None:
            raise self.prepared.error
        options = self._options(seeder)
        try:
            merged = self.transactions.run(
                seeder.name, self._lock(seeder), functools.partial(merge, seeder=seeder, options=options)
            )
        except DATABASE_ERRORS as error:
            raise diagnose(self.transactions, seeder, options, error) from error
        if merged.retired:
            self.retired[seeder.name] = seeder
        return SeederResult.of(
            seeder,
            "succeeded",
            inserted=merged.inserted,
            updated=merged.updated,
            deleted=merged.deleted,
            unchanged=merged.unchanged,
            kept=merged.kept,
            conflicts=merged.conflicts,
        )

    def _code(self, seeder: Seeder) -> SeederResult:
        from seeder.code import CodeOptions, Execution

        assert isinstance(seeder, SqlSeeder | PythonSeeder)  # noqa: S101 - what has no rows is code
        prepared = self.prepared
        if prepared.error is not None and asks_ledger(seeder):
            raise prepared.error
        assert prepared.session is not None  # noqa: S101 - read where there is code to run
        options = CodeOptions(
            host=self.host,
            ledger=None if prepared.error is not None else prepared.ledger,
            session=prepared.session,
            pin=self.transactions.pin,
        )
        execution = Execution(seeder, options)
        if execution.own_session and self.transactions.dry_run:
            reason = "it brings its own session, and what that does could not be rolled back"
            return SeederResult.of(seeder, "skipped", reason=reason)
        attempts = 1 if execution.own_session else ATTEMPTS
        try:
            executed = self.transactions.run(
                seeder.name, Lock("seeder", seeder.name), execution, attempts=attempts
            )
        except DATABASE_ERRORS as error:
            raise refused(error, position=execution.position(error)) from error
        return SeederResult.of(
            seeder,
            "succeeded",
            inserted=executed.inserted,
            updated=executed.updated,
            deleted=executed.deleted,
            altered=executed.altered,
        )

    def _options(self, seeder: DataSeeder) -> Options:
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
            ledger=self.prepared.ledger,
            log=log,
            pin=self.transactions.pin,
            create_tables=self.settings.create_tables,
            rivals=frozenset(other.name for other in self.existing) - {seeder.name},
            progress=progress,
            show=self._show(seeder),
            dry_run=self.transactions.dry_run,
        )

    def _show(self, seeder: DataSeeder) -> Show | None:
        if not self.settings.diff:
            return None
        from seeder import differences

        for_people = logs.is_console(self.settings, sys.stdout)
        return differences.as_lines(seeder) if for_people else differences.as_events(seeder)

    def _lock(self, seeder: DataSeeder) -> Lock:
        return Lock("table", f"{seeder.table.schema or self.prepared.schema}.{seeder.table.name}")


def asks_ledger(seeder: Seeder) -> bool:
    """Whether the ledger decides if the seeder's code runs."""
    return isinstance(seeder, SqlSeeder) and seeder.run == "changed"

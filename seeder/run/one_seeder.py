"""What a run does with one seeder: its rows or its code in a transaction, and in the end its retired rows."""

from __future__ import annotations

import contextlib
import functools
import itertools
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import psycopg

from seeder.errors import Position, SeederError, SeedingError
from seeder.merge import releases
from seeder.merge.blame import MOST_ROWS, find_refused
from seeder.merge.dangling import dangling
from seeder.merge.merge import DDL, create_table, merge
from seeder.merge.options import Options
from seeder.merge.proving import Proving
from seeder.merge.releases import Standing, Superseded
from seeder.merge.retirement import Retired, retire
from seeder.merge.staged_columns import Layout
from seeder.merge.table import Table
from seeder.merge.target import find_target
from seeder.postgres.failures import is_connection_lost
from seeder.postgres.locks import Lock
from seeder.postgres.privileges import Needed
from seeder.reporting import logs, progress
from seeder.reporting.counts import Counts
from seeder.reporting.difference import Difference
from seeder.reporting.progress import Progress
from seeder.reporting.report import SeederResult
from seeder.run.proofs import Proofs, about, told
from seeder.run.transactions import ATTEMPTS, refused
from seeder.seed_files import DataSeeder, PythonSeeder, SqlSeeder
from seeder.seed_files.inputs import Inputs
from seeder.seed_files.model import Mode, Policy
from seeder.seed_files.text import UNEXPECTED, unexpected

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from seeder.code.shared_loop import EventLoop
    from seeder.config.settings import Settings
    from seeder.merge.resolution import Resolution
    from seeder.postgres.connection import Connection
    from seeder.reporting.difference import Show
    from seeder.run.setup import Prepared
    from seeder.run.transactions import Transactions
    from seeder.seed_files import Seeder
    from seeder.seed_files.rows import Row

T = TypeVar("T")


@dataclass(frozen=True)
class _Rows:
    """Some rows of a seed file."""

    some: Sequence[Row]

    def rows(self) -> Iterator[Row]:
        return iter(self.some)


@dataclass
class Seeding:
    """What a run does with each of its seeders.

    `retired` collects the seeders with rows that their files no longer list, for `retire`; `unfinished` those with rows
    that another seeder of the run has yet to give up, for `seed_again`. With a `resolution` conflicts are resolved, and
    nothing else is done.
    """

    settings: Settings
    transactions: Transactions
    prepared: Prepared
    event_loop: Callable[[], EventLoop]
    proofs: Proofs
    resolution: Resolution | None = None
    retired: dict[str, DataSeeder] = field(default_factory=dict, init=False)
    unfinished: dict[str, DataSeeder] = field(default_factory=dict, init=False)
    _tables: dict[str, Table | None] = field(default_factory=dict, init=False)
    """The tables of the seeders in `retired`, as their rows were merged into them."""

    def respect_releases(self) -> None:
        """Have each transaction look first whether a newer release has come. Raises `Superseded` if it has."""
        ledger = self.prepared.ledger
        if ledger is None or self.prepared.error is not None or not ledger.has_releases:
            return
        if self.prepared.newest.standing(ledger) is Standing.SUPERSEDED:
            raise Superseded(self.prepared.newest)
        self.transactions.check = functools.partial(releases.check, ledger=ledger)
        # A dry run writes nothing that a newer release would have to wait for.
        self.transactions.shared = (
            None if self.transactions.dry_run else releases.lock_of(ledger, shared=True)
        )

    def note_release(self) -> bool:
        """Note the run's release if it is a newer one, and wait until no transaction of an older one is under way.

        Whether it was newer, or not settled, when the run began.
        """
        ledger, transactions = self.prepared.ledger, self.transactions
        if transactions.shared is None or ledger is None:
            return False
        if self.prepared.newest.standing(ledger) is not Standing.NEWER:
            return False
        written = transactions.written
        try:
            noting = functools.partial(releases.note, ledger=ledger)
            noted = transactions.run("release", releases.lock_on_noting(ledger), noting)
            if not noted.settled:
                settling = functools.partial(releases.settle, ledger=ledger)
                transactions.run("release", releases.lock_of(ledger), settling)
        except psycopg.Error as error:
            raise refused(error) from error
        # No proof rests on it.
        transactions.written = written
        if noted.written:
            before = noted.before.release
            transactions.when_committed(
                lambda: transactions.log.info(
                    "release.noted",
                    application=ledger.application,
                    release=str(ledger.release),
                    before=None if before is None else str(before),
                )
            )
        return True

    def seed(self, seeder: Seeder, pending: Collection[str] = ()) -> SeederResult:
        """Do what the seed file says. Raises an error that names the place of what is wrong.

        `pending` are the names of the seeders that are still to run.
        """
        began = time.monotonic()
        result = self._rows(seeder, pending) if isinstance(seeder, DataSeeder) else self._code(seeder)
        return replace(result, duration_seconds=time.monotonic() - began)

    def seed_again(self, seeder: DataSeeder, before: SeederResult) -> SeederResult:
        """Seed the rows that other seeders have given up by now, and add the counts to those of before."""
        result = self.seed(seeder)
        earlier = Counts(
            inserted=before.inserted,
            updated=before.updated,
            # What was written before is unchanged by now, and is counted once.
            unchanged=-min(before.changed, result.unchanged),
        )
        return replace(
            result + earlier,
            duration_seconds=before.duration_seconds + result.duration_seconds,
            # What stays as it is was looked at again.
            difference=_together(before.difference and before.difference.written(), result.difference),
        )

    def retire(
        self, seeder: DataSeeder, before: SeederResult, left_behind: Collection[str] = ()
    ) -> SeederResult:
        """Retire the rows that the seed file no longer lists, and add the counts to those of before.

        `left_behind` are former names of the seeder whose rows nobody else will list.
        """
        began = time.monotonic()
        difference = self._difference(seeder)
        retired = self._retire(seeder, left_behind, difference)
        if retired.altered:
            # Somebody has altered the table since its rows were merged. A column that is missing now is an error.
            before, began = self.seed_again(seeder, before), time.monotonic()
            retired = self._retire(seeder, left_behind, difference)
        if retired.altered:
            raise SeedingError(
                "somebody alters the table again and again while it is seeded; run the seeder again when the "
                "migrations are done",
                position=seeder.at(),
                table=str(seeder.table),
            )
        seconds = before.duration_seconds + time.monotonic() - began
        shown = _together(before.difference, difference)
        return replace(before + retired.counts, duration_seconds=seconds, difference=shown)

    def _retire(
        self, seeder: DataSeeder, left_behind: Collection[str], difference: Difference | None
    ) -> Retired:
        with progress.logged(seeder.name) as current:
            options = replace(
                self._options(seeder),
                show=_show(difference),
                left_behind=left_behind,
                progress=current,
                table=self._tables.get(seeder.name),
            )
            work = _anew(difference, functools.partial(retire, seeder=seeder, options=options))
            try:
                return self.transactions.run(seeder.name, self._lock(seeder), work)
            except psycopg.Error as error:
                needed = self._needed(seeder)
                raise self.transactions.refused(error, needed, table=str(seeder.table)) from error

    def _rows(self, seeder: DataSeeder, pending: Collection[str]) -> SeederResult:
        if self.prepared.error is not None:
            raise self.prepared.error
        difference = self._difference(seeder)
        with progress.logged(seeder.name) as current:
            options = replace(
                self._options(seeder), show=_show(difference), pending=pending, progress=current
            )
            work = _anew(difference, functools.partial(merge, seeder=seeder, options=options))
            try:
                merged = self.transactions.run(seeder.name, self._lock(seeder), work)
            except psycopg.Error as error:
                if self.resolution is not None:
                    raise refused(error, table=str(seeder.table)) from error
                raise self._refused(seeder, options, error) from error
            except UNEXPECTED as error:
                raise unexpected(error, Position(seeder.file)) from error
        result = SeederResult.of(seeder, "succeeded", difference=difference) + merged.counts
        if self.resolution is not None:
            result = replace(result, resolved=merged.resolved)
            options.log.info(
                "seeder.resolved",
                seeder=seeder.name,
                table=str(seeder.table),
                take=str(self.resolution.take),
                cells=merged.resolved,
            )
        elif merged.retired and not merged.reverted:
            self.retired[seeder.name] = seeder
            self._tables[seeder.name] = merged.table
        if merged.pending:
            self.unfinished[seeder.name] = seeder
        return result

    def _refused(self, seeder: DataSeeder, options: Options, error: psycopg.Error) -> SeederError:
        """PostgreSQL's refusal of a seeder's rows, with the row and the cell if they can be found."""
        if is_connection_lost(error):
            return refused(error, table=str(seeder.table))
        options.progress.phase = "searching"
        quiet = replace(
            options, show=None, told=lambda: None, proved=None, dry_run=True, quiet=True, progress=Progress()
        )

        def attempt(rows: Sequence[Row]) -> None:
            # No `sources`: their digest matters only to what is kept.
            some = replace(seeder, source=_Rows(rows), inputs=Inputs(seeder.inputs.folder))
            self.transactions.in_savepoint(functools.partial(merge, seeder=some, options=quiet))

        def search(connection: Connection) -> SeederError | None:
            target = find_target(
                connection, seeder, options.ledger, options.schemas, create_tables=options.create_tables
            )
            if target is None:
                # The failed transaction had created it.
                target = create_table(connection, seeder, quiet)
            layout = Layout.of(connection, target, seeder, options.schemas)
            return find_refused(connection, seeder.keyed(target.key_names), layout, error, attempt)

        found: SeederError | None = None
        # The failure itself is what matters, not what prevents the search.
        with contextlib.suppress(psycopg.Error, SeederError):
            found = self.transactions.tried(search)
        return found or self.transactions.refused(error, self._needed(seeder), table=str(seeder.table))

    def _needed(self, seeder: DataSeeder) -> Iterator[Needed]:
        """The privileges that the seeder needs."""
        deletes = seeder.retired_rows is Policy.DELETE
        updates = seeder.mode is not Mode.INSERT
        written = ["SELECT", "INSERT", *(["UPDATE"] if updates else []), *(["DELETE"] if deletes else [])]
        tables = [(table, ["SELECT"]) for table in seeder.references] + [(seeder.table, written)]
        for table, privileges in tables:
            schemas = [table.schema] if table.schema else self.prepared.schemas
            create = table == seeder.table and seeder.ddl is not None
            yield Needed(schemas, [table.name], privileges, create=create)
        if self.prepared.ledger is not None:
            yield self.prepared.ledger.needed

    def _code(self, seeder: Seeder) -> SeederResult:
        from seeder.code import CodeOptions, Execution

        assert isinstance(seeder, SqlSeeder | PythonSeeder)  # noqa: S101 - what has no rows is code
        prepared = self.prepared
        if prepared.error is not None and (asks_ledger(seeder) or self.settings.release is not None):
            raise prepared.error
        assert prepared.session is not None  # noqa: S101 - read where there is code to run
        options = CodeOptions(
            event_loop=self.event_loop,
            ledger=None if prepared.error is not None else prepared.ledger,
            session=prepared.session,
            pin=self.transactions.pin,
            hand_over=self.transactions.hand_over,
            log=logs.get_logger(),
        )
        execution = Execution(seeder, options)
        if execution.own_session and self.transactions.dry_run:
            reason = "it brings its own session, and what that does could not be rolled back"
            return SeederResult.of(seeder, "skipped", reason=reason)
        attempts = 1 if execution.own_session else ATTEMPTS
        try:
            executed = self.transactions.run(seeder.name, self._lock(seeder), execution, attempts=attempts)
        except psycopg.Error as error:
            raise refused(error, position=execution.position(error)) from error
        # Nobody knows what it wrote in a session of its own.
        self.transactions.written += execution.own_session
        return SeederResult.of(seeder, "succeeded", altered=executed.altered) + executed.counts

    def prove(self, seeder: DataSeeder) -> None:
        """Note that the seeder has nothing left to do, if that is so by now and can be proved."""
        options = self._options(seeder)
        told, ledger = options.told(), options.ledger
        if told is None or ledger is None:
            return

        def work(connection: Connection) -> None:
            # The first time locks the tables, so that what is looked up the second time stays as it is.
            for _ in range(2):
                Proving(connection, seeder, ledger, options.schemas).compare(told)

        self.transactions.if_free(self._lock(seeder), work)

    def _options(self, seeder: DataSeeder) -> Options:
        return Options(
            ledger=self.prepared.ledger,
            log=logs.get_logger(),
            pin=self.transactions.pin,
            unpin=self.transactions.unpin,
            check_deferred=self.transactions.check_deferred,
            schemas=self.prepared.schemas,
            create_tables=self.settings.create_tables,
            told=functools.partial(told, seeder, self.settings),
            about=functools.partial(about, seeder, self.settings),
            proved=self.proofs.held(seeder),
            waited=self.transactions.waited,
            dry_run=self.transactions.dry_run,
            resolution=self.resolution,
        )

    def check_resolution(self, seeders: Iterable[Seeder]) -> None:
        """Raise `UsageError` if the resolution names what none of the seeders has.

        A seeder that fails anyway is passed over.
        """
        resolution = self.resolution
        if resolution is None:
            return

        def check(connection: Connection) -> None:
            targets = []
            for seeder in seeders:
                if isinstance(seeder, DataSeeder) and seeder.error is None:
                    with contextlib.suppress(SeederError):
                        target = find_target(
                            connection, seeder, None, self.prepared.schemas, create_tables=False
                        )
                        targets += [target] if target is not None else []
            if targets:
                resolution.check(connection, targets)

        try:
            self.transactions.tried(check)
        except psycopg.Error as error:
            raise refused(error) from error

    def _difference(self, seeder: DataSeeder) -> Difference | None:
        return Difference(seeder.name, str(seeder.table)) if self.settings.diff else None

    def begin(self, seeders: Iterable[Seeder]) -> None:
        """Begin the transaction that `seeders` share, and take the locks that they need. Raises an error of ours."""
        seeders = list(seeders)
        locks = {self._lock(seeder) for seeder in seeders}
        ordered = sorted(locks, key=lambda lock: lock.key)
        if any(isinstance(seeder, DataSeeder) and seeder.ddl is not None for seeder in seeders):
            # A run that is not single takes it when it has its table's lock.
            ordered.append(DDL)
        try:
            self.transactions.begin(ordered)
        except psycopg.Error as error:
            raise refused(error) from error

    def refused_by_foreign_key(
        self, connection: Connection, error: psycopg.Error, seeders: Iterable[Seeder]
    ) -> SeederError:
        """The refusal of a foreign key at the end of the single transaction, with the row if it can be found."""
        diag = error.diag
        refusal = refused(error, table=f"{diag.schema_name}.{diag.table_name}")
        for seeder in seeders:
            if not isinstance(seeder, DataSeeder) or not self.transactions.is_open:
                continue
            # The failure itself is what matters, not what prevents the search.
            with contextlib.suppress(psycopg.Error, SeederError, *UNEXPECTED), connection.transaction():
                target = find_target(connection, seeder, None, self.prepared.schemas, create_tables=False)
                # The refusal names a partition, and a constraint that has the same name for the whole table.
                key = dangling(connection, target, diag.constraint_name or "") if target is not None else None
                if target is not None and key is not None:
                    named = target.named_key(key)
                    return SeedingError(
                        refusal.message,
                        position=_place(seeder, named),
                        table=str(target.table),
                        key=named,
                        sqlstate=refusal.sqlstate,
                    )
        return refusal

    def _lock(self, seeder: Seeder) -> Lock:
        if not isinstance(seeder, DataSeeder):
            return Lock("seeder", seeder.name)
        schema = seeder.table.schema or self.prepared.homes.get(seeder.table.name)
        return Lock("table", f"{schema or next(iter(self.prepared.schemas), None)}.{seeder.table.name}")


def _place(seeder: DataSeeder, key: Mapping[str, str | None]) -> Position | None:
    """Where the seed file has the row with this key, if it is written there as the database has it."""
    for row in itertools.islice(seeder.rows(), MOST_ROWS):
        cells = dict(zip(row.columns, row.values, strict=True))
        if all(str(cells.get(column)) == value for column, value in key.items()):
            return row.at()
    return None


def _show(difference: Difference | None) -> Show | None:
    if difference is None:
        return None
    from seeder.reporting.showing import shown

    return shown(difference)


def _anew(difference: Difference | None, work: Callable[[Connection], T]) -> Callable[[Connection], T]:
    """The work, which forgets what an attempt that was rolled back has found."""

    def anew(connection: Connection) -> T:
        if difference is not None:
            difference.clear()
        return work(connection)

    return anew


def _together(before: Difference | None, after: Difference | None) -> Difference | None:
    return after if before is None else before if after is None else before + after


def asks_ledger(seeder: Seeder) -> bool:
    """Whether the ledger decides if the seeder's code runs."""
    return isinstance(seeder, SqlSeeder) and seeder.run == "changed"

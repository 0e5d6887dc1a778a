"""`seeder validate`: every mistake in seed files, by reading them and, if a database is named, its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from seeder import seed_files
from seeder.errors import CodeNotAllowedError, Position, SeederError, Tell, UnsetVariableError
from seeder.postgres.connection import Connection
from seeder.run import ordering
from seeder.seed_files import DataSeeder, PythonSeeder, Seeder, SqlSeeder
from seeder.seed_files.overlays import OverlaidRows
from seeder.seed_files.rows import Rows, same_key
from seeder.seed_files.sets import check_environment
from seeder.seed_files.text import UNEXPECTED, unexpected

ERROR: Final = "error"
WARNING: Final = "warning"

_LOCK_TIMEOUT: Final = 10.0
"""Seconds to wait for whoever has a table for itself."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong, and where. A warning is of what a run would still do."""

    message: str
    position: Position | None
    severity: str = ERROR


@dataclass
class Validation:
    """What was found in the seed files under `paths`. `environ` is what `!env` reads.

    All overlays are read. Those for `environment` count when files are compared with a database.
    """

    paths: Sequence[str]
    environ: Mapping[str, str]
    environment: str | None = None
    seeders: Sequence[Seeder] = field(default=(), init=False)
    _found: dict[Mistake, None] = field(default_factory=dict, init=False)
    _files: set[Path] = field(default_factory=set, init=False)
    _read: set[tuple[str, str | None]] = field(default_factory=set, init=False)
    """The seeders whose rows were read, each with its overlay."""
    _unset: set[str] = field(default_factory=set, init=False)
    """The files with a variable that is not set."""

    @property
    def mistakes(self) -> list[Mistake]:
        """Each mistake once, by file, line and column."""
        return sorted(self._found, key=_place)

    @property
    def is_wrong(self) -> bool:
        """Whether there is more than warnings."""
        return any(each.severity == ERROR for each in self._found)

    @property
    def files(self) -> int:
        """How many files the seeders are made from."""
        return len(self._files)

    def read(self) -> None:
        """Read all files, rows included. Raises `UsageError` if a path is missing or holds no seeder.

        So it does if a set does not list the environment.

        Code is read too, and never run.
        """
        check_environment(self.environment, self.paths)
        self.seeders = self._discover(self.environment)
        names = [seeder.name for seeder in self.seeders]
        for seeder in self.seeders:
            for mistake in ordering.unknown_dependencies(seeder, names):
                self.tell(mistake)
            if isinstance(seeder, DataSeeder) and seeder.history is not None:
                self._read_history(seeder)
        self._read_rows(self.seeders)
        if overlaid := seed_files.overlaid_environments(self.paths):
            for environment in {None, *overlaid} - {self.environment}:
                self._read_rows(self._discover(environment))
        right = [each for each in self.seeders if each.error is None]
        for error in ordering.order(right, names).errors.values():
            self.tell(error)

    def compare(self, connection: Connection, *, allow_code: bool) -> None:
        """Look whether the files without mistakes fit the tables of a database. Nothing in it is changed.

        With `allow_code`, tables that are missing are created by their `ddl`, and rolled back. Raises psycopg's errors.
        """
        from seeder.postgres.pinning import own_schemas, pin_path, pin_settings
        from seeder.postgres.statements import part, run

        wrong = {each.position.file for each in self._found if each.position and each.severity == ERROR}
        order = ordering.order(self.seeders, [seeder.name for seeder in self.seeders])
        right = [
            seeder
            for seeder in order.seeders
            if isinstance(seeder, DataSeeder)
            and seeder.name not in order.errors
            and not wrong.intersection(_files(seeder))
        ]
        with connection.transaction(force_rollback=True):
            if not allow_code:
                run(connection, part("SET TRANSACTION READ ONLY"))
            pin_settings(connection, lock_timeout=_LOCK_TIMEOUT, reading=False)
            schemas = own_schemas(connection)
            pin_path(connection)
            _Comparison(self, connection, schemas, right, allow_code=allow_code).run()

    def _discover(self, environment: str | None) -> Sequence[Seeder]:
        seeders = seed_files.discover(
            self.paths, allow_code=True, environ=self.environ, environment=environment, tell=self.tell
        )
        self._files.update(source for seeder in seeders for source in seeder.sources)
        return seeders

    def _read_rows(self, seeders: Sequence[Seeder]) -> None:
        """Read all rows, unless they were read with the same overlay before."""
        for seeder in seeders:
            if seeder.error is not None:
                self.tell(seeder.error)
            if isinstance(seeder, DataSeeder) and (seeder.name, seeder.overlay) not in self._read:
                self._read.add((seeder.name, seeder.overlay))
                _read_rows(seeder, self.tell)
                if (tag := _rows_of(seeder).noted_tag()) is not None:
                    self.note(tag, WARNING)

    def _read_history(self, seeder: DataSeeder) -> None:
        assert seeder.history is not None  # noqa: S101 - asked before
        try:
            for _ in seeder.history.rows(self.tell):
                pass
        except SeederError as mistake:
            self.tell(mistake)

    def tell(self, mistake: SeederError) -> None:
        """Add a mistake. A variable that is not set is a warning: it may be set where the seeds run."""
        is_unset = isinstance(mistake, UnsetVariableError)
        if is_unset and mistake.position is not None:
            self._unset.add(mistake.position.file)
        self.note(mistake, WARNING if is_unset else ERROR)

    def lacks_variables(self, seeder: DataSeeder) -> bool:
        """Whether a variable of the seeder is not set, so that nobody knows all of its rows."""
        return not self._unset.isdisjoint(_files(seeder))

    def note(self, mistake: SeederError, severity: str) -> None:
        """Add a mistake."""
        self._found[Mistake(mistake.message, mistake.position, severity)] = None


@dataclass
class _Comparison:
    """The comparison of seed files with the tables of a database."""

    validation: Validation
    connection: Connection
    schemas: Sequence[str]
    seeders: Sequence[DataSeeder]
    allow_code: bool = field(kw_only=True)
    _brought: dict[int, list[DataSeeder]] = field(default_factory=dict, init=False)

    def run(self) -> None:
        from seeder.merge.fitness import Fitness
        from seeder.merge.target import find_table
        from seeder.run.transactions import refused

        there = []
        for seeder in self.seeders:
            try:
                with self.connection.transaction():
                    table = find_table(self.connection, seeder.table, self.schemas)
                    if table is None and seeder.ddl is not None:
                        table = self._create(seeder)
            except psycopg.Error as error:
                self._tell(refused(error, table=str(seeder.table), position=seeder.at("ddl")))
                continue
            keyed = seeder if table is None else seeder.keyed(table.primary_key, self._tell)
            if table is not None:
                self._brought.setdefault(table.oid, []).append(keyed)
            if table is not None or seeder.ddl is None:
                there.append(keyed)
        for seeder in there:
            fitness = Fitness(self.connection, seeder, self.schemas, self._tell, self._warn, self._seeders_of)
            try:
                with self.connection.transaction():
                    fitness.check(_rows_of(seeder).rows(self._tell))
            except SeederError as mistake:
                self._tell(mistake)
            except psycopg.Error as error:
                self._tell(refused(error, table=str(seeder.table), position=seeder.at("table")))

    def _create(self, seeder: DataSeeder) -> Any:
        """The seeder's table, newly created; None, with a warning, if its `ddl` may not run or creates another."""
        from seeder.merge.target import find_table
        from seeder.postgres.pinning import pin_path, unpin_path
        from seeder.postgres.statements import run_text

        if not self.allow_code:
            message = (
                f"table {seeder.table} does not exist, and its `ddl` may not run without --allow-code, so the file "
                "was not compared with it"
            )
            self._warn(CodeNotAllowedError(message, position=seeder.at("ddl")))
            return None
        assert seeder.ddl is not None  # noqa: S101 - asked before
        unpin_path(self.connection)
        run_text(self.connection, seeder.ddl)
        pin_path(self.connection)
        table = find_table(self.connection, seeder.table, self.schemas)
        if table is None:
            message = f"the `ddl` ran, and table {seeder.table} still does not exist"
            self._tell(SeederError(message, position=seeder.at("ddl")))
        return table

    def _seeders_of(self, oid: int) -> Sequence[DataSeeder] | None:
        if any(isinstance(each, SqlSeeder | PythonSeeder) for each in self.validation.seeders):
            return None
        brought = self._brought.get(oid, ())
        return None if any(map(self.validation.lacks_variables, brought)) else brought

    def _tell(self, mistake: SeederError) -> None:
        self.validation.tell(mistake)

    def _warn(self, mistake: SeederError) -> None:
        self.validation.note(mistake, WARNING)


def _read_rows(seeder: DataSeeder, tell: Tell) -> None:
    """Read all rows of a seeder. If one has the key of an earlier one, this is told.

    Keys that are spelled differently and are equal in the type of the column are found by the database.
    """
    source = _rows_of(seeder)
    if isinstance(source, OverlaidRows) and not source.has_key:
        # What can be said without the key was said when the overlay was read.
        return
    key = seeder.key or ()
    first: dict[tuple[tuple[str, str], ...], tuple[int, int]] = {}
    try:
        for row in source.rows(tell):
            if key:
                cells = [row.values[row.columns.index(column)] for column in key]
                identity = tuple((type(cell).__name__, str(cell)) for cell in cells)
                earlier = first.setdefault(identity, (row.number, row.line))
                if earlier[0] != row.number:
                    tell(same_key(row, key, earlier))
    except UNEXPECTED as error:
        tell(unexpected(error, Position(source.file)))
    except SeederError as mistake:
        tell(mistake)


def _rows_of(seeder: DataSeeder) -> Rows:
    assert isinstance(seeder.source, Rows)  # noqa: S101 - as all readers' are
    return seeder.source


def _files(seeder: DataSeeder) -> set[str]:
    """What the files of a seeder are called before people."""
    return {seeder.file, *_rows_of(seeder).files, *([seeder.overlay] if seeder.overlay else [])}


def _place(mistake: Mistake) -> tuple[str, int, int, str]:
    position = mistake.position or Position("")
    return position.file, position.line or 0, position.column or 0, mistake.message

"""A second session that acts between two statements of a seeder, and what came of it, row by row."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import psycopg

from seeder.postgres.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.postgres import Database

Rows: TypeAlias = "dict[str, list[Any]]"
"""By the key: the live rows and the ledger's entries."""

_IMPATIENT: Final = "SET lock_timeout = '20ms'"
_WAITS: Final = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = %s"

# What people may be told: they meant to write a row or a column that is not as they thought.
_REFUSALS: Final = (psycopg.errors.IntegrityError, psycopg.errors.ProgrammingError)


class SecondSession:
    """Somebody's session. `act` does one thing; if a lock of the seeder's is in its way, it waits in a thread."""

    def __init__(self, database: Database) -> None:
        self._connection = database.connect(autocommit=True)
        self._connection.prepare_threshold = None
        self._watcher = database.connect(autocommit=True)
        self._thread: threading.Thread | None = None
        self.waited = False
        """Whether it had to wait for the seeder."""
        self.keys: list[str] = []
        """The keys of the rows that it wrote."""

    def act(self, statement: str) -> None:
        """Do it now, or once the seeder lets go of its locks."""
        try:
            self._execute(_IMPATIENT)
            self._do(statement)
        except psycopg.errors.LockNotAvailable:
            self.waited = True
            self._execute("RESET lock_timeout")
            self._thread = threading.Thread(target=self._do, args=[statement])
            self._thread.start()
            pid = self._connection.info.backend_pid
            while self._thread.is_alive() and self._watcher.execute(_WAITS, [pid]).fetchall() == [(0,)]:
                time.sleep(0.001)

    def _do(self, statement: str) -> None:
        for _ in range(5):
            with contextlib.suppress(*_REFUSALS):
                try:
                    cursor = self._execute(statement)
                except psycopg.errors.DeadlockDetected:
                    continue
                self.keys = [key for (key,) in cursor.fetchall()] if cursor.description else []
            return
        raise AssertionError("five deadlocks in a row")

    def _execute(self, statement: str) -> psycopg.Cursor[tuple[Any, ...]]:
        return self._connection.execute(statement.encode())

    def finish(self) -> None:
        """Wait until it has done what it had to wait for, and close."""
        if self._thread is not None:
            self._thread.join(30)
            assert not self._thread.is_alive(), "it still waits for a lock, and the seeder has ended"
        self._connection.close()
        self._watcher.close()


@contextlib.contextmanager
def between_statements(monkeypatch: Any, act: Callable[[int], None]) -> Iterator[list[int]]:
    """Call `act` before each round trip of the seeders in this process, with its number. The list counts them.

    A statement, a COPY's beginning and its end, and COMMIT are one round trip each.
    """
    trips: list[int] = []
    wait = Connection.wait

    def observed(connection: Connection, *arguments: Any, **named: Any) -> Any:
        trips.append(len(trips))
        act(trips[-1])
        return wait(connection, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(Connection, "wait", observed)
        yield trips


_TABLE: Final = "SELECT to_jsonb(t) ->> 'name', to_jsonb(t) FROM tools t ORDER BY 1, 2"
_LEDGER: Final = """\
SELECT (CAST(r.key AS text[]))[1], t.columns, t.slots, s.name, r.adopted, r.retired, r.cells, r.stored,
    CASE WHEN r.rest IS NULL THEN 'touched' ELSE 'known' END,
    ARRAY(SELECT t.columns[t.slots[abs(slot)]] || CASE WHEN slot < 0 THEN ' as before' ELSE '' END
        FROM unnest(r.kept) AS slot ORDER BY 1)
FROM seeder.seeder_rows r JOIN seeder.seeder_tables t ON t.id = r.table_id
JOIN seeder.seeder_seeders s ON s.id = r.seeder_id ORDER BY 1
"""
_RELATIONS: Final = """\
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
WHERE schemaname = 'seeder' OR tablename = 'tools' ORDER BY 1
"""


def outcome(connection: psycopg.Connection[Any]) -> Rows:
    """What the table and the ledger hold of each key. Digests are told by the column, whatever their order."""
    found: Rows = {}
    with contextlib.suppress(psycopg.errors.UndefinedTable):
        for key, row in connection.execute(_TABLE).fetchall():
            found.setdefault(key, []).append(row)
    with contextlib.suppress(psycopg.errors.UndefinedTable):
        for key, columns, slots, *entry, cells, stored, rest, kept in connection.execute(_LEDGER).fetchall():
            names = [columns[slot - 1] for slot in slots]
            digests = {
                name: (cells[at : at + 8].hex(), (stored or cells)[at : at + 8].hex())
                for at, name in zip(range(0, len(cells), 8), names, strict=False)
                if any(cells[at : at + 8])
            }
            found.setdefault(key, []).append((entry, digests, rest, kept))
    return found


def versions(connection: psycopg.Connection[Any]) -> list[Any]:
    """Every row version of the table and of the ledger."""
    names = [name for (name,) in connection.execute(_RELATIONS).fetchall()]
    query = " UNION ALL ".join(f"SELECT tableoid::text, ctid::text, xmin::text FROM {name}" for name in names)
    return sorted(connection.execute(query.encode()).fetchall()) if names else []

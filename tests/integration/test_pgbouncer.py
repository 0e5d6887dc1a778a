"""Through a real PgBouncer in transaction mode, where the next client finds what the last one left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
import structlog
from structlog.testing import capture_logs

from seeder.errors import LockTimeoutError, NotReadyError
from seeder.postgres.connection import Connection, connect
from seeder.postgres.locks import Lock, LockBudget, take_locks
from seeder.postgres.pinning import unpin_path
from seeder.postgres.waiting import wait_for_database
from tests.integration.pgbouncer import PgBouncer, pgbouncer_binary
from tests.integration.postgres import scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.postgres import Database, Server, StatementLog

TOOLS = Lock("table", "public.tools")
LOG = structlog.get_logger()


@pytest.fixture
def pooled(pgbouncer: PgBouncer, database: Database) -> Callable[..., Connection]:
    """Connects through the pooler."""
    return lambda *_: connect(pgbouncer.url(database))


def test_connecting_needs_nothing_that_a_pooler_refuses(
    pooled: Callable[..., Connection], pgbouncer: PgBouncer, database: Database, statements: StatementLog
) -> None:
    with pytest.raises(psycopg.OperationalError, match="unsupported startup parameter"):
        psycopg.connect(pgbouncer.url(database), options="-c geqo=off")
    with wait_for_database(pooled, timeout=20, log=LOG) as connection:
        for number in range(20):
            assert scalar(connection, "SELECT CAST(%s AS integer)", [number]) == number
        prepared = scalar(connection, "SELECT count(*) FROM pg_prepared_statements")
    assert prepared == 0


def test_sessions_are_really_shared(pooled: Callable[..., Connection], statements: StatementLog) -> None:
    with statements.recorded() as sent:
        for _ in range(5):
            with pooled() as connection:
                connection.execute("SELECT 1")
                connection.rollback()
    assert len(list(sent)) >= 5
    assert len(sent.pids) == 1


def test_a_lock_is_held_and_goes_with_its_transaction(pooled: Callable[..., Connection]) -> None:
    with pooled() as connection, pooled() as other:
        take_locks(connection, [TOOLS], budget=LockBudget(1), log=LOG)
        with capture_logs(), pytest.raises(LockTimeoutError):
            take_locks(other, [TOOLS], budget=LockBudget(0), log=LOG)
        connection.commit()
        # Both clients are still there, and so is the session that held it.
        take_locks(other, [TOOLS], budget=LockBudget(0), log=LOG)
        other.rollback()


def test_nothing_is_left_for_the_next_client(pooled: Callable[..., Connection], database: Database) -> None:
    names = ["search_path", "lock_timeout", "row_security", "TimeZone"]
    if database.server.version >= 14:
        names.append("client_connection_check_interval")
    with pooled() as connection:
        before = [scalar(connection, f"SHOW {name}") for name in names]
        connection.rollback()
        take_locks(connection, [TOOLS], budget=LockBudget(1), log=LOG)
        connection.commit()
        assert [scalar(connection, f"SHOW {name}") for name in names] == before


def test_a_search_path_that_another_client_left_does_not_count(
    pooled: Callable[..., Connection], database: Database
) -> None:
    with pooled() as other:
        other.execute("SET search_path = elsewhere")
        other.commit()
    with pooled() as connection:
        assert scalar(connection, "SHOW search_path") == "elsewhere"
        connection.rollback()
        take_locks(connection, [TOOLS], budget=LockBudget(1), log=LOG)
        unpin_path(connection)
        assert scalar(connection, "SHOW search_path") == '"$user", public'


@pytest.fixture
def lonely(new_server: Callable[..., Server], pgbouncer: PgBouncer) -> Iterator[tuple[Server, PgBouncer]]:
    binary = pgbouncer_binary()
    assert binary
    server = new_server()
    pooler = PgBouncer(binary, server)
    yield server, pooler
    pooler.stop()


@pytest.mark.newest_server
def test_a_pooler_that_answers_before_its_server(lonely: tuple[Server, PgBouncer]) -> None:
    server, pooler = lonely
    url = f"postgresql://postgres@127.0.0.1:{pooler.port}/postgres"
    with capture_logs():
        with pytest.raises(NotReadyError):
            wait_for_database(lambda _: connect(url), timeout=1, log=LOG)
        server.start()
        with wait_for_database(lambda _: connect(url), timeout=30, log=LOG) as connection:
            assert scalar(connection, "SELECT 1") == 1

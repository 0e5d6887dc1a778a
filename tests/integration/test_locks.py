"""Replicas take turns, and nobody who died stands in the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
import structlog
from psycopg import errors
from psycopg.pq import TransactionStatus
from structlog.testing import capture_logs

from seeder.errors import ExitCode, LockTimeoutError
from seeder.postgres.commits import transaction_id, was_committed
from seeder.postgres.connection import Connection, connect
from seeder.postgres.locks import Lock, LockBudget, take_locks
from seeder.postgres.pinning import PINNED, pin_path, pin_settings, unpin_path
from tests.integration.commandline import ROOT
from tests.integration.postgres import scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.postgres import Database, StatementLog

TOOLS = Lock("table", "public.tools")
LOG = structlog.get_logger()


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with connect(database.url) as connection:
        yield connection


def test_a_lock_has_the_same_key_everywhere_and_always() -> None:
    assert Lock("table", "public.tools").key == -1226414077204697591
    assert Lock("code", "public.tools").key != TOOLS.key
    assert -(2**63) <= TOOLS.key < 2**63


class TestLock:
    def test_one_holds_it_and_another_waits(self, database: Database, connection: Connection) -> None:
        take_locks(connection, [TOOLS], budget=LockBudget(1), log=LOG)
        pauses = []

        def release_at_the_third_pause(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 3:
                connection.commit()

        with connect(database.url) as other, capture_logs() as logs:
            take_locks(other, [TOOLS], budget=LockBudget(60), log=LOG, sleep=release_at_the_third_pause)
            assert other.info.transaction_status is TransactionStatus.INTRANS
        assert len(pauses) == 3
        assert all(0.05 <= pause <= 0.5 for pause in pauses)
        [entry] = logs
        assert (entry["event"], entry["lock"]) == ("lock.waiting", "table public.tools")
        assert "(seeder)" in entry["holder"]

    def test_waiting_leaves_no_transaction_open(self, database: Database, connection: Connection) -> None:
        take_locks(connection, [TOOLS], budget=LockBudget(1), log=LOG)
        states: list[object] = []
        url = database.url + "?application_name=waiting"

        class EnoughSeenError(Exception):
            pass

        def look(_: float) -> None:
            states.append(
                database.scalar("SELECT state FROM pg_stat_activity WHERE application_name = 'waiting'")
            )
            if len(states) == 3:
                raise EnoughSeenError

        with connect(url) as other, pytest.raises(EnoughSeenError):
            take_locks(other, [TOOLS], budget=LockBudget(60), log=LOG, sleep=look)
        assert states == ["idle"] * 3

    def test_the_budget_is_spent_on_waiting_alone(self, database: Database, connection: Connection) -> None:
        budget = LockBudget(0.3)
        take_locks(connection, [Lock("table", "a")], budget=budget, log=LOG)
        connection.rollback()
        time.sleep(0.4)
        assert budget.remaining == 0.3
        take_locks(connection, [TOOLS], budget=budget, log=LOG)
        with connect(database.url) as other:
            with pytest.raises(
                LockTimeoutError, match=r"public\.tools.*held by process \d+ \(seeder\)"
            ) as caught:
                take_locks(other, [TOOLS], budget=budget, log=LOG)
            assert caught.value.exit_code is ExitCode.LOCKED
            other.rollback()
        assert budget.remaining == 0

    def test_it_goes_with_the_transaction(self, database: Database, connection: Connection) -> None:
        for end in ("commit", "rollback"):
            take_locks(connection, [TOOLS], budget=LockBudget(1), log=LOG)
            getattr(connection, end)()
            with connect(database.url) as other:
                take_locks(other, [TOOLS], budget=LockBudget(0), log=LOG)

    def test_many_at_once_take_turns(self, database: Database) -> None:
        database.execute("CREATE TABLE log (entered timestamptz, left_ timestamptz)")

        def work() -> None:
            with connect(database.url) as own:
                take_locks(own, [TOOLS], budget=LockBudget(60), log=LOG)
                leaving = "(SELECT clock_timestamp() FROM pg_sleep(0.02))"
                own.execute(f"INSERT INTO public.log VALUES (clock_timestamp(), {leaving})")
                own.commit()

        with capture_logs():
            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert database.scalar("SELECT count(*) FROM log") == 8
        overlaps = "SELECT count(*) FROM log a JOIN log b ON a.entered < b.entered AND a.left_ > b.entered"
        assert database.scalar(overlaps) == 0

    @pytest.mark.since(14)
    def test_a_killed_client_frees_it_in_the_middle_of_a_long_statement(
        self, database: Database, connection: Connection
    ) -> None:
        script = (
            "import structlog; from seeder.postgres.connection import connect\n"
            "from seeder.postgres.locks import Lock, LockBudget, take_locks\n"
            f"connection = connect({database.url!r})\n"
            "lock = Lock('table', 'public.tools')\n"
            "take_locks(connection, [lock], budget=LockBudget(1), log=structlog.get_logger())\n"
            "print('held', flush=True)\n"
            "connection.execute('SELECT pg_sleep(120)')\n"
        )
        client = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=ROOT)
        assert client.stdout
        assert client.stdout.readline() == b"held\n"
        while database.scalar("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(120)'") == 0:
            time.sleep(0.02)
        os.kill(client.pid, signal.SIGKILL)
        client.wait()
        client.stdout.close()
        # The sleep would hold it for two minutes; the interval of the check is half a second.
        with capture_logs():
            take_locks(connection, [TOOLS], budget=LockBudget(20), log=LOG)


class TestSettings:
    HOSTILE = (
        "TimeZone = 'Asia/Kolkata'",
        "DateStyle = 'SQL, DMY'",
        "IntervalStyle = 'iso_8601'",
        "extra_float_digits = 0",
        "bytea_output = 'escape'",
        "row_security = on",
        "statement_timeout = '1s'",
        "lock_timeout = '1s'",
        "idle_in_transaction_session_timeout = '1s'",
        "search_path = 'own', public",
    )

    def test_whatever_the_server_is_set_to_the_transaction_is_the_same(self, database: Database) -> None:
        for setting in self.HOSTILE:
            database.execute(f"ALTER DATABASE {database.name} SET {setting}")
        with connect(database.url) as connection:
            # As another client may have left it, behind a pooler.
            connection.execute("SET search_path = other")
            connection.commit()
            pin_settings(connection, lock_timeout=2.5, idle=25)
            expected = {
                **PINNED,
                "idle_in_transaction_session_timeout": "25s",
                "tcp_keepalives_idle": "5",
                "tcp_keepalives_interval": "2",
                "tcp_keepalives_count": "3",
                "tcp_user_timeout": "11000",
                "lock_timeout": "2500ms",
                "statement_timeout": "0",
                "search_path": "pg_catalog, pg_temp",
                "row_security": "off",
            }
            if database.server.version >= 14:
                expected["client_connection_check_interval"] = "500ms"
            found = {name: scalar(connection, f"SHOW {name}") for name in expected}
            assert found == expected
            unpin_path(connection)
            own = {"search_path": "own, public", "row_security": "on"}
            assert {name: scalar(connection, f"SHOW {name}") for name in own} == own
            pin_path(connection)
            assert {name: scalar(connection, f"SHOW {name}") for name in found} == expected
            connection.rollback()
            assert scalar(connection, "SHOW search_path") == "other"

    def test_it_is_one_statement(self, connection: Connection, statements: StatementLog) -> None:
        with statements.recorded() as sent:
            take_locks(connection, [TOOLS], budget=LockBudget(1), log=LOG)
            connection.commit()
        assert len(sent) == 3, str(sent)

    def test_the_limits_hold(self, database: Database, connection: Connection) -> None:
        database.execute("CREATE TABLE t ()")
        connection.execute("LOCK TABLE t")
        with connect(database.url) as other:
            pin_settings(other, lock_timeout=0)
            with pytest.raises(Exception, match="lock timeout") as caught:
                other.execute("SELECT FROM public.t")
            assert isinstance(caught.value, errors.LockNotAvailable)
            other.rollback()
            pin_settings(other, lock_timeout=60, statement_timeout=0.05)
            with pytest.raises(Exception, match="statement timeout") as caught:
                other.execute("SELECT pg_sleep(60)")
            assert isinstance(caught.value, errors.QueryCanceled)


class TestCommit:
    def test_what_became_of_a_transaction(self, database: Database, connection: Connection) -> None:
        assert transaction_id(connection) is None
        outcomes = {}
        for end in ("commit", "rollback"):
            connection.rollback()
            connection.execute(f"CREATE TABLE {end}_ ()")
            number = transaction_id(connection)
            assert number
            with connect(database.url) as other:
                assert not was_committed(other, number, timeout=0)
                getattr(connection, end)()
                outcomes[end] = was_committed(other, number)
        assert outcomes == {"commit": True, "rollback": False}

    def test_one_that_is_just_ending(self, database: Database, connection: Connection) -> None:
        connection.execute("CREATE TABLE t ()")
        number = transaction_id(connection)
        assert number
        with connect(database.url) as other:
            assert was_committed(other, number, sleep=lambda _: connection.commit())

    def test_one_that_the_server_never_met(self, connection: Connection) -> None:
        connection.execute("CREATE TABLE t ()")
        number = transaction_id(connection)
        connection.rollback()
        assert number
        # As on a standby that was promoted before the transaction reached it.
        assert not was_committed(connection, str(int(number) + 1000))

"""Waiting for a real server that is late, absent, starting, read-only, or says no."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import structlog
from structlog.testing import capture_logs

from seeder.errors import ConnectionRefusedForGoodError, ExitCode, NotReadyError, UsageError
from seeder.postgres import waiting
from seeder.postgres.connection import Connection, connect
from seeder.postgres.failures import describe, is_connection_lost, sqlstate
from seeder.postgres.waiting import connect_interruptibly, wait_for_database
from tests.integration.postgres import HOST, free_port, scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.postgres import Database, Server, StatementLog

pytestmark = pytest.mark.newest_server


def wait(url: str | None, *, timeout: float = 30, **options: Any) -> Connection:
    def in_time(seconds: float) -> Connection:
        return connect_interruptibly(lambda: connect(url), seconds)

    return wait_for_database(
        **{"connect": in_time, "timeout": timeout, "log": structlog.get_logger(), **options}
    )


def at_once(url: str) -> Callable[[float], Connection]:
    """Connects in this thread, for tests that stop the clock."""
    return lambda _: connect(url)


def server_of(connection: Connection) -> int:
    port: int = scalar(connection, "SELECT inet_server_port()")
    return port


class Clock:
    """Stands in for `time.monotonic` and `sleep`, so that no test waits for a grace or a deadline to pass."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        monkeypatch.setattr("seeder.postgres.deadline.time.monotonic", lambda: self.now)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


class TestLate:
    def test_a_server_that_comes_later(self, new_server: Callable[..., Server]) -> None:
        late = new_server()
        pauses: list[float] = []

        def start_at_the_third_pause(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 3:
                late.start()

        with capture_logs() as logs, wait(late.url(), sleep=start_at_the_third_pause) as connection:
            assert server_of(connection) == late.port
        events = [(entry["event"], entry.get("attempt"), entry.get("error")) for entry in logs]
        assert events == [
            *(("database.waiting", attempt, "connection refused") for attempt in (1, 2, 3)),
            ("database.ready", 4, None),
        ]
        assert [entry["next_try"] for entry in logs[:3]] == [round(pause, 3) for pause in pauses]

    def test_a_server_that_is_starting_up(self, new_server: Callable[..., Server]) -> None:
        # Recovery from a crash that waits for WAL that never comes, as at the start of a large database.
        starting = new_server(hot_standby="off")
        (starting.data / "standby.signal").touch()
        starting.start(wait=False)

        def promote(seconds: float) -> None:
            time.sleep(min(seconds, 0.1))
            if logs[-1]["error"] in {"starting up", "recovering"}:
                starting.stop()
                (starting.data / "standby.signal").unlink(missing_ok=True)
                starting.start()

        with capture_logs() as logs, wait(starting.url(), sleep=promote) as connection:
            assert server_of(connection) == starting.port
        assert {entry.get("error") for entry in logs} & {"starting up", "recovering"}

    def test_a_standby_until_it_is_promoted(self, new_server: Callable[..., Server]) -> None:
        primary = new_server().start()
        standby = primary.standby()
        try:
            standby.start()
            with capture_logs() as logs:

                def promote(_seconds: float) -> None:
                    with standby.connect() as connection:
                        connection.execute("SELECT pg_promote()")

                with wait(standby.url(), sleep=promote) as connection:
                    assert server_of(connection) == standby.port
            assert logs[0]["error"].startswith(f"{HOST}:{standby.port} is a standby and accepts no writes")
        finally:
            standby.remove()

    def test_of_several_hosts_the_one_that_can_be_written(self, new_server: Callable[..., Server]) -> None:
        primary = new_server().start()
        standby = primary.standby()
        try:
            standby.start()
            hosts = f"{HOST}:{free_port()},{HOST}:{standby.port},{HOST}:{primary.port}"
            with wait(f"postgresql+psycopg://postgres@{hosts}/postgres") as connection:
                assert server_of(connection) == primary.port
        finally:
            standby.remove()


class TestNever:
    def test_nobody_listens(self, clock: Clock) -> None:
        url = f"postgresql://app:s3cret@{HOST}:{free_port()}/shop"
        with capture_logs() as logs, pytest.raises(NotReadyError, match="connection refused") as caught:
            wait(url, timeout=60, sleep=clock.sleep, connect=at_once(url))
        assert caught.value.exit_code is ExitCode.NOT_READY
        assert clock.now == pytest.approx(60)
        assert all(pause <= 5 for pause in clock.slept)
        assert "s3cret" not in f"{caught.value}{logs}"

    def test_nobody_answers(self) -> None:
        # The port is open, and whoever holds it says nothing.
        with socket.create_server((HOST, 0)) as mute:
            port = mute.getsockname()[1]
            with pytest.raises(NotReadyError, match="timed out"):
                wait(f"postgresql://app@{HOST}:{port}/shop", timeout=0.5)

    def test_a_name_look_up_that_stalls_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stalled = threading.Event()

        def getaddrinfo(*_: Any, **__: Any) -> Any:
            stalled.wait(30)
            raise socket.gaierror

        monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
        with pytest.raises(NotReadyError, match="timed out"):
            wait("postgresql://app@db.example/shop", timeout=0.3)
        stalled.set()

    def test_no_waiting_is_one_try(self, clock: Clock) -> None:
        with pytest.raises(NotReadyError, match="1 try"):
            wait(f"postgresql://app@{HOST}:{free_port()}/shop", timeout=0, sleep=clock.sleep)
        assert clock.slept == []

    def test_a_malformed_address(self, clock: Clock) -> None:
        with pytest.raises(UsageError):
            wait("postgresql://app:s3%cret@db/shop", sleep=clock.sleep)
        with pytest.raises(UsageError):
            wait(f"postgresql://app@{HOST}/shop?sslmode=sometimes", sleep=clock.sleep)
        assert clock.slept == []


class TestRefused:
    def refused(self, clock: Clock, url: str, timeout: float = 60) -> str:
        with capture_logs() as logs, pytest.raises(ConnectionRefusedForGoodError) as caught:
            wait(url, timeout=timeout, sleep=clock.sleep, connect=at_once(url))
        assert caught.value.exit_code is ExitCode.REFUSED
        assert clock.now == pytest.approx(min(timeout, waiting.GRACE))
        assert "s3cret" not in f"{caught.value}{logs}"
        return caught.value.message

    @pytest.mark.parametrize("timeout", [60, 5, 0])
    def test_a_wrong_password(self, database: Database, clock: Clock, timeout: float) -> None:
        with database.server.role("app", "right"):
            url = database.server.url(database.name, user="app:s3cret")
            assert "authentication failed" in self.refused(clock, url, timeout)

    def test_no_password(self, database: Database, clock: Clock) -> None:
        with database.server.role("app", "right"):
            assert "authentication failed" in self.refused(
                clock, database.server.url(database.name, user="app")
            )

    def test_no_such_database(self, server: Server, clock: Clock) -> None:
        said = self.refused(clock, server.url("nowhere"))
        where = f"host={HOST} port={server.port} dbname=nowhere user=postgres"
        assert said.startswith(f"the database refuses the connection ({where}): no such database (")
        assert said.endswith('tries in 10 s); check the name, or run CREATE DATABASE "nowhere"')

    def test_no_such_role(self, server: Server, clock: Clock) -> None:
        url = f"host={server.folder} port={server.port} user=nobody dbname=postgres"
        assert 'run CREATE ROLE "nobody" LOGIN' in self.refused(clock, url)

    def test_rejected_by_the_host_list(self, server: Server, clock: Clock) -> None:
        with server.role("refused"):
            assert "pg_hba.conf" in self.refused(clock, server.url(user="refused"))

    def test_no_privilege_to_connect(self, database: Database, clock: Clock) -> None:
        database.execute(f"REVOKE CONNECT ON DATABASE {database.name} FROM PUBLIC")
        with database.server.role("app", "s3cret"):
            url = database.server.url(database.name, user="app:s3cret")
            grant = f'run GRANT CONNECT ON DATABASE "{database.name}" TO "app"'
            assert grant in self.refused(clock, url)

    def test_encryption_demanded_of_a_server_without(self, server: Server, clock: Clock) -> None:
        assert "TLS: the server does not offer it" in self.refused(clock, server.url(query="sslmode=require"))

    def test_a_role_that_is_created_within_the_grace(self, server: Server, clock: Clock) -> None:
        def create_role(seconds: float) -> None:
            clock.sleep(seconds)
            with server.connect() as superuser:
                superuser.execute("CREATE ROLE late LOGIN PASSWORD 's3cret'")

        url = server.url(user="late:s3cret")
        try:
            with wait(url, sleep=create_role, connect=at_once(url)) as connection:
                assert scalar(connection, "SELECT current_user") == "late"
        finally:
            with server.connect() as superuser:
                superuser.execute("DROP ROLE late")

    def test_a_host_that_is_down_beside_one_that_refuses(self, server: Server, clock: Clock) -> None:
        url = f"postgresql://postgres@{HOST}:{free_port()},{HOST}:{server.port}/missing"
        with pytest.raises(NotReadyError) as caught:
            wait(url, timeout=20, sleep=clock.sleep, connect=at_once(url))
        port, *_ = re.findall(rf"{HOST}:(\d+),", url)
        assert f"(host={HOST},{HOST} port={port},{server.port} dbname=missing user=postgres)" in str(
            caught.value
        )
        assert f"{HOST}:{port} connection refused, {HOST}:{server.port} no such database" in str(caught.value)


class TestConnection:
    def test_a_password_that_is_rotated(self, database: Database) -> None:
        passwords = iter(["old", "new"])
        url = database.server.url(database.name, user="app")
        with (
            database.server.role("app", "new"),
            wait(url, connect=lambda _: connect(url, next(passwords)), sleep=lambda _: None) as connection,
        ):
            assert scalar(connection, "SELECT current_user") == "app"

    def test_a_connection_sends_nothing_of_its_own(
        self, database: Database, statements: StatementLog
    ) -> None:
        with statements.recorded() as sent, wait(database.url):
            pass
        assert [statement for statement in sent if statement != "SHOW transaction_read_only"] == []

    def test_transactions_are_read_committed_and_read_write_whatever_the_default(
        self, server: Server
    ) -> None:
        fresh = server.create_database()
        try:
            fresh.execute(f"ALTER DATABASE {fresh.name} SET default_transaction_isolation = 'serializable'")
            with wait(fresh.url) as connection:
                levels = [
                    scalar(connection, f"SHOW {name}")
                    for name in ("transaction_isolation", "transaction_read_only", "application_name")
                ]
            assert levels == ["read committed", "off", "seeder"]
        finally:
            fresh.drop()

    def test_a_signal_reaches_a_stalled_name_look_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        release, ended = threading.Event(), threading.Event()

        def getaddrinfo(*_: Any, **__: Any) -> Any:
            release.wait(60)
            ended.set()
            raise socket.gaierror

        monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
        # A shell starts a process in the background with SIGINT ignored.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            connect_interruptibly(lambda: connect("postgresql://app@db.example/shop"), 60)
        signal.signal(signal.SIGINT, before)
        assert not ended.is_set()
        release.set()

    def test_a_connect_that_succeeds_too_late_leaves_no_connection(self, database: Database) -> None:
        proceed = threading.Event()
        closed = threading.Event()

        def slowly() -> Connection:
            proceed.wait(20)
            connection = connect(database.url)
            close = connection.close

            def note() -> None:
                close()
                closed.set()

            connection.close = note  # type: ignore[method-assign] # to see it called
            return connection

        with pytest.raises(TimeoutError):
            connect_interruptibly(slowly, 0.01)
        proceed.set()
        assert closed.wait(20)


class TestErrors:
    """What PostgreSQL really says, as far as it is shown."""

    VALUES = ("s3cret", 'a "s3cret" b', 's3cret "', '"\ns3cret\n"x', "«s3cret»", "s3cret 'x'")

    @pytest.mark.parametrize(
        "kind",
        [
            "integer",
            "numeric",
            "date",
            "uuid",
            "jsonb",
            "mood",
            "int[]",
            "inet",
            "int4range",
            "point",
            "bit(3)",
        ],
    )
    def test_no_value_is_shown(self, database: Database, kind: str) -> None:
        database.execute("CREATE TYPE mood AS ENUM ('sad')")
        with connect(database.url) as connection:
            for value in self.VALUES:
                with pytest.raises(Exception, match=r"s3cret|valid") as caught:
                    connection.execute(f"SELECT CAST(CAST(%s AS text) AS {kind})".encode(), [value])
                assert sqlstate(caught.value)
                assert "s3cret" not in describe(caught.value)
                connection.rollback()

    def test_names_are_shown(self, database: Database) -> None:
        database.execute(
            'CREATE TABLE t (a int PRIMARY KEY, "odd ""name" int NOT NULL CHECK ("odd ""name" > 0))'
        )
        shown = {}
        with connect(database.url) as connection:
            for statement in ("(1, NULL)", "(1, 0)", "(1, 1), (1, 1)"):
                with pytest.raises(Exception, match="t") as caught:
                    connection.execute(f"INSERT INTO t VALUES {statement}")
                shown[sqlstate(caught.value)] = describe(caught.value)
                connection.rollback()
            assert isinstance(caught.value, psycopg.errors.UniqueViolation)
        assert shown == {
            "23502": 'null value in column "odd "name" of relation "t" violates not-null constraint',
            "23514": 'new row for relation "t" violates check constraint "t_odd ""name_check"'.replace(
                '""', '"'
            ),
            "23505": 'duplicate key value violates unique constraint "t_pkey"',
        }

    def test_a_server_that_crashes(self, new_server: Callable[..., Server]) -> None:
        own = new_server().start()
        with wait(own.url()) as connection:
            connection.execute("SELECT 1")
            own.crash()
            with pytest.raises(Exception, match=r".") as caught:
                connection.execute("SELECT 1")
            assert is_connection_lost(caught.value)
            assert "SELECT" not in describe(caught.value)

    def test_a_session_that_somebody_ends(self, database: Database) -> None:
        with wait(database.url) as connection:
            pid = scalar(connection, "SELECT pg_backend_pid()")
            database.execute("SELECT pg_terminate_backend(%s)", [pid])
            with pytest.raises(Exception, match=r".") as caught:
                connection.execute("SELECT 1")
            assert is_connection_lost(caught.value)

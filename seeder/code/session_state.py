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
from seeder.postgres.statements import part, run, sql_file

_CHANGED: Final = part(
    "SELECT CAST(session_user AS pg_catalog.text) OPERATOR(pg_catalog.<>) %(user)s, "
    "pg_catalog.current_setting('role') OPERATOR(pg_catalog.<>) %(role)s"
)
_RESTORE_USER: Final = part(
    "SELECT pg_catalog.set_config('session_authorization', %(user)s, false), "
    "pg_catalog.set_config('role', %(role)s, false)"
)


@dataclass(frozen=True)
class SessionState:
    """Who a session is, and what was set in it, before the first transaction of ours."""

    user: str
    role: str
    settings: Mapping[str, str]

    @classmethod
    def read(cls, connection: Connection) -> SessionState:
        """The state of the session as it is now; nothing may be set by SET LOCAL at the time."""
        user, role, settings = run(connection, sql_file("seeder.postgres", "session").format()).one()
        return cls(user, role, json.loads(settings))

    def restore(self, connection: Connection) -> None:
        """Undo every SET since, within the transaction that is under way. What SET LOCAL set goes with it."""
        who = {"user": self.user, "role": self.role}
        if any(run(connection, _CHANGED, who).one()):
            run(connection, _RESTORE_USER, who)
        restore = sql_file("seeder.postgres", "restore_session").format()
        run(connection, restore, {"settings": json.dumps(dict(self.settings))})

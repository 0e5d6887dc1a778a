"""What a database holds, down to the row version: two that are equal mean that nothing was written between them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.postgres import Database

_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_OURS = "NOT IN ('pg_catalog', 'information_schema') AND nspname NOT LIKE 'pg\\_%'"


@dataclass(frozen=True)
class Footprint:
    """Of each table, in whatever schema, by its qualified name: what was ever written, and what is there now."""

    written: dict[str, tuple[int, int, int]]
    """Rows inserted, updated and deleted since the table was made, those of aborted transactions included."""
    versions: dict[str, set[tuple[str, str, str]]]
    """The `tableoid`, `ctid` and `xmin` of each row."""
    sequences: dict[str, int | None]
    """The last value of each sequence."""
    objects: set[tuple[str, str, str]]
    """Every relation, function and type: its catalogue, its schema, its name."""


def footprint(database: Database) -> Footprint:
    """Take the footprint once every other session is gone, for only then has it told what it wrote."""
    wait_until_alone(database)
    tables = [
        name
        for (name,) in database.rows(
            "SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
            f"WHERE relkind = 'r' AND nspname {_OURS} ORDER BY 1"
        )
    ]
    counters = database.rows(
        "SELECT format('%I.%I', schemaname, relname), n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables"
    )
    rows = "SELECT tableoid::regclass::text, ctid::text, xmin::text FROM ONLY "
    return Footprint(
        written={name: (inserted, updated, deleted) for name, inserted, updated, deleted in counters},
        versions={name: set(database.rows(rows + name)) for name in tables},
        sequences=dict(
            database.rows("SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences")
        ),
        objects=set(
            database.rows(
                f"SELECT 'relation', nspname, relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
                f"WHERE nspname {_OURS} "
                f"UNION ALL SELECT 'function', nspname, proname FROM pg_proc "
                f"JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname {_OURS} "
                f"UNION ALL SELECT 'type', nspname, typname FROM pg_type "
                f"JOIN pg_namespace n ON n.oid = typnamespace WHERE nspname {_OURS} "
                f"UNION ALL SELECT 'schema', nspname, '' FROM pg_namespace WHERE nspname {_OURS}"
            )
        ),
    )


def wait_until_alone(database: Database, timeout: float = 20) -> None:
    """Wait until no other session is left in the database, and what they wrote is counted."""
    deadline = time.monotonic() + timeout
    while database.scalar(_OTHERS):
        assert time.monotonic() < deadline, database.rows("SELECT pid, state, query FROM pg_stat_activity")
        time.sleep(0.01)
    if database.server.version < 15:
        # A process of its own counts there, and what it has counted may be half a second old.
        time.sleep(0.6)


def transactions_begun(database: Database) -> int:
    """The server's next transaction number: where it stays the same, not one transaction wrote anything at all."""
    return int(database.scalar("SELECT pg_snapshot_xmax(pg_current_snapshot())::text"))


def watch_writes(database: Database) -> None:
    """Give every table a trigger that notes each statement and each row written to it in `public.writes`."""
    database.execute("""\
        CREATE TABLE public.writes (relation text, operation text, level text);
        CREATE FUNCTION public.note_write() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO public.writes VALUES (TG_RELID::regclass::text, TG_OP, TG_LEVEL);
            RETURN coalesce(NEW, OLD);
        END $$;
        DO $$
        DECLARE name text;
        BEGIN
            FOR name IN
                SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename <> 'writes'
            LOOP
                EXECUTE format('CREATE TRIGGER watch_rows BEFORE INSERT OR UPDATE OR DELETE ON %s '
                    'FOR EACH ROW EXECUTE FUNCTION public.note_write()', name);
                EXECUTE format('CREATE TRIGGER watch_statements AFTER INSERT OR UPDATE OR DELETE ON %s '
                    'FOR EACH STATEMENT EXECUTE FUNCTION public.note_write()', name);
            END LOOP;
        END $$""")

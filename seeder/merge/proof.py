"""The proof that nothing is to be done: what it rests on in the database, and what the ledger notes of it.

`sql/state.sql` sums up all that a comparison reads. A comparison that finds nothing left to do takes the state in its
own snapshot, so that nobody's edit can come between the two. While the state, the files and the settings are the same,
there is nothing to do, and neither a row nor a seed file need be read.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from psycopg.sql import Composable, Literal

from seeder.merge.ledger import Ledger
from seeder.merge.releases import SINCE, Newest
from seeder.merge.sql_files import statement
from seeder.postgres.connection import Connection
from seeder.postgres.pinning import PINNED
from seeder.postgres.statements import joined, name, part, run, text

if TYPE_CHECKING:
    from seeder.merge.table import Column

_LOCK_TIMEOUT: Final = "500ms"
"""How long the question waits for a table that somebody has locked. The comparison has more patience."""

_SUM: Final = "SELECT pg_catalog.array_to_tsvector(ARRAY[{}]) FROM %I.%I AS live"
_NOTHING: Final = "SELECT CAST(NULL AS pg_catalog.tsvector) WHERE false"
_CLUSTER: Final = (
    "SELECT pg_catalog.array_to_tsvector(ARRAY[CAST(system_identifier AS pg_catalog.text)]) "
    "FROM pg_catalog.pg_control_system()"
)


@dataclass(frozen=True, slots=True)
class Proof:
    """What the ledger has noted of a seeder; `holds` says whether its state in the database is still the same."""

    seeder: str
    noted: Mapping[str, Any]
    holds: bool

    @property
    def state(self) -> str | None:
        """The state that was noted."""
        return self.noted.get("state")

    @property
    def rows_as_seeded(self) -> int:
        """How many rows the seed file had, if the table held all of them as it says, and no other of its; else 0."""
        counts: Mapping[str, int] = self.noted.get("counts") or {}
        return (
            counts.get("unchanged", 0)
            if not any(counts[each] for each in counts if each != "unchanged")
            else 0
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """The application's newest release, and the proofs of its seeders."""

    newest: Newest
    proofs: Sequence[Proof] = ()


def state_of(ledger: Ledger, version: int, asked: Composable, schemas: Composable) -> Composable:
    """The state of each seeder that `asked` returns; `version` is the server's.

    `schemas` are those in which a name without a schema is looked for.
    """
    total = _total(version)
    return statement(
        "state",
        asked=asked,
        schemas=schemas,
        total=total,
        definition=statement("definition", root=name("root", "oid")),
        sum_of=text(part(_SUM, total).as_string(None)),
        nothing=text(_NOTHING),
        cluster=text(_CLUSTER),
        form_name=ledger.form_name,
        **ledger.names,
    )


def _total(version: int) -> Composable:
    """The number of the row versions of `live`, and the sum of a hash of each."""
    return statement(
        "total",
        # Before version 14 only texts have a hash of 64 bits.
        place=part("pg_catalog.hashtidextended(live.ctid")
        if version >= 14
        else part('pg_catalog.hashtextextended(CAST(live.ctid AS pg_catalog.text) COLLATE pg_catalog."C"'),
    )


def state_now(ledger: Ledger, version: int) -> Composable:
    """The state of one seeder as part of another statement, in whose snapshot it is taken.

    Its parameters are `seeder_id`, `seeder`, `proof_tables`, and `schemas`.
    """
    asked = part(
        "SELECT CAST(%(seeder_id)s AS pg_catalog.int4) AS seeder_id, CAST(%(seeder)s AS pg_catalog.text) AS seeder, "
        "CAST(%(proof_tables)s AS pg_catalog.jsonb) AS tables"
    )
    schemas = part("CAST(%(schemas)s AS pg_catalog.text[])")
    return part("(SELECT found.state FROM ({}) AS found)", state_of(ledger, version, asked, schemas))


_DAYS: Final = (
    "CAST({} AS pg_catalog.date) BETWEEN CAST(pg_catalog.transaction_timestamp() AS pg_catalog.date) - 1 "
    "AND CAST(pg_catalog.transaction_timestamp() AS pg_catalog.date) + 1"
)
_TIMES: Final = (
    "pg_catalog.abs(pg_catalog.date_part('epoch', "
    "CAST({} AS pg_catalog.time) - CAST(pg_catalog.transaction_timestamp() AS pg_catalog.time))) <= 1"
)


def lasting(state: Composable, rows: Composable, cells: Iterable[tuple[Column, Composable]]) -> Composable:
    """`state`, but NULL if a cell of `rows` may mean something else tomorrow.

    `now` and `today` in a seed file are other values then. They can no longer be told from dates that were written out,
    so that a date of these days is taken for one of them.
    """
    conditions: list[Composable] = []
    for column, cell in cells:
        kind = column.element_name or column.base
        if kind in {"date", "timestamp", "timestamptz"} and column.category == "D":
            conditions.append(part(_DAYS, cell))
        elif kind in {"time", "timetz"} and column.category == "D":
            conditions.append(part(_TIMES, cell))
        elif kind.startswith(("date", "time", "ts", "_date", "_time", "_ts")) and kind not in {
            "tsvector",
            "tsquery",
        }:
            # Ranges and arrays of them: nobody looks inside.
            return part("CAST(NULL AS pg_catalog.text)")
    if not conditions:
        return state
    return part(
        "CASE WHEN EXISTS (SELECT FROM {} AS seed WHERE {}) THEN NULL ELSE {} END",
        rows,
        joined(conditions, " OR "),
        state,
    )


def note(
    connection: Connection, ledger: Ledger, seeder_id: int, noted: Mapping[str, Any], pieces: bytes | None
) -> None:
    """Note a proof of the seeder in the ledger, and the pieces of its seed file, if it has any."""
    run(
        connection,
        part(
            "UPDATE {} SET proof = CAST(%(proof)s AS pg_catalog.jsonb), pieces = %(pieces)s WHERE id = %(id)s AND "
            "(proof IS DISTINCT FROM CAST(%(proof)s AS pg_catalog.jsonb) OR pieces IS DISTINCT FROM %(pieces)s)",
            ledger.names["seeders"],
        ),
        {"proof": json.dumps(noted), "pieces": pieces, "id": seeder_id},
    )


def pieces(connection: Connection, ledger: Ledger, seeder: str, state: str) -> bytes | None:
    """The pieces of the seed file that were noted together with that state, if any were."""
    found: bytes | None = run(
        connection,
        part(
            "SELECT s.pieces FROM {} AS s JOIN {} AS a ON a.id = s.application_id WHERE a.name = %(application)s "
            "AND s.name = %(seeder)s AND s.proof ->> 'state' = %(state)s",
            ledger.names["seeders"],
            ledger.names["applications"],
        ),
        {"application": ledger.application, "seeder": seeder, "state": state},
    ).scalar()
    return found


def ask(
    connection: Connection,
    ledger: Ledger,
    names: Collection[str],
    wanted: Collection[str],
    *,
    statement_timeout: float | None = None,
) -> Answer:
    """What is noted of the application, of its seeders of these `names`, and of those `wanted` whether it holds.

    One round trip, in autocommit or in the transaction that `connection` is in. Raises psycopg's errors: if there is no
    ledger, for one; and `UsageError` if what is noted as a release is none.
    """
    script = _question(ledger, connection.version, names, wanted, statement_timeout)
    with connection.cursor() as cursor:
        cursor.execute(script.as_string(connection).replace("%%", "%").encode())
        while cursor.nextset():
            pass
        found = cursor.fetchall()
    # Whether there are seeders or not, each row has the release.
    newest = Newest.noted(ledger, *found[0][:3]) if found else Newest()
    return Answer(newest, [Proof(*row[3:]) for row in found if row[3] is not None])


def _question(
    ledger: Ledger,
    version: int,
    names: Collection[str],
    wanted: Collection[str],
    statement_timeout: float | None,
) -> Composable:
    # What shapes the texts that go into the state is set as in the transaction that noted it.
    settings = {
        **PINNED,
        "lock_timeout": _LOCK_TIMEOUT,
        "statement_timeout": f"{round((statement_timeout or 0) * 1000)}ms",
    }
    asked = part(
        "SELECT s.id AS seeder_id, s.name AS seeder, CASE pg_catalog.jsonb_typeof(s.proof -> 'tables') "
        "WHEN 'array' THEN s.proof -> 'tables' ELSE CAST('[]' AS pg_catalog.jsonb) END AS tables "
        "FROM {seeders} AS s JOIN {applications} AS a ON a.id = s.application_id "
        "WHERE a.name = {application} AND s.name = ANY ({names}) AND s.proof ->> 'state' IS NOT NULL",
        application=text(ledger.application),
        names=_texts(wanted),
        **ledger.names,
    )
    return statement(
        "question",
        settings=joined(
            part("pg_catalog.set_config({}, {}, true)", text(setting), text(value))
            for setting, value in settings.items()
        ),
        proofs=statement(
            "proofs",
            application=text(ledger.application),
            names=_texts(names),
            since=SINCE,
            state=state_of(
                ledger,
                version,
                asked,
                part("CAST(pg_catalog.current_setting('seeder_proof.schemas') AS pg_catalog.text[])"),
            ),
            **ledger.names,
        ),
    )


def _texts(values: Collection[str]) -> Composable:
    return part("CAST({} AS pg_catalog.text[])", Literal(sorted(values)))

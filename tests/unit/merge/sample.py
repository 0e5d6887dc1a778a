"""A sample table, a seed file for it, and what a server would answer: enough for the merge to compose its statements.

No database is asked. `rendered` lets the merge run against a stand-in for a connection, and keeps each statement that
it composes from a file of `sql/`.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import namedtuple
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import psycopg
import structlog

from seeder.errors import SeedingError
from seeder.merge import history, load, sql_files, stage
from seeder.merge.comparison import Comparison
from seeder.merge.conflicts import conflicts
from seeder.merge.constraints import check_all_but_foreign_keys, defer_again
from seeder.merge.dangling import dangling
from seeder.merge.fitness import Fitness
from seeder.merge.held import held, seeders_of
from seeder.merge.ledger import Ledger
from seeder.merge.merge import merge
from seeder.merge.options import Options
from seeder.merge.proof import ask
from seeder.merge.proving import Proving
from seeder.merge.retirement import retire
from seeder.merge.staged_columns import Layout
from seeder.merge.target import find_target
from seeder.postgres import statements as sent
from seeder.reporting.progress import Progress
from seeder.seed_files import DataSeeder, discover
from seeder.seed_files.raw_csv import RawCsv

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pytest
    from psycopg.sql import Composable, Composed

    from seeder.postgres.connection import Connection
    from seeder.reporting.difference import Change

LEDGER = Ledger("seeder")

SEEDS = """\
table: goods
key: [sku, size]
insert_only: [enabled]
rows:
  - sku: pen
    size: 1.50
    stock: 3
    price: 2.00
    config: {colour: blue}
    sold_at: 2026-01-01T00:00:00Z
    enabled: true
    mood: fair
    tags: [1, 2]
  - sku: ink
    size: null
    stock: 1
"""
DELETE = "retired_rows: delete\n" + SEEDS
SET = "retired_rows: {set: {enabled: false, stock: 0}}\n" + SEEDS
WHERE = "where: {mood: fair, note: null}\n" + SEEDS
HISTORY = """\
{"release": "1", "row": {"sku": "pen", "size": 1.50, "stock": 2, "note": {"!sha256": "%s"}}}
{"release": "2", "row": {"sku": "ink", "size": null, "price": {"!ref": {"table": "prices", \
"where": {"name": "ink"}, "column": "amount"}}}}
""" % ("ab" * 32)
REF = SEEDS + "    price: !ref {table: prices, where: {name: ink}, column: amount}\n"


def column(number: int, name: str, kind: str, base: str, category: str, **others: Any) -> dict[str, Any]:
    """A column as `look.sql` describes it."""
    return {
        "name": name,
        "number": number,
        "type": kind,
        "type_oid": 1000 + number,
        "type_schema": "pg_catalog",
        "type_name": base,
        "element_schema": None,
        "element_name": None,
        "base": base,
        "base_schema": "pg_catalog",
        "category": category,
        "by_extension": False,
        "not_null": False,
        "generated": False,
        "identity": "",
        "readable": True,
        "missing": None,
        "sequence": None,
        "equality": ["pg_catalog", "="],
        "collation": None,
        "deterministic": True,
        **others,
    }


def table(name: str, columns: Sequence[Mapping[str, Any]], **others: Any) -> dict[str, Any]:
    """A table as `look.sql` describes it."""
    return {
        "schema_name": "shop",
        "table_name": name,
        "kind": "r",
        "oid": 500,
        "columns": columns,
        "primary_key": None,
        "unique_keys": None,
        "dropped": None,
        "inherited": False,
        "altered_on_insert": True,
        **others,
    }


COLLATION = ["pg_catalog", "default"]
COLUMNS = [
    column(1, "id", "integer", "int4", "N", not_null=True, sequence=600),
    column(2, "sku", "text", "text", "S", not_null=True, collation=COLLATION),
    column(3, "size", "numeric(10,2)", "numeric", "N"),
    column(4, "stock", "integer", "int4", "N", sequence=601),
    column(5, "price", "numeric(10,2)", "numeric", "N"),
    column(6, "config", "jsonb", "jsonb", "U"),
    column(7, "sold_at", "timestamp with time zone", "timestamptz", "D"),
    column(8, "enabled", "boolean", "bool", "B", missing="true"),
    column(
        9,
        "mood",
        "shop.mood",
        "mood",
        "E",
        type_schema="shop",
        base_schema="shop",
        equality=["pg_catalog", "="],
    ),
    column(
        10, "tags", "integer[]", "_int4", "A", element_schema="pg_catalog", element_name="int4", missing="{}"
    ),
    column(11, "note", "text", "text", "S", collation=COLLATION),
    column(12, "created_at", "timestamp with time zone", "timestamptz", "D"),
    column(13, "updated_at", "timestamp with time zone", "timestamptz", "D"),
]
NAMES = [each["name"] for each in COLUMNS]


def registration(number: int, key: Sequence[int], slots: Sequence[int], *, own: bool) -> dict[str, Any]:
    """What the ledger knows of the sample table under a key, as `registration.sql` has it."""
    return {
        "id": number,
        "schema": "shop",
        "name": "goods",
        "relation": 500,
        "ledger": 700,
        "columns": NAMES[:12],
        "numbers": [each["number"] for each in COLUMNS[:12]],
        "types": [each["type_oid"] for each in COLUMNS[:12]],
        "key": key,
        "slots": slots,
        "own": own,
    }


def known(*, rekeyed: bool = False) -> dict[str, Any]:
    """The sample table, and what the ledger knows of it; `rekeyed`: under another key than the seed file's too."""
    return {
        **table("goods", COLUMNS),
        "ledger_form": 2,
        "ledger_oid": 700,
        "seeder_id": 3,
        "seeder_digest": None,
        "seeder_release": None,
        "seeder_earlier": None,
        "seeder_origin": None,
        "former": None,
        "tables": [
            registration(1, [2, 3], [4, 5, 6, 7, 8, 9, 10], own=True),
            registration(2, [1], [4, 5], own=rekeyed),
        ],
    }


PRICES = table(
    "prices",
    [
        column(1, "name", "text", "text", "S", not_null=True, collation=COLLATION),
        column(2, "amount", "numeric(10,2)", "numeric", "N"),
    ],
    oid=501,
    primary_key=["name"],
    unique_keys=[["name"]],
)

COUNTS = {"total": 2, "work": 1, "kept": 0, "kept_existing": 0, "conflicts": 0, "pending": 0, "held": 0}
TALLY = {
    "inserts": 1,
    "returning": 1,
    "updates": 1,
    "work": 2,
    "kept": 1,
    "kept_existing": 1,
    "touched": 1,
    "conflicts": 0,
    "adopted": 0,
    "adopts_cells": 1,
}
UNLISTED = {
    "key": "{pen,1.50}",
    "key_cells": ["pen", "1.50"],
    "retired": "unlisted",
    "twins": 1,
    "reason": None,
    "version": "(0,1)",
    "relation": 500,
    "writer": "800",
    "as_left": True,
    "free": [True, True],
}
REFERRING = {
    "schema_name": "shop",
    "itself": False,
    "referring": ["goods_sku", "goods_size"],
    "referred": ["sku", "size"],
    "operators": [["pg_catalog", "="], ["pg_catalog", "="]],
    "collations": [["pg_catalog", "default"], None],
}
ANSWERS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "clean": [{**COUNTS, "doubled": False, "unresolved": False, "entries": 0, "unlisted": 0, "state": None}],
    "tally": [{**TALLY, "pending": 0, "problems": 0, "entering": 1, "state": None}],
    "first_contact": [{"place": 1, "count": 1}],
    "insert": [{"inserted": 1, "altered": 0}],
    "update": [{"updated": 1, "altered": 0}],
    "note": [{"updated": 0, "entered": 1}],
    "note_inserted": [{"inserted": 1}],
    "status": [{"rows": 1, "edited": 0, "kept_existing": 0, "conflicts": 0, "deleted": 0, "retired": 0}],
    "retired": [UNLISTED],
    "inbound": [
        {**REFERRING, "table_name": "orders", "readable": True},
        {**REFERRING, "table_name": "secrets", "readable": False},
    ],
    "outbound": [
        {
            **REFERRING,
            "referring": ["size"],
            "referred": ["size"],
            "operators": [["pg_catalog", "="]],
            "collations": [None],
            "table_name": "sizes",
        }
    ],
    "loadable": [{"loadable": True}],
    "delete": [{"key": "{pen,1.50}"}],
    "set": [{"key": "{pen,1.50}"}],
    "constraints": [{"schema_name": "shop", "name": "goods_fk", "deferred": True, "foreign_key": True}],
}
"""What the server answers to the statement of a file, unless a test says otherwise."""

OTHERS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    'SELECT (CASE WHEN pg_catalog.num_nulls("given"."value")': [{"shown": "fair"}],
    "SELECT DISTINCT state.place": [{"place": 1}, {"place": 5}],
    "SELECT s.id FROM": [{"id": 3}],
    "SELECT pg_catalog.count(*) FROM": [{"count": 0}],
    "SELECT pg_catalog.count(*) FILTER (WHERE entry.retired IS NULL)": [{"listed": 3, "unlisted": 0}],
    "SELECT EXISTS (SELECT FROM": [{"entered": False}],
    "SELECT current_user, pg_catalog.pg_get_userbyid": [{"role": "app", "owner": "app", "may": True}],
    "SELECT current_user": [{"role": "app", "database": "shop"}],
}
"""What it answers to a statement that begins like this and comes from no file."""


class Answer:
    """Rows that a server returned."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._rows = list(rows)
        self.rowcount = len(self._rows)

    def __iter__(self) -> Iterator[Any]:
        for row in self._rows:
            yield namedtuple("Row", row)(**row)  # noqa: PYI024 - its fields are known only here

    def fetchall(self) -> list[Any]:
        return list(self)

    def one(self) -> Any:
        (row,) = self
        return row

    def one_or_none(self) -> Any:
        return next(iter(self), None)

    def scalar(self) -> Any:
        return next((row[0] for row in self), None)

    def scalar_one(self) -> Any:
        return self.one()[0]

    def scalars(self) -> list[Any]:
        return [row[0] for row in self]

    def mappings(self) -> list[Mapping[str, Any]]:
        return self._rows

    def close(self) -> None:
        pass


class Recorder:
    """Stands in for a connection, and for the files of `sql/`: keeps what is composed from each, and all that is sent.

    `answers` are the answers of each file, one after the other; the last one stands for all that follow.
    """

    def __init__(self) -> None:
        self.composed: dict[str, list[str]] = {}
        self.sent: list[str] = []
        self.answers: dict[str, list[Sequence[Mapping[str, Any]]]] = {}
        self._files: dict[str, str] = {}

    def file(self, name: str) -> Recording:
        """The text of a file, whose completions are kept."""
        return Recording(self, name)

    def keep(self, name: str, composed: Composed) -> None:
        text = composed.as_string(None)
        self._files[text] = name
        texts = self.composed.setdefault(name, [])
        if text not in texts:
            texts.append(text)

    # What the merge asks of a connection

    version = 18
    adapters = psycopg.adapters
    connection = None

    def check(self) -> None:
        pass

    def execute(self, statement: bytes, parameters: Any = None) -> Answer:
        text = statement.decode()
        self.sent.append(text)
        name = self._files.get(text, "")
        queue = self.answers.get(name or next((each for each in self.answers if text.startswith(each)), ""))
        if queue:
            return Answer(queue.pop(0) if len(queue) > 1 else queue[0])
        if name:
            return Answer(ANSWERS.get(name, ()))
        return Answer(next((rows for begins, rows in OTHERS.items() if text.startswith(begins)), ()))

    @contextlib.contextmanager
    def cursor(self) -> Iterator[Recorder]:
        yield self

    def nextset(self) -> None:
        pass

    def fetchall(self) -> list[Any]:
        return []

    @contextlib.contextmanager
    def transaction(self, *, force_rollback: bool = False) -> Iterator[None]:
        yield


class Recording:
    """A file of `sql/` that tells the recorder what is made of it."""

    def __init__(self, recorder: Recorder, name: str) -> None:
        self._recorder = recorder
        self._name = name

    def format(self, **parts: Composable) -> Composed:
        composed = FILE(self._name).format(**parts)
        self._recorder.keep(self._name, composed)
        return composed


FILE = sql_files._file


def show(changes: Iterable[Change]) -> None:
    """Take note of nothing, but let all changes be asked for."""
    for _ in changes:
        pass


def rendered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """What the merge composes for the sample table in each of its ways."""
    recorder = Recorder()
    connection = cast("Connection", recorder)
    monkeypatch.setattr(sql_files, "_file", recorder.file)
    monkeypatch.setattr(sent, "Result", lambda connection: connection)
    monkeypatch.setattr(stage, "_numbers", itertools.count(1))
    monkeypatch.setattr(stage, "copy_rows", lambda connection, table, columns, records: list(records))
    monkeypatch.setattr(history, "copy_rows", lambda connection, table, columns, records: list(records))

    options = Options(
        ledger=LEDGER,
        log=structlog.get_logger(),
        pin=lambda: None,
        unpin=lambda: None,
        check_deferred=lambda: None,
        schemas=["shop"],
        left_behind=["shop/wares"],
        show=show,
    )

    def seeder(text: str) -> DataSeeder:
        (folder / "goods.yaml").write_text(text)
        (found,) = discover([str(folder)], allow_code=True, environ={})
        assert isinstance(found, DataSeeder), found
        return found

    def looked(*tables: Mapping[str, Any]) -> None:
        recorder.answers["look"] = [[each] for each in tables]

    # The ledger: there is none; there is one of form 1.
    nothing = [{"has_schema": False, "tables": None}]
    form_1 = [{"has_schema": True, "tables": ["form", "seeders", "targets", "entries"]}]
    recorder.answers["ledger_tables"] = [nothing, nothing, form_1]
    recorder.answers["SELECT form FROM"] = [[{"form": 1}]]
    LEDGER.establish(connection)
    LEDGER.establish(connection)

    # Rows are inserted and updated, a trigger deletes one, and another key has entries of other seeders.
    looked(known())
    merge(connection, seeder(SEEDS), options)
    # The seed file names another key than before.
    looked(known(rekeyed=True), known())
    merge(connection, seeder(SEEDS), options)
    # A cell looks something up.
    looked(known(), PRICES)
    recorder.answers["clean"] = []
    merge(connection, seeder(REF), options)
    # A policy fails the seeder for a row.
    looked(known())
    recorder.answers["tally"] = [[{**TALLY, "pending": 0, "problems": 1, "entering": 1, "state": None}]]
    recorder.answers["refused"] = [
        [{"n": 1, "action": 0, "states": [6], "entered": False, "holder": None, "key": "{pen,1.50}"}]
    ]
    with contextlib.suppress(SeedingError):
        merge(connection, seeder(SEEDS), options)
    recorder.answers["tally"] = []

    # Rows were there before us and differ, and earlier releases may have shipped them.
    looked(known(), PRICES)
    recorder.answers["tally"] = [
        [{**TALLY, "kept_existing": 1, "pending": 0, "problems": 0, "entering": 1, "state": None}]
    ]
    (folder / "goods.history.ndjson").write_text(HISTORY)
    merge(connection, seeder(SEEDS), options)
    (folder / "goods.history.ndjson").unlink()
    recorder.answers["tally"] = []

    # A row is no longer listed, and goes or is set.
    looked(known())
    recorder.answers["retired"] = [[UNLISTED], [UNLISTED], []]
    retire(connection, seeder(DELETE), options)
    recorder.answers["retired"] = [[UNLISTED]]
    retire(connection, seeder(SET), options)

    target = find_target(connection, seeder(SEEDS), LEDGER, ["shop"], create_tables=False)
    assert target is not None
    held(connection, target, LEDGER)
    seeders_of(connection, LEDGER)
    # Somebody asks what is in conflict.
    found = seeder(SEEDS)
    layout = Layout.of(connection, target, found, ["shop"])
    list(conflicts(connection, Comparison(found, target, layout, LEDGER), list(found.rows()), ()))
    # A CSV file fills the empty table.
    monkeypatch.setattr(load, "copy_raw", lambda connection, table, columns, blocks, progress: 2)
    raw = RawCsv(tuple(NAMES[1:10]), (), ())
    load.Load(connection, target, options)._load(raw, (), Progress(), raise_sequences=True)

    # The table does not exist.
    recorder.answers["look"] = [[]]
    with contextlib.suppress(SeedingError):
        find_target(connection, seeder(SEEDS), LEDGER, ["shop"], create_tables=False)
    # Somebody changes a row between the comparison and the write.
    looked(known())
    recorder.answers["update"] = [[{"updated": 0, "altered": 0}]]
    merge(connection, seeder(SEEDS), options)
    recorder.answers["update"] = []
    # It is about a part of the table.
    looked(known())
    merge(connection, seeder(WHERE), options)
    part = find_target(connection, seeder(WHERE), LEDGER, ["shop"], create_tables=False)
    assert part is not None
    Fitness(connection, seeder(WHERE), ["shop"], lambda _: None, lambda _: None, lambda _: None)._is_unique(
        part
    )
    # Nothing is left to do.
    looked(known(), PRICES)
    proving = Proving(connection, seeder(REF), LEDGER, ["shop"])
    proving.compare({"origin": "x"})
    assert target.registration is not None
    proving.acts_on(1, target, target.registration)
    ask(connection, LEDGER, ["goods"], ["goods"])
    defer_again(connection)
    check_all_but_foreign_keys(connection)
    dangling(connection, target, "goods_fk")
    return recorder

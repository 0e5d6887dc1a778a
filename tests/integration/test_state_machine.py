"""Seed files, hands and migrations change at random, and after each run table and ledger are as the model says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.integration.seeding import Seeding, read_ledger
from tests.integration.seeding_model import Model, RefusedError

if TYPE_CHECKING:
    import psycopg

    from tests.integration.commandline import SeedFolder
    from tests.integration.postgres import Database

NAMES = ("a", "b", "c")
VALUES = ("x", "y", None)
TEXTS = ("x", "y", "X", "Y", "default", "DEFAULT", "retired", "RETIRED", *"abcABC", None)
SCHEMA = """\
DROP TABLE IF EXISTS tools;
DROP SCHEMA IF EXISTS seeder CASCADE;
CREATE TABLE tools (name text UNIQUE NOT NULL, code text UNIQUE NOT NULL, title text, note text, flag text);
CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON tools FOR EACH ROW EXECUTE FUNCTION shout();
"""
SHOUT = """\
CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.note := upper(NEW.note); RETURN NEW; END $$
"""
VERSIONS = (
    "SELECT name, ctid::text, xmin::text, xmax::text FROM tools UNION ALL "
    "SELECT key::text, ctid::text, xmin::text, xmax::text FROM seeder.seeder_rows UNION ALL "
    "SELECT name, ctid::text, xmin::text, xmax::text FROM seeder.seeder_seeders UNION ALL "
    "SELECT table_name, ctid::text, xmin::text, xmax::text FROM seeder.seeder_tables"
)

MAX_EXAMPLES = int(os.environ.get("SEEDER_TEST_EXAMPLES", "16"))

# A failure is shrunk only on demand: that takes minutes, and the steps that failed can be read as they are.
PHASES = [phase for phase in Phase if phase is not Phase.shrink or "SEEDER_TEST_SHRINK" in os.environ]

names = st.sampled_from(NAMES)
values = st.sampled_from(VALUES)
cells = st.fixed_dictionaries({}, optional={"title": values, "note": values, "flag": values})
migrated = st.sampled_from(("extra", "other"))


class Machine(RuleBasedStateMachine):
    """The model beside the real thing."""

    def __init__(self, seeding: Seeding, connection: psycopg.Connection[Any]) -> None:
        super().__init__()
        self.seeding = seeding
        self.connection = connection
        self.model = Model()
        self.has_run = False
        for file in seeding.folder.path.iterdir():
            file.unlink()
        self.sql(SCHEMA)

    def sql(self, statement: str, *parameters: str | None) -> None:
        self.connection.execute(statement.encode(), parameters or None)

    # The seed file changes.

    @rule(name=names, cells=cells)
    def list_row(self, name: str, cells: dict[str, str | None]) -> None:
        self.model.file[name] = cells

    @precondition(lambda self: self.model.file)
    @rule(data=st.data())
    def unlist_row(self, data: st.DataObject) -> None:
        del self.model.file[data.draw(st.sampled_from(sorted(self.model.file)))]

    @precondition(lambda self: self.model.file)
    @rule(data=st.data(), value=values)
    def change_cell(self, data: st.DataObject, value: str | None) -> None:
        row = self.model.file[data.draw(st.sampled_from(sorted(self.model.file)))]
        row[data.draw(st.sampled_from(sorted(self.model.columns)))] = value

    @rule(
        mode=st.sampled_from(("upsert", "upsert", "insert")),
        existing=st.sampled_from(("overwrite", "keep", "fail")),
        edited=st.sampled_from(("keep", "overwrite", "fail")),
        deleted=st.sampled_from(("restore", "keep")),
        retired=st.sampled_from(
            ("keep", "delete", {"set": {"note": "retired"}}, {"set": {"flag": "retired"}})
        ),
    )
    def change_policies(self, mode: str, existing: str, edited: str, deleted: str, retired: Any) -> None:
        model = self.model
        model.mode, model.existing_rows, model.edited_rows = mode, existing, edited
        model.deleted_rows, model.retired_rows = deleted, retired

    @rule(what=st.sampled_from(("key", "name")))
    def change_identity(self, what: str) -> None:
        model = self.model
        if what == "key":
            model.key = "code" if model.key == "name" else "name"
        else:
            model.seeder = "gadgets" if model.seeder == "tools" else "tools"

    # Somebody changes the table.

    @precondition(lambda self: self.model.table)
    @rule(data=st.data(), value=values)
    def edit(self, data: st.DataObject, value: str | None) -> None:
        name = data.draw(st.sampled_from(sorted(self.model.table)))
        column = data.draw(st.sampled_from(sorted(self.model.columns)))
        self.model.by_hand(name, **{column: value})
        self.sql(f"UPDATE tools SET {column} = %s WHERE name = %s", value, name)

    @rule(name=names, title=values, note=values)
    def insert(self, name: str, title: str | None, note: str | None) -> None:
        if name not in self.model.table:
            self.model.by_hand(name, title=title, note=note)
            self.sql(
                "INSERT INTO tools (name, code, title, note) VALUES (%s, %s, %s, %s)",
                name,
                name.upper(),
                title,
                note,
            )

    @precondition(lambda self: self.model.table)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.model.table)))
        del self.model.table[name]
        self.sql("DELETE FROM tools WHERE name = %s", name)

    # A migration changes its form.

    @rule(what=st.sampled_from(("add", "drop", "rename", "retype")), column=migrated, value=values)
    def migrate(self, what: str, column: str, value: str | None) -> None:
        (other,) = {"extra", "other"} - {column}
        columns, table = self.model.columns, self.model.table.values()
        if what == "retype":
            self.sql(f"ALTER TABLE tools ALTER title TYPE varchar({20 if column == 'extra' else 30})")
        elif what == "add" and column not in columns:
            columns.add(column)
            for row in table:
                row[column] = value
            self.sql(f"ALTER TABLE tools ADD {column} text")
            self.sql(f"UPDATE tools SET {column} = %s", value)
        elif what == "drop" and column in columns:
            columns.remove(column)
            for row in (*table, *self.model.file.values()):
                row.pop(column, None)
            self.sql(f"ALTER TABLE tools DROP {column}")
        elif what == "rename" and column in columns and other not in columns:
            columns.symmetric_difference_update({column, other})
            for row in (*table, *self.model.file.values()):
                if column in row:
                    row[other] = row.pop(column)
            self.sql(f"ALTER TABLE tools RENAME {column} TO {other}")

    # And the seeder runs.

    @rule()
    def run(self) -> None:
        self.seed()

    # Rules are drawn evenly, and there is more to see the more often we look.
    run_too = rule()(lambda self: self.seed())
    run_as_well = rule()(lambda self: self.seed())

    def seed(self) -> None:
        model = self.model
        for file in self.seeding.folder.path.iterdir():
            file.unlink()
        self.seeding.write(
            model.seeder,
            [{"name": name, "code": name.upper(), **cells} for name, cells in model.file.items()],
            table="tools",
            key=[model.key],
            insert_only=["flag"]
            if not model.file or any("flag" in row for row in model.file.values())
            else [],
            mode=model.mode,
            existing_rows=model.existing_rows,
            edited_rows=model.edited_rows,
            deleted_rows=model.deleted_rows,
            retired_rows=model.retired_rows,
        )
        try:
            did = model.run()
        except RefusedError:
            result = self.seeding()
            assert result.exit_code == 1, str(result)
            self.has_run = True
            return
        result = self.seeding()
        self.has_run = True
        assert result.exit_code == 0, str(result)
        finished = result.finished(model.seeder)
        written = {name: finished[name] for name in ("inserted", "updated", "deleted", "kept")}
        assert written == {name: getattr(did, name) for name in written}
        assert len(result.all("seeder.conflict")) == did.conflicts

        before = self.connection.execute(VERSIONS).fetchall()
        again = self.seeding()
        assert again.event("run.finished")["changed"] == 0, str(again)
        assert again.all("seeder.conflict") == again.all("seeder.adopted") == []
        assert self.connection.execute(VERSIONS).fetchall() == before

    @invariant()
    def table_is_as_modelled(self) -> None:
        columns = sorted(self.model.columns)
        rows = self.connection.execute(f"SELECT name, {', '.join(columns)} FROM tools".encode())
        assert {name: dict(zip(columns, cells, strict=True)) for name, *cells in rows} == self.model.table

    @precondition(lambda self: self.has_run)
    @invariant()
    def ledger_is_as_modelled(self) -> None:
        expected = {(key[1],): known.as_entry() for key, known in self.model.ledger.items()}
        assert read_ledger(self.seeding.database, *TEXTS, connection=self.connection) == expected


@pytest.mark.newest_server
def test_no_edit_is_lost_and_every_other_cell_has_its_seed(database: Database, seeds: SeedFolder) -> None:
    database.execute(SHOUT)
    with database.connect(autocommit=True) as connection:
        connection.prepare_threshold = None  # because tables change their form

        class Bound(Machine):
            def __init__(self) -> None:
                super().__init__(Seeding(database, seeds), connection)

        run_state_machine_as_test(
            Bound,
            settings=settings(
                max_examples=MAX_EXAMPLES,
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                phases=PHASES,
            ),
        )

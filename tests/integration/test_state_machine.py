"""Seed files, hands and migrations change at random, and after each run the table is as the model says.

Two applications seed one table. In between people edit it, migrations change it, rows come that have a key of ours,
and the database is dumped and restored.

A failure prints the steps that led to it. Three variables say how long to look:

- `SEEDER_TEST_EXAMPLES`: how often to begin anew, 16 times unless told otherwise;
- `SEEDER_TEST_STEPS`: how many steps to take each time, 20 unless told otherwise;
- `SEEDER_TEST_SHRINK`: set to anything, it makes the steps that fail fewer, which takes minutes.

So `SEEDER_TEST_EXAMPLES=1000 pytest --timeout 0 tests/integration/test_state_machine.py` takes 20,000 steps.
"""

from __future__ import annotations

import copy
import os
from typing import TYPE_CHECKING, Any, TypeAlias

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, reject, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from seeder.merge.resolution import Resolution, Take
from tests.integration.commandline import SeedFolder
from tests.integration.seeding import Seeding
from tests.integration.seeding_model import Cells, File, Model, RefusedError, Seen, UnclearError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.integration.postgres import Database

    SeedFile: TypeAlias = tuple[dict[str, Cells], dict[str, Any]]

NAMES = ("a", "b", "c")
VALUES = ("x", "y", None)
SCHEMA = """\
DROP TABLE IF EXISTS tools;
DROP SCHEMA IF EXISTS seeder CASCADE;
CREATE TABLE tools (name text NOT NULL, code text NOT NULL, title text, note text, flag text, remark text);
CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON tools FOR EACH ROW EXECUTE FUNCTION shout();
"""
UNIQUE = "ALTER TABLE tools ADD UNIQUE (name), ADD UNIQUE (code)"
SHOUT = """\
CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.note := upper(NEW.note); RETURN NEW; END $$
"""
MISSING = """\
SELECT attname, (attmissingval::text::text[])[1] FROM pg_attribute
WHERE attrelid = 'tools'::regclass AND atthasmissing
"""
FOREIGN = "SELECT * FROM tools WHERE name = %s ORDER BY ctid"

COUNTED = ("inserted", "updated", "deleted", "kept", "kept_existing", "conflicts")

MAX_EXAMPLES = int(os.environ.get("SEEDER_TEST_EXAMPLES", "16"))
MAX_STEPS = int(os.environ.get("SEEDER_TEST_STEPS", "20"))

# A failure is shrunk only on demand: that takes minutes, and the steps that failed can be read as they are.
PHASES = [phase for phase in Phase if phase is not Phase.shrink or "SEEDER_TEST_SHRINK" in os.environ]

# The first of the two may begin without a name, and be given one later. Its seed file is drawn more often, because
# rows that both list are soon the business of one.
files = st.sampled_from(("first", "first", "second"))
names = st.sampled_from(NAMES)
values = st.sampled_from(VALUES)
cells = st.fixed_dictionaries({}, optional={"title": values, "note": values, "flag": values})

policies = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(("upsert", "upsert", "upsert", "insert")),
        "existing_rows": st.sampled_from(("overwrite", "keep", "fail")),
        "edited_rows": st.sampled_from(("keep", "overwrite", "fail")),
        "deleted_rows": st.sampled_from(("restore", "keep")),
        "retired_rows": st.sampled_from(
            ("keep", "delete", "delete", {"set": {"note": "retired"}}, {"set": {"flag": "retired"}})
        ),
    }
)

seed_files = st.tuples(st.dictionaries(names, cells, min_size=1), policies)


class Machine(RuleBasedStateMachine):
    """The model beside the real thing."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__()
        self.database = database
        self.model = Model(
            {
                "first": File(("default",), ("tools", "gadgets")),
                "second": File(("crm",), ("tools", "widgets")),
            }
        )
        self.seeding = {which: Seeding(database, SeedFolder(folder / which)) for which in self.model.files}
        self.extras = 0
        self.has_run: set[str] = set()
        self.editions = 0
        self.last: dict[str, tuple[str, int]] = {}
        """The seed file that was written last, and its edition."""
        self.has_to_follow: set[str] = set()
        """The seed files that have not run since a column was renamed or got another type."""
        self.restored = False
        self.connect()

    def connect(self) -> None:
        self.connection = self.database.connect(autocommit=True)
        self.connection.prepare_threshold = None  # because tables change their form

    def teardown(self) -> None:
        self.connection.close()

    def sql(self, statement: str, *parameters: str | None) -> None:
        self.connection.execute(statement.encode(), parameters or None)

    def rows(self, query: str, *parameters: str | None) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode(), parameters or None).fetchall()

    @initialize(unique=st.booleans(), named=st.booleans(), first=seed_files, second=seed_files)
    def begin(self, unique: bool, named: bool, first: SeedFile, second: SeedFile) -> None:
        if named:
            self.model.files["first"].applications = ("shop",)
        for which, (rows, policies) in (("first", first), ("second", second)):
            self.model.files[which].rows = copy.deepcopy(rows)
            self.adopt_policies(which, policies)
        self.unique = unique
        self.sql(SCHEMA)
        if unique:
            self.sql(UNIQUE)
        self.seed("first")

    # A seed file changes.

    @rule(which=files, name=names, cells=cells)
    def list_row(self, which: str, name: str, cells: Cells) -> None:
        self.model.files[which].rows[name] = dict(cells)

    @rule(which=files, data=st.data(), edited=st.booleans(), value=values)
    def unlist_row(self, which: str, data: st.DataObject, edited: bool, value: str | None) -> None:
        rows = self.model.files[which].rows
        if rows:
            name = data.draw(st.sampled_from(sorted(rows)))
            del rows[name]
            if edited and name in self.model.table:
                self.edit_cell(name, data.draw(st.sampled_from(sorted(self.model.names))), value)
            self.seed(which)

    @rule(which=files, data=st.data(), value=values)
    def change_cell(self, which: str, data: st.DataObject, value: str | None) -> None:
        rows = self.model.files[which].rows
        if rows:
            row = rows[data.draw(st.sampled_from(sorted(rows)))]
            row[data.draw(st.sampled_from(sorted(self.model.names.keys() - {"remark"})))] = value

    @rule(which=files, policies=policies)
    def change_policies(self, which: str, policies: dict[str, Any]) -> None:
        self.adopt_policies(which, policies)

    def adopt_policies(self, which: str, policies: dict[str, Any]) -> None:
        for policy, value in policies.items():
            setattr(self.model.files[which], policy, value)

    @rule(which=files, what=st.sampled_from(("key", "seeder", "application")))
    def change_identity(self, which: str, what: str) -> None:
        file = self.model.files[which]
        if what == "key":
            file.key = "code" if file.key == "name" else "name"
        elif what == "seeder":
            file.names = (file.names[1], file.names[0])
        elif file.applications == ("default",):
            file.applications = ("shop", "default")

    # Somebody changes the table.

    @precondition(lambda self: self.model.table)
    @rule(data=st.data(), value=values)
    def edit(self, data: st.DataObject, value: str | None) -> None:
        name = data.draw(st.sampled_from(sorted(self.model.table)))
        column = data.draw(st.sampled_from(sorted(self.model.names)))
        self.edit_cell(name, column, value)

    def edit_cell(self, name: str, column: str, value: str | None) -> None:
        self.model.by_hand(name, **{column: value})
        self.sql(f"UPDATE tools SET {self.model.names[column]} = %s WHERE name = %s", value, name)

    @rule(name=names, title=values, note=values)
    def insert(self, name: str, title: str | None, note: str | None) -> None:
        if name not in self.model.table:
            self.model.by_hand(name, title=title, note=note)
            self.insert_row(name, title, note)

    @precondition(lambda self: self.model.table)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.model.table)))
        del self.model.table[name]
        self.sql("DELETE FROM tools WHERE name = %s", name)

    @precondition(lambda self: not self.unique and self.model.table.keys() & self.model.ledger.keys())
    @rule(which=files, data=st.data(), unlist=st.booleans(), title=values, note=values)
    def insert_rows_with_a_key_of_ours(
        self, which: str, data: st.DataObject, unlist: bool, title: str | None, note: str | None
    ) -> None:
        """They are nobody's business, and neither is the row that shares its key with them, until they are gone."""
        name = data.draw(st.sampled_from(sorted(self.model.table.keys() & self.model.ledger.keys())))
        if unlist:
            self.model.files[which].rows.pop(name, None)
        if not self.is_clear(which):
            return
        for _ in range(2):
            self.insert_row(name, title, note, remark="foreign")
        before = self.rows(FOREIGN, name)
        result = self.run_seeder(which)
        assert result.exit_code in (0, 1), str(result)
        assert self.rows(FOREIGN, name) == before, str(result)
        self.sql(f"DELETE FROM tools WHERE {self.model.names['remark']} = 'foreign'")
        self.seed(which, counted=False)

    def insert_row(self, name: str, title: str | None, note: str | None, remark: str | None = None) -> None:
        columns = ", ".join(self.model.names[column] for column in ("title", "note", "remark"))
        statement = f"INSERT INTO tools (name, code, {columns}) VALUES (%s, %s, %s, %s, %s)"
        self.sql(statement, name, name.upper(), title, note, remark)

    # A migration changes its form.

    @precondition(lambda self: self.extras < 3)
    @rule(how=st.sampled_from(("empty", "default", "filled")), value=values)
    def add_column(self, how: str, value: str | None) -> None:
        """Empty, with a default that its rows have without being written, or filled in by an UPDATE."""
        self.extras += 1
        column = f"extra{self.extras}"
        self.model.names[column] = column
        self.model.defaults[column] = "x" if how == "default" else None
        default = "DEFAULT 'x'" if how == "default" else ""
        self.sql(f"ALTER TABLE tools ADD {column} text {default}")
        if how == "filled":
            self.sql(f"UPDATE tools SET {column} = %s", value)
        for row in self.model.table.values():
            row[column] = {"empty": None, "default": "x", "filled": value}[how]

    @precondition(lambda self: self.model.names.keys() - {"title", "note", "flag", "remark"})
    @rule(data=st.data())
    def drop_column(self, data: st.DataObject) -> None:
        extras = self.model.names.keys() - {"title", "note", "flag", "remark"}
        column = data.draw(st.sampled_from(sorted(extras)))
        self.sql(f"ALTER TABLE tools DROP {self.model.names.pop(column)}")
        del self.model.defaults[column]
        for row in (
            *self.model.table.values(),
            *(r for f in self.model.files.values() for r in f.rows.values()),
        ):
            row.pop(column, None)
        for known in self.model.ledger.values():
            known.cells.pop(column, None)

    # A column is followed by the number of its attribute and its type: only in the database where the ledger noted
    # them, and where not both its name and its type changed since.
    @precondition(lambda self: not self.restored and not self.has_to_follow)
    @rule(data=st.data(), which=files, value=values)
    def rename_column(self, data: st.DataObject, which: str, value: str | None) -> None:
        column = data.draw(st.sampled_from(("title", *sorted(self.model.names.keys() - {"note"}))))
        if self.model.table:
            self.edit_cell(data.draw(st.sampled_from(sorted(self.model.table))), column, value)
        former, name = self.model.names[column], self.model.rename_of(column)
        self.sql(f"ALTER TABLE tools RENAME {former} TO {name}")
        self.model.names[column] = name
        self.has_to_follow |= self.has_run
        self.seed(which)

    @precondition(lambda self: not self.has_to_follow)
    @rule(length=st.sampled_from((20, 30)))
    def retype_column(self, length: int) -> None:
        self.sql(f"ALTER TABLE tools ALTER {self.model.names['title']} TYPE varchar({length})")
        self.has_to_follow |= self.has_run

    @precondition(lambda self: self.can_be_dumped())
    @rule()
    def dump_and_restore(self) -> None:
        self.connection.close()
        self.database.dump_and_restore()
        self.connect()
        self.restored = True

    def can_be_dumped(self) -> bool:
        """Whether there is a ledger to dump, and each column that was renamed has been followed, for every entry."""
        keys = {file.owner: file.key for file in self.model.files.values()}
        return (
            bool(self.has_run)
            and not self.restored
            and not self.has_to_follow
            and all(keys.get(known.owner) == known.key for known in self.model.ledger.values())
            and self.database.server.can_dump
        )

    # And the seeder runs.

    def run(self, which: str) -> None:
        self.seed(which)

    # Rules are drawn evenly, and there is more to see the more often we look.
    run_once = rule(which=files)(lambda self, which: self.run(which))
    run_too = rule(which=files)(lambda self, which: self.run(which))
    run_as_well = rule(which=files)(lambda self, which: self.run(which))

    @rule(which=files, take=st.sampled_from(Take))
    def resolve(self, which: str, take: Take) -> None:
        if not self.seed(which):
            return
        file = self.model.files[which]
        result = self.seeding[which](application=file.owner.application, resolution=Resolution(take))
        assert result.exit_code == 0, str(result)
        assert result.event("seeder.resolved")["cells"] == self.model.resolve(which, take), str(result)
        self.run_again(which)

    def seed(self, which: str, *, counted: bool = True) -> bool:
        """Run the seeder. Whether it was done, and not refused."""
        if not self.is_clear(which):
            return False
        file = self.model.files[which]
        result = self.run_seeder(which)
        try:
            did = self.model.run(which, Seen(self.table(), failed=result.exit_code != 0))
        except UnclearError:
            reject()
        except RefusedError as refused:
            assert result.exit_code == 1, str(result)
            if refused.claimed:
                del file.rows[refused.claimed]
            return False
        assert result.exit_code == 0, str(result)
        self.has_to_follow.discard(which)
        if counted and did.sure:
            finished = result.finished(file.owner.seeder)
            written = {name: finished[name] for name in COUNTED}
            assert written == {name: getattr(did, name) for name in written}, f"{self.table()}\n{result}"
            assert len(result.all("seeder.conflict")) == did.new_conflicts, str(result)

        self.run_again(which)
        return True

    def run_again(self, which: str) -> None:
        """Run the seeder once more, which writes nothing."""
        before = self.versions()
        again = self.run_seeder(which)
        assert again.event("run.finished")["changed"] == 0, str(again)
        for said_once in ("seeder.conflict", "seeder.adopted", "seeder.kept_existing"):
            assert again.all(said_once) == []
        assert self.versions() == before

    def is_clear(self, which: str) -> bool:
        """Change the seed file until the contract says what becomes of each row. False where that can't be."""
        self.model.missing = {self.column(name): value for name, value in self.rows(MISSING)}
        for _ in range(9):
            try:
                copy.deepcopy(self.model).run(which)
            except UnclearError as unclear:
                unclear.mend(self.model.files[which])
            except RefusedError:
                return True
            else:
                return True
        return False

    def run_seeder(self, which: str) -> Any:
        file, seeding = self.model.files[which], self.seeding[which]
        seeding.folder.path.mkdir(exist_ok=True)
        for written in seeding.folder.path.iterdir():
            written.unlink()
        flags = not file.rows or any("flag" in row for row in file.rows.values())
        retired = file.retired_rows
        seeding.write(
            file.owner.seeder,
            [{"name": name, "code": name.upper(), **self.named(cells)} for name, cells in file.rows.items()],
            table="tools",
            key=[file.key],
            formerly=file.formerly,
            insert_only=[self.model.names["flag"]] if flags else [],
            mode=file.mode,
            # The default is not written.
            **({} if file.existing_rows == "keep" else {"existing_rows": file.existing_rows}),
            edited_rows=file.edited_rows,
            deleted_rows=file.deleted_rows,
            retired_rows={"set": self.named(retired["set"])} if isinstance(retired, dict) else retired,
        )
        # An earlier file that comes back retires nothing, so that each change makes a file that never was.
        path = seeding.folder.path / f"{file.owner.seeder}.yaml"
        text = path.read_text()
        if text != self.last.get(which, ("", 0))[0]:
            self.editions += 1
            self.last[which] = (text, self.editions)
        path.write_text(f"{text}# edition {self.last[which][1]}\n")
        self.has_run.add(which)
        return seeding(application=file.owner.application)

    def named(self, cells: Any) -> Cells:
        """Cells by the names that the table's columns have now."""
        return {self.model.names[column]: value for column, value in cells.items()}

    def column(self, name: str) -> str:
        """The column that is called so now."""
        (column,) = (column for column, called in self.model.names.items() if called == name)
        return column

    def table(self) -> dict[str, Cells]:
        columns = sorted(self.model.names)
        listed = ", ".join(self.model.names[column] for column in columns)
        return {
            name: dict(zip(columns, cells, strict=True))
            for name, *cells in self.rows(f"SELECT name, {listed} FROM tools")
        }

    def versions(self) -> Iterable[tuple[Any, ...]]:
        """Every row version of the table and of the ledger."""
        ledger = self.rows(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'seeder' ORDER BY 1"
        )
        queries = (
            f"SELECT tableoid::text, ctid::text, xmin::text, xmax::text FROM {name}"
            for name in ("tools", *(name for (name,) in ledger))
        )
        return sorted(self.rows(" UNION ALL ".join(queries)))

    @invariant()
    def table_is_as_modelled(self) -> None:
        assert self.table() == self.model.table


@pytest.mark.newest_server
def test_no_edit_is_lost_and_every_other_cell_has_its_seed(database: Database, tmp_path: Path) -> None:
    database.execute(SHOUT)

    class Bound(Machine):
        def __init__(self) -> None:
            super().__init__(database, tmp_path)

    run_state_machine_as_test(
        Bound,
        settings=settings(
            max_examples=MAX_EXAMPLES,
            stateful_step_count=MAX_STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=PHASES,
        ),
    )

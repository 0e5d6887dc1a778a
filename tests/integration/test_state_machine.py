"""Seed files, hands, migrations and accidents at random, and after each run the table is as the model says.

Two applications seed one table: `shop` with two seed files and releases, and `crm` with one, which begins without a
name. In between people edit the table, migrations change it, rows come that have a key of ours, runs are killed or run
side by side, and the ledger is lost, or dumped and restored. `tests/integration/model.py` says what is to come of it.

A failure prints the steps that led to it. Four variables say how long to look, and where:

- `SEEDER_TEST_EXAMPLES`: how often to begin anew, 4 times unless told otherwise, and 60 times for `make faults`;
- `SEEDER_TEST_STEPS`: how many steps to take each time, 20 unless told otherwise;
- `SEEDER_TEST_SEED`: the seed of a failure, to repeat it;
- `SEEDER_TEST_SHRINK`: set to anything, it makes the steps that fail fewer, which takes minutes.

So `SEEDER_TEST_EXAMPLES=1000 pytest --timeout 0 tests/integration/test_state_machine.py` takes 20,000 steps.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from seeder import seed_sync
from seeder.merge.resolution import Resolution, Take
from seeder.postgres.connection import Connection
from tests.faults.figures import Figure, new_seed, times
from tests.integration import model
from tests.integration.commandline import SeedFolder
from tests.integration.model import RefusedError
from tests.integration.model_state import File, Row, State
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.integration.postgres import Database

NAMES = ("a", "b", "c")
VALUES = ("x", "y", None)
SHIPPED = {"title": "old", "note": None}
"""What a release from before the ledger shipped of the row `a`. Nobody else writes this title."""
SCHEMA = """\
DROP TABLE IF EXISTS tools, instruments;
DROP SCHEMA IF EXISTS seeder CASCADE;
CREATE TABLE tools (name text NOT NULL, title text, note text, flag text, remark text);
CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON tools FOR EACH ROW EXECUTE FUNCTION shout();
"""
UNIQUE = "ALTER TABLE tools ADD UNIQUE (name)"
SHOUT = """\
CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.note := upper(NEW.note); RETURN NEW; END $$
"""
MISSING = """\
SELECT attname, (attmissingval::text::text[])[1] FROM pg_attribute
WHERE attrelid = %s::regclass AND atthasmissing
"""

COUNTED = ("inserted", "updated", "deleted", "kept", "kept_existing", "conflicts")

MAX_EXAMPLES = int(os.environ.get("SEEDER_TEST_EXAMPLES") or times(4, 60))
MAX_STEPS = int(os.environ.get("SEEDER_TEST_STEPS", "20"))

# A failure is shrunk only on demand: that takes minutes, and the steps that failed can be read as they are.
PHASES = [phase for phase in Phase if phase is not Phase.shrink or "SEEDER_TEST_SHRINK" in os.environ]

applications = st.sampled_from(("shop", "crm"))
files = st.sampled_from(("tools", "tools", "gadgets", "widgets"))
names = st.sampled_from(NAMES)
values = st.sampled_from(VALUES)
cells = st.fixed_dictionaries({"title": values}, optional={"note": values, "flag": values})
seed_rows = st.dictionaries(names, cells, min_size=1)
policies = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(("upsert", "upsert", "upsert", "insert")),
        "existing_rows": st.sampled_from(("overwrite", "keep", "fail")),
        "edited_rows": st.sampled_from(("keep", "overwrite", "fail")),
        "deleted_rows": st.sampled_from(("restore", "keep")),
        "retired_rows": st.sampled_from(
            ("keep", "delete", "delete", {"note": "retired"}, {"flag": "retired"})
        ),
    }
)


class Killed(BaseException):
    """The process is gone. Nothing in seeder may take it for an error."""


class Machine(RuleBasedStateMachine):
    """The model beside the real thing. A column has one name in the model; `names` says how the table calls it now."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__()
        self.database = database
        self.folder = folder
        self.files = {
            "tools": File("shop/tools"),
            "gadgets": File("shop/gadgets"),
            "widgets": File("default/widgets"),
        }
        for file in self.files.values():
            file.history, file.insert_only = [("a", SHIPPED)], frozenset({"flag"})
        self.state = State(dict.fromkeys(("title", "note", "flag", "remark")))
        self.names = {column: column for column in self.state.defaults}
        self.named = "tools"
        """What the table is called now."""
        self.release = 0
        self.newest = 0
        self.extras = self.editions = 0
        self.last: dict[str, tuple[str, int]] = {}
        """The seed files as they were written last, each with its edition."""
        self.stale: set[str] = set()
        """The applications that have not run since a column or the table was renamed, or the database restored."""
        self.connect()

    def connect(self) -> None:
        self.connection = self.database.connect(autocommit=True)
        self.connection.prepare_threshold = None  # because tables change their form

    def teardown(self) -> None:
        self.connection.close()

    def sql(self, statement: str, *parameters: str | None) -> None:
        self.connection.execute(statement.replace("TABLE_", self.named).encode(), parameters or None)

    def rows(self, query: str, *parameters: str | None) -> list[tuple[Any, ...]]:
        query = query.replace("TABLE_", self.named)
        return self.connection.execute(query.encode(), parameters or None).fetchall()

    @initialize(unique=st.booleans(), rows=st.tuples(seed_rows, seed_rows, seed_rows), with_=policies)
    def begin(self, unique: bool, rows: tuple[dict[str, Row], ...], with_: dict[str, Any]) -> None:
        for which, listed in zip(self.files, rows, strict=True):
            for name, row in listed.items():
                self.list_row(which, name, row)
            self.change_policies(which, with_)
        self.unique = unique
        self.sql(SCHEMA)
        if unique:
            self.sql(UNIQUE)
        self.seed("shop")

    # A seed file changes.

    @rule(which=files, name=names, cells=cells)
    def list_row(self, which: str, name: str, cells: Row) -> None:
        """List a row. If the other seed file of the application had it, it moves."""
        for sibling in self.siblings(which):
            sibling.rows.pop(name, None)
        self.files[which].rows[name] = dict(cells)

    def siblings(self, which: str) -> list[File]:
        application = self.files[which].owner.split("/")[0]
        return [file for file in self.files.values() if file.owner.startswith(f"{application}/")]

    @rule(which=files, data=st.data(), edited=st.booleans(), value=values)
    def unlist_row(self, which: str, data: st.DataObject, edited: bool, value: str | None) -> None:
        rows = self.files[which].rows
        if rows:
            name = data.draw(st.sampled_from(sorted(rows)))
            del rows[name]
            if edited and name in self.state.table:
                self.edit_cell(name, data.draw(st.sampled_from(sorted(self.names))), value)
            self.seed(self.application(which))

    @rule(which=files, data=st.data(), value=values)
    def change_cell(self, which: str, data: st.DataObject, value: str | None) -> None:
        rows = self.files[which].rows
        if rows:
            row = rows[data.draw(st.sampled_from(sorted(rows)))]
            row[data.draw(st.sampled_from(sorted(self.names.keys() - {"remark"})))] = value

    @rule(which=files, policies=policies)
    def change_policies(self, which: str, policies: dict[str, Any]) -> None:
        for policy, value in policies.items():
            # If one of two seeders fails, what moved to the other one is left open.
            may_fail = which == "widgets" or value != "fail"
            setattr(self.files[which], policy, value if may_fail else "keep")

    @rule(what=st.sampled_from(("seeder", "application")))
    def change_identity(self, what: str) -> None:
        """The seed file gets another name and says which it had, or its application gets a name."""
        file = self.files["widgets"]
        application, seeder = file.owner.split("/")
        if what == "seeder":
            former, seeder = seeder, {"widgets": "gizmos", "gizmos": "widgets"}[seeder]
        else:
            former, application = {"widgets": "gizmos", "gizmos": "widgets"}[seeder], "crm"
        file.owner = f"{application}/{seeder}"
        file.formerly = tuple(dict.fromkeys((f"{application}/{former}", f"default/{former}")))

    # Somebody changes the table.

    @precondition(lambda self: self.state.table)
    @rule(data=st.data(), value=values)
    def edit(self, data: st.DataObject, value: str | None) -> None:
        name = data.draw(st.sampled_from(sorted(self.state.table)))
        self.edit_cell(name, data.draw(st.sampled_from(sorted(self.names))), value)

    def edit_cell(self, name: str, column: str, value: str | None) -> None:
        self.state.write(name, {column: value})
        self.sql(f"UPDATE TABLE_ SET {self.names[column]} = %s WHERE name = %s", value, name)

    @rule(name=names, title=values, note=values)
    def insert(self, name: str, title: str | None, note: str | None) -> None:
        if name not in self.state.table:
            self.state.write(name, {"title": title, "note": note})
            self.insert_row(name, title, note)

    @precondition(lambda self: "a" not in self.state.table and "a" not in self.state.ledger)
    @rule()
    def insert_as_shipped(self) -> None:
        self.insert("a", SHIPPED["title"], SHIPPED["note"])

    @precondition(lambda self: self.state.table)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.state.table)))
        del self.state.table[name]
        self.sql("DELETE FROM TABLE_ WHERE name = %s", name)

    @precondition(lambda self: not self.unique and self.state.table.keys() & self.state.ledger.keys())
    @rule(data=st.data(), unlist=st.booleans(), title=values, note=values)
    def insert_rows_with_a_key_of_ours(
        self, data: st.DataObject, unlist: bool, title: str | None, note: str | None
    ) -> None:
        """They are nobody's business, and neither is the row that shares its key with them, until they are gone."""
        name = data.draw(st.sampled_from(sorted(self.state.table.keys() & self.state.ledger.keys())))
        if unlist:
            self.files["widgets"].rows.pop(name, None)
        self.predict("crm")
        for _ in range(2):
            self.insert_row(name, title, note, remark="foreign")
        foreign = "SELECT * FROM TABLE_ WHERE name = %s ORDER BY ctid"
        before = self.rows(foreign, name)
        result = self.run_seeders("crm")
        assert result.exit_code in (0, 1), str(result)
        assert self.rows(foreign, name) == before, str(result)
        self.sql(f"DELETE FROM TABLE_ WHERE {self.names['remark']} = 'foreign'")
        self.seed("crm", counted=False)

    def insert_row(self, name: str, title: str | None, note: str | None, remark: str | None = None) -> None:
        columns = ", ".join(self.names[column] for column in ("title", "note", "remark"))
        self.sql(f"INSERT INTO TABLE_ (name, {columns}) VALUES (%s, %s, %s, %s)", name, title, note, remark)

    # A migration changes its form.

    @precondition(lambda self: self.extras < 3)
    @rule(how=st.sampled_from(("empty", "default", "filled")), value=values)
    def add_column(self, how: str, value: str | None) -> None:
        """Empty, with a default that its rows have without being written, or filled in by an UPDATE."""
        self.extras += 1
        column = f"extra{self.extras}"
        self.names[column] = column
        self.state.defaults[column] = "x" if how == "default" else None
        self.sql(f"ALTER TABLE TABLE_ ADD {column} text {'''DEFAULT 'x' ''' if how == 'default' else ''}")
        if how == "filled":
            self.sql(f"UPDATE TABLE_ SET {column} = %s", value)
        for row in self.state.table.values():
            row[column] = {"empty": None, "default": "x", "filled": value}[how]

    @precondition(lambda self: len(self.names) > 4)
    @rule(data=st.data())
    def drop_column(self, data: st.DataObject) -> None:
        """Whether rows count as touched then is left open, so somebody touches them all."""
        column = data.draw(st.sampled_from(sorted(name for name in self.names if name.startswith("extra"))))
        self.sql(f"ALTER TABLE TABLE_ DROP {self.names.pop(column)}")
        del self.state.defaults[column]
        for row in (*self.state.table.values(), *(r for f in self.files.values() for r in f.rows.values())):
            row.pop(column, None)
        for entry in self.state.ledger.values():
            entry.cells.pop(column, None)
        for name in sorted(self.state.table):
            self.edit_cell(name, "remark", f"touched {self.extras}")

    # A column is followed by the number of its attribute and its type, a table by its OID: only in the database where
    # the ledger noted them, and where not all of it changed since.
    @precondition(lambda self: not self.stale)
    @rule(data=st.data(), value=values)
    def rename_column(self, data: st.DataObject, value: str | None) -> None:
        column = data.draw(st.sampled_from(("title", *sorted(self.names.keys() - {"note"}))))
        if self.state.table:
            self.edit_cell(data.draw(st.sampled_from(sorted(self.state.table))), column, value)
        former = self.names[column]
        self.names[column] = f"{column}_" if former == column else column
        self.sql(f"ALTER TABLE TABLE_ RENAME {former} TO {self.names[column]}")
        self.follow()

    @precondition(lambda self: not self.stale)
    @rule()
    def rename_table(self) -> None:
        former, self.named = self.named, "instruments" if self.named == "tools" else "tools"
        self.sql(f"ALTER TABLE {former} RENAME TO TABLE_")
        self.follow()

    @precondition(lambda self: not self.stale)
    @rule(length=st.sampled_from((20, 30)))
    def retype_column(self, length: int) -> None:
        self.sql(f"ALTER TABLE TABLE_ ALTER {self.names['title']} TYPE varchar({length})")
        self.follow()

    def follow(self) -> None:
        self.stale = {"shop", "crm"}
        self.seed("shop")
        self.seed("crm")

    # An accident.

    @precondition(lambda self: not self.stale and self.database.server.can_dump)
    @rule()
    def dump_and_restore(self) -> None:
        self.connection.close()
        self.database.dump_and_restore()
        self.connect()
        self.follow()

    @rule()
    def lose_the_ledger(self) -> None:
        self.sql("DROP SCHEMA IF EXISTS seeder CASCADE")
        self.state.ledger, self.state.releases = {}, {}
        self.stale = set()

    @rule(application=applications, trip=st.integers(0, 40))
    def kill(self, application: str, trip: int) -> None:
        """Kill a run before one of its round trips. The next one completes it."""
        if self.predict(application) is None:
            return
        with contextlib.suppress(Killed), killed_before(trip):
            self.run_seeders(application)
        self.seed(application, counted=False)

    @rule(application=applications, older=st.booleans())
    def replicas(self, application: str, older: bool) -> None:
        """Two runs at once, perhaps one of an older release."""
        if self.predict(application) is None:
            return
        options = self.options(application)
        self.write(application)
        paths = [self.folder / application, self.folder / application]
        releases = [options.get("release")] * 2
        # Only the first application has releases.
        if older and application == "shop" and self.release > 1:
            releases[0] = str(self.release - 1)
        done: list[int] = []

        def run(path: Path, release: str | None) -> None:
            report = seed_sync(
                self.database.url, path=path, application=options["application"] or "default", release=release
            )
            done.append(report.exit_code)

        threads = [threading.Thread(target=run, args=pair) for pair in zip(paths, releases, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert done == [0, 0]
        self.seed(application, counted=False)

    # And the seeders run.

    @rule(application=applications)
    def run_once(self, application: str) -> None:
        self.seed(application)

    # Rules are drawn evenly, and there is more to see the more often we look.
    run_too = rule(application=applications)(lambda self, application: self.run_once(application))
    run_as_well = rule(application=applications)(lambda self, application: self.run_once(application))

    @rule()
    def deploy(self) -> None:
        """The first application comes with a newer release."""
        self.newest += 1
        self.release = self.newest
        self.seed("shop")

    @precondition(lambda self: self.release > 1)
    @rule(without=st.booleans())
    def run_an_older_release(self, without: bool) -> None:
        before = self.versions()
        known = self.state.releases.get("shop")
        if known and not self.refuses("shop"):
            release = 0 if without else self.release - 1
            assert model.run(self.state, self.of("shop"), release)[1] is None
            result = self.run_seeders("shop", release=str(release) if release else None)
            assert result.exit_code == 0, str(result)
            assert result.event("run.finished")["superseded"] == 2, str(result)
            assert self.versions() == before

    @precondition(lambda self: self.release > 1 and "shop" in self.state.releases)
    @rule()
    def withdraw(self) -> None:
        """An older release replaces the newest."""
        withdrawn, self.release = self.release, self.release - 1
        self.seed("shop", withdraw=withdrawn)
        result = self.run_seeders("shop", release=str(withdrawn))
        assert result.event("run.finished")["superseded"] == 2, str(result)

    @rule(which=files, take=st.sampled_from(Take))
    def resolve(self, which: str, take: Take) -> None:
        application = self.application(which)
        if not self.seed(application):
            return
        resolved = 0
        for file in self.of(application):
            self.state, did = model.resolve(self.state, file, take.value)
            resolved += did["resolved"]
        result = self.run_seeders(application, resolution=Resolution(take))
        assert result.exit_code == 0, str(result)
        assert sum(event["cells"] for event in result.all("seeder.resolved")) == resolved, str(result)
        self.run_again(application)

    def application(self, which: str) -> str:
        return "crm" if which == "widgets" else "shop"

    def of(self, application: str) -> list[File]:
        if application == "crm":
            return [self.files["widgets"]]
        return [self.files["gadgets"], self.files["tools"]]

    def refuses(self, application: str) -> bool:
        return self.predict(application) is None

    def predict(self, application: str, withdraw: int = 0) -> tuple[State, Counter[str]] | None:
        """What the next run makes of it; None if it must fail. What is left open is taken out of the seed files."""
        files = self.of(application)
        self.state.missing = {self.column(name): value for name, value in self.rows(MISSING, self.named)}
        for file in files:
            # Of a cell that the seed file never named we know only together with the row whether it is as we left it.
            if not isinstance(file.retired_rows, str) and any(
                entry.owner in {file.owner, *file.formerly} and not self.state.is_as_left(key)
                and file.retired_rows.keys() - entry.cells.keys()
                for key, entry in self.state.ledger.items()
            ):  # fmt: skip
                file.retired_rows = "keep"
        while True:
            try:
                state, counts = model.run(
                    self.state, files, self.release if application == "shop" else 0, withdraw
                )
            except RefusedError as refused:
                if application == "crm":
                    return None
                for file in files:
                    file.rows.pop(refused.args[0], None)
            else:
                assert counts is not None
                return state, counts

    def seed(self, application: str, *, counted: bool = True, withdraw: int = 0) -> bool:
        """Run the seeders. Whether they were done, and not refused."""
        predicted = self.predict(application, withdraw)
        result = self.run_seeders(application, withdraw=str(withdraw) if withdraw else None)
        if predicted is None:
            assert result.exit_code == 1, str(result)
            self.give_up_claims()
            return False
        self.state, counts = predicted
        assert result.exit_code == 0, str(result)
        self.stale.discard(application)
        assert self.table() == self.state.table, str(result)
        if counted:
            finished = result.all("seeder.finished")
            told = {name: sum(event[name] for event in finished) for name in COUNTED}
            assert told == {name: counts[name] for name in COUNTED}, f"{self.table()}\n{result}"
        self.run_again(application)
        return True

    def give_up_claims(self) -> None:
        """Take rows that are another's out of the seed file, so that not all runs fail from now on."""
        file = self.files["widgets"]
        for name in list(file.rows):
            entry = self.state.ledger.get(name)
            if entry and entry.owner.startswith("shop/"):
                del file.rows[name]

    def run_again(self, application: str) -> None:
        """Run the seeders once more, which writes nothing."""
        before = self.versions()
        again = self.run_seeders(application)
        assert again.event("run.finished")["changed"] == 0, str(again)
        for said_once in ("seeder.conflict", "seeder.adopted", "seeder.kept_existing"):
            assert again.all(said_once) == []
        assert self.versions() == before, str(again)

    def options(self, application: str) -> dict[str, str | None]:
        options: dict[str, str | None] = {"application": self.of(application)[0].owner.split("/")[0]}
        if application == "shop" and self.release:
            options["release"] = str(self.release)
        return options

    def run_seeders(
        self, application: str, *, resolution: Resolution | None = None, **options: str | None
    ) -> Any:
        seeding = self.write(application)
        settings: dict[str, Any] = {**self.options(application), **options}
        return seeding(resolution=resolution, **settings)

    def write(self, application: str) -> Seeding:
        """Write the seed files of an application."""
        seeding = Seeding(self.database, SeedFolder(self.folder / application))
        seeding.folder.path.mkdir(exist_ok=True)
        for written in seeding.folder.path.iterdir():
            written.unlink()
        for file in self.of(application):
            self.write_file(seeding, file)
        return seeding

    def write_file(self, seeding: Seeding, file: File) -> None:
        name = file.owner.split("/")[1]
        flags = not file.rows or any("flag" in row for row in file.rows.values())
        retired = file.retired_rows
        seeding.write(
            name,
            [{"name": key, **self.with_names(row)} for key, row in file.rows.items()],
            table=self.named,
            key=["name"],
            formerly=list(file.formerly),
            insert_only=[self.names["flag"]] if flags else [],
            mode=file.mode,
            existing_rows=file.existing_rows,
            edited_rows=file.edited_rows,
            deleted_rows=file.deleted_rows,
            retired_rows=retired if isinstance(retired, str) else {"set": self.with_names(retired)},
        )
        shipped = [
            {"release": "0", "row": {"name": key, **self.with_names(row)}} for key, row in file.history
        ]
        lines = "".join(f"{json.dumps(line)}\n" for line in shipped)
        (seeding.folder.path / f"{name}.history.ndjson").write_text(lines)
        # An earlier file that comes back retires nothing, so that each change makes a file that never was.
        path = seeding.folder.path / f"{name}.yaml"
        text = path.read_text()
        if text + lines != self.last.get(file.owner, ("", 0))[0]:
            self.editions += 1
            self.last[file.owner] = (text + lines, self.editions)
        path.write_text(f"{text}# edition {self.last[file.owner][1]}\n")

    def with_names(self, row: Row) -> Row:
        """Cells by the names that the table's columns have now."""
        return {self.names[column]: value for column, value in row.items()}

    def column(self, name: str) -> str:
        """The column that is called so now."""
        (column,) = (column for column, called in self.names.items() if called == name)
        return column

    def table(self) -> dict[str, Row]:
        columns = sorted(self.names)
        listed = ", ".join(self.names[column] for column in columns)
        return {
            name: dict(zip(columns, row, strict=True))
            for name, *row in self.rows(f"SELECT name, {listed} FROM TABLE_")
        }

    def versions(self) -> Iterable[tuple[Any, ...]]:
        """Every row version of the table and of the ledger."""
        ledger = self.rows(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'seeder' ORDER BY 1"
        )
        queries = (
            f"SELECT tableoid::text, ctid::text, xmin::text, xmax::text FROM {name}"
            for name in ("TABLE_", *(name for (name,) in ledger))
        )
        return sorted(self.rows(" UNION ALL ".join(queries)))

    @invariant()
    def table_is_as_modelled(self) -> None:
        assert self.table() == self.state.table


@contextlib.contextmanager
def killed_before(trip: int) -> Iterator[None]:
    """Close the connection, and end the run, before its round trip of that number, if it has as many."""
    wait, trips = Connection.wait, 0

    def counted(connection: Connection, *arguments: Any, **named: Any) -> Any:
        nonlocal trips
        trips += 1
        if trips > trip:
            connection.pgconn.finish()
            raise Killed
        return wait(connection, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "wait", counted)
        yield


@pytest.mark.newest_server
def test_no_edit_is_lost_and_every_other_cell_has_its_seed(database: Database, tmp_path: Path) -> None:
    database.execute(SHOUT)

    number, steps = new_seed(), 0
    sys.stdout.write(f"SEEDER_TEST_SEED={number}\n")  # pytest shows it with a failure

    @seed(number)
    class Bound(Machine):
        def __init__(self) -> None:
            super().__init__(database, tmp_path)

        def check_invariants(self, *arguments: Any) -> None:
            nonlocal steps
            steps += 1
            super().check_invariants(*arguments)

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
    Figure(
        group="Histories",
        fault=(
            "seed files, releases, edits, migrations, killed runs, two runs at once, a lost ledger and a restore, "
            f"at random: steps, in {MAX_EXAMPLES} histories"
        ),
        times=steps,
        held=(
            "after each step the table is as the model says, and after each run the counts; a second run wrote nothing"
        ),
        test="tests/integration/test_state_machine.py",
        seed=number,
    ).note()

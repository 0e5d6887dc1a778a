"""A row that stands as the seed file says costs no digest: and yet whatever the ledger is to learn of it, it learns.

Each test lets somebody bring a row to where the seed file comes later. The run that finds the two equal must note it,
so that the change after it is an update, and no conflict with somebody's edit.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.footprint import footprint
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.commandline import Result, SeedFolder
    from tests.integration.postgres import Database

FEW, MANY = 0, 2000
"""How many more rows there are: few rows are compared as one parameter, many are staged."""
MORE_ROWS = pytest.mark.parametrize("more", [FEW, MANY], ids=["few", "many"])


@pytest.fixture
def seeding(database: Database, seeds: SeedFolder) -> Seeding:
    return Seeding(database, seeds)


def changed(result: Result) -> tuple[int, int, int, int]:
    """Rows inserted and updated, those that stayed as somebody made them, and conflicts."""
    assert result.exit_code == 0, str(result)
    found = result.finished("tools")
    return found["inserted"], found["updated"], found["kept"], found["conflicts"]


def writer(seeding: Seeding, more: int, **fields: Any) -> Callable[..., tuple[int, int, int, int]]:
    """Writes the seed file with one row of these cells, and `more` others, and runs it."""

    def write(**cells: Any) -> tuple[int, int, int, int]:
        others = [{**cells, "name": f"other {number}"} for number in range(more)]
        seeding.write("tools", [{"name": "a", **cells}, *others], **fields)
        return changed(seeding())

    return write


UPDATED, NOTHING = (0, 1, 0, 0), (0, 0, 0, 0)


def edit(seeding: Seeding, assignment: str) -> None:
    seeding.database.execute(f"UPDATE tools SET {assignment} WHERE name = 'a'")


def test_an_edit_that_the_file_catches_up_with(seeding: Seeding) -> None:
    seeding.database.execute("CREATE TABLE tools (name text PRIMARY KEY, title text, note text)")
    write = writer(seeding, FEW)
    write(title="Old", note="n")
    edit(seeding, "title = 'Mine'")
    assert write(title="Mine", note="n") == NOTHING
    assert write(title="New", note="n") == UPDATED


def test_an_edit_beside_a_cell_that_was_updated(seeding: Seeding) -> None:
    """The row and its entry are of one transaction, and yet the entry does not say how the edited cell stands."""
    seeding.database.execute("CREATE TABLE tools (name text PRIMARY KEY, title text, note text)")
    write = writer(seeding, FEW)
    write(title="Old", note="n")
    edit(seeding, "title = 'Mine'")
    assert write(title="Old", note="m") == (0, 1, 1, 0)
    assert write(title="Mine", note="m") == NOTHING
    assert write(title="New", note="m") == UPDATED


def test_an_edit_of_a_column_that_is_not_seeded(seeding: Seeding) -> None:
    seeding.database.execute("CREATE TABLE tools (name text PRIMARY KEY, title text, note text)")
    write = writer(seeding, FEW, existing_rows="keep")
    write(title="Old")
    edit(seeding, "note = 'Mine'")
    assert write(title="New") == UPDATED
    # The row was touched, and stays so: the column that comes now is at its first contact.
    assert write(title="New", note="n") == (0, 0, 1, 0)
    edit(seeding, "note = 'n'")
    assert write(title="New", note="n") == NOTHING
    assert write(title="New", note="m") == UPDATED


# What a value is called may change without a change of the row.


def test_another_column_came_under_the_name(seeding: Seeding) -> None:
    """The value that the migration filled in is the seed file's by now."""
    seeding.database.execute("CREATE TABLE tools (name text PRIMARY KEY, title text)")
    write = writer(seeding, FEW)
    write(title="Old")
    seeding.database.execute(
        "ALTER TABLE tools RENAME title TO former; ALTER TABLE tools ADD title text DEFAULT 'Filled in'"
    )
    assert write(title="Filled in") == NOTHING
    assert write(title="New") == UPDATED


def test_a_column_of_another_type(seeding: Seeding) -> None:
    """From `timestamp` to `timestamptz`, under UTC, no row is written: the same bits have another text."""
    seeding.database.execute("CREATE TABLE tools (name text PRIMARY KEY, since timestamp)")
    write = writer(seeding, FEW)
    write(since="2025-01-01")
    xmin = seeding.database.scalar("SELECT xmin FROM tools")
    seeding.database.execute("SET timezone = 'UTC'; ALTER TABLE tools ALTER since TYPE timestamptz")
    assert seeding.database.scalar("SELECT xmin FROM tools") == xmin
    assert write(since="2025-01-01 00:00:00+00") == NOTHING
    assert write(since="2026-01-01 00:00:00+00") == UPDATED


@pytest.mark.parametrize("kind", ["kind", "kind[]", "boxed", "kinds"])
def test_an_enum_label_was_renamed(seeding: Seeding, kind: str) -> None:
    seeding.database.execute(
        "CREATE TYPE kind AS ENUM ('old', 'new'); CREATE TYPE boxed AS (kind kind); CREATE DOMAIN kinds AS kind[];"
        f"CREATE TABLE tools (name text PRIMARY KEY, kind {kind})"
    )
    form = {"kind": "{}", "boxed": "({})"}.get(kind, "{{{}}}")
    write = writer(seeding, FEW)
    write(kind=form.format("old"))
    seeding.database.execute("ALTER TYPE kind RENAME VALUE 'old' TO 'renamed'")
    assert write(kind=form.format("renamed")) == NOTHING
    assert write(kind=form.format("new")) == UPDATED


@pytest.mark.parametrize("kind", ["regclass", "regclass[]"])
def test_a_value_is_the_name_of_what_was_renamed(seeding: Seeding, kind: str) -> None:
    seeding.database.execute(
        f"CREATE TABLE one (); CREATE TABLE two (); CREATE TABLE tools (name text PRIMARY KEY, refers {kind})"
    )
    form = "{{{}}}" if kind.endswith("[]") else "{}"
    write = writer(seeding, FEW)
    write(refers=form.format("public.one"))
    seeding.database.execute("ALTER TABLE one RENAME TO uno")
    assert write(refers=form.format("public.uno")) == NOTHING
    assert write(refers=form.format("public.two")) == UPDATED


# After a restore, numbers of transactions mean nothing.


def restored_in_one_transaction(database: Database) -> None:
    """Put its own dump in the database's place, by one transaction: each row of all tables has its number."""
    if not database.server.can_dump:
        pytest.skip("these binaries can't dump")
    restored = database.server.create_database()
    dump = database.server.run("pg_dump", "--dbname", database.dsn)
    options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    database.server.run("psql", "--dbname", restored.dsn, *options, said=dump)
    database.drop()
    with database.server.connect() as connection:
        connection.execute(f"ALTER DATABASE {restored.name} RENAME TO {database.name}".encode())


@MORE_ROWS
def test_an_edit_before_a_dump(seeding: Seeding, more: int) -> None:
    seeding.database.execute("CREATE TABLE tools (name text PRIMARY KEY, title text, note text)")
    write = writer(seeding, more)
    write(title="Old", note="n")
    for before, mine, after in [("Old", "Mine", "New"), ("New", "Mine again", "Newer")]:
        edit(seeding, f"title = '{mine}'")
        restored_in_one_transaction(seeding.database)
        inserted, updated, kept, conflicts = write(title=before, note="n")
        assert (inserted, updated, kept, conflicts) == (0, 0, 1, 0)
        inserted, updated, _, conflicts = write(title=mine, note="n")
        assert (inserted, updated, conflicts) == (0, more, 0)
        assert write(title=after, note="n") == (0, 1 + more, 0, 0)


def test_a_restore_into_the_same_tables(seeding: Seeding) -> None:
    """The rows alone are restored, so that the OIDs are those that the ledger noted."""
    if not seeding.database.server.can_dump:
        pytest.skip("these binaries can't dump")
    database = seeding.database
    database.execute("CREATE TABLE tools (name text PRIMARY KEY, title text)")
    write = writer(seeding, FEW)
    write(title="Old")
    edit(seeding, "title = 'Mine'")
    dump = database.server.run("pg_dump", "--data-only", "--dbname", database.dsn)
    tables = ", ".join(
        f"seeder.seeder_{each}" for each in ("form", "applications", "seeders", "tables", "rows")
    )
    options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    database.server.run("psql", "--dbname", database.dsn, *options, said=f"TRUNCATE tools, {tables};\n{dump}")
    assert write(title="Mine") == NOTHING
    assert write(title="New") == UPDATED


# Values that are equal, and not the same.

VALUES: dict[str, tuple[str, Any, str]] = {
    "numeric scale": ("numeric", "1.0", "'1.00'"),
    "minus zero": ("float8", "0", "'-0'"),
    "not a number": ("float8", "1", "'NaN'"),
    "a numeric that is no number": ("numeric", "1", "'NaN'"),
    "jsonb": ("jsonb", {"a": 1}, """'{"a": 1.0}'"""),
    "json": ("json", {"a": 1}, """'{"a": 2}'"""),
    "char(n)": ("char(8)", "a", "'b'"),
    "an interval": ("interval", "1 mon", "'30 days'"),
    "an array": ("int[]", "{1,2}", "'[0:1]={1,2}'"),
    "a range": ("numrange", "[1,2)", "'[1.0,2)'"),
    "NULL": ("text", "", "NULL"),
    "long": ("text", "x" * 3000, "repeat('y', 3000)"),
    "longer": ("text", "xy" * 20_000, "repeat('yx', 20000)"),
}


@pytest.mark.parametrize("which", VALUES)
def test_a_value_that_was_edited(seeding: Seeding, which: str) -> None:
    kind, old, mine = VALUES[which]
    seeding.database.execute(f"CREATE TABLE tools (name text PRIMARY KEY, value {kind})")
    write = writer(seeding, FEW)
    write(value=old)
    edit(seeding, f"value = {mine}")
    assert write(value=old) == (0, 0, 1, 0)
    [(text,)] = seeding.database.rows("SELECT value::text FROM tools")
    new = json.loads(text) if kind.startswith("json") else text
    assert write(value=new) == NOTHING
    assert write(value=old) == UPDATED
    before = footprint(seeding.database)
    assert write(value=old) == NOTHING
    assert footprint(seeding.database) == before


@pytest.mark.parametrize("kind", ["text", "json"])
@pytest.mark.parametrize("storage", ["EXTERNAL", "MAIN", "EXTENDED"])
def test_the_same_value_stored_otherwise(seeding: Seeding, kind: str, storage: str) -> None:
    seeding.database.execute(
        f"CREATE TABLE tools (name text PRIMARY KEY, value {kind});"
        f"ALTER TABLE tools ALTER value SET STORAGE {storage}"
    )
    write = writer(seeding, FEW)
    long = {"long": "xy" * 5000}
    write(value=long if kind == "json" else json.dumps(long))
    before = footprint(seeding.database)
    assert write(value=long if kind == "json" else json.dumps(long)) == NOTHING
    assert footprint(seeding.database) == before


# What a `!ref` finds has the type of the column that it is for.


@pytest.mark.parametrize(
    ("parent", "child", "more"),
    [
        ("int8", "int4", MANY),
        ("int8", "int4", FEW),
        ("int4", "int8", FEW),
        ("varchar(20)", "text", FEW),
        ("text", "varchar(20)", FEW),
        ("text", "short", FEW),
        ("short", "text", FEW),
        ("numeric", "int4", FEW),
        ("int4", "text", FEW),
        ("char(5)", "text", FEW),
        ("numeric(10,2)", "numeric(10,4)", FEW),
    ],
)
def test_a_reference_to_a_column_of_another_type(
    seeding: Seeding, parent: str, child: str, more: int
) -> None:
    seeding.database.execute(
        "CREATE DOMAIN short AS text CHECK (length(VALUE) < 9);"
        f"CREATE TABLE groups (id {parent} PRIMARY KEY, title text);"
        "INSERT INTO groups VALUES ('1', 'One'), ('2', 'Two');"
        f"CREATE TABLE tools (name text PRIMARY KEY, group_id {child})"
    )

    def write(title: str) -> tuple[int, int, int, int]:
        names = ["a", *(f"other {number}" for number in range(more))]
        ref = f"!ref {{table: groups, where: {{title: {title}}}}}"
        rows = "".join(f"- {{name: {name}, group_id: {ref}}}\n" for name in names)
        seeding.folder.write("tools.yaml", f"rows:\n{rows}")
        return changed(seeding())

    assert write("One") == (1 + more, 0, 0, 0)
    before = footprint(seeding.database)
    assert write("One") == NOTHING
    assert footprint(seeding.database) == before
    edit(seeding, "group_id = '2'")
    assert write("One") == (0, 0, 1, 0)
    assert write("Two") == (0, more, 0, 0)
    assert write("One") == (0, 1 + more, 0, 0)


# Entries that are not this row's, or not this seeder's any more.


def test_a_row_that_returns(seeding: Seeding) -> None:
    seeding.database.execute("CREATE TABLE tools (name text PRIMARY KEY, title text, enabled bool)")
    fields = {"retired_rows": {"set": {"enabled": False}}, "insert_only": ["enabled"]}
    row = {"name": "a", "title": "Old", "enabled": True}
    # Not by the same files twice: those that come back retire nothing.
    for deleted_rows in ("restore", "keep"):
        fields |= {"deleted_rows": deleted_rows}
        seeding.write("tools", [row], **fields)
        seeding()
        assert seeding.database.rows("SELECT * FROM tools") == [("a", "Old", True)]
        seeding.write("tools", [], **fields)
        seeding()
        assert seeding.database.rows("SELECT * FROM tools") == [("a", "Old", False)]


def test_a_trigger_that_makes_another_value_of_it(seeding: Seeding) -> None:
    seeding.database.execute("""\
        CREATE TABLE tools (name text PRIMARY KEY, title text, note text);
        CREATE FUNCTION loud() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW.title := upper(NEW.title); RETURN NEW; END $$;
        CREATE TRIGGER loud BEFORE INSERT OR UPDATE ON tools FOR EACH ROW EXECUTE FUNCTION loud()""")
    write = writer(seeding, FEW)
    write(title="Old", note="n")
    assert write(title="OLD", note="n") == NOTHING
    assert write(title="New", note="n") == UPDATED
    assert seeding.database.rows("SELECT title FROM tools") == [("NEW",)]


def test_a_row_that_passes_over(seeding: Seeding) -> None:
    """It stands as its new seeder says, by the very version that the former one wrote."""
    seeding.database.execute("CREATE TABLE tools (name text PRIMARY KEY, title text)")
    seeding.write("agent_tools", [{"name": "a", "title": "Old"}], table="tools")
    assert seeding().exit_code == 0
    seeding.folder.path.joinpath("agent_tools.yaml").unlink()
    write = writer(seeding, FEW, formerly=["agent_tools"])
    assert write(title="Old") == NOTHING
    found = seeding.database.rows(
        "SELECT s.name FROM seeder.seeder_rows r JOIN seeder.seeder_seeders s ON s.id = r.seeder_id"
    )
    assert found == [("tools",)]
    assert write(title="New") == UPDATED


def test_columns_that_some_rows_name(seeding: Seeding) -> None:
    """Each row has the shape of its own cells, and a cell that it comes to name is known from then on."""
    seeding.database.execute("CREATE TABLE tools (name text PRIMARY KEY, title text, note text DEFAULT 'n')")

    def write(*rows: dict[str, str]) -> tuple[int, int, int, int]:
        seeding.write("tools", rows)
        return changed(seeding())

    write({"name": "a", "title": "A"}, {"name": "b", "title": "B", "note": "x"})
    assert write({"name": "a", "title": "A", "note": "n"}, {"name": "b", "title": "B"}) == NOTHING
    assert write({"name": "a", "title": "A", "note": "m"}, {"name": "b", "title": "B", "note": "y"}) == (
        0,
        2,
        0,
        0,
    )
    assert seeding.database.rows("SELECT note FROM tools ORDER BY name") == [("m",), ("y",)]

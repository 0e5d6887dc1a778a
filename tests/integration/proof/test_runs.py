"""What happens around the proof and within a run: edits at the worst moment, triggers, other seeders of the run."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.integration.gates import Gate
from tests.integration.proof.proving import ROWS, TOOLS, counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.commandline import Result
    from tests.integration.pgbouncer import PgBouncer
    from tests.integration.proof.proving import Proving

D = {"name": "d", "title": "Title d", "number": 1}
GATE = 4711
WAIT = f"""\
CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_lock({GATE}); PERFORM pg_advisory_unlock({GATE}); RETURN NEW; END $$
"""


def meanwhile(proving: Proving, act: Callable[[], None]) -> Result:
    """A run, and what somebody does while it waits at the gate."""
    results: list[Result] = []
    with Gate(proving.database, GATE) as gate:
        run = threading.Thread(target=lambda: results.append(proving.seeding()))
        run.start()
        gate.wait_for_somebody()
        act()
        gate.open()
        run.join()
    (result,) = results
    return result


def titles(proving: Proving) -> list[Any]:
    return [title for (title,) in proving.database.rows("SELECT title FROM tools ORDER BY name")]


# An edit at the worst moment


def test_an_edit_while_the_rows_are_written(tools: Proving) -> None:
    """It is committed before the state is taken, and after the rows were compared."""
    database = tools.database
    database.execute(f"{WAIT}; CREATE TRIGGER t BEFORE INSERT ON tools FOR EACH ROW EXECUTE FUNCTION wait()")
    tools.write("tools", [*ROWS, D])
    edit = "UPDATE tools SET title = 'Edited' WHERE name = 'a'"
    result = meanwhile(tools, lambda: database.execute(edit))
    assert result.finished("tools")["inserted"] == 1
    assert tools.must_hold().finished("tools")["kept"] == 1
    assert titles(tools)[0] == "Edited"


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("UPDATE tools SET title = 'Edited' WHERE name = 'a'", "kept"),
        ("DELETE FROM tools WHERE name = 'a'", "inserted"),
    ],
)
def test_an_edit_between_comparison_and_commit(tools: Proving, sql: str, found: str) -> None:
    """It is committed after the state was taken, and before the proof is."""
    database = tools.database
    database.execute(
        f"{WAIT}; CREATE TRIGGER t BEFORE UPDATE OF proof ON seeder.seeder_seeders FOR EACH ROW "
        "EXECUTE FUNCTION wait()"
    )
    tools.write("tools", [*ROWS, D])
    assert meanwhile(tools, lambda: database.execute(sql)).finished("tools")["inserted"] == 1
    database.execute("DROP TRIGGER t ON seeder.seeder_seeders")
    assert tools().finished("tools")[found] == 1
    tools.must_hold()


def test_a_row_that_comes_and_goes_while_a_run_compares(tools: Proving) -> None:
    """It is there when the rows are compared, and gone when they are written."""
    database = tools.database
    database.execute(f"{WAIT}; CREATE TRIGGER t BEFORE INSERT ON tools FOR EACH ROW EXECUTE FUNCTION wait()")
    database.execute("ALTER TABLE tools DISABLE TRIGGER t; INSERT INTO tools VALUES ('e', 'Title e', 1)")
    database.execute("ALTER TABLE tools ENABLE TRIGGER t")
    tools.write("tools", [*ROWS, D, {"name": "e", "title": "Title e", "number": 1}])
    meanwhile(tools, lambda: database.execute("DELETE FROM tools WHERE name = 'e'"))
    database.execute("DROP TRIGGER t ON tools")
    assert tools().finished("tools")["inserted"] == 1
    assert len(titles(tools)) == 5
    tools.must_hold()


# Triggers

EXCEPTION = """\
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        {statement};
    EXCEPTION WHEN unique_violation THEN NULL;
    END;
    RETURN NULL;
END $$;
CREATE {kind} TRIGGER t AFTER INSERT ON tools {when} FOR EACH ROW EXECUTE FUNCTION f()
"""


@pytest.mark.parametrize("kind", ["", "CONSTRAINT"])
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO tools SELECT NEW.name || '!', 'x', 2 WHERE NEW.name NOT LIKE '%!'",
        "UPDATE tools SET title = upper(title) WHERE name = NEW.name",
        "UPDATE tools SET title = 'Mine' WHERE name = 'a'",
        "DELETE FROM tools WHERE name = 'b'",
    ],
)
def test_a_trigger_that_writes_more(proving: Proving, kind: str, statement: str) -> None:
    """Also in a subtransaction of its own, and also when the transaction ends."""
    when = "DEFERRABLE INITIALLY DEFERRED" if kind else ""
    proving.database.execute(f"{TOOLS}; {EXCEPTION.format(statement=statement, kind=kind, when=when)}")
    proving.write("tools")
    assert proving().exit_code == 0
    first = titles(proving)
    result = proving()
    compared = proving.seeding(diff=True, dry_run=True)
    if proving.proved:
        assert counts(result) == counts(compared)
        assert titles(proving) == first
    proving.database.execute("UPDATE tools SET title = 'Edited' WHERE name = 'c'")
    proving.must_not_hold()
    assert "Edited" in titles(proving)


def test_a_trigger_that_writes_when_the_ledger_is_written(proving: Proving) -> None:
    """After the state was taken, in the same transaction."""
    proving.database.execute(TOOLS)
    proving.write("tools")
    proving()
    proving.database.execute(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN UPDATE public.tools SET title = 'Edited' WHERE name = 'a'; RETURN NULL; END $$;"
        "CREATE CONSTRAINT TRIGGER t AFTER UPDATE ON seeder.seeder_seeders DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION f()"
    )
    proving.write("tools", [*ROWS, D])
    proving()
    proving.database.execute("DROP TRIGGER t ON seeder.seeder_seeders")
    assert proving().finished("tools")["kept"] == 1


# Other seeders


CATEGORIES = "CREATE TABLE categories (id int PRIMARY KEY, name text UNIQUE)"
REFERRING = """\
rows:
- name: a
  number: !ref {table: categories, where: {name: one}}
"""


def test_what_a_row_refers_to(proving: Proving) -> None:
    database = proving.database
    database.execute(f"{TOOLS}; {CATEGORIES}; INSERT INTO categories VALUES (1, 'one')")
    proving.seeding.folder.write("tools.yaml", REFERRING)
    proving()
    proving.must_hold()
    database.execute("UPDATE categories SET id = 2")
    assert proving.must_not_hold().finished("tools")["updated"] == 1
    assert database.scalar("SELECT number FROM tools") == 2
    proving.must_hold()
    database.execute("INSERT INTO categories VALUES (3, 'two')")
    assert proving.must_not_hold().finished("tools")["unchanged"] == 1


def test_what_a_row_refers_to_is_written_in_the_same_run(proving: Proving) -> None:
    proving.database.execute(f"{TOOLS}; {CATEGORIES}")
    proving.write("categories", [{"id": 1, "name": "one"}], key=["id"])
    proving.seeding.folder.write("tools.yaml", REFERRING)
    proving()
    assert list(counts(proving.must_hold())) == ["categories", "tools"]
    proving.write("categories", [{"id": 2, "name": "one"}, {"id": 1, "name": "other"}], key=["id"])
    proving.database.execute("ALTER TABLE categories DROP CONSTRAINT categories_name_key")
    result = proving()
    assert result.finished("tools")["updated"] == 1, str(result)
    assert proving.database.scalar("SELECT number FROM tools") == 2
    proving.must_hold()


def test_code_that_writes_to_the_table_in_the_same_run(tools: Proving) -> None:
    tools.write("tools", depends_on=["code"])
    tools.seeding.folder.write("code.sql", "SELECT 1;\n")
    tools(allow_code=True)
    result = tools(allow_code=True)
    assert result.finished("tools")["unchanged"] == 3
    tools.seeding.folder.write("code.sql", "DELETE FROM tools WHERE name = 'b';\n")
    for _ in range(2):
        assert tools(allow_code=True).finished("tools")["inserted"] == 1
        assert len(titles(tools)) == 3


def test_two_seeders_of_one_table(tools: Proving) -> None:
    tools.write("more", [D], table="tools")
    tools.write("zoo", [{"name": "z"}], table="tools")
    tools()
    tools.must_hold()
    tools.write("zoo", [{"name": "z", "title": "Z"}], table="tools")
    assert tools().event("run.finished")["changed"] == 1
    tools.must_hold()


def test_a_row_moves_to_another_seeder(tools: Proving) -> None:
    tools.write("more", [D], table="tools")
    tools()
    tools.write("tools", ROWS[:2])
    tools.write("more", [ROWS[2], D], table="tools")
    result = tools()
    assert result.exit_code == 0, str(result)
    assert result.event("run.finished")["changed"] == 0
    tools.must_hold()


@pytest.mark.parametrize("policy", ["keep", "delete"])
def test_rows_that_are_no_longer_listed(tools: Proving, policy: str) -> None:
    tools.write("tools", ROWS[:2], retired_rows=policy)
    result = tools()
    assert result.finished("tools")["kept" if policy == "keep" else "deleted"] == 1
    tools.must_hold()
    tools.database.execute("DELETE FROM tools WHERE name = 'c'")
    tools()
    assert "Title c" not in titles(tools)


def test_a_row_that_can_not_go_is_told_in_each_run(tools: Proving) -> None:
    tools.database.execute("CREATE TABLE uses (name text REFERENCES tools); INSERT INTO uses VALUES ('c')")
    tools.write("tools", ROWS[:2], retired_rows="delete")
    tools()
    assert tools.must_not_hold().event("seeder.kept")["key"] == {"name": "c"}
    tools.database.execute("DELETE FROM uses")
    assert tools.must_not_hold().finished("tools")["deleted"] == 1
    tools.must_hold()


# Values that are others tomorrow


@pytest.mark.parametrize(
    ("column", "value", "refused"),
    [
        ("date", "today", True),
        ("date", "2020-01-01", False),
        ("timestamptz", "now", True),
        ("timestamptz(0)", "tomorrow", True),
        ("timestamp", "yesterday", True),
        ("timestamp", "2020-01-01 10:00", False),
        ("time", "now", True),
        ("timetz(0)", "now", True),
        ("time", "10:00", False),
        ("daterange", "[today,)", True),
        ("date[]", "{today}", True),
        ("timestamptz", "infinity", False),
        ("text", "now", False),
        ("interval", "1 day", False),
    ],
)
@pytest.mark.parametrize("count", [1, 2500])
def test_a_word_for_the_present(proving: Proving, column: str, value: str, refused: bool, count: int) -> None:
    proving.database.execute(f"CREATE TABLE tools (name text PRIMARY KEY, at {column})")
    rows = "".join(f'n {number},"{value}"\n' for number in range(count))
    proving.seeding.folder.write("tools.csv", f"name,at\n{rows}")
    if refused:
        assert proving().finished("tools")["outcome"] == "failed"
        assert proving.database.scalar("SELECT count(*) FROM tools") == 0
    else:
        assert proving().finished("tools")["inserted"] == count
        proving.must_hold()


# Surroundings


def test_behind_pgbouncer(tools: Proving, pgbouncer: PgBouncer) -> None:
    url = pgbouncer.url(tools.database)
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SET search_path = nowhere; SET TimeZone = 'Asia/Tokyo'; SET row_security = off")
    assert tools(database_url=url).finished("tools")["unchanged"] == 3
    assert not any("pg_try_advisory_xact_lock" in text for text in tools.texts)


@pytest.mark.parametrize("isolation", ["serializable", "repeatable read"])
def test_sessions_that_default_to_something_else(tools: Proving, isolation: str) -> None:
    name = tools.database.name
    tools.database.execute(
        f"ALTER DATABASE {name} SET default_transaction_isolation = '{isolation}';"
        f"ALTER DATABASE {name} SET timezone = 'Asia/Tokyo'; ALTER DATABASE {name} SET datestyle = 'german'"
    )
    tools.must_hold()


def test_a_column_filled_in_by_a_migration(proving: Proving) -> None:
    proving.database.execute(
        "CREATE TABLE tools (name text PRIMARY KEY); INSERT INTO tools VALUES ('z');"
        "ALTER TABLE tools ADD COLUMN at timestamptz DEFAULT '2026-01-01', ADD COLUMN amount float8 DEFAULT 0.1"
    )
    proving.write("tools", [{"name": "a"}])
    proving()
    proving.database.execute(f"ALTER DATABASE {proving.database.name} SET timezone = 'Asia/Tokyo'")
    proving.must_hold()


def test_a_table_that_somebody_has_locked(tools: Proving) -> None:
    """The proof does not wait for long: the comparison does."""
    locking = tools.database.connect()
    locking.execute("LOCK TABLE tools")
    result = tools.must_not_hold(lock_timeout="1s")
    assert result.exit_code == 5, str(result)
    locking.close()
    tools.must_hold()


def test_few_rows_of_a_large_table_are_compared(tools: Proving) -> None:
    """Looking at each row of a large table would cost more than comparing three of them."""
    tools.database.execute(
        "INSERT INTO tools SELECT 'x' || n, repeat('x', 200) FROM generate_series(1, 5000) n"
    )
    tools.write("tools", [*ROWS, D])
    tools()
    assert tools.must_not_hold().finished("tools")["unchanged"] == 4


def test_waiting_for_prerequisites(tools: Proving) -> None:
    """Seed files are read then, and their rows are not compared."""
    result = tools(wait_for=["table:tools"])
    assert result.finished("tools")["unchanged"] == 3
    assert not any("pg_try_advisory_xact_lock" in text for text in tools.texts)

"""Rows that the seed file no longer lists are found, also where rows that it lists have no entry in the ledger."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.gates import Gate
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from tests.integration.commandline import Result, SeedFolder
    from tests.integration.postgres import Database

TABLE = "CREATE TABLE tools (name text PRIMARY KEY, title text)"


@pytest.fixture
def seeding(database: Database, seeds: SeedFolder) -> Seeding:
    return Seeding(database, seeds)


def run(seeding: Seeding, *names: str, title: str = "T", **fields: Any) -> Result:
    """Seed these rows, and delete those that are listed no longer."""
    seeding.write(
        "tools", [{"name": name, "title": title} for name in names], retired_rows="delete", **fields
    )
    result = seeding()
    assert result.exit_code == 0, str(result)
    return result


def names(seeding: Seeding) -> list[str]:
    return [name for (name,) in seeding.database.rows("SELECT name FROM tools ORDER BY name")]


def test_rows_that_were_there_are_not_entered(seeding: Seeding) -> None:
    """`mode: insert` leaves them alone, so that there are fewer entries than rows in the file."""
    seeding.database.execute(TABLE)
    run(seeding, "a", "b", mode="insert")
    seeding.database.execute("INSERT INTO tools VALUES ('c'), ('d'), ('e')")
    run(seeding, "c", "d", "e", mode="insert")
    assert names(seeding) == ["c", "d", "e"]


def test_a_trigger_deletes_what_is_updated(seeding: Seeding) -> None:
    seeding.database.execute(f"""\
        {TABLE};
        CREATE FUNCTION vanish() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN DELETE FROM tools WHERE name = NEW.name; RETURN NULL; END $$;
        CREATE TRIGGER vanish AFTER UPDATE ON tools FOR EACH ROW EXECUTE FUNCTION vanish()""")
    run(seeding, "a", "b", "c")
    run(seeding, "a", "b", title="New")
    assert names(seeding) == []


def test_a_trigger_keeps_rows_out(seeding: Seeding) -> None:
    seeding.database.execute(f"""\
        {TABLE};
        CREATE FUNCTION keep_out() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.name < 'c' THEN RETURN NEW; END IF; RETURN NULL; END $$;
        CREATE TRIGGER keep_out BEFORE INSERT ON tools FOR EACH ROW EXECUTE FUNCTION keep_out()""")
    run(seeding, "a", "b")
    run(seeding, "c", "d")
    assert names(seeding) == []


def test_an_edit_gets_in_between(seeding: Seeding) -> None:
    """Rows that are edited after they were compared are not entered, and as many others leave the file."""
    seeding.database.execute(f"""\
        {TABLE}; INSERT INTO tools VALUES ('x', 'Mine'), ('y', 'Mine');
        CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END $$;
        CREATE TRIGGER wait BEFORE UPDATE ON tools EXECUTE FUNCTION wait();
        ALTER TABLE tools DISABLE TRIGGER wait""")
    run(seeding, "a", "b")
    seeding.database.execute("ALTER TABLE tools ENABLE TRIGGER wait")
    with Gate(seeding.database, 1) as gate, ThreadPoolExecutor() as others:
        seeded = others.submit(run, seeding, "x", "y", existing_rows="overwrite")
        gate.wait_for_somebody()
        with seeding.database.connect(options="-c session_replication_role=replica") as theirs:
            theirs.execute("UPDATE tools SET title = 'Edited' WHERE title = 'Mine'")
        gate.open()
    assert seeded.result().finished("tools")["kept"] == 2
    assert names(seeding) == ["x", "y"]


def test_keys_that_are_spelled_otherwise(seeding: Seeding) -> None:
    seeding.database.execute("CREATE TABLE tools (name numeric PRIMARY KEY, title text)")
    run(seeding, "1.0", "2.0", "3.0")
    run(seeding, "1.00", "2", "4")
    assert [str(name) for name in names(seeding)] == ["1.0", "2.0", "4"]


def test_rows_of_a_former_name_and_of_another_seeder(seeding: Seeding) -> None:
    """Rows pass over in either order, and what nobody lists goes."""
    seeding.database.execute(TABLE)
    seeding.write(
        "first", [{"name": "a"}, {"name": "b"}, {"name": "c"}], table="tools", retired_rows="delete"
    )
    run(seeding, "d", "e", "f")
    assert len(names(seeding)) == 6
    seeding.write("first", [{"name": "d"}, {"name": "b"}], table="tools", retired_rows="delete")
    run(seeding, "a", "e")
    assert names(seeding) == ["a", "b", "d", "e"]
    seeding.folder.path.joinpath("first.yaml").unlink()
    run(seeding, "a", "d", formerly=["first"])
    assert names(seeding) == ["a", "d"]


@pytest.mark.parametrize("pending", [True, False])
def test_a_row_of_another_seeder_that_has_yet_to_run(seeding: Seeding, pending: bool) -> None:
    seeding.database.execute(TABLE)
    seeding.write("zebra", [{"name": "z"}], table="tools", retired_rows="delete")
    run(seeding, "a", "b")
    seeding.write("zebra", [{"name": "y"}] if pending else [], table="tools", retired_rows="delete")
    run(seeding, "a", "z")
    assert names(seeding) == (["a", "y", "z"] if pending else ["a", "z"])

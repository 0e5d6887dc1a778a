"""Lost to what an attack on the merge found: triggers with transactions of their own, failures beside a move, names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.footprint import footprint

if TYPE_CHECKING:
    from tests.integration.losses.life import Life

pytestmark = pytest.mark.newest_server


@pytest.mark.parametrize("event", ["INSERT", "UPDATE"])
def test_an_edit_of_a_row_that_a_trigger_wrote_in_a_subtransaction(life: Life, event: str) -> None:
    """A block with EXCEPTION has a transaction number of its own, and the row is ours all the same."""
    life.database.execute(f"""\
        CREATE TABLE tools (name text PRIMARY KEY, rank int, note text);
        CREATE FUNCTION annotate() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            BEGIN UPDATE tools SET note = 'by trigger' WHERE name = NEW.name AND note IS NULL;
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
            RETURN NULL;
        END $$;
        CREATE TRIGGER annotate AFTER {event} ON tools FOR EACH ROW EXECUTE FUNCTION annotate()""")
    life.write("tools", [{"name": "a", "rank": 1}])
    life.seeded()
    life.write("tools", [{"name": "a", "rank": 2}])
    life.seeded()
    before = footprint(life.database)
    assert life.seeded().event("run.finished")["changed"] == 0
    assert footprint(life.database) == before
    assert life.rows("SELECT note, adopted FROM tools, seeder.seeder_rows") == [("by trigger", False)]
    life.database.execute("UPDATE tools SET rank = 99")
    life.seeded()
    assert life.rows("SELECT rank FROM tools") == [(99,)]


def test_a_row_that_moves_to_a_file_whose_seeder_fails(life: Life) -> None:
    """It would be deleted and made anew with another id, once the other file is mended."""
    life.database.execute(
        "CREATE TABLE tools (id int GENERATED ALWAYS AS IDENTITY, name text PRIMARY KEY, rank int CHECK (rank < 1000))"
    )
    fields = {"table": "tools", "key": ["name"], "retired_rows": "delete"}
    life.write("a", [{"name": "x", "rank": 1}, {"name": "y", "rank": 2}], **fields)
    life.write("b", [{"name": "z", "rank": 3}], **fields)
    life.seeded()
    before = life.rows("SELECT id, name, rank FROM tools ORDER BY id")
    life.write("a", [{"name": "x", "rank": 1}], **fields)
    life.write(
        "b", [{"name": "z", "rank": 3}, {"name": "y", "rank": 2}, {"name": "bad", "rank": 5000}], **fields
    )
    assert life.run().exit_code == 1
    assert life.rows("SELECT id, name, rank FROM tools ORDER BY id") == before
    life.write("b", [{"name": "z", "rank": 3}, {"name": "y", "rank": 2}], **fields)
    life.seeded()
    assert life.rows("SELECT id, name, rank FROM tools ORDER BY id") == before


def test_a_row_whose_key_a_trigger_alters_on_update(life: Life) -> None:
    life.database.execute("""\
        CREATE TABLE tools (name text, rank int);
        CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW.name := upper(NEW.name); RETURN NEW; END $$;
        CREATE TRIGGER shout BEFORE UPDATE ON tools FOR EACH ROW EXECUTE FUNCTION shout()""")
    life.write("tools", [{"name": "a", "rank": 1}], key=["name"])
    life.seeded()
    life.write("tools", [{"name": "a", "rank": 2}], key=["name"])
    for _ in range(2):
        done = life.run()
        assert done.exit_code == 1, str(done)
        assert "alters the key" in done.finished("tools")["error"]["message"]
        assert life.rows("SELECT * FROM tools") == [("a", 1)]


def test_a_ledger_whose_name_has_a_per_cent_sign(life: Life) -> None:
    life.database.execute("CREATE TABLE tools (name text PRIMARY KEY, rank int)")
    life.write("tools", [{"name": "a", "rank": 1}])
    life.seeded("--ledger", "seeds 100%")
    life.database.execute("UPDATE tools SET rank = 2")
    life.seeded("--ledger", "seeds 100%")
    assert life.rows("SELECT rank FROM tools") == [(2,)]
    assert life.rows("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'seeds%'") == [("seeds 100%",)]

"""Lost by retirement: what somebody changed in a row of ours where the seed file does not look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.losses.life import Life

pytestmark = pytest.mark.newest_server


@pytest.fixture(autouse=True)
def tools(life: Life) -> None:
    """Two rows of a table with a switch that is written once, and columns that the seed file does not list."""
    life.database.execute("""\
        CREATE TABLE tools (
            id int GENERATED ALWAYS AS IDENTITY,
            name text PRIMARY KEY,
            prompt text,
            enabled boolean NOT NULL DEFAULT true,
            note text,
            seen int NOT NULL DEFAULT 0,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now())""")
    write(life)
    life.seeded()


def write(life: Life, *, prompt: str = "first", dropped: bool = False, policy: Any = "delete") -> None:
    rows = [
        {"name": "kept", "prompt": "as ever", "enabled": True},
        {"name": "dropped", "prompt": prompt, "enabled": True},
    ]
    life.write("tools", rows[:1] if dropped else rows, retired_rows=policy, insert_only=["enabled"])


def updated(life: Life, prompt: str = "second") -> None:
    """An update of ours: the seed file has another prompt for the row."""
    write(life, prompt=prompt)
    life.seeded()
    assert life.rows("SELECT prompt FROM tools WHERE name = 'dropped'") == [(prompt,)]


def dropped(life: Life) -> bool:
    """Take the row out of the seed file; whether it is gone from the table then."""
    write(life, dropped=True)
    life.seeded()
    left = {name for (name,) in life.rows("SELECT name FROM tools")}
    assert "kept" in left
    return "dropped" not in left


TOUCHES = pytest.mark.parametrize(
    "touch",
    ["enabled = false", "note = 'ask Ada'", "seen = 1", "id = DEFAULT", "created_at = '2001-01-01Z'"],
    ids=["insert_only", "a note", "a counter", "a number", "a time"],
)


class TestTouched:
    @TOUCHES
    def test_the_row_stays(self, life: Life, touch: str) -> None:
        life.database.execute(f"UPDATE tools SET {touch} WHERE name = 'dropped'")
        before = life.rows("SELECT * FROM tools ORDER BY name")
        assert not dropped(life)
        assert life.rows("SELECT * FROM tools ORDER BY name") == before

    @TOUCHES
    def test_the_row_stays_though_an_update_of_ours_came_in_between(self, life: Life, touch: str) -> None:
        life.database.execute(f"UPDATE tools SET {touch} WHERE name = 'dropped'")
        updated(life)
        assert not dropped(life)

    def test_the_row_stays_though_two_updates_of_ours_came_in_between(self, life: Life) -> None:
        updated(life)
        life.database.execute("UPDATE tools SET note = 'ask Ada' WHERE name = 'dropped'")
        updated(life, "third")
        updated(life, "fourth")
        assert not dropped(life)
        assert life.rows("SELECT note FROM tools WHERE name = 'dropped'") == [("ask Ada",)]

    def test_the_row_stays_once_it_was_seen_touched(self, life: Life) -> None:
        """A row that once did not match is somebody's for good, though he takes back what he did."""
        life.database.execute("UPDATE tools SET note = 'ask Ada' WHERE name = 'dropped'")
        updated(life)
        life.database.execute("UPDATE tools SET note = NULL WHERE name = 'dropped'")
        assert not dropped(life)

    def test_a_cell_that_retirement_would_set_keeps_what_somebody_wrote(self, life: Life) -> None:
        policy = {"set": {"note": "retired"}}
        life.database.execute("UPDATE tools SET note = 'ask Ada' WHERE name = 'dropped'")
        write(life, dropped=True, policy=policy)
        life.seeded()
        assert life.rows("SELECT note FROM tools WHERE name = 'dropped'") == [("ask Ada",)]

    def test_an_insert_only_cell_that_retirement_would_set_keeps_what_somebody_wrote(
        self, life: Life
    ) -> None:
        life.database.execute("ALTER TABLE tools ADD state text")
        rows = [{"name": "a", "state": "new"}, {"name": "b", "state": "new"}]
        fields: dict[str, Any] = {"insert_only": ["state"], "retired_rows": {"set": {"state": "gone"}}}
        life.write("tools", rows, **fields)
        life.seeded()
        life.database.execute("UPDATE tools SET state = 'loved' WHERE name = 'b'")
        life.write("tools", [], **fields)
        life.seeded()
        states = "SELECT name, state FROM tools WHERE name < 'c' ORDER BY name"
        assert life.rows(states) == [("a", "gone"), ("b", "loved")]


class TestUntouched:
    """What nobody touched is deleted still, whatever the table is like."""

    def test_as_it_was_inserted(self, life: Life) -> None:
        assert dropped(life)

    def test_after_updates_of_ours(self, life: Life) -> None:
        updated(life)
        updated(life, "third")
        assert dropped(life)

    def test_with_times_that_we_set(self, life: Life) -> None:
        times = {"created": "created_at", "updated": "updated_at"}
        for prompt in ("first", "second"):
            life.write("tools", [{"name": "timed", "prompt": prompt}], timestamps=times)
            life.seeded()
        life.write("tools", [], timestamps=times, retired_rows="delete")
        life.seeded()
        assert life.rows("SELECT name FROM tools WHERE name = 'timed'") == []

    @pytest.mark.parametrize("when", ["BEFORE", "AFTER"])
    def test_with_a_trigger_that_writes_another_cell(self, life: Life, when: str) -> None:
        body = {
            "BEFORE": "NEW.seen := OLD.seen + 1; RETURN NEW;",
            "AFTER": "UPDATE tools SET seen = seen + 1 WHERE name = NEW.name; RETURN NULL;",
        }[when]
        life.database.execute(
            f"CREATE FUNCTION count_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$;"
            f"CREATE TRIGGER count_it {when} UPDATE OF prompt ON tools"
            " FOR EACH ROW EXECUTE FUNCTION count_it()"
        )
        updated(life)
        assert life.rows("SELECT seen FROM tools WHERE name = 'dropped'") == [(1,)]
        assert dropped(life)

    def test_written_and_taken_back_while_nobody_looked(self, life: Life) -> None:
        life.database.execute("UPDATE tools SET note = 'x'; UPDATE tools SET note = NULL")
        assert dropped(life)


ADDED = pytest.mark.parametrize(
    "column",
    ["extra text", "extra text NOT NULL DEFAULT 'filled'", "extra timestamptz DEFAULT now()"],
    ids=["NULL", "a constant", "the time of the migration"],
)


class TestAColumnThatAMigrationAdded:
    """It is not a touch: nobody wrote in it."""

    @ADDED
    def test_the_row_goes(self, life: Life, column: str) -> None:
        life.database.execute(f"ALTER TABLE tools ADD {column}")
        assert dropped(life)

    @pytest.mark.parametrize("column", ["extra boolean DEFAULT true", "extra char(4) DEFAULT 'x'"])
    def test_the_row_goes_though_its_type_shows_the_default_otherwise(self, life: Life, column: str) -> None:
        life.database.execute(f"ALTER TABLE tools ADD {column} NOT NULL")
        assert dropped(life)

    @ADDED
    def test_the_row_goes_after_an_update_of_ours(self, life: Life, column: str) -> None:
        life.database.execute(f"ALTER TABLE tools ADD {column}")
        updated(life)
        assert dropped(life)

    @ADDED
    def test_the_row_goes_though_the_default_is_another_by_now(self, life: Life, column: str) -> None:
        life.database.execute(f"ALTER TABLE tools ADD {column}; ALTER TABLE tools ALTER extra DROP DEFAULT")
        assert dropped(life)

    @ADDED
    @pytest.mark.parametrize("between", [False, True], ids=["at once", "after an update of ours"])
    def test_the_row_stays_where_somebody_wrote_in_it(self, life: Life, column: str, between: bool) -> None:
        life.database.execute(
            f"ALTER TABLE tools ADD {column}; UPDATE tools SET extra = '2001-01-01' WHERE name = 'dropped'"
        )
        if between:
            updated(life)
        assert not dropped(life)

    @ADDED
    def test_the_row_stays_where_somebody_wrote_elsewhere(self, life: Life, column: str) -> None:
        life.database.execute(
            f"ALTER TABLE tools ADD {column}; UPDATE tools SET note = 'ask Ada' WHERE name = 'dropped'"
        )
        assert not dropped(life)

    @ADDED
    def test_the_row_stays_where_somebody_wrote_in_it_after_an_update_of_ours(
        self, life: Life, column: str
    ) -> None:
        """Our update has taken the new column in; it is a column like any other from then on."""
        life.database.execute(f"ALTER TABLE tools ADD {column}")
        updated(life)
        life.database.execute("UPDATE tools SET extra = '2001-01-01' WHERE name = 'dropped'")
        assert not dropped(life)

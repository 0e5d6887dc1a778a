"""Lost to an entry without a row: what somebody puts under a key that the ledger takes for one of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.losses.ledgers import is_in_ledger

if TYPE_CHECKING:
    from tests.integration.losses.life import Life

pytestmark = pytest.mark.newest_server

TRIGGERS = {
    "at once": "CREATE TRIGGER sweep AFTER INSERT OR UPDATE ON tools",
    "deferred": "CREATE CONSTRAINT TRIGGER sweep AFTER INSERT OR UPDATE ON tools DEFERRABLE INITIALLY DEFERRED",
}
WHEN = pytest.mark.parametrize("when", TRIGGERS)


@pytest.fixture(autouse=True)
def tools(life: Life) -> None:
    life.database.execute("""\
        CREATE TABLE tools (name text PRIMARY KEY, title text);
        CREATE FUNCTION sweep() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            DELETE FROM tools WHERE title = 'swept';
            RETURN NULL;
        END $$""")


def sweep(life: Life, when: str) -> None:
    """From now on a row of the title `swept` is gone as soon as it is there."""
    life.database.execute(f"{TRIGGERS[when]} FOR EACH ROW EXECUTE FUNCTION sweep()")


def write(life: Life, *, fleeting: str = "swept", dropped: bool = False) -> None:
    rows = [{"name": "lasting", "title": "L"}, {"name": "fleeting", "title": fleeting}]
    life.write("tools", rows[:1] if dropped else rows, retired_rows="delete")


@WHEN
def test_a_row_that_a_trigger_deletes_as_it_is_inserted_leaves_no_entry(life: Life, when: str) -> None:
    sweep(life, when)
    write(life)
    life.seeded()
    assert life.rows("SELECT name FROM tools") == [("lasting",)]
    assert is_in_ledger(life.database, "lasting")
    assert not is_in_ledger(life.database, "fleeting")


@WHEN
def test_a_row_that_a_trigger_deletes_as_it_is_updated_leaves_no_entry(life: Life, when: str) -> None:
    sweep(life, when)
    write(life, fleeting="stays")
    life.seeded()
    assert is_in_ledger(life.database, "fleeting")
    write(life)
    life.seeded()
    assert life.rows("SELECT name FROM tools") == [("lasting",)]
    assert not is_in_ledger(life.database, "fleeting")


@WHEN
@pytest.mark.parametrize("title", ["swept", "theirs"], ids=["the same cells", "other cells"])
def test_a_row_that_somebody_makes_under_its_key_is_not_ours_to_delete(
    life: Life, when: str, title: str
) -> None:
    sweep(life, when)
    write(life)
    life.seeded()
    life.database.execute("DROP TRIGGER sweep ON tools")
    life.database.execute("INSERT INTO tools VALUES ('fleeting', %s)", [title])
    write(life, dropped=True)
    life.seeded()
    assert life.rows("SELECT name, title FROM tools ORDER BY name") == [("fleeting", title), ("lasting", "L")]

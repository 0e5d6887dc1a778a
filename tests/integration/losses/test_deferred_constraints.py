"""Lost to a dry run that passes: the warning that the real run would fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.losses.life import Life

pytestmark = pytest.mark.newest_server

# A child goes in before its parent, which a constraint allows only while it is deferred.
CHILD_FIRST = "INSERT INTO children VALUES ('{0}', '{0}'); INSERT INTO parents VALUES ('{0}');"

CONSTRAINTS = {
    "a foreign key": "ALTER TABLE children ADD FOREIGN KEY (parent) REFERENCES parents {}",
    "a constraint trigger": """\
        CREATE FUNCTION has_parent() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (SELECT FROM parents WHERE name = NEW.parent) THEN RAISE 'no parent'; END IF;
            RETURN NULL;
        END $$;
        CREATE CONSTRAINT TRIGGER has_parent AFTER INSERT ON children {}
            FOR EACH ROW EXECUTE FUNCTION has_parent()""",
}
KIND = pytest.mark.parametrize("kind", CONSTRAINTS)


@pytest.fixture(autouse=True)
def family(life: Life) -> None:
    life.database.execute(
        "CREATE TABLE parents (name text PRIMARY KEY);"
        "CREATE TABLE children (name text PRIMARY KEY, parent text);"
        "CREATE TABLE tools (name text PRIMARY KEY, rank int)"
    )


def both(life: Life) -> dict[str, str]:
    """Every seeder's outcome: of a dry run, and then of a real one, which must agree."""
    runs = [life.run("--allow-code", *arguments) for arguments in (["--dry-run"], [])]
    dry, real = ({event["seeder"]: event["outcome"] for event in run.all("seeder.finished")} for run in runs)
    assert dry == real, f"{runs[0]}\n{runs[1]}"
    assert runs[0].exit_code == runs[1].exit_code
    return real


@KIND
@pytest.mark.parametrize("mode", ["INITIALLY IMMEDIATE", "INITIALLY DEFERRED"])
def test_each_of_two_seeders_is_held_to_a_constraint_as_in_a_real_run(
    life: Life, kind: str, mode: str
) -> None:
    life.database.execute(CONSTRAINTS[kind].format(f"DEFERRABLE {mode}"))
    life.seeds.write("a.sql", CHILD_FIRST.format("a"))
    life.seeds.write("b.sql", CHILD_FIRST.format("b"))
    outcome = "failed" if mode == "INITIALLY IMMEDIATE" else "succeeded"
    assert both(life) == {"a": outcome, "b": outcome}


@KIND
def test_a_seeder_after_one_of_rows_is_held_to_an_immediate_constraint(life: Life, kind: str) -> None:
    life.database.execute(CONSTRAINTS[kind].format("DEFERRABLE INITIALLY IMMEDIATE"))
    life.write("a_tools", [{"name": "a", "rank": 1}], table="tools")
    life.seeds.write("b.sql", CHILD_FIRST.format("b"))
    assert both(life) == {"a_tools": "succeeded", "b": "failed"}


@KIND
@pytest.mark.parametrize(
    ("mode", "said", "outcomes"),
    [
        ("INITIALLY IMMEDIATE", "DEFERRED", {"a": "succeeded", "b": "failed"}),
        ("INITIALLY DEFERRED", "IMMEDIATE", {"a": "failed", "b": "succeeded"}),
    ],
)
def test_what_one_seeder_says_of_constraints_does_not_hold_for_the_next(
    life: Life, kind: str, mode: str, said: str, outcomes: dict[str, str]
) -> None:
    life.database.execute(CONSTRAINTS[kind].format(f"DEFERRABLE {mode}"))
    life.seeds.write("a.sql", f"SET CONSTRAINTS ALL {said}; {CHILD_FIRST.format('a')}")
    life.seeds.write("b.sql", CHILD_FIRST.format("b"))
    assert both(life) == outcomes


def test_what_a_seeder_that_succeeds_says_of_constraints_does_not_hold_for_the_next(life: Life) -> None:
    life.database.execute(CONSTRAINTS["a foreign key"].format("DEFERRABLE INITIALLY DEFERRED"))
    life.seeds.write("a.sql", "SET CONSTRAINTS ALL IMMEDIATE; INSERT INTO parents VALUES ('a');")
    life.seeds.write("b.sql", CHILD_FIRST.format("b"))
    assert both(life) == {"a": "succeeded", "b": "succeeded"}


@pytest.mark.parametrize("mode", ["INITIALLY IMMEDIATE", "INITIALLY DEFERRED"])
def test_rows_that_pass_a_rank_on_end_alike(life: Life, mode: str) -> None:
    """A new row takes the rank that a seeded one gives up: whether that passes hangs on who is written first."""
    life.database.execute(f"ALTER TABLE tools ADD UNIQUE (rank) DEFERRABLE {mode}")
    life.write("parents", [{"name": "a"}])
    life.write("tools", [{"name": "a", "rank": 1}])
    life.seeded()
    life.write("parents", [{"name": "a"}, {"name": "b"}])
    life.write("tools", [{"name": "a", "rank": 2}, {"name": "b", "rank": 1}])
    outcomes = both(life)
    if mode == "INITIALLY DEFERRED":
        assert outcomes["tools"] == "succeeded"


@pytest.mark.parametrize("mode", ["INITIALLY IMMEDIATE", "INITIALLY DEFERRED"])
def test_a_child_whose_parent_a_later_seeder_brings_fails(life: Life, mode: str) -> None:
    """Each seeder is a transaction of its own in a real run, so nothing is deferred to the next one."""
    life.database.execute(CONSTRAINTS["a foreign key"].format(f"DEFERRABLE {mode}"))
    life.seeds.write("a.sql", "INSERT INTO children VALUES ('a', 'a');")
    life.seeds.write("b.sql", "INSERT INTO parents VALUES ('a');")
    assert both(life) == {"a": "failed", "b": "succeeded"}

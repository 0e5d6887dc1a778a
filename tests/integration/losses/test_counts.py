"""Lost from the report: what was committed, where a later step of the same seeder failed or was stopped."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.gates import Gate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.losses.life import Life

pytestmark = pytest.mark.newest_server

POLICIES = pytest.mark.parametrize("policy", ["delete", {"set": {"title": "gone"}}], ids=["delete", "set"])
HELD = """\
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.name = 'dropped' THEN {what}; END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER hold BEFORE UPDATE OR DELETE ON tools FOR EACH ROW EXECUTE FUNCTION hold()"""


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "report.json"


@pytest.fixture(autouse=True)
def tools(life: Life) -> None:
    life.database.execute("CREATE TABLE tools (name text PRIMARY KEY, title text)")
    life.write("tools", [{"name": "changed", "title": "A"}, {"name": "dropped", "title": "B"}])
    life.seeded()


def change(life: Life, policy: Any) -> None:
    """Two rows more, one that is changed, one that is dropped."""
    rows = [
        {"name": "changed", "title": "A2"},
        {"name": "new", "title": "N"},
        {"name": "newer", "title": "N"},
    ]
    life.write("tools", rows, retired_rows=policy)


def told(report: Path) -> dict[str, Any]:
    """What the report says of the run, and of the seeder `tools`."""
    said = json.loads(report.read_text())
    (tools,) = (each for each in said["seeders"] if each["name"] == "tools")
    counts = ("inserted", "updated", "deleted")
    return {
        "changed": said["changed"],
        "failed": said["failed"],
        "outcome": tools["outcome"],
        **{name: tools[name] for name in counts},
    }


COMMITTED = {"changed": 3, "failed": 1, "outcome": "failed", "inserted": 2, "updated": 1, "deleted": 0}


@POLICIES
@pytest.mark.parametrize(("strictness", "code"), [("strict", 1), ("lenient", 0)])
def test_what_was_committed_before_retirement_failed(
    life: Life, report: Path, policy: Any, strictness: str, code: int
) -> None:
    life.database.execute(HELD.format(what="RAISE 'not this one'"))
    change(life, policy)
    done = life.run("--report", str(report), "--strictness", strictness)
    assert life.rows("SELECT name, title FROM tools ORDER BY name") == [
        ("changed", "A2"),
        ("dropped", "B"),
        ("new", "N"),
        ("newer", "N"),
    ]
    assert done.exit_code == code, str(done)
    assert told(report) == COMMITTED
    assert done.event("run.finished")["changed"] == 3
    finished = done.finished("tools")
    assert (finished["outcome"], finished["inserted"], finished["updated"]) == ("failed", 2, 1)


@POLICIES
def test_what_a_dry_run_would_have_committed_before_retirement_failed(
    life: Life, report: Path, policy: Any
) -> None:
    life.database.execute(HELD.format(what="RAISE 'not this one'"))
    change(life, policy)
    done = life.run("--report", str(report), "--dry-run")
    assert done.exit_code == 1, str(done)
    assert told(report) == COMMITTED


def test_what_was_committed_before_a_signal_came_in_retirement(life: Life, report: Path) -> None:
    life.database.execute(HELD.format(what="PERFORM pg_advisory_xact_lock(1)"))
    life.write(
        "tools", [{"name": "changed", "title": "A"}, {"name": "new", "title": "N"}], retired_rows="delete"
    )
    with Gate(life.database, 1) as gate:
        run = life.seeder.start("--all", "--path", life.seeds, "--report", str(report))
        gate.wait_for_somebody()
        run.signal(signal.SIGTERM)
        done = run.wait()
    assert done.exit_code == 143, str(done)
    assert life.rows("SELECT name FROM tools ORDER BY name") == [("changed",), ("dropped",), ("new",)]
    said = told(report)
    assert (said["changed"], said["inserted"], said["deleted"]) == (1, 1, 0)
    assert done.event("run.finished")["changed"] == 1


def test_a_seeder_that_failed_before_it_committed_counts_nothing(life: Life, report: Path) -> None:
    life.database.execute(HELD.format(what="RAISE 'not this one'"))
    rows = [{"name": "new", "title": "N"}, {"name": "dropped", "title": "B2"}]
    life.write("tools", rows, retired_rows="delete")
    done = life.run("--report", str(report))
    assert done.exit_code == 1, str(done)
    assert life.rows("SELECT name FROM tools ORDER BY name") == [("changed",), ("dropped",)]
    assert told(report) == {**COMMITTED, "changed": 0, "inserted": 0, "updated": 0}

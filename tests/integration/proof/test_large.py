"""Many rows: they are compared in a temporary table, or loaded straight into an empty one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.footprint import footprint
from tests.integration.proof.proving import TOOLS
from tests.integration.proof.test_runs import WAIT, meanwhile

if TYPE_CHECKING:
    from tests.integration.proof.proving import Proving

EDIT = "UPDATE tools SET title = 'Edited' WHERE name = 'n 7'"


def write(proving: Proving, count: int, kind: str = "csv", title: str = "Title") -> None:
    if kind == "csv":
        lines = [f"n {number},{title if number == 5 else 'Title'},{number}" for number in range(count)]
        proving.seeding.folder.write("tools.csv", "\n".join(["name,title,number", *lines]) + "\n")
    else:
        rows = [
            {"name": f"n {number}", "title": title if number == 5 else "Title", "number": number}
            for number in range(count)
        ]
        proving.write("tools", rows)


@pytest.mark.parametrize("kind", ["csv", "yaml"])
@pytest.mark.parametrize("there", [0, 1])
def test_a_few_thousand_rows(proving: Proving, kind: str, there: int) -> None:
    database = proving.database
    database.execute(f"{TOOLS}; INSERT INTO tools SELECT 'theirs' || n FROM generate_series(1, {there}) n")
    write(proving, 3000, kind)
    assert proving().finished("tools")["inserted"] == 3000
    proving.must_hold()
    write(proving, 3000, kind, title="Changed")
    assert proving().finished("tools")["updated"] == 1
    proving.must_hold()
    database.execute("UPDATE tools SET title = title WHERE name = 'n 7'")
    before = footprint(database)
    assert proving.must_not_hold().finished("tools")["unchanged"] == 3000
    assert footprint(database) == before
    database.execute(EDIT)
    assert proving.must_not_hold().finished("tools")["kept"] == 1
    write(proving, 2999, kind, title="Changed")
    assert proving().finished("tools")["kept"] == 2
    assert proving.must_hold().finished("tools")["kept"] == 2


def test_many_rows(proving: Proving) -> None:
    """A run that changes some of many is followed by one that compares all."""
    database = proving.database
    database.execute(TOOLS)
    write(proving, 12_000)
    assert proving().finished("tools")["inserted"] == 12_000
    proving.must_hold()
    write(proving, 12_000, title="Changed")
    assert proving.must_not_hold().finished("tools")["updated"] == 1
    assert proving.must_not_hold().finished("tools")["unchanged"] == 12_000
    proving.must_hold()
    database.execute(EDIT)
    assert proving.must_not_hold().finished("tools")["kept"] == 1
    assert proving.must_hold().finished("tools")["kept"] == 1
    database.execute("DELETE FROM tools WHERE name = 'n 9'")
    assert proving.must_not_hold().finished("tools")["inserted"] == 1
    assert proving.must_not_hold().event("run.finished")["changed"] == 0
    proving.must_hold()


@pytest.mark.parametrize("wait", ["tools", "seeder.seeder_seeders"])
def test_an_edit_meanwhile(proving: Proving, wait: str) -> None:
    """While rows are written, or after the state was taken and before the proof is noted."""
    database = proving.database
    database.execute(f"{TOOLS}; INSERT INTO tools VALUES ('n 7', 'Title', 7)")
    write(proving, 3000)
    proving()
    database.execute(
        f"{WAIT}; CREATE TRIGGER t BEFORE UPDATE ON {wait} FOR EACH ROW WHEN (NEW.* IS DISTINCT FROM OLD.*) "
        "EXECUTE FUNCTION wait()"
    )
    write(proving, 3000, title="Changed")
    result = meanwhile(proving, lambda: edit(proving))
    assert result.finished("tools")["updated"] == 1
    database.execute(f"DROP TRIGGER t ON {wait}")
    assert proving().finished("tools")["kept"] == 1


def edit(proving: Proving) -> None:
    """An edit that does not wait at the gate itself."""
    with proving.database.connect(autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(EDIT.encode())


def test_many_rows_that_refer_to_others_are_compared(proving: Proving) -> None:
    proving.database.execute(f"{TOOLS}; CREATE TABLE kinds (id int PRIMARY KEY, name text UNIQUE)")
    proving.database.execute("INSERT INTO kinds VALUES (1, 'one')")
    rows = "".join(
        f"- {{name: n {number}, number: !ref {{table: kinds, where: {{name: one}}}}}}\n"
        for number in range(2500)
    )
    proving.seeding.folder.write("tools.yaml", f"rows:\n{rows}")
    assert proving().finished("tools")["inserted"] == 2500
    assert proving.must_not_hold().finished("tools")["unchanged"] == 2500

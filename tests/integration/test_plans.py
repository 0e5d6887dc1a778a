"""No statement's plan is quadratic: none reads the rows of a large table once for each of many others.

Each statement of a run is explained as it is sent, with what it really did, in a savepoint; then it is run. Nothing is
ever analysed but what a run analyses itself: the planner knows nothing of the table or of the ledger.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

from seeder.postgres.statements import Result
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.integration.postgres import Database

    Rows = Callable[[int], str]

ROWS = 8_000
THEIRS = 50_000
MOST = 10 * (ROWS + THEIRS)
"""Rows that a part of a plan may go through. A nested loop over two large sets goes through 64 million or more."""
_PLANNED = ("WITH", "SELECT", "INSERT", "UPDATE", "DELETE")


class Explained:
    """The statements that a run sent, and the plan of each."""

    def __init__(self) -> None:
        self.plans: list[tuple[str, dict[str, Any]]] = []

    def patch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        execute = Result.execute

        def explain_and_execute(result: Result, query: Any, parameters: Any = None, **options: Any) -> Result:
            said = query.decode() if isinstance(query, bytes) else str(query)
            words = "\n".join(line for line in said.split("\n") if not line.lstrip().startswith("--"))
            if parameters is not None and words.lstrip().startswith(_PLANNED):
                self._explain(result.connection, said, parameters)
            return execute(result, query, parameters, **options)

        monkeypatch.setattr(Result, "execute", explain_and_execute)

    def _explain(self, connection: Any, said: str, parameters: Any) -> None:
        with connection.transaction(force_rollback=True), connection.cursor() as cursor:
            explain = "EXPLAIN (ANALYZE, TIMING off, FORMAT JSON) "
            ((plans,),) = cursor.execute((explain + said).encode(), parameters).fetchall()
        self.plans.append((said, plans[0]["Plan"]))

    def assert_none_is_quadratic(self, *files: str) -> None:
        """None of the plans is, and the statements of these files are among them."""
        for said, plan in self.plans:
            for node in nodes(plan):
                assert rows_of(node) < MOST, f"{rows_of(node)} rows\n{said}\n{json.dumps(plan, indent=1)}"
        for file in files:
            assert any(opening(file) in said for said, _ in self.plans), f"{file}.sql was not sent"


def opening(file: str) -> str:
    """What tells the statement of a file: its first line."""
    text = resources.files("seeder.merge").joinpath("sql", f"{file}.sql").read_text(encoding="utf-8")
    return text.split("\n", 1)[0].strip()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def rows_of(node: dict[str, Any]) -> float:
    """How many rows a part of a plan went through, in all its loops."""
    removed = ("Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck")
    rows: float = node["Actual Rows"] + sum(node.get(each, 0) for each in removed)
    return rows * float(node["Actual Loops"])


@pytest.fixture
def explained(monkeypatch: pytest.MonkeyPatch) -> Explained:
    found = Explained()
    found.patch(monkeypatch)
    return found


KEYS = {
    "primary key": "name text PRIMARY KEY, title text",
    "nullable": "id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE, title text",
    "numeric": "name numeric PRIMARY KEY, title text",
    "no index": "name text, title text",
}


EACH = pytest.mark.parametrize("seeding", KEYS, indirect=True)
# Rows that left the file, or that had another key, are looked up one by one, by the index of their key.
INDEXED = pytest.mark.parametrize("seeding", ["primary key", "nullable"], indirect=True)


@pytest.fixture
def seeding(request: pytest.FixtureRequest, database: Database, seeds: Any) -> Seeding:
    database.execute(f"CREATE TABLE tools ({KEYS[request.param]})")
    return Seeding(database, seeds)


def write(seeding: Seeding, numbers: Sequence[int | str], title: str = "Title", fields: str = "") -> None:
    seeding.folder.write("tools.yaml", f"key: [name]\n{fields}\nrows: !file tools.csv\n")
    seeding.folder.write(
        "tools.csv", "name,title\n" + "".join(f"{n},{title if int(float(n)) % 2 else 'T'}\n" for n in numbers)
    )


def seed(seeding: Seeding, **counts: int) -> None:
    result = seeding()
    assert result.exit_code == 0, str(result)
    finished = result.finished("tools")
    assert {name: finished[name] for name in counts} == counts


def add_theirs(seeding: Seeding) -> None:
    first = ROWS * 10
    seeding.database.execute(
        f"INSERT INTO tools (name, title) SELECT n, 'Theirs' FROM generate_series({first}, {first + THEIRS}) AS n"
    )


@EACH
def test_the_first_run_and_those_after_it(seeding: Seeding, explained: Explained) -> None:
    write(seeding, range(ROWS))
    seed(seeding, inserted=ROWS)
    add_theirs(seeding)
    seed(seeding, unchanged=ROWS)
    write(seeding, range(100, ROWS + 100), "Changed")
    seed(seeding, inserted=100, updated=ROWS // 2 - 50)
    explained.assert_none_is_quadratic("tally", "insert", "note_inserted", "update", "note", "unlist")


@EACH
def test_beside_many_of_theirs(seeding: Seeding, explained: Explained) -> None:
    """The table is not empty, and many rows of the file are there."""
    add_theirs(seeding)
    write(seeding, range(ROWS * 10 - 100, ROWS * 11), fields="existing_rows: keep")
    seed(seeding, inserted=100, kept=ROWS // 2 * 2)
    explained.assert_none_is_quadratic("tally", "insert", "note_inserted", "note")


@INDEXED
def test_keys_that_are_spelled_otherwise(seeding: Seeding, explained: Explained) -> None:
    seeding.database.execute("ALTER TABLE tools ALTER name TYPE numeric USING name::numeric")
    write(seeding, range(ROWS))
    seed(seeding, inserted=ROWS)
    write(seeding, [f"{number}.0" for number in range(ROWS)])
    seed(seeding, unchanged=ROWS)
    explained.assert_none_is_quadratic("respell", "tally")


@INDEXED
@pytest.mark.parametrize("policy", ["delete", "{set: {title: gone}}"])
def test_retirement(seeding: Seeding, explained: Explained, policy: str) -> None:
    write(seeding, range(ROWS), fields=f"retired_rows: {policy}")
    seed(seeding, inserted=ROWS)
    add_theirs(seeding)
    write(seeding, range(100), fields=f"retired_rows: {policy}")
    seed(
        seeding, unchanged=100, **({"deleted": ROWS - 100} if policy == "delete" else {"updated": ROWS - 100})
    )
    explained.assert_none_is_quadratic("retired", "unlist")
    if policy != "delete":
        write(seeding, range(ROWS), fields=f"retired_rows: {policy}")
        assert seeding().exit_code == 0
        explained.assert_none_is_quadratic("note")


@INDEXED
def test_another_key_and_another_seeder(seeding: Seeding, explained: Explained) -> None:
    """The key changes, and then the rows pass to another name; another seeder holds rows under the former key."""
    seeding.database.execute("ALTER TABLE tools ADD code text; CREATE UNIQUE INDEX ON tools (code)")
    rows = "".join(f"{n},Title,{n}\n" for n in range(ROWS))
    seeding.folder.write("tools.csv", "name,title,code\n" + rows)
    seeding.folder.write("tools.yaml", "key: [name]\nrows: !file tools.csv\n")
    seed(seeding, inserted=ROWS)
    add_theirs(seeding)
    seeding.folder.write("others.yaml", "table: tools\nkey: [code]\nrows: [{name: '-1', code: x}]\n")
    assert seeding().exit_code == 0
    seeding.folder.write("tools.yaml", "key: [code]\nrows: !file tools.csv\n")
    seed(seeding, unchanged=ROWS)
    explained.assert_none_is_quadratic("rekey")
    for file in ("tools.yaml", "others.yaml"):
        seeding.folder.path.joinpath(file).unlink()
    seeding.folder.write("new.yaml", "table: tools\nkey: [code]\nformerly: [tools]\nrows: !file tools.csv\n")
    seeding.folder.path.joinpath("tools.csv").rename(seeding.folder.path / "rows.txt")
    seeding.folder.path.joinpath("rows.txt").rename(seeding.folder.path / "new.csv")
    seeding.folder.write("new.yaml", "table: tools\nkey: [code]\nformerly: [tools]\nrows: !file new.csv\n")
    result = seeding()
    assert result.exit_code == 0, str(result)
    assert result.finished("new")["unchanged"] == ROWS
    explained.assert_none_is_quadratic("claims")

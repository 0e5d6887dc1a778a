"""Of a large CSV file that changed, only the pieces that are new are compared, if the table is as it was left.

Whatever the change, the table, the ledger and the counts are as if all rows had been compared.
"""

from __future__ import annotations

import itertools
import random
import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.footprint import footprint
from tests.integration.gates import Gate
from tests.integration.seeding import Seeding
from tests.integration.test_load import csv, error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.integration.commandline import Result, SeedFolder
    from tests.integration.postgres import Database, Server, StatementLog

ROWS = 12_000
TABLE = "CREATE TABLE tools (id int PRIMARY KEY, title text, note text)"

LEDGER = """\
SELECT key, seeder_id, adopted, retired, seen, cells, stored, rest, kept FROM seeder.seeder_rows ORDER BY key"""


@pytest.fixture
def seeding(database: Database, seeds: SeedFolder) -> Seeding:
    return Seeding(database, seeds)


def seeded(seeding: Seeding, table: str = TABLE, file: str | None = None) -> list[str]:
    """Seed a new table with a large file. Return the file's lines after the header."""
    seeding.database.execute(table)
    text = csv(ROWS) if file is None else file
    seeding.folder.write("tools.csv", text)
    assert seeding().exit_code == 0
    return text.splitlines()[1:]


def write(seeding: Seeding, lines: list[str], header: str = "id,title") -> None:
    seeding.folder.write("tools.csv", "\n".join([header, *lines]) + "\n")


def forget(seeding: Seeding) -> None:
    """Take away what the ledger knows of the file, so that all rows are compared."""
    seeding.database.execute("UPDATE seeder.seeder_seeders SET pieces = NULL")


def staged(sent: Iterable[str]) -> bool | None:
    """Whether only pieces of the file were staged; None if nothing was."""
    copies = [text for text in sent if text.startswith("COPY") and "seeder_stage" in text]
    return '("n", "c0"' in copies[-1] if copies else None


def outcome(seeding: Seeding, statements: StatementLog) -> tuple[Any, bool | None]:
    """What a run made of table, ledger and counts; and whether it looked at pieces alone."""
    with statements.recorded() as sent:
        result = seeding()
    finished = result.finished("tools")
    kept = ("inserted", "updated", "deleted", "unchanged", "kept", "conflicts", "outcome")
    told = {name: finished[name] for name in kept}
    error = {**finished.get("error", {}), "line": finished.get("line"), "column": finished.get("column")}
    rows = seeding.database.rows("SELECT * FROM tools ORDER BY id")
    return (told, error, rows, seeding.database.rows(LEDGER)), staged(sent)


def edited(lines: list[str], *numbers: int) -> list[str]:
    changed = list(lines)
    for number in numbers:
        changed[number] += " changed"
    return changed


def shuffled(lines: list[str]) -> list[str]:
    return random.Random(1).sample(lines, len(lines))


CHANGES: dict[str, tuple[Any, bool]] = {
    "a cell": (lambda lines: edited(lines, 5000), True),
    "many cells": (lambda lines: edited(lines, *range(0, ROWS, 100)), True),
    "the first row and the last": (lambda lines: edited(lines, 0, ROWS - 1), True),
    "new rows": (lambda lines: [f"{ROWS + 1},New", *lines, f"{ROWS + 2},New"], True),
    "a new row and a change": (lambda lines: [*edited(lines, 7), f"{ROWS + 5},New"], True),
    "nothing but the order of two": (lambda lines: [lines[1], lines[0], *lines[2:]], True),
    "the order": (shuffled, False),
    "a row is gone": (lambda lines: lines[:50] + lines[51:], False),
    "a row is gone, another is new": (lambda lines: [*lines[:50], *lines[51:], f"{ROWS + 1},New"], False),
    "a row is there twice": (lambda lines: [*lines, lines[700]], False),
    "a row is replaced by another that is there": (
        lambda lines: [*lines[:50], "9000,Twice", *lines[51:]],
        False,
    ),
    "two rows change places in the pieces": (
        lambda lines: [*lines[:50], lines[9000], *lines[51:9000], lines[50], *lines[9001:]],
        True,
    ),
    "another spelling of a key": (lambda lines: ["0" + lines[0], *lines[1:]], False),
    "a quote": (lambda lines: [*lines[:50], '"51","Title, 51"', *lines[51:]], True),
    "a line end in a cell": (lambda lines: [*lines[:50], '51,"Title\n51"', *lines[51:]], False),
    "a refused cell": (lambda lines: [*lines[:50], "x51,Title", *lines[51:]], False),
    "a field too many": (lambda lines: [*lines[:50], "51,Title,x", *lines[51:]], False),
    "a blank line": (lambda lines: [*lines[:50], "", *lines[50:]], False),
    "half of the rows": (lambda lines: edited(lines, *range(0, ROWS, 2)), False),
    "no row is left": (lambda lines: lines[:1], False),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_file(seeding: Seeding, statements: StatementLog, server: Server, name: str) -> None:
    """The same comes of it if all rows are compared."""
    change, in_pieces = CHANGES[name]
    lines = seeded(seeding)
    twin = Seeding(server.create_database(), seeding.folder)
    assert seeded(twin) == lines
    forget(twin)
    write(seeding, change(lines))
    expected, pieces = outcome(twin, statements)
    assert not pieces
    found, pieces = outcome(seeding, statements)
    assert found == expected
    assert bool(pieces) is in_pieces
    if found[0]["outcome"] == "succeeded":
        # A run more compares, proves and notes all there is, and one more writes nothing.
        assert seeding().finished("tools")["updated"] == 0
        before = footprint(seeding.database)
        assert seeding().finished("tools")["unchanged"] == expected[0]["unchanged"] + sum(
            expected[0][each] for each in ("inserted", "updated")
        )
        assert footprint(seeding.database) == before
        # So pieces are known again.
        known = seeding.database.rows("SELECT pieces IS NOT NULL FROM seeder.seeder_seeders")
        assert known == [(name not in {"a line end in a cell", "a blank line", "no row is left"},)]


EDITS = {
    "a row that did not change in the file": "UPDATE tools SET title = 'Edited' WHERE id = 4",
    "a row that did": "UPDATE tools SET title = 'Edited' WHERE id = 5001",
    "a deleted row": "DELETE FROM tools WHERE id = 4",
    "an inserted row": "INSERT INTO tools VALUES (20000, 'By hand')",
    "a new column": "ALTER TABLE tools ADD COLUMN more text DEFAULT 'x'",
    "an entry of the ledger": "DELETE FROM seeder.seeder_rows WHERE key = '{4}'",
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_before(seeding: Seeding, statements: StatementLog, server: Server, name: str) -> None:
    """All rows are compared then."""
    lines = seeded(seeding)
    twin = Seeding(server.create_database(), seeding.folder)
    seeded(twin)
    forget(twin)
    for each in (seeding, twin):
        each.database.execute(EDITS[name])
    write(seeding, edited(lines, 5000))
    expected, _ = outcome(twin, statements)
    assert outcome(seeding, statements) == (expected, False)


SETTINGS: dict[str, tuple[str, dict[str, str]]] = {
    "a policy": ("retired_rows: delete\nrows: !file tools.csv\n", {}),
    "a variable": ("defaults: {note: !env NOTE}\nrows: !file tools.csv\n", {"NOTE": "one"}),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_something_else_changed_too(seeding: Seeding, statements: StatementLog, name: str) -> None:
    """No piece is known then."""
    yaml, variables = SETTINGS[name]
    lines = seeded(seeding)
    seeding.folder.write("tools.yaml", yaml)
    write(seeding, edited(lines, 5000))
    with statements.recorded() as sent:
        result = seeding(environ=variables)
    assert result.exit_code == 0
    assert staged(sent) is False
    assert result.finished("tools")["updated"] == (ROWS if variables else 1)


def test_kept_rows_are_counted(seeding: Seeding, statements: StatementLog) -> None:
    """While people's edits are kept, all rows are compared, so that all of them are counted."""
    lines = seeded(seeding)
    seeding.database.execute("UPDATE tools SET title = 'Edited' WHERE id = 4")
    assert seeding().finished("tools")["kept"] == 1
    write(seeding, edited(lines, 5000))
    with statements.recorded() as sent:
        finished = seeding().finished("tools")
    assert staged(sent) is False
    assert (finished["updated"], finished["kept"]) == (1, 1)


def test_an_error_names_its_line(seeding: Seeding) -> None:
    lines = seeded(
        seeding, "CREATE TABLE tools (id int PRIMARY KEY, title text CHECK (title <> 'Title 9001 changed'))"
    )
    write(seeding, edited(lines, 9000))
    assert error(seeding())["line"] == 9002


def test_a_key_of_several_columns(seeding: Seeding, statements: StatementLog) -> None:
    table = "CREATE TABLE tools (id int, place int, title text, PRIMARY KEY (id, place))"
    numbers = itertools.product(range(ROWS // 100), range(100))
    lines = seeded(
        seeding, table, csv(ROWS, "id,place,title", lambda _: ",".join(map(str, next(numbers))) + ",x")
    )
    write(seeding, edited(lines, 5000), "id,place,title")
    found, pieces = outcome(seeding, statements)
    assert pieces
    assert found[0]["updated"] == 1
    assert found[0]["unchanged"] == ROWS - 1


@pytest.mark.parametrize("number", range(4))
def test_random_changes(seeding: Seeding, statements: StatementLog, server: Server, number: int) -> None:
    """Several releases of a file, with rows that change, come and go."""
    chance = random.Random(number)
    lines = seeded(seeding)
    twin = Seeding(server.create_database(), seeding.folder)
    seeded(twin)
    following = itertools.count(ROWS + 1)
    for _ in range(3):
        for _ in range(chance.randrange(1, 60)):
            at = chance.randrange(len(lines))
            what = chance.random()
            if what < 0.7:
                lines[at] += "!"
            elif what < 0.95:
                lines.insert(at, f"{next(following)},New")
            elif what < 0.97:
                del lines[at]
        write(seeding, lines)
        forget(twin)
        expected, _ = outcome(twin, statements)
        assert outcome(seeding, statements)[0] == expected
        # Prove both, so that pieces are known again.
        assert seeding().exit_code == twin().exit_code == 0


def test_what_a_trigger_did_to_other_rows(seeding: Seeding) -> None:
    """They were not looked at, so that the run which wrote proves nothing."""
    lines = seeded(seeding)
    seeding.database.execute("""\
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
DELETE FROM tools WHERE id = 2500; UPDATE tools SET note = 'meddled' WHERE id = 2400; RETURN NULL; END $$;
CREATE TRIGGER meddle AFTER UPDATE ON tools FOR EACH ROW WHEN (new.id = 6) EXECUTE FUNCTION meddle();""")
    # The trigger is a change of the table, which a run has to note before pieces count again.
    assert seeding().finished("tools")["unchanged"] == ROWS
    write(seeding, edited(lines, 5))
    assert seeding().finished("tools")["updated"] == 1
    assert seeding().finished("tools")["inserted"] == 1
    assert seeding.database.scalar("SELECT count(*) FROM tools") == ROWS


@pytest.mark.parametrize("rows", [3000, ROWS])
def test_a_row_that_is_deleted_meanwhile(seeding: Seeding, rows: int) -> None:
    """Between the comparison and the write, in a row that did not change in the file."""
    database = seeding.database
    database.execute(f"""\
{TABLE}; CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
PERFORM pg_advisory_lock(4711); PERFORM pg_advisory_unlock(4711); RETURN NEW; END $$;
CREATE TRIGGER wait BEFORE UPDATE ON tools FOR EACH ROW EXECUTE FUNCTION wait();""")
    text = csv(rows)
    seeding.folder.write("tools.csv", text)
    for _ in range(2):
        assert seeding().exit_code == 0
    write(seeding, edited(text.splitlines()[1:], 5))
    results: list[Result] = []
    with Gate(database, 4711) as gate:
        run = threading.Thread(target=lambda: results.append(seeding()))
        run.start()
        gate.wait_for_somebody()
        database.execute("DELETE FROM tools WHERE id = 2500")
        gate.open()
        run.join()
    assert results[0].finished("tools")["updated"] == 1
    assert seeding().finished("tools")["inserted"] == 1
    assert database.scalar("SELECT count(*) FROM tools") == rows


@pytest.mark.parametrize("policy", ["delete", "{set: {note: gone}}"])
def test_a_second_run_after_a_retirement_writes_nothing(seeding: Seeding, policy: str) -> None:
    """Of fewer rows than take long to compare, nothing is proved for that alone."""
    seeding.database.execute(TABLE)
    seeding.folder.write("tools.yaml", f"retired_rows: {policy}\nrows: !file tools.csv\n")
    text = csv(3000)
    seeding.folder.write("tools.csv", text)
    assert seeding().exit_code == 0
    write(seeding, text.splitlines()[2:])
    assert seeding().finished("tools")["deleted" if policy == "delete" else "updated"] == 1
    before = footprint(seeding.database)
    assert seeding().exit_code == 0
    assert footprint(seeding.database) == before

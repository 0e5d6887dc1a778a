"""What cells must not say, how long they may be, and what is warned of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.footprint import footprint
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from tests.integration.commandline import Event, Result, SeedFolder
    from tests.integration.postgres import Database

pytestmark = pytest.mark.newest_server

EVENTS = """\
CREATE TABLE events (
    id int PRIMARY KEY, note text, day date, at timestamptz, hours tstzrange, days date[], doc jsonb, hour timetz)
"""
WORDS = {
    "day": ["now", "TODAY", " tomorrow", "yesterday"],
    "at": ["now", "today 10:00", "10:00 tomorrow"],
    "hours": ["[now,)", "(,today]"],
    "days": ["{2024-01-01,now}"],
    "hour": ["Now"],
}
CASES = [(column, word) for column, words in WORDS.items() for word in words]
MANY = 2500


@pytest.fixture
def seeding(database: Database, seeds: SeedFolder) -> Seeding:
    database.execute(EVENTS)
    return Seeding(database, seeds)


def refused(result: Result) -> Event:
    assert result.exit_code == 1, str(result)
    return result.finished("events")


def quoted(text: str) -> str:
    return f'"{text}"'


def many(column: str, *last: str) -> str:
    """A CSV file that PostgreSQL could read by itself, whose last row has `last`."""
    rows = [f"{number},now and today," for number in range(1, MANY)]
    return "\n".join([f"id,note,{column}", *rows, *last, ""])


class TestClock:
    """`now` and its like would be another value at each run."""

    @pytest.mark.parametrize(("column", "word"), CASES)
    def test_in_a_column_of_a_date_or_time(
        self, seeding: Seeding, database: Database, column: str, word: str
    ) -> None:
        seeding.folder.write("events.yaml", f"rows:\n- id: 1\n  {column}: {quoted(word)}\n")
        finished = refused(seeding())
        said = word.strip(" [](){},0123456789:-").lower()
        assert finished["error"]["message"] == (
            f'column "{column}" can\'t take `{said}`, which is another value at each run; write a fixed date or time, '
            "or leave the cell out and give the column a default"
        )
        assert (finished["line"], finished["column"]) == (3, 5 + len(column))
        assert database.rows("SELECT * FROM events") == []

    @pytest.mark.parametrize("column", ["day", "at", "hours"])
    @pytest.mark.parametrize("filled", [False, True])
    def test_in_a_large_file(self, seeding: Seeding, database: Database, column: str, filled: bool) -> None:
        """Neither a load into an empty table nor a stage that PostgreSQL reads takes it."""
        if filled:
            database.execute("INSERT INTO events (id) VALUES (0)")
        word = "[now,)" if column == "hours" else "now"
        seeding.folder.write("events.csv", many(column, f"{MANY},x,{quoted(word)}"))
        finished = refused(seeding())
        assert "can't take `now`" in finished["error"]["message"]
        assert (finished["line"], finished["column"]) == (MANY + 1, len(f"{MANY},x,") + 1)
        assert database.scalar("SELECT count(*) FROM events") == int(filled)

    def test_in_a_changed_piece_of_a_large_file(self, seeding: Seeding, database: Database) -> None:
        seeding.folder.write("events.csv", many("day", f"{MANY},x,2024-01-01"))
        assert seeding().exit_code == 0
        seeding.folder.write("events.csv", many("day", f"{MANY},x,today"))
        assert "can't take `today`" in refused(seeding())["error"]["message"]
        assert database.rows("SELECT day::text FROM events WHERE day IS NOT NULL") == [("2024-01-01",)]

    def test_elsewhere_they_are_words(self, seeding: Seeding, database: Database) -> None:
        seeding.folder.write(
            "events.yaml",
            "rows:\n- {id: 1, note: now, doc: {when: today}, day: epoch, at: infinity}\n- {id: 2, note: nowhere}\n",
        )
        assert seeding().exit_code == 0
        before = footprint(database)
        assert seeding("events").exit_code == 0
        assert footprint(database) == before

    def test_text_in_a_large_file(self, seeding: Seeding, database: Database) -> None:
        seeding.folder.write("events.csv", many("day", f"{MANY},yesterday,2024-01-01"))
        assert seeding().exit_code == 0
        assert database.scalar("SELECT count(*) FROM events WHERE note = 'now and today'") == MANY - 1
        before = footprint(database)
        assert seeding().exit_code == 0
        assert footprint(database) == before


@pytest.mark.parametrize("rows", [3, MANY])
def test_a_tag_in_csv_is_text_and_a_warning_says_so(seeding: Seeding, database: Database, rows: int) -> None:
    lines = ["id,note,day", *(f"{n},plain," for n in range(1, rows)), f"{rows},!env TOKEN,"]
    seeding.folder.write("events.csv", "\n".join(lines) + "\n")
    result = seeding(environ={"TOKEN": "s3cret-token"})
    assert result.exit_code == 0, str(result)
    assert database.rows("SELECT note FROM events WHERE id = %s", [rows]) == [("!env TOKEN",)]
    warning = result.event("seeder.tag_in_csv")
    assert (warning["seeder"], warning["line"]) == ("events", rows + 1)
    assert warning["message"] == (
        "a field begins with !env, which is text in CSV; to have it read as a tag, write the row in YAML"
    )
    assert not seeding().all("seeder.tag_in_csv")


@pytest.mark.parametrize(
    ("name", "wide"), [("events.csv", False), ("events.ndjson", False), ("events.csv", True)]
)
def test_a_cell_has_a_bound_and_a_row_has_none(
    seeding: Seeding, database: Database, monkeypatch: pytest.MonkeyPatch, name: str, wide: bool
) -> None:
    for module in ("seed_files.raw_csv", "seed_files.csv_reader", "seed_files.text"):
        monkeypatch.setattr(f"seeder.{module}.LARGEST", 1 << 20)
    database.execute(
        "CREATE TABLE wide (id int PRIMARY KEY, a text, b text, c text); ALTER TABLE wide SET SCHEMA public"
    )
    text = "x" * (900_000 if wide else 1_100_000)
    if wide:
        seeding.folder.write("wide.csv", f"id,a,b,c\n1,a,b,c\n2,{text},{quoted(text)},{text}\n")
        assert seeding().exit_code == 0
        assert database.scalar("SELECT length(a) + length(b) + length(c) FROM wide WHERE id = 2") == 2_700_000
    elif name.endswith("csv"):
        for field in (text, quoted(text), quoted("x,\n" * 400_000), '"' + text):
            seeding.folder.write("events.csv", f"id,note\n1,a\n2,{field}\n3,b\n")
            finished = refused(seeding())
            assert finished["error"]["message"] == (
                "a field in this row has more than 1 MiB; shorten it, or close its quote"
            )
            assert finished["line"] == 3
    else:
        seeding.folder.write("events.ndjson", f'{{"id": 1}}\n{{"id": 2, "note": "{text}"}}\n')
        finished = refused(seeding())
        assert finished["error"]["message"] == (
            "the line has more than 1 MiB; each object stands on a line of its own"
        )
        assert finished["line"] == 2
    assert database.rows("SELECT * FROM events") == []

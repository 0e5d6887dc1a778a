"""The table, the seed file or its name changes between two runs: what was seeded is still known, and edits stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.footprint import footprint
from tests.integration.seeding import Entry, Seeding, read_ledger

if TYPE_CHECKING:
    from tests.integration.commandline import Result, SeedFolder
    from tests.integration.postgres import Database

TEXTS = ("1", "2", "A", "B", "C", "Mine", "n", "m")

pytestmark = pytest.mark.newest_server


@pytest.fixture
def seeding(database: Database, seeds: SeedFolder) -> Seeding:
    database.execute("CREATE TABLE tools (name text PRIMARY KEY, title text, rank int, note text)")
    return Seeding(database, seeds)


def counts(result: Result, seeder: str = "tools") -> tuple[int, int, int, int]:
    """Rows inserted, updated, deleted and kept."""
    finished = result.finished(seeder)
    assert finished["outcome"] == "succeeded", str(result)
    return finished["inserted"], finished["updated"], finished["deleted"], finished["kept"]


def assert_nothing_to_do(seeding: Seeding) -> None:
    before = footprint(seeding.database)
    assert seeding().event("run.finished")["changed"] == 0
    assert footprint(seeding.database) == before


TWO = [{"name": "a", "title": "A", "rank": 1}, {"name": "b", "title": "B", "rank": 2}]


class TestColumns:
    @pytest.fixture(autouse=True)
    def seeded(self, seeding: Seeding, database: Database) -> None:
        """Two rows, of which somebody edited the title of the second."""
        seeding.write("tools", TWO)
        assert counts(seeding()) == (2, 0, 0, 0)
        database.execute("UPDATE tools SET title = 'Mine' WHERE name = 'b'")

    def test_one_is_added_that_the_seed_file_does_not_name(
        self, seeding: Seeding, database: Database
    ) -> None:
        database.execute("ALTER TABLE tools ADD added text DEFAULT 'x'")
        assert counts(seeding()) == (0, 0, 0, 1)
        assert_nothing_to_do(seeding)

    def test_one_is_added_and_seeded(self, seeding: Seeding, database: Database) -> None:
        database.execute("ALTER TABLE tools ADD added text DEFAULT 'n'")
        seeding.write("tools", [{**row, "added": added} for row, added in zip(TWO, ("n", "m"), strict=True)])
        assert counts(seeding()) == (0, 1, 0, 1)
        assert database.rows("SELECT title, added FROM tools ORDER BY name") == [("A", "n"), ("Mine", "m")]
        assert read_ledger(database, *TEXTS) == {
            ("a",): Entry({"title": "A", "rank": "1", "added": "n"}),
            ("b",): Entry({"title": "B", "rank": "2", "added": "m"}),
        }
        assert_nothing_to_do(seeding)

    def test_one_is_dropped(self, seeding: Seeding, database: Database) -> None:
        database.execute("ALTER TABLE tools DROP rank")
        seeding.write("tools", [{"name": row["name"], "title": row["title"]} for row in TWO])
        assert counts(seeding()) == (0, 0, 0, 1)
        assert_nothing_to_do(seeding)
        seeding.write("tools", [{"name": "a", "title": "C"}, {"name": "b", "title": "C"}])
        result = seeding()
        assert counts(result) == (0, 1, 0, 1)
        assert result.event("seeder.conflict")["key"] == {"name": "b"}

    def test_one_is_dropped_that_the_seed_file_still_names(
        self, seeding: Seeding, database: Database
    ) -> None:
        database.execute("ALTER TABLE tools DROP rank; ALTER TABLE tools ADD ranks int")
        before = footprint(database)
        result = seeding()
        assert result.exit_code == 1
        finished = result.finished("tools")
        assert finished["error"]["message"] == 'no column "rank" in public.tools; did you mean "ranks"?'
        assert finished["line"] == 2
        assert footprint(database).versions == before.versions

    def test_one_is_dropped_and_its_rows_retire(self, seeding: Seeding, database: Database) -> None:
        database.execute("ALTER TABLE tools DROP rank")
        seeding.write("tools", [], retired_rows="delete")
        assert counts(seeding()) == (0, 0, 1, 1)
        assert database.rows("SELECT name FROM tools") == [("b",)]

    def test_one_is_renamed(self, seeding: Seeding, database: Database) -> None:
        database.execute("ALTER TABLE tools RENAME rank TO place")
        renamed = [{"name": row["name"], "title": row["title"], "place": row["rank"]} for row in TWO]
        seeding.write("tools", renamed)
        assert counts(seeding()) == (0, 0, 0, 1)
        entries = read_ledger(database, *TEXTS)
        assert entries[("a",)].desired["place"] == "1"
        assert_nothing_to_do(seeding)
        seeding.write("tools", [{**row, "place": 2} for row in renamed])
        assert counts(seeding()) == (0, 1, 0, 1)

    @pytest.mark.parametrize("kind", ["bigint", "text", "numeric"])
    def test_one_is_retyped_and_reads_the_same(self, seeding: Seeding, database: Database, kind: str) -> None:
        database.execute(f"ALTER TABLE tools ALTER rank TYPE {kind}")
        assert counts(seeding()) == (0, 0, 0, 1)
        assert_nothing_to_do(seeding)
        seeding.write("tools", [{**row, "rank": 2} for row in TWO])
        assert counts(seeding()) == (0, 1, 0, 1)
        assert database.scalar("SELECT string_agg(rank::int::text, ',') FROM tools") == "2,2"

    def test_one_is_retyped_and_reads_otherwise(self, seeding: Seeding, database: Database) -> None:
        database.execute("ALTER TABLE tools ALTER rank TYPE numeric(4,1)")
        assert counts(seeding()) == (0, 0, 0, 1)
        seeding.write("tools", [{**row, "rank": 3} for row in TWO])
        assert counts(seeding())[1] == 2, "unchanged in meaning, so what the seed changes is written"
        assert_nothing_to_do(seeding)

    def test_one_is_retyped_and_holds_another_value(self, seeding: Seeding, database: Database) -> None:
        database.execute("ALTER TABLE tools ALTER rank TYPE int USING rank * 100")
        assert counts(seeding()) == (0, 0, 0, 2)
        assert database.rows("SELECT rank FROM tools ORDER BY name") == [(100,), (200,)]
        assert_nothing_to_do(seeding)

    def test_a_key_column_is_retyped(self, seeding: Seeding, database: Database) -> None:
        database.execute("ALTER TABLE tools ALTER name TYPE varchar(20)")
        assert counts(seeding()) == (0, 0, 0, 1)
        assert_nothing_to_do(seeding)

    def test_the_table_moves_to_another_schema(self, seeding: Seeding, database: Database) -> None:
        database.execute("CREATE SCHEMA other; ALTER TABLE tools SET SCHEMA other")
        seeding.write("tools", TWO, table="other.tools")
        result = seeding()
        assert counts(result) == (0, 0, 0, 1)
        assert result.all("seeder.adopted") == []
        assert_nothing_to_do(seeding)

    def test_the_table_is_dropped_and_made_again(self, seeding: Seeding, database: Database) -> None:
        database.execute("DROP TABLE tools; CREATE TABLE tools (name text PRIMARY KEY, title text, rank int)")
        assert counts(seeding()) == (2, 0, 0, 0)
        assert_nothing_to_do(seeding)


class TestKey:
    @pytest.fixture(autouse=True)
    def seeded(self, seeding: Seeding, database: Database) -> None:
        database.execute("ALTER TABLE tools DROP CONSTRAINT tools_pkey; ALTER TABLE tools ADD UNIQUE (rank)")
        seeding.write("tools", TWO, key=["name"])
        assert counts(seeding()) == (2, 0, 0, 0)
        database.execute("UPDATE tools SET title = 'Mine' WHERE name = 'b'")

    def test_another_one(self, seeding: Seeding, database: Database) -> None:
        seeding.write("tools", TWO, key=["rank"])
        assert counts(seeding()) == (0, 0, 0, 1)
        assert database.rows("SELECT name, title FROM tools ORDER BY name") == [("a", "A"), ("b", "Mine")]
        entries = read_ledger(database, *TEXTS)
        assert set(entries) == {("1",), ("2",)}
        assert [entries[key].desired["title"] for key in sorted(entries)] == ["A", "B"]
        assert not any(entry.adopted for entry in entries.values())
        assert_nothing_to_do(seeding)

    def test_another_one_and_other_cells_at_once(self, seeding: Seeding, database: Database) -> None:
        seeding.write("tools", [{**row, "title": "C"} for row in TWO], key=["rank"])
        result = seeding()
        assert counts(result) == (0, 1, 0, 1)
        assert result.event("seeder.conflict")["key"] == {"rank": "2"}
        assert database.rows("SELECT title FROM tools ORDER BY name") == [("C",), ("Mine",)]

    def test_more_columns(self, seeding: Seeding, database: Database) -> None:
        seeding.write("tools", TWO, key=["name", "rank"])
        assert counts(seeding()) == (0, 0, 0, 1)
        assert set(read_ledger(database)) == {("a", "1"), ("b", "2")}
        assert_nothing_to_do(seeding)

    def test_and_back_again(self, seeding: Seeding, database: Database) -> None:
        for key in (["rank"], ["name"], ["rank"]):
            seeding.write("tools", TWO, key=key)
            assert counts(seeding()) == (0, 0, 0, 1)
            assert_nothing_to_do(seeding)
        assert database.scalar("SELECT title FROM tools WHERE name = 'b'") == "Mine"

    def test_a_row_retires_with_the_change(self, seeding: Seeding, database: Database) -> None:
        seeding.write("tools", TWO[1:], key=["rank"], retired_rows="delete")
        assert counts(seeding()) == (0, 0, 1, 1)
        assert database.rows("SELECT name FROM tools") == [("b",)]

    def test_a_row_is_gone_by_then(self, seeding: Seeding, database: Database) -> None:
        database.execute("DELETE FROM tools WHERE name = 'a'")
        seeding.write("tools", TWO, key=["rank"])
        assert counts(seeding()) == (1, 0, 0, 1)
        assert_nothing_to_do(seeding)

    def test_a_former_key_column_is_gone_by_then(self, seeding: Seeding, database: Database) -> None:
        database.execute("ALTER TABLE tools DROP name")
        seeding.write(
            "tools",
            [{"rank": 1, "title": "A"}, {"rank": 2, "title": "B"}],
            key=["rank"],
            existing_rows="keep",
        )
        result = seeding()
        assert result.event("seeder.adopted")["rows"] == 2
        assert counts(result) == (0, 0, 0, 1)
        assert_nothing_to_do(seeding)

    def test_edited_by_hand(self, seeding: Seeding, database: Database) -> None:
        """The row of that key is gone, so it is restored; the one with the new key is nobody's but his who made it."""
        database.execute("UPDATE tools SET name = 'mine', rank = 9 WHERE name = 'a'")
        assert counts(seeding()) == (1, 0, 0, 1)
        assert database.rows("SELECT name, title FROM tools ORDER BY name") == [
            ("a", "A"),
            ("b", "Mine"),
            ("mine", "A"),
        ]
        assert set(read_ledger(database)) == {("a",), ("b",)}
        assert_nothing_to_do(seeding)
        seeding.write("tools", [], key=["name"], retired_rows="delete")
        assert counts(seeding()) == (0, 0, 1, 1)
        assert database.rows("SELECT name FROM tools ORDER BY name") == [("b",), ("mine",)]

    def test_edited_by_hand_to_one_that_the_seed_file_adds(
        self, seeding: Seeding, database: Database
    ) -> None:
        database.execute("UPDATE tools SET name = 'c' WHERE name = 'a'")
        seeding.write(
            "tools",
            [TWO[1], {"name": "c", "title": "C", "rank": 1}],
            key=["name"],
            existing_rows="keep",
            retired_rows="delete",
        )
        result = seeding()
        assert result.event("seeder.adopted")["rows"] == 1
        assert counts(result) == (0, 0, 0, 2)
        assert set(read_ledger(database)) == {("b",), ("c",)}


class TestNames:
    def test_a_seeder_is_renamed(self, seeding: Seeding, database: Database) -> None:
        seeding.write("tools", TWO)
        seeding()
        database.execute("UPDATE tools SET title = 'Mine' WHERE name = 'b'")
        (seeding.folder.path / "tools.yaml").unlink()
        seeding.write("gadgets", TWO, table="tools", formerly=["tools"])
        assert counts(seeding(), "gadgets") == (0, 0, 0, 1)
        assert {entry.seeder for entry in read_ledger(database).values()} == {"gadgets"}
        assert_nothing_to_do(seeding)
        seeding.write("gadgets", TWO[1:], table="tools", retired_rows="delete")
        assert counts(seeding(), "gadgets") == (0, 0, 1, 1)

    def test_two_seeders_with_different_rows(self, seeding: Seeding, database: Database) -> None:
        seeding.write("gadgets", TWO[:1], table="tools", retired_rows="delete")
        seeding.write("tools", TWO[1:], retired_rows="delete")
        assert seeding().event("run.finished")["changed"] == 2
        assert {key: entry.seeder for key, entry in read_ledger(database).items()} == {
            ("a",): "gadgets",
            ("b",): "tools",
        }
        assert_nothing_to_do(seeding)
        seeding.write("gadgets", [], table="tools", retired_rows="delete")
        result = seeding()
        assert counts(result, "gadgets") == (0, 0, 1, 0)
        assert counts(result) == (0, 0, 0, 0)
        assert database.rows("SELECT name FROM tools") == [("b",)]

    def test_two_seeders_that_name_different_columns(self, seeding: Seeding, database: Database) -> None:
        seeding.write("gadgets", [{"name": "a", "note": "n"}], table="tools")
        seeding.write("tools", [{"name": "b", "title": "B"}])
        seeding()
        assert read_ledger(database, *TEXTS) == {
            ("a",): Entry({"note": "n"}, seeder="gadgets"),
            ("b",): Entry({"title": "B"}),
        }
        assert_nothing_to_do(seeding)

    @pytest.mark.parametrize("selection", [(), ("tools",)], ids=["both run", "one runs"])
    def test_two_seeders_that_claim_one_row(
        self, seeding: Seeding, database: Database, selection: tuple[str, ...]
    ) -> None:
        seeding.write("gadgets", TWO, table="tools")
        if selection:
            seeding("gadgets")
        seeding.write("tools", [{"name": "c", "title": "C"}, {"name": "b", "title": "C"}])
        result = seeding(*selection)
        assert result.exit_code == 1
        finished = result.finished("tools")
        assert finished["outcome"] == "failed"
        assert 'belongs to "gadgets"' in finished["error"]["message"]
        assert finished["seeder"] == "tools"
        assert finished["key"] == {"name": "b"}
        assert finished["line"] == 3
        assert database.rows("SELECT name, title FROM tools ORDER BY name") == [("a", "A"), ("b", "B")]

    @pytest.mark.parametrize(
        "policy", ["keep", "delete", {"set": {"note": "m"}}], ids=["keep", "delete", "set"]
    )
    @pytest.mark.parametrize(("giver", "taker"), [("gadgets", "tools"), ("tools", "gadgets")])
    def test_a_row_moves_from_one_seed_file_to_another(
        self, seeding: Seeding, database: Database, giver: str, taker: str, policy: Any
    ) -> None:
        seeding.write(giver, TWO, table="tools", retired_rows=policy)
        seeding.write(taker, [], table="tools")
        seeding()
        database.execute("UPDATE tools SET title = 'Mine' WHERE name = 'b'")
        seeding.write(giver, TWO[:1], table="tools", retired_rows=policy)
        seeding.write(taker, TWO[1:], table="tools")
        first = seeding()
        assert first.exit_code == 0, str(first)
        assert counts(first, taker) == (0, 0, 0, 1)
        assert read_ledger(database)[("b",)].seeder == taker
        assert read_ledger(database)[("b",)].retired is None
        assert database.rows("SELECT title FROM tools ORDER BY name") == [("A",), ("Mine",)]
        assert_nothing_to_do(seeding)

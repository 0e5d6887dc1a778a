"""Rows that were in the table before the seeder: nothing of them is lost, and what differs is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from seeder import UsageError, seed_sync
from tests.integration.footprint import footprint, transactions_begun
from tests.integration.seeding import Entry, Seeding, read_ledger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.integration.commandline import CommandLine, Result, SeedFolder
    from tests.integration.postgres import Database

ALL = "SELECT sku, name, price, active, note FROM products ORDER BY sku"
OVERWRITE = {"existing_rows": "overwrite"}


@pytest.fixture
def seeding(database: Database, seeds: SeedFolder) -> Seeding:
    database.execute(
        "CREATE TABLE products (sku text PRIMARY KEY, name text, price numeric, active bool, note text, "
        "updated_at timestamptz)"
    )
    return Seeding(database, seeds)


def counts(result: Result, seeder: str = "products") -> tuple[int, int, int, int]:
    """Rows inserted and updated, rows kept, and those of them that stay as they were before."""
    assert result.exit_code == 0, str(result)
    finished = result.finished(seeder)
    return finished["inserted"], finished["updated"], finished["kept"], finished["kept_existing"]


def kept(result: Result) -> tuple[int, dict[str, int]]:
    """What the one event says of cells that were kept."""
    event = result.event("seeder.kept_existing")
    assert event["level"] == "warning"
    return event["rows"], event["kept_cells"]


def fill_by_hand(database: Database, rows: int = 3) -> None:
    database.execute(
        "INSERT INTO products SELECT 'p' || n, 'Hand ' || n, n, true, CASE WHEN n > 2 THEN 'by hand' END, "
        f"'2020-01-01' FROM pg_catalog.generate_series(1, {rows}) AS n"
    )


def products(rows: int = 3, more: int = 0, **cells: Any) -> list[dict[str, Any]]:
    """Rows of the seed file: the names differ in all rows, the price in the first, and all are active."""
    return [
        {"sku": f"p{n}", "name": f"Seed {n}", "price": max(n, 2), "active": True, **cells}
        for n in range(1, rows + more + 1)
    ]


def write(seeding: Seeding, rows: Iterable[dict[str, Any]], **fields: Any) -> None:
    seeding.write("products", rows, **fields)


def assert_writes_nothing(seeding: Seeding, **options: Any) -> Result:
    before = footprint(seeding.database)
    again = seeding(**options)
    assert footprint(seeding.database) == before
    assert again.all("seeder.kept_existing") == again.all("seeder.adopted") == []
    return again


@pytest.mark.parametrize("rows", [500, 2500], ids=["few", "many"])
class TestATableFilledByHand:
    """500 rows and more, and a seed file that knows them too, and ten others."""

    def test_not_one_value_changes_and_the_missing_rows_arrive(
        self, seeding: Seeding, database: Database, rows: int
    ) -> None:
        fill_by_hand(database, rows)
        before = {row[0]: row for row in database.rows(ALL)}
        times = database.scalar("SELECT count(*) FROM products WHERE updated_at = '2020-01-01'")
        write(seeding, products(rows, more=10))

        first = seeding()

        assert counts(first) == (10, 0, rows, rows)
        after = {row[0]: row for row in database.rows(ALL)}
        assert {sku: row for sku, row in after.items() if sku in before} == before
        assert (
            times == rows == database.scalar("SELECT count(*) FROM products WHERE updated_at = '2020-01-01'")
        )
        assert len(after) == rows + 10
        assert first.event("seeder.adopted")["rows"] == rows
        assert kept(first) == (rows, {"name": rows, "price": 1})
        assert first.event("run.finished")["kept_existing"] == rows
        assert_writes_nothing(seeding)
        assert counts(seeding()) == (0, 0, rows, rows)

    def test_a_later_overwrite_reaches_what_was_kept_and_only_that(
        self, seeding: Seeding, database: Database, rows: int
    ) -> None:
        fill_by_hand(database, rows)
        write(seeding, products(rows, more=10))
        seeding()
        # Cells that were adopted as seeded, and one of a row that the seeder inserted: edits like any other.
        database.execute("UPDATE products SET active = false WHERE sku IN ('p1', 'p2')")
        database.execute(f"UPDATE products SET name = 'Mine' WHERE sku = 'p{rows + 1}'")
        # One that was kept, and is edited once more.
        database.execute("UPDATE products SET name = 'Hand again' WHERE sku = 'p2'")
        write(seeding, products(rows, more=10), **OVERWRITE)

        result = seeding()

        assert counts(result) == (0, rows, 3, 0)
        found = {row[0]: row[1:] for row in database.rows(ALL)}
        assert found["p1"] == ("Seed 1", 2, False, None)
        assert found["p2"] == ("Seed 2", 2, False, None)
        assert found["p3"] == ("Seed 3", 3, True, "by hand")
        assert found[f"p{rows + 1}"][0] == "Mine"
        assert [name for name, *_ in found.values() if name.startswith("Hand")] == []
        assert_writes_nothing(seeding)


def test_it_is_proved_too_and_counts_what_it_keeps(seeding: Seeding, database: Database) -> None:
    fill_by_hand(database)
    write(seeding, products())
    seeding()
    before = transactions_begun(database)
    result = seeding()
    assert counts(result) == (0, 0, 3, 3)
    assert result.event("run.finished")["kept_existing"] == 3
    assert transactions_begun(database) == before
    # The same counts by comparing: with --diff nothing is proved.
    assert counts(seeding(diff=True)) == (0, 0, 3, 3)


def test_edits_and_what_was_there_before_are_told_apart(seeding: Seeding, database: Database) -> None:
    fill_by_hand(database, 2)
    write(seeding, products(3))
    seeding()
    database.execute("UPDATE products SET name = 'Mine' WHERE sku = 'p3'")
    for _ in range(2):
        assert counts(seeding()) == (0, 0, 3, 2)


def test_a_kept_cell_stays_if_the_seed_file_changes_it(seeding: Seeding, database: Database) -> None:
    fill_by_hand(database, 1)
    write(seeding, [{"sku": "p1", "name": "Seed", "active": True}])
    seeding()
    write(seeding, [{"sku": "p1", "name": "Newer", "active": False}])
    result = seeding()
    # The other cell was as the seed file had it, so it counts as seeded.
    assert counts(result) == (0, 1, 1, 1)
    assert database.rows("SELECT name, active FROM products") == [("Hand 1", False)]
    assert result.all("seeder.conflict") == result.all("seeder.kept_existing") == []
    assert_writes_nothing(seeding)


@pytest.mark.parametrize("by", ["hand", "seed file"])
def test_a_kept_cell_is_settled_when_the_two_agree(seeding: Seeding, database: Database, by: str) -> None:
    fill_by_hand(database, 1)
    write(seeding, [{"sku": "p1", "name": "Seed"}])
    seeding()
    agreed = "Seed" if by == "hand" else "Hand 1"
    database.execute(f"UPDATE products SET name = '{agreed}'")
    write(seeding, [{"sku": "p1", "name": agreed}])
    assert counts(seeding()) == (0, 0, 0, 0)
    assert_writes_nothing(seeding)
    write(seeding, [{"sku": "p1", "name": "Newer"}])
    assert counts(seeding()) == (0, 1, 0, 0)
    assert database.scalar("SELECT name FROM products") == "Newer"
    assert read_ledger(database, "Newer", table="public.products") == {
        ("p1",): Entry({"name": "Newer"}, adopted=True, seeder="products")
    }


def test_rows_that_look_something_up_are_told_of_in_the_same_event(
    seeding: Seeding, database: Database
) -> None:
    fill_by_hand(database, 2)
    database.execute("ALTER TABLE products ADD related text")
    seeding.folder.write(
        "products.yaml",
        "rows:\n"
        "- {sku: p1, name: Seed 1}\n"
        "- {sku: p2, name: Seed 2, related: !ref {table: products, where: {sku: p1}}}\n",
    )
    assert kept(seeding()) == (2, {"name": 2, "related": 1})
    assert_writes_nothing(seeding)


def test_no_value_is_in_what_is_said(seeder: CommandLine, seeding: Seeding, database: Database) -> None:
    fill_by_hand(database, 1)
    write(seeding, [{"sku": "p1", "name": "Desired0815"}])
    report = seeding.folder.path.parent / "report.json"
    result = seeder("--all", "--path", seeding.folder.path, "--report", report)
    assert kept(result) == (1, {"name": 1})
    said = str(result) + report.read_text()
    assert "Desired0815" not in said
    assert "Hand 1" not in said
    assert json.loads(report.read_text())["kept_existing"] == 1
    assert json.loads(report.read_text())["seeders"][0]["kept_existing"] == 1


def test_the_status_counts_what_is_kept(seeder: CommandLine, seeding: Seeding, database: Database) -> None:
    fill_by_hand(database, 2)
    write(seeding, products(4))
    seeding()
    database.execute("UPDATE products SET name = 'Mine' WHERE sku = 'p4'")

    def counted() -> tuple[int, int]:
        (status,) = json.loads(seeder("status", "--json", "--path", seeding.folder.path).stdout)
        return status["edited"], status["kept_existing"]

    assert counted() == (3, 2)
    seeding(existing_rows="overwrite")
    assert counted() == (1, 0)


class TestDryRun:
    def test_it_says_the_same_and_writes_nothing(self, seeding: Seeding, database: Database) -> None:
        fill_by_hand(database, 2)
        write(seeding, products(3))
        before = footprint(database)
        result = seeding(dry_run=True, diff=True)
        assert footprint(database).versions == before.versions
        assert kept(result) == (2, {"name": 2, "price": 1})
        shown = {
            event["key"]["sku"]: (event["change"], event["cells"]) for event in result.all("row.differs")
        }
        assert shown["p1"] == (
            "kept",
            {"name": {"live": "Hand 1", "desired": "Seed 1"}, "price": {"live": "1", "desired": "2"}},
        )
        assert shown["p3"][0] == "added"

    def test_what_is_kept_is_never_a_change(self, seeding: Seeding, database: Database) -> None:
        fill_by_hand(database)
        write(seeding, products())
        assert counts(seeding(check=True)) == (0, 0, 3, 3)
        seeding()
        for diff in (False, True):
            assert counts(seeding(check=True, diff=diff)) == (0, 0, 3, 3)
        write(seeding, products(), **OVERWRITE)
        assert seeding(check=True).exit_code == 6


class TestTheOption:
    def test_it_counts_where_the_seed_file_does_not_say(self, seeding: Seeding, database: Database) -> None:
        fill_by_hand(database)
        write(seeding, products())
        assert counts(seeding(existing_rows="overwrite")) == (0, 3, 0, 0)
        assert_writes_nothing(seeding, existing_rows="overwrite")

    def test_a_csv_file_alone_is_such_a_file(self, seeding: Seeding, database: Database) -> None:
        fill_by_hand(database, 1)
        seeding.folder.write("products.csv", "sku,name\np1,Seed\n")
        assert counts(seeding()) == (0, 0, 1, 1)
        assert counts(seeding(existing_rows="overwrite")) == (0, 1, 0, 0)

    def test_the_seed_file_has_the_last_word(self, seeding: Seeding, database: Database) -> None:
        fill_by_hand(database)
        write(seeding, products(), existing_rows="keep")
        assert counts(seeding(existing_rows="overwrite")) == (0, 0, 3, 3)
        assert counts(seeding(existing_rows="fail")) == (0, 0, 3, 3)

    def test_it_wins_over_what_the_folder_says(self, seeding: Seeding, database: Database) -> None:
        fill_by_hand(database)
        write(seeding, products())
        seeding.folder.write("_seeds.yaml", "existing_rows: overwrite\n")
        assert counts(seeding(existing_rows="keep")) == (0, 0, 3, 3)
        keep = {"SEED_EXISTING_ROWS": "keep"}
        assert counts(seeding(environ=keep)) == (0, 0, 3, 3)
        write(seeding, products(), existing_rows="keep")
        assert counts(seeding()) == (0, 0, 3, 3)
        write(seeding, products())
        assert counts(seeding()) == (0, 3, 0, 0)

    def test_a_run_that_is_proved_notices_it(self, seeding: Seeding, database: Database) -> None:
        fill_by_hand(database)
        write(seeding, products())
        for _ in range(2):
            assert counts(seeding()) == (0, 0, 3, 3)
        failed = seeding(existing_rows="fail")
        assert failed.exit_code == 1
        assert "existing_rows" in failed.finished("products")["error"]["message"]
        assert counts(seeding(existing_rows="overwrite")) == (0, 3, 0, 0)
        assert counts(seeding()) == (0, 0, 0, 0)
        assert_writes_nothing(seeding)

    def test_the_command_line_wins_over_the_environment(
        self, seeder: CommandLine, seeding: Seeding, database: Database
    ) -> None:
        fill_by_hand(database, 1)
        write(seeding, [{"sku": "p1", "name": "Seed"}])
        arguments = ("--all", "--path", str(seeding.folder.path))
        overwrite = {"SEED_EXISTING_ROWS": "overwrite"}
        assert counts(seeder(*arguments, "--existing-rows", "keep", env=overwrite)) == (0, 0, 1, 1)
        assert counts(seeder(*arguments, env=overwrite)) == (0, 1, 0, 0)
        wrong = seeder(*arguments, "--existing-rows", "skip")
        assert wrong.exit_code == 2
        assert "is not one of keep, overwrite, fail" in wrong.refusal

    def test_the_library_has_it_too(self, seeding: Seeding, database: Database) -> None:
        fill_by_hand(database)
        write(seeding, products())
        path = seeding.folder.path
        assert seed_sync(database.url, path=path).kept_existing == 3
        assert seed_sync(database.url, path=path, existing_rows="overwrite").changed == 3
        with pytest.raises(UsageError, match="existing_rows"):
            seed_sync(database.url, path=path, existing_rows="skip")


class TestWithoutALedger:
    """A plain upsert, if nobody says otherwise."""

    def test_it_overwrites_by_default(self, seeding: Seeding, database: Database) -> None:
        fill_by_hand(database)
        write(seeding, products())
        assert counts(seeding(ledger="off")) == (0, 3, 0, 0)

    @pytest.mark.parametrize("how", ["seed file", "option"])
    def test_it_keeps_if_told_so(self, seeding: Seeding, database: Database, how: str) -> None:
        fill_by_hand(database)
        option = {"existing_rows": "keep"}
        write(seeding, products(4), **(option if how == "seed file" else {}))
        options: Any = {"ledger": "off", **({} if how == "seed file" else option)}
        assert counts(seeding(**options)) == (1, 0, 3, 3)
        assert counts(seeding(**options)) == (0, 0, 3, 3)


@pytest.mark.parametrize("policy", ["keep", "overwrite"])
def test_a_row_that_was_there_before_is_never_deleted(
    seeding: Seeding, database: Database, policy: str
) -> None:
    fill_by_hand(database, 2)
    write(seeding, products(3), existing_rows=policy)
    seeding()
    write(seeding, [], existing_rows=policy, retired_rows="delete")
    result = seeding()
    assert result.finished("products")["deleted"] == 1
    assert [sku for sku, *_ in database.rows(ALL)] == ["p1", "p2"]
    assert {event["reason"] for event in result.all("seeder.kept")} == {"it was there before us"}


class TestAColumnThatComesLater:
    """A migration adds a column, and the next seed file fills it, in rows of ours and in rows from before."""

    @pytest.fixture(autouse=True)
    def seeded(self, seeding: Seeding, database: Database) -> None:
        database.execute(
            "INSERT INTO products (sku, name) VALUES ('before', 'Seed'), ('before, differs', 'Hand')"
        )
        self.rows = [{"sku": sku, "name": "Seed"} for sku in ("ours", "edited", "before", "before, differs")]
        write(seeding, self.rows)
        assert counts(seeding()) == (2, 0, 1, 1)
        database.execute("UPDATE products SET name = 'Mine' WHERE sku = 'edited'")

    def fill(self, seeding: Seeding, **fields: Any) -> Result:
        write(seeding, [{**row, "stock": 7} for row in self.rows], **fields)
        result = seeding()
        assert result.all("seeder.conflict") == []
        assert_writes_nothing(seeding)
        return result

    def stock(self, database: Database) -> dict[str, Any]:
        assert database.rows("SELECT sku, name FROM products WHERE name <> 'Seed' ORDER BY sku") == [
            ("before, differs", "Hand"),
            ("edited", "Mine"),
        ]
        return dict(database.rows("SELECT sku, stock FROM products"))

    @pytest.mark.parametrize("default", ["", "DEFAULT 0"], ids=["without a default", "with a default"])
    def test_it_is_filled_in_rows_of_ours(self, seeding: Seeding, database: Database, default: str) -> None:
        database.execute(f"ALTER TABLE products ADD stock int {default}")
        result = self.fill(seeding)
        left = 0 if default else None
        # In a row from before a cell that nobody filled differs like any other.
        expected = {"ours": 7, "edited": 7, "before": left, "before, differs": left}
        assert self.stock(database) == expected
        assert kept(result) == (2, {"stock": 2})
        assert counts(result) == (0, 2, 3, 2)

    def test_it_was_filled_by_hand(self, seeding: Seeding, database: Database) -> None:
        database.execute("ALTER TABLE products ADD stock int DEFAULT 0")
        database.execute("UPDATE products SET stock = 3 WHERE sku <> 'before'")
        result = self.fill(seeding)
        assert self.stock(database) == {"ours": 3, "edited": 3, "before": 0, "before, differs": 3}
        assert kept(result) == (4, {"stock": 4})
        # It is as at first contact: `overwrite` reaches these cells, and not the edit.
        assert counts(self.fill(seeding, **OVERWRITE)) == (0, 4, 1, 0)
        assert database.rows("SELECT DISTINCT name, stock FROM products ORDER BY name") == [
            ("Mine", 7),
            ("Seed", 7),
        ]

    def test_the_table_had_it_all_along(self, seeding: Seeding, database: Database) -> None:
        """Then it is nobody's in a row that is as it was left, and somebody may have filled it in any other."""
        write(seeding, [{**row, "price": 5} for row in self.rows])
        result = seeding()
        assert dict(database.rows("SELECT sku, price FROM products")) == {
            "ours": 5,
            "edited": None,
            "before": None,
            "before, differs": None,
        }
        assert kept(result) == (3, {"price": 3})
        assert_writes_nothing(seeding)

    def test_no_default_is_evaluated(self, seeding: Seeding, database: Database) -> None:
        database.execute(
            "CREATE SEQUENCE numbers; ALTER TABLE products ADD stock int DEFAULT nextval('numbers')"
        )
        before = database.scalar("SELECT last_value FROM numbers")
        result = self.fill(seeding)
        assert database.scalar("SELECT last_value FROM numbers") == before
        # The migration wrote each row, so nobody knows who filled the cell.
        assert kept(result) == (4, {"stock": 4})
        assert counts(seeding()) == (0, 0, 4, 4)

    def test_the_migration_that_fills_it_by_an_update(self, seeding: Seeding, database: Database) -> None:
        database.execute("ALTER TABLE products ADD stock int; UPDATE products SET stock = 1")
        assert kept(self.fill(seeding)) == (4, {"stock": 4})
        assert set(self.stock(database).values()) == {1}

    def test_the_table_was_rewritten_since(self, seeding: Seeding, database: Database) -> None:
        """Then PostgreSQL no longer knows what the migration filled in."""
        database.execute("ALTER TABLE products ADD stock int DEFAULT 0")
        database.execute("VACUUM FULL products")
        assert kept(self.fill(seeding)) == (4, {"stock": 4})


def test_a_kept_cell_whose_column_is_dropped_is_kept_no_more(
    seeder: CommandLine, seeding: Seeding, database: Database
) -> None:
    fill_by_hand(database, 2)
    write(seeding, [{"sku": f"p{n}", "name": "Seed", "active": True} for n in (1, 2)])
    assert counts(seeding()) == (0, 0, 2, 2)
    database.execute("ALTER TABLE products DROP name")
    write(seeding, [{"sku": f"p{n}", "active": True} for n in (1, 2)])
    assert counts(seeding()) == (0, 0, 0, 0)
    (status,) = json.loads(seeder("status", "--json", "--path", seeding.folder.path).stdout)
    assert (status["edited"], status["kept_existing"]) == (0, 0)
    assert_writes_nothing(seeding)


def test_a_run_that_shows_what_is_kept_writes_nothing(seeding: Seeding) -> None:
    """With --diff all rows are compared, so that what is kept is shown."""
    seeding.database.execute("CREATE TABLE tools (name text PRIMARY KEY, title text)")
    seeding.database.execute("INSERT INTO tools VALUES ('a', 'By hand')")
    seeding.write("tools", [{"name": "a", "title": "A"}, {"name": "b", "title": "B"}])
    assert seeding().exit_code == 0
    before = footprint(seeding.database)
    assert seeding(diff=True).finished("tools")["kept"] == 1
    assert footprint(seeding.database) == before

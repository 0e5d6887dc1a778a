"""`rows: !file prices/*.csv.gz`: several files, read as one."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from tests.integration.footprint import footprint
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, Result, SeedFolder
    from tests.integration.postgres import Database, StatementLog

pytestmark = pytest.mark.newest_server

MANY = 1500


@pytest.fixture
def prices(database: Database, seeds: SeedFolder) -> Seeding:
    database.execute("CREATE TABLE prices (id int PRIMARY KEY, price numeric, note text)")
    seeds.write("prices.yaml", "key: [id]\ninsert_only: [note]\nrows: !file prices/*\n")
    return Seeding(database, seeds)


def csv(first: int, count: int = MANY, header: str = "id,price,note") -> str:
    return header + "\n" + "".join(f"{n},{n}.5,n{n}\n" for n in range(first, first + count))


def settled(prices: Seeding, rows: int) -> None:
    before = footprint(prices.database)
    result = prices()
    assert result.exit_code == 0, str(result)
    assert result.finished("prices")["unchanged"] == rows
    assert footprint(prices.database) == before


def error(result: Result) -> tuple[str, int, int, str]:
    assert result.exit_code == 1, str(result)
    found = result.finished("prices")
    return found["file"].rpartition("/")[2], found["line"], found["column"], found["error"]["message"]


@pytest.mark.parametrize("count", [3, MANY])
def test_all_rows_of_all_files(
    prices: Seeding, database: Database, statements: StatementLog, count: int
) -> None:
    prices.folder.write("prices/b.csv", csv(count + 1, count))
    prices.folder.write("prices/a.csv.gz", gzip.compress(csv(1, count).encode()))
    prices.folder.write("prices/.hidden.csv", csv(9000, 1))
    with statements.recorded() as sent:
        result = prices()
    assert result.finished("prices")["inserted"] == 2 * count, str(result)
    assert database.scalar("SELECT sum(price - id - 0.5) FROM prices") == 0
    if count == MANY:
        # Together they are large enough that PostgreSQL reads them, into the table itself.
        assert [text for text in sent if text.startswith("COPY")][-1].startswith('COPY "public"."prices"')
    settled(prices, 2 * count)
    # One more file, a changed one, and one that is gone.
    prices.folder.write("prices/c.csv", csv(9001, 2))
    prices.folder.write("prices/b.csv", csv(count + 1, count).replace(f"{2 * count}.5", "0.5"))
    finished = prices().finished("prices")
    assert (finished["inserted"], finished["updated"], finished["unchanged"]) == (2, 1, 2 * count - 1)
    settled(prices, 2 * count + 2)
    (prices.folder.path / "prices" / "c.csv").unlink()
    assert prices().event("run.finished")["changed"] == 0
    settled(prices, 2 * count)


def test_of_several_kinds_and_with_other_columns(prices: Seeding, database: Database) -> None:
    prices.folder.write("prices/a.csv", csv(1, 2))
    prices.folder.write("prices/b.csv", "price,id\n9.5,3\n")
    prices.folder.write("prices/c.ndjson", '{"id": 4, "price": 1.5}\n')
    assert prices().exit_code == 0
    assert database.rows("SELECT id, price::text, note FROM prices ORDER BY 1") == [
        (1, "1.5", "n1"),
        (2, "2.5", "n2"),
        (3, "9.5", None),
        (4, "1.5", None),
    ]
    settled(prices, 4)


@pytest.mark.parametrize("count", [3, MANY])
def test_a_mistake_names_its_file(
    prices: Seeding, database: Database, seeder: CommandLine, count: int
) -> None:
    prices.folder.write("prices/a.csv", csv(1, count))
    prices.folder.write("prices/b.csv", csv(count + 1, count) + "9001,none,x\n")
    file, line, column, message = error(prices())
    assert (file, line, column) == ("b.csv", count + 2, 6)
    assert 'column "price" is of type numeric' in message
    # The same key in two of the files.
    prices.folder.write("prices/b.csv", csv(count, count))
    *place, message = error(prices())
    assert place == ["b.csv", 2, 1]
    assert message.startswith('the row has the same key ("id") as the one at ')
    assert message.endswith(f"prices/a.csv:{count + 1}")
    [mistake] = json.loads(seeder("validate", prices.folder, "--format", "json").stdout)
    assert mistake["message"] == message
    assert database.rows("SELECT * FROM prices") == []


def test_a_column_that_no_file_has(prices: Seeding) -> None:
    prices.folder.write("prices/a.csv", "id\n1\n")
    prices.folder.write("prices/b.csv", "id,price\n2,1\n")
    assert error(prices()) == ("prices.yaml", 2, 15, 'no row has a column "note"')


def test_files_in_the_folder_itself_are_no_seeders(prices: Seeding, database: Database) -> None:
    prices.folder.write("prices.yaml", "rows: !file part-[0-9].csv\n")
    prices.folder.write("part-1.csv", csv(1, 2))
    prices.folder.write("part-2.csv", csv(3, 2))
    result = prices()
    assert (result.exit_code, result.event("run.started")["seeders"]) == (0, 1)
    settled(prices, 4)
    prices.folder.write("part-3.csv", csv(5, 1))
    assert prices().event("run.finished")["changed"] == 1


def test_a_link_to_a_file_that_is_missing(prices: Seeding, database: Database) -> None:
    prices.folder.write("prices.yaml", "key: [id]\nretired_rows: delete\nrows: !file prices/*\n")
    prices.folder.write("prices/a.csv", csv(1, 2))
    volume = prices.folder.write("volume/b.csv", csv(3, 2))
    (prices.folder.path / "prices/b.csv").symlink_to(volume)
    assert prices().exit_code == 0
    settled(prices, 4)
    volume.unlink()
    assert error(prices()) == ("prices.yaml", 3, 7, "!file prices/b.csv is a link to a file that is missing")
    assert database.scalar("SELECT count(*) FROM prices") == 4


def test_an_overlay_changes_rows_of_any_of_them(prices: Seeding, database: Database) -> None:
    prices.folder.write("prices/a.csv", csv(1, 2))
    prices.folder.write("prices/b.csv", csv(3, 2))
    prices.folder.write(
        "prices.test.yaml", "absent: [{id: 1}]\nrows:\n- {id: 4, price: 0}\n- {id: 5, price: none}\n"
    )
    result = prices(environment="test")
    assert error(result)[:3] == ("prices.test.yaml", 4, 18)
    prices.folder.write(
        "prices.test.yaml", "absent: [{id: 1}]\nrows:\n- {id: 4, price: 0}\n- {id: 5, price: 9}\n"
    )
    assert prices(environment="test").exit_code == 0
    assert database.rows("SELECT id, price::text FROM prices ORDER BY 1") == [
        (2, "2.5"),
        (3, "3.5"),
        (4, "0"),
        (5, "9"),
    ]
    prices.folder.write("prices/b.csv", csv(3, 1) + "9,none,x\n")
    assert error(prices(environment="test"))[:3] == ("b.csv", 3, 3)

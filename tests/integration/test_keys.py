"""Keys by their type's own equality, whatever their text: no edit is lost, and no migration of a key stops a seeder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database

pytestmark = pytest.mark.newest_server


@pytest.mark.parametrize("names", [("numeric", "1.0", "1.00"), ("citext", "basic", "BASIC")])
def test_an_edit_survives_a_key_of_another_text(
    database: Database, seeder: CommandLine, seeds: SeedFolder, names: tuple[str, str, str]
) -> None:
    type_, seeded, renamed = names
    if type_ == "citext":
        database.execute("CREATE EXTENSION citext")
    database.execute(f"CREATE TABLE plans (key {type_} PRIMARY KEY, price int)")
    seeds.write("plans.yaml", f"rows: [{{key: {seeded}, price: 10}}]")
    assert seeder("--all", "--path", seeds).exit_code == 0
    database.execute("UPDATE plans SET key = %s, price = 99", (renamed,))
    again = seeder("--all", "--path", seeds)
    assert (again.event("run.finished")["changed"], again.finished("plans")["kept"]) == (0, 1)
    assert database.rows("SELECT key::text, price FROM plans") == [(renamed, 99)]
    assert database.scalar("SELECT count(*) FROM seeder.seeder_rows") == 1


@pytest.mark.parametrize(
    ("type_", "key"), [("int", "7"), ("uuid", "00000000-0000-0000-0000-000000000007"), ("plan", "new")]
)
def test_a_key_that_its_column_can_no_longer_hold_is_forgotten(
    database: Database, seeder: CommandLine, seeds: SeedFolder, type_: str, key: str
) -> None:
    database.execute("CREATE TYPE plan AS ENUM ('new')")
    database.execute("CREATE TABLE plans (key text PRIMARY KEY, price int)")
    seeds.write("plans.yaml", "rows: [{key: basic, price: 10}]")
    assert seeder("--all", "--path", seeds).exit_code == 0
    database.execute("DELETE FROM plans")
    database.execute(f"ALTER TABLE plans ALTER key TYPE {type_} USING key::{type_}")
    seeds.write("plans.yaml", f"rows: [{{key: {key}, price: 20}}]")
    assert seeder("status", "--path", seeds).exit_code == 0
    assert seeder("--all", "--path", seeds).exit_code == 0
    assert database.rows("SELECT key::text, price FROM plans") == [(key, 20)]
    assert database.rows("SELECT key FROM seeder.seeder_rows") == [("{" + key + "}",)]
    assert seeder("--all", "--path", seeds).event("run.finished")["changed"] == 0


@pytest.mark.parametrize("table", ["seeder.seeder_seeders", "pg_catalog.pg_description"])
def test_the_ledger_and_the_catalogue_are_not_for_seed_files(
    database: Database, seeder: CommandLine, seeds: SeedFolder, table: str
) -> None:
    seeds.write("own.yaml", f"table: {table}\nkey: [name]\nrows: [{{name: x}}]")
    done = seeder("--all", "--path", seeds)
    assert done.exit_code == 1
    assert "is not for seed files" in done.finished("own")["error"]["message"]


def test_status_of_a_damaged_ledger_is_one_line(
    database: Database, seeder: CommandLine, seeds: SeedFolder
) -> None:
    database.execute("CREATE TABLE plans (key text PRIMARY KEY)")
    seeds.write("plans.yaml", "rows: [{key: basic}]")
    assert seeder("--all", "--path", seeds).exit_code == 0
    database.execute("DROP TABLE seeder.seeder_rows CASCADE")
    done = seeder("status", "--path", seeds)
    assert "seeder.seeder_rows" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert done.exit_code in {0, 1}

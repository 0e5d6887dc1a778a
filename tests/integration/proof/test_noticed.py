"""Whatever happens to a table, its ledger or its surroundings after the proof: the next run notices what it must."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.footprint import footprint
from tests.integration.proof.proving import ROWS, TOOLS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.postgres import Database
    from tests.integration.proof.proving import Proving

FUNCTION = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
AS_SEEDED = [("a", "Title a", 1), ("b", "Title b", 1), ("c", "Title c", 1)]


def rows(database: Database) -> list[Any]:
    return database.rows("SELECT name, title, number FROM tools ORDER BY name")


# Rows


def test_an_edit(tools: Proving) -> None:
    tools.database.execute("UPDATE tools SET title = 'Edited' WHERE name = 'b'")
    assert tools.must_not_hold().finished("tools")["kept"] == 1
    assert rows(tools.database) == [AS_SEEDED[0], ("b", "Edited", 1), AS_SEEDED[2]]


def test_an_edit_to_the_same_value(tools: Proving) -> None:
    tools.database.execute("UPDATE tools SET title = title")
    before = footprint(tools.database)
    assert tools.must_not_hold().finished("tools")["unchanged"] == 3
    assert footprint(tools.database) == before


def test_a_row_deleted(tools: Proving) -> None:
    tools.database.execute("DELETE FROM tools WHERE name = 'b'")
    assert tools.must_not_hold().finished("tools")["inserted"] == 1
    assert rows(tools.database) == AS_SEEDED
    tools.must_hold()


def test_a_row_deleted_and_inserted_as_it_was(tools: Proving) -> None:
    tools.database.execute(
        "WITH gone AS (DELETE FROM tools WHERE name = 'b' RETURNING *) SELECT FROM gone;"
        "INSERT INTO tools VALUES ('b', 'Title b', 1)"
    )
    assert tools.must_not_hold().finished("tools")["unchanged"] == 3
    assert rows(tools.database) == AS_SEEDED


def test_truncate(tools: Proving) -> None:
    tools.database.execute("TRUNCATE tools")
    assert tools.must_not_hold().finished("tools")["inserted"] == 3
    assert rows(tools.database) == AS_SEEDED


def test_a_row_of_somebody_elses(tools: Proving) -> None:
    tools.database.execute("INSERT INTO tools VALUES ('theirs', 'x', 2)")
    assert tools.must_not_hold().finished("tools")["unchanged"] == 3
    assert len(rows(tools.database)) == 4


def test_a_table_written_anew(tools: Proving) -> None:
    tools.database.execute("INSERT INTO tools SELECT 'x' || n FROM generate_series(1, 10) n")
    tools.write("tools", [*ROWS, {"name": "d", "title": "Title d", "number": 1}])
    assert tools().finished("tools")["inserted"] == 1
    tools.must_hold()
    tools.database.execute("DELETE FROM tools WHERE name LIKE 'x%'")
    tools.database.execute("VACUUM FULL tools")
    assert tools.must_not_hold().finished("tools")["unchanged"] == 4


def test_a_restore(tools: Proving) -> None:
    database = tools.database
    if not database.server.can_dump:
        pytest.skip("pg_dump is not there")
    database.execute("UPDATE tools SET title = 'Edited' WHERE name = 'b'")
    database.dump_and_restore()
    assert tools.must_not_hold().finished("tools")["kept"] == 1
    assert rows(database)[1] == ("b", "Edited", 1)


# What leaves all row versions as they are


@pytest.mark.parametrize(
    "sql",
    [
        "VACUUM tools",
        "VACUUM FREEZE tools",
        "VACUUM FREEZE; ANALYZE",
        "BEGIN; UPDATE tools SET title = 'x'; DELETE FROM tools WHERE name = 'b'; ROLLBACK",
        "BEGIN; SELECT FROM tools FOR UPDATE; COMMIT",
        "CREATE TABLE others (name text PRIMARY KEY REFERENCES tools); INSERT INTO others VALUES ('a')",
        "CREATE TABLE unrelated (name text); INSERT INTO unrelated VALUES ('a')",
    ],
)
def test_what_writes_no_row_is_not_taken_for_a_write(tools: Proving, sql: str) -> None:
    for each in sql.split("; ") if sql.startswith("VACUUM") else [sql]:
        tools.database.execute(each)
    tools.must_hold()


# Definitions


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE tools ADD COLUMN note text",
        "ALTER TABLE tools ADD COLUMN note text DEFAULT 'n'",
        "ALTER TABLE tools ALTER COLUMN number TYPE bigint",
        "ALTER TABLE tools ALTER COLUMN title TYPE varchar(20)",
        "ALTER TABLE tools ALTER COLUMN title SET NOT NULL",
        "ALTER TABLE tools ADD COLUMN amount int; ALTER TABLE tools DROP COLUMN amount",
        "ALTER TABLE tools DROP CONSTRAINT tools_pkey; ALTER TABLE tools ADD PRIMARY KEY (name)",
        "CREATE UNIQUE INDEX ON tools (title)",
        "CREATE TABLE more () INHERITS (tools)",
        "CREATE RULE quiet AS ON DELETE TO tools DO INSTEAD NOTHING",
        f"{FUNCTION}; CREATE TRIGGER t BEFORE INSERT ON tools FOR EACH ROW EXECUTE FUNCTION f()",
        f"ALTER TABLE tools RENAME TO old_tools; {TOOLS}; INSERT INTO tools SELECT * FROM old_tools",
    ],
)
def test_another_definition(tools: Proving, sql: str) -> None:
    tools.database.execute(sql)
    result = tools.must_not_hold()
    assert result.exit_code == 0, str(result)
    assert rows(tools.database) == AS_SEEDED


def test_another_primary_key_is_another_key(tools: Proving) -> None:
    tools.database.execute("UPDATE tools SET number = ascii(name)")
    tools.write("tools", [{"name": name, "title": f"Title {name}", "number": ord(name)} for name in "abc"])
    tools()
    tools.must_hold()
    tools.database.execute(
        "ALTER TABLE tools ALTER number SET NOT NULL, DROP CONSTRAINT tools_pkey, ADD PRIMARY KEY (number)"
    )
    tools.must_not_hold()


def test_a_column_that_the_seed_file_names_is_gone(tools: Proving) -> None:
    tools.database.execute("ALTER TABLE tools DROP COLUMN title")
    assert tools.must_not_hold().exit_code == 1


def test_the_table_is_gone(tools: Proving) -> None:
    tools.database.execute("DROP TABLE tools")
    assert tools.must_not_hold().exit_code == 1


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("mood", "fair"),
        ("mood[]", "{fair}"),
        ("short", "fair"),
        ("pair", "(1,2)"),
        ("regclass", "pg_class"),
        ("money", "1.00"),
        ("pg_lsn", "0/0"),
    ],
)
def test_only_types_whose_text_nobody_changes_are_proved(proving: Proving, column: str, value: str) -> None:
    proving.database.execute(
        "CREATE TYPE mood AS ENUM ('fair', 'foul'); CREATE DOMAIN short AS text; CREATE TYPE pair AS (a int, b int);"
        f"CREATE TABLE tools (name text PRIMARY KEY, it {column})"
    )
    proving.write("tools", [{"name": "a", "it": value}])
    result = proving()
    assert result.exit_code == 0, str(result)
    if column == "pg_lsn":
        proving.must_hold()
    else:
        assert proving.must_not_hold().finished("tools")["unchanged"] == 1


def test_an_enums_label_is_renamed(proving: Proving) -> None:
    database = proving.database
    database.execute(
        "CREATE TYPE mood AS ENUM ('fair', 'foul'); CREATE TABLE tools (name text PRIMARY KEY, mood mood)"
    )
    proving.write("tools", [{"name": "a", "mood": "fair"}])
    proving()
    database.execute("ALTER TYPE mood RENAME VALUE 'fair' TO 'fine'")
    assert proving.must_not_hold().exit_code == 1


def test_a_foreign_partition(proving: Proving) -> None:
    database = proving.database
    database.execute(
        "CREATE EXTENSION postgres_fdw; CREATE TABLE far (name text, title text, number int);"
        f"CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', "
        f"port '{database.server.port}', dbname '{database.name}');"
        "CREATE USER MAPPING FOR postgres SERVER far OPTIONS (user 'postgres');"
        "CREATE TABLE tools (name text, title text, number int) PARTITION BY LIST (name);"
        "CREATE TABLE near PARTITION OF tools FOR VALUES IN ('a', 'b', 'c');"
        "CREATE FOREIGN TABLE there PARTITION OF tools FOR VALUES IN ('d') SERVER far OPTIONS (table_name 'far')"
    )
    proving.write("tools", key=["name"])
    proving()
    proving.must_not_hold()


def test_every_partition_counts(proving: Proving) -> None:
    database = proving.database
    database.execute(
        "CREATE TABLE tools (name text, title text, number int, PRIMARY KEY (name)) PARTITION BY LIST (name);"
        "CREATE TABLE tools_1 PARTITION OF tools FOR VALUES IN ('a', 'b');"
        "CREATE TABLE tools_2 PARTITION OF tools FOR VALUES IN ('c') PARTITION BY LIST (name);"
        "CREATE TABLE tools_3 PARTITION OF tools_2 DEFAULT"
    )
    proving.write("tools")
    proving()
    proving.must_hold()
    database.execute("UPDATE tools_3 SET title = 'Edited'")
    assert proving.must_not_hold().finished("tools")["kept"] == 1
    proving.write("tools", ROWS[:2])
    proving()
    proving.must_hold()
    database.execute("CREATE TABLE tools_4 PARTITION OF tools FOR VALUES IN ('z')")
    proving.must_not_hold()


# Where names lead, and who looks


def test_the_search_path_leads_elsewhere(tools: Proving) -> None:
    database = tools.database
    database.execute(
        f"CREATE SCHEMA other; {TOOLS.replace('tools', 'other.tools')};"
        f"ALTER DATABASE {database.name} SET search_path = other, public"
    )
    assert tools.must_not_hold().finished("tools")["inserted"] == 3
    assert database.scalar("SELECT count(*) FROM other.tools") == 3


def test_another_role(tools: Proving, login: Callable[..., str]) -> None:
    url = login()
    tools.database.execute(
        "GRANT SELECT, INSERT, UPDATE ON tools TO app; GRANT USAGE ON SCHEMA seeder TO app;"
        "GRANT ALL ON ALL TABLES IN SCHEMA seeder TO app; GRANT ALL ON ALL SEQUENCES IN SCHEMA seeder TO app"
    )
    assert tools.must_not_hold(database_url=url).finished("tools")["unchanged"] == 3


@pytest.mark.parametrize(
    "sql",
    [
        "REVOKE SELECT ON tools FROM app",
        "REVOKE USAGE ON SCHEMA seeder FROM app",
        "ALTER TABLE tools ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON tools USING (name = 'a')",
    ],
)
def test_the_role_no_longer_sees_all_rows(proving: Proving, login: Callable[..., str], sql: str) -> None:
    url = login()
    proving.database.execute(
        f"{TOOLS}; GRANT SELECT, INSERT, UPDATE, DELETE ON tools TO app;"
        f"CREATE SCHEMA seeder; GRANT USAGE, CREATE ON SCHEMA seeder TO app"
    )
    proving.write("tools")
    assert proving(database_url=url).exit_code == 0
    proving(database_url=url)
    assert proving.proved
    proving.database.execute(sql)
    assert proving.must_not_hold(database_url=url).exit_code == 1


# The ledger


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE seeder.seeder_rows SET cells = cells",
        "UPDATE seeder.seeder_rows SET cells = '\\x00' WHERE key = '{a}'",
        "DELETE FROM seeder.seeder_rows WHERE key = '{a}'",
        "TRUNCATE seeder.seeder_rows",
        "UPDATE seeder.seeder_tables SET slots = '{3,2}'",
        "DELETE FROM seeder.seeder_tables",
        "UPDATE seeder.seeder_seeders SET digest = NULL",
        "UPDATE seeder.seeder_seeders SET digest = '\\x00'",
        "UPDATE seeder.seeder_seeders SET proof = NULL",
        "UPDATE seeder.seeder_seeders SET name = 'other'",
        "DELETE FROM seeder.seeder_seeders",
        "UPDATE seeder.seeder_applications SET name = 'other'",
        "UPDATE seeder.seeder_form SET form = 3",
        "DELETE FROM seeder.seeder_form",
        "DROP SCHEMA seeder CASCADE",
    ],
)
def test_a_ledger_that_somebody_changed(tools: Proving, sql: str) -> None:
    tools.database.execute(sql)
    tools.must_not_hold()


@pytest.mark.parametrize(
    "proof",
    [
        "'null'",
        "'[]'",
        "'5'",
        "'{}'",
        "proof - 'state'",
        "proof - 'counts'",
        "proof || '{\"counts\": 5}'",
        'proof || \'{"counts": {"bought": 5}}\'',
        "proof || '{\"tables\": 5}'",
        "proof || '{\"tables\": [5]}'",
        'proof || \'{"tables": [[null, "tools; DROP TABLE tools"]]}\'',
        "proof || '{\"tables\": []}'",
        'proof || \'{"applied": "x"}\'',
        "proof || '{\"applied\": null}'",
    ],
)
def test_a_proof_that_somebody_damaged(tools: Proving, proof: str) -> None:
    tools.database.execute(f"UPDATE seeder.seeder_seeders SET proof = {proof}")
    result = tools.must_not_hold()
    assert result.exit_code == 0, str(result)
    assert result.finished("tools")["unchanged"] == 3
    assert rows(tools.database) == AS_SEEDED


@pytest.mark.parametrize(
    "proof",
    [
        "proof - 'files'",
        "proof - 'environments'",
        "proof || '{\"files\": []}'",
        "proof || '{\"files\": [5]}'",
        "proof || '{\"variables\": 5}'",
        "proof || '{\"table\": [1, 2, 3]}'",
    ],
)
def test_a_proof_that_does_not_tell_what_was_read(tools: Proving, proof: str) -> None:
    """The seed files are read, and are what they were."""
    tools.database.execute(f"UPDATE seeder.seeder_seeders SET proof = {proof}")
    tools.must_hold()

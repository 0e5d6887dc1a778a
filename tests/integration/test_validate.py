"""`seeder validate` with a database: what does not fit the tables is told, and nothing is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, Result, SeedFolder
    from tests.integration.postgres import Database, StatementLog

TABLES = """
    CREATE TABLE groups (id int PRIMARY KEY, name text UNIQUE);
    INSERT INTO groups VALUES (1, 'there'), (2, 'twice');
    CREATE TYPE colour AS ENUM ('red', 'green');
    CREATE TABLE tools (
        name varchar(5) PRIMARY KEY, size int, colour colour, group_id int REFERENCES groups,
        doubled int GENERATED ALWAYS AS (size * 2) STORED, made timestamptz
    );
    CREATE TABLE loose (code text, label text);
"""


@pytest.fixture
def tables(database: Database) -> Database:
    database.execute(TABLES)
    return database


def told(result: Result, severity: str = "error") -> list[tuple[int | None, int | None, str]]:
    found = json.loads(result.stdout)
    return [(each["line"], each["column"], each["message"]) for each in found if each["severity"] == severity]


def validate(seeder: CommandLine, seeds: SeedFolder, *more: str, **kwargs: Any) -> Result:
    return seeder("validate", seeds, "--format", "json", "--wait-timeout", "3s", *more, **kwargs)


def test_a_file_that_fits_has_no_mistakes(seeder: CommandLine, seeds: SeedFolder, tables: Database) -> None:
    seeds.write("tools.yaml", "rows:\n  - {name: a, size: 1, colour: red}\n  - {name: b, made: 2024-01-01}\n")
    result = validate(seeder, seeds)
    assert (result.exit_code, told(result), told(result, "warning")) == (0, [], [])


def test_a_variable_that_is_not_set_is_one_warning(
    seeder: CommandLine, seeds: SeedFolder, tables: Database
) -> None:
    seeds.write("tools.yaml", "rows:\n  - {name: a, size: !env SIZE}\n")
    result = validate(seeder, seeds)
    assert (result.exit_code, told(result)) == (0, [])
    assert [(line, column) for line, column, _ in told(result, "warning")] == [(2, 21)]


def test_rows_around_a_variable_that_is_not_set_are_compared(
    seeder: CommandLine, seeds: SeedFolder, tables: Database
) -> None:
    seeds.write("groups.yaml", "rows:\n  - {id: 7, name: !env GROUP}\n  - {id: eight, name: b}\n")
    seeds.write("tools.yaml", "rows:\n  - {name: a, group_id: !ref {table: groups, where: {name: c}}}\n")
    # The variable may hold the name that is looked for.
    assert [(line, column) for line, column, _ in told(validate(seeder, seeds))] == [(3, 10)]


def test_every_value_that_a_type_refuses_is_told(
    seeder: CommandLine, seeds: SeedFolder, tables: Database
) -> None:
    seeds.write(
        "tools.yaml",
        "rows:\n"
        "  - {name: a, size: one, colour: blue}\n"
        "  - {name: b, size: 2}\n"
        "  - {name: too long, made: noon}\n"
        "  - {name: c, colour: pink}\n",
    )
    result = validate(seeder, seeds)
    assert result.exit_code == 2
    assert [(line, column) for line, column, _ in told(result)] == [
        (2, 21),
        (2, 34),
        (4, 12),
        (4, 28),
        (5, 23),
    ]
    assert 'column "size" is of type integer' in told(result)[0][2]


def test_columns_that_the_table_lacks(seeder: CommandLine, seeds: SeedFolder, tables: Database) -> None:
    seeds.write(
        "tools.yaml",
        "key: [nam]\ninsert_only: [sise]\ntimestamps: {created: made_on}\nrows: [{nam: a, sise: 1}]\n"
        "retired_rows: {set: {zise: 0}}\n",
    )
    seeds.write("groups.yaml", "rows:\n  - {id: 7, titel: x}\n  - {id: 8, titel: y, nmae: z}\n")
    result = validate(seeder, seeds)
    assert told(result) == [
        (2, 13, 'no column "titel" in public.groups'),
        (3, 23, 'no column "nmae" in public.groups; did you mean "name"?'),
        (1, 7, 'no column "nam" in public.tools; did you mean "name"?'),
        (2, 15, 'no column "sise" in public.tools; did you mean "size"?'),
        (3, 23, 'no column "made_on" in public.tools; did you mean "made"?'),
        (5, 28, 'no column "zise" in public.tools'),
    ]


def test_a_cell_of_retired_rows(seeder: CommandLine, seeds: SeedFolder, tables: Database) -> None:
    seeds.write("tools.yaml", "key: [name]\nretired_rows: {set: {size: 0, made: now}}\nrows: [{name: a}]\n")
    [(line, column, message)] = told(validate(seeder, seeds))
    assert (line, column) == (2, 37)
    assert message.startswith('column "made" can\'t take `now`')


def test_tables_that_are_missing(seeder: CommandLine, seeds: SeedFolder, tables: Database) -> None:
    seeds.write("tolls.csv", "name\na\n")
    result = validate(seeder, seeds)
    assert result.exit_code == 2
    assert "table tolls does not exist" in told(result)[0][2]


def test_two_rows_with_one_key(seeder: CommandLine, seeds: SeedFolder, tables: Database) -> None:
    seeds.write("groups.csv", "id,name\n1,a\n2,b\n01,c\n")
    result = validate(seeder, seeds)
    assert told(result) == [(4, 1, 'the row has the same key ("id") as the one in line 2')]


def test_a_key_that_may_not_be_null(seeder: CommandLine, seeds: SeedFolder, tables: Database) -> None:
    seeds.write("tools.yaml", "rows:\n  - {name: a}\n  - {name: null}\n")
    message = 'the key column "name" is NULL, and in public.tools it may not be; give it a value'
    assert told(validate(seeder, seeds)) == [(3, 12, message)]


def test_a_key_without_a_unique_index_is_a_warning(
    seeder: CommandLine, seeds: SeedFolder, tables: Database
) -> None:
    seeds.write("loose.yaml", "key: [code]\nrows: [{code: a}]\n")
    result = validate(seeder, seeds)
    assert result.exit_code == 0
    assert told(result, "warning") == [
        (1, 6, 'public.loose has no unique index on the key ("code"), so two rows may have the same')
    ]


class TestReferences:
    ROWS = (
        "rows:\n"
        "  - {name: a, group_id: !ref {table: groups, where: {name: there}}}\n"
        "  - {name: b, group_id: !ref {table: groups, where: {name: brought}}}\n"
        "  - {name: c, group_id: !ref {table: groups, where: {name: nowhere}}}\n"
        "  - {name: d, group_id: !ref {table: gruops, where: {name: there}}}\n"
        "  - {name: e, group_id: !ref {table: groups, where: {nmae: there}}}\n"
    )

    def test_what_is_in_neither_the_table_nor_the_files(
        self, seeder: CommandLine, seeds: SeedFolder, tables: Database
    ) -> None:
        seeds.write("tools.yaml", self.ROWS)
        seeds.write("groups.yaml", "rows: [{id: 7, name: brought}]\n")
        assert told(validate(seeder, seeds)) == [
            (
                4,
                25,
                (
                    'the reference in column "group_id" finds no row in groups where name is nowhere; '
                    "seed that row first, or correct the value"
                ),
            ),
            (
                5,
                25,
                (
                    "the reference names table gruops, which does not exist; "
                    "run the migrations first, or check the name"
                ),
            ),
            (
                6,
                25,
                'the reference names column "nmae", which public.groups does not have; did you mean "name"?',
            ),
        ]

    def test_code_may_bring_what_is_missing(
        self, seeder: CommandLine, seeds: SeedFolder, tables: Database
    ) -> None:
        seeds.write("tools.yaml", self.ROWS.rpartition("  - {name: d")[0])
        seeds.write("groups.sql", "INSERT INTO groups VALUES (9, 'nowhere')")
        assert told(validate(seeder, seeds)) == []


class TestTablesThatTheFilesBring:
    SEED = (
        "ddl: CREATE TABLE made (id int PRIMARY KEY, size int)\n"
        "rows:\n  - {id: 1, size: 1}\n  - {id: 2, size: two}\n"
    )

    def test_they_are_created_and_rolled_back(
        self, seeder: CommandLine, seeds: SeedFolder, database: Database
    ) -> None:
        seeds.write("made.yaml", self.SEED)
        assert [place[:2] for place in told(validate(seeder, seeds, "--allow-code"))] == [(4, 19)]
        assert database.scalar("SELECT to_regclass('made')") is None

    def test_without_leave_they_are_only_read(
        self, seeder: CommandLine, seeds: SeedFolder, database: Database
    ) -> None:
        seeds.write("made.yaml", self.SEED)
        result = validate(seeder, seeds)
        assert (result.exit_code, told(result)) == (0, [])
        assert "may not run without --allow-code" in told(result, "warning")[0][2]

    def test_ddl_that_fails(self, seeder: CommandLine, seeds: SeedFolder, database: Database) -> None:
        seeds.write("made.yaml", "ddl: CREATE TABEL made ()\nrows: []\n")
        (mistake,) = told(validate(seeder, seeds, "--allow-code"))
        assert mistake[:2] == (1, 6)
        assert "syntax error" in mistake[2]


def test_nothing_is_written(
    seeder: CommandLine, seeds: SeedFolder, tables: Database, statements: StatementLog
) -> None:
    seeds.write("tools.yaml", "rows: [{name: a, size: 1}]\n")
    with statements.recorded() as sent:
        assert validate(seeder, seeds).exit_code == 0
    assert any("READ ONLY" in text for text in sent.texts)
    assert tables.scalar("SELECT count(*) FROM tools") == 0
    assert tables.scalar("SELECT to_regnamespace('seeder')") is None


def test_offline_asks_no_database(seeder: CommandLine, seeds: SeedFolder) -> None:
    seeds.write("nowhere.csv", "name\na\n")
    assert (
        validate(seeder, seeds, "--offline", env={"DATABASE_URL": "postgres://localhost:1/x"}).exit_code == 0
    )


def test_most_rows_that_types_refuse(seeder: CommandLine, seeds: SeedFolder, tables: Database) -> None:
    seeds.write("groups.csv", "id\n" + "x\n" * 200)
    result = validate(seeder, seeds)
    assert len(told(result)) == 100
    assert told(result, "warning") == [
        (102, None, "more rows have values that PostgreSQL refuses; mend the others first")
    ]


def test_a_large_file_is_compared_in_pieces(
    seeder: CommandLine, seeds: SeedFolder, tables: Database, statements: StatementLog
) -> None:
    seeds.write("groups.csv", "id,name\n" + "".join(f"{each},n{each}\n" for each in range(5000)))
    with statements.recorded() as sent:
        assert validate(seeder, seeds).exit_code == 0
    assert sum("json_to_recordset" in text for text in sent.texts) == 2 * 10

"""Seeders of tables that refer to each other run parents first, as the catalogue has it, without `depends_on`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, Result, SeedFolder
    from tests.integration.postgres import Database, StatementLog

ELEVEN = "abcdefghijk"


class Tables:
    """A database with tables, and seed files of one row each."""

    def __init__(self, database: Database, seeder: CommandLine, seeds: SeedFolder) -> None:
        self.database, self.seeder, self.seeds = database, seeder, seeds

    def __call__(self, tables: str, **files: str) -> list[str]:
        """Create the tables, seed them, and return the seeders in the order in which they ran."""
        self.database.execute(tables)
        return self.run(**files)

    def run(self, **files: str) -> list[str]:
        done = self.result(**files)
        assert done.exit_code == 0, str(done)
        return [event["seeder"] for event in done.all("seeder.started")]

    def result(self, *options: str, **files: str) -> Result:
        for name, text in files.items():
            self.seeds.write(f"{name}.yaml", text)
        return self.seeder("--all", "--path", self.seeds, *options)


@pytest.fixture
def tables(database: Database, seeder: CommandLine, seeds: SeedFolder) -> Tables:
    return Tables(database, seeder, seeds)


def chain(names: str) -> str:
    """Each table refers to the one whose name comes after its own, so that the order by name is the wrong one."""
    tables = [f"CREATE TABLE {names[-1]} (id int PRIMARY KEY)"]
    for name, parent in zip(names[-2::-1], names[:0:-1], strict=True):
        tables.append(f"CREATE TABLE {name} (id int PRIMARY KEY, parent int NOT NULL REFERENCES {parent})")
    return ";".join(tables)


def row(name: str, names: str = ELEVEN) -> str:
    return "rows: [{id: 1}]\n" if name == names[-1] else "rows: [{id: 1, parent: 1}]\n"


def test_eleven_tables_in_one_run(tables: Tables) -> None:
    assert tables(chain(ELEVEN), **{name: row(name) for name in ELEVEN}) == list(reversed(ELEVEN))
    again = tables.result()
    assert (again.exit_code, again.event("run.finished")["changed"]) == (0, 0)


def test_a_table_comes_before_its_parent_when_rows_are_retired(tables: Tables) -> None:
    names = "abc"
    tables(chain(names), **{name: f"retired_rows: delete\n{row(name, names)}" for name in names})
    tables.run(**dict.fromkeys(names, "retired_rows: delete\nrows: []\n"))
    for name in names:
        assert tables.database.rows(f"SELECT * FROM {name}") == []


PARTITIONED = """\
CREATE TABLE {parent} (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE {parent}_low PARTITION OF {parent} FOR VALUES FROM (0) TO (10);
CREATE TABLE {child} (id int PRIMARY KEY, parent int NOT NULL {refers}) PARTITION BY RANGE (id);
CREATE TABLE {child}_low PARTITION OF {child} FOR VALUES FROM (0) TO (10);
{more}
"""


@pytest.mark.parametrize("child", ["a", "a_low"])
@pytest.mark.parametrize("parent", ["b", "b_low"])
@pytest.mark.parametrize(
    ("refers", "more"),
    [
        ("REFERENCES b", ""),
        ("REFERENCES b_low", ""),
        ("", "ALTER TABLE a_low ADD FOREIGN KEY (parent) REFERENCES b"),
        ("", "ALTER TABLE a_low ADD FOREIGN KEY (parent) REFERENCES b_low"),
    ],
    ids=["table to table", "table to partition", "partition to table", "partition to partition"],
)
def test_partitions(tables: Tables, child: str, parent: str, refers: str, more: str) -> None:
    definitions = PARTITIONED.format(parent="b", child="a", refers=refers, more=more)
    ran = tables(definitions, **{child: row("a", "ab"), parent: row("b", "ab")})
    assert ran == [parent, child]


def test_tables_of_one_name_in_two_schemas(tables: Tables) -> None:
    ran = tables(
        f"""
        CREATE SCHEMA shop;
        CREATE TABLE public.goods (id int PRIMARY KEY);
        CREATE TABLE shop.makers (id int PRIMARY KEY);
        CREATE TABLE shop.goods (id int PRIMARY KEY, maker int REFERENCES shop.makers);
        CREATE TABLE public.makers (id int PRIMARY KEY, parent int REFERENCES public.goods);
        ALTER DATABASE {tables.database.name} SET search_path = shop, public;
        """,
        goods="rows: [{id: 1, maker: 1}]\n",
        a_goods="table: public.goods\nrows: [{id: 1}]\n",
        makers="rows: [{id: 1}]\n",
        a_makers="table: public.makers\nrows: [{id: 1, parent: 1}]\n",
    )
    assert ran == ["a_goods", "makers", "a_makers", "goods"]


def test_of_a_circle_the_table_that_can_do_without_comes_first(tables: Tables) -> None:
    ran = tables(
        """
        CREATE TABLE a (id int PRIMARY KEY, boss int NOT NULL);
        CREATE TABLE b (id int PRIMARY KEY, deputy int);
        ALTER TABLE a ADD FOREIGN KEY (boss) REFERENCES b;
        ALTER TABLE b ADD FOREIGN KEY (deputy) REFERENCES a;
        """,
        a="rows: [{id: 1, boss: 1}]\n",
        b="rows: [{id: 1}]\n",
    )
    assert ran == ["b", "a"]


def test_a_dependency_comes_before_a_foreign_key(tables: Tables) -> None:
    ran = tables(
        "CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE a (id int PRIMARY KEY, parent int REFERENCES b)",
        a="rows: [{id: 1}]\n",
        b="depends_on: [a]\nrows: [{id: 1}]\n",
    )
    assert ran == ["a", "b"]


def test_several_seeders_of_one_table_that_refers_to_itself(tables: Tables) -> None:
    ran = tables(
        """
        CREATE TABLE parents (id int PRIMARY KEY);
        CREATE TABLE nodes (id int PRIMARY KEY, up int REFERENCES nodes, parent int REFERENCES parents);
        """,
        a_few="table: nodes\nrows: [{id: 1, parent: 1}]\n",
        more="table: nodes\nrows: [{id: 2, up: 1, parent: 1}]\n",
        parents="rows: [{id: 1}]\n",
    )
    assert ran == ["parents", "a_few", "more"]


def test_a_child_runs_though_its_parent_failed(tables: Tables) -> None:
    tables.database.execute(
        """
        CREATE TABLE b (id int PRIMARY KEY);
        CREATE TABLE a (id int PRIMARY KEY, parent int REFERENCES b);
        INSERT INTO b VALUES (1);
        """
    )
    done = tables.result(a="rows: [{id: 1, parent: 1}]\n", b="rows: [{id: x}]\n")
    assert [(each["seeder"], each["outcome"]) for each in done.all("seeder.finished")] == [
        ("b", "failed"),
        ("a", "succeeded"),
    ]
    assert tables.database.rows("SELECT * FROM a") == [(1, 1)]


def test_a_seeder_comes_after_the_one_that_brings_its_table(tables: Tables) -> None:
    ddl = "ddl: CREATE TABLE IF NOT EXISTS tools (id int PRIMARY KEY)\n"
    tables.seeder.environment["SEED_ALLOW_CODE"] = "true"
    assert tables.run(a="table: tools\nrows: [{id: 1}]\n", tools=f"{ddl}rows: [{{id: 2}}]\n") == [
        "tools",
        "a",
    ]


def test_a_partition_that_somebody_has_locked_holds_up_its_own_seeder_alone(
    tables: Tables, database: Database
) -> None:
    database.execute(
        f"{PARTITIONED.format(parent='b', child='a', refers='', more='')}; CREATE TABLE c (id int)"
    )
    with database.connect() as other:
        other.execute("LOCK TABLE a_low")
        done = tables.result(
            "--lock-timeout", "1s", a="rows: [{id: 1, parent: 1}]\n", c="key: [id]\nrows: [{id: 1}]\n"
        )
    assert {each["seeder"]: each["outcome"] for each in done.all("seeder.finished")} == {
        "a": "failed",
        "c": "succeeded",
    }


@pytest.mark.newest_server
def test_two_tables_cost_one_statement_and_one_table_none(tables: Tables, statements: StatementLog) -> None:
    with statements.recorded() as one:
        tables("CREATE TABLE a (id int PRIMARY KEY)", a="rows: [{id: 1}]\n")
    assert not [text for text in one if "The foreign keys among some tables" in text]
    with statements.recorded() as two:
        tables("CREATE TABLE b (id int PRIMARY KEY)", a="rows: [{id: 1}, {id: 2}]\n", b="rows: [{id: 1}]\n")
    assert len([text for text in two if "The foreign keys among some tables" in text]) == 1

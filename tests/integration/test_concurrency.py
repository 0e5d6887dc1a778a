"""Several at once: replicas that start together take turns, and what others write meanwhile is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seeder.postgres.locks import Lock
from tests.integration.footprint import wait_until_alone
from tests.integration.gates import Gate

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database

REPLICAS = 8

NO_UNIQUE_INDEX = """\
table: places
key: [country, city]
ddl: !file places.sql
rows:
  - {country: de, city: Ulm}
  - {country: fr, city: Lyon}
  - {country: de, city: null}
"""


def test_eight_at_once_on_an_empty_database(
    database: Database, seeder: CommandLine, seeds: SeedFolder
) -> None:
    seeds.write("places.yaml", NO_UNIQUE_INDEX)
    seeds.write("places.sql", "CREATE TABLE places (country text, city text);")
    arguments = ("--all", "--path", "builtin", "--path", seeds, "--allow-code")
    # None begins before all have come: the ledger's lock, which a first run takes first, is held until then.
    with Gate(database, Lock("ledger", "seeder").key) as gate:
        runs = [seeder.start(*arguments) for _ in range(REPLICAS)]
        for run in runs:
            run.wait_for("lock.waiting")
        gate.open()
        results = [run.wait() for run in runs]

    assert [result.exit_code for result in results] == [0] * REPLICAS, "\n".join(map(str, results))
    keys = {
        "model_configs": "key",
        "places": "(country, city)",
        "prompt_templates": "name",
        "schemas": "name",
        "tools": "name",
    }
    # Only then have they told what they wrote.
    wait_until_alone(database)
    for table, key in keys.items():
        finished = [result.finished(table) for result in results]
        writers = [each for each in finished if each["inserted"] or each["updated"] or each["deleted"]]
        assert len(writers) == 1, f"{table} was written by {len(writers)} runs"
        rows, distinct = database.rows(f"SELECT count(*), count(DISTINCT {key}) FROM {table}")[0]
        assert rows == distinct == writers[0]["inserted"]
        assert database.scalar(
            "SELECT n_tup_ins || ' ' || n_tup_upd || ' ' || n_tup_del FROM pg_stat_user_tables WHERE relname = %s",
            [table],
        ) == (f"{rows} 0 0")
    assert database.scalar("SELECT count(*) FROM seeder.seeder_rows") == sum(
        database.scalar(f"SELECT count(*) FROM {table}") for table in keys
    )


@pytest.mark.newest_server
def test_without_a_ledger_they_take_turns_as_well(
    database: Database, seeder: CommandLine, seeds: SeedFolder
) -> None:
    seeds.write("places.yaml", NO_UNIQUE_INDEX)
    seeds.write("places.sql", "CREATE TABLE places (country text, city text);")
    arguments = ("--all", "--path", seeds, "--allow-code", "--ledger", "off")
    with Gate(database, Lock("table", "public.places").key) as gate:
        runs = [seeder.start(*arguments) for _ in range(3)]
        for run in runs:
            run.wait_for("lock.waiting")
        gate.open()
        results = [run.wait() for run in runs]
    assert [result.exit_code for result in results] == [0, 0, 0]
    assert sorted(result.finished("places")["inserted"] for result in results) == [0, 0, 3]
    assert database.scalar("SELECT count(*) FROM places") == 3


@pytest.fixture
def trees(database: Database, seeds: SeedFolder) -> Database:
    """A table whose writers wait at gate 1 once, and only if they are seeders."""
    database.execute("""\
        CREATE TABLE trees (code text PRIMARY KEY, name text, height int);
        CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_setting('application_name') = 'seeder' THEN PERFORM pg_advisory_xact_lock(1); END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER gate BEFORE INSERT OR UPDATE ON trees EXECUTE FUNCTION wait_at_gate()""")
    seeds.write(
        "trees.yaml", "rows:\n- {code: a, name: Ash, height: 30}\n- {code: b, name: Birch, height: 25}\n"
    )
    return database


@pytest.mark.newest_server
class TestOthersWriteMeanwhile:
    """Others who take no lock of ours come between our look at the table and our write to it."""

    def test_an_update_is_not_written_over(
        self, trees: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        assert seeder("--all", "--path", seeds).exit_code == 0
        seeds.write(
            "trees.yaml", "rows:\n- {code: a, name: Ash, height: 31}\n- {code: b, name: Birch, height: 26}\n"
        )
        with Gate(trees, 1) as gate:
            run = seeder.start("--all", "--path", seeds)
            gate.wait_for_somebody()
            trees.execute("UPDATE trees SET height = 99 WHERE code = 'a'")
            gate.open()
            done = run.wait()
        assert done.exit_code == 0, str(done)
        assert trees.rows("SELECT code, height FROM trees ORDER BY 1") == [("a", 99), ("b", 26)]
        finished = done.finished("trees")
        assert (finished["updated"], finished["kept"], finished["unchanged"]) == (1, 1, 0)
        # It is an edit from now on, and stays one.
        again = seeder("--all", "--path", seeds)
        assert trees.scalar("SELECT height FROM trees WHERE code = 'a'") == 99
        assert (again.finished("trees")["updated"], again.finished("trees")["kept"]) == (0, 1)

    def test_a_deleted_row_does_not_come_back_by_an_update(
        self, trees: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        assert seeder("--all", "--path", seeds).exit_code == 0
        seeds.write(
            "trees.yaml", "rows:\n- {code: a, name: Ash, height: 31}\n- {code: b, name: Birch, height: 26}\n"
        )
        with Gate(trees, 1) as gate:
            run = seeder.start("--all", "--path", seeds)
            gate.wait_for_somebody()
            trees.execute("DELETE FROM trees WHERE code = 'a'")
            gate.open()
            done = run.wait()
        assert done.exit_code == 0, str(done)
        assert trees.rows("SELECT code, height FROM trees") == [("b", 26)]

    @pytest.mark.parametrize(("policy", "height"), [("keep", 12), ("overwrite", 30)])
    def test_a_row_of_the_same_key_is_met_at_the_second_try(
        self, trees: Database, seeder: CommandLine, seeds: SeedFolder, policy: str, height: int
    ) -> None:
        with Gate(trees, 1) as gate:
            run = seeder.start("--all", "--path", seeds, "--existing-rows", policy)
            gate.wait_for_somebody()
            trees.execute("INSERT INTO trees VALUES ('a', 'Ash', 12)")
            gate.open()
            done = run.wait()
        assert done.exit_code == 0, str(done)
        assert done.event("seeder.retrying")["sqlstate"] == "23505"
        assert trees.rows("SELECT code, height FROM trees ORDER BY 1") == [("a", height), ("b", 25)]
        finished = done.finished("trees")
        expected = (1, 0, 1) if policy == "keep" else (1, 1, 0)
        assert (finished["inserted"], finished["updated"], finished["kept_existing"]) == expected

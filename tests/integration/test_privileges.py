"""A role that may do little: what is missing is named, and what it may not do is not half done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.footprint import footprint

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database

pytestmark = pytest.mark.newest_server


@pytest.fixture
def trees(database: Database, seeds: SeedFolder) -> Database:
    database.execute(
        "CREATE TABLE trees (code text PRIMARY KEY, height int); INSERT INTO trees VALUES ('a', 1)"
    )
    seeds.write(
        "trees.yaml", "existing_rows: overwrite\nrows: [{code: a, height: 2}, {code: b, height: 3}]\n"
    )
    return database


@pytest.fixture
def url(trees: Database, login: Callable[..., str]) -> str:
    """The way in for a role that may read and use, and nothing more."""
    way = login()
    trees.execute("GRANT SELECT ON trees TO app")
    return way


@pytest.mark.parametrize("missing", ["INSERT", "UPDATE", "SELECT"])
def test_a_privilege_missing_in_a_seeder_is_its_failure(
    trees: Database, url: str, seeder: CommandLine, seeds: SeedFolder, missing: str
) -> None:
    trees.execute("CREATE TABLE bushes (code text PRIMARY KEY); CREATE SCHEMA seeder AUTHORIZATION app")
    trees.execute("GRANT SELECT, INSERT, UPDATE ON bushes, trees TO app")
    trees.execute(f"REVOKE {missing} ON trees FROM app")
    seeds.write("bushes.yaml", "rows: [{code: a}]\n")
    done = seeder("--all", "--path", seeds, env={"DATABASE_URL": url})
    assert done.exit_code == 1, str(done)
    failed = done.finished("trees")
    assert failed["sqlstate"] == "42501"
    assert "permission denied for table trees" in failed["error"]["message"]
    grant = f"GRANT {missing} ON public.trees TO app"
    assert failed["error"]["message"] == f"permission denied for table trees; run {grant}"
    assert trees.rows("SELECT * FROM trees") == [("a", 1)]
    assert done.finished("bushes")["outcome"] == "succeeded"
    assert trees.scalar("SELECT count(*) FROM bushes") == 1


def test_what_is_kept_needs_no_privilege_to_update(
    trees: Database, url: str, seeder: CommandLine, seeds: SeedFolder
) -> None:
    trees.execute("CREATE SCHEMA seeder AUTHORIZATION app; GRANT INSERT ON trees TO app")
    seeds.write("trees.yaml", "rows: [{code: a, height: 2}, {code: b, height: 3}]\n")
    done = seeder("--all", "--path", seeds, env={"DATABASE_URL": url})
    assert done.exit_code == 0, str(done)
    assert trees.rows("SELECT * FROM trees ORDER BY 1") == [("a", 1), ("b", 3)]


class TestLedger:
    def test_a_role_that_may_not_create_it_is_told_the_grant(
        self, trees: Database, url: str, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        trees.execute("GRANT INSERT, UPDATE ON trees TO app")
        before = footprint(trees)
        done = seeder("--all", "--path", seeds, env={"DATABASE_URL": url})
        assert done.exit_code == 1, str(done)
        grant = f'GRANT CREATE ON DATABASE "{trees.name}" TO "app"'
        assert grant in done.finished("trees")["error"]["message"]
        assert footprint(trees).versions == before.versions
        # The grant that is named is the grant that helps.
        trees.execute(grant)
        assert seeder("--all", "--path", seeds, env={"DATABASE_URL": url}).exit_code == 0
        assert trees.rows("SELECT * FROM trees ORDER BY 1") == [("a", 2), ("b", 3)]

    def test_a_schema_that_is_there_wants_another_grant(
        self, trees: Database, url: str, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        trees.execute(
            "GRANT INSERT, UPDATE ON trees TO app; CREATE SCHEMA book; GRANT USAGE ON SCHEMA book TO app"
        )
        arguments = ("--all", "--path", seeds, "--ledger", "book")
        done = seeder(*arguments, env={"DATABASE_URL": url})
        assert done.exit_code == 1, str(done)
        grant = 'GRANT CREATE ON SCHEMA "book" TO "app"'
        assert grant in done.finished("trees")["error"]["message"]
        trees.execute(grant)
        assert seeder(*arguments, env={"DATABASE_URL": url}).exit_code == 0
        assert trees.scalar("SELECT count(*) FROM book.seeder_rows") == 2

    def test_without_one_it_is_a_plain_upsert_and_says_what_is_lost(
        self, trees: Database, url: str, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        trees.execute("GRANT INSERT, UPDATE ON trees TO app")
        arguments = ("--all", "--path", seeds, "--ledger", "off")
        done = seeder(*arguments, env={"DATABASE_URL": url})
        assert done.exit_code == 0, str(done)
        assert "overwritten" in done.event("ledger.off")["message"]
        assert done.event("ledger.off")["level"] == "warning"
        assert trees.rows("SELECT * FROM trees ORDER BY 1") == [("a", 2), ("b", 3)]
        assert trees.scalar("SELECT to_regnamespace('seeder')") is None

        before = footprint(trees)
        assert seeder(*arguments, env={"DATABASE_URL": url}).event("run.finished")["changed"] == 0
        assert footprint(trees) == before

        trees.execute("UPDATE trees SET height = 9 WHERE code = 'a'")
        again = seeder(*arguments, env={"DATABASE_URL": url})
        assert again.finished("trees")["updated"] == 1
        assert trees.scalar("SELECT height FROM trees WHERE code = 'a'") == 2


def test_a_role_that_may_only_read_what_is_there_already_needs_no_more(
    trees: Database, url: str, seeder: CommandLine, seeds: SeedFolder
) -> None:
    # As in production, where a role with more rights has seeded and this one only makes sure.
    assert seeder("--all", "--path", seeds).exit_code == 0
    trees.execute("GRANT USAGE ON SCHEMA seeder TO app; GRANT SELECT ON ALL TABLES IN SCHEMA seeder TO app")
    done = seeder("--all", "--path", seeds, env={"DATABASE_URL": url})
    assert done.exit_code == 0, str(done)
    assert done.finished("trees")["unchanged"] == 2


def test_a_table_that_it_may_not_create(
    trees: Database, url: str, seeder: CommandLine, seeds: SeedFolder
) -> None:
    trees.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE SCHEMA seeder AUTHORIZATION app")
    seeds.write("bushes.yaml", 'ddl: "CREATE TABLE bushes (code text PRIMARY KEY)"\nrows: [{code: a}]\n')
    done = seeder("--bushes", "--path", seeds, "--allow-code", env={"DATABASE_URL": url})
    assert done.exit_code == 1, str(done)
    assert done.finished("bushes")["error"]["message"] == (
        "permission denied for schema public; run GRANT CREATE ON SCHEMA public TO app"
    )
    trees.execute("GRANT CREATE ON SCHEMA public TO app")
    assert seeder("--bushes", "--path", seeds, "--allow-code", env={"DATABASE_URL": url}).exit_code == 0


class TestGrants:
    """The statements that a failed run prints are all that it lacks."""

    def granted(self, seeder: CommandLine, seeds: SeedFolder, database: Database, url: str) -> list[str]:
        """Run, grant what the run says it lacks, and run again, until it lacks nothing; returns what was granted."""
        granted: list[str] = []
        while len(granted) < 20:
            done = seeder("--all", "--path", seeds, env={"DATABASE_URL": url})
            if done.exit_code == 0:
                return granted
            message = done.all("seeder.finished", outcome="failed")[0]["error"]["message"]
            assert "permission denied" in message
            grants = message.partition("; run ")[2].split("; ")
            for grant in grants:
                database.execute(grant)
            granted += grants
        raise AssertionError(granted)

    def test_a_schema_a_table_a_sequence_and_a_table_that_is_referred_to(
        self, database: Database, login: Callable[..., str], seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        url = login()
        database.execute(
            "CREATE SCHEMA seeder AUTHORIZATION app; CREATE SCHEMA shop;"
            "CREATE TABLE shop.kinds (id int PRIMARY KEY, name text UNIQUE); INSERT INTO shop.kinds VALUES (1, 'a');"
            'CREATE TABLE shop."Goods" (id serial PRIMARY KEY, name text UNIQUE, kind int)'
        )
        seeds.write(
            "goods.yaml",
            'table: shop."Goods"\nkey: [name]\nretired_rows: delete\n'
            "rows: [{name: x, kind: !ref {table: shop.kinds, where: {name: a}}}]\n",
        )
        assert self.granted(seeder, seeds, database, url) == [
            "GRANT USAGE ON SCHEMA shop TO app",
            "GRANT SELECT ON shop.kinds TO app",
            'GRANT SELECT, INSERT, UPDATE, DELETE ON shop."Goods" TO app',
            'GRANT USAGE, UPDATE ON SEQUENCE shop."Goods_id_seq" TO app',
        ]
        assert database.scalar('SELECT count(*) FROM shop."Goods"') == 1

    def test_the_ledger(self, trees: Database, url: str, seeder: CommandLine, seeds: SeedFolder) -> None:
        assert seeder("--all", "--path", seeds).exit_code == 0
        trees.execute("GRANT INSERT, UPDATE ON trees TO app; UPDATE trees SET height = 9")
        seeds.write(
            "trees.yaml", "edited_rows: overwrite\nrows: [{code: a, height: 5}, {code: c, height: 1}]\n"
        )
        assert self.granted(seeder, seeds, trees, url) == [
            "GRANT USAGE ON SCHEMA seeder TO app",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA seeder TO app",
        ]

    def test_columns_that_the_role_may_use_are_not_asked_for_again(
        self, trees: Database, url: str, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        trees.execute("CREATE SCHEMA seeder AUTHORIZATION app; REVOKE ALL ON trees FROM app")
        trees.execute("GRANT SELECT, INSERT (code, height) ON trees TO app")
        assert self.granted(seeder, seeds, trees, url) == ["GRANT UPDATE ON public.trees TO app"]

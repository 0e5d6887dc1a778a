"""Row-level security: rows that a policy hides are an error, and never taken for missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.footprint import footprint

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database

pytestmark = pytest.mark.newest_server

SECURED = """\
CREATE TABLE trees (code text PRIMARY KEY, owner text);
INSERT INTO trees VALUES ('a', 'somebody');
ALTER TABLE trees ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON trees USING (owner = current_user) WITH CHECK (true);
"""


@pytest.fixture
def trees(database: Database, seeds: SeedFolder) -> Database:
    database.execute(SECURED)
    seeds.write(
        "trees.yaml", "existing_rows: overwrite\nrows: [{code: a, owner: app}, {code: b, owner: app}]\n"
    )
    return database


def test_rows_that_are_hidden_are_an_error(
    trees: Database, login: Callable[..., str], seeder: CommandLine, seeds: SeedFolder
) -> None:
    url = login()
    trees.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON trees TO app; CREATE SCHEMA seeder AUTHORIZATION app"
    )
    before = footprint(trees).versions["public.trees"]
    done = seeder("--all", "--path", seeds, env={"DATABASE_URL": url})
    assert done.exit_code == 1, str(done)
    assert "row-level security" in done.finished("trees")["error"]["message"]
    assert done.finished("trees")["sqlstate"] == "42501"
    assert footprint(trees).versions["public.trees"] == before


def test_a_role_that_bypasses_it_seeds(
    trees: Database, login: Callable[..., str], seeder: CommandLine, seeds: SeedFolder
) -> None:
    url = login("BYPASSRLS")
    trees.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON trees TO app; CREATE SCHEMA seeder AUTHORIZATION app"
    )
    done = seeder("--all", "--path", seeds, env={"DATABASE_URL": url})
    assert done.exit_code == 0, str(done)
    assert trees.rows("SELECT * FROM trees ORDER BY 1") == [("a", "app"), ("b", "app")]


@pytest.mark.parametrize("forced", [False, True])
def test_the_owner_seeds_unless_it_is_forced_on_him(
    trees: Database, login: Callable[..., str], seeder: CommandLine, seeds: SeedFolder, forced: bool
) -> None:
    url = login()
    trees.execute("ALTER TABLE trees OWNER TO app; CREATE SCHEMA seeder AUTHORIZATION app")
    if forced:
        trees.execute("ALTER TABLE trees FORCE ROW LEVEL SECURITY")
    done = seeder("--all", "--path", seeds, env={"DATABASE_URL": url})
    assert done.exit_code == int(forced), str(done)
    assert trees.scalar("SELECT count(*) FROM trees") == (1 if forced else 2)

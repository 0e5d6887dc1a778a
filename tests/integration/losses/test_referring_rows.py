"""Lost by retirement: rows of somebody's that refer to a row of ours where it is not looked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.losses.life import Life

pytestmark = pytest.mark.newest_server


class TestInheritance:
    """`kid` inherits from `p`, so that a DELETE on `p` reaches its rows, and what refers to them."""

    @pytest.fixture(autouse=True)
    def family(self, life: Life) -> None:
        life.database.execute("""\
            CREATE TABLE p (name text PRIMARY KEY, title text);
            CREATE TABLE kid (PRIMARY KEY (name)) INHERITS (p);
            CREATE TABLE grandkid (PRIMARY KEY (name)) INHERITS (kid)""")
        self.write(life, "a", "b", "c")
        life.seeded()

    def write(self, life: Life, *names: str) -> None:
        rows = [{"name": name, "title": "ours"} for name in names]
        life.write("p", rows, retired_rows="delete")

    @pytest.mark.parametrize("child", ["kid", "grandkid"])
    @pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "NO ACTION"])
    def test_a_row_that_refers_to_a_child_stays(self, life: Life, child: str, action: str) -> None:
        life.database.execute(f"""\
            WITH moved AS (DELETE FROM ONLY p WHERE name IN ('b', 'c') RETURNING *)
            INSERT INTO {child} SELECT * FROM moved;
            CREATE TABLE uses (who text, what text REFERENCES {child} ON DELETE {action});
            INSERT INTO uses VALUES ('a user', 'b')""")
        self.write(life, "a")
        life.seeded()
        assert life.rows("SELECT * FROM uses") == [("a user", "b")]
        assert ("b",) in life.rows("SELECT name FROM p")

    def test_a_row_that_is_referred_to_by_a_column_of_a_child_stays(self, life: Life) -> None:
        life.database.execute("""\
            ALTER TABLE kid ADD number integer UNIQUE;
            WITH moved AS (DELETE FROM ONLY p WHERE name = 'b' RETURNING *)
            INSERT INTO kid SELECT *, 1 FROM moved;
            CREATE TABLE uses (who text, what integer REFERENCES kid (number) ON DELETE CASCADE);
            INSERT INTO uses VALUES ('a user', 1)""")
        self.write(life, "a")
        done = life.seeded()
        assert life.rows("SELECT * FROM uses") == [("a user", 1)]
        assert life.rows("SELECT name FROM p ORDER BY name") == [("a",), ("b",)]
        [kept] = done.all("seeder.kept")
        assert "public.uses may refer to it" in kept["reason"]

    def test_a_row_that_nothing_refers_to_goes(self, life: Life) -> None:
        life.database.execute("CREATE TABLE uses (who text, what text REFERENCES kid ON DELETE CASCADE)")
        self.write(life, "a", "b")
        life.seeded()
        assert life.rows("SELECT name FROM p ORDER BY name") == [("a",), ("b",)]


HIDDEN = {
    "no right on the table": "",
    "a right on another column": "GRANT SELECT (who) ON theirs.uses TO app",
    "no right on the schema": "GRANT SELECT ON theirs.uses TO app; REVOKE USAGE ON SCHEMA theirs FROM app",
    "row security": "GRANT SELECT ON theirs.uses TO app; ALTER TABLE theirs.uses ENABLE ROW LEVEL SECURITY",
}


class TestATableThatTheRoleCannotRead:
    """Whether anything refers to the row can't be known, so the row is kept, and that is said."""

    @pytest.fixture(autouse=True)
    def seeded(self, life: Life, login: Callable[..., str]) -> None:
        life.seeder.environment["DATABASE_URL"] = login()
        life.database.execute("""\
            CREATE SCHEMA seeder AUTHORIZATION app;
            CREATE TABLE tools (name text PRIMARY KEY);
            ALTER TABLE tools OWNER TO app;
            CREATE SCHEMA theirs;
            GRANT USAGE ON SCHEMA theirs TO app;
            CREATE TABLE theirs.uses (who text, what text REFERENCES tools ON DELETE CASCADE)""")
        self.write(life, "a", "b", "c")
        life.seeded()
        life.database.execute("INSERT INTO theirs.uses VALUES ('a user', 'b')")

    def write(self, life: Life, *names: str) -> None:
        life.write("tools", [{"name": name} for name in names], retired_rows="delete")

    @pytest.mark.parametrize("hidden", HIDDEN)
    def test_the_row_is_kept_and_that_is_said(self, life: Life, hidden: str) -> None:
        if HIDDEN[hidden]:
            life.database.execute(HIDDEN[hidden])
        self.write(life, "a")
        done = life.run()
        assert life.rows("SELECT * FROM theirs.uses") == [("a user", "b")]
        assert life.rows("SELECT name FROM tools ORDER BY name") == [("a",), ("b",), ("c",)]
        assert done.exit_code == 0, str(done)
        kept = done.all("seeder.kept", seeder="tools")
        assert sorted(event["key"]["name"] for event in kept) == ["b", "c"]
        for event in kept:
            assert "uses" in json.dumps(event["reason"]), "it names the table that can't be read"

    def test_one_that_it_can_read_keeps_what_it_refers_to(self, life: Life) -> None:
        life.database.execute("GRANT SELECT ON theirs.uses TO app")
        self.write(life, "a")
        life.seeded()
        assert life.rows("SELECT name FROM tools ORDER BY name") == [("a",), ("b",)]
        assert life.rows("SELECT * FROM theirs.uses") == [("a user", "b")]


@pytest.mark.parametrize("refers", ["", " ON DELETE CASCADE", " ON DELETE SET NULL"])
@pytest.mark.parametrize(
    ("referred", "referring"),
    [("citext", "citext"), ('text COLLATE "C"', 'text COLLATE "POSIX"'), ("varchar(9)", "text")],
    ids=["an extension's type", "another collation", "another type"],
)
def test_a_row_that_is_referred_to_by_the_foreign_keys_own_equality_stays(
    life: Life, referred: str, referring: str, refers: str
) -> None:
    """`ABC` refers to `abc` in a column of citext, and its `=` is not one of pg_catalog's."""
    life.database.execute(f"""\
        CREATE EXTENSION citext;
        CREATE TABLE kinds (name {referred} PRIMARY KEY, title text);
        CREATE TABLE uses (id int, kind {referring} REFERENCES kinds{refers})""")
    life.write("kinds", [{"name": "abc", "title": "A"}, {"name": "free", "title": "F"}])
    life.seeded()
    life.database.execute("INSERT INTO uses VALUES (1, 'abc')")
    if referred == "citext":
        life.database.execute("UPDATE uses SET kind = 'ABC'")
    life.write("kinds", [], retired_rows="delete")
    life.seeded()
    assert life.rows("SELECT name::text FROM kinds") == [("abc",)]
    assert life.rows("SELECT count(*) FROM uses WHERE kind IS NOT NULL") == [(1,)]


def test_a_row_stays_if_only_the_referring_column_can_be_read(life: Life, login: Callable[..., str]) -> None:
    """System columns need a grant of their own, and are not needed of another table."""
    url = login()
    life.database.execute("""\
        CREATE TABLE kinds (name text PRIMARY KEY);
        CREATE TABLE uses (id int, kind text REFERENCES kinds ON DELETE CASCADE);
        GRANT ALL ON kinds TO app; GRANT SELECT (kind) ON uses TO app;
        CREATE SCHEMA seeder AUTHORIZATION app""")
    life.write("kinds", [{"name": "a"}, {"name": "b"}])
    life.seeder.environment["DATABASE_URL"] = url
    life.seeded()
    life.database.execute("INSERT INTO uses VALUES (1, 'a')")
    life.write("kinds", [], retired_rows="delete")
    life.seeded()
    assert life.rows("SELECT name FROM kinds") == [("a",)]


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL"])
def test_a_row_stays_if_what_refers_to_it_spells_the_key_otherwise(life: Life, action: str) -> None:
    # The foreign key compares as the type does, and the type may come from an extension.
    life.database.execute(f"""\
        CREATE EXTENSION citext;
        CREATE TABLE labels (label citext PRIMARY KEY, title text);
        CREATE TABLE uses (who text, what citext REFERENCES labels ON DELETE {action})""")
    rows = [{"label": "Late", "title": "ours"}, {"label": "Urgent", "title": "ours"}]
    life.write("labels", rows, retired_rows="delete")
    life.seeded()
    life.database.execute("INSERT INTO uses VALUES ('a user', 'late')")
    life.write("labels", rows[1:], retired_rows="delete")
    life.seeded()
    assert life.rows("SELECT who, what FROM uses") == [("a user", "late")]
    assert life.rows("SELECT label FROM labels ORDER BY label") == [("Late",), ("Urgent",)]

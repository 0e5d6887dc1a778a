"""The ledger: what a round trip alters is no edit, what is secret is not in it, and what befalls it is said."""

from __future__ import annotations

import contextlib
import csv
import io
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from tests.integration.footprint import footprint
from tests.integration.seeding import Entry, Seeding, digest, read_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database, Server

TABLE = "CREATE TABLE tools (name text PRIMARY KEY, title text)"


@pytest.fixture
def seeding(database: Database, seeds: SeedFolder) -> Seeding:
    return Seeding(database, seeds)


def counts(result: Any, seeder: str = "tools") -> tuple[int, int, int, int]:
    """Rows inserted, updated, deleted and kept."""
    finished = result.finished(seeder)
    return finished["inserted"], finished["updated"], finished["deleted"], finished["kept"]


ROUND_TRIPS = {
    "padding": ("char(5)", "ab", "abc"),
    "a scale": ("numeric(6,2)", "1.5", "1.7"),
    "a float": ("real", "0.1000000001", "0.2"),
    "a float's notation": ("double precision", "1e2", "1e3"),
    "jsonb": ("jsonb", '{"b": 1,   "a": [1.0, 2]}', '{"a": [1.0, 3]}'),
    "json": ("json", '{"b": 1,   "a": [1.0, 2]}', '{"a": [1.0, 3]}'),
    "a time zone": ("timestamptz", "2024-02-29 12:00:00+02", "2024-02-29 13:00:00+02"),
    "a precision": ("timestamp(0)", "2024-02-29 12:00:00.4", "2024-02-29 12:00:09"),
    "a date": ("date", "29 Feb 2024", "1 Mar 2024"),
    "an interval": ("interval", "36 hours", "37 hours"),
    "an array": ("int[]", "{1, 2 ,3}", "{1, 2}"),
    "a range": ("int4range", "[1,3]", "[1,4]"),
    "a uuid": ("uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A12"),
    "an address": ("inet", "2001:0db8:0000::1", "2001:db8::2"),
    "bytes": ("bytea", "abc", "abd"),
    "a boolean": ("boolean", "yes", "no"),
    "bits": ("bit(3)", "101", "111"),
    "money": ("money", "12.5", "13"),
    "an enumeration": ("mood", "glad", "sad"),
    "a domain": ("shout", "loud", "louder"),
}


class TestRoundTrips:
    """What is written comes back as another text, and is neither an edit nor a reason to write again."""

    def test_types(self, seeding: Seeding, database: Database) -> None:
        database.execute(
            "CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE DOMAIN shout AS varchar(9) CHECK (VALUE <> '')"
        )
        columns = [f'"{name}" {kind}' for name, (kind, _, _) in ROUND_TRIPS.items()]
        database.execute(f"CREATE TABLE tools (name text PRIMARY KEY, {', '.join(columns)})")
        for place, written in ((1, (1, 0, 0, 0)), (2, (0, 1, 0, 0))):
            self._goes_round(seeding, {name: case[place] for name, case in ROUND_TRIPS.items()}, written)

    def test_a_trigger(self, seeding: Seeding, database: Database) -> None:
        database.execute("""\
            CREATE TABLE tools (name text PRIMARY KEY, cell text, plain text);
            CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN NEW.cell := upper(NEW.cell); RETURN NEW; END $$;
            CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON tools FOR EACH ROW EXECUTE FUNCTION shout()""")
        self._goes_round(seeding, {"cell": "quiet", "plain": "p"}, (1, 0, 0, 0))
        self._goes_round(seeding, {"cell": "quieter", "plain": "p"}, (0, 1, 0, 0))
        assert database.scalar("SELECT cell FROM tools") == "QUIETER"
        assert read_ledger(database, "quieter", "QUIETER", "p") == {
            ("a",): Entry({"cell": "quieter", "plain": "p"}, stored={"cell": "QUIETER"})
        }

    def _goes_round(
        self, seeding: Seeding, cells: dict[str, str], written: tuple[int, int, int, int]
    ) -> None:
        text = io.StringIO()
        csv.writer(text).writerows([["name", *cells], ["a", *cells.values()]])
        seeding.folder.write("tools.csv", text.getvalue())
        assert counts(seeding()) == written
        before = footprint(seeding.database)
        assert counts(seeding()) == (0, 0, 0, 0)
        # Whatever the session of the next run is like, it reads the same texts.
        with unlike_ours(seeding.database):
            assert counts(seeding()) == (0, 0, 0, 0)
        assert footprint(seeding.database) == before


@contextlib.contextmanager
def unlike_ours(database: Database) -> Iterator[None]:
    """While it lasts, sessions show dates, floats, intervals and bytes in other forms than ours does."""
    settings = {
        "TimeZone": "Asia/Kathmandu",
        "DateStyle": "SQL, DMY",
        "IntervalStyle": "iso_8601",
        "extra_float_digits": "-3",
        "bytea_output": "escape",
        "default_transaction_isolation": "serializable",
    }
    for name, value in settings.items():
        database.execute(f"ALTER DATABASE {database.name} SET {name} = '{value}'")
    yield
    database.execute(f"ALTER DATABASE {database.name} RESET ALL")


class TestSecrets:
    def test_no_value_of_a_cell_is_in_it(self, seeding: Seeding, database: Database) -> None:
        database.execute(
            "CREATE TABLE tools (name text PRIMARY KEY, title text, api_key text, enabled boolean)"
        )
        seeding.folder.write(
            "tools.yaml",
            "retired_rows: {set: {title: Farewell}}\n"
            "rows:\n- {name: visible, title: Confidential, api_key: !env API_KEY, enabled: true}\n",
        )
        assert seeding(environ={"API_KEY": "correct-horse"}).exit_code == 0
        database.execute("UPDATE tools SET title = 'Handmade'")
        seeding.folder.write(
            "tools.yaml", "rows:\n- {name: visible, title: Renamed, api_key: !env API_KEY, enabled: true}\n"
        )
        assert seeding(environ={"API_KEY": "battery-staple"}).exit_code == 0
        tables = database.rows(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'seeder'"
        )
        whole = "".join(
            database.scalar(f"SELECT coalesce(string_agg(t::text, ''), '') FROM {name} t")
            for (name,) in tables
        )
        assert "visible" in whole
        for value in ("Confidential", "Handmade", "Renamed", "Farewell", "correct-horse", "battery-staple"):
            assert value not in whole
            assert value.encode().hex() not in whole

    def test_digests_of_a_null_and_of_an_empty_text_differ(
        self, seeding: Seeding, database: Database
    ) -> None:
        database.execute(TABLE)
        seeding.write("tools", [{"name": "a", "title": None}])
        seeding()
        database.execute("UPDATE tools SET title = ''")
        assert counts(seeding()) == (0, 0, 0, 1)
        assert digest("") != digest(None)


class TestWhatBefallsIt:
    def test_it_is_created_and_that_is_said(self, seeding: Seeding, database: Database) -> None:
        database.execute(TABLE)
        seeding.write("tools", [{"name": "a", "title": "A"}])
        assert seeding().event("ledger.created")["schema"] == "seeder"
        assert seeding().all("ledger.created") == []

    @pytest.mark.parametrize(("policy", "title", "updated"), [("overwrite", "A", 1), ("keep", "Mine", 0)])
    def test_deleted_it_is_said_loudly(
        self, seeding: Seeding, database: Database, policy: str, title: str, updated: int
    ) -> None:
        database.execute(TABLE)
        seeding.write(
            "tools", [{"name": "a", "title": "A"}, {"name": "b", "title": "B"}], existing_rows=policy
        )
        seeding()
        database.execute("UPDATE tools SET title = 'Mine' WHERE name = 'a'; DROP SCHEMA seeder CASCADE")
        result = seeding()
        assert result.event("ledger.created")
        adopted = result.event("seeder.adopted")
        assert adopted["level"] == "warning"
        assert (adopted["rows"], adopted["existing_rows"], adopted["table"]) == (2, policy, "public.tools")
        assert counts(result)[1] == updated
        assert database.scalar("SELECT title FROM tools WHERE name = 'a'") == title
        assert all(entry.adopted for entry in read_ledger(database).values())
        assert seeding().all("seeder.adopted") == []

    @pytest.mark.parametrize(
        "damage", ["DELETE FROM seeder.seeder_form", "UPDATE seeder.seeder_form SET form = 999"]
    )
    def test_a_form_that_is_not_ours_is_refused(
        self, seeding: Seeding, database: Database, damage: str
    ) -> None:
        database.execute(TABLE)
        seeding.write("tools", [{"name": "a", "title": "A"}])
        seeding()
        database.execute(damage)
        before = footprint(database)
        seeding.write("tools", [{"name": "a", "title": "B"}])
        result = seeding()
        assert result.exit_code == 1
        message = result.finished("tools")["error"]["message"]
        assert ("a newer version of seeder" if "999" in damage else "damaged") in message
        assert '"seeder"' in message
        assert footprint(database).versions == before.versions

    def test_a_newer_form_is_refused_by_a_check_too(self, seeding: Seeding, database: Database) -> None:
        database.execute(TABLE)
        seeding.write("tools", [{"name": "a", "title": "A"}])
        seeding()
        database.execute("UPDATE seeder.seeder_form SET form = 999")
        assert seeding(check=True).exit_code == 1

    def test_another_schema(self, seeding: Seeding, database: Database) -> None:
        database.execute(TABLE)
        seeding.write("tools", [{"name": "a", "title": "A"}])
        assert seeding(ledger='Seeds "of" ours').exit_code == 0
        quoted = '"Seeds ""of"" ours"'
        assert read_ledger(database, "A", schema=quoted) == {("a",): Entry({"title": "A"})}
        assert database.scalar("SELECT to_regnamespace('seeder')") is None
        before = footprint(database)
        assert counts(seeding(ledger='Seeds "of" ours')) == (0, 0, 0, 0)
        assert footprint(database) == before

    def test_two_schemas_know_nothing_of_each_other(self, seeding: Seeding, database: Database) -> None:
        database.execute(TABLE)
        seeding.write("tools", [{"name": "a", "title": "A"}])
        seeding()
        assert seeding(ledger="second").event("seeder.adopted")["rows"] == 1
        assert read_ledger(database, "A", schema="second") == {("a",): Entry({"title": "A"}, adopted=True)}

    def test_nothing_of_it_is_left_by_a_dry_run(self, seeding: Seeding, database: Database) -> None:
        database.execute(TABLE)
        seeding.write("tools", [{"name": "a", "title": "A"}])
        before = footprint(database)
        assert seeding(dry_run=True).event("run.finished")["changed"] == 1
        assert seeding(check=True).exit_code == 6
        after = footprint(database)
        assert (after.versions, after.objects) == (before.versions, before.objects)


class TestRoles:
    @pytest.fixture
    def limited(self, server: Server, database: Database) -> Iterator[Database]:
        """The database, and a role `limited` that may write the table and no more; its URL is that role's."""
        with server.role("limited", "secret"):
            database.execute(TABLE + "; GRANT SELECT, INSERT, UPDATE ON tools TO limited")
            yield database
            database.execute("DROP OWNED BY limited CASCADE")

    def url(self, database: Database) -> str:
        return database.server.url(database.name, user="limited:secret")

    def test_one_that_may_not_create_it_is_told_the_grant(self, seeding: Seeding, limited: Database) -> None:
        seeding.write("tools", [{"name": "a", "title": "A"}])
        result = seeding(database_url=self.url(limited))
        assert result.exit_code == 1
        message = result.finished("tools")["error"]["message"]
        grant = f'GRANT CREATE ON DATABASE "{limited.name}" TO "limited"'
        assert grant in message
        assert "--ledger off" in message
        assert limited.rows("SELECT * FROM tools") == []

        limited.execute(grant)
        assert seeding(database_url=self.url(limited)).exit_code == 0

    def test_one_that_may_not_create_in_its_schema_is_told_the_grant(
        self, seeding: Seeding, limited: Database
    ) -> None:
        limited.execute("CREATE SCHEMA seeder; GRANT USAGE ON SCHEMA seeder TO limited")
        seeding.write("tools", [{"name": "a", "title": "A"}])
        result = seeding(database_url=self.url(limited))
        assert result.exit_code == 1
        grant = 'GRANT CREATE ON SCHEMA "seeder" TO "limited"'
        assert grant in result.finished("tools")["error"]["message"]

        limited.execute(grant)
        assert seeding(database_url=self.url(limited)).exit_code == 0

    def test_one_that_may_not_read_it_fails_and_writes_nothing(
        self, seeding: Seeding, limited: Database
    ) -> None:
        seeding.write("tools", [{"name": "a", "title": "A"}])
        assert seeding().exit_code == 0
        limited.execute("UPDATE tools SET title = 'Mine'")
        seeding.write("tools", [{"name": "a", "title": "B"}])
        result = seeding(database_url=self.url(limited))
        assert result.exit_code == 1
        assert result.finished("tools")["sqlstate"] == "42501"
        assert limited.rows("SELECT title FROM tools") == [("Mine",)]

    def test_one_that_does_without(self, seeding: Seeding, limited: Database) -> None:
        seeding.write("tools", [{"name": "a", "title": "A"}])
        result = seeding(database_url=self.url(limited), ledger="off")
        assert result.exit_code == 0
        assert result.event("ledger.off")["level"] == "warning"
        assert limited.rows("SELECT * FROM tools") == [("a", "A")]


class TestWithoutOne:
    @pytest.mark.parametrize(
        ("policy", "live", "left"),
        [("overwrite", "Mine", "A"), ("keep", "Mine", "Mine"), ("fail", "Mine", "Mine"), ("fail", "A", "A")],
    )
    def test_rows_that_are_there(
        self, seeding: Seeding, database: Database, policy: str, live: str, left: str
    ) -> None:
        database.execute(TABLE)
        database.execute("INSERT INTO tools VALUES ('a', %s)", [live])
        seeding.write("tools", [{"name": "a", "title": "A"}], existing_rows=policy)
        for _ in range(2):
            result = seeding(ledger="off")
            assert result.exit_code == (1 if policy == "fail" and live != "A" else 0), str(result)
            assert database.rows("SELECT title FROM tools") == [(left,)]
        assert result.event("run.finished")["changed"] == 0
        assert database.scalar("SELECT to_regnamespace('seeder')") is None

    def test_nothing_is_retired(self, seeding: Seeding, database: Database) -> None:
        database.execute(TABLE)
        seeding.write("tools", [{"name": "a", "title": "A"}], retired_rows="delete")
        seeding(ledger="off")
        seeding.write("tools", [], retired_rows="delete")
        assert counts(seeding(ledger="off")) == (0, 0, 0, 0)
        assert database.rows("SELECT name FROM tools") == [("a",)]


def test_an_edit_that_is_committed_while_we_wait_for_its_row_is_kept(
    seeding: Seeding, database: Database
) -> None:
    database.execute(TABLE)
    seeding.write("tools", [{"name": "a", "title": "A"}])
    seeding()
    seeding.write("tools", [{"name": "a", "title": "B"}])
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with database.connect() as person, ThreadPoolExecutor(1) as pool:
        person.execute("UPDATE tools SET title = 'Mine'")
        run = pool.submit(seeding)
        deadline = time.monotonic() + 30
        while not database.scalar(waiting):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        person.commit()
        assert counts(run.result()) == (0, 0, 0, 1)
    assert database.rows("SELECT title FROM tools") == [("Mine",)]
    result = seeding()
    assert result.event("seeder.conflict")["columns"] == ["title"]
    assert counts(result) == (0, 0, 0, 1)


def test_the_names_of_its_parts_are_quoted(seeding: Seeding, database: Database) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE TABLE {} ({} text PRIMARY KEY, {} text)").format(
                *map(sql.Identifier, ('Odd "name"', "Select", "from"))
            )
        )
    seeding.write("odd", [{"Select": "a", "from": "A"}], table='"Odd ""name"""')
    assert counts(seeding(), "odd") == (1, 0, 0, 0)
    assert counts(seeding(), "odd") == (0, 0, 0, 0)
    assert read_ledger(database, "A", table='public.Odd "name"') == {
        ("a",): Entry({"from": "A"}, seeder="odd")
    }


def test_a_row_that_is_all_key_is_in_the_ledger_too(
    database: Database, seeder: CommandLine, seeds: SeedFolder
) -> None:
    database.execute("CREATE TABLE tags (name text PRIMARY KEY)")
    database.execute("INSERT INTO tags VALUES ('old')")
    seeds.write("tags.yaml", "rows: [{name: old}, {name: new}]")
    assert seeder("--all", "--path", seeds).exit_code == 0
    assert sorted(database.rows("SELECT key, adopted FROM seeder.seeder_rows")) == [
        ("{new}", False),
        ("{old}", True),
    ]
    assert seeder("--all", "--path", seeds).event("run.finished")["changed"] == 0

"""Seed files that are code: SQL scripts and Python modules, in the same transaction, lock, retry and dry run."""

from __future__ import annotations

import subprocess
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from tests.integration.footprint import footprint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.commandline import CommandLine, Result, SeedFolder
    from tests.integration.postgres import Database


@pytest.fixture
def run(seeder: CommandLine, seeds: SeedFolder, database: Database) -> Callable[..., Result]:
    """Run every seeder of the folder, with leave to run code, on a database with the table `notes`."""
    database.execute("CREATE TABLE notes (id serial PRIMARY KEY, body text UNIQUE)")

    def run(*arguments: str, **env: str | None) -> Result:
        return seeder("--all", "--path", seeds, "--allow-code", *arguments, env=env)

    return run


def write(seeds: SeedFolder, name: str, content: str) -> Path:
    return seeds.write(name, dedent(content).lstrip("\n"))


def notes(database: Database) -> list[str]:
    return [body for (body,) in database.rows("SELECT body FROM notes ORDER BY id")]


def counts(result: Result, seeder: str) -> tuple[int, int, int]:
    finished = result.finished(seeder)
    assert finished["outcome"] == "succeeded", str(result)
    return finished["inserted"], finished["updated"], finished["deleted"]


class TestSql:
    def test_a_script_of_everything(
        self, run: Callable[..., Result], seeds: SeedFolder, database: Database
    ) -> None:
        write(
            seeds,
            "script.sql",
            r"""
            -- A script; with a semicolon.
            CREATE FUNCTION twice(text) RETURNS text LANGUAGE sql AS $body$ SELECT $1 || ';' || $1; $body$;
            INSERT INTO notes (body) VALUES ('100%s; it''s :x'), (E'a\'b;'), (twice('c'));
            COPY notes (body) FROM stdin;
            d
            \N
            tab\there
            \.
            UPDATE notes SET body = 'e' /* ; */ WHERE body IS NULL;
            DELETE FROM notes WHERE body = 'd';
            SELECT setval('notes_id_seq', 100)
            """.replace("\n            ", "\n"),
        )
        result = run()
        assert result.exit_code == 0, str(result)
        assert counts(result, "script") == (6, 1, 1)
        assert notes(database) == ["100%s; it's :x", "a'b;", "c;c", "e", "tab\there"]
        assert database.scalar("SELECT nextval('notes_id_seq')") == 101

    def test_a_failure_leaves_nothing_and_says_where(
        self, run: Callable[..., Result], seeds: SeedFolder, database: Database
    ) -> None:
        write(
            seeds,
            "broken.sql",
            """
            INSERT INTO notes (body) VALUES ('a');
            INSERT INTO notes (body)
              SELECT nonsense FROM notes;
            """,
        )
        write(
            seeds,
            "twice.sql",
            "INSERT INTO notes (body) VALUES ('b');\n  INSERT INTO notes (body) VALUES ('b');",
        )
        write(seeds, "whole.sql", "INSERT INTO notes (body) VALUES ('c');")
        result = run()
        assert result.exit_code == 1
        broken, twice = result.finished("broken"), result.finished("twice")
        assert (broken["line"], broken["column"], broken["sqlstate"]) == (3, 10, "42703")
        assert broken["file"].endswith("broken.sql")
        assert (twice["line"], twice["column"], twice["sqlstate"]) == (2, 3, "23505")
        assert notes(database) == ["c"]

    def test_a_wrong_line_of_copy_is_named(self, run: Callable[..., Result], seeds: SeedFolder) -> None:
        seeds.write("lines.sql", "SELECT 1;\nCOPY notes (id, body) FROM stdin;\n1\ta\nsecret\tb\n\\.\n")
        finished = run().finished("lines")
        assert (finished["line"], finished["sqlstate"]) == (4, "22P02")
        assert "secret" not in str(finished)

    @pytest.mark.parametrize(
        ("sql", "message"),
        [
            ("BEGIN; SELECT 1; COMMIT", "BEGIN"),
            ("\\i x.sql", "psql's commands"),
            ("SELECT :x", "psql's variables"),
        ],
    )
    def test_what_is_not_for_a_script_is_refused_before_anything_runs(
        self, run: Callable[..., Result], seeds: SeedFolder, database: Database, sql: str, message: str
    ) -> None:
        seeds.write("script.sql", f"INSERT INTO notes (body) VALUES ('a');\n{sql};\n")
        finished = run().finished("script")
        assert message in finished["error"]["message"]
        assert finished["line"] == 2
        assert notes(database) == []

    def test_without_leave_no_code_runs(
        self, seeder: CommandLine, seeds: SeedFolder, database: Database, tmp_path: Path
    ) -> None:
        witness = tmp_path / "witness"
        seeds.write("script.sql", "CREATE TABLE t ();")
        seeds.write("module.py", f"open({str(witness)!r}, 'w').close()\ndef seed_sync(session): pass\n")
        result = seeder("--all", "--path", seeds)
        assert result.exit_code == 1
        for name in ("script", "module"):
            assert result.finished(name)["error"]["type"] == "CodeNotAllowedError"
        assert database.scalar("SELECT to_regclass('t')") is None
        assert not witness.exists()

    def test_run_changed(self, run: Callable[..., Result], seeds: SeedFolder, database: Database) -> None:
        seeds.write("script.sql", "-- seeder: run=changed\nINSERT INTO notes (body) VALUES ('a');")
        assert counts(run(), "script") == (1, 0, 0)
        before = footprint(database)
        assert counts(run(), "script") == (0, 0, 0)
        assert footprint(database) == before
        seeds.write("script.sql", "-- seeder: run=changed\nINSERT INTO notes (body) VALUES ('b');")
        assert counts(run(), "script") == (1, 0, 0)
        assert notes(database) == ["a", "b"]

    def test_one_that_changes_nothing_writes_nothing(
        self, run: Callable[..., Result], seeds: SeedFolder, database: Database
    ) -> None:
        seeds.write("script.sql", "UPDATE notes SET body = 'x' WHERE body <> 'x';")
        seeds.write("rows.yaml", "table: notes\nkey: [body]\nrows: [{body: x}]\n")
        run()
        before = footprint(database)
        result = run("--check")
        assert result.exit_code == 0, str(result)
        assert run().exit_code == 0
        assert footprint(database) == before

    def test_check_sees_what_is_no_row(
        self, run: Callable[..., Result], seeds: SeedFolder, database: Database
    ) -> None:
        seeds.write("view.sql", "CREATE OR REPLACE VIEW v AS SELECT 1 AS one;")
        result = run("--check")
        assert result.exit_code == 6
        assert "view" in result.event("run.finished")["reason"]
        assert database.scalar("SELECT to_regclass('v')") is None

    def test_settings_do_not_outlive_the_script(
        self, run: Callable[..., Result], seeds: SeedFolder, database: Database
    ) -> None:
        seeds.write(
            "a.sql",
            "SET search_path = ''; SET statement_timeout = '1h'; SELECT set_config('work_mem', '64kB', false);"
            "SET ROLE pg_monitor;",
        )
        seeds.write(
            "b.sql",
            "-- seeder: depends_on=a\nINSERT INTO notes (body) SELECT concat_ws('|', current_setting('search_path'),"
            " current_setting('statement_timeout'), current_setting('work_mem') = '64kB',"
            " current_user) FROM pg_sleep(0.01);",
        )
        result = run()
        assert result.exit_code == 0, str(result)
        assert notes(database) == ['"$user", public|0|f|postgres']

    def test_what_pg_dump_writes(
        self, run: Callable[..., Result], seeds: SeedFolder, database: Database
    ) -> None:
        database.execute(
            "CREATE TABLE parts (id int GENERATED ALWAYS AS IDENTITY, name text, note text, PRIMARY KEY (id));"
            "INSERT INTO parts (name, note) VALUES (E'a\\\\.b\\tc\\nd', NULL), ('\\.', ';'), ('$$', ':x');"
            "CREATE FUNCTION part(int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN $1; END $$"
        )
        if not database.server.can_dump:
            pytest.skip("these binaries can't dump")
        program = database.server.binaries / "pg_dump"
        dump = subprocess.run(
            [program, "--dbname", database.dsn, "--table", "parts", "--schema", "public"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        kept = database.rows("TABLE parts")
        database.execute("DROP TABLE parts")
        seeds.write("parts.sql", dump)
        result = run()
        assert result.exit_code == 0, str(result)
        assert counts(result, "parts") == (3, 0, 0)
        assert database.rows("TABLE parts") == kept

    def test_replicas_take_turns(self, seeder: CommandLine, seeds: SeedFolder, database: Database) -> None:
        database.execute("CREATE TABLE notes (body text)")
        seeds.write(
            "once.sql",
            "INSERT INTO notes SELECT 'a' WHERE NOT EXISTS (SELECT FROM notes); SELECT pg_sleep(0.2);",
        )
        runs = [seeder.start("--all", "--path", seeds, "--allow-code") for _ in range(3)]
        assert [each.wait().exit_code for each in runs] == [0, 0, 0]
        assert database.rows("TABLE notes") == [("a",)]


SYNC = """
    from sqlalchemy import text

    def seed_sync(session):
        session.execute(text("INSERT INTO notes (body) VALUES ('first')"))
        session.commit()
        session.execute(text("INSERT INTO notes (body) VALUES ('undone')"))
        session.rollback()
        session.execute(text("UPDATE notes SET body = 'second' WHERE body = 'first'"))
    """
ASYNC = """
    from sqlalchemy import text

    async def seed_async(session):
        await session.execute(text("INSERT INTO notes (body) VALUES ('first')"))
        await session.commit()
        await session.execute(text("INSERT INTO notes (body) VALUES ('undone')"))
        await session.rollback()
        await session.execute(text("UPDATE notes SET body = 'second' WHERE body = 'first'"))
    """


@pytest.mark.parametrize("module", [SYNC, ASYNC], ids=["sync", "async"])
class TestPython:
    def test_it_runs_with_a_session(
        self, run: Callable[..., Result], seeds: SeedFolder, database: Database, module: str
    ) -> None:
        write(seeds, "module.py", module)
        result = run()
        assert result.exit_code == 0, str(result)
        assert counts(result, "module") == (2, 1, 0)
        assert notes(database) == ["second"]
        assert not (seeds.path / "__pycache__").exists()

    def test_a_dry_run_rolls_back_what_it_committed_and_those_after_it_see_it(
        self, run: Callable[..., Result], seeds: SeedFolder, database: Database, module: str
    ) -> None:
        write(seeds, "module.py", module)
        seeds.write("z.sql", "-- seeder: depends_on=module\nDELETE FROM notes WHERE body = 'second';")
        result = run("--dry-run")
        assert result.exit_code == 0, str(result)
        assert counts(result, "module") == (2, 1, 0)
        assert counts(result, "z") == (0, 0, 1)
        assert notes(database) == []

    def test_an_exception_rolls_back_and_names_the_line(
        self, run: Callable[..., Result], seeds: SeedFolder, database: Database, module: str
    ) -> None:
        write(seeds, "module.py", module + "    raise ValueError('a secret value')\n")
        result = run()
        assert result.exit_code == 1
        finished = result.finished("module")
        assert finished["line"] == len(dedent(module).lstrip("\n").splitlines()) + 1
        assert "ValueError" in finished["error"]["message"]
        assert "a secret value" not in str(result)
        assert notes(database) == []

    def test_a_refusal_of_postgresql_names_the_line(
        self, run: Callable[..., Result], seeds: SeedFolder, database: Database, module: str
    ) -> None:
        database.execute("INSERT INTO notes (body) VALUES ('first')")
        write(seeds, "module.py", module)
        finished = run().finished("module")
        assert (finished["line"], finished["sqlstate"]) == (4, "23505")
        assert "first" not in finished["error"]["message"]

    def test_it_is_tried_again_where_that_may_help(
        self, run: Callable[..., Result], seeds: SeedFolder, database: Database, module: str
    ) -> None:
        database.execute(
            "CREATE SEQUENCE tries; CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF nextval('tries') = 1 THEN RAISE 'again' USING ERRCODE = '40001'; END IF; RETURN new; END $$;"
            "CREATE TRIGGER fail BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION fail()"
        )
        write(seeds, "module.py", module)
        result = run()
        assert result.exit_code == 0, str(result)
        assert result.event("seeder.retrying")["sqlstate"] == "40001"
        assert notes(database) == ["second"]


class TestModules:
    def test_a_module_that_can_not_be_imported_fails_alone(
        self, run: Callable[..., Result], seeds: SeedFolder, database: Database
    ) -> None:
        write(seeds, "module.py", "import no_such_package\n\ndef seed_sync(session): ...\n")
        seeds.write("whole.sql", "INSERT INTO notes (body) VALUES ('a');")
        result = run("--strictness", "1")
        assert result.exit_code == 0
        finished = result.finished("module")
        assert finished["line"] == 1
        assert "ModuleNotFoundError: No module named 'no_such_package'" in finished["error"]["message"]
        assert notes(database) == ["a"]

    def test_a_traceback_is_for_debug_alone(self, run: Callable[..., Result], seeds: SeedFolder) -> None:
        write(seeds, "module.py", "def seed_sync(session): raise ValueError('value')\n")
        assert "traceback" not in run().finished("module")
        shown = run("--debug").finished("module")["traceback"]
        assert "module.py" in shown
        assert "'value'" not in shown.splitlines()[-1]

    def test_helpers_beside_it(
        self, run: Callable[..., Result], seeds: SeedFolder, database: Database
    ) -> None:
        write(
            seeds,
            "_helper.py",
            "from sqlalchemy import text\nSQL = text(\"INSERT INTO notes (body) VALUES ('a')\")\n",
        )
        write(
            seeds, "module.py", "from _helper import SQL\ndef seed_sync(session):\n    session.execute(SQL)\n"
        )
        assert counts(run(), "module") == (1, 0, 0)

    def test_an_installed_module_needs_no_leave(
        self, seeder: CommandLine, tmp_path: Path, database: Database
    ) -> None:
        database.execute("CREATE TABLE notes (body text)")
        package = tmp_path / "site" / "shop" / "seeds"
        package.mkdir(parents=True)
        (package.parent / "__init__.py").touch()
        (package / "__init__.py").touch()
        (package / "first.py").write_text(
            "from sqlalchemy import text\ndef seed_sync(session):\n"
            "    session.execute(text(\"INSERT INTO notes VALUES ('a')\"))\n"
        )
        path = f"{seeder.environment['PYTHONPATH']}:{tmp_path / 'site'}"
        result = seeder("--all", "--path", "shop.seeds", env={"PYTHONPATH": path})
        assert result.exit_code == 0, str(result)
        assert counts(result, "first") == (1, 0, 0)

    def test_models_and_the_orm(
        self, run: Callable[..., Result], seeds: SeedFolder, database: Database
    ) -> None:
        write(
            seeds,
            "module.py",
            """
            from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

            class Base(DeclarativeBase): ...

            class Note(Base):
                __tablename__ = "notes"
                id: Mapped[int] = mapped_column(primary_key=True)
                body: Mapped[str]

            def seed_sync(session):
                session.add_all([Note(body="a"), Note(body="b")])
            """,
        )
        assert counts(run(), "module") == (2, 0, 0)
        assert notes(database) == ["a", "b"]

    def test_one_that_ends_the_transaction_by_itself_is_told(
        self, run: Callable[..., Result], seeds: SeedFolder
    ) -> None:
        write(
            seeds,
            "module.py",
            'from sqlalchemy import text\ndef seed_sync(session):\n    session.execute(text("COMMIT"))\n',
        )
        result = run()
        assert result.exit_code == 1, str(result)
        finished = result.finished("module")
        assert "ended the transaction" in finished["error"]["message"]
        assert finished["file"].endswith("module.py")


OWN_SESSION = """
    import asyncio
    import logging
    import os

    from sqlalchemy import create_engine, text
    from sqlalchemy.orm import sessionmaker

    log = logging.getLogger(__name__)
    Session = sessionmaker(create_engine(os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg:")))

    def seed():
        with Session() as session:
            session.execute(text("INSERT INTO notes (body) VALUES ('own')"))
            session.commit()
        log.info("seeded")
    """


class TestOwnSession:
    @pytest.fixture(params=["def", "async def"])
    def module(self, request: pytest.FixtureRequest, seeds: SeedFolder) -> str:
        source: str = OWN_SESSION.replace("def seed", f"{request.param} seed")
        write(seeds, "module.py", source)
        return source

    @pytest.mark.usefixtures("module")
    def test_it_runs(self, run: Callable[..., Result], database: Database) -> None:
        result = run()
        assert result.exit_code == 0, str(result)
        assert notes(database) == ["own"]

    @pytest.mark.usefixtures("module")
    def test_a_dry_run_skips_it_and_says_so(self, run: Callable[..., Result], database: Database) -> None:
        result = run("--dry-run")
        assert result.exit_code == 0, str(result)
        finished = result.finished("module")
        assert finished["outcome"] == "skipped"
        assert "its own session" in finished["reason"]
        assert notes(database) == []

    def test_it_is_never_tried_again(
        self, run: Callable[..., Result], seeds: SeedFolder, tmp_path: Path
    ) -> None:
        tries = tmp_path / "tries"
        write(
            seeds,
            "module.py",
            f"""
            import psycopg

            def seed():
                with open({str(tries)!r}, "a") as file:
                    file.write("x")
                raise psycopg.errors.SerializationFailure("again")
            """,
        )
        assert run().exit_code == 1
        assert tries.read_text() == "x"

    def test_the_common_pattern_runs_unchanged(
        self, run: Callable[..., Result], seeds: SeedFolder, database: Database
    ) -> None:
        write(
            seeds,
            "module.py",
            """
            import asyncio
            import logging
            import os

            from sqlalchemy import create_engine, text
            from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
            from sqlalchemy.orm import sessionmaker

            logger = logging.getLogger(__name__)
            URL = os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg:")
            AsyncSessionLocal = async_sessionmaker(create_async_engine(URL), expire_on_commit=False)
            SessionLocal = sessionmaker(create_engine(URL))
            NOTES = ["a", "b"]

            async def seed_async(session):
                for body in NOTES:
                    await session.execute(text("INSERT INTO notes (body) VALUES (:body)"), {"body": body})
                await session.commit()
                return len(NOTES)

            def seed_sync(session):
                for body in NOTES:
                    session.execute(text("INSERT INTO notes (body) VALUES (:body)"), {"body": body})
                session.commit()
                return len(NOTES)

            def seed():
                with SessionLocal() as session:
                    count = seed_sync(session)
                logger.info("Seeded %d notes", count)

            if __name__ == "__main__":
                seed()
            """,
        )
        assert counts(run(), "module") == (2, 0, 0)
        assert notes(database) == ["a", "b"]

    def test_functions_without_a_session(
        self, run: Callable[..., Result], seeds: SeedFolder, database: Database
    ) -> None:
        write(
            seeds,
            "module.py",
            dedent(OWN_SESSION).replace("def seed()", "def seed_sync()")
            + "\nasync def seed_async():\n    seed_sync()\n\ndef seed():\n    asyncio.run(seed_async())\n",
        )
        assert counts(run(), "module") == (0, 0, 0)
        assert notes(database) == ["own"]


def test_a_python_seeder_reads_its_settings(run: Callable[..., Result], seeds: SeedFolder) -> None:
    seeds.write("b.py", 'ENVIRONMENTS = ["production"]\ndef seed_sync(session): ...\n')
    seeds.write("a.py", 'DEPENDS_ON = ["c"]\ndef seed_sync(session): ...\n')
    seeds.write("c.py", "REQUIRED = True\ndef seed_sync(session): 1 / 0\n")
    result = run("--strictness", "lenient")
    assert result.exit_code == 1
    assert [event["seeder"] for event in result.all("seeder.finished")] == ["c", "a"]
    assert result.finished("a")["outcome"] == "skipped"


def test_status_says_that_code_needs_leave(
    run: Callable[..., Result], seeder: CommandLine, seeds: SeedFolder
) -> None:
    write(seeds, "script.sql", "INSERT INTO notes (body) VALUES ('x')")
    assert run().exit_code == 0
    first, line, *_ = seeder("status", "--path", seeds).stdout.splitlines()
    assert line[first.index("file") :] == "needs --allow-code"
    assert "needs --allow-code" not in seeder("status", "--path", seeds, "--allow-code").stdout

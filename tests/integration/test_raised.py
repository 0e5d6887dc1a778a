"""What code in the database says when it raises an error may hold a row's values: it is shown with --debug alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.commandline import CommandLine, Result, SeedFolder
    from tests.integration.postgres import Database, Server

VALUE = "Rosebud"

RAISES = {
    "P0001": "RAISE EXCEPTION 'title % is bad', NEW.title USING DETAIL = NEW.title, HINT = NEW.title;",
    "SR001": "RAISE EXCEPTION 'title % is bad', NEW.title USING ERRCODE = 'SR001';",
    "22XYZ": "RAISE EXCEPTION 'title % is bad', NEW.title USING ERRCODE = '22XYZ';",
    "23514": "RAISE check_violation USING MESSAGE = 'title ' || NEW.title || ' is bad', TABLE = NEW.title;",
    "42501": "RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'no ' || NEW.title || ' is bad';",
    "P0002": "RAISE no_data_found USING MESSAGE = 'nothing for ' || NEW.title || ', which is bad';",
    "P0004": "ASSERT false, 'title ' || NEW.title || ' is bad';",
    "40001": "RAISE EXCEPTION 'title % is bad', NEW.title USING ERRCODE = 'serialization_failure';",
    "55P03": "RAISE EXCEPTION 'title % is bad', NEW.title USING ERRCODE = 'lock_not_available';",
}


@pytest.fixture
def run(database: Database, seeder: CommandLine, seeds: SeedFolder, tmp_path: Path) -> Callable[..., str]:
    """Run every seeder of the folder; give all that leaves the process, in whichever way."""
    database.execute("CREATE TABLE tools (id int PRIMARY KEY, title text)")
    files = {name: tmp_path / name for name in ("report.json", "report.xml", "termination", "log")}

    def run(*arguments: str, exit_code: int = 1) -> str:
        outputs = [f"--report={files['report.json']}", f"--report={files['report.xml']}"]
        outputs += [f"--termination-log={files['termination']}", f"--log-file={files['log']}"]
        done: Result = seeder("--all", "--allow-code", "--path", seeds, *outputs, *arguments)
        assert done.exit_code == exit_code, str(done)
        return "\n".join([f"{done}", *(file.read_text() for file in files.values())])

    return run


def trigger(database: Database, body: str, made: str = "TRIGGER sift BEFORE INSERT", when: str = "") -> None:
    database.execute(f"""\
        CREATE FUNCTION sift() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NEW; END $$;
        CREATE {made} ON tools {when} FOR EACH ROW EXECUTE FUNCTION sift()""")


@pytest.mark.parametrize("code", RAISES)
def test_what_a_trigger_raises_shows_no_cell(
    database: Database, run: Callable[..., str], seeds: SeedFolder, code: str
) -> None:
    trigger(database, RAISES[code])
    seeds.write("tools.yaml", f"rows: [{{id: 1, title: {VALUE}}}]\n")
    said = run(exit_code=5 if code == "55P03" else 1)
    assert VALUE not in said
    assert f"code in the database raised an error with SQLSTATE {code}" in said
    assert "--debug shows its text" in said
    assert database.scalar("SELECT count(*) FROM tools") == 0


@pytest.mark.newest_server
@pytest.mark.parametrize("code", ["P0001", "SR001"])
def test_with_debug_the_text_is_shown_and_nothing_beside_it(
    database: Database, run: Callable[..., str], seeds: SeedFolder, code: str
) -> None:
    trigger(
        database,
        f"RAISE 'title is %', upper(NEW.title) USING ERRCODE = '{code}', DETAIL = NEW.title, HINT = NEW.title;",
    )
    seeds.write("tools.yaml", f"rows: [{{id: 1, title: {VALUE}}}]\n")
    said = run("--debug")
    assert f"raised an error with SQLSTATE {code}: title is {VALUE.upper()}" in said
    assert VALUE not in said
    assert "--debug shows" not in said


@pytest.mark.newest_server
class TestWherever:
    BODY = RAISES["P0001"]

    def test_a_deferred_trigger(self, database: Database, run: Callable[..., str], seeds: SeedFolder) -> None:
        late = "DEFERRABLE INITIALLY DEFERRED"
        trigger(database, self.BODY, "CONSTRAINT TRIGGER sift AFTER INSERT", late)
        seeds.write("tools.yaml", f"rows: [{{id: 1, title: {VALUE}}}]\n")
        said = run()
        assert VALUE not in said
        assert "SQLSTATE P0001" in said

    def test_a_trigger_on_retirement(
        self, database: Database, run: Callable[..., str], seeds: SeedFolder
    ) -> None:
        head = "retired_rows: delete\nexisting_rows: overwrite\n"
        seeds.write("tools.yaml", f"{head}rows: [{{id: 1, title: {VALUE}}}]\n")
        run(exit_code=0)
        trigger(database, self.BODY.replace("NEW", "OLD"), "TRIGGER sift BEFORE DELETE")
        seeds.write("tools.yaml", f"{head}rows: []\n")
        said = run()
        assert VALUE not in said
        assert "SQLSTATE P0001" in said
        assert database.rows("SELECT title FROM tools") == [(VALUE,)]

    def test_the_function_of_a_domain(
        self, database: Database, run: Callable[..., str], seeds: SeedFolder
    ) -> None:
        database.execute("""\
            CREATE FUNCTION fits(title text) RETURNS boolean LANGUAGE plpgsql AS $$
                BEGIN RAISE 'title % is bad', title USING ERRCODE = '22023'; END $$;
            CREATE DOMAIN title AS text CHECK (fits(VALUE));
            ALTER TABLE tools ALTER title TYPE title""")
        seeds.write("tools.yaml", f"rows: [{{id: 1, title: {VALUE}}}]\n")
        said = run()
        assert VALUE not in said
        assert "SQLSTATE 22023" in said

    RAISE = f"DO $$ BEGIN RAISE 'title % is bad', '{VALUE}'; END $$"
    MODULE = f"""\
from sqlalchemy import text


def seed_sync(session):
    session.execute(text("{RAISE}"))
"""
    DDL = f"""\
rows: [{{id: 1}}]
ddl: |
  CREATE TABLE made (id int PRIMARY KEY);
  {RAISE}
"""

    @pytest.mark.parametrize(
        ("name", "content"), [("script.sql", RAISE), ("module.py", MODULE), ("made.yaml", DDL)]
    )
    def test_code_in_a_seed_file(
        self, run: Callable[..., str], seeds: SeedFolder, name: str, content: str
    ) -> None:
        seeds.write(name, content)
        said = run()
        assert VALUE not in said
        assert "SQLSTATE P0001" in said

    def test_a_module_with_an_engine_of_its_own(
        self, database: Database, run: Callable[..., str], seeds: SeedFolder
    ) -> None:
        trigger(database, self.BODY)
        url = database.url.replace("postgresql:", "postgresql+psycopg:")
        insert = f"INSERT INTO tools VALUES (1, '{VALUE}')"
        seeds.write(
            "module.py",
            "import sqlalchemy\n\n\ndef seed():\n"
            f'    with sqlalchemy.create_engine("{url}").begin() as connection:\n'
            f'        connection.execute(sqlalchemy.text("{insert}"))\n',
        )
        said = run()
        assert VALUE not in said
        assert "SQLSTATE P0001" in said

    def test_notices_and_warnings(
        self, database: Database, run: Callable[..., str], seeds: SeedFolder
    ) -> None:
        trigger(
            database,
            "".join(
                f"RAISE {level} 'title % is odd', NEW.title;"
                for level in ("DEBUG", "LOG", "NOTICE", "WARNING")
            ),
        )
        seeds.write("tools.yaml", f"rows: [{{id: 1, title: {VALUE}}}]\n")
        seeds.write("script.sql", f"DO $$ BEGIN RAISE WARNING 'title % is odd', '{VALUE}'; END $$;\n")
        assert VALUE not in run(exit_code=0)
        assert database.rows("SELECT title FROM tools") == [(VALUE,)]

    def test_what_is_waited_for(self, database: Database, run: Callable[..., str], seeds: SeedFolder) -> None:
        database.execute(f"""\
            CREATE FUNCTION version() RETURNS text LANGUAGE plpgsql AS $$
                BEGIN RAISE 'title % is bad', '{VALUE}'; END $$;
            CREATE VIEW alembic_version AS SELECT public.version() AS version_num""")
        seeds.write("tools.yaml", "rows: [{id: 1}]\n")
        said = run("--wait-for", "alembic:1", "--wait-timeout", "1s", exit_code=4)
        assert VALUE not in said
        assert "SQLSTATE P0001" in said

    def test_a_trigger_that_lets_nobody_log_in(
        self,
        database: Database,
        run: Callable[..., str],
        seeds: SeedFolder,
        seeder: CommandLine,
        server: Server,
    ) -> None:
        database.execute(f"""\
            CREATE FUNCTION sift() RETURNS event_trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE 'title % is bad', '{VALUE}'; END $$;
            CREATE EVENT TRIGGER sift ON login EXECUTE FUNCTION sift();
            ALTER EVENT TRIGGER sift ENABLE ALWAYS""")
        seeds.write("tools.yaml", "rows: [{id: 1}]\n")
        said = run("--wait-timeout", "1s", exit_code=4)
        assert VALUE not in said
        assert "code in the database raised an error" in said
        assert VALUE in run("--wait-timeout", "1s", "--debug", exit_code=4)

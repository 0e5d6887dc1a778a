"""Canaries in every place where a secret or a cell's value can be: none is in anything that leaves the process.

The command line's outputs are searched for passwords and confidential variables in every test, by
`tests/integration/told_secrets.py`. Here each kind of failure is caused with a canary in it.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pytest
from sqlalchemy import make_url

from seeder import StrictnessExceeded, seed_sync
from seeder.config.settings import Settings
from tests.faults.figures import LONG, Figure
from tests.faults.slow import backend
from tests.integration.postgres import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.integration.commandline import CommandLine, Result, SeedFolder
    from tests.integration.postgres import Database

pytestmark = [pytest.mark.newest_server, pytest.mark.timeout(1200)]

CELL: Final = "c4nary-cell"
"""Begins each canary in a seed file's cell, in a script, and in what code raises."""
VARIABLE: Final = "c4nary-variable/+é"
"""The value of a variable that `!env` reads."""
LIVE: Final = "c4nary-live"
"""Begins each canary that is in the table already."""

TABLES: Final = """\
CREATE TYPE mood AS ENUM ('good');
CREATE DOMAIN short_text AS text CHECK (length(VALUE) < 5);
CREATE TABLE parents (id int PRIMARY KEY, name text);
CREATE TABLE t (
    id int PRIMARY KEY, title text, amount int, day date, short varchar(3), code text UNIQUE,
    checked text CHECK (checked NOT LIKE 'c4%'), needed text NOT NULL DEFAULT '', doc jsonb, feeling mood,
    domain short_text, uid uuid, span int4range, tags int[], raw bytea, number numeric(4, 1), parent text,
    address inet, interval interval, xml_text xml, bits bit(3), half text COLLATE "C"
);
ALTER TABLE parents ADD UNIQUE (name);
ALTER TABLE t ADD FOREIGN KEY (parent) REFERENCES parents (name);
INSERT INTO t (id, title, code) VALUES (1, 'c4nary-live title', 'c4nary-cell code');
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.title LIKE '%raise' THEN RAISE 'no %', NEW.title USING DETAIL = NEW.title, HINT = NEW.title; END IF;
    IF NEW.title LIKE '%own' THEN RAISE 'no %', NEW.title USING ERRCODE = 'UE001'; END IF;
    IF NEW.title LIKE '%assert' THEN ASSERT false, NEW.title; END IF;
    IF NEW.title LIKE '%listed' THEN RAISE 'no %', NEW.title USING ERRCODE = '42P01'; END IF;
    IF NEW.title LIKE '%cast' THEN NEW.amount := CAST(NEW.title AS int); END IF;
    IF NEW.title LIKE '%execute' THEN EXECUTE 'SELECT "' || NEW.title || '"'; END IF;
    RAISE WARNING 'seen %', NEW.title; RETURN NEW; END $$;
CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION refuse();
"""

COLUMNS: Final = (
    *("amount", "day", "short", "code", "checked", "doc", "feeling", "domain", "uid", "span", "tags", "raw"),
    *("number", "parent", "address", "interval", "xml_text", "bits"),
)
"""The columns that can't take a canary."""

RAISING: Final = ("raise", "own", "assert", "listed", "cast", "execute")


def mistakes() -> Iterator[tuple[str, str]]:
    """Seed files that PostgreSQL refuses, each for a cell in which a canary is."""
    wanted = {"raw": f"\\x{CELL}", "xml_text": f"<{CELL}"}
    for number, column in enumerate(COLUMNS):
        value = wanted.get(column, f"{CELL} code" if column == "code" else f"{CELL} {column}")
        head = "table: t\nkey: [id]\n"
        if column != "doc":
            # In YAML it would be a text in JSON.
            yield f"y_{column}.yaml", f"{head}rows: [{{id: {100 + number}, {column}: '{value}'}}]\n"
        if column in ("amount", "parent", "checked"):
            yield f"e_{column}.yaml", f"{head}rows: [{{id: {200 + number}, {column}: !env CANARY}}]\n"
        if column in ("amount", "doc", "feeling", "tags"):
            yield f"c_{column}.csv", f"id,{column}\n{300 + number},{value}\n"
            yield f"c_{column}.yaml", head
    for number, kind in enumerate(RAISING):
        yield f"r_{kind}.yaml", f"table: t\nkey: [id]\nrows: [{{id: {400 + number}, title: {CELL} {kind}}}]\n"
    yield "n_null.yaml", f"table: t\nkey: [id]\nrows: [{{id: 500, title: {CELL}, needed: null}}]\n"
    yield "f_fail.yaml", f"table: t\nkey: [id]\nexisting_rows: fail\nrows: [{{id: 1, title: {CELL}}}]\n"
    yield (
        "s_same.yaml",
        f"table: t\nkey: [id]\nrows: [{{id: 501, title: {CELL}}}, {{id: 501, title: {CELL} b}}]\n",
    )
    yield "w_column.yaml", f"table: t\nkey: [id]\nrows: [{{id: 502, titel: {CELL}}}]\n"
    yield "l_list.yaml", f"table: t\nkey: [id]\nrows: [{{id: 503, title: [{CELL}]}}]\n"
    yield (
        "l_nul.json",
        f'{{"table": "t", "key": ["id"], "rows": [{{"id": 504, "title": "{CELL}\\u0000"}}]}}\n',
    )
    yield (
        "b_json.json",
        f'{{"table": "t", "key": ["id"], "rows": [{{"id": 505, "title": "{CELL}" {CELL}}}]}}\n',
    )
    yield "b_csv.csv", f'id,title\n506,"{CELL}" {CELL}\n'
    yield "b_width.csv", f"id,title\n507,{CELL},{CELL}\n"
    yield "b_line.ndjson", f'{{"id": 508, "title": "{CELL}"}} {CELL}\n'
    yield "b_yaml.yaml", f"table: t\nrows:\n- {{id: 509, title: '{CELL}'\n- {{}}\n"
    yield "b_tag.yaml", f"table: t\nrows:\n- {{id: 509, title: !!binary '{CELL}'}}\n"
    yield "o_env.yaml", "table: t\nkey: [id]\nrows: [{id: 510, title: !env CANARY, needed: null}]\n"
    yield "o_doc.yaml", "table: t\nkey: [id]\nrows: [{id: 511, doc: {a: [!env CANARY]}, needed: null}]\n"
    yield (
        "o_ref.yaml",
        (
            "table: t\nkey: [id]\nrows:\n"
            "- {id: 512, amount: !ref {table: parents, where: {name: !env CANARY}, column: id}}\n"
        ),
    )


SCRIPTS: Final[Mapping[str, str]] = {
    "syntax": f"SELECT '{CELL}' '{CELL}';\n",
    "cast": f"SELECT CAST('{CELL}' AS int);\n",
    "insert": f"INSERT INTO t (id, amount) VALUES (600, '{CELL}');\n",
    "check": f"INSERT INTO t (id, checked) VALUES (601, '{CELL}');\n",
    "unique": f"INSERT INTO t (id, code) VALUES (602, '{CELL} code');\n",
    "copy": f"COPY t (id, amount) FROM STDIN;\n603\t{CELL}\n\\.\n",
    "raise": f"DO $$ BEGIN RAISE 'no {CELL}' USING DETAIL = '{CELL}'; END $$;\n",
    "notice": f"DO $$ BEGIN RAISE WARNING '{CELL}'; END $$;\nSELECT 1/0;\n",
    "executed": f"DO $$ BEGIN EXECUTE 'SELECT {CELL.replace('-', '_')} FROM nowhere'; END $$;\n",
    "role": f"CREATE ROLE \"{'x' * 30}\" PASSWORD '{CELL}' NONSENSE;\n",
    "json": f"""SELECT CAST('{{"a": {CELL}}}' AS jsonb);\n""",
    "pattern": f"SELECT 'x' ~ '{CELL}(';\n",
}

MODULES: Final[Mapping[str, str]] = {
    "raised": "raise ValueError(CANARY)",
    "chained": "try:\n        int(CANARY)\n    except ValueError as e:\n        raise RuntimeError(CANARY) from e",
    "noted": "e = KeyError(CANARY); e.add_note(CANARY); raise e",
    "group": "raise ExceptionGroup(CANARY, [ValueError(CANARY)])",
    "exits": "raise SystemExit(CANARY)",
    "bound": "session.execute(text('SELECT CAST(:x AS int)'), {'x': CANARY})",
    "asserted": "assert CANARY == 'b', CANARY",
}
"""What modules do with `CANARY`. It is put together there, because a traceback shows lines of code."""


class Outputs:
    """Everything that leaves the process, in whichever way."""

    def __init__(self, seeder: CommandLine, folder: Path) -> None:
        self.seeder = seeder
        self.files = [folder / name for name in ("report.json", "report.xml", "termination", "log")]
        report, junit, termination, log = map(str, self.files)
        self.options = (
            *(
                f"--report={report}",
                f"--report={junit}",
                f"--termination-log={termination}",
                f"--log-file={log}",
            ),
        )
        self.result: Result

    def run(self, *arguments: str, **environ: str) -> str:
        for file in self.files:
            file.unlink(missing_ok=True)
        self.result = self.seeder(*arguments, *self.options, env=environ, timeout=600)
        written = [file.read_text() for file in self.files if file.exists()]
        return "\n".join([f"{self.result}", *written])


@pytest.fixture
def outputs(seeder: CommandLine, tmp_path: Path) -> Outputs:
    return Outputs(seeder, tmp_path)


def lines_with(said: str, canary: str) -> list[str]:
    return [line for line in said.splitlines() if canary in line]


@pytest.mark.parametrize(
    "options",
    [(), ("--debug",), ("--diff", "--dry-run"), ("--log-format=console", "--debug")]
    if LONG
    else [("--debug",)],
    ids=" ".join,
)
def test_every_kind_of_failure(
    database: Database, outputs: Outputs, seeds: SeedFolder, options: tuple[str, ...]
) -> None:
    database.execute(TABLES)
    names = set()
    for name, content in mistakes():
        seeds.write(name, content)
        names.add(name.partition(".")[0])
    for name, content in SCRIPTS.items():
        seeds.write(f"sql_{name}.sql", content)
        names.add(f"sql_{name}")
    for name, body in MODULES.items():
        head = f"from sqlalchemy import text\n\nCANARY = '{CELL[:3]}' + '{CELL[3:]}'\n"
        content = f"{head}\n\ndef seed_sync(session):\n    {body}\n"
        seeds.write(f"py_{name}.py", content)
        names.add(f"py_{name}")
    said = outputs.run("--all", "--allow-code", "--path", str(seeds.path), *options, CANARY=VARIABLE)
    assert outputs.result.exit_code == 1, said[-3000:]
    if "--log-format=console" not in options:
        unfailed = {name for name in names if outputs.result.finished(name)["outcome"] != "failed"}
        assert not unfailed
    assert not lines_with(said, VARIABLE)
    assert not lines_with(said, LIVE)
    shown = lines_with(said, CELL)
    if "--debug" in options:
        # The text of what code in the database raises was asked for.
        shown = [line for line in shown if "code in the database raised an error" not in line]
    if "--diff" in options:
        # Cells were asked for; those of `!env` are shown all the same in none, as was checked above.
        shown = [line for line in shown if '"event": "row.differs"' not in line]
    assert not shown, shown[:5]
    Figure(
        "Secrets",
        " ".join(["a canary in the cell, the script or the exception of each failure", *options]),
        len(names),
        "in no output, report or log",
        "tests/faults/test_canaries.py",
    ).note()


PASSWORD: Final = "p4ss/w0rd:%41?#é@' \\x"
"""A password with every character that means something in an address."""


def ways_in(
    database: Database, folder: Path, password: str
) -> dict[str, tuple[tuple[str, ...], dict[str, str]]]:
    """Each way to tell a password: arguments and environment."""
    port, name = database.server.port, database.name
    url = f"postgresql://canary:{quote(password, safe='')}@{HOST}:{port}/{name}"
    escaped = password.replace("\\", "\\\\").replace("'", "\\'")
    words = f"host={HOST} port={port} dbname={name} user=canary password='{escaped}'"
    plain = {"PGHOST": HOST, "PGPORT": str(port), "PGDATABASE": name, "PGUSER": "canary"}
    (folder / "url").write_text(url + "\n")
    (folder / "password").write_text(password + "\n")
    in_file = password.replace("\\", "\\\\").replace(":", "\\:")
    (folder / "pgpass").write_text(f"{HOST}:{port}:{name}:canary:{in_file}\n")
    (folder / "pgpass").chmod(0o600)
    (folder / "services").write_text(
        f"[canary]\nhost={HOST}\nport={port}\ndbname={name}\nuser=canary\npassword={password}\n"
    )
    return {
        "URL argument": (("--database-url", url), {}),
        "words": (("--database-url", words), {}),
        "DATABASE_URL": ((), {"DATABASE_URL": url.replace("postgresql:", "postgresql+asyncpg:")}),
        "DATABASE_URL_FILE": ((), {"DATABASE_URL_FILE": str(folder / "url")}),
        "PGPASSWORD": ((), {**plain, "PGPASSWORD": password}),
        "PGPASSWORD_FILE": ((), {**plain, "PGPASSWORD_FILE": str(folder / "password")}),
        "PGPASSFILE": ((), {**plain, "PGPASSFILE": str(folder / "pgpass")}),
        "service file": ((), {"PGSERVICE": "canary", "PGSERVICEFILE": str(folder / "services")}),
    }


@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
def test_every_way_to_tell_a_password(
    database: Database, outputs: Outputs, seeds: SeedFolder, tmp_path: Path, right: bool
) -> None:
    seeds.write("t.yaml", "rows: [{id: 1}]\n")
    database.execute("CREATE TABLE t (id int PRIMARY KEY)")
    told = PASSWORD if right else f"{PASSWORD}wr0ng"
    del outputs.seeder.environment["DATABASE_URL"]
    with database.server.role("canary", PASSWORD.replace("'", "''")) as role:
        database.execute(f"GRANT CREATE ON DATABASE {database.name} TO {role}; GRANT ALL ON t TO {role}")
        try:
            for way, (arguments, environ) in ways_in(database, tmp_path, told).items():
                said = outputs.run(
                    "--all", "--path", str(seeds.path), "--debug", "--wait-timeout=0", *arguments, **environ
                )
                assert outputs.result.exit_code == (0 if right else 3), (way, said)
                for form in (told, quote(told, safe=""), told.partition(" ")[0]):
                    assert not lines_with(said, form), way
        finally:
            database.execute(f"DROP OWNED BY {role} CASCADE")
    Figure(
        "Secrets",
        f"a password told in each of the ways there are, {'right' if right else 'wrong'}",
        8,
        "in no output, report or log",
        "tests/faults/test_canaries.py",
    ).note()


def test_what_others_see_of_a_run(seeder: CommandLine, database: Database, seeds: SeedFolder) -> None:
    """The list of processes, `pg_stat_activity`, the ledger, and what the server logs of statements."""
    database.execute(
        "CREATE TABLE slow (id int PRIMARY KEY, title text);"
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2); RETURN NEW; END $$;"
        "CREATE TRIGGER wait BEFORE INSERT ON slow FOR EACH ROW EXECUTE FUNCTION wait();"
        f"ALTER DATABASE {database.name} SET log_parameter_max_length = 0;"
        f"ALTER DATABASE {database.name} SET log_statement = 'all'"
    )
    seeds.write(
        "slow.yaml", f"key: [id]\nrows:\n- {{id: 1, title: {CELL}}}\n- {{id: 2, title: !env CANARY}}\n"
    )
    start = database.server.log.stat().st_size
    with database.server.role("canary", "c4nary-password") as role:
        database.execute(f"GRANT CREATE ON DATABASE {database.name} TO {role}; GRANT ALL ON slow TO {role}")
        try:
            url = database.server.url(database.name, user="canary:c4nary-password")
            run = seeder.start("--all", "--path", seeds, env={"DATABASE_URL": url, "CANARY": VARIABLE})
            pid = backend(database, "wait_event = 'PgSleep'")
            assert b"c4nary" not in Path(f"/proc/{run.process.pid}/cmdline").read_bytes()
            assert "c4nary" not in str(
                database.scalar(f"SELECT query FROM pg_stat_activity WHERE pid = {pid}")
            )
            done = run.wait()
        finally:
            database.execute(f"REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}")
    assert done.exit_code == 0, f"{done}"
    assert done.finished("slow")["inserted"] == 2
    ledger = [
        str(row)
        for (table,) in database.rows(
            "SELECT relname FROM pg_class WHERE relnamespace = 'seeder'::regnamespace AND relkind = 'r'"
        )
        for row in database.rows(f"SELECT CAST(t AS text) FROM seeder.{table} t")
    ]
    assert ledger
    assert "c4nary" not in "".join(ledger)
    with database.server.log.open("rb") as log:
        log.seek(start)
        logged = log.read().decode()
    assert "INSERT INTO" in logged
    assert [line for line in lines_with(logged, "c4nary") if "CREATE ROLE" not in line] == []


@pytest.mark.parametrize("rows", [3, 3000])
def test_a_secret_among_the_defaults_of_a_csv_file(
    seeder: CommandLine, database: Database, seeds: SeedFolder, rows: int
) -> None:
    """It is in the text of no statement, in whichever way the rows go."""
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, name text, token text); INSERT INTO t VALUES (0);"
        f"ALTER DATABASE {database.name} SET log_parameter_max_length = 0"
    )
    seeds.write("t.csv", "id,name\n" + "".join(f"{number},n\n" for number in range(1, rows + 1)))
    seeds.write("t.yaml", "key: [id]\ndefaults: {token: !env CANARY}\n")
    start = database.server.log.stat().st_size
    for inserted in (rows, 0):
        done = seeder("--all", "--path", seeds, env={"CANARY": VARIABLE})
        assert done.finished("t")["inserted"] == inserted
    with database.server.log.open("rb") as log:
        log.seek(start)
        logged = log.read().decode()
    assert "CREATE TABLE" in logged
    assert lines_with(logged, "c4nary") == []
    assert database.rows("SELECT DISTINCT token FROM t WHERE id > 0") == [(VARIABLE,)]


def test_the_library(database: Database, seeds: SeedFolder, caplog: pytest.LogCaptureFixture) -> None:
    """The application's engine has the password. Neither the error, nor its report, nor a repr has it."""
    seeds.write("t.yaml", f"rows: [{{id: {CELL}}}]\n")
    database.execute("CREATE TABLE t (id int PRIMARY KEY)")
    with database.server.role("canary", "c4nary-password") as role:
        database.execute(f"GRANT CREATE ON DATABASE {database.name} TO {role}; GRANT ALL ON t TO {role}")
        try:
            for password in ("c4nary-password", "c4nary-wrong"):
                url = make_url(database.server.url(database.name, user=f"canary:{password}"))
                with caplog.at_level(logging.DEBUG), pytest.raises(StrictnessExceeded) as caught:
                    seed_sync(url, path=seeds.path, wait_timeout=0, debug=True)
                error: BaseException | None = caught.value
                while error is not None:
                    assert "c4nary-password" not in f"{error!r}{error}"
                    assert "c4nary-wrong" not in f"{error!r}{error}"
                    error = error.__cause__ or error.__context__
                report = caught.value.report
                for text in (repr(report), str(report.to_dict()), caplog.text):
                    assert "c4nary-password" not in text
                    assert "c4nary-wrong" not in text
                    assert (
                        CELL not in text.replace(str(seeds.path), "")
                        or password == "c4nary-wrong"
                        or _only_as_key(text)
                    )
        finally:
            database.execute(f"DROP OWNED BY {role} CASCADE")
    settings = Settings.load(
        {"database_url": "postgresql://a:c4nary-password@b/c"}, {"PGPASSWORD": "c4nary-other"}
    )
    assert "c4nary" not in repr(settings)


def _only_as_key(text: str) -> bool:
    """Keys are in clear: the seed file's row has this one."""
    return all("key" in line for line in text.splitlines() if CELL in line)

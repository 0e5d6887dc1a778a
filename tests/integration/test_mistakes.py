"""Mistakes: each is told with file, line and column and with what would be right, and nothing is written for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.integration.commandline import CommandLine, SeedFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.commandline import Event, Result
    from tests.integration.postgres import Database, Server

TABLE = """\
CREATE TABLE parents (id int PRIMARY KEY);
CREATE TABLE "{name}" (
    id       int PRIMARY KEY,
    title    text NOT NULL,
    price    numeric CONSTRAINT price_is_positive CHECK (price > 0),
    parent   int REFERENCES parents,
    late     int REFERENCES parents DEFERRABLE INITIALLY DEFERRED,
    code     text UNIQUE,
    short    varchar(3),
    doc      jsonb,
    doubled  int GENERATED ALWAYS AS (id * 2) STORED
)
"""

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@dataclass(frozen=True)
class Mistake:
    """A seed file that is wrong: where that is told, and words of the message."""

    file: str
    content: str | bytes
    place: tuple[int | None, int | None]
    words: tuple[str, ...]
    key: str | None = None


def yaml(content: str, line: int | None, column: int | None, *words: str, key: str | None = None) -> Mistake:
    return Mistake("yaml", content, (line, column), words, key)


def csv(
    content: str | bytes, line: int | None, column: int | None, *words: str, key: str | None = None
) -> Mistake:
    return Mistake("csv", content, (line, column), words, key)


ROWS = "".join(f"{n},t,s3cret{n}\n" for n in range(1, 3001))

MISTAKES = {
    # The file itself
    "unknown_field": yaml("tabel: t\nrows: []\n", 1, 1, 'unknown field "tabel"', 'did you mean "table"'),
    "wrong_word": yaml("mode: upsrt\nrows: []\n", 1, 7, "upsert or insert", 'did you mean "upsert"'),
    "wrong_kind": yaml("key: id\nrows: []\n", 1, 6, "a list", "brackets"),
    "no_rows": yaml("key: [id]\n", None, None, "rows: []"),
    "syntax": yaml("rows:\n  - {id: 1\n  - {id: 2}\n", 3, None, "not valid YAML"),
    "bomb": yaml(BOMB + "rows: [{id: 1, title: *i}]\n", None, None, "aliases"),
    "not_utf8": csv(b"id,title\n1,caf\xe9\n", 2, None, "UTF-8"),
    "not_gzip": Mistake("csv.gz", b"id,title\n1,x\n", (None, None), ("gzip",)),
    "too_many": csv("id,title\n1,x\n2,y,s3cret\n", 3, None, "3", "2"),
    "open_quote": csv('id,title\n1,"s3cret\n', 2, 3, "not closed"),
    "outside": yaml("rows:\n  - {id: 1, title: !file ../../etc/passwd}\n", 2, 20, "outside"),
    "no_file": yaml("rows:\n  - {id: 1, title: !file nohting.txt}\n", 2, 20, "there is no file nohting.txt"),
    "no_env": yaml("rows:\n  - {id: 1, title: !env NOWHERE}\n", 2, 20, "NOWHERE", "is not set"),
    "own_env": yaml("rows:\n  - {id: 1, title: !env DATABASE_URL}\n", 2, 20, "DATABASE_URL"),
    "secret_key": yaml("key: [code]\nrows:\n  - {id: 1, title: x, code: !env SECRET}\n", 3, 29, "key"),
    "same_name_twice": yaml("rows:\n  - {id: 1, title: x, title: s3cret}\n", 2, 23, '"title" appears twice'),
    "unknown_tag": yaml("rows:\n  - {id: 1, title: !evn SECRET}\n", 2, 20, "!evn", "did you mean"),
    # The file and the table
    "unknown_column": yaml(
        "rows:\n  - {id: 1, titel: s3cret}\n", 2, 13, 'no column "titel"', 'did you mean "title"'
    ),
    "unknown_csv_column": csv("id,titel\n1,x\n", 1, 4, 'no column "titel"', 'did you mean "title"'),
    "unknown_key": yaml(
        "key: [tilte]\nrows: [{tilte: 1}]\n", 1, 7, 'no column "tilte"', 'did you mean "title"'
    ),
    "unknown_insert_only": yaml(
        "insert_only: [titel]\nrows: [{id: 1, title: x}]\n", 1, 15, '"titel"', 'did you mean "title"'
    ),
    "missing_key": yaml("rows:\n  - {id: 1, title: x}\n  - {title: y}\n", 3, 5, '"id"'),
    "missing_csv_key": csv("title,code\nx,s3cret\n", None, None, '"id"'),
    "generated": yaml("rows:\n  - {id: 1, title: x, doubled: 2}\n", 2, 23, "generated"),
    "same_key": yaml(
        "rows:\n  - {id: 1, title: x}\n  - {id: 01, title: y}\n", 3, 10, "same key", "line 2", key="01"
    ),
    "same_csv_key": csv("id,title\n1,x\n2,y\n1,z\n", 4, 1, "same key", "line 2", key="1"),
    "mapping": yaml("rows:\n  - {id: 1, title: {a: s3cret}}\n", 2, 20, '"title"', "json"),
    "no_table": yaml("table: nowhere\nrows: [{id: 1}]\n", 1, 8, "table nowhere does not exist", "migrations"),
    "ddl_of_another": yaml(
        'table: nowhere\nddl: "CREATE TABLE elsewhere (id int)"\nrows: [{id: 1}]\n',
        2,
        6,
        "still does not exist",
    ),
    "ref_to_nothing": yaml(
        "rows:\n  - {id: 1, title: x, parent: !ref {table: parents, where: {id: 77}}}\n",
        2,
        31,
        "finds no row",
        "77",
    ),
    # The values
    "wrong_in_new": yaml(
        'table: new\nddl: "CREATE TABLE new (id int PRIMARY KEY, price numeric)"\nrows:\n  - {id: 1, price: s3cret}\n',
        4,
        20,
        '"price"',
        "numeric",
        key="1",
    ),
    "wrong_in_ref": yaml(
        "rows:\n  - {id: 1, title: x, parent: !ref {table: parents, where: {id: s3cret}}}\n",
        2,
        31,
        '"id"',
        "integer",
    ),
    "wrong_type": yaml(
        "rows:\n  - {id: 1, title: x}\n  - {id: 2, title: y, price: s3cret}\n",
        3,
        30,
        '"price"',
        "numeric",
        key="2",
    ),
    "wrong_key_type": yaml("rows:\n  - {id: one, title: x}\n", 2, 10, '"id"', "integer"),
    "too_long": yaml(
        "rows:\n  - {id: 5, title: x, short: s3cret}\n", 2, 30, '"short"', "varying(3)", key="5"
    ),
    "bad_json": csv('id,title,doc\n1,x,{}\n2,y,"{""s3cret"": "\n', 3, 5, '"doc"', "jsonb", key="2"),
    "wrong_in_many": csv(
        "id,title,code,price\n" + ROWS.replace("\n", ",1\n") + "3001,t,x,s3cret\n3002,t,y,1\n",
        3002,
        10,
        '"price"',
        "numeric",
        key="3001",
    ),
    "not_null": yaml(
        "rows:\n  - {id: 1, title: x}\n  - {id: 2, title: null, code: s3cret}\n",
        3,
        20,
        '"title"',
        "not-null",
        key="2",
    ),
    "left_out": yaml(
        "rows:\n  - {id: 1, title: x}\n  - {id: 2, code: s3cret}\n", 3, 5, '"title"', "not-null", key="2"
    ),
    "checked": yaml(
        "rows:\n  - {id: 1, title: x, price: 1}\n  - {id: 2, title: s3cret, price: -77}\n",
        3,
        5,
        "price_is_positive",
        key="2",
    ),
    "foreign_key": yaml(
        "rows:\n  - {id: 1, title: x}\n  - {id: 2, title: s3cret, parent: 77}\n", 3, 5, "parent_fkey", key="2"
    ),
    "deferred": yaml(
        "rows:\n  - {id: 1, title: x}\n  - {id: 2, title: s3cret, late: 77}\n", 3, 5, "late_fkey", key="2"
    ),
    "not_unique": yaml(
        "rows:\n  - {id: 1, title: x, code: s3cret}\n  - {id: 2, title: y, code: s3cret}\n",
        3,
        5,
        "code_key",
        key="2",
    ),
    "foreign_key_in_many": csv(
        "id,title,code,parent\n" + ROWS.replace("\n", ",\n") + "3001,t,s3cret,77\n3002,t,,78\n",
        3002,
        None,
        "parent_fkey",
        key="3001",
    ),
    "not_null_in_many": csv(
        "id,title,code\n" + ROWS + "3001,,s3cret\n", 3002, None, '"title"', "not-null", key="3001"
    ),
}


@dataclass(frozen=True)
class Told:
    """A run over all the mistakes at once, which is its own proof that none of them keeps the others from running."""

    database: Database
    result: Result
    folder: SeedFolder
    log: str

    def of(self, name: str) -> Event:
        return self.result.finished(name)


@pytest.fixture(scope="module")
def told(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    database = server.create_database()
    database.execute(TABLE.partition(";")[0])
    seeds = SeedFolder(tmp_path_factory.mktemp("seeds"))
    for name, mistake in MISTAKES.items():
        seeds.write(f"{name}.{mistake.file}", mistake.content)
        database.execute(TABLE.partition(";")[2].format(name=name))
    database.execute(TABLE.partition(";")[2].format(name="right"))
    seeds.write("right.yaml", "rows: [{id: 1, title: s3cret, code: !env SECRET}]\n")
    log = tmp_path_factory.mktemp("log") / "system.log"
    seeder = CommandLine(
        tmp_path_factory.mktemp("runs"), DATABASE_URL=database.url, SECRET="hunter2-s3cret", SEED_DEBUG="1"
    )
    result = seeder("--all", "--path", seeds, "--allow-code", "--log-file", log)
    yield Told(database, result, seeds, log.read_text())
    database.drop()


def test_they_fail_and_what_is_right_is_done(told: Told) -> None:
    assert told.result.exit_code == 1, str(told.result)
    finished = told.result.event("run.finished")
    assert (finished["succeeded"], finished["failed"]) == (1, len(MISTAKES))
    assert told.database.scalar('SELECT code FROM "right"') == "hunter2-s3cret"


@pytest.mark.parametrize("name", MISTAKES)
class TestMistake:
    def test_it_is_told_where_and_what_would_be_right(self, told: Told, name: str) -> None:
        mistake, event = MISTAKES[name], told.of(name)
        message = event["error"]["message"]
        assert event["outcome"] == "failed"
        assert event["file"] == str(told.folder.path / f"{name}.{mistake.file}")
        line, column = mistake.place
        if line is not None:
            assert event["line"] == line, event
        if column is not None:
            assert event["column"] == column, event
        for word in mistake.words:
            assert word in message, event
        if mistake.key is not None:
            assert list(event["key"].values()) == [mistake.key]

    def test_nothing_is_written_for_it(self, told: Told, name: str) -> None:
        assert told.database.scalar(f"SELECT count(*) FROM {name}") == 0
        registered = "SELECT count(*) FROM seeder.seeder_seeders WHERE name = %s"
        assert told.database.scalar(registered, [name]) == 0


def test_no_value_and_no_secret_is_shown(told: Told) -> None:
    shown = told.result.stdout + told.result.stderr + told.log
    assert len(told.log) > 1000
    # The number of the run is in hexadecimal, and may spell anything.
    shown = re.sub(r'"run_id": ?"[0-9a-f]+"', "", shown)
    for value in ("s3cret", "hunter2", "-77", "caf"):
        assert value not in shown, [line for line in shown.splitlines() if value in line][:3]


def test_without_debug_there_is_no_stack(told: Told, seeder_command: CommandLine) -> None:
    assert '"traceback"' in told.result.stdout
    environment = {"DATABASE_URL": told.database.url, "SECRET": "hunter2-s3cret"}
    done = seeder_command("--all", "--path", told.folder, "--allow-code", env=environment)
    assert done.exit_code == 1
    assert "Traceback" not in f"{done}"
    assert '"traceback"' not in done.stdout
    assert {event["event"] for event in done.events if event["level"] == "debug"} == set()


def test_an_error_that_a_domain_raises_names_the_row(
    database: Database, seeder: CommandLine, seeds: SeedFolder
) -> None:
    """PostgreSQL counts the lines of a file that it reads by itself, and a row may have several."""
    database.execute("""\
        CREATE FUNCTION small(int) RETURNS bool LANGUAGE plpgsql AS $$
            BEGIN IF $1 > 2500 THEN RAISE 'too large'; END IF; RETURN true; END $$;
        CREATE DOMAIN small AS int CHECK (small(VALUE));
        CREATE TABLE tools (id small PRIMARY KEY, title text)""")
    seeds.write("tools.csv", "id,title\n" + "".join(f'{n},"a\nb"\n' for n in range(1, 3001)))
    failed = seeder("--all", "--path", seeds).finished("tools")
    assert (failed["line"], failed["key"]) == (2 * 2501, {"id": "2501"})


def test_a_row_that_refers_to_a_later_one_is_not_blamed(
    database: Database, seeder: CommandLine, seeds: SeedFolder
) -> None:
    """While the rows are tried piece by piece, it is refused for the same foreign key as the wrong one."""
    database.execute(
        "CREATE TABLE tree (id int PRIMARY KEY, parent int CONSTRAINT has_parent REFERENCES tree)"
    )
    seeds.write("tree.csv", "id,parent\n1,2\n2,\n3,\n4,99\n")
    failed = seeder("--all", "--path", seeds).finished("tree")
    assert "has_parent" in failed["error"]["message"]
    assert failed.get("line") in {None, 5}


@pytest.mark.parametrize(
    "body",
    [
        """RAISE EXCEPTION 'not "%"', NEW.title USING ERRCODE = '42501';""",
        "EXECUTE format('SELECT %I', NEW.title); RETURN NEW;",
    ],
    ids=["raise", "execute"],
)
def test_a_function_that_takes_a_value_for_a_name_shows_none(
    database: Database, seeder: CommandLine, seeds: SeedFolder, body: str
) -> None:
    """PostgreSQL's messages of these codes quote names alone, but for those that a function causes."""
    database.execute(f"""\
        CREATE TABLE tools (id int PRIMARY KEY, title text);
        CREATE FUNCTION sift() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$;
        CREATE TRIGGER sift BEFORE INSERT ON tools FOR EACH ROW EXECUTE FUNCTION sift()""")
    seeds.write("tools.yaml", "rows: [{id: 1, title: s3cret}]\n")
    done = seeder("--all", "--path", seeds)
    assert done.finished("tools")["outcome"] == "failed"
    assert done.finished("tools")["sqlstate"] in {"42501", "42703"}
    assert "s3cret" not in f"{done}"

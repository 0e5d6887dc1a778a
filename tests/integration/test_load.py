"""A CSV file of 2,000 rows or more is read by PostgreSQL itself, and straight into an empty table if that is simple.

Whatever is not simple is seen to by other steps, and is as it was: the rows, the ledger, the errors and their places.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.footprint import footprint
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.commandline import Result, SeedFolder
    from tests.integration.postgres import Database, Server, StatementLog

ROWS = 3000
TABLE = "CREATE TABLE tools (id int PRIMARY KEY, title text, note text)"


@pytest.fixture
def seeding(database: Database, seeds: SeedFolder) -> Seeding:
    return Seeding(database, seeds)


def csv(rows: int = ROWS, header: str = "id,title", row: Callable[[int], str] | None = None) -> str:
    """A file with the rows 1 to `rows`."""
    text = row or (lambda number: f"{number},Title {number}")
    return header + "\n" + "".join(text(number) + "\n" for number in range(1, rows + 1))


def counted(result: Result, seeder: str = "tools") -> tuple[int, int, int, int]:
    """Rows inserted, updated, unchanged and kept."""
    assert result.exit_code == 0, str(result)
    found = result.finished(seeder)
    return found["inserted"], found["updated"], found["unchanged"], found["kept"]


def error(result: Result) -> dict[str, Any]:
    assert result.exit_code == 1, str(result)
    found = result.finished("tools")
    return {"line": found.get("line"), "column": found.get("column"), **found["error"]}


def assert_settled(seeding: Seeding, rows: int = ROWS) -> None:
    """A second run finds all rows as they are and writes nothing at all."""
    before = footprint(seeding.database)
    assert counted(seeding()) == (0, 0, rows, 0)
    assert footprint(seeding.database) == before
    assert not seeding.database.rows("SELECT FROM pg_class WHERE relname LIKE 'seeder_stage%'")


def loads_straight(statements: StatementLog, seeding: Seeding, **options: Any) -> tuple[Result, bool]:
    """Run, and tell whether the last COPY went into the table itself."""
    with statements.recorded() as sent:
        result = seeding(**options)
    copies = [text for text in sent if text.startswith("COPY")]
    return result, bool(copies) and "seeder_stage" not in copies[-1]


@pytest.mark.parametrize("ledger", ["seeder", "off"])
def test_rows_go_straight_in(seeding: Seeding, statements: StatementLog, ledger: str) -> None:
    seeding.database.execute(TABLE)
    seeding.folder.write("tools.csv", csv())
    result, straight = loads_straight(statements, seeding, ledger=ledger)
    assert straight
    assert counted(result) == (ROWS, 0, 0, 0)
    assert seeding.database.rows("SELECT count(*), max(title) FROM tools") == [(ROWS, "Title 999")]
    assert counted(seeding(ledger=ledger)) == (0, 0, ROWS, 0)


def test_what_was_loaded_is_known(seeding: Seeding) -> None:
    """Edits are kept, changes of the file are written, and rows that it drops are retired, as of any other rows."""
    seeding.database.execute(TABLE)
    seeding.folder.write("tools.yaml", "retired_rows: delete\nrows: !file tools.csv\n")
    seeding.folder.write("tools.csv", csv())
    assert counted(seeding()) == (ROWS, 0, 0, 0)
    assert_settled(seeding)
    seeding.database.execute(
        "UPDATE tools SET title = 'Mine' WHERE id = 1; UPDATE tools SET note = 'Mine' WHERE id = 3000"
    )
    changed = csv(ROWS - 2, row=lambda n: f"{n},{'New' if n == 2 else f'Title {n}'}")
    seeding.folder.write("tools.csv", changed)
    assert seeding().exit_code == 0
    found = "SELECT id, title, note FROM tools WHERE id IN (1, 2, 2999, 3000) ORDER BY id"
    # Somebody has touched row 3000, so it stays.
    assert seeding.database.rows(found) == [(1, "Mine", None), (2, "New", None), (3000, "Title 3000", "Mine")]


# Tables that are not plain

NOT_PLAIN = {
    "a row trigger": """\
        CREATE FUNCTION loud() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW.title := upper(NEW.title); RETURN NEW; END $$;
        CREATE TRIGGER loud BEFORE INSERT ON tools FOR EACH ROW EXECUTE FUNCTION loud()""",
    "a trigger of the statement": """\
        CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER nothing AFTER INSERT ON tools EXECUTE FUNCTION nothing()""",
    "a rule": "CREATE RULE nothing AS ON DELETE TO tools DO ALSO NOTHING",
    "a child": "CREATE TABLE child () INHERITS (tools)",
    "row security": "ALTER TABLE tools ENABLE ROW LEVEL SECURITY",
}


@pytest.mark.parametrize("which", NOT_PLAIN)
def test_a_table_that_is_not_plain(seeding: Seeding, statements: StatementLog, which: str) -> None:
    seeding.database.execute(f"{TABLE}; {NOT_PLAIN[which]}")
    seeding.folder.write("tools.csv", csv())
    result, straight = loads_straight(statements, seeding)
    assert not straight
    assert counted(result) == (ROWS, 0, 0, 0)
    title = "TITLE 7" if which == "a row trigger" else "Title 7"
    assert seeding.database.rows("SELECT title FROM tools WHERE id = 7") == [(title,)]
    assert_settled(seeding)


def test_a_partitioned_table_and_a_partition(seeding: Seeding, statements: StatementLog) -> None:
    seeding.database.execute("""\
        CREATE TABLE tools (id int PRIMARY KEY, title text) PARTITION BY RANGE (id);
        CREATE TABLE low PARTITION OF tools FOR VALUES FROM (0) TO (100);
        CREATE TABLE high PARTITION OF tools FOR VALUES FROM (100) TO (10000)""")
    seeding.folder.write("tools.csv", csv())
    result, straight = loads_straight(statements, seeding)
    assert not straight
    assert counted(result) == (ROWS, 0, 0, 0)
    assert_settled(seeding)


def test_an_inherited_table_whose_child_has_rows(seeding: Seeding) -> None:
    seeding.database.execute(
        f"{TABLE}; CREATE TABLE child () INHERITS (tools); INSERT INTO child VALUES (5, 'Mine')"
    )
    seeding.folder.write("tools.yaml", "existing_rows: keep\nrows: !file tools.csv\n")
    seeding.folder.write("tools.csv", csv())
    assert counted(seeding()) == (ROWS - 1, 0, 0, 1)
    assert seeding.database.scalar("SELECT count(*) FROM tools") == ROWS


PLAIN = {
    "unlogged": "CREATE UNLOGGED TABLE tools (id int PRIMARY KEY, title text)",
    "no unique key": "CREATE TABLE tools (id int, title text)",
    "with a generated column": "CREATE TABLE tools (id int PRIMARY KEY, title text, "
    "shout text GENERATED ALWAYS AS (upper(title)) STORED)",
    "with a column that is gone": "CREATE TABLE tools (gone int, id int PRIMARY KEY, title text); "
    "ALTER TABLE tools DROP gone",
    "with a foreign key to itself": "CREATE TABLE tools (id int PRIMARY KEY, title text, next int REFERENCES tools)",
}


@pytest.mark.parametrize("which", PLAIN)
def test_other_plain_tables(seeding: Seeding, statements: StatementLog, which: str) -> None:
    seeding.database.execute(PLAIN[which])
    seeding.folder.write("tools.yaml", "key: [id]\nrows: !file tools.csv\n")
    text = (
        csv(header="id,title,next", row=lambda n: f"{n},Title {n},{n % ROWS + 1}")
        if "itself" in which
        else csv()
    )
    seeding.folder.write("tools.csv", text)
    result, straight = loads_straight(statements, seeding)
    assert straight
    assert counted(result) == (ROWS, 0, 0, 0)
    assert_settled(seeding)


def test_names_that_need_quotes(seeding: Seeding, statements: StatementLog) -> None:
    seeding.database.execute("""\
        CREATE SCHEMA "My %s ""schema"" ";
        CREATE TABLE "My %s ""schema"" "."to, ols %" ("the id %s" int PRIMARY KEY, "a ""title"", {0}" text)""")
    seeding.folder.write(
        "tools.yaml",
        """\
table: '"My %s ""schema"" "."to, ols %"'
rows: !file tools.csv
""",
    )
    seeding.folder.write("tools.csv", csv(header='the id %s,"a ""title"", {0}"'))
    result, straight = loads_straight(statements, seeding)
    assert straight
    assert counted(result) == (ROWS, 0, 0, 0)
    assert_settled(seeding)


def test_an_identity_column_and_a_sequence(seeding: Seeding, statements: StatementLog) -> None:
    seeding.database.execute("""\
        CREATE TABLE tools (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text, number bigserial)""")
    seeding.folder.write("tools.csv", csv(header="id,title,number", row=lambda n: f"{n},T,{n * 10}"))
    before = footprint(seeding.database).sequences
    assert seeding(check=True).exit_code == 6
    assert seeding(dry_run=True).exit_code == 0
    assert footprint(seeding.database).sequences == before
    result, straight = loads_straight(statements, seeding)
    assert straight
    assert counted(result) == (ROWS, 0, 0, 0)
    assert seeding.database.rows("INSERT INTO tools (title) VALUES ('x') RETURNING id, number") == [
        (ROWS + 1, ROWS * 10 + 1)
    ]
    assert counted(seeding()) == (0, 0, ROWS, 0)


@pytest.mark.parametrize("header", ["id,title", "id,title,created_at", "id,title,created_at,updated_at"])
def test_timestamps(seeding: Seeding, statements: StatementLog, header: str) -> None:
    seeding.database.execute("""\
        CREATE TABLE tools (id int PRIMARY KEY, title text, created_at timestamptz, updated_at timestamptz)""")
    stamps = ",2020-01-01" * (header.count(",") - 1)
    seeding.folder.write("tools.csv", csv(header=header, row=lambda n: f"{n},T{stamps}"))
    result, straight = loads_straight(statements, seeding)
    assert counted(result) == (ROWS, 0, 0, 0)
    assert straight == ("updated_at" in header)
    found = "SELECT count(created_at), count(updated_at), count(*) FILTER (WHERE {}) FROM tools"
    given = [name for name in ("created_at", "updated_at") if name in header]
    condition = " AND ".join(f"{name} = '2020-01-01'" for name in given) or "true"
    assert seeding.database.rows(found.format(condition)) == [(ROWS, ROWS, ROWS)]
    assert_settled(seeding)


def test_other_ways_to_fill_it(seeding: Seeding, statements: StatementLog) -> None:
    """Rows and columns that are only written on insert, columns that retirement sets, a former name."""
    seeding.database.execute(TABLE)
    fields = (
        "mode: insert\ninsert_only: [title]\nretired_rows: {set: {note: retired}}\nformerly: [old_tools]\n"
    )
    seeding.folder.write("tools.yaml", f"{fields}rows: !file tools.csv\n")
    seeding.folder.write("tools.csv", csv())
    assert counted(seeding()) == (ROWS, 0, 0, 0)
    assert_settled(seeding)
    seeding.folder.write("tools.csv", csv(ROWS - 1))
    assert seeding().exit_code == 0
    assert seeding.database.rows("SELECT * FROM tools WHERE note IS NOT NULL") == [
        (ROWS, f"Title {ROWS}", "retired")
    ]


DEFAULTS = {
    "text": ("note: x", "x"),
    "quote": ('note: "it\'s"', "it's"),
    "percent": ("note: '100 %s {0}'", "100 %s {0}"),
    "backslash": (r"note: 'a\b'", r"a\b"),
    "empty": ("note: ''", ""),
    "NULL": ("note: null", None),
    "number": ("note: 5", "5"),
    "truth": ("note: true", "true"),
    "!env": ("note: !env SECRET", "s3cret"),
    "!file": ("note: !file note.txt", "from a file\n"),
}


@pytest.mark.parametrize("which", DEFAULTS)
def test_defaults(seeding: Seeding, which: str) -> None:
    seeding.database.execute(TABLE.replace("note text", "note text DEFAULT 'of the database'"))
    written, stands = DEFAULTS[which]
    seeding.folder.write("note.txt", "from a file\n")
    seeding.folder.write("tools.yaml", f"defaults: {{{written}}}\nrows: !file tools.csv\n")
    seeding.folder.write("tools.csv", csv())
    environ = {"SECRET": "s3cret"}
    assert counted(seeding(environ=environ)) == (ROWS, 0, 0, 0)
    assert seeding.database.rows("SELECT DISTINCT note FROM tools") == [(stands,)]
    before = footprint(seeding.database)
    assert counted(seeding(environ=environ)) == (0, 0, ROWS, 0)
    assert footprint(seeding.database) == before


TYPED_DEFAULTS = {
    "bool": ("true", "true"),
    "int": ("0x10", "16"),
    "jsonb": ("{a: [1, x]}", '{"a": [1, "x"]}'),
    "text[]": ("[a, 'b,c', null]", '{a,"b,c",NULL}'),
    "bytea": ("!file note.txt", r"\x66726f6d20612066696c650a"),
    "char(5)": ("ab", "ab"),
    "numeric(5,1)": ("1.25", "1.3"),
    "date": ("2020-01-01", "2020-01-01"),
}


@pytest.mark.parametrize("kind", TYPED_DEFAULTS)
def test_defaults_of_other_types(seeding: Seeding, kind: str) -> None:
    written, stands = TYPED_DEFAULTS[kind]
    seeding.database.execute(f"CREATE TABLE tools (id int PRIMARY KEY, title text, note {kind})")
    seeding.folder.write("note.txt", "from a file\n")
    seeding.folder.write("tools.yaml", f"defaults: {{note: {written}}}\nrows: !file tools.csv\n")
    seeding.folder.write("tools.csv", csv())
    assert counted(seeding()) == (ROWS, 0, 0, 0)
    assert seeding.database.rows("SELECT DISTINCT note::text FROM tools") == [(stands,)]
    assert_settled(seeding)


# Keys


def test_keys_that_may_be_null(seeding: Seeding) -> None:
    seeding.database.execute("CREATE TABLE tools (a int, b text, title text)")
    seeding.folder.write("tools.yaml", "key: [a, b]\nretired_rows: delete\nrows: !file tools.csv\n")

    def key(number: int) -> str:
        return [f"{number},b", f"{number},", f",b{number}", ","][number % 3 if number > 1 else 3]

    seeding.folder.write("tools.csv", csv(header="a,b,title", row=lambda n: f"{key(n)},T"))
    assert counted(seeding()) == (ROWS, 0, 0, 0)
    assert_settled(seeding)
    seeding.folder.write(
        "tools.csv", csv(header="a,b,title", row=lambda n: f"{key(n)},{'T' if n > 4 else 'New'}")
    )
    assert counted(seeding()) == (0, 4, ROWS - 4, 0)
    seeding.folder.write("tools.csv", csv(ROWS - 3, header="a,b,title", row=lambda n: f"{key(n + 3)},T"))
    assert seeding().exit_code == 0
    assert seeding.database.scalar("SELECT count(*) FROM tools") == ROWS - 3
    assert seeding.database.scalar("SELECT count(*) FROM tools WHERE a IS NULL AND b IS NULL") == 0


TWICE = {
    "the primary key": (TABLE, "id", "7", "7"),
    "spelled otherwise": (TABLE, "id", "7", " +007"),
    "no unique key": (TABLE.replace(" PRIMARY KEY", ""), "id", "7", "7"),
    "NULL": (TABLE.replace(" PRIMARY KEY", ""), "id", "", ""),
    "a text": (TABLE.replace("int", "text"), "id", "x", "x"),
    "a number": (TABLE.replace("int", "numeric"), "id", "7.5", "7.50"),
}


@pytest.mark.parametrize("ledger", ["seeder", "off"])
@pytest.mark.parametrize("which", TWICE)
def test_a_key_that_is_there_twice(seeding: Seeding, which: str, ledger: str) -> None:
    table, key, first, second = TWICE[which]
    seeding.database.execute(table)
    seeding.folder.write("tools.yaml", f"key: [{key}]\nrows: !file tools.csv\n")

    def row(number: int) -> str:
        # The second row's title has a line end, so lines and rows part.
        shown = {10: first, 2900: second}.get(number, str(100_000 + number))
        return f'{shown},"a\nb"' if number == 2 else f"{shown},T"

    seeding.folder.write("tools.csv", csv(row=row))
    said = error(seeding(ledger=ledger))
    assert "the same key" in said["message"]
    assert "line 12" in said["message"]
    assert (said["line"], said["column"]) == (2902, 1)
    assert seeding.database.scalar("SELECT count(*) FROM tools") == 0


# Mistakes in a late row

LATE = 2900
MISTAKES = {
    "a bad value": (TABLE, lambda n: f"{n if n != LATE else 'x1'},T", (LATE + 1, 1), "int"),
    "too few fields": (TABLE, lambda n: f"{n},T" if n != LATE else f"{n}", (LATE + 1, None), "1 field"),
    "too many fields": (TABLE, lambda n: f"{n},T" if n != LATE else f"{n},T,", (LATE + 1, None), "3 fields"),
    "a CHECK": (
        TABLE.replace("title text", "title text CHECK (title <> 'bad')"),
        lambda n: f"{n},{'T' if n != LATE else 'bad'}",
        (LATE + 1, None),
        "check",
    ),
    "a CHECK that raises": (
        "CREATE FUNCTION good(text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN IF $1 = 'bad' THEN "
        "RAISE 'it is bad'; END IF; RETURN true; END $$;"
        + TABLE.replace("title text", "title text CHECK (good(title))"),
        lambda n: f"{n},{'T' if n != LATE else 'bad'}",
        (LATE + 1, None),
        "",
    ),
    "a CHECK that raises a code of its own": (
        "CREATE FUNCTION good(text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN IF $1 = 'bad' THEN "
        "RAISE 'it is bad' USING ERRCODE = '44000'; END IF; RETURN true; END $$;"
        + TABLE.replace("title text", "title text CHECK (good(title))"),
        lambda n: f"{n},{'T' if n != LATE else 'bad'}",
        (LATE + 1, None),
        "",
    ),
    "a domain": (
        "CREATE DOMAIN good AS text CHECK (VALUE <> 'bad');" + TABLE.replace("title text", "title good"),
        lambda n: f"{n},{'T' if n != LATE else 'bad'}",
        (LATE + 1, len(str(LATE)) + 2),
        "good",
    ),
    "NOT NULL": (
        TABLE.replace("title text", "title text NOT NULL"),
        lambda n: f"{n},{'T' if n != LATE else ''}",
        (LATE + 1, len(str(LATE)) + 2),
        "null",
    ),
    "a foreign key": (
        "CREATE TABLE kinds (title text PRIMARY KEY); INSERT INTO kinds VALUES ('T');"
        + TABLE.replace("title text", "title text REFERENCES kinds"),
        lambda n: f"{n},{'T' if n != LATE else 'bad'}",
        (LATE + 1, None),
        "foreign key",
    ),
    "a foreign key that is deferred": (
        "CREATE TABLE kinds (title text PRIMARY KEY); INSERT INTO kinds VALUES ('T');"
        + TABLE.replace("title text", "title text REFERENCES kinds DEFERRABLE INITIALLY DEFERRED"),
        lambda n: f"{n},{'T' if n != LATE else 'bad'}",
        (LATE + 1, None),
        "foreign key",
    ),
    "another unique column": (
        TABLE.replace("title text", "title text UNIQUE"),
        lambda n: f"{n},{n if n != LATE else 5}",
        (LATE + 1, None),
        "unique",
    ),
    "an exclusion": (
        TABLE.replace("title text", "title int4range, EXCLUDE USING gist (title WITH &&)"),
        lambda n: f'{n},"[{n if n != LATE else 5},{(n if n != LATE else 5) + 1})"',
        (LATE + 1, None),
        "exclusion",
    ),
    "too long": (
        TABLE.replace("title text", "title varchar(5)"),
        lambda n: f"{n},{'T' if n != LATE else 'longer'}",
        (LATE + 1, len(str(LATE)) + 2),
        "varying",
    ),
    "a bad document": (
        TABLE.replace("title text", "title jsonb"),
        lambda n: f"{n},{1 if n != LATE else '{'}",
        (LATE + 1, len(str(LATE)) + 2),
        "json",
    ),
    "a name of nothing": (
        TABLE.replace("title text", "title regclass"),
        lambda n: f"{n},{'pg_class' if n != LATE else 'nothing'}",
        None,
        "does not exist",
    ),
    "too large": (
        TABLE,
        lambda n: f"{n},T" if n != LATE else f"{n}000000000000000,T",
        (LATE + 1, 1),
        "int",
    ),
    "not UTF-8": (TABLE, lambda n: f"{n},{'T' if n != LATE else 'caf@'}", (LATE + 1, None), "UTF-8"),
    "NUL": (TABLE, lambda n: f"{n},{'T' if n != LATE else 'a~b'}", (LATE + 1, len(str(LATE)) + 2), "NUL"),
    "an open quote": (
        TABLE,
        lambda n: f"{n},{'T' if n != LATE else '%s3cret'}",
        (LATE + 1, len(str(LATE)) + 2),
        "quote",
    ),
    "a stray quote": (TABLE, lambda n: f"{n},{'T' if n != LATE else 'a%b'}", (LATE + 1, None), "quote"),
}


@pytest.mark.parametrize("before", ["", "a line end in quotes"])
@pytest.mark.parametrize("which", MISTAKES)
def test_a_mistake_in_a_late_row(seeding: Seeding, which: str, before: str) -> None:
    table, row, place, words = MISTAKES[which]
    seeding.database.execute(table)
    seeding.folder.write("tools.yaml", "key: [id]\nrows: !file tools.csv\n")
    text = csv(header="id,title", row=row)
    if before:
        text = text.replace("\n2,", '\n"2\n",' if "int PRIMARY" in table else "\n2,", 1)
    content = text.encode().replace(b"@", b"\xe9").replace(b"~", b"\0").replace(b"%", b'"')
    seeding.folder.write("tools.csv", content)
    said = error(seeding())
    assert words.lower() in said["message"].lower()
    if place is not None:
        line, column = place
        assert said["line"] == line + (1 if before else 0)
        assert column in (None, said["column"])
    assert seeding.database.scalar("SELECT count(*) FROM tools") == 0
    assert seeding.database.scalar("SELECT count(*) FROM seeder.seeder_rows") == 0


def test_the_header_is_wrong(seeding: Seeding) -> None:
    seeding.database.execute(
        "CREATE TABLE tools (id int PRIMARY KEY, title text, up text GENERATED ALWAYS AS ('x') STORED)"
    )
    for header, words, column in [
        ("id,titel", 'did you mean "title"', 4),
        ("id,up", "generated", 4),
        ("title,up", "", None),
    ]:
        seeding.folder.write("tools.csv", csv(header=header))
        said = error(seeding())
        assert words in said["message"]
        assert column is None or (said["line"], said["column"]) == (1, column)


# How files are written


def as_is(text: str) -> bytes:
    return text.encode()


FORMS: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "plain": ("csv", as_is),
    "CRLF": ("csv", lambda text: text.replace("\n", "\r\n").encode()),
    "mixed ends": ("csv", lambda text: text.replace("5\n", "5\r\n").encode()),
    "a mark": ("csv", lambda text: b"\xef\xbb\xbf" + text.encode()),
    "gzip": ("csv.gz", lambda text: gzip.compress(text.encode())),
    "no end": ("csv", lambda text: text.removesuffix("\n").encode()),
    "blank lines": ("csv", lambda text: text.replace("5\n", "5\n\n").encode()),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_files(seeding: Seeding, form: str) -> None:
    seeding.database.execute(TABLE)
    suffix, written = FORMS[form]
    notes = {
        1: '"two\nlines"',
        2: '""',
        3: "",
        4: r"\.",
        5: '"\\."',
        6: '"a ""b"", c"',
        7: "é 日本 😀",
        8: r"\N",
        9: '" "',
        10: "NULL",
    }
    text = csv(header="id,note,title", row=lambda n: f"{n},{notes.get(n, 'x')},T{n}")
    seeding.folder.write(f"tools.{suffix}", written(text))
    assert counted(seeding()) == (ROWS, 0, 0, 0)
    found = dict(seeding.database.rows("SELECT id, note FROM tools WHERE id < 12"))
    lines = "two\r\nlines" if form == "CRLF" else "two\nlines"
    assert found == {
        1: lines, 2: "", 3: None, 4: r"\.", 5: r"\.", 6: 'a "b", c',
        7: "é 日本 😀", 8: r"\N", 9: " ", 10: "NULL", 11: "x"
    }  # fmt: skip
    assert_settled(seeding)


def test_a_line_that_ends_data_by_copy(seeding: Seeding) -> None:
    seeding.database.execute("CREATE TABLE tools (name text PRIMARY KEY)")
    seeding.folder.write("tools.csv", csv(header="name", row=lambda n: r"\." if n == 2500 else f"n{n}"))
    assert counted(seeding()) == (ROWS, 0, 0, 0)
    assert seeding.database.scalar("SELECT count(*) FROM tools") == ROWS
    assert_settled(seeding)


# Others in the same database


def test_somebody_holds_a_lock(seeding: Seeding, statements: StatementLog) -> None:
    """They may write, and so the rows are compared: with theirs, once they have committed."""
    seeding.database.execute(TABLE)
    seeding.folder.write("tools.yaml", "existing_rows: keep\nrows: !file tools.csv\n")
    seeding.folder.write("tools.csv", csv())
    with seeding.database.connect() as theirs:
        theirs.execute("INSERT INTO tools VALUES (100000, 'Mine')")
        result, straight = loads_straight(statements, seeding)
        theirs.commit()
    assert not straight
    assert counted(result) == (ROWS, 0, 0, 0)
    assert seeding.database.scalar("SELECT count(*) FROM tools") == ROWS + 1
    assert_settled(seeding)


@pytest.mark.parametrize("grants", ["SELECT, INSERT", "SELECT, INSERT, UPDATE"])
def test_what_a_role_may_do(
    seeding: Seeding, login: Callable[..., str], statements: StatementLog, grants: str
) -> None:
    seeding.database.execute(TABLE)
    url = login()
    seeding.database.execute(f"GRANT {grants} ON tools TO app; CREATE SCHEMA seeder AUTHORIZATION app")
    seeding.folder.write("tools.csv", csv())
    result, straight = loads_straight(statements, seeding, database_url=url)
    assert straight == ("UPDATE" in grants)
    assert counted(result) == (ROWS, 0, 0, 0)
    assert counted(seeding(database_url=url)) == (0, 0, ROWS, 0)


def test_another_seeder_of_the_table(seeding: Seeding, statements: StatementLog) -> None:
    """Its entries are of rows that are gone; one of them comes back with a row of ours, and is in the way."""
    seeding.database.execute(TABLE + "; CREATE UNIQUE INDEX ON tools (title)")
    seeding.write("others", [{"id": 7, "title": "Title 7"}], table="tools", key=["title"])
    assert seeding().exit_code == 0
    seeding.folder.path.joinpath("others.yaml").unlink()
    seeding.database.execute("DELETE FROM tools")
    seeding.folder.write("tools.csv", csv())
    result, straight = loads_straight(statements, seeding)
    assert not straight
    assert "belongs to" in error(result)["message"]
    assert seeding.database.scalar("SELECT count(*) FROM tools") == 0


def test_rows_that_somebody_deleted(seeding: Seeding) -> None:
    """The table is empty, and the ledger is not: they are not rows that come for the first time."""
    seeding.database.execute(TABLE)
    seeding.folder.write("tools.yaml", "deleted_rows: keep\nrows: !file tools.csv\n")
    seeding.folder.write("tools.csv", csv())
    assert counted(seeding()) == (ROWS, 0, 0, 0)
    seeding.database.execute("DELETE FROM tools")
    seeding.folder.write("tools.csv", csv(ROWS + 1))
    assert counted(seeding()) == (1, 0, 0, ROWS)


@pytest.mark.parametrize("option", [{"dry_run": True}, {"check": True}, {"dry_run": True, "diff": True}])
def test_a_dry_run_leaves_nothing(seeding: Seeding, option: dict[str, Any]) -> None:
    seeding.database.execute(TABLE.replace("id int", "id serial"))
    seeding.folder.write("tools.csv", csv())
    before = footprint(seeding.database).sequences
    result = seeding(**option)
    assert result.exit_code == (6 if "check" in option else 0)
    assert result.finished("tools")["inserted"] == ROWS
    assert seeding.database.scalar("SELECT count(*) FROM tools") == 0
    assert footprint(seeding.database).sequences == before
    assert seeding.database.scalar("SELECT to_regclass('seeder.seeder_form') IS NULL")


def test_diff_tells_each_row(seeding: Seeding) -> None:
    seeding.database.execute(TABLE)
    seeding.folder.write("tools.csv", csv(2001))
    result = seeding(diff=True)
    assert counted(result) == (2001, 0, 0, 0)
    assert len(result.all("row.differs")) == 2001


# Servers that do not speak UTF-8


@pytest.fixture(params=["LATIN1", "SQL_ASCII"])
def encoded(
    request: pytest.FixtureRequest, server: Server, seeds: SeedFolder
) -> Iterator[tuple[Seeding, str]]:
    database = server.create_database()
    database.drop()
    with server.connect() as connection:
        statement = f"CREATE DATABASE {database.name} TEMPLATE template0 ENCODING {request.param}"
        connection.execute(statement.encode())
    database.execute(TABLE)
    yield Seeding(database, seeds), request.param
    database.drop()


@pytest.mark.parametrize("rows", [10, ROWS])
def test_other_encodings(encoded: tuple[Seeding, str], rows: int) -> None:
    seeding, encoding = encoded
    seeding.folder.write("tools.csv", csv(rows, row=lambda n: f"{n},café {n}"))
    assert counted(seeding()) == (rows, 0, 0, 0)
    assert counted(seeding()) == (0, 0, rows, 0)
    stands = seeding.database.rows("SELECT octet_length(title) FROM tools WHERE id = 7")
    assert stands == [(6 if encoding == "LATIN1" else 7,)]
    seeding.folder.write("tools.csv", csv(rows, row=lambda n: f"{n},{'é' if n == 3 else f'café {n}'}"))
    assert counted(seeding()) == (0, 1, rows - 1, 0)


def test_a_character_that_the_database_does_not_have(encoded: tuple[Seeding, str]) -> None:
    seeding, encoding = encoded
    seeding.folder.write("tools.csv", csv(row=lambda n: f"{n},{'日' if n == LATE else 'x'}"))
    result = seeding()
    if encoding == "SQL_ASCII":
        assert counted(result) == (ROWS, 0, 0, 0)
        return
    assert error(result)["line"] == LATE + 1
    assert seeding.database.scalar("SELECT count(*) FROM tools") == 0


# What fails on the way


def test_a_connection_that_is_lost_while_rows_are_loaded(seeding: Seeding) -> None:
    """The rows are sent again by the next attempt, and are there once."""
    seeding.database.execute("CREATE SEQUENCE tries")
    seeding.database.execute(
        "CREATE FUNCTION lost(int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN IF $1 = 2500 AND "
        "nextval('public.tries') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); "
        "END IF; RETURN true; END $$;" + TABLE.replace("title text", "title text, CHECK (lost(id))")
    )
    seeding.folder.write("tools.csv", csv())
    result = seeding()
    assert len(result.all("seeder.retrying")) == 1
    assert counted(result) == (ROWS, 0, 0, 0)
    assert seeding.database.scalar("SELECT count(*) FROM seeder.seeder_rows") == ROWS


def test_a_serialization_failure_while_rows_are_loaded(seeding: Seeding) -> None:
    seeding.database.execute(
        "CREATE SEQUENCE tries; CREATE FUNCTION passes(int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN IF $1 = 2500 "
        "AND nextval('public.tries') = 1 THEN RAISE 'it passes' USING ERRCODE = '40001'; END IF; RETURN true; END $$;"
        + TABLE.replace("title text", "title text, CHECK (passes(id))")
    )
    seeding.folder.write("tools.csv", csv())
    result = seeding()
    assert len(result.all("seeder.retrying")) == 1
    assert counted(result) == (ROWS, 0, 0, 0)


def test_a_file_that_changes_while_it_is_read(seeding: Seeding, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is read, the next run finds what is there to be done."""
    from seeder.seed_files import raw_csv

    seeding.database.execute(TABLE)
    seeding.folder.write("tools.csv", csv())
    former = raw_csv.RawCsv.blocks

    def blocks(self: raw_csv.RawCsv) -> Any:
        seeding.folder.write("tools.csv", csv(ROWS + 10, header="id,note"))
        return former(self)

    with monkeypatch.context() as patch:
        patch.setattr(raw_csv.RawCsv, "blocks", blocks)
        first = seeding()
    assert first.exit_code in (0, 1)
    assert seeding().exit_code == 0
    assert seeding.database.rows("SELECT count(*), count(note) FROM tools") == [(ROWS + 10, ROWS + 10)]
    assert_settled(seeding, ROWS + 10)

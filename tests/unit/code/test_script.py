"""An SQL script is cut where psql would cut it, and what psql alone understands is refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeder.code.script import Script
from seeder.errors import Position, SeedFileError


def texts(script: str) -> list[str]:
    return [script[each.start : each.end] for each in Script(script, "x.sql").statements()]


def refusal(script: str) -> SeedFileError:
    with pytest.raises(SeedFileError) as caught:
        list(Script(script, "x.sql").statements())
    return caught.value


# Each is one token or more, closed in itself, that may hold anything the others begin with.
HARD = "'\"$;\\-/*:ex\n "
PIECES = st.one_of(
    st.text(HARD).map(lambda text: "'" + text.replace("'", "''") + "'"),
    st.text(HARD).map(lambda text: "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"),
    st.text(HARD).map(lambda text: "e'" + text.replace("\\", "\\\\").replace("'", "''") + "'"),
    st.text(HARD).map(lambda text: '"' + text.replace('"', '""') + '"'),
    st.text(HARD)
    .filter(lambda text: "$$" not in text and not text.endswith("$"))
    .map(lambda text: f"$${text}$$"),
    st.text(HARD)
    .filter(lambda text: "$q$" not in text and not text.endswith("$q"))
    .map(lambda text: f"$q${text}$q$"),
    st.text(HARD.replace("\n", "")).map(lambda text: f"--{text}\n+"),
    st.text("'\"$;\\:ex\n ").map(lambda text: f"/* {text} /* ; */ ; */"),
    st.text(";'x ").map(lambda text: "(" + text.replace("'", "") + ")"),
    st.sampled_from(["x", "a$b$", "::int", ":=", "+", "1.5e3", "[1:x]", ",", "é$1"]),
)
STATEMENTS = st.lists(PIECES, min_size=1).map(lambda pieces: "SELECT " + " ".join(pieces))


@given(st.lists(STATEMENTS), st.booleans())
def test_statements_come_out_as_they_went_in(statements: list[str], ends: bool) -> None:
    script = ";\n".join(statements) + (";" if ends else "")
    assert texts(script) == [
        text if ends or at < len(statements) - 1 else text.rstrip(" \n") for at, text in enumerate(statements)
    ]


@given(st.text())
def test_anything_is_cut_or_refused(script: str) -> None:
    found = []
    with contextlib.suppress(SeedFileError):
        found = list(Script(script, "x.sql").statements())
    ends = [end for each in found for end in (each.start, each.end)]
    assert ends == sorted(ends)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("", []),
        (" -- nothing\n/* at all */ ;;", []),
        ("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
        ("SELECT E'a'\n  'it\\'s;'; SELECT 2", ["SELECT E'a'\n  'it\\'s;'", "SELECT 2"]),
        ("SELECT 'a\\'; SELECT 2", ["SELECT 'a\\'", "SELECT 2"]),
        ("SELECT a[lo:hi], json_object('k':v), b::text", ["SELECT a[lo:hi], json_object('k':v), b::text"]),
        (
            "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3",
            ["CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", "SELECT 3"],
        ),
        (
            "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; END; SELECT 3",
            [
                "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; END",
                "SELECT 3",
            ],
        ),
        ("\\restrict abc\nSELECT 1;\n\\unrestrict abc\n", ["SELECT 1"]),
        (
            "SAVEPOINT a; ROLLBACK TO a; ROLLBACK WORK TO a",
            ["SAVEPOINT a", "ROLLBACK TO a", "ROLLBACK WORK TO a"],
        ),
        ("SELECT ')'; SELECT )); SELECT 1", ["SELECT ')'", "SELECT ))", "SELECT 1"]),
    ],
)
def test_cuts(script: str, expected: list[str]) -> None:
    assert texts(script) == expected


@pytest.mark.parametrize(
    ("script", "line", "column", "message"),
    [
        ("SELECT 1;\n  BEGIN;", 2, 3, "take out BEGIN"),
        ("commit", 1, 1, "take out COMMIT"),
        ("END", 1, 1, "take out END"),
        ("ROLLBACK", 1, 1, "take out ROLLBACK"),
        ("/* so */ START TRANSACTION", 1, 10, "take out START TRANSACTION"),
        ("PREPARE TRANSACTION 'x'", 1, 1, "take out PREPARE TRANSACTION"),
        ("SELECT 1 \\gset", 1, 10, "psql's commands, as \\gset,"),
        ("\\i other.sql", 1, 1, "psql's commands, as \\i,"),
        ("SELECT :name", 1, 8, "psql's variables, as :name,"),
        ("SELECT :'name'", 1, 8, "psql's variables, as :'name',"),
        ('SELECT * FROM :"name"', 1, 15, "psql's variables"),
        ("SELECT 'it\nis", 1, 8, "this string has no end"),
        ("SELECT E'it\\'", 1, 8, "this string has no end"),
        ('SELECT "it', 1, 8, "this quoted name has no end"),
        ("SELECT 1 /* /* */", 1, 10, "this comment has no end"),
        ("DO $x$ $$", 1, 4, "this $x$ has no second one"),
        ("COPY t FROM stdin;\n1\n", 1, 1, r"no line \. that ends its data"),
        ("COPY t FROM stdin; SELECT 1;\n\\.\n", 1, 19, "the data of a COPY begins in the next line"),
        ("COPY t TO STDOUT", 1, 11, "nowhere to go"),
        ("SET standard_conforming_strings = off", 1, 1, "must stay on"),
    ],
)
def test_refuses_by_line_and_column(script: str, line: int, column: int, message: str) -> None:
    error = refusal(script)
    assert error.position == Position("x.sql", line, column)
    assert message in error.message


class TestCopy:
    def test_its_data_is_not_sql(self) -> None:
        script = "COPY t (a) FROM stdin; -- rows\n1\t'; \\\\\n\\N\n\\.\nSELECT 1;"
        first, second = Script(script, "x.sql").statements()
        assert first.data is not None
        assert script[slice(*first.data)] == "1\t'; \\\\\n\\N\n"
        assert script[second.start : second.end] == "SELECT 1"

    def test_its_end_may_be_the_end_of_a_line_of_windows(self) -> None:
        script = "COPY t FROM STDIN;\r\n1\r\n\\.\r\nSELECT 1;"
        first, second = Script(script, "x.sql").statements()
        assert first.data is not None
        assert script[slice(*first.data)] == "1\r\n"
        assert script[second.start : second.end] == "SELECT 1"

    @pytest.mark.parametrize(
        "script", ["COPY t FROM '/stdin'", "COPY \"from stdin\" TO '/x'", "SELECT 1 AS from_stdin"]
    )
    def test_only_from_standard_input(self, script: str) -> None:
        [statement] = Script(script, "x.sql").statements()
        assert statement.data is None

"""The pieces of a CSV file: those that did not change are known again, and rows are neither lost nor there twice."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeder.seed_files.pieces import Pieces
from seeder.seed_files.raw_csv import NotRaw, RawCsv, RawFile, whole_records

COLUMNS = ("id", "title")


def raw(text: str, columns: tuple[str, ...] = COLUMNS) -> RawCsv:
    def opened() -> contextlib.AbstractContextManager[tuple[tuple[str, ...], int, io.BytesIO]]:
        return contextlib.nullcontext((columns, 2, io.BytesIO(text.encode())))

    return RawCsv(columns, (), (RawFile(Path("tools.csv"), opened, lambda rest, _: whole_records(rest)),))


def noted(text: str, about: str = "") -> bytes | None:
    pieces = Pieces(raw(text), ["id"], about)
    assert b"".join(pieces.blocks()).decode() == text
    return pieces.noted


def changed(before: bytes, text: str, about: str = "") -> tuple[Pieces, list[tuple[int, str]]]:
    """The pieces after the file was read again, and the numbered lines that are new."""
    pieces = Pieces(raw(text), ["id"], about, before)
    lines = b"".join(pieces.changed(10**9)).decode().splitlines()
    return pieces, [(int(number), line) for number, _, line in (each.partition(",") for each in lines)]


def text_of(rows: dict[int, str]) -> str:
    return "".join(f"{key},{title}\n" for key, title in rows.items())


TITLES = st.sampled_from(["", "a", "b", '"q"', '"a,b"', "\u00e4"])
ROWS = st.dictionaries(st.integers(0, 400), TITLES, max_size=200)


@given(ROWS, ROWS)
def test_nothing_is_overlooked(first: dict[int, str], second: dict[int, str]) -> None:
    """Each line that the earlier file does not have is new, and has its row's number."""
    before = noted(text_of(first))
    assert before is not None
    pieces, new = changed(before, text_of(second))
    lines = text_of(second).splitlines()
    assert all(lines[number - 1] == line for number, line in new)
    assert {line for _, line in new} >= set(lines) - set(text_of(first).splitlines())
    assert pieces.rows == len(second)
    # The rows that are new are known from the database.
    added = [number for number, (key, _) in enumerate(second.items(), 1) if key not in first]
    assert pieces.have_the_same_keys(added, len(first)) is (first.keys() <= second.keys())


@given(st.dictionaries(st.integers(0, 400), TITLES, min_size=2, max_size=200), st.data())
def test_a_row_that_is_there_twice(rows: dict[int, str], data: st.DataObject) -> None:
    lines = text_of(rows).splitlines(keepends=True)
    places = st.integers(0, len(lines) - 1)
    one, other = data.draw(st.lists(places, min_size=2, max_size=2, unique=True))
    before = noted("".join(lines))
    assert before is not None
    lines[one] = lines[other]
    pieces, _ = changed(before, "".join(lines))
    assert not pieces.have_the_same_keys([], len(rows))


@given(ROWS)
def test_the_same_file(rows: dict[int, str]) -> None:
    before = noted(text_of(rows))
    assert before is not None
    pieces, new = changed(before, text_of(rows))
    assert not new
    assert pieces.noted == before
    assert pieces.have_the_same_keys([], len(rows))


def test_most_pieces_are_known_again() -> None:
    rows = {number: f"Title {number}" for number in range(10_000)}
    before = noted(text_of(rows))
    assert before is not None
    assert len(before) <= 1.3 * len(rows)
    _, new = changed(before, text_of({-1: "New", **rows, 5000: "Changed"}))
    assert len(new) < 100


def test_what_the_rows_mean_besides() -> None:
    rows = text_of(dict.fromkeys(range(100), "x"))
    before = noted(rows, "one")
    assert before is not None
    _, new = changed(before, rows, "other")
    assert len(new) == 100


@pytest.mark.parametrize("text", ['1,"a\nb"\n', '1,"a\n"\n2,"b\n"\n'])
def test_a_row_of_several_lines(text: str) -> None:
    assert noted(text) is None
    pieces = Pieces(raw(text), ["id"], "")
    with pytest.raises(NotRaw):
        list(pieces.changed(100))


def test_no_key_in_the_file() -> None:
    pieces = Pieces(raw("1,a\n"), ["code"], "")
    list(pieces.blocks())
    assert pieces.noted is None


def test_a_quoted_key() -> None:
    """A comma in quotes separates nothing, and a key that is spelled otherwise is another one."""
    before = noted('"1,2",a\n"3",b\n')
    assert before is not None
    assert changed(before, '"1,2",b\n"3",b\n')[0].have_the_same_keys([], 2)
    assert not changed(before, '"1,3",a\n"3",b\n')[0].have_the_same_keys([], 2)


def test_too_many_are_new() -> None:
    pieces = Pieces(raw(text_of(dict.fromkeys(range(1000), "x"))), ["id"], "")
    with pytest.raises(NotRaw):
        list(pieces.changed(100))

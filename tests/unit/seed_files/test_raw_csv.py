"""What COPY is given of a CSV file as it is, it reads like the careful reader."""

from __future__ import annotations

import csv
import gzip
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seeder.errors import SeedFileError
from seeder.seed_files.csv_reader import CsvRows
from seeder.seed_files.raw_csv import NotRaw
from tests.unit.seed_files.csv_texts import CSV_TEXTS

if TYPE_CHECKING:
    from seeder.seed_files.raw_csv import RawCsv
    from seeder.seed_files.values import Value
    from tests.unit.seed_files.folder import SeedFolder

shared_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


class RefusedError(Exception):
    """PostgreSQL would not take it."""


def copied(text: str, width: int) -> list[list[Value]]:
    """What `COPY … (FORMAT csv)` reads, as CopyReadLineText and CopyReadAttributesCSV in PostgreSQL do it."""
    if "\0" in text:
        raise RefusedError
    return [_fields(line, width) for line in _records(text)]


def _records(text: str) -> list[str]:
    records: list[str] = []
    start, at, is_quoted, end = 0, 0, False, ""
    while at < len(text):
        character = text[at]
        is_quoted ^= character == '"'
        found = ""
        if not is_quoted and character == "\r":
            found = "\r\n" if text.startswith("\r\n", at) else "\r"
        elif not is_quoted and character == "\n":
            found = "\n"
        if found:
            if found != (end := end or found):
                raise RefusedError
            if text[start:at] == "\\.":
                return records
            records.append(text[start:at])
            start = at + len(found)
        at += len(found) or 1
    if is_quoted:
        raise RefusedError
    return [*records, text[start:]] if start < len(text) else records


def _fields(line: str, width: int) -> list[Value]:
    fields: list[Value] = []
    value, is_quoted, had_quote, at = "", False, False, 0
    while at <= len(line):
        character = line[at : at + 1]
        if character == '"' and is_quoted and line.startswith('""', at):
            value += '"'
            at += 1
        elif character == '"':
            is_quoted, had_quote = not is_quoted, True
        elif is_quoted or character not in ("", ","):
            value += character
        else:
            fields.append(value if value or had_quote else None)
            value, had_quote = "", False
        at += 1
    if len(fields) != width:
        raise RefusedError
    return fields


def raw(folder: SeedFolder, name: str = "tools.csv") -> RawCsv:
    (seeder,) = [each for each in folder.discover() if each.file.endswith(name)]
    source = seeder.source  # type: ignore[attr-defined] # it is a data seeder
    assert isinstance(source, CsvRows)
    found = source.raw_csv()
    assert found is not None
    return found


def careful(folder: SeedFolder) -> list[list[Value]]:
    return [list(row.values) for row in folder.only().rows()]


@shared_folder
@given(text=CSV_TEXTS, block=st.sampled_from([1, 7, 1 << 18]))
def test_a_file_is_read_or_refused_however_long_its_blocks_are(
    folder: SeedFolder, text: str, block: int
) -> None:
    folder.write("tools.csv", text)

    def read() -> list[list[Value]] | str:
        try:
            return [[row.line, *row.values] for row in folder.only().rows()]  # type: ignore[list-item] # to compare
        except SeedFileError as error:
            return str(error)

    whole = read()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seeder.seed_files.raw_csv._BLOCK", block)
        assert read() == whole


@shared_folder
@given(text=CSV_TEXTS, block=st.sampled_from([1, 7, 1 << 18]))
def test_copy_reads_the_same_or_refuses(folder: SeedFolder, text: str, block: int) -> None:
    folder.write("tools.csv", text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seeder.seed_files.raw_csv._BLOCK", block)
        try:
            blocks = list(raw(folder).blocks())
        except NotRaw:
            return
    assert all(each.endswith(b"\n") for each in blocks)
    try:
        read = copied(b"".join(blocks).decode(), 2)
    except RefusedError:
        return
    assert read == careful(folder)
    assert [record for each in blocks for record in copied(each.decode(), 2)] == read


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\\"), max_size=8)


@shared_folder
@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=2)),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_an_orderly_file_is_raw(folder: SeedFolder, rows: list[list[str]], quoting: int, end: str) -> None:
    written = io.StringIO()
    csv.writer(written, lineterminator=end, quoting=quoting).writerows([["a", "b"], *rows])  # type: ignore[arg-type] # it is one of its constants
    folder.write("tools.csv", written.getvalue())

    assert copied(b"".join(raw(folder).blocks()).decode(), 2) == careful(folder)


NOT_RAW = {
    "end of data": "1,2\n\\.\n",
    "end of data in quotes": '1,"\n\\.\n"\n',
    "blank line": "1,2\n\n3,4\n",
    "blank line first": "\n1,2\n",
    "blank line last": "1,2\n\n",
    "blank line that ends in a carriage return": "1,2\r\n\r\n3,4\r\n",
    "carriage return": "1,2\r3,4\n",
    "carriage return in quotes": '1,"\r"\n',
    "two carriage returns": "1,2\r\r\n",
    "quote in a field": '1,a"b"\n',
    "two quotes in a field": '1,a""\n',
    "two quotes and text": '1,""a\n',
    "text behind a quote": '1,"a"b\n',
    "quotes in balance": 'x"a","b,"\n',
    "quote that is not closed": '1,"2\n3,4\n',
}


@pytest.mark.parametrize("text", NOT_RAW.values(), ids=NOT_RAW.keys())
def test_not_raw(folder: SeedFolder, text: str) -> None:
    folder.write("tools.csv", "a,b\n" + text)

    with pytest.raises(NotRaw):
        list(raw(folder).blocks())


RAW = {
    "nothing": ("a,b", b""),
    "byte-order mark": ("\ufeffa,b\n1,2\n", b"1,2\n"),
    "header of two lines": ('a,"b\nc"\n1,2\n', b"1,2\n"),
    "no line end at the end": ("a,b\n1,2", b"1,2\n"),
    "no line end at the end of Windows's": ("a,b\r\n1,2\r\n3,4", b"1,2\r\n3,4\r\n"),
    "blank line in quotes": ('a,b\n1,"x\n\ny"\n', b'1,"x\n\ny"\n'),
    "quotes": ('a,b\n"""1""",""""\n"",\n', b'"""1""",""""\n"",\n'),
    "backslashes": ("a,b\n\\.,\\.x\n\\N,1\n", b"\\.,\\.x\n\\N,1\n"),
}


@pytest.mark.parametrize(("text", "blocks"), RAW.values(), ids=RAW.keys())
@pytest.mark.parametrize("name", ["tools.csv", "tools.csv.gz"])
def test_raw(folder: SeedFolder, name: str, text: str, blocks: bytes) -> None:
    folder.write(name, gzip.compress(text.encode()) if name.endswith(".gz") else text)

    assert b"".join(raw(folder, name).blocks()) == blocks


def test_header_and_defaults(folder: SeedFolder) -> None:
    folder.write("tools.csv", '"a\n1",b\n1,2\n')
    folder.write("tools.yaml", "key: [b]\ndefaults: {b: 3, c: 4, d: null}\n")
    found = raw(folder, "tools.yaml")

    assert (found.columns, found.defaults) == (("a\n1", "b"), (("c", "4"), ("d", None)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "key: [c]\n",
            'tools.yaml:1:7: key names the column "c", but the row at tools.csv:1 has no such column',
        ),
        ("insert_only: [c]\n", 'tools.yaml:1:15: no row has a column "c"'),
    ],
)
def test_the_header_is_checked(folder: SeedFolder, text: str, message: str) -> None:
    folder.write("tools.csv", "a,b\n")
    folder.write("tools.yaml", text)

    with pytest.raises(SeedFileError) as raised:
        raw(folder, "tools.yaml")

    assert folder.relative(str(raised.value)) == message


def test_a_header_that_changed_meanwhile(folder: SeedFolder) -> None:
    folder.write("tools.csv", "a,b\n1,2\n")
    found = raw(folder)
    folder.write("tools.csv", "b,a\n1,2\n")

    with pytest.raises(NotRaw):
        list(found.blocks())

"""A row's key as people write it."""

from __future__ import annotations

import pytest

from seeder.config import row_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("name=x", {"name": "x"}),
        ("name=a b", {"name": "a b"}),
        ("a=1,b=2", {"a": "1", "b": "2"}),
        ("a=1, b=2", {"a": "1", "b": "2"}),
        ("a=", {"a": None}),
        ("a=,b=1", {"a": None, "b": "1"}),
        ('a=""', {"a": ""}),
        ('a="1,2",b="say ""hi"""', {"a": "1,2", "b": 'say "hi"'}),
        ("a=x=y", {"a": "x=y"}),
        ("a=NULL", {"a": "NULL"}),
        ('a="two\nlines"', {"a": "two\nlines"}),
    ],
)
def test_a_key_is_read(text: str, key: dict[str, str | None]) -> None:
    assert row_key.read(text) == key
    assert row_key.read(row_key.written(key)) == key


@pytest.mark.parametrize(
    "text", ["", "a", "=1", "a=1,", "a=1,b", "a=1,a=2", 'a="1', 'a="1"2', 'a=1"2', ",a=1"]
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not the key of a row; write COLUMN=VALUE"):
        row_key.read(text)


@pytest.mark.parametrize("value", [" x", "x ", "", "NULL", "'", '"', ",", "=", "\\", "…", "\t", None])
def test_what_is_written_can_be_read(value: str | None) -> None:
    key = {"a": value, "b": value}
    assert row_key.read(row_key.written(key)) == key

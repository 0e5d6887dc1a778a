"""The statements in files of other rooms than the merge: names have their schema, and any database can read them."""

from __future__ import annotations

from importlib import resources

import pytest

from tests.unit.merge.unqualified import functions, operators, types

FOLDERS = [resources.files(f"seeder.{room}").joinpath("sql") for room in ("postgres", "export")]
FILES = {file.name: file for folder in FOLDERS for file in folder.iterdir()}


@pytest.mark.parametrize("name", sorted(FILES))
def test_functions_and_types_carry_their_schema(name: str) -> None:
    content = FILES[name].read_bytes()
    assert content.isascii()
    assert content.startswith(b"-- ")
    assert not [*functions(content.decode()), *types(content.decode())]


@pytest.mark.parametrize(
    "name", ["homes.sql", "history.sql", "session.sql", "restore_session.sql", "rows.sql", "same_key.sql"]
)
def test_operators_carry_it_too_where_the_roles_own_search_path_is_in_force(name: str) -> None:
    assert not list(operators(FILES[name].read_text()))

"""The statements in files beside the connection: every name has its schema, and any database can read them."""

from __future__ import annotations

from importlib import resources

import pytest

from tests.unit.merge.unqualified import functions, operators, types

FOLDER = resources.files("seeder.postgres").joinpath("sql")
FILES = sorted(file.name for file in FOLDER.iterdir())


@pytest.mark.parametrize("name", FILES)
def test_functions_and_types_carry_their_schema(name: str) -> None:
    content = FOLDER.joinpath(name).read_bytes()
    assert content.isascii()
    assert content.startswith(b"-- ")
    assert not [*functions(content.decode()), *types(content.decode())]


@pytest.mark.parametrize("name", ["homes.sql", "history.sql"])
def test_operators_carry_it_too_where_the_roles_own_search_path_is_in_force(name: str) -> None:
    assert not list(operators(FOLDER.joinpath(name).read_text()))

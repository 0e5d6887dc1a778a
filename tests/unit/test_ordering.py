"""Whatever depends on whatever, and refers to whatever: each seeder runs once, after all that can come before it."""

from __future__ import annotations

import graphlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeder import seed_files
from seeder.run.ordering import Order, parents_first
from seeder.seed_files import TableName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seeder.seed_files import Seeder

NAMES = "abcdefgh"
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=20)


@pytest.fixture(scope="module")
def seeders(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Seeder]:
    folder = tmp_path_factory.mktemp("seeds")
    for name in NAMES:
        (folder / f"{name}.csv").write_text("id\n1\n")
    return seed_files.discover([str(folder)], allow_code=False, environ={})


@given(depends=PAIRS, refers=PAIRS)
def test_dependencies_hold_and_so_do_foreign_keys_that_close_no_cycle(
    seeders: Sequence[Seeder], depends: list[tuple[str, str]], refers: list[tuple[str, str]]
) -> None:
    # A dependency leads to an earlier letter, so that dependencies alone form no cycle.
    before = {name: {other for each, other in depends if each == name and other < name} for name in NAMES}
    tables = [(TableName(None, child), TableName(None, parent)) for child, parent in refers]
    order = parents_first(Order(seeders, before, {}), tables)
    place = {seeder.name: number for number, seeder in enumerate(order.seeders)}

    assert sorted(place) == list(NAMES)
    assert order.dependencies == before
    assert all(place[other] < place[name] for name, others in before.items() for other in others)
    wanted = {
        name: before[name] | {parent for child, parent in refers if child == name != parent} for name in NAMES
    }
    try:
        graphlib.TopologicalSorter(wanted).prepare()
    except graphlib.CycleError:
        # The first ones in the list still hold.
        wanted = {name: before[name] for name in NAMES} | {
            child: before[child] | {parent} for child, parent in refers[:1] if child > parent
        }
    assert all(place[other] < place[name] for name, others in wanted.items() for other in others)

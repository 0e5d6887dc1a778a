"""The order in which the seeders run, and which can't run at all."""

from __future__ import annotations

import graphlib
import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from seeder.errors import DependencyError, Position, SeederError
from seeder.seed_files import DataSeeder, Seeder, TableName
from seeder.seed_files.suggestions import did_you_mean


@dataclass(frozen=True)
class Order:
    """The selected seeders, each after those it depends on.

    `dependencies` names the selected seeders that each one needs; `errors` says why a seeder can't run.
    """

    seeders: Sequence[Seeder]
    dependencies: Mapping[str, Collection[str]]
    errors: Mapping[str, SeederError]


def selected(
    seeders: Iterable[Seeder], names: Collection[str] | None, environment: str | None
) -> list[Seeder]:
    """The seeders to run: those of `names`, or all, without those of other environments."""
    return [
        seeder
        for seeder in seeders
        if (names is None or seeder.name in names)
        and (not seeder.environments or environment in seeder.environments)
    ]


def order(chosen: Sequence[Seeder], existing: Collection[str]) -> Order:
    """Sort `chosen` by dependency and then by name. `existing` are the names of all seeders, chosen or not.

    Dependencies that are not chosen are left out. A seeder that depends on one that does not exist fails, and so do the
    members of a cycle. A `!ref` to a table that another seeder fills is a dependency too.
    """
    by_name = {seeder.name: seeder for seeder in chosen}
    errors = {seeder.name: seeder.error for seeder in chosen if seeder.error is not None}
    dependencies: dict[str, set[str]] = {}
    for seeder in chosen:
        for mistake in unknown_dependencies(seeder, existing):
            errors.setdefault(seeder.name, mistake)
        named = {name for name in seeder.depends_on if name in by_name}
        dependencies[seeder.name] = named | (_referred(seeder, chosen) - {seeder.name})
    while cycle := _cycle(dependencies):
        files = " → ".join(f"{name} ({by_name[name].file})" for name in cycle)
        for name, other in itertools.pairwise(cycle):
            position = _at_dependency(by_name[name], other)
            message = f"the dependencies form a cycle: {files}; take one of them out"
            errors.setdefault(name, DependencyError(message, position=position))
            dependencies[name] = set()
    return parents_first(Order(chosen, dependencies, errors), ())


def parents_first(order: Order, foreign_keys: Iterable[tuple[TableName, TableName]]) -> Order:
    """Sort again, so that each table is filled after those that its foreign keys refer to.

    `foreign_keys` are pairs of a table and one that it refers to. One that would close a cycle with earlier ones, or
    with dependencies, is left out. None of them is a dependency: if the seeder of a parent fails, that of the child
    runs all the same. A seeder whose table the `ddl` of another one brings comes after that one, too.
    """
    of_table: dict[TableName, list[DataSeeder]] = {}
    for seeder in order.seeders:
        if isinstance(seeder, DataSeeder):
            of_table.setdefault(seeder.table, []).append(seeder)
    brought = [
        (seeder, other)
        for seeders in of_table.values()
        for seeder, other in itertools.permutations(seeders, 2)
        if seeder.ddl is None and other.ddl is not None
    ]
    referring = (
        (seeder, other)
        for child, parent in foreign_keys
        for seeder in of_table[child]
        for other in of_table[parent]
    )
    before = {name: set(needs) for name, needs in order.dependencies.items()}
    for seeder, other in itertools.chain(brought, referring):
        if not _reaches(before, other.name, seeder.name):
            before[seeder.name].add(other.name)
    return replace(order, seeders=_sorted(order.seeders, before))


def _sorted(seeders: Iterable[Seeder], before: Mapping[str, Collection[str]]) -> list[Seeder]:
    """Each seeder after those `before` it, and otherwise by name."""
    by_name = {seeder.name: seeder for seeder in seeders}
    sorter = graphlib.TopologicalSorter(before)
    sorter.prepare()
    names: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        names += ready
        sorter.done(*ready)
    return [by_name[name] for name in names]


def _cycle(dependencies: Mapping[str, Collection[str]]) -> list[str]:
    """The names of a cycle, each followed by one that it depends on, the first one again at the end; or nothing."""
    try:
        graphlib.TopologicalSorter(dependencies).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1][::-1])
    return []


def _reaches(before: Mapping[str, Collection[str]], name: str, wanted: str) -> bool:
    """Whether `wanted` is `name`, or comes before it."""
    seen = {name}
    pending = [name]
    while pending:
        if (found := pending.pop()) == wanted:
            return True
        pending += (fresh := set(before[found]) - seen)
        seen |= fresh
    return False


def unknown_dependencies(seeder: Seeder, existing: Collection[str]) -> list[DependencyError]:
    """What is wrong with the `depends_on` of a seeder, if `existing` are the names of all seeders."""
    return [
        DependencyError(
            f'depends on "{name}", and there is no such seeder{did_you_mean(name, existing)}',
            position=_at_dependency(seeder, name),
        )
        for name in seeder.depends_on
        if name not in existing
    ]


def left_behind(
    seeder: DataSeeder, existing: Iterable[Seeder], seeded: Collection[str], application: str
) -> list[str]:
    """The former names of `seeder` whose rows nobody else will list: all who had that name are among `seeded`."""
    from seeder.merge.target import former_names

    names = set()
    heirs: dict[str, list[str]] = {}
    for other in existing:
        names.add(f"{application}/{other.name}")
        if isinstance(other, DataSeeder):
            for name in former_names(other, application):
                heirs.setdefault(name, []).append(other.name)
    return [
        name
        for name in former_names(seeder, application)
        if name not in names and all(heir in seeded for heir in heirs[name])
    ]


def _at_dependency(seeder: Seeder, *name: str) -> Position:
    return seeder.at("depends_on", *name) if isinstance(seeder, DataSeeder) else Position(seeder.file)


def _referred(seeder: Seeder, chosen: Iterable[Seeder]) -> set[str]:
    if not isinstance(seeder, DataSeeder):
        return set()
    return {
        other.name
        for other in chosen
        if isinstance(other, DataSeeder) and any(_same(other.table, name) for name in seeder.references)
    }


def _same(one: TableName, other: TableName) -> bool:
    if one.schema is None or other.schema is None:
        return one.name == other.name
    return one == other

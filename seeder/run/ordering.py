"""The order in which the seeders run, and which can't run at all."""

from __future__ import annotations

import graphlib
import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

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
    graph = {name: set(needs) for name, needs in dependencies.items()}
    while True:
        sorter = graphlib.TopologicalSorter(graph)
        try:
            sorter.prepare()
            break
        except graphlib.CycleError as error:
            cycle = error.args[1][::-1]
            files = " → ".join(f"{name} ({by_name[name].file})" for name in cycle)
            for name, other in itertools.pairwise(cycle):
                position = _at_dependency(by_name[name], other)
                message = f"the dependencies form a cycle: {files}; take one of them out"
                errors.setdefault(name, DependencyError(message, position=position))
                graph[name] = set()
    names: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        names += ready
        sorter.done(*ready)
    return Order([by_name[name] for name in names], dependencies, errors)


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

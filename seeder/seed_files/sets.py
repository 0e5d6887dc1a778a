"""Sets: a folder with a `_seeds.yaml`, which says whose seeds these are, their release, and what counts by default.

It is read before the database is asked anything. No reader is imported if there is none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from seeder.config.release import Release
from seeder.config.settings import Settings
from seeder.errors import Position, SeederError, SeedFileError, Tell, UsageError, refuse
from seeder.seed_files.places import Place, place_of

NAME: Final = "_seeds.yaml"
_MISNAMED: Final = ("_seeds.yml", "_seeds.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedSet:
    """What a `_seeds.yaml` says. None, or nothing, is not said."""

    file: str = ""
    """As shown to people."""
    application: str | None = None
    release: Release | None = None
    environments: Sequence[str] = ()
    policies: Mapping[str, Any] = field(default_factory=dict)
    """What counts for seed files that do not say, by the names of their fields."""

    @property
    def told(self) -> str:
        """A text that changes if a policy does."""
        return json.dumps(_told(self.policies)) if self.policies else ""


NO_SET: Final = SeedSet()


def set_of(place: Place, tell: Tell = refuse) -> SeedSet:
    """The set that the seed files of a place belong to.

    What is wrong with its `_seeds.yaml` is told as `UsageError`, and left out; by default the first mistake is raised.
    """
    path = place.folder / NAME
    if path.exists():
        return _read(path, str(place.shown / NAME), tell)
    for other in _MISNAMED:
        if (place.folder / other).exists():
            where = Position(str(place.shown / other))
            tell(UsageError(f"this is not read; it must be YAML and be called {NAME}", position=where))
    return NO_SET


def with_sets(settings: Settings) -> Settings:
    """`settings`, completed by what the sets among its paths say.

    Raises `UsageError` if a `_seeds.yaml` is wrong, if two differ, if the environment is none of theirs, and if the
    application, the release and the one that it withdraws do not go together.
    """
    sets = list(filter(None, map(_set_under, dict.fromkeys(settings.path))))
    _check_environment(settings.environment, sets)
    said = {
        option: _agreed(option, sets) for option in ("application", "release") if option not in settings.given
    }
    settings = replace(settings, **{option: value for option, value in said.items() if value is not None})
    _check(settings)
    return settings


def check_environment(environment: str | None, paths: Sequence[str]) -> None:
    """Raise `UsageError` if a set under `paths` lists environments, and not this one. Passes over mistakes."""
    _check_environment(environment, filter(None, (_set_under(path, lambda _: None) for path in paths)))


def _check_environment(environment: str | None, sets: Iterable[SeedSet]) -> None:
    for each in sets:
        if each.environments and environment not in (None, *each.environments):
            raise UsageError(
                f'"{environment}" is not an environment of these seeds; {each.file} lists '
                f"{', '.join(each.environments)}",
                outside=environment,
            )


def _set_under(path: str, tell: Tell = refuse) -> SeedSet | None:
    try:
        place = place_of(path)
        return None if place is None else set_of(place, tell)
    except OSError:
        # Whoever reads the seed files says why they can't be read.
        return None


def _agreed(option: str, sets: Sequence[SeedSet]) -> Any:
    """What all `sets` that name an application, or a release, name; None if none does."""
    named: dict[Any, SeedSet] = {}
    for each in sets:
        if (value := getattr(each, option)) is not None:
            named.setdefault(value, each)
    if len(named) > 1:
        (one, first), (other, second) = list(named.items())[:2]
        raise UsageError(
            f"{first.file} names the {option} {one}, and {second.file} {other}; run them one by one, or say with "
            f"--{option} which of them counts"
        )
    return next(iter(named), None)


def _check(settings: Settings) -> None:
    release, withdraw = settings.release, settings.withdraw
    if release is not None and settings.application == "default":
        raise UsageError(
            f"release {release} needs an application that is named; pass --application, set SEED_APPLICATION, or write "
            f"`application: NAME` in {NAME}"
        )
    if withdraw is None:
        return
    if release is None:
        raise UsageError(
            f"--withdraw {withdraw} needs the release that replaces it; pass --release, or set SEED_RELEASE"
        )
    if release.kind != withdraw.kind:
        raise UsageError(
            f"--withdraw {withdraw} is {withdraw.is_a} and the release {release} is {release.is_a}; an application "
            "stays with one kind"
        )


def _read(path: Path, file: str, tell: Tell) -> SeedSet:
    from seeder.seed_files.fields import read_set
    from seeder.seed_files.inputs import Inputs
    from seeder.seed_files.tags import NoTags
    from seeder.seed_files.text import decode, read_bytes
    from seeder.seed_files.yaml_reader import YamlDocument

    def usage(mistake: SeederError) -> None:
        tell(UsageError(mistake.message, position=mistake.position))

    inputs = Inputs(path.parent, [path])
    try:
        text = decode(read_bytes(path, file, inputs), file)
        document = YamlDocument(text, file, NoTags(inputs, {}), usage)
        return SeedSet(file=file, **read_set(document, usage))
    except SeedFileError as mistake:
        usage(mistake)
        return NO_SET


def _told(value: Any) -> Any:
    """A value with its type: in a column of JSON, `true` and `"true"` are two things."""
    if isinstance(value, dict):
        return {name: _told(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_told(each) for each in value]
    return [type(value).__name__, value]

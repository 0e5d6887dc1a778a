"""`seeder record-history`: earlier versions of a set, from folders or from git, into histories."""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from seeder.errors import ExitCode, UsageError
from seeder.seed_files import Seeder, discover
from seeder.seed_files.model import DataSeeder
from seeder.seed_files.places import place_of
from seeder.seed_files.recording import AnyVariable, Recording, Version
from seeder.seed_files.revisions import Repository
from seeder.seed_files.sets import set_of


def record(
    paths: Sequence[str],
    versions: Sequence[str],
    *,
    git: bool,
    release: str | None,
    check: bool,
    say: Callable[[str], None],
    complain: Callable[[str], None],
) -> ExitCode:
    """Record earlier versions of the seed files under `paths`, and say what came of it.

    `versions` are folders, or with `git` revisions. `release` is what the one folder is called instead of what its
    `_seeds.yaml` says, or of its name.
    Raises `UsageError`.
    """
    if not versions:
        raise UsageError("record-history takes folders with earlier versions, or --git and revisions")
    if release is not None and (git or len(versions) > 1):
        raise UsageError("--as names the release of one folder; give it with one folder, and without --git")
    seeders = discover(paths, allow_code=True, environ=AnyVariable())
    recording = Recording(seeders, check=check)
    found = _from_git(seeders, versions, recording) if git else _from_folders(versions, release)
    anything = False
    for file, added in recording.record(found):
        say(f"{file}: {_counted(added)}")
        anything = anything or bool(added)
    for note in dict.fromkeys(recording.notes):
        say(note)
    for problem in recording.problems:
        complain(problem)
    if recording.problems:
        return ExitCode.FAILED
    return ExitCode.WOULD_CHANGE if check and anything else ExitCode.OK


def _counted(added: Counter[str]) -> str:
    if not added:
        return "nothing new"
    return ", ".join(
        f"{count} {'row' if count == 1 else 'rows'} of {release}" for release, count in added.items()
    )


def _from_folders(folders: Sequence[str], release: str | None) -> Iterator[Version]:
    for folder in folders:
        path = Path(folder)
        if not path.is_dir():
            raise UsageError(f"there is no folder {folder}; for revisions of git say --git", outside=folder)
        yield Version(release or _release_in(folder) or path.resolve().name, {path: folder})


def _release_in(folder: str) -> str | None:
    """The release that the `_seeds.yaml` of a folder says."""
    with contextlib.suppress(UsageError, OSError):
        # What is wrong with it is told when the folder is read.
        place = place_of(folder)
        if place is not None and (release := set_of(place).release) is not None:
            return release.text
    return None


def _from_git(seeders: Sequence[Seeder], revisions: Sequence[str], recording: Recording) -> Iterator[Version]:
    """The folders of the seeders as they were in the revisions, each in a temporary folder while it is read."""
    folders = {
        seeder.inputs.folder: Path(seeder.file).parent for seeder in seeders if isinstance(seeder, DataSeeder)
    }
    repositories = {folder: Repository(folder) for folder in folders}
    asked = {
        folder: [each for revision in revisions for each in repository.releases(revision)]
        for folder, repository in repositories.items()
    }
    for release in dict.fromkeys(name for found in asked.values() for name, _ in found):
        with contextlib.ExitStack() as stack:
            extracted: dict[Path, str] = {}
            for folder, repository in repositories.items():
                commit = dict(asked[folder]).get(release)
                target = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seeder-")))
                if commit is not None and repository.extract(commit, target):
                    extracted[target] = f"{release}:{folders[folder]}"
            if extracted:
                yield Version(release, extracted)
            else:
                recording.notes.append(f"{release}: the folder was not there yet")

"""Paths to seeders: which files are seeders, and which are parts of others."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from seeder import masking
from seeder.errors import Position, Tell, UsageError, refuse
from seeder.seed_files.inputs import beside
from seeder.seed_files.model import Policy, Seeder
from seeder.seed_files.names import (
    CODE,
    DOCUMENTS,
    ROWS,
    YAML,
    check_name,
    history_of,
    overlay_of,
    same_flag,
    split_name,
)
from seeder.seed_files.places import BUILTIN, Place, place_of
from seeder.seed_files.sets import set_of
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.text import real_path


def discover(
    paths: Sequence[str],
    *,
    allow_code: bool,
    environ: Mapping[str, str],
    environment: str | None = None,
    existing_rows: str | None = None,
    tell: Tell = refuse,
) -> list[Seeder]:
    """The seeders under `paths`, sorted by name, with their overlays for `environment`.

    A path is a folder, a file, `builtin`, or the dotted name of an installed module or package. What lies
    in folders below is left alone. A file that is wrong becomes a seeder with an `error`. `environ` is what
    `!env` reads, and `existing_rows` counts for seed files that do not say.

    Raises `UsageError` when a path is missing or holds no seeder, when a name can't be a seeder's, when two seeders
    have one name, and when a `_seeds.yaml` is wrong. With `tell`, all but the first of these are told, and so is each
    mistake in a file of fields or code after which the rest can be read.
    """
    found: dict[str, Seeder] = {}
    policies = {} if existing_rows is None else {"existing_rows": Policy(existing_rows)}
    for path in dict.fromkeys(paths):
        seeders = _under(
            path,
            allow_code=allow_code,
            environ=environ,
            environment=environment,
            policies=policies,
            tell=tell,
        )
        if not seeders:
            raise UsageError(
                f"there is no seeder in {path}; seed files end in .yaml, .json, .csv, .ndjson, .sql or .py"
            )
        for seeder in seeders:
            try:
                check_name(seeder.name, seeder.file)
            except UsageError as mistake:
                tell(mistake)
            other = found.setdefault(same_flag(seeder.name), seeder)
            if other is not seeder and not _same_file(other, seeder):
                message = f'{other.file} and {seeder.file} are both named "{seeder.name}"; rename one of them'
                tell(UsageError(message, position=Position(seeder.file)))
    masking.add_names(*(name for seeder in found.values() for name in seeder.names))
    return sorted(found.values(), key=lambda seeder: seeder.name)


def overlaid_environments(paths: Iterable[str]) -> list[str]:
    """The environments for which there is an overlay under `paths`, by the names of the files."""
    found: set[str] = set()
    for path in dict.fromkeys(paths):
        with contextlib.suppress(OSError):  # Whoever reads the files says why they can't be read.
            place = place_of(path)
            names = [] if place is None else [file.name for file in place.files()]
            found.update(environment for _, environment in filter(None, map(overlay_of, names)))
    return sorted(found)


def _under(
    path: str,
    *,
    allow_code: bool,
    environ: Mapping[str, str],
    environment: str | None,
    policies: Mapping[str, Policy],
    tell: Tell,
) -> list[Seeder]:
    try:
        place = place_of(path)
        if place is not None:
            allowed = allow_code or place.trusted
            folder = _Folder(
                place,
                allow_code=allowed,
                environ=environ,
                environment=environment,
                policies=policies,
                tell=tell,
            )
            return folder.seeders()
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from None
    from seeder.seed_files.packages import find_modules

    modules = find_modules(path)
    if modules is None:
        parent = Path(path).parent
        near = [str(each) for each in parent.glob("*")] + [BUILTIN] if parent.is_dir() else [BUILTIN]
        several = "; give each of several paths its own --path" if ":" in path else ""
        raise UsageError(
            f"there is no file, folder or installed module {path}{several or did_you_mean(path, near)}"
        )
    return modules


class _Folder:
    """The seed files of a place."""

    def __init__(
        self,
        place: Place,
        *,
        allow_code: bool,
        environ: Mapping[str, str],
        environment: str | None,
        policies: Mapping[str, Policy],
        tell: Tell,
    ) -> None:
        self._place = place
        self._allow_code = allow_code
        self._environ = environ
        self._environment = environment
        self._tell = tell
        self._set = set_of(place, tell)
        # What the run was told comes before what the set says.
        self._policies = {**self._set.policies, **policies}

    def seeders(self) -> list[Seeder]:
        """The seeders of the folder; of one file, the seeder that it is, or is a part of."""
        all_files = self._place.files()
        histories = [path for path in all_files if history_of(path.name)]
        overlays = [path for path in all_files if overlay_of(path.name)]
        files = [path for path in all_files if path not in histories and path not in overlays]
        only = self._place.folder / self._place.only if self._place.only else None
        if only is not None and only not in files:
            return []
        if only is not None:
            files = [only, *_partners(only, files)]
            histories, overlays = _of_stem(only, histories), _of_stem(only, overlays)
        found = self._with_histories(self._read(files, overlays), histories)
        for seeder in found:
            own = seeder.sources[0].name
            seeder.inputs.beside = beside(
                own, split_name(own)[0], [file.name for file in all_files], self._environment
            )
            seeder.inputs.policies = self._set.told
        return [seeder for seeder in found if only is None or only in seeder.sources]

    def _read(self, paths: Iterable[Path], overlays: Iterable[Path]) -> list[Seeder]:
        """The seeders among `paths`: documents first, since they tell which others are parts of them."""
        files = sorted(paths)
        seeders: list[Seeder] = []
        parts: set[Path] = set()
        for path in files:
            if split_name(path.name)[1] not in DOCUMENTS:
                continue
            from seeder.seed_files.data_seeders import read_document

            seeder = read_document(
                path,
                self._name(path),
                environ=self._environ,
                beside=_partners(path, files, ROWS),
                ddl_allowed=self._allow_code,
                policies=self._policies,
                tell=self._tell,
            )
            seeders.append(seeder)
            parts.update(map(real_path, seeder.sources[1:]))
        overlays = [path for path in sorted(overlays) if real_path(path) not in parts]
        # Those of other environments too have parts that are no seeders.
        parts.update(real_path(part) for path in overlays for part in self._named_in(path))
        for path in files:
            if split_name(path.name)[1] in ROWS and real_path(path) not in parts:
                from seeder.seed_files.data_seeders import read_rows

                seeders.append(read_rows(path, self._name(path), self._policies))
        for path in files:
            kind = split_name(path.name)[1]
            if kind in CODE and real_path(path) not in parts:
                from seeder.seed_files.code_reader import read_python, read_sql

                read_code = read_sql if kind == ".sql" else read_python
                seeders.append(read_code(path, self._name(path), allowed=self._allow_code, tell=self._tell))
        seeders = [seeder for seeder in seeders if real_path(seeder.sources[0]) not in parts]
        return self._with_overlays(seeders, overlays) if overlays else seeders

    def _named_in(self, overlay: Path) -> Sequence[Path]:
        from seeder.seed_files.companions import named_in

        return named_in(overlay, self._name(overlay))

    def _with_overlays(self, seeders: Iterable[Seeder], overlays: Sequence[Path]) -> list[Seeder]:
        """The seeders with their overlays, and one with an `error` for each name that only overlays have."""
        from seeder.seed_files.companions import read_orphan, with_overlays

        of: dict[str, list[Path]] = {}
        for path in overlays:
            name, _ = overlay_of(path.name) or ("", "")
            of.setdefault(name, []).append(path)
        found = [
            with_overlays(
                seeder,
                [(path, self._name(path)) for path in own],
                environment=self._environment,
                known=self._set.environments,
                environ=self._environ,
                tell=self._tell,
            )
            if (own := of.pop(seeder.name, None))
            else seeder
            for seeder in seeders
        ]
        return [*found, *(read_orphan(path, self._name(path)) for path, *_ in of.values())]

    def _with_histories(self, seeders: Iterable[Seeder], histories: Sequence[Path]) -> list[Seeder]:
        """The seeders with their histories, and one with an `error` for each history that has no seed file."""
        from seeder.seed_files.companions import read_orphan, with_history

        found: list[Seeder] = []
        orphans = set(histories)
        for seeder in seeders:
            own = [path for path in histories if history_of(path.name) == seeder.name]
            orphans.difference_update(own)
            found.append(with_history(seeder, [(path, self._name(path)) for path in own]) if own else seeder)
        return [*found, *(read_orphan(path, self._name(path)) for path in sorted(orphans))]

    def _name(self, path: Path) -> str:
        return str(self._place.shown / path.name)


def _partners(path: Path, files: Iterable[Path], kinds: Collection[str] | None = None) -> list[Path]:
    """The files of the same stem that may make one seeder with `path`."""
    stem, kind = split_name(path.name)
    if kinds is None:
        kinds = ROWS if kind in YAML else YAML if kind in ROWS else ()
    return [other for other in files if split_name(other.name) in [(stem, each) for each in kinds]]


def _of_stem(seed_file: Path, files: Iterable[Path]) -> list[Path]:
    """The histories or overlays of a seed file."""
    stem, _ = split_name(seed_file.name)
    return [path for path in files if path.name.startswith(f"{stem}.")]


def _same_file(one: Seeder, other: Seeder) -> bool:
    return real_path(one.sources[0]) == real_path(other.sources[0])

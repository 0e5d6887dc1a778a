"""What lies beside a seed file and belongs to it: its history, and its overlays."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from seeder.errors import Position, SeederError, SeedFileError, Tell, refuse
from seeder.seed_files.data_seeders import document_of
from seeder.seed_files.history import HistoryRows
from seeder.seed_files.inputs import Inputs
from seeder.seed_files.model import DataSeeder, Seeder
from seeder.seed_files.names import YAML, history_of, mentioned, overlay_of, split_name
from seeder.seed_files.overlays import OverlaidRows
from seeder.seed_files.rows import DocumentRows, Rows
from seeder.seed_files.sets import NAME
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.tags import Tags
from seeder.seed_files.text import UNEXPECTED, read_bytes, unexpected


def with_history(seeder: Seeder, files: Sequence[tuple[Path, str]]) -> Seeder:
    """The seeder with the history that lies beside its seed file, each file with what it is called before people.

    It carries an `error` if it has no rows that a history could be of, if the form is wrong, or if there are two.
    """
    seeder.inputs.add(*(path for path, _ in files))
    if seeder.error is not None:
        return seeder
    (path, file), *others = files
    if not isinstance(seeder, DataSeeder):
        message = f"a history is of rows, and {seeder.file} has none"
    elif others:
        message = f"there is a second history, {others[0][0].name}; keep one of them"
    elif split_name(path.name)[1] != ".ndjson":
        message = f"a history is NDJSON; `seeder record-history` writes {seeder.name}.history.ndjson"
    else:
        return replace(seeder, history=HistoryRows(path, file))
    return _failed(seeder, SeedFileError(message, position=Position(file)))


def with_overlays(
    seeder: Seeder,
    files: Sequence[tuple[Path, str]],
    *,
    environment: str | None,
    known: Sequence[str],
    environ: Mapping[str, str],
    tell: Tell = refuse,
) -> Seeder:
    """The seeder with the overlays that lie beside its seed file, each file with what it is called before people.

    The one for `environment` is read. It carries an `error` if that is wrong, or if there is an overlay that cannot be:
    there are two for one environment, it is none of those `known`, if these are listed, or the seeder does not run
    there. Mistakes after which the rest can be read are told; by default the first one is the error.
    """
    if seeder.error is not None:
        return seeder
    overlays: dict[str, str] = {}
    mine: tuple[Path, str] | None = None
    try:
        for path, file in files:
            _, of = overlay_of(path.name) or ("", "")
            mistake = _unfit(seeder, of, overlays, known)
            if mistake is not None:
                seeder.inputs.add(path)
                tell(SeedFileError(mistake, position=Position(file), outside=of))
            elif of == environment:
                mine = path, file
            overlays.setdefault(of, file)
        if not isinstance(seeder, DataSeeder):
            message = f"an overlay is of rows, and {seeder.file} has none"
            raise SeedFileError(message, position=Position(files[0][1]))
        seeder = replace(seeder, overlays=overlays)
        return seeder if mine is None else _overlaid(seeder, *mine, environ, tell)
    except SeederError as error:
        return _failed(seeder, error)
    except UNEXPECTED as error:
        return _failed(seeder, unexpected(error, Position(mine[1] if mine else seeder.file)))


def _overlaid(
    seeder: DataSeeder, path: Path, file: str, environ: Mapping[str, str], tell: Tell
) -> DataSeeder:
    seeder.inputs.add(path)
    tags = Tags(seeder.inputs, environ)
    document = document_of(path, file, read_bytes(path, file, seeder.inputs), tags, tell)
    assert isinstance(seeder.source, Rows)  # noqa: S101 - as all readers' are
    source = OverlaidRows(seeder.source, document, tell)
    if isinstance(seeder.source, DocumentRows) and source.has_key:
        # So that a mistake is told before anything runs. Of other files the rows are not read yet.
        deque(source.rows(tell), maxlen=0)
    return replace(
        seeder,
        source=source,
        overlay=file,
        references=seeder.references.union(document.references),
        secrets=seeder.secrets.union(tags.secrets),
    )


def named_in(path: Path, file: str) -> Sequence[Path]:
    """The files that an overlay names by `!file`, be it right or wrong."""
    content = b""
    inputs = Inputs(path.parent)
    try:
        content = read_bytes(path, file, inputs)
        if split_name(path.name)[1] in YAML and b"!file" in content:
            document_of(path, file, content, Tags(inputs, {}), lambda _: None)
    except (SeederError, *UNEXPECTED):
        return list(mentioned(inputs, content))
    return inputs.files


def _unfit(seeder: Seeder, environment: str, earlier: Mapping[str, str], known: Sequence[str]) -> str | None:
    """Why the seeder can't have an overlay for `environment`; None if it can."""
    if environment in earlier:
        return f'there is a second overlay for "{environment}", {earlier[environment]}; keep one of them'
    if known and environment not in known:
        listed = ", ".join(known)
        return (
            f'"{environment}" is not an environment of these seeds{did_you_mean(environment, known)}; '
            f"{NAME} lists {listed}"
        )
    if seeder.environments and environment not in seeder.environments:
        listed = ", ".join(sorted(seeder.environments))
        return f'{seeder.file} runs only in {listed}; add "{environment}" to its environments, or delete this overlay'
    return None


def _failed(seeder: Seeder, error: SeederError) -> Seeder:
    """The seeder, which can't run because of what lies beside its seed file."""
    return Seeder(
        name=seeder.name,
        file=seeder.file,
        error=error,
        inputs=seeder.inputs,
        environments=seeder.environments,
        depends_on=seeder.depends_on,
        required=seeder.required,
    )


def read_orphan(path: Path, file: str) -> Seeder:
    """What stands for a history or an overlay without a seed file: a seeder with an `error`."""
    what, advice = "history", "or delete it"
    name = history_of(path.name)
    if name is None:
        what, advice = "overlay", "or, if it is one itself, a name without a dot"
        name, _ = overlay_of(path.name) or (path.name, "")
    error = SeedFileError(
        f"there is no seed file {name}.yaml, .json, .csv or .ndjson beside this {what}; "
        f"give it the name of its seed file, {advice}",
        position=Position(file),
    )
    return Seeder(name=name, file=file, error=error, inputs=Inputs(path.parent, [path]))

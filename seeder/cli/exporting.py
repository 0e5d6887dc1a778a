"""`seeder export`: from what was asked for to a file, or to standard output."""

from __future__ import annotations

import contextlib
import csv
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg import IsolationLevel

from seeder.cli.invocation import discard_output
from seeder.cli.options import chosen_format
from seeder.config.settings import Settings
from seeder.errors import UsageError
from seeder.export import export
from seeder.export.choice import Choice, choose
from seeder.export.export import Form
from seeder.export.files import Beside, format_of, writing
from seeder.export.rows import check_key
from seeder.postgres.connection import Connection
from seeder.postgres.pinning import use_path
from seeder.run import runner
from seeder.run.reading import reading
from seeder.run.transactions import refused
from seeder.seed_files.names import YAML, check_name, split_name
from seeder.seed_files.values import TableName

FORMATS: Final = ("yaml", "csv", "ndjson")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be exported. No `key` and no `columns` stand for what is chosen by default."""

    table: TableName
    key: Sequence[str]
    columns: Sequence[str]
    where: str | None
    refs: bool
    form: Form


def form(wanted: str | None, output: str | None, *, refs: bool, long_texts: bool) -> Form:
    """How the rows are written. Raises `UsageError` if what is asked for does not fit together."""
    said = None if wanted is None else chosen_format(wanted, FORMATS, as_json=False)
    ending = None if output is None else format_of(output)
    if output is not None and ending is None:
        raise UsageError(
            f'--output: the name "{output}" does not end in .yaml, .csv, .ndjson, .csv.gz or .ndjson.gz, so '
            "no run would read the file"
        )
    if output is not None:
        check_name(split_name(Path(output).name)[0], output)
    if said is not None and ending is not None and said != ending:
        raise UsageError(f'--format {said} does not fit --output "{output}", whose ending says {ending}')
    chosen = said or ending or "yaml"
    if refs and chosen != "yaml" and output is None:
        raise UsageError(
            f"--refs with {chosen.upper()} needs --output FILE, for a YAML file beside it says what is referred to"
        )
    if long_texts and (chosen != "yaml" or output is None):
        raise UsageError("--long-texts writes files beside a YAML file; name this with --output FILE.yaml")
    beside = Beside.of(output) if output is not None and chosen == "yaml" else None
    return Form(chosen, beside, long_texts)


def column_names(text: str, option: str) -> list[str]:
    """The columns that an option names, with commas between; a name with a comma stands in double quotes."""
    try:
        (names,) = csv.reader([text], skipinitialspace=True, strict=True)
    except (csv.Error, ValueError):
        names = []
    if not names or not all(names):
        raise UsageError(
            f'{option}: "{text}" does not name columns; write COLUMN, several with commas between, and one with a '
            "comma in double quotes",
            outside=text,
        )
    return names


def to_standard_output(settings: Settings, wanted: Wanted, *, note: Callable[[str], object]) -> None:
    """Export to standard output. `note` takes a line for people. Raises what a run would exit with."""
    with _choosing(settings, wanted, note) as (connection, choice), _standard_output() as stream:
        export.write_rows(connection, choice, wanted.where, wanted.form, stream.write)


def to_file(
    settings: Settings,
    wanted: Wanted,
    output: str,
    *,
    say: Callable[[str], object],
    note: Callable[[str], object],
) -> None:
    """Export to the file `output`, and `say` what is in it. `note` takes a line for people.

    Raises what a run would exit with.
    """
    with _choosing(settings, wanted, note) as (connection, choice):
        with writing(output) as stream:
            count = export.write_rows(connection, choice, wanted.where, wanted.form, stream.write)
        if wanted.form.format != "yaml":
            _write_sidecar(output, choice, note)
    key = ", ".join(each.name for each in choice.key)
    without = f"; left out: {', '.join(choice.left_out)}" if choice.left_out else ""
    say(f"{output}: {count} {'row' if count == 1 else 'rows'} of {choice.table}, key: {key}{without}")


@contextlib.contextmanager
def _choosing(
    settings: Settings, wanted: Wanted, note: Callable[[str], object]
) -> Iterator[tuple[Connection, Choice]]:
    """One snapshot of the database, and what of it is exported."""
    choice = None
    with runner.connect(settings) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        try:
            with reading(connection) as schemas:
                choice = choose(
                    connection,
                    wanted.table,
                    schemas,
                    key=wanted.key,
                    columns=wanted.columns,
                    refs=wanted.refs,
                )
                if choice.alternatives:
                    key = ",".join(each.name for each in choice.key)
                    others = ", ".join(f"--key {','.join(each)}" for each in choice.alternatives)
                    note(f"{choice.table} has several natural keys; this is by {key}, others are {others}")
                if wanted.where is not None:
                    use_path(connection, schemas)
                check_key(connection, choice, wanted.where)
                yield connection, choice
        except psycopg.Error as error:
            raise export.explained(error, choice, wanted.where) or refused(error) from error


@contextlib.contextmanager
def _standard_output() -> Iterator[io.TextIOWrapper]:
    """Standard output in UTF-8. Whoever closes it early has seen enough. Raises `UsageError` if writing fails."""
    stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    try:
        try:
            yield stream
            stream.flush()
        except BrokenPipeError:
            discard_output()
        except OSError as error:
            discard_output()
            raise UsageError(f"can't write to standard output: {error.strerror or error}") from error
    finally:
        # What could be read is written, and standard output stays open.
        with contextlib.suppress(OSError):
            stream.detach()


def _write_sidecar(output: str, choice: Choice, note: Callable[[str], object]) -> None:
    """Write the YAML file beside `output`. One that is there already may say more, and stays."""
    path = Path(output)
    stem = split_name(path.name)[0]
    text = io.StringIO()
    export.write_fields(choice, text.write)
    for ending in YAML:
        there = path.with_name(f"{stem}{ending}")
        if there.exists():
            if there.read_bytes() != text.getvalue().encode():
                said = "; ".join(text.getvalue().splitlines())
                note(f"{there} is there already, and stays as it is. For these rows it has to say: {said}")
            return
    with writing(str(path.with_name(f"{stem}{YAML[0]}"))) as stream:
        stream.write(text.getvalue())

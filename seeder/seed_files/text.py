"""The text that seed files are made of: UTF-8, perhaps with a byte-order mark, perhaps behind gzip."""

from __future__ import annotations

import codecs
import contextlib
import io
import itertools
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

from seeder.config.regular_file import LARGEST
from seeder.errors import Position, SeedFileError
from seeder.seed_files.inputs import Inputs

NUL: Final = "contains a NUL character, which PostgreSQL does not accept"
"""Why a name or a script can't be meant. It completes a sentence that says which."""

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@contextlib.contextmanager
def open_bytes(path: Path, file: str) -> Iterator[BinaryIO]:
    """Open `path` for reading bytes, unpacked if its name ends in `.gz`; `file` is what it is called before people.

    What goes wrong inside the `with` block because of the file (not readable, not UTF-8 when decoded there, not gzip,
    cut short) is raised as `SeedFileError`.
    """
    try:
        with _open(path) as raw:
            yield raw
    except UnicodeDecodeError:
        # Read again as far as that place, where something else may be wrong as well.
        with open_bytes(path, file) as raw:
            raise _not_utf8(iter(lambda: raw.readline(LARGEST), b""), file) from None
    except (EOFError, zlib.error):
        raise SeedFileError("not a complete gzip file", position=Position(file)) from None
    except OSError as error:
        if error.errno is None:
            # It is gzip's own error. Its text may quote what the file holds.
            raise SeedFileError("not gzip, or damaged", position=Position(file)) from None
        raise unreadable(error, Position(file)) from None


@contextlib.contextmanager
def open_text(path: Path, file: str) -> Iterator[IO[str]]:
    """As `open_bytes`, for reading text. Only a line feed ends a line, and carriage returns are handed on."""
    with (
        open_bytes(path, file) as raw,
        io.TextIOWrapper(raw, encoding="utf-8-sig", newline="\n") as stream,
    ):
        yield stream


def lines_of(stream: IO[str], file: str) -> Iterator[tuple[int, str]]:
    """The lines of a text with their numbers, from 1. Raises `SeedFileError` at one of `LARGEST` characters or more."""
    for number in itertools.count(1):
        line = stream.readline(LARGEST)
        if not line:
            return
        if len(line) == LARGEST:
            raise SeedFileError(
                f"the line has more than {LARGEST >> 20} MiB; each object stands on a line of its own",
                position=Position(file, number),
            )
        yield number, line


def read_bytes(path: Path, file: str, inputs: Inputs) -> bytes:
    """The content of `path`. Raises `SeedFileError`."""
    try:
        return inputs.read(path)
    except OSError as error:
        raise unreadable(error, Position(file)) from None


def decode(content: bytes, file: str) -> str:
    """The text of a file, without a byte-order mark. Raises `SeedFileError`."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _not_utf8(io.BytesIO(content), file) from None


def decode_script(content: bytes, file: str) -> str:
    """The text of a file of code. Raises `SeedFileError`, also at a NUL character.

    The server would be sent what stands before it and be told of nothing behind it.
    """
    text = decode(content, file)
    at = text.find("\0")
    if at >= 0:
        # Of a file without a byte-order mark every other byte of UTF-16 is one.
        raise SeedFileError(
            f"the file {NUL}; take it out, or save the file as UTF-8 if it is UTF-16",
            position=position_of(text, at, file),
        )
    return text


def position_of(text: str, at: int, file: str, first_line: int = 1) -> Position:
    """The line and column of a place in a text."""
    return Position(file, text.count("\n", 0, at) + first_line, at - text.rfind("\n", 0, at))


def real_path(path: Path) -> Path:
    """The path with its symbolic links followed. `Path.resolve` raises on links in a circle before Python 3.13."""
    return Path(os.path.realpath(path))


UNEXPECTED: Final = (MemoryError, RecursionError, UnicodeError)
"""Errors of Python itself that the content of a seed file may cause, and that no reader handles."""


def unexpected(error: Exception, position: Position) -> SeedFileError:
    """The seeder's failure for one of the `UNEXPECTED` errors."""
    what = {MemoryError: "it needs more memory than is available", RecursionError: "nested too deeply"}
    return SeedFileError(
        f"can't be read: {what.get(type(error), 'a text in it is not valid Unicode')}", position=position
    )


def unreadable(error: OSError, position: Position, what: str = "") -> SeedFileError:
    """The error that says why the operating system won't hand over a file."""
    reason = error.strerror or str(error)
    return SeedFileError(f"{what}can't be read: {reason}", position=position)


def _open(path: Path) -> BinaryIO:
    if path.suffix.lower() != ".gz":
        return path.open("rb")
    import gzip

    return cast("BinaryIO", gzip.GzipFile(path))


def _not_utf8(lines: Iterable[bytes], file: str) -> SeedFileError:
    """Where the first byte that is not UTF-8 stands. The decoder counts from some buffer's start only."""
    position = Position(file)
    hint = "; save the file as UTF-8"
    for number, line in enumerate(lines, start=1):
        if number == 1 and line.startswith(_UTF16):
            hint = " but UTF-16" + hint
        try:
            line.decode()
        except UnicodeDecodeError as error:
            column = len(line[: error.start].decode("utf-8-sig" if number == 1 else "utf-8")) + 1
            position = Position(file, number, column)
            break
    return SeedFileError(f"not UTF-8{hint}", position=position)

"""Write the report where it was asked for: files for programs, and the termination message for Kubernetes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from seeder.errors import UsageError
from seeder.reporting.termination import write_termination_message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seeder.reporting.report import Report


def check_writable(files: Sequence[str], termination_log: str | None) -> None:
    """Raise `UsageError` for the first file that can't be written, before the run does any work."""
    named = [("--report (SEED_REPORT)", file) for file in files]
    if termination_log is not None:
        named.append(("--termination-log (SEED_TERMINATION_LOG)", termination_log))
    for option, file in named:
        if (why := _not_writable(Path(file))) is not None:
            raise UsageError(f'{option}: can\'t write "{file}": {why}')


def _not_writable(path: Path) -> str | None:
    if path.is_dir():
        return "it is a folder"
    if path.exists():
        return None if os.access(path, os.W_OK) else "no permission to write it"
    if not path.parent.is_dir():
        return f'there is no folder "{path.parent}"'
    return None if os.access(path.parent, os.W_OK | os.X_OK) else f'no permission to write in "{path.parent}"'


def write_all(report: Report, files: Sequence[str], termination_log: str | None) -> list[UsageError]:
    """Write the termination message and the report files; what can't be written is returned."""
    errors: list[UsageError] = []
    try:
        write_termination_message(report, termination_log)
    except UsageError as error:
        errors.append(error)
    for file in files:
        try:
            write_file(report, file)
        except UsageError as error:
            errors.append(error)
    return errors


def write_file(report: Report, file: str) -> None:
    """Write the report as JUnit XML where the name ends in `.xml`, else as JSON. Raises `UsageError`."""
    from seeder.reporting.junit import junit

    content = junit(report) if file.lower().endswith(".xml") else to_json(report)
    try:
        Path(file).write_bytes(content)
    except OSError as error:
        raise UsageError(
            f'--report (SEED_REPORT): can\'t write "{file}": {error.strerror or error}'
        ) from error


def to_json(report: Report) -> bytes:
    """The whole report, indented, in UTF-8."""
    return _utf8(json.dumps(report.to_dict(), ensure_ascii=False, indent=2) + "\n")


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")

"""Write the report to its files, and the termination message for Kubernetes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from seeder.errors import UsageError
from seeder.reporting.report import Report
from seeder.reporting.termination import termination_message

TERMINATION_LOG = "/dev/termination-log"
"""Where Kubernetes mounts the file for the termination message by default."""

_REPORT = "--report (SEED_REPORT)"
_TERMINATION = "--termination-log (SEED_TERMINATION_LOG)"


def check_writable(files: Sequence[str], termination_log: str | None) -> None:
    """Raise `UsageError` for the first file that can't be written, before the run does any work."""
    named = [(_REPORT, file) for file in files]
    if termination_log is not None:
        named.append((_TERMINATION, termination_log))
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
    """Write the termination message and the report files; return an error for each that can't be written.

    The end of a report's name says what it is: `.xml` JUnit, `.md` Markdown, `.html` a page, anything else JSON.
    """
    wanted: list[tuple[str, str, Callable[[Report], bytes]]] = []
    if termination_log is not None or os.access(TERMINATION_LOG, os.W_OK):
        wanted.append((_TERMINATION, termination_log or TERMINATION_LOG, termination_message))
    wanted += [(_REPORT, file, _KINDS.get(Path(file).suffix.lower(), to_json)) for file in files]
    errors: list[UsageError] = []
    for option, file, content in wanted:
        try:
            Path(file).write_bytes(content(report))
        except OSError as error:
            errors.append(UsageError(f'{option}: can\'t write "{file}": {error.strerror or error}'))
    return errors


def to_json(report: Report) -> bytes:
    """The whole report, indented, in UTF-8."""
    return (json.dumps(report.to_dict(), ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace")


def to_junit(report: Report) -> bytes:
    """The report as JUnit XML."""
    from seeder.reporting.junit import junit

    return junit(report)


def to_markdown(report: Report) -> bytes:
    """The report as Markdown."""
    from seeder.reporting.markdown import markdown

    return markdown(report)


def to_page(report: Report) -> bytes:
    """The report as a page for a browser."""
    from seeder.reporting.html import html

    return html(report)


_KINDS: Final = {".xml": to_junit, ".md": to_markdown, ".html": to_page}

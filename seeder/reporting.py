"""Where a report goes: files for programs, the termination message for Kubernetes, a table for people."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeder import logs
from seeder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seeder.report import Report, SeederResult

TERMINATION_LOG = "/dev/termination-log"
"""Where Kubernetes mounts the file for the termination message, unless told otherwise."""

TERMINATION_BYTES = 2048
TERMINATION_SEEDERS = 5

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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


def junit(report: Report) -> bytes:
    """The report as the JUnit XML that CI systems read: a test suite `seeder`, a test case for each seeder.

    What ended a run as a whole is an error of a test case of its own, so that no failed run looks green.
    """
    from xml.etree import ElementTree as ET

    # A run that strictness let pass is still shown with its failed cases; that is what they are.
    stopped = bool(report.exit_code) and not (report.failed or report.skipped)
    count = {
        "tests": str(len(report.seeders) + stopped),
        "failures": str(report.failed),
        "errors": str(int(stopped)),
    }
    time = f"{report.duration_seconds:.3f}"
    root = ET.Element("testsuites")
    suite = ET.SubElement(
        root,
        "testsuite",
        {
            "id": "0",
            "package": "seeder",
            "name": "seeder",
            "timestamp": report.started_at.strftime("%Y-%m-%dT%H:%M:%S"),
            "hostname": os.uname().nodename or "localhost",
            **count,
            "skipped": str(report.skipped),
            "time": time,
        },
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("run_id", report.run_id),
        ("version", report.version),
        ("exit_code", str(int(report.exit_code))),
    ):
        ET.SubElement(properties, "property", {"name": name, "value": value})
    for result in report.seeders:
        _junit_case(suite, result.to_dict())
    if stopped:
        case = ET.SubElement(suite, "testcase", {"name": "run", "classname": "seeder", "time": time})
        reason = _xml(logs.redact_own(report.reason))
        ET.SubElement(case, "error", {"type": report.exit_code.name, "message": reason}).text = reason
    ET.SubElement(suite, "system-out").text = _xml(logs.redact_own(report.reason))
    ET.SubElement(suite, "system-err")
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _junit_case(suite: Any, result: dict[str, Any]) -> None:
    from xml.etree import ElementTree as ET

    case = ET.SubElement(
        suite,
        "testcase",
        {
            "name": _xml(result["name"]),
            "classname": "seeder",
            "time": f"{result['duration_seconds']:.3f}",
        },
    )
    error = result.get("error", {"type": "SeederError", "message": result.get("reason", result["outcome"])})
    place = ":".join(str(error[part]) for part in ("file", "line", "column") if part in error)
    message = _xml(f"{place}: {error['message']}" if place else error["message"])
    if result["outcome"] == "failed":
        ET.SubElement(case, "failure", {"type": error["type"], "message": message}).text = message
    elif result["outcome"] == "skipped":
        ET.SubElement(case, "skipped", {"message": message})


def termination_message(report: Report) -> bytes:
    """What Kubernetes shows of a container that ended: JSON of at most 2 KiB, texts cut to fit."""
    whole = report.to_dict()
    failed = [result for result in whole["seeders"] if result["outcome"] == "failed"]
    failed += [
        result for result in whole["seeders"] if result["outcome"] == "skipped" and "reason" not in result
    ]
    message = {
        "status": "failed" if report.exit_code else "succeeded",
        "exit_code": whole["exit_code"],
        "reason": whole["reason"],
        **report.counts(),
        "duration_seconds": whole["duration_seconds"],
        "run_id": whole["run_id"],
    }
    seeders = [
        {"name": result["name"], "error": result.get("error", {}).get("message", result["outcome"])}
        for result in failed[:TERMINATION_SEEDERS]
    ]
    for length in (1024, 512, 256, 128, 64, 32, 16):
        cut = {name: _cut(value, length) for name, value in message.items()}
        cut["failed_seeders"] = [
            {name: _cut(value, length) for name, value in seeder.items()} for seeder in seeders
        ]
        content = _utf8(json.dumps(cut, ensure_ascii=False, separators=(",", ":")))
        if len(content) <= TERMINATION_BYTES:
            break
    return content


def write_termination_message(report: Report, termination_log: str | None) -> None:
    """Write the termination message where Kubernetes looks for it. Raises `UsageError`."""
    path = Path(termination_log or TERMINATION_LOG)
    if termination_log is None and not (path.exists() and os.access(path, os.W_OK)):
        return
    try:
        path.write_bytes(termination_message(report))
    except OSError as error:
        raise UsageError(
            f'--termination-log (SEED_TERMINATION_LOG): can\'t write "{path}": {error.strerror or error}'
        ) from error


def summary(report: Report) -> str:
    """The report for people: a line for each seeder, in columns, and one for the whole."""
    heads = ("seeder", "outcome", "inserted", "updated", "deleted", "unchanged", "kept", "seconds")
    rows = [heads, *(_summary_row(result) for result in report.seeders)]
    lines = ["", *table(rows, right=range(2, len(heads)))] if report.seeders else [""]
    verb = "would change" if report.dry_run or report.check else "changed"
    lines += [
        "",
        (
            f"{report.succeeded} succeeded, {report.failed} failed, {report.skipped} skipped;"
            f" {report.changed} rows {verb} in {report.duration_seconds:.2f} s;"
            f" exit code {int(report.exit_code)}: {logs.redact_own(report.reason)}"
        ),
    ]
    return "\n".join(lines)


def _summary_row(result: SeederResult) -> tuple[str, ...]:
    counts = (result.inserted, result.updated, result.deleted, result.unchanged, result.kept)
    shown = ("" if result.failed else str(count) for count in counts)
    return (result.name, result.outcome, *shown, f"{result.duration_seconds:.2f}")


def table(rows: Sequence[Sequence[str]], *, right: range = range(0)) -> list[str]:
    """Lines with the cells of `rows` in columns; those numbered in `right` end at the same place."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _cut(value: Any, length: int) -> Any:
    if not isinstance(value, str) or len(value) <= length:
        return value
    return value[: length - 1] + "…"


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)

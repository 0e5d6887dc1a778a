"""The termination message: what Kubernetes shows of a container that ended."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeder.errors import UsageError

if TYPE_CHECKING:
    from seeder.reporting.report import Report

TERMINATION_LOG = "/dev/termination-log"
"""Where Kubernetes mounts the file for the termination message, unless told otherwise."""

TERMINATION_BYTES = 2048

TERMINATION_SEEDERS = 5


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
        content = json.dumps(cut, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
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


def _cut(value: Any, length: int) -> Any:
    if not isinstance(value, str) or len(value) <= length:
        return value
    return value[: length - 1] + "…"

"""The termination message, which Kubernetes shows of a container that ended."""

from __future__ import annotations

import json
from typing import Any

from seeder.reporting.report import Report

_MOST_BYTES = 2048
_MOST_SEEDERS = 5


def termination_message(report: Report) -> bytes:
    """JSON of at most 2 KiB; texts are cut to fit."""
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
        "failed_seeders": [
            {"name": result["name"], "error": result.get("error", {}).get("message", result["outcome"])}
            for result in failed[:_MOST_SEEDERS]
        ],
    }
    for length in (1024, 512, 256, 128, 64, 32, 16):
        content = json.dumps(_cut(message, length), ensure_ascii=False, separators=(",", ":"))
        encoded = content.encode("utf-8", "replace")
        if len(encoded) <= _MOST_BYTES:
            break
    return encoded


def _cut(value: Any, length: int) -> Any:
    """`value` with every text in it cut to `length` characters."""
    if isinstance(value, dict):
        return {name: _cut(each, length) for name, each in value.items()}
    if isinstance(value, list):
        return [_cut(each, length) for each in value]
    if isinstance(value, str) and len(value) > length:
        return value[: length - 1] + "…"
    return value

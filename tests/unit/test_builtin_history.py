"""The histories of the built-in seeds: what was once shipped is known for good, and so is what is shipped now."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import seeder
from seeder.cli import histories
from seeder.errors import ExitCode

BUILTIN = Path(seeder.__file__).parent / "builtin"

SHIPPED = {
    "0.1.0": {
        "model_configs": "00db45c77ec3d4c0",
        "prompt_templates": "398b6932fef4d621",
        "schemas": "7c0c00021e7ea19e",
        "tools": "8883f67a398209eb",
    }
}
"""By release, a digest of the lines that it added to each history."""


def test_each_row_of_today_is_in_its_history() -> None:
    said: list[str] = []
    code = histories.record(
        ["builtin"],
        [str(BUILTIN)],
        git=False,
        release=None,
        check=True,
        say=said.append,
        complain=said.append,
    )
    assert code == ExitCode.OK, (
        "record what changed: seeder record-history --path seeder/builtin --as VERSION seeder/builtin",
        said,
    )


@pytest.mark.parametrize("release", SHIPPED)
def test_no_history_loses_what_was_shipped(release: str) -> None:
    found = {}
    for name in SHIPPED[release]:
        lines = (BUILTIN / f"{name}.history.ndjson").read_text(encoding="utf-8").splitlines(keepends=True)
        own = [line for line in lines if line.startswith(f'{{"release": "{release}"')]
        found[name] = hashlib.sha256("".join(own).encode()).hexdigest()[:16]
    assert found == SHIPPED[release]

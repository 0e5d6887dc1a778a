"""What `seeder init` writes runs at once on an empty database, and a second run changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.commandline import CommandLine
    from tests.integration.postgres import Database


@pytest.mark.newest_server
def test_it_runs_twice(seeder: CommandLine, database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "seeds"
    assert seeder("init", folder).exit_code == 0
    checked = seeder("validate", folder, "--allow-code")
    assert (checked.exit_code, checked.stdout) == (0, "no mistakes in 10 files\n")
    first = seeder("--all", "--path", folder, "--allow-code")
    assert first.exit_code == 0, first
    assert database.rows(
        "SELECT p.name, c.slug, p.supplier FROM products AS p JOIN categories AS c ON c.id = p.category_id ORDER BY 1"
    ) == [("Espresso beans", "coffee", None), ("Green tea", "tea", "unknown")]
    assert database.scalar("SELECT count(*) FROM opening_hours") == 7
    again = seeder("--all", "--path", folder, "--allow-code", "--check")
    assert again.exit_code == 0, again

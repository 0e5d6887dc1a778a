"""What the tests of losses share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.losses.life import Life

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database


@pytest.fixture
def life(database: Database, seeder: CommandLine, seeds: SeedFolder) -> Life:
    """A fresh database, the command line on it, and an empty folder of seed files."""
    return Life(database, seeder, seeds)

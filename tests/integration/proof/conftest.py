"""What the tests of the proof share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.proof.proving import TOOLS, Proving
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from tests.integration.commandline import SeedFolder
    from tests.integration.postgres import Database, StatementLog


@pytest.fixture
def proving(database: Database, seeds: SeedFolder, statements: StatementLog) -> Proving:
    """Runs that tell whether they were proved."""
    return Proving(Seeding(database, seeds), statements)


@pytest.fixture
def tools(proving: Proving) -> Proving:
    """Three tools, seeded, and proved to be as their seed file says."""
    proving.database.execute(TOOLS)
    proving.write("tools")
    assert proving().event("run.finished")["changed"] == 3
    proving.must_hold()
    return proving

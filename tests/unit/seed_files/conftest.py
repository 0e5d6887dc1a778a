from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.seed_files.folder import SeedFolder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> SeedFolder:
    return SeedFolder(tmp_path)

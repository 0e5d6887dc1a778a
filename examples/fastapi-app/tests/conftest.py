"""The database that the tests get: migrated and seeded once, by the fixtures that come with seeder."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from alembic import command
from alembic.config import Config
from fastapi.testclient import TestClient

from helpdesk.main import create_app
from helpdesk.settings import ROOT, Settings


@pytest.fixture(scope="session")
def seeder_migrate() -> Callable[[str], None]:
    def migrate(url: str) -> None:
        config = Config(ROOT / "alembic.ini")
        config.attributes["url"] = url
        command.upgrade(config, "head")

    return migrate


@pytest.fixture
def client(seeded_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The application, on a database of the test's own that holds the seeds."""
    monkeypatch.setenv("AUTO_SEED_DATABASE", "false")
    with TestClient(create_app(Settings(seeded_database))) as client:
        yield client

"""The Python of the documentation: each block does what its page says. What a page leaves to readers is made here."""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tests.blocks import all_blocks
from tests.integration.postgres import HOST, SUPERUSER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.commandline import SeedFolder
    from tests.integration.postgres import Database, Server

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.newest_server

BLOCKS = list(all_blocks())


def block(page: str, words: str) -> str:
    """The only block of a page that has these words."""
    [text] = [block.text for block in BLOCKS if block.page == f"docs/{page}" and words in block.text]
    return text


def execute(text: str, names: dict[str, Any]) -> None:
    """Run a block as in a module, or in a coroutine if it awaits something."""
    code = compile(text, "page", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, names)
    if inspect.iscoroutine(result):
        asyncio.run(result)


def sqlalchemy_url(url: str) -> str:
    return url.replace("postgresql:", "postgresql+psycopg:")


@pytest.fixture
def tools(database: Database, seeds: SeedFolder, monkeypatch: pytest.MonkeyPatch) -> SeedFolder:
    """The folder `seeds` with a seed file, below the working directory, and its table."""
    monkeypatch.chdir(seeds.path.parent)
    database.execute("CREATE TABLE tools (name text PRIMARY KEY)")
    seeds.write("tools.yaml", "key: [name]\nrows: [{name: hammer}]\n")
    return seeds


def test_the_start_up_code_that_is_replaced(database: Database) -> None:
    class Base(DeclarativeBase):
        pass

    class Model(Base):
        __tablename__ = "models"

        name: Mapped[str] = mapped_column(primary_key=True)
        context_window: Mapped[int]
        enabled: Mapped[bool]

    names: dict[str, Any] = {"Model": Model}
    execute(block("adopt-a-database.md", "def seed_on_startup"), names)
    engine = create_engine(sqlalchemy_url(database.url))
    Base.metadata.create_all(engine)
    for _ in range(2):
        with Session(engine) as session, session.begin():
            names["seed_on_startup"](session)
    engine.dispose()
    assert database.scalar("SELECT count(*) FROM models") == 4


def test_the_fastapi_application(database: Database, tools: SeedFolder) -> None:
    async def load_prices(engine: Any) -> list[str]:
        async with engine.connect() as connection:
            return list((await connection.exec_driver_sql("SELECT name FROM tools")).scalars())

    names: dict[str, Any] = {"load_prices": load_prices}
    text = block("fastapi.md", "from fastapi import FastAPI")
    execute(text.replace("postgresql+psycopg://app@db/shop", sqlalchemy_url(database.url)), names)
    with TestClient(names["app"]):
        assert database.scalar("SELECT count(*) FROM tools") == 1
    asyncio.run(names["engine"].dispose())

    execute(block("fastapi.md", "lifespan=serving"), names)
    execute(block("fastapi.md", '@app.get("/ready")'), names)
    tools.write("tools.yaml", "key: [name]\nrows: [{name: hammer}, {name: saw}]\n")
    with TestClient(names["app"]) as client:
        assert client.get("/ready").json() == {"seeding": "1 seeder done, 1 row changed"}
        assert sorted(names["app"].state.prices) == ["hammer", "saw"]

    database.execute(
        "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('0002')"
    )
    execute(block("fastapi.md", "wait_for="), names)
    with TestClient(names["app"]):
        assert names["app"].state.seeder_report.exit_code == 0
    asyncio.run(names["engine"].dispose())


def test_the_library(database: Database, tools: SeedFolder, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"engine": create_async_engine(sqlalchemy_url(database.url))}
    execute(block("library.md", "seed_sync(engine"), names)
    assert names["report"].succeeded == 1
    tools.write("tools.yaml", "key: [name]\nrows: [{nme: hammer}]\n")
    execute(block("library.md", "except StrictnessExceeded"), names)
    assert capsys.readouterr().out.startswith("tools failed ")
    asyncio.run(names["engine"].dispose())


def test_a_token_as_the_password(database: Database, tools: SeedFolder, login: Callable[..., str]) -> None:
    url = sqlalchemy_url(login()).replace("app:s3cret@", "app@")
    database.execute("GRANT ALL ON tools TO app; GRANT CREATE ON DATABASE " + database.name + " TO app")
    text = block("managed-databases.md", "def set_token")
    names: dict[str, Any] = {"new_token": lambda: "s3cret"}
    execute(text.replace("postgresql+psycopg://seeder@db.example.com/shop", url), names)
    names["engine"].dispose()
    assert database.scalar("SELECT count(*) FROM tools") == 1


MODELS = """\
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Model(Base):
    __tablename__ = "models"
    name: Mapped[str] = mapped_column(primary_key=True)
    enabled: Mapped[bool]
"""
APPLICATION = """\
from contextlib import asynccontextmanager
from fastapi import FastAPI
from seeder.fastapi import seeding
import psycopg

def create_app(url):
    app = FastAPI(lifespan=seeding(url, path="seeds"))

    @app.get("/models")
    def models() -> list[str]:
        with psycopg.connect(url) as connection:
            return [name for (name,) in connection.execute("SELECT name FROM models")]

    return app
"""
MIGRATE = """
import sqlalchemy
from shop.models import Base

@pytest.fixture(scope="session")
def seeder_migrate():
    def migrate(url):
        engine = sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        Base.metadata.create_all(engine)
        engine.dispose()
    return migrate
"""
ENVIRONMENT = """
from alembic import context
from sqlalchemy import create_engine

url = context.config.get_main_option("sqlalchemy.url").replace("postgresql:", "postgresql+psycopg:")
engine = create_engine(url)
with engine.begin() as connection:
    context.configure(connection=connection)
    context.run_migrations()
engine.dispose()
"""
MIGRATION = """
from alembic import op

revision = "1"
down_revision = None

def upgrade():
    op.execute("CREATE TABLE tools (name text); CREATE TABLE schemas (name text)")
"""


def test_the_fixtures_of_tests(
    pytester: pytest.Pytester, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        # This run may itself be one of pytest-xdist's.
        if name.startswith("PYTEST_XDIST") or name in {"PYTEST_ADDOPTS", "SEEDER_TEST_DATABASE_URL"}:
            monkeypatch.delenv(name)
    where = f'host="{HOST}", port={server.port}, user="{SUPERUSER}"'
    rows = "key: [name]\nrows: [{name: one}]\n"
    files = {
        "pyproject.toml": block("testing.md", "[tool.pytest.ini_options]"),
        # A server that runs already: as root there is no other with pytest-postgresql.
        "conftest.py": "import pytest_postgresql.factories\n"
        f"postgresql_proc = pytest_postgresql.factories.postgresql_noproc({where})\n"
        + block("testing.md", "postgresql_proc"),
        "shop/models.py": MODELS,
        "shop/main.py": APPLICATION,
        "seeds/models.yaml": "key: [name]\nrows: [{name: small, enabled: true}]\n",
        "seeds/tools.yaml": f"environments: [test]\n{rows}",
        "seeds/schemas.yaml": f"environments: [test]\n{rows}",
        "application/conftest.py": block("testing.md", "create_app(seeded_database)") + MIGRATE,
        "application/test_models.py": block("testing.md", "seeded_session.commit()"),
        "application/test_client.py": 'def test(client):\n    assert client.get("/models").json() == ["small"]\n',
        "migrated/conftest.py": block("testing.md", "def seeder_migrate"),
        "migrated/test_tables.py": "from sqlalchemy import text\n"
        "def test(seeded_connection):\n"
        '    assert seeded_connection.scalar(text("SELECT count(*) FROM tools, schemas")) == 1\n',
        "alembic.ini": "[alembic]\nscript_location = migrations\n",
        "migrations/env.py": ENVIRONMENT,
        "migrations/versions/one.py": MIGRATION,
    }
    for name, text in files.items():
        file = Path(pytester.path / name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for folder, passed in (("application", 2), ("migrated", 1)):
        result = pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider", folder)
        result.assert_outcomes(passed=passed)

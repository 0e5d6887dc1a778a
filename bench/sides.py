"""The sides: programs that make the same table hold the same rows, each as one command."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from bench.measure import ROOT
from tests.integration.postgres import embedded_binaries

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.data import Data
    from tests.integration.postgres import Database

_KNEX: Final = ("knex@3.3.0", "pg@8.23.1")
_SEEDER: Final = (sys.executable, "-m", "seeder", "--all")

BARE_SCRIPT: Final = """\
import os
import psycopg
import sqlalchemy
engine = sqlalchemy.create_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"))
with engine.connect() as connection:
    connection.execute(sqlalchemy.text("select 1"))
"""
BARE: Final = (sys.executable, "-c", BARE_SCRIPT)


@dataclass(frozen=True)
class Side:
    """One program, and how to make it load `items` from a folder of data."""

    name: str
    command: Callable[[Database, Data], tuple[str, ...]]


def seeder(path: Path | None = None, *options: str) -> tuple[str, ...]:
    """The command that runs every seeder of a folder, or every built-in one."""
    return (*_SEEDER, *(() if path is None else ("--path", str(path))), *options)


def psql(database: Database, *arguments: str) -> tuple[str, ...]:
    """The command that runs the psql of the server's own version: Debian's `psql` is a script around another."""
    program = str(embedded_binaries() / "psql")
    return (program, "--quiet", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", *arguments, database.url)


def knex(what: str, file: Path) -> tuple[str, ...]:
    """The command that runs bench/knex.cjs. `knex_is_missing` must have said None."""
    node = shutil.which("node") or "node"
    return (
        "env",
        f"NODE_PATH={_knex_folder() / 'node_modules'}",
        node,
        str(ROOT / "bench/knex.cjs"),
        what,
        str(file),
    )


PSQL: Final = Side("psql by hand", lambda database, data: psql(database, "--file", str(data.sql)))
LEDGER: Final = Side("seeder", lambda _, data: seeder(data.csv))
NO_LEDGER: Final = Side("seeder --ledger off", lambda _, data: seeder(data.csv, "--ledger", "off"))
YAML: Final = Side("seeder, YAML", lambda _, data: seeder(data.yaml))
KNEX: Final = Side("knex", lambda _, data: knex("items", data.ndjson))
LOADDATA: Final = Side(
    "Django loaddata", lambda _, data: (sys.executable, "-m", "bench.loaddata", str(data.fixture))
)


@cache
def knex_is_missing() -> str | None:
    """Install knex where it is not yet; why it can't be measured, or None."""
    folder = _knex_folder()
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "node is missing"
    if (folder / ".complete").exists():
        return None
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "package.json").write_text("{}")
    options = ("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
    try:
        subprocess.run(
            ["npm", "install", *options, *_KNEX], cwd=folder, check=True, capture_output=True, timeout=180
        )
    except (subprocess.SubprocessError, OSError):
        return "npm could not install it"
    (folder / ".complete").touch()
    return None


@cache
def django_is_missing() -> str | None:
    """Why Django can't be measured, or None."""
    done = subprocess.run([sys.executable, "-c", "import django"], check=False, capture_output=True)
    return None if done.returncode == 0 else "Django is missing"


def versions() -> str:
    """The versions of all sides, for the report."""
    named = [f"Python {sys.version.split()[0]}"]
    named += [f"{name} {importlib.metadata.version(name)}" for name in ("SQLAlchemy", "psycopg")]
    if django_is_missing() is None:
        named.append("Django " + _said(sys.executable, "-m", "django", "--version"))
    if knex_is_missing() is None:
        named.append("knex " + _KNEX[0].partition("@")[2])
        named.append("node " + _said("node", "--version").removeprefix("v"))
    return ", ".join(named)


def _said(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _knex_folder() -> Path:
    # Below build/, which git does not see and `make clean` removes.
    return ROOT / "build" / "bench" / "-".join(name.replace("@", "-") for name in _KNEX)

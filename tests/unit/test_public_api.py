"""What an application imports: typed, and costing nothing until it is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import seeder
from seeder.config.settings import OPTIONS
from seeder.run.library import RunOptions

ROOT = Path(__file__).parents[2]

PROGRAM = """\
from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import create_engine, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from seeder import ExitCode, Report, RunOptions, SeederError, SeederResult, StrictnessExceeded, seed, seed_sync

OPTIONS: RunOptions = {"path": ["builtin", Path("seeds")], "only": ["tools"], "strictness": 1, "wait_timeout": "2m"}


async def main() -> Report:
    engine = create_async_engine("postgresql+psycopg://localhost/shop")
    try:
        return await seed(engine, path="seeds/", only=["tools"], strictness="lenient", wait_for=["alembic:4f2a"])
    except StrictnessExceeded as exceeded:
        first: SeederResult = exceeded.report.seeders[0]
        error: SeederError | None = first.error
        print(error, exceeded.report.exit_code is ExitCode.FAILED)
        return exceeded.report


def main_sync() -> int:
    reports = [
        seed_sync(create_engine("postgresql+psycopg://localhost/shop"), **OPTIONS),
        seed_sync(make_url("postgresql://localhost/shop"), ledger=None, dry_run=True),
        seed_sync("postgresql://localhost/shop", statement_timeout=None, allow_code=True, application="shop"),
    ]
    return sum(report.changed for report in reports)


if __name__ == "__main__":
    print(asyncio.run(main()).changed, main_sync())
"""
MISTAKES = """\
from seeder import seed_sync

seed_sync("postgresql://localhost/shop", strictnes="lenient")
seed_sync(3)
seed_sync("postgresql://localhost/shop", dry_run="yes")
"""


@pytest.mark.slow
def test_mypy_is_content_with_a_program_that_uses_it_and_finds_the_mistakes_of_another(
    tmp_path: Path,
) -> None:
    pytest.importorskip("mypy")
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "mistakes.py").write_text(MISTAKES)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", "cache", "--config-file", "/dev/null",
         "program.py", "mistakes.py"],
        cwd=tmp_path,
        env={"MYPYPATH": str(ROOT), "PATH": ""},
        check=False,
        capture_output=True,
        text=True,
    )  # fmt: skip
    found = [line.partition(": error: ")[0] for line in done.stdout.splitlines() if ": error: " in line]
    assert found == [f"mistakes.py:{number}" for number in (3, 4, 5)], done.stdout + done.stderr


def test_importing_it_imports_nothing_that_it_does_not_need() -> None:
    code = (
        "import sys; import seeder; from seeder import Report, StrictnessExceeded; "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split()
    assert "seeder" in loaded
    unwanted = {
        "fastapi",
        "starlette",
        "asyncio",
        "asyncpg",
        "psycopg",
        "sqlalchemy",
        "greenlet",
        "yaml",
        "tenacity",
    }
    assert not unwanted & set(loaded)


def test_every_name_is_there() -> None:
    for name in seeder.__all__:
        assert getattr(seeder, name) is not None
    assert set(seeder.__all__) <= set(dir(seeder))
    with pytest.raises(AttributeError, match="no attribute 'sead'"):
        _ = seeder.sead


def test_every_option_of_a_run_is_a_keyword() -> None:
    ours = {"database_url", "log_format", "log_level", "log_file", "termination_log"}
    ours |= {option.name for option in OPTIONS if not option.has_flag}
    assert RunOptions.__annotations__.keys() == {option.name for option in OPTIONS} - ours | {"only"}


def test_the_types_are_shipped() -> None:
    assert (ROOT / "seeder" / "py.typed").exists()

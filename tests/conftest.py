"""What holds for all tests.

`pytest --promises` runs of tests/unit what is not marked as slow, and besides only what tests/promises.txt lists, each
promise once, with fewer examples by hypothesis. These are the same each time, unless the long form was asked for: what
CI finds is a change of ours, and never chance.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests.faults.figures import LONG
from tests.promises import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent

hypothesis.settings.register_profile("repeatable", derandomize=not LONG)
hypothesis.settings.register_profile("promises", derandomize=not LONG, max_examples=25)


@pytest.fixture(autouse=True)
def structlog_as_it_is_imported() -> Iterator[None]:
    """An application's configuration of structlog, which `capture_logs` makes too, is gone after the test."""
    yield
    if "structlog" in sys.modules:
        sys.modules["structlog"].reset_defaults()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--promises", action="store_true", help="run the unit tests and the tests in promises.txt"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: a unit test that takes seconds; `make test-all` runs it")
    hypothesis.settings.load_profile("promises" if config.getoption("promises") else "repeatable")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With --promises, do not even import the files of which nothing is wanted."""
    if not config.getoption("promises") or not collection_path.name.startswith("test_"):
        return None
    name = collection_path.relative_to(HERE.parent).as_posix()
    wanted = name.startswith("tests/unit/") or any(each.startswith(f"{name}::") for each in listed())
    return None if wanted else True


# Last, so that pytest-xdist's workers and `-k` see the same order as ever.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("promises"):
        return
    wanted = listed()
    chosen, others, seen = [], [], set()
    for item in items:
        function = item.nodeid.partition("[")[0]
        if (function.startswith("tests/unit/") and item.get_closest_marker("slow") is None) or (
            function in wanted and (wanted[function] or function not in seen)
        ):
            chosen.append(item)
        else:
            others.append(item)
        seen.add(function)
    if missing := wanted.keys() - seen:
        raise pytest.UsageError(f"promises.txt lists tests that do not exist: {', '.join(sorted(missing))}")
    items[:] = chosen
    config.hook.pytest_deselected(items=others)

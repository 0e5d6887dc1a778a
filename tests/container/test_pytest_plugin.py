"""The pytest plugin on a server from testcontainers, as docs/testing.md has it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

pytest_plugins = ["pytester"]

GUIDE = Path(__file__).parents[2] / "docs" / "testing.md"


def test_testcontainers_brings_the_server(
    pytester: pytest.Pytester, postgres_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        # This run may itself be one of pytest-xdist's.
        if name.startswith("PYTEST_XDIST") or name in {"PYTEST_ADDOPTS", "SEEDER_TEST_DATABASE_URL"}:
            monkeypatch.delenv(name)
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    [recipe] = [block for block in blocks if "PostgresContainer" in block]
    pytester.makeconftest("import pytest\n" + recipe.replace("postgres:18", postgres_image))
    pytester.makepyfile(
        """
        import pytest
        from sqlalchemy import text

        @pytest.mark.parametrize("time", [1, 2])
        def test_it(seeded_session, time):
            assert seeded_session.scalar(text("SELECT count(*) FROM tools")) > 0
            seeded_session.execute(text("DELETE FROM tools"))
            seeded_session.commit()
        """
    )
    result = pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2)

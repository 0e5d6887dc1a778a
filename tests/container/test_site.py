"""The site of the documentation: no link leads nowhere, and nothing is fetched from elsewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SITE = ROOT / "build" / "site"


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    done = subprocess.run(["make", "docs"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr
    return {str(page.relative_to(SITE)): page.read_text() for page in SITE.rglob("*.html")}


def test_every_page_is_there(pages: dict[str, str]) -> None:
    written = {
        str(page.relative_to(ROOT / "docs").with_suffix(".html")).replace("README", "index")
        for page in (ROOT / "docs").rglob("*.md")
    }
    assert written == pages.keys() - {"404.html"}


def test_every_script_style_and_font_is_its_own(pages: dict[str, str]) -> None:
    fetched = re.compile(r'<(?:script|img|source)\b[^>]*\bsrc="?([^" >]+)|<link\b[^>]*\bhref="?([^" >]+)')
    for name, page in pages.items():
        for found in fetched.finditer(page):
            target = (found[1] or found[2]).partition("?")[0]
            assert "//" not in target, (name, target)
    assert (SITE / "assets" / "mermaid.js").stat().st_size > 1 << 20
    assert 'class="mermaid"' in pages["architecture.html"]
    assert "url(http" not in "".join(each.read_text() for each in SITE.rglob("*.css"))


def test_it_can_be_searched(pages: dict[str, str]) -> None:
    assert "existing_rows" in (SITE / "search" / "search_index.json").read_text()
    assert 'data-md-component="search"' in pages["index.html"]


def test_links_to_what_is_no_page_are_names(pages: dict[str, str]) -> None:
    assert "k8s/examples/deployment; more in" in pages["tutorial.html"]
    assert 'href="../' not in pages["kubernetes.html"]

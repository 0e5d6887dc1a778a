"""The page of a run, looked at in a browser: Chromium without a window."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.integration.commandline import ROOT

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database

pytestmark = pytest.mark.newest_server

SCREENSHOTS: Final = ROOT / "build" / "screenshots"
PHONE: Final = 390
HOSTILE: Final = (
    "</style><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
)

# A page around the one that is looked at, which measures it. Scripts of that one would run here too.
_AROUND = """<!doctype html><iframe src="{page}" style="width: {width}px; height: 2000px; border: 0"></iframe>
<pre></pre><script>addEventListener("load", () => {{
  const page = document.querySelector("iframe").contentDocument
  document.querySelector("pre").textContent = JSON.stringify({{
    title: page.title,
    width: page.documentElement.scrollWidth,
    paper: getComputedStyle(page.body).backgroundColor,
    foreign: page.querySelectorAll("script, img, link, iframe").length,
    bars: page.querySelectorAll("svg rect").length,
    text: page.body.innerText,
  }})
}})</script>"""


@dataclass(frozen=True)
class Browser:
    """Chromium, with a profile of its own."""

    program: str
    folder: Path

    def __call__(self, page: Path, *arguments: str) -> str:
        command = [
            self.program,
            "--headless",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
        ]
        # As root it has no sandbox; the page is ours.
        command += ["--no-sandbox", f"--user-data-dir={self.folder / 'profile'}", *arguments, page.as_uri()]
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.folder)}
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=120, check=True, env=environment
        )
        return done.stdout

    def measured(self, page: Path, *, dark: bool) -> dict[str, Any]:
        """What the page is like on a phone."""
        around = self.folder / "around.html"
        around.write_text(_AROUND.format(page=page.as_uri(), width=PHONE))
        # 0 is dark.
        scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
        shown = self(around, "--dump-dom", "--allow-file-access-from-files", scheme)
        found = re.search(r"<pre>(.+?)</pre>", shown, re.DOTALL)
        assert found is not None, shown
        measured: dict[str, Any] = json.loads(unescape(found[1]))
        return measured


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        reason = "no Chromium on this machine; Debian's package is `chromium`"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path / "browser"
    folder.mkdir()
    return Browser(program, folder)


def test_a_page_of_a_run_with_hostile_cells(
    browser: Browser, database: Database, seeder: CommandLine, seeds: SeedFolder, tmp_path: Path
) -> None:
    database.execute("CREATE TABLE notes (name text PRIMARY KEY, text text, config jsonb)")
    database.execute("CREATE TABLE words (name text PRIMARY KEY)")
    seeds.write("words.yaml", "rows: [{name: a, meaning: b}]\n")
    seeds.write(
        "a-name-that-is-as-long-as-a-name-may-be-for-somebody-to-read-it.yaml", "table: words\nrows: []\n"
    )
    rows: list[dict[str, Any]] = [
        {"name": "a", "text": f"one\n{HOSTILE}\nthree", "config": {HOSTILE: 1}},
        {"name": HOSTILE, "text": "x" * 300},
    ]
    seeds.write("notes.json", json.dumps({"key": ["name"], "rows": rows}))
    assert seeder("--notes", "--path", seeds).exit_code == 0
    rows[0] |= {"text": f"one\n{HOSTILE}!\nthree", "config": {HOSTILE: 2}}
    rows.append({"name": "new", "text": HOSTILE})
    seeds.write("notes.json", json.dumps({"key": ["name"], "rows": rows}))
    database.execute("UPDATE notes SET text = 'mine' WHERE name LIKE '<%'")

    page = tmp_path / "run.html"
    done = seeder("--all", "--path", seeds, "--dry-run", "--diff", "--report", page)
    assert done.exit_code == 1, str(done)
    light, dark = (browser.measured(page, dark=dark) for dark in (False, True))
    assert light["title"] == dark["title"] != "owned"
    assert light["title"].startswith("✗ seeder: 2 succeeded, 1 failed; 2 rows would change")
    assert light["foreign"] == 0
    assert light["width"] == dark["width"] == PHONE
    assert light["bars"] == 3
    assert (light["paper"], dark["paper"]) == ("rgb(255, 255, 255)", "rgb(17, 17, 19)")
    for text in ("words.yaml:1:18", 'no column "meaning"', HOSTILE, "1 to add, 1 to change", "Time"):
        assert text in light["text"]

    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for scheme, number in (("dark", 0), ("light", 1)):
        for device, width in (("phone", PHONE), ("desktop", 1200)):
            picture = SCREENSHOTS / f"{device}-{scheme}.png"
            picture.unlink(missing_ok=True)
            browser(
                page,
                f"--window-size={width},1800",
                f"--screenshot={picture}",
                f"--blink-settings=preferredColorScheme={number}",
            )
            assert picture.read_bytes().startswith(b"\x89PNG")

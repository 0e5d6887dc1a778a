"""Make the pictures of the documentation from real runs: docs/pictures/*.svg, and screenshots of a report.

`.venv/bin/python scripts/pictures.py`, in the environment of the tests. The screenshots need chromium.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from seeder.testing.embedded import Server  # noqa: E402
from tests.integration.terminal import on_terminal  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
COLUMNS = 92
TABLES = """\
CREATE TABLE models (name text PRIMARY KEY, context_window int NOT NULL, enabled boolean NOT NULL);
CREATE TABLE tools (name text PRIMARY KEY, prompt text, config jsonb, enabled boolean NOT NULL);
"""
MODELS = """\
key: [name]
rows:
  - {name: small, context_window: 16000, enabled: true}
  - {name: large, context_window: 128000, enabled: true}
"""
TOOLS = """\
key: [name]
rows:
  - name: web_search
    prompt: |
      You search the web.
      Answer in one paragraph.
    config: {timeout_seconds: 10, region: eu}
    enabled: true
  - name: calculator
    prompt: You calculate.
    config: {}
    enabled: true
"""
EDIT = "UPDATE models SET enabled = false WHERE name = 'large'"
LATER_TOOLS = TOOLS.replace(
    "Answer in one paragraph.", "Answer in one paragraph.\n      Name your sources."
).replace("timeout_seconds: 10", "timeout_seconds: 20")
WRONG = """\
key: [name]
rows:
  - {name: web_search, prompt: Search., enabled: true}
  - {name: calculator, enabeld: true}
"""


class Session:
    """A shell session on a terminal: what was typed, and what came of it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.text = ""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.environment = {"PATH": path, "HOME": str(folder), "TERM": "xterm-256color", "DATABASE_URL": url}
        self.environment |= {"COLORTERM": "truecolor", "SEED_PATH": "seeds", "LANG": "C.UTF-8"}

    def type(self, command: str) -> None:
        done = on_terminal(command.split(), folder=self.folder, environment=self.environment, columns=COLUMNS)
        # What the view has drawn over with the next line is not seen on a picture.
        shown = "\n".join(re.split(r"\r|\x1b\[1A\x1b\[2K", line)[-1] for line in done.text.split("\n"))
        self.text += f"\x1b[1;32m$\x1b[0m \x1b[1m{command}\x1b[0m\n{as_of_a_shop(shown)}\n"

    def picture(self, name: str, title: str) -> None:
        console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"), force_terminal=True)  # noqa: PTH123, SIM115
        console.print(Text.from_ansi(self.text.rstrip()))
        svg = console.export_svg(title=title, theme=MONOKAI, unique_id=name)
        # The fonts that rich names are fetched from elsewhere. The reader's own will do.
        svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code", "monospace")
        (PICTURES / f"{name}.svg").write_text(svg)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path("/var/tmp") / f"seeder-pictures-{os.getpid()}")
        server.start()
        try:
            draw(Path(folder), server.url)
        finally:
            server.remove()


def draw(folder: Path, url: str) -> None:
    (folder / "seeds").mkdir()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLES)
        write(folder, models=MODELS, tools=TOOLS)
        run = Session(folder, url)
        run.type("seeder --all")
        run.type("seeder --all")
        run.picture("run", "a first run, and a second one that has nothing to do")

        connection.execute(EDIT)
        write(folder, models=MODELS.replace("128000", "200000"), tools=LATER_TOOLS)
        diff = Session(folder, url)
        diff.type("seeder --all --dry-run --diff")
        diff.picture("diff", "what new seeds would change")
        diff.type("seeder --all --diff --report run.html")
        page = folder / "run.html"
        page.write_text(as_of_a_shop(page.read_text()))
        screenshots(page)

        write(folder, tools=WRONG)
        mistake = Session(folder, url)
        mistake.type("seeder --all")
        mistake.picture("mistake", "a typing error")


def as_of_a_shop(text: str) -> str:
    """The text with a database as people have it: the server of the pictures is another each time."""
    return re.sub(r"into \S+ on(?:\s|\x1b\[[\d;]*m)*[^\s\x1b]+:\d+", "into shop on db:5432", text)


def write(folder: Path, **files: str) -> None:
    for name, content in files.items():
        (folder / "seeds" / f"{name}.yaml").write_text(content)


def screenshots(page: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        print("no chromium: the pictures of the report stay as they are")
        return
    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--force-device-scale-factor=1",
    ]
    subprocess.run(
        [
            chromium,
            *options,
            "--window-size=800,1000",
            f"--screenshot={PICTURES / 'report.png'}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
    )


if __name__ == "__main__":
    main()

"""What mkdocs does beside: links to files that are not pages become their names, and mermaid's script is bundled."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\[([^\]]*)\]\(([^)#\s]+)(#[^)]*)?\)")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    folder = (ROOT / "docs" / page.file.src_uri).parent

    def told(link: re.Match[str]) -> str:
        text, target = link[1], (folder / link[2]).resolve()
        if "://" in link[2] or target.is_relative_to(ROOT / "docs") or not target.is_relative_to(ROOT):
            return link[0]
        if not target.exists():
            # mkdocs says that it leads nowhere.
            return link[0]
        name = str(target.relative_to(ROOT))
        return text if name in text else f"{text} (`{name}` in the repository)"

    return LINK.sub(told, markdown)


def on_files(files: Any, *, config: Any) -> Any:
    script = ROOT / "build" / "mermaid.js"
    files.append(File.generated(config, "assets/mermaid.js", abs_src_path=str(script)))
    return files

"""The plot: horizontal bars as SVG, readable on light and on dark pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.results import Comparison

_WIDTH: Final = 860
_NAMES: Final = 190  # where the bars begin
_LONGEST: Final = 430
_LINE: Final = 24
_BAR: Final = 16
_STYLE: Final = """\
    .page { fill: #ffffff; } .text { fill: #1f2328; } .faint { fill: #59636e; }
    .client { fill: #0969da; } .server { fill: #9a6700; }
    @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117; } .text { fill: #f0f6fc; } .faint { fill: #9198a1; }
      .client { fill: #4493f8; } .server { fill: #d29922; }
    }
    text { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
    .title { font-weight: 600; }"""


def plot(comparisons: Sequence[Comparison]) -> str:
    """One group of bars for each comparison: CPU seconds of the client and of the server, end to end."""
    drawn: list[str] = []
    top = 20
    drawn += [
        _box(_NAMES, top, 12, "client"),
        _text(_NAMES + 18, top + 11, "CPU of the client", "text"),
        _box(_NAMES + 160, top, 12, "server"),
        _text(_NAMES + 178, top + 11, "CPU of the server", "text"),
    ]
    top += 36
    for comparison in comparisons:
        bars, top = _group(comparison, top)
        drawn += bars
    body = "\n".join(f"  {line}" for line in drawn)
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" width="{_WIDTH}" height="{top}" role="img">
  <title>CPU seconds of client and server, seeder beside other programs</title>
  <style>
{_STYLE}
  </style>
  <rect class="page" width="{_WIDTH}" height="{top}" rx="6"/>
{body}
</svg>
"""


def _group(comparison: Comparison, top: int) -> tuple[list[str], int]:
    """The bars of one comparison, to a scale of their own, and where the next group begins."""
    measured = {name: usage for name, usage in comparison.sides.items() if not isinstance(usage, str)}
    scale = _LONGEST / max(usage.cpu for usage in measured.values())
    drawn = [_text(20, top + 13, comparison.title, "text title")]
    top += _LINE
    for name, usage in measured.items():
        client, server = usage.client * scale, usage.server * scale
        ratio = f"{usage.cpu:.2f} s" if usage.cpu < 10 else f"{usage.cpu:.1f} s"
        if name != comparison.base:
            ratio += f" = {comparison.cpu_ratio(name):.2f} times {comparison.base}"
        drawn += [
            _text(_NAMES - 10, top + 13, name, "text", anchor="end"),
            _box(_NAMES, top, client, "client"),
            _box(_NAMES + client, top, server, "server"),
            _text(_NAMES + client + server + 8, top + 13, ratio, "faint"),
        ]
        top += _LINE
    return drawn, top + 14


def _box(left: float, top: float, width: float, kind: str) -> str:
    return f'<rect class="{kind}" x="{left:.1f}" y="{top}" width="{max(width, 0.5):.1f}" height="{_BAR}"/>'


def _text(left: float, base: float, text: str, kind: str, *, anchor: str = "start") -> str:
    where = f'x="{left:.1f}" y="{base}"' + (f' text-anchor="{anchor}"' if anchor != "start" else "")
    return f'<text class="{kind}" {where}>{escape(text)}</text>'

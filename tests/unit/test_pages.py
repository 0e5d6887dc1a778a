"""The report as a page and as Markdown: whatever names, messages and cells hold, they are text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeder import masking
from seeder.config.strictness import Strictness
from seeder.errors import DependencyError, Position, SeedFileError
from seeder.reporting import html, markdown
from seeder.reporting.difference import CellChange, Change, Difference, Kind
from seeder.reporting.output import printable
from seeder.reporting.report import Report, SeederResult
from seeder.run.verdict import conclude

TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "section", "article", "details"),
    *("h1", "h2", "p", "time", "code", "strong", "summary", "div"),
    *("table", "thead", "tbody", "tr", "th", "td", "svg", "g", "text", "rect"),
}
HOSTILE = "</style><script>document.title='owned'</script><img src=x onerror=alert(1)> `` | @you #1 \u202e"


def report(text: str, *, diff: bool = True, **more: Any) -> Report:
    """A run whose every name, message and cell is `text`."""
    cell = CellChange(text, f"{text}\n{text}!")
    found = Difference(text, text)
    for kind in Kind:
        assert list(found.add([Change(kind, {text: text}, {text: cell})]))
    error = SeedFileError(text, position=Position(text, 3, 4), table=text, key={text: text})
    results = [
        SeederResult(name=text, outcome="failed", error=error, duration_seconds=0.2),
        SeederResult(name="b", outcome="skipped", error=DependencyError(text)),
        SeederResult(name="c", outcome="superseded", reason=text),
        SeederResult(name="d", outcome="succeeded", conflicts=1, kept=1, difference=found if diff else None),
    ]
    return conclude(
        results,
        strictness=Strictness.parse("strict"),
        started_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        duration_seconds=1.5,
        diff=diff,
        **more,
    )


class Read(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(page.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def check_page(text: str) -> None:
    page = Read(html.html(report(text)))
    assert page.tags <= TAGS
    assert not {each for each in page.attributes if each.startswith("on") or each in {"src", "href", "style"}}
    assert printable(text) in page.text


@given(st.text())
def test_a_page_has_no_elements_but_our_own(text: str) -> None:
    masking.forget_secrets()
    check_page(text)


def test_a_hostile_cell_is_text_on_a_page() -> None:
    check_page(HOSTILE)
    page = html.html(report(HOSTILE)).decode()
    assert "default-src 'none'" in page
    assert page.count("</style>") == 1
    assert "<script" not in page
    assert "\u202e" not in page


def check_markdown(text: str) -> None:
    lines = markdown.markdown(report(text)).decode().splitlines()
    assert all(line.isprintable() for line in lines)
    # Outside of code there is nothing but what is ours.
    rest, fence = [], None
    for line in lines:
        if fence is not None:
            fence = None if line == fence else fence
        elif found := re.fullmatch("(`{3,})diff", line):
            fence = found[1]
        else:
            rest.append(re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "code", line))
    assert fence is None
    marks = [line for line in rest if re.search(r"[@#<>\[\]!]|https?:", line)]
    assert [re.sub(r"<code>.*</code>", "code", line) for line in marks] == [
        next(line for line in rest if line.startswith("## ")),
        "### Failures",
        next(line for line in rest if "<br>" in line),
        "### Seeders",
        "### Changes",
        next(re.sub(r"<code>.*</code>", "code", line) for line in rest if line.startswith("<details>")),
        "</details>",
    ]


@given(st.text(alphabet=st.sampled_from("`|<>@#[]!\\\n a\u202e"), min_size=1))
def test_markdown_of_anything_is_in_code(text: str) -> None:
    masking.forget_secrets()
    check_markdown(text)


def test_a_hostile_cell_is_code_in_markdown() -> None:
    check_markdown(HOSTILE)


@pytest.mark.parametrize("form", [html.html, markdown.markdown])
def test_cells_and_secrets(form: Any) -> None:
    """Cells come only with --diff, secrets never."""
    masking.forget_secrets()
    masking.add_secret("hunter22")
    cell = {"text": CellChange("as it was", "hunter22 is it")}
    found = Difference("a", "a")
    assert list(found.add([Change(Kind.CHANGED, {"name": "x"}, cell)]))
    result = SeederResult(name="a", outcome="succeeded", difference=found, updated=1)
    whole: dict[str, Any] = {
        "strictness": Strictness.parse("strict"),
        "started_at": datetime.now(UTC),
        "duration_seconds": 1.0,
    }
    shown = form(conclude([result], diff=True, **whole)).decode()
    assert "as it was → *** is it" in shown
    assert "hunter22" not in shown
    assert "as it was" not in form(conclude([result], **whole)).decode()
    masking.forget_secrets()


def test_a_large_difference_is_cut() -> None:
    found = Difference("a", "a")
    rows = [Change(Kind.ADDED, {"n": str(n)}, {"text": CellChange(None, "x" * 90)}) for n in range(3000)]
    assert len(list(found.add(rows))) == 3000
    results = [
        SeederResult(name=f"t{n}", outcome="succeeded", inserted=n % 2, difference=found) for n in range(300)
    ]
    large = conclude(
        results,
        strictness=Strictness.parse("strict"),
        started_at=datetime.now(UTC),
        duration_seconds=1.0,
        diff=True,
    )
    text = markdown.markdown(large).decode()
    assert len(text) < 65_536
    assert "… and 200 more" in text
    page = html.html(large).decode()
    assert "… and 2,500 more" in page
    assert "… and 3,000 more" in page
    assert len(page) < 3_000_000
    assert "The 30 that took longest, of 300." in page

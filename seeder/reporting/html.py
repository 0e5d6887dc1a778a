"""The report as one page that needs nothing else, for a browser: no script, no font, no address.

Cells are on it only with `--diff`. Nothing of what it shows is taken for HTML, whatever it holds: see `markup`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from importlib import resources
from typing import Final

from seeder.errors import SeederError
from seeder.masking import redact_own
from seeder.reporting import diff, wording
from seeder.reporting.difference import Change, Difference, Kind
from seeder.reporting.markup import Markup, element, together
from seeder.reporting.report import Report, SeederResult
from seeder.reporting.screen import duration
from seeder.reporting.view import place

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_CLASSES: Final = {"+": "add", "-": "remove", "~": "change", "=": "keep", "!": "conflict"}
_MARKS: Final = {"✓": "good", "!": "doubtful", "✗": "bad"}

_MOST_ROWS: Final = 2_000
"""Rows of all tables together."""

_MOST_OPEN: Final = 50
"""Rows of a table that is unfolded."""

_MOST_BARS: Final = 30


def html(report: Report) -> bytes:
    """The page: verdict, failures, seeders, timing, conflicts, and what changes."""
    title = f"{wording.mark(report)} seeder: {wording.verdict(report)}"
    head = element(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        element("title", title),
        element(
            "style", Markup(resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8"))
        ),
    )
    main = element("main", *_parts(report))
    page = together(Markup("<!doctype html>\n"), element("html", head, element("body", main), lang="en"))
    return f"{page}\n".encode()


def _parts(report: Report) -> Iterator[Markup]:
    yield _header(report)
    failures = wording.failures(report)
    if failures:
        yield _section("Failures", *(_failure(*each) for each in failures))
    if report.seeders:
        yield _section("Seeders", _seeders(report))
        yield _section("Time", *_times(report))
    if report.conflicts or report.kept_existing:
        yield _section("Conflicts and kept rows", *_kept(report))
    if report.diff:
        tables, left = [], _MOST_ROWS
        for each in report.differences:
            tables.append(_difference(each, most=left, foretold=report.foretold))
            left -= min(left, len(each.changes))
        yield _section("Changes", element("p", wording.changes(report)), *tables)


def _header(report: Report) -> Markup:
    kind = "check" if report.check else "dry run" if report.dry_run else "run"
    mark, reason = wording.mark(report), wording.reason(report)
    began = report.started_at.astimezone(UTC)
    return element(
        "header",
        element("h1", f"{mark} {wording.verdict(report)}"),
        element("p", reason) if reason is not None else None,
        element(
            "p",
            f"{kind} {report.run_id} of seeder {report.version}, ",
            element("time", f"{began:%Y-%m-%d %H:%M:%S} UTC", datetime=began.isoformat()),
            class_="faint",
        ),
        element("p", f"into {place(report.address)}", class_="faint") if report.address is not None else None,
        class_=_MARKS[mark],
    )


def _section(title: str, *content: Markup) -> Markup:
    return element("section", element("h2", title), *content)


def _failure(result: SeederResult, error: SeederError) -> Markup:
    where = element("p", element("code", str(error.position))) if error.position else None
    message = element("p", redact_own(error.message), class_="failed")
    return element("article", where, message, element("p", wording.facts(result, error), class_="faint"))


def _seeders(report: Report) -> Markup:
    heads = element("tr", *(element("th", each, scope="col") for each in ("seeder", "rows", "time")))
    rows = (
        element(
            "tr",
            element("td", result.name),
            element("td", wording.rows(result, foretold=report.foretold), class_=result.outcome),
            element("td", duration(result.duration_seconds)),
        )
        for result in report.seeders
    )
    return element("table", element("thead", heads), element("tbody", *rows))


def _times(report: Report) -> Iterator[Markup]:
    """A bar for each of the seeders that took longest, drawn to one scale."""
    slowest = sorted(report.seeders, key=lambda result: -result.duration_seconds)[:_MOST_BARS]
    most = slowest[0].duration_seconds or 1.0
    bars = []
    for number, result in enumerate(slowest):
        top, width = number * 24, max(1.0, 190 * result.duration_seconds / most)
        name = result.name if len(result.name) <= 18 else f"{result.name[:17]}…"
        seconds = duration(result.duration_seconds)
        bars.append(
            element(
                "g",
                element("title", f"{result.name}: {seconds}"),
                element("text", name, x=0, y=top + 16),
                element("rect", x=130, y=top + 4, width=f"{width:.1f}", height=16, rx=3),
                element("text", seconds, x=f"{136 + width:.1f}", y=top + 16),
                class_=result.outcome,
            )
        )
    yield element(
        "svg",
        *bars,
        view_box=f"0 0 400 {24 * len(slowest)}",
        role="img",
        aria_label="How long each seeder took",
    )
    if len(report.seeders) > len(slowest):
        yield element("p", f"The {_MOST_BARS} that took longest, of {len(report.seeders):,}.", class_="faint")


def _kept(report: Report) -> Iterator[Markup]:
    for result in report.seeders:
        said = []
        if result.conflicts:
            said.append(f"rows in conflict: {result.conflicts:,}")
        if result.kept_existing:
            said.append(f"rows kept as they were: {result.kept_existing:,}")
        if said:
            yield element("p", element("strong", result.name), f": {', '.join(said)}")
        if result.difference is not None:
            shown = [each for each in result.difference.changes if each.kind is Kind.CONFLICT]
            if shown:
                yield _rows(shown[:_MOST_OPEN])
    yield element(
        "p", "All of them, with their values: ", element("code", "seeder conflicts"), class_="faint"
    )


def _difference(difference: Difference, *, most: int, foretold: bool) -> Markup:
    shown = difference.changes[:most]
    said, *columns = diff.by_column(difference, foretold=foretold)
    more = difference.counts.total() - len(shown)
    return element(
        "details",
        element("summary", f"{diff.heading(difference)}: {said}"),
        *(
            element("p", each, class_="faint")
            for each in columns
            if more or difference.counts.total() > _MOST_OPEN
        ),
        _rows(shown),
        element("p", f"… and {more:,} more", class_="faint") if more else None,
        open="" if difference.counts.total() <= _MOST_OPEN else None,
    )


def _rows(changes: list[Change]) -> Markup:
    lines = (
        element("div", f"{line.sign} {line.text}", class_=f"d{line.depth} {_CLASSES.get(line.sign, 'same')}")
        for row in diff.rows(changes)
        for line in row
    )
    return element("div", *lines, class_="rows")

"""What people see of a run: on a terminal, and where a pipe is read by people."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeder import __version__, masking
from seeder.config.settings import Settings
from seeder.config.strictness import Strictness
from seeder.errors import ExitCode, Position, SeederError, SeedFileError, SeedingError
from seeder.reporting import html, logs, markdown, summary, wording
from seeder.reporting.counts import Counts
from seeder.reporting.description import describe
from seeder.reporting.difference import CellChange, Change, Difference, Kind
from seeder.reporting.output import Output, columns
from seeder.reporting.quote import quoted
from seeder.reporting.report import Report, SeederResult
from seeder.reporting.screen import Line, RichScreen, Screen, Span, Watched, progress_line, screen, wrapped
from seeder.reporting.view import View, place
from seeder.run.verdict import conclude

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WIDTH = 60


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _own_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    masking.forget_secrets()
    monkeypatch.setattr(logs, "_process_log", None)
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    yield
    masking.forget_secrets()


def finish(name: str, outcome: str = "succeeded", error: SeederError | None = None, **counts: int) -> None:
    log = logs.get_logger()
    about = {} if error is None else describe(error)
    counted = Counts(**counts).counts()
    log.info("seeder.finished", seeder=name, outcome=outcome, **counted, duration_seconds=0.25, **about)


def run_on(stream: io.StringIO, **settings: Any) -> None:
    """A run with something of everything."""
    logs.configure(Settings(**settings), stream=stream)
    log = logs.get_logger()
    log.info("run.started", seeders=4, path=["seeds"], address=ADDRESS, dry_run=False, check=False)
    log.info("seeder.started", seeder="tools", file="tools.yaml", table="public.tools")
    log.warning(
        "seeder.conflict", seeder="tools", table="public.tools", key={"name": "web"}, columns=["description"]
    )
    log.info("seeder.kept", seeder="tools", table="public.tools", key={"name": None}, reason="it was there")
    finish("tools", inserted=3, updated=1200, unchanged=7, kept=2, conflicts=1)
    finish("schemas")
    finish("models", "failed", SeedFileError("no such column", position=Position("models.yaml", 4, 2)))
    finish("prices", "skipped", SeedingError('"models", which it depends on, failed'))


ADDRESS = "host=db port=5432 dbname=shop user=app"
SEEN = """\
seeder {version}: 4 seeders from seeds, into shop on db:5432
✓ tools              0.25 s  3 inserted, 1,200 updated, 2 kept (1 conflict), 7 unchanged
  ! conflict name=web: description
  = kept name=NULL: it was there
✓ schemas            0.25 s  no rows
✗ models             0.25 s  failed
- prices             0.25 s  skipped: "models", which it depends on, failed
"""


def plain(text: str) -> str:
    """Without what moves the cursor and changes colours."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", text)


def test_a_line_a_seeder_and_below_it_what_was_left_as_it_was() -> None:
    stream = io.StringIO()
    run_on(stream, log_format="console")
    assert stream.getvalue() == SEEN.format(version=__version__)


def test_a_terminal_gets_the_same_in_colour_and_in_its_width() -> None:
    stream = Terminal()
    run_on(stream)
    assert "\x1b[32m✓" in stream.getvalue()
    lines = plain(stream.getvalue()).splitlines()
    assert max(map(columns, lines)) <= WIDTH
    assert " ".join(plain(stream.getvalue()).split()) == " ".join(SEEN.format(version=__version__).split())


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_colour_if_nobody_wants_it(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    stream = Terminal()
    run_on(stream)
    assert "\x1b" not in stream.getvalue()


def test_without_rich_a_terminal_gets_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "rich"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rich", None)
    stream = Terminal()
    run_on(stream)
    assert "\x1b" not in stream.getvalue()
    assert "✓ tools" in stream.getvalue()


def test_an_attempt_that_was_rolled_back_leaves_no_notes() -> None:
    stream = io.StringIO()
    logs.configure(Settings(log_format="console"), stream=stream)
    log = logs.get_logger()
    for _ in range(2):
        log.warning("seeder.conflict", seeder="a", table="a", key={"name": "x"}, columns=["b"])
        log.warning("seeder.retrying", seeder="a", attempt=1, **describe(SeedingError("a deadlock")))
    log.warning("seeder.conflict", seeder="a", table="a", key={"name": "x"}, columns=["b"])
    finish("a")
    assert stream.getvalue().count("conflict name=x") == 1


def test_of_many_conflicts_a_few_are_shown_and_the_others_counted() -> None:
    stream = io.StringIO()
    logs.configure(Settings(log_format="console"), stream=stream)
    for number in range(1234):
        logs.get_logger().warning(
            "seeder.conflict", seeder="a", table="a", key={"n": str(number)}, columns=["b"]
        )
    finish("a")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 12
    assert lines[-1] == "  … and 1,224 more: see seeder conflicts"


def test_warnings_alone_say_whose_they_are() -> None:
    stream = io.StringIO()
    run_on(stream, log_format="console", log_level="warning")
    assert stream.getvalue() == ""
    view = logs.view()
    assert view is not None
    view.close()
    view.say_last("interrupted by a signal")
    assert stream.getvalue() == "! tools\n  ! conflict name=web: description\n✗ interrupted by a signal\n"


def test_what_is_waited_for_is_said_once() -> None:
    stream = io.StringIO()
    logs.configure(Settings(log_format="console"), stream=stream)
    log = logs.get_logger()
    for attempt in range(3):
        log.info("database.waiting", attempt=attempt, error="connection refused", next_try=0.5)
    log.info("database.ready", attempt=4, duration_seconds=1.5)
    assert stream.getvalue() == (
        "… waiting for the database: connection refused\n… the database is ready after 1.50 s\n"
    )


class Reading:
    phase = "reading"
    rows = 0


def test_the_bar_says_phase_rows_and_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    work = Reading()
    watched = Watched("prices", work, began=now)
    watched.line()
    now, work.rows = 102.0, 1_200_000
    assert watched.line().text == "  prices  reading · 1,200,000 rows · 600,000/s · 2.00 s"
    assert (
        progress_line("prices", "noting", 1_200_000, 2.0, 90.0).text
        == "  prices  writing the ledger · 1,200,000 rows · 2.00 s"
    )
    terminal = Terminal()
    shown = RichScreen(Output(terminal))
    shown.count(1, 4)
    shown.watch(watched)
    shown.write([Line.of("above")])
    shown.close()
    frames = plain(terminal.getvalue())
    assert " 1 of 4 seeders" in frames
    assert "prices  reading · 1,200,000 rows" in frames
    # The cursor is there while the bar moves too: a process that is killed could not bring it back.
    assert terminal.getvalue().rfind("\x1b[?25h") > terminal.getvalue().rfind("\x1b[?25l")


@given(
    st.lists(st.tuples(st.text(max_size=30), st.sampled_from(["", "red"])), max_size=6),
    st.integers(10, 80),
    st.integers(0, 8),
)
def test_lines_fit_and_lose_nothing(parts: list[tuple[str, str]], width: int, hang: int) -> None:
    line = Line(tuple(Span(*part) for part in parts), hang)
    lines = ["".join(span.text for span in spans) for spans in wrapped(line, width)]
    assert all(columns(each) <= width for each in lines)
    assert all(each.isprintable() for each in lines)
    assert "".join("".join(lines).split()) == "".join(line.text.split())


def ended(*results: SeederResult, **more: Any) -> Report:
    return conclude(
        results,
        strictness=Strictness.parse("strict"),
        started_at=datetime.now(UTC),
        duration_seconds=1.5,
        **more,
    )


def failed(error: SeederError) -> Report:
    return ended(SeederResult(name="models", outcome="failed", error=error, duration_seconds=0.1))


def on_terminal(report: Report) -> str:
    terminal = Terminal()
    summary.show(report, screen(terminal))
    text = plain(terminal.getvalue())
    assert all(columns(line) <= WIDTH for line in text.splitlines()), text
    return text


def in_pipe(report: Report) -> str:
    stream = io.StringIO()
    summary.show(report, screen(stream))
    return stream.getvalue()


def test_a_failure_in_full(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text("rows:\n\t- {name: x, titel: Präsident}\n", encoding="utf-8")
    error = SeedFileError('no column "titel"', position=Position(str(file), 2, 14), table="public.models")
    report = failed(error)
    text = on_terminal(report)
    assert text.replace("\n", "").startswith(f'{file}:2:14: no column "titel"')
    lines = text.splitlines()
    place = lines.index("   2 |     - {name: x, titel: Präsident}")
    assert lines[place + 1].index("^") == lines[place].index("titel")
    assert lines[place + 2] == "  seeder models, table public.models"
    # A pipe may lead anywhere: no cell's value goes there.
    assert "Präsident" not in in_pipe(report)
    assert f'{file}:2:14: no column "titel"' in in_pipe(report)


class TestQuote:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        return tmp_path / "a.yaml"

    def quote(self, file: Path, line: int | None, column: int | None = None, width: int = 60) -> list[str]:
        return [each.text for each in quoted(Position(str(file), line, column), width)]

    def test_no_such_file_line_or_column(self, file: Path) -> None:
        assert self.quote(file, 1) == []
        file.write_text("a: 1\n")
        assert self.quote(file, None) == self.quote(file, 2) == []
        assert self.quote(file, 1, 99) == self.quote(file, 1) == ["   1 | a: 1"]
        assert self.quote(file, 1, 5)[1] == "     |     ^"

    def test_a_long_line_is_cut_around_the_place(self, file: Path) -> None:
        file.write_text("x" * 500 + "HERE" + "y" * 500)
        quote, mark = self.quote(file, 1, 501)
        assert max(len(quote), len(mark)) <= 60
        assert quote[mark.index("^") :].startswith("HERE")

    def test_wide_characters(self, file: Path) -> None:
        file.write_text("名前: 値\n", encoding="utf-8")
        quote, mark = self.quote(file, 1, 5)
        assert quote == "   1 | 名前: 値"
        assert columns(mark) - 1 == columns("   1 | 名前: ")

    def test_what_a_terminal_would_obey_is_escaped(self, file: Path) -> None:
        file.write_text("a: \x1b[31m\u202e\n", encoding="utf-8")
        assert self.quote(file, 1, 4)[0] == r"   1 | a: \x1b[31m\u202e"

    def test_a_secret_is_masked_and_the_mark_never_shows_where_it_ends(self, file: Path) -> None:
        masking.add_secret("hunter22")
        file.write_text("password: hunter22, b: 1\n")
        assert self.quote(file, 1, 21) == ["   1 | password: ***, b: 1", "     |                ^"]
        assert self.quote(file, 1, 14) == ["   1 | password: ***, b: 1"]

    def test_a_compressed_file(self, tmp_path: Path) -> None:
        import gzip

        file = tmp_path / "a.csv.gz"
        file.write_bytes(gzip.compress(b"a,b\n1,2\n"))
        assert self.quote(file, 2, 3) == ["   2 | 1,2", "     |   ^"]


def difference(*changes: Change) -> Difference:
    found = Difference("tools", "public.tools")
    assert list(found.add(changes)) == list(changes)
    return found


def row(number: int, kind: Kind = Kind.CHANGED, **cells: tuple[str | None, str | None]) -> Change:
    return Change(kind, {"name": f"n{number}"}, {name: CellChange(*pair) for name, pair in cells.items()})


def with_diff(found: Difference, **more: Any) -> Report:
    result = SeederResult(name="tools", outcome="succeeded", difference=found, table=found.table)
    return ended(result, diff=True, **more)


def test_a_difference_has_a_block_a_row_and_a_last_line() -> None:
    found = difference(
        row(1, Kind.ADDED, title=(None, "One")),
        row(2, title=("a", "b")),
        row(2, Kind.KEPT, note=("mine", "theirs")),
        row(3, Kind.CONFLICT, title=("x", "y")),
        row(4, Kind.RETIRED),
        row(5, Kind.KEPT),
    )
    assert on_terminal(with_diff(found, dry_run=True)) == (
        "\n"
        "tools (public.tools)\n"
        "  + name=n1  (added)\n"
        "        title  One\n"
        "  ~ name=n2  (changed, kept)\n"
        "      ~ title  a → b\n"
        "      = note   mine  (the seed file says theirs)\n"
        "  ! name=n3  (conflict)\n"
        "      ! title  x  (the seed file says y)\n"
        "  - name=n4  (deleted)\n"
        "  = name=n5  (stays deleted)\n"
        "\n"
        "✓ 1 succeeded; 0 rows would change in 1.50 s\n"
        "1 to add, 1 to change, 1 to delete, 2 kept, 1 conflict\n"
    )
    assert in_pipe(with_diff(found)).endswith("1 added, 1 changed, 1 deleted, 2 kept, 1 conflict\n")
    assert in_pipe(ended(diff=True)).endswith("\nnothing changed\n")
    assert in_pipe(ended(diff=True, dry_run=True)).endswith("\nnothing to change\n")


def test_what_is_retired_and_stays_has_a_word_of_its_own() -> None:
    found = difference(row(1, Kind.RETIRED, enabled=("true", "false")))
    text = on_terminal(with_diff(found, check=True))
    assert "  - name=n1  (retired)\n" in text
    assert text.endswith("\n1 to retire\n")


def test_what_failed_seeders_would_change_is_not_known() -> None:
    broken = SeederResult(name="models", outcome="failed", error=SeedingError("no"))
    unknown = "what failed seeders would change is not known"
    assert in_pipe(ended(broken, diff=True, dry_run=True)).endswith(f"\n{unknown}\n")
    tools = SeederResult(name="tools", outcome="succeeded", difference=difference(row(1, Kind.ADDED)))
    report = ended(broken, tools, diff=True, check=True)
    assert in_pipe(report).endswith(f"\n1 to add; {unknown}\n")
    assert f"\n1 to add; {unknown}\n" in markdown.markdown(report).decode()
    assert in_pipe(replace(report, check=False)).endswith("\n1 added\n")


def test_a_failure_that_is_tolerated_is_no_success() -> None:
    broken = SeederResult(name="models", outcome="failed", error=SeedingError("no"))
    report = replace(ended(broken), exit_code=ExitCode.OK)
    assert "\n! 1 failed" in in_pipe(report)
    assert markdown.markdown(report).decode().startswith("## ⚠️ seeder: 1 failed")
    assert '<header class="doubtful"><h1>! 1 failed' in html.html(report).decode()


def test_what_is_kept_as_it_was() -> None:
    one = SeederResult(name="tools", outcome="succeeded", inserted=1, kept=1, kept_existing=1)
    assert "✓ 1 succeeded; 1 row changed in 1.50 s; 1 row kept as it was\n" in in_pipe(ended(one))
    two = replace(one, kept=3, kept_existing=2, conflicts=1)
    assert wording.rows(two, foretold=True) == "1 to insert, 3 kept (1 conflict, 2 as they were)"


def test_conflicts_name_the_next_step_if_it_was_no_dry_run() -> None:
    one = SeederResult(name="tools", outcome="succeeded", kept=1, conflicts=1)
    assert in_pipe(ended(one)).endswith("\nconflicts, with their values: seeder conflicts\n")
    assert "seeder conflicts" not in in_pipe(ended(one, dry_run=True))


def test_a_dry_run_does_not_speak_of_what_was_done() -> None:
    stream = io.StringIO()
    logs.configure(Settings(log_format="console"), stream=stream)
    log = logs.get_logger()
    log.info("run.started", seeders=1, path=["builtin"], dry_run=True, check=False)
    log.info("ledger.created", schema="seeder")
    log.info("table.created", seeder="tools", table="public.tools")
    log.info("seeder.resolved", seeder="tools", table="public.tools", take="seed", cells=2)
    log.warning("ledger.off", message="without a ledger nobody's edits can be told from seeds")
    finish("tools", inserted=3, updated=2, deleted=1, unchanged=4)
    assert stream.getvalue().splitlines() == [
        f"seeder {__version__}: 1 seeder from builtin, dry run",
        "+ ledger would be created in the schema seeder",
        "! without a ledger nobody's edits can be told from seeds",
        "✓ tools              0.25 s  3 to insert, 2 to update, 1 to delete, 4 unchanged",
        "  + table public.tools would be created",
        "  = 2 cells to resolve: the seed file's value would be taken",
    ]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (ADDRESS, "shop on db:5432"),
        ("host=/run/postgresql port=5432 dbname='a shop' user=app", "a shop on /run/postgresql:5432"),
        ("host=db dbname='it\\'s' user=app", "it's on db"),
        ("host=a,b port=1,2 dbname=shop user=app", "host=a,b port=1,2 dbname=shop user=app"),
        ("service=shop", "service=shop"),
    ],
)
def test_the_address_for_people(address: str, said: str) -> None:
    assert place(address) == said
    report = ended(address=address)
    assert f"into {said}" in unescape(html.html(report).decode())
    assert f"Into `{said}`" in markdown.markdown(report).decode()


def test_many_rows_are_summed_up_by_column() -> None:
    changes = [row(number, title=("a", "b"), note=("c", "d")) for number in range(50)]
    assert on_terminal(with_diff(difference(*changes))).count("(changed)") == 50
    found = difference(
        *changes, row(50, Kind.CONFLICT, title=("a", "b")), row(51, Kind.ADDED, title=(None, "b"))
    )
    text = on_terminal(with_diff(found, dry_run=True))
    assert "(changed)" not in text
    assert (
        "  1 to add, 50 to change, 1 conflict\n  to change: title 50, note 50\n  conflicts: title 1\n" in text
    )
    assert "--log-format console | less" in text


def test_a_difference_is_held_to_a_bound() -> None:
    found = difference(*(row(number, text=("x" * 10_000_000, "y")) for number in range(60)))
    assert sum(len(change.cells["text"].live or "") for change in found.changes) < 5_000_000
    assert found.counts[Kind.CHANGED] == 60
    assert found.left_out == 60 - len(found.changes)
    found.clear()
    assert found == Difference("tools", "public.tools")


def test_a_view_of_events_it_does_not_know_shows_them() -> None:
    stream = io.StringIO()
    view = View(Screen(Output(stream)))
    view({"event": "a.new_one", "level": "warning", "timestamp": "", "version": "1", "run_id": "r", "x": 1})
    assert stream.getvalue() == "! a.new_one x=1\n"


def test_a_run_that_did_nothing_says_why() -> None:
    report = replace(ended(), reason="seeding is switched off")
    assert in_pipe(report) == "\n✓ no seeder ran\n  exit code 0: seeding is switched off\n"

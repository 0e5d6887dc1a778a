"""Lines for people: wrapped and in colour on a terminal, as they are in a pipe or a file.

Colours and the progress bar are rich's, the extra `terminal`. Without it, with `TERM=dumb`, or where the output is no
terminal, lines are plain text, and rich is not imported.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Final, Protocol

from seeder.reporting.output import Output, columns, fitting, printable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live
    from rich.text import Text

_AFTER: Final = 1.0
"""Seconds after which a seeder is one that takes long."""

_PHASES: Final = {"noting": "writing the ledger"}
"""What phases are called here that people would not know by their name in the log."""

_MOST_SHOWN: Final = 4
"""Seeders below the bar, where several run at a time."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a line, in a style of rich's."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Spans side by side. What does not fit goes on below, `hang` columns from the edge."""

    spans: tuple[Span, ...] = ()
    hang: int = 0

    @classmethod
    def of(cls, *parts: str | tuple[str, str], hang: int = 0) -> Line:
        """A line of texts, some with a style."""
        return cls(tuple(Span(part) if isinstance(part, str) else Span(*part) for part in parts), hang)

    @property
    def text(self) -> str:
        """The text alone, with nothing in it that a terminal may obey."""
        return "".join(printable(span.text) for span in self.spans)


class Work(Protocol):
    """What a seeder is doing."""

    @property
    def phase(self) -> str | None:
        """One of a few words; None: no work has begun."""

    @property
    def rows(self) -> int:
        """Rows that were read so far."""


@dataclass
class Watched:
    """A seeder under way, and how fast its rows have come lately."""

    seeder: str
    work: Work
    began: float = field(default_factory=time.monotonic)
    _samples: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=10))

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return time.monotonic() - self.began

    def line(self) -> Line:
        """Phase, rows, rate and time, as they are now."""
        rows = self.work.rows
        self._samples.append((self.seconds, rows))
        return progress_line(self.seeder, self.work.phase, rows, self.seconds, self._rate())

    def _rate(self) -> float:
        (earlier, before), (now, rows) = self._samples[0], self._samples[-1]
        return (rows - before) / (now - earlier) if now > earlier else 0.0


def progress_line(seeder: str, phase: str | None, rows: int, seconds: float, rate: float) -> Line:
    """What a long seeder is doing."""
    parts = [_PHASES.get(phase, phase) if phase else "waiting"]
    if rows:
        parts.append(f"{rows:,} row" + ("s" if rows > 1 else ""))
    # While the ledger is written, no row is read.
    if rate > 0 and phase not in _PHASES:
        parts.append(f"{rate:,.0f}/s")
    return Line.of("  ", (seeder, "bold"), f"  {' · '.join([*parts, duration(seconds)])}", hang=4)


def duration(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


class Screen:
    """Where lines for people go: plain text."""

    moves = False
    """Whether it shows by itself what a seeder does."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self.is_terminal = output.isatty()

    @property
    def width(self) -> int | None:
        """Columns of the terminal; None: lines may have any length."""
        return max(20, shutil.get_terminal_size().columns) if self.is_terminal else None

    def write(self, lines: Iterable[Line]) -> None:
        """Write lines below what is there."""
        for line in lines:
            for spans in wrapped(line, self.width):
                self._write(spans)

    def _write(self, spans: Sequence[Span]) -> None:
        self.output.write("".join(span.text for span in spans) + "\n")

    def watch(self, watched: Watched) -> None:
        """Show what a seeder does while it does it."""

    def forget(self, watched: Watched) -> None:
        """The seeder has ended, for now."""

    def count(self, done: int, of: int) -> None:
        """So many seeders have ended."""

    def close(self) -> None:
        """Nothing moves any more."""


class RichScreen(Screen):
    """A terminal with styles, unless `NO_COLOR` is set, and a bar that moves."""

    moves = True

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        self._console = _console(output)
        self._watched: list[Watched] = []
        self._done = self._all = 0
        self._began = time.monotonic()
        self._live: Live | None = None

    def _write(self, spans: Sequence[Span]) -> None:
        # Above the bar, if there is one.
        self._console.print(_text(spans), soft_wrap=True)

    def watch(self, watched: Watched) -> None:
        """Have it below the bar, which is there from the first one on."""
        self._watched.append(watched)
        if self._live is None:
            from rich.live import Live

            self._live = Live(
                get_renderable=self._bar,
                console=self._console,
                refresh_per_second=5,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
            # A process that is ended at once could not bring it back.
            self._console.show_cursor(True)

    def forget(self, watched: Watched) -> None:
        """Take it away."""
        self._watched.remove(watched)

    def count(self, done: int, of: int) -> None:
        """So far the bar has come."""
        self._done, self._all = done, of

    def close(self) -> None:
        """Take the bar away."""
        live, self._live = self._live, None
        if live is not None:
            live.stop()

    def _bar(self) -> RenderableType:
        from rich.columns import Columns
        from rich.console import Group
        from rich.progress_bar import ProgressBar

        long = [each for each in list(self._watched) if each.seconds > _AFTER]
        lines: list[RenderableType] = [
            _text(spans) for each in long[:_MOST_SHOWN] for spans in wrapped(each.line(), self.width)
        ]
        if lines and self._all > 1:
            said = f" {self._done} of {self._all} seeders"
            wide = max(10, min(40, (self.width or 60) - len(said) - 2))
            lines.insert(0, Columns([ProgressBar(self._all, self._done, width=wide), said], padding=0))
        return Group(*lines)


def screen(stream: IO[str]) -> Screen:
    """The screen for a stream."""
    output = Output(stream)
    if output.isatty() and os.environ.get("TERM") != "dumb":
        with contextlib.suppress(ImportError):
            return RichScreen(output)
    return Screen(output)


def _text(spans: Sequence[Span]) -> Text:
    from rich.text import Text

    return Text.assemble(*((span.text, span.style) for span in spans))


def _console(output: Output) -> Console:
    from rich.console import Console

    file: Any = output
    return Console(
        color_system=None if os.environ.get("NO_COLOR") else "auto",
        file=file,
        force_terminal=True,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
    )


def wrapped(line: Line, width: int | None) -> Iterator[list[Span]]:
    """The line as lines that are `width` columns wide at most, broken at spaces if there are any."""
    spans = [Span(printable(span.text), span.style) for span in line.spans]
    if width is None or sum(columns(span.text) for span in spans) <= width:
        yield spans
        return
    hang = min(line.hang, width // 2)
    current: list[Span] = []
    used, is_empty = 0, True
    for span in spans:
        for piece in re.findall(r" *[^ ]+| +", span.text):
            word = piece
            if used + columns(word) > width and not is_empty:
                yield current
                current, used, is_empty = [Span(" " * hang)], hang, True
                word = word.lstrip(" ")
            while columns(word) > width - used:
                fits = max(1, fitting(word, width - used))
                yield [*current, Span(word[:fits], span.style)]
                current, used, word = [Span(" " * hang)], hang, word[fits:]
            if word:
                used += columns(word)
                is_empty = is_empty and not word.strip()
                if current and current[-1].style == span.style:
                    word = current.pop().text + word
                current.append(Span(word, span.style))
    if not is_empty:
        yield current

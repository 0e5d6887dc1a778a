"""An SQL script cut into its statements, as psql would cut it: the server is sent one at a time.

Of SQL this knows what quotes and what brackets, and nothing more. What psql itself would answer, its commands and
its variables, is refused, and so is whatever would end the transaction that the script runs in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn

from seeder.errors import Position, SeedFileError
from seeder.seed_files.text import position_of

_LETTER: Final = r"A-Za-z_\x80-\U0010ffff"
_BLANK: Final = r"[ \t\n\r\f\v]"
# A string goes on in the next line, under the rules of its first part, where nothing but a line's end is between.
_GOES_ON: Final = rf"[ \t\f\v]*(?:--[^\n\r]*)?[\n\r](?:{_BLANK}|--[^\n\r]*[\n\r])*"
_ESCAPED: Final = r"'[^'\\]*+(?:(?:''|\\.)[^'\\]*+)*+'"

_TOKEN: Final = re.compile(
    rf"""
    (?P<blank>{_BLANK}+ | --[^\n\r]*)
  | (?P<comment>/\*)
  | (?P<string>[eE]{_ESCAPED}(?:{_GOES_ON}{_ESCAPED})*+ | '[^']*+(?:''[^']*+)*+')
  | (?P<name>"[^"]*+(?:""[^"]*+)*+")
  | (?P<unclosed>[eE]?' | ")
  | (?P<dollar>\$(?:[{_LETTER}][{_LETTER}0-9]*)?\$)
  | (?P<word>[{_LETTER}][{_LETTER}0-9$]*)
  | (?P<number>[0-9]+)
  | (?P<cast>:[:=])
  | (?P<variable>:(?:[{_LETTER}0-9]+|'[^'\n]*'|"[^"\n]*"|\{{\?[^}}\n]*\}}))
  | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_MARK: Final = re.compile(r"/\*|\*/")
_END_OF_DATA: Final = re.compile(r"^\\\.\r?$", re.MULTILINE)
_REST_OF_LINE: Final = re.compile(r"[ \t\f\v\r]*(?:--[^\n]*)?(?:\n|\Z)")
# pg_dump writes these two around its output, so that nothing in it can make psql run a program.
_RESTRICTION: Final = re.compile(r"\\(?:un)?restrict\b[^\n]*")
_COMMAND: Final = re.compile(r"\\\S{0,20}")
_ENDS_A_VALUE: Final = re.compile(rf"[{_LETTER}0-9'\")\]$]")


@dataclass(frozen=True, slots=True)
class Statement:
    """A part of a script by its offsets: the statement without its semicolon, and the data of a COPY."""

    start: int
    end: int
    data: tuple[int, int] | None = None


@dataclass(frozen=True)
class Script:
    """An SQL script. `file` is what it is called before people."""

    text: str = field(repr=False)
    file: str

    def position(self, offset: int) -> Position:
        """The place of the character at `offset`."""
        return position_of(self.text, offset, self.file)

    def line_after(self, offset: int, number: int) -> Position:
        """Where a line stands, counted from 1 at the line that begins at `offset`."""
        return Position(self.file, self.text.count("\n", 0, offset) + number)

    def statements(self) -> Iterator[Statement]:
        """The statements in order. Raises `SeedFileError` at the first thing that can't be run."""
        offset = 0
        while offset < len(self.text):
            reader = _Reader(self, offset)
            statement = reader.statement()
            if statement is not None:
                yield statement
            offset = reader.offset


class _Reader:
    """Reads one statement from `offset` on, which moves behind what was read."""

    def __init__(self, script: Script, offset: int) -> None:
        self.script = script
        self.text = script.text
        self.offset = offset
        self._start: int | None = None
        self._words: list[str] = []
        self._previous = ""
        self._parentheses = 0
        self._brackets = 0
        self._blocks = 0
        self._copies_in = False

    def statement(self) -> Statement | None:
        while self.offset < len(self.text):
            found = _TOKEN.match(self.text, self.offset)
            assert found is not None  # noqa: S101 - the last alternative takes any character
            kind, piece, at = str(found.lastgroup), found[0], found.start()
            self.offset = found.end()
            if kind == "blank":
                continue
            if kind == "comment":
                self._skip_comment(at)
                continue
            if piece == ";" and not self._parentheses and not self._blocks:
                return self._finished(at)
            if self._start is None:
                if piece == "\\" and (restriction := _RESTRICTION.match(self.text, at)):
                    self.offset = restriction.end()
                    continue
                self._start = at
            self._take(kind, piece, at)
        return self._finished(len(self.text.rstrip(" \t\n\r\f\v")))

    def _take(self, kind: str, piece: str, at: int) -> None:
        match kind:
            case "word":
                self._take_word(piece.lower(), at)
                return
            case "dollar":
                end = self.text.find(piece, self.offset)
                if end < 0:
                    self._refuse(at, f"this {piece} has no second one that ends the string", piece)
                self.offset = end + len(piece)
            case "unclosed":
                what = "quoted name" if piece == '"' else "string"
                self._refuse(at, f"this {what} has no end")
            case "variable":
                self._take_variable(piece, at)
            case "mark":
                self._take_mark(piece, at)
        self._previous = ""

    def _take_word(self, word: str, at: int) -> None:
        if len(self._words) < 4:
            self._words.append(word)
        if not self._parentheses:
            if self._words[0] == "copy":
                if (self._previous, word) == ("to", "stdout"):
                    self._refuse(at, "COPY … TO STDOUT has nowhere to go in a seed file")
                self._copies_in = self._copies_in or (self._previous, word) == ("from", "stdin")
            if self._makes_routine:
                self._take_block_word(word)
        self._previous = word

    def _take_block_word(self, word: str) -> None:
        """Count the blocks of a routine's body in plain SQL, BEGIN ATOMIC … END, which has semicolons in it."""
        if word == "begin" or (word == "case" and self._blocks):
            self._blocks += 1
        elif word == "end" and self._blocks:
            self._blocks -= 1

    @property
    def _makes_routine(self) -> bool:
        words = self._words[1:]
        if words[:2] == ["or", "replace"]:
            words = words[2:]
        return self._words[0] == "create" and words[:1] in (["function"], ["procedure"])

    def _take_variable(self, piece: str, at: int) -> None:
        # a[lower:upper] and json_object('k':v) are SQL; psql too tells them from its variables by looking around.
        before = self.text[at - 1] if at else " "
        if self._brackets or _ENDS_A_VALUE.match(before):
            self.offset = at + 1
            return
        self._refuse(at, f"psql's variables, as {piece}, are not supported; write the value itself", piece)

    def _take_mark(self, piece: str, at: int) -> None:
        match piece:
            case "(":
                self._parentheses += 1
            case ")":
                self._parentheses = max(0, self._parentheses - 1)
            case "[":
                self._brackets += 1
            case "]":
                self._brackets = max(0, self._brackets - 1)
            case "\\":
                command = _COMMAND.match(self.text, at)
                said = command[0] if command else piece
                self._refuse(
                    at,
                    f"psql's commands, as {said}, are not supported; only SQL and the data of COPY are",
                    said,
                )

    def _skip_comment(self, at: int) -> None:
        depth = 1
        while depth:
            mark = _COMMENT_MARK.search(self.text, self.offset)
            if mark is None:
                self._refuse(at, "this comment has no end")
            depth += 1 if mark[0] == "/*" else -1
            self.offset = mark.end()

    def _finished(self, end: int) -> Statement | None:
        if self._start is None:
            return None
        self._check_transaction(self._start)
        return Statement(self._start, end, self._data(self._start) if self._copies_in else None)

    def _data(self, start: int) -> tuple[int, int]:
        rest = _REST_OF_LINE.match(self.text, self.offset)
        if rest is None:
            self._refuse(
                self.offset, "the data of a COPY begins in the next line; nothing may stand in between"
            )
        end = _END_OF_DATA.search(self.text, rest.end())
        if end is None:
            self._refuse(start, r"this COPY has no line \. that ends its data")
        self.offset = min(end.end() + 1, len(self.text))
        return rest.end(), end.start()

    def _check_transaction(self, start: int) -> None:
        match self._words:
            case ["rollback", "to", *_] | ["rollback", _, "to", *_]:
                return
            case ["begin" | "commit" | "end" | "abort" | "rollback", *_]:
                said = self._words[0]
            case ["start" | "prepare", "transaction", *_]:
                said = " ".join(self._words[:2])
            case ["set", *rest] if "standard_conforming_strings" in rest and self._words[-1] in {
                "off",
                "false",
            }:
                self._refuse(
                    start, "standard_conforming_strings must stay on; write backslashes in E'…' strings"
                )
            case _:
                return
        self._refuse(
            start,
            f"the script runs in one transaction, which it can neither begin nor end; take out {said.upper()}",
        )

    def _refuse(self, at: int, message: str, outside: str | None = None) -> NoReturn:
        raise SeedFileError(message, position=self.script.position(at), outside=outside)

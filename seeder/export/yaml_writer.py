"""A seed file in YAML, as a person would write it.

Numbers, booleans and dates stand without quotes, and so does a text that no reader of YAML takes for something else.
Texts of several lines are blocks. PyYAML emits what is written, one event after another, so that rows are not held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from yaml.emitter import Emitter
from yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from seeder.export.cells import Reference
from seeder.export.files import FileName
from seeder.export.ndjson_writer import as_json
from seeder.export.yaml_texts import style_of
from seeder.seed_files.values import Plain

_NO_WIDTH: Final = 1 << 30
_ONE_LINE: Final = 72
"""Lists and mappings up to this length in JSON stand in one line."""


class YamlWriter:
    """Writes one seed file to `write`: `fields`, then `rows`."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._emitter = _Emitter(_Stream(write))
        self._emit(StreamStartEvent())
        self._emit(DocumentStartEvent(explicit=False))
        self._emit(MappingStartEvent(None, None, implicit=True, flow_style=False))

    def fields(self, fields: Mapping[str, Any]) -> None:
        """Write fields of the seed file. Lists and mappings stand in one line."""
        for name, value in fields.items():
            self._text(name)
            self._value(value, in_line=True)

    def rows(self, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """Write the rows, whose cells are values, and return how many there are."""
        names = [ScalarEvent(None, None, (True, True), each, style=style_of(each)) for each in columns]
        self._text("rows")
        remaining = iter(rows)
        first = next(remaining, None)
        self._emit(SequenceStartEvent(None, None, implicit=True, flow_style=first is None))
        count = 0
        row = first
        while row is not None:
            self._emit(MappingStartEvent(None, None, implicit=True, flow_style=False))
            for name, value in zip(names, row, strict=True):
                self._emit(name)
                self._value(value)
            self._emit(MappingEndEvent())
            count += 1
            row = next(remaining, None)
        self._emit(SequenceEndEvent())
        return count

    def end(self) -> None:
        """Write what is left."""
        for event in (MappingEndEvent(), DocumentEndEvent(explicit=False), StreamEndEvent()):
            self._emit(event)

    def _value(self, value: Any, *, in_line: bool = False) -> None:
        """A value. `in_line`: it stands in a list or a mapping of one line."""
        if isinstance(value, Reference):
            self._reference(value)
        elif isinstance(value, FileName):
            self._emit(ScalarEvent(None, "!file", (False, False), str(value)))
        elif isinstance(value, Plain):
            self._emit(ScalarEvent(None, None, (True, True), str(value)))
        elif isinstance(value, str):
            self._text(value)
        elif isinstance(value, dict | list):
            self._collection(value, in_line=in_line or _fits(value))
        else:
            self._emit(ScalarEvent(None, None, (True, True), "null" if value is None else str(value).lower()))

    def _collection(self, value: dict[str, Any] | list[Any], *, in_line: bool) -> None:
        # Python's empty ones have no form but that of one line.
        flow = in_line or not value
        if isinstance(value, dict):
            self._emit(MappingStartEvent(None, None, implicit=True, flow_style=flow))
            for name, item in value.items():
                self._text(name)
                self._value(item, in_line=flow)
            self._emit(MappingEndEvent())
        else:
            self._emit(SequenceStartEvent(None, None, implicit=True, flow_style=flow))
            for item in value:
                self._value(item, in_line=flow)
            self._emit(SequenceEndEvent())

    def _reference(self, value: Reference) -> None:
        self._emit(MappingStartEvent(None, "!ref", implicit=False, flow_style=True))
        parts = {"table": value.table, "where": dict(value.where)}
        if value.column is not None:
            parts["column"] = value.column
        for name, part in parts.items():
            self._text(name)
            self._value(part, in_line=True)
        self._emit(MappingEndEvent())

    def _text(self, text: str) -> None:
        self._emit(ScalarEvent(None, None, (True, True), text, style=style_of(text)))

    def _emit(self, event: Event) -> None:
        self._emitter.emit(event)


def _fits(value: Any) -> bool:
    """Whether a list or a mapping is short enough for one line, and has no text of several lines."""
    shown = as_json(value)
    return len(shown) <= _ONE_LINE and "\\n" not in shown


class _Stream:
    """What PyYAML writes to."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self.write = write


class _Emitter(Emitter):
    """PyYAML's emitter, with the items of a list indented, and with blocks for all texts that blocks can hold."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream, width=_NO_WIDTH, allow_unicode=True)

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001
        super().increase_indent(flow, False)

    def choose_scalar_style(self) -> str:
        event: Any = self.event
        if event.tag is not None:
            # The name of a file, which is made of letters, digits and a few signs.
            return ""
        if event.style == "|" and not self.flow_level and not self.simple_key_context:
            return "|"
        chosen: str = super().choose_scalar_style()
        return chosen

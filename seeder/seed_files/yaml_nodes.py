"""YAML text to nodes, by libyaml if PyYAML has it. The rows are handed over one by one and never held together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import yaml
from yaml.events import AliasEvent, DocumentStartEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent
from yaml.reader import Reader

from seeder.errors import Position, SeedFileError
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.text import position_of

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_DEPTH: Final = 100
_MAX_EXPANDED: Final = 100_000
_MAX_GROWTH: Final = 10

_Parser: Any
try:
    from yaml._yaml import CParser as _Parser
except ImportError:  # PyYAML was built without libyaml: the same, slower.
    from yaml.parser import Parser
    from yaml.scanner import Scanner

    class _Parser(Reader, Scanner, Parser):  # type: ignore[no-redef] # one of the two exists
        def __init__(self, text: str) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)


@dataclass(slots=True, eq=False)
class Collection:
    """A sequence or a mapping."""

    is_mapping: bool
    tag: str | None
    start_mark: Any
    items: list[Node] = field(default_factory=list)
    """The items of a sequence. Of a mapping, the names and the values in turn."""
    size: int = 0
    """How many nodes it is with every alias written out; 0 as long as it is not complete."""
    height: int = 0
    """How deep it nests, with every alias written out."""


# The event of a scalar says all that there is to say of it.
Node: TypeAlias = "ScalarEvent | Collection"


def compose(text: str, file: str, take_row: Callable[[Node], None]) -> Node | None:
    """The root of the document in `text`, None if it is empty. Raises `SeedFileError`.

    If the root is a mapping, each item of its `rows` is given to `take_row`, and the list itself is left empty; only
    a list with an anchor is kept. An alias is the very node that its anchor names. The number of nodes with every
    alias written out is bounded, and so is how deep they nest, so that a walk over them ends.
    """
    try:
        return _Composer(text, file, take_row).root()
    except yaml.reader.ReaderError:
        found = Reader.NON_PRINTABLE.search(text)
        at = found.start() if found else 0
        raise SeedFileError(
            "a control character, which YAML does not allow", position=position_of(text, at, file)
        ) from None
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, file) from None


def position(node: Node, file: str) -> Position:
    """Where a node begins, its tag included."""
    mark: Any = node.start_mark
    return Position(file, mark.line + 1, mark.column + 1)


def line_of(node: Node) -> int:
    """The line in which a node begins, counted from 1."""
    mark: Any = node.start_mark
    line: int = mark.line + 1
    return line


class _Composer:
    def __init__(self, text: str, file: str, take_row: Callable[[Node], None]) -> None:
        self._next_event = _Parser(text).get_event
        self._file = file
        self._take_row = take_row
        self._anchors: dict[str, Node] = {}
        self._composed = 0

    def root(self) -> Node | None:
        self._next_event()
        if type(self._next_event()) is not DocumentStartEvent:
            return None
        event = self._next_event()
        root = self._mapping_with_rows(event) if type(event) is MappingStartEvent else self._node(event, 1)
        self._next_event()
        if type(following := self._next_event()) is DocumentStartEvent:
            raise self._error("a seed file holds one document, and here begins a second", following)
        return root

    def _mapping_with_rows(self, event: MappingStartEvent) -> Collection:
        root = self._begin(event)
        following = self._next_event()
        while type(following) in _STARTS:
            name, value = self._node(following, 2), self._next_event()
            root.items.append(name)
            if (
                type(value) is SequenceStartEvent
                and value.anchor is None
                and type(name) is ScalarEvent
                and name.value == "rows"
            ):
                root.items.append(self._rows(value))
            else:
                root.items.append(self._node(value, 2))
            following = self._next_event()
        self._finish(root)
        return root

    def _rows(self, event: SequenceStartEvent) -> Collection:
        rows = self._begin(event)
        size = 1
        following = self._next_event()
        while type(following) in _STARTS:
            row = self._node(following, 3)
            size += row.size if isinstance(row, Collection) else 1
            self._check_size(rows, size)
            self._take_row(row)
            following = self._next_event()
        rows.size = size
        return rows

    def _node(self, event: Any, depth: int) -> Node:
        """The node that begins with `event`. The root has depth 1."""
        if type(event) is ScalarEvent:
            self._composed += 1
            if event.anchor is not None:
                self._name(event.anchor, event, event)
            return event
        if type(event) is AliasEvent:
            return self._aliased(event)
        node = self._begin(event)
        next_event, add = self._next_event, node.items.append
        following = next_event()
        if depth == _MAX_DEPTH and type(following) in _STARTS:
            raise self._too_deep(node)
        while type(following) in _STARTS:
            add(self._node(following, depth + 1))
            following = next_event()
        self._finish(node)
        return node

    def _begin(self, event: Any) -> Collection:
        self._composed += 1
        node = Collection(type(event) is MappingStartEvent, event.tag, event.start_mark)
        if event.anchor is not None:
            self._name(event.anchor, node, event)
        return node

    def _finish(self, node: Collection) -> None:
        collections = [each for each in node.items if type(each) is Collection]
        size = 1 + len(node.items) - len(collections) + sum(each.size for each in collections)
        node.height = 1 + max((each.height for each in collections), default=0)
        if node.height > _MAX_DEPTH:
            raise self._too_deep(node)
        self._check_size(node, size)
        node.size = size

    def _check_size(self, node: Collection, size: int) -> None:
        if size > max(_MAX_EXPANDED, _MAX_GROWTH * self._composed):
            raise self._error(
                f"with its aliases written out, this holds {size:,} values, more than is allowed", node
            )

    def _name(self, anchor: str, node: Node, event: Any) -> None:
        if anchor in self._anchors:
            first = line_of(self._anchors[anchor])
            raise self._error(f'the anchor "{anchor}" is there twice, first in line {first}', event, anchor)
        self._anchors[anchor] = node

    def _aliased(self, event: AliasEvent) -> Node:
        name = event.anchor or ""
        node = self._anchors.get(name)
        if node is None:
            hint = did_you_mean(name, self._anchors)
            raise self._error(f'no anchor "{name}" stands before this alias{hint}', event, name)
        if type(node) is Collection and not node.size:
            raise self._error("an alias stands inside what it names", node)
        return node

    def _too_deep(self, node: Node) -> SeedFileError:
        return self._error(f"nested more than {_MAX_DEPTH} levels deep", node)

    def _error(self, message: str, node: Any, outside: str | None = None) -> SeedFileError:
        return SeedFileError(message, position=position(node, self._file), outside=outside)


_STARTS: Final = frozenset({ScalarEvent, AliasEvent, SequenceStartEvent, MappingStartEvent})


def _syntax_error(error: yaml.MarkedYAMLError, file: str) -> SeedFileError:
    mark = error.problem_mark or error.context_mark
    where = Position(file, mark.line + 1, mark.column + 1) if mark else Position(file)
    message = f"not valid YAML: {error.problem or error.context}"
    if error.context and error.context_mark:
        message += f", {error.context} that begins in line {error.context_mark.line + 1}"
    return SeedFileError(message, position=where, outside=error.problem)

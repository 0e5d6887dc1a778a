"""YAML text to nodes, by libyaml if PyYAML has it. The rows are handed over one by one and never held together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import yaml
from yaml.events import AliasEvent, DocumentStartEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent
from yaml.reader import Reader

from seeder.errors import Position, SeedFileError
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.text import position_of

_MAX_DEPTH: Final = 100
_MAX_EXPANDED: Final = 100_000
_MAX_GROWTH: Final = 10

# Without libyaml the same, slower.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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
            "YAML does not allow this control character", position=position_of(text, at, file)
        ) from None
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text, file) from None


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
        self._next_event: Callable[[], Any] = _Loader(text).get_event
        self._file = file
        self._take_row = take_row
        self._anchors: dict[str, Node] = {}
        self._composed = 0

    def root(self) -> Node | None:
        self._next_event()
        if type(self._next_event()) is not DocumentStartEvent:
            return None
        root = self._node(self._next_event(), 1)
        self._next_event()
        if type(following := self._next_event()) is DocumentStartEvent:
            raise self._error("a second YAML document begins here; a seed file can have only one", following)
        return root

    def _node(self, event: Any, depth: int) -> Node:
        """The node that begins with `event`. The root has depth 1."""
        if type(event) is AliasEvent:
            return self._aliased(event)
        self._composed += 1
        if type(event) is ScalarEvent:
            self._keep(event, event.anchor)
            return event
        node = Collection(type(event) is MappingStartEvent, event.tag, event.start_mark)
        self._keep(node, event.anchor)
        self._fill(node, depth, node.items.append)
        return node

    def _fill(self, node: Collection, depth: int, add: Callable[[Node], None]) -> None:
        """Read up to the end of a collection, and hand what stands in it to `add`."""
        size, height = 1, 0
        next_event = self._next_event
        while type(event := next_event()) in _STARTS:
            if depth == _MAX_DEPTH:
                raise self._too_deep(node)
            if depth == 1 and self._are_rows(event, node):
                rows = Collection(is_mapping=False, tag=event.tag, start_mark=event.start_mark)
                self._fill(rows, depth + 1, self._take_row)
                child: Node = rows
            else:
                child = self._node(event, depth + 1)
            if type(child) is Collection:
                size += child.size
                height = max(height, child.height)
            else:
                size += 1
            if size > _MAX_EXPANDED and size > _MAX_GROWTH * self._composed:
                message = f"with its aliases expanded, this has {size:,} values, which is too many"
                raise self._error(message, node)
            add(child)
        if height == _MAX_DEPTH:
            raise self._too_deep(node)
        node.size, node.height = size, height + 1

    def _are_rows(self, event: Any, root: Collection) -> bool:
        """Whether a list that begins with `event` has the rows. One with an anchor has to be kept."""
        name = root.items[-1] if len(root.items) % 2 else None
        return (
            root.is_mapping
            and isinstance(name, ScalarEvent)
            and name.value == "rows"
            and type(event) is SequenceStartEvent
            and event.anchor is None
        )

    def _keep(self, node: Node, anchor: str | None) -> None:
        if anchor is None:
            return
        if anchor in self._anchors:
            first = line_of(self._anchors[anchor])
            raise self._error(f'the anchor "{anchor}" appears twice, first in line {first}', node, anchor)
        self._anchors[anchor] = node

    def _aliased(self, event: AliasEvent) -> Node:
        name = event.anchor or ""
        node = self._anchors.get(name)
        if node is None:
            hint = did_you_mean(name, self._anchors)
            raise self._error(f'there is no anchor "{name}" before this alias{hint}', event, name)
        if type(node) is Collection and not node.size:
            raise self._error("an alias is inside the node that it refers to", node)
        return node

    def _too_deep(self, node: Node) -> SeedFileError:
        return self._error(f"nested more than {_MAX_DEPTH} levels deep", node)

    def _error(self, message: str, node: Any, outside: str | None = None) -> SeedFileError:
        return SeedFileError(message, position=position(node, self._file), outside=outside)


_STARTS: Final = frozenset({ScalarEvent, AliasEvent, SequenceStartEvent, MappingStartEvent})


_ADVICE: Final = {
    "mapping values are not allowed in this context": (
        "put a value with a colon and a space in it in quotes, and begin the columns of a row below each other"
    )
}
"""What to do about the commonest mistake of syntax."""


def _syntax_error(error: yaml.MarkedYAMLError, text: str, file: str) -> SeedFileError:
    mark = error.problem_mark or error.context_mark
    where = Position(file, mark.line + 1, mark.column + 1) if mark else Position(file)
    lines = text.splitlines()
    if mark and mark.line < len(lines) and lines[mark.line][mark.column :].startswith("\t"):
        return SeedFileError("not valid YAML: a tab can't indent; write spaces", position=where)
    message = f"not valid YAML: {error.problem or error.context}"
    if error.problem in _ADVICE:
        message += f"; {_ADVICE[error.problem]}"
    elif error.context and error.context_mark:
        message += f", {error.context} that begins in line {error.context_mark.line + 1}"
    return SeedFileError(message, position=where, outside=error.problem)

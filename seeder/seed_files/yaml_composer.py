"""YAML text to a tree of nodes, by libyaml where PyYAML has it. No scalar gets a type by its look."""

from __future__ import annotations

from typing import Any

import yaml
from yaml.reader import Reader

from seeder.errors import Position, SeedFileError
from seeder.seed_files.text import position_of

_MAX_DEPTH = 100
_MAX_EXPANDED = 100_000
_MAX_GROWTH = 10


def compose(text: str, file: str) -> yaml.Node | None:
    """The root of the document in `text`, None when it is empty. Raises `SeedFileError`.

    An alias is the very node that its anchor names. What the nodes would come to with every alias written
    out is bounded, and so is how deep they nest, so that a walk over them ends.
    """
    try:
        root = _Composer(text).get_single_node()
    except _TooDeepError as error:
        raise _too_deep(error.node, file) from None
    except yaml.reader.ReaderError:
        found = Reader.NON_PRINTABLE.search(text)
        at = found.start() if found else 0
        raise SeedFileError(
            "a control character, which YAML does not allow", position=position_of(text, at, file)
        ) from None
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, file) from None
    if root is not None and "&" in text:
        _Expansion(file).measure(root)
    return root


def position(node: yaml.Node, file: str) -> Position:
    """Where a node begins, its tag included."""
    return Position(file, node.start_mark.line + 1, node.start_mark.column + 1)


class _TooDeepError(Exception):
    def __init__(self, node: yaml.Node) -> None:
        self.node = node


class _PlainTags:
    """In the place of PyYAML's resolver: no scalar gets a tag by its look, and nesting has an end."""

    _depth = 0

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: Any) -> str:  # noqa: ARG002 (PyYAML's)
        return ""

    def descend_resolver(self, parent: yaml.Node | None, index: Any) -> None:  # noqa: ARG002 (PyYAML's)
        self._depth += 1
        if self._depth > _MAX_DEPTH and parent is not None:
            raise _TooDeepError(parent)

    def ascend_resolver(self) -> None:
        self._depth -= 1


try:
    from yaml._yaml import CParser
except ImportError:  # PyYAML was built without libyaml: the same, slower.
    from yaml.composer import Composer
    from yaml.parser import Parser
    from yaml.scanner import Scanner

    class _Composer(_PlainTags, Reader, Scanner, Parser, Composer):
        def __init__(self, text: str) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)
            Composer.__init__(self)
else:

    class _Composer(_PlainTags, CParser):  # type: ignore[no-redef] # one of the two exists
        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)


class _Expansion:
    """How large and how deep the nodes are with every alias written out, told without writing them out."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._measured: dict[int, tuple[int, int]] = {}
        self._open: set[int] = set()

    def measure(self, node: yaml.Node) -> tuple[int, int]:
        """The size and the depth of `node`. Raises `SeedFileError` when they have no bound worth the name."""
        if isinstance(node, yaml.ScalarNode):
            return 1, 0
        if id(node) in self._measured:
            return self._measured[id(node)]
        if id(node) in self._open:
            raise SeedFileError("an alias stands inside what it names", position=position(node, self._file))
        self._open.add(id(node))
        size, depth = 1, 0
        for each in node.value:
            for part in each if isinstance(node, yaml.MappingNode) else (each,):
                part_size, part_depth = self.measure(part)
                size += part_size
                depth = max(depth, part_depth + 1)
        if depth > _MAX_DEPTH:
            raise _too_deep(node, self._file)
        if size > max(_MAX_EXPANDED, _MAX_GROWTH * len(self._measured)):
            raise SeedFileError(
                f"with its aliases written out, this holds {size:,} values, too many to be meant",
                position=position(node, self._file),
            )
        self._open.remove(id(node))
        self._measured[id(node)] = (size, depth)
        return size, depth


def _too_deep(node: yaml.Node, file: str) -> SeedFileError:
    return SeedFileError(f"nested more than {_MAX_DEPTH} levels deep", position=position(node, file))


def _syntax_error(error: yaml.MarkedYAMLError, file: str) -> SeedFileError:
    mark = error.problem_mark or error.context_mark
    where = Position(file, mark.line + 1, mark.column + 1) if mark else Position(file)
    if (
        isinstance(error, yaml.composer.ComposerError)
        and error.context
        and "single document" in error.context
    ):
        return SeedFileError("a seed file holds one document, and here begins a second", position=where)
    message = f"not valid YAML: {error.problem or error.context}"
    if error.context and error.context_mark:
        message += f", {error.context} that begins in line {error.context_mark.line + 1}"
    return SeedFileError(message, position=where, outside=error.problem)

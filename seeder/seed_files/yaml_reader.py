"""YAML seed files.

YAML 1.1 would make Norway false and versions numbers, so nothing is resolved here: a plain scalar becomes
`Plain`, a quoted or block one `str`, and the column's type decides. The tags are ours.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

import yaml

from seeder.errors import Position, SeedFileError
from seeder.seed_files.model import FileContent, Place, Plain, Ref, TableName
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.text import NUL
from seeder.seed_files.yaml_composer import compose, position

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seeder.seed_files.model import Value
    from seeder.seed_files.tags import Surroundings

    Pairs = dict[str, tuple[yaml.Node, yaml.Node]]

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_STANDARD = "tag:yaml.org,2002:"
_TAGS = ("!file", "!env", "!ref", "!!binary", "!!str")
_REF_FIELDS = ("table", "where", "column")


class YamlDocument:
    """A YAML seed file, composed and not yet understood. Raises `SeedFileError` when it is no mapping."""

    def __init__(self, text: str, file: str, surroundings: Surroundings) -> None:
        self.file = file
        self.rows_file: FileContent | None = None
        """What `rows: !file …` names."""
        self._values = _Values(file, surroundings)
        self._rows: yaml.SequenceNode | None = None
        root = compose(text, file)
        if root is None:
            raise SeedFileError("the file is empty", position=Position(file, 1, 1))
        if not isinstance(root, yaml.MappingNode):
            raise _error(root, file, "a seed file is a mapping with table, key, rows and so on")
        self._root = root
        self.names = _pairs(root, file)
        if found := self.names.pop("rows", None):
            self._find_rows(found[1])

    @property
    def has_rows(self) -> bool:
        """Whether there are `rows`, if only an empty list."""
        return self._rows is not None or self.rows_file is not None

    @property
    def references(self) -> frozenset[TableName]:
        """The tables that the `!ref` read so far name."""
        return frozenset(self._values.references)

    def field(self, name: str) -> Value:
        """The value of one of `names`. `defaults` holds cells, and so may hold `!ref`."""
        node = self.names[name][1]
        if name == "defaults" and isinstance(node, yaml.MappingNode):
            return self._values.mapping(node, self._values.cell)
        return self._values.value(node)

    def records(self, defaults: Place | None) -> Iterator[tuple[dict[str, Value], int, Place]]:
        """Each row's cells, line and place."""
        for node in self._rows.value if self._rows else ():
            if not isinstance(node, yaml.MappingNode):
                raise _error(node, self.file, "a row is a mapping of columns to values")
            cells = self._values.mapping(node, self._values.cell)
            yield cells, node.start_mark.line + 1, NodePlace(node, self.file, defaults)

    def place(self, field: str) -> Place | None:
        """Where the cells of a top-level field stand."""
        found = self.names.get(field)
        return NodePlace(found[1], self.file, None) if found else None

    def at(self, *path: str) -> Position:
        """Where a field's value stands, or the innermost part of `path` that is there."""
        return position(self._locate(path)[1], self.file)

    def at_name(self, *path: str) -> Position:
        """Where a field's name stands, or the innermost part of `path` that is there."""
        return position(self._locate(path)[0], self.file)

    def _find_rows(self, node: yaml.Node) -> None:
        if node.tag == "!file" and isinstance(node, yaml.ScalarNode):
            self.rows_file = self._values.file(node)
        elif isinstance(node, yaml.SequenceNode):
            self._rows = node
        else:
            raise _error(node, self.file, "rows takes a list, or !file with the name of a CSV or NDJSON file")

    def _locate(self, path: tuple[str, ...]) -> tuple[yaml.Node, yaml.Node]:
        """The name and the value at the end of `path`, as far as it goes. Of a list: text or index."""
        found: tuple[yaml.Node, yaml.Node] = (self._root, self._root)
        for part in path:
            node = found[1]
            if isinstance(node, yaml.MappingNode):
                pairs = _pairs(node, self.file)
            elif isinstance(node, yaml.SequenceNode):
                pairs = {str(index): (item, item) for index, item in enumerate(node.value)}
                pairs |= {
                    item.value: (item, item) for item in node.value if isinstance(item, yaml.ScalarNode)
                }
            else:
                break
            if part not in pairs:
                break
            found = pairs[part]
        return found


class NodePlace(Place):
    """A row or the defaults, composed."""

    __slots__ = ("_node", "defaults", "file")

    def __init__(self, node: yaml.Node, file: str, defaults: Place | None) -> None:
        self.file = file
        self.defaults = defaults
        self._node = node

    def row_at(self, line: int) -> Position:  # noqa: ARG002 (this place is one row)
        """Where the mapping begins."""
        return position(self._node, self.file)

    def find(self, line: int, column: str, *, name: bool) -> Position | None:  # noqa: ARG002 (as above)
        """Where the mapping has `column`."""
        found = _pairs(self._node, self.file).get(column)
        return position(found[0 if name else 1], self.file) if found else None


class _Values:
    """Turns nodes into values."""

    def __init__(self, file: str, surroundings: Surroundings) -> None:
        self.references: set[TableName] = set()
        self._file = file
        self._surroundings = surroundings

    def cell(self, node: yaml.Node) -> Value:
        """A whole cell."""
        return self._ref(node) if node.tag == "!ref" else self.value(node)

    def value(self, node: yaml.Node) -> Value:
        """A value, whole or inside a list or a mapping."""
        if isinstance(node, yaml.ScalarNode):
            if node.tag:
                return self._tagged(node)
            text: str = node.value
            if node.style:
                return text
            return None if text in _NULLS else Plain(text)
        if isinstance(node, yaml.SequenceNode):
            self._refuse_tag(node)
            return [self.value(item) for item in node.value]
        return self.mapping(node, self.value)

    def file(self, node: yaml.ScalarNode) -> FileContent:
        """What `!file` stands for."""
        return self._surroundings.file(node.value, position(node, self._file))

    def mapping(self, node: yaml.Node, value: Callable[[yaml.Node], Value]) -> dict[str, Value]:
        """A mapping, each of whose values is read by `value`."""
        self._refuse_tag(node)
        return {name: value(item) for name, (_, item) in _pairs(node, self._file).items()}

    def _tagged(self, node: yaml.ScalarNode) -> Value:
        where = position(node, self._file)
        match node.tag.replace(_STANDARD, "!!"):
            case "!file":
                return self.file(node)
            case "!env":
                return self._surroundings.env(node.value, where)
            case "!!str":
                return str(node.value)
            case "!!binary":
                try:
                    return base64.b64decode("".join(node.value.split()), validate=True)
                except (binascii.Error, ValueError):
                    raise SeedFileError("!!binary takes base64", position=where) from None
        raise self._unfit_tag(node)

    def _ref(self, node: yaml.Node) -> Ref:
        where = position(node, self._file)
        if not isinstance(node, yaml.MappingNode):
            raise SeedFileError("!ref takes {table: …, where: {column: value}}", position=where)
        pairs = _pairs(node, self._file)
        for name, (name_node, _) in pairs.items():
            if name not in _REF_FIELDS:
                raise _error(
                    name_node,
                    self._file,
                    f'!ref has no field "{name}"{did_you_mean(name, _REF_FIELDS)}',
                    outside=name,
                )
        if "table" not in pairs or "where" not in pairs:
            raise SeedFileError(f"!ref lacks {'where' if 'table' in pairs else 'table'}", position=where)
        condition = pairs["where"][1]
        if not isinstance(condition, yaml.MappingNode) or not condition.value:
            raise _error(condition, self._file, "where takes a mapping of columns to the values to look for")
        try:
            table = TableName.parse(self._name("table", pairs["table"][1]))
        except ValueError as error:
            raise _error(pairs["table"][1], self._file, str(error)) from None
        column = self._name("column", pairs["column"][1]) if "column" in pairs else None
        self.references.add(table)
        return Ref(table, self.mapping(condition, self.value), column, where)

    def _name(self, field: str, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.tag or (not node.style and node.value in _NULLS):
            raise _error(node, self._file, f"!ref takes a name as its {field}")
        if "\0" in node.value:
            raise _error(node, self._file, f"the name {NUL}")
        return str(node.value)

    def _refuse_tag(self, node: yaml.Node) -> None:
        if node.tag and node.tag not in (f"{_STANDARD}map", f"{_STANDARD}seq"):
            raise self._unfit_tag(node)

    def _unfit_tag(self, node: yaml.Node) -> SeedFileError:
        tag = node.tag.replace(_STANDARD, "!!")
        if tag == "!ref":
            message = "!ref stands for a whole cell; it can't be part of one"
            if isinstance(node, yaml.ScalarNode):
                message = "!ref takes {table: …, where: {column: value}}"
        elif tag == "!env":
            message = '!env takes one scalar; write !env NAME, or !env "NAME:default"'
        elif tag in _TAGS:
            message = f"{tag} takes one scalar"
        else:
            message = f"unknown tag {tag}{did_you_mean(tag, _TAGS)}"
        return _error(node, self._file, message, outside=tag)


def _pairs(node: yaml.Node, file: str) -> Pairs:
    """A mapping's names and values, merge keys followed. No name may be there twice."""
    pairs: Pairs = {}
    merged: list[yaml.Node] = []
    for name_node, value_node in node.value:
        if not isinstance(name_node, yaml.ScalarNode):
            raise _error(name_node, file, "a name must be a scalar")
        if name_node.tag not in ("", f"{_STANDARD}str"):
            raise _error(name_node, file, "a name takes no tag")
        name = name_node.value
        if "\0" in name:
            raise _error(name_node, file, f"the name {NUL}")
        if name == "<<" and not name_node.style:
            merged += value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]
        elif name in pairs:
            first = pairs[name][0].start_mark.line + 1
            raise _error(name_node, file, f'"{name}" is there twice, first in line {first}')
        else:
            pairs[name] = (name_node, value_node)
    for other in merged:
        if not isinstance(other, yaml.MappingNode):
            raise _error(other, file, "<< takes an alias of a mapping, or a list of them")
        for name, pair in _pairs(other, file).items():
            pairs.setdefault(name, pair)
    return pairs


def _error(node: yaml.Node, file: str, message: str, outside: str | None = None) -> SeedFileError:
    return SeedFileError(message, position=position(node, file), outside=outside)

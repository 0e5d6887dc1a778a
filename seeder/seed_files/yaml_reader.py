"""YAML seed files.

YAML 1.1 would make Norway false and versions numbers, so nothing is resolved here: a plain scalar becomes
`Plain`, a quoted or block one `str`, and the column's type decides. The tags are ours.
"""

from __future__ import annotations

import base64
import binascii
import itertools
from collections.abc import Callable, Iterator
from typing import TypeAlias

from yaml.events import ScalarEvent

from seeder.errors import Position, SeederError, SeedFileError, Tell, refuse
from seeder.seed_files.document import Document, Record
from seeder.seed_files.suggestions import did_you_mean
from seeder.seed_files.tags import Tags
from seeder.seed_files.text import NUL
from seeder.seed_files.values import FileContent, Plain, Ref, TableName, Value
from seeder.seed_files.yaml_nodes import Collection, Node, compose, line_of, position

Pairs: TypeAlias = "dict[str, tuple[Node, Node]]"
"""The names of a mapping, each with its node and the node of its value."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_STANDARD = "tag:yaml.org,2002:"
_NAME_TAGS = frozenset({None, "!", f"{_STANDARD}str"})
_COLLECTION_TAGS = frozenset({"!", f"{_STANDARD}map", f"{_STANDARD}seq"})
_TAGS = ("!file", "!env", "!ref", "!!binary", "!!str")
_REF_FIELDS = ("table", "where", "column")


def _pass(mistake: SeederError) -> None:
    """Pass over a mistake that has been told before."""


class YamlDocument(Document):
    """A YAML seed file, its rows read and its fields not yet understood. Raises `SeedFileError` if it is no mapping.

    No more than the values of the rows is kept. Where one stands is found by composing the text again.
    """

    def __init__(self, text: str, file: str, tags: Tags, tell: Tell = refuse) -> None:
        self.file = file
        self.has_rows = False
        self._text = text
        self._tell = tell
        self.references: set[TableName] = set()
        self._values = _Values(file, tags, self.references, tell)
        self._rows: list[Record] = []
        self._row_mistakes: dict[int, list[SeederError]] = {}
        """By the number of the row. What is wrong with a field is told first."""
        self._mistakes: list[SeederError] = []
        self._row_values = _Values(file, tags, self.references, self._mistakes.append)
        self._shared_names: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._root, pairs = self._compose(self._take_row, tell)
        if found := pairs.pop("rows", None):
            self._understand_rows(found[1])
        self.names = self._fields = pairs

    def field(self, name: str) -> Value:
        """The value of one of `names`. `defaults` and `absent` hold cells, and so may hold `!ref`."""
        node = self._fields[name][1]
        if name == "absent" and isinstance(node, Collection) and not node.is_mapping:
            return self._values.keys(node)
        if name == "defaults" and isinstance(node, Collection) and node.is_mapping:
            return self._values.mapping(node, self._values.cell)
        return self._values.value(node)

    def records(self, tell: Tell = refuse) -> Iterator[Record]:
        """The rows. Those that are wrong in themselves are told."""
        if not self._row_mistakes:
            yield from self._rows
            return
        for number, record in enumerate(self._rows):
            for mistake in self._row_mistakes.get(number, ()):
                tell(mistake)
            yield record

    def find(self, *path: str, name: bool = False) -> Position | None:
        """Where the value at the end of `path` stands, or its name. For a row the text is composed again."""
        found: tuple[Node, Node] = (self._root, self._root)
        if path[0] == "rows" and len(path) > 1:
            row = self._row(int(path[1]))
            found, path = (row, row), path[2:]
        for part in path:
            children = _children(found[1], self.file)
            if part not in children:
                return None
            found = children[part]
        return position(found[0 if name else 1], self.file)

    def _row(self, number: int) -> Node:
        numbers = itertools.count()
        found: list[Node] = []
        self._compose(lambda row: found.append(row) if next(numbers) == number else None)
        return found[0]

    def _compose(self, take_row: Callable[[Node], None], tell: Tell = _pass) -> tuple[Collection, Pairs]:
        """The root and what it holds. Each of the rows is given to `take_row`."""
        root = compose(self._text, self.file, take_row)
        if root is None:
            raise SeedFileError("the file is empty", position=Position(self.file, 1, 1))
        if not isinstance(root, Collection) or not root.is_mapping:
            raise _error(
                root, self.file, "the file must be a mapping with fields such as table, key and rows"
            )
        pairs = _pairs(root, self.file, tell)
        rows = pairs["rows"][1] if "rows" in pairs else None
        if isinstance(rows, Collection):
            for row in rows.items:
                take_row(row)
        return root, pairs

    def _take_row(self, node: Node) -> None:
        mistakes = self._mistakes
        try:
            if not isinstance(node, Collection) or not node.is_mapping:
                raise _error(node, self.file, "a row must be a mapping of columns to values")
            cells = self._row_values.mapping(node, self._row_values.cell)
        except SeedFileError as mistake:
            mistakes.append(mistake)
        if mistakes:
            self._row_mistakes[len(self._rows)] = mistakes[:]
            self._rows.append(((), None, line_of(node)))
            mistakes.clear()
            return
        names = tuple(cells)
        names = self._shared_names.setdefault(names, names)
        self._rows.append((names, tuple(cells.values()), line_of(node)))

    def _understand_rows(self, node: Node) -> None:
        if isinstance(node, ScalarEvent) and node.tag == "!file":
            self.rows_files = self._values.files(node)
        elif isinstance(node, Collection) and not node.is_mapping:
            self.has_rows = True
        else:
            self.has_rows = True
            self._tell(
                _error(node, self.file, "rows must be a list, or !file with the name of a CSV or NDJSON file")
            )


class _Values:
    """Turns nodes into values. What is wrong inside a collection is told, and is None in its value."""

    def __init__(self, file: str, tags: Tags, references: set[TableName], tell: Tell) -> None:
        self._references = references
        self._file = file
        self._tags = tags
        self._tell = tell

    def cell(self, node: Node) -> Value:
        """A whole cell."""
        return self._ref(node) if node.tag == "!ref" else self.value(node)

    def value(self, node: Node) -> Value:
        """A value, whole or inside a list or a mapping."""
        if isinstance(node, ScalarEvent):
            if node.tag and node.tag != "!":
                return self._tagged(node)
            text: str = node.value
            if node.style:
                return text
            return None if text in _NULLS else Plain(text)
        if node.is_mapping:
            return self.mapping(node, self.value)
        self._refuse_tag(node)
        values = []
        for item in node.items:
            try:
                values.append(self.value(item))
            except SeedFileError as mistake:
                self._tell(mistake)
        return values

    def keys(self, node: Collection) -> list[Value]:
        """A list of the keys of rows. What is wrong is told, and is None."""
        self._refuse_tag(node)
        keys: list[Value] = []
        for item in node.items:
            try:
                if isinstance(item, Collection) and item.is_mapping:
                    keys.append(self.mapping(item, self.cell))
                else:
                    keys.append(self.value(item))
            except SeedFileError as mistake:
                self._tell(mistake)
                keys.append(None)
        return keys

    def file(self, node: ScalarEvent) -> FileContent:
        """What `!file` stands for."""
        return self._tags.file(node.value, position(node, self._file))

    def files(self, node: ScalarEvent) -> list[FileContent]:
        """What `!file` stands for if it may name several files by a pattern."""
        return self._tags.files(node.value, position(node, self._file))

    def mapping(self, node: Collection, value: Callable[[Node], Value]) -> dict[str, Value]:
        """A mapping, each of whose values is read by `value`."""
        self._refuse_tag(node)
        values: dict[str, Value] = {}
        for name, (_, item) in _pairs(node, self._file, self._tell).items():
            try:
                values[name] = value(item)
            except SeedFileError as mistake:
                self._tell(mistake)
                values[name] = None
        return values

    def _tagged(self, node: ScalarEvent) -> Value:
        where = position(node, self._file)
        match _short(node.tag):
            case "!file":
                return self.file(node)
            case "!env":
                return self._tags.env(node.value, where)
            case "!!str":
                return str(node.value)
            case "!!binary":
                try:
                    return base64.b64decode("".join(node.value.split()), validate=True)
                except (binascii.Error, ValueError):
                    raise SeedFileError("!!binary must be followed by base64", position=where) from None
        raise self._unfit_tag(node)

    def _ref(self, node: Node) -> Ref:
        where = position(node, self._file)
        if not isinstance(node, Collection) or not node.is_mapping:
            raise SeedFileError("!ref must be followed by {table: …, where: {column: value}}", position=where)
        pairs = _pairs(node, self._file, self._tell)
        for name, (name_node, _) in pairs.items():
            if name not in _REF_FIELDS:
                hint = did_you_mean(name, _REF_FIELDS)
                self._tell(_error(name_node, self._file, f'!ref has no field "{name}"{hint}', outside=name))
        if "table" not in pairs or "where" not in pairs:
            raise SeedFileError(f"!ref needs {'where' if 'table' in pairs else 'table'}", position=where)
        condition = pairs["where"][1]
        if not isinstance(condition, Collection) or not condition.is_mapping or not condition.items:
            raise _error(
                condition, self._file, "where must be a mapping of columns to the values to look for"
            )
        try:
            table = TableName.parse(self._name("table", pairs["table"][1]))
        except ValueError as error:
            raise _error(pairs["table"][1], self._file, str(error)) from None
        column = self._name("column", pairs["column"][1]) if "column" in pairs else None
        self._references.add(table)
        return Ref(table, self.mapping(condition, self.cell), column)

    def _name(self, field: str, node: Node) -> str:
        if not isinstance(node, ScalarEvent) or node.tag or (not node.style and node.value in _NULLS):
            raise _error(node, self._file, f"{field} of !ref must be a name")
        if "\0" in node.value:
            raise _error(node, self._file, f"the name {NUL}")
        return str(node.value)

    def _refuse_tag(self, node: Node) -> None:
        if node.tag and node.tag not in _COLLECTION_TAGS:
            raise self._unfit_tag(node)

    def _unfit_tag(self, node: Node) -> SeedFileError:
        tag = _short(node.tag)
        if tag == "!ref":
            message = "!ref must be a whole cell, not a part of one"
            if isinstance(node, ScalarEvent):
                message = "!ref must be followed by {table: …, where: {column: value}}"
        elif tag == "!env":
            message = '!env must be followed by one scalar; write !env NAME, or !env "NAME:default"'
        elif tag in _TAGS:
            message = f"{tag} must be followed by one scalar"
        else:
            message = f"unknown tag {tag}{did_you_mean(tag, _TAGS)}"
        return _error(node, self._file, message, outside=tag)


def _pairs(node: Collection, file: str, tell: Tell) -> Pairs:
    """A mapping's names and values, merge keys followed. No name may be there twice."""
    pairs: Pairs = {}
    merged: list[Node] = []
    parts = iter(node.items)
    for node_of_name, value in zip(parts, parts, strict=True):
        try:
            name_node = _checked_name(node_of_name, file)
        except SeedFileError as mistake:
            tell(mistake)
            continue
        name = name_node.value
        if name == "<<" and not name_node.style:
            merged += value.items if isinstance(value, Collection) and not value.is_mapping else [value]
        elif name in pairs:
            first = line_of(pairs[name][0])
            tell(_error(name_node, file, f'"{name}" appears twice, first in line {first}'))
        else:
            pairs[name] = (name_node, value)
    for other in merged:
        if not isinstance(other, Collection) or not other.is_mapping:
            tell(_error(other, file, "<< must be an alias of a mapping, or a list of them"))
            continue
        for name, pair in _pairs(other, file, tell).items():
            pairs.setdefault(name, pair)
    return pairs


def _children(node: Node, file: str) -> Pairs:
    """What stands in a collection: in a list by number and by text, each item being its own name."""
    if not isinstance(node, Collection):
        return {}
    if node.is_mapping:
        return _pairs(node, file, _pass)
    by_text = {item.value: (item, item) for item in node.items if isinstance(item, ScalarEvent)}
    return {str(number): (item, item) for number, item in enumerate(node.items)} | by_text


def _checked_name(node: Node, file: str) -> ScalarEvent:
    if not isinstance(node, ScalarEvent):
        raise _error(node, file, "a name must be a scalar")
    if node.tag not in _NAME_TAGS:
        raise _error(node, file, "a name can't have a tag")
    if "\0" in node.value:
        raise _error(node, file, f"the name {NUL}")
    return node


def _short(tag: str | None) -> str:
    return (tag or "").replace(_STANDARD, "!!")


def _error(node: Node, file: str, message: str, outside: str | None = None) -> SeedFileError:
    return SeedFileError(message, position=position(node, file), outside=outside)

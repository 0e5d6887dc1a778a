"""How the field `references` is read."""

from __future__ import annotations

from collections.abc import Iterator

from seeder.seed_files.references import Reference
from seeder.seed_files.said import LIST, MAPPING, TEXT, Said
from seeder.seed_files.values import TableName


def read_references(said: Said) -> dict[str, Reference]:
    """The field as a seed file says it, by the column that each reference fills. Raises or tells `SeedFileError`."""
    return {name: _reference(member, own=name) for name, member in said.members().items()}


def _reference(said: Said, own: str | None = None) -> Reference:
    """A reference; `own` is the column that it fills, None for a nested one."""
    members = said.members("table", "columns", "column")
    for name in ("table", "columns"):
        if name not in members:
            raise said.error(f"{said.name} needs {name}, as in {{table: groups, columns: [name]}}")
    try:
        table = TableName.parse(members["table"].text())
    except ValueError as error:
        raise members["table"].error(str(error)) from None
    column = members["column"].text() if "column" in members else None
    return Reference(table, tuple(_columns(members["columns"], own)), column)


def _columns(said: Said, own: str | None) -> Iterator[tuple[str, str | Reference]]:
    if said.expect(LIST, MAPPING) == LIST:
        names = said.texts()
        if len(names) != 1 or own is None:
            shown = ", ".join(f"{name}: …" for name in names or ("name",))
            raise said.error(
                f"{said.name} must say which column of the seed file holds each of them, as in {{{shown}}}; "
                "only one that the column itself holds can be a list"
            )
        yield names[0], own
        return
    members = said.members()
    if not members:
        raise said.error(f"{said.name} must not be empty")
    for name, member in members.items():
        yield name, member.text() if member.expect(TEXT, MAPPING) == TEXT else _reference(member)

"""What the promised table says, in Python and with plain values: what a run should make of a table and of the ledger.

One table, `tools`, whose rows are known by `name` or by `code`; `note` is written in capitals by a trigger, and
`flag` is an `insert_only` column.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from tests.integration.seeding import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

Cells: TypeAlias = "dict[str, str | None]"


class RefusedError(Exception):
    """A policy says to fail."""


@dataclass
class Cell:
    """What the ledger knows of a cell: as the seed file had it, and as it stood after our write."""

    desired: str | None
    stood: str | None
    in_conflict: bool = False


@dataclass
class Known:
    """What the ledger knows of a row."""

    seeder: str
    cells: dict[str, Cell]
    adopted: bool = False
    retired: str | None = None

    def as_entry(self) -> Entry:
        stored = {
            name: f"{cell.stood}, before the conflict" if cell.in_conflict else cell.stood
            for name, cell in self.cells.items()
            if cell.in_conflict or cell.stood != cell.desired
        }
        desired = {name: cell.desired for name, cell in self.cells.items()}
        return Entry(desired, stored, self.adopted, self.retired, self.seeder)


@dataclass
class Did:
    """What a run did, in rows."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    kept: int = 0
    conflicts: int = 0


@dataclass
class Model:
    """A seed file, the table and the ledger. `key` is the column that the seed file names as its key."""

    seeder: str = "tools"
    key: str = "name"
    mode: str = "upsert"
    existing_rows: str = "overwrite"
    edited_rows: str = "keep"
    deleted_rows: str = "restore"
    retired_rows: str | dict[str, dict[str, str]] = "keep"
    file: dict[str, Cells] = field(default_factory=dict)
    table: dict[str, Cells] = field(default_factory=dict)
    ledger: dict[tuple[str, str], Known] = field(default_factory=dict)
    columns: set[str] = field(default_factory=lambda: {"title", "note", "flag"})

    def run(self) -> Did:
        """Do as the table says. Raises `RefusedError`, and then nothing has changed."""
        before = copy.deepcopy((self.table, self.ledger))
        try:
            return self._run()
        except RefusedError:
            self.table, self.ledger = before
            raise

    def by_hand(self, name: str, **cells: str | None) -> None:
        """What is in the table after somebody wrote these cells."""
        row = self.table.setdefault(name, dict.fromkeys(self.columns))
        row.update(cells)
        if row["note"] is not None:
            row["note"] = row["note"].upper()

    def live(self, name: str) -> Cells:
        """A row of the table, the column included that is not its key."""
        other, value = self.alias(name)
        return {**self.table[name], other: value}

    def alias(self, name: str) -> tuple[str, str]:
        """The cell that names the row where the key does not."""
        return ("code", name.upper()) if self.key == "name" else ("name", name)

    def identity(self, name: str) -> tuple[str, str]:
        """By what the ledger knows the row."""
        return self.key, name if self.key == "name" else name.upper()

    def _run(self) -> Did:
        did = Did()
        self._rekey()
        for name, cells in self.file.items():
            other, value = self.alias(name)
            self._seed(name, {**cells, other: value}, did)
        listed = {self.identity(name) for name in self.file}
        for identity, known in self._own():
            if identity not in listed and known.retired is None:
                known.retired = "unlisted"
        self._retire(did)
        return did

    def _rekey(self) -> None:
        for (key, value), known in list(self.ledger.items()):
            if key != self.key and known.seeder == self.seeder:
                del self.ledger[key, value]
                if value.lower() in self.table:
                    self.ledger.setdefault(self.identity(value.lower()), known)

    def _seed(self, name: str, wanted: Cells, did: Did) -> None:
        known = self.ledger.get(self.identity(name))
        compared = {column: value for column, value in wanted.items() if column != "flag"}
        if name not in self.table:
            if known is not None and self.deleted_rows == "keep":
                did.kept += 1
                self._take_over(known, compared)
                return
            did.inserted += 1
            other, _ = self.alias(name)
            self.by_hand(name, **{column: value for column, value in wanted.items() if column != other})
            stand = self.live(name)
            cells = {column: Cell(value, stand[column]) for column, value in compared.items()}
            self.ledger[self.identity(name)] = Known(self.seeder, cells)
        elif self.mode == "insert":
            if known is not None:
                self._take_over(known, compared)
        elif known is None and self.existing_rows == "fail":
            raise RefusedError
        else:
            self._compare(name, wanted, compared, did)

    def _compare(self, name: str, wanted: Cells, compared: Cells, did: Did) -> None:
        known = self.ledger.setdefault(self.identity(name), Known(self.seeder, {}, adopted=True))
        live = self.live(name)
        write: Cells = {}
        states: set[str] = set()
        flag = known.cells.get("flag")
        if flag is not None and known.retired and "flag" in wanted and live["flag"] == flag.desired:
            write["flag"] = wanted["flag"]
        self._take_over(known, compared)
        for column, value in compared.items():
            last = known.cells.get(column)
            if live[column] == value:
                known.cells[column] = Cell(value, value)
                continue
            state = self._differing(live[column], value, last)
            states.add(state)
            if state == "fail":
                raise RefusedError
            if state == "write":
                write[column] = value
            elif state == "adopt":
                known.cells[column] = Cell(value, value)
            elif state == "conflict":
                assert last is not None
                known.cells[column] = Cell(value, last.stood, in_conflict=True)
        if write:
            did.updated += 1
            self.by_hand(name, **write)
            for column in write.keys() & compared.keys():
                known.cells[column] = Cell(compared[column], self.live(name)[column])
        did.kept += bool(states & {"edited", "adopt", "conflict"})
        did.conflicts += "conflict" in states

    def _differing(self, live: str | None, value: str | None, last: Cell | None) -> str:
        if last is None:
            return {"overwrite": "write", "keep": "adopt", "fail": "fail"}[self.existing_rows]
        if live == last.stood:
            return "write" if last.in_conflict or value != last.desired else "same"
        if value == last.desired:
            return "edited"
        return {"overwrite": "write", "keep": "conflict", "fail": "fail"}[self.edited_rows]

    def _take_over(self, known: Known, compared: Cells) -> None:
        if known.retired:
            known.cells = {column: cell for column, cell in known.cells.items() if column in compared}
        known.retired = None
        known.seeder = self.seeder

    def _retire(self, did: Did) -> None:
        for identity, known in self._own():
            if known.retired is None:
                continue
            name = identity[1].lower()
            if name not in self.table:
                del self.ledger[identity]
            elif self.retired_rows == "delete" and self._is_free(name, known):
                del self.ledger[identity], self.table[name]
                did.deleted += 1
            elif isinstance(self.retired_rows, dict):
                if known.retired == "unlisted" and self._is_free(name, known):
                    self.by_hand(name, **self.retired_rows["set"])
                    for column in self.retired_rows["set"]:
                        stands = self.live(name)[column]
                        known.cells[column] = Cell(stands, stands)
                    known.retired = "set"
                    did.updated += 1
                did.kept += known.retired != "set"
            else:
                did.kept += 1

    def _is_free(self, name: str, known: Known) -> bool:
        live = {**self.live(name), "name": name, "code": name.upper()}
        return not known.adopted and all(
            cell.stood == live[column] and not cell.in_conflict
            for column, cell in known.cells.items()
            if column in live
        )

    def _own(self) -> Iterator[tuple[tuple[str, str], Known]]:
        for identity, known in list(self.ledger.items()):
            if known.seeder == self.seeder and identity[0] == self.key:
                yield identity, known

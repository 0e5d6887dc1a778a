"""What the promised table says, in Python and with plain values: what a run should make of a table.

One table, `tools`, whose rows are known by `name` or by `code`. A trigger writes `note` in capitals, `flag` is an
`insert_only` column, and `remark` stands in no seed file. Two applications fill it, each by one seed file.

What the contract leaves open is not guessed. Either the model takes what the table shows (`Seen`), or the run is not
made: `UnclearError` says what to change in the seed file first.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Cells: TypeAlias = "dict[str, str | None]"


class RefusedError(Exception):
    """The seeder must fail: a policy says so, or the row `claimed` is another's."""

    def __init__(self, claimed: str | None = None) -> None:
        super().__init__(claimed)
        self.claimed = claimed


class UnclearError(Exception):
    """The contract does not say what becomes of this; `mend` changes the seed file, so that the question is not put."""

    def __init__(self, mend: Callable[[File], object]) -> None:
        super().__init__()
        self.mend = mend


@dataclass(frozen=True)
class Owner:
    """A seeder of an application."""

    application: str
    seeder: str

    def __str__(self) -> str:
        return f"{self.application}/{self.seeder}"


@dataclass
class File:
    """A seed file, and whose it is."""

    applications: tuple[str, ...]
    """The application's name, and those that it had."""
    names: tuple[str, str]
    """The seeder's name, and another that it may have had."""
    key: str = "name"
    mode: str = "upsert"
    existing_rows: str = "keep"
    edited_rows: str = "keep"
    deleted_rows: str = "restore"
    retired_rows: str | dict[str, dict[str, str]] = "keep"
    rows: dict[str, Cells] = field(default_factory=dict)

    @property
    def owner(self) -> Owner:
        return Owner(self.applications[0], self.names[0])

    @property
    def formerly(self) -> list[str]:
        """The names that it says it had. Each carries its application, for that is what the contract is plain about."""
        return [str(Owner(application, self.names[1])) for application in self.applications]


@dataclass
class Cell:
    """What the ledger knows of a cell: as the seed file had it, and as it stood after our write."""

    desired: str | None
    stood: str | None
    in_conflict: bool = False
    pending: bool = False
    """It was kept at first contact, and is not resolved yet."""


@dataclass
class Known:
    """What the ledger knows of a row."""

    owner: Owner
    key: str
    cells: dict[str, Cell] = field(default_factory=dict)
    adopted: bool = False
    retired: str | None = None
    left: Cells = field(default_factory=dict)
    """The row as it stood after our latest write."""
    first: frozenset[str] = frozenset()
    """The columns that the table had when we inserted the row."""
    foreign: set[str] = field(default_factory=set)
    """Columns that somebody had written to before our latest write, and that write did not touch."""
    touched: bool = False
    """It was not as we left it just before a write of ours. That is for good."""
    doubtful: bool = False
    """A run saw it touched and had no reason to write. Whether that is for good, the contract does not say."""


@dataclass
class Did:
    """What a run did, in rows."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    kept: int = 0
    kept_existing: int = 0
    conflicts: int = 0
    new_conflicts: int = 0
    sure: bool = True
    """Whether the contract says how a write that changes nothing is counted, or there was none."""


@dataclass(frozen=True)
class Seen:
    """What the table held after the run, and whether the run failed."""

    table: dict[str, Cells]
    failed: bool = False


@dataclass
class Model:
    """The table, the ledger, and the seed files that fill the one and keep the other.

    A column has one name here for all its life; `names` says how the table calls it now.
    """

    files: dict[str, File]
    table: dict[str, Cells] = field(default_factory=dict)
    ledger: dict[str, Known] = field(default_factory=dict)
    names: dict[str, str] = field(
        default_factory=lambda: {name: name for name in ("title", "note", "flag", "remark")}
    )
    defaults: Cells = field(default_factory=dict)
    missing: Cells = field(default_factory=dict)
    """What PostgreSQL says that a column holds in rows older than itself (`attmissingval`)."""

    def run(self, which: str, seen: Seen | None = None) -> Did:
        """Do as the table says. Raises `RefusedError` or `UnclearError`, and then nothing has changed.

        Without `seen` it is a trial, and what is left open is left undone.
        """
        before = copy.deepcopy((self.table, self.ledger))
        try:
            return _Run(self, self.files[which], seen or Seen(before[0])).do()
        except (RefusedError, UnclearError):
            self.table, self.ledger = before
            raise

    def resolve(self, which: str, take: str) -> int:
        """End the conflicts of a file that was just applied, as `seeder resolve` does. How many cells that were."""
        return _Run(self, self.files[which], Seen({})).resolve(take)

    def by_hand(self, name: str, **cells: str | None) -> None:
        """What is in the table after somebody wrote these cells."""
        row = self.table.setdefault(name, {column: self.defaults.get(column) for column in self.names})
        row.update(cells)
        row["note"] = stored("note", row["note"])

    def rename_of(self, column: str) -> str:
        """What the column is called after it is renamed, and renamed again."""
        return f"{column}_" if self.names[column] == column else column


def stored(column: str, value: str | None) -> str | None:
    """How a cell stands after it was written."""
    return value.upper() if column == "note" and value is not None else value


class _Run:
    """One run of one seed file."""

    def __init__(self, model: Model, file: File, seen: Seen) -> None:
        self.model = model
        self.file = file
        self.seen = seen
        self.table = model.table
        self.ledger = model.ledger
        self.did = Did()

    def do(self) -> Did:
        self._take_over_from_former_names()
        self._rekey()
        for name, cells in self.file.rows.items():
            other, value = self._alias(name)
            self._seed(name, {**cells, other: value})
        for name, known in self._own():
            if name not in self.file.rows and known.retired is None:
                known.retired = "unlisted"
        self._retire()
        return self.did

    def resolve(self, take: str) -> int:
        resolved = 0
        for name, known in self._own():
            wanted = self.file.rows.get(name)
            if wanted is None or name not in self.table or self.file.mode == "insert":
                continue
            live = self.table[name]
            kept = {
                column: wanted[column]
                for column, cell in known.cells.items()
                if (cell.pending or cell.in_conflict)
                and column in wanted.keys() - {"flag"}
                and live[column] != wanted[column]
            }
            resolved += len(kept)
            if kept and take == "seed":
                self._write(name, known, kept)
                known.cells |= {column: Cell(value, live[column]) for column, value in kept.items()}
            elif kept:
                self._see(name, known)
                known.cells |= {column: Cell(value, value) for column, value in kept.items()}
        return resolved

    # Whose row

    def _take_over_from_former_names(self) -> None:
        for known in self.ledger.values():
            if str(known.owner) in self.file.formerly:
                self._same_key(known)
                known.owner = self.file.owner

    def _rekey(self) -> None:
        for name, known in self._own():
            if known.key != self.file.key and name not in self.table:
                del self.ledger[name]
            known.key = self.file.key

    def _claim(self, name: str) -> Known | None:
        """The row's entry, which is ours, or passes to us."""
        known, file = self.ledger.get(name), self.file
        if known is None or known.owner == file.owner:
            return known
        if known.owner == Owner("default", file.owner.seeder):
            self._same_key(known)
            known.owner = file.owner
            return known
        # Whether an entry holds a row that is gone, or that its own seed file dropped, or one that we would not touch.
        if known.retired or name not in self.table or file.mode == "insert":
            raise UnclearError(lambda file: file.rows.pop(name))
        raise RefusedError(claimed=name)

    def _same_key(self, known: Known) -> None:
        """Entries pass on, and follow another key: not both at once."""
        key = known.key
        if key != self.file.key:
            raise UnclearError(lambda file: setattr(file, "key", key))

    def _own(self) -> Iterator[tuple[str, Known]]:
        for name, known in list(self.ledger.items()):
            if known.owner == self.file.owner:
                yield name, known

    def _alias(self, name: str) -> tuple[str, str]:
        """The cell that names the row where the key does not."""
        return ("code", name.upper()) if self.file.key == "name" else ("name", name)

    # Whether somebody has been at it

    def _untouched(self, name: str, known: Known) -> bool | None:
        """Whether the row is as we left it, listed columns and others; None where the contract does not say."""
        if known.adopted or known.touched:
            return False
        live = self.table[name]
        if any(live[column] != value for column, value in known.left.items() if column in live):
            return False
        if not all(self._as_added(name, column) for column in live.keys() - known.left.keys()):
            return False
        # Where a column was dropped, what we noted of the whole row can be of no use any more.
        return None if known.doubtful or known.left.keys() - live.keys() else True

    def _as_added(self, name: str, column: str) -> bool:
        """Whether a cell holds what the migration that added its column put there, or nothing."""
        return self.table[name][column] in (None, self.model.missing.get(column))

    def _see(self, name: str, known: Known) -> None:
        """The run comes by a row without writing it."""
        if name not in self.table or self._untouched(name, known) is False:
            known.doubtful = True

    def _write(self, name: str, known: Known, cells: Cells) -> None:
        as_left = self._untouched(name, known)
        before = dict(self.table[name])
        self.model.by_hand(name, **cells)
        known.touched = as_left is False
        known.doubtful = as_left is None
        known.foreign |= {column for column, value in before.items() if known.left.get(column) != value}
        known.foreign -= cells.keys()
        known.left = dict(self.table[name])

    # Seeding

    def _seed(self, name: str, wanted: Cells) -> None:
        known = self._claim(name)
        compared = {column: value for column, value in wanted.items() if column != "flag"}
        if name not in self.table:
            if known is not None and self.file.deleted_rows == "keep":
                self.did.kept += 1
                self._see(name, known)
                self._list(known, compared)
            else:
                self._insert(name, wanted, compared)
        elif self.file.mode == "insert":
            if known is not None:
                self._see(name, known)
                self._list(known, compared)
        elif known is None and self.file.existing_rows == "fail":
            raise RefusedError
        else:
            self._compare(name, wanted, compared)

    def _insert(self, name: str, wanted: Cells, compared: Cells) -> None:
        self.did.inserted += 1
        other, _ = self._alias(name)
        self.model.by_hand(name, **{column: value for column, value in wanted.items() if column != other})
        row = dict(self.table[name])
        cells = {column: Cell(value, row.get(column, value)) for column, value in compared.items()}
        self.ledger[name] = Known(
            self.file.owner, self.file.key, cells, left=row, first=frozenset(self.model.names)
        )

    def _compare(self, name: str, wanted: Cells, compared: Cells) -> None:
        known = self.ledger.setdefault(name, Known(self.file.owner, self.file.key, adopted=True))
        other, alias = self._alias(name)
        live = {**self.table[name], other: alias}
        write: Cells = {}
        states: set[str] = set()
        flag = known.cells.get("flag")
        if flag is not None and known.retired and "flag" in wanted and live["flag"] == flag.desired:
            write["flag"] = wanted["flag"]
        self._list(known, compared)
        for column, value in compared.items():
            if live[column] == value:
                known.cells[column] = Cell(value, value)
                continue
            last = known.cells.get(column)
            state = self._differing(name, column, value, known)
            states.add(state)
            if state == "fail":
                raise RefusedError
            if state == "write":
                write[column] = value
            elif state == "adopt":
                known.cells[column] = Cell(value, value, pending=True)
            elif state == "conflict":
                assert last is not None
                known.cells[column] = Cell(value, last.stood, in_conflict=True)
        if write:
            self.did.updated += 1
            self._write(name, known, write)
            for column in write.keys() & compared.keys():
                known.cells[column] = Cell(compared[column], self.table[name][column])
        else:
            self._see(name, known)
        self.did.kept += bool(states & {"edited", "adopt", "conflict", "open"})
        self.did.kept_existing += "adopt" in states
        self.did.conflicts += bool(states & {"conflict", "open"})
        self.did.new_conflicts += "conflict" in states

    def _differing(self, name: str, column: str, value: str | None, known: Known) -> str:
        last, live = known.cells.get(column), self.table[name][column]
        if last is None and self._is_nobodys(name, column, value, known):
            return "write"
        if last is None or last.pending:
            if last and self.file.existing_rows == "fail":
                return "fail" if self.seen.failed else "adopt"
            return {"overwrite": "write", "keep": "adopt", "fail": "fail"}[self.file.existing_rows]
        if live == last.stood:
            return "write" if last.in_conflict or value != last.desired else "same"
        if value == last.desired:
            return "open" if last.in_conflict else "edited"
        return {"overwrite": "write", "keep": "conflict", "fail": "fail"}[self.file.edited_rows]

    def _is_nobodys(self, name: str, column: str, value: str | None, known: Known) -> bool:
        """Whether the cell of a column that comes to the seed file only now may be written, in a row that is ours."""
        if known.adopted:
            return False
        answer = self._untouched(name, known)
        if self._as_added(name, column) and column not in known.left:
            answer = True
        elif self._as_added(name, column) and column not in known.first:
            answer = answer or None  # since the insert, or since our latest write
        if answer is not None or self.file.existing_rows == "overwrite":
            return bool(answer)
        if self.table[name][column] == stored(column, value):
            raise UnclearError(lambda file: file.rows[name].pop(column))
        return self.seen.table.get(name, {}).get(column) == stored(column, value)

    def _list(self, known: Known, compared: Cells) -> None:
        if known.retired:
            known.cells = {column: cell for column, cell in known.cells.items() if column in compared}
        known.retired = None

    # Retirement

    def _retire(self) -> None:
        for name, known in self._own():
            if known.retired is None:
                continue
            if name not in self.table:
                del self.ledger[name]
            elif self.file.retired_rows == "delete" and self._may_delete(name, known):
                del self.ledger[name], self.table[name]
                self.did.deleted += 1
            elif isinstance(self.file.retired_rows, dict):
                ((column, value),) = self.file.retired_rows["set"].items()
                if known.retired == "unlisted" and self._may_set(name, known, column, value):
                    self.did.sure &= self.table[name][column] != stored(column, value)
                    self.did.updated += 1
                    self._write(name, known, {column: value})
                    known.cells[column] = Cell(stored(column, value), stored(column, value))
                    known.retired = "set"
                else:
                    self._see(name, known)
                self.did.kept += known.retired != "set"
            else:
                self._see(name, known)
                self.did.kept += 1

    def _may_delete(self, name: str, known: Known) -> bool:
        answer = self._untouched(name, known)
        return name not in self.seen.table if answer is None else answer

    def _may_set(self, name: str, known: Known, column: str, value: str) -> bool:
        """Whether a cell is as we left it. In a row that is not, or not for sure, the contract lets it be or not."""
        cell, live = known.cells.get(column), self.table[name][column]
        if cell is None:
            theirs = known.adopted or column in known.foreign or live != known.left.get(column)
        else:
            theirs = cell.pending or cell.in_conflict or live != cell.stood
        if theirs:
            return False
        if self._untouched(name, known):
            return True
        if live == stored(column, value):
            raise UnclearError(lambda file: setattr(file, "retired_rows", "keep"))
        return self.seen.table[name][column] == stored(column, value)

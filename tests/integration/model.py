"""What a run makes of a table and its ledger: docs/edits.md and docs/releases.md as a program over plain values.

`run` and `resolve` are pure: they return a new state, and count what was done. `model_state.py` has the words.
"""

from __future__ import annotations

import copy
from collections import Counter

from tests.integration.model_state import Cell, Entry, File, Row, State

Outcome = tuple[State, Counter[str] | None]
States = dict[str, str]
"""What becomes of each cell of a row: same, note, write, fail, or it is kept as edited, conflict or existing."""


class RefusedError(Exception):
    """The seeder fails and writes nothing: a policy says so, or another seeder has the row that is named."""


def run(state: State, files: list[File], release: int = 0, withdraw: int = 0) -> Outcome:
    """Seed the files of an application; 0 is no release. No counts if a newer one has been here: nothing is done."""
    state, counts, application = copy.deepcopy(state), Counter[str](), files[0].owner.split("/")[0]
    newest, withdrawn = state.releases.get(application, (0, 0))
    if 0 < release < newest == withdraw:
        newest, withdrawn = release, max(withdrawn, newest)
    if release != newest and release <= max(newest, withdrawn):
        return state, None
    state.releases[application] = (release, withdrawn if release == newest else 0)
    for file in files:  # before any is seeded, so that a row may move from one to another
        for key, entry in state.ledger.items():
            entry.owner = file.owner if entry.owner in file.formerly else entry.owner
            if entry.owner == file.owner and key not in file.rows:
                entry.retired = entry.retired or "unlisted"
    for file in files:
        for key in file.rows:
            _seed(state, file, key, counts)
    for file in reversed(files):
        entries = state.ledger.items()
        for key in [key for key, entry in entries if entry.owner == file.owner and entry.retired]:
            _retire(state, file, key, counts)
    return state, counts


def resolve(state: State, file: File, take: str) -> tuple[State, Counter[str]]:
    """Of a file that was just applied, take the "seed" or the "live" value of cells that were kept."""
    state, counts = copy.deepcopy(state), Counter[str]()
    for key in file.rows.keys() & state.table.keys() if file.mode == "upsert" else ():
        states = _compare(state, file, key)
        kept = [column for column, what in states.items() if what in {"conflict", "existing"}]
        counts["resolved"] += len(kept)
        _apply(state, file, key, dict.fromkeys(kept, "write" if take == "seed" else "note"))
    return state, counts


def _seed(state: State, file: File, key: str, counts: Counter[str]) -> None:
    entry = state.ledger.get(key)
    unnamed = f"default/{file.owner.split('/')[1]}"  # from before the application had a name
    if entry and entry.owner not in {file.owner, unnamed} and not entry.retired:
        raise RefusedError(key)
    if key in state.table:
        if file.mode == "insert":
            return _apply(state, file, key, {}) if entry else None
        states = _compare(state, file, key)
        counts["updated"] += "write" in states.values()
        counts["kept"] += not {"edited", "conflict", "existing"}.isdisjoint(states.values())
        counts["conflicts"] += "conflict" in states.values()
        counts["kept_existing"] += "existing" in states.values()
        return _apply(state, file, key, states)
    if entry and file.deleted_rows == "keep":
        counts["kept"] += 1
        return _apply(state, file, key, {})
    counts["inserted"] += 1
    state.write(key, file.rows[key])
    cells = {column: Cell(value, state.table[key][column]) for column, value in file.rows[key].items()}
    return state.note(key, Entry(file.owner, adopted=False, cells=cells), as_left=True)


def _compare(state: State, file: File, key: str) -> States:
    live = state.table[key]
    # The columns that an earlier release shipped, if all of them still stand as it did.
    shipped = {
        column for name, row in file.history if name == key and row.items() <= live.items() for column in row
    }
    states = {column: _judge(state, file, key, column, shipped) for column in file.rows[key]}
    fails = file.existing_rows == "fail" and key not in state.ledger and not shipped
    if fails or "fail" in states.values():
        raise RefusedError
    return states


def _judge(state: State, file: File, key: str, column: str, shipped: set[str]) -> str:
    want, live, entry = file.rows[key][column], state.table[key][column], state.ledger.get(key)
    cell, as_added = entry.cells.get(column) if entry else None, state.is_as_added(key, column)
    if column in file.insert_only:  # never written again, but where `retired_rows: {set: …}` took it
        taken = entry is not None and entry.retired == "set" and cell == Cell(live, live)
        return "write" if taken and live != want else "same"
    if live == want:
        return "note"
    if cell is None or cell.kept == "existing":
        ours = entry is not None and cell is None and not entry.adopted
        nobodys = ours and (state.is_as_left(key) or (as_added and column not in state.ledger[key].seen))
        as_shipped = column in shipped or (shipped and as_added)
        policy = {"keep": "existing", "overwrite": "write", "fail": "fail"}[file.existing_rows]
        return "write" if nobodys or as_shipped else policy
    if live == cell.stood:  # as seeded; or it is again, after a conflict
        return "write" if cell.kept or want != cell.desired else "same"
    if want == cell.desired:
        return cell.kept or "edited"
    return {"keep": "conflict", "overwrite": "write", "fail": "fail"}[file.edited_rows]


def _apply(state: State, file: File, key: str, states: States) -> None:
    wanted, before, as_left = file.rows[key], state.ledger.get(key), state.is_as_left(key)
    entry = copy.deepcopy(before) or Entry(file.owner, adopted=True)
    entry.owner, entry.retired = file.owner, ""
    written = {column: wanted[column] for column, what in states.items() if what == "write"}
    if written:
        state.write(key, written)
    for column, what in states.items():
        if what == "write":
            entry.cells[column] = Cell(wanted[column], state.table[key][column])
        elif what == "note":
            entry.cells[column] = Cell(wanted[column], wanted[column])
        elif what == "existing":
            entry.cells[column] = Cell(None, None, kept="existing")
        elif what == "conflict":
            entry.cells[column] = Cell(wanted[column], entry.cells[column].stood, kept="conflict")
    if written or entry != before:
        state.note(key, entry, as_left=as_left)


def _retire(state: State, file: File, key: str, counts: Counter[str]) -> None:
    entry, live, as_left = state.ledger[key], state.table.get(key), state.is_as_left(key)
    if live is None or (file.retired_rows == "delete" and as_left and not entry.adopted):
        counts["deleted"] += live is not None
        del state.ledger[key]
        state.table.pop(key, None)
    elif isinstance(file.retired_rows, str) or entry.adopted:
        counts["kept"] += 1
    elif entry.retired == "unlisted":
        ours = {c for c, cell in entry.cells.items() if cell.kept != "existing" and cell.stood == live[c]}
        cells: Row = {c: value for c, value in file.retired_rows.items() if as_left or c in ours}
        counts["updated" if cells else "kept"] += 1
        if cells:
            state.write(key, cells)
            entry.cells |= {column: Cell(live[column], live[column]) for column in cells}
            entry.retired = "set"
            state.note(key, entry, as_left=as_left)

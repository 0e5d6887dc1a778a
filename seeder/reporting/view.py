"""What people see of a run while it goes on: a line a seeder as it ends, and below it what was left as it was.

It is made from the events that programs get as JSON: see `docs/logs.md`. How a run ended is in `summary`.
"""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Final

from seeder.masking import redact_own
from seeder.reporting.events import COMMON_FIELDS
from seeder.reporting.screen import Line, Screen, Watched, Work, duration, progress_line

Fields = MutableMapping[str, Any]

_MOST_NOTES: Final = 10
"""Lines below a seeder."""

_NAME: Final = 16
"""Columns for the name of a seeder, so that what follows is aligned unless one is longer."""

_MARKS: Final = {
    "succeeded": ("✓", "green"),
    "failed": ("✗", "bold red"),
    "skipped": ("-", "yellow"),
    "superseded": ("-", "yellow"),
}
_PART: Final = re.compile(r"(\w+)=('((?:[^'\\]|\\.)*)'|\S*)")
"""A part of an address, as libpq quotes it."""

_COUNTS: Final = {"inserted": "to insert", "updated": "to update", "deleted": "to delete"}
"""How counts are said of what was done, and of what would be."""


class View:
    """Shows events on a screen: each by the method of its name, one that has none as what it is."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self._notes: dict[str, list[Line]] = defaultdict(list)
        self._unsaid: dict[str, int] = defaultdict(int)
        """Notes beyond those that are shown, by seeder."""
        self._waiting_for: str | None = None
        self._read: dict[str, tuple[int, float]] = {}
        self._seeders = self._done = 0
        self._said_how = False
        self._foretold = False

    def __call__(self, fields: Fields) -> None:
        """Show one event."""
        trace = fields.pop("traceback", None)
        show = getattr(self, f"_{str(fields['event']).replace('.', '_')}", self._other)
        show(fields)
        if trace:
            self.screen.write(Line.of(line) for line in str(trace).splitlines())

    @contextlib.contextmanager
    def watching(self, seeder: str, work: Work) -> Iterator[None]:
        """Inside, show what the seeder is doing."""
        watched = Watched(seeder, work)
        self.screen.watch(watched)
        try:
            yield
        finally:
            self.screen.forget(watched)

    def close(self) -> None:
        """Say what is still to be said of seeders that never ended, or whose end nobody wants to hear of."""
        self.screen.close()
        for seeder in list(self._notes):
            self.screen.write([Line.of(("! ", "yellow"), (seeder, "bold"))])
            self._write_notes(seeder)

    def say_last(self, reason: str) -> None:
        """Say why the process ends, if it can't wait for the summary."""
        self.screen.write([Line.of(("✗ ", "bold red"), redact_own(reason), hang=2)])

    def _run_started(self, fields: Fields) -> None:
        self._seeders = int(fields["seeders"])
        self._foretold = bool(fields.get("check") or fields.get("dry_run"))
        paths = ":".join(fields.get("path", ()))
        said = [many(self._seeders, "seeder") + (f" from {paths}" if paths else "")]
        if self._foretold:
            said.append("check" if fields.get("check") else "dry run")
        if fields.get("release") is not None:
            said.append(f"{fields.get('application')} {fields['release']}")
        if fields.get("address"):
            said.append(f"into {place(fields['address'])}")
        self.screen.write([Line.of((f"seeder {fields['version']}: {', '.join(said)}", "dim"), hang=4)])

    def _database_waiting(self, fields: Fields) -> None:
        what = fields.get("prerequisite") or "the database"
        said = fields.get("error") or fields.get("seen")
        if self._waiting_for != (said := f"waiting for {what}: {said}"):
            self._waiting_for = said
            self.screen.write([Line.of(("… ", "dim"), said, hang=2)])

    def _database_ready(self, fields: Fields) -> None:
        if self._waiting_for is not None:
            self._waiting_for = None
            what = fields.get("prerequisite") or "the database"
            after = duration(fields["duration_seconds"])
            self.screen.write([Line.of(("… ", "dim"), f"{what} is ready after {after}", hang=2)])

    _prerequisite_waiting = _database_waiting
    _prerequisite_ready = _database_ready

    def _lock_waiting(self, fields: Fields) -> None:
        said = f"waiting for {fields['lock']}, which another session holds: {fields.get('holder')}"
        self.screen.write([Line.of(("… ", "dim"), said, hang=2)])

    def _seeder_started(self, fields: Fields) -> None:
        """The bar says it, and the line at the end."""

    def _seeder_progress(self, fields: Fields) -> None:
        # Where a bar moves, it says it.
        if not self.screen.moves:
            name, rows, seconds = fields["seeder"], fields["rows"], fields["duration_seconds"]
            before, then = self._read.get(name, (0, 0.0))
            self._read[name] = (rows, seconds)
            rate = (rows - before) / (seconds - then) if seconds > then else 0.0
            self.screen.write([progress_line(name, fields["phase"], rows, seconds, rate)])

    def _seeder_retrying(self, fields: Fields) -> None:
        # What was noted is rolled back with it.
        self._forget(fields["seeder"])
        why = _message(fields)
        said = f"{fields['seeder']}: rolled back, and tried again ({fields['attempt']}): {why}"
        self.screen.write([Line.of(("! ", "yellow"), said, hang=4)])

    def _run_retrying(self, fields: Fields) -> None:
        for seeder in list(self._notes):
            self._forget(seeder)
        said = f"all rolled back, and tried again ({fields['attempt']}): {_message(fields)}"
        self.screen.write([Line.of(("! ", "yellow"), said, hang=4)])

    def _seeder_finished(self, fields: Fields) -> None:
        self._done += 1
        self.screen.count(self._done, self._seeders)
        outcome = str(fields["outcome"])
        mark, style = _MARKS[outcome]
        counts = counted(fields, foretold=self._foretold)
        if outcome == "succeeded":
            said = counts or "no rows"
        else:
            why = fields.get("reason") or (_message(fields) if outcome == "skipped" else "")
            said = outcome + (f": {why}" if why else "") + (f"; {counts}" if counts else "")
        seconds = f"{duration(fields['duration_seconds']):>8}"
        name = f"{fields['seeder']:<{_NAME}}"
        self.screen.write(
            [Line.of((mark, style), " ", (name, "bold"), (f" {seconds}", "dim"), f"  {said}", hang=4)]
        )
        self._write_notes(fields["seeder"])

    def _seeder_superseded(self, fields: Fields) -> None:
        """The line at the end says it."""

    def _seeder_conflict(self, fields: Fields) -> None:
        columns = ", ".join(fields["columns"])
        self._note(fields, "!", "magenta", f"conflict {_key(fields)}: {columns}")

    def _seeder_kept(self, fields: Fields) -> None:
        self._note(fields, "=", "cyan", f"kept {_key(fields)}: {fields['reason']}")

    def _seeder_adopted(self, fields: Fields) -> None:
        rows = many(fields["rows"], "row")
        self._note(fields, "=", "cyan", f"{rows} there before (existing_rows: {fields['existing_rows']})")

    def _seeder_kept_existing(self, fields: Fields) -> None:
        cells = ", ".join(f"{column} {count}" for column, count in fields["kept_cells"].items())
        # How to go on is said once.
        way_on = "" if self._said_how else f"; {fields['message']}"
        self._said_how = True
        self._note(fields, "=", "cyan", f"kept in {many(fields['rows'], 'row')}: {cells}{way_on}")

    def _seeder_resolved(self, fields: Fields) -> None:
        values = {"seed": "the seed file's value", "live": "the value that is there"}
        taken = values.get(fields["take"], fields["take"])
        cells = many(fields["cells"], "cell")
        said = f"{cells} to resolve: {taken} would be" if self._foretold else f"{cells} resolved: {taken} was"
        self._note(fields, "=", "cyan", f"{said} taken")

    def _table_created(self, fields: Fields) -> None:
        self._note(fields, "+", "green", f"table {fields['table']} {self._created}")

    def _ledger_created(self, fields: Fields) -> None:
        said = f" ledger {self._created} in the schema {fields['schema']}"
        self.screen.write([Line.of(("+", "green"), said, hang=4)])

    @property
    def _created(self) -> str:
        return "would be created" if self._foretold else "created"

    def _ledger_off(self, fields: Fields) -> None:
        self.screen.write([Line.of(("!", "yellow"), f" {fields['message']}", hang=4)])

    def _release_noted(self, fields: Fields) -> None:
        before = f", after {fields['before']}" if fields.get("before") else ""
        said = f" {fields['application']} {fields['release']} is the newest release from now on{before}"
        self.screen.write([Line.of(("+", "green"), said, hang=4)])

    def _seeder_reverted(self, fields: Fields) -> None:
        self._note(fields, "!", "yellow", fields["message"])

    _seeder_release_reused = _seeder_reverted

    def _seeder_tag_in_csv(self, fields: Fields) -> None:
        self._note(fields, "!", "yellow", f"{fields['file']}:{fields['line']}: {fields['message']}")

    def _run_finished(self, _: Fields) -> None:
        """What `summary` says of the report is better."""
        self.close()

    def _other(self, fields: Fields) -> None:
        level = str(fields["level"])
        mark, style = {"warning": ("!", "yellow"), "error": ("✗", "bold red")}.get(level, ("·", "dim"))
        parts = [_shown(name, value) for name, value in fields.items() if name not in COMMON_FIELDS]
        said = " ".join([str(fields["event"]), *parts])
        self.screen.write([Line.of((mark, style), f" {said}", hang=4)])

    def _note(self, fields: Fields, mark: str, style: str, said: str) -> None:
        seeder = fields["seeder"]
        if len(self._notes[seeder]) < _MOST_NOTES:
            self._notes[seeder].append(Line.of("  ", (mark, style), f" {said}", hang=6))
        else:
            self._unsaid[seeder] += 1

    def _write_notes(self, seeder: str) -> None:
        notes, more = self._notes.get(seeder, []), self._unsaid.get(seeder, 0)
        if more:
            notes.append(Line.of(f"  … and {more:,} more: see seeder conflicts", hang=6))
        self.screen.write(notes)
        self._forget(seeder)

    def _forget(self, seeder: str) -> None:
        self._notes.pop(seeder, None)
        self._unsaid.pop(seeder, None)


def counted(counts: Mapping[str, Any], *, foretold: bool) -> str:
    """The numbers of rows that are not 0: of what would be done if `foretold`, else of what was."""
    said = [
        f"{counts[name]:,} {to_do if foretold else name}" for name, to_do in _COUNTS.items() if counts[name]
    ]
    if counts["kept"] and counts["kept"] == counts["kept_existing"]:
        said.append(f"{counts['kept']:,} kept {as_it_was(counts['kept'])}")
    elif counts["kept"]:
        among = []
        if counts["conflicts"]:
            among.append(many(counts["conflicts"], "conflict"))
        if counts["kept_existing"]:
            among.append(f"{counts['kept_existing']:,} {as_it_was(counts['kept_existing'])}")
        said.append(f"{counts['kept']:,} kept" + (f" ({', '.join(among)})" if among else ""))
    if counts["unchanged"]:
        said.append(f"{counts['unchanged']:,} unchanged")
    return ", ".join(said)


def _message(fields: Fields) -> str:
    error = fields.get("error")
    return str(error["message"]) if isinstance(error, Mapping) else str(error or "")


def _key(fields: Fields) -> str:
    return ", ".join(
        f"{column}={'NULL' if value is None else value}" for column, value in fields["key"].items()
    )


def _shown(name: str, value: Any) -> str:
    if name == "error" and isinstance(value, Mapping):
        return f"{value['type']}: {value['message']}"
    return f"{name}={value}"


def place(address: str) -> str:
    """An address of the log for people: `shop on db:5432` for `host=db port=5432 dbname=shop user=app`."""
    found = {part[1]: re.sub(r"\\(.)", r"\1", part[3] or part[2]) for part in _PART.finditer(address)}
    host = found.get("host", "")
    # Of a service, and of several hosts, there is no short form.
    if not host or "," in host or "dbname" not in found:
        return address
    return f"{found['dbname']} on {host}" + (f":{found['port']}" if "port" in found else "")


def as_it_was(count: int) -> str:
    """What is said of so many rows that stay as they were before the seeder."""
    return "as it was" if count == 1 else "as they were"


def many(count: int, what: str) -> str:
    """`count` and `what`, in the plural unless the count is 1."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"

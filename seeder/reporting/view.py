"""What people see of a run while it goes on: a line a seeder as it ends, and below it what was left as it was.

It is made from the events that programs get as JSON: see `docs/logs.md`. How a run ended is in `summary`.
"""

from __future__ import annotations

import contextlib
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
_COUNTS: Final = ("inserted", "updated", "deleted")


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
        said = [_many(self._seeders, "seeder")]
        if fields.get("check") or fields.get("dry_run"):
            said.append("check" if fields.get("check") else "dry run")
        if fields.get("release") is not None:
            said.append(f"{fields.get('application')} {fields['release']}")
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

    def _seeder_finished(self, fields: Fields) -> None:
        self._done += 1
        self.screen.count(self._done, self._seeders)
        outcome = str(fields["outcome"])
        mark, style = _MARKS[outcome]
        counts = counted(fields)
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
        rows = _many(fields["rows"], "row")
        self._note(fields, "=", "cyan", f"{rows} there before (existing_rows: {fields['existing_rows']})")

    def _seeder_kept_existing(self, fields: Fields) -> None:
        cells = ", ".join(f"{column} {count}" for column, count in fields["kept_cells"].items())
        # How to go on is said once.
        way_on = "" if self._said_how else f"; {fields['message']}"
        self._said_how = True
        self._note(fields, "=", "cyan", f"kept in {_many(fields['rows'], 'row')}: {cells}{way_on}")

    def _seeder_resolved(self, fields: Fields) -> None:
        took = {"seed": "the seed file's value was taken", "live": "the value that is there was taken"}
        cells = _many(fields["cells"], "cell")
        self._note(fields, "=", "cyan", f"{cells} resolved: {took.get(fields['take'], fields['take'])}")

    def _table_created(self, fields: Fields) -> None:
        self._note(fields, "+", "green", f"table {fields['table']} created")

    def _ledger_created(self, fields: Fields) -> None:
        self.screen.write(
            [Line.of(("+", "green"), f" ledger created in the schema {fields['schema']}", hang=4)]
        )

    def _release_noted(self, fields: Fields) -> None:
        before = f", after {fields['before']}" if fields.get("before") else ""
        said = f" {fields['application']} {fields['release']} is the newest release from now on{before}"
        self.screen.write([Line.of(("+", "green"), said, hang=4)])

    def _seeder_reverted(self, fields: Fields) -> None:
        self._note(fields, "!", "yellow", fields["message"])

    _seeder_release_reused = _seeder_reverted

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


def counted(counts: Mapping[str, Any]) -> str:
    """The numbers of rows that are not 0."""
    said = [f"{counts[name]:,} {name}" for name in _COUNTS if counts[name]]
    if counts["kept"] and counts["kept"] == counts["kept_existing"]:
        said.append(f"{counts['kept']:,} kept as they were before")
    elif counts["kept"]:
        among = []
        if counts["conflicts"]:
            among.append(_many(counts["conflicts"], "conflict"))
        if counts["kept_existing"]:
            among.append(f"{counts['kept_existing']:,} as they were before")
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


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"

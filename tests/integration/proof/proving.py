"""Runs that tell whether they were proved, and are checked against a run that compares everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.integration.commandline import Result
    from tests.integration.postgres import Database, StatementLog
    from tests.integration.seeding import Seeding

TOOLS = "CREATE TABLE tools (name text PRIMARY KEY, title text, number int)"
ROWS = [{"name": name, "title": f"Title {name}", "number": 1} for name in "abc"]
COUNTS = ("inserted", "updated", "deleted", "unchanged", "kept", "conflicts")


@dataclass
class Proving:
    """Runs of a folder of seed files: `proving()`; `proved` tells whether the last one only asked for the proof."""

    seeding: Seeding
    statements: StatementLog
    texts: Sequence[str] = ()
    """The statements of the last run."""

    @property
    def database(self) -> Database:
        return self.seeding.database

    def write(self, name: str, rows: Iterable[Mapping[str, Any]] = ROWS, **fields: Any) -> None:
        self.seeding.write(name, rows, **fields)

    def write_overlay(self, environment: str, content: str) -> None:
        """Write what differs for the tools in an environment."""
        self.seeding.folder.write(f"tools.{environment}.yaml", content)

    def __call__(self, *selection: str, **options: Any) -> Result:
        """Run, and note which statements that took."""
        with self.statements.recorded() as sent:
            result = self.seeding(*selection, **options)
        self.texts = sent.texts
        return result

    @property
    def sent(self) -> int:
        return len(self.texts)

    @property
    def proved(self) -> bool:
        return self.sent == 1

    def must_hold(self, **options: Any) -> Result:
        """A run is proved, and tells the same as one that compares everything and finds nothing to do."""
        result = self(**options)
        assert result.exit_code == 0, str(result)
        assert self.proved, f"{self.sent} statements"
        assert result.event("run.finished")["changed"] == 0
        # --diff shows cells that are kept, so that it proves nothing.
        compared = self.seeding(**{**options, "diff": True, "dry_run": True})
        assert counts(result) == counts(compared), str(compared)
        return result

    def must_not_hold(self, **options: Any) -> Result:
        """A run compares everything."""
        result = self(**options)
        assert not self.proved
        return result


def counts(result: Result) -> dict[str, dict[str, int]]:
    """The counts of each seeder."""
    return {
        event["seeder"]: {name: event[name] for name in COUNTS} for event in result.all("seeder.finished")
    }

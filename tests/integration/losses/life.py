"""A table's life: seed files are written, the seeder runs, people and migrations come, the seeder runs again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.integration.commandline import CommandLine, Result, SeedFolder
    from tests.integration.postgres import Database


@dataclass(frozen=True)
class Life:
    """One database, the seeder that fills it, and the seed files it reads."""

    database: Database
    seeder: CommandLine
    seeds: SeedFolder

    def write(self, name: str, rows: Iterable[Mapping[str, Any]], **fields: Any) -> None:
        """Write the seed file `NAME.yaml`: its fields, and its rows one a line. JSON is YAML, so tests may say JSON."""
        listed = [f"- {json.dumps(row)}\n" for row in rows]
        head = "".join(f"{field}: {json.dumps(value)}\n" for field, value in fields.items())
        self.seeds.write(f"{name}.yaml", head + "rows:" + ("\n" + "".join(listed) if listed else " []\n"))

    def run(self, *arguments: str) -> Result:
        """Run every seeder, however that ends."""
        return self.seeder("--all", "--path", self.seeds, *arguments)

    def seeded(self, *arguments: str) -> Result:
        """Run every seeder, and see that all went well."""
        done = self.run(*arguments)
        assert done.exit_code == 0, str(done)
        return done

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database answers."""
        return self.database.rows(query)

"""Runs inside the test's own process, for tests that need many, and the ledger as a test wants to read it."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from seeder.config.settings import Settings
from seeder.reporting import logs
from seeder.run import runner
from tests.integration.commandline import Result
from tests.integration.told_secrets import check_outputs, told_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import psycopg

    from seeder.merge.resolution import Resolution
    from tests.integration.commandline import SeedFolder
    from tests.integration.postgres import Database

Cells: TypeAlias = "dict[str, str | None]"
Ledger: TypeAlias = "dict[tuple[str | None, ...], Entry]"


class Seeding:
    """Runs the seeders of a folder as the command line would, without the cost of a process."""

    def __init__(self, database: Database, folder: SeedFolder) -> None:
        self.database = database
        self.folder = folder

    def __call__(
        self,
        *selection: str,
        environ: Mapping[str, str] | None = None,
        resolution: Resolution | None = None,
        **options: str | bool | None,
    ) -> Result:
        """Run the seeders of that name, or all; `options` are those of the command line.

        With a `resolution`, as `seeder resolve` runs them.
        """
        given = {"database_url": self.database.url, "path": [str(self.folder.path)], **options}
        settings = Settings.load(given, environ or {})
        said = io.StringIO()
        before = logs._process_log
        logs.configure(settings, stream=said)
        try:
            report = runner.run(settings, selection or None, environ=environ or {}, resolution=resolution)
        finally:
            logs._process_log = before
        check_outputs(
            told_secrets(environ or {}), {"stdout": said.getvalue(), "the report": f"{report.to_dict()}"}
        )
        return Result(int(report.exit_code), said.getvalue(), "")

    def write(self, name: str, rows: Iterable[Mapping[str, Any]], **fields: Any) -> None:
        """Write a seed file `NAME.yaml`: its fields, and its rows one a line. JSON is YAML, so tests may say JSON."""
        lines = [f"{field}: {json.dumps(value)}" for field, value in fields.items()]
        lines += ["rows:", *(f"- {json.dumps(row)}" for row in rows)]
        self.folder.write(f"{name}.yaml", "\n".join(lines) + ("\n" if list(rows) else " []\n"))


@dataclass(frozen=True)
class Entry:
    """One row's entry in the ledger, its digests as the texts that they are of.

    `stored` holds only the cells that stood otherwise than desired after our write.
    """

    desired: Cells
    stored: Cells = field(default_factory=dict)
    adopted: bool = False
    retired: str | None = None
    seeder: str = "tools"


def read_ledger(
    database: Database,
    *texts: str | None,
    table: str = "public.tools",
    schema: str = "seeder",
    connection: psycopg.Connection[tuple[Any, ...]] | None = None,
) -> Ledger:
    """The entries of one table by key. `texts` are the cells that a digest may be of; others show as hexadecimal."""
    known = {digest(text): text for text in (*texts, None)}

    def read(columns: list[str], digests: bytes) -> Cells:
        cells = ((name, digests[at : at + 8]) for at, name in zip(range(0, 2000, 8), columns, strict=False))
        return {name: known.get(cell, cell.hex()) for name, cell in cells if any(cell)}

    query = (
        "SELECT CAST(r.key AS text[]), ARRAY(SELECT t.columns[place] FROM unnest(t.slots) WITH ORDINALITY AS "
        "s (place, n) ORDER BY n), r.cells, r.stored, r.adopted, r.retired, s.name, r.kept "
        f"FROM {schema}.seeder_rows r JOIN {schema}.seeder_tables t ON t.id = r.table_id "
        f"JOIN {schema}.seeder_seeders s ON s.id = r.seeder_id WHERE t.schema_name || '.' || t.table_name = %s"
    )
    rows = connection.execute(query.encode(), [table]) if connection else database.rows(query, [table])
    entries: Ledger = {}
    for key, columns, desired, stored, adopted, retired, seeder, kept in rows:
        wanted = read(columns, desired)
        stood = read(columns, stored or desired)
        differing = {name: text for name, text in stood.items() if wanted.get(name, text) != text}
        conflicts = {columns[slot - 1] for slot in kept or () if slot > 0}
        differing |= {name: f"{stood[name]}, before the conflict" for name in conflicts}
        entries[tuple(key)] = Entry(wanted, differing, adopted, retired, seeder)
    return entries


def digest(text: str | None) -> bytes:
    """What the ledger holds of a cell with this text."""
    return b"\0\0\0\0\0\0\0\1" if text is None else hashlib.sha256(text.encode()).digest()[:8]

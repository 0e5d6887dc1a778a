"""The data: a table of eight columns, and its rows in every form that one of the sides reads."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLUMNS: Final = ("id", "code", "name", "description", "price", "added_at", "attributes", "active")

DDL: Final = """\
CREATE TABLE items (id bigint PRIMARY KEY, code text NOT NULL, name text NOT NULL, description text,
    price numeric(12,2), added_at timestamptz, attributes jsonb, active boolean NOT NULL);
"""

_REST: Final = COLUMNS[1:]

# What somebody who knows PostgreSQL would write by hand: the floor. It writes only rows that differ.
_BY_HAND: Final = f"""\
BEGIN;
CREATE TEMPORARY TABLE staged (LIKE items INCLUDING DEFAULTS) ON COMMIT DROP;
\\copy staged ({", ".join(COLUMNS)}) FROM '%s' WITH (FORMAT csv, HEADER)
ANALYZE staged;
INSERT INTO items ({", ".join(COLUMNS)})
SELECT {", ".join(COLUMNS)} FROM staged
ON CONFLICT (id) DO UPDATE SET {", ".join(f"{column} = excluded.{column}" for column in _REST)}
WHERE ({", ".join(f"items.{column}" for column in _REST)})
    IS DISTINCT FROM ({", ".join(f"excluded.{column}" for column in _REST)});
COMMIT;
"""


@dataclass(frozen=True)
class Data:
    """A folder with one state of the rows, in the forms that were asked for."""

    folder: Path

    @property
    def csv(self) -> Path:
        """The seeds folder with `items.csv`."""
        return self.folder / "csv"

    @property
    def yaml(self) -> Path:
        """The seeds folder with `items.yaml`."""
        return self.folder / "yaml"

    @property
    def sql(self) -> Path:
        """The script for psql, which copies `items.csv`."""
        return self.folder / "items.sql"

    @property
    def ndjson(self) -> Path:
        """One JSON object a line, all values as text, for knex."""
        return self.folder / "items.ndjson"

    @property
    def fixture(self) -> Path:
        """A fixture for Django's loaddata."""
        return self.folder / "items.json"

    def touch(self) -> None:
        """Give all files a new time, as a new container does to the files of its image."""
        for file in self.folder.rglob("*.*"):
            file.touch()


def write(folder: Path, rows: int, *, changed: bool, small: bool = False) -> Data:
    """Write `rows` rows; `changed` changes every hundredth, `small` adds the forms that do not stream."""
    data = Data(folder)
    data.csv.mkdir(parents=True)
    with (data.csv / "items.csv").open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(_rows(rows, changed=changed))
    data.sql.write_text(_BY_HAND % (data.csv / "items.csv"))
    if small:
        data.yaml.mkdir()
        with (data.yaml / "items.yaml").open("w") as stream:
            stream.write("rows:\n")
            stream.writelines(_yaml(row) for row in _rows(rows, changed=changed))
        with data.fixture.open("w") as stream:
            json.dump([_for_django(row) for row in _rows(rows, changed=changed)], stream)
    return data


def write_ndjson(data: Data) -> None:
    """Add the form that knex's script reads."""
    with (data.csv / "items.csv").open(newline="") as rows, data.ndjson.open("w") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in csv.DictReader(rows))


def write_small_seeders(folder: Path, seeders: int, rows: int = 10) -> tuple[Path, str]:
    """So many YAML files with a few rows each, and the DDL of their tables."""
    folder.mkdir(parents=True)
    ddl = []
    for number in range(seeders):
        table = f"small_{number:03d}"
        ddl.append(f"CREATE TABLE {table} (id bigint PRIMARY KEY, name text NOT NULL, settings jsonb);")
        lines = [
            f'- {{id: {row}, name: "{table} {row}", settings: {{limit: {row * 10}, on: true}}}}\n'
            for row in range(rows)
        ]
        (folder / f"{table}.yaml").write_text("rows:\n" + "".join(lines))
    return folder, "\n".join(ddl)


def _rows(count: int, *, changed: bool) -> Iterator[tuple[str, ...]]:
    for number in range(count):
        cents = number % 9973 * 100 + number % 100 + (1 if changed and number % 100 == 0 else 0)
        attributes = {"colour": ("red", "green", "blue")[number % 3], "size": number % 50}
        yield (
            str(number + 1),
            f"C{number:07d}",
            f"Item number {number}",
            f"What there is to say about item {number}, and it is not much",
            f"{cents // 100}.{cents % 100:02d}",
            f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d}T{number % 24:02d}:{number % 60:02d}:00Z",
            json.dumps(attributes),
            "true" if number % 3 else "false",
        )


def _yaml(row: tuple[str, ...]) -> str:
    lines = [f"{column}: {value}" for column, value in zip(COLUMNS, row, strict=True)]
    return "- " + "\n  ".join(lines) + "\n"


def _for_django(row: tuple[str, ...]) -> dict[str, Any]:
    fields: dict[str, Any] = dict(zip(_REST, row[1:], strict=True))
    fields |= {"attributes": json.loads(fields["attributes"]), "active": fields["active"] == "true"}
    return {"model": "bench.item", "pk": int(row[0]), "fields": fields}

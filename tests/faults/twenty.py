"""Twenty seeders of every kind in two releases, and what their tables hold before, between and after them.

Each is one transaction, and those that retire rows are two. So whatever happens to a run, the tables of a seeder hold
one of two contents, or one of three: `Twenty.check` says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.faults.agreement import agrees, nothing_is_held, nothing_is_left_to_do
from tests.integration.commandline import SeedFolder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.commandline import CommandLine, Running
    from tests.integration.postgres import Database, Server

TABLES = """\
CREATE TABLE regions (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE, label text);
CREATE TABLE cities (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE, region_id int REFERENCES regions, size int
);
CREATE TABLE shops (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE, city_id int REFERENCES cities
);
CREATE TABLE staff (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE, shop_id int REFERENCES shops,
    boss_id int REFERENCES staff
);
CREATE TABLE roles (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE, label text);
CREATE TABLE rights (role_id int REFERENCES roles, code text, PRIMARY KEY (role_id, code));
CREATE TABLE levels (name text PRIMARY KEY, label text, height numeric(9, 2));
CREATE TABLE colours (name text PRIMARY KEY, label text, codes text[]);
CREATE TABLE units (name text PRIMARY KEY, label text, factor float8);
CREATE TABLE currencies (name text PRIMARY KEY, label text, digits int);
CREATE TABLE flags (name text PRIMARY KEY, label text, settings jsonb);
CREATE TABLE prices (id int PRIMARY KEY, label text, price numeric(9, 2));
CREATE TABLE measures (id int PRIMARY KEY, label text, value float8);
CREATE TABLE events (id int PRIMARY KEY, label text, at timestamptz);
CREATE TABLE old_models (name text PRIMARY KEY, label text, enabled bool);
CREATE TABLE old_tools (name text PRIMARY KEY, label text, enabled bool);
CREATE TABLE script_runs (release int);
CREATE TABLE repeated (id int PRIMARY KEY, label text);
CREATE TABLE one_half (id int PRIMARY KEY, release int);
CREATE TABLE other_half (id int PRIMARY KEY, release int);
"""

CONTENTS = {
    "regions": "SELECT name, label FROM regions",
    "cities": "SELECT c.name, r.name, c.size FROM cities c LEFT JOIN regions r ON r.id = c.region_id",
    "shops": "SELECT s.name, c.name FROM shops s LEFT JOIN cities c ON c.id = s.city_id",
    "staff": "SELECT p.name, s.name, b.name FROM staff p "
    "LEFT JOIN shops s ON s.id = p.shop_id LEFT JOIN staff b ON b.id = p.boss_id",
    "rights": "SELECT r.name, code FROM rights JOIN roles r ON r.id = role_id",
    "roles": "SELECT name, label FROM roles",
    "script": "SELECT release FROM script_runs",
    "always": "SELECT id, label FROM repeated",
    "module": "SELECT 1, id, release FROM one_half UNION ALL SELECT 2, id, release FROM other_half",
    **{
        name: f"SELECT * FROM {name}"
        for name in ("levels", "colours", "units", "currencies", "flags", "prices", "measures", "events")
    },
    "old_models": "SELECT * FROM old_models",
    "old_tools": "SELECT * FROM old_tools",
    "made": "SELECT * FROM made",
}
"""What each seeder is to put there, without numbers that differ from one run to the next."""

MODULE = """\
from sqlalchemy import text

def seed_sync(session):
    # Not by ON CONFLICT, which locks the rows that are there, and a lock is written down.
    for table in ("one_half", "other_half"):
        session.execute(text(f"UPDATE {{table}} SET release = {release} WHERE release <> {release}"))
        session.execute(text(
            f"INSERT INTO {{table}} SELECT n, {release} FROM generate_series(1, 300) n "
            f"WHERE NOT EXISTS (SELECT FROM {{table}} WHERE id = n)"
        ))
"""

Content = dict[str, str | None]

ARGUMENTS = ("--allow-code", "--wait-timeout", "60s")

LARGE = 10_000
"""From so many rows on, only the run after the one that wrote them notes that nothing is left to do."""


def write_release(seeds: SeedFolder, release: int, rows: int, *, retire: bool = True) -> None:
    """Write the seed files of release 1 or 2. The large ones have so many rows."""
    new = release == 2
    some = range(1, 40 if new else 30)

    def label(number: int) -> str:
        return f"label {number} of {release if number % 5 == 0 else 1}"

    def plain(name: str, cell: str) -> None:
        lines = [f"- {{name: n{n}, label: {label(n)}, {cell.format(n)}}}\n" for n in some]
        seeds.write(f"{name}.yaml", "key: [name]\nrows:\n" + "".join(lines))

    def referring(name: str, cells: str) -> None:
        # The first one refers to none.
        lines = [f"- {{name: {name} {n}, {cells.format(1 + n % 20, n - 1)}}}\n" for n in some if n > 1]
        seeds.write(f"{name}.yaml", f"key: [name]\nrows:\n- {{name: {name} 1}}\n" + "".join(lines))

    seeds.write("_seeds.yaml", f"application: shop\nrelease: {release}\n")
    for name in ("regions", "roles"):
        lines = [f"- {{name: {name} {n}, label: {label(n)}}}\n" for n in some]
        seeds.write(f"{name}.yaml", "key: [name]\nrows:\n" + "".join(lines))
    referring(
        "cities",
        f"region_id: !ref {{{{table: regions, where: {{{{name: regions {{0}}}}}}}}}}, size: {release}",
    )
    referring("shops", "city_id: !ref {{table: cities, where: {{name: cities {0}}}}}")
    referring(
        "staff",
        "shop_id: !ref {{table: shops, where: {{name: shops {0}}}}}, "
        "boss_id: !ref {{table: staff, where: {{name: staff {1}}}}}",
    )
    lines = [f"- {{role_id: !ref {{table: roles, where: {{name: roles {n}}}}}, code: c{n}}}\n" for n in some]
    seeds.write("rights.yaml", "key: [role_id, code]\nrows:\n" + "".join(lines))
    plain("levels", "height: {0}.25")
    plain("colours", "codes: [a{0}, b]")
    plain("units", "factor: 1.{0}e-3")
    plain("currencies", "digits: {0}")
    plain("flags", 'settings: {{"on": {0}}}')
    prices = [
        f"{n},{label(n)},{n % 977}.{release if n % 7 == 0 else 1}0\n" for n in range(rows + 500 * release)
    ]
    seeds.write("prices.csv", "id,label,price\n" + "".join(prices))
    seeds.write(
        "events.ndjson",
        "".join(
            f'{{"id": {n}, "label": "{label(n)}", "at": "2026-01-0{release if n % 9 == 0 else 1}T00:00:00Z"}}\n'
            for n in range(2500 + 100 * release)
        ),
    )
    listed = range(1, 13) if not new else range(5, 16)
    for name, policy in {"old_models": "delete", "old_tools": "{set: {enabled: false}}"}.items():
        lines = [f"- {{name: n{n}, label: {label(n)}, enabled: true}}\n" for n in listed]
        retired = policy if retire else "keep"
        seeds.write(f"{name}.yaml", f"key: [name]\nretired_rows: {retired}\nrows:\n" + "".join(lines))
    seeds.write("script.sql", f"-- seeder: run=changed\nINSERT INTO script_runs VALUES ({release});\n")
    seeds.write(
        "always.sql",
        f"INSERT INTO repeated SELECT n, 'n' || n FROM generate_series(1, {1000 * release}) n\n"
        "WHERE NOT EXISTS (SELECT FROM repeated WHERE id = n);\n",
    )
    seeds.write("module.py", MODULE.format(release=release))
    if new:
        measures = [f"{n},m{n},{n / 7}\n" for n in range(rows)]
        seeds.write("measures.csv", "id,label,value\n" + "".join(measures))
        seeds.write("made.sql", "CREATE TABLE made (id int PRIMARY KEY, label text);\n")
        lines = [f"- {{id: {n}, label: {label(n)}}}\n" for n in some]
        seeds.write("made.yaml", "ddl: !file made.sql\nrows:\n" + "".join(lines))


def content(database: Database) -> Content:
    """What the tables of each seeder hold, as one digest; None if there is no table."""
    made = database.scalar("SELECT to_regclass('made') IS NOT NULL")
    asked = {name: query for name, query in CONTENTS.items() if made or name != "made"}
    digests = database.rows(
        " UNION ALL ".join(
            f"SELECT '{name}', md5(coalesce(string_agg(t::text, ',' ORDER BY t::text COLLATE \"C\"), '')) "
            f"FROM ({query}) t"
            for name, query in asked.items()
        )
    )
    return {"made": None, **dict(digests)}


@dataclass
class Twenty:
    """The seeders, and a database to copy in which release 1 was seeded and release 2 was not."""

    server: Server
    seeder: CommandLine
    old: SeedFolder
    new: SeedFolder
    template: Database
    large: bool
    """Whether a file has 10,000 rows or more."""
    stages: list[Content]
    """What the tables hold before a run of release 2, before its retirement, and after all."""

    def start(self, database: Database, seeds: SeedFolder | None = None, url: str | None = None) -> Running:
        """Start a run, of release 2 unless told otherwise."""
        environment = {"DATABASE_URL": url or database.url}
        return self.seeder.start("--all", "--path", seeds or self.new, *ARGUMENTS, env=environment)

    def database(self) -> Database:
        """A new database in which release 1 was seeded."""
        return self.server.create_database(self.template.name)

    def check(self, database: Database) -> int:
        """Check that each seeder of release 2 was done as a whole or not at all. How many were done."""
        found = content(database)
        for name, digest in found.items():
            assert digest in [stage[name] for stage in self.stages], f"{name} is neither whole nor untouched"
        return sum(digest == self.stages[-1][name] for name, digest in found.items())

    def check_interrupted(self, database: Database) -> int:
        """Check what has to hold once a run has ended in any way. How many seeders were done."""
        nothing_is_held(database)
        done = self.check(database)
        agrees(database, self.new, "shop")
        return done

    def check_next(self, database: Database, *, compare: bool = False) -> None:
        """Check that the next run completes, and that the one after it has nothing to do."""
        done = self.start(database).wait(120)
        assert done.exit_code == 0, str(done)
        self.check_complete(database)
        if self.large:
            # It notes that nothing is left to do, for that was not compared in the run that wrote so many rows.
            assert self.start(database).wait(120).exit_code == 0
        nothing_is_left_to_do(database, self.seeder, self.new, *ARGUMENTS, compare=compare)

    def check_complete(self, database: Database) -> None:
        """Check that all of release 2 was done."""
        nothing_is_held(database)
        assert content(database) == self.stages[-1]
        assert not any(status.pending for status in agrees(database, self.new, "shop"))


def prepare(server: Server, seeder: CommandLine, folder: Path, rows: int) -> Twenty:
    """Write both releases, seed the first, and find out what the tables hold at each stage of the second."""
    old, new, kept = (SeedFolder(folder / name) for name in ("old", "new", "kept"))
    write_release(old, 1, rows)
    write_release(new, 2, rows)
    write_release(kept, 2, rows, retire=False)
    template = server.create_database()
    template.execute(TABLES)
    twenty = Twenty(server, seeder, old, new, template, rows >= LARGE, [])

    def seeded(seeds: SeedFolder, database: Database) -> Content:
        done = twenty.start(database, seeds).wait(120)
        assert done.exit_code == 0, str(done)
        return content(database)

    stages = [seeded(old, template)]
    for seeds in (kept, new):
        copy = twenty.database()
        stages.append(seeded(seeds, copy))
        copy.drop()
    # Otherwise "not at all" could not be told from "as a whole".
    assert all(stages[0][name] != stages[2][name] for name in CONTENTS)
    twenty.stages = stages
    return twenty

"""What `seeder export` is asked for: the key, the columns, the rows, the format, where it goes; and what it refuses."""

from __future__ import annotations

import gzip
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.integration.footprint import footprint
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database, StatementLog

pytestmark = pytest.mark.newest_server

TOOLS = """\
CREATE TABLE tools (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    size int,
    text text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz);
INSERT INTO tools (name, size, text) VALUES ('b', 2, 'two'), ('a', NULL, ''), ('C', 2, E'three\\nlines\\n');
"""


@pytest.fixture
def exported(seeder: CommandLine) -> Callable[..., str]:
    def export(*arguments: str) -> str:
        done = seeder("export", *arguments, "--log-level", "warning")
        assert (done.exit_code, done.stderr) == (0, ""), str(done)
        return done.stdout

    return export


@pytest.fixture
def refused(seeder: CommandLine) -> Callable[..., tuple[int, str]]:
    def export(*arguments: str) -> tuple[int, str]:
        done = seeder("export", *arguments, "--log-level", "warning")
        assert done.stderr.startswith("seeder: "), str(done)
        return done.exit_code, done.stderr.removeprefix("seeder: ").rstrip("\n")

    return export


class TestFormats:
    def test_yaml(self, database: Database, exported: Callable[..., str]) -> None:
        database.execute(TOOLS)
        assert (
            exported("tools")
            == """\
table: tools
key: [name]
rows:
  - name: C
    size: 2
    text: |
      three
      lines
  - name: a
    size: null
    text: ''
  - name: b
    size: 2
    text: two
"""
        )

    def test_csv_and_its_sidecar(
        self, database: Database, exported: Callable[..., str], seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        database.execute(TOOLS)
        csv = 'name,size,text\nC,2,"three\nlines\n"\na,,""\nb,2,two\n'
        assert exported("public.tools", "--format", "csv") == csv
        file, sidecar = seeds.path / "tools.csv", seeds.path / "tools.yaml"
        said = "3 rows of public.tools, key: name; left out: id, created_at, updated_at\n"
        assert exported("public.tools", "--output", str(file)) == f"{file}: {said}"
        assert (file.read_text(), sidecar.read_text()) == (csv, "table: public.tools\nkey: [name]\n")
        # What somebody adds to the sidecar stays there.
        sidecar.write_text("table: public.tools\nkey: [name]\nretired_rows: delete\n")
        done = seeder("export", "public.tools", "--output", file, "--log-level", "warning")
        assert done.exit_code == 0
        assert "tools.yaml is there already, and stays as it is" in done.stderr
        assert sidecar.read_text().endswith("retired_rows: delete\n")

    def test_packed(self, database: Database, exported: Callable[..., str], seeds: SeedFolder) -> None:
        database.execute(TOOLS)
        file = seeds.path / "tools.ndjson.gz"
        exported("tools", "--output", str(file), "--columns", "size")
        once = file.read_bytes()
        assert gzip.decompress(once) == (
            b'{"name": "C", "size": 2}\n{"name": "a", "size": null}\n{"name": "b", "size": 2}\n'
        )
        exported("tools", "--output", str(file), "--columns", "size")
        assert file.read_bytes() == once
        assert sorted(each.name for each in seeds.path.iterdir()) == ["tools.ndjson.gz", "tools.yaml"]

    def test_long_texts(self, database: Database, exported: Callable[..., str], seeds: SeedFolder) -> None:
        database.execute(TOOLS)
        long = "A line.\n" * 11
        database.execute("UPDATE tools SET text = %s WHERE name <> 'b'", [long])
        database.execute("UPDATE tools SET name = 'A/../' WHERE name = 'C'")
        file = seeds.path / "tools.yaml"
        exported("tools", "--long-texts", "--output", str(file))
        assert [line for line in file.read_text().splitlines() if "text:" in line] == [
            "    text: !file tools/A.text.txt",
            "    text: !file tools/a.text-2.txt",
            "    text: two",
        ]
        assert (seeds.path / "tools" / "a.text-2.txt").read_text() == long
        result = Seeding(database, seeds)()
        finished = result.event("run.finished")
        assert (finished["exit_code"], finished["changed"], finished["kept_existing"]) == (0, 0, 0), str(
            result
        )

    def test_a_document_that_yaml_can_not_say(
        self,
        database: Database,
        exported: Callable[..., str],
        refused: Callable[..., tuple[int, str]],
        seeds: SeedFolder,
    ) -> None:
        database.execute(
            "CREATE TABLE settings (name text PRIMARY KEY, v jsonb); "
            "INSERT INTO settings VALUES ('a b', 'null'), ('c', '1')"
        )
        why = 'row name=a b: the document in column "v" is the JSON value null, which is not the same as NULL, which'
        assert refused("settings") == (
            1,
            f"{why} YAML can't say; export with --format csv, or with --output, for a file of its own",
        )
        assert refused("settings", "--format", "ndjson") == (
            1,
            f"{why} NDJSON can't say; export with --format csv",
        )
        assert exported("settings", "--format", "csv") == "name,v\na b,null\nc,1\n"
        file = seeds.path / "settings.yaml"
        exported("settings", "--output", str(file))
        assert "v: !file settings/a_b.v.json\n" in file.read_text()
        result = Seeding(database, seeds)()
        assert result.event("run.finished")["kept_existing"] == 0, str(result)


class TestChoice:
    def test_columns(self, database: Database, exported: Callable[..., str]) -> None:
        database.execute(TOOLS)
        assert exported("tools", "--format", "csv", "--columns", "size, id") == (
            "name,size,id\nC,2,3\na,,2\nb,2,1\n"
        )
        # A time that the seed file says must not be that of the run.
        text = exported("tools", "--columns", "created_at", "--where", "false")
        assert text == "table: tools\nkey: [name]\ntimestamps: {updated: updated_at}\nrows: []\n"
        text = exported("tools", "--columns", "created_at,updated_at", "--where", "false")
        assert "\ntimestamps: false\n" in text

    def test_key(
        self, database: Database, exported: Callable[..., str], refused: Callable[..., tuple[int, str]]
    ) -> None:
        database.execute(TOOLS)
        assert (
            exported("tools", "--format", "csv", "--key", "id", "--columns", "size")
            == "id,size\n1,2\n2,\n3,2\n"
        )
        several = (
            "several rows of public.tools have the key size=2, and a seed file knows each row by its key; "
        )
        assert refused("tools", "--key", "size") == (1, several + "name other columns with --key")
        database.execute("UPDATE tools SET size = NULL")
        assert "have the key size=NULL," in refused("tools", "--key", "size")[1]
        # It is not enough that it is unique among the rows that are exported.
        assert "have the key size=NULL," in refused("tools", "--key", "size", "--where", "name = 'a'")[1]
        database.execute("UPDATE tools SET size = id WHERE name <> 'a'")
        assert exported("tools", "--key", "size,name", "--columns", "size", "--format", "csv") == (
            "name,size\nb,1\nC,3\na,\n"
        )

    def test_a_key_of_a_type_without_an_operator_class_of_its_own(
        self, database: Database, exported: Callable[..., str], seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        database.execute(
            """
            CREATE TYPE mood AS ENUM ('sad', 'glad');
            CREATE TYPE place AS (x int, y int);
            CREATE DOMAIN code AS varchar(5);
            CREATE TABLE keys (
                a varchar(9) UNIQUE, b mood UNIQUE, c int[] UNIQUE, d int4range UNIQUE, e place UNIQUE, f code UNIQUE,
                g regclass UNIQUE, h cidr UNIQUE, value int
            );
            INSERT INTO keys
            VALUES ('x', 'sad', '{1,2}', '[1,5)', '(1,2)', 'code', 'pg_class', '10.0.0.0/8', 1);
            """
        )
        for key in "abcdefgh":
            seeds.write("keys.yaml", exported("keys", "--key", key, "--columns", "value"))
            done = seeder("--all", "--path", seeds, "--ledger", key)
            assert done.event("seeder.finished")["unchanged"] == 1, str(done)

    def test_a_natural_key_rather_than_a_drawn_one(
        self, database: Database, exported: Callable[..., str], seeder: CommandLine
    ) -> None:
        database.execute("""\
            CREATE TABLE a (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), code text UNIQUE, x int NOT NULL,
                y int NOT NULL, name text NOT NULL UNIQUE, UNIQUE (x, y));
            CREATE TABLE b (id uuid PRIMARY KEY, name text NOT NULL UNIQUE);
            CREATE TABLE c (id serial PRIMARY KEY, name text UNIQUE);
            CREATE TABLE d (code text PRIMARY KEY, name text NOT NULL UNIQUE);
            CREATE TABLE e (id serial PRIMARY KEY, name text);
            CREATE UNIQUE INDEX ON e (lower(name));
            CREATE TABLE f (a int NOT NULL UNIQUE, twice int GENERATED ALWAYS AS (a * 2) STORED UNIQUE)""")
        done = seeder("export", "a", "--log-level", "warning")
        assert done.stdout == "table: a\nkey: [name]\nrows: []\n"
        assert done.stderr == (
            "seeder: public.a has several natural keys; this is by name, others are --key x,y\n"
        )
        assert exported("a", "--key", "x,y", "--format", "csv") == "code,x,y,name\n"
        # Nobody else would draw this number.
        assert exported("b", "--format", "csv") == "id,name\n"
        keys = {table: exported(table).splitlines()[1] for table in "bcdef"}
        assert keys == {
            "b": "key: [name]",
            "c": "key: [id]",
            "d": "key: [code]",
            "e": "key: [id]",
            "f": "key: [a]",
        }

    def test_where(
        self, database: Database, exported: Callable[..., str], refused: Callable[..., tuple[int, str]]
    ) -> None:
        database.execute(TOOLS)
        database.execute("""\
            CREATE SCHEMA mine; CREATE FUNCTION mine.is_b(text) RETURNS bool LANGUAGE sql AS $$ SELECT $1 = 'b' $$;
            CREATE SEQUENCE counter""")
        database.execute(f"ALTER DATABASE {database.name} SET search_path = public, mine")

        def names(where: str) -> list[str]:
            return exported("tools", "--columns", "name", "--format", "csv", "--where", where).splitlines()[
                1:
            ]

        assert names("is_b(name)") == ["b"]
        assert names("tools.size = 2 AND name LIKE '%C%' -- ours") == ["C"]
        assert names("id IN (SELECT max(id) FROM tools)") == ["C"]
        why = "--where: PostgreSQL does not accept this condition: "
        assert refused("tools", "--where", "nam = 'a'") == (2, f'{why}column "nam" does not exist')
        assert refused("tools", "--where", "size = 'x'")[0] == 2
        code, said = refused("tools", "--where", "true); DROP TABLE tools; SELECT (true")
        assert (code, said.startswith(why)) == (2, True)
        # It runs as given, in a transaction that can only read.
        assert "read-only transaction" in refused("tools", "--where", "nextval('counter') > 0")[1]
        assert database.scalar("SELECT count(*) FROM tools") == 3

    def test_names_of_referred_tables(self, database: Database, exported: Callable[..., str]) -> None:
        database.execute("""\
            CREATE SCHEMA other;
            CREATE TABLE other.kinds (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
            CREATE TABLE public.colours (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
            CREATE TABLE things (name text PRIMARY KEY, kind int REFERENCES other.kinds, colour int REFERENCES colours);
            INSERT INTO other.kinds (name) VALUES ('k'); INSERT INTO colours (name) VALUES ('yes');
            INSERT INTO things VALUES ('a', 1, 1), ('b', NULL, 1)""")
        kind = "!ref {table: other.kinds, where: {name: k}}"
        text = exported("things", "--refs")
        assert f"kind: {kind}\n    colour: !ref {{table: colours, where: {{name: 'yes'}}}}\n" in text
        assert "kind: null\n" in text
        text = exported("public.things", "--refs")
        assert f"kind: {kind}\n    colour: !ref {{table: public.colours, where: {{name: 'yes'}}}}\n" in text


class TestReading:
    def test_nothing_is_written_and_all_is_of_one_snapshot(
        self, database: Database, exported: Callable[..., str], statements: StatementLog
    ) -> None:
        database.execute(TOOLS)
        before = footprint(database)
        with statements.recorded() as sent:
            exported("tools", "--where", "true", "--refs")
        assert footprint(database) == before
        assert sent.texts[0] == "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        assert [text for text in sent if text.startswith(("BEGIN", "COMMIT"))] == [sent.texts[0], "COMMIT"]

    @pytest.mark.parametrize("kind", ["yaml", "csv", "ndjson"])
    def test_rows_are_not_held(self, database: Database, seeder: CommandLine, kind: str) -> None:
        database.execute("""\
            CREATE TABLE few (n int PRIMARY KEY, x text); INSERT INTO few VALUES (1, 'x');
            CREATE TABLE many (n int PRIMARY KEY, x text);
            INSERT INTO many SELECT n, repeat('x', 4000) FROM generate_series(1, 8000) AS n""")
        script = (
            "import os, pathlib, sys\nfrom seeder.cli.command import main\ncode = main(sys.argv[1:], os.environ)\n"
            "status = pathlib.Path('/proc/self/status').read_text()\n"
            "print(code, status.split('VmHWM:')[1].split()[0], file=sys.stderr)"
        )
        peaks = []
        for table in ("few", "many"):
            done = subprocess.run(
                [sys.executable, "-c", script, "export", table, "--format", kind, "--log-level", "warning"],
                env=seeder.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                check=True,
            )
            code, peak = map(int, done.stderr.split())
            assert code == 0
            peaks.append(peak)
        # The rows take 32 MB, and what is read and written at a time much less.
        assert peaks[1] - peaks[0] < 8_000

    def test_a_signal_ends_it_and_leaves_no_part_of_a_file(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        database.execute(TOOLS)
        slow = ("--where", "pg_sleep(20) IS NOT NULL", "--key", "name")
        running = seeder.start("export", "tools", *slow, "--output", seeds.path / "tools.csv")
        asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        while not database.scalar(asleep):
            assert running.process.poll() is None
            time.sleep(0.05)
        running.signal()
        done = running.wait()
        assert (done.exit_code, done.stderr.splitlines()[-1]) == (143, "seeder: terminated by a signal")
        assert not list(seeds.path.iterdir())

    def test_whoever_has_seen_enough(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        database.execute(
            "CREATE TABLE many AS SELECT n, repeat('x', 100) AS x FROM generate_series(1, 50000) AS n"
        )
        command = (
            f"{sys.executable} -m seeder export many --key n --format csv --log-level warning | head -n 2"
        )
        done = subprocess.run(
            ["sh", "-c", command], env=seeder.environment, capture_output=True, text=True, check=False
        )
        assert (done.stdout.splitlines()[0], done.stderr) == ("n,x", "")

    def test_rows_that_a_policy_hides_are_an_error(
        self, database: Database, seeder: CommandLine, login: Callable[..., str]
    ) -> None:
        database.execute(TOOLS)
        url = login()
        database.execute("ALTER TABLE tools ENABLE ROW LEVEL SECURITY; GRANT SELECT ON tools TO app")
        done = seeder("export", "tools", "--database-url", url)
        assert done.exit_code == 1
        assert "row-level security" in done.stderr


class TestRefused:
    # Each line has the exit code, the arguments, and what is said.
    CASES = """\
1 tool > table tool does not exist in public; check the name, which is taken as written, and the database
1 other.tools > table other.tools does not exist; check the name, which is taken as written, and the database
1 shown > public.shown is not a table (a view or a foreign table has no rows of its own to seed)
1 nameless > public.nameless has no primary key and no unique constraint on columns that are NOT NULL; \
say by which columns its rows are known, with --key
1 nameless --key y > column "y" of public.nameless can't be in a key: the type point has no equality; \
name other columns with --key
1 tools --key nam > --key: no column "nam" in public.tools; did you mean "name"?
1 tools --columns siez > --columns: no column "siez" in public.tools; did you mean "size"?
2 tools --columns a,,b > --columns: "a,,b" does not name columns; write COLUMN, several with commas between, and one \
with a comma in double quotes
2 a.b.c > "a.b.c" is not a table name; write name or schema.name, each part in double quotes if it needs them
2 tools --format xml > --format: "xml" is not one of yaml, csv, ndjson
2 tools --output tools.json > --output: the name "tools.json" does not end in .yaml, .csv, .ndjson, .csv.gz or \
.ndjson.gz, so no run would read the file
2 tools --output My.Tools.csv > My.Tools.csv: "My.Tools" is not a valid seeder name; use a-z, 0-9, _ and -; \
rename it to "my_tools", or write it in YAML or JSON if it is an overlay
2 tools --output tools.csv --format yaml > --format yaml does not fit --output "tools.csv", whose ending says csv
2 tools --format csv --refs > --refs with CSV needs --output FILE, for a YAML file beside it says what is referred to
2 tools --long-texts > --long-texts writes files beside a YAML file; name this with --output FILE.yaml
2 tools --output missing/tools.csv > --output: can't write "missing/tools.csv": there is no folder "missing"
"""

    @pytest.mark.parametrize("case", CASES.splitlines())
    def test_it_says_what_would_be_right(
        self,
        database: Database,
        refused: Callable[..., tuple[int, str]],
        case: str,
    ) -> None:
        database.execute(TOOLS)
        database.execute("CREATE VIEW shown AS SELECT * FROM tools; CREATE TABLE nameless (x int, y point)")
        given, _, said = case.partition(" > ")
        code, *arguments = given.split()
        assert refused(*arguments) == (int(code), said)

    def test_without_a_privilege(
        self, database: Database, refused: Callable[..., tuple[int, str]], login: Callable[..., str]
    ) -> None:
        database.execute("CREATE SCHEMA other; CREATE TABLE other.tools (name text PRIMARY KEY, size int)")
        arguments = ("other.tools", "--database-url", login())
        assert refused(*arguments) == (
            1,
            'role "app" may not look into schema "other"; let it: GRANT USAGE ON SCHEMA "other" TO "app"',
        )
        database.execute("GRANT USAGE ON SCHEMA other TO app; GRANT SELECT (name) ON other.tools TO app")
        assert refused(*arguments) == (
            1,
            'role "app" may not read column "size" of other.tools; let it: GRANT SELECT ON "other"."tools" TO "app"',
        )

    def test_what_somebody_holds(self, database: Database, refused: Callable[..., tuple[int, str]]) -> None:
        database.execute(TOOLS)
        with database.connect() as holder:
            holder.execute("LOCK TABLE tools")
            code, said = refused("tools")
        assert code == 5, said

    def test_a_file_that_was_there_stays(
        self, database: Database, refused: Callable[..., tuple[int, str]], seeds: SeedFolder
    ) -> None:
        database.execute("CREATE TABLE settings (name text PRIMARY KEY, v jsonb)")
        database.execute("""INSERT INTO settings VALUES ('a', '"\\\\u2028"'), ('b', 'null')""")
        file = seeds.write("settings.ndjson", "{}\n")
        assert refused("settings", "--output", str(file))[0] == 1
        assert [each.name for each in seeds.path.iterdir()] == ["settings.ndjson"]
        assert file.read_text() == "{}\n"

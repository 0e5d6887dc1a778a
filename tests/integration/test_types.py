"""A schema that nobody made for us: every type, every kind of name and of table, keys of every make."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import psycopg
import pytest

from tests.integration.footprint import footprint

if TYPE_CHECKING:
    from tests.integration.commandline import CommandLine, Result, SeedFolder
    from tests.integration.postgres import Database

SCHEMA = """\
CREATE SCHEMA "Other Schema";
CREATE TYPE "Other Schema"."Mood" AS ENUM ('sad', 'so so', 'happy');
CREATE DOMAIN "Other Schema".email AS text CHECK (VALUE LIKE '%@%');
CREATE DOMAIN posint AS int CHECK (VALUE > 0);
CREATE TYPE pair AS (x int, y text);
CREATE TABLE "Other Schema"."Order" (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "select"    text NOT NULL UNIQUE,
    "Mixed Case" varchar(10),
    "it's"      char(5),
    big         numeric(12,2),
    small       smallint,
    positive    posint,
    real_       real,
    double_     double precision,
    flag        boolean,
    raw         bytea,
    uid         uuid,
    day         date,
    clock       time,
    moment      timestamptz,
    local       timestamp,
    span        interval,
    doc         json,
    docb        jsonb,
    tags        text[],
    matrix      int[][],
    docs        jsonb[],
    mood        "Other Schema"."Mood",
    moods       "Other Schema"."Mood"[],
    during      tstzrange,
    numbers     int4range,
    several     int4multirange,
    mail        "Other Schema".email,
    address     inet,
    place       point,
    bits        bit(3),
    words       tsvector,
    cost        money,
    pair        pair,
    doubled     int GENERATED ALWAYS AS (small * 2) STORED,
    made        timestamptz NOT NULL DEFAULT '2000-01-01Z'
);
"""

SEEDS = """\
table: '"Other Schema"."Order"'
key: [select]
rows:
  - id: 41
    select: from
    Mixed Case: "Ünï ✓"
    it's: ab
    big: 1234567890.5
    small: 0x10
    positive: 3
    real_: 0.1
    double_: 1e-300
    flag: yes
    raw: !!binary AAEC/w==
    uid: A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11
    day: 2024-02-29
    clock: 23:59:59.5
    moment: 2024-03-31T02:30:00+02:00
    local: 2024-03-31 02:30:00
    span: 1 month 2 days 03:04:05
    doc: {b: 1, a: [true, null, "007", 1.50]}
    docb: {b: 1, a: [true, null, "007", 1.50]}
    tags: ["", NULL, 'NULL', 'with "quotes" and \\\\', "a, b", "{}"]
    matrix: [[1, 2], [3, 4]]
    docs: [{a: 1}, [1, 2], x, null, 3]
    mood: so so
    moods: [sad, so so]
    during: "[2024-01-01 00:00+01, infinity)"
    numbers: "[1,5]"
    several: "{[1,2], [7,9]}"
    mail: a@example.org
    address: 192.168.0.1/24
    place: (1,2)
    bits: 101
    words: the quick fox
    cost: 12.50
    pair: (1,"x y")
  - {id: 7, select: where, docb: [], doc: "text", flag: NO, tags: [], span: P1D, "it's": "abcde"}
  - {select: group}
"""


def run(seeder: CommandLine, seeds: SeedFolder, *arguments: str) -> Result:
    done = seeder("--all", "--path", seeds, *arguments)
    assert done.exit_code == 0, str(done)
    return done


def assert_second_run_writes_nothing(database: Database, seeder: CommandLine, seeds: SeedFolder) -> None:
    before = footprint(database)
    assert run(seeder, seeds).event("run.finished")["changed"] == 0
    assert footprint(database) == before


class TestEveryType:
    @pytest.fixture(autouse=True)
    def schema(self, database: Database, seeds: SeedFolder) -> None:
        table, rows = SCHEMA, SEEDS
        if database.server.version < 14:
            # There are no multiranges yet.
            table = table.replace("int4multirange", "text")
            rows = rows.replace('"{[1,2], [7,9]}"', '"{[1,3),[7,10)}"')
        database.execute(table)
        seeds.write("orders.yaml", rows)

    def row(self, database: Database, key: str) -> dict[str, str | None]:
        """Each cell as PostgreSQL shows it."""
        columns = [
            name
            for (name,) in database.rows(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum",
                ['"Other Schema"."Order"'],
            )
        ]
        shown = ", ".join(f'"{name}"::text' for name in columns)
        with database.connect(options="-c TimeZone=UTC") as connection:
            found = connection.execute(
                f'SELECT {shown} FROM "Other Schema"."Order" WHERE "select" = %s'.encode(), [key]
            ).fetchone()
        assert found
        return dict(zip(columns, found, strict=True))

    def test_values_go_in_as_the_type_takes_them(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        assert run(seeder, seeds).finished("orders")["inserted"] == 3
        assert self.row(database, "from") == {
            "id": "41",
            "select": "from",
            "Mixed Case": "Ünï ✓",
            "it's": "ab",
            "big": "1234567890.50",
            "small": "16",
            "positive": "3",
            "real_": "0.1",
            "double_": "1e-300",
            "flag": "true",
            "raw": "\\x000102ff",
            "uid": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "day": "2024-02-29",
            "clock": "23:59:59.5",
            "moment": "2024-03-31 00:30:00+00",
            "local": "2024-03-31 02:30:00",
            "span": "1 mon 2 days 03:04:05",
            "doc": '{"b":1,"a":[true,null,"007",1.50]}',
            "docb": '{"a": [true, null, "007", 1.50], "b": 1}',
            "tags": r"""{"",NULL,"NULL","with \"quotes\" and \\\\","a, b","{}"}""",
            "matrix": "{{1,2},{3,4}}",
            "docs": r"""{"{\"a\": 1}","[1, 2]","\"x\"",NULL,3}""",
            "mood": "so so",
            "moods": '{sad,"so so"}',
            "during": '["2023-12-31 23:00:00+00",infinity)',
            "numbers": "[1,6)",
            "several": "{[1,3),[7,10)}",
            "mail": "a@example.org",
            "address": "192.168.0.1/24",
            "place": "(1,2)",
            "bits": "101",
            "words": "'fox' 'quick' 'the'",
            "cost": "$12.50",
            "pair": '(1,"x y")',
            "doubled": "32",
            "made": "2000-01-01 00:00:00+00",
        }
        where = self.row(database, "where")
        assert (where["docb"], where["doc"], where["flag"], where["tags"]) == ("[]", '"text"', "false", "{}")
        assert self.row(database, "group")["made"] == "2000-01-01 00:00:00+00"

    def test_a_second_run_writes_nothing(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        run(seeder, seeds)
        assert_second_run_writes_nothing(database, seeder, seeds)

    def test_not_even_through_hostile_settings(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        run(seeder, seeds)
        for setting in (
            "TimeZone = 'Asia/Kathmandu'",
            "DateStyle = 'SQL, DMY'",
            "IntervalStyle = 'sql_standard'",
            "extra_float_digits = -15",
            "bytea_output = 'escape'",
            "default_transaction_isolation = 'serializable'",
        ):
            database.execute(f"ALTER DATABASE {database.name} SET {setting}")
        assert_second_run_writes_nothing(database, seeder, seeds)

    def test_each_cell_can_be_changed_alone(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        run(seeder, seeds)
        changes = {
            "big: 1234567890.5": "big: -1",
            "flag: yes": "flag: no",
            "AAEC/w==": "AAEC",
            '{b: 1, a: [true, null, "007", 1.50]}\n    docb': "{b: 2}\n    docb",
            "[[1, 2], [3, 4]]": "[[1, 2], [3, 5]]",
            "moods: [sad, so so]": "moods: null",
            "[1,5]": "empty",
            'pair: (1,"x y")': "pair: (2,)",
            "small: 0x10": "small: 0o17",
        }
        changed = SEEDS
        for old, new in changes.items():
            assert changed.count(old) == 1, old
            changed = changed.replace(old, new)
        seeds.write("orders.yaml", changed)
        finished = run(seeder, seeds).finished("orders")
        assert (finished["updated"], finished["unchanged"]) == (1, 2)
        row = self.row(database, "from")
        assert (row["big"], row["flag"], row["raw"], row["doc"]) == ("-1.00", "false", "\\x000102", '{"b":2}')
        assert (row["matrix"], row["moods"], row["pair"]) == ("{{1,2},{3,5}}", None, "(2,)")
        assert row["doubled"] == "30"
        assert_second_run_writes_nothing(database, seeder, seeds)

    def test_an_explicit_identity_raises_the_sequence_behind_it_and_never_lowers_it(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        run(seeder, seeds)
        assert self.row(database, "group")["id"] == "42"
        following = 'INSERT INTO "Other Schema"."Order" ("select") VALUES (%s) RETURNING id'
        assert database.scalar(following, ["order"]) == 43
        database.scalar("""SELECT setval('"Other Schema"."Order_id_seq"', 1000)""")
        seeds.write("orders.yaml", SEEDS + "  - {id: 500, select: having}\n")
        run(seeder, seeds)
        assert self.row(database, "having")["id"] == "500"
        assert database.scalar(following, ["limit"]) == 1001


class TestTables:
    def test_a_partitioned_one(self, database: Database, seeder: CommandLine, seeds: SeedFolder) -> None:
        database.execute("""\
            CREATE TABLE sales (country text, year int, total numeric, PRIMARY KEY (country, year))
                PARTITION BY LIST (country);
            CREATE TABLE sales_de PARTITION OF sales FOR VALUES IN ('de');
            CREATE TABLE sales_rest PARTITION OF sales DEFAULT PARTITION BY RANGE (year);
            CREATE TABLE sales_old PARTITION OF sales_rest FOR VALUES FROM (2000) TO (2020);
            CREATE TABLE sales_new PARTITION OF sales_rest FOR VALUES FROM (2020) TO (2040)""")
        seeds.write("sales.csv", "country,year,total\nde,2020,1.5\nfr,2019,2\nfr,2021,3\n")
        run(seeder, seeds)
        counts = {
            table: database.scalar(f"SELECT count(*) FROM {table}")
            for table in ("sales_de", "sales_old", "sales_new")
        }
        assert counts == {"sales_de": 1, "sales_old": 1, "sales_new": 1}
        assert_second_run_writes_nothing(database, seeder, seeds)
        seeds.write("sales.csv", "country,year,total\nde,2020,1.5\nfr,2019,20\nfr,2021,3\n")
        assert run(seeder, seeds).finished("sales")["updated"] == 1
        assert database.scalar("SELECT total FROM sales_old") == 20

    def test_a_trigger_that_alters_what_is_written(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        database.execute("""\
            CREATE TABLE trees (code text PRIMARY KEY, name text, changes int NOT NULL DEFAULT 0);
            CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                NEW.name := upper(NEW.name);
                NEW.changes := NEW.changes + 1;
                RETURN NEW;
            END $$;
            CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON trees FOR EACH ROW EXECUTE FUNCTION shout()""")
        seeds.write("trees.yaml", "rows: [{code: a, name: Ash}, {code: b, name: Birch}]\n")
        run(seeder, seeds)
        assert_second_run_writes_nothing(database, seeder, seeds)
        seeds.write("trees.yaml", "rows: [{code: a, name: Alder}, {code: b, name: Birch}]\n")
        assert run(seeder, seeds).finished("trees")["updated"] == 1
        assert database.rows("SELECT * FROM trees ORDER BY 1") == [("a", "ALDER", 2), ("b", "BIRCH", 1)]
        assert_second_run_writes_nothing(database, seeder, seeds)

    @pytest.mark.parametrize("more", [0, 2000], ids=["few", "many"])
    def test_a_trigger_that_keeps_rows_out(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder, more: int
    ) -> None:
        database.execute("""\
            CREATE TABLE trees (code text PRIMARY KEY);
            CREATE FUNCTION sift() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN IF NEW.code = 'out' THEN RETURN NULL; END IF; RETURN NEW; END $$;
            CREATE TRIGGER sift BEFORE INSERT ON trees FOR EACH ROW EXECUTE FUNCTION sift()""")
        seeds.write("trees.csv", "code\nin\nout\n" + "".join(f"{n}\n" for n in range(more)))
        for inserted in (1 + more, 0):
            finished = run(seeder, seeds).finished("trees")
            assert (finished["inserted"], finished["kept"]) == (inserted, 1)
            assert finished["unchanged"] == 1 + more - inserted
        assert_second_run_writes_nothing(database, seeder, seeds)

    def test_numbers_of_very_many_digits(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        """Python reads no more than 4300 of them as a number."""
        database.execute("CREATE TABLE numbers (name text PRIMARY KEY, n numeric, j jsonb)")
        digits = "12" * 2500
        seeds.write("numbers.yaml", f"rows: [{{name: a, n: {digits}, j: -{digits}}}, {{name: b, j: +00}}]\n")
        run(seeder, seeds)
        assert database.rows("SELECT n::text, j::text FROM numbers ORDER BY name") == [
            (digits, f"-{digits}"),
            (None, "0"),
        ]
        seeds.write("numbers.yaml", f"rows: [{{name: a, n: 0x{digits}}}]\n")
        finished = seeder("--all", "--path", seeds).finished("numbers")
        assert "so many digits" in finished["error"]["message"]
        assert (finished["line"], finished["column"]) == (1, 21)

    def test_serial_and_shared_sequences(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        database.execute("""\
            CREATE SEQUENCE shared;
            CREATE TABLE one (id serial PRIMARY KEY, name text UNIQUE);
            CREATE TABLE two (id int PRIMARY KEY DEFAULT nextval('shared'), name text UNIQUE);
            CREATE TABLE down (id int GENERATED BY DEFAULT AS IDENTITY (INCREMENT -2 START -1) PRIMARY KEY)""")
        for table, reached in {"one": 20, "two": 30, "down": -15}.items():
            seeds.write(f"{table}.yaml", f"rows: [{{id: {reached}}}, {{id: {reached // 2}}}]\n")
        run(seeder, seeds)
        following = {
            table: database.scalar(f"INSERT INTO {table} DEFAULT VALUES RETURNING id")
            for table in ("one", "two", "down")
        }
        assert following == {"one": 21, "two": 31, "down": -17}

    def test_a_number_that_is_drawn_is_none_that_another_row_says(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        database.execute("CREATE TABLE trees (id serial PRIMARY KEY, name text UNIQUE)")
        seeds.write(
            "trees.yaml", "key: [name]\nrows: [{id: 1, name: a}, {name: b}, {id: 2, name: c}, {name: d}]\n"
        )
        run(seeder, seeds)
        assert database.rows("SELECT name, id FROM trees ORDER BY 1") == [
            ("a", 1),
            ("b", 3),
            ("c", 2),
            ("d", 4),
        ]

    def test_timestamp_columns(self, database: Database, seeder: CommandLine, seeds: SeedFolder) -> None:
        database.execute("""\
            CREATE TABLE trees (code text PRIMARY KEY, name text, created_at timestamptz, updated_at timestamptz)""")
        seeds.write("trees.yaml", "rows: [{code: a, name: Ash}, {code: b, name: Birch}]\n")
        run(seeder, seeds)
        assert database.scalar(
            "SELECT bool_and(created_at IS NOT NULL AND updated_at >= created_at) FROM trees"
        )
        assert_second_run_writes_nothing(database, seeder, seeds)
        before = dict(database.rows("SELECT code, (created_at, updated_at)::text FROM trees"))
        seeds.write("trees.yaml", "rows: [{code: a, name: Alder}, {code: b, name: Birch}]\n")
        run(seeder, seeds)
        after = dict(database.rows("SELECT code, (created_at, updated_at)::text FROM trees"))
        assert after["b"] == before["b"]
        assert after["a"] != before["a"]
        assert after["a"].split(",")[0] == before["a"].split(",")[0]

    def test_insert_only_columns_and_insert_mode(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        database.execute("""\
            CREATE TABLE models (code text PRIMARY KEY, size int, enabled bool);
            CREATE TABLE notes (code text PRIMARY KEY, note text);
            INSERT INTO notes VALUES ('a', 'was there')""")
        models = "insert_only: [enabled]\ndefaults: {enabled: true}\nrows: [{code: a, size: 1}]\n"
        seeds.write("models.yaml", models)
        seeds.write("notes.yaml", "mode: insert\nrows: [{code: a, note: x}, {code: b, note: y}]\n")
        run(seeder, seeds)
        database.execute("UPDATE models SET enabled = false; UPDATE notes SET note = 'mine' WHERE code = 'b'")
        seeds.write("models.yaml", models.replace("size: 1", "size: 2"))
        seeds.write("notes.yaml", "mode: insert\nrows: [{code: a, note: x}, {code: b, note: z}]\n")
        run(seeder, seeds)
        assert database.rows("SELECT * FROM models") == [("a", 2, False)]
        assert database.rows("SELECT * FROM notes ORDER BY 1") == [("a", "was there"), ("b", "mine")]


class TestKeys:
    @pytest.mark.parametrize("index", ["", "CREATE UNIQUE INDEX ON places (country, region, city)"])
    def test_null_equals_null(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder, index: str
    ) -> None:
        database.execute(
            "CREATE TABLE places (country text NOT NULL, region text, city text, size int);" + index
        )
        seeds.write("places.yaml", "key: [country, region, city]\n")
        rows = ["country,region,city,size", "de,,,1", "de,by,,2", "de,,ulm,3", "de,bw,ulm,4"]
        seeds.write("places.csv", "\n".join(rows))
        assert run(seeder, seeds).finished("places")["inserted"] == 4
        assert_second_run_writes_nothing(database, seeder, seeds)
        seeds.write("places.csv", "\n".join(rows).replace("ulm,3", "ulm,30").replace(",,1", ",,10"))
        finished = run(seeder, seeds).finished("places")
        assert (finished["inserted"], finished["updated"], finished["unchanged"]) == (0, 2, 2)
        assert database.rows("SELECT size FROM places ORDER BY 1") == [(2,), (4,), (10,), (30,)]

    def test_two_live_rows_of_one_key_fail_the_seeder(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        database.execute(
            "CREATE TABLE trees (code text, name text); INSERT INTO trees VALUES ('a', 'x'), ('a', 'y')"
        )
        seeds.write("trees.yaml", "key: [code]\nrows: [{code: a, name: z}]\n")
        done = seeder("--all", "--path", seeds)
        assert done.exit_code == 1, str(done)
        assert done.finished("trees")["key"] == {"code": "a"}
        assert database.rows("SELECT name FROM trees ORDER BY 1") == [("x",), ("y",)]

    def test_a_collation_by_which_other_letters_are_equal(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        try:
            database.execute(
                "CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
            )
        except psycopg.errors.FeatureNotSupported:
            pytest.skip("this PostgreSQL is built without ICU")
        for key in ("PRIMARY KEY", "UNIQUE"):
            table = f"trees_{key[:2].lower()}"
            database.execute(f"CREATE TABLE {table} (name text COLLATE folded {key}, note text)")
            head = "key: [name]\nretired_rows: delete\nrows:\n"
            seeds.write(f"{table}.yaml", head + "- {name: oak, note: x}\n")
        run(seeder, seeds)
        for table in ("trees_pr", "trees_un"):
            seeds.write(f"{table}.yaml", head + "- {name: Oak, note: y}\n")
        run(seeder, seeds)
        for table in ("trees_pr", "trees_un"):
            assert database.rows(f"SELECT name, note FROM {table}") == [("oak", "y")]
        assert_second_run_writes_nothing(database, seeder, seeds)

    SPELLINGS: ClassVar = {
        "citext": ("Oak", "oAK"),
        "numeric": ("1.0", "1.00"),
        "timestamptz": ("2024-01-01T00:00:00Z", "2024-01-01 01:00:00+01"),
        "uuid": ("A0EEBC999C0B4EF8BB6D6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        "jsonb": ("{a: 1.0, b: 2}", "{b: 2, a: 1.00}"),
        "char(5)": ("ab", "'ab  '"),
        "int4range": ("'[1,5]'", "'[1,6)'"),
        "inet": ("10.0.0.1", "10.0.0.1/32"),
        "bytea": ("!!binary YWI=", "'\\x6162'"),
        "text[]": ("[a, b]", "'{a, b}'"),
        "interval": ("1 day", "'24:00:00'"),
        "double precision": ("0.0", "-0"),
    }
    """Of each type, two texts of one value."""

    def test_they_are_equal_by_their_own_types_equality(
        self, database: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        spellings = dict(enumerate(self.SPELLINGS.values()))
        for number, kind in enumerate(self.SPELLINGS):
            if kind == "citext":
                try:
                    # In a schema that no search_path names.
                    database.execute("CREATE SCHEMA away; CREATE EXTENSION citext SCHEMA away")
                except psycopg.errors.FeatureNotSupported:
                    del spellings[number]
                    continue
            schema = "away." if kind == "citext" else ""
            database.execute(f"CREATE TABLE t{number} (thing {schema}{kind} PRIMARY KEY, note text)")
        names = [f"t{number}" for number in spellings]

        def write(*rows: str) -> None:
            for number, (one, other) in spellings.items():
                listed = "".join(f"- {row}\n" for row in rows).replace("ONE", one).replace("OTHER", other)
                seeds.write(f"t{number}.yaml", f"rows:\n{listed}")

        write("{thing: ONE, note: first}")
        assert run(seeder, seeds).event("run.finished")["changed"] == len(names)
        write("{thing: OTHER, note: second}")
        done = run(seeder, seeds)
        for name in names:
            finished = done.finished(name)
            assert (finished["inserted"], finished["updated"]) == (0, 1), name
            assert database.rows(f"SELECT note FROM {name}") == [("second",)], name
        assert database.scalar("SELECT count(*) FROM seeder.seeder_rows") == len(names)
        assert_second_run_writes_nothing(database, seeder, seeds)
        write("{thing: ONE, note: x}", "{thing: OTHER, note: y}")
        twice = seeder("--all", "--path", seeds)
        assert twice.exit_code == 1, str(twice)
        for name in names:
            assert "same key" in twice.finished(name)["error"]["message"]
            assert (twice.finished(name)["line"], twice.finished(name)["column"]) == (3, 11)

"""Lost to a name that is looked up: the seeder's rights, to whoever may create in a schema of its search_path."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.postgres import Statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.integration.commandline import Result
    from tests.integration.losses.life import Life
    from tests.integration.postgres import Database

SPRING = """\
CREATE SCHEMA hostile;

CREATE FUNCTION hostile.spring(what text) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    said text := 'hostile.said_' || md5(what);
BEGIN
    -- Once a session will do: some of these are called for every row.
    IF coalesce(current_setting(said, true), '') = '' THEN
        RAISE LOG 'sprung: %', what;
        PERFORM set_config(said, 'yes', false);
    END IF;
    RETURN true;
END $$;
GRANT USAGE ON SCHEMA hostile TO PUBLIC;
"""
HOSTILE = Path(__file__).with_name("hostile.sql").read_text()
PATHS = {
    "before pg_catalog": 'hostile, "$user", public, pg_catalog',
    "behind pg_catalog": '"$user", hostile, public',
}

# Of any number of arguments of any types, or over a window: they take a function in C, or a copy for each call.
UNCOPIED = (
    *("concat", "concat_ws", "format", "num_nonnulls", "num_nulls"),
    *(f"{kind}_build_{what}" for kind in ("json", "jsonb") for what in ("array", "object")),
    *("row_number", "rank", "dense_rank", "ntile", "lag", "lead", "first_value", "last_value", "nth_value"),
)


class Trap:
    """The hostile schema in a database: from now on `app` finds it in its search_path, and every use is noted."""

    def __init__(self, life: Life, path: str, *parts: str) -> None:
        self.life = life
        database = life.database
        for part in (SPRING, *parts):
            database.execute(part)
        database.execute(
            f"GRANT CREATE ON DATABASE {database.name} TO app; GRANT CREATE ON SCHEMA public TO app"
        )
        database.execute(f"ALTER ROLE app IN DATABASE {database.name} SET search_path = {path}")
        self._log = database.server.log
        self.set_again()

    def set_again(self) -> None:
        """Forget what was used so far."""
        self._start = self._log.stat().st_size

    def sprung(self) -> list[str]:
        """What was used of the hostile schema, each once, in the order in which that came about."""
        with self._log.open("rb") as file:
            file.seek(self._start)
            written = file.read().decode(errors="replace")
        said = re.compile(rf"^@\d+\|{self.life.database.name}\|LOG:  sprung: (.*)$", re.MULTILINE)
        return list(dict.fromkeys(said.findall(written)))

    def unqualified(self) -> list[str]:
        """The functions that statements name without a schema, of those that can't be copied for every call."""
        sent = Statements(self._log, self.life.database.name, self._start)
        names = re.compile(rf"(?<![\w.$\"])(?:{'|'.join(UNCOPIED)})\s*\(", re.IGNORECASE)
        found = [name.lower() for statement in sent.texts for name in names.findall(statement)]
        return [f"{name}) in a statement" for name in dict.fromkeys(found)]

    def assert_not_sprung(self) -> None:
        used = self.sprung()
        assert not used, "\n".join(used)


@pytest.fixture
def url(login: Callable[..., str]) -> str:
    return login()


@pytest.fixture
def trap(life: Life, url: str, request: pytest.FixtureRequest) -> Trap:
    life.seeder.environment["DATABASE_URL"] = url
    return Trap(life, PATHS[request.param], HOSTILE)


EVERY_PATH = pytest.mark.parametrize("trap", PATHS, indirect=True)
FIRST = pytest.mark.parametrize("trap", ["before pg_catalog"], indirect=True)


def as_app(database: Database, url: str, statements: Iterable[str]) -> None:
    with database.connect(autocommit=True, user="app", password="s3cret") as connection:
        for statement in statements:
            connection.execute(statement.encode())


class TestTheTrap:
    """The tests below say something only as long as the trap catches what it should."""

    @FIRST
    def test_it_catches_what_is_not_qualified(self, trap: Trap, url: str) -> None:
        statements = {
            "SELECT set_config('a.b', 'c', true)": "function set_config",
            "SELECT convert_to('a'::pg_catalog.text, 'UTF8')": "function convert_to",
            "SELECT sha256('')": "function sha256",
            "SELECT pg_try_advisory_xact_lock(7)": "function pg_try_advisory_xact_lock",
            "SELECT current_schema()": 'function "current_schema"',
            "SELECT to_regclass('x')": "function to_regclass",
            "SELECT unnest(ARRAY[1])": "function unnest",
            "SELECT format('%s', 'a'::pg_catalog.text)": "function format",
            "SELECT concat('a'::pg_catalog.text, 'b')": "function concat",
            "SELECT array_agg(1)": "aggregate array_agg",
            "SELECT count(*)": "aggregate count",
            "SELECT max(1)": "aggregate max",
            "SELECT * FROM generate_series(1, 2)": "function generate_series",
            "SELECT 'a'::pg_catalog.text = 'b'": "operator = ",
            "SELECT 'a'::pg_catalog.name IN ('b', 'c')": "operator = ",
            "SELECT 1::bigint IS DISTINCT FROM 2::bigint": "operator = ",
            "SELECT 'a'::pg_catalog.text || 'b'": "operator || ",
            "SELECT ARRAY[1] @> ARRAY[1]": "operator @> ",
            "SELECT 1 < 2": "operator < ",
            "SELECT 'a'::pg_catalog.bytea <> ''": "operator <> ",
            "SELECT 1 FROM pg_class LIMIT 1": "relation pg_class",
            "SELECT attmissingval FROM pg_attribute LIMIT 1": "relation pg_attribute",
            "SELECT 'pg_class'::regclass": "type regclass",
            "CREATE TEMPORARY TABLE t (c text); INSERT INTO t VALUES ('a')": "type text",
        }
        for statement, name in statements.items():
            trap.set_again()
            as_app(trap.life.database, url, [statement])
            assert any(each.startswith(name) for each in trap.sprung()), f"{statement}: {trap.sprung()}"

    @pytest.mark.parametrize("trap", ["behind pg_catalog"], indirect=True)
    def test_it_catches_what_fits_better_than_the_true_one(self, trap: Trap, url: str) -> None:
        statements = {
            "SELECT set_config('a.b'::varchar, 'c'::varchar, true)": "function set_config for character varying",
            "SELECT convert_to('a'::text, 'UTF8'::text)": "function convert_to for text",
            "SELECT pg_try_advisory_xact_lock(7)": "function pg_try_advisory_xact_lock for integer",
            "SELECT 'a'::varchar = 'b'::varchar": "operator = ",
            "SELECT ARRAY['a']::text[] = ARRAY['b']": "operator = ",
            "SELECT count('a'::text)": "aggregate count",
        }
        for statement, name in statements.items():
            trap.set_again()
            as_app(trap.life.database, url, [statement])
            assert any(each.startswith(name) for each in trap.sprung()), f"{statement}: {trap.sprung()}"

    @FIRST
    def test_it_leaves_out_next_to_nothing(self, trap: Trap) -> None:
        kinds = {"pg_proc": "pronamespace", "pg_operator": "oprnamespace", "pg_class": "relnamespace"}
        for catalogue, column in kinds.items():
            count = f"SELECT count(*) FROM {catalogue} WHERE {column} = %s::regnamespace"
            true, false = (trap.life.database.scalar(count, [name]) for name in ("pg_catalog", "hostile"))
            assert false > true * 0.4, catalogue

    @FIRST
    def test_it_sees_what_it_can_not_copy(self, trap: Trap, url: str) -> None:
        as_app(trap.life.database, url, ["SELECT pg_catalog.concat(1, true)"])
        assert trap.unqualified() == []
        as_app(
            trap.life.database,
            url,
            ["SELECT concat('a'::pg_catalog.text, 'b'), json_build_object ('a', 'b')"],
        )
        assert len(trap.unqualified()) == 2

    @FIRST
    def test_it_does_not_change_what_statements_do(self, trap: Trap, url: str) -> None:
        as_app(trap.life.database, url, ["SELECT 1 / (CASE WHEN upper('a' || 'b') = 'AB' THEN 1 ELSE 0 END)"])
        assert "function upper(text)" in trap.sprung()


TABLES = """\
CREATE TABLE public.kinds (id serial PRIMARY KEY, name text UNIQUE NOT NULL, active boolean DEFAULT true);
CREATE TABLE public.tools (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    name text PRIMARY KEY,
    title varchar(40),
    code char(6),
    place int,
    price numeric(10, 2),
    ratio double precision,
    flag boolean,
    tags text[],
    config jsonb,
    spec json,
    picture bytea,
    number uuid,
    day date,
    moment timestamptz,
    lasts interval,
    spans int4range,
    kind_id int REFERENCES public.kinds,
    note text,
    created_at timestamptz,
    updated_at timestamptz);
CREATE TABLE public.cities (code text PRIMARY KEY, name text, people int);
CREATE TABLE public.pairs (a int, b text, title text, UNIQUE (a, b));
ALTER TABLE public.kinds OWNER TO app;
ALTER TABLE public.tools OWNER TO app;
ALTER TABLE public.cities OWNER TO app;
ALTER TABLE public.pairs OWNER TO app;
"""

TOOL = """\
- name: {name}
  title: {title}
  code: abc
  place: 1
  price: 1.50
  ratio: 0.1
  flag: true
  tags: [a, b]
  config: {{a: [1, 2]}}
  spec: {{b: null}}
  picture: '\\x00ff'
  number: 6f1ed002-ab5b-4f2e-9c2b-8a2a1d5f6f00
  day: 2026-01-02
  moment: 2026-01-02T03:04:05Z
  lasts: 1 day 02:00:00
  spans: '[1,5)'
  kind_id: !ref {{table: public.kinds, where: {{name: Search}}}}
"""


class Town:
    """What a whole life of some tables takes: each step changes the seed files or the rows, and runs the seeder."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.codes: dict[str, int] = {}
        life.database.execute(TABLES)

    def files(
        self,
        tools: dict[str, str],
        *,
        kinds: tuple[str, ...] = ("Search", "Other"),
        people: int = 1,
        key: str = "[a]",
        policy: str = "delete",
    ) -> None:
        seeds = self.life.seeds
        seeds.write(
            "kinds.yaml",
            "table: public.kinds\nkey: [name]\nretired_rows: {set: {active: false}}\ninsert_only: [active]\n"
            "rows:\n" + "".join(f"- {{name: {name}, active: true}}\n" for name in kinds),
        )
        seeds.write(
            "tools.yaml",
            f"table: public.tools\nretired_rows: {policy}\nedited_rows: keep\n"
            "timestamps: {created: created_at, updated: updated_at}\n"
            "rows:\n" + "".join(TOOL.format(name=name, title=title) for name, title in tools.items()),
        )
        # So many rows go to the server another way.
        seeds.write("cities.yaml", "table: public.cities\nrows: !file cities.csv\n")
        cities = "".join(f"c{number},City {number},{people}\n" for number in range(2500))
        seeds.write("cities.csv", "code,name,people\n" + cities)
        seeds.write(
            "pairs.yaml",
            f"table: public.pairs\nkey: {key}\nrows: [{{a: 1, b: x, title: T}}, {{a: 2, b: y, title: T}}]\n",
        )

    def run(self, step: str, *arguments: str) -> Result:
        done = self.life.seeder(*arguments, "--path", self.life.seeds)
        assert done.exit_code != 70, str(done)
        self.codes[step] = done.exit_code
        return done


class TestAWholeLife:
    @EVERY_PATH
    def test_nothing_of_a_hostile_schema_is_used(self, trap: Trap) -> None:
        town = Town(trap.life)
        execute = trap.life.database.execute
        first = dict.fromkeys(("kept", "edited", "conflicting", "gone", "dropped"), "T")
        later = {**first, "conflicting": "T2", "kept": "T2"}

        town.files(first)
        town.run("list", "list")
        trap.life.seeder("wait", "--wait-for", "table:public.tools")
        town.run("check of an empty database", "--all", "--check")
        town.run("dry run of an empty database", "--all", "--dry-run", "--diff")
        town.run("first run", "--all")
        town.run("second run", "--all")
        execute(
            "UPDATE public.tools SET title = 'Mine' WHERE name IN ('edited', 'conflicting');"
            "DELETE FROM public.tools WHERE name = 'gone'"
        )
        town.run("after edits", "--all")
        town.files(later, people=2)
        town.run("dry run of an update", "--all", "--dry-run", "--diff")
        town.run("update, restoration and a conflict", "--all", "--diff")
        del later["dropped"]
        town.files(later, kinds=("Search",), people=2, policy="{set: {note: gone}}")
        town.run("retirement that sets", "--all", "--diff")
        del later["gone"]
        town.files(later, kinds=("Search",), people=2)
        town.run("retirement that deletes", "--all", "--diff")
        town.files(later, kinds=("Search", "Other"), people=2)
        town.run("a row that comes back", "--all")
        town.files(later, people=2, key="[a, b]")
        town.run("another key", "--all")
        execute("ALTER TABLE public.cities ADD CHECK (people < 3)")
        town.files(later, people=9, key="[a, b]")
        town.run("a refusal", "--all")
        town.files(later, people=2, key="[a, b]")
        town.run("status", "status", "--json")
        town.run("check", "--all", "--check")

        trap.assert_not_sprung()
        assert trap.unqualified() == []
        expected = dict.fromkeys(town.codes, 0)
        assert town.codes == {**expected, "check of an empty database": 6, "a refusal": 1}
        assert dict(trap.life.rows("SELECT name, title FROM public.tools")) == {
            "kept": "T2",
            "edited": "Mine",
            "conflicting": "Mine",
        }

    @pytest.mark.newest_server
    @EVERY_PATH
    def test_nothing_of_it_is_used_without_a_ledger(self, trap: Trap) -> None:
        town = Town(trap.life)
        for title in ("T", "T2"):
            town.files({"a": title, "b": title}, people=len(title))
            town.run(title, "--all", "--ledger", "off")
        trap.assert_not_sprung()
        assert trap.unqualified() == []
        assert set(town.codes.values()) == {0}


CASTS = [
    *(
        f"CREATE CAST (hostile.mood AS {name}) WITH FUNCTION hostile.{name}_of(hostile.mood)"
        for name in ("text", "varchar", "json", "jsonb")
    ),
    *(
        f"CREATE CAST ({name} AS hostile.mood) WITH FUNCTION hostile.mood_of({name})"
        for name in ("text", "varchar", "json", "jsonb")
    ),
]
TYPES = {
    "an enum": "CREATE TYPE hostile.mood AS ENUM ('sad', 'glad', 'mine')",
    "a composite type": "CREATE TYPE hostile.mood AS (name text, strength int)",
}
MOODS = {"an enum": ("sad", "glad", "mine"), "a composite type": ("(sad,1)", "(glad,2)", "(mine,3)")}
CONVERSIONS = """\
CREATE FUNCTION hostile.{type}_of(hostile.mood) RETURNS {type} LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    PERFORM hostile.spring('a cast to {type}');
    RETURN to_jsonb(format('%s', $1)) {operator} '{{}}';
END $$;
CREATE FUNCTION hostile.mood_of({type}) RETURNS hostile.mood LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    PERFORM hostile.spring('a cast from {type}');
    RETURN (json_populate_record(NULL::hostile.holder, json_build_object('mood', $1))).mood;
END $$;
"""
OPERATORS = """\
CREATE FUNCTION hostile.{name}_moods(hostile.mood, hostile.mood) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    PERFORM hostile.spring('operator {operator} of moods');
    RETURN format('%s', $1) {operator} format('%s', $2);
END $$;
CREATE OPERATOR hostile.{operator} (
    LEFTARG = hostile.mood, RIGHTARG = hostile.mood, FUNCTION = hostile.{name}_moods);
"""


def of_a_mood(kind: str) -> str:
    """The type, with all that whoever owns it can have done with its values."""
    made = [TYPES[kind], "CREATE TYPE hostile.holder AS (mood hostile.mood)"]
    made += [
        CONVERSIONS.format(type=name, operator="#>" if name.startswith("json") else "#>>")
        for name in ("text", "varchar", "json", "jsonb")
    ]
    made += [
        OPERATORS.format(name=name, operator=operator)
        for name, operator in {"equal": "=", "unequal": "<>", "less": "<", "more": ">"}.items()
    ]
    return ";".join(made)


class TestAColumnOfAHostileType:
    """Whoever owns a type owns its casts, and an operator that fits its values exactly comes before any other."""

    @pytest.mark.newest_server
    @pytest.mark.parametrize("kind", TYPES)
    @pytest.mark.parametrize(
        "called", ["AS IMPLICIT", "AS ASSIGNMENT", ""], ids=["implicit", "assignment", "explicit"]
    )
    def test_no_cast_and_no_operator_of_it_is_called(
        self, life: Life, url: str, kind: str, called: str
    ) -> None:
        first, later, mine = MOODS[kind]
        casts = "".join(f"{cast} {called};" for cast in CASTS)
        trap = Trap(life, '"$user", public, hostile', of_a_mood(kind), casts)
        life.seeder.environment["DATABASE_URL"] = url
        life.database.execute(
            "CREATE TABLE tools (name text PRIMARY KEY, mood hostile.mood); ALTER TABLE tools OWNER TO app"
        )
        fields: dict[str, Any] = {"retired_rows": "delete"}
        runs = []
        for mood in (first, later):
            life.write("tools", [{"name": name, "mood": mood} for name in "abc"], **fields)
            runs += [life.run("--diff"), life.run()]
            life.database.execute(f"UPDATE tools SET mood = '{mine}' WHERE name = 'b'")
        life.write("tools", [{"name": "a", "mood": later}], **fields)
        runs.append(life.run("--diff"))
        trap.assert_not_sprung()
        assert [run.exit_code for run in runs] == [0] * 5, "\n".join(map(str, runs))
        moods = "SELECT name, format('%s', mood) FROM tools ORDER BY name"
        assert life.rows(moods) == [("a", later), ("b", mine)]

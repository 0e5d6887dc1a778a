"""An exported table: a run in its database changes nothing, and one in an empty database makes the same table."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from seeder.cli import exporting
from seeder.config.settings import Settings
from seeder.seed_files.values import TableName
from tests.integration.footprint import footprint
from tests.integration.seeding import Seeding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Database

FOLDER = Path(__file__).parent
TYPES = (FOLDER / "types.sql").read_text(encoding="utf-8")
SHOP = (FOLDER / "shop.sql").read_text(encoding="utf-8")
FORMATS = ["yaml", "csv", "ndjson"]


def definitions(script: str) -> str:
    """The script without the rows."""
    return re.sub(r"^(INSERT|UPDATE) .*?;$", "", script, flags=re.MULTILINE | re.DOTALL)


def adapted(script: str, database: Database) -> str:
    """The script as the server takes it, by its version and by what it was built with."""
    try:
        database.execute("SELECT '<a/>'::xml")
    except psycopg.errors.FeatureNotSupported:
        script = script.replace("markup xml", "markup text")
    if database.server.version < 14:
        # There is no infinite numeric, and there are no multiranges.
        return script
    more = script.replace("'NaN', 1234567890.50", "'-Infinity', 1234567890.50")
    more = more.replace(
        "ranges int4range[],", "ranges int4range[], several int4multirange, more nummultirange[],"
    )
    more = more.replace(
        "'{\"[1,3)\",empty}')", "'{\"[1,3)\",empty}', '{[1,2], [7,9]}', '{\"{[1,2)}\",\"{}\"}')"
    )
    return more.replace("'{}', '{}', '{}');", "'{}', '{}', '{}', '{}', '{}');")


@pytest.fixture
def copy(database: Database) -> Iterator[Database]:
    """Another empty database."""
    other = database.server.create_database()
    yield other
    other.drop()


def export(seeder: CommandLine, *arguments: Any) -> str:
    done = seeder("export", *arguments)
    assert done.exit_code == 0, str(done)
    return done.stdout


def seed(database: Database, seeds: SeedFolder) -> int:
    """Run all seed files, and return how many rows were changed."""
    result = Seeding(database, seeds)()
    assert result.exit_code == 0, str(result)
    return int(result.event("run.finished")["changed"])


def assert_nothing_changes(database: Database, seeds: SeedFolder, table: str) -> None:
    """A run changes no row of the table, adopts all of them, and keeps none as different."""
    before = footprint(database)
    result = Seeding(database, seeds)()
    finished = result.event("run.finished")
    assert (result.exit_code, finished["changed"], finished["kept_existing"]) == (0, 0, 0), str(result)
    after = footprint(database)
    assert after.versions[table] == before.versions[table]
    assert after.written[table] == before.written[table]
    assert all(after.sequences[each] == value for each, value in before.sequences.items())


def contents(database: Database, table: str, *left_out: str, spaces: bool = True) -> list[tuple[Any, ...]]:
    """The rows of a table as PostgreSQL writes them, in the order of these texts. `spaces` in documents count."""
    columns = database.rows(
        "SELECT quote_ident(attname), atttypid::regtype::text FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attname <> ALL (%s)",
        [table, list(left_out)],
    )
    shown = ", ".join(
        f'{name}{"" if spaces or kind != "json" else "::jsonb"}::text COLLATE "C"' for name, kind in columns
    )
    return database.rows(f"SELECT {shown} FROM {table} ORDER BY {shown}")


class TestEveryType:
    TABLE = '"Other Schema"."Order"'

    @pytest.mark.parametrize("kind", FORMATS)
    def test_a_run_changes_nothing_and_in_a_copy_makes_the_same_table(
        self, database: Database, copy: Database, seeder: CommandLine, seeds: SeedFolder, kind: str
    ) -> None:
        script = adapted(TYPES, database)
        database.execute(script)
        said = export(seeder, self.TABLE, "--output", seeds.path / f"orders.{kind}")
        assert said.endswith(
            ": 4 rows of Other Schema.Order, key: select, part; left out: id, doubled, created_at\n"
        )
        copy.execute(definitions(script))
        assert seed(copy, seeds) == 4
        # Space between the parts of a document is kept by CSV alone.
        there, here = (
            contents(each, self.TABLE, "id", "created_at", spaces=kind == "csv") for each in (copy, database)
        )
        assert there == here
        assert_nothing_changes(copy, seeds, self.TABLE)
        assert_nothing_changes(database, seeds, self.TABLE)

    def test_the_same_rows_make_the_same_file(
        self, database: Database, copy: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        database.execute(adapted(TYPES, database))
        for setting in ("TimeZone = 'Asia/Kathmandu'", "DateStyle = 'SQL, DMY'", "bytea_output = 'escape'"):
            database.execute(f"ALTER DATABASE {database.name} SET {setting}")
        first = (
            export(seeder, self.TABLE, "--output", seeds.path / "orders.yaml")
            and (seeds.path / "orders.yaml").read_text()
        )
        database.execute(f"UPDATE {self.TABLE} SET part = part; ALTER DATABASE {database.name} RESET ALL")
        export(seeder, self.TABLE, "--output", seeds.path / "orders.yaml")
        assert (seeds.path / "orders.yaml").read_text() == first


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
LEAVES = st.none() | st.booleans() | st.integers() | TEXTS
DOCUMENTS = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=8)
ROWS = st.lists(
    st.tuples(
        st.none() | TEXTS,
        st.none() | DOCUMENTS.filter(lambda value: value is not None),
        st.none() | st.lists(st.none() | TEXTS),
        st.none() | st.floats(width=64),
        st.none() | st.decimals(allow_infinity=False, allow_nan=False),
        st.none() | st.binary(),
        st.none() | st.datetimes(),
    ),
    min_size=20,
    max_size=40,
)


@pytest.mark.newest_server
@pytest.mark.parametrize("kind", FORMATS)
@settings(
    max_examples=3,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(rows=ROWS)
def test_any_values(
    database: Database, copy: Database, seeds: SeedFolder, kind: str, rows: list[tuple[Any, ...]]
) -> None:
    from psycopg.types.json import Jsonb

    ddl = (
        "DROP SCHEMA IF EXISTS seeder CASCADE; DROP TABLE IF EXISTS things; CREATE TABLE things (n int PRIMARY KEY, "
        "a text, b jsonb, c text[], d double precision, e numeric, f bytea, g timestamp)"
    )
    database.execute(ddl)
    copy.execute(ddl)
    with database.connect(autocommit=True) as connection:
        for number, (first, document, *others) in enumerate(rows):
            values = [number, first, None if document is None else Jsonb(document), *others]
            connection.execute("INSERT INTO things VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", values)
    output = seeds.path / f"things.{kind}"
    wanted = exporting.Wanted(
        table=TableName.parse("things"),
        key=[],
        columns=[],
        where=None,
        refs=False,
        form=exporting.form(None, str(output), refs=False, long_texts=False),
    )
    options = Settings.load({"database_url": database.url}, {})
    exporting.to_file(options, wanted, str(output), say=lambda _: None, note=lambda _: None)
    assert seed(copy, seeds) == len(rows)
    assert contents(copy, "things") == contents(database, "things")
    assert seed(database, seeds) == 0


@pytest.mark.newest_server
class TestShop:
    TABLES = re.findall(r"^CREATE TABLE (\w+)", SHOP, re.MULTILINE)

    def exported(self, seeder: CommandLine, seeds: SeedFolder, *options: str, kind: str = "yaml") -> None:
        for table in self.TABLES:
            export(seeder, table, *options, "--output", seeds.path / f"{table}.{kind}")

    def test_by_their_numbers(
        self, database: Database, copy: Database, seeder: CommandLine, seeds: SeedFolder
    ) -> None:
        database.execute(SHOP)
        self.exported(seeder, seeds)
        copy.execute(definitions(SHOP))
        seed(copy, seeds)
        left_out = {"users": ["created_at", "updated_at"], "product_tags": ["id"]}
        for table in self.TABLES:
            there, here = (contents(each, table, *left_out.get(table, [])) for each in (copy, database))
            assert there == here, table
        for table in self.TABLES:
            assert_nothing_changes(database, seeds, f"public.{table}")

    def test_names_in_yaml(self, database: Database, seeder: CommandLine, seeds: SeedFolder) -> None:
        database.execute(SHOP)
        self.exported(seeder, seeds, "--refs")
        text = {table: (seeds.path / f"{table}.yaml").read_text() for table in self.TABLES}
        ada = "!ref {table: users, where: {email: ada@example.org}}"
        assert f"invited_by: {ada}\n" in text["users"]
        assert "region_id: !ref {table: regions, where: {country: ch, name: Bern}}\n" in text["users"]
        assert "shop_id: !ref {table: shops, where: {name: Bern}, column: id}\n" in text["stock"]
        assert (
            f"user_id: {ada}\n    role_id: !ref {{table: roles, where: {{name: admin}}}}\n"
            in text["user_roles"]
        )
        assert "currency: EUR\n" in text["products"]
        # A variant has no name without that of its product.
        pen = "!ref {table: products, where: {sku: pen}}"
        assert f"  - product_id: {pen}\n    size: L\n" in text["variants"]
        assert (
            f"variant_id: !ref {{table: variants, where: {{product_id: {pen}, size: S}}}}\n" in text["stock"]
        )

    def test_names_in_csv(self, database: Database, seeder: CommandLine, seeds: SeedFolder) -> None:
        database.execute(SHOP)
        self.exported(seeder, seeds, "--refs", kind="csv")
        assert (seeds.path / "variants.csv").read_text().startswith("product_id,size\nink,")
        lines = (seeds.path / "stock.csv").read_text().splitlines()
        assert lines[0] == "shop_id,country,variant_sku,variant_size,pieces"
        assert lines[-1] == "Bern,Bern,pen,S,3"
        variant = "{product_id: {table: products, columns: {sku: variant_sku}}, size: variant_size}"
        assert (seeds.path / "stock.yaml").read_text().splitlines()[2] == (
            "references: {shop_id: {table: shops, columns: [name], column: id}, "
            "country: {table: shops, columns: [name], column: country}, "
            f"variant_id: {{table: variants, columns: {variant}}}}}"
        )

    @pytest.mark.parametrize("kind", FORMATS)
    def test_by_names(
        self, database: Database, copy: Database, seeder: CommandLine, seeds: SeedFolder, kind: str
    ) -> None:
        database.execute(SHOP)
        self.exported(seeder, seeds, "--refs", kind=kind)
        copy.execute(
            definitions(SHOP) + "SELECT setval('categories_id_seq', 1000), setval('regions_id_seq', 1000);"
        )
        seed(copy, seeds)
        assert copy.scalar("SELECT min(id) FROM regions") > 1000
        for query in (
            """
            SELECT u.email, r.country, r.name, i.email, p.bio FROM users u LEFT JOIN regions r ON r.id = u.region_id
            LEFT JOIN users i ON i.id = u.invited_by LEFT JOIN profiles p ON p.user_id = u.id""",
            "SELECT u.email, r.name FROM user_roles JOIN users u ON u.id = user_id JOIN roles r ON r.id = role_id",
            "SELECT c.slug, p.slug FROM categories c LEFT JOIN categories p ON p.id = c.parent_id",
            """
            SELECT p.sku, p.about, p.price, p.currency, c.slug, t.tag, v.size, s.pieces, s.country, h.name
            FROM products p JOIN categories c ON c.id = category_id LEFT JOIN product_tags t ON t.product_id = p.id
            LEFT JOIN variants v ON v.product_id = p.id LEFT JOIN stock s ON s.variant_id = v.id
            LEFT JOIN shops h ON (h.id, h.country) = (s.shop_id, s.country)""",
            "SELECT * FROM countries",
            "SELECT * FROM currencies",
            "SELECT * FROM tags",
        ):
            assert sorted(map(str, copy.rows(query))) == sorted(map(str, database.rows(query))), query
        for table in self.TABLES:
            assert_nothing_changes(database, seeds, f"public.{table}")

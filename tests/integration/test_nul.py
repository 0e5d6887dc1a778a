"""A NUL character, at which PostgreSQL stops reading: what follows it is never lost in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.commandline import CommandLine, SeedFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.commandline import Event
    from tests.integration.postgres import Database, Server

pytestmark = pytest.mark.newest_server

TABLES = "CREATE TABLE notes (id int PRIMARY KEY, body text, made timestamptz); CREATE TABLE others (id int)"


@pytest.fixture
def failure(
    database: Database, seeder: CommandLine, seeds: SeedFolder
) -> Callable[[str, str | bytes], Event]:
    """Run one seed file, with leave to run code, on a database with the tables, and say how it failed."""
    database.execute(TABLES)

    def run(name: str, content: str | bytes) -> Event:
        path = seeds.write(name, content)
        done = seeder("--all", "--path", path, "--allow-code")
        finished = done.finished(name.partition(".")[0])
        assert (done.exit_code, finished["outcome"]) == (1, "failed"), str(done)
        assert finished["file"] == str(path)
        return finished

    return run


class TestScript:
    @pytest.mark.parametrize(
        ("sql", "place"),
        [
            ("INSERT INTO notes (id) VALUES (1)\0, (2);\n", (1, 34)),
            ("INSERT INTO notes (id) VALUES (1);\n\0\nINSERT INTO notes (id) VALUES (2);\n", (2, 1)),
            ("INSERT INTO notes (id, body)\n  VALUES (1, 'é\0x');\n", (2, 16)),
            ("INSERT INTO notes (id) VALUES (1) -- \0\n, (2);\n", (1, 38)),
            ("COPY notes (id, body) FROM stdin;\n1\ta\0b\n\\.\n", (2, 4)),
        ],
        ids=["in a statement", "between statements", "in a string", "in a comment", "in the data of COPY"],
    )
    def test_the_rest_of_a_script_is_not_lost(
        self,
        failure: Callable[[str, str], Event],
        database: Database,
        sql: str,
        place: tuple[int, int],
    ) -> None:
        finished = failure("script.sql", sql)
        assert (finished["line"], finished["column"]) == place
        assert "NUL" in finished["error"]["message"]
        assert database.scalar("SELECT count(*) FROM notes") == 0

    def test_a_script_in_utf_16_is_not_taken_for_empty(
        self, failure: Callable[[str, bytes], Event], database: Database
    ) -> None:
        finished = failure("script.sql", "INSERT INTO notes (id) VALUES (1);\n".encode("utf-16-le"))
        assert (finished["line"], finished["column"]) == (1, 2)
        assert "UTF-16" in finished["error"]["message"]
        assert database.scalar("SELECT count(*) FROM notes") == 0


class TestDdl:
    DDL = "CREATE TABLE made (id int PRIMARY KEY)"

    def test_the_rest_of_a_ddl_is_not_lost(
        self, failure: Callable[[str, str], Event], database: Database
    ) -> None:
        ddl = f'"{self.DDL}\\0; CREATE INDEX ON made (id)"'
        finished = failure("made.yaml", f"rows: [{{id: 1}}]\nddl: {ddl}\n")
        assert (finished["line"], finished["column"]) == (2, 6)
        assert "NUL" in finished["error"]["message"]
        assert database.scalar("SELECT to_regclass('made')") is None

    def test_the_rest_of_a_file_of_ddl_is_not_lost(
        self, failure: Callable[[str, str], Event], database: Database, seeds: SeedFolder
    ) -> None:
        seeds.write("made.ddl", f"{self.DDL}\0;\nCREATE INDEX ON made (id);\n")
        finished = failure("made.yaml", "rows: [{id: 1}]\nddl: !file made.ddl\n")
        assert (finished["line"], finished["column"]) == (2, 6)
        assert "made.ddl:1:39" in finished["error"]["message"]
        assert database.scalar("SELECT to_regclass('made')") is None

    def test_nor_is_that_of_json(self, failure: Callable[[str, str], Event], database: Database) -> None:
        finished = failure("made.json", f'{{"ddl":\n  "{self.DDL}\\u0000; SELECT 1", "rows": [{{"id": 1}}]}}')
        assert (finished["line"], finished["column"]) == (2, 3)
        assert database.scalar("SELECT to_regclass('made')") is None


NAMES: dict[str, tuple[str, str, tuple[int, int]]] = {
    "a table": ("yaml", 'table: "notes\\0x"\nrows: [{id: 1}]\n', (1, 8)),
    "a schema": ("yaml", 'table: "public\\0x.notes"\nrows: [{id: 1}]\n', (1, 8)),
    "a key": ("yaml", 'key: ["id\\0"]\nrows: [{id: 1}]\n', (1, 7)),
    "a column": ("yaml", 'rows:\n  - {id: 1, "body\\0x": a}\n', (2, 13)),
    "column among the defaults": ("yaml", 'defaults: {"body\\0": a}\nrows: [{id: 1}]\n', (1, 12)),
    "insert-only column": ("yaml", 'insert_only: [body, "made\\0"]\nrows: [{id: 1}]\n', (1, 21)),
    "column set on retirement": ("yaml", 'retired_rows: {set: {"body\\0": a}}\nrows: [{id: 1}]\n', (1, 22)),
    "column of timestamps": ("yaml", 'timestamps: {created: "made\\0"}\nrows: [{id: 1}]\n', (1, 23)),
    "a dependency": ("yaml", 'depends_on: [a, "b\\0"]\nrows: [{id: 1}]\n', (1, 17)),
    "an environment": ("yaml", 'environments: ["b\\0"]\nrows: [{id: 1}]\n', (1, 16)),
    "a field": ("yaml", '"rows\\0": [{id: 1}]\n', (1, 1)),
    "table of a reference": (
        "yaml",
        'rows: [{id: !ref {table: "others\\0", where: {id: 1}}}]\n',
        (1, 26),
    ),
    "column of a reference": (
        "yaml",
        'rows: [{id: !ref {table: others, where: {id: 1}, column: "id\\0"}}]\n',
        (1, 58),
    ),
    "column that a reference looks at": (
        "yaml",
        'rows: [{id: !ref {table: others, where: {"id\\0": 1}}}]\n',
        (1, 42),
    ),
    "name inside a cell": ("yaml", 'rows: [{id: 1, body: {"a\\0": 1}}]\n', (1, 23)),
    "column of JSON": ("json", '{"rows": [\n  {"id": 1, "body\\u0000x": "a"}]}\n', (2, 13)),
    "key of JSON": ("json", '{"key": ["id\\u0000"], "rows": [{"id": 1}]}\n', (1, 10)),
    "field of JSON": ("json", '{"rows": [{"id": 1}],\n"m\\u0000": 1}\n', (2, 1)),
    "column of NDJSON": ("ndjson", '{"id": 1}\n{"id": 2, "body\\u0000": "a"}\n', (2, 11)),
    "column of CSV": ("csv", "id,body\0x\n1,a\n", (1, 4)),
    "quoted column of CSV": ("csv", 'id,"body\0x"\n1,a\n', (1, 4)),
    "dependency of a script": ("sql", "-- seeder: depends_on=a\0b\nSELECT 1;\n", (1, 24)),
    "dependency of a module": (
        "py",
        'DEPENDS_ON = ["a", "b\\0"]\n\ndef seed_sync(session): pass\n',
        (1, 14),
    ),
    "a module": ("py", "def seed_sync(session):\n    session.begin()\0\n", (2, 20)),
}


def _stem(name: str) -> str:
    return name.lower().replace(" ", "_").replace("-", "_")


@pytest.fixture(scope="module")
def cut(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Event]]:
    """One run over all of `NAMES`, and how the seeder of each ended. Each has a table of its own."""
    database = server.create_database()
    database.execute("CREATE TABLE others (id int)")
    seeds = SeedFolder(tmp_path_factory.mktemp("seeds"))
    for name, (kind, content, _) in NAMES.items():
        stem = _stem(name)
        database.execute(f"CREATE TABLE {stem} (id int PRIMARY KEY, body text, made timestamptz)")
        seeds.write(f"{stem}.{kind}", content)
    seeder = CommandLine(tmp_path_factory.mktemp("runs"), DATABASE_URL=database.url)
    result = seeder("--all", "--path", seeds, "--allow-code")

    def of(name: str) -> Event:
        stem = _stem(name)
        assert database.scalar(f"SELECT count(*) FROM {stem}") == 0
        return result.finished(stem)

    yield of
    database.drop()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_not_cut(cut: Callable[[str], Event], name: str) -> None:
    kind, _, (line, column) = NAMES[name]
    finished = cut(name)
    assert finished["outcome"] == "failed"
    assert finished["file"].endswith(f".{kind}")
    assert (finished["line"], finished["column"]) == (line, column), finished
    assert "NUL" in finished["error"]["message"], finished

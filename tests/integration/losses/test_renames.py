"""Lost by a migration's renaming: what somebody edited in a column or a table that has another name since."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.commandline import Result
    from tests.integration.losses.life import Life

pytestmark = pytest.mark.newest_server

EXISTING = pytest.mark.parametrize("existing", ["keep", "overwrite"])

AS_SEEDED = {"a": "A", "b": "B", "c": "C"}
CHANGED = {"a": "A2", "b": "B2", "c": "C"}
EDITED = "UPDATE tools SET title = 'Mine' WHERE name = 'b'"


@pytest.fixture(autouse=True)
def tools(life: Life) -> None:
    """Three rows; somebody edited the title of the second."""
    life.database.execute(
        "CREATE TABLE tools (gone text, name text PRIMARY KEY, title text, note text, rank int);"
        "ALTER TABLE tools DROP gone"
    )
    write(life)
    life.seeded()
    life.database.execute(EDITED)


def write(
    life: Life,
    titles: dict[str, str] = AS_SEEDED,
    *,
    column: str = "title",
    existing: str | None = None,
    **fields: Any,
) -> None:
    """Write the seed file; no `existing` leaves it to what seed files get that don't say."""
    if existing is not None:
        fields["existing_rows"] = existing
    life.write(
        "tools", [{"name": name, column: title, "rank": 1} for name, title in titles.items()], **fields
    )


def titles(life: Life, table: str = "tools", column: str = "title") -> dict[str, str | None]:
    return dict(life.rows(f"SELECT name, {column} FROM {table}"))


def conflicts(done: Result) -> list[str]:
    return [event["key"]["name"] for event in done.all("seeder.conflict")]


class TestAColumn:
    @EXISTING
    def test_renamed_keeps_its_edits(self, life: Life, existing: str) -> None:
        life.database.execute("ALTER TABLE tools RENAME title TO label")
        write(life, column="label", existing=existing)
        done = life.seeded()
        assert titles(life, column="label") == {**AS_SEEDED, "b": "Mine"}
        assert done.event("run.finished")["changed"] == 0

    @EXISTING
    def test_renamed_keeps_its_edits_though_the_seed_file_changes_too(
        self, life: Life, existing: str
    ) -> None:
        life.database.execute("ALTER TABLE tools RENAME title TO label")
        write(life, CHANGED, column="label", existing=existing)
        done = life.seeded()
        assert titles(life, column="label") == {**CHANGED, "b": "Mine"}
        assert conflicts(done) == ["b"]

    @EXISTING
    def test_renamed_twice_keeps_its_edits(self, life: Life, existing: str) -> None:
        for old, new in (("title", "label"), ("label", "caption")):
            life.database.execute(f"ALTER TABLE tools RENAME {old} TO {new}")
            write(life, column=new, existing=existing)
            life.seeded()
        write(life, CHANGED, column="caption", existing=existing)
        life.seeded()
        assert titles(life, column="caption") == {**CHANGED, "b": "Mine"}

    @EXISTING
    def test_renamed_while_another_takes_its_name_keeps_its_edits(self, life: Life, existing: str) -> None:
        """The new `title` is a column of its own, and what was edited stands under the other name now."""
        life.database.execute("ALTER TABLE tools RENAME title TO label; ALTER TABLE tools ADD title text")
        write(life, existing=existing)
        life.seeded()
        assert titles(life, column="label") == {**AS_SEEDED, "b": "Mine"}
        assert titles(life) == AS_SEEDED

    def test_renamed_that_the_seed_file_leaves_to_people_from_then_on(self, life: Life) -> None:
        life.database.execute("ALTER TABLE tools RENAME title TO label")
        life.write("tools", [{"name": name, "rank": 1} for name in AS_SEEDED])
        life.seeded()
        assert titles(life, column="label") == {**AS_SEEDED, "b": "Mine"}
        life.write("tools", [], retired_rows="delete")
        life.seeded()
        assert titles(life, column="label") == {"b": "Mine"}

    @EXISTING
    def test_that_is_the_key_renamed_keeps_the_edits_of_its_rows(self, life: Life, existing: str) -> None:
        life.database.execute("ALTER TABLE tools RENAME name TO code")
        rows = [{"code": name, "title": title, "rank": 1} for name, title in CHANGED.items()]
        life.write("tools", rows, existing_rows=existing)
        life.seeded()
        assert dict(life.rows("SELECT code, title FROM tools")) == {**CHANGED, "b": "Mine"}


class TestTwoColumnsThatSwapNames:
    @pytest.fixture(autouse=True)
    def swapped(self, life: Life) -> None:
        life.database.execute("CREATE TABLE texts (name text PRIMARY KEY, short text, long text)")
        self.write(life, short="s", long="l")
        life.seeded()
        life.database.execute(
            "UPDATE texts SET short = 'Mine' WHERE name = 'b';"
            "ALTER TABLE texts RENAME short TO kept;"
            "ALTER TABLE texts RENAME long TO short;"
            "ALTER TABLE texts RENAME kept TO long"
        )

    def write(self, life: Life, **cells: str) -> None:
        life.write("texts", [{"name": name, **cells} for name in "ab"])

    def cells(self, life: Life) -> list[tuple[Any, ...]]:
        return life.rows("SELECT name, short, long FROM texts ORDER BY name")

    @EXISTING
    @pytest.mark.parametrize(
        "seeded",
        [{"short": "l", "long": "s"}, {"short": "s", "long": "l"}, {"short": "l", "long": "s2"}],
        ids=["and the seed file follows", "and the seed file does not", "and the seed file changes too"],
    )
    def test_keep_their_edits(self, life: Life, existing: str, seeded: dict[str, str]) -> None:
        life.write("texts", [{"name": name, **seeded} for name in "ab"], existing_rows=existing)
        for _ in range(2):
            life.seeded()
            assert self.cells(life)[1] == ("b", "l", "Mine")

    def test_have_nothing_to_do_where_the_seed_file_follows(self, life: Life) -> None:
        self.write(life, short="l", long="s")
        assert life.seeded().finished("texts")["updated"] == 0
        assert self.cells(life) == [("a", "l", "s"), ("b", "l", "Mine")]


class TestAColumnDroppedAndAddedAgain:
    """Its cells went with it, so nobody edited what stands there now."""

    @EXISTING
    @pytest.mark.parametrize(
        ("column", "seeded"),
        [
            ("title text", AS_SEEDED),
            ("title text", CHANGED),
            ("title text DEFAULT 'filled'", AS_SEEDED),
            ("title varchar(9)", AS_SEEDED),
        ],
        ids=["as it was", "and the seed file changes", "with a default", "with another type"],
    )
    def test_is_filled_again(self, life: Life, existing: str, column: str, seeded: dict[str, str]) -> None:
        life.database.execute(f"ALTER TABLE tools DROP title; ALTER TABLE tools ADD {column}")
        write(life, seeded, existing=existing)
        done = life.seeded()
        assert titles(life) == seeded
        assert conflicts(done) == []
        assert life.seeded().event("run.finished")["changed"] == 0

    def test_keeps_what_somebody_wrote_in_it_since(self, life: Life) -> None:
        life.database.execute(f"ALTER TABLE tools DROP title; ALTER TABLE tools ADD title text; {EDITED}")
        write(life, existing="keep")
        life.seeded()
        assert titles(life) == {**AS_SEEDED, "b": "Mine"}


class TestATable:
    @EXISTING
    @pytest.mark.parametrize(
        ("migration", "name"),
        [
            ("ALTER TABLE tools RENAME TO gadgets", "gadgets"),
            ("CREATE SCHEMA shop; ALTER TABLE tools SET SCHEMA shop", "shop.tools"),
        ],
        ids=["renamed", "in another schema"],
    )
    def test_keeps_its_edits(self, life: Life, existing: str, migration: str, name: str) -> None:
        life.database.execute(migration)
        write(life, table=name, existing=existing)
        assert life.seeded().event("run.finished")["changed"] == 0
        write(life, CHANGED, table=name, existing=existing)
        life.seeded()
        assert titles(life, name) == {**CHANGED, "b": "Mine"}

    @EXISTING
    def test_renamed_keeps_its_edits_though_the_seed_file_changes_too(
        self, life: Life, existing: str
    ) -> None:
        life.database.execute(
            "ALTER TABLE tools RENAME TO gadgets; ALTER TABLE gadgets RENAME title TO label"
        )
        write(life, CHANGED, table="gadgets", column="label", existing=existing)
        done = life.seeded()
        assert titles(life, "gadgets", "label") == {**CHANGED, "b": "Mine"}
        assert conflicts(done) == ["b"]

    def test_renamed_is_not_forgotten_when_its_rows_retire(self, life: Life) -> None:
        life.database.execute("ALTER TABLE tools RENAME TO gadgets")
        write(life, {"a": "A"}, table="gadgets", retired_rows="delete")
        life.seeded()
        assert titles(life, "gadgets") == {"a": "A", "b": "Mine"}

    @EXISTING
    def test_renamed_while_another_takes_its_name_is_the_table_of_that_name(
        self, life: Life, existing: str
    ) -> None:
        life.database.execute(
            "ALTER TABLE tools RENAME TO tools_before;"
            "CREATE TABLE tools (name text PRIMARY KEY, title text, rank int)"
        )
        write(life, CHANGED, existing=existing)
        life.seeded()
        assert titles(life, "tools_before") == {**AS_SEEDED, "b": "Mine"}
        assert titles(life) == CHANGED


class TestAnOnlineMigration:
    """A copy is made beside the table, and the two swap names: `tools` is another table since, of other columns."""

    @pytest.fixture(autouse=True)
    def swapped(self, life: Life) -> None:
        life.database.execute("""\
            CREATE TABLE tools_new (note text, rank bigint, title text, name text PRIMARY KEY);
            INSERT INTO tools_new (name, title, rank, note) SELECT name, title, rank, note FROM tools;
            BEGIN;
            ALTER TABLE tools RENAME TO tools_old;
            ALTER TABLE tools_new RENAME TO tools;
            COMMIT""")

    @EXISTING
    def test_keeps_the_edits(self, life: Life, existing: str) -> None:
        write(life, existing=existing)
        assert life.seeded().event("run.finished")["changed"] == 0
        assert titles(life) == {**AS_SEEDED, "b": "Mine"}

    @EXISTING
    @pytest.mark.parametrize("dropped", [False, True], ids=["the old one stays", "the old one goes"])
    def test_keeps_the_edits_though_the_seed_file_changes_too(
        self, life: Life, existing: str, dropped: bool
    ) -> None:
        if dropped:
            life.database.execute("DROP TABLE tools_old")
        write(life, CHANGED, existing=existing)
        done = life.seeded()
        assert titles(life) == {**CHANGED, "b": "Mine"}
        assert conflicts(done) == ["b"]
        if not dropped:
            assert titles(life, "tools_old") == {**AS_SEEDED, "b": "Mine"}

    def test_retires_rows_of_the_table_that_has_the_name(self, life: Life) -> None:
        write(life, {"a": "A"}, retired_rows="delete")
        life.seeded()
        assert titles(life) == {"a": "A", "b": "Mine"}
        assert titles(life, "tools_old") == {**AS_SEEDED, "b": "Mine"}


class TestAfterADumpAndARestore:
    """Every OID is another then, and so are the numbers of columns, for one was dropped before the dump."""

    @pytest.fixture
    def restored(self, life: Life) -> Iterator[Life]:
        database = life.database.server.restore(life.database)
        life.seeder.environment["DATABASE_URL"] = database.url
        yield replace(life, database=database)
        database.drop()

    def test_edits_are_known(self, restored: Life) -> None:
        assert restored.seeded().event("run.finished")["changed"] == 0
        write(restored, CHANGED)
        done = restored.seeded()
        assert titles(restored) == {**CHANGED, "b": "Mine"}
        assert conflicts(done) == ["b"]

    @pytest.mark.parametrize("between", [True, False], ids=["after a run", "before any run"])
    @pytest.mark.parametrize("seeded", [AS_SEEDED, CHANGED], ids=["unchanged", "changed"])
    def test_a_renamed_column_keeps_its_edits(
        self, restored: Life, between: bool, seeded: dict[str, str]
    ) -> None:
        if between:
            restored.seeded()
        restored.database.execute("ALTER TABLE tools RENAME title TO label")
        write(restored, seeded, column="label", existing="keep")
        restored.seeded()
        assert titles(restored, column="label")["b"] == "Mine"
        if between:
            assert titles(restored, column="label") == {**seeded, "b": "Mine"}

    @pytest.mark.parametrize("between", [True, False], ids=["after a run", "before any run"])
    def test_a_renamed_table_keeps_its_edits(self, restored: Life, between: bool) -> None:
        if between:
            restored.seeded()
        restored.database.execute("ALTER TABLE tools RENAME TO gadgets")
        write(restored, CHANGED, table="gadgets", existing="keep")
        restored.seeded()
        assert titles(restored, "gadgets")["b"] == "Mine"
        if between:
            assert titles(restored, "gadgets") == {**CHANGED, "b": "Mine"}

    def test_a_column_is_not_taken_for_one_that_had_its_number(self, restored: Life) -> None:
        """`note` has the number now that `title` had, and the same type, and people moved the titles there."""
        restored.database.execute("UPDATE tools SET note = title; ALTER TABLE tools DROP title")
        rows = [{"name": name, "note": "seeded", "rank": 1} for name in AS_SEEDED]
        restored.write("tools", rows, existing_rows="keep")
        restored.seeded()
        assert titles(restored, column="note") == {**AS_SEEDED, "b": "Mine"}

    def test_what_nobody_touched_is_deleted_still(self, restored: Life) -> None:
        write(restored, {"a": "A"}, retired_rows="delete")
        restored.seeded()
        assert titles(restored) == {"a": "A", "b": "Mine"}

"""Lost by retirement: rows that somebody else put there under a key of ours, and what he set by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest

if TYPE_CHECKING:
    from tests.integration.losses.life import Life

pytestmark = pytest.mark.newest_server

DELETE: Any = "delete"
SET: Any = {"set": {"name": "gone", "deleted_at": "2026-02-02T00:00:00Z"}}
POLICIES = pytest.mark.parametrize("policy", [DELETE, SET], ids=["delete", "set"])
WHOLE = "SELECT id, key, name, group_id, deleted_at::text FROM m ORDER BY id"


class TestRowsOfOneKey:
    """The seeder wrote one row of the key, and somebody two more, which the key does not forbid."""

    @pytest.fixture(autouse=True)
    def table(self, life: Life) -> None:
        life.database.execute(
            "CREATE TABLE m (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text, name text,"
            " group_id int, deleted_at timestamptz)"
        )

    def write(self, life: Life, *keys: str | None, policy: Any) -> None:
        life.write("m", [{"key": key, "name": "ours"} for key in keys], key=["key"], retired_rows=policy)

    @POLICIES
    @pytest.mark.parametrize("key", ["b", None], ids=["a text", "NULL"])
    @pytest.mark.parametrize("name", ["theirs", "ours"], ids=["other cells", "the same cells"])
    def test_none_of_them_is_deleted_or_overwritten(
        self, life: Life, policy: Any, key: str | None, name: str
    ) -> None:
        self.write(life, "a", key, policy=policy)
        life.seeded()
        life.database.execute(
            "INSERT INTO m (key, name, group_id) VALUES (%s, %s, 1), (%s, %s, 2)",
            [key, name, key, name],
        )
        before = life.rows(WHOLE)
        self.write(life, "a", policy=policy)
        done = life.run()
        assert life.rows(WHOLE) == before
        assert done.exit_code == 1, str(done)
        assert done.finished("m")["outcome"] == "failed"

    @POLICIES
    def test_a_dry_run_fails_likewise(self, life: Life, policy: Any) -> None:
        self.write(life, "a", "b", policy=policy)
        life.seeded()
        life.database.execute("INSERT INTO m (key, name) VALUES ('b', 'theirs')")
        self.write(life, "a", policy=policy)
        done = life.run("--dry-run")
        assert done.exit_code == 1, str(done)

    @POLICIES
    def test_a_row_put_in_the_place_of_ours_stays(self, life: Life, policy: Any) -> None:
        """It has our key and our cells, and another `id`: somebody made it, and ours is gone."""
        self.write(life, "a", "b", policy=policy)
        life.seeded()
        life.database.execute("DELETE FROM m WHERE key = 'b'; INSERT INTO m (key, name) VALUES ('b', 'ours')")
        before = life.rows(WHOLE)
        self.write(life, "a", policy=policy)
        life.seeded()
        assert life.rows(WHOLE) == before

    @POLICIES
    def test_the_only_row_of_a_key_is_retired_still(self, life: Life, policy: Any) -> None:
        self.write(life, "a", "b", policy=policy)
        life.seeded()
        self.write(life, "a", policy=policy)
        life.seeded()
        left = [] if policy == DELETE else [("b", "gone")]
        assert life.rows("SELECT key, name FROM m ORDER BY key") == [("a", "ours"), *left]


class TestSetByHand:
    """Somebody has set the very cell that retirement sets."""

    POLICY: ClassVar[dict[str, Any]] = {"set": {"deleted_at": "2026-02-02T00:00:00Z"}}

    @pytest.fixture(autouse=True)
    def seeded(self, life: Life) -> None:
        life.database.execute("CREATE TABLE m (key text PRIMARY KEY, name text, deleted_at timestamptz)")
        self.write(life, "A", "B")

    def write(self, life: Life, *names: str) -> None:
        rows = [{"key": name.lower()[0], "name": name} for name in names]
        life.write("m", rows, retired_rows=self.POLICY)
        life.seeded()

    def deleted(self, life: Life) -> dict[str, str | None]:
        return dict(life.rows("SELECT key, left(deleted_at::text, 10) FROM m"))

    def test_a_deleted_at_set_by_hand_stays_as_it_is(self, life: Life) -> None:
        life.database.execute("UPDATE m SET deleted_at = '2020-01-01Z' WHERE key = 'b'")
        self.write(life, "A")
        assert self.deleted(life) == {"a": None, "b": "2020-01-01"}

    def test_also_where_an_update_of_ours_came_in_between(self, life: Life) -> None:
        life.database.execute("UPDATE m SET deleted_at = '2020-01-01Z' WHERE key = 'b'")
        self.write(life, "A", "Better")
        assert life.rows("SELECT name FROM m WHERE key = 'b'") == [("Better",)]
        self.write(life, "A")
        assert self.deleted(life) == {"a": None, "b": "2020-01-01"}

    def test_one_that_nobody_set_is_set(self, life: Life) -> None:
        self.write(life, "A")
        assert self.deleted(life) == {"a": None, "b": "2026-02-02"}

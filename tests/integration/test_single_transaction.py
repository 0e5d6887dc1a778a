"""--single-transaction: all seeders are kept, or nothing of them is."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from seeder import StrictnessExceeded, UsageError, seed_sync
from seeder.postgres.locks import Lock
from tests.integration.footprint import Footprint, footprint
from tests.integration.gates import Gate
from tests.integration.severing import Cut, SeveredWay

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.commandline import CommandLine, Result, Running, SeedFolder
    from tests.integration.postgres import Database, StatementLog

pytestmark = pytest.mark.newest_server

CIRCLE = """\
CREATE TABLE teams (name text PRIMARY KEY, lead text NOT NULL);
CREATE TABLE people (name text PRIMARY KEY, team text NOT NULL CONSTRAINT has_team REFERENCES teams DEFERRABLE);
ALTER TABLE teams ADD CONSTRAINT has_lead FOREIGN KEY (lead) REFERENCES people DEFERRABLE {};
"""
"""Nobody has a team without a lead, and no team has a lead who is not in one."""

GATE = """\
CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1);
    RETURN NULL;
END $$;
CREATE TRIGGER gate AFTER INSERT ON b FOR EACH ROW EXECUTE FUNCTION wait_at_gate();
"""
"""Makes whoever inserts into `b` wait at gate 1, once the row is written."""


@pytest.fixture
def circle(database: Database, seeds: SeedFolder) -> Database:
    database.execute(CIRCLE.format("INITIALLY DEFERRED"))
    seeds.write("teams.yaml", "rows: [{name: red, lead: Ann}, {name: blue, lead: Bob}]\n")
    seeds.write("people.yaml", "rows: [{name: Ann, team: red}, {name: Bob, team: blue}]\n")
    return database


@pytest.fixture
def three(database: Database, seeds: SeedFolder) -> Database:
    """Three tables, each with a seeder; the last one's table comes with it."""
    database.execute(
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY CHECK (id > 0))"
    )
    for name in "ab":
        seeds.write(f"{name}.yaml", "rows: [{id: 1}, {id: 2}]\n")
    seeds.write("c.yaml", 'ddl: "CREATE TABLE c (id int PRIMARY KEY)"\nrows: [{id: 1}, {id: 2}]\n')
    return database


@pytest.fixture
def single(seeder: CommandLine, seeds: SeedFolder) -> CommandLine:
    """The command line, with the folder and the option."""
    seeder.environment |= {
        "SEED_PATH": str(seeds.path),
        "SEED_ALLOW_CODE": "true",
        "SEED_SINGLE_TRANSACTION": "true",
    }
    return seeder


def rows(database: Database, *tables: str) -> list[int | None]:
    """How many rows each table has, None if there is none of that name."""
    found = [database.scalar("SELECT to_regclass(%s)::text", [table]) for table in tables]
    return [
        None if there is None else database.scalar(f"SELECT count(*) FROM {table}")
        for table, there in zip(tables, found, strict=True)
    ]


def left_behind(database: Database) -> Footprint:
    """The footprint without the counters, which count what was rolled back too, and without sequences."""
    found = footprint(database)
    found.written.clear()
    found.sequences.clear()
    return found


def outcomes(result: Result) -> dict[str, tuple[str, int]]:
    """The outcome of each seeder, and how many rows it has changed."""
    events = result.all("seeder.finished")
    counts = ("inserted", "updated", "deleted")
    return {each["seeder"]: (each["outcome"], sum(each[count] for count in counts)) for each in events}


class TestCircle:
    """Tables that refer to each other."""

    @pytest.mark.parametrize("mode", ["INITIALLY DEFERRED", "INITIALLY IMMEDIATE"])
    def test_it_is_filled_and_a_second_run_asks_one_question(
        self, database: Database, single: CommandLine, circle: Database, statements: StatementLog, mode: str
    ) -> None:
        circle.execute(f"ALTER TABLE teams ALTER CONSTRAINT has_lead DEFERRABLE {mode}")
        done = single("--all")
        assert done.exit_code == 0, str(done)
        assert outcomes(done) == {"people": ("succeeded", 2), "teams": ("succeeded", 2)}
        assert rows(circle, "teams", "people", "seeder.seeder_rows") == [2, 2, 4]
        before = footprint(database)
        with statements.recorded() as sent:
            again = single("--all")
        assert again.event("run.finished")["changed"] == 0, str(again)
        assert len(sent) == 1, str(sent)
        assert footprint(database) == before

    def test_each_seeder_by_itself_can_not_fill_it(
        self, circle: Database, single: CommandLine, seeds: SeedFolder
    ) -> None:
        done = single("--all", env={"SEED_SINGLE_TRANSACTION": None})
        assert done.exit_code == 1, str(done)
        assert rows(circle, "teams", "people") == [0, 0]

    def test_one_that_can_not_be_deferred_stays_impossible(
        self, circle: Database, single: CommandLine
    ) -> None:
        circle.execute("ALTER TABLE people ALTER CONSTRAINT has_team NOT DEFERRABLE")
        circle.execute("ALTER TABLE teams ALTER CONSTRAINT has_lead NOT DEFERRABLE")
        done = single("--all")
        assert done.exit_code == 1, str(done)
        assert rows(circle, "teams", "people") == [0, 0]

    def test_rows_are_retired_in_it_too(
        self, circle: Database, single: CommandLine, seeds: SeedFolder
    ) -> None:
        assert single("--all").exit_code == 0
        for name in ("teams", "people"):
            file = seeds.path / f"{name}.yaml"
            kept = file.read_text().partition("}, {")[0]
            file.write_text(f"retired_rows: delete\n{kept}}}]\n")
        circle.execute("UPDATE people SET team = 'red'")
        before = left_behind(circle)
        seeds.write("broken.yaml", "table: nowhere\nrows: [{id: 1}]\n")
        done = single("--all")
        assert done.exit_code == 1, str(done)
        assert left_behind(circle) == before
        (seeds.path / "broken.yaml").unlink()
        done = single("--all")
        assert done.exit_code == 0, str(done)
        # Blue has nobody any more, so that it goes; Bob was edited, and stays.
        assert done.finished("teams")["deleted"] == 1
        assert rows(circle, "teams", "people") == [1, 2]


class TestTheEnd:
    """What is checked when all have seeded."""

    @pytest.mark.parametrize("strictness", ["strict", "lenient"])
    def test_a_constraint_that_is_violated_fails_all(
        self, circle: Database, single: CommandLine, seeds: SeedFolder, strictness: str
    ) -> None:
        seeds.write("people.yaml", "rows: [{name: Ann, team: red}, {name: Bob, team: green}]\n")
        before = left_behind(circle)
        done = single("--all", "--strictness", strictness)
        assert done.exit_code == 1, str(done)
        assert left_behind(circle) == before
        assert outcomes(done) == {"people": ("failed", 0), "teams": ("skipped", 0)}
        failure = done.finished("people")
        assert (failure["table"], failure["sqlstate"]) == ("public.people", "23503")
        assert '"has_team"' in failure["error"]["message"]
        assert (failure["key"], failure["line"], failure["column"]) == ({"name": "Bob"}, 1, 32)
        assert "green" not in f"{done}"
        assert '"people" failed' in done.finished("teams")["error"]["message"]
        finished = done.event("run.finished")
        assert (finished["failed"], finished["skipped"], finished["changed"]) == (1, 1, 0)
        assert "nothing was kept" in finished["reason"]

    def test_a_row_of_a_partition_is_named(
        self, circle: Database, single: CommandLine, seeds: SeedFolder
    ) -> None:
        circle.execute("""\
            CREATE TABLE badges (id int, person text REFERENCES people DEFERRABLE, PRIMARY KEY (id, person))
                PARTITION BY LIST (person);
            CREATE TABLE badges_1 PARTITION OF badges DEFAULT""")
        seeds.write("badges.yaml", "rows:\n- {id: 1, person: Ann}\n- {id: 2, person: Eve}\n")
        done = single("--all")
        assert done.exit_code == 1, str(done)
        failure = done.finished("badges")
        assert (failure["key"], failure["line"]) == ({"id": "2", "person": "Eve"}, 3)
        assert [event["seeder"] for event in done.all("seeder.finished", outcome="failed")] == ["badges"]

    def test_a_dry_run_foretells_it(self, circle: Database, single: CommandLine, seeds: SeedFolder) -> None:
        before = left_behind(circle)
        assert single("--all", "--check").exit_code == 6
        done = single("--all", "--dry-run", "--diff")
        assert done.exit_code == 0, str(done)
        assert outcomes(done) == {"people": ("succeeded", 2), "teams": ("succeeded", 2)}
        seeds.write("people.yaml", "rows: [{name: Ann, team: red}, {name: Bob, team: green}]\n")
        done = single("--all", "--check")
        assert done.exit_code == 1, str(done)
        assert outcomes(done) == {"people": ("failed", 0), "teams": ("skipped", 0)}
        assert left_behind(circle) == before

    def test_a_deferred_trigger_has_fired_before_the_ledger_is_noted(
        self, circle: Database, single: CommandLine, seeds: SeedFolder
    ) -> None:
        circle.execute("""\
            ALTER TABLE people ADD COLUMN title text;
            CREATE FUNCTION add_title() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                UPDATE people SET title = 'Dr ' || title WHERE name = NEW.name AND title NOT LIKE 'Dr %';
                RETURN NULL;
            END $$;
            CREATE CONSTRAINT TRIGGER add_title AFTER INSERT ON people DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION add_title()""")
        file = seeds.write(
            "people.yaml", "rows: [{name: Ann, team: red, title: A}, {name: Bob, team: blue, title: B}]\n"
        )
        assert single("--all").exit_code == 0
        assert circle.rows("SELECT title FROM people ORDER BY 1") == [("Dr A",), ("Dr B",)]
        # Nobody has edited these cells, so that a change of the file is written.
        file.write_text(file.read_text().replace("title: A", "title: Prof A"))
        done = single("--all")
        assert done.finished("people")["updated"] == 1, str(done)


class TestAFailure:
    """One of three seeders fails."""

    @pytest.fixture(autouse=True)
    def broken(self, three: Database, seeds: SeedFolder) -> None:
        seeds.write("b.yaml", "rows: [{id: 1}, {id: 0}]\n")

    def test_nothing_is_there(self, three: Database, single: CommandLine) -> None:
        before = left_behind(three)
        done = single("--all", "--application", "shop", "--release", "1")
        assert done.exit_code == 1, str(done)
        assert left_behind(three) == before
        assert rows(three, "a", "b", "c", "seeder.seeder_applications") == [0, 0, None, None]
        assert outcomes(done) == {"a": ("skipped", 0), "b": ("failed", 0), "c": ("skipped", 0)}
        assert done.finished("b")["key"] == {"id": "0"}
        assert '"b" failed' in done.finished("a")["error"]["message"]
        finished = done.event("run.finished")
        assert finished["changed"] == 0
        assert finished["reason"].startswith("1 of 3 seeders failed: b (")
        assert finished["reason"].endswith("; nothing was kept (--single-transaction)")
        assert not done.all("release.noted")
        assert not done.all("ledger.created")

    @pytest.mark.parametrize("strictness", ["lenient", "1", "34%"])
    def test_the_others_are_kept_if_that_is_tolerated(
        self, three: Database, single: CommandLine, strictness: str
    ) -> None:
        done = single("--all", "--strictness", strictness, "--application", "shop", "--release", "1")
        assert done.exit_code == 0, str(done)
        assert rows(three, "a", "b", "c", "seeder.seeder_rows") == [2, 0, 2, 4]
        assert outcomes(done) == {"a": ("succeeded", 2), "b": ("failed", 0), "c": ("succeeded", 2)}
        assert done.event("release.noted")["release"] == "1"
        assert (
            three.scalar("SELECT release FROM seeder.seeder_applications WHERE released_at IS NOT NULL")
            == "1"
        )

    def test_a_required_one_must_succeed_whatever_the_strictness(
        self, three: Database, single: CommandLine, seeds: SeedFolder
    ) -> None:
        seeds.write("b.yaml", "required: true\nrows: [{id: 0}]\n")
        done = single("--all", "--strictness", "lenient")
        assert done.exit_code == 1, str(done)
        assert "b must succeed whatever the strictness" in done.event("run.finished")["reason"]
        assert rows(three, "a", "b", "c") == [0, 0, None]

    def test_one_with_nothing_to_do_is_told_as_it_is(
        self, three: Database, single: CommandLine, seeds: SeedFolder
    ) -> None:
        assert single("--a", env={"SEED_SINGLE_TRANSACTION": None}).exit_code == 0
        done = single("--all")
        assert done.exit_code == 1, str(done)
        assert outcomes(done) == {"a": ("succeeded", 0), "b": ("failed", 0), "c": ("skipped", 0)}
        assert done.finished("a")["unchanged"] == 2


class TestCode:
    """Scripts and modules."""

    def test_it_runs_in_the_transaction(
        self, three: Database, single: CommandLine, seeds: SeedFolder
    ) -> None:
        seeds.write("d.sql", "-- seeder: depends_on=a\nINSERT INTO a VALUES (10);")
        module = "from sqlalchemy import text\nDEPENDS_ON = ['d']\ndef seed_sync(session):\n    {}\n"
        insert = "session.execute(text('INSERT INTO b SELECT id + 100 FROM a'))"
        seeds.write("e.py", module.format(f"{insert}; session.commit(); raise ValueError"))
        before = left_behind(three)
        done = single("--all")
        assert done.exit_code == 1, str(done)
        assert left_behind(three) == before
        assert outcomes(done)["d"] == ("skipped", 0)
        seeds.write("e.py", module.format(insert))
        done = single("--all")
        assert done.exit_code == 0, str(done)
        assert rows(three, "a", "b", "c") == [3, 5, 2]

    def test_one_that_brings_its_own_session_is_refused(
        self, three: Database, single: CommandLine, seeds: SeedFolder
    ) -> None:
        seeds.write("d.py", "def seed():\n    pass\n")
        before = left_behind(three)
        done = single("--all")
        assert done.exit_code == 2, str(done)
        assert "own session" in done.refusal
        assert left_behind(three) == before
        assert single("--a").exit_code == 0

    @pytest.mark.parametrize("ending", ["COMMIT", "ROLLBACK"])
    def test_one_that_ends_the_transaction_is_found_out(
        self, three: Database, single: CommandLine, seeds: SeedFolder, ending: str
    ) -> None:
        module = "from sqlalchemy import text\ndef seed_sync(session):\n    session.execute(text('{}'))\n"
        seeds.write("b2.py", module.format(ending))
        done = single("--all", "--strictness", "lenient")
        assert done.exit_code == 1, str(done)
        before = ("succeeded", 2) if ending == "COMMIT" else ("skipped", 0)
        assert rows(three, "a", "b", "c") == [before[1], before[1], None]
        assert outcomes(done) == {"a": before, "b": before, "b2": ("failed", 0), "c": ("skipped", 0)}
        assert "ended the transaction that all seeders share" in done.event("run.finished")["reason"]
        if ending == "COMMIT":
            # Now nothing is written before it.
            again = single("--all", "--strictness", "lenient").event("run.finished")["reason"]
            assert "what came before it" not in again


class TestReleases:
    def test_one_that_is_older_changes_nothing(self, three: Database, single: CommandLine) -> None:
        single.environment["SEED_APPLICATION"] = "shop"
        assert single("--all", "--release", "2").exit_code == 0
        three.execute("DELETE FROM a")
        before = left_behind(three)
        done = single("--all", "--release", "1")
        assert done.exit_code == 0, str(done)
        assert {outcome for outcome, _ in outcomes(done).values()} == {"superseded"}
        assert left_behind(three) == before

    def test_one_that_is_overtaken_keeps_nothing(self, three: Database, single: CommandLine) -> None:
        single.environment |= {"SEED_APPLICATION": "shop", "SEED_SINGLE_TRANSACTION": "false"}
        assert single("--c", "--release", "1").exit_code == 0
        three.execute(GATE)
        with Gate(three, 1) as gate:
            old = single.start("--all", "--release", "1", "--single-transaction")
            gate.wait_for_somebody()
            new = single.start("--c", "--release", "2")
            new.wait_for("lock.waiting")
            gate.open()
            done, newer = old.wait(), new.wait()
        assert (done.exit_code, newer.exit_code) == (0, 0), f"{done}\n{newer}"
        assert {outcome for outcome, _ in outcomes(done).values()} == {"superseded"}
        assert done.event("run.finished")["changed"] == 0
        assert rows(three, "a", "b", "c") == [0, 0, 2]

    def test_a_newer_one_waits_for_those_under_way(self, three: Database, single: CommandLine) -> None:
        single.environment["SEED_APPLICATION"] = "shop"
        assert single("--c", "--release", "1").exit_code == 0
        three.execute(GATE)
        with Gate(three, 1) as gate:
            old = single.start("--b", "--release", "1")
            gate.wait_for_somebody()
            new = single.start("--a", "--release", "2")
            new.wait_for("lock.waiting")
            assert rows(three, "a") == [0]
            gate.open()
            done, newer = old.wait(), new.wait()
        assert (done.exit_code, newer.exit_code) == (0, 0), f"{done}\n{newer}"
        assert rows(three, "a", "b") == [2, 2]
        assert (
            three.scalar("SELECT release FROM seeder.seeder_applications WHERE released_at IS NOT NULL")
            == "2"
        )


class TestInterrupted:
    def stopped(self, three: Database, single: CommandLine, number: signal.Signals) -> Result:
        """A run that was stopped while its second seeder writes."""
        three.execute(GATE)
        with Gate(three, 1) as gate:
            run: Running = single.start("--all")
            gate.wait_for_somebody()
            run.signal(number)
            return run.wait()

    def test_a_signal_rolls_back_all(self, three: Database, single: CommandLine) -> None:
        assert single("--a", "--dry-run").exit_code == 0
        done = self.stopped(three, single, signal.SIGTERM)
        assert done.exit_code == 143, str(done)
        assert rows(three, "a", "b", "c", "seeder.seeder_rows") == [0, 0, None, None]
        assert outcomes(done) == {"a": ("skipped", 0)}
        assert done.event("run.finished")["changed"] == 0

    def test_a_process_that_is_killed_leaves_nothing(self, three: Database, single: CommandLine) -> None:
        before = left_behind(three)
        three.execute("SELECT 1")
        done = self.stopped(three, single, signal.SIGKILL)
        assert done.exit_code == -9
        three.execute("DROP TRIGGER gate ON b; DROP FUNCTION wait_at_gate")
        assert left_behind(three) == before
        assert single("--all").exit_code == 0
        assert rows(three, "a", "b", "c") == [2, 2, 2]


class TestLost:
    """What passes by itself: all is tried again."""

    def test_a_session_that_somebody_ends(self, three: Database, single: CommandLine) -> None:
        three.execute(GATE)
        with Gate(three, 1) as gate:
            run = single.start("--all")
            three.execute("SELECT pg_terminate_backend(%s)", [gate.wait_for_somebody()])
            retrying = run.wait_for("run.retrying")
            gate.open()
            done = run.wait()
        assert done.exit_code == 0, str(done)
        assert (retrying["attempt"], retrying["sqlstate"]) == (2, "57P01")
        assert outcomes(done) == dict.fromkeys("abc", ("succeeded", 2))
        assert rows(three, "a", "b", "c", "seeder.seeder_rows") == [2, 2, 2, 6]

    def test_three_times_in_all(self, three: Database, single: CommandLine) -> None:
        three.execute("""\
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE 'it passes' USING ERRCODE = '40001';
            END $$;
            CREATE TRIGGER fail AFTER INSERT ON b EXECUTE FUNCTION fail()""")
        before = left_behind(three)
        done = single("--all", "--strictness", "lenient")
        assert done.exit_code == 1, str(done)
        assert len(done.all("run.retrying")) == 2
        assert outcomes(done) == {"a": ("skipped", 0), "b": ("failed", 0), "c": ("skipped", 0)}
        assert left_behind(three) == before

    @pytest.mark.parametrize(("cut", "again"), [(Cut.QUESTION, 1), (Cut.ANSWER, 0)])
    def test_a_commit_whose_answer_is_lost_is_looked_up(
        self, three: Database, single: CommandLine, cut: Cut, again: int
    ) -> None:
        with SeveredWay(three, b'INSERT INTO "public"."b"', cut) as way:
            done = single("--all", env={"DATABASE_URL": way.url})
            assert way.severed
        assert done.exit_code == 0, str(done)
        assert len(done.all("run.retrying")) == again
        assert outcomes(done) == dict.fromkeys("abc", ("succeeded", 2))
        assert rows(three, "a", "b", "c", "seeder.seeder_rows") == [2, 2, 2, 6]


class TestSeveralAtOnce:
    def test_in_opposite_orders_and_beside_ordinary_and_dry_runs(
        self, database: Database, single: CommandLine, seeds: SeedFolder
    ) -> None:
        database.execute(
            "CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int PRIMARY KEY, n int)"
        )
        folders = {"forward": "[]", "backward": "[b]", "ordinary": "[]"}
        for attempt in range(1, 4):
            for folder, needs in folders.items():
                body = f"rows: [{{id: 1, n: {attempt}}}, {{id: 2, n: {attempt}}}]\n"
                seeds.write(f"{folder}/a.yaml", f"depends_on: {needs}\n{body}")
                seeds.write(f"{folder}/b.yaml", f"depends_on: {'[a]' if needs == '[]' else '[]'}\n{body}")
            # None begins before all have come.
            with Gate(database, Lock("table", "public.a").key) as gate:
                runs = [
                    single.start(
                        "--all",
                        "--path",
                        seeds.path / folder,
                        *options,
                        "--lock-timeout",
                        "20s",
                        env={"SEED_SINGLE_TRANSACTION": option},
                    )
                    for folder, option, *options in (
                        ("forward", "on"),
                        ("backward", "on"),
                        ("ordinary", "off"),
                        ("forward", "off", "--dry-run"),
                        ("backward", "off", "--dry-run"),
                    )
                ]
                for run in runs:
                    run.wait_for("lock.waiting")
                gate.open()
                results = [run.wait() for run in runs]
            assert [each.exit_code for each in results] == [0] * 5, "\n".join(map(str, results))
            assert not [each for each in results if each.all("run.retrying") + each.all("seeder.retrying")]
            changed = [each.event("run.finished")["changed"] for each in results[:3]]
            assert sum(changed) == 4, changed
            assert database.rows("SELECT DISTINCT n FROM a UNION SELECT n FROM b") == [(attempt,)]

    def test_a_lock_that_is_held_for_too_long(self, three: Database, single: CommandLine) -> None:
        with Gate(three, Lock("table", "public.b").key):
            done = single("--all", "--lock-timeout", "200ms")
        assert done.exit_code == 5, str(done)
        assert "table public.b" in done.event("run.finished")["reason"]
        assert rows(three, "a", "b", "c") == [0, 0, None]


@pytest.mark.parametrize("option", ["--single-transaction", "--dry-run"])
def test_constraints_in_a_schema_that_the_role_may_not_use(
    three: Database, seeder: CommandLine, seeds: SeedFolder, login: Callable[..., str], option: str
) -> None:
    seeder.environment["DATABASE_URL"] = login()
    three.execute("""\
        CREATE SCHEMA hidden;
        CREATE TABLE hidden.places (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED);
        CREATE SCHEMA seeder AUTHORIZATION app;
        GRANT ALL ON a TO app""")
    done = seeder("--a", "--path", seeds, "--ledger", "seeder", option)
    assert done.exit_code == 0, str(done)
    assert done.finished("a")["inserted"] == 2


class TestLibrary:
    def test_all_or_nothing(self, three: Database, seeds: SeedFolder) -> None:
        options: dict[str, Any] = {"path": seeds, "single_transaction": True, "allow_code": True}
        seeds.write("b.yaml", "rows: [{id: 0}]\n")
        with pytest.raises(StrictnessExceeded) as raised:
            seed_sync(three.url, **options)
        report = raised.value.report
        assert (report.failed, report.skipped, report.changed) == (1, 2, 0)
        assert rows(three, "a", "b", "c") == [0, 0, None]
        seeds.write("b.yaml", "rows: [{id: 1}]\n")
        assert seed_sync(three.url, **options).changed == 5
        assert rows(three, "a", "b", "c") == [2, 1, 2]

    def test_a_session_of_its_own_is_refused(self, three: Database, seeds: SeedFolder) -> None:
        seeds.write("d.py", "async def seed():\n    pass\n")
        with pytest.raises(UsageError, match="own session"):
            seed_sync(three.url, path=seeds, single_transaction=True, allow_code=True)

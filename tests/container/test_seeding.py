"""The image against a real server, on a network that has nothing else."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.container.database import PASSWORD, Server
from tests.container.runs import SEED, Run, seed_folder
from tests.kubernetes.manifests import K8S, mount_config_map, render

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import docker
    from testcontainers.core.network import Network

    from tests.container.database import Database
    from tests.container.runs import Finished

BUILT_IN = ["model_configs", "prompt_templates", "schemas", "tools"]

every_way_to_start_it = pytest.mark.parametrize(
    "entrypoint",
    [None, ["seeder"], ["python", "-m", "seeder"]],
    ids=["entry-point", "command", "module"],
)
"""Kubernetes' `command` takes the place of the image's entry point."""


def test_all_seeds_the_database_and_a_second_run_writes_nothing(
    database: Database, seed: Callable[..., Finished]
) -> None:
    first = seed("--all")
    assert first.exit_code == 0
    assert database.tables() == BUILT_IN
    assert sum(database.count(table) for table in BUILT_IN) == first.event("run.finished")["changed"] > 100

    versions = [database.sql(f"select xmin, ctid from {table} order by 2") for table in BUILT_IN]
    second = seed("--all")
    assert second.exit_code == 0
    assert second.event("run.finished")["changed"] == 0
    assert versions == [database.sql(f"select xmin, ctid from {table} order by 2") for table in BUILT_IN]


def test_without_arguments_it_seeds_everything(database: Database, seed: Callable[..., Finished]) -> None:
    assert seed().exit_code == 0
    assert database.tables() == BUILT_IN


def test_flags_choose_seeders(database: Database, seed: Callable[..., Finished]) -> None:
    assert seed("--tools", "--schemas").exit_code == 0
    assert database.tables() == ["schemas", "tools"]


@pytest.mark.parametrize(
    ("args", "expected"), [(["--help"], "Usage: seeder"), (["list"], "prompt_templates")]
)
def test_what_needs_no_database_needs_none(image: str, args: list[str], expected: str) -> None:
    with Run(image, *args) as run:
        finished = run.finish()
    assert finished.exit_code == 0
    assert expected in finished.output


@pytest.mark.parametrize("user", ["0", "54321", "1000660000:0", "65532:2000"])
def test_any_user_will_do(database: Database, seed: Callable[..., Finished], user: str) -> None:
    """All runs here are read-only and without capabilities; this one has a user that the image does not know."""
    finished = seed("--all", user=user)
    assert finished.exit_code == 0
    assert len(finished.events) == len(finished.output.splitlines())  # no library complains about it either
    assert database.tables() == BUILT_IN


def test_a_user_without_a_name(image: str, network: Network, database: Database) -> None:
    """libpq asks the system for a user name if the address has none."""
    environment = {"DATABASE_URL": f"postgresql://{database.server.host}/{database.name}"}
    with Run(image, "--tools", network=network, environment=environment, user="54321") as run:
        finished = run.finish()
    assert finished.exit_code == 2
    assert "the address names no user" in finished.event("run.finished")["reason"]


def test_libpqs_variables_name_the_database(image: str, network: Network, database: Database) -> None:
    environment = {
        "PGHOST": database.server.host,
        "PGUSER": "postgres",
        "PGPASSWORD": PASSWORD,
        "PGDATABASE": database.name,
    }
    with Run(image, "--tools", network=network, environment=environment, user="54321") as run:
        assert run.finish().exit_code == 0
    assert database.count("tools") > 0


def test_the_url_may_be_in_a_file(image: str, network: Network, database: Database, tmp_path: Path) -> None:
    (tmp_path / "url").write_text(database.url + "\n")
    (tmp_path / "url").chmod(0o440)
    environment = {"DATABASE_URL_FILE": "/run/secrets/url"}
    mounts = {"/run/secrets/url": tmp_path / "url"}
    user = f"54321:{os.getgid()}"  # as Kubernetes does it: readable for the group alone
    with Run(image, "--tools", network=network, environment=environment, mounts=mounts, user=user) as run:
        assert run.finish().exit_code == 0
    assert database.count("tools") > 0


def test_started_before_the_database_it_waits(image: str, postgres_image: str, network: Network) -> None:
    server = Server(postgres_image, network)
    with Run(image, network=network, environment={"DATABASE_URL": server.url("postgres")}) as run:
        run.until("database.waiting")
        with server:
            finished = run.finish()
            assert finished.exit_code == 0
            assert server.psql("postgres", "select count(*) > 0 from tools") == [["t"]]


def test_three_at_once_write_once(database: Database, start: Callable[..., Run]) -> None:
    finished = [run.finish() for run in [start("--all") for _ in range(3)]]
    assert [one.exit_code for one in finished] == [0, 0, 0]
    rows = sum(database.count(table) for table in BUILT_IN)
    assert sum(one.event("run.finished")["changed"] for one in finished) == rows


def test_docker_stop_ends_it_at_once_with_nothing_half_done(
    database: Database, start: Callable[..., Run], tmp_path: Path
) -> None:
    database.sql("create table first (id int primary key, name text)")
    database.sql("create table second (id int primary key, name text)")
    database.sql(
        "create function dawdle() returns trigger language plpgsql as"
        " $$ begin perform pg_sleep(60); return new; end $$"
    )
    database.sql("create trigger dawdle after insert on second execute function dawdle()")
    seeds = seed_folder(tmp_path / "seeds", first=SEED, second="depends_on: [first]\n" + SEED)

    run = start("--all", mounts={"/seeds": seeds})
    sleeping = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
    run.until(lambda: database.sql(sleeping) == [["1"]])
    finished = run.stop(grace=2)

    assert finished.exit_code == 143  # it would be 137 after two seconds
    assert finished.event("run.finished")["exit_code"] == 143
    assert database.count("first") == 2
    assert database.count("second") == 0


class TestSeeds:
    def test_a_mounted_folder_is_used_instead_of_the_built_in_seeds(
        self, database: Database, seed: Callable[..., Finished], tmp_path: Path
    ) -> None:
        database.sql("create table numbers (id int primary key, name text)")
        seeds = seed_folder(tmp_path / "seeds", numbers=SEED)
        assert seed(mounts={"/seeds": seeds}).exit_code == 0
        assert database.sql("select * from numbers order by id") == [["1", "one"], ["2", "two"]]
        assert database.tables() == ["numbers"]

    def test_seed_path_wins(self, database: Database, seed: Callable[..., Finished], tmp_path: Path) -> None:
        database.sql("create table numbers (id int primary key, name text)")
        seeds = seed_folder(tmp_path / "seeds", numbers=SEED)
        finished = seed(mounts={"/seeds": seeds}, environment={"SEED_PATH": "builtin:/seeds"})
        assert finished.exit_code == 0
        assert database.tables() == sorted([*BUILT_IN, "numbers"])

    def test_a_config_map_is_read_right(
        self, database: Database, seed: Callable[..., Finished], tmp_path: Path
    ) -> None:
        """The example's, with a file in a subfolder and a compressed one, mounted as a kubelet does."""
        database.sql("create table assistants (name text primary key, prompt text)")
        database.sql("create table currencies (code text primary key, name text)")
        manifests = list(yaml.safe_load_all(render(K8S / "examples" / "config-map")))
        (job,) = (each for each in manifests if each["kind"] == "Job")
        (volume,) = job["spec"]["template"]["spec"]["volumes"]
        mount_config_map(volume["configMap"], manifests, tmp_path / "seeds")
        assert seed(mounts={"/seeds": tmp_path / "seeds"}).exit_code == 0
        prompts = database.sql("select name, rtrim(prompt, chr(10)) from assistants")
        assert ["web_search", "Search the web, and name your sources."] in prompts
        assert database.count("currencies") == 3

    @every_way_to_start_it
    def test_a_mounted_folder_counts_whichever_way_the_process_starts(
        self, database: Database, seed: Callable[..., Finished], tmp_path: Path, entrypoint: list[str] | None
    ) -> None:
        database.sql("create table numbers (id int primary key, name text)")
        seeds = seed_folder(tmp_path / "seeds", numbers=SEED)
        assert seed("--all", mounts={"/seeds": seeds}, entrypoint=entrypoint).exit_code == 0
        assert database.tables() == ["numbers"]
        assert database.count("numbers") == 2

    @every_way_to_start_it
    def test_the_built_in_seeds_never_stand_in_for_an_empty_folder(
        self, database: Database, seed: Callable[..., Finished], tmp_path: Path, entrypoint: list[str] | None
    ) -> None:
        finished = seed("--all", mounts={"/seeds": seed_folder(tmp_path / "seeds")}, entrypoint=entrypoint)
        assert finished.exit_code == 2
        assert "there is no seeder in /seeds" in finished.output
        assert database.tables() == []

    @every_way_to_start_it
    def test_with_nothing_mounted_the_built_in_seeds_are_used(
        self, database: Database, seed: Callable[..., Finished], entrypoint: list[str] | None
    ) -> None:
        assert seed("--all", entrypoint=entrypoint).exit_code == 0
        assert database.tables() == BUILT_IN

    def test_hidden_files_are_no_seeders(
        self, database: Database, seed: Callable[..., Finished], tmp_path: Path
    ) -> None:
        seeds = seed_folder(tmp_path / "seeds")
        (seeds / ".snapshot").mkdir()
        assert seed(mounts={"/seeds": seeds}).exit_code == 2
        assert database.tables() == []

    def test_nothing_beside_the_seeds_is_imported(
        self, database: Database, seed: Callable[..., Finished], tmp_path: Path
    ) -> None:
        """`python -m` puts the working directory before everything else that can be imported."""
        database.sql("create table numbers (id int primary key, name text)")
        seeds = seed_folder(tmp_path / "seeds", numbers=SEED)
        (seeds / "yaml").mkdir()
        (seeds / "yaml" / "__init__.py").write_text("raise SystemExit('code of the seeds folder ran')")
        finished = seed("--all", mounts={"/seeds": seeds}, entrypoint=["python", "-m", "seeder"])
        assert finished.exit_code == 0, finished.output

    def test_a_folder_that_may_not_be_read_is_not_passed_over(
        self, database: Database, seed: Callable[..., Finished], tmp_path: Path
    ) -> None:
        seeds = seed_folder(tmp_path / "seeds", numbers=SEED)
        seeds.chmod(0o700)
        finished = seed(mounts={"/seeds": seeds})
        assert finished.exit_code == 2
        assert "/seeds" in finished.output
        assert database.tables() == []

    def test_an_image_is_extended_in_two_lines(
        self, engine: docker.DockerClient, image: str, network: Network, database: Database, tmp_path: Path
    ) -> None:
        database.sql("create table numbers (id int primary key, name text)")
        seed_folder(tmp_path / "seeds", numbers=SEED)
        (tmp_path / "Dockerfile").write_text(f"FROM {image}\nCOPY seeds/ /seeds/\n")
        extended, _ = engine.images.build(path=str(tmp_path), tag="seeder-test/extended", rm=True)
        with Run(extended.tags[0], network=network, environment={"DATABASE_URL": database.url}) as run:
            assert run.finish().exit_code == 0
        assert database.count("numbers") == 2


class TestReports:
    def test_success(self, seed: Callable[..., Finished], tmp_path: Path) -> None:
        finished = seed(
            *("--all", "--report", "/reports/seeder.xml", "--report", "/reports/seeder.json"),
            writable={"/reports": tmp_path},
        )
        assert finished.exit_code == 0
        assert len(ET.parse(tmp_path / "seeder.xml").getroot().findall(".//testcase")) == len(BUILT_IN)
        assert json.loads((tmp_path / "seeder.json").read_text())["exit_code"] == 0

    @pytest.mark.parametrize("broken", [0, 9])
    def test_the_termination_message(
        self, database: Database, seed: Callable[..., Finished], tmp_path: Path, broken: int
    ) -> None:
        database.sql("create table good (id int primary key, name text)")
        files = {"good": SEED} | {f"bad_{n}": SEED for n in range(broken)}
        message = tmp_path / "message"
        message.touch()
        finished = seed(
            mounts={"/seeds": seed_folder(tmp_path / "seeds", **files)},
            writable={"/dev/termination-log": message},
        )
        text = message.read_bytes()
        assert len(text) <= 2048
        content = json.loads(text)
        assert content["exit_code"] == finished.exit_code == (1 if broken else 0)
        assert content["run_id"] == finished.event("run.finished")["run_id"]
        assert content["status"]
        assert content["reason"]
        if broken:
            assert 1 <= len(content["failed_seeders"]) <= 5


def test_no_secret_is_in_any_output(
    server: Server, database: Database, seed: Callable[..., Finished], tmp_path: Path
) -> None:
    database.sql("create table numbers (id int primary key, name int)")
    seeds = seed_folder(tmp_path / "seeds", numbers="key: [id]\nrows:\n  - {id: 1, name: !env API_KEY}\n")
    message = tmp_path / "message"
    message.touch()
    (tmp_path / "reports").mkdir()
    options = {
        "mounts": {"/seeds": seeds},
        "writable": {"/dev/termination-log": message, "/reports": tmp_path / "reports"},
    }
    args = ("--all", "--debug", "--report", "/reports/a.json", "--report", "/reports/a.xml")
    wrong = server.url(database.name, password="sesame-open-sesame")
    outputs = [
        seed(*args, environment={"API_KEY": "sk-1234567890"}, **options),
        seed(*args, environment={"API_KEY": "x", "DATABASE_URL": wrong}, **options),
        seed(*args, "--nonsense", environment={"API_KEY": "x"}, **options),
    ]
    assert [output.exit_code for output in outputs] == [1, 3, 2]
    texts = [output.output for output in outputs]
    texts += [path.read_text() for path in (message, *(tmp_path / "reports").iterdir())]
    assert len(texts) == 6
    for secret in (PASSWORD, "sk-1234567890", "sesame-open-sesame"):
        assert not any(secret in text for text in texts)


class TestExitCodes:
    """Each of the table's codes, once; 143 is `docker stop`, above."""

    def test_0_seeding_is_switched_off(self, database: Database, seed: Callable[..., Finished]) -> None:
        assert seed("--all", environment={"AUTO_SEED_DATABASE": "false"}).exit_code == 0
        assert database.tables() == []

    def test_1_a_seeder_failed(
        self, database: Database, seed: Callable[..., Finished], tmp_path: Path
    ) -> None:
        database.sql("create table good (id int primary key, name text)")
        seeds = seed_folder(tmp_path / "seeds", good=SEED, bad="rows: [")
        finished = seed(mounts={"/seeds": seeds})
        assert finished.exit_code == 1
        assert "bad.yaml" in finished.output
        assert database.count("good") == 2

    def test_2_usage(self, seed: Callable[..., Finished]) -> None:
        finished = seed("--tolls")
        assert finished.exit_code == 2
        assert "--tools" in finished.output

    def test_3_the_database_refuses(self, server: Server, seed: Callable[..., Finished]) -> None:
        assert seed(environment={"DATABASE_URL": server.url("no_such_database")}).exit_code == 3

    def test_4_the_database_is_not_ready(self, seed: Callable[..., Finished]) -> None:
        url = "postgresql://postgres@nowhere.invalid/postgres"
        assert seed(environment={"DATABASE_URL": url, "SEED_WAIT_TIMEOUT": "1s"}).exit_code == 4

    def test_5_others_hold_a_lock(
        self, database: Database, start: Callable[..., Run], tmp_path: Path
    ) -> None:
        database.sql("create table numbers (id int primary key, name text)")
        database.sql(
            "create function dawdle() returns trigger language plpgsql as"
            " $$ begin perform pg_sleep(60); return new; end $$"
        )
        database.sql("create trigger dawdle after insert on numbers execute function dawdle()")
        options = {"mounts": {"/seeds": seed_folder(tmp_path / "seeds", numbers=SEED)}}
        holder = start(**options)
        sleeping = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
        holder.until(lambda: database.sql(sleeping) == [["1"]])
        assert start("--all", "--lock-timeout", "1s", **options).finish().exit_code == 5

    def test_6_something_would_change(self, database: Database, seed: Callable[..., Finished]) -> None:
        assert seed("--all", "--check").exit_code == 6
        assert database.tables() == []

    def test_70_a_defect(self, seed: Callable[..., Finished], tmp_path: Path) -> None:
        tmp_path.chmod(0o755)
        (tmp_path / "sitecustomize.py").write_text(
            "import seeder.run.runner\nseeder.run.runner.run = lambda *args, **kwargs: 1 / 0\n"
        )
        finished = seed("--all", environment={"PYTHONPATH": "/defect"}, mounts={"/defect": tmp_path})
        assert finished.exit_code == 70
        assert "ZeroDivisionError" in finished.output

    def test_130_interrupted(self, server: Server, start: Callable[..., Run]) -> None:
        run = start(environment={"DATABASE_URL": server.url("postgres").replace("5432", "5433")})
        run.until("database.waiting")
        assert run.kill("SIGINT").exit_code == 130

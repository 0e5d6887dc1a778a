"""A standby only reads: a run waits for a primary and says why, and `status` shows what the standby has received."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.integration.postgres import HOST

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.commandline import CommandLine, SeedFolder
    from tests.integration.postgres import Server

pytestmark = [pytest.mark.newest_server, pytest.mark.timeout(180)]


def test_a_standby(new_server: Callable[..., Server], seeder_command: CommandLine, seeds: SeedFolder) -> None:
    primary = new_server().start()
    with primary.connect() as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, note text); INSERT INTO t VALUES (1, 'ours')")
    seeds.write("t.yaml", "rows: [{id: 1, note: x}, {id: 2, note: y}]\n")
    done = seeder_command("--all", "--path", seeds, env={"DATABASE_URL": primary.url()})
    assert done.exit_code == 0, str(done)
    standby = primary.standby()
    try:
        standby.start()
        env = {"DATABASE_URL": standby.url(), "SEED_WAIT_TIMEOUT": "2s"}
        where = f"{HOST}:{standby.port} is a standby"

        for option in ("--check", "--dry-run", "--debug"):
            done = seeder_command("--all", "--path", seeds, option, env=env)
            assert done.exit_code == 4, str(done)
            assert (
                f"{where} and accepts no writes (name the primary or have it promoted)"
                in (done.event("run.finished")["reason"])
            )
            assert where in done.all("database.waiting")[0]["error"]

        done = seeder_command("status", "--path", seeds, "--json", env=env)
        assert done.exit_code == 0, str(done)
        (status,) = json.loads(done.stdout)
        assert (status["name"], status["rows"], status["kept_existing"]) == ("t", 2, 1)
        assert where in done.stderr
        assert "database.standby" in done.stderr

        done = seeder_command("conflicts", "--path", seeds, "--json", env=env)
        assert done.exit_code == 0, str(done)
        assert [(each["key"], each["live"]) for each in json.loads(done.stdout)] == [({"id": "1"}, "ours")]

        # Beside a primary, it is the primary that is asked.
        hosts = f"{HOST}:{standby.port},{HOST}:{primary.port}"
        env = {"DATABASE_URL": f"postgresql://postgres@{hosts}/postgres"}
        done = seeder_command("status", "--path", seeds, env=env)
        assert (done.exit_code, "standby" in done.stderr) == (0, False), str(done)
    finally:
        standby.remove()
